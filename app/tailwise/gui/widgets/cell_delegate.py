"""Draws a table cell as text with room on both sides, in line with its heading."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from tailwise.gui import theme as th

if TYPE_CHECKING:
    from PySide6.QtCore import QModelIndex, QPersistentModelIndex
    from PySide6.QtGui import QPainter


class CellDelegate(QStyledItemDelegate):
    """Styles leave 3 pixels beside the text of a cell, too little between numbers and the text after them."""

    def paint(  # noqa: D102
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        theme = th.Theme.of(option.palette)
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(option.rect, QColor(theme.selection))
        ink = index.data(Qt.ItemDataRole.ForegroundRole)
        painter.setPen(ink if isinstance(ink, QColor) else QColor(theme.text))
        painter.setFont(option.font)
        area = option.rect.adjusted(th.SPACE_S, 0, -th.SPACE_S, 0)
        text = str(index.data(Qt.ItemDataRole.DisplayRole) or "")
        shown = option.fontMetrics.elidedText(text, Qt.TextElideMode.ElideRight, area.width())
        alignment = index.data(Qt.ItemDataRole.TextAlignmentRole)
        painter.drawText(area, int(alignment) if alignment is not None else Qt.AlignmentFlag.AlignVCenter, shown)
        painter.restore()

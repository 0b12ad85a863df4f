"""Draws a row of the command palette: text on the left, keys or the reason against it on the right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, cast

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSize, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from tailwise.gui import theme as th

if TYPE_CHECKING:
    from PySide6.QtCore import QObject


class _Entry(Protocol):
    @property
    def text(self) -> str: ...
    @property
    def group(self) -> str: ...
    @property
    def keys(self) -> str: ...
    @property
    def why_not(self) -> str: ...


class PaletteDelegate(QStyledItemDelegate):
    """Rows of one height; what cannot be done now is grey and says why."""

    def __init__(self, entry_role: int, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._role = entry_role

    def sizeHint(self, option: QStyleOptionViewItem, _index: QModelIndex | QPersistentModelIndex) -> QSize:  # noqa: D102
        return QSize(200, max(th.ROW_HEIGHT, option.fontMetrics.height() + th.SPACE_S))

    def paint(  # noqa: D102
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        theme = th.Theme.of(option.palette)
        entry = cast("_Entry", index.data(self._role))
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.selection))
            painter.drawRoundedRect(option.rect, th.RADIUS, th.RADIUS)
        area = option.rect.adjusted(th.SPACE_S, 0, -th.SPACE_S, 0)
        painter.setPen(QColor(theme.disabled if entry.why_not else theme.text))
        left, right = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
        painter.drawText(area, left | Qt.AlignmentFlag.AlignVCenter, f"{entry.group}: {entry.text}")
        painter.setPen(QColor(theme.muted))
        painter.drawText(area, right | Qt.AlignmentFlag.AlignVCenter, entry.why_not or entry.keys)
        painter.restore()

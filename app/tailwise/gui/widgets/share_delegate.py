"""A cell with its text and, along its lower edge, a bar of what was achieved with a line at what was asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QStyle

from tailwise.gui import theme as th
from tailwise.gui.models.split_table import SHARES_ROLE
from tailwise.gui.widgets.bar_paint import paint_share
from tailwise.gui.widgets.cell_delegate import CellDelegate

if TYPE_CHECKING:
    from PySide6.QtCore import QModelIndex, QPersistentModelIndex
    from PySide6.QtGui import QPainter
    from PySide6.QtWidgets import QStyleOptionViewItem

BAR: Final = 3.0


class ShareDelegate(CellDelegate):
    """The bar repeats what the text says; nothing is told by it alone."""

    def paint(  # noqa: D102
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        shares = cast("tuple[float, float] | None", index.data(SHARES_ROLE))
        if shares is None:
            super().paint(painter, option, index)
            return
        theme, whole = th.Theme.of(option.palette), QRectF(option.rect)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(whole, QColor(theme.selection))
        option.rect.adjust(0, 0, 0, -int(2 * BAR))
        super().paint(painter, option, index)
        asked, achieved = shares
        area = whole.adjusted(th.SPACE_L, 0, -th.SPACE_S, -3)
        area.setTop(area.bottom() - BAR)
        painter.save()
        paint_share(painter, area, asked, achieved, theme)
        painter.restore()

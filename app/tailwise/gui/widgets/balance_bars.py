"""A cell with two bars: samples of a class as they are and per epoch, with a line at what is aimed at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPen
from PySide6.QtWidgets import QStyle

from tailwise.gui import theme as th
from tailwise.gui.models.balance_tables import BARS_ROLE
from tailwise.gui.widgets.cell_delegate import CellDelegate

if TYPE_CHECKING:
    from PySide6.QtCore import QModelIndex, QPersistentModelIndex
    from PySide6.QtGui import QPainter
    from PySide6.QtWidgets import QStyleOptionViewItem

BAR: Final = 7.0


class BalanceBarDelegate(CellDelegate):
    """The bars repeat the numbers beside them; the text is read out and shown as a tip."""

    def paint(  # noqa: D102
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        shares = cast("tuple[float, float, float] | None", index.data(BARS_ROLE))
        if shares is None:
            super().paint(painter, option, index)
            return
        theme, whole = th.Theme.of(option.palette), QRectF(option.rect)
        before, after, aimed = shares
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(whole, QColor(theme.selection))
        area = whole.adjusted(th.SPACE_S, 0, -th.SPACE_S, 0)
        middle = area.center().y()
        painter.fillRect(QRectF(area.left(), middle - BAR - 1, area.width() * before, BAR), QColor(theme.strong_line))
        painter.fillRect(QRectF(area.left(), middle + 1, area.width() * after, BAR), QColor(th.Data.BLUE))
        at = int(area.left() + area.width() * min(1.0, aimed))
        painter.setPen(QPen(QColor(theme.text), 2))
        painter.drawLine(at, int(middle) - 1, at, int(middle + BAR) + 2)
        painter.restore()

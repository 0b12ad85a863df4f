"""The images of one cluster side by side, with what was decided for each drawn over its corner."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter

from tailwise.domain.index import ItemMark
from tailwise.gui.theme import RADIUS, SPACE_S, SPACE_XS, Theme
from tailwise.gui.widgets.item_grid import ItemGridView

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtGui import QPaintEvent
    from PySide6.QtWidgets import QWidget

    from tailwise.gui.models.item_grid import ItemGridModel
    from tailwise.gui.widgets.thumb_loader import ThumbLoader

MARK_TEXTS: Final = {ItemMark.KEEP: "★ keep", ItemMark.EXCLUDE: "✕ excluded"}


class DuplicateGrid(ItemGridView):
    """A grid whose tiles carry marks and the split they are in."""

    def __init__(self, model: ItemGridModel, loader: ThumbLoader, parent: QWidget | None = None) -> None:
        super().__init__(model, loader, parent)
        self._tiles = model
        self._marks: Mapping[int, ItemMark] = {}
        self._reasons: Mapping[int, str] = {}
        self.setAccessibleName(self.tr("Images of the cluster"))
        self.enlarge(1)

    def set_marks(self, marks: Mapping[int, ItemMark], reasons: Mapping[int, str]) -> None:
        """Show what was decided for each item, and why."""
        self._marks, self._reasons = marks, reasons
        self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the tiles, then a plate with mark and split on each; what is excluded is veiled."""
        super().paintEvent(event)
        theme = Theme.of(self.palette())
        painter = QPainter(self.viewport())
        for position in self.visible_positions():
            area = QRectF(self.visualRect(self._tiles.index_of(position)))
            mark = self._marks.get(self._tiles.id_at(position))
            if mark is ItemMark.EXCLUDE:
                veil = QColor(theme.base)
                veil.setAlpha(150)
                painter.fillRect(area.adjusted(2, 2, -2, -2), veil)
            item = self._tiles.item(position)
            reason = self._reasons.get(self._tiles.id_at(position), "") if mark is ItemMark.EXCLUDE else ""
            words = [MARK_TEXTS[mark] if mark else "", reason, item.split if item else ""]
            text = " · ".join(filter(None, words))
            if text:
                _paint_plate(painter, area, text, theme, strong=mark is ItemMark.KEEP)
        painter.end()


def _paint_plate(painter: QPainter, area: QRectF, text: str, theme: Theme, *, strong: bool) -> None:
    metrics = QFontMetricsF(painter.font(), painter.device())
    plate = QRectF(
        area.left() + SPACE_S,
        area.top() + SPACE_S,
        min(metrics.horizontalAdvance(text) + 2 * SPACE_S, area.width() - 2 * SPACE_S),
        metrics.height() + SPACE_XS,
    )
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(theme.accent if strong else theme.window))
    painter.drawRoundedRect(plate, RADIUS, RADIUS)
    painter.setPen(QColor(theme.accent_text if strong else theme.text))
    inside = plate.adjusted(SPACE_S, 0, -SPACE_S, 0)
    shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, inside.width() + 1)
    painter.drawText(inside, int(Qt.AlignmentFlag.AlignVCenter), shown)

"""One variant large, with its original under a wipe that the mouse or the keyboard moves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QWidget

from tailwise.gui import theme as th
from tailwise.gui.widgets.variant_paint import paint_names, paint_shapes, paint_variant, paint_wipe

if TYPE_CHECKING:
    from PySide6.QtGui import QMouseEvent, QPaintEvent, QPixmap

    from tailwise.gui.widgets.variant_paint import ShownTile
    from tailwise.usecases.augment_preview import PreviewTile

LEAST_SIDE: Final = 220
MOST_SIDE: Final = 2048
WIPE_STEP: Final = 0.1


class VariantView(QWidget):
    """Shows a tile with its labels. With an original it can be wiped; labels can be hidden."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: tuple[PreviewTile, QPixmap | None] | None = None
        self._original: tuple[PreviewTile, QPixmap | None] | None = None
        self._is_wiping = False
        self._edge = 0.5
        self.setAccessibleName(name)
        self.setMinimumSize(LEAST_SIDE, LEAST_SIDE)
        self.setMouseTracking(True)

    def show_tile(self, shown: ShownTile | None, original: ShownTile | None = None) -> None:
        """Show a tile, None for none yet; the wipe stays as it is."""
        self._shown = (shown.tile, shown.pixmap()) if shown is not None else None
        self._original = (original.tile, original.pixmap()) if original is not None else None
        self.setAccessibleDescription("; ".join(shown.tile.flags) if shown is not None else "")
        self.update()

    @property
    def is_wiping(self) -> bool:
        """Whether the original covers the left part."""
        return self._is_wiping

    @property
    def edge(self) -> float:
        """Where the wipe ends, 0..1 of the width."""
        return self._edge

    def toggle_wipe(self) -> None:
        """Lay the original over the left part, or take it away."""
        self._is_wiping = not self._is_wiping
        self.update()

    def move_wipe(self, steps: int) -> None:
        """Move the edge of the wipe by steps of a tenth."""
        self._edge = min(1.0, max(0.0, round(self._edge + steps * WIPE_STEP, 2)))
        self.update()

    def side(self) -> int:
        """Return the longer side in pixels of the screen that a picture needs to fill this widget sharply."""
        return min(MOST_SIDE, round(max(self.width(), self.height()) * self.devicePixelRatioF()))

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: D102
        theme = th.Theme.of(self.palette())
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        area = QRectF(self.rect())
        painter.fillRect(area, QColor(theme.hover))
        if self._shown is not None:
            tile, pixmap = self._shown
            shown = paint_variant(painter, area, tile, pixmap, theme)
            if pixmap is not None:
                paint_shapes(painter, shown, tile.shapes)
                paint_names(painter, shown, tile.shapes, theme)
            if self._is_wiping and self._original is not None and self._original[1] is not None:
                paint_wipe(painter, area, (self._original[0], self._original[1]), self._edge, theme, is_bare=True)
        painter.end()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: D102
        if self._is_wiping and self.width():
            self._edge = min(1.0, max(0.0, event.position().x() / self.width()))
            self.update()

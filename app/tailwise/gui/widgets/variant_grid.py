"""Originals and their variants side by side, with boxes, polygons and masks drawn over them, and flags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QToolTip, QWidget

from tailwise.gui import theme as th
from tailwise.gui.widgets.heatmap_paint import paint_cursor
from tailwise.gui.widgets.variant_paint import ShownTile, paint_flag, paint_variant, paint_wipe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent, QPaintEvent, QResizeEvent

    from tailwise.usecases.augment_preview import PreviewTile

VARIANTS: Final = 5
ORIGINALS: Final = 4
LEAST_SIDE: Final = 160
MOST_SIDE: Final = 1024
_PAD: Final = 4.0
_MOST_ASPECT: Final = 1.4


class VariantGrid(QWidget):
    """Arrows move over the tiles, `B` wipes between original and variant, the mouse moves the wipe.

    Tiles come with their shapes drawn on them. Enter, a double click or a click on the current tile asks for it large.
    """

    current_described = Signal(str)
    opened = Signal()
    resized = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[int, ...] = ()
        self._tiles: dict[tuple[int, int], tuple[PreviewTile, QPixmap | None]] = {}
        self._current = (0, 1)
        self._is_wiping = False
        self._wipe = 0.5
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setMinimumSize(420, 260)
        self.setAccessibleName(self.tr("Originals and their variants"))

    # What is shown

    def set_rows(self, rows: Sequence[int]) -> None:
        """Begin with these originals; tiles of others are forgotten."""
        self._rows = tuple(rows)
        self._tiles = {k: v for k, v in self._tiles.items() if k[0] in self._rows}
        self._current = (0, 1)
        self._describe()
        self.update()

    def show_tiles(self, shown: Sequence[ShownTile]) -> None:
        """Take tiles in place of earlier ones."""
        for each in shown:
            self._tiles[each.tile.row, each.tile.number] = (each.tile, each.pixmap())
        self._describe()
        self.update()

    def clear(self) -> None:
        """Show nothing."""
        self._tiles.clear()
        self.set_rows(())

    @property
    def is_wiping(self) -> bool:
        """Whether the current tile shows the original on its left part."""
        return self._is_wiping

    def toggle_wipe(self) -> None:
        """Lay the original over the left part of the current tile, or take it away."""
        self._is_wiping = not self._is_wiping
        self.update()

    def side(self) -> int:
        """Return the longer side in pixels of the screen that a picture needs to be sharp in a tile."""
        area = self._area(0, 0)
        wanted = (max(area.width(), area.height()) - 2 * _PAD) * self.devicePixelRatioF()
        return min(MOST_SIDE, max(LEAST_SIDE, round(wanted)))

    def current_place(self) -> tuple[int, int]:
        """Return row of the grid and column under the cursor; column 0 is the original."""
        return self._current

    def current_key(self) -> tuple[int, int] | None:
        """Return item and number of the tile under the cursor (-1 for the original), None where there is none."""
        row, column = self._current
        return (self._rows[row], column - 1) if row < len(self._rows) else None

    def current_tile(self) -> PreviewTile | None:
        """Return the tile under the cursor, None while it has not come."""
        key = self.current_key()
        found = self._tiles.get(key) if key is not None else None
        return found[0] if found is not None else None

    def tiles(self) -> list[PreviewTile]:
        """Return the variants that are there, in reading order."""
        return [self._tiles[r, n][0] for r in self._rows for n in range(VARIANTS) if (r, n) in self._tiles]

    def go_to(self, row: int, column: int) -> None:
        """Put the cursor on a tile; column 0 is the original."""
        if not self._rows:
            return
        self._current = (min(max(row, 0), len(self._rows) - 1), min(max(column, 0), VARIANTS))
        self._describe()
        self.update()

    def go_to_flag(self) -> None:
        """Put the cursor on the next tile that lost an object."""
        places = [(i, n + 1) for i, r in enumerate(self._rows) for n in range(VARIANTS) if self._is_flagged(r, n)]
        if places:
            self.go_to(*next((p for p in places if p > self._current), places[0]))
            self.setFocus(Qt.FocusReason.OtherFocusReason)

    def _is_flagged(self, row: int, number: int) -> bool:
        found = self._tiles.get((row, number))
        return found is not None and found[0].loses

    def _describe(self) -> None:
        tile = self.current_tile()
        if tile is None:
            self.current_described.emit("")
            return
        what = self.tr("original") if tile.number < 0 else self.tr("variant {}").format(tile.number + 1)
        flags = "; ".join(tile.flags) or self.tr("nothing lost")
        text = f"{tile.file_name}, {what}: {flags}"
        self.setAccessibleDescription(text)
        self.current_described.emit(text)

    # Qt's side

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: D102
        theme = th.Theme.of(self.palette())
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.fillRect(self.rect(), QColor(theme.base))
        self._paint_head(painter, theme)
        for place in range(len(self._rows)):
            for column in range(VARIANTS + 1):
                self._paint_cell(painter, place, column, theme)
        painter.end()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: D102
        steps = {
            Qt.Key.Key_Left: (0, -1),
            Qt.Key.Key_Right: (0, 1),
            Qt.Key.Key_Up: (-1, 0),
            Qt.Key.Key_Down: (1, 0),
        }
        step = steps.get(Qt.Key(event.key()))
        if step is not None:
            self.go_to(self._current[0] + step[0], self._current[1] + step[1])
        elif event.key() == Qt.Key.Key_B:
            self.toggle_wipe()
        elif event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space} and not event.modifiers():
            self._open()
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: D102
        place = self._place_at(event.position().toPoint())
        if place is not None and place == self._current and not self._is_wiping:
            self._open()
        elif place is not None:
            self.go_to(*place)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: D102
        if self._place_at(event.position().toPoint()) == self._current:
            self._open()

    def _open(self) -> None:
        if self.current_tile() is not None:
            self.opened.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: D102
        super().resizeEvent(event)
        self.resized.emit()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: D102
        if self._is_wiping and self._place_at(event.position().toPoint()) == self._current:
            area = self._area(*self._current)
            self._wipe = min(1.0, max(0.0, (event.position().x() - area.left()) / area.width()))
            self.update()

    def event(self, event: QEvent) -> bool:
        """Show the flags of the tile under the mouse."""
        if event.type() == event.Type.ToolTip:
            help_event: QHelpEvent = event  # pyright: ignore[reportAssignmentType]
            place = self._place_at(help_event.pos())
            found = self._tiles.get((self._rows[place[0]], place[1] - 1)) if place is not None else None
            QToolTip.showText(help_event.globalPos(), "\n".join(found[0].flags) if found is not None else "", self)
            return True
        return super().event(event)

    # Painting

    def _head_height(self) -> float:
        return QFontMetricsF(self.font()).lineSpacing() + 2 * _PAD

    def _area(self, place: int, column: int) -> QRectF:
        across = self.width() / (VARIANTS + 1)
        down = (self.height() - self._head_height()) / max(1, len(self._rows))
        down = min(down, max(_MOST_ASPECT * across, (self.height() - self._head_height()) / ORIGINALS))
        return QRectF(column * across, self._head_height() + place * down, across, down)

    def _place_at(self, point: QPoint) -> tuple[int, int] | None:
        places = ((i, c) for i in range(len(self._rows)) for c in range(VARIANTS + 1))
        return next((p for p in places if self._area(*p).contains(QPointF(point))), None)

    def _paint_head(self, painter: QPainter, theme: th.Theme) -> None:
        painter.setPen(QColor(theme.muted))
        for column in range(VARIANTS + 1):
            text = self.tr("Original") if not column else self.tr("Variant {}").format(column)
            area = QRectF(self._area(0, column).left(), 0, self._area(0, column).width(), self._head_height())
            painter.drawText(area, int(Qt.AlignmentFlag.AlignCenter), text)

    def _paint_cell(self, painter: QPainter, place: int, column: int, theme: th.Theme) -> None:
        area = self._area(place, column)
        inner = area.adjusted(_PAD, _PAD, -_PAD, -_PAD)
        painter.fillRect(inner, QColor(theme.hover))
        found = self._tiles.get((self._rows[place], column - 1))
        if found is not None:
            tile, pixmap = found
            paint_variant(painter, inner, tile, pixmap, theme)
            if pixmap is not None:
                original = self._tiles.get((self._rows[place], -1))
                if self._is_wiping and column and (place, column) == self._current and original and original[1]:
                    paint_wipe(painter, inner, (original[0], original[1]), self._wipe, theme, is_bare=False)
                paint_flag(painter, inner, tile, theme)
        if (place, column) == self._current:
            painter.setPen(QPen(QColor(theme.accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(area.adjusted(2, 2, -2, -2))
            if self.hasFocus():
                paint_cursor(painter, area, theme)

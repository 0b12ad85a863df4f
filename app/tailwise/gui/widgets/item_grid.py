"""A grid of pictures for any number of items: a table view without headers that paints only what is visible.

An icon view lays a million items out before it shows one (7 s); a table view with fixed sections does not care.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QColor, QFontMetrics, QGuiApplication, QKeySequence, QPainter, QPen
from PySide6.QtWidgets import QAbstractItemView, QFrame, QHeaderView, QTableView

from tailwise.gui.models.item_choice import ItemChoice
from tailwise.gui.theme import RADIUS, Theme
from tailwise.gui.widgets.heatmap_paint import paint_cursor
from tailwise.gui.widgets.item_tile import paint_tile

if TYPE_CHECKING:
    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QKeyEvent, QMouseEvent, QPaintEvent, QResizeEvent
    from PySide6.QtWidgets import QWidget

    from tailwise.gui.models.item_grid import ItemGridModel
    from tailwise.gui.widgets.thumb_loader import ThumbLoader

Index = QModelIndex | QPersistentModelIndex

TILE_WIDTHS: Final = (112, 152, 200, 264)
THUMB_SIDES: Final = (160, 256, 384, 512)
"""Few sizes, so that zooming finds most thumbnails in the cache."""
SETTLE_MILLISECONDS: Final = 15
"""Wishes are sent when scrolling has paused this long; a flick would otherwise ask for every row it passes."""


class ItemGridView(QTableView):
    """Arrows walk through the items across rows, Home and End go to the ends, + and - change the size."""

    current_changed = Signal(int)  # position, -1 for none
    item_opened = Signal(int)

    def __init__(self, model: ItemGridModel, loader: ThumbLoader, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grid = model
        self._loader = loader
        self._step = 1
        self._boxes = True
        self.choice = ItemChoice(model, self)
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(SETTLE_MILLISECONDS)
        self._settle.timeout.connect(self._want_visible)
        for header in (self.horizontalHeader(), self.verticalHeader()):
            header.hide()
            header.setMinimumSectionSize(1)
            header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.setShowGrid(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setTabKeyNavigation(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setAccessibleName(self.tr("Items"))
        self.setModel(model)
        model.modelReset.connect(self._on_reset)
        model.page_loaded.connect(self._on_page_loaded)
        loader.loaded.connect(self._on_thumb)
        self.verticalScrollBar().valueChanged.connect(self._on_scrolled)
        self.choice.changed.connect(self._on_chosen)

    # What is shown

    def current_position(self) -> int:
        """Return the position under the cursor, -1 for none."""
        return self._grid.position_of(self.currentIndex())

    def go_to(self, position: int) -> None:
        """Put the cursor on an item and scroll to it."""
        index = self._grid.index_of(position)
        if index.isValid():
            self.setCurrentIndex(index)
            self.scrollTo(index)

    def set_boxes_shown(self, shown: bool) -> None:
        """Draw the annotations' boxes, or not."""
        self._boxes = shown
        self.viewport().update()

    def enlarge(self, steps: int) -> None:
        """Make the tiles larger, or smaller with negative steps."""
        step = min(len(TILE_WIDTHS) - 1, max(0, self._step + steps))
        if step != self._step:
            self._step = step
            self._lay_out()

    def visible_positions(self) -> range:
        """Return the items that are at least partly visible."""
        if not self._grid.total:
            return range(0)
        first = max(0, self.rowAt(0))
        last = self.rowAt(self.viewport().height() - 1)
        rows = range(first, (last if last >= 0 else self._grid.rowCount() - 1) + 1)
        columns = self._grid.columnCount()
        return range(rows.start * columns, min(self._grid.total, rows.stop * columns))

    # Qt's side

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the visible tiles; what has not come yet is grey."""
        theme = Theme.of(self.palette())
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), QColor(theme.base))
        current = self.current_position()
        ratio = self.devicePixelRatioF()
        for position in self.visible_positions():
            area = QRectF(self.visualRect(self._grid.index_of(position)))
            if not area.intersects(QRectF(event.rect())):
                continue
            item = self._grid.item(position)
            thumb = self._loader.thumb(self._grid.id_at(position))
            is_chosen = self.choice.holds(position)
            if position == current or is_chosen:
                painter.setPen(QPen(QColor(theme.accent), 2) if is_chosen else Qt.PenStyle.NoPen)
                painter.setBrush(QColor(theme.selection))
                painter.drawRoundedRect(area.adjusted(1, 1, -1, -1), RADIUS, RADIUS)
            paint_tile(painter, area, item, thumb, theme, boxes=self._boxes, ratio=ratio)
            if is_chosen:
                _paint_tick(painter, area, theme)
            if position == current and self.hasFocus():
                paint_cursor(painter, area, theme)
        painter.end()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: D102
        position = self.current_position()
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and position >= 0:
            self.item_opened.emit(position)
        elif event.key() in {Qt.Key.Key_Plus, Qt.Key.Key_Equal}:
            self.enlarge(1)
        elif event.key() == Qt.Key.Key_Minus:
            self.enlarge(-1)
        elif event.key() == Qt.Key.Key_Space:
            self.choice.toggle(position)
        elif event.key() == Qt.Key.Key_Escape and len(self.choice):
            self.choice.clear()
        elif event.matches(QKeySequence.StandardKey.SelectAll):
            self.choice.choose_all()
        elif event.matches(QKeySequence.StandardKey.Copy):
            item = self._grid.item(position) if position >= 0 else None
            if item is not None:
                QGuiApplication.clipboard().setText(item.path or item.file_name)
        else:
            super().keyPressEvent(event)
            if event.modifiers() & Qt.KeyboardModifier.ShiftModifier and self.current_position() != position:
                self.choice.extend(position, self.current_position())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose with Ctrl one more item, with Shift all up to this one; the cursor goes there in any case."""
        before = self.current_position()
        super().mousePressEvent(event)
        clicked = self._grid.position_of(self.indexAt(event.position().toPoint()))
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.setCurrentIndex(self._grid.index_of(clicked))
            self.choice.toggle(clicked)
        elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.choice.extend(before, clicked)

    def moveCursor(self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier) -> QModelIndex:
        """Walk through the items as through a text: right of the last tile in a row is the first of the next."""
        steps = {
            QAbstractItemView.CursorAction.MoveLeft: -1,
            QAbstractItemView.CursorAction.MoveRight: 1,
            QAbstractItemView.CursorAction.MovePrevious: -1,
            QAbstractItemView.CursorAction.MoveNext: 1,
        }
        ends = {
            QAbstractItemView.CursorAction.MoveHome: 0,
            QAbstractItemView.CursorAction.MoveEnd: self._grid.total - 1,
        }
        position = self.current_position()
        if action in ends:
            return self._grid.index_of(ends[action])
        if action in steps and position >= 0:
            return self._grid.index_of(min(self._grid.total - 1, max(0, position + steps[action])))
        target = super().moveCursor(action, modifiers)
        if self._grid.position_of(target) < 0:  # below the end of a half-filled last row
            return self._grid.index_of(self._grid.total - 1)
        return target

    def currentChanged(self, current: Index, previous: Index) -> None:  # noqa: D102
        super().currentChanged(current, previous)
        self.viewport().update()
        self.current_changed.emit(self._grid.position_of(current))

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:  # noqa: D102
        position = self.current_position()
        if position >= 0:
            self.item_opened.emit(position)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: D102
        super().resizeEvent(event)
        self._lay_out()

    def changeEvent(self, event: QEvent) -> None:  # noqa: D102
        super().changeEvent(event)
        if event.type() == event.Type.FontChange and hasattr(self, "_settle"):
            self._lay_out()

    # Ours

    def _tile_height(self) -> int:
        width = TILE_WIDTHS[self._step]
        return int(width * 0.78) + 2 * QFontMetrics(self.font()).lineSpacing() + 18

    def _lay_out(self) -> None:
        """Cut the items into as many columns as fit, keeping the cursor's item and its place on the screen."""
        width = self.viewport().width()
        columns = max(1, width // TILE_WIDTHS[self._step])
        position = self.current_position()
        top = self.visible_positions().start
        self.horizontalHeader().setDefaultSectionSize(width // columns)
        self.verticalHeader().setDefaultSectionSize(self._tile_height())
        if columns != self._grid.columnCount():
            self._grid.set_columns(columns)
            if position >= 0:
                self.go_to(position)
            else:
                self.scrollTo(self._grid.index_of(top), QAbstractItemView.ScrollHint.PositionAtTop)
        self._settle.start()

    @Slot()
    def _want_visible(self) -> None:
        """Ask for what is visible, then for one screen more in reading order."""
        shown = self.visible_positions()
        ahead = range(shown.stop, min(self._grid.total, shown.stop + len(shown)))
        needed = TILE_WIDTHS[self._step] * self.devicePixelRatioF()
        side = next((side for side in THUMB_SIDES if side >= needed), THUMB_SIDES[-1])
        self._loader.want([*self._grid.items(shown), *self._grid.items(ahead)], side)

    def _on_reset(self) -> None:
        self.verticalHeader().setDefaultSectionSize(self._tile_height())
        self._settle.start()
        self.viewport().update()

    def _on_page_loaded(self, first: int, last: int) -> None:
        shown = self.visible_positions()
        if first < shown.stop + len(shown) and last > shown.start:
            self._settle.start()
            self.viewport().update()

    def _on_thumb(self, _item_id: int) -> None:
        self.viewport().update()

    def _on_chosen(self, _amount: int) -> None:
        self.viewport().update()

    def _on_scrolled(self, _value: int) -> None:
        self._settle.start()


def _paint_tick(painter: QPainter, area: QRectF, theme: Theme) -> None:
    """Draw a tick in the corner: what is chosen must not be told by colour alone."""
    spot = QRectF(area.right() - 26, area.top() + 6, 20, 20)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(theme.accent))
    painter.drawEllipse(spot)
    painter.setPen(QColor(theme.accent_text))
    painter.drawText(spot, int(Qt.AlignmentFlag.AlignCenter), "✓")

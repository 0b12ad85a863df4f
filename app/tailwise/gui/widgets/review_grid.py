"""The queue of the Desk as a grid of cut-outs with verdict marks, and the keys that give verdicts.

Keys act only while the grid has the focus, and what they mean is bound to the candidates that are under the cursor or
selected at that moment: a verdict cannot land on a picture that came later.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import (
    QEvent,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRectF,
    QSize,
    Qt,
    QTimer,
    Signal,
    Slot,
)
from PySide6.QtGui import QColor, QFontMetricsF, QKeyEvent, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QAbstractItemView, QFrame, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from tailwise.domain.review import CandidateKind, ReasonTag, Verdict
from tailwise.gui import theme as th
from tailwise.gui.actions import KeyHint
from tailwise.gui.models.review_queue import ID_ROLE, SIGNS, ReviewQueueModel
from tailwise.gui.widgets.candidate_view import ASKED, INKS
from tailwise.gui.widgets.crop_paint import paint_crop

if TYPE_CHECKING:
    from collections.abc import Collection

    from PySide6.QtGui import QFocusEvent, QResizeEvent
    from PySide6.QtWidgets import QWidget

    from tailwise.gui.widgets.thumb_loader import ThumbLoader

Index = QModelIndex | QPersistentModelIndex

TILE: Final = QSize(132, 122)
THUMB_SIDE: Final = 512
MOST_CROPS: Final = 300
"""Cut-outs kept as they are drawn: some screens full."""
BADGE: Final = 24.0
_SHAPES: Final = {
    Verdict.UNSURE: ((0.05, 0.05), (0.95, 0.05), (0.95, 0.95), (0.05, 0.95)),
    Verdict.MISSED_LABEL: ((0.5, -0.1), (1.1, 0.5), (0.5, 1.1), (-0.1, 0.5)),
    Verdict.DUPLICATE: ((0.25, 0.0), (0.75, 0.0), (1.05, 0.5), (0.75, 1.0), (0.25, 1.0), (-0.05, 0.5)),
}
"""Corners of the shape a verdict is marked with, as shares of its square; a hard negative has a circle."""
_VERDICT_KEYS: Final = {
    Qt.Key.Key_A: Verdict.HARD_NEGATIVE,
    Qt.Key.Key_S: Verdict.UNSURE,
    Qt.Key.Key_D: Verdict.MISSED_LABEL,
    Qt.Key.Key_F: Verdict.DUPLICATE,
    Qt.Key.Key_U: Verdict.TAKE_BACK,
    Qt.Key.Key_Backspace: Verdict.TAKE_BACK,
}
_REASON_KEYS: Final = {Qt.Key(Qt.Key.Key_1.value + n): reason for n, reason in enumerate(ReasonTag)}
_JUDGING: Final = {*_VERDICT_KEYS, *_REASON_KEYS, Qt.Key.Key_Period, Qt.Key.Key_X, Qt.Key.Key_H}
_STEPS: Final = {Qt.Key.Key_J: 1, Qt.Key.Key_K: -1}
_SETTLE_MILLISECONDS: Final = 20

KEY_HINTS: Final = (
    KeyHint("A", "Hard negative"),
    KeyHint("D", "Really positive: a missed label"),
    KeyHint("F", "Duplicate or loose box"),
    KeyHint("S", "Unsure: for somebody else"),
    KeyHint("U,Backspace", "Take the verdict back"),
    KeyHint(".", "The last verdict again"),
    KeyHint("X", "The same verdict for similar ones"),
    KeyHint("1 … 9", "Reason, set before the verdict"),
    KeyHint("J,K,arrows", "Next and previous candidate"),
    KeyHint("Shift+arrows,Ctrl+click", "Select several for a verdict"),
    KeyHint("Space", "Quick look: all of the picture"),
    KeyHint("Z", "The box or the whole picture"),
    KeyHint("B", "Boxes on and off"),
    KeyHint("G", "Look-alikes together"),
    KeyHint("H", "Every verdict on this candidate"),
    KeyHint("Tab,N", "Go on after a verdict, or stay"),
    KeyHint("Esc", "Close, show all, select one"),
    KeyHint("Ctrl+Z,Ctrl+Shift+Z", "Undo and redo"),
)
"""What the keys of the Desk do, for the shortcut sheet."""


class ReviewGrid(QListView):
    """Shows the queue; asks for verdicts, reasons and zooming by signals that name their candidates."""

    current_moved = Signal(int)  # row, -1 for none
    verdict_given = Signal(object, object)  # candidate ids (tuple of int), Verdict
    reason_toggled = Signal(object, object)  # candidate ids, ReasonTag
    repeat_requested = Signal(object)  # candidate ids
    similar_requested = Signal(int)  # candidate id
    history_requested = Signal(int)  # candidate id
    zoom_requested = Signal()
    boxes_toggled = Signal()
    auto_toggled = Signal()
    groups_toggled = Signal()
    quick_look_toggled = Signal()
    left = Signal()  # Esc

    def __init__(self, model: ReviewQueueModel, loader: ThumbLoader, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._queue = model
        self._loader = loader
        self._tile = TILE
        self._proposed: frozenset[int] = frozenset()
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(_SETTLE_MILLISECONDS)
        self._settle.timeout.connect(self._want_visible)
        self.setModel(model)
        self.setItemDelegate(_TileDelegate(model, loader, self))
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(True)
        self.setUniformItemSizes(True)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setAccessibleName(self.tr("Candidates to judge"))
        self.verticalScrollBar().valueChanged.connect(self._on_scrolled)
        model.modelReset.connect(self._settle.start)
        loader.loaded.connect(self._on_loaded)

    def current_id(self) -> int | None:
        """Return the candidate under the cursor."""
        return self.currentIndex().data(ID_ROLE)

    def selected_ids(self) -> tuple[int, ...]:
        """Return the candidates a key means: those selected, in order, or the one under the cursor."""
        current = self.current_id()
        rows = sorted(index.row() for index in self.selectionModel().selectedIndexes())
        found = tuple(int(self._queue.index(row).data(ID_ROLE)) for row in rows)
        if current in found:
            return found
        return () if current is None else (current,)

    def tile_size(self) -> QSize:
        """Return the size of a tile: as many as fit beside each other share the width."""
        return self._tile

    def is_proposed(self, candidate: int) -> bool:
        """Whether a verdict is about to be given to a candidate."""
        return candidate in self._proposed

    def set_proposed(self, candidates: Collection[int]) -> None:
        """Mark the candidates that a verdict is about to be given to."""
        self._proposed = frozenset(candidates)
        self.viewport().update()

    def go_to(self, row: int) -> None:
        """Move the cursor to a row and select nothing else, also while Ctrl or Shift is down (as for Ctrl+Z)."""
        index = self._queue.index(row)
        if index.isValid():
            self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)
            self.scrollTo(index)

    # Qt's side

    def currentChanged(self, current: Index, previous: Index) -> None:  # noqa: D102
        super().currentChanged(current, previous)  # pyright: ignore[reportArgumentType]
        self.current_moved.emit(current.row() if current.isValid() else -1)

    def event(self, event: QEvent) -> bool:
        """Take Tab before it moves the focus; Shift+Tab and F6 still do."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
            if event.key() == Qt.Key.Key_Tab and plain and self.current_id() is not None:
                self.auto_toggled.emit()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: D102
        candidate = self.current_id()
        plain = event.modifiers() in {Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier}
        if candidate is None or not plain or not self._act(event, candidate):
            super().keyPressEvent(event)

    def keyboardSearch(self, _search: str) -> None:  # noqa: N802
        """Typing must not jump through the queue: letters are verdicts."""

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: D102
        super().resizeEvent(event)
        width = self.viewport().width() - 1
        tile = QSize(width // max(1, width // TILE.width()), TILE.height())
        if tile != self._tile:
            self._tile = tile
            self.scheduleDelayedItemsLayout()
        self._settle.start()

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: D102
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: D102, N802
        super().focusOutEvent(event)
        self.viewport().update()

    # Ours

    def _act(self, event: QKeyEvent, candidate: int) -> bool:
        """Do what a key means for a candidate; return whether it means anything."""
        key = Qt.Key(event.key())
        if key in _STEPS:
            self.go_to(self.currentIndex().row() + _STEPS[key])
            return True
        if self._look(key):
            return True
        if key not in _JUDGING:
            return False
        if event.isAutoRepeat():
            return True  # a key held down would judge candidates nobody looked at
        if key == Qt.Key.Key_X:
            self.similar_requested.emit(candidate)
        elif key == Qt.Key.Key_H:
            self.history_requested.emit(candidate)
        elif key in _VERDICT_KEYS:
            self.verdict_given.emit(self.selected_ids(), _VERDICT_KEYS[key])
        elif key in _REASON_KEYS:
            self.reason_toggled.emit(self.selected_ids(), _REASON_KEYS[key])
        else:
            self.repeat_requested.emit(self.selected_ids())
        return True

    def _look(self, key: Qt.Key) -> bool:
        """Do what a key means that only changes what is shown; return whether it is one."""
        verbs = {
            Qt.Key.Key_Z: self.zoom_requested,
            Qt.Key.Key_B: self.boxes_toggled,
            Qt.Key.Key_N: self.auto_toggled,
            Qt.Key.Key_G: self.groups_toggled,
            Qt.Key.Key_Space: self.quick_look_toggled,
            Qt.Key.Key_Escape: self.left,
        }
        if key in verbs:
            verbs[key].emit()
        return key in verbs

    def clear_selection(self) -> bool:
        """Select nothing but the candidate under the cursor; return whether there was more."""
        several = len(self.selected_ids()) > 1
        if several:
            self.selectionModel().select(self.currentIndex(), QItemSelectionModel.SelectionFlag.ClearAndSelect)
        return several

    @Slot()
    def _want_visible(self) -> None:
        area = self.viewport().rect()
        first = self.indexAt(area.topLeft()).row()
        columns = max(1, area.width() // self._tile.width())
        shown = columns * (area.height() // TILE.height() + 2)
        self._loader.want(
            [card.picture for card in self._queue.cards(range(max(0, first), first + 2 * shown))], THUMB_SIDE
        )

    def _on_loaded(self, candidate: int) -> None:
        row = self._queue.row_of(candidate)
        if row >= 0:
            self.update(self._queue.index(row))

    def _on_scrolled(self, _value: int) -> None:
        self._settle.start()


_BRIEFLY = {CandidateKind.SIMILAR: "colour, shape", CandidateKind.BACKGROUND: "background"}
"""Kinds in so few words that they fit below a tile."""


class _TileDelegate(QStyledItemDelegate):
    def __init__(self, model: ReviewQueueModel, loader: ThumbLoader, parent: ReviewGrid) -> None:
        super().__init__(parent)
        self._grid, self._queue, self._loader = parent, model, loader
        self._crops: OrderedDict[tuple[int, int, int], QPixmap] = OrderedDict()

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        return self._grid.tile_size()

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        card = self._queue.card(index.row())
        if card is None:
            return
        theme = th.Theme.of(option.palette)  # pyright: ignore[reportAttributeAccessIssue]
        area = QRectF(option.rect).adjusted(3, 3, -3, -3)  # pyright: ignore[reportAttributeAccessIssue]
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:  # pyright: ignore[reportAttributeAccessIssue]
            painter.fillRect(area, QColor(theme.selection))
        metrics = QFontMetricsF(painter.font(), painter.device())
        line = metrics.height() + 2
        picture = area.adjusted(4, 4, -4, -line)
        self._paint_picture(painter, picture, card.candidate.id)
        painter.setPen(QColor(theme.text))
        below = QRectF(picture.left(), picture.bottom(), picture.width(), line)
        painter.drawText(below, int(Qt.AlignmentFlag.AlignVCenter), f"{card.candidate.score:.2f}")
        painter.setPen(QColor(theme.muted))
        group = self._queue.group_of(index.row())
        text = self._queue.note_of(card.candidate.id) or (
            _BRIEFLY.get(card.candidate.kind, card.candidate.kind.text) if group is None else f"group {group + 1}"
        )
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, below.width() - 34)
        painter.drawText(below, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight), shown)
        self._paint_mark(painter, picture, card.candidate.id)
        self._paint_edge(painter, area, index, card.candidate.id)
        painter.restore()

    def _paint_picture(self, painter: QPainter, area: QRectF, candidate: int) -> None:
        """Draw the cut-out; scaling it takes most of the time of a tile, so it is kept while the size is the same."""
        theme, thumb = th.Theme.of(self._grid.palette()), self._loader.thumb(candidate)
        if thumb.pixmap is None:
            paint_crop(painter, area, thumb, theme, ASKED)
            return
        key = (thumb.pixmap.cacheKey(), round(area.width()), round(area.height()))
        crop = self._crops.pop(key, None)
        if crop is None:
            ratio = self._grid.devicePixelRatioF()
            crop = QPixmap(round(area.width() * ratio), round(area.height() * ratio))
            crop.setDevicePixelRatio(ratio)
            inside = QPainter(crop)
            paint_crop(inside, QRectF(0, 0, area.width(), area.height()), thumb, theme, ASKED)
            inside.end()
            if len(self._crops) >= MOST_CROPS:
                self._crops.popitem(last=False)
        self._crops[key] = crop
        painter.drawPixmap(area.topLeft(), crop)

    def _paint_edge(self, painter: QPainter, area: QRectF, index: Index, candidate: int) -> None:
        """Draw the cursor, thin while the keys are elsewhere; dashes where a verdict is about to be given."""
        theme = th.Theme.of(self._grid.palette())
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if index.row() == self._grid.currentIndex().row():
            has_keys = self._grid.hasFocus()
            painter.setPen(QPen(QColor(theme.focus if has_keys else theme.strong_line), 2.0 if has_keys else 1.0))
            painter.drawRect(area.adjusted(0.5, 0.5, -0.5, -0.5))
        elif self._grid.is_proposed(candidate):
            painter.setPen(QPen(QColor(theme.focus), 2.0, Qt.PenStyle.DashLine))
            painter.drawRect(area.adjusted(0.5, 0.5, -0.5, -0.5))

    def _paint_mark(self, painter: QPainter, picture: QRectF, candidate: int) -> None:
        """Draw the letter of the verdict on a shape and a colour of its own."""
        verdict = self._queue.said(candidate).verdict
        if verdict is None:
            return
        badge = QRectF(picture.right() - BADGE - 3, picture.top() + 3, BADGE, BADGE)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor("#000000"))
        painter.setBrush(QColor(INKS[verdict]))
        corners = _SHAPES.get(verdict)
        if corners is None:
            painter.drawEllipse(badge)
        else:
            painter.drawPolygon([QPointF(badge.left() + x * BADGE, badge.top() + y * BADGE) for x, y in corners])
        painter.setFont(th.larger(painter.font(), 0, bold=True))
        painter.drawText(badge, int(Qt.AlignmentFlag.AlignCenter), SIGNS[verdict][0])

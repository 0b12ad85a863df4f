"""The queue of the Desk as a grid of cut-outs with verdict marks, and the keys that give verdicts.

Keys act only while the grid has the focus, and what they mean is bound to the candidate under the cursor at that
moment: a verdict cannot land on a picture that came later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QColor, QFontMetricsF, QPainter
from PySide6.QtWidgets import QAbstractItemView, QFrame, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from tailwise.domain.review import ReasonTag, Verdict
from tailwise.gui import theme as th
from tailwise.gui.models.review_queue import ID_ROLE, SIGNS, ReviewQueueModel
from tailwise.gui.widgets.crop_paint import paint_crop

if TYPE_CHECKING:
    from PySide6.QtGui import QFocusEvent, QKeyEvent, QResizeEvent
    from PySide6.QtWidgets import QWidget

    from tailwise.gui.widgets.thumb_loader import ThumbLoader

Index = QModelIndex | QPersistentModelIndex

TILE: Final = QSize(132, 122)
THUMB_SIDE: Final = 512
INKS: Final = {
    Verdict.HARD_NEGATIVE: th.Data.GREEN,
    Verdict.MISSED_LABEL: th.Data.VERMILLION,
    Verdict.DUPLICATE: th.Data.SKY,
    Verdict.UNSURE: th.Data.YELLOW,
}
_VERDICT_KEYS: Final = {
    Qt.Key.Key_A: Verdict.HARD_NEGATIVE,
    Qt.Key.Key_S: Verdict.UNSURE,
    Qt.Key.Key_D: Verdict.MISSED_LABEL,
    Qt.Key.Key_F: Verdict.DUPLICATE,
    Qt.Key.Key_U: Verdict.TAKE_BACK,
    Qt.Key.Key_Backspace: Verdict.TAKE_BACK,
}
_REASON_KEYS: Final = {Qt.Key(Qt.Key.Key_1.value + n): reason for n, reason in enumerate(ReasonTag)}
_STEPS: Final = {Qt.Key.Key_J: 1, Qt.Key.Key_K: -1}
_SETTLE_MILLISECONDS: Final = 20


class ReviewGrid(QListView):
    """Shows the queue; asks for verdicts, reasons and zooming by signals that name their candidate."""

    current_moved = Signal(int)  # row, -1 for none
    verdict_given = Signal(int, object)  # candidate id, Verdict
    reason_toggled = Signal(int, object)  # candidate id, ReasonTag
    repeat_requested = Signal(int)  # candidate id
    zoom_requested = Signal()
    boxes_toggled = Signal()
    auto_toggled = Signal()

    def __init__(self, model: ReviewQueueModel, loader: ThumbLoader, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._queue = model
        self._loader = loader
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
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setAccessibleName(self.tr("Candidates to judge"))
        self.verticalScrollBar().valueChanged.connect(self._on_scrolled)
        model.modelReset.connect(self._settle.start)
        loader.loaded.connect(self._on_loaded)

    def current_id(self) -> int | None:
        """Return the candidate under the cursor."""
        return self.currentIndex().data(ID_ROLE)

    def go_to(self, row: int) -> None:
        """Move the cursor to a row."""
        index = self._queue.index(row)
        if index.isValid():
            self.setCurrentIndex(index)
            self.scrollTo(index)

    # Qt's side

    def currentChanged(self, current: Index, previous: Index) -> None:  # noqa: D102
        super().currentChanged(current, previous)  # pyright: ignore[reportArgumentType]
        self.current_moved.emit(current.row() if current.isValid() else -1)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: D102
        candidate = self.current_id()
        plain = event.modifiers() in {Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier}
        if candidate is None or not plain or not self._act(event, candidate):
            super().keyPressEvent(event)

    def keyboardSearch(self, _search: str) -> None:  # noqa: N802
        """Typing must not jump through the queue: letters are verdicts."""

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: D102
        super().resizeEvent(event)
        self._settle.start()

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: D102
        super().focusInEvent(event)
        self.viewport().update()

    # Ours

    def _act(self, event: QKeyEvent, candidate: int) -> bool:
        """Do what a key means for a candidate; return whether it means anything."""
        key = Qt.Key(event.key())
        plain_verbs = {
            Qt.Key.Key_Z: self.zoom_requested,
            Qt.Key.Key_B: self.boxes_toggled,
            Qt.Key.Key_N: self.auto_toggled,
        }
        if key in _STEPS:
            self.go_to(self.currentIndex().row() + _STEPS[key])
        elif key in plain_verbs:
            plain_verbs[key].emit()
        elif key not in _VERDICT_KEYS and key not in _REASON_KEYS and key != Qt.Key.Key_Period:
            return False
        elif event.isAutoRepeat():
            pass  # a key held down would judge candidates nobody looked at
        elif key in _VERDICT_KEYS:
            self.verdict_given.emit(candidate, _VERDICT_KEYS[key])
        elif key in _REASON_KEYS:
            self.reason_toggled.emit(candidate, _REASON_KEYS[key])
        else:
            self.repeat_requested.emit(candidate)
        return True

    @Slot()
    def _want_visible(self) -> None:
        area = self.viewport().rect()
        first = self.indexAt(area.topLeft()).row()
        columns = max(1, area.width() // TILE.width())
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


class _TileDelegate(QStyledItemDelegate):
    def __init__(self, model: ReviewQueueModel, loader: ThumbLoader, parent: ReviewGrid) -> None:
        super().__init__(parent)
        self._queue, self._loader = model, loader

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        return TILE

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        card = self._queue.card(index.row())
        if card is None:
            return
        theme = th.Theme.of(option.palette)  # pyright: ignore[reportAttributeAccessIssue]
        area = QRectF(option.rect).adjusted(3, 3, -3, -3)  # pyright: ignore[reportAttributeAccessIssue]
        is_current = bool(option.state & QStyle.StateFlag.State_Selected)  # pyright: ignore[reportAttributeAccessIssue]
        painter.save()
        if is_current:
            painter.fillRect(area, QColor(theme.selection))
        metrics = QFontMetricsF(painter.font(), painter.device())
        line = metrics.height() + 2
        picture = area.adjusted(4, 4, -4, -line)
        paint_crop(painter, picture, self._loader.thumb(card.candidate.id), theme, th.Data.ORANGE)
        painter.setPen(QColor(theme.text))
        below = QRectF(picture.left(), picture.bottom(), picture.width(), line)
        painter.drawText(below, int(Qt.AlignmentFlag.AlignVCenter), f"{card.candidate.score:.2f}")
        painter.setPen(QColor(theme.muted))
        kind = metrics.elidedText(card.candidate.kind.text, Qt.TextElideMode.ElideRight, below.width() - 34)
        painter.drawText(below, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight), kind)
        self._paint_mark(painter, picture, card.candidate.id)
        if is_current:
            painter.setPen(QColor(theme.focus))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(area)
            painter.drawRect(area.adjusted(1, 1, -1, -1))
        painter.restore()

    def _paint_mark(self, painter: QPainter, picture: QRectF, candidate: int) -> None:
        """Draw the letter of the verdict on its colour: round for decided, square for unsure."""
        verdict = self._queue.said(candidate).verdict
        if verdict is None:
            return
        side = 22.0
        badge = QRectF(picture.right() - side - 3, picture.top() + 3, side, side)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor("#000000"))
        painter.setBrush(QColor(INKS[verdict]))
        radius = 3.0 if verdict is Verdict.UNSURE else side / 2
        painter.drawRoundedRect(badge, radius, radius)
        painter.setFont(th.larger(painter.font(), 1, bold=True))
        painter.drawText(badge, int(Qt.AlignmentFlag.AlignCenter), SIGNS[verdict][0])

"""The two panes of the Desk: the queue, and the candidate under the cursor with everything that is known about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt, Signal, Slot
from PySide6.QtWidgets import QMenu, QVBoxLayout, QWidget

from tailwise.domain.review import Verdict
from tailwise.gui.widgets.candidate_view import QuickLook
from tailwise.gui.widgets.review_detail import NEIGHBOUR_SIDE, ReviewDetail
from tailwise.gui.widgets.review_grid import ReviewGrid
from tailwise.gui.widgets.splitters import beside
from tailwise.gui.widgets.thumb_loader import ThumbLoader, ThumbState

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

    from tailwise.domain.review import ReasonTag
    from tailwise.gui.models.desk_similar import DeskSimilar
    from tailwise.gui.models.review_queue import ReviewQueueModel
    from tailwise.gui.models.review_verdicts import ReviewVerdicts
    from tailwise.gui.session import Session
    from tailwise.gui.widgets.thumb_loader import Thumb
    from tailwise.usecases.verdicts import ReviewCard

LARGE_SIDE = 1024
AHEAD = 5
"""Pictures decoded before they are asked for; a batch of the loader with the current one."""


class DeskPanes(QWidget):
    """Joins the grid of the queue with the detail, the quick look, and the loaders of their pictures."""

    moved = Signal(str)  # a sentence about the candidate under the cursor
    similar_wanted = Signal(int)  # only those like this candidate are to be shown

    def __init__(
        self,
        session: Session,
        queue: ReviewQueueModel,
        verdicts: ReviewVerdicts,
        similar: DeskSimilar,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._queue, self._verdicts, self._similar = queue, verdicts, similar
        self.tiles = ThumbLoader(session, self)
        self.large = ThumbLoader(session, self)
        self.near = ThumbLoader(session, self)
        self.grid = ReviewGrid(queue, self.tiles)
        self.detail = ReviewDetail(session, self.near)
        panes = beside("negatives-panes", (self.grid, 1), (self.detail, 1))
        panes.setSizes([430, 560])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(panes)
        self.quick_look = QuickLook(session, self)  # after the panes: it lies over them
        self._connect()

    def _connect(self) -> None:
        grid, detail, verdicts = self.grid, self.detail, self._verdicts
        grid.current_moved.connect(self._on_current)
        grid.verdict_given.connect(verdicts.judge)
        grid.reason_toggled.connect(verdicts.toggle_reason)
        grid.repeat_requested.connect(verdicts.repeat)
        grid.zoom_requested.connect(detail.toggle_zoom)
        grid.boxes_toggled.connect(detail.toggle_boxes)
        grid.quick_look_toggled.connect(self._toggle_quick_look)
        grid.similar_requested.connect(self._similar.hand_on)
        detail.verdict_clicked.connect(self._on_verdict_clicked)
        detail.reason_clicked.connect(self._on_reason_clicked)
        detail.similar_clicked.connect(self._on_similar_clicked)
        self.quick_look.closed.connect(self.quick_look.hide)
        self._similar.proposed.connect(grid.set_proposed)
        self._similar.known.connect(self.show_alike)
        self.large.loaded.connect(self._on_picture)

    # What the page asks

    def current_card(self) -> ReviewCard | None:
        """Return the candidate under the cursor."""
        return self._queue.card(self.grid.currentIndex().row())

    def take_keys(self) -> None:
        """Give the keys to the queue."""
        self.grid.setFocus(Qt.FocusReason.OtherFocusReason)

    def clear(self) -> None:
        """Show no candidate."""
        self.quick_look.hide()
        self.detail.clear()

    def forget(self) -> None:
        """Forget the pictures, because the project is closed."""
        self.clear()
        for loader in (self.tiles, self.large, self.near):
            loader.clear()

    def show_said(self) -> None:
        """Show what is said now about the candidate under the cursor."""
        card = self.current_card()
        if card is not None:
            self.detail.show_said(self._verdicts.shown(card.candidate.id))
            self.show_alike()
            self._show_quick_look(card)
            self.moved.emit(self._queue.sentence(self.grid.currentIndex().row()))

    @Slot()
    def show_alike(self) -> None:
        """Say how many look like the candidate under the cursor and how many of them are confirmed."""
        card = self.current_card()
        alike = self._similar.similar(card.candidate.id) if card is not None else ()
        note = self._queue.note_of(card.candidate.id) if card is not None else ""
        self.detail.show_alike(len(alike), len(self._queue.confirmed(alike)), note)

    def show_history(self, lines: list[str]) -> None:
        """Show every verdict on the candidate as a menu below its button; any key or click closes it."""
        menu = QMenu(self)
        menu.setObjectName("verdict-history")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for line in lines:
            menu.addAction(line.replace("&", "&&"))
        button = self.detail.history
        menu.popup(button.mapToGlobal(QPoint(button.width() - menu.sizeHint().width(), button.height())))

    # The candidate under the cursor

    @Slot(int)
    def _on_current(self, row: int) -> None:
        card = self._queue.card(row)
        if card is None:
            self.detail.clear()
            return
        self.detail.show_card(card, self._best_picture(card), self._verdicts.shown(card.candidate.id))
        self.show_alike()
        self._show_quick_look(card)
        self.moved.emit(self._queue.sentence(row))
        ahead = self._queue.cards(range(row, row + 1 + AHEAD))
        self.large.want([each.picture for each in ahead], LARGE_SIDE)
        self.near.want([near for each in ahead[:3] for near in each.neighbours], NEIGHBOUR_SIDE)

    def _best_picture(self, card: ReviewCard) -> Thumb:
        large = self.large.thumb(card.candidate.id)
        return large if large.state is not ThumbState.WAITING else self.tiles.thumb(card.candidate.id)

    @Slot(int)
    def _on_picture(self, candidate: int) -> None:
        card = self.current_card()
        if card is not None and candidate == card.candidate.id:
            self.detail.show_picture(self.large.thumb(candidate))
            self._show_quick_look(card)

    @Slot(object)
    def _on_verdict_clicked(self, verdict: Verdict) -> None:
        card = self.current_card()
        if card is not None:
            taken_back = self._queue.said(card.candidate.id).verdict is verdict
            self._verdicts.judge(self.grid.selected_ids(), Verdict.TAKE_BACK if taken_back else verdict)

    @Slot(object)
    def _on_reason_clicked(self, reason: ReasonTag) -> None:
        self._verdicts.toggle_reason(self.grid.selected_ids(), reason)

    @Slot()
    def _on_similar_clicked(self) -> None:
        card = self.current_card()
        if card is not None:
            self.similar_wanted.emit(card.candidate.id)

    # Quick look

    @Slot()
    def _toggle_quick_look(self) -> None:
        card = self.current_card()
        self.quick_look.setVisible(self.quick_look.isHidden() and card is not None)
        if card is not None:
            self._show_quick_look(card)

    def _show_quick_look(self, card: ReviewCard) -> None:
        said = self._queue.said(card.candidate.id).text
        self.quick_look.show_card(card, self._best_picture(card), said)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: D102
        super().resizeEvent(event)
        self.quick_look.setGeometry(self.rect())

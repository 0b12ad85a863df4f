"""The Desk: candidates for hard negatives, judged one after the other with one hand on the keyboard.

A verdict shows at once and is written behind it, in order, so that it never waits for the disk; closing the project
waits for verdicts that are on their way. The picture after the next one is decoded while this one is looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from tailwise.domain.changes import Changes
from tailwise.gui import theme as th
from tailwise.gui.models.desk_similar import DeskSimilar
from tailwise.gui.models.desk_view import DRAFT, Place, load_desk
from tailwise.gui.models.desk_work import DeskWork
from tailwise.gui.models.queue_order import DeskOrder, arranged
from tailwise.gui.models.review_queue import ReviewQueueModel
from tailwise.gui.models.review_score import ReviewScore
from tailwise.gui.models.review_verdicts import ReviewVerdicts
from tailwise.gui.navigation import DATA, EXPORT
from tailwise.gui.widgets.banner import Banner
from tailwise.gui.widgets.desk_foot import DeskFoot
from tailwise.gui.widgets.desk_head import DeskHead
from tailwise.gui.widgets.desk_panes import DeskPanes
from tailwise.gui.widgets.desk_states import DeskStates
from tailwise.gui.widgets.doubts_link import HINT, DoubtsLink
from tailwise.gui.widgets.review_grid import KEY_HINTS

if TYPE_CHECKING:
    from tailwise.gui.actions import KeyHint
    from tailwise.gui.models.desk_view import DeskView
    from tailwise.gui.session import Session
    from tailwise.ops.progress import Progress
    from tailwise.usecases.projects import Project
    from tailwise.usecases.verdicts import ReviewSummary

PLACE_MILLISECONDS = 400


class NegativesPage(QWidget):
    """Controls on top, the queue on the left, the candidate large beside its nearest positives on the right."""

    key: ClassVar[str] = "negatives"
    title: ClassVar[str] = "Negatives"
    icon: ClassVar[str] = "target"
    help_topic: ClassVar[str] = "negatives"
    interest: ClassVar[Changes] = Changes.data() | Changes.INDEX | Changes.CANDIDATES
    keys: ClassVar[tuple[KeyHint, ...]] = (*KEY_HINTS, HINT)

    page_requested = Signal(str, object)
    index_requested = Signal()
    selection_described = Signal(str)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._view: DeskView | None = None
        self.queue = ReviewQueueModel(self)
        self.verdicts = ReviewVerdicts(session, self.queue, self)
        self.undo_stack = self.verdicts.undo_stack  # the window's Undo and Redo find it below this page
        self.work = DeskWork(session, self)
        self.similar = DeskSimilar(session, self.queue, self.verdicts, self)
        self.panes = DeskPanes(session, self.queue, self.verdicts, self.similar)
        self.grid, self.detail = self.panes.grid, self.panes.detail
        self.head = DeskHead(self.undo_stack)
        self.banner = Banner()
        self.foot = DeskFoot()
        self.score = ReviewScore(self.queue, self.verdicts, self.work, self.foot, self)
        self.states = DeskStates(self.panes, self)
        self.doubts = DoubtsLink(session, self, self.key)
        self._remember = QTimer(self, singleShot=True, interval=PLACE_MILLISECONDS)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(th.SPACE_L, th.SPACE_M, th.SPACE_L, th.SPACE_M)
        layout.setSpacing(th.SPACE_S)
        layout.addWidget(self.head)
        layout.addWidget(self.banner)
        layout.addWidget(self.states, 1)
        below = QHBoxLayout()
        below.addWidget(self.foot, 1)
        below.addWidget(self.doubts)
        layout.addLayout(below)
        self._connect()

    # What the window calls

    def refresh(self) -> None:
        """Load the candidates anew."""
        self._load("", self._reviewer())

    def open_payload(self, payload: object) -> None:
        """Show the candidates of a class given by name."""
        if isinstance(payload, str):
            self._load(payload, self._reviewer())

    def focus_filter(self) -> None:
        """Go to the filter of the queue."""
        self.head.filters.score.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _connect(self) -> None:
        head, grid = self.head, self.grid
        head.class_chosen.connect(self._on_class)
        head.queue_chosen.connect(self._on_queue)
        head.reviewer_chosen.connect(self._on_reviewer)
        head.mine_clicked.connect(self._mine)
        head.filters.changed.connect(self._on_filter)
        grid.auto_toggled.connect(head.auto.toggle)
        grid.groups_toggled.connect(self._toggle_groups)
        grid.history_requested.connect(self._load_history)
        grid.left.connect(self._leave)
        self.detail.history_clicked.connect(self._on_history_clicked)
        self.panes.moved.connect(self._on_moved)
        self.panes.similar_wanted.connect(self._show_similar)
        self.foot.disagreements_clicked.connect(self._show_disagreements)
        self.score.shown.connect(self.panes.show_alike)
        self.score.queue_judged.connect(self._on_queue_judged)
        self.work.history_loaded.connect(self.panes.show_history)
        self.work.mining_ended.connect(self._on_mining_ended)
        self.verdicts.said.connect(self._on_said)
        self.verdicts.judged.connect(self._on_judged)
        self.verdicts.write_failed.connect(self.refresh)  # what is stored is what counts; the window says why
        self.verdicts.remember_with(self._draft_of)
        self.similar.known.connect(self._on_known)
        self.similar.explained.connect(self.banner.show_text)
        self.banner.dismissed.connect(self.similar.drop)
        self.states.retry_clicked.connect(self.refresh)
        self.states.empty_button_clicked.connect(self._on_empty_button)
        self.states.empty_link_clicked.connect(self._on_empty_link)
        self._remember.timeout.connect(self._store_place)
        self.doubts.page_requested.connect(self.page_requested)
        self.doubts.index_requested.connect(self.index_requested)
        self._session.closed.connect(self._on_closed)

    # Loading

    def _load(self, class_name: str, reviewer: str) -> None:
        self.states.show_loading()

        def work(project: Project, progress: Progress) -> DeskView:
            return load_desk(project, class_name, reviewer, progress)

        self._session.run(
            self.tr("Read the candidates"), work, on_done=self._on_loaded, on_failed=self._on_failed, slot="desk"
        )

    @Slot(object)
    def _on_loaded(self, view: DeskView) -> None:
        if self._session.project is None:
            return  # it was closed meanwhile
        before, at = self._view, self.grid.current_id()
        self._view = view
        self.score.begin(view)
        self.head.set_view(view)
        self.head.mine.setEnabled(view.can_mine)
        self.similar.set_cards(view.all_cards)
        is_other = before is None or (before.class_name, before.reviewer) != (view.class_name, view.reviewer)
        if is_other:
            self.verdicts.begin(view.reviewer)
            self.head.filters.forget()
            self.head.queues.choose(view.place.queue)
            at = view.place.candidate
        self.queue.set_said({**view.said, **self.verdicts.given})
        self._show_queue(self.head.queues.current(), at)
        if is_other:
            self._go_on()

    @Slot(object)
    def _on_failed(self, error: BaseException) -> None:
        self.states.show_error(error, self.tr("Verdicts given so far are stored."))

    def _show_queue(self, key: str, candidate: int | None = None) -> None:
        """Show a queue, at a candidate or where judging goes on."""
        view = self._view
        if view is None:
            return
        cards = view.cards.get(key, ())
        self.banner.hide()
        self.similar.drop()
        self.head.filters.set_cards(cards)
        self.head.filters.setVisible(any(view.cards.values()))
        self.queue.set_cards(cards)
        self.score.show()
        self._arrange(candidate)
        if self.states.state == "content":
            self.panes.take_keys()

    def _arrange(self, candidate: int | None) -> None:
        """Filter and order what is shown; the cursor goes to a candidate, or to the first open one."""
        view, filters = self._view, self.head.filters
        if view is None:
            return
        order = filters.chosen_order()
        group = self.similar.group
        cards = arranged(self.queue.all_cards, filters.chosen(), order, group)
        self.queue.arrange(cards, group if order is DeskOrder.LOOK_ALIKES else None)
        self.score.show_pace()
        if cards:
            self.states.show_content()
            row = self.queue.row_of(candidate or 0)
            self.grid.go_to(row if row >= 0 else max(0, self.queue.next_open(-1)))
            return
        self.panes.clear()
        if self.queue.all_cards:
            self.states.show_filtered_out()
        else:
            self.states.show_nothing(view, self.head.queues.current())

    # What the empty page offers

    @Slot()
    def _on_empty_button(self) -> None:
        view = self._view
        if view is None or not view.class_name or not (view.has_pictures or self.queue.all_cards):
            self.page_requested.emit(DATA, None)
        elif self.queue.all_cards:  # the end of a queue, or a filter that lets nothing through
            self.head.filters.show_all()
            self.panes.take_keys()
        elif not view.is_indexed:
            self.index_requested.emit()
        else:
            self._mine()

    @Slot()
    def _on_empty_link(self) -> None:
        queue = self.states.next_queue
        if queue:
            self.head.queues.choose(queue)
            self._on_queue(queue)
        else:
            self.page_requested.emit(EXPORT, None)

    @Slot()
    def _mine(self) -> None:
        if self._view is not None and self._view.class_name:
            self.head.mine.setEnabled(False)
            self.work.mine(self._view.class_name)

    @Slot()
    def _on_mining_ended(self) -> None:
        self.head.mine.setEnabled(self._view is not None and self._view.can_mine)

    # Choosing

    @Slot(str)
    def _on_class(self, name: str) -> None:
        self._load(name, self._reviewer())

    @Slot(str)
    def _on_queue(self, key: str) -> None:
        self.head.filters.forget()
        self._show_queue(key)

    @Slot(str)
    def _on_reviewer(self, name: str) -> None:
        if self._view is not None:
            self._load(self._view.class_name, name)

    @Slot()
    def _on_filter(self) -> None:
        self.similar.drop()
        self._arrange(self.grid.current_id())

    @Slot()
    def _toggle_groups(self) -> None:
        together = self.head.filters.chosen_order() is DeskOrder.LOOK_ALIKES
        self.head.filters.choose_order(DeskOrder.FOUND if together else DeskOrder.LOOK_ALIKES)

    @Slot()
    def _on_known(self) -> None:
        """Put look-alikes together where that was asked for before they were known."""
        if self.head.filters.chosen_order() is DeskOrder.LOOK_ALIKES:
            self._arrange(self.grid.current_id())

    @Slot(int)
    def _show_similar(self, candidate: int) -> None:
        alike = frozenset((candidate, *self.similar.similar(candidate)))
        self.head.filters.show_only(alike, self.tr("like {}").format(self.queue.name_of(candidate)))
        self.panes.take_keys()

    @Slot()
    def _show_disagreements(self) -> None:
        """Show what two reviewers contradict each other on, in whichever queue most of it is."""
        view, figures = self._view, self.score.figures
        if view is None or figures is None:
            return
        apart = frozenset(figures.disagreements)
        key = max(view.cards, key=lambda queue: sum(card.candidate.id in apart for card in view.cards[queue]))
        self.head.queues.choose(key)
        self._on_queue(key)
        self.head.filters.show_only(apart, self.tr("you and another reviewer contradict"))

    def _reviewer(self) -> str:
        return "" if self._view is None else self._view.reviewer

    # Judging

    @Slot(str)
    def _on_moved(self, sentence: str) -> None:
        self.selection_described.emit(sentence)
        self._remember.start()

    @Slot(object)
    def _on_said(self, candidates: tuple[int, ...]) -> None:
        """Go where something was said: undo brings the cursor back to its candidate."""
        if self.grid.current_id() not in candidates:
            if all(self.queue.row_of(each) < 0 for each in candidates) and not self.head.filters.chosen().is_open:
                self.head.filters.show_all()  # it was said about what is hidden now
            row = next((row for each in candidates if (row := self.queue.row_of(each)) >= 0), -1)
            self.grid.go_to(row)
        self.panes.show_said()
        self.score.show_pace()
        self.score.load_soon()

    @Slot(int)
    def _on_judged(self, _candidate: int) -> None:
        self.banner.hide()
        self.similar.drop()
        if self.head.auto.isChecked() and not self._go_on():
            self.score.load()

    def _go_on(self) -> bool:
        """Go from a judged candidate to the next open one; return whether there is one, or this one is."""
        card = self.panes.current_card()
        if card is None or self.queue.said(card.candidate.id).verdict is None:
            return True
        following = self.queue.next_open(self.grid.currentIndex().row())
        self.grid.go_to(following)
        return following >= 0

    @Slot()
    def _leave(self) -> None:
        """Go back one step: quick look, a proposed verdict, the filter, the selection."""
        if not self.panes.quick_look.isHidden():
            self.panes.quick_look.hide()
        elif self.similar.is_proposing or not self.banner.isHidden():
            self.banner.dismiss()
        elif not self.head.filters.chosen().is_open:
            self.head.filters.show_all()
        else:
            self.grid.clear_selection()

    @Slot(int)
    def _load_history(self, candidate: int) -> None:
        self.work.load_history(candidate, self._reviewer())

    @Slot()
    def _on_history_clicked(self) -> None:
        candidate = self.grid.current_id()
        if candidate is not None:
            self._load_history(candidate)

    # Where the reviewer is

    def _place(self, candidate: int) -> Place:
        view = self._view
        name = "" if view is None else view.class_name
        return Place(name, self._reviewer(), self.head.queues.current(), candidate)

    def _draft_of(self, candidate: int) -> tuple[str, str]:
        return DRAFT, self._place(candidate).text

    @Slot()
    def _store_place(self) -> None:
        candidate = self.grid.current_id()
        if candidate is not None:
            self.work.remember(self._place(candidate))

    # The end

    @Slot(object)
    def _on_queue_judged(self, summary: ReviewSummary) -> None:
        view, verdicts = self._view, self.verdicts
        if view is None or not self.head.auto.isChecked():
            return
        session = (verdicts.in_session, verdicts.seconds)
        verdicts.in_session, verdicts.seconds = 0, 0.0
        self.panes.quick_look.hide()
        left = {key: self.queue.open_of(cards) for key, cards in view.cards.items()}
        self.states.show_end(summary, view.reviewer, session, left)

    @Slot()
    def _on_closed(self) -> None:
        self._remember.stop()
        self.verdicts.begin("")
        self._view = None
        self.score.begin(None)
        self.similar.set_cards(())
        self.queue.set_said({})
        self.queue.set_cards(())
        self.panes.forget()

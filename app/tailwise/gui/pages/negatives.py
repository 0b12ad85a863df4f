"""The Desk: candidates for hard negatives, judged one after the other with one hand on the keyboard.

A verdict shows at once and is written behind it, in order, so that it never waits for the disk; closing the project
waits for verdicts that are on their way. The picture after the next one is decoded while this one is looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from tailwise.domain.changes import Changes
from tailwise.domain.review import Verdict
from tailwise.gui import theme as th
from tailwise.gui.actions import KeyHint
from tailwise.gui.models.desk_view import DRAFT, HARD, MISSING, load_desk, pace_text, session_text, summary_text
from tailwise.gui.models.review_queue import ReviewQueueModel
from tailwise.gui.models.review_verdicts import ReviewVerdicts
from tailwise.gui.session import ResultLine
from tailwise.gui.texts import counted
from tailwise.gui.widgets.desk_head import DeskHead
from tailwise.gui.widgets.empty_state import StateStack
from tailwise.gui.widgets.review_detail import NEIGHBOUR_SIDE, ReviewDetail
from tailwise.gui.widgets.review_grid import ReviewGrid
from tailwise.gui.widgets.thumb_loader import ThumbLoader, ThumbState

if TYPE_CHECKING:
    from tailwise.domain.review import MiningOutcome, ReasonTag
    from tailwise.gui.models.desk_view import DeskView
    from tailwise.gui.session import Session
    from tailwise.gui.widgets.thumb_loader import Thumb
    from tailwise.ops.progress import Progress
    from tailwise.usecases.projects import Project
    from tailwise.usecases.verdicts import ReviewCard, ReviewSummary

LARGE_SIDE = 1024
AHEAD = 5
"""Pictures decoded before they are asked for; a batch of the loader with the current one."""
SUMMARY_MILLISECONDS = 400


class NegativesPage(QWidget):
    """Controls on top, the queue on the left, the candidate large beside its nearest positives on the right."""

    key: ClassVar[str] = "negatives"
    title: ClassVar[str] = "Negatives"
    icon: ClassVar[str] = "target"
    help_topic: ClassVar[str] = "negatives"
    interest: ClassVar[Changes] = Changes.data() | Changes.INDEX | Changes.CANDIDATES
    keys: ClassVar[tuple[KeyHint, ...]] = (
        KeyHint("A", "Hard negative"),
        KeyHint("D", "Really positive: a missed label"),
        KeyHint("F", "Duplicate or loose box"),
        KeyHint("S", "Unsure: somebody else decides"),
        KeyHint("U,Backspace", "Take the verdict back"),
        KeyHint(".", "The last verdict again"),
        KeyHint("1,2,3,4,5,6,7,8,9", "Reason, set before the verdict"),
        KeyHint("J,K", "Next and previous candidate"),
        KeyHint("Z", "The box or the whole picture"),
        KeyHint("B", "Boxes on and off"),
        KeyHint("N", "Go on after a verdict, or stay"),
        KeyHint("Ctrl+Z,Ctrl+Shift+Z", "Undo and redo"),
    )

    page_requested = Signal(str, object)
    selection_described = Signal(str)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._view: DeskView | None = None
        self._summary: ReviewSummary | None = None
        self.queue = ReviewQueueModel(self)
        self.verdicts = ReviewVerdicts(session, self.queue, self)
        self.undo_stack = self.verdicts.undo_stack  # the window's Undo and Redo find it below this page
        self.tiles = ThumbLoader(session, self)
        self.large = ThumbLoader(session, self)
        self.near = ThumbLoader(session, self)
        self.head = DeskHead(self.undo_stack)
        self.grid = ReviewGrid(self.queue, self.tiles)
        self.detail = ReviewDetail(session, self.near)
        self.states = StateStack(self._build(), "target", self)
        self._summarise = QTimer(self)
        self._summarise.setSingleShot(True)
        self._summarise.setInterval(SUMMARY_MILLISECONDS)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(th.SPACE_L, th.SPACE_M, th.SPACE_L, th.SPACE_L)
        layout.setSpacing(th.SPACE_M)
        layout.addWidget(self.head)
        layout.addWidget(self.states, 1)
        self._connect()

    # What the window calls

    def refresh(self) -> None:
        """Load the candidates anew."""
        self._load("", "")

    def open_payload(self, payload: object) -> None:
        """Show the candidates of a class given by name."""
        if isinstance(payload, str):
            self._load(payload, "")

    # Building

    def _build(self) -> QWidget:
        panes = QSplitter(Qt.Orientation.Horizontal)
        panes.setObjectName("negatives-panes")
        panes.setChildrenCollapsible(False)
        panes.setHandleWidth(th.SPACE_M)
        panes.addWidget(self.grid)
        panes.addWidget(self.detail)
        panes.setStretchFactor(0, 1)
        panes.setStretchFactor(1, 1)
        panes.setSizes([430, 560])
        return panes

    def _connect(self) -> None:
        self.head.class_chosen.connect(self._on_class)
        self.head.queue_chosen.connect(self._on_queue)
        self.head.reviewer_chosen.connect(self._on_reviewer)
        self.head.mine_clicked.connect(self._mine)
        self.grid.current_moved.connect(self._on_current)
        self.grid.verdict_given.connect(self.verdicts.judge)
        self.grid.reason_toggled.connect(self.verdicts.toggle_reason)
        self.grid.repeat_requested.connect(self.verdicts.repeat)
        self.verdicts.said.connect(self._on_said)
        self.verdicts.judged.connect(self._on_judged)
        self.verdicts.write_failed.connect(self.refresh)  # what is stored is what counts; the window says why
        self.grid.zoom_requested.connect(self.detail.toggle_zoom)
        self.grid.boxes_toggled.connect(self.detail.toggle_boxes)
        self.grid.auto_toggled.connect(self.head.auto.toggle)
        self.detail.verdict_clicked.connect(self._on_verdict_clicked)
        self.detail.reason_clicked.connect(self._on_reason_clicked)
        self.large.loaded.connect(self._on_picture)
        self.states.retry_clicked.connect(self.refresh)
        self.states.empty_button_clicked.connect(self._on_empty_button)
        self._summarise.timeout.connect(self._load_summary)
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
        before = self._view
        if before is None or (before.class_name, before.reviewer) != (view.class_name, view.reviewer):
            self.verdicts.begin(view.reviewer)
        self._view, self._summary = view, view.summary
        self.head.set_view(view)
        self.head.mine.setEnabled(view.is_indexed and bool(view.class_name))
        self._show_queue(self.head.queues.current())

    def _show_queue(self, key: str) -> None:
        view = self._view
        if view is None:
            return
        cards = view.cards.get(key, ())
        self.queue.set_cards(cards, view.said)
        self._show_figures()
        if not cards:
            self._show_nothing(view, key)
            return
        self.states.show_content()
        self.grid.go_to(max(0, self.queue.next_open(-1)))
        self.grid.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_nothing(self, view: DeskView, key: str) -> None:
        self.detail.clear()
        if not view.class_name:
            self.states.show_empty(
                self.tr("No classes yet"), self.tr("Import labels on the Data page first."), self.tr("Go to Data")
            )
        elif not view.is_indexed and not any(view.cards.values()):
            self.states.show_empty(
                self.tr("The images are not indexed yet"),
                self.tr("Look-alikes are found by comparing pictures. The index looks at every image once."),
                self.tr("Build the index"),
            )
        elif not any(view.cards.values()):
            text = self.tr(
                "Find what looks like {} and is not labelled so. Validation and test images are never looked at."
            )
            self.states.show_empty(
                self.tr("No candidates yet"), text.format(view.class_name), self.tr("Find look-alikes")
            )
        else:
            told = {
                HARD: self.tr("No hard negatives were found for {}."),
                MISSING: self.tr("No label of {} is suspected to be missing."),
            }
            text = told.get(key, self.tr("Nobody is unsure about a candidate of {}, and nobody disagrees."))
            self.states.show_empty(self.tr("This queue is empty"), text.format(view.class_name))

    @Slot(object)
    def _on_failed(self, error: BaseException) -> None:
        self.states.show_error(error, self.tr("Verdicts given so far are stored."))

    @Slot()
    def _on_empty_button(self) -> None:
        view = self._view
        if view is None or not view.class_name:
            self.page_requested.emit("data", None)
        elif any(view.cards.values()):
            self.states.show_content()  # after the summary of a session
            self.grid.setFocus(Qt.FocusReason.OtherFocusReason)
        elif not view.is_indexed:
            self._index()
        else:
            self._mine()

    # Index and mining

    def _index(self) -> None:
        def work(project: Project, progress: Progress) -> object:
            from tailwise.domain.index import IndexRequest
            from tailwise.ops.executors import cores_beside_a_window
            from tailwise.usecases.image_index import build_index

            return build_index(project, IndexRequest(workers=cores_beside_a_window()), progress)

        self._session.run(self.tr("Index images"), work, slot="build-index")

    @Slot()
    def _mine(self) -> None:
        view = self._view
        if view is None or not view.class_name:
            return
        name = view.class_name

        def work(project: Project, progress: Progress) -> MiningOutcome:
            from tailwise.domain.review import MiningRequest
            from tailwise.usecases.mining import mine

            return mine(project, MiningRequest(name), progress)

        self.head.mine.setEnabled(False)
        handle = self._session.run(self.tr("Find look-alikes"), work, on_done=self._on_mined, slot="mine")
        handle.finished.connect(self._on_mining_ended)

    @Slot(object)
    def _on_mined(self, outcome: MiningOutcome) -> None:
        found = counted(len(outcome.candidates), "candidate", "candidates")
        missing = counted(len(outcome.suspected_missing), "suspected missing label", "suspected missing labels")
        self._session.announce(ResultLine(self.tr("{}: {}, {}").format(outcome.class_name, found, missing)))

    @Slot()
    def _on_mining_ended(self) -> None:
        self.head.mine.setEnabled(self._view is not None and self._view.is_indexed)

    # Choosing

    @Slot(str)
    def _on_class(self, name: str) -> None:
        self._remember(name, self._reviewer())
        self._load(name, self._reviewer())

    @Slot(str)
    def _on_queue(self, key: str) -> None:
        self._show_queue(key)

    @Slot(str)
    def _on_reviewer(self, name: str) -> None:
        if self._view is not None:
            self._remember(self._view.class_name, name)
            self._load(self._view.class_name, name)

    def _remember(self, class_name: str, reviewer: str) -> None:
        project = self._session.project
        if project is None or project.read_only:
            return

        def work(project: Project, _progress: Progress) -> None:
            from tailwise.usecases.projects import save_draft

            save_draft(project, DRAFT, f"{class_name}\n{reviewer}")

        self._session.run(self.tr("Remember the reviewer"), work, lane="ordered", quiet=True)

    def _reviewer(self) -> str:
        return "" if self._view is None else self._view.reviewer

    # The current candidate

    @Slot(int)
    def _on_current(self, row: int) -> None:
        card = self.queue.card(row)
        if card is None:
            self.detail.clear()
            return
        self.detail.show_card(card, self._best_picture(card), self.verdicts.shown(card.candidate.id))
        self.selection_described.emit(self.queue.sentence(row))
        ahead = self.queue.cards(range(row, row + 1 + AHEAD))
        self.large.want([each.picture for each in ahead], LARGE_SIDE)
        self.near.want([near for each in ahead[:3] for near in each.neighbours], NEIGHBOUR_SIDE)

    def _best_picture(self, card: ReviewCard) -> Thumb:
        large = self.large.thumb(card.candidate.id)
        return large if large.state is not ThumbState.WAITING else self.tiles.thumb(card.candidate.id)

    @Slot(int)
    def _on_picture(self, candidate: int) -> None:
        if candidate == self.grid.current_id():
            self.detail.show_picture(self.large.thumb(candidate))

    @Slot(int)
    def _on_said(self, candidate: int) -> None:
        """Go where something was said: undo brings the cursor back to its candidate."""
        row = self.queue.row_of(candidate)
        if row >= 0 and candidate != self.grid.current_id():
            self.grid.go_to(row)
        if candidate == self.grid.current_id():
            self.detail.show_said(self.verdicts.shown(candidate))
        self._show_figures()
        self._summarise.start(SUMMARY_MILLISECONDS)

    @Slot(int)
    def _on_judged(self, candidate: int) -> None:
        if not self.head.auto.isChecked():
            return
        following = self.queue.next_open(self.queue.row_of(candidate))
        if following >= 0:
            self.grid.go_to(following)
        else:
            self._summarise.start(0)

    @Slot(object)
    def _on_verdict_clicked(self, verdict: Verdict) -> None:
        candidate = self.grid.current_id()
        if candidate is not None:
            taken_back = self.queue.said(candidate).verdict is verdict
            self.verdicts.judge(candidate, Verdict.TAKE_BACK if taken_back else verdict)

    @Slot(object)
    def _on_reason_clicked(self, reason: ReasonTag) -> None:
        candidate = self.grid.current_id()
        if candidate is not None:
            self.verdicts.toggle_reason(candidate, reason)

    # Figures

    @Slot()
    def _load_summary(self) -> None:
        view = self._view
        if view is None or self._session.project is None:
            return

        def work(project: Project, _progress: Progress) -> ReviewSummary:
            from tailwise.usecases.verdicts import review_summary

            return review_summary(project, view.class_name)

        title = self.tr("Count the verdicts")
        self._session.run(title, work, lane="ordered", on_done=self._on_summary, slot="desk-summary", quiet=True)

    @Slot(object)
    def _on_summary(self, summary: ReviewSummary) -> None:
        self._summary = summary
        self._show_figures()
        total = self.queue.rowCount()
        judged = self.verdicts.in_session
        if total and judged and self.queue.judged == total and self.head.auto.isChecked():
            text = session_text(summary, judged, self.verdicts.seconds)
            self.verdicts.in_session = 0
            self.states.show_empty(self.tr("All of this queue is judged"), text, self.tr("Look at it again"))

    def _show_figures(self) -> None:
        judged, seconds = self.verdicts.in_session, self.verdicts.seconds
        self.head.progress.setText(pace_text(self.queue.judged, self.queue.rowCount(), judged, seconds))
        self.head.figures.setText(summary_text(self._summary) if self._summary is not None else "")

    @Slot()
    def _on_closed(self) -> None:
        self._summarise.stop()
        self.verdicts.begin("")
        self._view, self._summary = None, None
        for loader in (self.tiles, self.large, self.near):
            loader.clear()
        self.queue.set_cards((), {})

"""The plan page: what is asked for, what to label in which week, and why a quota cannot be met."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import QTimer, Signal, Slot
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from tailwise.domain.changes import Changes
from tailwise.domain.coverage import ItemFilter
from tailwise.domain.errors import RequestError, UserError
from tailwise.gui import theme as th
from tailwise.gui.actions import KeyHint
from tailwise.gui.models import plan_view
from tailwise.gui.models.plan_table import verdict
from tailwise.gui.navigation import EXPORT, ITEMS, ExportThis, PlanClass, ShowItems
from tailwise.gui.session import ResultLine
from tailwise.gui.widgets.banner import Banner
from tailwise.gui.widgets.empty_state import StateStack
from tailwise.gui.widgets.live_preview import LivePreview
from tailwise.gui.widgets.plan_compare import PlanCompare
from tailwise.gui.widgets.plan_editor import PlanEditor
from tailwise.gui.widgets.plan_nearest import NearestFinder
from tailwise.gui.widgets.plan_result import PlanResult
from tailwise.gui.widgets.project_streams import ProjectStreams
from tailwise.gui.widgets.request_files import RequestFiles
from tailwise.gui.widgets.segments import Segments

if TYPE_CHECKING:
    from tailwise.domain.plan import PlanRequest
    from tailwise.gui.models.plan_view import NearestRequest, PlanView, ShownPlan
    from tailwise.gui.models.sheet import Row
    from tailwise.gui.session import Session
    from tailwise.ops.progress import Progress
    from tailwise.usecases.plan_store import StoredPlan
    from tailwise.usecases.projects import Project

STORE_MILLISECONDS = 300
REQUEST, PLAN, COMPARE = "request", "plan", "compare"


class PlanPage(QWidget):
    """Three sides of one plan: the request as sheets, the plan as tables, and how it differs from an earlier one."""

    key: ClassVar[str] = "plan"
    title: ClassVar[str] = "Plan"
    icon: ClassVar[str] = "plan"
    help_topic: ClassVar[str] = "plan"
    interest: ClassVar[Changes] = Changes.PLANS | Changes.ITEMS | Changes.ANNOTATIONS | Changes.CATEGORIES
    keys: ClassVar[tuple[KeyHint, ...]] = (
        KeyHint("Ctrl+Return", "Solve the request"),
        KeyHint("Ctrl+D", "Fill down"),
        KeyHint("Ctrl+C,Ctrl+V", "Copy and paste a block, also from a spreadsheet"),
        KeyHint("Ctrl+Z,Ctrl+Shift+Z", "Undo and redo"),
    )

    page_requested = Signal(str, object)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._view: PlanView | None = None
        self._shown: ShownPlan | None = None
        self._replaced: PlanRequest | None = None
        self._wanted_class: PlanClass | None = None
        self._has_request = False
        sides = ((REQUEST, self.tr("Request")), (PLAN, self.tr("Plan")), (COMPARE, self.tr("Compare")))
        self.side = Segments(self.tr("Show"), sides)
        self.plans = QComboBox()
        self.solve_button = QPushButton(self.tr("Solve"))
        self.banner = Banner()
        self.editor = PlanEditor()
        self.result = PlanResult()
        self.compare = PlanCompare(session)
        self.files = RequestFiles(session, self.editor, self)
        self.nearest = NearestFinder(session, self)
        self.live = LivePreview(session, self.editor, self)
        self.streams = ProjectStreams(session, self.editor, self)
        self.sides = QStackedWidget()
        self._store_timer = QTimer(self)
        self._store_timer.setSingleShot(True)
        self._store_timer.setInterval(STORE_MILLISECONDS)
        self.states = StateStack(self._build(), "plan", self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(th.SPACE_L, th.SPACE_M, th.SPACE_L, th.SPACE_L)
        layout.setSpacing(th.SPACE_S)
        layout.addWidget(self.banner)
        layout.addWidget(self.states, 1)
        self._connect()

    # What the window calls

    def refresh(self) -> None:
        """Read plans and classes anew; a request being edited is left as it is."""
        self.states.show_loading()
        title, load = self.tr("Read the plans"), plan_view.load_view
        self._session.run(title, load, on_done=self._on_loaded, on_failed=self.states.show_error, slot="plan-page")

    def open_payload(self, payload: object) -> None:
        """Put a class into the request."""
        if isinstance(payload, PlanClass):
            self._wanted_class = payload
            if self._view is not None:
                self._take_wanted_class()

    # Building

    def _build(self) -> QWidget:
        self.plans.setAccessibleName(self.tr("Solved plans, newest first"))
        self.plans.setMinimumContentsLength(24)
        self.plans.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.solve_button.setProperty("role", "primary")
        self.solve_button.setToolTip(self.tr("Find the best plan for this request (Ctrl+Return)"))
        top = QHBoxLayout()
        top.setSpacing(th.SPACE_S)
        top.addWidget(self.side)
        top.addWidget(self.plans)
        top.addStretch(1)
        for text, tip, slot in (
            (self.tr("Draft from project"), self.tr("Fill the request from classes and pool"), self._draft),
            (self.tr("Import…"), self.tr("Read a request from a TOML file"), self.files.choose_to_read),
            (self.tr("Export…"), self.tr("Write the request as a TOML file"), self.files.choose_to_write),
        ):
            button = QPushButton(text)
            button.setToolTip(tip)
            button.clicked.connect(slot)
            top.addWidget(button)
        top.addWidget(self.solve_button)
        self.sides.addWidget(self.editor)
        self.sides.addWidget(self.result)
        self.sides.addWidget(self.compare)
        content = QWidget()
        layout = QVBoxLayout(content)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(th.SPACE_M)
        layout.addLayout(top)
        layout.addWidget(self.sides, 1)
        return content

    def _connect(self) -> None:
        self.side.chosen.connect(self._show_side)
        self.plans.activated.connect(self._on_plan_chosen)
        self.solve_button.clicked.connect(self._solve)
        for keys in ("Ctrl+Return", "Ctrl+Enter"):
            QShortcut(QKeySequence(keys), self, self._solve)
        self.editor.changed.connect(self._on_edited)
        self._store_timer.timeout.connect(self._store)
        self.result.class_opened.connect(self._open_class)
        self.result.export_requested.connect(self._export_kind)
        self.result.request_wanted.connect(self._edit_shown_request)
        self.result.nearest_wanted.connect(self.nearest.find)
        self.nearest.found.connect(self._on_nearest)
        for helper in (self.nearest, self.files, self.streams):
            helper.failed.connect(self._on_not_done)
        self.files.was_read.connect(self._on_imported)
        self.states.retry_clicked.connect(self.refresh)
        self.states.empty_button_clicked.connect(self._draft)
        self.states.empty_link_clicked.connect(self.files.choose_to_read)
        self._session.closed.connect(self._on_closed)

    # Loading

    @Slot(object)
    def _on_loaded(self, view: PlanView) -> None:
        if self._session.project is None:
            return
        self._view = view
        self.editor.show_project(view.axes, view.have(self.editor.head.head().unit))
        self._show_plans(view)
        if not self._has_request and view.request is not None:
            self._show_request(view.request)
        if view.problem:
            self.banner.show_text(self.tr("The stored request cannot be read: {}").format(view.problem), tone="warn")
        if view.plan is not None and (self._shown is None or self._shown.id != view.plan.id):
            self._show_plan(view.plan)
        if self._wanted_class is not None:
            self._take_wanted_class()
        elif not self._has_request and view.plan is None:
            self._show_nothing()
        else:
            self.states.show_content()
            if not self._has_request:
                self._show_side(PLAN)

    def _show_nothing(self) -> None:
        self.states.show_empty(
            self.tr("No request yet"),
            self.tr("A request says how many of which class are wanted, where from, and in how many hours."),
            self.tr("Draft from project"),
            self.tr("Import a request…"),
        )

    @Slot()
    def _on_closed(self) -> None:
        self._store_timer.stop()
        self.live.stop()
        self._view = self._shown = self._replaced = self._wanted_class = None
        self._has_request = False
        self.banner.hide()
        self.side.choose(REQUEST)
        self.sides.setCurrentWidget(self.editor)

    def _show_plans(self, view: PlanView) -> None:
        self.plans.clear()
        for plan in view.plans:
            self.plans.addItem(plan.title, plan.id)
        self.plans.setVisible(bool(view.plans))
        self.side.set_usable(PLAN, "" if view.plans else self.tr("Solve the request first"))
        self.side.set_usable(COMPARE, "" if len(view.plans) > 1 else self.tr("There is only one plan"))
        if self._shown is not None:
            self.plans.setCurrentIndex(max(0, self.plans.findData(self._shown.id)))

    @Slot(int)
    def _on_plan_chosen(self, position: int) -> None:
        plan_id = int(self.plans.itemData(position))

        def work(project: Project, _progress: Progress) -> ShownPlan:
            return plan_view.load_one(project, plan_id)

        self._session.run(self.tr("Read the plan"), work, lane="ordered", on_done=self._on_plan, slot="plan-one")

    @Slot(object)
    def _on_plan(self, plan: ShownPlan) -> None:
        self._show_plan(plan)
        self._show_side(COMPARE if self.side.current() == COMPARE else PLAN)

    def _show_plan(self, plan: ShownPlan) -> None:
        self._shown = plan
        have = self._view.have(plan.outcome.unit) if self._view else {}
        self.result.show_plan(plan.outcome, plan.request, have, plan.conditions)
        self.compare.show_plans(self._view.plans if self._view else (), plan.id)
        self.plans.setCurrentIndex(max(0, self.plans.findData(plan.id)))

    @Slot(str)
    def _show_side(self, side: str) -> None:
        self.side.choose(side)
        widgets = {REQUEST: self.editor, PLAN: self.result, COMPARE: self.compare}
        self.sides.setCurrentWidget(widgets[side])
        if side == COMPARE:
            self.compare.ask()

    # The request

    def _show_request(self, request: PlanRequest) -> None:
        self._has_request = True
        self.editor.show_request(request, self._view.have(request.unit) if self._view else {})
        self.states.show_content()
        self._show_side(REQUEST)
        self.live.ask()

    def _replace_request(self, request: PlanRequest, told: str) -> None:
        """Show another request in place of the one there is, which can be brought back."""
        self._replaced = None
        if self._has_request and not self.editor.problem():
            self._replaced = self.editor.request()
        self._show_request(request)
        self._store()
        self.banner.show_text(told)
        if self._replaced is not None:
            self.banner.add_action(self.tr("Bring the old one back"), self._bring_back)

    @Slot()
    def _bring_back(self) -> None:
        if self._replaced is not None:
            self.banner.hide()
            self._show_request(self._replaced)
            self._store()

    @Slot()
    def _on_edited(self) -> None:
        if problem := self.editor.problem():
            self.banner.show_text(problem, tone="warn")
            self.banner.add_action(self.tr("Show the cell"), self.editor.go_to_problem)
        else:
            self.banner.hide()
        self.solve_button.setEnabled(not problem)
        self._store_timer.start()

    @Slot()
    def _store(self) -> None:
        """Keep the request with the project as it is edited; one that cannot be used waits until it can."""
        self._store_timer.stop()
        view = self._view
        if self._session.project is None or view is None or view.read_only or self.editor.problem():
            return
        request = self.editor.request()

        def work(project: Project, _progress: Progress) -> None:
            plan_view.store_draft(project, request)

        self._session.run(self.tr("Store the request"), work, lane="ordered", slot="plan-draft", quiet=True)

    @Slot()
    def _draft(self) -> None:
        chosen = self.editor.head.head().conditions if self._has_request else None
        conditions = (self._wanted_class.conditions if self._wanted_class else ()) or chosen

        def work(project: Project, progress: Progress) -> PlanRequest:
            return plan_view.draft(project, progress, conditions)

        self._session.run(self.tr("Draft a request"), work, on_done=self._on_drafted, on_failed=self._on_not_done)

    @Slot(object)
    def _on_drafted(self, request: PlanRequest) -> None:
        self._replace_request(request, self.tr("Drafted from the classes and the pool of this project."))
        if self._wanted_class is not None:
            self._take_wanted_class()

    def _take_wanted_class(self) -> None:
        wanted, view = self._wanted_class, self._view
        if wanted is None or view is None:
            return
        if not self._has_request:
            self._draft()  # comes back here
            return
        self._wanted_class = None
        self.states.show_content()
        self._show_side(REQUEST)
        known = view.classes.get(wanted.class_name)
        row: Row = {}
        if known is not None:
            have = view.have(self.editor.head.head().unit)[known.name]
            lacking = max(known.target - have if known.target else 0, wanted.missing or 0)
            row = {"tier": known.tier, "target": float(lacking) or None}
        self.editor.plan_class(wanted.class_name, row)

    @Slot(object)
    def _on_imported(self, request: PlanRequest) -> None:
        self._replace_request(request, self.tr("{} is read from the file.").format(request.name))

    @Slot(object)
    def _on_not_done(self, error: BaseException) -> None:
        if isinstance(error, UserError):
            self.banner.show_text(error.sentence, tone="alert")

    # Solving

    @Slot()
    def _solve(self) -> None:
        if self._session.project is None or not self.solve_button.isEnabled() or not self._has_request:
            return
        try:
            request = self.editor.request()
        except RequestError as error:
            self._on_not_done(error)
            self.editor.go_to_problem()
            return
        self._store_timer.stop()

        def work(project: Project, progress: Progress) -> StoredPlan:
            return plan_view.solve(project, request, progress)

        self.solve_button.setEnabled(False)
        handle = self._session.run(
            self.tr("Solve {}").format(request.name), work, on_done=self._on_solved, on_failed=self._on_not_done
        )
        handle.finished.connect(self._on_solve_finished)

    @Slot()
    def _on_solve_finished(self) -> None:
        self.solve_button.setEnabled(not self.editor.problem())

    @Slot(object)
    def _on_solved(self, stored: StoredPlan) -> None:
        sentence, tone = verdict(stored.outcome)
        short = sentence.partition(":")[0].rstrip(".")
        self._session.announce(ResultLine(f"{stored.name} is solved: {short}", tone="ok" if tone == "ok" else "warn"))
        self._shown = None  # the list is read anew, and the newest plan shown
        self._show_side(PLAN)
        self.refresh()

    @Slot(object)
    def _on_nearest(self, found: NearestRequest | None) -> None:
        if found is None:
            self.banner.show_text(self.tr("With the project as it is now this request can be met: solve it again."))
            return
        self._replace_request(found.request, self.tr("Lowered to what can be met: {}.").format(found.told))
        self._solve()

    # Leaving

    @Slot(str)
    def _open_class(self, name: str) -> None:
        self.page_requested.emit(ITEMS, ShowItems(ItemFilter(classes=(name,)), came_from=self.key))

    @Slot(str)
    def _export_kind(self, kind: str) -> None:
        if self._shown is not None:
            self.page_requested.emit(EXPORT, ExportThis(kind, plan_id=self._shown.id))

    @Slot()
    def _edit_shown_request(self) -> None:
        if self._shown is not None:
            self._replace_request(self._shown.request, self.tr("This is the request of {}.").format(self._shown.name))

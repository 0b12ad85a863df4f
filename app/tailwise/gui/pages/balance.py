"""The balance page: how often training uses an item, how much its mistakes count, and what that does."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from tailwise.domain.changes import Changes
from tailwise.domain.coverage import Basis, ItemFilter
from tailwise.domain.errors import RequestError
from tailwise.gui import theme as th
from tailwise.gui.actions import KeyHint
from tailwise.gui.icons import set_icon
from tailwise.gui.models.balance_commands import resample_command, weights_command
from tailwise.gui.navigation import EXPORT, ITEMS, ExportThis, ShowItems
from tailwise.gui.session import ResultLine
from tailwise.gui.widgets.empty_state import StateStack
from tailwise.gui.widgets.resampling_panel import ResamplingPanel
from tailwise.gui.widgets.segments import Segments
from tailwise.gui.widgets.weights_panel import WeightsPanel

if TYPE_CHECKING:
    from tailwise.domain.class_weights import WeightsOutcome, WeightsRequest
    from tailwise.domain.resampling import ResamplingOutcome, ResamplingRequest
    from tailwise.gui.session import Session
    from tailwise.ops.progress import Progress
    from tailwise.usecases.projects import Project
    from tailwise.usecases.training_part import TrainingBase
    from tailwise.usecases.weights_outcome import WeightsBase

RESAMPLING, WEIGHTS = "resampling", "weights"


@dataclass(frozen=True, slots=True)
class BalanceView:
    """What the page works with, loaded in one operation; `problem` says why there is nothing."""

    training: TrainingBase | None
    weights: WeightsBase | None
    resampling_request: ResamplingRequest | None = None
    weights_request: WeightsRequest | None = None
    problem: RequestError | None = None
    read_only: bool = False


def load(project: Project, progress: Progress) -> BalanceView:
    """Gather the training items; runs on a worker thread."""
    from tailwise.usecases.resampling import stored_resampling
    from tailwise.usecases.training_part import load_training
    from tailwise.usecases.weights import load_weights_base, stored_weights

    progress.stage("Gathering training items")
    try:
        training, weights = load_training(project), load_weights_base(project)
    except RequestError as error:
        return BalanceView(None, None, problem=error)
    resampling, chosen = stored_resampling(project), stored_weights(project)
    return BalanceView(
        training,
        weights,
        resampling.request if resampling else None,
        chosen.request if chosen else None,
        read_only=project.read_only,
    )


class BalancePage(QWidget):
    """Resampling and class weights; previews follow the controls, a plan is kept with the button."""

    key: ClassVar[str] = "balance"
    title: ClassVar[str] = "Balance"
    icon: ClassVar[str] = "balance"
    help_topic: ClassVar[str] = "balance"
    interest: ClassVar[Changes] = Changes.data()
    keys: ClassVar[tuple[KeyHint, ...]] = (
        KeyHint("Ctrl+Return", "Keep this resampling, or these weights"),
        KeyHint("Return", "Open the training images of a class"),
    )

    page_requested = Signal(str, object)
    selection_described = Signal(str)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._view = BalanceView(None, None)
        self._resampling: ResamplingOutcome | None = None
        self._weights: WeightsOutcome | None = None
        self.which = Segments(
            self.tr("What to plan"),
            ((RESAMPLING, self.tr("Resampling")), (WEIGHTS, self.tr("Class weights"))),
        )
        self.copy_command = QPushButton(self.tr("Copy command"))
        self.keep = QPushButton(self.tr("Keep this plan"))
        self.hand_out = QPushButton(self.tr("Export…"))
        self.resampling = ResamplingPanel()
        self.weights = WeightsPanel()
        self.panels = QStackedWidget()
        self.states = StateStack(self._build(), "balance", self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(th.SPACE_L, th.SPACE_M, th.SPACE_L, th.SPACE_L)
        layout.addWidget(self.states)
        self._connect()

    def refresh(self) -> None:
        """Gather the training items anew."""
        self.states.show_loading()
        self._session.run(
            self.tr("Gather the training items"),
            load,
            on_done=self._on_loaded,
            on_failed=self.states.show_error,
            slot="balance-page",
        )

    def _build(self) -> QWidget:
        self.keep.setProperty("role", "primary")
        self.keep.setShortcut("Ctrl+Return")
        self.keep.setToolTip(self.tr("Store it with the project; exports use the one kept last (Ctrl+Return)"))
        self.copy_command.setToolTip(self.tr("Copy the command that does the same without a window"))
        set_icon(self.keep, "check", th.Theme.of(self.palette()))
        head = QHBoxLayout()
        head.setSpacing(th.SPACE_S)
        head.addWidget(self.which)
        head.addStretch(1)
        for button in (self.copy_command, self.hand_out, self.keep):
            head.addWidget(button)
        self.panels.addWidget(self.resampling)
        self.panels.addWidget(self.weights)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(th.SPACE_M)
        column.addLayout(head)
        column.addWidget(self.panels, 1)
        return content

    def _connect(self) -> None:
        self.which.chosen.connect(self._on_which)
        self.resampling.request_changed.connect(self._preview_resampling)
        self.weights.request_changed.connect(self._preview_weights)
        self.resampling.class_opened.connect(self._open_class)
        self.copy_command.clicked.connect(self._copy_command)
        self.keep.clicked.connect(self._keep)
        self.hand_out.clicked.connect(self._hand_out)
        self.states.retry_clicked.connect(self.refresh)
        self.states.empty_button_clicked.connect(self._go_to_data)
        self._session.closed.connect(self._on_closed)

    # Loading and previewing

    @Slot(object)
    def _on_loaded(self, view: BalanceView) -> None:
        if self._session.project is None:
            return  # it was closed meanwhile
        is_first = self._view.training is None
        self._view = view
        if view.training is None:
            problem = view.problem
            self.states.show_empty(
                self.tr("Nothing to balance yet"),
                f"{problem.summary}. {problem.hint}." if problem else "",
                self.tr("Go to Data"),
            )
            return
        self.states.show_content()
        self.resampling.begin(
            view.training.part.items,
            view.resampling_request if is_first else None,
            is_single=view.training.items.is_single,
        )
        if is_first and view.weights_request is not None:
            self.weights.show_request(view.weights_request)
        self._preview_resampling()
        self._preview_weights()

    @Slot()
    def _preview_resampling(self) -> None:
        base = self._view.training
        if base is None or self._session.project is None:
            return
        self._resampling = None
        self._check()
        try:
            request = self.resampling.request()
        except RequestError as error:
            self.resampling.show_problem(error)
            return

        def work(_project: Project, _progress: Progress) -> ResamplingOutcome:
            from tailwise.usecases.resampling import preview_resampling

            return preview_resampling(base, request)

        self._session.run(
            self.tr("Balance the classes"),
            work,
            lane="live",
            on_done=self._on_resampling,
            on_failed=self._on_preview_failed,
            slot="balance-resampling",
            quiet=True,
        )

    @Slot(object)
    def _on_resampling(self, outcome: ResamplingOutcome) -> None:
        self._resampling = outcome
        self.resampling.show_outcome(outcome)
        self._check()

    @Slot(object)
    def _on_preview_failed(self, error: BaseException) -> None:
        if isinstance(error, RequestError):
            self.resampling.show_problem(error)
        else:
            self.states.show_error(error)

    @Slot()
    def _preview_weights(self) -> None:
        base = self._view.weights
        if base is None or self._session.project is None:
            return
        request = self.weights.request()

        def work(_project: Project, _progress: Progress) -> WeightsOutcome:
            from tailwise.usecases.weights_outcome import preview_weights

            return preview_weights(base, request)

        self._session.run(
            self.tr("Weigh the classes"),
            work,
            lane="live",
            on_done=self._on_weights,
            slot="balance-weights",
            quiet=True,
        )

    @Slot(object)
    def _on_weights(self, outcome: WeightsOutcome) -> None:
        self._weights = outcome
        self.weights.show_outcome(outcome)
        self._check()

    @Slot()
    def _on_which(self) -> None:
        self.panels.setCurrentIndex(0 if self.which.current() == RESAMPLING else 1)
        self._check()

    def _check(self) -> None:
        is_resampling = self.which.current() == RESAMPLING
        is_ready = (self._resampling if is_resampling else self._weights) is not None
        for button in (self.keep, self.hand_out):
            button.setEnabled(is_ready and not self._view.read_only)
        self.copy_command.setEnabled(is_ready)
        described = ""
        if is_resampling and self._resampling is not None:
            described = self.resampling.summary(self._resampling)
        elif self._weights is not None:
            described = self.tr("{} weights").format(self._weights.scheme.value)
        self.selection_described.emit(described)

    # Keeping and handing out

    @Slot()
    def _keep(self) -> None:
        self._store(self._on_kept)

    @Slot()
    def _hand_out(self) -> None:
        """Keep what is shown, because exports use what is kept, and go to the Export page."""
        self._store(self._on_kept_for_export)

    def _store(self, then: object) -> None:
        view, resampling, weights = self._view, self._resampling, self._weights
        is_resampling = self.which.current() == RESAMPLING

        def work(project: Project, _progress: Progress) -> object:
            from tailwise.usecases.resampling import store_resampling
            from tailwise.usecases.weights import store_weights

            if is_resampling and resampling is not None and view.training is not None:
                return store_resampling(project, resampling, view.training.data_version)
            if weights is not None and view.weights is not None:
                return store_weights(project, weights, view.weights.data_version)
            return Changes.NONE

        self._session.run(self.tr("Keep the plan"), work, lane="ordered", on_done=then)  # pyright: ignore[reportArgumentType]

    @Slot(object)
    def _on_kept(self, _stored: object) -> None:
        self._session.announce(ResultLine(self.tr("The plan is kept with the project")))
        self.refresh()  # the weights show the product with the resampling that was kept

    @Slot(object)
    def _on_kept_for_export(self, _stored: object) -> None:
        self.page_requested.emit(EXPORT, ExportThis(self.which.current()))

    @Slot()
    def _copy_command(self) -> None:
        project = self._session.project
        if project is None:
            return
        if self.which.current() == RESAMPLING:
            words = resample_command(str(project.path), self.resampling.request())
        else:
            words = weights_command(str(project.path), self.weights.request())
        QGuiApplication.clipboard().setText(shlex.join(words))
        self._session.announce(ResultLine(self.tr("The command is on the clipboard")))

    # Going elsewhere

    @Slot(str)
    def _open_class(self, name: str) -> None:
        base = self._view.training
        if base is None or name not in base.class_names:
            return
        splits = [part for part in base.part.name.split(" + ") if part]
        which = ItemFilter(where=tuple((Basis.SPLIT.value, part) for part in splits), classes=(name,))
        self.page_requested.emit(ITEMS, ShowItems(which, came_from=self.key))

    @Slot()
    def _go_to_data(self) -> None:
        self.page_requested.emit("data", None)

    @Slot()
    def _on_closed(self) -> None:
        self._view = BalanceView(None, None)
        self._resampling = self._weights = None
        self.resampling.classes.set_records(())
        self.resampling.methods.set_records(())
        self.weights.weights.set_records(())

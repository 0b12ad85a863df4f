"""What the Desk has done behind it: look-alikes, figures, and the history of a candidate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from tailwise.gui.models.desk_view import DRAFT, Place, load_figures, load_history
from tailwise.gui.models.indexing import index_first
from tailwise.gui.session import ResultLine
from tailwise.gui.texts import counted

if TYPE_CHECKING:
    from tailwise.domain.review import MiningOutcome
    from tailwise.gui.models.desk_view import DeskFigures, DeskView
    from tailwise.gui.session import Session
    from tailwise.ops.progress import Progress
    from tailwise.usecases.projects import Project


class DeskWork(QObject):
    """Starts operations and says what came of them."""

    mining_ended = Signal()
    figures_loaded = Signal(object)  # DeskFigures
    history_loaded = Signal(object)  # lines (list of str)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session

    def mine(self, class_name: str) -> None:
        """Index images that are new, changed or indexed by an earlier version, then find what looks like a class."""

        def work(project: Project, progress: Progress) -> MiningOutcome:
            from tailwise.domain.review import MiningRequest
            from tailwise.usecases.mining import mine

            return index_first(project, progress, lambda: mine(project, MiningRequest(class_name), progress))

        handle = self._session.run(self.tr("Find look-alikes"), work, on_done=self._on_mined, slot="mine")
        handle.finished.connect(self.mining_ended)

    @Slot(object)
    def _on_mined(self, outcome: MiningOutcome) -> None:
        found = counted(len(outcome.candidates), "candidate", "candidates")
        missing = counted(len(outcome.suspected_missing), "suspected missing label", "suspected missing labels")
        told = [self.tr("{}: {}, {}").format(outcome.class_name, found, missing), *outcome.notes]
        self._session.announce(ResultLine(". ".join(told), "note" if outcome.notes else "ok"))

    @Slot(object)
    def _on_figures(self, figures: DeskFigures) -> None:
        self.figures_loaded.emit(figures)

    @Slot(object)
    def _on_history(self, lines: list[str]) -> None:
        self.history_loaded.emit(lines)

    def load_figures(self, view: DeskView) -> None:
        """Read how the review goes, after the verdicts on their way are stored."""
        if self._session.project is None:
            return

        def work(project: Project, _progress: Progress) -> DeskFigures:
            return load_figures(project, view.class_name, view.reviewer)

        title = self.tr("Count the verdicts")
        self._session.run(title, work, lane="ordered", on_done=self._on_figures, slot="desk-figures", quiet=True)

    def load_history(self, candidate: int, reviewer: str) -> None:
        """Read every verdict on a candidate that this reviewer may see."""

        def work(project: Project, _progress: Progress) -> list[str]:
            return load_history(project, candidate, reviewer)

        title = self.tr("Read the history")
        self._session.run(title, work, lane="ordered", on_done=self._on_history, slot="desk-history", quiet=True)

    def remember(self, place: Place) -> None:
        """Store where the reviewer is."""
        project = self._session.project
        if project is None or project.read_only:
            return

        def work(project: Project, _progress: Progress) -> None:
            from tailwise.usecases.projects import save_draft

            save_draft(project, DRAFT, place.text)

        self._session.run(self.tr("Remember the place"), work, lane="ordered", quiet=True, can_cancel=False)

"""Looks for the nearest request that can be met, off the GUI thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from tailwise.gui.models import plan_view

if TYPE_CHECKING:
    from tailwise.domain.plan import PlanRequest
    from tailwise.gui.models.plan_view import NearestRequest
    from tailwise.gui.session import Session
    from tailwise.ops.progress import Progress
    from tailwise.usecases.projects import Project


class NearestFinder(QObject):
    """One search at a time; the newest wins."""

    found = Signal(object)  # NearestRequest, or None when the request can be met as it is
    failed = Signal(object)  # exception

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session

    def find(self, request: PlanRequest) -> None:
        """Look for the request nearest to this one."""

        def work(project: Project, progress: Progress) -> NearestRequest | None:
            return plan_view.nearest(project, request, progress)

        title = self.tr("Find the nearest request that can be met")
        self._session.run(title, work, on_done=self._on_done, on_failed=self._on_failed, slot="plan-nearest")

    @Slot(object)
    def _on_done(self, found: NearestRequest | None) -> None:
        self.found.emit(found)

    @Slot(object)
    def _on_failed(self, error: BaseException) -> None:
        self.failed.emit(error)

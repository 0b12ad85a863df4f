"""Fills the sheet of streams from the project, off the GUI thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from tailwise.domain.errors import RequestError
from tailwise.gui.models import plan_view

if TYPE_CHECKING:
    from tailwise.domain.plan import Stream
    from tailwise.gui.session import Session
    from tailwise.gui.widgets.plan_editor import PlanEditor
    from tailwise.ops.progress import Progress
    from tailwise.usecases.projects import Project


class ProjectStreams(QObject):
    """Answers the editor when it wants the project's streams for the request being edited."""

    failed = Signal(object)  # exception

    def __init__(self, session: Session, editor: PlanEditor, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._editor = editor
        editor.streams_wanted.connect(self._ask)

    @Slot()
    def _ask(self) -> None:
        if self._session.project is None:
            return
        try:
            request = self._editor.request()
        except RequestError as error:
            self.failed.emit(error)
            return

        def work(project: Project, _progress: Progress) -> tuple[Stream, ...]:
            return plan_view.streams(project, request)

        title = self.tr("Take streams from the project")
        self._session.run(title, work, on_done=self._on_done, on_failed=self._on_failed, slot="plan-streams")

    @Slot(object)
    def _on_done(self, streams: tuple[Stream, ...]) -> None:
        self._editor.replace_streams(streams)

    @Slot(object)
    def _on_failed(self, error: BaseException) -> None:
        self.failed.emit(error)

"""Works out the preview of a request while it is edited: off the GUI thread, newest wins, never queued up."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QTimer, Slot

from tailwise.domain.errors import RequestError, UserError
from tailwise.gui.models import plan_view

if TYPE_CHECKING:
    from tailwise.domain.plan import PlanRequest
    from tailwise.domain.plan_preview import PlanPreview
    from tailwise.gui.session import Session
    from tailwise.gui.widgets.plan_editor import PlanEditor
    from tailwise.ops.progress import Progress
    from tailwise.usecases.projects import Project

WAIT_MILLISECONDS: Final = 60


class LivePreview(QObject):
    """Joins an editor and its preview strip with the use case."""

    def __init__(self, session: Session, editor: PlanEditor, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._editor = editor
        self.timer = QTimer(self)
        self.timer.setSingleShot(True)
        self.timer.setInterval(WAIT_MILLISECONDS)
        self.timer.timeout.connect(self._run)
        editor.changed.connect(self.ask)
        editor.preview.moved.connect(self.ask)
        editor.preview.taken.connect(editor.scale_label_hours)

    @Slot()
    def ask(self) -> None:
        """Ask for a preview soon; what is asked meanwhile is answered together."""
        if not self.timer.isActive():
            self.timer.start()

    def stop(self) -> None:
        """Forget what was asked."""
        self.timer.stop()
        self._editor.preview.show_nothing()

    @Slot()
    def _run(self) -> None:
        strip = self._editor.preview
        if self._session.project is None:
            return
        try:
            request = self._editor.request()
        except RequestError:
            strip.show_nothing(self.tr("No preview: the request has a mistake in it."))
            return
        hours = request.capacity.label_hours
        strip.show_hours(None if hours is None else sum(hours))
        wanted = _with_hours(request, strip.factor)

        def work(project: Project, progress: Progress) -> PlanPreview:
            return plan_view.preview(project, wanted, progress)

        self._session.run(
            self.tr("Preview the plan"), work, lane="live", on_done=self._on_done, on_failed=self._on_failed,
            slot="plan-preview", quiet=True,
        )  # fmt: skip

    @Slot(object)
    def _on_done(self, found: PlanPreview) -> None:
        self._editor.preview.show_preview(found)

    @Slot(object)
    def _on_failed(self, error: BaseException) -> None:
        if isinstance(error, UserError):
            self._editor.preview.show_nothing(self.tr("No preview: {}").format(error.sentence))


def _with_hours(request: PlanRequest, factor: float) -> PlanRequest:
    """Return the request with its label hours multiplied."""
    hours = request.capacity.label_hours
    if hours is None or factor == 1.0:
        return request
    return replace(request, capacity=replace(request.capacity, label_hours=tuple(h * factor for h in hours)))

"""Reads and writes quota requests as the TOML files the command line takes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Signal, Slot

from tailwise.gui.models import plan_view
from tailwise.gui.session import ResultLine

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from tailwise.domain.plan import PlanRequest
    from tailwise.gui.session import Session
    from tailwise.gui.widgets.plan_editor import PlanEditor
    from tailwise.ops.progress import Progress

NAME_FILTER: Final = "Quota request (*.toml)"


class RequestFiles(QObject):
    """Asks for files and runs the reading and writing; the page shows what came of it."""

    was_read = Signal(object)  # PlanRequest
    failed = Signal(object)  # exception

    def __init__(self, session: Session, editor: PlanEditor, page: QWidget) -> None:
        super().__init__(page)
        self._session = session
        self._editor = editor
        self._page = page
        self._request: PlanRequest | None = None

    @Slot()
    def choose_to_read(self) -> None:
        """Ask for a file and read it."""
        title = self.tr("Import a request")
        self._session.picker.pick(self._page, "open-file", "request", title, self.read, name_filter=NAME_FILTER)

    @Slot(str)
    def read(self, path: str) -> None:
        """Read a file."""

        def work(_progress: Progress) -> PlanRequest:
            return plan_view.read_file(Path(path))

        title = self.tr("Read {}").format(Path(path).name)
        self._session.run_detached(title, work, on_done=self._on_read, on_failed=self._on_failed)

    @Slot()
    def choose_to_write(self) -> None:
        """Ask for a file and write the request being edited to it, unless it has a mistake in it."""
        if self._editor.problem():
            return
        request = self._request = self._editor.request()
        self._session.picker.pick(
            self._page, "save-file", "request", self.tr("Export the request"), self.write,
            name_filter=NAME_FILTER, suggestion=f"{request.name}.toml".replace("/", "-"),
        )  # fmt: skip

    @Slot(str)
    def write(self, path: str) -> None:
        """Write the request a file was chosen for."""
        request = self._request
        if request is None:
            return

        def work(_progress: Progress) -> Path:
            return plan_view.write_file(Path(path), request)

        self._session.run_detached(self.tr("Export the request"), work, on_done=self._on_written)

    @Slot(object)
    def _on_read(self, request: PlanRequest) -> None:
        self.was_read.emit(request)

    @Slot(object)
    def _on_written(self, path: Path) -> None:
        self._session.announce(ResultLine(self.tr("{} written").format(path.name), folder=path.parent))

    @Slot(object)
    def _on_failed(self, error: BaseException) -> None:
        self.failed.emit(error)

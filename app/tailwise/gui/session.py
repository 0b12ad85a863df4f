"""The open project as the GUI sees it: run work on it, hear what changed, open and close it.

Pages get the session and nothing else. They call `run` with a use case and listen to `changed`; the session never
opens a window: what it cannot do it announces (`user_error`, `bug`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, cast

from PySide6.QtCore import QObject, Signal, Slot

from tailwise.domain.changes import Changes
from tailwise.domain.errors import UserError
from tailwise.domain.records import Role
from tailwise.gui.edit_history import EditHistory
from tailwise.gui.file_picker import FilePicker
from tailwise.gui.op_runner import Lane, OpHandle, OpRunner
from tailwise.gui.settings import Settings, default_settings_path

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tailwise.ops.progress import Progress
    from tailwise.usecases.import_source import PreparedImport
    from tailwise.usecases.projects import Project


@dataclass(frozen=True, slots=True)
class ResultLine:
    """How an operation ended, for the foot of the window: one sentence, and the folder it wrote to if any."""

    text: str
    tone: Literal["note", "ok", "warn", "alert"] = "ok"
    folder: Path | None = None


@dataclass(frozen=True, slots=True)
class ImportChoice:
    """What the user wants imported; plain values, so that the GUI thread need not import the use case."""

    path: Path
    format: str | None = None
    answers: Mapping[str, str] = field(default_factory=dict[str, str])
    conditions_csv: Path | None = None
    role: Role = Role.LABELS


@dataclass(frozen=True, slots=True)
class PendingUpdate:
    """An import that would change a source imported before: to be looked at, then finished or discarded."""

    prepared: PreparedImport


class Session(QObject):
    """At most one open project, and the operations on it.

    Attributes:
        project: the open project or None.
        runner: where operations run.
        settings: what the program remembers about this computer.
        picker: asks for files and folders.
        history: edits of conditions and classes, to be undone from any page.
    """

    changed = Signal(object)  # Changes: what an operation wrote
    opened = Signal()  # `project` is set
    closed = Signal()  # `project` is None again
    user_error = Signal(str, object)  # title of the operation, UserError nobody else handles
    bug = Signal(str, object)  # title of the operation, any other exception
    saved = Signal()  # something was written to the project file
    result = Signal(object)  # ResultLine for the foot of the window
    ready_to_quit = Signal()  # after `shut_down`: nothing runs and no file is open

    def __init__(
        self, runner: OpRunner | None = None, parent: QObject | None = None, *, settings: Settings | None = None
    ) -> None:
        super().__init__(parent)
        self.runner = runner if runner is not None else OpRunner(self)
        self.settings = settings if settings is not None else Settings(default_settings_path(), self)
        self.picker = FilePicker(self.settings, self)
        self.history = EditHistory(self)
        self.project: Project | None = None
        self._project_ops: set[OpHandle] = set()
        self._is_entering = False
        self._is_shutting_down = False
        self._is_releasing = False
        self._leaving: Project | None = None
        self._then: Callable[[], object] | None = None
        self.runner.completed.connect(self._on_completed)
        self.runner.broke.connect(self._on_broke)
        self.runner.idle.connect(self._quit_when_at_rest)

    def run(  # noqa: PLR0913  keywords that all have a default
        self,
        title: str,
        function: Callable[[Project, Progress], object],
        *,
        lane: Lane = "long",
        on_done: Callable[..., object] | None = None,
        on_failed: Callable[..., object] | None = None,
        slot: str | None = None,
        quiet: bool = False,
        can_cancel: bool = True,
    ) -> OpHandle:
        """Run `function(project, progress)` on a worker thread.

        Import the use case inside `function`: heavy modules must not be imported by the GUI thread. A result that is
        a `Changes`, or has one as `.changes`, is announced by `changed` before `on_done` is called.

        Args:
            title: what the op bar says.
            function: the work; must not touch a QObject.
            lane: `ordered` for short reads and writes that keep their order, else `long`.
            on_done: bound method of a QObject, called with the result; not called when superseded or cancelled.
            on_failed: bound method of a QObject, called with the exception. With it a UserError is the caller's to
                show; without it the window shows a message. Bugs go to the crash report either way.
            slot: newest wins among operations of the same slot.
            quiet: keep it out of the op bar.
            can_cancel: False for small writes that must happen even when the project is closed right after.

        Raises:
            RuntimeError: no project is open.
        """
        project = self.project
        if project is None:
            raise RuntimeError(f"no project is open for: {title}")

        def work(progress: Progress) -> object:
            return function(project, progress)

        handle = self.run_detached(
            title, work, lane=lane, on_done=on_done, on_failed=on_failed, slot=slot, quiet=quiet, can_cancel=can_cancel
        )
        self._project_ops.add(handle)
        handle.finished.connect(self._on_project_op_finished)
        return handle

    def run_detached(  # noqa: PLR0913  as `run`
        self,
        title: str,
        function: Callable[[Progress], object],
        *,
        lane: Lane = "long",
        on_done: Callable[..., object] | None = None,
        on_failed: Callable[..., object] | None = None,
        slot: str | None = None,
        quiet: bool = False,
        can_cancel: bool = True,
    ) -> OpHandle:
        """Run work that needs no project, for instance to look at a dataset; otherwise as `run`."""
        for callback in (on_done, on_failed):
            _require_bound(callback)
        handle = self.runner.run(title, function, lane=lane, slot=slot, quiet=quiet, can_cancel=can_cancel)
        if on_done is not None:
            handle.succeeded.connect(on_done)
        if on_failed is not None:
            handle.is_failure_handled = True
            handle.failed.connect(on_failed)
        return handle

    # Opening and closing

    def open_project(
        self,
        path: Path,
        *,
        read_only: bool = False,
        on_failed: Callable[..., object] | None = None,
    ) -> None:
        """Open a project file, closing the present one first."""

        def work(_progress: Progress) -> Project:
            from tailwise.usecases.projects import open_project

            return open_project(path, read_only=read_only)

        self._after_closing(lambda: self._enter(f"Open {path.name}", work, on_failed))

    def create_project(self, path: Path, *, on_failed: Callable[..., object] | None = None) -> None:
        """Make a project file and open it, closing the present one first."""

        def work(_progress: Progress) -> Project:
            from tailwise.usecases.projects import create_project

            return create_project(path)

        self._after_closing(lambda: self._enter(f"Create {path.name}", work, on_failed))

    def import_source(
        self,
        choice: ImportChoice,
        *,
        on_done: Callable[..., object] | None = None,
        on_failed: Callable[..., object] | None = None,
    ) -> OpHandle:
        """Import a dataset into the open project; parsing happens in a child process.

        A source that was imported before and changed is not brought in at once: the result is a `PendingUpdate` to
        look at, which `finish_import` or `discard_import` takes. Else it is an `ImportOutcome`.
        """

        def work(project: Project, progress: Progress) -> object:
            from tailwise.usecases.import_source import ImportRequest, begin_import

            request = ImportRequest(choice.path, choice.format, choice.answers, choice.conditions_csv, choice.role)
            result = begin_import(project, request, progress)
            # Told apart by what only a prepared one has: the GUI thread does not import the use case.
            return PendingUpdate(cast("PreparedImport", result)) if hasattr(result, "staging") else result

        return self.run(f"Import {choice.path.name}", work, on_done=on_done, on_failed=on_failed)

    def finish_import(self, pending: PendingUpdate, *, on_done: Callable[..., object]) -> None:
        """Bring a looked-at update in."""
        prepared = pending.prepared

        def work(project: Project, progress: Progress) -> object:
            from tailwise.usecases.import_source import finish_import

            return finish_import(project, prepared, progress)

        if self.project is not None:
            self.run(f"Update {prepared.diff.source}", work, on_done=on_done)

    def discard_import(self, pending: PendingUpdate) -> None:
        """Forget an update; what is left of one that nobody answered goes when the project is opened next."""
        prepared = pending.prepared

        def work(_progress: Progress) -> None:
            from tailwise.usecases.import_source import discard_import

            discard_import(prepared)

        self.run_detached("Forget the import", work, lane="ordered", quiet=True)

    def announce(self, line: ResultLine) -> None:
        """Show how an operation ended at the foot of the window."""
        self.result.emit(line)

    def close_project(self) -> None:
        """Cancel the project's operations, and close its file when the last of them has ended."""
        project = self.project
        if project is None:
            return
        self.project = None
        self._leaving = project
        self.closed.emit()
        for handle in tuple(self._project_ops):
            handle.cancel()
        self._release_when_unused()

    @property
    def is_busy(self) -> bool:
        """Whether an operation runs, or a project is being opened or closed."""
        return self._leaving is not None or self._then is not None or not self.runner.is_idle

    def shut_down(self) -> None:
        """Cancel everything, close the project, and announce `ready_to_quit` when nothing runs any more."""
        self._is_shutting_down = True
        self._then = None
        self.runner.cancel_all()
        self.close_project()
        self._quit_when_at_rest()

    def _enter(self, title: str, work: Callable[[Progress], Project], on_failed: Callable[..., object] | None) -> None:
        self._is_entering = True
        handle = self.run_detached(title, work, lane="ordered", on_done=self._on_entered, on_failed=on_failed)
        handle.finished.connect(self._on_enter_finished)

    def _after_closing(self, then: Callable[[], object]) -> None:
        if self._is_shutting_down:
            return
        if self.project is None and self._leaving is None and not self._is_entering:
            then()
            return
        self._then = then  # of several wishes the newest counts
        self.close_project()

    @Slot(object)
    def _on_entered(self, project: Project) -> None:
        self.project = project
        self.opened.emit()

    @Slot()
    def _on_enter_finished(self) -> None:
        self._is_entering = False
        if self._then is not None or self._is_shutting_down:
            self.close_project()
            self._go_on()

    @Slot()
    def _on_project_op_finished(self) -> None:
        self._project_ops = {handle for handle in self._project_ops if not handle.is_finished}
        self._release_when_unused()

    def _release_when_unused(self) -> None:
        project = self._leaving
        if project is None or self._project_ops or self._is_releasing:
            return
        self._is_releasing = True

        def work(_progress: Progress) -> None:
            project.close()

        # Not to be cancelled, not even by shutting down: an unclosed project is two files and a lock.
        handle = self.runner.run("Close project", work, lane="ordered", quiet=True, can_cancel=False)
        handle.finished.connect(self._on_released)

    @Slot()
    def _on_released(self) -> None:
        self._leaving = None
        self._is_releasing = False
        self._go_on()

    def _go_on(self) -> None:
        if self.project is None and self._leaving is None and self._then is not None:
            then, self._then = self._then, None
            then()

    @Slot()
    def _quit_when_at_rest(self) -> None:
        if self._is_shutting_down and self._leaving is None and self.runner.is_idle:
            self.ready_to_quit.emit()

    # What operations brought

    @Slot(object, object)
    def _on_completed(self, handle: OpHandle, result: object) -> None:
        changes = result if isinstance(result, Changes) else getattr(result, "changes", Changes.NONE)
        if isinstance(changes, Changes) and changes and handle in self._project_ops and self.project is not None:
            self.saved.emit()
            self.changed.emit(changes)

    @Slot(object, object)
    def _on_broke(self, handle: OpHandle, error: BaseException) -> None:
        if not isinstance(error, UserError):
            self.bug.emit(handle.title, error)
        elif not handle.is_failure_handled and not handle.is_superseded:
            self.user_error.emit(handle.title, error)


def _require_bound(callback: Callable[..., object] | None) -> None:
    """Refuse callbacks that Qt cannot disconnect when their page dies; a lambda would keep the page alive."""
    if callback is not None and not isinstance(getattr(callback, "__self__", None), QObject):
        raise TypeError("callbacks of operations must be bound methods of a QObject")

"""What the user can do with projects as a whole: new, open, import, save a copy, close, demo.

Sits between menus, start page and drops on one side and the session on the other.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from tailwise.domain.errors import ProjectLockedError, UserError
from tailwise.gui import messages
from tailwise.gui.dialogs.import_dialog import ImportDialog, suggested_project
from tailwise.gui.dialogs.import_diff_sheet import ImportDiffSheet
from tailwise.gui.drop import PROJECT_SUFFIX
from tailwise.gui.models.indexing import index_images
from tailwise.gui.session import ImportChoice, PendingUpdate, ResultLine
from tailwise.gui.texts import counted, joined_counts

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from tailwise.domain.index import IndexOutcome
    from tailwise.gui.session import Session
    from tailwise.ops.progress import Progress
    from tailwise.usecases.import_source import ImportOutcome
    from tailwise.usecases.projects import Project


class ProjectCommands(QObject):
    """The verbs of the File menu. Slots take text where signals of dialogs and pages give it."""

    imported = Signal()  # a source was imported; the window shows the data page

    def __init__(self, session: Session, window: QWidget) -> None:
        super().__init__(window)
        self._session = session
        self._window = window
        self._sheet: ImportDialog | None = None
        self._waiting: ImportChoice | None = None
        self._pending: PendingUpdate | None = None
        self._opening = Path()
        session.opened.connect(self._on_opened)

    @property
    def _filter(self) -> str:
        return self.tr("Tailwise projects (*{suffix})").format(suffix=PROJECT_SUFFIX)

    def serve(self, page: QObject) -> None:
        """Answer the requests of a page; it may have any of these signals."""
        for name, slot in (
            ("import_requested", self.choose_import),
            ("demo_requested", self.open_demo),
            ("open_requested", self.choose_open),
            ("new_requested", self.choose_new),
            ("project_chosen", self.open),
            ("index_requested", self.index_images),
        ):
            signal = getattr(page, name, None)
            if signal is not None:
                signal.connect(slot)

    # Opening

    @Slot()
    def choose_new(self) -> None:
        """Ask where a new project goes."""
        self._session.picker.pick(
            self._window,
            "save-file",
            "project",
            self.tr("New project"),
            self.create,
            name_filter=self._filter,
            suggestion=self.tr("project") + PROJECT_SUFFIX,
        )

    @Slot(str)
    def create(self, path: str) -> None:
        """Make a project file and open it."""
        self._opening = Path(path)
        self._session.create_project(self._opening, on_failed=self._on_open_failed)

    @Slot()
    def choose_open(self) -> None:
        """Ask which project to open."""
        self._session.picker.pick(
            self._window, "open-file", "project", self.tr("Open project"), self.open, name_filter=self._filter
        )

    @Slot(str)
    def open(self, path: str) -> None:
        """Open a project file."""
        self._opening = Path(path)
        self._session.open_project(self._opening, on_failed=self._on_open_failed)

    @Slot()
    def _open_read_only(self) -> None:
        self._session.open_project(self._opening, read_only=True, on_failed=self._on_open_failed)

    @Slot(object)
    def _on_open_failed(self, error: BaseException) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            self._come_back_with(error)
        elif isinstance(error, ProjectLockedError):
            messages.ask(
                self._window,
                f"{error.summary}.",
                self.tr("Opened read-only, everything can be looked at and exported, nothing changed."),
                ((self.tr("Open read-only"), self._open_read_only),),
            )
        elif isinstance(error, UserError):
            messages.fail(self._window, self.tr("Open {name}").format(name=self._opening.name), error)

    @Slot()
    def _on_opened(self) -> None:
        project = self._session.project
        if project is None:
            return
        self._session.settings.remember_project(project.path)
        choice, self._waiting = self._waiting, None
        if choice is not None:
            self._run_import(choice)

    @Slot()
    def close(self) -> None:
        """Close the project."""
        self._session.close_project()

    @Slot()
    def choose_copy(self) -> None:
        """Ask where a copy of the open project goes."""
        project = self._session.project
        if project is not None:
            self._session.picker.pick(
                self._window,
                "save-file",
                "project",
                self.tr("Save a copy"),
                self.save_copy,
                name_filter=self._filter,
                suggestion=f"{project.path.stem}-copy{PROJECT_SUFFIX}",
            )

    @Slot(str)
    def save_copy(self, path: str) -> None:
        """Write a copy of the open project."""
        to = Path(path)

        def work(project: Project, progress: Progress) -> ResultLine:
            from tailwise.usecases.projects import save_copy

            save_copy(project, to, progress)
            return ResultLine(f"Copy saved as {to.name}.", folder=to.parent)

        self._session.run(self.tr("Save a copy"), work, on_done=self._session.announce)

    # Importing

    @Slot()
    def choose_import(self) -> None:
        """Open the import sheet."""
        self._show_sheet().raise_()

    @Slot(str)
    def import_path(self, path: str) -> None:
        """Open the import sheet with a dataset that was dropped or chosen."""
        sheet = self._show_sheet()
        dataset = Path(path)
        if self._session.project is None:
            sheet.set_project(suggested_project(dataset, self._project_folder()))
        sheet.set_path(dataset)

    def _show_sheet(self) -> ImportDialog:
        if self._sheet is None:
            self._sheet = ImportDialog(self._session, self._window)
            self._sheet.import_asked.connect(self._on_import_asked)
            self._sheet.destroyed.connect(self._on_sheet_gone)
        is_open = self._session.project is not None
        self._sheet.set_project(None if is_open else suggested_project(Path("dataset"), self._project_folder()))
        self._sheet.show()
        return self._sheet

    def _project_folder(self) -> Path:
        return self._session.settings.folder("project")

    @Slot()
    def _on_sheet_gone(self) -> None:
        self._sheet = None

    @Slot(object, str)
    def _on_import_asked(self, choice: ImportChoice, new_project: str) -> None:
        if new_project:
            self._waiting = choice
            self.create(new_project)
        else:
            self._run_import(choice)

    def _run_import(self, choice: ImportChoice) -> None:
        handle = self._session.import_source(choice, on_done=self._on_read, on_failed=self._on_import_failed)
        handle.cancelled.connect(self._on_import_cancelled)

    @Slot(object)
    def _on_read(self, result: ImportOutcome | PendingUpdate) -> None:
        """Bring a new source in; show what an update would change first."""
        if not isinstance(result, PendingUpdate):
            self._on_imported(result)
            return
        self._close_sheet()
        self._pending = result
        sheet = ImportDiffSheet(result.prepared.diff, self._window)
        sheet.accepted_import.connect(self._on_update_accepted)
        sheet.refused.connect(self._on_update_refused)
        self._session.closed.connect(sheet.close)
        sheet.show()

    @Slot()
    def _on_update_accepted(self) -> None:
        pending, self._pending = self._pending, None
        if pending is not None:
            self._session.finish_import(pending, on_done=self._on_imported)

    @Slot()
    def _on_update_refused(self) -> None:
        pending, self._pending = self._pending, None
        if pending is not None:
            self._session.discard_import(pending)
            self._session.announce(ResultLine(self.tr("Not imported; the project is as it was."), tone="note"))

    @Slot(object)
    def _on_imported(self, outcome: ImportOutcome) -> None:
        self._close_sheet()
        self._session.announce(ResultLine(describe_import(outcome), tone="warn" if outcome.skipped else "ok"))
        self.imported.emit()

    @Slot(object)
    def _on_import_failed(self, error: BaseException) -> None:
        self._come_back_with(error)

    def _come_back_with(self, error: BaseException) -> None:
        """Show the sheet again with what went wrong; what was filled in is still there."""
        known = error if isinstance(error, UserError) else UserError(self.tr("The import failed; nothing was changed"))
        if self._sheet is None:
            messages.fail(self._window, self.tr("Import"), known)
            return
        if self._session.project is not None:
            self._sheet.set_project(None)
        self._sheet.show_failure(known)

    @Slot()
    def _on_import_cancelled(self) -> None:
        self._close_sheet()

    def _close_sheet(self) -> None:
        if self._sheet is not None:
            self._sheet.close()
            self._sheet = None

    # Indexing

    @Slot()
    def index_images(self) -> None:
        """Index the images that are new or changed, in processes of their own."""
        if self._session.project is not None:
            self._session.run(self.tr("Index images"), index_images, on_done=self._on_indexed, slot="index")

    @Slot(object)
    def _on_indexed(self, outcome: IndexOutcome) -> None:
        unreadable = outcome.failed + outcome.missing
        done = joined_counts(
            {
                ("image indexed", "images indexed"): outcome.indexed,
                ("up to date", "up to date"): outcome.kept,
                ("without a picture", "without a picture"): unreadable,
            }
        )
        self._session.announce(ResultLine(f"{done or 'Nothing to index'}.", tone="warn" if unreadable else "ok"))

    # Demo

    @Slot()
    def open_demo(self) -> None:
        """Open the demo project, making it in the user's data folder the first time."""

        def work(progress: Progress) -> Path:
            from tailwise.usecases.demo import default_demo_folder, make_demo

            return make_demo(default_demo_folder(), progress)

        self._session.run_detached(self.tr("Make the demo"), work, on_done=self._on_demo_made, slot="demo")

    @Slot(object)
    def _on_demo_made(self, path: Path) -> None:
        self.open(str(path))


def describe_import(outcome: ImportOutcome) -> str:
    """Return what an import did in one sentence: items added and updated, records skipped, files missing."""
    done = joined_counts(
        {
            ("item added", "items added"): outcome.added,
            ("item updated", "items updated"): outcome.updated,
            ("item removed", "items removed"): outcome.removed,
            ("record skipped", "records skipped"): outcome.skipped,
            ("file missing", "files missing"): outcome.missing_files,
        }
    )
    findings = counted(len(outcome.findings), "kind of finding", "kinds of findings") if outcome.findings else ""
    return f"{outcome.source}: {', '.join(filter(None, (done or 'nothing new', findings)))}."

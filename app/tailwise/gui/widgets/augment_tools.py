"""The button More of the page Augment: tiles, generated pictures and their looks, feature tables, recipes as files."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QMenu, QPushButton, QWidget

from tailwise.domain.errors import RequestError
from tailwise.domain.generated import LEAST_REVIEW
from tailwise.gui.dialogs.tool_dialog import GeneratedDialog, SmoteDialog, TilesDialog
from tailwise.gui.session import ResultLine
from tailwise.gui.texts import counted, number

if TYPE_CHECKING:
    from tailwise.domain.feature_table import SmoteRequest
    from tailwise.domain.generated import GeneratedOutcome
    from tailwise.domain.tiles import TileRequest
    from tailwise.gui.session import Session
    from tailwise.ops.progress import Progress
    from tailwise.usecases.projects import Project

TABLES = "CSV table (*.csv)"


class AugmentTools(QPushButton):
    """Asks what each tool needs, runs it, and says how it ended."""

    export_wanted = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__("More", parent)
        self._session = session
        self._tiles: TilesDialog | None = None
        self._smote: SmoteDialog | None = None
        self._tile_request: TileRequest | None = None
        self._smote_request: SmoteRequest | None = None
        self._generated: GeneratedDialog | None = None
        self._review = LEAST_REVIEW
        self._table = Path()
        menu = QMenu(self)
        menu.addAction(self.tr("Tiles…"), self.ask_tiles)
        menu.addAction(self.tr("Generated pictures…"), self.ask_generated)
        menu.addAction(self.tr("Real or made?"), self.compare)
        menu.addAction(self.tr("Fill up a table…"), self.ask_table)
        menu.addSeparator()
        menu.addAction(self.tr("Export saved recipes…")).triggered.connect(self._want_export)
        self.setMenu(menu)

    @Slot()
    def _want_export(self) -> None:
        self.export_wanted.emit()

    # Tiles

    @Slot()
    def ask_tiles(self) -> None:
        """Ask how tiles are cut and chosen."""
        dialog = self._tiles = TilesDialog(self.window())
        dialog.accepted.connect(self._on_tiles_asked)
        dialog.open()

    @Slot()
    def _on_tiles_asked(self) -> None:
        if self._tiles is not None:
            self._tile_request = self._tiles.request()
            self._tiles = None
            self._session.picker.pick(
                self, "save-file", "export", self.tr("Where the plan of tiles goes"), self._plan_tiles,
                name_filter=TABLES, suggestion="tiles.csv",
            )  # fmt: skip

    @Slot(str)
    def _plan_tiles(self, path: str) -> None:
        request, to = self._tile_request, Path(path)
        if request is None or self._session.project is None:
            return

        def work(project: Project, progress: Progress) -> ResultLine:
            from tailwise.usecases.tiles import plan_tiles, write_tiles

            plan = plan_tiles(project, request, progress)
            write_tiles(project, plan, to)
            rarest = plan.classes[0]
            shown = f"{number(rarest.chosen_tiles)} of {number(rarest.tiles)} that show {rarest.class_name}"
            text = f"{counted(len(plan.tiles), 'tile', 'tiles')} chosen of {number(plan.total)}, among them {shown}."
            return ResultLine(text, "warn" if plan.notes else "ok", to.parent)

        self._session.run(self.tr("Choose tiles"), work, on_done=self._session.announce)

    # Generated pictures

    @Slot()
    def ask_generated(self) -> None:
        """Ask how many generated pictures are looked at, then for the table that names them."""
        dialog = self._generated = GeneratedDialog(self.window())
        dialog.accepted.connect(self._on_generated_asked)
        dialog.open()

    @Slot()
    def _on_generated_asked(self) -> None:
        if self._generated is not None:
            self._review = self._generated.review()
            self._generated = None
            self._session.picker.pick(
                self, "open-file", "project", self.tr("Table of generated pictures"), self._register,
                name_filter=TABLES,
            )  # fmt: skip

    @Slot(str)
    def _register(self, path: str) -> None:
        review = self._review
        if self._session.project is None:
            return

        def work(project: Project, progress: Progress) -> GeneratedOutcome:
            from tailwise.usecases.generated import register_generated

            return register_generated(project, Path(path), progress, review)

        self._session.run(self.tr("Register generated pictures"), work, on_done=self._on_registered)

    @Slot(object)
    def _on_registered(self, done: GeneratedOutcome) -> None:
        left_out = done.unknown_count + done.held_out_count + done.twins_count
        text = self.tr("{} registered, {} to be reviewed").format(
            counted(done.registered, "generated picture", "generated pictures"), number(done.to_review)
        )
        more = self.tr(", {} left out").format(number(left_out)) if left_out else ""
        self._session.announce(ResultLine(f"{text}{more}.", "warn" if left_out else "ok"))

    @Slot()
    def compare(self) -> None:
        """Say whether generated pictures are told from real ones by their looks."""
        if self._session.project is None:
            return

        def work(project: Project, progress: Progress) -> ResultLine:
            from tailwise.usecases.artefacts import check_artefacts

            done = check_artefacts(project, progress)
            return ResultLine(f"{done.text}.", "warn" if done.is_warning else "ok")

        self._session.run(self.tr("Tell synthetic from real"), work, on_done=self._session.announce)

    # Feature tables

    @Slot()
    def ask_table(self) -> None:
        """Ask for the table to fill up."""
        self._session.picker.pick(
            self, "open-file", "project", self.tr("Feature table"), self._on_table, name_filter=TABLES
        )

    @Slot(str)
    def _on_table(self, path: str) -> None:
        self._table = Path(path)
        self._session.run_detached(
            self.tr("Read the headings"), lambda _progress: headings(Path(path)), on_done=self._on_headings
        )

    @Slot(object)
    def _on_headings(self, columns: tuple[str, ...]) -> None:
        dialog = self._smote = SmoteDialog(columns, self.window())
        dialog.accepted.connect(self._on_smote_asked)
        dialog.open()

    @Slot()
    def _on_smote_asked(self) -> None:
        if self._smote is not None:
            self._smote_request = self._smote.request()
            self._smote = None
            self._session.picker.pick(
                self, "save-file", "export", self.tr("Where the filled-up table goes"), self._fill_up,
                name_filter=TABLES, suggestion=f"{self._table.stem}-filled.csv",
            )  # fmt: skip

    @Slot(str)
    def _fill_up(self, path: str) -> None:
        request, source, to = self._smote_request, self._table, Path(path)
        if request is None:
            return

        def work(progress: Progress) -> ResultLine:
            from tailwise.usecases.feature_tables import fill_up

            done = fill_up(source, to, request, progress)
            return ResultLine(f"{counted(done.added, 'row', 'rows')} added, marked synthetic.", folder=to.parent)

        self._session.run_detached(self.tr("Fill up a table"), work, on_done=self._session.announce)


def headings(path: Path) -> tuple[str, ...]:
    """Return the first row of a CSV table; runs on a worker thread.

    Raises:
        RequestError: there is none.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            first = next(csv.reader(file), [])
    except OSError as error:
        raise RequestError(f"{path} cannot be read ({error.strerror})", "Check the path of the table") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise RequestError(f"{path.name} is no CSV table in UTF-8", "Save it as CSV in UTF-8", str(error)) from error
    if not first:
        raise RequestError(f"{path.name} is empty", "A table needs a heading and rows")
    return tuple(first)

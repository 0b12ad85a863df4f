"""What can be done about a finding: settle it, show the images behind it, copy its examples, save all as CSV."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QGuiApplication

from tailwise.gui.navigation import DATA, ShowItems
from tailwise.gui.session import ResultLine
from tailwise.gui.texts import counted, number

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QWidget

    from tailwise.gui.edit_history import StoredEdit
    from tailwise.gui.models.findings_table import FindingRow
    from tailwise.gui.session import Session
    from tailwise.ops.progress import Progress
    from tailwise.usecases.projects import Project

MAX_FIX_BUTTONS: Final = 3


class FindingActions(QObject):
    """Acts on the finding offered last."""

    items_found = Signal(object)  # ShowItems

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session
        self._widget = parent
        self._row: FindingRow | None = None

    def offer(self, row: FindingRow) -> tuple[list[tuple[str, Callable[[], object]]], str]:
        """Return the buttons for a finding, and a sentence when there are more ways out than buttons."""
        self._row = row
        slots = (self._fix_first, self._fix_second, self._fix_third)
        actions: list[tuple[str, Callable[[], object]]] = [
            (fix.title, slot) for fix, slot in zip(row.fixes, slots, strict=False)
        ]
        if row.finding.examples:
            actions.append((self.tr("Show the images"), self._find_items))
            actions.append((self.tr("Copy examples"), self._copy_examples))
        more = len(row.fixes) - MAX_FIX_BUTTONS
        return actions, self.tr(" {n} more can be settled after these.").format(n=number(more)) if more > 0 else ""

    @Slot()
    def choose_csv(self) -> None:
        """Ask where the findings go."""
        self._session.picker.pick(
            self._widget,
            "save-file",
            "findings",
            self.tr("Save findings"),
            self.save_csv,
            name_filter=self.tr("CSV files (*.csv)"),
            suggestion="findings.csv",
        )

    @Slot(str)
    def save_csv(self, path: str) -> None:
        """Write all findings of the project to a file."""
        to = Path(path)

        def work(project: Project, progress: Progress) -> ResultLine:
            from tailwise.usecases.findings import all_findings, write_findings_csv

            found = all_findings(project, progress)
            write_findings_csv(found, to)
            return ResultLine(f"{counted(len(found), 'finding', 'findings')} written to {to.name}.", folder=to.parent)

        if self._session.project is not None:
            self._session.run(self.tr("Save findings"), work, on_done=self._session.announce)

    @Slot()
    def _fix_first(self) -> None:
        self._fix(0)

    @Slot()
    def _fix_second(self) -> None:
        self._fix(1)

    @Slot()
    def _fix_third(self) -> None:
        self._fix(2)

    def _fix(self, position: int) -> None:
        if self._row is None or self._session.project is None:
            return
        fix = self._row.fixes[position]

        def work(project: Project, _progress: Progress) -> StoredEdit:
            from tailwise.usecases.findings import apply_fix

            return apply_fix(project, fix)

        self._session.history.do(fix.title, work)

    @Slot()
    def _find_items(self) -> None:
        """Look up the images behind the finding; those of an import's examples by name."""
        row = self._row
        if row is None or self._session.project is None:
            return

        def work(project: Project, _progress: Progress) -> ShowItems:
            from tailwise.domain.checks import ProjectFinding
            from tailwise.usecases.findings import items_behind

            ids = items_behind(project, ProjectFinding(row.source, row.finding, row.items))
            return ShowItems(ids=ids, title=f"of finding {row.finding.code}", came_from=DATA)

        self._session.run(
            self.tr("Find the images"), work, lane="ordered", on_done=self._on_items, slot="finding", quiet=True
        )

    @Slot(object)
    def _on_items(self, show: ShowItems) -> None:
        if show.ids:
            self.items_found.emit(show)
            return
        text = self.tr("This finding is about files or records, not about images of the project; see its examples.")
        self._session.announce(ResultLine(text, tone="note"))

    @Slot()
    def _copy_examples(self) -> None:
        if self._row is not None:
            QGuiApplication.clipboard().setText("\n".join(self._row.finding.examples))

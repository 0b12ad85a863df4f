"""The data page: what was imported, what is in it, and what is dirty in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import QEvent, Qt, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from tailwise.domain.changes import Changes
from tailwise.domain.coverage import Basis, ItemFilter, SourceFacts
from tailwise.domain.records import LabelState
from tailwise.gui import theme as th
from tailwise.gui.finding_actions import FindingActions
from tailwise.gui.icons import set_icon
from tailwise.gui.models.findings_table import FindingRow, FindingsTable
from tailwise.gui.models.sources_table import SourcesTable
from tailwise.gui.navigation import CLASSES, CONDITIONS, ITEMS, ShowItems
from tailwise.gui.texts import counted, number
from tailwise.gui.widgets.empty_state import StateStack
from tailwise.gui.widgets.inspector import Inspector
from tailwise.gui.widgets.kpi import KpiRow, KpiTile
from tailwise.gui.widgets.record_view import RecordView
from tailwise.gui.widgets.splitters import above, beside
from tailwise.gui.widgets.undo_buttons import UndoButtons

if TYPE_CHECKING:
    from tailwise.domain.checks import ProjectFinding
    from tailwise.domain.coverage import ProjectFacts
    from tailwise.gui.session import Session
    from tailwise.ops.progress import Progress
    from tailwise.usecases.projects import Project


@dataclass(frozen=True, slots=True)
class DataView:
    """What the page shows, loaded in one operation."""

    facts: ProjectFacts
    findings: tuple[FindingRow, ...]


def load(project: Project, progress: Progress) -> DataView:
    """Read the page's content; runs on a worker thread."""
    from tailwise.usecases.findings import stored_findings
    from tailwise.usecases.projects import project_facts

    return DataView(project_facts(project, progress), _rows_of(stored_findings(project)))


def check(project: Project, progress: Progress) -> tuple[FindingRow, ...]:
    """Run the project's checks, which take seconds on a million objects; runs on a worker thread."""
    from tailwise.usecases.findings import all_findings

    return _rows_of(all_findings(project, progress))


def _rows_of(found: tuple[ProjectFinding, ...]) -> tuple[FindingRow, ...]:
    return tuple(FindingRow(f.source, f.finding, f.items, f.fixes) for f in found)


class DataPage(QWidget):
    """Figures on top, sources and findings below, what is selected on the right."""

    key: ClassVar[str] = "data"
    title: ClassVar[str] = "Data"
    icon: ClassVar[str] = "data"
    help_topic: ClassVar[str] = "data"
    interest: ClassVar[Changes] = Changes.data()

    page_requested = Signal(str, object)
    import_requested = Signal()
    demo_requested = Signal()
    selection_described = Signal(str)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._rows: tuple[FindingRow, ...] = ()
        theme = th.Theme.of(self.palette())
        self.images = KpiTile("images")
        self.objects = KpiTile("objects")
        self.classes = KpiTile("classes")
        self.unlabelled = KpiTile("unlabelled")
        self.missing = KpiTile("missing files")
        self.found = KpiTile("findings")
        self.sources = SourcesTable(self)
        self.findings = FindingsTable(theme, self)
        self.sources_view = RecordView(self.sources, self.tr("Sources"))
        self.findings_view = RecordView(self.findings, self.tr("Findings"))
        self.finding_actions = FindingActions(session, self)
        self.filter = QLineEdit()
        self.inspector = Inspector(self.tr("Select a source or a finding to see what is behind it."))
        self.states = StateStack(self._build(), "data", self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(th.SPACE_L, th.SPACE_L, th.SPACE_L, th.SPACE_L)
        layout.addWidget(self.states)
        self._connect()

    # What the window calls

    def refresh(self) -> None:
        """Load facts and findings anew."""
        self.states.show_loading()
        self._session.run(
            self.tr("Read the project"),
            load,
            on_done=self._on_loaded,
            on_failed=self.states.show_error,
            slot="data-page",
        )

    def focus_filter(self) -> None:
        """Put the cursor into the filter of the findings."""
        self.filter.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.filter.selectAll()

    def changeEvent(self, event: QEvent) -> None:  # noqa: D102
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.findings.set_theme(th.Theme.of(self.palette()))

    # Building

    def _build(self) -> QWidget:
        content = QWidget()
        tiles = (self.images, self.objects, self.classes, self.unlabelled, self.missing, self.found)
        conditions = QPushButton(self.tr("Conditions…"))
        conditions.setToolTip(self.tr("Make, merge and edit the conditions and groups of the project"))
        conditions.clicked.connect(self._open_conditions)
        sources = self._section(self.tr("Sources"), self.sources_view, conditions, self._import_button())
        self.filter.setPlaceholderText(self.tr("Filter findings (Ctrl+F)"))
        self.filter.setAccessibleName(self.tr("Filter findings"))
        self.filter.setClearButtonEnabled(True)
        self.filter.setFixedWidth(220)
        save = QPushButton(self.tr("Save as CSV…"))
        save.setToolTip(self.tr("Write all findings with their examples to a file"))
        save.clicked.connect(self.finding_actions.choose_csv)
        undo = UndoButtons(self._session.history.stack)
        findings = self._section(self.tr("Findings"), self.findings_view, undo, self.filter, save)
        lists = above("data-lists", (sources, 2), (findings, 3))
        panes = beside("data-panes", (lists, 1), (self.inspector, 0))
        layout = QVBoxLayout(content)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(th.SPACE_L)
        layout.addWidget(KpiRow(tiles))
        layout.addWidget(panes, 1)
        return content

    def _import_button(self) -> QPushButton:
        button = QPushButton(self.tr("Import dataset…"))
        button.setToolTip(self.tr("Add a dataset to this project (Ctrl+I)"))
        button.setProperty("role", "primary")
        set_icon(button, "import", th.Theme.of(self.palette()))
        button.clicked.connect(self.import_requested)
        return button

    def _section(self, title: str, view: QWidget, *controls: QWidget) -> QWidget:
        section = QWidget()
        heading = QLabel(title, section)
        heading.setFont(th.larger(self.font(), 2, bold=True))
        heading.setBuddy(view)
        row = QHBoxLayout()
        row.addWidget(heading, 1)
        for control in controls:
            row.addWidget(control)
        layout = QVBoxLayout(section)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(th.SPACE_S)
        layout.addLayout(row)
        layout.addWidget(view, 1)
        return section

    def _connect(self) -> None:
        self.states.empty_button_clicked.connect(self.import_requested)
        self.states.empty_link_clicked.connect(self.demo_requested)
        self.states.retry_clicked.connect(self.refresh)
        self.sources_view.record_selected.connect(self._on_source_selected)
        self.findings_view.record_selected.connect(self._on_finding_selected)
        self.filter.textChanged.connect(self._show_findings)
        self.finding_actions.items_found.connect(self._show_found)
        self.images.clicked.connect(self._open_images)
        self.objects.clicked.connect(self._open_images)
        self.classes.clicked.connect(self._open_classes)
        self.unlabelled.clicked.connect(self._open_unlabelled)
        self.missing.clicked.connect(self._open_missing)
        self.found.clicked.connect(self._open_findings)

    # Showing

    @Slot(object)
    def _on_loaded(self, view: DataView) -> None:
        facts = view.facts
        self._rows = view.findings
        if not facts.sources:
            self.states.show_empty(
                self.tr("No data yet"),
                self.tr("Import a folder or file with labels. It is only read; nothing is written into it."),
                self.tr("Import dataset…"),
                self.tr("Try the demo"),
            )
            return
        # An image looked at and found empty is labelled, too.
        seen = facts.labelled + facts.empty
        share = f"{number(round(100 * seen / facts.images))} % labelled" if facts.images else ""
        self.images.set_value(facts.images, note=share)
        self.objects.set_value(facts.objects)
        self.classes.set_value(len(facts.classes), note=self._empty_classes(facts))
        self.unlabelled.set_value(facts.unlabelled, note=self.tr("images in the pool") if facts.unlabelled else "")
        self.missing.set_value(facts.missing_files, tone="warn" if facts.missing_files else "ok")
        self.found.set_value(len(self._rows), note=self.tr("checking the project…"))
        self.sources.set_records(facts.sources)
        self._show_findings()
        self.states.show_content()
        if self._session.project is not None:
            self._session.run(
                self.tr("Check the project"), check, on_done=self._on_checked, slot="data-checks", quiet=True
            )
        self._session.settings.remember_project(Path(facts.path), facts.images)

    @Slot(object)
    def _on_checked(self, rows: tuple[FindingRow, ...]) -> None:
        self._rows = rows
        self.found.set_value(len(rows), note=self._worst(), tone="warn" if rows else "ok")
        chosen = self.findings_view.selected_record()
        self._show_findings()
        if isinstance(chosen, FindingRow):
            keys = [(row.source, row.finding.code) for row in self.findings.records()]
            key = (chosen.source, chosen.finding.code)
            if key in keys:
                self.findings_view.select_row(keys.index(key))

    def _empty_classes(self, facts: ProjectFacts) -> str:
        empty = sum(1 for row in facts.classes if not row.images)
        return counted(empty, "class without items", "classes without items") if empty else ""

    def _worst(self) -> str:
        places = sum(row.finding.count for row in self._rows)
        return f"in {counted(places, 'place', 'places')}" if places else ""

    @Slot()
    def _show_findings(self) -> None:
        words = self.filter.text().casefold().split()
        self.findings.set_findings([row for row in self._rows if _matches(row, words)])

    @Slot(object)
    def _on_source_selected(self, source: object) -> None:
        if not isinstance(source, SourceFacts):
            return
        self.findings_view.clearSelection()
        self.inspector.show_thing(
            source.name,
            subtitle=f"{source.format}, {source.role}",
            facts=(
                (self.tr("Items"), number(source.items)),
                (self.tr("Annotations"), number(source.annotations)),
                (self.tr("Missing files"), number(source.missing_files)),
                (self.tr("Imported (UTC)"), source.imported_utc[:16].replace("T", " ")),
            ),
            lines=(source.root,),
            actions=((self.tr("Show its items"), self._open_source), (self.tr("Open folder"), self._open_folder)),
        )
        self.selection_described.emit(f"{source.name}: {counted(source.items, 'item', 'items')}")

    @Slot(object)
    def _on_finding_selected(self, row: object) -> None:
        if not isinstance(row, FindingRow):
            return
        self.sources_view.clearSelection()
        finding = row.finding
        actions, hint = self.finding_actions.offer(row)
        self.inspector.show_thing(
            finding.code,
            subtitle=f"{finding.severity} in {row.source}",
            facts=((self.tr("Places"), number(finding.count)), (self.tr("What was done"), finding.action)),
            text=f"{finding.message[:1].upper()}{finding.message[1:]}.{hint}",
            lines=finding.examples,
            actions=actions,
        )
        self.selection_described.emit(f"{finding.code}: {counted(finding.count, 'place', 'places')}")

    # Opening what is behind a number

    def _show_items(self, which: ItemFilter) -> None:
        self.page_requested.emit(ITEMS, ShowItems(which, came_from=self.key))

    @Slot()
    def _open_images(self) -> None:
        self._show_items(ItemFilter())

    @Slot()
    def _open_unlabelled(self) -> None:
        self._show_items(ItemFilter(where=((Basis.STATE.value, LabelState.UNLABELLED.text),)))

    @Slot()
    def _open_classes(self) -> None:
        self.page_requested.emit(CLASSES, None)

    @Slot()
    def _open_missing(self) -> None:
        sources = self.sources.records()
        row = max(range(len(sources)), key=lambda i: sources[i].missing_files)
        self.sources_view.select_row(row)
        self.sources_view.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot()
    def _open_findings(self) -> None:
        self.filter.clear()
        if self.findings.rowCount():
            self.findings_view.select_row(0)
        self.findings_view.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot(object)
    def _show_found(self, show: ShowItems) -> None:
        self.page_requested.emit(ITEMS, show)

    @Slot()
    def _open_conditions(self) -> None:
        self.page_requested.emit(CONDITIONS, None)

    @Slot()
    def _open_source(self) -> None:
        source = self.sources_view.selected_record()
        if isinstance(source, SourceFacts):
            self._show_items(ItemFilter(where=((Basis.SOURCE.value, source.name),)))

    @Slot()
    def _open_folder(self) -> None:
        source = self.sources_view.selected_record()
        if isinstance(source, SourceFacts):
            QDesktopServices.openUrl(QUrl.fromLocalFile(source.root))


def _matches(row: FindingRow, words: list[str]) -> bool:
    finding = row.finding
    text = f"{finding.code} {finding.severity} {finding.message} {finding.action} {row.source}".casefold()
    return all(word in text for word in words)

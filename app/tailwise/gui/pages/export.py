"""The export page: what can be handed out, where it goes, and what was written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import Qt, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from tailwise.domain.changes import Changes
from tailwise.gui import theme as th
from tailwise.gui.actions import KeyHint
from tailwise.gui.icons import set_icon
from tailwise.gui.models.export_table import ExportTargets, FileRow, TargetRow, WrittenFiles
from tailwise.gui.models.export_view import (
    OF_PLANS,
    SPLITS,
    ExportView,
    Subject,
    command_of,
    load_view,
    planned_files,
)
from tailwise.gui.navigation import ExportThis
from tailwise.gui.session import ResultLine
from tailwise.gui.texts import counted
from tailwise.gui.widgets.empty_state import StateStack
from tailwise.gui.widgets.record_view import RecordView
from tailwise.gui.widgets.splitters import above

if TYPE_CHECKING:
    from tailwise.gui.session import Session
    from tailwise.ops.progress import Progress
    from tailwise.usecases.exports import ExportDone
    from tailwise.usecases.projects import Project

FOLDER_PURPOSE = "export"


class ExportPage(QWidget):
    """Kinds on top, folder and button below them, the result at the foot."""

    key: ClassVar[str] = "export"
    title: ClassVar[str] = "Export"
    icon: ClassVar[str] = "export"
    help_topic: ClassVar[str] = "export"
    interest: ClassVar[Changes] = Changes.data() | Changes.PLANS | Changes.EXPORTS | Changes.RECIPES | Changes.VERDICTS

    keys: ClassVar[tuple[KeyHint, ...]] = (KeyHint("Ctrl+Return", "Write the export"),)

    page_requested = Signal(str, object)
    selection_described = Signal(str)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._wanted: ExportThis | None = None
        self._running: TargetRow | None = None
        self._done: ExportDone | None = None
        self._done_key: tuple[str, str] | None = None
        self._view = ExportView(())
        self.subject = QComboBox()
        self.targets = ExportTargets(self)
        self.files = WrittenFiles(self)
        self.targets_view = RecordView(self.targets, self.tr("Exports"))
        self.files_view = RecordView(self.files, self.tr("Written files"))
        self.folder = QLineEdit()
        self.browse = QPushButton(self.tr("Browse…"))
        self.replace = QCheckBox(self.tr("Replace an earlier export there"))
        self.start = QPushButton(self.tr("Export"))
        self.copy_command = QPushButton(self.tr("Copy command"))
        self.open_folder = QPushButton(self.tr("Open folder"))
        self.outcome = QLabel()
        self.states = StateStack(self._build(), "export", self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(th.SPACE_L, th.SPACE_L, th.SPACE_L, th.SPACE_L)
        layout.addWidget(self.states)
        self._connect()
        self._show_result(None)

    # What the window calls

    def refresh(self) -> None:
        """Ask anew what can be exported."""
        self.states.show_loading()
        self._session.run(
            self.tr("Look what can be exported"),
            load_view,
            on_done=self._on_loaded,
            on_failed=self.states.show_error,
            slot="export-page",
        )

    def open_payload(self, payload: object) -> None:
        """Preselect a kind of export."""
        if isinstance(payload, ExportThis):
            self._wanted = payload
            self._select_wanted()

    # Building

    def _build(self) -> QWidget:
        return above("export-panes", (self._question(), 1), (self._answer(), 1))

    def _question(self) -> QWidget:
        """Build what is exported, of what, and where to."""
        self.subject.setMinimumContentsLength(40)
        self.subject.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.folder.setPlaceholderText(self.tr("Folder to make, for instance …/order-12"))
        self.folder.setClearButtonEnabled(True)
        self.start.setProperty("role", "primary")
        self.start.setShortcut("Ctrl+Return")
        self.start.setToolTip(self.tr("Write, read back and put in place (Ctrl+Return)"))
        set_icon(self.start, "export", th.Theme.of(self.palette()))
        question = QWidget()
        column = QVBoxLayout(question)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(th.SPACE_S)
        column.addWidget(self.targets_view, 1)
        for text, field, others in (
            (self.tr("Of"), self.subject, (self.copy_command,)),
            (self.tr("To"), self.folder, (self.browse, self.replace, self.start)),
        ):
            label = QLabel(text)
            label.setBuddy(field)
            row = QHBoxLayout()
            row.setSpacing(th.SPACE_S)
            row.addWidget(label)
            row.addWidget(field, 1)
            for widget in others:
                row.addWidget(widget)
            column.addLayout(row)
        self.subject.setAccessibleName(self.tr("Of which plan, split or table"))
        self.folder.setAccessibleName(self.tr("Folder to make"))
        return question

    def _answer(self) -> QWidget:
        """Build what was written."""
        self.outcome.setTextFormat(Qt.TextFormat.PlainText)
        self.outcome.setWordWrap(True)
        self.outcome.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        answer = QWidget()
        column = QVBoxLayout(answer)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(th.SPACE_S)
        heading = QHBoxLayout()
        heading.addWidget(self.outcome, 1)
        heading.addWidget(self.open_folder)
        column.addLayout(heading)
        column.addWidget(self.files_view, 1)
        return answer

    def _connect(self) -> None:
        self.targets_view.record_selected.connect(self._on_selected)
        self.folder.textChanged.connect(self._check)
        self.subject.currentIndexChanged.connect(self._check)
        self.browse.clicked.connect(self._browse)
        self.start.clicked.connect(self._export)
        self.copy_command.clicked.connect(self._copy_command)
        self.open_folder.clicked.connect(self._open_folder)
        self.states.retry_clicked.connect(self.refresh)
        self._session.closed.connect(self._on_closed)

    # Loading

    @Slot(object)
    def _on_loaded(self, view: ExportView) -> None:
        if self._session.project is None:
            return  # it was closed meanwhile
        chosen, rows = self._chosen(), view.targets
        self._view = view
        self.targets.set_records(rows)
        self.states.show_content()
        if self._wanted is not None:
            self._select_wanted()
            self._wanted = None
        elif rows:
            keep = next(
                (i for i, r in enumerate(rows) if chosen and (r.kind, r.target) == (chosen.kind, chosen.target)), 0
            )
            self.targets_view.select_row(keep)
        self._check()

    @Slot()
    def _on_closed(self) -> None:
        self._wanted = None
        self._view = ExportView(())
        self.subject.clear()
        self.targets.set_records(())
        self._show_result(None)

    def _select_wanted(self) -> None:
        wanted = self._wanted
        for row, record in enumerate(self.targets.records()):
            if wanted is not None and record.kind == wanted.kind:
                self.targets_view.select_row(row)
                self._show_subjects(record.kind)
                subject = self._subject()
                if subject is not None and subject.id in {wanted.plan_id, wanted.split_id} - {None}:
                    self._wanted = None  # from here on the choice is the user's
                return

    def _show_subjects(self, kind: str) -> None:
        """Offer the plans or splits this kind can be of; what was asked for, else the default, is chosen."""
        wanted, before = self._wanted, self._subject()
        wanted_id = None if wanted is None else wanted.plan_id if kind in OF_PLANS else wanted.split_id
        if wanted_id is None and before is not None and self.subject.property("kind") == kind:
            wanted_id = before.id
        subjects = self._view.subjects(kind)
        self.subject.clear()
        for subject in subjects:
            self.subject.addItem(subject.text, subject)
        at = next((i for i, s in enumerate(subjects) if wanted_id is not None and s.id == wanted_id), 0)
        self.subject.setCurrentIndex(at if subjects else -1)
        self.subject.setEnabled(bool(subjects))
        self.subject.setProperty("kind", kind)

    def _subject(self) -> Subject | None:
        subject = self.subject.currentData()
        return subject if isinstance(subject, Subject) else None

    # Asking

    def _chosen(self) -> TargetRow | None:
        record = self.targets_view.selected_record()
        return record if isinstance(record, TargetRow) else None

    @Slot(object)
    def _on_selected(self, record: object) -> None:
        project = self._session.project
        if isinstance(record, TargetRow):
            self._show_subjects(record.kind)
            if self._done_key is not None and self._done_key != (record.kind, record.target):
                self._show_result(None)
        if isinstance(record, TargetRow) and project is not None and not self.folder.isModified():
            name = f"{project.path.stem}-{record.target or record.kind}"
            self.folder.setText(str(self._session.settings.folder(FOLDER_PURPOSE) / name))
        self._check()

    @Slot()
    def _check(self) -> None:
        chosen = self._chosen()
        is_ready = chosen is not None and not chosen.reason and bool(self.folder.text().strip())
        self.start.setEnabled(is_ready and self._running is None)
        subject = self._subject()
        is_default = subject is None or subject.is_default
        self.copy_command.setEnabled(is_ready and is_default)
        self.copy_command.setToolTip(
            self.tr("Copy the command that does the same without a window")
            if is_default
            else self.tr("The command line takes the newest plan, the active split, and counts without a filter")
        )
        if self._running is None and self._done is None and chosen is not None:
            self.files.set_records(planned_files(chosen, self._subject()))
        self.selection_described.emit("" if chosen is None else f"{chosen.title}: {chosen.reason or chosen.note}")

    @Slot()
    def _browse(self) -> None:
        self._session.picker.pick(
            self, "open-folder", FOLDER_PURPOSE, self.tr("Make the export in this folder"), self._on_folder
        )

    @Slot(str)
    def _on_folder(self, path: str) -> None:
        self._session.settings.set_folder(FOLDER_PURPOSE, Path(path))
        self.folder.setModified(False)
        self._on_selected(self._chosen())

    @Slot()
    def _export(self) -> None:
        chosen = self._chosen()
        if chosen is None or chosen.reason:
            return
        to, replace = Path(self.folder.text().strip()).expanduser(), self.replace.isChecked()
        subject, counts = self._subject(), self._view.counts
        subject_id = subject.id if subject is not None else None

        def work(project: Project, progress: Progress) -> ExportDone:
            from tailwise.usecases.exports import ExportRequest, export

            request = ExportRequest(
                chosen.kind,
                to,
                chosen.target,
                plan_id=subject_id if chosen.kind in OF_PLANS else None,
                split_id=subject_id if chosen.kind == SPLITS else None,
                counts=counts,
                replace=replace,
            )
            return export(project, request, progress)

        self._running = chosen
        handle = self._session.run(self.tr("Export {}").format(chosen.title), work, on_done=self._on_exported)
        handle.finished.connect(self._on_ended)
        self._check()

    @Slot()
    def _on_ended(self) -> None:
        self._running = None
        self._check()

    @Slot(object)
    def _on_exported(self, done: ExportDone) -> None:
        self._done_key = (self._running.kind, self._running.target) if self._running is not None else None
        self._show_result(done)
        files = counted(len(done.files), "file", "files")
        self._session.announce(
            ResultLine(self.tr("{} written and read back").format(files), "warn" if done.warnings else "ok", done.to)
        )

    # Showing

    def _show_result(self, done: ExportDone | None) -> None:
        self._done = done
        self.open_folder.setVisible(done is not None)
        if done is None:
            self._done_key = None
            self.outcome.setText(self.tr("These files will be written, read back and counted."))
            self.files.set_records(())
            return
        lines = [self.tr("{} written to {}").format(counted(len(done.files), "file", "files"), done.to)]
        checks = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in done.checks.items())
        lines += [self.tr("Read back and counted: {}").format(checks)] if checks else []
        lines += [f"▲ {w.code}: {w.text} ({counted(w.count, 'time', 'times')})" for w in done.warnings]
        self.outcome.setText("\n".join(lines))
        self.files.set_records([FileRow(f.path, f.rows, f.bytes, f.audience.value) for f in done.files])

    @Slot()
    def _open_folder(self) -> None:
        if self._done is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._done.to)))

    @Slot()
    def _copy_command(self) -> None:
        chosen, project = self._chosen(), self._session.project
        if chosen is None or project is None:
            return
        to, replace = self.folder.text().strip(), self.replace.isChecked()
        command = command_of(str(project.path), chosen, to, self._view.counts, replace=replace)
        QGuiApplication.clipboard().setText(command)
        self._session.announce(ResultLine(self.tr("The command is on the clipboard")))

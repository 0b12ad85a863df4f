"""The import sheet: what to import, in which format, into which project, and what only the user knows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from tailwise.domain.errors import QuestionError, UserError
from tailwise.domain.records import Role
from tailwise.gui import theme as th
from tailwise.gui.dialogs.format_list import FormatList
from tailwise.gui.dialogs.question_form import QuestionForm
from tailwise.gui.drop import PROJECT_SUFFIX
from tailwise.gui.session import ImportChoice
from tailwise.gui.widgets.banner import Banner

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tailwise.gui.dialogs.format_list import FormatCandidate
    from tailwise.gui.session import Session
    from tailwise.ops.progress import Progress

LABEL_WIDTH: Final = 110
ROLES: Final = (
    (Role.LABELS, "Labelled data", "Counts, plans and splits are made from it."),
    (Role.POOL, "Pool", "Not labelled yet; plans take from it."),
    (Role.PREDICTIONS, "Predictions", "What a model said; never counted as labels."),
)


class ImportDialog(QDialog):
    """Not modal. Looks at the dataset in the background as soon as a path is given; nothing is written by looking."""

    import_asked = Signal(object, str)  # ImportChoice, path of the project to make or empty

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session
        self.setObjectName("import-sheet")
        self.setWindowTitle(self.tr("Import dataset"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumSize(560, 480)
        self.resize(680, 620)
        self._path = QLineEdit(self)
        self._path.setPlaceholderText(self.tr("Folder, COCO .json, data.yaml, .csv …"))
        self._project = QLineEdit(self)
        self._formats = FormatList(self)
        self._role = QComboBox(self)
        self._conditions = QLineEdit(self)
        self._conditions.setPlaceholderText(self.tr("optional: a CSV with one row per image"))
        self._answers = QPlainTextEdit(self)
        self._answers.setPlaceholderText(self.tr("optional: KEY=VALUE, one per line"))
        self._questions = QuestionForm(self)
        self._banner = Banner(self)
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        self._import = QPushButton(self.tr("Import"), self)
        self._build()
        self._path.editingFinished.connect(self._on_path_edited)
        self._project.textChanged.connect(self._update)
        self._formats.chosen.connect(self._update)
        self._questions.changed.connect(self._update)
        self._import.clicked.connect(self._on_import)
        self._buttons.rejected.connect(self.close)
        self._seen = ""
        self._given: dict[str, str] = {}  # answers to questions asked before; one answer may lead to the next question
        self._update()

    # What the window does with it

    def set_path(self, path: Path) -> None:
        """Begin with a dataset that was dropped or chosen."""
        self._path.setText(str(path))
        self._look()

    def set_project(self, suggestion: Path | None) -> None:
        """Ask for a new project file with this suggestion, or for none because one is open."""
        self._project_row.setVisible(suggestion is not None)
        self._project.setText(str(suggestion) if suggestion is not None else "")
        self._needs_project = suggestion is not None
        self._update()

    def show_failure(self, error: UserError) -> None:
        """Come back with questions, or with what could not be done."""
        if isinstance(error, QuestionError):
            self._questions.ask(error.questions)
            self._banner.show_text(self.tr("One thing only you know:"), tone="note")
        else:
            self._banner.show_text(error.sentence, tone="alert")
        self.show()
        self.raise_()
        self._update()

    def choice(self) -> ImportChoice:
        """Return what the fields say."""
        conditions = self._conditions.text().strip()
        return ImportChoice(
            path=Path(self._path.text().strip()),
            format=self._formats.format(),
            answers={
                **parse_answers(self._answers.toPlainText()),
                **self._given,
                **self._questions.answers(),
            },
            conditions_csv=Path(conditions) if conditions else None,
            role=Role(self._role.currentData()),
        )

    # Building

    def _build(self) -> None:
        for role, title, note in ROLES:
            self._role.addItem(title, role.value)
            self._role.setItemData(self._role.count() - 1, note, Qt.ItemDataRole.ToolTipRole)
        self._import.setProperty("role", "primary")
        self._import.setDefault(True)
        self._buttons.addButton(self._import, QDialogButtonBox.ButtonRole.AcceptRole)
        self._answers.setFixedHeight(3 * self.fontMetrics().lineSpacing() + th.SPACE_S)
        self._answers.setTabChangesFocus(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(th.SPACE_L, th.SPACE_L, th.SPACE_L, th.SPACE_L)
        layout.setSpacing(th.SPACE_M)
        pick = ((self.tr("Folder…"), self._choose_folder), (self.tr("File…"), self._choose_file))
        layout.addWidget(self._row(self.tr("&Dataset"), self._path, pick))
        self._project_row = self._row(
            self.tr("New &project"), self._project, ((self.tr("Change…"), self._choose_project),)
        )
        self._needs_project = False
        self._project_row.hide()
        layout.addWidget(self._project_row)
        layout.addWidget(self._banner)
        layout.addWidget(self._questions)
        layout.addWidget(self._row(self.tr("&Format"), self._formats), 1)
        layout.addWidget(self._row(self.tr("&Used as"), self._role))
        pick_csv = ((self.tr("Choose…"), self._choose_conditions),)
        layout.addWidget(self._row(self.tr("&Conditions"), self._conditions, pick_csv))
        layout.addWidget(self._row(self.tr("&Answers"), self._answers))
        note = QLabel(self.tr("The dataset is only read. Nothing is written into its folder."), self)
        note.setProperty("role", "muted")
        foot = QHBoxLayout()
        foot.addWidget(note, 1)
        foot.addWidget(self._buttons)
        layout.addLayout(foot)

    def _row(self, text: str, field: QWidget, buttons: Sequence[tuple[str, object]] = ()) -> QWidget:
        row = QWidget(self)
        label = QLabel(text, row)
        label.setFixedWidth(LABEL_WIDTH)
        label.setBuddy(field)
        field.setAccessibleName(text.replace("&", ""))
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(th.SPACE_S)
        top = Qt.AlignmentFlag.AlignTop
        layout.addWidget(label, 0, top if field in (self._formats, self._answers) else Qt.AlignmentFlag(0))
        layout.addWidget(field, 1)
        for title, slot in buttons:
            button = QPushButton(title, row)
            button.setAutoDefault(False)
            button.clicked.connect(slot)
            layout.addWidget(button)
        return row

    # Looking at the dataset

    def _look(self) -> None:
        path = Path(self._path.text().strip())
        if str(path) == self._seen:
            return
        self._seen = str(path)
        self._given.clear()
        self._questions.ask(())
        self._banner.hide()
        if not path.exists():
            self._formats.show_text(self.tr("There is nothing at this path."))
            self._update()
            return

        def detect(progress: Progress) -> object:
            from tailwise.usecases.import_source import detect_source

            return detect_source(path, progress)

        self._formats.show_loading()
        self._session.run_detached(
            self.tr("Look at {name}").format(name=path.name),
            detect,
            on_done=self._on_detected,
            on_failed=self._on_detect_failed,
            slot="detect",
        )
        self._update()

    @Slot(object)
    def _on_detected(self, candidates: Sequence[FormatCandidate]) -> None:
        self._formats.show_candidates(candidates)
        self._update()

    @Slot(object)
    def _on_detect_failed(self, error: BaseException) -> None:
        self._formats.show_text(error.sentence if isinstance(error, UserError) else self.tr("Could not be looked at."))
        self._update()

    @Slot()
    def _on_path_edited(self) -> None:
        if self._path.text().strip():
            self._look()

    # Choosing and asking

    @Slot()
    def _choose_folder(self) -> None:
        picker = self._session.picker
        picker.pick(self, "open-folder", "dataset", self.tr("Choose a dataset folder"), self._on_path_picked)

    @Slot()
    def _choose_file(self) -> None:
        picker = self._session.picker
        picker.pick(self, "open-file", "dataset", self.tr("Choose a dataset file"), self._on_path_picked)

    @Slot(str)
    def _on_path_picked(self, path: str) -> None:
        self.set_path(Path(path))

    @Slot()
    def _choose_conditions(self) -> None:
        self._session.picker.pick(
            self,
            "open-file",
            "conditions",
            self.tr("Choose a table of conditions"),
            self._conditions.setText,
            name_filter=self.tr("Tables (*.csv *.tsv)"),
        )

    @Slot()
    def _choose_project(self) -> None:
        self._session.picker.pick(
            self,
            "save-file",
            "project",
            self.tr("New project"),
            self._project.setText,
            name_filter=self.tr("Tailwise projects (*{suffix})").format(suffix=PROJECT_SUFFIX),
            suggestion=Path(self._project.text()).name,
        )

    @Slot()
    def _update(self) -> None:
        is_ready = self._formats.format() is not None and self._questions.is_complete
        self._import.setEnabled(is_ready and bool(self._project.text().strip() or not self._needs_project))

    @Slot()
    def _on_import(self) -> None:
        bad = unusable_lines(self._answers.toPlainText())
        if bad:
            self._banner.show_text(
                self.tr("“{line}” is no answer. Write KEY=VALUE, one per line.").format(line=bad[0]), tone="alert"
            )
            return
        self._banner.hide()
        self._given |= self._questions.answers()
        self.hide()
        self.import_asked.emit(self.choice(), self._project.text().strip() if self._needs_project else "")


def parse_answers(text: str) -> dict[str, str]:
    """Read KEY=VALUE lines; empty lines count for nothing.

    >>> parse_answers("pattern = (?P<cam>[a-z]+)_=x")
    {'pattern': '(?P<cam>[a-z]+)_=x'}
    """
    pairs = (line.partition("=") for line in text.splitlines() if "=" in line)
    return {key.strip(): value.strip() for key, _, value in pairs}


def unusable_lines(text: str) -> list[str]:
    """Return the lines that are neither empty nor KEY=VALUE."""
    lines = (line.strip() for line in text.splitlines())
    return [line for line in lines if line and not line.partition("=")[1]]


def suggested_project(dataset: Path, folder: Path) -> Path:
    """Return a name for a new project in `folder`, after the dataset, that is not taken."""
    stem = (dataset.stem if dataset.is_file() else dataset.name) or "dataset"
    path = folder / f"{stem}{PROJECT_SUFFIX}"
    number = 2
    while path.exists():
        path = folder / f"{stem}-{number}{PROJECT_SUFFIX}"
        number += 1
    return path

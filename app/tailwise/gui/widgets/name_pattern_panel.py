"""Type a pattern of file names and see at once what it captures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QTimer, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from tailwise.domain.errors import UserError
from tailwise.gui import theme as th
from tailwise.gui.models.condition_tables import FieldsTable, NamesTable
from tailwise.gui.texts import number
from tailwise.gui.widgets.record_view import RecordView
from tailwise.gui.widgets.splitters import beside

if TYPE_CHECKING:
    from tailwise.gui.edit_history import StoredEdit
    from tailwise.gui.session import Session
    from tailwise.ops.progress import Progress
    from tailwise.usecases.conditions_derived import NamePreview
    from tailwise.usecases.projects import Project

PAUSE_MILLISECONDS: Final = 250


class NamePatternPanel(QWidget):
    """Nothing is changed by looking; “Make conditions” applies the pattern to the whole project."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MILLISECONDS)
        self.pattern = QLineEdit(self)
        self.pattern.setPlaceholderText("{site}_{camera}_{number}")
        self.pattern.setAccessibleName(self.tr("Pattern of the file names"))
        self.pattern.setToolTip(
            self.tr("Name the parts in braces; {} skips one. A regular expression with (?P<name>…) works, too.")
        )
        self.groups = QLineEdit(self)
        self.groups.setPlaceholderText(self.tr("groups, for instance: camera"))
        self.groups.setAccessibleName(self.tr("Fields that no split may cut"))
        self.groups.setMaximumWidth(220)
        self.make = QPushButton(self.tr("Make conditions"), self)
        self.make.setProperty("role", "primary")
        self.note = QLabel(self)
        self.note.setWordWrap(True)
        self.note.setProperty("role", "muted")
        self.fields = FieldsTable(self)
        self.names = NamesTable(self)
        self._lay_out()
        self._pause.timeout.connect(self._look)
        self.pattern.textChanged.connect(self._on_typed)
        self.groups.textChanged.connect(self._on_typed)
        self.pattern.returnPressed.connect(self._on_make)
        self.make.clicked.connect(self._on_make)
        self.show_nothing()

    def _lay_out(self) -> None:
        fields = RecordView(self.fields, self.tr("What the pattern captures"))
        names = RecordView(self.names, self.tr("Examples"))
        panes = beside("pattern-panes", (fields, 1), (names, 1))
        row = QHBoxLayout()
        row.addWidget(self.pattern, 1)
        row.addWidget(self.groups)
        row.addWidget(self.make)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(th.SPACE_S)
        layout.addLayout(row)
        layout.addWidget(self.note)
        layout.addWidget(panes, 1)

    def show_nothing(self) -> None:
        """Forget what was captured, and say what to type."""
        self.fields.set_records(())
        self.names.set_records(())
        self.make.setEnabled(False)
        self.note.setText(self.tr("Say how the file names are made; what each part holds is shown while you type."))

    def _groups(self) -> tuple[str, ...]:
        return tuple(filter(None, self.groups.text().replace(",", " ").split()))

    @Slot()
    def _on_typed(self) -> None:
        self.make.setEnabled(False)
        self._pause.start()

    @Slot()
    def _look(self) -> None:
        pattern, groups = self.pattern.text().strip(), self._groups()
        if not pattern or self._session.project is None:
            self.show_nothing()
            return

        def work(project: Project, progress: Progress) -> NamePreview:
            from tailwise.usecases.conditions_derived import preview_names

            return preview_names(project, pattern, groups, progress)

        self._session.run(
            self.tr("Look at file names"),
            work,
            on_done=self._on_seen,
            on_failed=self._on_not_seen,
            slot="name-pattern",
            quiet=True,
        )

    @Slot(object)
    def _on_seen(self, preview: NamePreview) -> None:
        self.fields.set_preview(preview)
        self.names.set_preview(preview.examples)
        fits = preview.looked_at - preview.captures.unfit
        self.note.setText(
            self.tr("Fits {fits} of the {seen} file names looked at.").format(
                fits=number(fits), seen=number(preview.looked_at)
            )
        )
        self.make.setEnabled(any(field.kind for field in preview.captures.fields))

    @Slot(object)
    def _on_not_seen(self, error: BaseException) -> None:
        self.show_nothing()
        if isinstance(error, UserError):
            self.note.setText(error.sentence)

    @Slot()
    def _on_make(self) -> None:
        if not self.make.isEnabled():  # Return before what it captures is shown
            return
        pattern, groups = self.pattern.text().strip(), self._groups()

        def work(project: Project, progress: Progress) -> StoredEdit:
            from tailwise.usecases.conditions_derived import conditions_from_names

            return conditions_from_names(project, pattern, groups, progress)

        self._session.history.do(self.tr("Conditions from file names"), work)

"""Which class of the project each class of each source stands for: a table to look at, and to merge and split in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QComboBox, QCompleter, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from tailwise.gui import theme as th
from tailwise.gui.models.condition_tables import MappingTable
from tailwise.gui.texts import counted
from tailwise.gui.widgets.banner import Banner
from tailwise.gui.widgets.record_view import RecordView
from tailwise.gui.widgets.undo_buttons import UndoButtons

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tailwise.gui.edit_history import StoredEdit
    from tailwise.gui.session import Session
    from tailwise.ops.progress import Progress
    from tailwise.usecases.class_map import MappedClass
    from tailwise.usecases.projects import Project


def load(project: Project, progress: Progress) -> tuple[MappedClass, ...]:
    """Read the mapping; runs on a worker thread."""
    from tailwise.usecases.class_map import class_map

    return class_map(project, progress)


class ClassMapping(QWidget):
    """Type or choose what the selected class stands for. Every edit is stored at once and can be undone."""

    described = Signal(str)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._key = ("", "")
        self.table = MappingTable(self)
        self.view = RecordView(self.table, self.tr("Classes of the sources"), self)
        self.summary = QLabel(self)
        self.summary.setProperty("role", "muted")
        self.banner = Banner(self)
        self.target = QComboBox(self)
        self.map = QPushButton(self.tr("Map"), self)
        self.accept = QPushButton(self.tr("Take the suggestion"), self)
        self.split = QPushButton(self.tr("Split off"), self)
        self.no_class = QPushButton(self.tr("No class"), self)
        self._lay_out()
        self.view.record_selected.connect(self._on_selected)
        self.map.clicked.connect(self._on_map)
        self.accept.clicked.connect(self._on_accept)
        self.split.clicked.connect(self._on_split)
        self.no_class.clicked.connect(self._on_no_class)
        self._on_selected(None)

    def refresh(self) -> None:
        """Read the mapping anew."""
        self._session.run(
            self.tr("Read the class mapping"), load, on_done=self._on_loaded, slot="class-mapping", quiet=True
        )

    def clear(self) -> None:
        """Forget everything."""
        self._key = ("", "")
        self.table.set_records(())
        self.banner.hide()

    def _lay_out(self) -> None:
        self.target.setEditable(True)
        self.target.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.target.setAccessibleName(self.tr("Class of the project"))
        completer = QCompleter(self.target.model(), self.target)
        completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.target.setCompleter(completer)
        self.map.setToolTip(self.tr("Let the selected class stand for the class in the field; a new name makes one"))
        self.split.setToolTip(self.tr("Give the selected class its own name back"))
        self.no_class.setToolTip(self.tr("Leave its annotations out of every count and export"))
        self.map.setProperty("role", "primary")
        top = QHBoxLayout()
        top.addWidget(self.summary, 1)
        top.addWidget(UndoButtons(self._session.history.stack))
        row = QHBoxLayout()
        row.setSpacing(th.SPACE_S)
        label = QLabel(self.tr("&Stands for"), self)
        label.setBuddy(self.target)
        row.addWidget(label)
        row.addWidget(self.target, 1)
        for button in (self.map, self.accept, self.split, self.no_class):
            row.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(th.SPACE_S)
        layout.addLayout(top)
        layout.addWidget(self.banner)
        layout.addWidget(self.view, 1)
        layout.addLayout(row)

    @Slot(object)
    def _on_loaded(self, rows: Sequence[MappedClass]) -> None:
        if self._session.project is None:
            return
        key = self._key
        names = sorted({row.project_class for row in rows} - {""}, key=str.casefold)
        self.target.clear()
        self.target.addItems(names)
        self.table.set_records(rows)
        merged = len({row.source_class for row in rows} | set(names)) - len(names)
        suggested = sum(bool(row.suggestion) for row in rows)
        parts = [counted(len(rows), "class of the sources", "classes of the sources")]
        parts.append(counted(len(names), "class of the project", "classes of the project"))
        if merged:
            parts.append(self.tr("{n} under another name").format(n=merged))
        if suggested:
            parts.append(counted(suggested, "suggestion", "suggestions"))
        self.summary.setText(", ".join(parts))
        keys = [(row.source, row.source_class) for row in self.table.records()]
        if keys:
            self.view.select_row(keys.index(key) if key in keys else 0)

    def _current(self) -> MappedClass | None:
        index = self.view.currentIndex()
        return self.table.record(index) if index.isValid() and self.view.selectionModel().hasSelection() else None

    @Slot(object)
    def _on_selected(self, _record: object) -> None:
        row = self._current()
        can_edit = row is not None and self._session.project is not None and not self._session.project.read_only
        for button in (self.map, self.accept, self.split, self.no_class, self.target):
            button.setEnabled(can_edit)
        if row is None:
            return
        self._key = (row.source, row.source_class)
        self.target.setEditText(row.suggestion or row.project_class)
        self.accept.setEnabled(can_edit and bool(row.suggestion))
        self.split.setEnabled(can_edit and row.project_class != row.source_class)
        self.no_class.setEnabled(can_edit and bool(row.project_class))
        here = row.project_class or self.tr("no class")
        self.described.emit(f"{row.source}: {row.source_class} → {here}")

    @Slot()
    def _on_map(self) -> None:
        if to := self.target.currentText().strip():
            self._map(to)

    @Slot()
    def _on_accept(self) -> None:
        row = self._current()
        if row is not None and row.suggestion:
            self._map(row.suggestion)

    @Slot()
    def _on_split(self) -> None:
        row = self._current()
        if row is not None:
            self._map(row.source_class)

    @Slot()
    def _on_no_class(self) -> None:
        self._map("")

    def _map(self, to: str) -> None:
        row = self._current()
        if row is None or (to == row.project_class and to):
            return
        source, source_class = row.source, row.source_class

        def work(project: Project, _progress: Progress) -> StoredEdit:
            from tailwise.usecases.class_map import map_class

            return map_class(project, source_class, to, source)

        self._do(work)

    def _do(self, work: Callable[[Project, Progress], StoredEdit]) -> None:
        self.banner.hide()
        self._session.history.do(self.tr("Map classes"), work, on_failed=self._on_not_done)

    @Slot(object)
    def _on_not_done(self, error: BaseException) -> None:
        self.banner.show_text(self.tr("Not changed: {}").format(error), tone="alert")

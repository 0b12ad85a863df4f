"""The classes page: which classes must not be missed, and how many of each are wanted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QUndoStack
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QStackedWidget, QVBoxLayout, QWidget

from tailwise.domain.changes import Changes
from tailwise.domain.coverage import ClassRow, ItemFilter, Unit
from tailwise.gui import theme as th
from tailwise.gui.actions import KeyHint
from tailwise.gui.models.class_table import GROUPS, TIERS, ClassTableModel
from tailwise.gui.navigation import ITEMS, PLAN, PlanClass, ShowItems
from tailwise.gui.number_text import with_unit
from tailwise.gui.texts import counted, number
from tailwise.gui.widgets.banner import Banner
from tailwise.gui.widgets.class_mapping import ClassMapping
from tailwise.gui.widgets.empty_state import StateStack
from tailwise.gui.widgets.inspector import Inspector
from tailwise.gui.widgets.segments import Segments
from tailwise.gui.widgets.sheet_view import SheetView
from tailwise.gui.widgets.splitters import beside
from tailwise.gui.widgets.undo_buttons import UndoButtons

if TYPE_CHECKING:
    from tailwise.gui.session import Session
    from tailwise.ops.progress import Progress
    from tailwise.usecases.projects import Project


@dataclass(frozen=True, slots=True)
class ClassesView:
    """What the page shows, loaded in one operation."""

    classes: tuple[ClassRow, ...]
    unit: Unit
    read_only: bool


def load(project: Project, progress: Progress) -> ClassesView:
    """Read the classes; runs on a worker thread."""
    from tailwise.usecases.classes import list_classes

    return ClassesView(list_classes(project, progress), project.cube().default_unit, project.read_only)


class ClassesPage(QWidget):
    """A sheet of classes; every edit is stored at once and can be undone."""

    key: ClassVar[str] = "classes"
    title: ClassVar[str] = "Classes"
    icon: ClassVar[str] = "classes"
    help_topic: ClassVar[str] = "classes"
    interest: ClassVar[Changes] = Changes.ITEMS | Changes.ANNOTATIONS | Changes.CATEGORIES
    keys: ClassVar[tuple[KeyHint, ...]] = (
        KeyHint("F2", "Edit the cell, or just type; Enter goes down, Tab right"),
        KeyHint("Ctrl+D", "Fill down"),
        KeyHint("Ctrl+C,Ctrl+V", "Copy and paste a block, also from a spreadsheet"),
        KeyHint("Delete", "Take the target away"),
        KeyHint("Ctrl+Z,Ctrl+Shift+Z", "Undo and redo"),
    )

    page_requested = Signal(str, object)
    selection_described = Signal(str)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._stores = 0
        self.undo_stack = QUndoStack(self)
        self.model = ClassTableModel(self.undo_stack, self)
        self.search = QLineEdit()
        self.summary = QLabel()
        self.banner = Banner()
        self.sheet = SheetView(self.model, self.tr("Classes"))
        self.inspector = Inspector(self.tr("Select a class to see what there is of it."))
        self.mapping = ClassMapping(session)
        self.parts = Segments(
            self.tr("Show"), (("targets", self.tr("Targets")), ("mapping", self.tr("Classes of the sources")))
        )
        self.pages = QStackedWidget()
        self.states = StateStack(self._build(), "classes", self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(th.SPACE_L, th.SPACE_L, th.SPACE_L, th.SPACE_L)
        layout.addWidget(self.states)
        self.model.edited.connect(self._on_edited)
        self.search.textChanged.connect(self.model.search)
        self.sheet.current_row_changed.connect(self._on_row)
        self.sheet.row_opened.connect(self._open_row)
        self.states.retry_clicked.connect(self.refresh)
        self.states.empty_button_clicked.connect(self._go_to_data)
        self.parts.chosen.connect(self._on_part)
        self.mapping.described.connect(self.selection_described)
        session.closed.connect(self._on_closed)

    # What the window calls

    def refresh(self) -> None:
        """Read the classes anew."""
        self.states.show_loading()
        self._session.run(
            self.tr("Read the classes"),
            load,
            on_done=self._on_loaded,
            on_failed=self.states.show_error,
            slot="classes-page",
        )
        self.mapping.refresh()

    def focus_filter(self) -> None:
        """Put the cursor into the search."""
        self.parts.choose("targets")
        self._on_part("targets")
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def open_payload(self, payload: object) -> None:
        """Show the row of a class given by name."""
        if isinstance(payload, str):
            self.parts.choose("targets")
            self._on_part("targets")
            self.search.clear()
            self.sheet.go_to(self.model.stored_of(payload), "tier")

    # Building

    def _build(self) -> QWidget:
        self.search.setPlaceholderText(self.tr("Search classes (Ctrl+F)"))
        self.search.setAccessibleName(self.tr("Search classes"))
        self.search.setClearButtonEnabled(True)
        self.search.setMaximumWidth(th.INSPECTOR_WIDTH)
        self.summary.setProperty("role", "muted")
        self.sheet.allow_sorting()
        top = QHBoxLayout()
        top.setSpacing(th.SPACE_M)
        top.addWidget(self.search, 1)
        top.addWidget(UndoButtons(self.undo_stack))
        top.addWidget(self.summary, 1)
        panes = beside("classes-panes", (self.sheet, 1), (self.inspector, 0))
        targets = QWidget()
        layout = QVBoxLayout(targets)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(th.SPACE_S)
        layout.addLayout(top)
        layout.addWidget(self.banner)
        layout.addWidget(panes, 1)
        self.pages.addWidget(targets)
        self.pages.addWidget(self.mapping)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(th.SPACE_S)
        column.addWidget(self.parts)
        column.addWidget(self.pages, 1)
        return content

    # Loading

    @Slot(object)
    def _on_loaded(self, view: ClassesView) -> None:
        if self._stores or self._session.project is None:
            return  # what was read is older than what is being stored; the page is read again after that
        if not view.classes:
            self.states.show_empty(
                self.tr("No classes yet"),
                self.tr("Import a dataset with labels; its classes come with it."),
                self.tr("Go to Data"),
            )
            return
        self.model.set_classes(view.classes, view.unit)
        self.sheet.setEnabled(not view.read_only)
        if view.read_only:
            self.banner.show_text(self.tr("The project is open read-only: tiers and targets cannot be changed."))
        self._show_summary()
        self.states.show_content()
        if self.sheet.current_row() < 0:
            self.sheet.go_to(self.model.stored_row(0), "tier")
        self._on_row(self.sheet.current_row())

    @Slot(str)
    def _on_part(self, key: str) -> None:
        self.pages.setCurrentIndex(int(key == "mapping"))

    @Slot()
    def _on_closed(self) -> None:
        self.model.set_rows(())
        self.mapping.clear()
        self.banner.hide()
        self.inspector.clear()

    # Editing

    @Slot(object)
    def _on_edited(self, rows: set[int]) -> None:
        self._show_summary()
        self._on_row(self.sheet.current_row())
        choices = self.model.choices(rows)
        problems = self.model.problems()
        if problems:
            self.banner.show_text(self.tr("Not stored: {}.").format(problems[0][2]), tone="warn")
        elif self.banner.isVisible():
            self.banner.hide()
        if not choices or self._session.project is None:
            return

        def work(project: Project, progress: Progress) -> object:
            from tailwise.usecases.classes import ClassEdit, set_classes

            edits = [ClassEdit(choice.name, choice.tier, choice.target) for choice in choices]
            return set_classes(project, edits, progress)

        self._stores += 1
        handle = self._session.run(
            self.tr("Store classes"), work, lane="ordered", on_failed=self._on_not_stored, quiet=True
        )
        handle.finished.connect(self._on_store_finished)

    @Slot()
    def _on_store_finished(self) -> None:
        self._stores -= 1
        if not self._stores and self._session.project is not None:
            self.refresh()

    @Slot(object)
    def _on_not_stored(self, error: BaseException) -> None:
        self.banner.show_text(self.tr("Not stored: {}").format(error), tone="alert")
        self.undo_stack.clear()

    def _show_summary(self) -> None:
        first, targets, short = self.model.summary()
        parts = [
            counted(len(self.model.rows()), "class", "classes"),
            self.tr("{} must not be missed").format(number(first)),
            self.tr("{} with a target").format(number(targets)),
        ]
        if targets:
            parts.append(self.tr("{} short").format(with_unit(short, self.model.unit.value)))
        self.summary.setText(", ".join(parts))

    # The current class

    @Slot(int)
    def _on_row(self, stored: int) -> None:
        rows = self.model.rows()
        of = self.model.classes.get(str(rows[stored]["name"])) if 0 <= stored < len(rows) else None
        if of is None:
            self.inspector.clear()
            return
        row = rows[stored]
        tier = dict(TIERS).get(str(row["tier"]), str(row["tier"]))
        facts = [
            (self.tr("Images"), number(of.images)),
            (self.tr("Objects"), number(of.objects)),
            (self.tr("Group"), GROUPS[of.tail]),
            (self.tr("Tier"), tier),
        ]
        target, short = row["target"], self.model.computed(row, "short")
        if isinstance(target, int) and isinstance(short, int):
            facts.append((self.tr("Target"), with_unit(target, self.model.unit.value)))
            facts.append((self.tr("Shortfall"), with_unit(short, self.model.unit.value)))
        self.inspector.show_thing(
            of.name,
            subtitle=self.tr("◆ no image yet") if not of.images else "",
            facts=facts,
            actions=(
                (self.tr("Show the images"), self._open_current),
                (self.tr("Plan this class"), self._plan_current),
            ),
        )
        self.selection_described.emit(f"{of.name}: {with_unit(of.images, 'images')}, {tier}")

    def _current_name(self) -> str:
        stored = self.sheet.current_row()
        return str(self.model.row(stored)["name"]) if stored >= 0 else ""

    @Slot(int)
    def _open_row(self, _stored: int) -> None:
        self._open_current()

    @Slot()
    def _open_current(self) -> None:
        if name := self._current_name():
            self.page_requested.emit(ITEMS, ShowItems(ItemFilter(classes=(name,)), came_from=self.key))

    @Slot()
    def _plan_current(self) -> None:
        if name := self._current_name():
            self.page_requested.emit(PLAN, PlanClass(name))

    @Slot()
    def _go_to_data(self) -> None:
        self.page_requested.emit("data", None)

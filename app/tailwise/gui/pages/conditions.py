"""The conditions page: what conditions and groups there are, how they are made, and how two spellings become one."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from tailwise.domain.changes import Changes
from tailwise.domain.coverage import AxisFacts, ItemFilter
from tailwise.domain.records import AxisKind
from tailwise.gui import theme as th
from tailwise.gui.actions import KeyHint
from tailwise.gui.models.condition_tables import ConditionsTable, ValuesTable
from tailwise.gui.navigation import ITEMS, ShowItems
from tailwise.gui.texts import counted, number
from tailwise.gui.widgets.banner import Banner
from tailwise.gui.widgets.empty_state import StateStack
from tailwise.gui.widgets.inspector import Inspector
from tailwise.gui.widgets.make_conditions import MakeConditions
from tailwise.gui.widgets.record_view import RecordView
from tailwise.gui.widgets.splitters import above, beside
from tailwise.gui.widgets.undo_buttons import UndoButtons

if TYPE_CHECKING:
    from collections.abc import Callable

    from tailwise.gui.edit_history import StoredEdit
    from tailwise.gui.session import Session
    from tailwise.ops.progress import Progress
    from tailwise.usecases.projects import Project

MOST_VALUES = 10_000


def load(project: Project, progress: Progress) -> tuple[AxisFacts, ...]:
    """Read the conditions; runs on a worker thread."""
    from tailwise.usecases.conditions import list_conditions

    progress.stage("Counting")
    return list_conditions(project)


class ConditionsPage(QWidget):
    """Conditions above with the values of the current one, ways to make more below, the current one on the right."""

    key: ClassVar[str] = "conditions"
    title: ClassVar[str] = "Conditions"
    icon: ClassVar[str] = "group"
    help_topic: ClassVar[str] = "conditions"
    interest: ClassVar[Changes] = Changes.ITEMS | Changes.CONDITIONS
    keys: ClassVar[tuple[KeyHint, ...]] = (
        KeyHint("Return", "On a condition or value: its images"),
        KeyHint("Shift+Up,Shift+Down", "Select several values, to merge them"),
        KeyHint("Ctrl+Z,Ctrl+Shift+Z", "Undo and redo"),
    )

    page_requested = Signal(str, object)
    selection_described = Signal(str)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._axes: tuple[AxisFacts, ...] = ()
        self._wanted = ""
        self.table = ConditionsTable(self)
        self.values = ValuesTable(self)
        self.table_view = RecordView(self.table, self.tr("Conditions"))
        self.values_view = RecordView(self.values, self.tr("Values"))
        self.values_view.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.filter = QLineEdit()
        self.name = QLineEdit()
        self.value = QLineEdit()
        self.rename = QPushButton(self.tr("Rename"))
        self.merge = QPushButton(self.tr("Rename value"))
        self.banner = Banner()
        self.maker = MakeConditions(session)
        self.inspector = Inspector(self.tr("Select a condition to see what it is and what can be done with it."))
        self.states = StateStack(self._build(), "group", self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(th.SPACE_L, th.SPACE_L, th.SPACE_L, th.SPACE_L)
        layout.addWidget(self.states)
        self._connect()

    # What the window calls

    def refresh(self) -> None:
        """Read the conditions anew."""
        self.states.show_loading()
        self._session.run(
            self.tr("Read the conditions"),
            load,
            on_done=self._on_loaded,
            on_failed=self.states.show_error,
            slot="conditions",
        )

    def focus_filter(self) -> None:
        """Put the cursor into the filter."""
        self.filter.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.filter.selectAll()

    def open_payload(self, payload: object) -> None:
        """Show the row of a condition given by name."""
        if isinstance(payload, str):
            self._wanted = payload
            self._select_wanted()

    # Building

    def _build(self) -> QWidget:
        self.filter.setPlaceholderText(self.tr("Filter conditions (Ctrl+F)"))
        self.filter.setAccessibleName(self.tr("Filter conditions"))
        self.filter.setClearButtonEnabled(True)
        self.filter.setMaximumWidth(th.INSPECTOR_WIDTH)
        self.name.setAccessibleName(self.tr("Name of the condition"))
        self.value.setAccessibleName(self.tr("New text of the selected values"))
        top = QHBoxLayout()
        top.addWidget(self.filter, 1)
        top.addWidget(UndoButtons(self._session.history.stack))
        top.addStretch(1)
        axes = _with_row(self.table_view, QLabel(self.tr("Name")), self.name, self.rename)
        values = _with_row(self.values_view, QLabel(self.tr("Selected become")), self.value, self.merge)
        lists = beside("condition-lists", (axes, 3), (values, 2))
        upright = above("condition-rows", (lists, 3), (self.maker, 2))
        panes = beside("condition-panes", (upright, 1), (self.inspector, 0))
        content = QWidget()
        layout = QVBoxLayout(content)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(th.SPACE_S)
        layout.addLayout(top)
        layout.addWidget(self.banner)
        layout.addWidget(panes, 1)
        return content

    def _connect(self) -> None:
        self.filter.textChanged.connect(self._show_axes)
        self.table_view.record_selected.connect(self._on_axis)
        self.table_view.activated.connect(self._open_axis)
        self.values_view.activated.connect(self._open_values)
        self.values_view.selectionModel().selectionChanged.connect(self._on_values)
        self.rename.clicked.connect(self._rename)
        self.name.returnPressed.connect(self._rename)
        self.merge.clicked.connect(self._merge)
        self.value.returnPressed.connect(self._merge)
        self.states.retry_clicked.connect(self.refresh)
        self.states.empty_button_clicked.connect(self._go_to_data)
        self._session.closed.connect(self._on_closed)

    # Showing

    @Slot(object)
    def _on_loaded(self, axes: tuple[AxisFacts, ...]) -> None:
        if self._session.project is None:
            return
        self._axes = axes
        numeric = [
            axis.name for axis in axes if axis.values and all(_is_number(value) for value, _ in axis.values[:50])
        ]
        self.maker.set_numbers(numeric)
        if self._session.project.read_only:
            self.banner.show_text(self.tr("The project is open read-only: conditions cannot be changed."))
        for widget in (self.name, self.rename, self.value, self.merge, self.maker):
            widget.setEnabled(not self._session.project.read_only)
        self._show_axes()
        self.states.show_content()

    @Slot()
    def _show_axes(self) -> None:
        current = self._current()
        if current is not None and not self._wanted:
            self._wanted = current.name
        words = self.filter.text().casefold().split()
        self.table.set_records(
            [a for a in self._axes if all(w in f"{a.name} {a.kind} {a.origin}".casefold() for w in words)]
        )
        self._select_wanted()

    def _select_wanted(self) -> None:
        names = [axis.name for axis in self.table.records()]
        if not names:
            self._on_axis(None)
            return
        self.table_view.select_row(names.index(self._wanted) if self._wanted in names else 0)
        self._wanted = ""

    def _current(self) -> AxisFacts | None:
        record = self.table_view.selected_record()
        return record if isinstance(record, AxisFacts) else None

    def _chosen_values(self) -> list[str]:
        rows = self.values_view.selectionModel().selectedRows()
        return [self.values.record(index).value for index in rows]

    @Slot(object)
    def _on_axis(self, record: object) -> None:
        if not isinstance(record, AxisFacts):
            self.values.set_values(())
            self.name.clear()
            self.inspector.clear()
            return
        self.values.set_values(record.values[:MOST_VALUES])
        self.name.setText(record.name)
        is_group = record.kind == AxisKind.GROUP
        self.inspector.show_thing(
            record.name,
            subtitle=self.tr("a group: no split cuts it") if is_group else self.tr("a condition"),
            facts=(
                (self.tr("Values"), number(len(record.values))),
                (self.tr("From"), record.origin),
            ),
            text=self.tr(
                "Edits are kept apart from the data: the sources stay as they are, and undoing brings all back."
            ),
            actions=(
                (self.tr("Show its images"), self._open_axis),
                (self.tr("Make it a condition") if is_group else self.tr("Make it a group"), self._switch_kind),
                (self.tr("Delete"), self._delete),
            ),
        )
        self.selection_described.emit(f"{record.name}: {counted(len(record.values), 'value', 'values')}")

    @Slot()
    def _on_values(self) -> None:
        chosen = self._chosen_values()
        self.merge.setText(self.tr("Merge values") if len(chosen) > 1 else self.tr("Rename value"))
        self.merge.setEnabled(bool(chosen) and self.name.isEnabled())
        self.value.setText(chosen[0] if chosen else "")

    # Editing

    @Slot()
    def _rename(self) -> None:
        axis, to = self._current(), self.name.text()
        if axis is None or to == axis.name:
            return
        name = axis.name

        def work(project: Project, _progress: Progress) -> StoredEdit:
            from tailwise.usecases.conditions import rename_condition

            return rename_condition(project, name, to)

        self._wanted = to
        self._do(work)

    @Slot()
    def _merge(self) -> None:
        axis, values, to = self._current(), self._chosen_values(), self.value.text()
        if axis is None or not values or values == [to]:
            return
        name = axis.name

        def work(project: Project, _progress: Progress) -> StoredEdit:
            from tailwise.usecases.conditions import merge_values

            return merge_values(project, name, values, to)

        self._do(work)

    @Slot()
    def _switch_kind(self) -> None:
        axis = self._current()
        if axis is None:
            return
        name = axis.name
        kind = AxisKind.CONDITION if axis.kind == AxisKind.GROUP else AxisKind.GROUP

        def work(project: Project, _progress: Progress) -> StoredEdit:
            from tailwise.usecases.conditions import set_condition_kind

            return set_condition_kind(project, name, kind)

        self._do(work)

    @Slot()
    def _delete(self) -> None:
        axis = self._current()
        if axis is None:
            return
        name = axis.name

        def work(project: Project, _progress: Progress) -> StoredEdit:
            from tailwise.usecases.conditions import delete_condition

            return delete_condition(project, name)

        self._do(work)

    def _do(self, work: Callable[[Project, Progress], StoredEdit]) -> None:
        self.banner.hide()
        self._session.history.do(self.tr("Change the conditions"), work, on_failed=self._on_not_done)

    @Slot(object)
    def _on_not_done(self, error: BaseException) -> None:
        self.banner.show_text(self.tr("Not changed: {}").format(error), tone="alert")

    # Going elsewhere

    @Slot()
    def _open_axis(self) -> None:
        axis = self._current()
        if axis is not None:
            self._show_items(axis, [value for value, _ in axis.values])

    @Slot()
    def _open_values(self) -> None:
        axis = self._current()
        if axis is not None:
            self._show_items(axis, self._chosen_values())

    def _show_items(self, axis: AxisFacts, values: list[str]) -> None:
        which = ItemFilter(where=tuple((axis.name, value) for value in values[:50]))
        self.page_requested.emit(ITEMS, ShowItems(which, came_from=self.key))

    @Slot()
    def _go_to_data(self) -> None:
        self.page_requested.emit("data", None)

    @Slot()
    def _on_closed(self) -> None:
        self._axes = ()
        self.table.set_records(())
        self.values.set_values(())
        self.maker.names.pattern.clear()
        self.banner.hide()


def _with_row(view: QWidget, *fields: QWidget) -> QWidget:
    pane = QWidget()
    row = QHBoxLayout()
    row.setSpacing(th.SPACE_S)
    for field in fields:
        row.addWidget(field, 1 if isinstance(field, QLineEdit) else 0)
    layout = QVBoxLayout(pane)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(th.SPACE_S)
    layout.addWidget(view, 1)
    layout.addLayout(row)
    return pane


def _is_number(text: str) -> bool:
    try:
        float(text.replace(",", "."))
    except ValueError:
        return False
    return True

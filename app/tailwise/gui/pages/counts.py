"""The counts page: which classes are short, and under which conditions. Every number opens its items."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from tailwise.domain.changes import Changes
from tailwise.domain.coverage import Basis, CountRequest, ItemFilter
from tailwise.domain.records import LabelState
from tailwise.gui import theme as th
from tailwise.gui.actions import KeyHint
from tailwise.gui.models.count_table import CountTableModel, RowOrder, ValueMode, total_of
from tailwise.gui.models.count_view import DRAFT_KEY, CountView, load_view, write_request
from tailwise.gui.navigation import CLASSES, ITEMS, PLAN, PlanClass, ShowItems
from tailwise.gui.session import ResultLine
from tailwise.gui.texts import counted, size
from tailwise.gui.view_export import NAME_FILTER, ViewFile, figure_of, write_view
from tailwise.gui.widgets.cell_inspector import CellInspector
from tailwise.gui.widgets.count_controls import CountControls
from tailwise.gui.widgets.empty_state import StateStack
from tailwise.gui.widgets.heatmap import HeatLegend, HeatMapView
from tailwise.gui.widgets.measure_tiles import MeasureTiles
from tailwise.gui.widgets.splitters import above, beside

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tailwise.gui.session import Session
    from tailwise.ops.progress import Progress
    from tailwise.usecases.projects import Project

SUPPLY_MILLISECONDS = 150
"""How long the cursor must rest on a cell before the pool is asked for that condition."""


class CountsPage(QWidget):
    """Controls and measures on top, heat map and long tail below, what is under the cursor on the right."""

    key: ClassVar[str] = "counts"
    title: ClassVar[str] = "Counts"
    icon: ClassVar[str] = "counts"
    help_topic: ClassVar[str] = "counts"
    interest: ClassVar[Changes] = Changes.data()
    keys: ClassVar[tuple[KeyHint, ...]] = (
        KeyHint("Left,Right,Up,Down", "Move the cell cursor; with Shift select a block"),
        KeyHint("Return", "Open the items of the cell; with Shift those of the whole class"),
        KeyHint("Ctrl+C", "Copy the block; with Shift also the headers"),
        KeyHint("+", "Plan the class under the cursor"),
    )

    page_requested = Signal(str, object)
    selection_described = Signal(str)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        from tailwise.gui.widgets.long_tail_chart import LongTailChart

        self._session = session
        self._view: CountView | None = None
        self._wanted: CountRequest | None = None
        self._supply: tuple[tuple[tuple[str, str], ...], int] | None = None
        self.model = CountTableModel(self)
        self.controls = CountControls()
        self.tiles = MeasureTiles()
        self.heat_map = HeatMapView(self.model)
        self.legend = HeatLegend(self.model)
        self.chart = LongTailChart()
        self.inspector = CellInspector()
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(SUPPLY_MILLISECONDS)
        self.states = StateStack(self._build(), "counts", self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(th.SPACE_L, th.SPACE_M, th.SPACE_L, th.SPACE_L)
        layout.setSpacing(th.SPACE_S)
        layout.addWidget(self.controls)
        layout.addWidget(self.controls.filter_bar)
        layout.addWidget(self.states, 1)
        self._connect()

    # What the window calls

    def refresh(self) -> None:
        """Count anew."""
        self._load(self._wanted)

    def open_payload(self, payload: object) -> None:
        """Show counts by a `CountRequest` or filtered by an `ItemFilter`; the pool has none and shows its items."""
        if isinstance(payload, CountRequest):
            self._load(payload)
        elif isinstance(payload, ItemFilter):
            if (Basis.STATE.value, LabelState.UNLABELLED.text) in payload.where or payload.classes:
                self.page_requested.emit(ITEMS, ShowItems(payload))
                return
            by = self._wanted.by if self._wanted else ()
            self._load(CountRequest(by, None, payload.where) if by or payload.where else None)

    def focus_filter(self) -> None:
        """Open the search of the filter."""
        self.controls.filter_bar.open_search()

    def export_view(self) -> None:
        """Ask for a file and write exactly this view to it."""
        if self._view is None:
            return
        name = "-".join(("counts", *self._view.request.by)).replace(" ", "-")
        self._session.picker.pick(
            self,
            "save-file",
            "view",
            self.tr("Export this view"),
            self._write,
            name_filter=NAME_FILTER,
            suggestion=f"{name}.png",
        )

    # Building

    def _build(self) -> QWidget:
        table = QWidget()
        column = QVBoxLayout(table)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(th.SPACE_XS)
        column.addWidget(self.heat_map, 1)
        column.addWidget(self.legend)
        figures = above("counts-figures", (table, 3), (self.chart, 1))
        panes = beside("counts-panes", (figures, 1), (self.inspector, 0))
        content = QWidget()
        layout = QVBoxLayout(content)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(th.SPACE_M)
        layout.addWidget(self.tiles)
        layout.addWidget(panes, 1)
        return content

    def _connect(self) -> None:
        self.controls.requested.connect(self._load)
        self.controls.mode_chosen.connect(self._on_mode)
        self.controls.order_chosen.connect(self._on_order)
        self.states.retry_clicked.connect(self._retry)
        self.states.empty_button_clicked.connect(self._go_to_data)
        self.heat_map.cell_opened.connect(self._open_cell)
        self.heat_map.cursor_moved.connect(self._on_cursor)
        self.heat_map.planned.connect(self._plan_current)
        self.chart.class_opened.connect(self._open_class)
        self.chart.cursor_moved.connect(self._on_bar)
        self._rest.timeout.connect(self._ask_supply)
        self.tiles.items_clicked.connect(self._open_all)
        self.tiles.classes_clicked.connect(self._go_to_classes)
        self.tiles.imbalance_clicked.connect(self._go_to_smallest)
        self.tiles.tail_clicked.connect(self._go_to_tail)
        self.inspector.items_requested.connect(self._open_current)
        self.inspector.class_requested.connect(self._open_current_class)
        self.inspector.plan_requested.connect(self._plan_current)
        self._session.closed.connect(self._on_closed)

    # Loading

    @Slot(object)
    def _load(self, request: CountRequest | None) -> None:
        self.states.show_loading()
        self._wanted = request

        def work(project: Project, progress: Progress) -> CountView:
            return load_view(project, request, progress)

        self._session.run(
            self.tr("Count"), work, on_done=self._on_loaded, on_failed=self._on_failed, slot="counts-page"
        )

    @Slot(object)
    def _on_loaded(self, view: CountView) -> None:
        if self._session.project is None:
            return  # it was closed meanwhile
        is_new = self._view is None or view.request != self._view.request
        at = self._current_class()
        self._view, self._wanted, self._supply = view, view.request, None
        self.controls.show_view(view)
        if not view.table.rows:
            self._show_nothing(view)
            return
        self.model.set_table(view.table)
        self.tiles.show_view(view)
        self._show_tail()
        self.states.show_content()
        self._go_to_class(at or self.model.class_at(0))
        if is_new:
            self._remember(view.request)

    def _show_nothing(self, view: CountView) -> None:
        title, text = self.tr("Nothing to count yet"), self.tr("Import a dataset to see which classes are short.")
        if view.items:
            title = self.tr("Nothing is labelled yet")
            images = counted(view.items, "image is imported and has", "images are imported and have")
            text = self.tr("{} no label. Import labels to see which classes are short.").format(images)
        self.states.show_empty(title, text, self.tr("Go to Data"))

    @Slot(object)
    def _on_failed(self, error: BaseException) -> None:
        self.states.show_error(error, self.tr("Choose other columns above, or try again."))

    @Slot()
    def _retry(self) -> None:
        self._load(self._view.request if self._view else None)

    @Slot()
    def _on_closed(self) -> None:
        self._view = self._wanted = self._supply = None
        self.model.set_table(None)
        self.chart.set_bars((), "objects")
        self.inspector.clear()
        self.controls.filter_bar.set_axes(())

    def _remember(self, request: CountRequest) -> None:
        project = self._session.project
        if project is None or project.read_only:
            return
        text = write_request(request)

        def work(project: Project, _progress: Progress) -> None:
            from tailwise.usecases.projects import save_draft

            save_draft(project, DRAFT_KEY, text)

        self._session.run(self.tr("Remember the view"), work, lane="ordered", slot="counts-view", quiet=True)

    # Showing

    def _show_tail(self) -> None:
        from tailwise.gui.widgets.long_tail_chart import TailBar

        if self._view is None:
            return
        unit = self._view.table.unit
        bars = [TailBar(row.name, total_of(row, unit), row.tail, row.target) for row in self._view.table.rows]
        self.chart.set_bars(sorted(bars, key=lambda bar: (-bar.count, bar.name)), unit.value)

    @Slot(object)
    def _on_mode(self, mode: ValueMode) -> None:
        at, column = self._current_class(), self.heat_map.currentIndex().column()
        self.model.set_mode(mode)
        self._go_to_class(at, column)

    @Slot(object)
    def _on_order(self, order: RowOrder) -> None:
        at, column = self._current_class(), self.heat_map.currentIndex().column()
        self.model.set_row_order(order)
        self._go_to_class(at, column)

    # The cursor

    def _current_class(self) -> str:
        row = self.heat_map.currentIndex().row()
        return self.model.class_at(row) if 0 <= row < self.model.rowCount() else ""

    def _go_to_class(self, name: str, column: int = -1) -> None:
        row = self.model.row_of(name)
        if row >= 0:
            column = column if column >= 0 else self.heat_map.currentIndex().column()
            index = self.model.index(row, min(max(0, column), self.model.columnCount() - 1))
            self.heat_map.setCurrentIndex(index)
            self.heat_map.scrollTo(index)

    @Slot(int, int)
    def _on_cursor(self, row: int, column: int) -> None:
        if row < 0 or self._view is None:
            self.inspector.clear()
            return
        self.chart.set_current_class(self.model.class_at(row))
        self.selection_described.emit(self.model.sentence(row, column))
        self._show_cell(row, column)
        self._rest.start()

    @Slot(str)
    def _on_bar(self, name: str) -> None:
        self._go_to_class(name)

    def _show_cell(self, row: int, column: int) -> None:
        known = self._supply is not None and self._supply[0] == self.model.where_of(column)
        self.inspector.show_cell(self.model, row, column, self._supply[1] if self._supply and known else None)

    @Slot()
    def _ask_supply(self) -> None:
        """Count the unlabelled images under the cursor's condition: where more of the class could come from."""
        index = self.heat_map.currentIndex()
        if not index.isValid() or self._view is None or self._session.project is None:
            return
        where = self.model.where_of(index.column())
        if self._supply is not None and self._supply[0] == where:
            return
        which = ItemFilter((*where, *self._view.request.where, (Basis.STATE.value, LabelState.UNLABELLED.text)))

        def work(project: Project, progress: Progress) -> tuple[tuple[tuple[str, str], ...], int]:
            from tailwise.usecases.items import find_items

            return where, len(find_items(project, which, progress))

        self._session.run(self.tr("Look into the pool"), work, on_done=self._on_supply, slot="counts-pool", quiet=True)

    @Slot(object)
    def _on_supply(self, supply: tuple[tuple[tuple[str, str], ...], int]) -> None:
        self._supply = supply
        index = self.heat_map.currentIndex()
        if index.isValid():
            self._show_cell(index.row(), index.column())

    # Opening what is behind a number

    def _show_items(self, classes: Sequence[str], where: Sequence[tuple[str, str]]) -> None:
        kept = self._view.request.where if self._view else ()
        # A cell narrows its own axis: the page's alternatives on that axis would otherwise widen it again.
        axes = {axis for axis, _value in where}
        joined = (*(pair for pair in kept if pair[0] not in axes), *where)
        labelled = () if classes else tuple((Basis.STATE.value, s) for s in ("labelled", "empty"))
        self.page_requested.emit(ITEMS, ShowItems(ItemFilter((*joined, *labelled), tuple(classes))))

    @Slot(int, int)
    def _open_cell(self, row: int, column: int) -> None:
        classes = (self.model.class_at(row),) if row >= 0 else ()
        self._show_items(classes, self.model.where_of(column) if column >= 0 else ())

    @Slot(str)
    def _open_class(self, name: str) -> None:
        self._show_items((name,), ())

    @Slot()
    def _open_current(self) -> None:
        index = self.heat_map.currentIndex()
        self._open_cell(index.row(), index.column())

    @Slot()
    def _open_current_class(self) -> None:
        self._open_class(self._current_class())

    @Slot()
    def _open_all(self) -> None:
        self._show_items((), ())

    @Slot()
    def _plan_current(self) -> None:
        if name := self._current_class():
            self.page_requested.emit(PLAN, PlanClass(name, *self.model.missing_at(self.heat_map.currentIndex())))

    @Slot()
    def _go_to_classes(self) -> None:
        self.page_requested.emit(CLASSES, None)

    @Slot()
    def _go_to_data(self) -> None:
        self.page_requested.emit("data", None)

    @Slot()
    def _go_to_smallest(self) -> None:
        if self._view is not None:
            unit = self._view.table.unit
            filled = [row for row in self._view.table.rows if total_of(row, unit)]
            if filled:
                self._go_to_class(min(filled, key=lambda row: total_of(row, unit)).name)
                self.heat_map.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot()
    def _go_to_tail(self) -> None:
        self.chart.setFocus(Qt.FocusReason.OtherFocusReason)

    # Exporting

    @Slot(str)
    def _write(self, path: str) -> None:
        view, project = self._view, self._session.project
        if view is None or project is None:
            return
        heat = figure_of(view, self.model, project.path.name)
        order, font = self.model.row_sources(), self.font()

        def work(progress: Progress) -> ViewFile:
            return write_view(Path(path), view.table, heat, order, font, progress)

        self._session.run_detached(self.tr("Export the view"), work, on_done=self._on_written)

    @Slot(object)
    def _on_written(self, written: ViewFile) -> None:
        text = self.tr("{} written, {}").format(written.path.name, size(written.bytes))
        self._session.announce(ResultLine(text, folder=written.path.parent))

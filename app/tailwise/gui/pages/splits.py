"""The splits page: ask for a split, see asked against achieved, check for leaks, choose the one that counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import QModelIndex, Qt, Signal, Slot
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QHeaderView, QPushButton, QTableView, QVBoxLayout, QWidget

from tailwise.domain.changes import Changes
from tailwise.domain.coverage import Basis, ItemFilter
from tailwise.domain.split import SplitSize
from tailwise.gui import theme as th
from tailwise.gui.actions import KeyHint
from tailwise.gui.models.split_table import (
    ClassSplitTable,
    SplitHistory,
    SplitPairs,
    SplitRecord,
    SplitSizes,
    pairs_of,
    record_of,
)
from tailwise.gui.navigation import EXPORT, ITEMS, ExportThis, ShowItems
from tailwise.gui.session import ResultLine
from tailwise.gui.texts import counted, number
from tailwise.gui.widgets.empty_state import StateStack
from tailwise.gui.widgets.kpi import KpiRow, KpiTile
from tailwise.gui.widgets.record_view import RecordView
from tailwise.gui.widgets.sequence_gaps import SequenceGaps
from tailwise.gui.widgets.share_delegate import ShareDelegate
from tailwise.gui.widgets.split_controls import SplitControls
from tailwise.gui.widgets.split_facts import SliceBar, measures_text, split_panes, text_label, titled

if TYPE_CHECKING:
    from tailwise.domain.coverage import AxisFacts
    from tailwise.domain.split import SplitRequest
    from tailwise.gui.session import Session
    from tailwise.ops.progress import Progress
    from tailwise.usecases.projects import Project
    from tailwise.usecases.split_slice import SliceOutcome
    from tailwise.usecases.splits import StoredSplit

SPLIT_WIDTH = 124
GOOD_SCORE = 0.2
"""Below a fifth of what random dealing gives, a split is called balanced."""


@dataclass(frozen=True, slots=True)
class SplitsView:
    """What the page shows, loaded in one operation. `known` are the splits that can be locked."""

    axes: tuple[AxisFacts, ...]
    known: tuple[str, ...]
    stored: tuple[StoredSplit, ...]
    labelled: int


def load(project: Project, progress: Progress) -> SplitsView:
    """Read the page's content; runs on a worker thread."""
    from tailwise.usecases.projects import project_facts
    from tailwise.usecases.splits import group_keys, list_splits

    facts, stored = project_facts(project, progress), list_splits(project)
    return SplitsView(group_keys(project), tuple(dict(facts.splits)), stored, facts.labelled + facts.empty)


class SplitsPage(QWidget):
    """Controls on top, figures and tables below, stored splits at the foot."""

    key: ClassVar[str] = "splits"
    title: ClassVar[str] = "Splits"
    icon: ClassVar[str] = "splits"
    help_topic: ClassVar[str] = "splits"
    interest: ClassVar[Changes] = Changes.data()

    keys: ClassVar[tuple[KeyHint, ...]] = (
        KeyHint("Ctrl+Return", "Propose a split"),
        KeyHint("P", "Propose a split"),
        KeyHint("L", "Lock the selected split, or unlock it"),
        KeyHint("C", "Compare the split shown with another one"),
        KeyHint("Return", "Open the images of a cell, or of a whole split"),
    )

    page_requested = Signal(str, object)
    selection_described = Signal(str)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._stored: tuple[StoredSplit, ...] = ()
        self._shown: StoredSplit | None = None
        self.controls = SplitControls()
        self.score = KpiTile("imbalance score")
        self.score.setToolTip(self.tr("0 is perfect, 1 as good as random; whole images allow the bound"))
        self.cut = KpiTile("groups cut")
        self.leaks = KpiTile("twins across splits")
        self.empty = KpiTile("classes missing from a split")
        self.sizes = SplitSizes(self)
        self.pairs = SplitPairs(self)
        self.measures = text_label()
        self.gaps = SequenceGaps(session)
        self.slice = SliceBar()
        self.classes = ClassSplitTable(self)
        self.history = SplitHistory(self)
        self.sizes_view = RecordView(self.sizes, self.tr("Sizes of the splits"))
        self.pairs_view = RecordView(self.pairs, self.tr("Pairs of splits"))
        self.history_view = RecordView(self.history, self.tr("Stored splits"))
        self.classes_view = QTableView()
        self.compare = QPushButton(self.tr("Compare…"))
        self.activate = QPushButton(self.tr("Make active"))
        self.hand_out = QPushButton(self.tr("Export…"))
        self.states = StateStack(self._build(), "splits", self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(th.SPACE_L, th.SPACE_M, th.SPACE_L, th.SPACE_L)
        layout.setSpacing(th.SPACE_M)
        layout.addWidget(self.controls)
        layout.addWidget(self.states, 1)
        self._connect()

    def refresh(self) -> None:
        """Load axes and stored splits anew."""
        self.states.show_loading()
        self.selection_described.emit("")
        self._session.run(
            self.tr("Read the splits"),
            load,
            on_done=self._on_loaded,
            on_failed=self.states.show_error,
            slot="splits-page",
        )

    # Building

    def _build(self) -> QWidget:
        self.classes_view.setModel(self.classes)
        self.classes_view.setAccessibleName(self.tr("Images per class and split, achieved of asked"))
        self.classes_view.setAlternatingRowColors(True)
        self.classes_view.setShowGrid(False)
        self.classes_view.setTabKeyNavigation(False)
        self.classes_view.setFont(th.tabular(self.font()))
        self.classes_view.verticalHeader().hide()
        self.classes_view.verticalHeader().setDefaultSectionSize(th.ROW_HEIGHT)
        header = self.classes_view.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultSectionSize(SPLIT_WIDTH)
        header.setMinimumSectionSize(SPLIT_WIDTH)
        self.classes_view.setItemDelegate(ShareDelegate(self.classes_view))
        for view in (self.sizes_view, self.pairs_view, self.history_view):
            view.keep_rows(1)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        for widget in (self.slice, self.compare, self.activate, self.hand_out):
            buttons.addWidget(widget)
        panes = split_panes(
            titled(self.tr("Classes: images achieved of asked"), self.classes_view),
            titled(self.tr("Sizes"), self.sizes_view),
            titled(self.tr("What two splits share"), self.pairs_view),
            titled(self.tr("Neighbours in numbered sequences, active split"), self.gaps),
            titled(self.tr("Stored splits"), self.history_view, buttons),
        )
        content = QWidget()
        layout = QVBoxLayout(content)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(th.SPACE_M)
        layout.addWidget(KpiRow((self.score, self.cut, self.leaks, self.empty)))
        layout.addWidget(self.measures)
        layout.addWidget(panes, 1)
        return content

    def _connect(self) -> None:
        self.controls.proposed.connect(self._propose)
        self.gaps.items_requested.connect(self._on_neighbours)
        self.states.empty_button_clicked.connect(self._go_to_data)
        self.states.retry_clicked.connect(self.refresh)
        self.history_view.record_selected.connect(self._on_selected)
        self.sizes_view.activated.connect(self._open_split)
        self.classes_view.activated.connect(self._open_cell)
        self.compare.clicked.connect(self._compare)
        self.activate.clicked.connect(self._activate)
        self.hand_out.clicked.connect(self._hand_out)
        self.empty.clicked.connect(self._go_to_missing)
        self.slice.wanted.connect(self._open_slice)
        self.compare.setToolTip(self.tr("Which images changed sides since another split (C)"))
        for key, slot in (("P", self.controls.propose.click), ("L", self._toggle_lock), ("C", self.compare.click)):
            shortcut = QShortcut(QKeySequence(key), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(slot)
        self._session.closed.connect(self._on_closed)

    # Loading and asking

    @Slot(object)
    def _on_loaded(self, view: SplitsView) -> None:
        if self._session.project is None:
            return  # it was closed meanwhile
        self._stored = view.stored
        self.controls.set_axes(view.axes, view.known)
        self.controls.setEnabled(view.labelled > 0)
        self.history.set_records([record_of(s) for s in view.stored])
        if not view.labelled:
            self.states.show_empty(
                self.tr("Nothing to split yet"), self.tr("Only labelled images are split."), self.tr("Go to Data")
            )
        elif not view.stored:
            self.states.show_empty(
                self.tr("No split yet"),
                self.tr("{} can be split. Set the ratios above, choose what must stay together, and propose.").format(
                    counted(view.labelled, "labelled image", "labelled images")
                ),
            )
        else:
            self.states.show_content()
            self._show(next((s for s in view.stored if s.is_active), view.stored[0]))
            self.gaps.refresh()

    @Slot(object)
    def _propose(self, request: SplitRequest) -> None:
        def work(project: Project, progress: Progress) -> StoredSplit:
            from tailwise.usecases.splits import compute_split

            return compute_split(project, request, progress)

        self.controls.propose.setEnabled(False)
        handle = self._session.run(self.tr("Split"), work, on_done=self._on_split, slot="compute-split")
        handle.finished.connect(self._on_split_ended)

    @Slot()
    def _on_split_ended(self) -> None:
        self.controls.propose.setEnabled(True)

    @Slot(object)
    def _on_split(self, stored: StoredSplit) -> None:
        images = counted(stored.result.items, "image", "images")
        self._session.announce(
            ResultLine(
                self.tr("{} split, score {}").format(images, f"{stored.result.measures.score:.4f}"),
                "warn" if stored.result.checks.cut_groups or stored.result.checks.leaked_duplicates else "ok",
            )
        )
        self.refresh()

    @Slot()
    def _on_closed(self) -> None:
        self._stored, self._shown = (), None
        self.classes.set_result(None)
        self.sizes.set_records(())
        self.pairs.set_records(())
        self.history.set_records(())

    # Showing

    @Slot(object)
    def _on_selected(self, record: object) -> None:
        if isinstance(record, SplitRecord):
            found = next((s for s in self._stored if s.id == record.id), None)
            if found is not None:
                self._show(found)

    def _show(self, stored: StoredSplit) -> None:
        self._shown = stored
        result = stored.result
        checks, score = result.checks, result.measures.score
        self.score.set_value(
            f"{score:.3f}",
            note=self.tr("0 to 1; bound {}").format(f"{result.measures.lower_bound:.3f}"),
            tone="ok" if score <= GOOD_SCORE else "warn",
        )
        self.cut.set_value(checks.cut_groups, tone="alert" if checks.cut_groups else "ok")
        self.leaks.set_value(checks.leaked_duplicates, tone="alert" if checks.leaked_duplicates else "ok")
        avoidable = checks.empty_cells - checks.unavoidable_empty_cells
        note = self.tr("{} cannot be avoided").format(number(checks.unavoidable_empty_cells))
        self.empty.set_value(
            checks.empty_cells, note=note if checks.empty_cells else "", tone="warn" if avoidable > 0 else "ok"
        )
        self.sizes.set_records(result.sizes)
        self.pairs.set_records(pairs_of(result))
        self.measures.setText(measures_text(result))
        self.classes.set_result(result)
        self.classes_view.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.activate.setEnabled(not stored.is_active)
        self.compare.setEnabled(len(self._stored) > 1)
        groups = counted(result.groups, "group", "groups")
        self.selection_described.emit(f"Split {stored.id}: {counted(result.items, 'image', 'images')} in {groups}")

    # Opening what is behind a number

    @Slot(QModelIndex)
    def _open_split(self, index: QModelIndex) -> None:
        self._open(self.sizes.record(index).split, "")

    @Slot(QModelIndex)
    def _open_cell(self, index: QModelIndex) -> None:
        cell = self.classes.cell(index)
        if cell is not None:
            self._open(cell[1], cell[0])

    def _open(self, split: str, category: str) -> None:
        """Show the items of the active split by filter, those of another by their ids."""
        shown = self._shown
        if shown is None:
            return
        if shown.is_active:
            which = ItemFilter(where=((Basis.SPLIT.value, split),), classes=(category,) if category else ())
            self.page_requested.emit(ITEMS, ShowItems(which, came_from=self.key))
            return

        def work(project: Project, _progress: Progress) -> tuple[str, str, list[int]]:
            from tailwise.usecases.splits import split_items_by_name

            return split, category, split_items_by_name(project, shown.id)[split]

        self._session.run(self.tr("Find the items"), work, on_done=self._on_ids, slot="split-items")

    @Slot(object)
    def _on_ids(self, found: tuple[str, str, list[int]]) -> None:
        split, category, ids = found
        which = ItemFilter(classes=(category,) if category else ())
        title = self.tr("in {}").format(split)
        self.page_requested.emit(ITEMS, ShowItems(which, ids, title, came_from=self.key))

    @Slot()
    def _toggle_lock(self) -> None:
        size = self.sizes_view.selected_record()
        if not isinstance(size, SplitSize):
            self._session.announce(ResultLine(self.tr("Select a split in the table of sizes to lock it"), "note"))
        elif not self.controls.toggle_lock(size.split):
            line = self.tr("{} is not a part of the active split, so it cannot be locked").format(size.split)
            self._session.announce(ResultLine(line, "warn"))

    @Slot(int)
    def _open_slice(self, per_cell: int) -> None:
        by = self.controls.strata.ticked()

        def work(project: Project, progress: Progress) -> SliceOutcome:
            from tailwise.usecases.split_slice import SliceRequest, balanced_slice

            return balanced_slice(project, SliceRequest(per_cell, by), progress)

        self._session.run(self.tr("Draw a balanced slice"), work, on_done=self._on_slice, slot="split-slice")

    @Slot(object)
    def _on_slice(self, found: SliceOutcome) -> None:
        title = self.tr("in a balanced slice of {}, at most {} per cell").format(found.split, found.request.per_cell)
        self._show_ids(title, [row.item_id for row in found.rows])

    @Slot()
    def _go_to_missing(self) -> None:
        for row in range(self.classes.rowCount()):
            for column in range(1, self.classes.columnCount()):
                index = self.classes.index(row, column)
                if str(self.classes.data(index)).startswith("◆"):
                    self.classes_view.setCurrentIndex(index)
                    self.classes_view.setFocus(Qt.FocusReason.OtherFocusReason)
                    return

    @Slot()
    def _compare(self) -> None:
        from tailwise.gui.dialogs.split_compare import SplitCompare

        if self._shown is not None and len(self._stored) > 1:
            dialog = SplitCompare(self._session, self.history.records(), self._shown.id, self)
            dialog.items_wanted.connect(self._show_ids)
            dialog.show()

    @Slot(str, object)
    def _show_ids(self, title: str, ids: list[int]) -> None:
        self.page_requested.emit(ITEMS, ShowItems(ItemFilter(), ids, title, came_from=self.key))

    @Slot()
    def _activate(self) -> None:
        shown = self._shown
        if shown is None:
            return

        def work(project: Project, _progress: Progress) -> Changes:
            from tailwise.usecases.splits import activate_split

            return activate_split(project, shown.id)

        self._session.run(self.tr("Make the split active"), work, lane="ordered", on_done=self._on_activated)

    @Slot(object)
    def _on_activated(self, _changes: Changes) -> None:
        self.refresh()

    @Slot()
    def _hand_out(self) -> None:
        if self._shown is not None:
            self.page_requested.emit(EXPORT, ExportThis("splits", split_id=self._shown.id))

    @Slot()
    def _go_to_data(self) -> None:
        self.page_requested.emit("data", None)

    @Slot(object)
    def _on_neighbours(self, wanted: ShowItems) -> None:
        self.page_requested.emit(ITEMS, wanted)

"""The duplicates page: images that show the same, leaks first, and what is decided about them. Nothing is deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import QEvent, QObject, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QVBoxLayout, QWidget

from tailwise.domain.changes import Changes
from tailwise.domain.duplicates import DuplicateCluster, DuplicateReport, DuplicateRequest, SplitLeak
from tailwise.domain.index import ItemMark, PairVerdict
from tailwise.gui import theme as th
from tailwise.gui.actions import KeyHint
from tailwise.gui.models.duplicate_decisions import DuplicateDecisions
from tailwise.gui.models.duplicate_tables import ClustersTable, LeaksTable
from tailwise.gui.models.duplicate_view import DuplicatesView, load, nothing_texts
from tailwise.gui.models.indexing import index_first
from tailwise.gui.navigation import DATA, ITEMS, ShowItems
from tailwise.gui.session import ResultLine
from tailwise.gui.texts import counted
from tailwise.gui.widgets.banner import Banner
from tailwise.gui.widgets.duplicate_controls import DuplicateControls, ambiguous_text, preview_text
from tailwise.gui.widgets.duplicate_detail import DuplicateDetail
from tailwise.gui.widgets.empty_state import StateStack
from tailwise.gui.widgets.record_view import RecordView
from tailwise.gui.widgets.splitters import above, beside

if TYPE_CHECKING:
    from collections.abc import Callable

    from tailwise.gui.session import Session
    from tailwise.ops.progress import Progress
    from tailwise.usecases.projects import Project

Key = Qt.Key
LEAK_ROWS = 3


class DuplicatesPage(QWidget):
    """Threshold on top, clusters on the left, their images and the reasons on the right."""

    key: ClassVar[str] = "duplicates"
    title: ClassVar[str] = "Duplicates"
    icon: ClassVar[str] = "copy"
    help_topic: ClassVar[str] = "duplicates"
    interest: ClassVar[Changes] = Changes.INDEX | Changes.ITEMS | Changes.ANNOTATIONS | Changes.SPLITS
    keys: ClassVar[tuple[KeyHint, ...]] = (
        KeyHint("K", "Keep this image"),
        KeyHint("E", "Exclude this image from sampling"),
        KeyHint("Shift+K", "Not duplicates: keep all, take the cluster apart"),
        KeyHint("N,P", "Next and previous cluster"),
        KeyHint("C", "Keep the best image, exclude the others, go to the next cluster"),
        KeyHint("V", "Difference of two images, and back; Left and Right choose the other one"),
        KeyHint("M", "Mark this cluster; again on another one merges the two"),
        KeyHint("Delete", "In the reasons: these two images are not the same"),
        KeyHint("Return", "Open the images of the cluster; on a leak: only the clusters between these splits"),
        KeyHint("Escape", "No merging after all; all clusters again"),
        KeyHint("Ctrl+Z,Ctrl+Shift+Z", "Undo and redo"),
    )

    page_requested = Signal(str, object)
    index_requested = Signal()
    selection_described = Signal(str)
    work_left = Signal(str, int)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._view: DuplicatesView | None = None
        self._cluster: DuplicateCluster | None = None
        self._merge_with: int | None = None
        self._is_filling = self._is_asking = False
        self._threshold: float | None = None
        self._between: tuple[str, str] | None = None
        self._rule_clusters: tuple[DuplicateCluster, ...] = ()
        self.decisions = DuplicateDecisions(session, self)
        self.undo_stack = self.decisions.undo_stack
        self.controls = DuplicateControls(self.undo_stack)
        self.banner = Banner()
        self.clusters = ClustersTable(self)
        self.leaks = LeaksTable(self)
        self.clusters_view = RecordView(self.clusters, self.tr("Clusters"))
        self.leaks_view = RecordView(self.leaks, self.tr("Leaks between splits"))
        self.detail = DuplicateDetail(session)
        self.model, self.grid = self.detail.model, self.detail.grid
        self.edges, self.edges_view = self.detail.edges, self.detail.edges_view
        self.states = StateStack(self._build(), "copy", self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(th.SPACE_L, th.SPACE_M, th.SPACE_L, th.SPACE_L)
        layout.addWidget(self.states)
        self._connect()

    # What the window calls

    def refresh(self) -> None:
        """Form the clusters anew from stored pairs."""
        self.states.show_loading()
        threshold, bursts = self._threshold, self.controls.bursts.isChecked()
        self._session.run(
            self.tr("Read the duplicates"),
            lambda project, progress: load(project, progress, threshold, bursts),
            on_done=self._on_loaded,
            on_failed=self.states.show_error,
            slot="duplicates-page",
            quiet=True,
        )

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take the page's keys from its three lists; a letter would otherwise search for a row."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and self._on_key(watched, event):
            return True
        return super().eventFilter(watched, event)

    # Building

    def _build(self) -> QWidget:
        self.leaks_view.keep_rows(LEAK_ROWS)
        left = above("duplicates-clusters", (self.clusters_view, 4), (self.leaks_view, 1))
        panes = beside("duplicates-panes", (left, 2), (self.detail, 3))
        panes.setSizes([430, 620])
        content = QWidget()
        layout = QVBoxLayout(content)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(th.SPACE_S)
        layout.addWidget(self.controls)
        layout.addWidget(self.banner)
        layout.addWidget(panes, 1)
        return content

    def _connect(self) -> None:
        self.controls.threshold.changed.connect(self._on_threshold)
        self.controls.bursts.toggled.connect(self.refresh)
        self.controls.apply.clicked.connect(self._apply)
        self.controls.search.clicked.connect(self.find_duplicates)
        self.controls.rule_requested.connect(self._preview_rule)
        self.clusters_view.record_selected.connect(self._on_cluster)
        self.clusters_view.doubleClicked.connect(self._open_images)
        self.leaks_view.doubleClicked.connect(self._only_leak)
        self.grid.item_opened.connect(self._open_images)
        self.states.retry_clicked.connect(self.refresh)
        self.states.empty_button_clicked.connect(self._on_empty_button)
        self._session.closed.connect(self._on_closed)
        self.decisions.failed.connect(self._on_not_stored)
        for view in (self.clusters_view, self.leaks_view, self.grid, self.detail.difference, self.edges_view):
            view.installEventFilter(self)

    # Loading

    @Slot(object)
    def _on_loaded(self, view: DuplicatesView) -> None:
        if self._session.project is None:
            return
        self._view = view
        if not view.state.indexed or (not view.report.compared and not view.report.clusters):
            self.states.show_empty(*nothing_texts(view.state, is_searched=view.is_searched))
            return
        report = view.report
        self.controls.threshold.set_threshold(report.threshold)
        self.controls.threshold.set_histogram(report.histogram)
        self.controls.apply.setEnabled(view.applied != report.threshold)
        self.controls.show_facts(view)
        self.work_left.emit(self.key, report.undecided)
        self.leaks.set_records(report.leaks)
        self.leaks_view.setVisible(bool(report.leaks))
        if not any(self._between == (leak.a_split, leak.b_split) for leak in report.leaks):
            self._between = None
        self._fill()
        self.states.show_content()

    def _fill(self) -> None:
        """List the clusters, all or those of one leak; the cursor stays on its cluster, or else in its row."""
        if self._view is None:
            return
        clusters = self._view.between(self._between)
        at, kept = self.clusters_view.currentIndex().row(), self._cluster.id if self._cluster else -1
        self._is_filling = True
        self.clusters.set_records(clusters)
        self._is_filling = False
        if clusters:
            row = self.clusters.row_of(kept)
            self.clusters_view.select_row(row if row >= 0 else min(max(at, 0), len(clusters) - 1))
        else:
            self._on_cluster(None)

    @Slot()
    def _on_closed(self) -> None:
        self._view = self._cluster = self._merge_with = self._threshold = self._between = None
        self._rule_clusters = ()
        self.undo_stack.clear()
        self.banner.hide()
        self.clusters.set_records(())
        self.detail.show_cluster(None, {})
        self.detail.loader.clear()

    @Slot()
    def _on_empty_button(self) -> None:
        state = self._view.state if self._view else None
        if state is None or not state.has_pictures:
            self.page_requested.emit(DATA, None)
        elif not state.indexed:
            self.index_requested.emit()
        else:
            self.find_duplicates()

    # Searching

    @Slot()
    def find_duplicates(self) -> None:
        """Index images that are new or changed, then compare what was not compared yet."""
        request = self._request()

        def work(project: Project, progress: Progress) -> DuplicateReport:
            from tailwise.usecases.near_duplicates import find_duplicates

            return index_first(project, progress, lambda: find_duplicates(project, request, progress))

        self._session.run(self.tr("Find duplicates"), work, on_done=self._on_found, slot="duplicates-search")

    def _request(self) -> DuplicateRequest:
        chosen = self.controls
        return DuplicateRequest(
            chosen.threshold.threshold(), bursts=chosen.bursts.isChecked(), turned=chosen.turned.isChecked()
        )

    @Slot(object)
    def _on_found(self, report: DuplicateReport) -> None:
        leaking = sum(leak.pairs for leak in report.leaks)
        found, images = report.in_clusters, counted(report.images, "image", "images")
        text = self.tr("{} of {} show the same").format(f"{found:,}", images) if found else ""
        text = text or self.tr("None of {} shows the same as another").format(images)
        leaks = self.tr(", {} across splits").format(counted(leaking, "pair", "pairs")) if leaking else ""
        self._session.announce(ResultLine(f"{text}{leaks}.", tone="warn" if leaking else "ok"))

    @Slot(float)
    def _on_threshold(self, threshold: float) -> None:
        self._threshold = threshold
        self.refresh()

    @Slot()
    def _apply(self) -> None:
        request = self._request()

        def work(project: Project, progress: Progress) -> DuplicateReport:
            from tailwise.usecases.near_duplicates import apply_clusters

            progress.stage("Forming clusters")
            return apply_clusters(project, request)

        self._session.run(self.tr("Use the threshold"), work, lane="ordered", on_done=self._on_found)

    # The current cluster

    @Slot(object)
    def _on_cluster(self, record: object) -> None:
        if self._is_filling:
            return  # the table says that nothing is selected while it is being filled
        one = record if isinstance(record, DuplicateCluster) else None
        self._cluster = one
        self.detail.show_cluster(one, self._view.names if self._view is not None else {})
        if one is None:
            return
        leak = self.tr(", a leak") if one.is_leak else ""
        self.selection_described.emit(f"cluster {one.id}: {counted(len(one.items), 'image', 'images')}{leak}")

    @Slot()
    def _open_images(self) -> None:
        if self._cluster is not None:
            title = self.tr("in cluster {}").format(self._cluster.id)
            self.page_requested.emit(ITEMS, ShowItems(ids=self._cluster.items, title=title, came_from=self.key))

    def _step(self, by: int) -> None:
        if self._is_asking:
            self._is_asking = False
            self.banner.hide()
        row = self.clusters_view.currentIndex().row() + by
        if 0 <= row < len(self.clusters.records()):
            self.clusters_view.select_row(row)

    # Deciding

    def _on_key(self, watched: QObject, event: QKeyEvent) -> bool:
        if event.matches(QKeySequence.StandardKey.Undo):
            self.undo_stack.undo()
        elif event.matches(QKeySequence.StandardKey.Redo):
            self.undo_stack.redo()
        elif watched is self.edges_view and event.key() in {Key.Key_Delete, Key.Key_Backspace}:
            self._take_edge_apart()
        elif watched in {self.clusters_view, self.leaks_view} and event.key() in {Key.Key_Return, Key.Key_Enter}:
            self._only_leak() if watched is self.leaks_view else self._open_images()
        elif event.key() == Key.Key_Escape and self._merge_with is not None:
            self._merge_with = None
            self.banner.hide()
        elif event.key() == Key.Key_Escape and self._between is not None:
            self._show_all()
        else:
            return self._on_letter(event)
        return True

    def _on_letter(self, event: QKeyEvent) -> bool:
        shift = event.modifiers() == Qt.KeyboardModifier.ShiftModifier
        if event.modifiers() and not shift:
            return False
        verbs: dict[tuple[int, bool], Callable[[], None]] = {
            (Key.Key_K, False): lambda: self._mark(ItemMark.KEEP),
            (Key.Key_E, False): lambda: self._mark(ItemMark.EXCLUDE),
            (Key.Key_K, True): self._take_apart,
            (Key.Key_N, False): lambda: self._step(1),
            (Key.Key_P, False): lambda: self._step(-1),
            (Key.Key_C, False): self._resolve,
            (Key.Key_M, False): self._merge,
            (Key.Key_V, False): self.detail.look.toggle,
        }
        verb = verbs.get((event.key(), shift))
        if verb is not None:
            verb()
        return verb is not None

    def _mark(self, mark: ItemMark) -> None:
        item = self.detail.current_item()
        if self._cluster is not None and item is not None:
            self.decisions.mark(self._cluster, item, mark, self.controls.reason.currentText().strip())

    def _resolve(self) -> None:
        one = self._cluster
        if one is not None and one.is_ambiguous:
            self._is_asking = True
            self.banner.show_text(ambiguous_text(one), tone="warn")
        elif one is not None:
            self.decisions.resolve(one, self.controls.reason.currentText().strip())
            self._step(1)

    @Slot(str)
    def _preview_rule(self, rule: str) -> None:
        """Say what the rule would do with all undecided clusters, and ask."""
        if self._view is not None:
            self._rule_clusters = tuple(one for one in self._view.report.clusters if not one.is_resolved)
            self.banner.show_text(preview_text(self._rule_clusters, rule))
            self.banner.add_action(self.tr("Apply"), self._keep_best_of_all)

    @Slot()
    def _keep_best_of_all(self) -> None:
        from tailwise.usecases.duplicate_review import KeepRule

        self.banner.hide()
        reason = self.controls.reason.currentText().strip()
        rule = KeepRule(self.controls.keeps.currentData())
        self.decisions.keep_best(self._rule_clusters, self.tr("keep the best of each"), reason, rule)

    @Slot()
    def _only_leak(self) -> None:
        """List the clusters between the two splits of the leak under the cursor, or all of them again."""
        leak = self.leaks_view.selected_record()
        if not isinstance(leak, SplitLeak):
            return
        pair = (leak.a_split, leak.b_split)
        if pair == self._between:
            self._show_all()
            return
        self._between = pair
        self._fill()
        self.banner.show_text(self.tr("Only clusters that lie in {} and in {}.").format(*pair))
        self.banner.add_action(self.tr("Show all"), self._show_all)

    @Slot()
    def _show_all(self) -> None:
        self._between = None
        self.banner.hide()
        self._fill()

    def _take_apart(self) -> None:
        if self._cluster is not None:
            self.decisions.take_apart(self._cluster)

    def _take_edge_apart(self) -> None:
        row = self.edges_view.currentIndex()
        if row.isValid():
            edge = self.edges.record(row).edge
            self.decisions.say(edge.a, edge.b, PairVerdict.DIFFERENT)

    def _merge(self) -> None:
        """Mark this cluster, or merge it with the one that is marked."""
        one, marked = self._cluster, self._merge_with
        if one is None:
            return
        self._merge_with = one.id if marked is None else None
        self.banner.setVisible(marked is None)
        if marked is None:
            self.banner.show_text(self.tr("Press M on another cluster to merge it with {}, or Esc.").format(one.id))
        elif marked != one.id:
            self.decisions.say(marked, one.id, PairVerdict.SAME)

    @Slot(object)
    def _on_not_stored(self, error: BaseException) -> None:
        self.banner.show_text(self.tr("Not stored: {}").format(error), tone="alert")

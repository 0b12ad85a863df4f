"""Labels that look wrong: the least believed first, each with its picture and the examples it resembles."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QModelIndex, QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QComboBox, QDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from tailwise.domain.changes import Changes
from tailwise.gui import theme as th
from tailwise.gui.models.doubt_table import DoubtsView, DoubtTable, load_doubts, nothing_doubted
from tailwise.gui.session import ResultLine
from tailwise.gui.texts import counted, number
from tailwise.gui.widgets.doubt_detail import DoubtDetail
from tailwise.gui.widgets.empty_state import StateStack
from tailwise.gui.widgets.op_bar import OpRow
from tailwise.gui.widgets.record_view import RecordView
from tailwise.gui.widgets.splitters import beside

if TYPE_CHECKING:
    from tailwise.gui.op_runner import OpHandle
    from tailwise.gui.session import Session
    from tailwise.ops.progress import Progress
    from tailwise.usecases.doubt_cards import DoubtCard
    from tailwise.usecases.projects import Project

AHEAD: Final = 4
"""Rows whose pictures are decoded beside the selected one."""
SIZE: Final = (1080, 640)
STALE_AFTER: Final = Changes.data() | Changes.INDEX


class LabelDoubtsDialog(QDialog):
    """Not modal. Weighs the labels when shown; closing it cancels that, as nothing of it is stored."""

    items_wanted = Signal(str, object)  # what they are, item ids
    index_wanted = Signal()
    data_wanted = Signal()

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session
        self._view = DoubtsView()
        self._looks = 0
        self._running: OpHandle | None = None
        self._row: OpRow | None = None
        self.setObjectName("label-doubts")
        self.setWindowTitle(self.tr("Doubted labels"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumSize(640, 420)
        self.resize(*SIZE)
        self.sentence = QLabel()
        self.sentence.setWordWrap(True)
        self.sentence.setTextFormat(Qt.TextFormat.PlainText)
        self.classes = QComboBox()
        self.classes.setAccessibleName(self.tr("Class a label has or looks like"))
        self.classes.setMinimumWidth(200)
        self.table = DoubtTable(self)
        self.rows = RecordView(self.table, self.tr("Doubted labels"))
        self.detail = DoubtDetail(session)
        panes = beside("label-doubts-panes", (self.rows, 3), (self.detail, 2))
        panes.setSizes([640, 400])
        self.states = StateStack(panes, "target")
        self.stale = QLabel(self.tr("The project has changed since these labels were weighed."))
        self.stale.setWordWrap(True)
        self.again = QPushButton(self.tr("Look again"))
        self.save = QPushButton(self.tr("Save as CSV…"))
        self.open_item = QPushButton(self.tr("Open the item"))
        self._lay_out()
        self._connect()
        session.settings.restore_splitter(panes)
        self.look()

    @Slot()
    def look(self) -> None:
        """Weigh all labels anew."""
        if self._session.project is None:
            return
        self._end_row()
        self.stale.hide()
        self.states.show_loading()
        look = self._looks = self._looks + 1

        def work(project: Project, progress: Progress) -> DoubtsView:
            return load_doubts(project, progress, look)

        handle = self._session.run(
            self.tr("Weigh the labels"), work,
            on_done=self._on_loaded, on_failed=self._on_failed, slot="label-doubts", quiet=True,
        )  # fmt: skip
        self._running, self._row = handle, OpRow(handle, self)
        self._head.insertWidget(0, self._row)
        handle.progressed.connect(self._row.show_progress)
        handle.cancelled.connect(self._on_cancelled)
        self._row.appear()
        self._allow()

    def done(self, result: int) -> None:
        """Close, and cancel what runs."""
        if self._running is not None:
            self._running.cancel()
        super().done(result)

    def _lay_out(self) -> None:
        label = QLabel(self.tr("Class"))
        label.setBuddy(self.classes)
        top = QHBoxLayout()
        top.setSpacing(th.SPACE_S)
        top.addWidget(label)
        top.addWidget(self.classes)
        top.addWidget(self.sentence, 1)
        self._head = QVBoxLayout()
        self._head.setSpacing(th.SPACE_S)
        self._head.addLayout(top)
        self._head.addWidget(self.stale)
        self.stale.hide()
        close = QPushButton(self.tr("Close"))
        close.clicked.connect(self.close)
        verbs = QHBoxLayout()
        verbs.setSpacing(th.SPACE_S)
        for button in (self.open_item, self.save, self.again, close):
            button.setAutoDefault(False)  # Enter belongs to the table
            verbs.addWidget(button)
        verbs.insertStretch(verbs.count() - 1, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(th.SPACE_L, th.SPACE_L, th.SPACE_L, th.SPACE_L)
        layout.setSpacing(th.SPACE_M)
        layout.addLayout(self._head)
        layout.addWidget(self.states, 1)
        layout.addLayout(verbs)

    def _connect(self) -> None:
        self.classes.activated.connect(self._show_rows)
        self.rows.record_selected.connect(self._on_selected)
        self.rows.activated.connect(self._on_activated)
        self.again.clicked.connect(self.look)
        self.save.clicked.connect(self._choose_csv)
        self.open_item.clicked.connect(self._open_selected)
        self.states.retry_clicked.connect(self.look)
        self.states.empty_button_clicked.connect(self._on_empty_button)
        for keys, slot in (
            ("Z", self.detail.toggle_zoom),
            ("Ctrl+F", self.classes.setFocus),
            ("Ctrl+E", self.save.click),
            ("F5", self.again.click),
        ):
            QShortcut(QKeySequence(keys), self).activated.connect(slot)
        self.again.setToolTip(self.tr("Weigh all labels anew (F5)"))
        self.save.setToolTip(self.tr("Write the rows shown (Ctrl+E)"))
        self.open_item.setToolTip(self.tr("Show it on the Items page (Enter)"))
        self._session.changed.connect(self._on_changed)
        self._session.closed.connect(self.close)

    # What came of it

    @Slot(object)
    def _on_loaded(self, view: DoubtsView) -> None:
        self._end_row()
        self._view = view
        self.detail.forget()
        self.sentence.setText(view.sentences())
        chosen = self.classes.currentData()
        with QSignalBlocker(self.classes):
            self.classes.clear()
            self.classes.addItem(self.tr("All classes  ·  {}").format(number(len(view.cards))), "")
            for name, labels in view.classes():
                self.classes.addItem(f"{name}  ·  {number(labels)}", name)
            self.classes.setCurrentIndex(max(0, self.classes.findData(chosen)))
        if view.cards:
            self.states.show_content()
            self.rows.setFocus(Qt.FocusReason.OtherFocusReason)
        elif view.missing is not None:
            self.states.show_empty(view.missing.title, view.missing.text, view.missing.button)
        elif view.found is not None:
            self.states.show_empty(self.tr("No label is doubted"), nothing_doubted(view.found))
        self._show_rows()

    @Slot(object)
    def _on_failed(self, error: BaseException) -> None:
        self._forget()
        self.states.show_error(error)

    @Slot()
    def _on_cancelled(self) -> None:
        """Say so where there is nothing to show; labels weighed before stay."""
        if self._running is None or not self._running.is_cancel_requested:
            return  # another look has begun
        self._end_row()
        if self.states.state != "content":
            self._forget()
            self.states.show_empty(
                self.tr("The labels were not weighed"), self.tr("It was cancelled."), self.tr("Look again")
            )
        self._allow()

    @Slot(object)
    def _on_changed(self, changes: Changes) -> None:
        if not changes & STALE_AFTER:
            return
        if self.states.state == "content" and self._running is None:
            self.stale.show()
        else:
            self.look()

    def _forget(self) -> None:
        self._end_row()
        self._view = DoubtsView()
        self.sentence.clear()
        self.table.set_records(())
        self.detail.forget()
        self._allow()

    def _end_row(self) -> None:
        if self._row is not None:
            self._row.hide()
            self._row.deleteLater()
        self._running, self._row = None, None

    def _allow(self) -> None:
        """Allow what can be done now."""
        self.classes.setEnabled(bool(self._view.cards))
        self.save.setEnabled(bool(self._view.cards))
        self.open_item.setEnabled(self.rows.selected_record() is not None)
        self.again.setEnabled(self._running is None and self._view.missing is None)

    # Rows

    @Slot()
    def _show_rows(self) -> None:
        self.table.set_records(self._view.of_class(self.classes.currentData() or ""))
        self.rows.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        if self.table.records():
            self.rows.select_row(0)
        self._allow()

    @Slot(object)
    def _on_selected(self, card: DoubtCard | None) -> None:
        row = self.rows.currentIndex().row()
        self.detail.show_cards(() if card is None else self.table.records()[row : row + 1 + AHEAD])
        self.open_item.setEnabled(card is not None)

    @Slot(QModelIndex)
    def _on_activated(self, index: QModelIndex) -> None:
        doubt = self.table.record(index).doubt
        title = self.tr("labelled {}, looks like {}").format(doubt.class_name, doubt.looks_like)
        self.items_wanted.emit(title, [doubt.item])

    @Slot()
    def _open_selected(self) -> None:
        index = self.rows.currentIndex()
        if index.isValid():
            self._on_activated(index)

    @Slot()
    def _on_empty_button(self) -> None:
        missing = self._view.missing
        if missing is None:
            self.look()
        elif missing.is_index:
            self.index_wanted.emit()
        else:
            self.data_wanted.emit()

    # CSV

    @Slot()
    def _choose_csv(self) -> None:
        self._session.picker.pick(
            self, "save-file", "label-doubts", self.tr("Save doubted labels"), self.save_csv,
            name_filter=self.tr("CSV files (*.csv)"), suggestion="doubted-labels.csv",
        )  # fmt: skip

    @Slot(str)
    def save_csv(self, path: str) -> None:
        """Write the rows shown, in the order shown."""
        to, doubts = Path(path), [card.doubt for card in self.table.records()]

        def work(progress: Progress) -> ResultLine:
            from tailwise.usecases.doubt_cards import write_doubts_csv

            write_doubts_csv(doubts, to, progress)
            written = counted(len(doubts), "doubted label", "doubted labels")
            return ResultLine(f"{written} written to {to.name}.", folder=to.parent)

        self._session.run_detached(self.tr("Save doubted labels"), work, on_done=self._session.announce)

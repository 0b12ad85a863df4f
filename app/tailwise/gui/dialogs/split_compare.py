"""Two stored splits side by side: which images changed sides, and what that did to every class."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, Qt, Signal, Slot
from PySide6.QtWidgets import QComboBox, QDialog, QDialogButtonBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from tailwise.gui import theme as th
from tailwise.gui.models.diff_table import DiffTable, number_row, request_row
from tailwise.gui.models.record_table import Column, RecordTable
from tailwise.gui.widgets.record_view import RecordView
from tailwise.gui.widgets.splitters import above

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tailwise.domain.split_diff import SplitDiff, SplitMove
    from tailwise.gui.models.split_table import SplitRecord
    from tailwise.gui.session import Session
    from tailwise.ops.progress import Progress
    from tailwise.usecases.projects import Project

NOWHERE = "no split"
MEASURE_PLACES = 4


class SplitCompare(QDialog):
    """Not modal. The images of a line of moves are opened by Enter or a double click.

    Compares a split first with the one made before it, else with the next one.
    """

    items_wanted = Signal(str, object)  # where they were and are, item ids

    def __init__(self, session: Session, stored: Sequence[SplitRecord], after: int, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session
        self.setObjectName("split-compare")
        self.setWindowTitle(self.tr("Compare splits"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumSize(560, 420)
        self.resize(720, 620)
        self.before, self.after = QComboBox(), QComboBox()
        self.sentence = QLabel()
        self.sentence.setWordWrap(True)
        self.moves: RecordTable[SplitMove] = RecordTable(
            (
                Column("Was in", lambda m: m.before or NOWHERE, width=0),
                Column("Is in", lambda m: m.after or NOWHERE, width=0),
                Column("Images", lambda m: len(m.item_ids), width=10),
            ),
            self,
        )
        self.changes = DiffTable(self)
        self.moves_view = RecordView(self.moves, self.tr("Images that changed sides"))
        self._lay_out()
        for box in (self.before, self.after):
            box.activated.connect(self._ask)
        self.moves_view.activated.connect(self._open)
        session.closed.connect(self.close)
        self._offer(sorted(stored, key=lambda record: -record.id), after)
        self._ask()

    def show_diff(self, diff: SplitDiff) -> None:
        """Show what differs."""
        self.sentence.setText(diff.sentence())
        self.moves.set_records(diff.moves)
        rows = [number_row("Measure", change, MEASURE_PLACES) for change in diff.measures]
        rows += [number_row("Size", change) for change in diff.sizes]
        rows += [number_row("Class", change) for change in diff.classes]
        self.changes.set_records(rows + [request_row(change) for change in diff.request])

    def _offer(self, stored: Sequence[SplitRecord], after: int) -> None:
        for record in stored:
            active = self.tr(", active") if record.is_active else ""
            for box in (self.before, self.after):
                box.addItem(self.tr("Split {}: {}{}").format(record.id, record.ratios, active), record.id)
        ids = [record.id for record in stored]
        self.after.setCurrentIndex(ids.index(after))
        self.before.setCurrentIndex(next((at for at, number in enumerate(ids) if number < after), len(ids) - 2))

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(th.SPACE_S)
        for text, box in ((self.tr("From"), self.before), (self.tr("to"), self.after)):
            label = QLabel(text)
            label.setBuddy(box)
            box.setAccessibleName(self.tr("Split to compare {}").format(text.lower()))
            top.addWidget(label)
            top.addWidget(box, 1)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.close)
        changes = RecordView(self.changes, self.tr("What differs between the two splits"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(th.SPACE_L, th.SPACE_L, th.SPACE_L, th.SPACE_L)
        layout.setSpacing(th.SPACE_M)
        layout.addLayout(top)
        layout.addWidget(self.sentence)
        layout.addWidget(above("split-compare-panes", (self.moves_view, 1), (changes, 2)), 1)
        layout.addWidget(buttons)

    @Slot()
    def _ask(self) -> None:
        before, after = int(self.before.currentData()), int(self.after.currentData())

        def work(project: Project, _progress: Progress) -> SplitDiff:
            from tailwise.usecases.split_diff import compare_splits

            return compare_splits(project, before, after)

        self._session.run(
            self.tr("Compare two splits"), work, lane="ordered", on_done=self._on_compared, slot="split-compare"
        )

    @Slot(object)
    def _on_compared(self, diff: SplitDiff) -> None:
        self.show_diff(diff)

    @Slot(QModelIndex)
    def _open(self, index: QModelIndex) -> None:
        move = self.moves.record(index)
        title = self.tr("moved from {} to {}").format(move.before or NOWHERE, move.after or NOWHERE)
        self.items_wanted.emit(title, list(move.item_ids))

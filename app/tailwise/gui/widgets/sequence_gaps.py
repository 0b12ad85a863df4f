"""How near the splits come to each other within numbered sequences: a sentence and a table, for the splits page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QLabel, QLayout, QSizePolicy, QVBoxLayout, QWidget

from tailwise.gui import theme as th
from tailwise.gui.models.condition_tables import SequenceTable
from tailwise.gui.navigation import SPLITS, ShowItems
from tailwise.gui.texts import counted, number
from tailwise.gui.widgets.record_view import RecordView

if TYPE_CHECKING:
    from PySide6.QtCore import QModelIndex

    from tailwise.gui.session import Session
    from tailwise.ops.progress import Progress
    from tailwise.usecases.projects import Project
    from tailwise.usecases.sequences import SequenceReport


class SequenceGaps(QWidget):
    """Call `refresh` when the split or the items changed; it reads file names only."""

    items_requested = Signal(object)  # ShowItems: the neighbours of the row that was opened

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.summary = QLabel(self)
        self.summary.setWordWrap(True)
        self.summary.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.table = SequenceTable(self)
        self.view = RecordView(self.table, self.tr("Sequences across splits"), self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(th.SPACE_XS)
        layout.setSizeConstraint(QLayout.SizeConstraint.SetMinAndMaxSize)  # a sentence alone takes no table's space
        layout.addWidget(self.summary)
        layout.addWidget(self.view, 1)
        self.view.activated.connect(self._on_activated)

    def refresh(self) -> None:
        """Measure anew."""

        def work(project: Project, progress: Progress) -> SequenceReport:
            from tailwise.usecases.sequences import audit_sequences

            return audit_sequences(project, progress)

        if self._session.project is not None:
            self._session.run(self.tr("Audit sequences"), work, on_done=self.show_report, slot="sequences", quiet=True)

    @Slot(object)
    def show_report(self, report: SequenceReport) -> None:
        """Show an audit."""
        self.table.set_records(report.gaps)
        self.view.setVisible(bool(report.gaps))
        self.summary.setText(self._sentence(report))

    def _sentence(self, report: SequenceReport) -> str:
        if not report.sequences:
            return self.tr("✓ No file names are numbered in sequence.")
        found = counted(report.sequences, "numbered sequence", "numbered sequences")
        if not report.gaps:
            return self.tr("✓ {found}; none reaches into two splits.").format(found=found)
        sign = "▲" if report.close else "✓"
        return self.tr("{sign} {found}; {close} neighbours in two splits are at most {n} frames apart.").format(
            sign=sign, found=found, close=number(report.close), n=report.close_frames
        )

    @Slot("QModelIndex")
    def _on_activated(self, index: QModelIndex) -> None:
        gap = self.table.record(index)
        ids = [item for pair in gap.examples for item in (pair.a_item, pair.b_item)]
        title = f"next to each other in {gap.a_split} and {gap.b_split}"
        self.items_requested.emit(ShowItems(ids=ids, title=title, came_from=SPLITS))

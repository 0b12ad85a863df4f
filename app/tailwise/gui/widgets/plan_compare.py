"""Two plans side by side: what was asked for, what is to be labelled, and what comes of it; only what differs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from tailwise.gui import theme as th
from tailwise.gui.models import plan_view
from tailwise.gui.models.diff_table import DiffRow, DiffTable, number_row, request_row
from tailwise.gui.widgets.record_view import RecordView

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tailwise.domain.plan_diff import PlanDiff
    from tailwise.gui.models.plan_view import PlanEntry
    from tailwise.gui.session import Session
    from tailwise.ops.progress import Progress
    from tailwise.usecases.projects import Project


def diff_rows(diff: PlanDiff) -> list[DiffRow]:
    """Return what differs as rows: totals first, then classes, items and the request."""
    rows = [
        number_row(part, change)
        for part, changes in (("Total", diff.totals), ("Class", diff.classes), ("Items", diff.lines))
        for change in changes
    ]
    return rows + [request_row(change) for change in diff.request]


class PlanCompare(QWidget):
    """The plan shown is compared with an earlier one, to be chosen."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.earlier = QComboBox()
        self.sentence = QLabel()
        self.table = DiffTable(self)
        self.view = RecordView(self.table, self.tr("What differs between the two plans"))
        self._after = 0
        self._lay_out()
        self.earlier.activated.connect(self._ask)

    def show_plans(self, plans: Sequence[PlanEntry], after: int) -> None:
        """Offer plans, newest first, to compare the plan `after` with; the one before it is chosen."""
        before = self.earlier.currentData()
        blocker = QSignalBlocker(self.earlier)
        self.earlier.clear()
        for plan in plans:
            if plan.id != after:
                self.earlier.addItem(plan.title, plan.id)
        kept = self.earlier.findData(before) if after == self._after else -1
        older = [at for at in range(self.earlier.count()) if int(self.earlier.itemData(at)) < after]
        self.earlier.setCurrentIndex(kept if kept >= 0 else older[0] if older else 0)
        del blocker
        self._after = after

    @Slot()
    def ask(self) -> None:
        """Ask for the comparison chosen."""
        self._ask(self.earlier.currentIndex())

    def show_diff(self, diff: PlanDiff) -> None:
        """Show what differs."""
        rows = diff_rows(diff)
        self.table.set_records(rows)
        self.sentence.setText(
            self.tr("{} → {}: no difference").format(diff.before, diff.after)
            if diff.is_same
            else self.tr("{} → {}").format(diff.before, diff.after)
        )

    def text(self) -> str:
        """Return the comparison as tab-separated lines, for a spreadsheet."""
        lines = ["part\twhat\tbefore\tafter\tchange"]
        lines += [f"{r.part}\t{r.what}\t{r.before}\t{r.after}\t{r.change}" for r in self.table.records()]
        return "\n".join(lines)

    def _lay_out(self) -> None:
        self.earlier.setAccessibleName(self.tr("Plan to compare with"))
        self.earlier.setMinimumContentsLength(32)
        label = QLabel(self.tr("Compare with"))
        label.setProperty("role", "muted")
        label.setBuddy(self.earlier)
        copy = QPushButton(self.tr("Copy the comparison"))
        copy.clicked.connect(self._copy)
        top = QHBoxLayout()
        top.setSpacing(th.SPACE_S)
        top.addWidget(label)
        top.addWidget(self.earlier)
        top.addWidget(self.sentence, 1)
        top.addWidget(copy)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(th.SPACE_S)
        layout.addLayout(top)
        layout.addWidget(self.view, 1)

    @Slot(int)
    def _ask(self, position: int) -> None:
        if position < 0 or not self._after or self._session.project is None:
            return
        before, after = int(self.earlier.itemData(position)), self._after

        def work(project: Project, _progress: Progress) -> PlanDiff:
            return plan_view.difference(project, before, after)

        self._session.run(
            self.tr("Compare two plans"), work, lane="ordered", on_done=self._on_compared, slot="plan-compare"
        )

    @Slot(object)
    def _on_compared(self, diff: PlanDiff) -> None:
        self.show_diff(diff)

    @Slot()
    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.text())

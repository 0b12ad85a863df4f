"""Two plans side by side: what was asked for, what is to be labelled, and what comes of it; only what differs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from tailwise.gui import theme as th
from tailwise.gui.models import plan_view
from tailwise.gui.models.plan_table import NumberTable
from tailwise.gui.models.record_table import Column
from tailwise.gui.number_text import NOTHING, trimmed
from tailwise.gui.widgets.record_view import RecordView

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtCore import QObject

    from tailwise.domain.plan_diff import NumberChange, PlanDiff
    from tailwise.gui.models.plan_view import PlanEntry
    from tailwise.gui.session import Session
    from tailwise.ops.progress import Progress
    from tailwise.usecases.projects import Project


@dataclass(frozen=True, slots=True)
class DiffRow:
    """One line of the comparison, as shown."""

    part: str
    what: str
    before: str
    after: str
    change: str
    size: float


class DiffTable(NumberTable[DiffRow]):
    """What differs, part by part."""

    numbers = frozenset({"Before", "After", "Change"})

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(
            (
                Column("Part", lambda row: row.part, width=14),
                Column("What", lambda row: row.what, tip=lambda row: row.what, width=0),
                Column("Before", lambda row: row.before, tip=lambda row: row.before, width=16),
                Column("After", lambda row: row.after, tip=lambda row: row.after, width=16),
                Column("Change", lambda row: row.change, lambda row: row.size, width=16),
            ),
            parent,
        )


def diff_rows(diff: PlanDiff) -> list[DiffRow]:
    """Return what differs as rows: totals first, then classes, items and the request."""
    rows = [
        _row(part, change)
        for part, changes in (("Total", diff.totals), ("Class", diff.classes), ("Items", diff.lines))
        for change in changes
    ]
    rows += [
        DiffRow("Request", change.place, change.before or NOTHING, change.after or NOTHING, "", 0.0)
        for change in diff.request
    ]
    return rows


def _row(part: str, change: NumberChange) -> DiffRow:
    unit = f" {change.unit}" if change.unit else ""
    sign = "+" if change.change > 0 else "−"
    before, after, size = (f"{trimmed(n)}{unit}" for n in (change.before, change.after, abs(change.change)))
    return DiffRow(part, change.what, before, after, f"{sign}{size}", change.change)


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

"""A solved plan: the verdict in a sentence, hours against capacity, what to label when, what comes of it, why not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from tailwise.gui import theme as th
from tailwise.gui.models.plan_table import (
    ClassTotal,
    ClassTotals,
    ConditionTotals,
    PlanLines,
    class_totals,
    reason_text,
    verdict,
    weak_quotas,
)
from tailwise.gui.widgets.bar_paint import HoursBars, HoursLine
from tailwise.gui.widgets.elided_label import ElidedLabel
from tailwise.gui.widgets.record_view import RecordView
from tailwise.gui.widgets.splitters import beside

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tailwise.domain.plan import PlanRequest
    from tailwise.domain.plan_outcome import PlanOutcome, WeekTotals
    from tailwise.usecases.plan_conditions import ConditionTotal

_SIGNS = {"ok": "✓", "warn": "▲", "alert": "◆"}
_MOST_WEEKS = 12


class PlanResult(QWidget):
    """Shows one outcome; every class leads to its items."""

    class_opened = Signal(str)
    export_requested = Signal(str)  # kind of export
    request_wanted = Signal()
    nearest_wanted = Signal(object)  # PlanRequest that cannot be met

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.verdict = QLabel()
        self.hours = HoursBars(self.tr("Hours of labelling per week"))
        self.reviews = HoursBars(self.tr("Hours of review per week"))
        self.lines = PlanLines(self)
        self.lines_view = RecordView(self.lines, self.tr("What to label in which week"))
        self.totals = ClassTotals(self)
        self.totals_view = RecordView(self.totals, self.tr("What the plan brings per class"))
        self.conditions = ConditionTotals(self)
        self.conditions_view = RecordView(self.conditions, self.tr("What the plan brings per class and condition"))
        self.tabs = QTabWidget()
        self.nearest = QPushButton(self.tr("Accept the nearest request that can be met"))
        self.reasons = QPlainTextEdit()
        self.found = ElidedLabel()
        self._request: PlanRequest | None = None
        self._review_heading = self._heading(self.tr("Review hours per week"))
        self._reasons_heading = self._heading(self.tr("Why, and what helps"))
        self._lay_out()
        self.totals_view.activated.connect(self._on_opened)

    def show_plan(
        self,
        outcome: PlanOutcome,
        request: PlanRequest,
        have: Mapping[str, int],
        conditions: Sequence[ConditionTotal] = (),
    ) -> None:
        """Show an outcome, the request it answers, and what there is of each class and under each condition."""
        self._request = request
        sentence, tone = verdict(outcome)
        self.verdict.setText(f"{_SIGNS[tone]}  {sentence}")
        th.set_role(self.verdict, "alert" if tone == "alert" else "ok" if tone == "ok" else "")
        self._show_hours(outcome, request)
        self.lines.set_records([line for line in outcome.lines if line.items > 0])
        self.totals.set_records(class_totals(outcome, request, have))
        self.conditions.set_records(conditions)
        self.tabs.setTabVisible(1, bool(conditions))
        self.nearest.setVisible(bool(outcome.reasons))
        paragraphs = [reason_text(reason, outcome.unit.value) for reason in outcome.reasons]
        if weak := weak_quotas(outcome):
            paragraphs.append("\n".join(f"▲ {quota}." for quota in weak))
        paragraphs += [note if note.endswith(".") else f"{note}." for note in outcome.notes]
        self.reasons.setPlainText("\n\n".join(paragraphs))
        self.reasons.setVisible(bool(paragraphs))
        self._reasons_heading.setVisible(bool(paragraphs))
        versions = ", ".join(f"{name} {version}" for name, version in outcome.versions)
        self.found.set_whole_text(
            self.tr("Seed {}, request {}, {}").format(outcome.seed, outcome.request_hash[:12], versions)
        )

    def text(self) -> str:
        """Return the plan as tab-separated lines, for a spreadsheet."""
        lines = ["week\tstream\troute\titems\tlabel hours\treview hours"]
        lines += [
            f"{r.week}\t{r.stream}\t{r.route.value}\t{r.items:.0f}\t{r.hours:.2f}\t{r.review_hours:.2f}"
            for r in self.lines.records()
        ]
        return "\n".join(lines)

    # Building

    def _lay_out(self) -> None:
        self.verdict.setWordWrap(True)
        self.verdict.setFont(th.larger(self.font(), 1, bold=True))
        self.verdict.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.found.setProperty("role", "muted")
        self.reasons.setReadOnly(True)
        self.reasons.setTabChangesFocus(True)
        self.reasons.setAccessibleName(self.tr("Why, and what helps"))
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self.totals_view, self.tr("By class"))
        self.tabs.addTab(self.conditions_view, self.tr("By class and condition"))
        self.nearest.setToolTip(
            self.tr("Lowers quotas as little as needed, and solves; the old request can be brought back")
        )
        self.nearest.clicked.connect(self._on_nearest)
        left = self._column(
            (self._heading(self.tr("Label hours per week")), self.hours),
            (self._review_heading, self.reviews),
            (self._heading(self.tr("What to label")), self.lines_view),
        )
        right = self._column(
            (self._heading(self.tr("What comes of it")), self.tabs),
            (self._reasons_heading, self.reasons),
            (self.nearest, None),
        )
        panes = beside("plan-result", (left, 1), (right, 1))
        panes.setSizes([560, 520])
        foot = QHBoxLayout()
        foot.addWidget(self.found, 1)
        for text, slot, role in (
            (self.tr("Edit its request"), self.request_wanted, ""),
            (self.tr("Copy the table"), self._copy, ""),
            (self.tr("Export playbook…"), self._on_playbook, ""),
            (self.tr("Export work order…"), self._on_work_order, "primary"),
        ):
            button = QPushButton(text)
            button.setProperty("role", role)
            button.clicked.connect(slot)
            foot.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(th.SPACE_S)
        layout.addWidget(self.verdict)
        layout.addWidget(panes, 1)
        layout.addLayout(foot)

    def _column(self, *sections: tuple[QWidget, QWidget | None]) -> QWidget:
        column = QWidget()
        layout = QVBoxLayout(column)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(th.SPACE_XS)
        for heading, widget in sections:
            layout.addWidget(heading)
            if widget is not None:
                layout.addWidget(widget, 1 if widget in {self.lines_view, self.tabs, self.reasons} else 0)
        return column

    def _heading(self, text: str) -> QLabel:
        heading = QLabel(text)
        heading.setFont(th.larger(self.font(), 1, bold=True))
        heading.setContentsMargins(0, th.SPACE_XS, 0, 0)
        return heading

    def _show_hours(self, outcome: PlanOutcome, request: PlanRequest) -> None:
        capacity = request.capacity
        self.hours.set_lines(_bars(outcome.weeks, capacity.label_hours, is_review=False))
        has_review = capacity.review_hours is not None or outcome.review_hours > 0
        self.reviews.setVisible(has_review)
        self._review_heading.setVisible(has_review)
        self.reviews.set_lines(_bars(outcome.weeks, capacity.review_hours, is_review=True))

    @Slot()
    def _on_opened(self) -> None:
        total = self.totals_view.selected_record()
        if isinstance(total, ClassTotal):
            self.class_opened.emit(total.name)

    @Slot()
    def _on_nearest(self) -> None:
        if self._request is not None:
            self.nearest_wanted.emit(self._request)

    @Slot()
    def _on_playbook(self) -> None:
        self.export_requested.emit("playbook")

    @Slot()
    def _on_work_order(self) -> None:
        self.export_requested.emit("work-order")

    @Slot()
    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.text())


def _bars(weeks: tuple[WeekTotals, ...], limits: tuple[float, ...] | None, *, is_review: bool) -> list[HoursLine]:
    """Return one bar per week, or a single one of all weeks when there are too many to show."""
    planned = [week.review_hours if is_review else week.hours for week in weeks]
    if len(weeks) > _MOST_WEEKS:
        return [HoursLine(f"{len(weeks)} weeks", sum(planned), sum(limits) if limits else None)]
    labels = [f"Week {week.week}" + (f", {week.start:%d %b}" if week.start else "") for week in weeks]
    return [
        HoursLine(label, hours, limits[k] if limits else None)
        for k, (label, hours) in enumerate(zip(labels, planned, strict=True))
    ]

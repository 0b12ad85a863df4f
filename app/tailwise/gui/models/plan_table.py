"""A solved plan as tables: what to label when, what comes of it per class, and why something falls short."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, TypeVar

from PySide6.QtCore import Qt

from tailwise.domain.plan_outcome import PlanOutcome, PlanStatus, QuotaKind, Reason, ReasonKind
from tailwise.gui.models.quota_tables import ROUTES
from tailwise.gui.models.record_table import AnyIndex, Column, RecordTable
from tailwise.gui.number_text import NOTHING, hours, percent, trimmed
from tailwise.gui.texts import counted, number

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from PySide6.QtCore import QObject

    from tailwise.domain.plan import PlanRequest
    from tailwise.domain.plan_outcome import Amounts, PlanLine
    from tailwise.usecases.plan_conditions import ConditionTotal

T = TypeVar("T")

TOLERANCE = 1e-6
LEAST_OVER = 0.05


@dataclass(frozen=True, slots=True)
class ClassTotal:
    """One class over the whole plan: what there is, what the plan brings, what is wanted anew."""

    name: str
    have: int | None
    expected: float
    need: float
    shortfall: float
    p_met: float | None

    @property
    def over(self) -> float:
        """What comes beyond the need; 0 for classes that nothing is wanted of."""
        over = self.expected - self.need if self.need else 0.0
        return over if over >= LEAST_OVER else 0.0

    @property
    def sign(self) -> str:
        """Whether the need is met, as a sign and a word."""
        if not self.need:
            return NOTHING
        if self.shortfall <= TOLERANCE:
            return "✓ met"
        return f"▲ short by {trimmed(self.shortfall, 1 if self.shortfall < 1000 else 0)}"


class NumberTable(RecordTable[T]):
    """A record table whose number columns are aligned right although they show texts with a unit."""

    numbers: ClassVar[frozenset[str]] = frozenset()
    """Titles of these columns."""

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:  # noqa: D102
        if role == Qt.ItemDataRole.TextAlignmentRole and index.isValid() and self._is_number(index.column()):
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return super().data(index, role)

    def headerData(  # noqa: D102
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        is_column = orientation == Qt.Orientation.Horizontal and 0 <= section < len(self.columns)
        if role == Qt.ItemDataRole.TextAlignmentRole and is_column and self._is_number(section):
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return super().headerData(section, orientation, role)

    def _is_number(self, column: int) -> bool:
        return self.columns[column].title in self.numbers


class PlanLines(NumberTable["PlanLine"]):
    """Items per week and stream."""

    numbers = frozenset({"Label", "Review"})

    def __init__(self, parent: QObject | None = None) -> None:
        routes = dict(ROUTES)
        super().__init__(
            (
                Column("Week", lambda line: line.week, width=5),
                Column("Stream", lambda line: line.stream, tip=lambda line: line.stream, width=30),
                Column("Route", lambda line: routes[line.route.value], width=11),
                Column("Items", lambda line: round(line.items), width=7),
                Column("Label", lambda line: hours(line.hours), lambda line: line.hours, width=7),
                Column("Review", lambda line: hours(line.review_hours), lambda line: line.review_hours, width=7),
                Column("Expected", lambda line: amounts_text(line.expected), tip=_whole_expected, width=0),
            ),
            parent,
        )  # fmt: skip


class ClassTotals(NumberTable[ClassTotal]):
    """What the plan brings per class."""

    numbers = frozenset({"Have", "Brings", "Need", "Over", "P(met)"})

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(
            (
                Column("Class", lambda total: total.name, width=0),
                Column("Have", lambda t: NOTHING if t.have is None else number(t.have), lambda t: t.have or 0, width=6),
                Column("Brings", lambda total: trimmed(total.expected), lambda total: total.expected, width=7),
                Column("Need", lambda t: trimmed(t.need) if t.need else NOTHING, lambda t: t.need, width=6),
                Column("Over", lambda t: trimmed(t.over) if t.over else NOTHING, lambda t: t.over, width=6),
                Column("Quota", lambda total: total.sign, lambda total: -total.shortfall, width=16),
                Column("P(met)", lambda t: NOTHING if t.p_met is None else percent(t.p_met), _p_met, width=7),
            ),
            parent,
        )


class ConditionTotals(NumberTable["ConditionTotal"]):
    """What the plan brings per class and condition."""

    numbers = frozenset({"Have", "Planned", "Expected", "Then"})

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(
            (
                Column("Class", lambda total: total.class_name, width=0),
                Column("Condition", lambda total: total.condition, tip=lambda total: total.condition, width=16),
                Column("Have", lambda t: NOTHING if t.have is None else number(t.have), lambda t: t.have or 0, width=7),
                Column("Planned", lambda t: number(round(t.items)), lambda t: t.items, width=8),
                Column("Expected", lambda t: trimmed(t.expected), lambda t: t.expected, width=9),
                Column("Then", lambda t: trimmed(_then(t)), _then, width=8),
            ),
            parent,
        )


def _then(total: ConditionTotal) -> float:
    return (total.have or 0) + total.expected


def class_totals(outcome: PlanOutcome, request: PlanRequest, have: Mapping[str, int]) -> list[ClassTotal]:
    """Return every class of the request, then those the plan brings although nobody asked for them."""
    expected, shortfall = dict(outcome.expected), dict(outcome.shortfall)
    risk = {r.class_name: r.p_met for r in sorted(outcome.risk, key=lambda r: (-r.p_met, r.week))}
    wanted = {quota.name: quota.need(request.weeks) for quota in request.classes}
    names = (*wanted, *(name for name in expected if name not in wanted))
    return [
        ClassTotal(
            name,
            have.get(name),
            expected.get(name, 0.0),
            wanted.get(name, 0.0),
            shortfall.get(name, 0.0),
            risk.get(name),
        )
        for name in names
    ]


def amounts_text(amounts: Amounts, most: int = 4) -> str:
    """Return amounts per class, the largest first: `Person 120, Wheelchair 30.5, 3 more`."""
    ranked = sorted((a for a in amounts if a[1] > TOLERANCE), key=lambda a: (-a[1], a[0]))
    parts = [f"{name} {trimmed(amount)}" for name, amount in ranked[:most]]
    if len(ranked) > most:
        parts.append(f"{number(len(ranked) - most)} more")
    return ", ".join(parts) or NOTHING


def _whole_expected(line: PlanLine) -> str:
    return amounts_text(line.expected, most=40)


def _p_met(total: ClassTotal) -> float:
    return 2.0 if total.p_met is None else total.p_met


def verdict(outcome: PlanOutcome) -> tuple[str, str]:
    """Return one sentence on a plan, and its tone: ok, warn or alert."""
    amount = f"{counted(round(outcome.items), 'item', 'items')}, {hours(outcome.hours)} of labelling" + (
        f", {hours(outcome.review_hours)} of review" if outcome.review_hours else ""
    )
    if not outcome.items and not any(by > TOLERANCE for _name, by in outcome.shortfall):
        return "Nothing is asked for: give a class a minimum per week or a target.", "warn"
    short_classes = [(name, by) for name, by in outcome.shortfall if by > TOLERANCE]
    if outcome.status is PlanStatus.INFEASIBLE or short_classes:
        told = ", ".join(f"{name} short by {trimmed(by)}" for name, by in short_classes[:3])
        more = f" and {len(short_classes) - 3} more" if len(short_classes) > 3 else ""
        return f"Not every quota can be met: {told}{more}. The best there is: {amount}.", "alert"
    if outcome.status is PlanStatus.STOPPED_EARLY:
        better = f"A better plan may exist ({percent(outcome.gap, 1)} at most)"
        return f"Every quota is met in expectation: {amount}. {better}.", "warn"
    return f"Every quota is met in expectation, and no plan does it better: {amount}.", "ok"


def reason_text(reason: Reason, unit: str) -> str:
    """Return why a class falls short, with amounts and what helps."""
    cause = {
        ReasonKind.POOL: "not enough to label",
        ReasonKind.HOURS: "not enough hours",
        ReasonKind.RULE: "rules in the way",
    }[reason.kind]
    advice = reason.advice.strip().removeprefix(f"{reason.class_name}: ")
    advice = advice[:1].upper() + advice[1:]
    title = f"◆ {reason.class_name}, {trimmed(reason.short_by)} {unit} short: {cause}"
    return f"{title}\n{advice}" + ("" if advice.endswith(".") else ".")


def weak_quotas(outcome: PlanOutcome, least: float = 0.8) -> Sequence[str]:
    """Return in words the quotas that are met with less than a given probability."""
    found = sorted((r for r in outcome.risk if r.p_met < least), key=lambda r: r.p_met)
    return [
        f"{r.class_name}, "
        + (f"week {r.week}" if r.quota is QuotaKind.WEEKLY else "target")
        + f": met with a probability of {percent(r.p_met)}"
        for r in found
    ]

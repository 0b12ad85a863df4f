"""What a quota plan answers: lines, totals, risk and reasons, and how they were found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt

    from tailwise.domain.plan import QuotaUnit, Route

Amounts = tuple[tuple[str, float], ...]
"""Objects per class, in order of class name."""

_DECIMALS = 6


class PlanStatus(StrEnum):
    """Whether every quota is met, and whether the plan is proven to be the best there is."""

    OPTIMAL = "optimal"  # every quota is met in expectation, and the plan is the best to the gap given
    STOPPED_EARLY = "stopped_early"  # a limit of nodes or time was reached; a better plan may exist
    INFEASIBLE = "infeasible"  # no plan meets every quota; the lines are the best there is, the reasons say why


class ReasonKind(StrEnum):
    """What stands in the way of a quota."""

    POOL = "pool"  # there is not enough to label, whatever the hours and rules
    HOURS = "hours"  # enough to label, not enough hours
    RULE = "rule"  # shares, reserves, caps or the item limit forbid it


class QuotaKind(StrEnum):
    """Which of the two quotas of a class a risk is about."""

    WEEKLY = "weekly"
    TARGET = "target"


@dataclass(frozen=True, slots=True)
class PlanLine:
    """Items to label from one stream in one week (1-based). Whole items, unless only the relaxation was asked for."""

    week: int
    start: dt.date | None
    stream: str
    source: str | None
    route: Route
    items: float
    hours: float
    review_hours: float
    expected: Amounts


@dataclass(frozen=True, slots=True)
class WeekTotals:
    """One week over all streams. `shortfall` is that of the weekly minimums, for classes that have one."""

    week: int
    start: dt.date | None
    items: float
    hours: float
    review_hours: float
    expected: Amounts
    shortfall: Amounts


@dataclass(frozen=True, slots=True)
class QuotaRisk:
    """Probability, 0..1, that a quota is met: the minimum of a week, or the target by the last week."""

    class_name: str
    week: int
    quota: QuotaKind
    p_met: float


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a class falls short. Over all reasons of a class `short_by` adds up to its shortfall or more.

    Attributes:
        short_by: objects of the class that are missing for this reason.
        rules: for kind rule, those that cannot hold together with the quota; none of them is named without need.
        extra_hours: least hours more, over all weeks, that remove `short_by`, for kind hours.
        extra_items: items to collect at the best yield there is, for kind pool; None if no stream yields the class.
        per_hour: objects that one more hour of labelling brings, for kind hours where labelling is what is short.
    """

    class_name: str
    kind: ReasonKind
    short_by: float
    advice: str
    rules: tuple[str, ...] = ()
    extra_hours: float | None = None
    extra_items: int | None = None
    per_hour: float | None = None


@dataclass(frozen=True, slots=True)
class StageResult:
    """One stage of the search: what was minimised, the value reached, and the best value that may exist."""

    name: str
    value: float
    bound: float


@dataclass(frozen=True, slots=True)
class PlanOutcome:
    """A plan with everything needed to show, store and repeat it.

    Attributes:
        gap: largest relative gap between a stage's value and its bound; 0 when proven best.
        seconds: wall clock, not part of `as_json`: the same request gives the same bytes.
        request_hash: SHA-256 of the request in stable row order.
        confidence: probability that was sought for each quota; None when only what is expected was planned for.
    """

    name: str
    unit: QuotaUnit
    status: PlanStatus
    lines: tuple[PlanLine, ...]
    weeks: tuple[WeekTotals, ...]
    items: float
    hours: float
    review_hours: float
    expected: Amounts
    shortfall: Amounts
    risk: tuple[QuotaRisk, ...]
    reasons: tuple[Reason, ...]
    notes: tuple[str, ...]
    gap: float
    stages: tuple[StageResult, ...]
    seconds: float
    seed: int
    versions: tuple[tuple[str, str], ...]
    request_hash: str
    confidence: float | None = None

    def as_json(self) -> dict[str, object]:
        """Return the answer of `plan quota --json`; the keys are described in the help page of the request."""
        return {
            "name": self.name,
            "unit": self.unit.value,
            "status": self.status.value,
            "lines": [_line_json(line) for line in self.lines],
            "totals": {
                "items": number(self.items),
                "hours": number(self.hours),
                "review_hours": number(self.review_hours),
                "expected": _amounts_json(self.expected),
                "shortfall": _amounts_json(self.shortfall),
            },
            "weeks": [_week_json(week) for week in self.weeks],
            "risk": [
                {"class": r.class_name, "week": r.week, "quota": r.quota.value, "p_met": number(r.p_met)}
                for r in self.risk
            ],
            "reasons": [_reason_json(reason) for reason in self.reasons],
            "notes": list(self.notes),
            "gap": number(self.gap),
            "stages": [{"name": s.name, "value": number(s.value), "bound": number(s.bound)} for s in self.stages],
            "confidence": self.confidence,
            "seed": self.seed,
            "versions": dict(self.versions),
            "request_hash": self.request_hash,
        }


def number(value: float) -> int | float:
    """Return a number as it is written in JSON: six decimals, and whole numbers without a decimal point.

    >>> number(37.99999999999999), number(0.25)
    (38, 0.25)
    """
    rounded = round(value, _DECIMALS)
    return int(rounded) if rounded == int(rounded) else rounded


def _amounts_json(amounts: Amounts) -> dict[str, int | float]:
    return {name: number(amount) for name, amount in amounts}


def _line_json(line: PlanLine) -> dict[str, object]:
    return {
        "week": line.week,
        "start": line.start.isoformat() if line.start else None,
        "stream": line.stream,
        "source": line.source,
        "route": line.route.value,
        "items": number(line.items),
        "hours": number(line.hours),
        "review_hours": number(line.review_hours),
        "expected": _amounts_json(line.expected),
    }


def _week_json(week: WeekTotals) -> dict[str, object]:
    return {
        "week": week.week,
        "start": week.start.isoformat() if week.start else None,
        "items": number(week.items),
        "hours": number(week.hours),
        "review_hours": number(week.review_hours),
        "expected": _amounts_json(week.expected),
        "shortfall": _amounts_json(week.shortfall),
    }


def _reason_json(reason: Reason) -> dict[str, object]:
    answer: dict[str, object] = {
        "class": reason.class_name,
        "kind": reason.kind.value,
        "short_by": number(reason.short_by),
        "advice": reason.advice,
    }
    if reason.rules:
        answer["rules"] = list(reason.rules)
    if reason.extra_hours is not None:
        answer["extra_hours"] = number(reason.extra_hours)
    if reason.extra_items is not None:
        answer["extra_items"] = reason.extra_items
    if reason.per_hour is not None:
        answer["per_hour"] = number(reason.per_hour)
    return answer

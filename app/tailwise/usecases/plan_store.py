"""Plans as they are stored: the JSON of an outcome back as the outcome."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tailwise.domain.changes import Changes
from tailwise.domain.plan import QuotaUnit, Route
from tailwise.domain.plan_outcome import (
    Amounts,
    PlanLine,
    PlanOutcome,
    PlanStatus,
    QuotaKind,
    QuotaRisk,
    Reason,
    ReasonKind,
    StageResult,
    WeekTotals,
)

if TYPE_CHECKING:
    from tailwise.storage.plan_tables import PlanRow


@dataclass(frozen=True, slots=True)
class StoredPlan:
    """A plan of the project with the request it answers.

    Attributes:
        request_toml: as it was given.
        version: number among the plans of this name, from 1.
        solved_toml: the request with the streams it was solved with; empty in plans of older programs.
    """

    id: int
    name: str
    created_utc: str
    request_toml: str
    outcome: PlanOutcome
    version: int = 1
    solved_toml: str = ""
    changes: Changes = Changes.PLANS

    @property
    def title(self) -> str:
        """Name and version."""
        return f"{self.name}, version {self.version}"


@dataclass(frozen=True, slots=True)
class PlanSummary:
    """One line of the list of plans. `shortfall` is that of all classes together, in the unit of the plan."""

    id: int
    name: str
    created_utc: str
    status: str
    version: int = 1
    items: float = 0.0
    hours: float = 0.0
    shortfall: float = 0.0


def stored_plan(row: PlanRow) -> StoredPlan:
    """Return a stored plan with its outcome rebuilt."""
    outcome = outcome_from_json(json.loads(row.outcome))
    return StoredPlan(row.id, row.name, row.created_utc, row.request, outcome, row.version, row.solved_request)


def plan_summary(row: PlanRow) -> PlanSummary:
    """Return a stored plan as a line of the list."""
    totals = json.loads(row.outcome)["totals"]
    short = float(sum(totals["shortfall"].values()))
    return PlanSummary(
        row.id, row.name, row.created_utc, row.status, row.version, totals["items"], totals["hours"], short
    )


def outcome_from_json(answer: dict[str, Any]) -> PlanOutcome:
    """Rebuild an outcome from what `PlanOutcome.as_json` wrote; wall-clock seconds are not part of it and come as 0."""
    totals = answer["totals"]
    return PlanOutcome(
        name=answer["name"],
        unit=QuotaUnit(answer["unit"]),
        status=PlanStatus(answer["status"]),
        lines=tuple(_line(line) for line in answer["lines"]),
        weeks=tuple(_week(week) for week in answer["weeks"]),
        items=totals["items"],
        hours=totals["hours"],
        review_hours=totals["review_hours"],
        expected=_amounts(totals["expected"]),
        shortfall=_amounts(totals["shortfall"]),
        risk=tuple(QuotaRisk(r["class"], r["week"], QuotaKind(r["quota"]), r["p_met"]) for r in answer["risk"]),
        reasons=tuple(_reason(reason) for reason in answer["reasons"]),
        notes=tuple(answer["notes"]),
        gap=answer["gap"],
        stages=tuple(StageResult(s["name"], s["value"], s["bound"]) for s in answer["stages"]),
        seconds=0.0,
        seed=answer["seed"],
        versions=tuple(answer["versions"].items()),
        request_hash=answer["request_hash"],
        confidence=answer.get("confidence"),
    )


def _line(line: dict[str, Any]) -> PlanLine:
    return PlanLine(
        week=line["week"],
        start=_day(line["start"]),
        stream=line["stream"],
        source=line["source"],
        route=Route(line["route"]),
        items=line["items"],
        hours=line["hours"],
        review_hours=line["review_hours"],
        expected=_amounts(line["expected"]),
    )


def _week(week: dict[str, Any]) -> WeekTotals:
    return WeekTotals(
        week=week["week"],
        start=_day(week["start"]),
        items=week["items"],
        hours=week["hours"],
        review_hours=week["review_hours"],
        expected=_amounts(week["expected"]),
        shortfall=_amounts(week["shortfall"]),
    )


def _reason(reason: dict[str, Any]) -> Reason:
    return Reason(
        class_name=reason["class"],
        kind=ReasonKind(reason["kind"]),
        short_by=reason["short_by"],
        advice=reason["advice"],
        rules=tuple(reason.get("rules", ())),
        extra_hours=reason.get("extra_hours"),
        extra_items=reason.get("extra_items"),
        per_hour=reason.get("per_hour"),
    )


def _amounts(amounts: dict[str, float]) -> Amounts:
    return tuple(amounts.items())


def _day(text: str | None) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None

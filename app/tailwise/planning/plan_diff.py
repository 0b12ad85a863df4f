"""Compare two plans: their requests key by key, their items stream by stream, and what comes of them."""

from __future__ import annotations

import tomllib
from collections import defaultdict
from typing import TYPE_CHECKING, cast

from tailwise.domain.plan_diff import NumberChange, PlanDiff, RequestChange
from tailwise.domain.plan_outcome import QuotaKind
from tailwise.planning.request_file import format_request

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tailwise.domain.plan import PlanRequest
    from tailwise.domain.plan_outcome import PlanOutcome

NOTICEABLE = 5e-3
"""Numbers that agree to two decimals count as equal."""
ROW_NAMES = {"class": "class", "stream": "stream", "source": "source", "route": "route"}


def diff_plans(
    names: tuple[str, str], requests: tuple[PlanRequest, PlanRequest], outcomes: tuple[PlanOutcome, PlanOutcome]
) -> PlanDiff:
    """Return what differs from the first of two plans to the second; the order of rows is no difference."""
    return PlanDiff(
        before=names[0],
        after=names[1],
        request=request_changes(*requests),
        totals=tuple(_changes("", *map(_totals, outcomes))),
        classes=tuple(_changes(outcomes[1].unit.value, *map(_classes, outcomes))),
        lines=tuple(_changes("items", *map(_lines, outcomes))),
    )


def request_changes(before: PlanRequest, after: PlanRequest) -> tuple[RequestChange, ...]:
    """Return the keys of two requests that differ, as they are written in the request's file."""
    old, new = (_flat(request) for request in (before, after))
    return tuple(
        RequestChange(place, old.get(place, ""), new.get(place, ""))
        for place in dict.fromkeys((*old, *new))
        if old.get(place) != new.get(place)
    )


def _flat(request: PlanRequest) -> dict[str, str]:
    """Return every value of a request as text under a place such as `class 'Wheelchair': target`."""
    tree = tomllib.loads(format_request(request.in_stable_order()))
    answer: dict[str, str] = {}
    for key, value in tree.items():
        if key in ROW_NAMES:
            for row in cast("list[dict[str, object]]", value):
                where = f"{ROW_NAMES[key]} {row['name']!r}"
                answer.update({f"{where}: {k}": _text(v) for k, v in row.items() if k != "name"})
        else:
            table = cast("dict[str, object]", value)
            answer.update({f"{key}: {k}": _text(v) for k, v in table.items()})
    return answer


def _text(value: object) -> str:
    if isinstance(value, dict):
        parts = (f"{k} = {_text(v)}" for k, v in cast("dict[str, object]", value).items())
        return ", ".join(parts)
    if isinstance(value, list):
        return " to ".join(map(_text, cast("list[object]", value))) or "none"
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _totals(outcome: PlanOutcome) -> dict[str, float]:
    return {
        "items": outcome.items,
        "label hours": outcome.hours,
        "review hours": outcome.review_hours,
        "shortfall of all classes": sum(amount for _, amount in outcome.shortfall),
    }


def _classes(outcome: PlanOutcome) -> dict[str, float]:
    answer: dict[str, float] = {}
    for name, amount in outcome.expected:
        answer[f"{name}: expected"] = amount
    for name, amount in outcome.shortfall:
        answer[f"{name}: short by"] = amount
    for risk in outcome.risk:
        which = f"week {risk.week}" if risk.quota is QuotaKind.WEEKLY else "target"
        answer[f"{risk.class_name}, {which}: met with"] = round(risk.p_met * 100, 1)
    return answer


def _lines(outcome: PlanOutcome) -> dict[str, float]:
    answer: dict[str, float] = defaultdict(float)
    for line in outcome.lines:
        answer[f"week {line.week}, {line.stream}"] += line.items
    return answer


def _changes(unit: str, before: Mapping[str, float], after: Mapping[str, float]) -> Iterator[NumberChange]:
    for what in dict.fromkeys((*before, *after)):
        old, new = before.get(what, 0.0), after.get(what, 0.0)
        if abs(new - old) > NOTICEABLE:
            shown = "%" if what.endswith(": met with") else unit
            yield NumberChange(what, shown, old, new)

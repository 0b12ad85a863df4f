"""What a plan brings per class and condition, beside what there is."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tailwise.domain.coverage import Unit
from tailwise.domain.plan import QuotaUnit
from tailwise.planning.project_streams import stream_where
from tailwise.usecases.plans import solved_request

if TYPE_CHECKING:
    from tailwise.usecases.plan_store import StoredPlan
    from tailwise.usecases.projects import Project

AT_RANDOM = "at random"


@dataclass(frozen=True, slots=True)
class ConditionTotal:
    """One class under one condition.

    Attributes:
        condition: values of the conditions the streams are told apart by; `at random` for streams that ignore them.
        have: what there is, None where the plan's streams ignore conditions.
        items: to label under this condition, whatever they hold.
        expected: of the class in them.
    """

    class_name: str
    condition: str
    have: int | None
    items: float
    expected: float


def plan_conditions(project: Project, plan: StoredPlan) -> tuple[ConditionTotal, ...]:
    """Return a row per class with a quota and condition of the plan's streams; none when it knows no conditions."""
    request = solved_request(plan)
    sliced = project.cube()
    axes = tuple(axis for axis in request.conditions or () if axis in sliced.cube.axes)
    streams = {stream.name: stream for stream in request.streams}
    items: dict[str, float] = defaultdict(float)
    expected: dict[tuple[str, str], float] = defaultdict(float)
    for line in plan.outcome.lines:
        stream = streams.get(line.stream)
        where = stream_where(stream, axes) if stream is not None else None
        condition = ", ".join(where) if where else AT_RANDOM
        items[condition] += line.items
        for name, amount in line.expected:
            expected[name, condition] += amount
    if not axes or set(items) <= {AT_RANDOM}:
        return ()
    unit = Unit.IMAGES if request.unit is QuotaUnit.IMAGES else Unit.OBJECTS
    labels, counts, _ = sliced.cube.table(axes, unit, sliced.labelled)
    known = {c.name: k for k, c in enumerate(sliced.columns.categories)}
    column = {", ".join(label): k for k, label in enumerate(labels)}
    wanted = [quota.name for quota in request.classes if quota.need(request.weeks) > 0]
    conditions = (*column, *sorted(set(items) - set(column)))
    return tuple(
        ConditionTotal(
            name,
            condition,
            int(counts[known[name], column[condition]]) if name in known and condition in column else None,
            items.get(condition, 0.0),
            expected.get((name, condition), 0.0),
        )
        for name in wanted
        for condition in conditions
    )

"""What the Counts page shows, loaded in one operation, and how a choice of it is remembered with the project."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from tailwise.domain.coverage import AxisFacts, Basis, CountRequest, CountTable, TailMeasures, Unit
from tailwise.domain.records import AxisKind

if TYPE_CHECKING:
    from tailwise.ops.progress import Progress
    from tailwise.usecases.projects import Project

DRAFT_KEY = "view-counts"
MOST_DEFAULT_VALUES = 12


@dataclass(frozen=True, slots=True)
class CountView:
    """One view: what was asked, and the answer with everything around it."""

    request: CountRequest
    table: CountTable
    measures: TailMeasures
    axes: tuple[AxisFacts, ...]
    items: int


def load_view(project: Project, request: CountRequest | None, progress: Progress) -> CountView:
    """Count; runs on a worker thread. Without a request that of the last visit, or a first one that shows something."""
    from tailwise.usecases.counts import count_axes, count_table, tail_measures
    from tailwise.usecases.projects import load_draft

    axes = count_axes(project)
    if request is None:
        request = read_request(load_draft(project, DRAFT_KEY), axes) or first_request(axes)
    table = count_table(project, request, progress)
    measures = tail_measures(project, table.unit, request.where, progress)
    return CountView(request, table, measures, axes, len(project.columns.item_ids))


def first_request(axes: tuple[AxisFacts, ...]) -> CountRequest:
    """Return the view of a project seen for the first time: by the first condition with a few values, else by split."""
    few = [axis for axis in axes if 2 <= len(axis.values) <= MOST_DEFAULT_VALUES]
    conditions = [axis.name for axis in few if axis.kind == AxisKind.CONDITION]
    splits = [axis.name for axis in few if axis.name == Basis.SPLIT]
    return CountRequest(by=tuple((conditions or splits)[:1]))


def write_request(request: CountRequest) -> str:
    """Return a request as the text that is remembered."""
    unit = request.unit.value if request.unit else None
    return json.dumps({"by": request.by, "unit": unit, "where": request.where, "unique": request.unique})


def read_request(text: str, axes: tuple[AxisFacts, ...]) -> CountRequest | None:
    """Return a remembered request, without axes and values that are gone; None when there is none that can be read."""
    known = {axis.name: {value for value, _items in axis.values} for axis in axes}
    try:
        kept = cast("dict[str, Any]", json.loads(text))
        by = tuple(str(name) for name in kept["by"] if name in known)
        where = tuple((str(a), str(v)) for a, v in kept["where"] if v in known.get(a, set()))
        return CountRequest(by, Unit(kept["unit"]) if kept["unit"] else None, where, bool(kept.get("unique")))
    except (ValueError, KeyError, TypeError):
        return None

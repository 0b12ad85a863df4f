"""Streams of a project: unlabelled items by source and condition, with yields from what was labelled there."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tailwise.analysis.association import cramers_v
from tailwise.domain.coverage import Basis, Unit
from tailwise.domain.errors import RequestError
from tailwise.domain.plan import Capacity, ClassQuota, PlanRequest, QuotaUnit, Reserve, Route, Stream, StreamYield, Tier
from tailwise.domain.records import IDENTICAL_AXIS, AxisKind
from tailwise.planning.request_file import parse_request

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tailwise.analysis.cube import CubeAxis
    from tailwise.usecases.projects import Project
    from tailwise.usecases.slices import ProjectCube

MAX_VALUES = 12
"""A condition with more values makes streams too thin to plan with."""
KNOWN_SHARE = 0.5
RANDOM = "random"
DRAFT_WEEKS, DRAFT_HOURS, DRAFT_DISCOVERY = 2, 40.0, 0.15


@dataclass(frozen=True, slots=True)
class _Cell:
    """The pool of one source under one value of the condition; no value where no condition is used."""

    source: str
    axis: str
    value: str
    rows: NDArray[Any]

    @property
    def name(self) -> str:
        return f"{self.source}, {self.axis} = {self.value}" if self.axis else self.source


def streams_of_project(project: Project, request: PlanRequest) -> tuple[Stream, ...]:
    """Return the streams for a request that names none.

    One stream per source and value of the condition that tells most about the classes wanted (the highest Cramér's V
    among conditions that the pool knows too), and one that draws at random from everything, for discovery. Items of
    identical files count once. Yields are counts from labelled items with the same value, to be estimated.

    Raises:
        RequestError: the project has no unlabelled items.
    """
    sliced = project.cube()
    cells = _cells(sliced, _classes_wanted(sliced, request.classes))
    if not cells:
        raise RequestError(
            "The project has no unlabelled items to plan with",
            "Import a pool (--role pool), or write [[stream]] tables into the request",
        )
    unit = Unit.IMAGES if request.unit is QuotaUnit.IMAGES else Unit.OBJECTS
    names = [c.name for c in request.classes]
    kept = request.reserve.discovery
    streams = [_stream(sliced, cell, unit, names, Route.TARGETED, 1 - kept) for cell in cells]
    if kept > 0:
        # What random drawing takes is taken from the streams in proportion, so that no item is promised twice.
        left = sum(_distinct(sliced, cell.rows) for cell in cells) - sum(s.available for s in streams)
        everything = _Cell("", "", "", np.flatnonzero(sliced.pool))
        drawn = _stream(sliced, everything, unit, names, Route.RANDOM, 1.0)
        streams.append(replace(drawn, available=left))
    return tuple(streams)


def resolved_request(project: Project, text: str) -> PlanRequest:
    """Return a stored request with the streams it was solved with."""
    request = parse_request(text)
    return request if request.streams else request.with_streams(streams_of_project(project, request))


def pool_of_stream(sliced: ProjectCube, stream: Stream) -> list[int]:
    """Return the pool rows a stream means, or none where its name and source say nothing about this project."""
    pool = np.flatnonzero(sliced.pool)
    for axis in (a for a in sliced.cube.axes.values() if len(a.values) <= MAX_VALUES):
        for cell in _spread(sliced, pool, axis):
            if cell.name == stream.name:
                return cell.rows.tolist()
    for cell in _by_source(sliced, pool):
        if stream.name == cell.name or stream.source == cell.source:
            return cell.rows.tolist()
    return pool.tolist() if stream.route is Route.RANDOM else []


def draft_plan_request(project: Project) -> PlanRequest:
    """Return a request to begin with: every class, what it still lacks of its target, and the project's streams.

    Where no class has a target, those below half of the median count are to reach the median.

    Raises:
        RequestError: the project has no class yet.
    """
    sliced = project.cube()
    rows = sliced.labelled_rows
    if not rows:
        raise RequestError("The project has no class", "Import labels first")
    unit = QuotaUnit.OBJECTS if sliced.has_boxes else QuotaUnit.IMAGES
    have = {r.name: int(getattr(r, unit.value)) for r in rows}
    wanted = {r.name: r.target for r in rows if r.target} or _towards_the_median(have)
    classes = tuple(
        ClassQuota(r.name, Tier(r.tier), target=float(max(0, wanted[r.name] - have[r.name])) or None)
        if r.name in wanted
        else ClassQuota(r.name, Tier(r.tier))
        for r in rows
    )
    has_pool = bool(sliced.pool.any())
    request = PlanRequest(
        weeks=DRAFT_WEEKS,
        classes=classes,
        name="Sprint",
        unit=unit,
        capacity=Capacity(label_hours=(DRAFT_HOURS,) * DRAFT_WEEKS),
        reserve=Reserve(discovery=DRAFT_DISCOVERY) if has_pool else Reserve(),
    )
    return request.with_streams(streams_of_project(project, request)) if has_pool else request


def _towards_the_median(have: dict[str, int]) -> dict[str, int]:
    """Return a target for a lead who has set none: classes below half of the median are to reach the median."""
    median = int(np.median(list(have.values())))
    return {name: median for name, count in have.items() if count < median / 2}


def _classes_wanted(sliced: ProjectCube, quotas: Sequence[ClassQuota]) -> list[int]:
    known = {c.name: i for i, c in enumerate(sliced.columns.categories)}
    must = [q.name for q in quotas if q.tier is Tier.MUST_NOT_MISS] or [q.name for q in quotas]
    return [known[name] for name in must if name in known]


def _cells(sliced: ProjectCube, wanted: list[int]) -> list[_Cell]:
    pool = np.flatnonzero(sliced.pool)
    axis = _telling_axis(sliced, wanted)
    found = _spread(sliced, pool, axis) if axis is not None else _by_source(sliced, pool)
    return [cell for cell in found if len(cell.rows)]


def _telling_axis(sliced: ProjectCube, wanted: list[int]) -> CubeAxis | None:
    """Return the condition that says most about where the wanted classes are, or None."""
    if not wanted:
        return None
    kinds = {a.name: a.kind for a in sliced.columns.axes}
    best: tuple[float, str] | None = None
    for name, axis in sorted(sliced.cube.axes.items()):
        known = np.isin(np.flatnonzero(sliced.pool), axis.rows).mean() if sliced.pool.any() else 0.0
        if kinds.get(name) != AxisKind.CONDITION or len(axis.values) > MAX_VALUES or known < KNOWN_SHARE:
            continue
        _, counts, items = sliced.cube.table([name], Unit.IMAGES, sliced.labelled)
        # Against everything that was looked at: a condition that shifts all classes alike tells nothing.
        table = np.vstack([counts[wanted], items[None, :]]).astype(np.float64)
        strength = cramers_v(table, is_corrected=True)
        if strength is not None and (best is None or strength > best[0]):
            best = (strength, name)
    return sliced.cube.axes[best[1]] if best and best[0] > 0 else None


def _spread(sliced: ProjectCube, pool: NDArray[Any], axis: CubeAxis) -> list[_Cell]:
    cells: list[_Cell] = []
    for cell in _by_source(sliced, pool):
        rest = np.setdiff1d(cell.rows, axis.rows)
        for code, value in enumerate(axis.values):
            rows = np.intersect1d(cell.rows, axis.rows[axis.codes == code])
            cells.append(_Cell(cell.source, axis.name, value, rows))
        cells.append(_Cell(cell.source, axis.name, "(none)", rest))
    return cells


def _by_source(sliced: ProjectCube, pool: NDArray[Any]) -> list[_Cell]:
    axis = sliced.cube.axes[Basis.SOURCE]
    return [_Cell(name, "", "", pool[sliced.columns.source[pool] == code]) for code, name in enumerate(axis.values)]


def _stream(sliced: ProjectCube, cell: _Cell, unit: Unit, names: list[str], route: Route, share: float) -> Stream:
    like = sliced.labelled
    if cell.axis and cell.value in sliced.cube.axis(cell.axis).values:
        like = like & sliced.cube.item_mask([(cell.axis, cell.value)])
    labelled = int(like.sum())
    totals = sliced.cube.totals(unit, like)
    known = {c.name: i for i, c in enumerate(sliced.columns.categories)}
    is_random = route is Route.RANDOM
    return Stream(
        name=RANDOM if is_random else cell.name,
        available=math.ceil(share * _distinct(sliced, cell.rows)),
        source=None if is_random else cell.source,
        route=route,
        yields=tuple(
            StreamYield(name, labelled=labelled, found=float(totals[known[name]]))
            for name in names
            if name in known and labelled
        ),
    )


def _distinct(sliced: ProjectCube, rows: NDArray[Any]) -> int:
    """Count items, those with identical files once."""
    if IDENTICAL_AXIS not in sliced.cube.axes:
        return len(rows)
    twins = sliced.group_columns([IDENTICAL_AXIS])[0][rows]
    return int((twins < 0).sum()) + len(np.unique(twins[twins >= 0]))

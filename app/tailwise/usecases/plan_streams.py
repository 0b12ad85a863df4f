"""Streams of a project: unlabelled items by source and condition, with yields from what was labelled there.

This module counts and looks up rows; what to expect of them is arithmetic of `planning.project_streams`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from tailwise.analysis.association import cramers_v
from tailwise.domain.coverage import Basis, Unit
from tailwise.domain.errors import RequestError
from tailwise.domain.plan import QuotaUnit, Tier
from tailwise.domain.records import AxisKind
from tailwise.planning.project_streams import PoolCell, project_streams, random_name
from tailwise.usecases.plan_pool import PoolRows, pool_rows, spent_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tailwise.domain.plan import ClassQuota, PlanRequest, Stream
    from tailwise.usecases.projects import Project
    from tailwise.usecases.slices import ProjectCube

MAX_VALUES = 12
"""A condition with more values makes streams too thin to plan with, unless the lead chooses it."""
KNOWN_SHARE = 0.5


def streams_of_project(
    project: Project, request: PlanRequest, seconds_per_row: NDArray[np.float64] | None = None
) -> tuple[Stream, ...]:
    """Return the streams for a request that names none.

    One stream per source and value of the conditions the request names; if it names none, of the condition that tells
    most about the classes wanted (the highest Cramér's V among conditions that the pool knows too). With a discovery
    reserve each source also has a stream that draws at random. Near-duplicates count once, and not
    at all where one of them is labelled or work orders of the last 13 weeks took three of them.

    Args:
        project: where the pool and the labels are.
        request: its classes, unit, conditions and discovery reserve are used.
        seconds_per_row: measured labelling time of each row of the project, NaN where none is known.

    Raises:
        RequestError: the project has no unlabelled items, or no axis of a name in `conditions`.
    """
    sliced = project.cube()
    axes = stream_axes(sliced, request)
    spent = spent_rows(project, request.name)
    pool = pool_rows(sliced, axes, spent)
    if spent.any() and not len(pool.rows):
        raise RequestError(
            "Of everything unlabelled, work orders of the last 13 weeks took three near-duplicates",
            "Import what was labelled, or new items",
        )
    if not len(pool.rows):
        raise RequestError(
            "The project has no unlabelled items to plan with",
            "Import a pool (--role pool), or write [[stream]] tables into the request",
        )
    cells = _with_seconds(sliced, axes, _cells(sliced, axes, pool, request), seconds_per_row)
    return project_streams(cells, request.reserve.discovery)


def stream_axes(sliced: ProjectCube, request: PlanRequest) -> tuple[str, ...]:
    """Return the conditions that tell the streams of a project apart: those asked for, else the most telling one.

    Raises:
        RequestError: there is no axis of a name asked for.
    """
    if request.conditions is not None:
        for name in request.conditions:
            sliced.cube.axis(name)
        return request.conditions
    found = _telling_axis(sliced, _classes_wanted(sliced, request.classes))
    return () if found is None else (found,)


def stream_rows(sliced: ProjectCube, request: PlanRequest) -> dict[str, list[int]]:
    """Return the pool rows behind each stream of a request that stands for something in this project.

    Streams written by hand are told by their source: one that is the only one of its source, or random, stands for all
    of it.
    """
    by_source = pool_rows(sliced, ()).by_name()
    named = {**by_source, **pool_rows(sliced, stream_axes(sliced, request)).by_name()}
    named.update({random_name(source): rows for source, rows in by_source.items()})
    sources = [stream.source for stream in request.streams]
    answer: dict[str, list[int]] = {}
    for stream in request.streams:
        is_whole = sources.count(stream.source) == 1 or stream.route.value == "random"
        rows = named.get(stream.name)
        if rows is None and is_whole and stream.source in by_source:
            rows = by_source[stream.source]
        if rows is not None:
            answer[stream.name] = rows.tolist()
    return answer


def _cells(sliced: ProjectCube, axes: Sequence[str], pool: PoolRows, request: PlanRequest) -> list[PoolCell]:
    """Return every cell with its pool, what was labelled there, and what was found of the classes asked for."""
    unit = Unit.IMAGES if request.unit is QuotaUnit.IMAGES else Unit.OBJECTS
    labels, counts, items = sliced.cube.table((Basis.SOURCE, *axes), unit, sliced.labelled)
    known = {c.name: i for i, c in enumerate(sliced.columns.categories)}
    wanted = [(c.name, known[c.name]) for c in request.classes if c.name in known]
    sizes = dict(zip(((p.source, p.where) for p in pool.places), pool.sizes().tolist(), strict=True))
    cells: list[PoolCell] = []
    for k, label in enumerate(labels):
        where = tuple(zip(axes, label[1:], strict=True))
        found = tuple((name, float(counts[i, k])) for name, i in wanted)
        size = sizes.pop((label[0], where), 0)
        cells.append(PoolCell(label[0], where, size, int(items[k]), found))
    cells += [PoolCell(source, where, size) for (source, where), size in sizes.items()]
    return cells


def _with_seconds(
    sliced: ProjectCube, axes: Sequence[str], cells: list[PoolCell], seconds: NDArray[np.float64] | None
) -> list[PoolCell]:
    """Give each cell the median time of what was labelled there; if nothing was timed there, that of all items."""
    if seconds is None:
        return cells
    timed = sliced.labelled & np.isfinite(seconds)
    if not timed.any():
        return cells
    index = sliced.cube.cells((Basis.SOURCE, *axes), timed)
    medians = {label: seconds[index.rows[index.cells == k]] for k, label in enumerate(index.labels)}
    overall = float(np.median(seconds[timed]))
    answer: list[PoolCell] = []
    for cell in cells:
        mine = medians.get((cell.source, *(value for _, value in cell.where)))
        median = float(np.median(mine)) if mine is not None and len(mine) else overall
        answer.append(replace(cell, median_seconds=median))
    return answer


def _classes_wanted(sliced: ProjectCube, quotas: Sequence[ClassQuota]) -> list[int]:
    known = {c.name: i for i, c in enumerate(sliced.columns.categories)}
    must = [q.name for q in quotas if q.tier is Tier.MUST_NOT_MISS] or [q.name for q in quotas]
    return [known[name] for name in must if name in known]


def _telling_axis(sliced: ProjectCube, wanted: list[int]) -> str | None:
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
    return best[1] if best and best[0] > 0 else None

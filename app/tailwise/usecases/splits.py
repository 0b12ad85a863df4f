"""Split the labelled items, store splits, and choose the one that counts."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tailwise.domain.changes import Changes
from tailwise.domain.errors import RequestError
from tailwise.domain.generated import GENERATED_FROM
from tailwise.domain.plan import Tier
from tailwise.domain.records import SCENE_AXES
from tailwise.domain.split import SplitRequest, SplitResult
from tailwise.planning.split_features import Pairs, SplitItems
from tailwise.planning.split_groups import connected_groups, stable_keys
from tailwise.planning.split_quality import describe
from tailwise.planning.split_time import split_by_time
from tailwise.planning.splits import split_items
from tailwise.storage import plan_tables, source_tables
from tailwise.usecases.projects import versions
from tailwise.usecases.split_store import result_from_json, result_json

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tailwise.domain.coverage import AxisFacts
    from tailwise.ops.progress import Progress
    from tailwise.storage.plan_tables import SplitRow
    from tailwise.usecases.projects import Project
    from tailwise.usecases.slices import ProjectCube

TWIN_AXES = (*SCENE_AXES, GENERATED_FROM)
"""Group axes that no split ever cuts, whatever is asked for."""


@dataclass(frozen=True, slots=True)
class StoredSplit:
    """A split of the project with the request it answers."""

    id: int
    created_utc: str
    request: SplitRequest
    result: SplitResult
    is_active: bool
    changes: Changes = Changes.SPLITS


def compute_split(project: Project, request: SplitRequest, progress: Progress) -> StoredSplit:
    """Split the labelled items, store the split and make it the active one.

    Byte-identical images and verified near-duplicates always stay together. Parts that are tested in turn are stored
    beside the active split and do not become it: each of them is for training and for testing. Locked splits keep the
    items of the active split (or of the published lists) that are in a split of that name.

    Raises:
        RequestError: an axis does not exist, nothing is labelled, or a locked split is not there yet.
    """
    began = time.monotonic()
    progress.stage("Gathering items")
    sliced = project.cube()
    rows = np.flatnonzero(sliced.labelled)
    with project.file.reading() as db:
        names = plan_tables.all_item_names(db)
        version = source_tables.data_version(db)
    items = _split_items(sliced, rows, request, names)
    if request.time_axis:
        solution = split_by_time(items, request, _periods(sliced, rows, request.time_axis), progress)
    else:
        solution = split_items(items, request, progress)
    progress.stage("Checking for leaks")
    classes = [c.name for c in sliced.columns.categories]
    result = describe(items, request, solution, classes, twins(sliced)[rows])
    kept = solution.assignment >= 0
    with project.file.writing() as db:
        before = next((row.id for row in plan_tables.list_splits(db) if row.is_active), 0)
        plan_tables.add_split(
            db,
            json.dumps(request.parameters()),
            json.dumps(result_json(result)),
            request.names,
            sliced.columns.item_ids[rows[kept]],
            solution.assignment[kept].astype(np.int8),
            version,
        )
        if request.parts:
            plan_tables.activate_split(db, before)
        plan_tables.log_entry(
            db,
            "split",
            request.parameters(),
            versions().as_json(),
            time.monotonic() - began,
            f"{result.items:,} items in {len(request.names)} splits, score {result.measures.score:.4f}",
        )
        return _stored(plan_tables.list_splits(db)[0])


def list_splits(project: Project) -> tuple[StoredSplit, ...]:
    """Return the stored splits, newest first."""
    with project.file.reading() as db:
        return tuple(_stored(row) for row in plan_tables.list_splits(db))


def load_split(project: Project, split_id: int) -> StoredSplit:
    """Return one stored split.

    Raises:
        RequestError: there is no such split.
    """
    return _stored(_row(project, split_id))


def split_items_by_name(project: Project, split_id: int) -> dict[str, list[int]]:
    """Return the item ids of every split, in ascending order."""
    row = _row(project, split_id)
    return {name: np.sort(row.item_ids[row.codes == code]).tolist() for code, name in enumerate(row.names)}


def activate_split(project: Project, split_id: int) -> Changes:
    """Make a stored split the one that the axis `split`, the counts and the exports mean."""
    with project.file.writing() as db:
        if not plan_tables.activate_split(db, split_id):
            raise RequestError(f"There is no split number {split_id}", "Refresh the list of splits")
    return Changes.SPLITS


def group_keys(project: Project) -> tuple[AxisFacts, ...]:
    """Return the axes that can be kept whole, groups before conditions; twins are always kept whole."""
    facts = [f for f in project.cube().axis_facts() if f.name not in TWIN_AXES]
    return tuple(sorted(facts, key=lambda f: f.kind != "group"))


def _split_items(sliced: ProjectCube, rows: NDArray[np.int64], request: SplitRequest, names: list[str]) -> SplitItems:
    position = np.full(sliced.cube.n_items, -1, dtype=np.int64)
    position[rows] = np.arange(len(rows))
    columns = sliced.columns
    keys = stable_keys(f"{columns.source_names[columns.source[r]]}\0{names[r]}" for r in rows.tolist())
    group_columns = [c[rows] for c in sliced.group_columns(request.group_keys)]
    entries = position[sliced.cube.item] >= 0
    return SplitItems(
        keys=keys,
        groups=connected_groups(len(rows), *group_columns, *(c[rows] for c in _twin_columns(sliced))),
        labels=Pairs(position[sliced.cube.item[entries]], sliced.cube.category[entries], sliced.cube.n_classes),
        conditions=tuple(_condition(sliced, name, position) for name in request.stratify),
        locked=_locks(sliced, rows, request),
        must_not_miss=np.array([c.tier == Tier.MUST_NOT_MISS.value for c in columns.categories], dtype=np.bool_),
    )


def twins(sliced: ProjectCube) -> NDArray[np.int64]:
    """Return the set of identical files and near-duplicates each row belongs to, -1 where it has no twin."""
    columns = _twin_columns(sliced)
    if not columns:
        return np.full(sliced.cube.n_items, -1, dtype=np.int64)
    joined = connected_groups(sliced.cube.n_items, *columns)
    has_twin = np.any(np.stack(columns) >= 0, axis=0)
    return np.where(has_twin, joined, -1)


def _twin_columns(sliced: ProjectCube) -> list[NDArray[np.int64]]:
    return sliced.group_columns([name for name in TWIN_AXES if name in sliced.cube.axes])


def _periods(sliced: ProjectCube, rows: NDArray[np.int64], name: str) -> NDArray[np.int64]:
    """Return the rank of each row's latest value on an axis, numbers by size and texts by order; -1 for none."""
    axis = sliced.cube.axis(name)
    rank = np.empty(len(axis.values), dtype=np.int64)
    rank[sorted(range(len(axis.values)), key=lambda k: _time_key(axis.values[k]))] = np.arange(len(axis.values))
    latest = np.full(sliced.cube.n_items, -1, dtype=np.int64)
    np.maximum.at(latest, axis.rows, rank[axis.codes])
    return latest[rows]


def _time_key(text: str) -> tuple[int, float, str]:
    """Order numbers by size before all texts; ISO dates are texts whose order is that of time."""
    try:
        return (0, float(text), text)
    except ValueError:
        return (1, 0.0, text)


def _condition(sliced: ProjectCube, name: str, position: NDArray[np.int64]) -> Pairs:
    axis = sliced.cube.axis(name)
    used = position[axis.rows] >= 0
    return Pairs(position[axis.rows[used]], axis.codes[used].astype(np.int64), len(axis.values))


def _locks(sliced: ProjectCube, rows: NDArray[np.int64], request: SplitRequest) -> NDArray[np.int64] | None:
    if not request.locked:
        return None
    axis = sliced.split_axis
    missing = sorted(request.locked - set(axis.values))
    if missing:
        known = ", ".join(axis.values) or "none yet"
        raise RequestError(f"There is no split {missing[0]!r} to lock", f"The splits of this project are: {known}")
    locked = np.full(sliced.cube.n_items, -1, dtype=np.int64)
    for name in request.locked:
        locked[axis.rows[axis.codes == axis.values.index(name)]] = request.names.index(name)
    return locked[rows]


def _row(project: Project, split_id: int) -> SplitRow:
    with project.file.reading() as db:
        for row in plan_tables.list_splits(db):
            if row.id == split_id:
                return row
    raise RequestError(f"There is no split number {split_id}", "Refresh the list of splits")


def _stored(row: SplitRow) -> StoredSplit:
    request = SplitRequest.of(json.loads(row.request))
    return StoredSplit(
        row.id, row.created_utc, request, result_from_json(request, json.loads(row.result)), row.is_active
    )

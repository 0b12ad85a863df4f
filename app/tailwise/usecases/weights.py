"""Class weights of the training items: load what they are made from, store the request, hand it out."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tailwise.domain.changes import Changes
from tailwise.domain.class_weights import WeightsOutcome, WeightsRequest
from tailwise.domain.coverage import Unit
from tailwise.planning.split_groups import connected_groups
from tailwise.storage import balance_tables, plan_tables, source_tables
from tailwise.usecases.projects import versions
from tailwise.usecases.resampling import stored_multipliers
from tailwise.usecases.training_part import training_rows
from tailwise.usecases.weights_outcome import WeightsBase, preview_weights

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tailwise.ops.progress import Progress
    from tailwise.usecases.projects import Project
    from tailwise.usecases.slices import ProjectCube


@dataclass(frozen=True, slots=True)
class StoredWeights:
    """The class weights of the project. `is_current` is false when the data changed since they were planned."""

    id: int
    created_utc: str
    request: WeightsRequest
    is_current: bool
    changes: Changes = Changes.PLANS


def load_weights_base(project: Project) -> WeightsBase:
    """Count the training items.

    Raises:
        RequestError: nothing is labelled, or nothing is left to train on.
    """
    sliced = project.cube()
    rows, part = training_rows(sliced)
    mask = np.zeros(sliced.cube.n_items, dtype=np.bool_)
    mask[rows] = True
    columns, cube = sliced.columns, sliced.cube
    size = columns.width.astype(np.float64) * columns.height
    entries = mask[cube.item]
    held = np.unique(cube.item[entries].astype(np.int64) * max(1, cube.n_classes) + cube.category[entries])
    room = np.bincount(
        held % max(1, cube.n_classes), weights=size[held // max(1, cube.n_classes)], minlength=cube.n_classes
    )
    with project.file.reading() as db:
        version = source_tables.data_version(db)
    planned = stored_multipliers(project)
    return WeightsBase(
        part=part,
        names=tuple(c.name for c in columns.categories),
        tiers=tuple(c.tier for c in columns.categories),
        default_unit=sliced.default_unit,
        counts={unit: cube.totals(unit, mask) for unit in Unit},
        items=cube.totals(Unit.IMAGES, mask),
        scenes=_class_scenes(sliced, entries),
        room=room.astype(np.float64),
        unsized=int((size[rows] == 0).sum()),
        total=int(rows.size),
        has_boxes=sliced.has_boxes,
        multipliers=planned[0] if planned else None,
        cap=planned[1] if planned else 0.0,
        data_version=version,
    )


def plan_weights(project: Project, request: WeightsRequest, progress: Progress) -> tuple[StoredWeights, WeightsOutcome]:
    """Work weights out and store the request as that of the project."""
    began = time.monotonic()
    progress.stage("Counting training items")
    base = load_weights_base(project)
    outcome = preview_weights(base, request)
    return store_weights(project, outcome, base.data_version, time.monotonic() - began), outcome


def store_weights(project: Project, outcome: WeightsOutcome, data_version: int, seconds: float = 0.0) -> StoredWeights:
    """Make a previewed request the one that exports mean."""
    told = outcome.request.parameters()
    with project.file.writing() as db:
        row = balance_tables.add_balance_plan(
            db, balance_tables.WEIGHTS, json.dumps(told), json.dumps({"scheme": outcome.scheme.value}), data_version
        )
        plan_tables.log_entry(
            db,
            "weights",
            told,
            versions().as_json(),
            seconds,
            f"{outcome.scheme.value} weights of {len(outcome.rows):,} classes",
        )
    return StoredWeights(row.id, row.created_utc, outcome.request, is_current=True)


def stored_weights(project: Project) -> StoredWeights | None:
    """Return the weights request of the project, None if none was planned."""
    with project.file.reading() as db:
        row = balance_tables.newest_balance_plan(db, balance_tables.WEIGHTS)
    if row is None:
        return None
    request = WeightsRequest.of(json.loads(row.request))
    return StoredWeights(row.id, row.created_utc, request, row.data_version == project.columns.version)


def weights_export(project: Project) -> WeightsOutcome:
    """Work the stored request out anew; without one, weights by the choice rule."""
    stored = stored_weights(project)
    return preview_weights(load_weights_base(project), stored.request if stored else WeightsRequest())


def _class_scenes(sliced: ProjectCube, entries: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return how many different scenes hold each class: near-duplicates and identical files are one."""
    cube = sliced.cube
    scene = connected_groups(cube.n_items, *sliced.scene_columns())
    width = max(1, cube.n_classes)
    pairs = np.unique(scene[cube.item[entries]] * width + cube.category[entries])
    return np.bincount(pairs % width, minlength=cube.n_classes)

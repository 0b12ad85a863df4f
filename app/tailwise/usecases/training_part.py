"""Which items training may use more than once: those of the training split, and never one of validation or test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tailwise.domain.errors import RequestError
from tailwise.domain.records import SCENE_AXES
from tailwise.domain.resampling import TrainingPart
from tailwise.domain.split import TRAIN
from tailwise.planning.resampling_items import TrainingItems
from tailwise.planning.split_groups import connected_groups, stable_keys
from tailwise.storage import plan_tables, source_tables
from tailwise.usecases.duplicate_marks import excluded_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tailwise.usecases.projects import Project
    from tailwise.usecases.slices import ProjectCube

NO_SPLIT = "The project has no split, so all {:,} labelled items are used; make a split to keep validation and test out"


@dataclass(frozen=True, slots=True)
class TrainingBase:
    """The training items of a project, loaded once for many previews.

    Attributes:
        class_names, tiers: aligned, in the order of the project's classes.
        item_ids, file_names: aligned with the rows of `items`.
        held_out_ids: labelled items that must not be repeated.
        scene_axes: the axes of alike pictures that the project has.
        data_version: of the data this was loaded from.
    """

    items: TrainingItems
    part: TrainingPart
    class_names: tuple[str, ...]
    tiers: tuple[str, ...]
    unit: str
    item_ids: NDArray[np.int64]
    file_names: tuple[str, ...]
    held_out_ids: frozenset[int]
    scene_axes: tuple[str, ...]
    data_version: int


def load_training(project: Project) -> TrainingBase:
    """Gather the training items.

    Raises:
        RequestError: nothing is labelled, or no labelled item is left to train on.
    """
    sliced = project.cube()
    rows, part = training_rows(sliced)
    with project.file.reading() as db:
        names = plan_tables.all_item_names(db)
        version = source_tables.data_version(db)
    columns, cube = sliced.columns, sliced.cube
    position = np.full(cube.n_items, -1, dtype=np.int64)
    position[rows] = np.arange(rows.size)
    entries = position[cube.item] >= 0
    axes = tuple(name for name in SCENE_AXES if name in cube.axes)
    keys = stable_keys(f"{columns.source_names[columns.source[r]]}\0{names[r]}" for r in rows.tolist())
    held_out = sliced.labelled.copy()
    held_out[rows] = False
    return TrainingBase(
        items=TrainingItems(
            keys,
            position[cube.item[entries]],
            cube.category[entries],
            cube.n_classes,
            connected_groups(rows.size, *(c[rows] for c in sliced.group_columns(axes))),
            counts_objects=sliced.has_boxes,
        ),
        part=part,
        class_names=tuple(c.name for c in columns.categories),
        tiers=tuple(c.tier for c in columns.categories),
        unit=sliced.default_unit.value,
        item_ids=columns.item_ids[rows],
        file_names=tuple(names[r] for r in rows.tolist()),
        held_out_ids=frozenset(columns.item_ids[held_out].tolist()),
        scene_axes=axes,
        data_version=version,
    )


def training_rows(sliced: ProjectCube) -> tuple[NDArray[np.int64], TrainingPart]:
    """Return the rows that may be repeated, and why these.

    The training part of a stored split is `train`, else its largest part. Of published lists it is every list whose
    name begins with `train`, without the items that any other list holds too. What somebody excluded is in none.
    """
    labelled = sliced.labelled & ~excluded_rows(sliced)
    n_labelled = int(labelled.sum())
    if not n_labelled:
        raise RequestError("Nothing is labelled yet", "Import labels first")
    axis = sliced.split_axis
    if not axis.values:
        part = TrainingPart("", n_labelled, warning=NO_SPLIT.format(n_labelled))
        return np.flatnonzero(labelled), part
    training = _training_names(sliced)
    is_training = np.isin(np.array(axis.values), training)
    inside, outside = np.zeros_like(labelled), np.zeros_like(labelled)
    inside[axis.rows[is_training[axis.codes]]] = True
    outside[axis.rows[~is_training[axis.codes]]] = True
    rows = np.flatnonzero(labelled & inside & ~outside)
    if not rows.size:
        raise RequestError(
            f"No labelled item is in a training split (there are: {', '.join(axis.values)})",
            "Make a split with a part called train; validation and test are never repeated",
        )
    leaked = int((labelled & inside & outside).sum())
    warning = f"{leaked:,} items are listed for training and elsewhere too; they are not repeated" if leaked else ""
    return rows, TrainingPart(
        name=" + ".join(training),
        items=int(rows.size),
        held_out=int((labelled & outside).sum()),
        unassigned=int((labelled & ~inside & ~outside).sum()),
        leaked=leaked,
        warning=warning,
    )


def _training_names(sliced: ProjectCube) -> list[str]:
    names = sliced.split_axis.values
    is_published = set(names) <= set(sliced.columns.published)
    if is_published:
        return [name for name in names if name.casefold().startswith(TRAIN)]
    if TRAIN in names:
        return [TRAIN]
    sizes = np.bincount(sliced.split_axis.codes, minlength=len(names))
    return [names[int(np.argmax(sizes))]]

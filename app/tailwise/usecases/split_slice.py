"""A balanced evaluation slice of a split: a documented view, never a split of its own."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tailwise.domain.errors import ExportTargetError, RequestError
from tailwise.domain.split import TEST
from tailwise.planning.split_groups import stable_keys
from tailwise.planning.split_slice import draw_slice
from tailwise.storage import plan_tables

if TYPE_CHECKING:
    from pathlib import Path

    from tailwise.ops.progress import Progress
    from tailwise.usecases.projects import Project
    from tailwise.usecases.slices import ProjectCube

MAX_PER_CELL = 1_000_000


@dataclass(frozen=True, slots=True)
class SliceRequest:
    """At most `per_cell` items of each class at each combination of the conditions `by`, out of a split.

    `split` is empty for the test split.

    Raises:
        RequestError: the number is impossible.
    """

    per_cell: int
    by: tuple[str, ...] = ()
    split: str = ""
    seed: int = 0

    def __post_init__(self) -> None:
        if not 1 <= self.per_cell <= MAX_PER_CELL:
            raise RequestError(f"{self.per_cell} items per cell are asked for", f"Choose 1 to {MAX_PER_CELL:,}")


@dataclass(frozen=True, slots=True)
class SliceRow:
    """An item of the slice, the probability it had of being in it, and the weight 1 / probability for metrics."""

    item_id: int
    file_name: str
    probability: float

    @property
    def weight(self) -> float:
        """How many items of the split this one stands for."""
        return 1.0 / self.probability


@dataclass(frozen=True, slots=True)
class SliceCell:
    """A class at a combination of conditions: items in the split, and in the slice."""

    cell: tuple[str, ...]
    whole: int
    taken: int


@dataclass(frozen=True, slots=True)
class SliceOutcome:
    """A slice. `whole` labelled items are in the split; weights of the slice stand for `represented` of them."""

    request: SliceRequest
    split: str
    whole: int
    represented: int
    rows: tuple[SliceRow, ...]
    cells: tuple[SliceCell, ...]


def balanced_slice(project: Project, request: SliceRequest, progress: Progress) -> SliceOutcome:
    """Draw a slice; the same request gives the same items whatever the order of rows.

    Raises:
        RequestError: there is no such split, or nothing labelled in it.
    """
    progress.stage("Drawing the slice")
    sliced = project.cube()
    name, rows = _rows_of_split(sliced, request.split)
    labels, cells = _cells(sliced, rows, request.by)
    with project.file.reading() as db:
        names = plan_tables.all_item_names(db)
    columns = sliced.columns
    keys = stable_keys(f"{columns.source_names[columns.source[r]]}\0{names[r]}" for r in rows.tolist())
    drawn = draw_slice(keys, cells[0], cells[1], request.per_cell, request.seed)
    is_in = np.zeros(rows.size, dtype=np.bool_)
    is_in[drawn.rows] = True
    whole = np.bincount(cells[1], minlength=len(labels))
    taken = np.bincount(cells[1][is_in[cells[0]]], minlength=len(labels))
    return SliceOutcome(
        request=request,
        split=name,
        whole=int(rows.size),
        represented=int((drawn.probability > 0).sum()),
        rows=tuple(
            SliceRow(int(columns.item_ids[rows[k]]), names[rows[k]], float(drawn.probability[k]))
            for k in drawn.rows.tolist()
        ),
        cells=tuple(SliceCell(label, int(whole[k]), int(taken[k])) for k, label in enumerate(labels)),
    )


def slice_json(found: SliceOutcome) -> dict[str, Any]:
    """Return the document that `slice --json` prints."""
    return {
        "split": found.split,
        "items": found.whole,
        "represented": found.represented,
        "per_cell": found.request.per_cell,
        "rows": [
            {"id": r.item_id, "file_name": r.file_name, "probability": r.probability, "weight": r.weight}
            for r in found.rows
        ],
        "cells": [
            {"class": c.cell[0], **dict(zip(found.request.by, c.cell[1:], strict=True)), "items": c.whole,
             "taken": c.taken}
            for c in found.cells
        ],
    }  # fmt: skip


def write_slice_csv(found: SliceOutcome, path: Path) -> None:
    """Write the items with their probabilities; an existing file is replaced.

    Raises:
        ExportTargetError: the file cannot be written.
    """
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(("item_id", "file_name", "inclusion_probability", "weight"))
            writer.writerows((r.item_id, r.file_name, r.probability, r.weight) for r in found.rows)
    except OSError as error:
        raise ExportTargetError(f"{path} cannot be written ({error.strerror})", "Choose another file") from error


def _rows_of_split(sliced: ProjectCube, wanted: str) -> tuple[str, Any]:
    axis = sliced.split_axis
    known = ", ".join(axis.values) or "none yet"
    name = wanted or (TEST if TEST in axis.values else "")
    if name not in axis.values:
        raise RequestError(f"There is no split {name or TEST!r} to slice", f"The splits of this project are: {known}")
    mask = np.zeros(sliced.cube.n_items, dtype=np.bool_)
    mask[axis.rows[axis.codes == axis.values.index(name)]] = True
    rows = np.flatnonzero(mask & sliced.labelled)
    if not rows.size:
        raise RequestError(f"Nothing in the split {name!r} is labelled", "Choose another split")
    return name, rows


def _cells(sliced: ProjectCube, rows: Any, by: tuple[str, ...]) -> tuple[list[tuple[str, ...]], tuple[Any, Any]]:  # noqa: ANN401
    """Return the cells that occur, and pairs of a position in `rows` and a cell."""
    cube = sliced.cube
    position = np.full(cube.n_items, -1, dtype=np.int64)
    position[rows] = np.arange(rows.size)
    index = cube.cells(by, position >= 0)
    held = np.unique(cube.item.astype(np.int64) * max(1, cube.n_classes) + cube.category)
    item, category = held // max(1, cube.n_classes), held % max(1, cube.n_classes)
    width = max(1, len(index.labels))
    order = np.argsort(index.rows, kind="stable")
    start = np.searchsorted(index.rows[order], item, side="left")
    count = np.searchsorted(index.rows[order], item, side="right") - start
    step = np.arange(int(count.sum())) - np.repeat(np.cumsum(count) - count, count)
    place = index.cells[order][np.repeat(start, count) + step]
    codes = np.repeat(category, count) * width + place
    used, numbers = np.unique(codes, return_inverse=True)
    classes = [c.name for c in sliced.columns.categories]
    labels = [(classes[code // width], *index.labels[code % width]) for code in used.tolist()]
    return labels, (position[np.repeat(item, count)], numbers.astype(np.int64))

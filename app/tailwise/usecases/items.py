"""The items behind a number, and one page of them for lists and grids."""

from __future__ import annotations

from array import array
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tailwise.domain.coverage import AnnotationView, Basis, ItemFilter, ItemRow
from tailwise.domain.records import LabelState, MediaState
from tailwise.imaging.thumbnails import Picture, picture
from tailwise.storage import plan_tables, source_tables, text_tables

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tailwise.ops.progress import Progress
    from tailwise.usecases.projects import Project
    from tailwise.usecases.slices import ProjectCube


def find_items(project: Project, which: ItemFilter, progress: Progress) -> array[int]:
    """Return the ids of the items that fulfil the filter, in reading order."""
    progress.stage("Looking for items")
    sliced = project.cube()
    mask = sliced.counted & sliced.cube.item_mask(which.where)
    if which.classes:
        mask &= sliced.cube.class_mask([sliced.class_index(name) for name in which.classes])
    return array("q", sliced.columns.item_ids[mask].astype("<i8").tobytes())


def item_rows(project: Project, ids: Sequence[int]) -> tuple[ItemRow, ...]:
    """Return the items with these ids, in this order; ids that are gone are left out."""
    sliced = project.cube()
    with project.file.reading() as db:
        names = plan_tables.item_names(db, ids)
        roots = {s.name: s.root for s in source_tables.list_sources(db)}
        texts = text_tables.texts_of(db, ids)
    return tuple(
        replace(_row(sliced, sliced.row_of[item_id], item_id, names[item_id][0], roots), text=texts.get(item_id, ""))
        for item_id in ids
        if item_id in names and item_id in sliced.row_of
    )


def item_picture(row: ItemRow, side: int) -> Picture | None:
    """Return the upright picture of an item, its longer side at most `side` pixels, with its boxes as fractions of it.

    None where there is no picture to show. Kept in the user's cache folder; touches neither project nor dataset.
    """
    if not row.path:
        return None
    return picture(row.path, (row.width, row.height), [a.box for a in row.annotations], side)


def _row(sliced: ProjectCube, row: int, item_id: int, file_name: str, roots: dict[str, str]) -> ItemRow:
    columns = sliced.columns
    annotations = columns.annotations
    source = columns.source_names[columns.source[row]]
    values = sliced.cube.values_of(row)
    classes: dict[str, int] = {}
    views: list[AnnotationView] = []
    for position in sliced.cube.annotations_of(row).tolist():
        name = columns.categories[sliced.cube.category[position]].name
        classes[name] = classes.get(name, 0) + 1
        stored = sliced.entries[position]
        x, y, width, height = (float(annotations[n][stored]) for n in ("x", "y", "width", "height"))
        box = None if np.isnan(x) else (x, y, width, height)
        views.append(AnnotationView(name, box, int(annotations["flags"][stored])))
    built_in = {Basis.SPLIT.value, Basis.SOURCE.value, Basis.STATE.value}
    is_there = columns.media[row] == MediaState.PRESENT
    return ItemRow(
        id=item_id,
        file_name=file_name,
        source=source,
        split=_own_split(sliced, row),
        state=LabelState(int(columns.state[row])).text,
        width=int(columns.width[row]),
        height=int(columns.height[row]),
        path=str(Path(roots[source], *file_name.split("/"))) if is_there else "",
        classes=classes,
        conditions={k: v for k, v in values.items() if k not in built_in},
        annotations=tuple(views),
    )


def _own_split(sliced: ProjectCube, row: int) -> str:
    """Return the narrowest list the item is in: `train` rather than `trainval`."""
    axis = sliced.split_axis
    first, last = np.searchsorted(axis.rows, [row, row + 1])
    codes = axis.codes[first:last].tolist()
    names = [axis.values[c] for c in codes]
    return min(names, key=lambda n: (sliced.size_of_split[n], n), default="")

"""The project's columns as a count cube with names: classes, built-in axes, which items count."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from tailwise.analysis.cube import Cube, CubeAxis
from tailwise.analysis.measures import tail_groups_by_images
from tailwise.domain.coverage import AxisFacts, Basis, ClassRow, Unit
from tailwise.domain.errors import RequestError
from tailwise.domain.records import SCENE_AXES, AnnotationKind, AxisKind, LabelState, MediaState, Role

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tailwise.storage.columns import ProjectColumns
    from tailwise.storage.plan_tables import SplitRow

PUBLISHED = "published split"
"""Name of the axis of published lists while a split of our own is active."""


@dataclass
class ProjectCube:
    """A cube together with what its codes mean. Items and annotations of predictions are left out of every count."""

    columns: ProjectColumns
    cube: Cube
    counted: NDArray[np.bool_]
    split_axis: CubeAxis
    entries: NDArray[np.int64]
    """Position in the stored columns of each annotation of the cube."""

    @cached_property
    def labelled(self) -> NDArray[np.bool_]:
        """Rows somebody looked at: labelled or empty."""
        looked_at = (self.columns.state == LabelState.LABELLED) | (self.columns.state == LabelState.EMPTY)
        return self.counted & looked_at

    @property
    def pool(self) -> NDArray[np.bool_]:
        """Rows nobody looked at yet."""
        return self.counted & (self.columns.state == LabelState.UNLABELLED)

    @property
    def has_boxes(self) -> bool:
        """Whether any annotation has a place within its image."""
        kind = self.columns.annotations["kind"]
        return bool(np.any(kind != AnnotationKind.LABEL))

    @property
    def default_unit(self) -> Unit:
        """Objects where there are boxes or spans, else images, or texts where all items are texts."""
        if self.has_boxes:
            return Unit.OBJECTS
        media = self.columns.media[self.counted]
        return Unit.TEXTS if len(media) and bool((media == MediaState.NONE).all()) else Unit.IMAGES

    def class_rows(self, mask: NDArray[np.bool_] | None = None) -> tuple[ClassRow, ...]:
        """Return every class with its totals over the rows in `mask` (default: all), most annotated first.

        Classes that only predictions have are no classes of the project.
        """
        mask = self.counted if mask is None else mask
        images = self.cube.totals(Unit.IMAGES, mask).tolist()
        objects = self.cube.totals(Unit.OBJECTS, mask).tolist()
        pixels = self.cube.totals(Unit.PIXELS, mask).tolist()
        tails = tail_groups_by_images(images)
        rows = [
            ClassRow(c.name, images[i], objects[i], pixels[i], c.tier, c.target, tails[i])
            for i, c in enumerate(self.columns.categories)
            if not c.is_only_predicted
        ]
        key = (lambda r: (-r.objects, r.name)) if self.has_boxes else (lambda r: (-r.images, r.name))
        return tuple(sorted(rows, key=key))

    @cached_property
    def labelled_rows(self) -> tuple[ClassRow, ...]:
        """Every class with its totals over all labelled items: the same whatever the columns of a table are."""
        return self.class_rows(self.labelled)

    def class_index(self, name: str) -> int:
        """Return the code of a class by name."""
        for i, category in enumerate(self.columns.categories):
            if category.name == name:
                return i
        known = ", ".join(c.name for c in self.columns.categories[:20])
        raise RequestError(f"There is no class {name!r}", f"The classes of this project are: {known}")

    def axis_facts(self) -> tuple[AxisFacts, ...]:
        """Return the imported axes with the number of items per value."""
        kinds = {a.name: (a.kind, a.origin) for a in self.columns.axes}
        return tuple(
            AxisFacts(name, *kinds[name], self.value_counts(axis))
            for name, axis in self.cube.axes.items()
            if name in kinds
        )

    def split_sizes(self) -> tuple[tuple[str, int], ...]:
        """Return the splits with their numbers of items."""
        return self.value_counts(self.split_axis)

    def annotations_per_source(self) -> list[int]:
        """Return how many annotations each source has, in order of sources."""
        source = self.columns.source[self.columns.annotations["item"]]
        return np.bincount(source, minlength=len(self.columns.source_names)).tolist()

    @cached_property
    def size_of_split(self) -> dict[str, int]:
        """Items of each split."""
        return dict(self.split_sizes())

    @cached_property
    def row_of(self) -> dict[int, int]:
        """Row of each item id."""
        return {item_id: row for row, item_id in enumerate(self.columns.item_ids.tolist())}

    def group_columns(self, keys: Sequence[str]) -> list[NDArray[np.int64]]:
        """Return one group code per row and key, -1 where the item has none; any axis may serve as a group.

        A key with several values per item joins the items of all of them; it is given as several columns.
        """
        columns: list[NDArray[np.int64]] = []
        for key in keys:
            axis = self.cube.axis(key)
            count = np.bincount(axis.rows, minlength=self.cube.n_items) if len(axis.rows) else np.zeros(0, int)
            nth = np.arange(len(axis.rows)) - np.repeat(np.cumsum(count) - count, count)
            for n in range(int(nth.max(initial=0)) + 1):
                column = np.full(self.cube.n_items, -1, dtype=np.int64)
                column[axis.rows[nth == n]] = axis.codes[nth == n]
                columns.append(column)
        return columns

    def scene_columns(self) -> list[NDArray[np.int64]]:
        """Return the group codes of images that show the same, as `group_columns`; none where nothing was compared."""
        return self.group_columns([name for name in SCENE_AXES if name in self.cube.axes])

    def value_counts(self, axis: CubeAxis) -> tuple[tuple[str, int], ...]:
        """Return every value of an axis with the number of items that have it."""
        counted = self.counted[axis.rows] if len(axis.rows) else np.zeros(0, dtype=np.bool_)
        counts = np.bincount(axis.codes[counted], minlength=len(axis.values))
        return tuple(zip(axis.values, counts.tolist(), strict=True))


def build_cube(columns: ProjectColumns, active: SplitRow | None) -> ProjectCube:
    """Join columns, built-in axes and the active split into a cube."""
    is_prediction = np.array([r == Role.PREDICTIONS for r in columns.source_roles], dtype=np.bool_)
    counted = ~is_prediction[columns.source] if len(columns.source) else np.zeros(0, dtype=np.bool_)
    rows = np.arange(len(columns.item_ids))
    published = _published_axis(columns, PUBLISHED if active else Basis.SPLIT)
    axes: dict[str, CubeAxis] = {}
    split = published if active is None else _active_axis(columns, active)
    axes[split.name] = split
    if active is not None and published.values:
        axes[published.name] = published
    axes[Basis.SOURCE] = CubeAxis(Basis.SOURCE, columns.source_names, rows, columns.source)
    axes[Basis.STATE] = CubeAxis(Basis.STATE, tuple(s.text for s in LabelState), rows, columns.state)
    for axis in columns.axes:
        order = np.argsort(axis.rows, kind="stable")
        axes.setdefault(axis.name, CubeAxis(axis.name, axis.values, axis.rows[order], axis.codes[order]))
    item, category, area = (columns.annotations[n] for n in ("item", "category", "area"))
    entries = np.flatnonzero(counted[item]) if is_prediction.any() else np.arange(len(item))
    if len(entries) < len(item):
        item, category, area = item[entries], category[entries], area[entries]
    cube = Cube(
        n_items=len(rows), n_classes=len(columns.categories), item=item, category=category, area=area, axes=axes
    )
    return ProjectCube(columns, cube, counted, split, entries)


def is_group(facts: AxisFacts) -> bool:
    """Whether an axis names groups rather than conditions."""
    return facts.kind == AxisKind.GROUP


def _published_axis(columns: ProjectColumns, name: str) -> CubeAxis:
    names = tuple(columns.published)
    rows = [columns.published[n] for n in names]
    if not rows:
        return CubeAxis(name, (), np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.int32))
    codes = np.concatenate([np.full(len(r), i, dtype=np.int32) for i, r in enumerate(rows)])
    joined = np.concatenate(rows)
    order = np.argsort(joined, kind="stable")
    return CubeAxis(name, names, joined[order], codes[order])


def _active_axis(columns: ProjectColumns, active: SplitRow) -> CubeAxis:
    """Rows of the active split; items imported since then have no split yet."""
    order = np.argsort(columns.item_ids)
    position = np.searchsorted(columns.item_ids[order], active.item_ids)
    position = np.minimum(position, max(0, len(order) - 1))
    rows = order[position] if len(order) else np.zeros(0, dtype=np.int64)
    known = columns.item_ids[rows] == active.item_ids if len(order) else np.zeros(0, dtype=np.bool_)
    rows, codes = rows[known], active.codes[known].astype(np.int32)
    by_row = np.argsort(rows, kind="stable")
    return CubeAxis(Basis.SPLIT, active.names, rows[by_row], codes[by_row])

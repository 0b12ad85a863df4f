"""The count cube: annotations and conditions as integer codes, sliced with `bincount`.

Works on arrays it is given; knows no database. One cube serves every table, filter and drill-down of a project, so
that a number and the items behind it always come from the same columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from tailwise.domain.coverage import UNKNOWN_VALUE, Unit
from tailwise.domain.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

MAX_CELLS = 5_000
"""Widest table that is still a table; above it the axis is a group and should be filtered, not spread out."""


@dataclass(frozen=True, slots=True)
class CubeAxis:
    """An axis as pairs (row, code) sorted by row; a row may have no pair or several."""

    name: str
    values: tuple[str, ...]
    rows: NDArray[np.integer[Any]]
    codes: NDArray[np.integer[Any]]


@dataclass(frozen=True, slots=True)
class CellIndex:
    """Cells of a combination of axes: `rows` and `cells` are aligned pairs; `labels[cell]` its values."""

    labels: tuple[tuple[str, ...], ...]
    rows: NDArray[np.int64]
    cells: NDArray[np.int64]
    is_single: bool


class Cube:
    """Counts over `n` items, `m` annotations and `k` classes.

    Args:
        n_items: number of rows.
        n_classes: number of classes.
        item: (m,) row of each annotation.
        category: (m,) class of each annotation.
        area: (m,) annotated pixels; NaN counts as none.
        axes: the axes by name.
    """

    def __init__(
        self,
        *,
        n_items: int,
        n_classes: int,
        item: NDArray[np.integer[Any]],
        category: NDArray[np.integer[Any]],
        area: NDArray[np.floating[Any]],
        axes: Mapping[str, CubeAxis],
    ) -> None:
        self.n_items = n_items
        self.n_classes = n_classes
        self.item = np.asarray(item, dtype=np.int32)
        self.category = np.asarray(category, dtype=np.int32)
        self._area = area
        self.axes = dict(axes)

    def axis(self, name: str) -> CubeAxis:
        """Return an axis by name; spelling errors are answered with the names there are."""
        found = self.axes.get(name)
        if found is None:
            known = ", ".join(sorted(self.axes)) or "none"
            raise RequestError(f"There is no axis {name!r}", f"The axes of this project are: {known}")
        return found

    def item_mask(self, where: Sequence[tuple[str, str]]) -> NDArray[np.bool_]:
        """Return which rows fulfil the filter: values of one axis are alternatives, axes are joined by "and"."""
        mask = np.ones(self.n_items, dtype=np.bool_)
        wanted: dict[str, list[str]] = {}
        for name, value in where:
            wanted.setdefault(name, []).append(value)
        for name, values in wanted.items():
            mask &= self._mask_of(self.axis(name), values)
        return mask

    def class_mask(self, classes: Sequence[int]) -> NDArray[np.bool_]:
        """Return which rows hold an annotation of any of the classes."""
        mask = np.zeros(self.n_items, dtype=np.bool_)
        mask[self.item[np.isin(self.category, np.asarray(classes))]] = True
        return mask

    def totals(self, unit: Unit, mask: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Return the (k,) counts of every class over the rows in `mask`."""
        rows, category, weight = self._entries(unit)
        keep = mask[rows]
        counts = np.bincount(category[keep], weights=None if weight is None else weight[keep], minlength=self.n_classes)
        return np.rint(counts).astype(np.int64)

    def table(
        self, by: Sequence[str], unit: Unit, mask: NDArray[np.bool_]
    ) -> tuple[tuple[tuple[str, ...], ...], NDArray[np.int64], NDArray[np.int64]]:
        """Count classes by cells.

        Returns:
            The cell labels, the (k, c) counts, and the (c,) items per cell. An item with two values on an axis counts
            in both cells.
        """
        index = self.cells(by, mask)
        width = len(index.labels)
        column_items = np.bincount(index.cells, minlength=width)
        rows, category, weight = self._entries(unit)
        if index.is_single:
            cell_of = np.full(self.n_items, -1, dtype=np.int32)
            cell_of[index.rows] = index.cells
            cell = cell_of[rows]
            if len(index.rows) < self.n_items:
                keep = cell >= 0
                cell, category = cell[keep], category[keep]
                weight = None if weight is None else weight[keep]
        else:
            entry, cell = _expand(rows, index, self.n_items)
            category = category[entry]
            weight = None if weight is None else weight[entry]
        counts = np.bincount(category * np.int64(width) + cell, weights=weight, minlength=self.n_classes * width)
        return index.labels, np.rint(counts).astype(np.int64).reshape(self.n_classes, width), column_items

    def cells(self, by: Sequence[str], mask: NDArray[np.bool_]) -> CellIndex:
        """Return the cells of a combination of axes for the rows in `mask`; cells without items are kept."""
        rows = np.flatnonzero(mask)
        cells = np.zeros(len(rows), dtype=np.int64)
        labels: list[tuple[str, ...]] = [()]
        is_single = True
        for name in by:
            axis = self.axis(name)
            rows, cells, codes, single = self._join(rows, cells, axis)
            values = [*axis.values, UNKNOWN_VALUE]
            if not bool(np.any(codes == len(axis.values))):
                values.pop()
            labels = [(*label, value) for label in labels for value in values]
            if len(labels) > MAX_CELLS:
                raise RequestError(
                    f"{' × '.join(by)} has {len(labels):,} combinations", "Choose fewer axes, or filter by a value"
                )
            cells = cells * len(values) + codes
            is_single = is_single and single
        return CellIndex(tuple(labels), rows, cells, is_single)

    def annotations_of(self, row: int) -> NDArray[np.int64]:
        """Return the positions of the annotations of one row."""
        order, start = self._by_item
        return order[start[row] : start[row + 1]]

    def values_of(self, row: int) -> dict[str, str]:
        """Return the values of one row by axis; several values are joined with " + "."""
        found: dict[str, str] = {}
        for axis in self.axes.values():
            first, last = np.searchsorted(axis.rows, [row, row + 1])
            if last > first:
                found[axis.name] = " + ".join(axis.values[c] for c in axis.codes[first:last])
        return found

    @cached_property
    def _by_item(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        order = np.argsort(self.item, kind="stable")
        start = np.concatenate([[0], np.cumsum(np.bincount(self.item, minlength=self.n_items))])
        return order, start

    @cached_property
    def _presence(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Distinct (row, class) pairs: what "images" count."""
        width = max(1, self.n_classes)
        keys = self.item.astype(np.int64) * width + self.category
        keys.sort()  # np.unique would take ten times as long on a million keys
        is_first = np.ones(len(keys), dtype=np.bool_)
        np.not_equal(keys[1:], keys[:-1], out=is_first[1:])
        keys = keys[is_first]
        return (keys // width).astype(np.int32), (keys % width).astype(np.int32)

    @cached_property
    def _pixels(self) -> NDArray[np.float64]:
        return np.nan_to_num(np.asarray(self._area, dtype=np.float64), nan=0.0)

    @cached_property
    def _single_codes(self) -> dict[str, NDArray[np.int32] | None]:
        return {}

    def _entries(self, unit: Unit) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float64] | None]:
        if unit in {Unit.IMAGES, Unit.TEXTS}:
            rows, category = self._presence
            return rows, category, None
        return self.item, self.category, self._pixels if unit is Unit.PIXELS else None

    def _codes(self, axis: CubeAxis) -> NDArray[np.int32] | None:
        """Return one code per row (`len(values)` where there is none), or None for a multi-valued axis."""
        if axis.name not in self._single_codes:
            codes: NDArray[np.int32] | None = None
            if len(axis.rows) == 0 or int(np.bincount(axis.rows, minlength=1).max()) <= 1:
                codes = np.full(self.n_items, len(axis.values), dtype=np.int32)
                codes[axis.rows] = axis.codes
            self._single_codes[axis.name] = codes
        return self._single_codes[axis.name]

    def _join(
        self, rows: NDArray[np.int64], cells: NDArray[np.int64], axis: CubeAxis
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], bool]:
        codes = self._codes(axis)
        if codes is not None:
            return rows, cells, codes[rows].astype(np.int64), True
        count = np.bincount(axis.rows, minlength=self.n_items)
        start = np.concatenate([[0], np.cumsum(count)])
        repeat = np.maximum(count[rows], 1)
        out_rows, out_cells = np.repeat(rows, repeat), np.repeat(cells, repeat)
        within = np.arange(len(out_rows)) - np.repeat(np.cumsum(repeat) - repeat, repeat)
        position = np.minimum(start[out_rows] + within, len(axis.codes) - 1)
        found = np.where(count[out_rows] > 0, axis.codes[position], len(axis.values))
        return out_rows, out_cells, found.astype(np.int64), False

    def _mask_of(self, axis: CubeAxis, values: Sequence[str]) -> NDArray[np.bool_]:
        code_of = {value: code for code, value in enumerate(axis.values)}
        mask = np.zeros(self.n_items, dtype=np.bool_)
        codes: list[int] = []
        for value in values:
            if value in code_of:
                codes.append(code_of[value])
            elif value == UNKNOWN_VALUE:
                bare = np.ones(self.n_items, dtype=np.bool_)
                bare[axis.rows] = False
                mask |= bare
            else:
                known = ", ".join(axis.values[:20])
                raise RequestError(f"{axis.name} has no value {value!r}", f"Its values are: {known}")
        mask[axis.rows[np.isin(axis.codes, codes)]] = True
        return mask


def _expand(rows: NDArray[np.int32], index: CellIndex, n_items: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pair every entry with every cell its row lies in; entries whose row lies in none vanish."""
    order = np.argsort(index.rows, kind="stable")
    cells = index.cells[order]
    count = np.bincount(index.rows, minlength=n_items)
    start = np.concatenate([[0], np.cumsum(count)])
    repeat = count[rows]
    entry = np.repeat(np.arange(len(rows)), repeat)
    within = np.arange(len(entry)) - np.repeat(np.cumsum(repeat) - repeat, repeat)
    return entry, cells[start[rows[entry]] + within]

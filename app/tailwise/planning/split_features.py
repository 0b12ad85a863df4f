"""What a split balances, as columns over groups: sizes, classes, conditions, cells and pairs of classes.

The table is canonical: groups come in the order of their scrambled keys, columns in the order of what they hold. So
neither the order of rows nor the names of classes can reach the search.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from tailwise.planning.split_groups import UNASSIGNED, mixed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tailwise.ops.progress import Progress

MIN_CELL_ITEMS = 20
"""Cells and pairs with fewer items are noise to a balance; the classes themselves are never left out."""
MAX_CROSS_COLUMNS = 2_000
"""Of each kind of cross column the largest are kept; the least total is raised until no more than this remain."""
MUST_NOT_MISS_WEIGHT = 4.0
CROSS_WEIGHT = 0.25


class ColumnKind(IntEnum):
    """What a column counts per group."""

    SIZE = 0  # items
    LABEL = 1  # items with the class
    OBJECTS = 2  # objects of the class
    CONDITION = 3  # items with the condition value
    CELL = 4  # items with the class and the condition value
    PAIR = 5  # items with both classes


@dataclass(frozen=True, slots=True)
class Pairs:
    """Items and what they hold, as pairs of codes in any order; a pair that occurs n times counts n objects.

    `size` is the number of different values: classes of the project, or values of one condition axis.
    """

    item: NDArray[np.integer]
    value: NDArray[np.integer]
    size: int

    def matrix(self, n_items: int) -> sparse.csr_array:
        """Return items × values with the number of times each pair occurs."""
        ones = np.ones(self.item.size, dtype=np.int64)
        return sparse.csr_array((ones, (self.item, self.value)), shape=(n_items, self.size))

    def subset(self, is_kept: NDArray[np.bool_]) -> Pairs:
        """Return the pairs of the items that are kept, renumbered."""
        position = np.cumsum(is_kept) - 1
        pairs = is_kept[self.item]
        return Pairs(position[self.item[pairs]], self.value[pairs], self.size)


@dataclass(frozen=True, slots=True)
class SplitItems:
    """The items to be split: one entry per item in any order.

    Attributes:
        keys: a different key per item that does not depend on its row (see `stable_keys`).
        groups: group number of each item (see `connected_groups`).
        labels: classes of the items; pairs of item and class.
        conditions: one set of pairs per condition axis to balance; an item may have several values or none.
        locked: split of the items that must stay where they are, -1 for the others; None: nothing is locked.
        must_not_miss: which classes are; None: no class.
    """

    keys: NDArray[np.uint64]
    groups: NDArray[np.int64]
    labels: Pairs
    conditions: tuple[Pairs, ...] = ()
    locked: NDArray[np.integer] | None = None
    must_not_miss: NDArray[np.bool_] | None = None

    def __post_init__(self) -> None:
        columns = [self.groups] if self.locked is None else [self.groups, self.locked]
        if any(column.shape != self.keys.shape for column in columns):
            raise ValueError("keys, groups and locked must have one entry per item")
        if self.must_not_miss is not None and self.must_not_miss.size != self.labels.size:
            raise ValueError("must_not_miss must have one entry per class")

    @property
    def count(self) -> int:
        """Number of items."""
        return self.keys.size

    @property
    def locks(self) -> NDArray[np.int64]:
        """Locked split of each item, -1 where it is free."""
        if self.locked is None:
            return np.full(self.count, UNASSIGNED, dtype=np.int64)
        return self.locked.astype(np.int64)

    def subset(self, is_kept: NDArray[np.bool_]) -> SplitItems:
        """Return the items that are kept, in their order."""
        return replace(
            self,
            keys=self.keys[is_kept],
            groups=self.groups[is_kept],
            labels=self.labels.subset(is_kept),
            conditions=tuple(axis.subset(is_kept) for axis in self.conditions),
            locked=None if self.locked is None else self.locked[is_kept],
        )


@dataclass(frozen=True, slots=True)
class GroupTable:
    """Groups × columns, canonical.

    Attributes:
        matrix: amounts; row order is that of `row_of_item`.
        row_of_item: row of each item's group.
        kind, weight: of each column. `label` is the class of a `LABEL` column, -1 elsewhere.
    """

    matrix: sparse.csr_array
    row_of_item: NDArray[np.int64]
    kind: NDArray[np.int8]
    weight: NDArray[np.float64]
    label: NDArray[np.int64]


@dataclass(slots=True)
class _Columns:
    """Collects entries (row, column, amount) and what each column is."""

    rows: list[NDArray[np.int32]] = field(default_factory=list["NDArray[np.int32]"])
    columns: list[NDArray[np.int32]] = field(default_factory=list["NDArray[np.int32]"])
    amounts: list[NDArray[np.int32]] = field(default_factory=list["NDArray[np.int32]"])
    kinds: list[NDArray[np.int8]] = field(default_factory=list["NDArray[np.int8]"])
    weights: list[NDArray[np.float64]] = field(default_factory=list["NDArray[np.float64]"])
    width: int = 0

    def add(
        self,
        kind: ColumnKind,
        weight: NDArray[np.float64],
        rows: NDArray[np.integer],
        columns: NDArray[np.integer],
        amounts: NDArray[np.integer] | None = None,
    ) -> None:
        """Add `weight.size` columns of one kind with their entries; duplicates are summed later."""
        self.rows.append(rows.astype(np.int32))
        self.columns.append((columns + self.width).astype(np.int32))
        self.amounts.append(np.ones(rows.size, np.int32) if amounts is None else amounts.astype(np.int32))
        self.kinds.append(np.full(weight.size, kind, dtype=np.int8))
        self.weights.append(weight)
        self.width += weight.size


def group_table(
    items: SplitItems, seed: int, progress: Progress, *, objects: bool = False, pairs: bool = False
) -> GroupTable:
    """Count every column per group.

    Args:
        items: what is to be split.
        seed: scrambles the order of groups, so that another seed deals identical groups differently.
        progress: cancellation points between the steps, each below 0.2 s for a million items.
        objects: add a column of objects per class.
        pairs: add a column per pair of classes that occur together on at least `MIN_CELL_ITEMS` items.
    """
    row_of_item, n_groups = _canonical_rows(items, seed)
    progress.advance()
    labels = items.labels.matrix(items.count)
    label_weights = np.ones(items.labels.size)
    if items.must_not_miss is not None:
        label_weights[items.must_not_miss] = MUST_NOT_MISS_WEIGHT
    present = np.bincount(labels.indices, minlength=items.labels.size) > 0
    size_weight = np.array([max(1.0, float(present.sum()))])
    label_rows = np.repeat(row_of_item, np.diff(labels.indptr))

    parts = _Columns()
    parts.add(ColumnKind.SIZE, size_weight, row_of_item, np.zeros(items.count, dtype=np.int64))
    parts.add(ColumnKind.LABEL, label_weights, label_rows, labels.indices)
    if objects:
        parts.add(ColumnKind.OBJECTS, label_weights, label_rows, labels.indices, labels.data)
    for axis in items.conditions:
        progress.advance()
        values = axis.matrix(items.count)
        rows = np.repeat(row_of_item, np.diff(values.indptr))
        parts.add(ColumnKind.CONDITION, np.ones(axis.size), rows, values.indices)
        _add_cross(parts, ColumnKind.CELL, row_of_item, *_products(labels, values))
    progress.advance()
    if pairs:
        item, first, second = _products(labels, labels)
        is_once = first < second
        _add_cross(parts, ColumnKind.PAIR, row_of_item, item[is_once], first[is_once], second[is_once])
    return _canonical_columns(parts, row_of_item, n_groups, items.labels.size)


def _canonical_rows(items: SplitItems, seed: int) -> tuple[NDArray[np.int64], int]:
    """Rank groups by the smallest scrambled key among their items."""
    keys = mixed(items.keys, seed)
    order = np.argsort(items.groups, kind="stable")
    starts = np.flatnonzero(np.diff(items.groups[order], prepend=-1))
    smallest = np.minimum.reduceat(keys[order], starts) if items.count else keys
    rank = np.empty(starts.size, dtype=np.int64)
    rank[np.argsort(smallest, kind="stable")] = np.arange(starts.size)
    rows = np.empty(items.count, dtype=np.int64)
    rows[order] = np.repeat(rank, np.diff(starts, append=items.count))
    return rows, starts.size


def _products(
    left: sparse.csr_array, right: sparse.csr_array
) -> tuple[NDArray[np.integer], NDArray[np.integer], NDArray[np.integer]]:
    """List (item, column of left, column of right) for everything that occurs together on one item."""
    item = np.repeat(np.arange(left.shape[0], dtype=np.int32), np.diff(left.indptr))
    per_entry = np.diff(right.indptr)[item]
    total = int(per_entry.sum())
    step = np.arange(total) - np.repeat(np.cumsum(per_entry) - per_entry, per_entry)
    at = np.repeat(right.indptr[item], per_entry) + step
    return np.repeat(item, per_entry), np.repeat(left.indices, per_entry), right.indices[at]


def _add_cross(
    parts: _Columns,
    kind: ColumnKind,
    row_of_item: NDArray[np.int64],
    item: NDArray[np.integer],
    first: NDArray[np.integer],
    second: NDArray[np.integer],
) -> None:
    """Add one column per (first, second) that occurs often enough."""
    code = first.astype(np.int64) * (int(second.max(initial=0)) + 1) + second
    _, inverse, totals = np.unique(code, return_inverse=True, return_counts=True)
    least = MIN_CELL_ITEMS
    if (totals >= least).sum() > MAX_CROSS_COLUMNS:
        least = int(np.sort(totals)[-MAX_CROSS_COLUMNS]) + 1
    is_kept = totals >= least
    column = np.cumsum(is_kept) - 1
    entries = is_kept[inverse]
    weight = np.full(int(is_kept.sum()), CROSS_WEIGHT)
    parts.add(kind, weight, row_of_item[item[entries]], column[inverse[entries]])


def _canonical_columns(parts: _Columns, row_of_item: NDArray[np.int64], n_groups: int, n_labels: int) -> GroupTable:
    """Sum duplicates, drop empty columns and order the others by kind, weight, total and content."""
    shape = (n_groups, parts.width)
    entries = (np.concatenate(parts.rows), np.concatenate(parts.columns))
    matrix = sparse.csr_array((np.concatenate(parts.amounts), entries), shape=shape)
    kind, weight = np.concatenate(parts.kinds), np.concatenate(parts.weights)
    label = np.full(parts.width, -1, dtype=np.int64)
    label[1 : 1 + n_labels] = np.arange(n_labels)
    total = np.bincount(matrix.indices, weights=matrix.data, minlength=parts.width)
    row_of_entry = np.repeat(np.arange(n_groups, dtype=np.uint64), np.diff(matrix.indptr))
    print_of_column = np.zeros(parts.width, dtype=np.uint64)
    np.add.at(print_of_column, matrix.indices, mixed(row_of_entry, 1) * matrix.data.astype(np.uint64))
    order = np.lexsort((print_of_column, total, weight, kind))
    order = order[total[order] > 0]
    place = np.full(parts.width, -1, dtype=np.int32)
    place[order] = np.arange(order.size, dtype=np.int32)
    canonical = sparse.csr_array(
        (matrix.data.astype(np.float64), place[matrix.indices], matrix.indptr), shape=(n_groups, order.size)
    )
    canonical.sort_indices()
    return GroupTable(canonical, row_of_item, kind[order], weight[order], label[order])

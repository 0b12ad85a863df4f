"""Identical groups become one type with a number of copies, so that a million alike items cost as much as one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tailwise.planning.split_groups import UNASSIGNED, mixed

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy import sparse

    from tailwise.planning.split_features import GroupTable


@dataclass(frozen=True, slots=True)
class GroupTypes:
    """Free groups by content, those first that are hardest to place (big and rare).

    Attributes:
        matrix: types × columns, the content of one copy.
        copies: number of groups of each type.
        members: rows of the group table, type by type; within a type in canonical order.
        base: splits × columns, what locked groups hold already.
    """

    matrix: sparse.csr_array
    copies: NDArray[np.int64]
    members: NDArray[np.int64]
    base: NDArray[np.float64]

    def assign(self, dealt: NDArray[np.int64], n_groups: int) -> NDArray[np.int64]:
        """Return the split of each row of the group table, -1 for the locked ones.

        Args:
            dealt: types × splits, number of copies in each split.
            n_groups: rows of the group table.
        """
        result = np.full(n_groups, UNASSIGNED, dtype=np.int64)
        splits = np.tile(np.arange(dealt.shape[1]), dealt.shape[0])
        result[self.members] = np.repeat(splits, dealt.ravel())
        return result


def group_types(table: GroupTable, locked: NDArray[np.int64], n_splits: int) -> GroupTypes:
    """Gather identical free groups.

    Args:
        table: groups × columns.
        locked: split of each group that is locked, -1 for the free ones.
        n_splits: number of splits.
    """
    matrix = table.matrix
    base = np.zeros((n_splits, matrix.shape[1]))
    for split in range(n_splits):
        base[split] = matrix[np.flatnonzero(locked == split)].sum(axis=0)
    free = np.flatnonzero(locked < 0)
    first_print, second_print = _row_prints(matrix, 2)[free], _row_prints(matrix, 3)[free]
    order = np.lexsort((free, second_print, first_print))
    is_new = np.ones(order.size, dtype=np.bool_)
    is_new[1:] = (np.diff(first_print[order]) != 0) | (np.diff(second_print[order]) != 0)
    starts = np.flatnonzero(is_new)
    copies = np.diff(starts, append=order.size)
    leaders = free[order[starts]]

    scaled = matrix.copy()
    scaled.data = scaled.data**2
    total = matrix.sum(axis=0)
    leverage = np.round(scaled[leaders] @ (table.weight / total), 9)
    rank = np.lexsort((leaders, -leverage))
    place = np.empty(rank.size, dtype=np.int64)
    place[rank] = np.arange(rank.size)
    members = free[order][np.argsort(np.repeat(place, copies), kind="stable")]
    return GroupTypes(matrix[leaders[rank]], copies[rank], members, base)


def _row_prints(matrix: sparse.csr_array, seed: int) -> NDArray[np.uint64]:
    """Fingerprint each row: the sum of its amounts times a scrambled number per column, modulo 2^64."""
    per_column = mixed(np.arange(matrix.shape[1], dtype=np.uint64), seed)
    terms = matrix.data.astype(np.uint64) * per_column[matrix.indices]
    return np.add.reduceat(terms, matrix.indptr[:-1]) if terms.size else np.zeros(matrix.shape[0], np.uint64)

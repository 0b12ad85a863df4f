"""A balanced slice: at most k items per cell, every item with a known probability of being in it.

Items that lie in the same cells are one kind. How many of each kind are taken is a linear program, rounded down and
topped up; which of them, is drawn at random. So the probability of an item is exactly taken over present of its kind,
and metrics on the slice can be weighted back to the whole (Horvitz and Thompson 1952).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from tailwise.planning.quiet_stdout import stdout_to_stderr
from tailwise.planning.resampling_items import TrainingItems
from tailwise.planning.split_groups import mixed

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Slice:
    """Rows in the slice, in order; the probability each of all rows had of being in it."""

    rows: NDArray[np.int64]
    probability: NDArray[np.float64]


def draw_slice(
    keys: NDArray[np.uint64], item: NDArray[np.int64], cell: NDArray[np.int64], per_cell: int, seed: int
) -> Slice:
    """Draw a slice.

    Args:
        keys: (n,) stable keys of the items.
        item: (m,) item of each pair.
        cell: (m,) a cell the item lies in; it may lie in several.
        per_cell: most items of a cell in the slice.
        seed: decides which items of a kind are drawn.
    """
    width = int(cell.max(initial=-1)) + 1
    items = TrainingItems(keys, item, cell, width, counts_objects=False)
    kinds = items.kinds(per_scene=False)
    member = sparse.csr_array(kinds.counts)
    taken = _taken(member, kinds.copies, np.minimum(items.class_counts, per_cell))
    probability = (taken / kinds.copies)[kinds.of_item]
    order = np.lexsort((mixed(keys, seed), kinds.of_item))
    start = np.cumsum(kinds.copies) - kinds.copies
    place = np.empty(order.size, dtype=np.int64)
    place[order] = np.arange(order.size) - start[kinds.of_item[order]]
    return Slice(np.flatnonzero(place < taken[kinds.of_item]), probability)


def _taken(member: sparse.csr_array, copies: NDArray[np.int64], room: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how many of each kind to take: cells as full as they can be, none above its room, rare ones first."""
    from scipy.optimize import linprog

    lies_somewhere = np.diff(member.indptr) > 0
    value = member @ (1.0 / np.maximum(room, 1))
    with stdout_to_stderr():
        found = linprog(  # pyright: ignore[reportCallIssue]
            -value,
            A_ub=sparse.csr_array(member.T),  # pyright: ignore[reportArgumentType]  sparse matrices are taken
            b_ub=room,
            bounds=[(0.0, float(most)) for most in np.where(lies_somewhere, copies, 0).tolist()],
            method="highs",
        )
    taken = np.floor(np.round(found.x, 6)).astype(np.int64)
    left = room - np.rint(member.T @ taken).astype(np.int64)
    for kind in np.lexsort((np.arange(value.size), -np.round(value, 9))).tolist():
        cells = member.indices[member.indptr[kind] : member.indptr[kind + 1]]
        if cells.size:
            more = int(min(copies[kind] - taken[kind], left[cells].min()))
            if more > 0:
                taken[kind] += more
                left[cells] -= more
    return taken

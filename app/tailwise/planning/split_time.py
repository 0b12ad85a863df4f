"""Splits in the order of time: the test split gets the latest groups, what is left is balanced as always."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from tailwise.domain.errors import RequestError
from tailwise.planning.split_features import group_table
from tailwise.planning.split_groups import mixed
from tailwise.planning.split_locks import find_conflicts
from tailwise.planning.splits import SplitSolution, split_items

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tailwise.domain.split import SplitRequest
    from tailwise.ops.progress import Progress
    from tailwise.planning.split_features import SplitItems


def split_by_time(
    items: SplitItems, request: SplitRequest, period: NDArray[np.int64], progress: Progress
) -> SplitSolution:
    """Put the latest groups into the test split and balance the rest.

    Args:
        items: the items to split; nothing is locked.
        request: with a time axis.
        period: rank of each item's time, later is larger; -1 where it is unknown.
        progress: see `split_items`.

    Returns:
        A split in which every item of the test split is at least as late as its group began. Groups without a time
        are never in it; groups that began earlier and reach into the time of the test are counted in the notes.

    Raises:
        RequestError: fewer than two periods are known.
    """
    if np.unique(period[period >= 0]).size < 2:
        raise RequestError(f"The axis {request.time_axis!r} has fewer than two times", "Choose an axis of dates")
    group_begin, group_end, size, tie = _groups(items, period, request.seed)
    share = dict(request.ratios)[request.testing]
    order = np.lexsort((tie, -group_begin))
    order = order[group_begin[order] >= 0]
    reached = np.cumsum(size[order])
    wanted = share * items.count
    # The nearest size from both sides; at least one group, and never all of them.
    count = int(np.argmin(np.abs(reached - wanted))) + 1
    count = min(count, max(1, size.size - 1))
    is_test_group = np.zeros(size.size, dtype=np.bool_)
    is_test_group[order[:count]] = True
    is_test = is_test_group[items.groups]
    rest = _rest(request)
    names = [name for name in request.names if name != request.testing]
    assignment = np.full(items.count, request.names.index(request.testing), dtype=np.int64)
    is_proven, stopped_early = True, False
    if rest is None:
        assignment[~is_test] = request.names.index(names[0])
    else:
        solved = split_items(items.subset(~is_test), rest, progress)
        place = np.array([request.names.index(name) for name in rest.names], dtype=np.int64)
        assignment[~is_test] = place[solved.assignment]
        is_proven, stopped_early = False, solved.stopped_early
    found = _measured(items, request, assignment, is_test, progress)
    notes = _notes(group_begin, group_end, is_test_group, size)
    return replace(found, is_proven=is_proven, stopped_early=stopped_early, notes=notes)


def _groups(
    items: SplitItems, period: NDArray[np.int64], seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.uint64]]:
    """Return first and last known period, size and a stable tie break of each group."""
    count = int(items.groups.max(initial=-1)) + 1
    known = period >= 0
    begin = np.full(count, np.iinfo(np.int64).max, dtype=np.int64)
    end = np.full(count, -1, dtype=np.int64)
    np.minimum.at(begin, items.groups[known], period[known])
    np.maximum.at(end, items.groups[known], period[known])
    begin[end < 0] = -1
    tie = np.full(count, np.iinfo(np.uint64).max, dtype=np.uint64)
    np.minimum.at(tie, items.groups, mixed(items.keys, seed))
    return begin, end, np.bincount(items.groups, minlength=count), tie


def _rest(request: SplitRequest) -> SplitRequest | None:
    """Return the request for what is left; None where one split takes all of it."""
    rest = [(name, share) for name, share in request.ratios if name != request.testing]
    if len(rest) < 2:
        return None
    whole = sum(share for _, share in rest)
    return replace(request, ratios=tuple((name, share / whole) for name, share in rest), time_axis="")


def _notes(
    begin: NDArray[np.int64], end: NDArray[np.int64], is_test: NDArray[np.bool_], size: NDArray[np.int64]
) -> tuple[str, ...]:
    first = int(begin[is_test].min())
    overlapping = ~is_test & (end >= first)
    notes: list[str] = []
    if overlapping.any():
        notes.append(
            f"{int(size[overlapping].sum()):,} items outside the test split lie in groups that reach into its time"
        )
    unknown = begin < 0
    if unknown.any():
        notes.append(f"{int(size[unknown].sum()):,} items have no time and are never in the test split")
    return tuple(notes)


def _measured(
    items: SplitItems,
    request: SplitRequest,
    assignment: NDArray[np.int64],
    is_test: NDArray[np.bool_],
    progress: Progress,
) -> SplitSolution:
    """Measure the whole against the whole request; what went by time counts as held in place."""
    table = group_table(items, request.seed, progress, objects=request.balance_objects, pairs=request.balance_pairs)
    n_groups = table.matrix.shape[0]
    of_group = np.zeros(n_groups, dtype=np.int64)
    of_group[table.row_of_item] = assignment
    by_time = np.zeros(n_groups, dtype=np.bool_)
    by_time[table.row_of_item] = is_test
    held = np.stack([table.matrix[np.flatnonzero(of_group == s)].sum(axis=0) for s in range(len(request.names))])
    held = held.astype(np.float64)
    locked = np.zeros_like(held)
    locked[request.names.index(request.testing)] = table.matrix[np.flatnonzero(by_time)].sum(axis=0)
    return SplitSolution(assignment, find_conflicts(items), table, held, locked, is_proven=False, stopped_early=False)

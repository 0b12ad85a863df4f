"""Stratified, group-aware splits: chi-square balance (algorithms reference, section 4).

Groups are dealt greedily, the hardest first, then improved by moves, swaps and kicks. No group is ever cut, locked
items never move, and neither the order of rows nor the names of classes changes the answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tailwise.domain.errors import RequestError
from tailwise.domain.split import Floors, SplitRequest
from tailwise.planning.split_balance import Balance
from tailwise.planning.split_exact import deal_best, is_small
from tailwise.planning.split_features import ColumnKind, GroupTable, SplitItems, group_table
from tailwise.planning.split_fence import FENCE_SECONDS, Fence, FenceError
from tailwise.planning.split_floors import FloorTable
from tailwise.planning.split_greedy import deal
from tailwise.planning.split_groups import UNASSIGNED
from tailwise.planning.split_kicks import KickSearch
from tailwise.planning.split_locks import Conflicts, find_conflicts, lock_of_group, without_conflicts
from tailwise.planning.split_search import WideSearch
from tailwise.planning.split_types import group_types

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tailwise.ops.progress import Progress

MIN_FLOOR_GROUPS = 3
"""A class with fewer groups has no standard floors."""


@dataclass(frozen=True, slots=True)
class SplitSolution:
    """An assignment and how it was found.

    Attributes:
        assignment: split of each item, an index into the request's names; -1 for quarantined items.
        conflicts: groups locked in more than one split, and the items quarantined because of them.
        table: groups × columns that were balanced (quarantined items left out).
        held: splits × columns of the table.
        locked: splits × columns, what of `held` could not move.
        is_proven: no split can be better: every one was looked at, or the bound of single columns was met.
        stopped_early: the safety fence on time was hit; another machine may find another split.
        notes: what else to know, in sentences.
    """

    assignment: NDArray[np.int64]
    conflicts: Conflicts
    table: GroupTable
    held: NDArray[np.float64]
    locked: NDArray[np.float64]
    is_proven: bool
    stopped_early: bool
    notes: tuple[str, ...] = ()


def split_items(
    items: SplitItems, request: SplitRequest, progress: Progress, fence_seconds: float = FENCE_SECONDS
) -> SplitSolution:
    """Assign every item to a split.

    Args:
        items: the items to split and only those: leave out the unlabelled pool.
        request: ratios, floors, seed. Its keys and strata must already be in `items`.
        progress: cancellation points at most 0.2 s apart on a million items.
        fence_seconds: safety limit; the search itself is limited by counts that do not depend on the machine.

    Raises:
        RequestError: there is nothing to split.
    """
    if not items.count:
        raise RequestError("There are no labelled items to split", "Import labels, or widen the filter")
    shares = np.asarray(request.shares) / sum(request.shares)
    progress.stage("Counting groups")
    conflicts = find_conflicts(items)
    free_of_conflict = without_conflicts(items, conflicts)
    table = group_table(
        free_of_conflict, request.seed, progress, objects=request.balance_objects, pairs=request.balance_pairs
    )
    progress.advance()
    locked = lock_of_group(table.row_of_item, free_of_conflict.locks, table.matrix.shape[0])
    types = group_types(table, locked, shares.size)
    balance = Balance(types, table.weight, shares, floor_table(table, request, items.must_not_miss))
    is_proven, is_complete = _solve(balance, request.seed, Fence(progress, fence_seconds))

    of_group = np.where(locked >= 0, locked, types.assign(balance.dealt, locked.size))
    assignment = np.full(items.count, UNASSIGNED, dtype=np.int64)
    assignment[~conflicts.quarantined] = of_group[table.row_of_item]
    return SplitSolution(
        assignment, conflicts, table, balance.held, types.base, is_proven=is_proven, stopped_early=not is_complete
    )


def _solve(balance: Balance, seed: int, fence: Fence) -> tuple[bool, bool]:
    """Deal everything; return whether nothing can be better, and whether the search came to its own end."""
    if is_small(balance):
        deal_best(balance, fence.progress)
        return True, True
    deal(balance, fence.progress)
    fence.progress.stage("Balancing")
    try:
        WideSearch(balance, fence).run()
        if KickSearch.fits(balance):
            KickSearch(balance, fence).run(seed)
    except FenceError:
        return balance.is_proven(), False
    return balance.is_proven(), True


def floor_table(table: GroupTable, request: SplitRequest, must_not_miss: NDArray[np.bool_] | None) -> FloorTable:
    """Return what must not go missing under the request's floors.

    A must-not-miss class with enough groups also gets, in the test split, the items of its smallest
    `test_floor_share` of groups, or `test_floor_items` where that is fewer.
    """
    n_splits = len(request.names)
    n_columns = table.kind.size
    spread = np.zeros(n_columns, dtype=np.int64)
    least = np.zeros((n_splits, n_columns))
    groups = np.where(table.kind == ColumnKind.LABEL, np.bincount(table.matrix.indices, minlength=n_columns), 0)
    has_enough = groups >= max(MIN_FLOOR_GROUPS, n_splits)
    if request.floors is Floors.OFF:
        return FloorTable(spread, least)
    if request.floors is Floors.SPREAD:
        spread = np.minimum(groups, n_splits)
    else:
        spread[has_enough] = n_splits
    if must_not_miss is not None:
        is_must = (table.label >= 0) & has_enough
        is_must[is_must] = must_not_miss[table.label[is_must]]
        columns = np.flatnonzero(is_must)
        amounts = table.matrix[:, columns].tocsc()
        for at, column in enumerate(columns.tolist()):
            smallest = np.sort(amounts.data[amounts.indptr[at] : amounts.indptr[at + 1]])
            part = int(np.ceil(round(request.test_floor_share * smallest.size, 6)))
            least[request.names.index(request.testing), column] = min(
                request.test_floor_items, float(smallest[:part].sum())
            )
    return FloorTable(spread, least)

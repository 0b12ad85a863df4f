"""Local search on a full assignment: moves, swaps, and for small problems kicks out of local optima.

Every limit counts steps, never seconds, so that a seed means one answer on every machine. Only a safety fence looks at
the clock, and it says so when it was hit.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from tailwise.planning.split_balance import DIGITS, EPSILON, Balance, Cost
from tailwise.planning.split_groups import mixed

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy import sparse

    from tailwise.ops.progress import Progress

MAX_MOVES_PER_PASS = 4_000
MAX_PASSES = 400
SWAP_CANDIDATES = 400
KICK_SWAP_CANDIDATES = 128
MAX_SWAPS_CHECKED = 200
SWAP_PATIENCE = 40
KICK_GROUPS = 1_000
KICKS = 200
KICK_WORK = 30_000
"""Kicks times types: above 150 types fewer kicks are tried, as they gain less and cost more."""
FENCE_SECONDS = 600.0


class _FenceError(Exception):
    """The safety limit on time was hit."""


@dataclass(slots=True)
class Draws:
    """Random whole numbers that no version of any library can change: splitmix64 of a counter."""

    seed: int
    _used: int = field(default=0)

    def below(self, limit: int, count: int = 1) -> NDArray[np.int64]:
        """Return `count` numbers from 0 to `limit - 1`."""
        counter = np.arange(self._used, self._used + count, dtype=np.uint64)
        self._used += count
        return (mixed(counter, self.seed) % np.uint64(limit)).astype(np.int64)


@dataclass(slots=True)
class Search:
    """Improves one balance in place."""

    balance: Balance
    progress: Progress
    fence_seconds: float = FENCE_SECONDS
    _ends: float = field(init=False)
    _patience: int = field(init=False)

    def __post_init__(self) -> None:
        self._ends = time.monotonic() + self.fence_seconds
        # Looking at all moves afresh costs about as much as checking this many stale ones.
        self._patience = 25 + self.balance.types.matrix.nnz * self.balance.n_splits // 10_000

    def run(self, seed: int) -> bool:
        """Search until nothing improves; return False if the safety fence ended it early."""
        try:
            self.progress.stage("Balancing")
            self.descend(SWAP_CANDIDATES)
            if 1 < self.balance.types.copies.sum() <= KICK_GROUPS:
                self._kick(Draws(seed))
        except _FenceError:
            return False
        return True

    def descend(self, swap_candidates: int) -> None:
        """Apply improving moves until they dry up, then improving swaps, and so on until both are dry."""
        for _ in range(MAX_PASSES):
            self._breathe()
            take, give = self.balance.all_changes()
            if not self._move(take, give) and not self._swap(take, give, swap_candidates):
                return

    def _breathe(self) -> None:
        self.progress.advance()
        if time.monotonic() > self._ends:
            raise _FenceError

    def _move(self, take: NDArray[np.float64], give: NDArray[np.float64]) -> bool:
        """Apply the promising single moves, most promising first, each checked exactly against the present state."""
        balance = self.balance
        change, target = _best_targets(take, give)
        change[balance.dealt == 0] = np.inf
        kinds, sources = np.nonzero(change < -EPSILON)
        promise = np.round(change[kinds, sources], DIGITS)
        order = np.lexsort((sources, kinds, promise))[:MAX_MOVES_PER_PASS]
        has_moved = False
        rejected = 0
        for kind, source in zip(kinds[order].tolist(), sources[order].tolist(), strict=True):
            goal = int(target[kind, source])
            copies = int(balance.dealt[kind, source])
            if copies > 1:
                copies = _best_copies(balance, kind, source, goal, copies)
            if copies and balance.move_change(kind, source, goal, copies).is_below(Cost(0.0, 0.0)):
                balance.move(kind, source, goal, copies)
                has_moved, rejected = True, 0
            else:
                rejected += 1
                if rejected > self._patience:
                    break
        return has_moved

    def _swap(self, take: NDArray[np.float64], give: NDArray[np.float64], limit: int) -> bool:
        """Exchange one copy of two types between two splits, for every pair of splits."""
        has_swapped = False
        for first in range(self.balance.n_splits):
            for second in range(first + 1, self.balance.n_splits):
                self._breathe()
                has_swapped |= self._swap_between(take, give, (first, second), limit)
        return has_swapped

    def _swap_between(
        self, take: NDArray[np.float64], give: NDArray[np.float64], splits: tuple[int, int], limit: int
    ) -> bool:
        balance, (first, second) = self.balance, splits
        leaving = _cheapest(take[:, first] + give[:, second], balance.dealt[:, first], limit)
        coming = _cheapest(take[:, second] + give[:, first], balance.dealt[:, second], limit)
        if not leaving.size or not coming.size:
            return False
        pull = balance.pull[first] + balance.pull[second]
        change = (take[leaving, first] + give[leaving, second])[:, None] + (take[coming, second] + give[coming, first])
        change -= 2.0 * _overlap(balance.types.matrix, leaving, coming, pull)
        rows, columns = np.nonzero(change < -EPSILON)
        promise = np.round(change[rows, columns], DIGITS)
        order = np.lexsort((columns, rows, promise))[:MAX_SWAPS_CHECKED]
        has_swapped = False
        rejected = 0
        for kind, other in zip(leaving[rows[order]].tolist(), coming[columns[order]].tolist(), strict=True):
            if self._try_swap(kind, other, first, second):
                has_swapped, rejected = True, 0
            else:
                rejected += 1
                if rejected > SWAP_PATIENCE:
                    break
        return has_swapped

    def _try_swap(self, kind: int, other: int, first: int, second: int) -> bool:
        balance = self.balance
        if not balance.dealt[kind, first] or not balance.dealt[other, second]:
            return False
        out = balance.move_change(kind, first, second)
        balance.move(kind, first, second)
        back = balance.move_change(other, second, first)
        if Cost(out.missing + back.missing, out.imbalance + back.imbalance).is_below(Cost(0.0, 0.0)):
            balance.move(other, second, first)
            return True
        balance.move(kind, second, first)
        return False

    def _kick(self, draws: Draws) -> None:
        """Kick, descend, and go on from there unless it is worse; end with the first of the best seen.

        Wandering between equally good splits leads out of local optima. Ends at once when no split can be better.
        """
        balance = self.balance
        kicks = min(KICKS, KICK_WORK // balance.left.size)
        present = best = balance.cost()
        kept = best_kept = balance.snapshot()
        is_proven = balance.is_proven()
        self.progress.stage("Trying other ways", kicks)
        try:
            for _ in range(0 if is_proven else kicks):
                self._scatter(draws)
                self.descend(KICK_SWAP_CANDIDATES)
                cost = balance.cost()
                if present.is_below(cost):
                    balance.restore(kept)
                    continue
                present, kept = cost, balance.snapshot()
                if cost.is_below(best):
                    best, best_kept = cost, kept
                    if balance.is_proven():
                        break
        finally:  # the fence may end it halfway
            balance.restore(best_kept)

    def _scatter(self, draws: Draws) -> None:
        """Move 2 to 6 random groups to random splits."""
        balance = self.balance
        ends = np.cumsum(balance.types.copies)
        size = 2 + int(draws.below(5)[0])
        kinds = np.searchsorted(ends, draws.below(int(ends[-1]), size), side="right").tolist()
        for kind, goal in zip(kinds, draws.below(balance.n_splits, size).tolist(), strict=True):
            place = int(draws.below(int(balance.types.copies[kind]))[0])
            source = int(np.searchsorted(np.cumsum(balance.dealt[kind]), place, side="right"))
            if source != goal:
                balance.move(kind, source, goal)


def _best_targets(
    take: NDArray[np.float64], give: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return, per type and source split, the change of the best single move and its target."""
    order = np.argsort(np.round(give, DIGITS), axis=1, kind="stable")
    best, runner_up = order[:, :1], order[:, 1:2]
    target = np.where(np.arange(give.shape[1])[None, :] == best, runner_up, best)
    return take + np.take_along_axis(give, target, axis=1), target


def _best_copies(balance: Balance, kind: int, source: int, target: int, limit: int) -> int:
    """Return how many of `limit` identical copies to move: the minimum of a parabola."""
    slope = balance.slope(kind)
    curve = balance.square[kind, source] + balance.square[kind, target]
    return int(np.clip(np.round((slope[source] - slope[target]) / (2.0 * curve)), 1, limit))


def _cheapest(change: NDArray[np.float64], dealt: NDArray[np.int64], limit: int) -> NDArray[np.int64]:
    """Return the types in a split that cost least to move out, in canonical order of cost."""
    present = np.flatnonzero(dealt)
    order = np.argsort(np.round(change[present], DIGITS), kind="stable")
    return present[order[:limit]]


def _overlap(
    matrix: sparse.csr_array, first: NDArray[np.int64], second: NDArray[np.int64], pull: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return `sum over columns of pull * a * b` for every pair of rows.

    Sparse times dense, because its order of summation is the same on every machine and it starts no threads.
    """
    pulled = matrix[first].toarray() * pull
    return (matrix[second] @ np.ascontiguousarray(pulled.T)).T

"""Local search for up to a thousand groups: steepest descent with exact changes, and kicks out of local optima.

The imbalance is quadratic in who is where, and the pull of a split is that of the whole divided by its share. So one
matrix of overlaps between groups tells exactly what any move or swap changes, and a step costs a few rows of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from tailwise.planning.split_balance import DIGITS, Balance, Cost
from tailwise.planning.split_floors import Shortage, outranking
from tailwise.planning.split_groups import mixed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tailwise.planning.split_fence import Fence

MAX_GROUPS = 1_000
KICKS = 200
KICK_WORK = 60_000
"""Kicks times groups: above 300 groups fewer kicks are tried, as they gain less and cost more."""
SWAP_CANDIDATES = 128
_NOTHING = Cost(0.0, 0.0)


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


class KickSearch:
    """Improves a balance whose groups are all dealt."""

    def __init__(self, balance: Balance, fence: Fence) -> None:
        self._balance, self._fence = balance, fence
        types = balance.types
        self._kind = np.repeat(np.arange(types.copies.size), types.copies)
        self._rows = types.matrix[self._kind]
        self._shortage = Shortage(self._rows, balance.asked, balance.floors)
        weighted = self._rows.copy()
        weighted.data *= (balance.weight / balance.totals)[weighted.indices]
        self._overlap = (weighted @ self._rows.T).toarray()
        self._per_share = 1.0 / balance.shares
        self._square = balance.square[self._kind]
        splits = np.tile(np.arange(balance.n_splits), types.copies.size)
        self._split = np.repeat(splits, balance.dealt.ravel())
        self._held = balance.held.copy()
        self._slope = balance.slopes()[self._kind]

    @staticmethod
    def fits(balance: Balance) -> bool:
        """Whether the problem is small enough."""
        return int(balance.types.copies.sum()) <= MAX_GROUPS

    def run(self, seed: int) -> None:
        """Descend, then kick and descend again, and keep the first of the best seen.

        Wandering between equally good splits leads out of local optima. Ends at once when no split can be better.

        Raises:
            FenceError: the safety limit on time was hit; the balance holds the best split so far.
        """
        draws, bound = Draws(seed), self._balance.bound()
        best, best_split = self._cost(), self._split.copy()
        kicks = min(KICKS, KICK_WORK // max(1, self._split.size))
        try:
            self._descend()
            present, kept = self._cost(), self._snapshot()
            if present.is_below(best):
                best, best_split = present, self._split.copy()
            for _ in range(kicks):
                if not bound.is_below(best):
                    break
                self._scatter(draws)
                self._descend()
                cost = self._cost()
                if present.is_below(cost):
                    self._restore(kept)
                    continue
                present, kept = cost, self._snapshot()
                if cost.is_below(best):
                    best, best_split = cost, self._split.copy()
        finally:
            dealt = np.zeros_like(self._balance.dealt)
            np.add.at(dealt, (self._kind, best_split), 1)
            self._balance.redeal(dealt)

    def _snapshot(self) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
        return self._split.copy(), self._held.copy(), self._slope.copy()

    def _restore(self, kept: tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]) -> None:
        self._split, self._held, self._slope = kept[0].copy(), kept[1].copy(), kept[2].copy()

    def _cost(self) -> Cost:
        off = self._held - self._balance.asked
        return Cost(self._shortage.of(self._held), float((self._balance.pull * off * off).sum()))

    def _scatter(self, draws: Draws) -> None:
        """Move 2 to 6 random groups to random splits."""
        size = 2 + int(draws.below(5)[0])
        groups, goals = draws.below(self._split.size, size), draws.below(self._balance.n_splits, size)
        for group, goal in zip(groups.tolist(), goals.tolist(), strict=True):
            self._move(group, goal)

    def _descend(self) -> None:
        """Take the best single move as long as one improves, then the best swap, until neither does."""
        while True:
            self._fence.step()
            imbalance, missing = self._single_moves()
            group, goal = _first_best(imbalance, missing)
            if Cost(float(missing[group, goal]), float(imbalance[group, goal])).is_below(_NOTHING):
                self._move(group, goal)
            elif not self._swap(imbalance, missing):
                return

    def _single_moves(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the change of imbalance, and of what is missing, for each group (rows) moved to each split."""
        everyone = np.arange(self._split.size)
        take, give = self._square - self._slope, self._square + self._slope
        imbalance = take[everyone, self._split][:, None] + give
        imbalance[everyone, self._split] = np.inf
        missing_take, missing_give = self._shortage.changes(self._held)
        missing = missing_take[everyone, self._split][:, None] + missing_give
        missing[everyone, self._split] = 0.0
        return imbalance, missing

    def _swap(self, imbalance: NDArray[np.float64], missing: NDArray[np.float64]) -> bool:
        """Exchange the two groups that gain most by it, given all single moves; return whether any do."""
        candidates = np.arange(self._split.size)
        if candidates.size > SWAP_CANDIDATES:
            order = _in_order(imbalance, missing).min(axis=1).argsort(kind="stable")
            candidates = np.sort(order[:SWAP_CANDIDATES])
        split = self._split[candidates]
        pull = self._per_share[split]
        one_way, lacking = imbalance[candidates][:, split], missing[candidates][:, split]
        overlap = self._overlap[np.ix_(candidates, candidates)]
        both = one_way + one_way.T - 2.0 * overlap * (pull[:, None] + pull)
        both[split[:, None] == split] = np.inf
        lacking = lacking + lacking.T
        first, second = _first_best(both, lacking)
        if not Cost(float(lacking[first, second]), float(both[first, second])).is_below(_NOTHING):
            return False
        self._move(int(candidates[first]), int(split[second]))
        self._move(int(candidates[second]), int(split[first]))
        return True

    def _move(self, group: int, goal: int) -> None:
        source = int(self._split[group])
        if source == goal:
            return
        columns, amounts = self._balance.content(int(self._kind[group]))
        from_held, to_held = self._held[source], self._held[goal]
        from_held[columns] -= amounts
        to_held[columns] += amounts
        shift = 2.0 * self._overlap[group]
        self._slope[:, source] -= shift * self._per_share[source]
        self._slope[:, goal] += shift * self._per_share[goal]
        self._split[group] = goal


def _in_order(imbalance: NDArray[np.float64], missing: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return numbers that order changes by what is missing, then by imbalance, equal ones made equal."""
    if not missing.any():
        return imbalance.round(DIGITS)
    factor = outranking(float(np.abs(imbalance[np.isfinite(imbalance)]).max(initial=0)))
    return (imbalance + factor * missing).round(DIGITS)


def _first_best(imbalance: NDArray[np.float64], missing: NDArray[np.float64]) -> tuple[int, int]:
    """Return row and column of the best change; of equal ones the first."""
    row, column = np.unravel_index(int(_in_order(imbalance, missing).argmin()), imbalance.shape)
    return int(row), int(column)

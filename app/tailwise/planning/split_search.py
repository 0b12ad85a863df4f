"""Local search for many groups: passes of moves and swaps that look at all of them at once.

A pass lists what promises to improve, most promising first, and applies nothing that does not improve the state as it
is by then. Passes are limited by number, never by time, so that a seed means one answer on every machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tailwise.planning.split_balance import DIGITS, EPSILON, Balance, Cost

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tailwise.planning.split_fence import Fence

MAX_PASSES = 400
MAX_MOVES_PER_PASS = 4_000
SWAP_CANDIDATES = 400
MAX_SWAPS_CHECKED = 200
SWAP_PATIENCE = 40
_NOTHING = Cost(0.0, 0.0)


@dataclass(slots=True)
class WideSearch:
    """Improves one balance in place."""

    balance: Balance
    fence: Fence

    def run(self) -> None:
        """Apply improving moves until they dry up, then improving swaps, and so on until both are dry.

        Raises:
            FenceError: the safety limit on time was hit; the balance is whole.
        """
        for _ in range(MAX_PASSES):
            self.fence.step()
            take, give = self.balance.all_changes()
            if not self._move(take, give) and not self._swap(take, give):
                return

    @property
    def _patience(self) -> int:
        """How many stale promises to check in a row before looking at all moves afresh, which costs about as much."""
        return 25 + self.balance.types.matrix.nnz * self.balance.n_splits // 10_000

    def _move(self, take: NDArray[np.float64], give: NDArray[np.float64]) -> bool:
        balance, patience = self.balance, self._patience
        change, target = _best_targets(take, give)
        change[balance.dealt == 0] = np.inf
        kinds, sources = np.nonzero(change < -EPSILON)
        promise = np.round(change[kinds, sources], DIGITS)
        order = np.lexsort((sources, kinds, promise))[:MAX_MOVES_PER_PASS]
        has_moved, rejected = False, 0
        for kind, source in zip(kinds[order].tolist(), sources[order].tolist(), strict=True):
            goal = int(target[kind, source])
            copies = _best_copies(balance, kind, source, goal)
            if copies and balance.move_change(kind, source, goal, copies).is_below(_NOTHING):
                balance.move(kind, source, goal, copies)
                has_moved, rejected = True, 0
            else:
                rejected += 1
                if rejected > patience:
                    break
        return has_moved

    def _swap(self, take: NDArray[np.float64], give: NDArray[np.float64]) -> bool:
        """Exchange one copy of two types between two splits, for every pair of splits."""
        has_swapped = False
        for first in range(self.balance.n_splits):
            for second in range(first + 1, self.balance.n_splits):
                self.fence.step()
                has_swapped |= self._swap_between(take, give, first, second)
        return has_swapped

    def _swap_between(self, take: NDArray[np.float64], give: NDArray[np.float64], first: int, second: int) -> bool:
        balance = self.balance
        out, back = take[:, first] + give[:, second], take[:, second] + give[:, first]
        leaving, coming = _cheapest(out, balance.dealt[:, first]), _cheapest(back, balance.dealt[:, second])
        change = out[leaving][:, None] + back[coming] - 2.0 * self._overlap(leaving, coming, first, second)
        rows, columns = np.nonzero(change < -EPSILON)
        promise = np.round(change[rows, columns], DIGITS)
        order = np.lexsort((columns, rows, promise))[:MAX_SWAPS_CHECKED]
        has_swapped, rejected = False, 0
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
        if Cost(out.missing + back.missing, out.imbalance + back.imbalance).is_below(_NOTHING):
            balance.move(other, second, first)
            return True
        balance.move(kind, second, first)
        return False

    def _overlap(
        self, leaving: NDArray[np.int64], coming: NDArray[np.int64], first: int, second: int
    ) -> NDArray[np.float64]:
        """Return `sum over columns of pull * a * b` for every pair of types, over both splits.

        Sparse times dense, because its order of summation is the same on every machine and it starts no threads.
        """
        matrix = self.balance.types.matrix
        pulled = matrix[leaving].toarray() * (self.balance.pull[first] + self.balance.pull[second])
        return (matrix[coming] @ np.ascontiguousarray(pulled.T)).T


def _best_targets(
    take: NDArray[np.float64], give: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return, per type and source split, the change of the best single move and its target."""
    order = np.argsort(np.round(give, DIGITS), axis=1, kind="stable")
    best, runner_up = order[:, :1], order[:, 1:2]
    target = np.where(np.arange(give.shape[1])[None, :] == best, runner_up, best)
    return take + np.take_along_axis(give, target, axis=1), target


def _best_copies(balance: Balance, kind: int, source: int, target: int) -> int:
    """Return how many of the identical copies in a split to move: the minimum of a parabola."""
    copies = int(balance.dealt[kind, source])
    if copies < 2:
        return copies
    slope = balance.slope(kind)
    curve = balance.square[kind, source] + balance.square[kind, target]
    return int(np.clip(np.round((slope[source] - slope[target]) / (2.0 * curve)), 1, copies))


def _cheapest(change: NDArray[np.float64], dealt: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the types in a split that cost least to move out, in canonical order of cost."""
    present = np.flatnonzero(dealt)
    order = np.argsort(np.round(change[present], DIGITS), kind="stable")
    return present[order[:SWAP_CANDIDATES]]

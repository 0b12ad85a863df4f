"""The state of a split in the making: what each split holds, how far off it is, and what any move would change.

The imbalance is `F = sum over columns and splits of weight * (held - asked)^2 / asked`. What is missing is counted
apart, in whole numbers, and always outranks it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tailwise.planning.split_bounds import integrality_bound
from tailwise.planning.split_floors import FloorTable, Shortage, outranking

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tailwise.planning.split_types import GroupTypes

EPSILON = 1e-9
"""Changes of the imbalance below this are rounding noise."""
DIGITS = 9


@dataclass(frozen=True, slots=True)
class Cost:
    """What is missing (a whole number) first, then imbalance."""

    missing: float
    imbalance: float

    def is_below(self, other: Cost) -> bool:
        """Whether this is a real improvement over `other`."""
        if self.missing != other.missing:
            return self.missing < other.missing
        return self.imbalance < other.imbalance - EPSILON


class Balance:
    """Copies of types dealt to splits.

    Attributes:
        shares, weight: of splits and of columns; `asked`: splits × columns, share times total.
        pull: `weight / asked`. `square`: types × splits, `sum of pull * amount^2` of one copy.
        dealt: types × splits, copies in each split; `left`: copies not dealt yet.
        held: splits × columns.
    """

    def __init__(
        self, types: GroupTypes, weight: NDArray[np.float64], shares: NDArray[np.float64], floors: FloorTable
    ) -> None:
        self.types, self.weight, self.shares, self.floors = types, weight, shares, floors
        matrix = types.matrix
        self.n_splits = shares.size
        self.totals = types.base.sum(axis=0) + types.copies @ matrix
        self.asked = shares[:, None] * self.totals[None, :]
        self.pull = weight[None, :] / self.asked
        self.shortage = Shortage(matrix, self.asked, floors)
        self.held = types.base.copy()
        self.dealt = np.zeros((types.copies.size, shares.size), dtype=np.int64)
        self.left = types.copies.copy()
        squares = matrix.copy()
        squares.data = squares.data**2
        self.square = squares @ self.pull.T
        self._starts = matrix.indptr.tolist()

    def content(self, kind: int) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        """Return columns and amounts of one copy of a type."""
        span = slice(self._starts[kind], self._starts[kind + 1])
        return self.types.matrix.indices[span], self.types.matrix.data[span]

    def put(self, kind: int, split: int, copies: int = 1) -> None:
        """Deal copies of a type that were not dealt yet."""
        columns, amounts = self.content(kind)
        held = self.held[split]  # indexing one row is faster than indexing both axes
        held[columns] += copies * amounts
        self.dealt[kind, split] += copies
        self.left[kind] -= copies

    def move(self, kind: int, source: int, target: int, copies: int = 1) -> None:
        """Move copies of a type between splits."""
        columns, amounts = self.content(kind)
        change = copies * amounts
        from_held, to_held = self.held[source], self.held[target]
        from_held[columns] -= change
        to_held[columns] += change
        self.dealt[kind, source] -= copies
        self.dealt[kind, target] += copies

    def redeal(self, dealt: NDArray[np.int64]) -> None:
        """Deal everything anew: types × splits, copies in each split."""
        self.dealt = dealt
        self.left = self.types.copies - dealt.sum(axis=1)
        self.held = self.types.base + dealt.T @ self.types.matrix

    def slope(self, kind: int) -> NDArray[np.float64]:
        """Return `p` per split: dealing x copies of a type changes the imbalance by `p x + square x^2`."""
        columns, amounts = self.content(kind)
        off = self.held.take(columns, axis=1) - self.asked.take(columns, axis=1)
        return 2.0 * (self.pull.take(columns, axis=1) * off * amounts).sum(axis=1)

    def slopes(self) -> NDArray[np.float64]:
        """Return `slope` of every type, types × splits."""
        return 2.0 * (self.types.matrix @ (self.pull * (self.held - self.asked)).T)

    def cost(self) -> Cost:
        """Return what is missing and the imbalance of everything dealt so far."""
        off = self.held - self.asked
        return Cost(self.shortage.of(self.held), float((self.pull * off * off).sum()))

    def bound(self) -> Cost:
        """Return a cost that no assignment can go below."""
        least = np.maximum(self.types.base, self.floors.least)
        least = np.maximum(least, self.floors.spread == self.n_splits)
        is_possible = least.sum(axis=0) <= np.round(self.totals)
        least = np.where(is_possible, least, self.types.base)
        return Cost(0.0, float(self.weight @ integrality_bound(self.asked, least)))

    def is_proven(self) -> bool:
        """Whether the bound is reached, so that no assignment can be better."""
        return not self.bound().is_below(self.cost())

    def all_changes(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return, per type and split, what taking one copy out and putting one copy in would cost.

        What is missing is folded in with a factor, so the numbers order moves but lose digits; check before applying.
        """
        slopes = self.slopes()
        take, give = self.square - slopes, self.square + slopes
        missing_take, missing_give = self.shortage.changes(self.held)
        if missing_take.any() or missing_give.any():
            factor = outranking(max(float(np.abs(take).max()), float(np.abs(give).max())))
            take, give = take + factor * missing_take, give + factor * missing_give
        return take, give

    def move_change(self, kind: int, source: int, target: int, copies: int = 1) -> Cost:
        """Return exactly what moving copies of a type would change, what is missing included."""
        columns, amounts = self.content(kind)
        change = copies * amounts
        from_off = self.held[source].take(columns) - self.asked[source].take(columns)
        to_off = self.held[target].take(columns) - self.asked[target].take(columns)
        lose = self.pull[source].take(columns) * (change - 2.0 * from_off)
        gain = self.pull[target].take(columns) * (change + 2.0 * to_off)
        missing = self.shortage.move_change(self.held, columns, change, (source, target))
        return Cost(missing, float(((lose + gain) * change).sum()))

"""The state of a split in the making: what each split holds, how far off it is, and what any move would change.

The imbalance is `F = sum over columns and splits of weight * (held - asked)^2 / asked`. What is missing is counted
apart, in whole numbers, and always outranks it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tailwise.planning.split_bounds import integrality_bound

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tailwise.planning.split_types import GroupTypes

EPSILON = 1e-9
"""Changes of the imbalance below this are rounding noise."""
DIGITS = 9


@dataclass(frozen=True, slots=True)
class FloorTable:
    """What must not go missing, per column of the group table.

    Attributes:
        spread: in how many splits the column should not be empty; 0 where nobody cares.
        least: splits × columns, amounts that should be reached.
    """

    spread: NDArray[np.int64]
    least: NDArray[np.float64]

    @property
    def columns(self) -> NDArray[np.int64]:
        """Columns that have any floor."""
        return np.flatnonzero((self.spread > 0) | (self.least > 0).any(axis=0))


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

    These count as missing, each outranking the next: items by which the size of a split is off by more than the largest
    group, splits that lack a column that should be spread to them, amounts below their floor.

    Attributes:
        dealt: types × splits, copies in each split; `left`: copies not dealt yet.
        held: splits × columns.
    """

    def __init__(
        self, types: GroupTypes, weight: NDArray[np.float64], shares: NDArray[np.float64], floors: FloorTable
    ) -> None:
        self.types, self.floors = types, floors
        matrix = types.matrix
        self.n_splits = shares.size
        totals = types.base.sum(axis=0) + types.copies @ matrix
        self.asked = shares[:, None] * totals[None, :]
        self.pull = weight[None, :] / self.asked
        self._weight = weight
        self.held = types.base.copy()
        self.dealt = np.zeros((types.copies.size, shares.size), dtype=np.int64)
        self.left = types.copies.copy()
        squares = matrix.copy()
        squares.data = squares.data**2
        self.square = squares @ self.pull.T
        self._starts = matrix.indptr.tolist()
        self._floored = floors.columns
        self._lack = 1.0 + float(floors.least.sum())
        self._excess = self._lack * (1.0 + float(floors.spread.sum()))
        self._sizes = matrix[:, [0]].toarray()  # the table's first column counts items
        slack = float(self._sizes.max(initial=0.0))
        self._low, self._high = np.floor(self.asked[:, 0] - slack), np.ceil(self.asked[:, 0] + slack)
        entries = matrix[:, self._floored].tocoo()
        self._entry_kind, self._entry_column, self._entry_amount = entries.row, entries.col, entries.data
        self._largest = np.zeros(self._floored.size)
        np.maximum.at(self._largest, entries.col, entries.data)
        self._spread = floors.spread.astype(np.float64)
        self._has_least = bool(floors.least.any())

    @property
    def has_floors(self) -> bool:
        """Whether anything must not go missing."""
        return self._floored.size > 0

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

    def snapshot(self) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Return what `restore` takes."""
        return self.held.copy(), self.dealt.copy()

    def restore(self, kept: tuple[NDArray[np.float64], NDArray[np.int64]]) -> None:
        """Go back to a snapshot."""
        self.held, self.dealt = kept[0].copy(), kept[1].copy()

    def slope(self, kind: int) -> NDArray[np.float64]:
        """Return `p` per split: dealing x copies of a type changes the imbalance by `p x + square x^2`."""
        columns, amounts = self.content(kind)
        off = self.held.take(columns, axis=1) - self.asked.take(columns, axis=1)
        return 2.0 * (self.pull.take(columns, axis=1) * off * amounts).sum(axis=1)

    def missing(self, held: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what is missing in splits × … × columns; one number for each place between the first and last axis."""
        total = self._beyond(np.moveaxis(held[..., 0], 0, -1)).sum(axis=-1) * self._excess
        amounts = held[..., self._floored]
        lacking = np.maximum(self._spread[self._floored] - np.count_nonzero(amounts, axis=0), 0.0)
        least = self.floors.least[:, self._floored].reshape(self.n_splits, *[1] * (held.ndim - 2), -1)
        short = np.maximum(least - amounts, 0.0).sum(axis=0)
        total += (lacking * self._lack + short).sum(axis=-1)
        return total

    def cost(self) -> Cost:
        """Return what is missing and the imbalance of everything dealt so far."""
        off = self.held - self.asked
        return Cost(float(self.missing(self.held)), float((self.pull * off * off).sum()))

    def is_proven(self) -> bool:
        """Whether nothing is missing and the imbalance is at its bound, so that no split can be better."""
        cost = self.cost()
        return cost.missing == 0 and cost.imbalance <= self.bound() + EPSILON

    def bound(self) -> float:
        """Return an imbalance below which no assignment with nothing missing can go."""
        least = np.maximum(self.types.base, self.floors.least)
        least = np.maximum(least, self._spread == self.n_splits)
        is_possible = least.sum(axis=0) <= np.round(self.asked.sum(axis=0))
        least = np.where(is_possible, least, self.types.base)
        return float(self._weight @ integrality_bound(self.asked, least))

    def move_change(self, kind: int, source: int, target: int, copies: int = 1) -> Cost:
        """Return exactly what moving copies of a type would change."""
        columns, amounts = self.content(kind)
        change = copies * amounts
        from_held, to_held = self.held[source].take(columns), self.held[target].take(columns)
        from_off = from_held - self.asked[source].take(columns)
        to_off = to_held - self.asked[target].take(columns)
        lose = self.pull[source].take(columns) * (change - 2.0 * from_off)
        gain = self.pull[target].take(columns) * (change + 2.0 * to_off)
        imbalance = float(((lose + gain) * change).sum())
        missing = self._resize(source, from_held[0], -change[0]) + self._resize(target, to_held[0], change[0])
        if not self.has_floors:
            return Cost(missing, imbalance)
        is_spread = self._spread.take(columns) > 0
        emptied = np.count_nonzero(is_spread & (from_held == change))
        filled = np.count_nonzero(is_spread & (to_held == 0))
        missing += (emptied - filled) * self._lack
        if self._has_least:
            from_short = self.floors.least[source].take(columns) - from_held
            to_short = self.floors.least[target].take(columns) - to_held
            short = np.maximum(from_short + change, 0) - np.maximum(from_short, 0)
            missing += float((short + np.maximum(to_short - change, 0) - np.maximum(to_short, 0)).sum())
        return Cost(missing, imbalance)

    def all_changes(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return, per type and split, what taking one copy out and putting one copy in would cost.

        Missing floors are folded in with a factor that outranks every difference in imbalance. The sum of taking from
        one split and putting into another is exact for moves of one copy.
        """
        gradient = self.pull * (self.held - self.asked)
        linear = 2.0 * (self.types.matrix @ gradient.T)
        take, give = self.square - linear, self.square + linear
        missing_take, missing_give = self._missing_changes()
        if missing_take.any() or missing_give.any():
            factor = 1.0 + 2.0 * float(np.abs(take).max(initial=0) + np.abs(give).max(initial=0))
            take += factor * missing_take
            give += factor * missing_give
        return take, give

    def _beyond(self, sizes: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how many items the sizes in … × splits are beyond what is allowed."""
        return np.maximum(sizes - self._high, 0.0) + np.maximum(self._low - sizes, 0.0)

    def _resize(self, split: int, size: float, change: float) -> float:
        """Return what changing the size of a split adds to what is missing."""
        low, high = self._low[split], self._high[split]
        before = max(size - high, low - size, 0.0)
        return float(max(size + change - high, low - size - change, 0.0) - before) * self._excess

    def _missing_changes(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return changes of what is missing per type and split, for one copy taken out and one put in.

        Of the floors only columns are looked at where some split is so near that one copy matters.
        """
        size = self.held[:, 0]
        beyond = self._beyond(size)
        take = (self._beyond(size - self._sizes) - beyond) * self._excess
        give = (self._beyond(size + self._sizes) - beyond) * self._excess
        if not self.has_floors:
            return take, give
        least = np.maximum(self.floors.least[:, self._floored], self._spread[self._floored] > 0)
        is_near = np.asarray(np.any(self.held[:, self._floored] < least + self._largest, axis=0))
        entries = np.flatnonzero(is_near[self._entry_column])
        kinds, amounts = self._entry_kind[entries], self._entry_amount[entries]
        columns = self._floored[self._entry_column[entries]]
        is_spread = self._spread[columns] > 0
        for split in range(self.n_splits):
            held = self.held[split, columns]
            lost = (is_spread & (held == amounts)) * self._lack
            won = (is_spread & (held == 0)) * -self._lack
            if self._has_least:
                short = self.floors.least[split, columns] - held
                lost += np.maximum(short + amounts, 0) - np.maximum(short, 0)
                won += np.maximum(short - amounts, 0) - np.maximum(short, 0)
            take[:, split] += np.bincount(kinds, weights=lost, minlength=take.shape[0])
            give[:, split] += np.bincount(kinds, weights=won, minlength=give.shape[0])
        return take, give

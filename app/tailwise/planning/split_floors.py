"""What must not go missing from a split, counted in whole numbers, and what any change would do to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy import sparse


@dataclass(frozen=True, slots=True)
class FloorTable:
    """Floors per column of the group table.

    Attributes:
        spread: in how many splits the column should not be empty; 0 where nobody cares. Never more than can be: at most
            the number of splits and of groups that hold the column.
        least: splits × columns, amounts that should be reached.
    """

    spread: NDArray[np.int64]
    least: NDArray[np.float64]

    @property
    def columns(self) -> NDArray[np.int64]:
        """Columns that have any floor."""
        return np.flatnonzero((self.spread > 0) | (self.least > 0).any(axis=0))


class Shortage:
    """Counts what is missing, for rows of a matrix that may be in any split.

    Three things count, each outranking the next: items by which the size of a split is off by more than the largest
    row, splits that lack a column that should be spread to them, amounts below their floor. Each is convex in what a
    split holds, so adding the changes of two moves never promises more than both together bring.
    """

    def __init__(self, rows: sparse.csr_array, asked: NDArray[np.float64], floors: FloorTable) -> None:
        self._n_splits = asked.shape[0]
        self.columns = floors.columns
        self._spread = floors.spread[self.columns].astype(np.float64)
        self._least = floors.least[:, self.columns]
        self._is_spread, self._least_of_all = floors.spread > 0, floors.least
        self._has_least = bool(self._least.any())
        self._lack = 1.0 + float(self._least.sum())
        self._excess = self._lack * (1.0 + float(self._spread.sum()))
        self._sizes = rows[:, [0]].toarray()  # the first column counts items
        slack = float(self._sizes.max(initial=0.0))
        self._low, self._high = np.floor(asked[:, 0] - slack), np.ceil(asked[:, 0] + slack)
        entries = rows[:, self.columns].tocoo()
        self._entry_row, self._entry_column, self._entry_amount = entries.row, entries.col, entries.data
        self._largest = np.zeros(self.columns.size)
        np.maximum.at(self._largest, entries.col, entries.data)

    def total(self, sizes: NDArray[np.float64], amounts: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what is missing, one number per place between the first axis and the last.

        Args:
            sizes: splits × …, items.
            amounts: splits × … × `columns`.
        """
        missing = self._beyond(np.moveaxis(sizes, 0, -1)).sum(axis=-1) * self._excess
        lacking = np.maximum(self._spread - np.count_nonzero(amounts, axis=0), 0.0)
        missing = missing + lacking.sum(axis=-1) * self._lack
        if self._has_least:
            least = self._least.reshape(self._n_splits, *[1] * (amounts.ndim - 2), -1)
            missing = missing + np.maximum(least - amounts, 0.0).sum(axis=(0, -1))
        return missing

    def of(self, held: NDArray[np.float64]) -> float:
        """Return what is missing when splits hold this much: splits × all columns."""
        return float(self.total(held[:, 0], held[:, self.columns]))

    def changes(self, held: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return what taking each row out of each split, and putting it in, would add to what is missing.

        Both are rows × splits. Only floors are looked at that are so near that one row matters.
        """
        size = held[:, 0]
        beyond = self._beyond(size)
        take = (self._beyond(size - self._sizes) - beyond) * self._excess
        give = (self._beyond(size + self._sizes) - beyond) * self._excess
        if not self.columns.size:
            return take, give
        floored = held[:, self.columns]
        is_near = np.asarray(np.any(floored < np.maximum(self._least, self._spread > 0) + self._largest, axis=0))
        entries = np.flatnonzero(is_near[self._entry_column])
        rows, columns, amounts = self._entry_row[entries], self._entry_column[entries], self._entry_amount[entries]
        is_spread = self._spread[columns] > 0
        for split in range(self._n_splits):
            present = floored[split, columns]
            lost = (is_spread & (present == amounts)) * self._lack
            won = (is_spread & (present == 0)) * -self._lack
            if self._has_least:
                short = self._least[split, columns] - present
                lost += np.maximum(short + amounts, 0) - np.maximum(short, 0)
                won += np.maximum(short - amounts, 0) - np.maximum(short, 0)
            take[:, split] += np.bincount(rows, weights=lost, minlength=take.shape[0])
            give[:, split] += np.bincount(rows, weights=won, minlength=give.shape[0])
        return take, give

    def move_change(
        self,
        held: NDArray[np.float64],
        columns: NDArray[np.int32],
        change: NDArray[np.float64],
        splits: tuple[int, int],
    ) -> float:
        """Return what moving amounts of some columns from the first of two splits to the second adds.

        Args:
            held: splits × columns before the move.
            columns: what moves, in ascending order; the first is the column of sizes.
            change: amounts aligned with `columns`.
            splits: source and target.
        """
        source, target = splits
        missing = self._resize(source, held[source, 0], -change[0]) + self._resize(target, held[target, 0], change[0])
        if not self.columns.size:
            return missing
        from_held, to_held = held[source].take(columns), held[target].take(columns)
        is_spread = self._is_spread.take(columns)
        emptied = np.count_nonzero(is_spread & (from_held == change))
        filled = np.count_nonzero(is_spread & (to_held == 0))
        missing += (emptied - filled) * self._lack
        if self._has_least:
            from_short = self._least_of_all[source].take(columns) - from_held
            to_short = self._least_of_all[target].take(columns) - to_held
            short = np.maximum(from_short + change, 0) - np.maximum(from_short, 0)
            missing += float((short + np.maximum(to_short - change, 0) - np.maximum(to_short, 0)).sum())
        return missing

    def _resize(self, split: int, size: float, change: float) -> float:
        """Return what changing the size of a split adds to what is missing."""
        low, high = self._low[split], self._high[split]
        before = max(size - high, low - size, 0.0)
        return float(max(size + change - high, low - size - change, 0.0) - before) * self._excess

    def _beyond(self, sizes: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how many items the sizes in … × splits are beyond what is allowed."""
        return np.maximum(sizes - self._high, 0.0) + np.maximum(self._low - sizes, 0.0)


def outranking(largest_change: float) -> float:
    """Return what to multiply missing units with so that one outranks any two changes of imbalance up to this large."""
    return 1.0 + 4.0 * largest_change

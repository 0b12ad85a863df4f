"""Columns and rows of the quota model: a sparse matrix that is put together row by row."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

NO_RULE = -1


@dataclass(slots=True)
class RowBuilder:
    """Collects rows `low <= sum(coefficient * column) <= high`; `rules` names those a lead may relax."""

    rules: list[str] = field(default_factory=list[str])
    _row: list[int] = field(default_factory=list[int])
    _column: list[int] = field(default_factory=list[int])
    _value: list[float] = field(default_factory=list[float])
    _low: list[float] = field(default_factory=list[float])
    _high: list[float] = field(default_factory=list[float])
    _rule: list[int] = field(default_factory=list[int])

    def rule(self, text: str) -> int:
        """Name a rule and return its number, for the rows that make it up."""
        self.rules.append(text)
        return len(self.rules) - 1

    def add(
        self,
        terms: Iterable[tuple[int, float]],
        *,
        low: float = -np.inf,
        high: float = np.inf,
        rule: int = NO_RULE,
    ) -> None:
        """Add one row; terms with coefficient 0 are left out."""
        at = len(self._low)
        for column, value in terms:
            if value != 0.0:
                self._row.append(at)
                self._column.append(column)
                self._value.append(value)
        self._low.append(low)
        self._high.append(high)
        self._rule.append(rule)

    def rows(self, columns: int) -> Rows:
        """Return everything added so far as one matrix with `columns` columns."""
        matrix = sparse.csr_array(
            (np.array(self._value), (np.array(self._row, dtype=np.int64), np.array(self._column, dtype=np.int64))),
            shape=(len(self._low), columns),
        )
        return Rows(matrix, np.array(self._low), np.array(self._high), np.array(self._rule, dtype=np.int64))


@dataclass(frozen=True, slots=True)
class Rows:
    """`low <= matrix @ columns <= high`; `rule` is the number of the rule a row belongs to, or NO_RULE."""

    matrix: sparse.csr_array
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    rule: NDArray[np.int64]

    def without(self, rules: Sequence[int]) -> Rows:
        """Return the rows that belong to none of `rules`."""
        keep = np.flatnonzero(~np.isin(self.rule, np.array(rules, dtype=np.int64)))
        return Rows(self.matrix[keep], self.low[keep], self.high[keep], self.rule[keep])

    def with_limit(self, costs: NDArray[np.float64], most: float) -> Rows:
        """Return the rows and one more: `costs @ columns <= most`."""
        return self.with_rows(sparse.csr_array(costs[np.newaxis, :]), np.array([-np.inf]), np.array([most]))

    def with_rows(self, matrix: sparse.csr_array, low: NDArray[np.float64], high: NDArray[np.float64]) -> Rows:
        """Return the rows and more of them that belong to no rule."""
        return Rows(
            sparse.csr_array(sparse.vstack([self.matrix, matrix])),
            np.concatenate([self.low, low]),
            np.concatenate([self.high, high]),
            np.concatenate([self.rule, np.full(len(low), NO_RULE)]),
        )

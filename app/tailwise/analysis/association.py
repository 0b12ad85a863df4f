"""Hidden imbalance: how a class × condition table differs from independence (algorithms reference, section 1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Table = NDArray[np.integer[Any] | np.floating[Any]]

LEAST_EXPECTED = 3.0
"""Below 3 expected, an empty cell is no news: the Poisson chance of none is above 5 %."""
THIN_SHARE = 0.5


def expected_counts(table: Table) -> NDArray[np.float64]:
    """Return row total × column total / total per cell; zeros for an empty table."""
    values = np.asarray(table, dtype=np.float64)
    total = values.sum()
    if total == 0:
        return np.zeros_like(values)
    return values.sum(axis=1, keepdims=True) * values.sum(axis=0, keepdims=True) / total


def empty_cells(table: Table, expected: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return the cells that hold nothing although at least `LEAST_EXPECTED` were to be expected."""
    return (np.asarray(table) == 0) & (expected >= LEAST_EXPECTED)


def thin_cells(table: Table, expected: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return the cells that hold less than half of what was to be expected, the empty ones not among them."""
    values = np.asarray(table)
    return (values > 0) & (values < THIN_SHARE * expected) & (expected >= LEAST_EXPECTED)


def chi_square(table: Table) -> float:
    """Return the chi-square statistic against independence; cells of empty rows and columns add nothing."""
    values = np.asarray(table, dtype=np.float64)
    expected = expected_counts(values)
    has = expected > 0
    return float((((values - expected) ** 2)[has] / expected[has]).sum())


def cramers_v(table: Table, *, bias_corrected: bool = False) -> float | None:
    """Return Cramér's V, 0 independent .. 1 determined; None where fewer than two rows or columns hold anything.

    With `bias_corrected` the correction of Bergsma (2013) is applied, which keeps small tables from looking related.
    """
    values = np.asarray(table, dtype=np.float64)
    values = values[values.sum(axis=1) > 0][:, values.sum(axis=0) > 0]
    rows, columns = values.shape
    total = float(values.sum())
    if rows < 2 or columns < 2 or total <= 1:
        return None
    phi2 = chi_square(values) / total
    if not bias_corrected:
        return float(np.sqrt(phi2 / (min(rows, columns) - 1)))
    phi2 = max(0.0, phi2 - (rows - 1) * (columns - 1) / (total - 1))
    rows_fixed = rows - (rows - 1) ** 2 / (total - 1)
    columns_fixed = columns - (columns - 1) ** 2 / (total - 1)
    least = min(rows_fixed, columns_fixed) - 1
    return float(np.sqrt(phi2 / least)) if least > 0 else None


def pointwise_information(table: Table) -> NDArray[np.float64]:
    """Return the pointwise mutual information in bits per cell, minus infinity for empty ones, NaN without margins."""
    values = np.asarray(table, dtype=np.float64)
    expected = expected_counts(values)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log2(values / expected)


def adjusted_residuals(table: Table) -> NDArray[np.float64]:
    """Return the adjusted residual per cell: about standard normal under independence; NaN without variance."""
    values = np.asarray(table, dtype=np.float64)
    total = values.sum()
    expected = expected_counts(values)
    row_share = values.sum(axis=1, keepdims=True) / total
    column_share = values.sum(axis=0, keepdims=True) / total
    with np.errstate(divide="ignore", invalid="ignore"):
        return (values - expected) / np.sqrt(expected * (1 - row_share) * (1 - column_share))

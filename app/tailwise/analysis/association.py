"""Hidden imbalance: what a class × condition table would hold if the two had nothing to do with each other.

Formulae of the algorithms reference, section 1. Rows are classes, columns the values of a condition; counts are of
items or objects. Whole-table measures are None where they are undefined; per-cell ones are NaN there, and minus
infinity where a cell that could have been filled is empty.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import pdtr

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

MIN_EXPECTED = 3.0
"""Below this an empty cell is no surprise: at 3 expected, none are found by chance in one table of twenty."""
THIN_SHARE = 0.5
CHANCE = 0.05


@dataclass(frozen=True, slots=True)
class CellFlags:
    """Cells that hold less than independence of class and condition would give.

    Attributes:
        empty: nothing found although at least `MIN_EXPECTED` were expected.
        thin: something found, but less than half of what was expected, and too little to be chance.
    """

    empty: NDArray[np.bool_]
    thin: NDArray[np.bool_]


def expected_counts(table: ArrayLike) -> NDArray[np.float64]:
    """Return `row total x column total / total` for every cell; zeros for an empty table."""
    counts = _checked(table)
    total = counts.sum()
    return np.outer(counts.sum(axis=1), counts.sum(axis=0)) / (total or 1.0)


def chi_square(table: ArrayLike) -> float:
    """Return the sum of `(found - expected)^2 / expected` over the cells where anything is expected."""
    counts = _checked(table)
    expected = expected_counts(counts)
    used = expected > 0
    return float(((counts[used] - expected[used]) ** 2 / expected[used]).sum())


def cramers_v(table: ArrayLike, *, is_corrected: bool = False) -> float | None:
    """Return the strength of association, 0 to 1; None where fewer than two rows or two columns hold anything.

    Args:
        table: rows × columns of counts.
        is_corrected: remove the bias that small tables have towards association (Bergsma 2013).
    """
    counts = _used_part(_checked(table))
    rows, columns = counts.shape
    total = counts.sum()
    if min(rows, columns) < 2:
        return None
    phi = chi_square(counts) / total
    if not is_corrected:
        return float(np.sqrt(min(1.0, phi / (min(rows, columns) - 1))))
    if total <= 1:
        return None
    phi = max(0.0, phi - (rows - 1) * (columns - 1) / (total - 1))
    least = min(rows - (rows - 1) ** 2 / (total - 1), columns - (columns - 1) ** 2 / (total - 1)) - 1
    return float(np.sqrt(min(1.0, phi / least))) if least > 0 else None


def pointwise_information(table: ArrayLike) -> NDArray[np.float64]:
    """Return `log2(found / expected)` in bits per cell: 0 as expected, 1 twice as many, -1 half.

    Minus infinity where nothing was found, NaN where nothing could be.
    """
    counts = _checked(table)
    expected = expected_counts(counts)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(expected > 0, np.log2(counts / expected), np.nan)


def adjusted_residuals(table: ArrayLike) -> NDArray[np.float64]:
    """Return how many standard errors each cell is from independence (Haberman 1973).

    NaN where a row or a column is empty or holds everything, as nothing can vary there.
    """
    counts = _checked(table)
    expected = expected_counts(counts)
    total = counts.sum() or 1.0
    rows, columns = 1 - counts.sum(axis=1) / total, 1 - counts.sum(axis=0) / total
    variance = expected * np.outer(rows, columns)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(variance > 0, (counts - expected) / np.sqrt(variance), np.nan)


def flag_cells(table: ArrayLike, min_expected: float = MIN_EXPECTED, thin_share: float = THIN_SHARE) -> CellFlags:
    """Flag empty and thin cells.

    A thin cell must also be improbable: a count as small as its own comes up by chance (Poisson) at most once in twenty
    times. Otherwise cells with few expected would be flagged for nothing.

    Args:
        table: classes × condition values.
        min_expected: cells with less expected are never flagged.
        thin_share: found below this share of expected is thin.
    """
    counts = _checked(table)
    expected = expected_counts(counts)
    is_likely_filled = expected >= min_expected
    chance = pdtr(counts, np.maximum(expected, 1e-300))
    is_thin = is_likely_filled & (counts > 0) & (counts < thin_share * expected) & (chance <= CHANCE)
    return CellFlags(empty=is_likely_filled & (counts == 0), thin=is_thin)


def _checked(table: ArrayLike) -> NDArray[np.float64]:
    counts = np.asarray(table, dtype=np.float64)
    if counts.ndim != 2 or not (np.isfinite(counts) & (counts >= 0)).all():
        raise ValueError("a table has two axes and counts that are finite and not negative")
    return counts


def _used_part(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    return counts[counts.sum(axis=1) > 0][:, counts.sum(axis=0) > 0]

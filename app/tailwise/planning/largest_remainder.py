"""Whole numbers that keep a given sum: largest remainder (Hamilton's method) with stated tie breaks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

TIE_DIGITS = 9
"""Remainders that agree to this many decimals count as equal, so that rounding noise never breaks a tie."""


def largest_remainder(
    exact: ArrayLike,
    total: int,
    priority: ArrayLike | None = None,
    least: ArrayLike | None = None,
    most: ArrayLike | None = None,
) -> NDArray[np.int64]:
    """Round non-negative numbers to whole numbers that sum to `total`.

    Everything is rounded down first; the units left over go one each to the largest remainders, of equal remainders to
    the larger `priority`, then to the smaller index.

    Args:
        exact: numbers whose sum is within one unit per entry of `total`.
        total: the sum wanted.
        priority: decides ties; higher first. Default: all equal.
        least: entries below it are rounded up before any other.
        most: entries that reached it are rounded up only when all others are full.

    Returns:
        One whole number per entry, each within 1 of `exact`.

    Raises:
        ValueError: `total` cannot be reached by rounding each entry up or down.

    >>> largest_remainder([4.9, 1.05, 1.05], 7).tolist()
    [5, 1, 1]
    """
    wanted = np.asarray(exact, dtype=np.float64)
    down = np.floor(np.round(wanted, TIE_DIGITS))
    whole = down.astype(np.int64)
    left = total - int(whole.sum())
    if not 0 <= left <= wanted.size:
        raise ValueError(f"{wanted.size} numbers with sum {wanted.sum():g} cannot be rounded to {total}")
    remainder = np.round(wanted - down, TIE_DIGITS)
    first = np.zeros(wanted.size) if priority is None else np.asarray(priority, dtype=np.float64)
    is_met = np.ones(wanted.size, dtype=np.bool_) if least is None else whole >= np.asarray(least)
    is_full = np.zeros(wanted.size, dtype=np.bool_) if most is None else whole >= np.asarray(most)
    order = np.lexsort((np.arange(wanted.size), -first, -remainder, is_met, is_full))
    whole[order[:left]] += 1
    return whole

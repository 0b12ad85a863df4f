"""How good a split could be at best: every column alone, dealt item by item."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def integrality_bound(asked: NDArray[np.float64], base: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
    """Return, per column, the least `sum over splits of (held - asked)^2 / asked` over whole numbers held.

    No split can go below the weighted sum of these, because groups and the other columns only add limits.

    Args:
        asked: splits × columns, share times total; each column sums to a whole number.
        base: splits × columns, what locked items hold already and `held` cannot fall below. Default: nothing.

    The problem is separable and convex, so adding one unit at a time where it costs least is exact from any start that
    is nowhere above a best answer. A best answer lies within the number of splits of the answer in real numbers
    (proximity, Hochbaum 1994), which bounds the number of rounds.
    """
    n_splits = asked.shape[0]
    least = np.zeros_like(asked) if base is None else base
    total = np.round(asked.sum(axis=0))
    held = np.maximum(least, np.floor(_fill(asked, least, total)) - n_splits)
    columns = np.arange(asked.shape[1])
    while (open_columns := columns[held.sum(axis=0) < total]).size:
        wanted = asked[:, open_columns]
        price = (2.0 * (held[:, open_columns] - wanted) + 1.0) / wanted
        held[np.argmin(price, axis=0), open_columns] += 1
    return ((held - asked) ** 2 / asked).sum(axis=0)


def _fill(asked: NDArray[np.float64], least: NDArray[np.float64], total: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the best real numbers: `max(least, level * asked)` with one level per column."""
    is_held = np.zeros(asked.shape, dtype=np.bool_)
    while True:
        free_total = total - np.where(is_held, least, 0.0).sum(axis=0)
        free_asked = np.where(is_held, 0.0, asked).sum(axis=0)
        level = np.divide(free_total, free_asked, out=np.zeros_like(total), where=free_asked > 0)
        is_below = ~is_held & (level * asked < least)
        if not is_below.any():
            return np.where(is_held, least, level * asked)
        is_held |= is_below

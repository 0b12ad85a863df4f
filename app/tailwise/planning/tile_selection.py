"""Choose tiles so that the class seen least is seen most: rare classes first, one tile at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

PIXELS_PER_INSTANCE = 1000
"""So many pixels count as one object, where objects are not counted (algorithms reference, section 2)."""


def instances(pixels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return pixels as objects, rounded up.

    >>> instances(np.array([0, 1, 1000, 1001])).tolist()
    [0, 1, 1, 2]
    """
    return -(-pixels // PIXELS_PER_INSTANCE)


def choose_tiles(pixels: NDArray[np.int64], total: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Choose up to `total` of the tiles (rows of `pixels`, columns are classes) that show any class.

    Each turn goes to the class of which the fewest objects are chosen so far, and takes the tile that shows most of it.
    Ties go to the rarer class, then to the tile with more rare classes, then to the earlier row.

    Returns:
        chosen: rows in the order they were chosen. reason: for each the class it was taken for.
    """
    counts = instances(pixels)
    present = counts.sum(axis=0)
    rarity = (counts / np.maximum(1, present)).sum(axis=1)
    orders = [_order(pixels[:, c], rarity) for c in range(counts.shape[1])]
    places = np.zeros(counts.shape[1], np.int64)
    is_taken = np.zeros(len(counts), np.bool_)
    have = np.where(present > 0, present * 1e-12, np.inf)  # ties go to the rarer class
    chosen: list[int] = []
    reason: list[int] = []
    while len(chosen) < total:
        category = int(np.argmin(have))
        if not np.isfinite(have[category]):
            break
        order = orders[category]
        while places[category] < len(order) and is_taken[order[places[category]]]:
            places[category] += 1
        if places[category] >= len(order):
            have[category] = np.inf  # every tile that shows it is chosen
            continue
        row = int(order[places[category]])
        is_taken[row] = True
        chosen.append(row)
        reason.append(category)
        have += counts[row]
    return np.array(chosen, np.int64), np.array(reason, np.int64)


def _order(pixels: NDArray[np.int64], rarity: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the rows that show a class, those that show most of it first."""
    rows = np.flatnonzero(pixels)
    return rows[np.lexsort((rows, -rarity[rows], -pixels[rows]))]

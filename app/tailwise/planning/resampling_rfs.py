"""Repeat factor sampling, the baseline of LVIS, and its variant by images and objects, for comparison and export.

RFS (Gupta, Dollar and Girshick 2019): f(c) is the share of items that hold class c, r(c) = max(1, sqrt(t / f(c))), and
an item takes the largest r of its classes; an item without a class takes 1. IRFS (Yaman et al. 2023) puts the geometric
mean of the shares of items and of objects in the place of f. Neither can use an item less than once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tailwise.planning.resampling_items import TrainingItems

DEFAULT_THRESHOLD = 1e-3
_STEPS = 200


@dataclass(frozen=True, slots=True)
class RepeatFactors:
    """Repeats per item and the threshold they come from."""

    repeats: NDArray[np.float64]
    threshold: float


def class_factors(share: NDArray[np.float64], threshold: float = DEFAULT_THRESHOLD) -> NDArray[np.float64]:
    """Return `max(1, sqrt(threshold / share))` per class; a class that does not occur is never repeated.

    >>> class_factors(np.array([1e-5, 1e-4, 0.5]), 1e-3).round(6).tolist()
    [10.0, 3.162278, 1.0]
    """
    safe = np.where(share > 0, share, 1.0)
    return np.where(share > 0, np.maximum(1.0, np.sqrt(threshold / safe)), 1.0)


def item_shares(items: TrainingItems) -> NDArray[np.float64]:
    """Return the share of items that hold each class: f of RFS."""
    return items.class_items / max(1, items.n_items)


def joint_shares(items: TrainingItems) -> NDArray[np.float64]:
    """Return the geometric mean of the shares of items and of objects: f of IRFS."""
    return np.sqrt(item_shares(items) * items.class_counts / max(1, int(items.class_counts.sum())))


def repeat_factors(items: TrainingItems, share: NDArray[np.float64], total: float, cap: float) -> RepeatFactors:
    """Find the threshold at which the capped repeats sum to `total`, by bisection.

    Returns:
        Repeats in 1 .. max(1, cap). A total below the number of items, or above what the cap allows, gives the nearest.
    """
    rows = np.repeat(np.arange(items.n_items), np.diff(items.matrix.indptr))
    # The rarest class of an item decides: sqrt(t / f) falls with f.
    rarest = np.full(items.n_items, np.inf)
    np.minimum.at(rarest, rows, share[items.matrix.indices])
    highest = max(1.0, cap)

    def repeats(threshold: float) -> NDArray[np.float64]:
        return np.minimum(highest, np.maximum(1.0, np.sqrt(threshold / rarest)))

    low, high = 0.0, highest**2
    if repeats(high).sum() <= total:
        return RepeatFactors(repeats(high), high)
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if repeats(middle).sum() > total:
            high = middle
        else:
            low = middle
    return RepeatFactors(repeats(low), low)

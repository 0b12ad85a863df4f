"""Area under the ROC curve with its confidence interval."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_NORMAL = 1.959964


def roc_area(scores: NDArray[np.float64], is_positive: NDArray[np.bool_]) -> tuple[float, float, float]:
    """Return the area and its 95 % interval (Hanley and McNeil 1982); equal scores count half.

    Raises:
        ValueError: one of the two sides is empty.

    >>> [round(v, 3) for v in roc_area(np.array([0.1, 0.4, 0.35, 0.8]), np.array([False, False, True, True]))]
    [0.75, 0.208, 1.0]
    """
    positives = int(is_positive.sum())
    negatives = len(is_positive) - positives
    if not positives or not negatives:
        raise ValueError("both sides need a score")
    _values, place, count = np.unique(scores, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    rank = (last - (count - 1) / 2)[place]  # the mean rank of equal scores
    area = float((rank[is_positive].sum() - positives * (positives + 1) / 2) / (positives * negatives))
    one, other = area / (2 - area), 2 * area * area / (1 + area)
    spread = area * (1 - area) + (positives - 1) * (one - area * area) + (negatives - 1) * (other - area * area)
    reach = _NORMAL * math.sqrt(max(0.0, spread) / (positives * negatives))
    return area, max(0.0, area - reach), min(1.0, area + reach)

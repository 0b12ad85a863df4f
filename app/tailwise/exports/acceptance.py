"""What a sampling plan promises: of a lot, `n` units are looked at, and it is taken with at most `c` defects.

Exact: hypergeometric for small lots, where drawing changes what is left, binomial for lots over ten samples.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

PRODUCER = 0.95
"""Probability with which the rate called accepted is taken."""
CONSUMER = 0.10
"""Probability with which the rate called rejected is taken all the same."""
LARGE_LOT = 10


def accept_probability(lot: int, defective: int, n: int, c: int) -> float:
    """Return the probability that a lot with so many defective units is taken (hypergeometric).

    >>> round(accept_probability(200, 10, 80, 2), 3)
    0.161
    """
    total = _log_choose(lot, n)
    fewest = max(0, n - (lot - defective))
    return math.fsum(
        math.exp(_log_choose(defective, k) + _log_choose(lot - defective, n - k) - total)
        for k in range(fewest, min(c, defective, n) + 1)
    )


def accept_probability_of_share(share: float, n: int, c: int) -> float:
    """Return the probability that a large lot with this share of defective units is taken (binomial).

    >>> round(accept_probability_of_share(0.05, 80, 2), 3)
    0.231
    """
    if share <= 0 or c >= n:
        return 1.0
    if share >= 1:
        return 0.0
    log_bad, log_good = math.log(share), math.log1p(-share)
    return math.fsum(math.exp(_log_choose(n, k) + k * log_bad + (n - k) * log_good) for k in range(c + 1))


@lru_cache(maxsize=256)
def accepted_rates(lot: int, n: int, c: int) -> tuple[float, float]:
    """Return the shares of defects taken with 95 % and still taken with 10 % probability.

    >>> [round(100 * rate, 1) for rate in accepted_rates(100_000, 50, 1)]
    [0.7, 7.6]
    """
    n = min(n, lot)
    if lot > LARGE_LOT * n:
        return _share_at(PRODUCER, n, c), _share_at(CONSUMER, n, c)
    good = _last(lot, lambda d: accept_probability(lot, d, n, c) >= PRODUCER)
    bad = _last(lot, lambda d: accept_probability(lot, d, n, c) > CONSUMER) + 1
    return good / lot, min(bad, lot) / lot


def sampling_plan(lot: int, good: float = 0.01, bad: float = 0.10) -> tuple[int, int]:
    """Return the smallest sample `n` and its `c` that tell a good lot from a bad one; the whole lot if none does.

    A lot with at most the share `good` of defects is taken with 95 % probability or more, one with `bad` or more with
    10 % or less.

    >>> sampling_plan(5000)
    (52, 2)
    """
    few, many = math.floor(good * lot), math.ceil(bad * lot)
    c = 0
    n = 1
    while n < lot:
        if accept_probability(lot, many, n, c) > CONSUMER:
            n += 1
        elif accept_probability(lot, few, n, c) < PRODUCER:
            c += 1
        else:
            return n, c
    return lot, few


def _share_at(probability: float, n: int, c: int) -> float:
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        if accept_probability_of_share(middle, n, c) >= probability:
            low = middle
        else:
            high = middle
    return low


def _last(highest: int, holds: Callable[[int], bool]) -> int:
    """Return the largest number for which a condition that ends once still holds; 0 always counts."""
    low, high = 0, highest + 1
    while high - low > 1:
        middle = (low + high) // 2
        if holds(middle):
            low = middle
        else:
            high = middle
    return low


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)

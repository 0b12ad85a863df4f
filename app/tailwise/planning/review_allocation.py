"""Which labels to check with the review hours there are: the most harm removed per hour, after a floor per class.

A fractional knapsack: every class gets its floor, then the hours go to the classes in order of harm removed per second.
For the linear model that is exact: moving an item from a class of higher to one of lower harm rate never gains.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tailwise.domain.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Sequence

SECONDS_PER_HOUR = 3600.0
FLOOR_ITEMS = 30
DETECT = 0.8
Z_80 = 0.8416212335729143
"""One-sided 80 % quantile of the normal distribution."""


@dataclass(frozen=True, slots=True)
class ReviewClass:
    """A class whose labels can be checked.

    Attributes:
        items: labels there are to check.
        error: part of them, 0..1, that is taken to be wrong (`upper_error` of a sample).
        cost: harm of one wrong label that stays, in any one unit for all classes.
        seconds: time to check one.
    """

    name: str
    items: int
    error: float
    cost: float
    seconds: float

    def __post_init__(self) -> None:
        numbers = (self.items, self.error, self.cost, self.seconds)
        fine = all(math.isfinite(n) and n >= 0 for n in numbers) and self.error <= 1 and self.seconds > 0
        if not fine:
            raise RequestError(
                f"review of {self.name!r}: items {self.items}, error {self.error:g}, cost {self.cost:g}, seconds "
                f"{self.seconds:g}",
                "Give numbers from 0, an error of at most 1, and more than 0 seconds",
            )


@dataclass(frozen=True, slots=True)
class ReviewShare:
    """What is checked of a class. `removed` is the harm it is expected to remove, of all the `harm` there is."""

    name: str
    items: float
    hours: float
    removed: float
    harm: float


def upper_error(wrong: int, checked: int) -> float:
    """Return Wilson's upper 80 % bound of an error rate: classes few labels were checked of are checked more.

    >>> round(upper_error(0, 10), 4), upper_error(0, 0)
    (0.0661, 1.0)
    """
    if checked == 0:
        return 1.0
    rate, z2 = wrong / checked, Z_80 * Z_80
    spread = Z_80 * math.sqrt(rate * (1 - rate) / checked + z2 / (4 * checked * checked))
    return min(1.0, (rate + z2 / (2 * checked) + spread) / (1 + z2 / checked))


def allocate_review(
    classes: Sequence[ReviewClass], hours: float, floor: int = FLOOR_ITEMS, detect: float = DETECT
) -> tuple[ReviewShare, ...]:
    """Return how much of each class to check, in the order given.

    When not even the floors fit, they are filled in order of harm rate.

    Args:
        classes: what can be checked; names once.
        hours: review hours there are.
        floor: items of each class that are checked in any case, or all there are.
        detect: part of wrong labels that a check finds.
    """
    order = sorted(classes, key=lambda c: (-c.cost * c.error / c.seconds, c.name))
    left = hours * SECONDS_PER_HOUR
    chosen: dict[str, float] = {}
    for most in (lambda c: min(c.items, floor), lambda c: c.items):
        for c in order:
            had = chosen.get(c.name, 0.0)
            more = min(most(c) - had, left / c.seconds)
            chosen[c.name] = had + more
            left -= more * c.seconds
    return tuple(
        ReviewShare(
            c.name,
            chosen[c.name],
            chosen[c.name] * c.seconds / SECONDS_PER_HOUR,
            chosen[c.name] * c.cost * c.error * detect,
            c.items * c.cost * c.error,
        )
        for c in classes
    )

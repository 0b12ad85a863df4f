"""How many items it takes: to see a rare kind at all, or often enough, and how a budget is shared out over routes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scipy.special import bdtr

from tailwise.domain.errors import RequestError
from tailwise.domain.plan import DISCOVERY_ROUTES, MIN_DISCOVERY, Route
from tailwise.planning.largest_remainder import largest_remainder

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_ITEMS = 1 << 40
ROUTE_MIX: Mapping[Route, float] = {
    Route.MINORITY: 0.40,
    Route.UNCERTAIN: 0.25,
    Route.NOVELTY: 0.15,
    Route.RANDOM: 0.10,
    Route.HARD_NEGATIVE: 0.10,
}
"""Shares of a week that is chosen by a model's scores, by route: most rare objects, and what nobody looked for."""


def items_needed(rate: float, wanted: int, probability: float) -> int:
    """Return the least number of random items that hold at least `wanted` with at least `probability` (binomial).

    Args:
        rate: probability, above 0 and up to 1, that an item holds one.
        wanted: how many, from 1.
        probability: above 0 and below 1.

    >>> items_needed(0.01, 1, 0.95), items_needed(0.02, 50, 0.90)
    (299, 2958)
    """
    if not (0 < rate <= 1 and wanted >= 1 and 0 < probability < 1):
        raise RequestError(
            f"{wanted} at a rate of {rate:g} with a probability of {probability:g} cannot be worked out",
            "Give a rate above 0 and at most 1, at least one object, and a probability between 0 and 1",
        )
    low, high = wanted, wanted
    while 1.0 - float(bdtr(wanted - 1, high, rate)) < probability and high < MOST_ITEMS:
        low, high = high + 1, high * 2
    while low < high:
        middle = (low + high) // 2
        if 1.0 - float(bdtr(wanted - 1, middle, rate)) < probability:
            low = middle + 1
        else:
            high = middle
    return low


def share_out(items: int, mix: Mapping[Route, float] = ROUTE_MIX) -> dict[Route, int]:
    """Return the items of each route; they add up to `items`, ties go to the route named first.

    Raises:
        RequestError: random and novelty together have less than 10 %, or the shares do not add up to 1.

    >>> [(route.value, n) for route, n in share_out(50).items()]
    [('minority', 20), ('uncertain', 13), ('novelty', 7), ('random', 5), ('hard-negative', 5)]
    """
    found = sum(share for route, share in mix.items() if route in DISCOVERY_ROUTES)
    if found < MIN_DISCOVERY - 1e-9 or abs(sum(mix.values()) - 1.0) > 1e-9:
        raise RequestError(
            f"the routes share {sum(mix.values()):g} of the items, random and novelty {found:g}",
            f"Let all add up to 1 and random and novelty to {MIN_DISCOVERY:g} or more",
        )
    parts = largest_remainder([items * share for share in mix.values()], items)
    return dict(zip(mix, parts.tolist(), strict=True))

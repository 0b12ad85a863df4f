"""When to stop, and when to plan again: rules for a class and for the whole sprint, as sentences with numbers.

Counts of rare objects vary like a Poisson count around what the plan expects; a rule speaks where chance alone would
bring what was seen less than once in forty weeks.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from scipy.special import pdtr

from tailwise.domain.plan import Route, Tier
from tailwise.planning.quota_rules import percent
from tailwise.planning.sample_size import items_needed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tailwise.domain.plan import ClassQuota, PlanRequest
    from tailwise.domain.plan_outcome import PlanOutcome

LOWER_TAIL = 0.025
SHORT_WINDOW = 1.5
"""Expected objects a week below which two empty weeks prove nothing."""
RECALL_HALF_WIDTH = 0.10
DISAGREEMENT = {Tier.MUST_NOT_MISS: 0.05, Tier.NICE_TO_HAVE: 0.08, Tier.EXPERIMENTAL: 0.12}
TWIN_RATE = 0.30
RAISED_RESERVE = 0.25
RARE_RATE, SEEN = 0.01, 0.95


def poisson_low(expected: float) -> int:
    """Return the fewest objects that are still no surprise: below it lies at most 2.5 % of chance.

    >>> poisson_low(8.0), round(float(pdtr(2, 8.0)), 6)
    (3, 0.013754)
    """
    low, high = 0, max(1, math.ceil(expected))
    while low < high:
        middle = (low + high) // 2
        if float(pdtr(middle, expected)) < LOWER_TAIL:
            low = middle + 1
        else:
            high = middle
    return low


def drought_chance(per_week: float, weeks: int = 2) -> float:
    """Return the chance, 0..1, that so many weeks in a row hold none although the plan is right.

    >>> [round(drought_chance(mu), 4) for mu in (1.0, 1.5, math.log(10), 3.0)]
    [0.1353, 0.0498, 0.01, 0.0025]
    """
    return math.exp(-weeks * per_week)


def window_weeks(per_week: float) -> int:
    """Return how many empty weeks it takes until bad luck is less likely than 5 %: ln 20 over what a week expects.

    >>> window_weeks(0.5), window_weeks(1.5)
    (6, 2)
    """
    return math.ceil(round(math.log(20.0) / per_week, 9))


def class_rules(quota: ClassQuota, weeks: int, expected: Sequence[float], unit: str) -> tuple[str, ...]:
    """Return the rules of one class.

    Args:
        quota: what is wanted of it.
        weeks: length of the plan.
        expected: objects the plan expects, one number per week.
        unit: what they are, as in the plan.
    """
    rules: list[str] = []
    need = quota.need(weeks)
    if need > 0:
        rules.append(
            f"Stop when {need:,.10g} more {unit} are labelled and its recall on the evaluation set is known to within "
            f"± {RECALL_HALF_WIDTH:.2f} (half of the 95 % interval)."
        )
    planned = [amount for amount in expected if amount > 0]
    if planned:
        rules += _shortfall_rules(expected)
        rules.append(_drought_rule(sum(planned) / len(planned), is_must=quota.tier is Tier.MUST_NOT_MISS))
    limit = DISAGREEMENT[quota.tier]
    rules.append(f"Pause and mend the guideline when annotators disagree on more than {percent(limit)} of it.")
    return tuple(rules)


def _shortfall_rules(expected: Sequence[float]) -> list[str]:
    parts: list[str] = []
    total = 0.0
    for week, amount in enumerate(expected, 1):
        total += amount
        low = poisson_low(total)
        if low > 0:
            parts.append(f"fewer than {low:,} of {total:,.0f} by the end of week {week}")
    if not parts:
        return []
    chance = percent(LOWER_TAIL)
    return [f"Update the yields and plan again at {'; '.join(parts)} (chance alone: at most {chance})."]


def _drought_rule(per_week: float, *, is_must: bool) -> str:
    chance = drought_chance(per_week)
    if per_week < SHORT_WINDOW:
        weeks = window_weeks(per_week)
        return (
            f"None in two weeks may be bad luck ({percent(round(chance, 3))}): the window is too short. It takes "
            f"{weeks:,} empty weeks to call the plan broken."
        )
    means = "the plan is broken, stop and look for another source" if is_must else "look for another source"
    return f"None in two weeks: {means}. Bad luck does that in {_chance(chance)} of cases."


def _chance(chance: float) -> str:
    return percent(round(chance, 4)) if chance >= 1e-4 else "less than 0.01 %"


def sprint_rules(request: PlanRequest, outcome: PlanOutcome) -> tuple[str, ...]:
    """Return the rules that hold for the sprint as a whole."""
    drawn = sum(round(line.items) for line in outcome.lines if line.route is Route.RANDOM)
    reserve = request.reserve.discovery
    rules = [
        f"The reserve turns up a class nobody had in mind: raise it to {percent(RAISED_RESERVE)} for one week.",
        f"More than {percent(TWIN_RATE)} of what a source brings are near-duplicates: change the source.",
    ]
    if reserve > 0:
        rules.append(
            f"Three discovery reserves in a row bring nothing new, and 1 - 0.05^(1/n) over their n items is below the "
            f"rate you may miss: the reserve may go down from {percent(reserve)} to 10 %, never below."
        )
    if drawn:
        missed, enough = (1.0 - RARE_RATE) ** drawn, items_needed(RARE_RATE, 1, SEEN)
        rules.append(
            f"The {drawn:,} random items miss a kind that is in {percent(RARE_RATE)} of all items with a probability "
            f"of {_chance(missed)}; {enough:,} would miss it in {percent(round(1 - SEEN, 2))} of cases."
        )
    if reserve == 0:
        rules.append("This plan has no discovery reserve: what nobody looks for will not be found.")
    return tuple(rules)


def plan_rules(request: PlanRequest, outcome: PlanOutcome) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the rules of every class of a plan, must-not-miss first, as (class, sentences)."""
    weekly = [dict(week.expected) for week in outcome.weeks]
    order = list(Tier)
    classes = sorted(request.classes, key=lambda c: (order.index(c.tier), c.name))
    return tuple(
        (c.name, class_rules(c, request.weeks, [week.get(c.name, 0.0) for week in weekly], request.unit.value))
        for c in classes
        if c.need(request.weeks) > 0 or c.tier is Tier.MUST_NOT_MISS
    )

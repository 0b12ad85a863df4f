"""How far to aim above each quota so that it is met with the probability a lead asks for.

An expected 200 is met about half of the time. The plan is solved in fractions, what its items will hold is drawn, and
each quota that is met too seldom gets the distance between the quota and the draw at the wanted quantile on top; then
the plan is solved again. Margins come after every quota is met in expectation: no quota is given up for the certainty
of another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tailwise.planning.quota_columns import shortfalls
from tailwise.planning.quota_model import build_model
from tailwise.planning.quota_risk import NOISE, drawn_objects
from tailwise.planning.quota_search import search

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tailwise.domain.plan import PlanRequest
    from tailwise.ops.progress import Progress
    from tailwise.planning.quota_model import QuotaModel
    from tailwise.planning.quota_yields import YieldTable

ROUNDS = 5
SMOOTH_WEEKS = 4
"""In longer plans the rounds leave smoothing out: it takes as long as all goals before it."""
AIM = 0.005
"""Aimed for above the probability wanted: whole items cost a little of it."""
SPREAD_POWER = 0.75
"""How the spread of a count grows with the count: 0.5 where only chance plays, 1 where the yield itself is unsure."""
STEPS = 12


def sought_margins(
    request: PlanRequest, yields: YieldTable, confidence: float, progress: Progress
) -> NDArray[np.float64]:
    """Return the objects to aim for above each quota of the model, in its order; 0 where none are needed.

    Args:
        request: in stable order, with streams.
        yields: of its streams.
        confidence: probability wanted for each quota that can be met in expectation.
        progress: told about every round.
    """
    margins = np.zeros(len(build_model(request, yields).quotas))
    before: NDArray[np.float64] | None = None
    for round_number in range(ROUNDS):
        model = build_model(request, yields, margins)
        items = search(model, progress, integer=False, smooth=request.weeks <= SMOOTH_WEEKS).items
        progress.stage(f"Aiming for {confidence:.0%}, round {round_number + 1}")
        aims = _aims(model, items, min(0.999, confidence + AIM))
        wanted = np.maximum(margins, aims - np.array([quota.amount for quota in model.quotas]))
        is_same = before is not None and np.allclose(items, before, atol=0.5)
        if is_same or np.allclose(wanted, margins, rtol=0.0, atol=0.1):
            break
        before, margins = items, wanted
    return margins


def _aims(model: QuotaModel, items: NDArray[np.float64], confidence: float) -> NDArray[np.float64]:
    """Return the objects each quota should expect to be met surely enough; 0 for those that are, or cannot be met."""
    objects = drawn_objects(model, items)
    amounts = np.array([quota.amount for quota in model.quotas])
    tolerances = np.array([quota.tolerance for quota in model.quotas])
    is_met = shortfalls(model, items) <= tolerances
    is_rare = (objects >= amounts[:, None] - NOISE).mean(axis=1) < confidence
    aims = np.zeros(len(amounts))
    for q in np.flatnonzero(is_met & is_rare):
        mean = float(objects[q].mean())
        low = float(np.quantile(objects[q], 1.0 - confidence, method="lower"))
        aims[q] = _aim(float(amounts[q]), mean, mean - low)
    return aims


def _aim(amount: float, mean: float, spread: float) -> float:
    """Return the mean at which what is left after the spread, which grows with the mean, is the amount wanted."""
    if mean <= 0.0:
        return amount
    factor = 1.0
    for _ in range(STEPS):
        factor = (amount + spread * factor**SPREAD_POWER) / mean
    return factor * mean

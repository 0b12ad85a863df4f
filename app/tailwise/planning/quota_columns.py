"""From items back to all columns, and the check that a plan keeps every hard row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tailwise.domain.plan import Tier
from tailwise.planning.quota_model import TARGET_WEEK

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tailwise.planning.quota_model import QuotaModel

CHECK_TOLERANCE = 1e-5
NOISE = 1e-6


class BrokenPlanError(RuntimeError):
    """A plan breaks the pool, the hours or a rule: a fault of ours, never an answer."""


def shortfalls(model: QuotaModel, items: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the shortfall of every quota in objects, for items of shape (weeks, streams)."""
    amounts = np.array([quota.amount for quota in model.quotas])
    missing = amounts - _brought(model, items)
    return np.where(missing > NOISE * amounts, missing, 0.0)


def _brought(model: QuotaModel, items: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the expected objects that each quota counts."""
    expected = model.expected(items)
    total = expected.sum(axis=0)
    position = {name: k for k, name in enumerate(model.yields.classes)}
    counted = (total if q.week == TARGET_WEEK else expected[q.week] for q in model.quotas)
    return np.array([row[position[q.class_name]] for q, row in zip(model.quotas, counted, strict=True)], dtype=float)


def columns_of(model: QuotaModel, items: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return all columns that follow from items of shape (weeks * streams,): shortfalls, worst ratio, gates."""
    columns = model.columns
    answer = np.zeros(columns.count)
    answer[: columns.items] = items
    short = shortfalls(model, items.reshape(columns.weeks, columns.streams))
    answer[columns.short : columns.worst] = short
    must = [q for q, quota in enumerate(model.quotas) if quota.tier is Tier.MUST_NOT_MISS]
    answer[columns.worst] = max((short[q] / model.quotas[q].amount for q in must), default=0.0)
    for t in range(columns.weeks):
        minimums = [short[q] / model.quotas[q].amount for q in must if model.quotas[q].week == t]
        is_open = all(ratio <= CHECK_TOLERANCE for ratio in minimums)
        answer[columns.gate + t] = model.high[columns.gate + t] if is_open else 0.0
    for k, name in enumerate(model.short_classes):
        mine = [(quota, short[q]) for q, quota in enumerate(model.quotas) if quota.class_name == name]
        weekly = sum(s for quota, s in mine if quota.week != TARGET_WEEK)
        overall = sum(s for quota, s in mine if quota.week == TARGET_WEEK)
        answer[columns.class_short + k] = max(weekly, overall)
    if columns.margins:
        aims = np.array([quota.amount for quota in model.quotas]) + model.margins
        lacking = np.maximum(0.0, aims - _brought(model, items.reshape(columns.weeks, columns.streams)))
        answer[columns.margin :] = np.where(model.margins > 0, lacking, 0.0)
    return answer


def check(model: QuotaModel, items: NDArray[np.float64]) -> None:
    """Check a plan against every row and bound of the model.

    Raises:
        BrokenPlanError: something is exceeded by more than the solver's tolerance, relative to limits above 1.
    """
    columns = columns_of(model, items)
    activity = model.rows.matrix @ columns
    low, high = model.rows.low, model.rows.high
    # A quota of a thousand is as good as met a thousandth of an object below it.
    below = (low - activity) / np.maximum(1.0, np.abs(np.where(np.isfinite(low), low, 1.0)))
    above = (activity - high) / np.maximum(1.0, np.abs(np.where(np.isfinite(high), high, 1.0)))
    over = max(
        float(below.max(initial=0.0)),
        float(above.max(initial=0.0)),
        float((columns - model.high).max(initial=0.0)),
        float(-items.min(initial=0.0)),
    )
    if over > CHECK_TOLERANCE:
        raise BrokenPlanError(f"the plan found exceeds a limit by {over:g}")

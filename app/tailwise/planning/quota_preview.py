"""A plan while a slider moves: the same goals in the same order, in fractions, with all weeks as one long week.

Where every week offers the same, that loses nothing: the average of all weeks of any plan is a week that keeps every
rule, so the long week has the same hours, items and shortfalls as the plan in fractions. Where weeks differ, or an easy
cap waits for a weekly minimum, it is a bound: what cannot be met here cannot be met week by week either.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from tailwise.domain.errors import RequestError
from tailwise.domain.plan import Capacity
from tailwise.domain.plan_preview import PlanPreview
from tailwise.planning.lexicographic import lexicographic
from tailwise.planning.quota_columns import columns_of
from tailwise.planning.quota_model import SECONDS_PER_HOUR, build_model
from tailwise.planning.quota_search import RELAXED, NoPlanError, relaxed
from tailwise.planning.quota_stages import stages_of
from tailwise.planning.quota_yields import yield_table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tailwise.domain.plan import PlanRequest
    from tailwise.ops.progress import Progress
    from tailwise.planning.quota_model import QuotaModel

NOISE = 1e-6
GAIN_SIZE = 1_000
"""Streams x classes up to which what one more hour brings is worked out as well; it doubles the time."""


def preview_plan(request: PlanRequest, progress: Progress) -> PlanPreview:
    """Return what a request would come to.

    Args:
        request: with streams; the order of rows does not matter.
        progress: asked whether to go on between two solves.

    Raises:
        RequestError: the request has no streams, or a yield cannot be estimated.
        OpCancelledError: cancelled, for instance because the request changed meanwhile.
    """
    began = time.perf_counter()
    if not request.streams:
        raise RequestError("The request has no streams", "Add a stream, or draft the request from the project")
    long_week = _long_week(request.in_stable_order())
    model, columns = _solved(long_week, progress)
    items = columns[: model.columns.items]
    shortfall = _shortfall(model, columns)
    hours = float(items @ model.seconds) / SECONDS_PER_HOUR
    limit = None if request.capacity.label_hours is None else sum(request.capacity.label_hours)
    per_hour: tuple[tuple[str, float], ...] = ()
    is_small = len(request.streams) * len(request.classes) <= GAIN_SIZE
    if is_small and limit is not None and hours > limit - 0.01 and any(amount > 0 for _, amount in shortfall):
        per_hour = _one_more_hour(long_week, limit, dict(shortfall), progress)
    return PlanPreview(
        unit=request.unit,
        items=float(items.sum()),
        hours=hours,
        review_hours=float(items @ model.review_seconds) / SECONDS_PER_HOUR,
        label_limit=limit,
        expected=tuple(zip(model.yields.classes, model.expected(items[None, :])[0].tolist(), strict=True)),
        shortfall=shortfall,
        per_hour=per_hour,
        seconds=time.perf_counter() - began,
    )


def _long_week(request: PlanRequest) -> PlanRequest:
    """Return the request with all weeks as one."""
    weeks, capacity = request.weeks, request.capacity
    classes = (
        replace(
            quota,
            min_per_week=quota.min_per_week * weeks,
            easy_cap=None if quota.easy_cap is None else quota.easy_cap * weeks,
        )
        for quota in request.classes
    )
    return replace(
        request,
        weeks=1,
        classes=tuple(classes),
        capacity=Capacity(
            None if capacity.label_hours is None else (sum(capacity.label_hours),),
            None if capacity.review_hours is None else (sum(capacity.review_hours),),
            None if capacity.items_per_week is None else (sum(capacity.items_per_week),),
            capacity.experimental_share,
        ),
    )


def _solved(request: PlanRequest, progress: Progress) -> tuple[QuotaModel, NDArray[np.float64]]:
    model = build_model(request, yield_table(request))
    best = lexicographic(relaxed(model), stages_of(model), RELAXED, progress)
    if best is None:
        raise NoPlanError("the solver found no plan")
    items = np.where(best.columns[: model.columns.items] < NOISE, 0.0, best.columns[: model.columns.items])
    return model, columns_of(model, items)


def _shortfall(model: QuotaModel, columns: NDArray[np.float64]) -> tuple[tuple[str, float], ...]:
    missing = columns[model.columns.class_short : model.columns.margin].tolist()
    tolerances = {
        name: max(quota.tolerance for quota in model.quotas if quota.class_name == name) for name in model.short_classes
    }
    return tuple(
        (name, amount if amount > tolerances[name] else 0.0)
        for name, amount in zip(model.short_classes, missing, strict=True)
    )


def _one_more_hour(
    request: PlanRequest, limit: float, before: dict[str, float], progress: Progress
) -> tuple[tuple[str, float], ...]:
    """Return how much less each class lacks with one more hour of labelling."""
    more = replace(request, capacity=replace(request.capacity, label_hours=(limit + 1.0,)))
    after = _shortfall(*_solved(more, progress))
    return tuple((name, before[name] - amount) for name, amount in after if before[name] - amount > 0.005)

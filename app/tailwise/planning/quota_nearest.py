"""The nearest request that can be met: the same one with quotas lowered by no more than it takes.

Quotas are lowered in the order the plan values them: first the sum of what the must-not-miss classes lose, each
relative to what was asked, then their worst loss, then the lower tiers. A weekly minimum is one number for all weeks,
so all weeks of a class are short by the same amount here.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from tailwise.planning.lexicographic import lexicographic
from tailwise.planning.quota_columns import shortfalls
from tailwise.planning.quota_model import TARGET_WEEK, build_model
from tailwise.planning.quota_search import RELAXED, NoPlanError, relaxed, search
from tailwise.planning.quota_stages import stages_of
from tailwise.planning.quota_yields import yield_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from tailwise.domain.plan import ClassQuota, PlanRequest
    from tailwise.ops.progress import Progress
    from tailwise.planning.quota_model import QuotaModel
    from tailwise.planning.solver import Programme

ROUNDS = 6
"""How often what only whole items cost is taken off as well, before a class is lowered to nothing."""


def nearest_request(request: PlanRequest, progress: Progress) -> PlanRequest | None:
    """Return the request with its quotas lowered so far that they can all be met; None if they can already.

    Args:
        request: with streams; its rows keep their order.
        progress: told about every solve.

    Raises:
        OpCancelledError: cancelled between two solves.
    """
    yields = yield_table(request.in_stable_order())
    wanted = request
    progress.stage("Looking for the nearest request")
    for attempt in range(ROUNDS + 1):
        model = build_model(wanted.in_stable_order(), yields)
        short = shortfalls(model, search(model, progress).items)
        tolerances = np.array([quota.tolerance for quota in model.quotas])
        is_short = short > tolerances
        if not is_short.any():
            return wanted if attempt else None
        lacking = _even_shortfalls(model, progress) if attempt == 0 else np.where(is_short, short, 0.0)
        wanted = _lowered(wanted, _losses(model, lacking), to_nothing=attempt == ROUNDS - 1)
    return wanted


def _even_shortfalls(model: QuotaModel, progress: Progress) -> NDArray[np.float64]:
    """Return the least shortfall of every quota when all weeks of a class are short by the same amount."""
    stages = [stage for stage in stages_of(model) if stage.is_shortfall]
    best = lexicographic(_even(model), stages, RELAXED, progress)
    if best is None:
        raise NoPlanError("the solver found no plan")
    return best.columns[model.columns.short : model.columns.worst]


def _even(model: QuotaModel) -> Programme:
    programme = relaxed(model)
    pairs: list[tuple[int, int]] = []
    first: dict[str, int] = {}
    for q, quota in enumerate(model.quotas):
        if quota.week != TARGET_WEEK and first.setdefault(quota.class_name, q) != q:
            pairs.append((first[quota.class_name], q))
    if not pairs:
        return programme
    rows = np.repeat(np.arange(len(pairs)), 2)
    columns = model.columns.short + np.array(pairs).ravel()
    values = np.tile([1.0, -1.0], len(pairs))
    same = sparse.csr_array((values, (rows, columns)), shape=(len(pairs), model.columns.count))
    zeros = np.zeros(len(pairs))
    return replace(programme, rows=programme.rows.with_rows(same, zeros, zeros))


def _losses(model: QuotaModel, short: NDArray[np.float64]) -> dict[str, tuple[float, float]]:
    """Return per class what its weekly minimum and its target lose."""
    losses: dict[str, tuple[float, float]] = {}
    for quota, lost in zip(model.quotas, short.tolist(), strict=True):
        if lost > quota.tolerance:
            weekly, overall = losses.get(quota.class_name, (0.0, 0.0))
            is_target = quota.week == TARGET_WEEK
            losses[quota.class_name] = (weekly, max(overall, lost)) if is_target else (max(weekly, lost), overall)
    return losses


def _lowered(request: PlanRequest, losses: Mapping[str, tuple[float, float]], *, to_nothing: bool) -> PlanRequest:
    def lower(quota: ClassQuota) -> ClassQuota:
        if quota.name not in losses:
            return quota
        weekly, overall = losses[quota.name]
        if to_nothing:
            weekly, overall = (math.inf if weekly else 0.0), (math.inf if overall else 0.0)
        target = None if quota.target is None else _rounded(quota.target, overall) or None
        return replace(quota, min_per_week=_rounded(quota.min_per_week, weekly), target=target)

    return replace(request, classes=tuple(lower(quota) for quota in request.classes))


def _rounded(amount: float, lost: float) -> float:
    """Return what is left, in whole objects from 1 on and in hundredths below: nobody asks for 173.28 of a class."""
    if not lost:
        return amount
    left = max(0.0, amount - lost)
    return float(math.floor(left + 1e-6)) if left >= 1 else math.floor(left * 100 + 1e-6) / 100

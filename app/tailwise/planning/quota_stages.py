"""The order of goals: each stage is minimised in turn and kept while the next one is.

Must-not-miss shortfall, its worst ratio, nice-to-have, experimental; the margins above each quota that make it likely
to be met; then the fewest hours, or the most objects of
must-not-miss classes and a full week; at last weeks that resemble each other. No stage is ever traded for a later one,
so no weights have to be guessed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from tailwise.domain.plan import Objective, Tier
from tailwise.planning.lexicographic import Stage
from tailwise.planning.quota_model import SECONDS_PER_HOUR
from tailwise.planning.solver import Programme

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tailwise.planning.quota_model import QuotaModel


def stages_of(model: QuotaModel) -> list[Stage]:
    """Return the stages of a model that have something to decide, in order, without the smoothing."""
    stages = [_shortfall(model, Tier.MUST_NOT_MISS), _worst(model)]
    stages += [_shortfall(model, Tier.NICE_TO_HAVE), _shortfall(model, Tier.EXPERIMENTAL)]
    if model.columns.margins:
        stages += [_margin(model, Tier.MUST_NOT_MISS), _margin(model, Tier.NICE_TO_HAVE)]
        stages.append(_margin(model, Tier.EXPERIMENTAL))
    if model.request.objective is Objective.MOST_RARE:
        stages.append(_most_rare(model))
        if model.request.capacity.items_per_week is not None:
            ones = np.ones(model.columns.items)
            stages.append(Stage("full weeks", model.costs(0, -ones), 1.0, model.columns.weeks, is_shortfall=False))
    stages.append(_fewest_hours(model))
    return [stage for stage in stages if stage.costs.any()]


def _shortfall(model: QuotaModel, tier: Tier) -> Stage:
    costs = [1.0 / quota.amount if quota.tier is tier else 0.0 for quota in model.quotas]
    asked = float(np.count_nonzero(costs))
    start = model.columns.short
    return Stage(
        f"{tier.value} shortfall", model.costs(start, np.array(costs)), max(asked, 1.0), 0.0, is_shortfall=True
    )


def _margin(model: QuotaModel, tier: Tier) -> Stage:
    costs = [
        1.0 / quota.amount if quota.tier is tier and margin > 0 else 0.0
        for quota, margin in zip(model.quotas, model.margins.tolist(), strict=True)
    ]
    asked = float(np.count_nonzero(costs))
    # Margins come from 2,000 draws: a hundredth of a quota more or less is noise.
    name = f"{tier.value} margin"
    return Stage(name, model.costs(model.columns.margin, np.array(costs)), max(asked, 1.0), 0.01, is_shortfall=False)


def _worst(model: QuotaModel) -> Stage:
    has_any = any(quota.tier is Tier.MUST_NOT_MISS for quota in model.quotas)
    costs = model.costs(model.columns.worst, np.array([1.0 if has_any else 0.0]))
    return Stage("worst must-not-miss ratio", costs, 1.0, 0.0, is_shortfall=True)


def _most_rare(model: QuotaModel) -> Stage:
    classes = model.yields.classes
    rare = [classes.index(c.name) for c in model.request.classes if c.tier is Tier.MUST_NOT_MISS]
    per_item = model.yields.mean[:, rare].sum(axis=1)
    weeks = model.columns.weeks
    costs = model.costs(0, -np.tile(per_item, weeks))
    return Stage("most must-not-miss", costs, 1.0, weeks * float(per_item.max(initial=0.0)), is_shortfall=False)


def _fewest_hours(model: QuotaModel) -> Stage:
    per_item = (model.seconds + model.review_seconds) / SECONDS_PER_HOUR
    weeks = model.columns.weeks
    costs = model.costs(0, np.tile(per_item, weeks))
    return Stage("fewest hours", costs, 1.0, weeks * float(per_item.max(initial=0.0)), is_shortfall=False)


def smoothing(model: QuotaModel, programme: Programme) -> tuple[Programme, NDArray[np.float64]]:
    """Return the programme with one column more per week after the first and stream, and the costs of those columns.

    Each such column is at least the change of the items of a stream from one week to the next.
    """
    weeks, streams = model.columns.weeks, model.columns.streams
    extra = (weeks - 1) * streams
    old = programme.rows.matrix.shape[1]
    widened = sparse.hstack([programme.rows.matrix, sparse.csr_array((programme.rows.matrix.shape[0], extra))])
    step = sparse.hstack(
        [
            sparse.eye_array(extra, weeks * streams, k=streams) - sparse.eye_array(extra, weeks * streams),
            sparse.csr_array((extra, old - weeks * streams)),
        ]
    )
    absolute = sparse.vstack(
        [
            sparse.hstack([step, sparse.eye_array(extra)]),
            sparse.hstack([-step, sparse.eye_array(extra)]),
        ]
    )
    rows = type(programme.rows)(
        sparse.csr_array(widened), programme.rows.low, programme.rows.high, programme.rows.rule
    ).with_rows(sparse.csr_array(absolute), np.zeros(2 * extra), np.full(2 * extra, np.inf))
    wide = Programme(
        np.concatenate([programme.low, np.zeros(extra)]),
        np.concatenate([programme.high, np.full(extra, np.inf)]),
        np.concatenate([programme.whole, np.zeros(extra, dtype=np.bool_)]),
        rows,
    )
    return wide, np.concatenate([np.zeros(old), np.ones(extra)])

"""Find the plan: stage after stage, exactly for small requests, by relaxation and rounding for large ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tailwise.domain.plan_outcome import StageResult
from tailwise.planning.lexicographic import lexicographic
from tailwise.planning.quota_columns import check, columns_of
from tailwise.planning.quota_model import MET_WITHIN
from tailwise.planning.quota_rounding import round_by_weeks
from tailwise.planning.quota_stages import smoothing, stages_of
from tailwise.planning.solver import Limits, Programme, reachable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tailwise.ops.progress import Progress
    from tailwise.planning.lexicographic import Ordered, Stage
    from tailwise.planning.quota_model import QuotaModel

EXACT_COLUMNS = 36
"""Up to so many whole numbers the search itself is in whole items; above, rounding is as good and far quicker."""
EXACT = Limits(nodes=1_000, relative_gap=1e-6)
RELAXED = Limits(nodes=2_000)
SMOOTH = Limits(nodes=100, relative_gap=0.01)


class NoPlanError(RuntimeError):
    """Not even labelling nothing was found: the time fence was hit at once, or the model is wrong."""


@dataclass(frozen=True, slots=True)
class Found:
    """Items of shape (weeks, streams) and what each stage reached.

    Attributes:
        gap: largest relative distance of a stage to its bound.
        is_closed: nothing worth having lies between any stage and its bound.
        is_proven_short: the quotas cannot all be met, whatever the plan.
    """

    items: NDArray[np.float64]
    stages: tuple[StageResult, ...]
    gap: float
    is_closed: bool
    is_proven_short: bool


def relaxed(model: QuotaModel) -> Programme:
    """Return the programme in which items may be fractions; the gates stay whole."""
    whole = model.whole.copy()
    whole[: model.columns.items] = False
    return Programme(model.low, model.high, whole, model.rows)


def search(model: QuotaModel, progress: Progress, *, integer: bool = True, smooth: bool = True) -> Found:
    """Solve all stages of a model; with `integer=False` items may be fractions, without `smooth` weeks may differ."""
    stages = stages_of(model)
    is_exact = integer and model.columns.items <= EXACT_COLUMNS
    programme = Programme(model.low, model.high, model.whole, model.rows) if is_exact else relaxed(model)
    progress.stage("Solving", len(stages) + 2)
    best = lexicographic(programme, stages, EXACT if is_exact else RELAXED, progress)
    if best is None:
        raise NoPlanError("the solver found no plan")
    columns = _smoothed(model, best) if smooth else best.columns
    progress.advance()
    items = columns[: model.columns.items]
    if integer and not is_exact:
        items = round_by_weeks(model, stages, best.bounds, columns, progress)
    check(model, items)
    return _found(model, stages, items, best.bounds)


def _smoothed(model: QuotaModel, best: Ordered) -> NDArray[np.float64]:
    """Return columns as good in every stage whose weeks differ least; cut off early, it is still as good."""
    if model.columns.weeks == 1:
        return best.columns
    wide, costs = smoothing(model, best.programme)
    solution = reachable(wide, costs, SMOOTH)
    return best.columns if solution is None else solution.columns[: model.columns.count]


def _found(model: QuotaModel, stages: list[Stage], items: NDArray[np.float64], bounds: tuple[float, ...]) -> Found:
    columns = columns_of(model, items)
    results: list[StageResult] = []
    gap, is_closed, is_proven_short = 0.0, True, False
    for stage, bound in zip(stages, bounds, strict=True):
        value = float(stage.costs @ columns)
        known = bound if np.isfinite(bound) else -stage.scale
        results.append(StageResult(stage.name, value, min(value, known)))
        gap = max(gap, stage.gap(value, known))
        is_closed = is_closed and bool(np.isfinite(bound)) and stage.is_closed(value, bound)
        is_proven_short = is_proven_short or (stage.is_shortfall and bound > MET_WITHIN / 2)
    shape = (model.columns.weeks, model.columns.streams)
    return Found(items.reshape(shape), tuple(results), gap, is_closed, is_proven_short)

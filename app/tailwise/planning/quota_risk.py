"""How likely each quota is met: seeded draws of the yields and of what the planned items will hold.

Per draw a yield that was estimated is drawn from its distribution once (the same in all weeks: a source that is poorer
than thought stays poorer), then the objects of each line are drawn given that yield. For at most one object per item
that is the beta-binomial distribution, for more the gamma-Poisson.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tailwise.domain.plan_outcome import QuotaKind, QuotaRisk
from tailwise.planning.quota_model import TARGET_WEEK

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tailwise.planning.quota_model import QuotaModel

DRAWS = 2_000
NOISE = 1e-9


def quota_risks(model: QuotaModel, items: NDArray[np.float64], draws: int = DRAWS) -> tuple[QuotaRisk, ...]:
    """Return the probability that each quota is met, for whole items of shape (weeks, streams)."""
    answer: list[QuotaRisk] = []
    for quota, have in zip(model.quotas, drawn_objects(model, items, draws), strict=True):
        is_target = quota.week == TARGET_WEEK
        week = model.columns.weeks if is_target else quota.week + 1
        kind = QuotaKind.TARGET if is_target else QuotaKind.WEEKLY
        answer.append(QuotaRisk(quota.class_name, week, kind, float((have >= quota.amount - NOISE).mean())))
    return tuple(answer)


def drawn_objects(model: QuotaModel, items: NDArray[np.float64], draws: int = DRAWS) -> NDArray[np.int64]:
    """Draw what the planned items will hold: the objects each quota counts, shape (quotas, draws)."""
    counts = np.rint(items).astype(np.int64)
    answer = np.zeros((len(model.quotas), draws), dtype=np.int64)
    for name in model.short_classes:
        k = model.yields.classes.index(name)
        # A generator per class: adding a class to the request does not change the odds shown for another.
        objects = _objects(model, counts, k, np.random.default_rng([model.request.seed, *name.encode()]), draws)
        for q, quota in enumerate(model.quotas):
            if quota.class_name == name:
                answer[q] = objects.sum(axis=1) if quota.week == TARGET_WEEK else objects[:, quota.week]
    return answer


def _objects(
    model: QuotaModel, counts: NDArray[np.int64], k: int, generator: np.random.Generator, draws: int
) -> NDArray[np.int64]:
    """Draw the objects of a class, shape (draws, weeks)."""
    total = np.zeros((draws, counts.shape[0]), dtype=np.int64)
    for j in np.flatnonzero(counts.any(axis=0)):
        rate, found, labelled = (
            float(table[j, k]) for table in (model.yields.mean, model.yields.found, model.yields.items)
        )
        if rate <= 0.0:
            continue
        rates = np.full(draws, rate) if labelled == 0.0 else _rates(found, labelled, generator, draws)
        is_presence = rate <= 1.0 and (labelled == 0.0 or found < labelled)
        for t in np.flatnonzero(counts[:, j]):
            n = int(counts[t, j])
            total[:, t] += generator.binomial(n, rates) if is_presence else generator.poisson(rates * n)
    return total


def _rates(found: float, labelled: float, generator: np.random.Generator, draws: int) -> NDArray[np.float64]:
    if found < labelled:
        return generator.beta(found, labelled - found, draws)
    return generator.gamma(found, 1.0 / labelled, draws)

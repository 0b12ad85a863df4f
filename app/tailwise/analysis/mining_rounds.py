"""Mine in rounds: train on the positives, a few random negatives and what was mined so far; look again; pick more.

Taking the highest scores once and adding only those to the training set makes a model worse than random negatives do
(algorithms reference, section 7). Two things put that right, and both are part of the result: several rounds, and a
random part that is weighted up to all the negatives it was drawn from.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tailwise.analysis.hard_negatives import group_parts, out_of_fold_scores, scattered
from tailwise.analysis.label_issues import missing_label_threshold
from tailwise.analysis.mining_selection import Selection, SelectionPool, pick

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tailwise.analysis.hard_negatives import Examples
    from tailwise.ops.progress import Progress


@dataclass(frozen=True, slots=True)
class RoundPlan:
    """How to mine: most rows in all, over how many rounds, in which shares of kinds; `seed` draws the random part."""

    limit: int
    rounds: int
    shares: tuple[float, ...]
    score_weight: float
    seed: int


@dataclass(frozen=True, slots=True)
class Inclusion:
    """How many negatives one training example stands for: 1 for a mined one, more for a random one."""

    mined: float
    random: float


@dataclass(frozen=True, slots=True)
class Scored:
    """Out-of-fold probabilities of all rows, and what a negative must reach to be suspected of a missing label."""

    score: NDArray[np.float64]
    part: NDArray[np.int64]
    threshold: float
    suspected: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Mined:
    """Rows that were mined, the round each was found in (from 1), and rows drawn at random beside them."""

    rows: NDArray[np.int64]
    round: NDArray[np.int64]
    random: NDArray[np.int64]


def score_all(examples: Examples, progress: Progress) -> Scored:
    """Score every row by a scorer trained on all others of other groups; suspected rows come highest score first.

    Raises:
        TooFewGroupsError: see `group_parts`.
    """
    part = group_parts(examples)
    progress.stage("Scoring", int(part.max()) + 1)
    score = out_of_fold_scores(examples, part, progress)
    threshold = missing_label_threshold(examples.is_positive, score)
    suspected = np.flatnonzero(~examples.is_positive & (score >= threshold))
    return Scored(score, part, threshold, suspected[np.argsort(-score[suspected], kind="stable")])


def mine_in_rounds(
    examples: Examples, scored: Scored, pool: SelectionPool, open_rows: NDArray[np.bool_], plan: RoundPlan,
    progress: Progress,
) -> Mined:  # fmt: skip
    """Pick hard negatives over several rounds.

    Args:
        examples: positives and negatives; `scored` and `pool` are aligned with it.
        scored: of `score_all`; the first round begins with its scores where there are fewer than two random rows.
        pool: kinds, clusters and condition values.
        open_rows: (n,) negatives that may be picked or drawn.
        plan: how.
        progress: one step per part and round.
    """
    open_at = np.flatnonzero(open_rows)
    drawing = open_at[np.argsort(scattered(examples.key[open_at], plan.seed), kind="stable")]
    chosen = Selection()
    found_in: list[int] = []
    parts = int(scored.part.max()) + 1
    progress.stage("Mining in rounds", parts * plan.rounds)
    for number, room in enumerate(_per_round(min(plan.limit, len(open_at)), plan.rounds), start=1):
        mined = np.array(chosen.rows, dtype=np.int64)
        random = draw(drawing, mined, plan.limit)
        weight = _weights(examples, mined, random, len(open_at))
        if _covers(examples, scored.part, weight):
            score = out_of_fold_scores(examples, scored.part, progress, weight)
        else:
            score = scored.score
        within = replace(pool, score=np.where(open_rows, score, -np.inf))
        chosen = pick(within, room, plan.shares, plan.score_weight, chosen)
        found_in += [number] * (len(chosen.rows) - len(found_in))
    mined = np.array(chosen.rows, dtype=np.int64)
    return Mined(mined, np.array(found_in, dtype=np.int64), draw(drawing, mined, max(plan.limit, len(mined))))


def draw(order: NDArray[np.int64], mined: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """Return the first rows of a random order that were not mined."""
    return order[~np.isin(order, mined)][:most]


def inclusion(pool: int, mined: int, random: int) -> Inclusion:
    """Return the sample weights of negatives: together they stand for the whole pool.

    >>> inclusion(pool=1000, mined=100, random=100)
    Inclusion(mined=1.0, random=9.0)
    """
    return Inclusion(1.0, (pool - mined) / random if random else 0.0)


def _per_round(limit: int, rounds: int) -> Sequence[int]:
    """Cut a limit into rounds, larger ones first."""
    return [limit // rounds + (number < limit % rounds) for number in range(rounds)]


def _weights(examples: Examples, mined: NDArray[np.int64], random: NDArray[np.int64], pool: int) -> NDArray[np.float64]:
    share = inclusion(pool, len(mined), len(random))
    weight = examples.is_positive.astype(np.float64)
    weight[random] = share.random
    weight[mined] = share.mined
    return weight


def _covers(examples: Examples, part: NDArray[np.int64], weight: NDArray[np.float64]) -> bool:
    """Whether every part can be asked about: what is trained on elsewhere holds both sides."""
    used = weight > 0
    return min(len(np.unique(part[side & used])) for side in (examples.is_positive, ~examples.is_positive)) >= 2

# pyright: standard
"""Score how much every item looks like a class, by a scorer that never saw the item nor anything of its group.

A linear scorer on vectors of length 1 is trained on four fifths of the groups and asked about the last fifth, so that
the near-duplicate of a positive cannot vouch for itself. Rows are worked on in the order of stable keys: shuffling them
changes nothing, not even the last bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tailwise.ops.progress import Progress

PARTS = 5
MOST_TRAINED = 10_000
"""Rows a scorer is trained on; of more negatives a sample is taken that is weighted up to all of them."""
CHUNK = 65_536
REGULARISATION = 1.0
"""Inverse strength. Of 0.3 to 100 it has the least log loss on given labels of four published sets, or nearly: weaker
is worst where there are as many rows as columns, stronger where a class has a dozen positives."""
MOST_STEPS = 300


@dataclass(frozen=True, slots=True)
class Examples:
    """What a scorer is trained and asked on, one row per place, in ascending order of `key`.

    Attributes:
        features: (n, d) float32 of length 1. is_positive: (n,).
        group: (n,) numbers; rows of one group are never on both sides. key: (n,) uint64, unlike for unlike rows.
    """

    features: NDArray[np.float32]
    is_positive: NDArray[np.bool_]
    group: NDArray[np.int64]
    key: NDArray[np.uint64]

    def __len__(self) -> int:
        return len(self.key)


class TooFewGroupsError(ValueError):
    """Positives or negatives lie in fewer than two groups: nothing can be asked about what was not learned."""


def group_parts(examples: Examples, parts: int = PARTS) -> NDArray[np.int64]:
    """Deal whole groups out to parts of about as many positives, then as many rows; at most `parts` of them.

    Raises:
        TooFewGroupsError: fewer than two groups hold positives, or negatives.
    """
    groups, code = np.unique(examples.group, return_inverse=True)
    rows = np.bincount(code, minlength=len(groups))
    positives = np.bincount(code, weights=examples.is_positive, minlength=len(groups)).astype(np.int64)
    usable = min(int((positives > 0).sum()), int((positives < rows).sum()))
    if usable < 2:
        raise TooFewGroupsError
    parts = min(parts, usable)
    first = np.full(len(groups), len(examples), dtype=np.int64)
    np.minimum.at(first, code, np.arange(len(examples)))  # rows are in order of their keys: a stable name of the group
    part_of = np.zeros(len(groups), dtype=np.int64)
    held = np.zeros((parts, 2), dtype=np.int64)
    for group in np.lexsort((first, -rows, -positives)).tolist():
        # Groups without positives would all go where the fewest positives are if these still decided.
        by = (held[:, 1], held[:, 0]) if positives[group] else (held[:, 1],)
        part = int(np.lexsort(by)[0])
        part_of[group] = part
        held[part] += positives[group], rows[group]
    return part_of[code]


def out_of_fold_scores(
    examples: Examples,
    part: NDArray[np.int64],
    progress: Progress,
    weight: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Return the (n,) calibrated probability that each row is positive.

    Args:
        examples: all rows.
        part: (n,) from `group_parts`.
        progress: one step per part.
        weight: (n,) how many rows each row stands for when training; 0 leaves it out. All are asked about.
    """
    weight = np.ones(len(examples)) if weight is None else weight
    margin = np.zeros(len(examples))
    share = float(weight[examples.is_positive].sum() / weight.sum())
    for number in range(int(part.max()) + 1):
        trained = np.flatnonzero((part != number) & (weight > 0))
        asked = np.flatnonzero(part == number)
        rows, row_weight = thinned(trained, weight[trained], examples)
        row_weight = _with_share(row_weight, examples.is_positive[rows], share)
        margin[asked] = _margins(examples, rows, row_weight, asked)
        progress.advance()
    return calibrated(margin, examples.is_positive, weight)


def thinned(
    rows: NDArray[np.int64], weight: NDArray[np.float64], examples: Examples, most: int = MOST_TRAINED
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return at most `most` rows: the positives first, then negatives with the lowest hash, weighted up."""
    if len(rows) <= most:
        return rows, weight
    positive = examples.is_positive[rows]
    chosen: list[NDArray[np.int64]] = []
    for side, room in ((positive, most // 2), (~positive, most - min(most // 2, int(positive.sum())))):
        at = np.flatnonzero(side)
        chosen.append(at[np.argsort(scattered(examples.key[rows[at]]), kind="stable")[:room]])
    kept = np.sort(np.concatenate(chosen))
    new = weight[kept].copy()
    for side in (positive, ~positive):
        inside = side[kept]
        if inside.any():
            new[inside] *= weight[side].sum() / new[inside].sum()
    return rows[kept], new


def scattered(key: NDArray[np.uint64], seed: int = 0) -> NDArray[np.uint64]:
    """Mix keys with a seed (splitmix64): sorting by the result draws at random, and the same for the same keys."""
    with np.errstate(over="ignore"):
        x = key + np.uint64(0x9E3779B97F4A7C15) * np.uint64(seed + 1)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return x ^ (x >> np.uint64(31))


def calibrated(
    margin: NDArray[np.float64], is_positive: NDArray[np.bool_], weight: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Turn margins into probabilities by a logistic curve of two parameters (Platt 1999), fitted to what is trained on.

    The curve rises, so that the order stays.
    """
    from scipy.optimize import minimize
    from scipy.special import expit

    used = weight > 0
    x, w = margin[used], weight[used] / weight[used].sum()
    # Platt's targets keep the curve from becoming a step where the classes do not overlap.
    positives, negatives = int(is_positive[used].sum()), int((~is_positive[used]).sum())
    y = np.where(is_positive[used], (positives + 1) / (positives + 2), 1 / (negatives + 2))

    def loss(theta: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        slope = np.exp(theta[0])
        z = slope * x + theta[1]
        value = float(w @ (np.logaddexp(0, z) - y * z))
        error = w * (expit(z) - y)
        return value, np.array([slope * float(error @ x), float(error.sum())])

    slope, offset = minimize(loss, np.zeros(2), jac=True, method="L-BFGS-B", bounds=((-6, 6), (-50, 50))).x
    return expit(np.exp(slope) * margin + offset)


def _with_share(weight: NDArray[np.float64], is_positive: NDArray[np.bool_], share: float) -> NDArray[np.float64]:
    """Return weights of mean 1 by which positives hold `share` of the whole.

    A part with many positives leaves few to learn from; without this its rows would score low for that alone, and
    margins of different parts could not be compared.
    """
    ours, others = weight[is_positive].sum(), weight[~is_positive].sum()
    return len(weight) * np.where(is_positive, weight * (share / ours), weight * ((1 - share) / others))


def _margins(
    examples: Examples, rows: NDArray[np.int64], weight: NDArray[np.float64], asked: NDArray[np.int64]
) -> NDArray[np.float64]:
    from sklearn.linear_model import LogisticRegression

    model: Any = LogisticRegression(C=REGULARISATION, max_iter=MOST_STEPS, tol=1e-3)
    model.fit(examples.features[rows], examples.is_positive[rows], sample_weight=weight)
    normal = model.coef_[0].astype(np.float32)
    margins = np.empty(len(asked))
    for start in range(0, len(asked), CHUNK):
        chunk = asked[start : start + CHUNK]
        margins[start : start + CHUNK] = examples.features[chunk] @ normal
    return margins + float(model.intercept_[0])

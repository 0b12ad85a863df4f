"""Which labels look wrong: confident learning over out-of-fold probabilities (Northcutt and others 2021).

A class is believed where its probability reaches what it has on average among items labelled so. Everything here takes
probabilities from a scorer that never saw the item it judges; otherwise it would praise what it learned by heart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

LIKELY = 0.5
LABELLED_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class LabelIssues:
    """Suspected wrong labels, worst first.

    Attributes:
        rows: positions of the suspected items. suggested: the class each is confidently predicted as.
        self_confidence: (n,) probability of the given label of every item.
        thresholds: (k,) what a class must reach to be believed; NaN for a class without items.
    """

    rows: NDArray[np.int64]
    suggested: NDArray[np.int64]
    self_confidence: NDArray[np.float64]
    thresholds: NDArray[np.float64]


def self_confidence(labels: NDArray[np.integer[Any]], probabilities: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Return the probability of each item's given label; the lower, the more doubtful the label."""
    return probabilities[np.arange(len(labels)), labels].astype(np.float64)


def class_thresholds(labels: NDArray[np.integer[Any]], probabilities: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Return the mean probability of each class over the items labelled so; NaN for a class without items."""
    classes = probabilities.shape[1]
    count = np.bincount(labels, minlength=classes)
    total = np.bincount(labels, weights=self_confidence(labels, probabilities), minlength=classes)
    return np.divide(total, count, out=np.full(classes, np.nan), where=count > 0)


def missing_label_threshold(is_positive: NDArray[np.bool_], score: NDArray[np.floating[Any]]) -> float:
    """Return what the score of an unlabelled place must reach for its label to be suspected missing; 1 for never.

    It is what positives have on average, as in confident learning, or one half where that is less: by then the place is
    rather positive than not, however sure the scorer is of others. And at least half of all that scores so high is
    labelled: the scores of a class that cannot be told from the rest say nothing about its labels.
    """
    if not is_positive.any():
        return 1.0
    order = np.argsort(-score, kind="stable")
    labelled = np.cumsum(is_positive[order]) / np.arange(1, len(order) + 1)
    ends = np.append(np.diff(score[order]) < 0, True)  # equal scores are above a threshold together
    trusted = np.flatnonzero(ends & (labelled >= LABELLED_SHARE))
    if not trusted.size:
        return 1.0
    return max(min(float(score[is_positive].mean()), LIKELY), float(score[order[trusted[-1]]]))


def find_label_issues(
    labels: NDArray[np.integer[Any]], probabilities: NDArray[np.floating[Any]], most: int | None = None
) -> LabelIssues:
    """Return the items that some other class claims with confidence, lowest self-confidence first.

    An item is suspected when a class other than its label reaches its threshold and is more probable than the label.
    Ties are broken by position.
    """
    own = self_confidence(labels, probabilities)
    thresholds = class_thresholds(labels, probabilities)
    claims = probabilities >= np.where(np.isnan(thresholds), np.inf, thresholds)[None, :]
    claims[np.arange(len(labels)), labels] = False
    claimed = np.where(claims, probabilities, -1.0)
    suggested = claimed.argmax(axis=1).astype(np.int64)
    rows = np.flatnonzero(claimed[np.arange(len(labels)), suggested] > own)
    rows = rows[np.argsort(own[rows], kind="stable")][:most]
    return LabelIssues(rows, suggested[rows], own, thresholds)

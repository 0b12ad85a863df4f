"""Class weights from counts (algorithms reference, section 3). A class without samples has no weight: NaN in, NaN out.

All functions take the counts of all classes and look only at those above 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tailwise.domain.class_weights import (
    LEAST_BETA,
    MILD_RATIO,
    MOST_BETA,
    STRONG_RATIO,
    Normalise,
    Scheme,
)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def balanced(counts: ArrayLike) -> NDArray[np.float64]:
    """Return `N / (K n)`: the mean sample weighs 1.

    >>> balanced([18_400, 1_600]).round(6).tolist()
    [0.543478, 6.25]
    """
    n = _counts(counts)
    used = ~np.isnan(n)
    return np.nansum(n) / (max(1, int(used.sum())) * n)


def inverse(counts: ArrayLike) -> NDArray[np.float64]:
    """Return `1 / n`."""
    return 1.0 / _counts(counts)


def square_root(counts: ArrayLike) -> NDArray[np.float64]:
    """Return `1 / sqrt(n)`."""
    return 1.0 / np.sqrt(_counts(counts))


def effective(counts: ArrayLike, beta: float) -> NDArray[np.float64]:
    """Return `(1 - b) / (1 - b^n)`: the inverse of the effective number of samples (Cui et al. 2019).

    Exact for n in the millions, where `b^n` underflows; b = 1 is its limit, the inverse.
    """
    n = _counts(counts)
    if beta >= 1.0:
        return 1.0 / n
    if beta <= 0.0:
        return np.where(np.isnan(n), np.nan, 1.0)
    return (1.0 - beta) / -np.expm1(n * np.log(beta))


def median_frequency(counts: ArrayLike, room: ArrayLike) -> NDArray[np.float64]:
    """Return `median(f) / f` with `f` the count of a class over the room there was for it.

    Args:
        counts: samples (pixels) of each class.
        room: all samples (pixels) of the images that hold the class.
    """
    frequency = _counts(counts) / np.asarray(room, dtype=np.float64)
    return np.nanmedian(frequency) / frequency if not np.isnan(frequency).all() else frequency


def positive_weight(positives: ArrayLike, total: int) -> NDArray[np.float64]:
    """Return negatives over positives of each class.

    >>> positive_weight([100, 800], 1_000).tolist()
    [9.0, 0.25]
    """
    n = _counts(positives)
    return (total - n) / n


def normalised(weights: NDArray[np.float64], how: Normalise) -> NDArray[np.float64]:
    """Scale weights; NaN stays NaN and does not count."""
    if how is Normalise.NONE or np.isnan(weights).all():
        return weights
    return weights / (np.nansum(weights) if how is Normalise.SUM1 else np.nanmean(weights))


def per_sample(weights: NDArray[np.float64], counts: ArrayLike) -> NDArray[np.float64]:
    """Scale weights so that the mean sample weighs 1: only then can they be multiplied with repeats."""
    n = _counts(counts)
    return weights * np.nansum(n) / np.nansum(weights * n) if not np.isnan(weights).all() else weights


def default_beta(scenes: ArrayLike) -> float:
    """Return `(n - 1) / n` with n the median number of different scenes per class, within 0.99 .. 0.9999."""
    n = _counts(scenes)
    if np.isnan(n).all():
        return LEAST_BETA
    median = float(np.nanmedian(n))
    return float(np.clip((median - 1) / median, LEAST_BETA, MOST_BETA))


def chosen_scheme(imbalance_ratio: float | None) -> Scheme:
    """Choose by imbalance ratio: none up to 3, square root up to 20, effective number above."""
    if imbalance_ratio is None or imbalance_ratio <= MILD_RATIO:
        return Scheme.NONE
    return Scheme.SQRT if imbalance_ratio <= STRONG_RATIO else Scheme.EFFECTIVE


def exponent_of(weights: NDArray[np.float64], counts: ArrayLike) -> float:
    """Return the power p for which weights go like `count^-p`, fitted by least squares on logarithms, within 0 .. 1."""
    n = _counts(counts)
    used = ~np.isnan(n) & ~np.isnan(weights)
    x, y = np.log(n[used]), np.log(weights[used])
    spread = float(((x - x.mean()) ** 2).sum()) if x.size else 0.0
    if spread < 1e-12:
        return 0.0
    return float(np.clip(-((x - x.mean()) * (y - y.mean())).sum() / spread, 0.0, 1.0))


def _counts(counts: ArrayLike) -> NDArray[np.float64]:
    n = np.asarray(counts, dtype=np.float64)
    return np.where(n > 0, n, np.nan)

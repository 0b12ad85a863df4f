"""Measures of imbalance over counts per class (algorithms reference, section 1). Undefined is None, never NaN.

Empty classes count in the Gini coefficient and the distance to uniform, which ask how far all classes are from equal.
The other measures leave them out; callers list them beside the numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tailwise.domain.coverage import TailGroup

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

RARE_IMAGES = 10
COMMON_IMAGES = 100
HEAD_SHARE = 0.8
TAIL_FLOOR = 50


def imbalance_ratio(counts: ArrayLike) -> float | None:
    """Return the largest over the smallest count of the classes that are not empty; None without any."""
    used = _used(counts)
    return float(used.max() / used.min()) if used.size else None


def median_imbalance_ratio(counts: ArrayLike) -> float | None:
    """Return the largest over the median count of the classes that are not empty; None without any."""
    used = _used(counts)
    return float(used.max() / np.median(used)) if used.size else None


def entropy(counts: ArrayLike) -> float | None:
    """Return the Shannon entropy of the class shares in nats; None without any count."""
    used = _used(counts)
    if not used.size:
        return None
    shares = used / used.sum()
    return max(0.0, float(-(shares * np.log(shares)).sum()))


def evenness(counts: ArrayLike) -> float | None:
    """Return entropy over its largest value (Pielou 1966): 1 when all classes are equal, 0 when one has everything.

    Classes that are empty are left out; None with fewer than two others, where evenness means nothing.
    """
    nats, classes = entropy(counts), _used(counts).size
    return None if nats is None or classes < 2 else float(nats / np.log(classes))


def effective_classes(counts: ArrayLike) -> float | None:
    """Return how many equal classes would have the same entropy: `exp(entropy)`."""
    nats = entropy(counts)
    return None if nats is None else float(np.exp(nats))


def inverse_simpson(counts: ArrayLike) -> float | None:
    """Return how many equal classes would be met as often twice in two draws: `1 / sum of squared shares`."""
    used = _used(counts)
    return float(used.sum() ** 2 / (used**2).sum()) if used.size else None


def gini(counts: ArrayLike) -> float | None:
    """Return the Gini coefficient over all classes: 0 when equal, towards 1 when one class has everything."""
    ordered = np.sort(_checked(counts))
    if not ordered.sum():
        return None
    rank = np.arange(1, ordered.size + 1)
    value = 2.0 * (rank * ordered).sum() / (ordered.size * ordered.sum()) - (ordered.size + 1) / ordered.size
    return max(0.0, float(value))


def variation_to_uniform(counts: ArrayLike) -> float | None:
    """Return the share of items that would have to change class for all classes to be equal (total variation)."""
    values = _checked(counts)
    return float(0.5 * np.abs(values / values.sum() - 1.0 / values.size).sum()) if values.sum() else None


def effective_numbers(counts: ArrayLike, beta: float) -> NDArray[np.float64]:
    """Return the effective number of samples per class, `(1 - beta^n) / (1 - beta)` (Cui et al. 2019).

    Computed so that n = 10 million neither overflows nor loses digits; `beta = 1` gives the counts themselves.

    Raises:
        ValueError: `beta` is not within 0 and 1.
    """
    if not 0.0 <= beta <= 1.0:
        raise ValueError(f"beta is {beta}, expected 0 to 1")
    values = _checked(counts)
    if beta == 1.0:
        return values
    if beta == 0.0:
        return np.minimum(values, 1.0)
    return -np.expm1(values * np.log(beta)) / (1.0 - beta)


def tail_groups_by_images(images: ArrayLike) -> list[TailGroup]:
    """Sort classes by the LVIS rule on images per class: rare to 10, common to 100, frequent above (Gupta et al. 2019).

    Args:
        images: images that hold the class, per class; not objects.
    """
    values = _checked(images)
    groups = np.searchsorted([1, RARE_IMAGES + 1, COMMON_IMAGES + 1], values, side="right")
    names = (TailGroup.NONE, TailGroup.TAIL, TailGroup.MID, TailGroup.HEAD)
    return [names[group] for group in groups.tolist()]


def tail_groups_by_share(
    counts: ArrayLike, head_share: float = HEAD_SHARE, tail_floor: int = TAIL_FLOOR
) -> list[TailGroup]:
    """Sort classes by their share: the head is the smallest set of classes that holds `head_share` of everything.

    Of the others those below `tail_floor` are the tail and the rest is between. Ties at the border of the head go to
    the class that comes first.
    """
    values = _checked(counts)
    order = np.lexsort((np.arange(values.size), -values))
    before = np.cumsum(values[order]) - values[order]
    is_head = np.zeros(values.size, dtype=np.bool_)
    is_head[order] = before < head_share * values.sum() * (1 - 1e-12)
    groups = np.where(values < tail_floor, TailGroup.TAIL, TailGroup.MID)
    groups = np.where(is_head, TailGroup.HEAD, groups)
    return [TailGroup(group) for group in np.where(values > 0, groups, TailGroup.NONE).tolist()]


def tail_sizes(groups: Sequence[TailGroup]) -> tuple[int, int, int]:
    """Return how many classes are head, mid and tail."""
    return groups.count(TailGroup.HEAD), groups.count(TailGroup.MID), groups.count(TailGroup.TAIL)


def _checked(counts: ArrayLike) -> NDArray[np.float64]:
    values = np.asarray(counts, dtype=np.float64).ravel()
    if not (np.isfinite(values) & (values >= 0)).all():
        raise ValueError("counts must be finite and not negative")
    return values


def _used(counts: ArrayLike) -> NDArray[np.float64]:
    values = _checked(counts)
    return values[values > 0]

"""How long the tail of a class distribution is: scalar measures over counts (algorithms reference, section 1)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tailwise.domain.coverage import TailGroup

if TYPE_CHECKING:
    from collections.abc import Sequence

TAIL_IMAGES, MID_IMAGES = 10, 100
"""LVIS frequency rule (Gupta, Dollár, Girshick 2019): rare up to 10 images, common up to 100."""


@dataclass(frozen=True, slots=True)
class Measures:
    """Measures of one distribution over `classes` classes; None where a measure is undefined.

    Attributes:
        total: sum of the counts.
        non_empty: classes with a count above 0; only the imbalance ratio looks at these alone.
        imbalance_ratio: largest over smallest non-empty count.
        entropy: in nats.
        evenness: entropy over its maximum (Pielou); undefined for fewer than two classes.
        effective_classes: exp(entropy), the number of equally frequent classes that would be as diverse.
        inverse_simpson: 1 / sum of squared shares.
        gini: 0 even .. towards 1 concentrated.
        total_variation: half the summed distance of the shares to uniform.
    """

    classes: int
    non_empty: int
    total: int
    imbalance_ratio: float | None
    entropy: float | None
    evenness: float | None
    effective_classes: float | None
    inverse_simpson: float | None
    gini: float | None
    total_variation: float | None


def measure(counts: Sequence[int]) -> Measures:
    """Measure counts that are not negative; empty classes count towards evenness, Gini and variation.

    >>> found = measure([6000, 2500, 1200, 300])
    >>> found.imbalance_ratio, round(found.evenness, 6), round(found.gini, 6)
    (20.0, 0.730507, 0.46)
    """
    values = np.asarray(counts, dtype=np.float64)
    total, classes = float(values.sum()), len(values)
    if total <= 0:
        return Measures(classes, 0, 0, *[None] * 7)
    shares = values / total
    positive = shares[shares > 0]
    entropy = float(-(positive * np.log(positive)).sum()) + 0.0
    rank = np.arange(1, classes + 1)
    gini = float(2 * (rank * np.sort(values)).sum() / (classes * total) - (classes + 1) / classes)
    return Measures(
        classes=classes,
        non_empty=len(positive),
        total=int(total),
        imbalance_ratio=float(values.max() / values[values > 0].min()),
        entropy=entropy,
        evenness=entropy / math.log(classes) if classes > 1 else None,
        effective_classes=math.exp(entropy),
        inverse_simpson=float(1 / (shares**2).sum()),
        gini=gini,
        total_variation=float(0.5 * np.abs(shares - 1 / classes).sum()),
    )


def tail_group(images: int) -> TailGroup:
    """Return the LVIS frequency group of a class by its number of images."""
    if images <= 0:
        return TailGroup.NONE
    if images <= TAIL_IMAGES:
        return TailGroup.TAIL
    return TailGroup.MID if images <= MID_IMAGES else TailGroup.HEAD


def head_classes(counts: Sequence[int], share: float = 0.8) -> list[int]:
    """Return the positions of the smallest set of classes that holds `share` of everything, largest first."""
    order = sorted(range(len(counts)), key=lambda i: (-counts[i], i))
    wanted = share * sum(counts)
    head: list[int] = []
    held = 0
    for position in order:
        if held >= wanted:
            break
        head.append(position)
        held += counts[position]
    return head

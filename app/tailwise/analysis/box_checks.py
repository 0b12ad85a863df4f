"""Boxes that cannot be right, or probably are not: sizes far from their class, doubles, one inside the other.

The checks are those that Datumaro names for boxes; pairs are found by a sweep along x within each image, so that a
million objects take seconds and not hours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

MIN_OBJECTS: Final = 20
"""Objects of a class below which its middle and spread say nothing."""
FAR_SIGMAS: Final = 5.0
LEAST_SPREAD: Final = 0.1
"""Of logarithms: in a class of equal boxes one is far when it is e**0.5, about 1.65 times, as large."""
SAME_IOU: Final = 0.95
OVERLAP_IOU: Final = 0.8
INSIDE_SHARE: Final = 0.99
MAX_NESTED_SHARE: Final = 0.5
MAX_NEIGHBOURS: Final = 2000
"""Boxes to the right of one box that are looked at; more on one image are not told apart by anybody."""
ONE_SIZE_SHARE: Final = 0.8
_SIZE_RANGES = 10
_QUARTILES_TO_DEVIATION = 0.7413  # of a normal distribution


@dataclass(frozen=True, slots=True)
class Boxes:
    """The objects that have a place: (m,) row and class, (m, 4) x, y, width, height in pixels."""

    row: NDArray[np.int64]
    category: NDArray[np.int64]
    box: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class BoxPairs:
    """Pairs of objects on one image by what is odd about them: (p, 2) positions in `Boxes`."""

    doubles: NDArray[np.int64]
    two_classes: NDArray[np.int64]
    nested: NDArray[np.int64]
    overlapping: NDArray[np.int64]


def not_finite(boxes: Boxes) -> NDArray[np.int64]:
    """Return the objects with a coordinate that is no number."""
    return np.flatnonzero(~np.isfinite(boxes.box).all(axis=1))


def not_positive(boxes: Boxes) -> NDArray[np.int64]:
    """Return the objects whose width or height is not above zero."""
    with np.errstate(invalid="ignore"):
        return np.flatnonzero((boxes.box[:, 2:] <= 0).any(axis=1))


def far_in_size(boxes: Boxes) -> NDArray[np.int64]:
    """Return the objects whose area is more than `FAR_SIGMAS` spreads from the middle of their class, logarithmic."""
    return _far(boxes, np.prod(_sides(boxes), axis=1))


def far_in_shape(boxes: Boxes) -> NDArray[np.int64]:
    """Return the objects whose width to height is as far from the middle of their class."""
    sides = _sides(boxes)
    return _far(boxes, sides[:, 0] / sides[:, 1])


def one_sized_classes(boxes: Boxes) -> list[tuple[int, float]]:
    """Return the classes of which most objects fall into one tenth of the class's range of areas, with that share."""
    area = np.log(np.prod(_sides(boxes), axis=1))
    found: list[tuple[int, float]] = []
    for members in _classes(boxes, np.isfinite(area)):
        own = area[members]
        if len(own) < MIN_OBJECTS or own.max() == own.min():
            continue
        counts, _ = np.histogram(own, bins=_SIZE_RANGES)
        share = float(counts.max()) / len(own)
        if share > ONE_SIZE_SHARE:
            found.append((int(boxes.category[members[0]]), share))
    return found


def odd_pairs(boxes: Boxes) -> BoxPairs:
    """Return the pairs of boxes on one image that are (nearly) the same, nested, or overlap nearly whole."""
    found: dict[str, list[NDArray[np.int64]]] = {name: [] for name in ("same", "two", "nested", "overlap")}
    for a, b, iou, inside in _overlaps(boxes):
        same_class = boxes.category[a] == boxes.category[b]
        is_same = iou >= SAME_IOU
        pair = np.stack([a, b], axis=1)
        found["same"].append(pair[is_same & same_class])
        found["two"].append(pair[is_same & ~same_class])
        found["nested"].append(pair[same_class & ~is_same & inside])
        found["overlap"].append(pair[same_class & ~is_same & ~inside & (iou >= OVERLAP_IOU)])
    none = np.zeros((0, 2), dtype=np.int64)
    return BoxPairs(*(np.concatenate([none, *parts]) for parts in found.values()))


def _sides(boxes: Boxes) -> NDArray[np.float64]:
    sides = boxes.box[:, 2:]
    with np.errstate(invalid="ignore"):
        return np.where(np.isfinite(sides) & (sides > 0), sides, np.nan)


def _classes(boxes: Boxes, usable: NDArray[np.bool_]) -> list[NDArray[np.int64]]:
    """Return the usable objects class by class."""
    known = np.flatnonzero(usable)
    order = known[np.argsort(boxes.category[known], kind="stable")]
    return [part for part in np.split(order, np.flatnonzero(np.diff(boxes.category[order])) + 1) if len(part)]


def _far(boxes: Boxes, measure: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the objects far from the middle of their class.

    Middle and spread are the median and the quartiles: with mean and deviation a single wrong box among 25 hides
    itself, because no value of 25 can be five deviations from their mean.
    """
    logs = np.log(measure)
    found: list[NDArray[np.int64]] = []
    for own in _classes(boxes, np.isfinite(logs)):
        if len(own) < MIN_OBJECTS:
            continue
        low, middle, high = np.quantile(logs[own], (0.25, 0.5, 0.75))
        spread = max(LEAST_SPREAD, (high - low) * _QUARTILES_TO_DEVIATION)
        found.append(own[np.abs(logs[own] - middle) > FAR_SIGMAS * spread])
    return np.sort(np.concatenate(found)) if found else np.zeros(0, dtype=np.int64)


def _overlaps(
    boxes: Boxes,
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.bool_]]]:
    """Yield pairs that overlap with their intersection over union and whether one lies inside the other.

    Sorted by image and left edge, a box can only overlap the boxes after it that begin before it ends. Step by step
    every box is compared with its next neighbour; those that have passed their end drop out for good.
    """
    usable = np.flatnonzero(np.isfinite(boxes.box).all(axis=1) & (np.nan_to_num(boxes.box[:, 2:]) > 0).all(axis=1))
    left = boxes.box[usable, 0]
    order = usable[np.lexsort((left, boxes.row[usable]))]
    row = boxes.row[order]
    x0, y0 = boxes.box[order, 0], boxes.box[order, 1]
    x1, y1 = x0 + boxes.box[order, 2], y0 + boxes.box[order, 3]
    area = (x1 - x0) * (y1 - y0)
    active = np.arange(len(order))
    for step in range(1, MAX_NEIGHBOURS + 1):
        active = active[active + step < len(order)]
        other = active + step
        reaches = (row[other] == row[active]) & (x0[other] < x1[active])
        active = active[reaches]
        if not len(active):
            return
        other = active + step
        wide = np.minimum(x1[active], x1[other]) - x0[other]
        high = np.minimum(y1[active], y1[other]) - np.maximum(y0[active], y0[other])
        common = np.maximum(wide, 0) * np.maximum(high, 0)
        smaller = np.minimum(area[active], area[other])
        larger = np.maximum(area[active], area[other])
        iou = common / (area[active] + area[other] - common)
        inside = (common >= INSIDE_SHARE * smaller) & (smaller <= MAX_NESTED_SHARE * larger)
        odd = (iou >= OVERLAP_IOU) | inside
        if odd.any():
            yield order[active[odd]], order[other[odd]], iou[odd], inside[odd]

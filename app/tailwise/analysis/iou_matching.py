"""Match detections to annotated boxes by overlap, and say what kind of mistake an unmatched detection is.

Detections of one class are matched greedily, highest score first, each to the free object of its class it overlaps
most (the rule of the COCO and VOC evaluations). Boxes are `x, y, width, height` in pixels.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

MATCH_IOU = 0.5
BACKGROUND_IOU = 0.1


class DetectionKind(IntEnum):
    """What a detection is, told by its overlap with what is annotated."""

    MATCHED = 0
    BACKGROUND = 1  # overlaps no object of any class by 0.1
    CONFUSION = 2  # lies on an object of another class
    LOCALISATION = 3  # lies beside or partly on an object of its class
    DUPLICATE = 4  # lies on an object of its class that a better detection has taken
    NEIGHBOUR = 5  # partly on an object of another class, on none of its own


@dataclass(frozen=True, slots=True)
class Places:
    """Boxes of one side, any order: (n,) item, (n,) category, (n, 4) box."""

    item: NDArray[np.integer[Any]]
    category: NDArray[np.integer[Any]]
    box: NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class DetectionMatches:
    """One entry per detection.

    Attributes:
        kind: (n,) `DetectionKind`. truth: (n,) the object matched, else the one overlapped most, -1 for none.
        iou: (n,) overlap with that object, 0..1.
    """

    kind: NDArray[np.int8]
    truth: NDArray[np.int64]
    iou: NDArray[np.float64]


def iou_matrix(first: NDArray[Any], second: NDArray[Any]) -> NDArray[np.float64]:
    """Return the (n, m) intersection over union of boxes; 0 where both have no area.

    >>> iou_matrix(np.array([[10, 10, 40, 40]]), np.array([[10, 10, 40, 30], [12, 10, 40, 40]])).round(6).tolist()
    [[0.75, 0.904762]]
    """
    one, other = _areas(first)[:, None], _areas(second)[None, :]
    # A box a hair high far from the origin loses digits: never more than the smaller of the two is inside.
    inside = np.minimum(intersections(first, second), np.minimum(one, other))
    union = one + other - inside
    return np.divide(inside, union, out=np.zeros_like(inside), where=union > 0)


def intersections(first: NDArray[Any], second: NDArray[Any]) -> NDArray[np.float64]:
    """Return the (n, m) common areas of boxes in square pixels."""
    a, b = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, :2] + a[:, None, 2:], b[None, :, :2] + b[None, :, 2:])
    side = np.clip(high - low, 0, None)
    return side[..., 0] * side[..., 1]


def match_detections(truth: Places, found: Places, score: NDArray[np.floating[Any]]) -> DetectionMatches:
    """Match detections to objects image by image. Equal scores keep the order they are given in."""
    n = len(found.item)
    matches = DetectionMatches(
        np.full(n, DetectionKind.BACKGROUND, dtype=np.int8), np.full(n, -1, dtype=np.int64), np.zeros(n)
    )
    truth_order, truth_spans = _by_item(truth.item)
    order = np.lexsort((np.arange(n), -np.asarray(score, dtype=np.float64), found.item))
    ids, starts = np.unique(found.item[order], return_index=True)
    ends = np.append(starts[1:], n)
    for item, start, end in zip(ids.tolist(), starts.tolist(), ends.tolist(), strict=True):
        span = truth_spans.get(item)
        if span is not None:
            _match_image(truth, found, truth_order[span], order[start:end], matches)
    return matches


def _match_image(
    truth: Places, found: Places, objects: NDArray[np.int64], detections: NDArray[np.int64], matches: DetectionMatches
) -> None:
    """Fill in `matches` for the detections of one image, given best first."""
    iou = iou_matrix(found.box[detections], truth.box[objects])
    same = found.category[detections][:, None] == truth.category[objects][None, :]
    is_free = np.ones(len(objects), dtype=np.bool_)
    for at, detection in enumerate(detections.tolist()):
        own = np.where(same[at], iou[at], -1.0)
        free = np.where(is_free, own, -1.0)
        best = int(np.argmax(free))
        if free[best] >= MATCH_IOU:
            is_free[best] = False
            kind = DetectionKind.MATCHED
        else:
            kind, best = _mistake(own, iou[at])
        matches.kind[detection] = kind
        matches.truth[detection] = objects[best] if iou[at, best] > 0 else -1
        matches.iou[detection] = iou[at, best]


def _mistake(own: NDArray[np.float64], every: NDArray[np.float64]) -> tuple[DetectionKind, int]:
    """Return what an unmatched detection is and the object that shows it; `own` is -1 for other classes."""
    of_own, of_all = int(np.argmax(own)), int(np.argmax(every))
    if own[of_own] >= MATCH_IOU:
        return DetectionKind.DUPLICATE, of_own
    if every[of_all] >= MATCH_IOU:
        return DetectionKind.CONFUSION, of_all
    if own[of_own] >= BACKGROUND_IOU:
        return DetectionKind.LOCALISATION, of_own
    return (DetectionKind.NEIGHBOUR if every[of_all] >= BACKGROUND_IOU else DetectionKind.BACKGROUND), of_all


def _areas(boxes: NDArray[Any]) -> NDArray[np.float64]:
    sides = np.clip(np.asarray(boxes, dtype=np.float64)[:, 2:], 0, None)
    return sides[:, 0] * sides[:, 1]


def _by_item(item: NDArray[np.integer[Any]]) -> tuple[NDArray[np.int64], dict[int, slice]]:
    order = np.argsort(item, kind="stable")
    ids, starts = np.unique(item[order], return_index=True)
    ends = np.append(starts[1:], len(item))
    return order, {i: slice(s, e) for i, s, e in zip(ids.tolist(), starts.tolist(), ends.tolist(), strict=True)}

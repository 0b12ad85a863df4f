"""Propose places on a picture where nothing is annotated but something is to be seen: background a model may fall for.

Two kinds of proposals compete: connected regions of dense edges, and windows of the sizes the class has. What lies on
an annotated object is left out, and of proposals that overlap each other the one more like the class is kept. An object
whose label is missing often touches others: their edge may be inside a proposal, which then is no background.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tailwise.analysis.iou_matching import BACKGROUND_IOU, intersections, iou_matrix
from tailwise.analysis.mining_screen import looks_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tailwise.analysis.mining_screen import Canvas

KEPT_IOU = 0.4
LEAST_SIDE = 12
"""Pixels; a smaller proposal shows nothing that could be recognised."""
MOST_SHARE = 0.8
"""A region that fills more of the picture than this is the picture."""
BLUR_SHARE = 32
QUANTILES = (0.25, 0.5, 0.75)
WINDOW_STEP = 0.25
"""Of the side of a window; at half a side the best window covers an object by an IoU of 0.39 in the worst case."""
SAME_INSIDE = 0.25
"""A proposal of which more is on an object of the class, or the object on it, is a loose box around that object."""
OTHER_INSIDE = 0.5
"""A proposal of which more is on an object of another class shows that object."""


@dataclass(frozen=True, slots=True)
class Annotated:
    """What is annotated on a picture: (n, 4) boxes, (n,) whether they are of the class."""

    box: NDArray[np.float64]
    is_class: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Proposals:
    """Places, best first: (n, 4) boxes, (n,) how good each is, (n,) whether it overlaps no annotated object at all."""

    box: NDArray[np.float64]
    value: NDArray[np.float64]
    is_background: NDArray[np.bool_]


def typical_sizes(boxes: NDArray[Any]) -> tuple[tuple[float, float], ...]:
    """Return small, middle and large width and height of boxes (x, y, w, h), in pixels; none without boxes."""
    if not len(boxes):
        return ()
    across, down = (np.quantile(boxes[:, side], QUANTILES) for side in (2, 3))
    return tuple(zip(across.tolist(), down.tolist(), strict=True))


def background_proposals(
    canvas: Canvas, annotated: Annotated, sizes: Sequence[tuple[float, float]], most: int, normal: NDArray[np.float64]
) -> Proposals:
    """Return up to `most` places of a picture, best first: those most like the class, or with the densest edges.

    Args:
        canvas: the picture.
        annotated: what is annotated on it, in its pixels.
        sizes: widths and heights to slide windows of.
        most: how many to return.
        normal: of `mining_screen.learn_screen`; zeros where nothing was learned.
    """
    boxes = free_windows(canvas, annotated, sizes)
    value = _mean_over(canvas, boxes)
    boxes, value = boxes[value > 0], value[value > 0]  # where there are no edges nothing is to be seen
    if normal.any():
        value = looks_of(canvas, boxes) @ normal
    order = np.lexsort((*boxes.T, -value))
    kept = _apart(boxes[order], most)
    chosen = boxes[order][kept]
    return Proposals(chosen, value[order][kept], _is_background(chosen, annotated))


def free_windows(canvas: Canvas, annotated: Annotated, sizes: Sequence[tuple[float, float]]) -> NDArray[np.float64]:
    """Return every place to look at: regions of dense edges and windows, but none on an object of the class."""
    boxes = np.concatenate([_regions(edge_density(canvas)), _windows(canvas.shape, sizes)])
    return boxes[_is_free(boxes, annotated)]


def edge_density(canvas: Canvas) -> NDArray[np.float64]:
    """Return how strong the edges are around each pixel, 0 on a flat picture."""
    from scipy.ndimage import uniform_filter

    edges = np.diff(np.diff(canvas.edges, axis=0), axis=1).astype(np.float32)
    side = max(3, min(canvas.shape) // BLUR_SHARE)
    return np.clip(uniform_filter(edges, side, mode="nearest"), 0, None).astype(np.float64)


def _regions(density: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the boxes around connected regions of edges denser than the mean by a standard deviation."""
    from scipy.ndimage import find_objects, label

    numbered, _count = label(density > density.mean() + density.std() + 1e-9)
    boxes = [
        (spans[1].start, spans[0].start, spans[1].stop - spans[1].start, spans[0].stop - spans[0].start)
        for spans in find_objects(numbered)
    ]
    found = np.array(boxes, dtype=np.float64).reshape(-1, 4)
    area = found[:, 2] * found[:, 3]
    return found[(found[:, 2:].min(axis=1, initial=np.inf) >= LEAST_SIDE) & (area <= MOST_SHARE * density.size)]


def _windows(shape: tuple[int, int], sizes: Sequence[tuple[float, float]]) -> NDArray[np.float64]:
    """Return windows of every size at steps of a quarter of their side, all within the picture."""
    height, width = shape
    boxes: list[NDArray[np.float64]] = []
    for across, down in sizes:
        w, h = min(max(across, LEAST_SIDE), width), min(max(down, LEAST_SIDE), height)
        xs, ys = _starts(width, w), _starts(height, h)
        grid = np.stack([axis.ravel() for axis in np.meshgrid(xs, ys)], axis=1)
        boxes.append(np.column_stack([grid, np.full(len(grid), w), np.full(len(grid), h)]))
    return np.concatenate(boxes) if boxes else np.zeros((0, 4))


def _starts(length: float, side: float) -> NDArray[np.float64]:
    return np.linspace(0, length - side, max(1, round((length - side) / (side * WINDOW_STEP)) + 1))


def _is_free(boxes: NDArray[np.float64], annotated: Annotated) -> NDArray[np.bool_]:
    """Whether each box may show something new: no loose box of an object of the class, not half of it another one."""
    own, others = annotated.box[annotated.is_class], annotated.box[~annotated.is_class]
    area = (boxes[:, 2] * boxes[:, 3])[:, None]
    apart = np.all(intersections(boxes, own) < SAME_INSIDE * np.minimum(area, _areas(own)), axis=1)
    return apart & np.all(intersections(boxes, others) < OTHER_INSIDE * area, axis=1)


def _is_background(boxes: NDArray[np.float64], annotated: Annotated) -> NDArray[np.bool_]:
    """Whether nothing annotated is on each box, neither by a tenth of it nor of the object."""
    smaller = np.minimum((boxes[:, 2] * boxes[:, 3])[:, None], _areas(annotated.box))
    return np.all(intersections(boxes, annotated.box) < BACKGROUND_IOU * smaller, axis=1)


def _areas(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.maximum(boxes[:, 2] * boxes[:, 3], 1)[None, :]


def _mean_over(canvas: Canvas, boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean edge strength within each box."""
    table = canvas.edges
    height, width = canvas.shape
    x0, y0 = np.floor(boxes[:, 0]).astype(int), np.floor(boxes[:, 1]).astype(int)
    x1 = np.clip(np.ceil(boxes[:, 0] + boxes[:, 2]).astype(int), x0 + 1, width)
    y1 = np.clip(np.ceil(boxes[:, 1] + boxes[:, 3]).astype(int), y0 + 1, height)
    return (table[y1, x1] - table[y0, x1] - table[y1, x0] + table[y0, x0]) / ((x1 - x0) * (y1 - y0))


def _apart(boxes: NDArray[np.float64], most: int) -> list[int]:
    """Return positions in order, without those that overlap an earlier one (non-maximum suppression)."""
    kept: list[int] = []
    for at in range(len(boxes)):
        if len(kept) == most:
            break
        if not kept or iou_matrix(boxes[at : at + 1], boxes[kept]).max() <= KEPT_IOU:
            kept.append(at)
    return kept

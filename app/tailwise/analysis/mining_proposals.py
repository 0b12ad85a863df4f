"""Propose places on a picture where nothing is annotated but something is to be seen: background a model may fall for.

Two kinds of proposals compete: connected regions of dense edges, and windows of the sizes the class has. What overlaps
an annotated object is left out, and of proposals that overlap each other the one with the denser edges is kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tailwise.analysis.iou_matching import BACKGROUND_IOU, intersections, iou_matrix

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

KEPT_IOU = 0.4
LEAST_SIDE = 12
"""Pixels; a smaller proposal shows nothing that could be recognised."""
MOST_SHARE = 0.8
"""A region that fills more of the picture than this is the picture."""
BLUR_SHARE = 32
QUANTILES = (0.25, 0.5, 0.75)


def typical_sizes(boxes: NDArray[Any]) -> tuple[tuple[float, float], ...]:
    """Return small, middle and large width and height of boxes (x, y, w, h), in pixels; none without boxes."""
    if not len(boxes):
        return ()
    across, down = (np.quantile(boxes[:, side], QUANTILES) for side in (2, 3))
    return tuple(zip(across.tolist(), down.tolist(), strict=True))


def background_proposals(
    grey: NDArray[np.uint8], objects: NDArray[Any], sizes: Sequence[tuple[float, float]], most: int
) -> NDArray[np.float64]:
    """Return up to `most` boxes (x, y, w, h), densest edges first.

    Args:
        grey: (h, w) picture.
        objects: (n, 4) everything annotated on it, of any class, in pixels of `grey`.
        sizes: widths and heights to slide windows of.
        most: how many to return.
    """
    density = edge_density(grey)
    boxes = np.concatenate([_regions(density), _windows(grey.shape, sizes)])
    boxes = boxes[_is_free(boxes, objects)]
    value = _mean_over(density, boxes)
    boxes = boxes[value > 0]
    order = np.lexsort((*boxes.T, -value[value > 0]))
    return _apart(boxes[order], most)


def edge_density(grey: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return how strong the edges are around each pixel, 0 on a flat picture."""
    from scipy.ndimage import uniform_filter

    values = grey.astype(np.float64) / 255
    down, across = np.gradient(values) if min(grey.shape) > 1 else (np.zeros_like(values),) * 2
    side = max(3, min(grey.shape) // BLUR_SHARE)
    return np.clip(uniform_filter(np.hypot(across, down), side, mode="nearest"), 0, None)


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


def _windows(shape: tuple[int, ...], sizes: Sequence[tuple[float, float]]) -> NDArray[np.float64]:
    """Return windows of every size at steps of half their side, all within the picture."""
    height, width = shape[0], shape[1]
    boxes: list[NDArray[np.float64]] = []
    for across, down in sizes:
        w, h = min(max(across, LEAST_SIDE), width), min(max(down, LEAST_SIDE), height)
        xs, ys = _starts(width, w), _starts(height, h)
        grid = np.stack([axis.ravel() for axis in np.meshgrid(xs, ys)], axis=1)
        boxes.append(np.column_stack([grid, np.full(len(grid), w), np.full(len(grid), h)]))
    return np.concatenate(boxes) if boxes else np.zeros((0, 4))


def _starts(length: float, side: float) -> NDArray[np.float64]:
    return np.linspace(0, length - side, max(1, round((length - side) / (side / 2)) + 1))


def _is_free(boxes: NDArray[np.float64], objects: NDArray[Any]) -> NDArray[np.bool_]:
    """Whether a proposal overlaps no object, neither by IoU nor by a tenth of itself or of the object."""
    if not len(objects) or not len(boxes):
        return np.ones(len(boxes), dtype=np.bool_)
    inside = intersections(boxes, objects)
    smaller = np.minimum((boxes[:, 2] * boxes[:, 3])[:, None], np.maximum(objects[:, 2] * objects[:, 3], 1)[None, :])
    return np.all((iou_matrix(boxes, objects) < BACKGROUND_IOU) & (inside < BACKGROUND_IOU * smaller), axis=1)


def _mean_over(density: NDArray[np.float64], boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean of `density` over each box, by a summed-area table."""
    table = np.pad(density.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    x0, y0 = np.floor(boxes[:, 0]).astype(int), np.floor(boxes[:, 1]).astype(int)
    x1 = np.clip(np.ceil(boxes[:, 0] + boxes[:, 2]).astype(int), x0 + 1, density.shape[1])
    y1 = np.clip(np.ceil(boxes[:, 1] + boxes[:, 3]).astype(int), y0 + 1, density.shape[0])
    total = table[y1, x1] - table[y0, x1] - table[y1, x0] + table[y0, x0]
    return np.where(total > 1e-9, total / ((x1 - x0) * (y1 - y0)), 0.0)


def _apart(boxes: NDArray[np.float64], most: int) -> NDArray[np.float64]:
    """Return boxes in order, without those that overlap an earlier one (non-maximum suppression)."""
    kept: list[int] = []
    for at in range(len(boxes)):
        if len(kept) == most:
            break
        if not kept or iou_matrix(boxes[at : at + 1], boxes[kept]).max() <= KEPT_IOU:
            kept.append(at)
    return boxes[kept]

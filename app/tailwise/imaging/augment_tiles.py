"""Pixels of every class in every tile of a picture: one integral image per class, then four look-ups per tile."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from tailwise.imaging.augment_shapes import ShapeKind, raster

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tailwise.imaging.augment_maps import Pixels, Size
    from tailwise.imaging.augment_shapes import LabelShape


def tile_origins(length: int, side: int, stride: int) -> list[int]:
    """Return where tiles begin along one side; the last one ends at the border, so that nothing is left out.

    >>> tile_origins(1000, 512, 256), tile_origins(300, 512, 256)
    ([0, 256, 488], [0])
    """
    if length <= side:
        return [0]
    origins = list(range(0, length - side, stride))
    return [*origins, length - side]


def tile_windows(size: Size, side: int, stride: int) -> NDArray[np.int64]:
    """Return left, top, width, height of every tile (n, 4), row by row."""
    width, height = size
    across, down = min(side, width), min(side, height)
    return np.array(
        [[x, y, across, down] for y in tile_origins(height, side, stride) for x in tile_origins(width, side, stride)],
        np.int64,
    )


def tile_counts(mask: Pixels, windows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how many pixels of a mask of 0 and 1 lie in each window (n,)."""
    sums = cv2.integral(mask, sdepth=cv2.CV_32S)
    x, y = windows[:, 0], windows[:, 1]
    right, below = x + windows[:, 2], y + windows[:, 3]
    return (sums[below, right] - sums[y, right] - sums[below, x] + sums[y, x]).astype(np.int64)


def class_counts(shapes: Sequence[LabelShape], size: Size, windows: NDArray[np.int64]) -> dict[int, NDArray[np.int64]]:
    """Return for every class on a picture its pixels in each window; pixels of objects that overlap count once.

    Only the part of the picture around the objects of a class is drawn and summed: large pictures are mostly empty.
    """
    by_class: dict[int, list[LabelShape]] = {}
    for shape in shapes:
        if shape.kind is not ShapeKind.LABEL and shape.box() is not None:
            by_class.setdefault(shape.category, []).append(shape)
    return {category: _counts(own, size, windows) for category, own in by_class.items()}


def _counts(shapes: Sequence[LabelShape], size: Size, windows: NDArray[np.int64]) -> NDArray[np.int64]:
    boxes = np.array([shape.box() for shape in shapes], np.float64)
    low = np.clip(np.floor(boxes[:, :2].min(axis=0)).astype(np.int64) - 1, 0, size)
    high = np.clip(np.ceil((boxes[:, :2] + boxes[:, 2:]).max(axis=0)).astype(np.int64) + 2, 0, size)
    (left, top), (right, below) = low.tolist(), high.tolist()
    if right <= left or below <= top:
        return np.zeros(len(windows), np.int64)
    mask = np.zeros((below - top, right - left), np.uint8)
    for shape in shapes:
        if shape.mask is not None:
            mask |= shape.mask[top:below, left:right]
        else:
            moved = replace(shape, rings=tuple(ring - low for ring in shape.rings))
            mask |= raster(moved, (right - left, below - top))
    corners = np.concatenate([windows[:, :2], windows[:, :2] + windows[:, 2:]], axis=1)
    inside = np.clip(corners - np.tile(low, 2), 0, np.tile(high - low, 2))
    inside[:, 2:] -= inside[:, :2]
    return tile_counts(mask, inside)

"""Pixels of every class in every tile of a picture: one integral image per class, then four look-ups per tile."""

from __future__ import annotations

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
    sums = cv2.integral(mask, sdepth=cv2.CV_64F)
    x, y = windows[:, 0], windows[:, 1]
    right, below = x + windows[:, 2], y + windows[:, 3]
    counts = sums[below, right] - sums[y, right] - sums[below, x] + sums[y, x]
    return np.rint(counts).astype(np.int64)


def class_counts(shapes: Sequence[LabelShape], size: Size, windows: NDArray[np.int64]) -> dict[int, NDArray[np.int64]]:
    """Return for every class on a picture its pixels in each window; pixels of objects that overlap count once."""
    masks: dict[int, Pixels] = {}
    for shape in shapes:
        if shape.kind is ShapeKind.LABEL:
            continue
        drawn = raster(shape, size)
        known = masks.get(shape.category)
        masks[shape.category] = drawn if known is None else np.maximum(known, drawn)
    return {category: tile_counts(mask, windows) for category, mask in masks.items()}

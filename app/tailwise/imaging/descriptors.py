"""Raw features of a picture or of a box on it: shape, colour, texture, and a small picture for learned patches.

Four blocks, each later made comparable by what is learned from the project's own images (analysis.embedding):
histograms of oriented gradients (Dalal and Triggs 2005), the colour pyramid, uniform local binary patterns (Ojala et
al. 2002), and 32 × 32 pixels for k-means patches (Coates, Lee and Ng 2011). Every region is described on its own, so
that its features do not depend on what else is computed in the same process.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np

from tailwise.imaging.statistics import PYRAMID, colour_pyramid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

REGION_SIDE = 64
PATCH_SIDE = 32
CONTEXT = 0.2
"""How much a box is widened and heightened before it is cut out, so that its surroundings are seen too."""

HOG_CELL, HOG_BINS, HOG_BLOCK = 8, 9, 2
HOG_LENGTH = 1764
LBP_GRID, LBP_PATTERNS = 3, 59
LBP_LENGTH = LBP_GRID * LBP_GRID * LBP_PATTERNS
_HYS_CLIP = 0.2
_SMALL = 1e-6

Fractions = tuple[float, float, float, float]
"""x, y, width, height as shares of the sides of the upright picture."""


@dataclass(frozen=True, slots=True)
class RawFeatures:
    """Raw features of `k` regions: hog (k, 1764), colour (k, 720), lbp (k, 531) float32; patch (k, 32, 32, 3) uint8."""

    hog: NDArray[np.float32]
    colour: NDArray[np.float32]
    lbp: NDArray[np.float32]
    patch: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.hog)


def describe_regions(pixels: NDArray[np.uint8], boxes: Sequence[Fractions], whole: bool = True) -> RawFeatures:
    """Return the features of a picture (first, if `whole`) and of boxes on it.

    Args:
        pixels: (rows, columns, 3) BGR, upright.
        boxes: shares of its sides; they are widened by `CONTEXT` and cut at the border.
        whole: whether the whole picture is described too.
    """
    regions = [pixels] if whole else []
    regions += [cut_out(pixels, box) for box in boxes]
    k = len(regions)
    features = RawFeatures(
        hog=np.empty((k, HOG_LENGTH), dtype=np.float32),
        colour=np.empty((k, PYRAMID), dtype=np.float32),
        lbp=np.empty((k, LBP_LENGTH), dtype=np.float32),
        patch=np.empty((k, PATCH_SIDE, PATCH_SIDE, 3), dtype=np.uint8),
    )
    for at, region in enumerate(regions):
        _describe(region, features, at)
    return features


def cut_out(pixels: NDArray[np.uint8], box: Fractions) -> NDArray[np.uint8]:
    """Return the part of a picture under a box and its surroundings; at least one pixel, never beyond the border."""
    rows, columns = pixels.shape[:2]
    x, y, width, height = box
    left, right = (x - width * CONTEXT / 2) * columns, (x + width * (1 + CONTEXT / 2)) * columns
    top, bottom = (y - height * CONTEXT / 2) * rows, (y + height * (1 + CONTEXT / 2)) * rows
    x0, y0 = (min(max(0, int(np.floor(v))), most - 1) for v, most in ((left, columns), (top, rows)))
    x1, y1 = (min(max(low + 1, int(np.ceil(v))), most) for v, low, most in ((right, x0, columns), (bottom, y0, rows)))
    return pixels[y0:y1, x0:x1]


def _describe(region: NDArray[np.uint8], into: RawFeatures, at: int) -> None:
    import cv2

    small = _resized(region, REGION_SIDE)
    into.hog[at] = oriented_gradients(small)
    into.colour[at] = colour_pyramid(cast("NDArray[np.uint8]", cv2.cvtColor(small, cv2.COLOR_BGR2HSV)))
    into.lbp[at] = local_binary_patterns(cast("NDArray[np.uint8]", cv2.cvtColor(small, cv2.COLOR_BGR2GRAY)))
    into.patch[at] = _resized(small, PATCH_SIDE)


def _resized(pixels: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    import cv2

    is_larger = min(pixels.shape[:2]) >= side
    way = cv2.INTER_AREA if is_larger else cv2.INTER_LINEAR
    return cast("NDArray[np.uint8]", cv2.resize(np.ascontiguousarray(pixels), (side, side), interpolation=way))


def oriented_gradients(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the histogram of oriented gradients (1764,) of a 64 × 64 picture.

    Cells of 8 pixels, 9 unsigned bins with linear shares for the two nearest, the channel with the largest gradient,
    blocks of 2 × 2 cells scaled to length 1, cut at 0.2 and scaled again. Bin k is centred at 20 k + 10 degrees.
    """
    import cv2

    values = pixels.astype(np.float32)
    kernel = np.array([[-1, 0, 1]], dtype=np.float32)
    across = cast("NDArray[np.float32]", cv2.filter2D(values, -1, kernel, borderType=cv2.BORDER_REPLICATE))
    down = cast("NDArray[np.float32]", cv2.filter2D(values, -1, kernel.T, borderType=cv2.BORDER_REPLICATE))
    strength = across * across + down * down
    channel = strength.argmax(axis=2)[..., None]
    gx = np.take_along_axis(across, channel, axis=2)[..., 0]
    gy = np.take_along_axis(down, channel, axis=2)[..., 0]
    magnitude = np.sqrt(gx * gx + gy * gy)
    angle = np.arctan2(gy, gx) * np.float32(HOG_BINS / np.pi)  # in bins; the sign of a gradient does not count
    place = np.mod(angle, HOG_BINS) - np.float32(0.5)
    low = np.floor(place)
    share = place - low
    bins = low.astype(np.intp)
    first, second = np.mod(bins, HOG_BINS), np.mod(bins + 1, HOG_BINS)
    index = np.concatenate([(_CELL_START + first).ravel(), (_CELL_START + second).ravel()])
    weight = np.concatenate([(magnitude * (1 - share)).ravel(), (magnitude * share).ravel()])
    side = REGION_SIDE // HOG_CELL
    cells = np.bincount(index, weight, side * side * HOG_BINS).reshape(side, side, HOG_BINS).astype(np.float32)
    blocks = np.concatenate([cells[:-1, :-1], cells[:-1, 1:], cells[1:, :-1], cells[1:, 1:]], axis=2)
    blocks = np.minimum(_unit(blocks), np.float32(_HYS_CLIP))
    return _unit(blocks).ravel()


def _unit(blocks: NDArray[np.float32]) -> NDArray[np.float32]:
    return blocks / np.sqrt((blocks * blocks).sum(axis=-1, keepdims=True) + np.float32(_SMALL))


def local_binary_patterns(grey: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return square roots of the shares of the 59 uniform patterns on a 3 × 3 grid, (531,).

    A pixel's pattern has a bit for each of its 8 neighbours that is at least as bright; patterns with more than two
    changes around the circle share one bin.
    """
    centre = grey[1:-1, 1:-1]
    rows, columns = grey.shape
    pattern = np.zeros(centre.shape, dtype=np.uint8)
    for bit, (dy, dx) in enumerate(_CIRCLE):
        neighbour = grey[1 + dy : rows - 1 + dy, 1 + dx : columns - 1 + dx]
        pattern |= (neighbour >= centre).view(np.uint8) << np.uint8(bit)
    codes = _UNIFORM[pattern]
    cell = _grid_start(*codes.shape)
    counts = np.bincount((codes + cell).ravel(), minlength=LBP_LENGTH).reshape(-1, LBP_PATTERNS).astype(np.float32)
    return np.sqrt(counts / counts.sum(axis=1, keepdims=True)).ravel()


def _uniform_table() -> NDArray[np.intp]:
    """Return the bin of each of the 256 patterns; the last bin takes all that are not uniform."""
    table = np.full(256, LBP_PATTERNS - 1, dtype=np.intp)
    following = 0
    for pattern in range(256):
        turned = ((pattern << 1) | (pattern >> 7)) & 0xFF
        if (pattern ^ turned).bit_count() <= 2:
            table[pattern] = following
            following += 1
    return table


def _grid_start(rows: int, columns: int) -> NDArray[np.intp]:
    down = np.arange(rows) * LBP_GRID // rows
    across = np.arange(columns) * LBP_GRID // columns
    return (down[:, None] * LBP_GRID + across[None, :]) * LBP_PATTERNS


_CIRCLE = ((-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1))
_UNIFORM = _uniform_table()
_CELL = np.arange(REGION_SIDE) // HOG_CELL
_CELL_START = (_CELL[:, None] * (REGION_SIDE // HOG_CELL) + _CELL[None, :]) * HOG_BINS

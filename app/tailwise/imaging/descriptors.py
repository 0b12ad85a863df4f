"""Raw features of a picture or of a box on it: shape, colour, texture, and a small picture for learned patches.

Four blocks, each later made comparable by what is learned from the project's own images (analysis.embedding):
histograms of oriented gradients (Dalal and Triggs 2005), the colour pyramid, uniform local binary patterns (Ojala et
al. 2002), and 32 × 32 pixels for k-means patches (Coates, Lee and Ng 2011). Some regions are described in one go, which
takes half the time; the features of one do not depend on the others.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, cast

import numpy as np

from tailwise.imaging.scaling import squared
from tailwise.imaging.statistics import PYRAMID, colour_pyramids

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
_TOGETHER = 8
"""Regions described in one go: more of them would leave the processor's cache."""

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


def regions_on(pixels: NDArray[np.uint8], boxes: Sequence[Fractions], whole: bool = True) -> list[NDArray[np.uint8]]:
    """Return a picture (first, if `whole`) and what is under boxes on it, each as 64 × 64 pixels.

    Args:
        pixels: (rows, columns, 3) BGR, upright.
        boxes: shares of its sides; they are widened by `CONTEXT` and cut at the border.
        whole: whether the whole picture is wanted too.
    """
    regions = [pixels] if whole else []
    regions += [cut_out(pixels, box) for box in boxes]
    return [squared(region, REGION_SIDE) for region in regions]


def describe(regions: Sequence[NDArray[np.uint8]]) -> RawFeatures:
    """Return the features of regions, each 64 × 64 × 3 pixels."""
    parts = [_described(np.array(regions[at : at + _TOGETHER])) for at in range(0, len(regions), _TOGETHER)]
    if not parts:
        parts = [_described(np.zeros((0, REGION_SIDE, REGION_SIDE, 3), dtype=np.uint8))]
    return RawFeatures(*(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(RawFeatures)))


def _described(stack: NDArray[np.uint8]) -> RawFeatures:
    """Return the features of a few regions, (k, 64, 64, 3)."""
    import cv2

    k = len(stack)
    if not k:
        return RawFeatures(
            hog=np.zeros((0, HOG_LENGTH), dtype=np.float32),
            colour=np.zeros((0, PYRAMID), dtype=np.float32),
            lbp=np.zeros((0, LBP_LENGTH), dtype=np.float32),
            patch=np.zeros((0, PATCH_SIDE, PATCH_SIDE, 3), dtype=np.uint8),
        )
    tall = stack.reshape(k * REGION_SIDE, REGION_SIDE, 3)
    hsv = cast("NDArray[np.uint8]", cv2.cvtColor(tall, cv2.COLOR_BGR2HSV))
    grey = cast("NDArray[np.uint8]", cv2.cvtColor(tall, cv2.COLOR_BGR2GRAY))
    # Halves by area do not mix neighbours in the stack.
    halves = cast("NDArray[np.uint8]", cv2.resize(tall, (PATCH_SIDE, k * PATCH_SIDE), interpolation=cv2.INTER_AREA))
    return RawFeatures(
        hog=oriented_gradients(stack),
        colour=colour_pyramids(hsv.reshape(stack.shape)),
        lbp=local_binary_patterns(grey.reshape(stack.shape[:3])),
        patch=halves.reshape(k, PATCH_SIDE, PATCH_SIDE, 3),
    )


def cut_out(pixels: NDArray[np.uint8], box: Fractions) -> NDArray[np.uint8]:
    """Return the part of a picture under a box and its surroundings; at least one pixel, never beyond the border."""
    rows, columns = pixels.shape[:2]
    x, y, width, height = box
    left, right = (x - width * CONTEXT / 2) * columns, (x + width * (1 + CONTEXT / 2)) * columns
    top, bottom = (y - height * CONTEXT / 2) * rows, (y + height * (1 + CONTEXT / 2)) * rows
    x0, y0 = (min(max(0, int(np.floor(v))), most - 1) for v, most in ((left, columns), (top, rows)))
    x1, y1 = (min(max(low + 1, int(np.ceil(v))), most) for v, low, most in ((right, x0, columns), (bottom, y0, rows)))
    return pixels[y0:y1, x0:x1]


def oriented_gradients(stack: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the histograms of oriented gradients (k, 1764) of regions, (k, 64, 64, 3).

    Cells of 8 pixels, 9 unsigned bins with linear shares for the two nearest, the channel with the largest gradient,
    blocks of 2 × 2 cells scaled to length 1, cut at 0.2 and scaled again. Bin k is centred at 20 k + 10 degrees.
    """
    import cv2

    k = len(stack)
    across, down = (differences.reshape(k, -1) for differences in _strongest_gradients(stack))
    magnitude, angle = (np.asarray(found, dtype=np.float32) for found in cv2.cartToPolar(across, down))
    # In bins, from -0.5 to 17.5: a gradient and its opposite are put together by `_OPPOSITES`.
    place = angle
    place *= np.float32(HOG_BINS / np.pi)
    place -= np.float32(0.5)
    low = np.floor(place)
    place -= low
    low += _CELL_START
    index = low.astype(np.intp)
    second = magnitude * place
    first = magnitude - second
    turned = np.stack([np.bincount(index[at], first[at], _TURNED) for at in range(k)])
    turned[:, 1:] += np.stack([np.bincount(index[at], second[at], _TURNED) for at in range(k)])[:, :-1]
    side = REGION_SIDE // HOG_CELL
    cells = (turned.astype(np.float32).reshape(k, side * side, _DIRECTIONS) @ _OPPOSITES).reshape(k, side, side, -1)
    corners = [cells[:, :-1, :-1], cells[:, :-1, 1:], cells[:, 1:, :-1], cells[:, 1:, 1:]]
    blocks = _unit(np.concatenate(corners, axis=3).reshape(-1, HOG_BLOCK * HOG_BLOCK * HOG_BINS))
    return _unit(np.minimum(blocks, np.float32(_HYS_CLIP))).reshape(k, HOG_LENGTH)


def _strongest_gradients(stack: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return differences of neighbours across and down, (k, 64, 64) each, of the channel where they are largest."""
    k = len(stack)
    planes = np.empty((3, k, REGION_SIDE + 2, REGION_SIDE + 2), dtype=np.int16)
    planes[:, :, 1:-1, 1:-1] = stack.transpose(3, 0, 1, 2)
    planes[:, :, 0], planes[:, :, -1] = planes[:, :, 1], planes[:, :, -2]
    planes[..., 0], planes[..., -1] = planes[..., 1], planes[..., -2]
    across = (planes[:, :, 1:-1, 2:] - planes[:, :, 1:-1, :-2]).astype(np.float32)
    down = (planes[:, :, 2:, 1:-1] - planes[:, :, :-2, 1:-1]).astype(np.float32)
    strength = across * across
    strength += down * down
    for channel in (1, 2):
        # Whole numbers this small are exact; a product with 0 or 1 takes a third of the time of a masked copy.
        is_larger = (strength[channel] > strength[0]).view(np.int8).astype(np.float32)
        for values in (across, down, strength):
            values[0] += (values[channel] - values[0]) * is_larger
    return across[0], down[0]


def _unit(blocks: NDArray[np.float32]) -> NDArray[np.float32]:
    return blocks / np.sqrt(np.einsum("ij,ij->i", blocks, blocks) + np.float32(_SMALL))[:, None]


def local_binary_patterns(grey: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return square roots of the shares of the 59 uniform patterns on a 3 × 3 grid of regions, (k, 64, 64): (k, 531).

    A pixel's pattern has a bit for each of its 8 neighbours that is at least as bright; patterns with more than two
    changes around the circle share one bin.
    """
    k = len(grey)
    flat = grey.reshape(k, -1)
    # The pixels from the second of the second row to the last but one of the last but one: each has its neighbours at
    # fixed steps before and behind. What that gives for the border columns is cut off below.
    border = REGION_SIDE + 1
    end = flat.shape[1] - border
    pattern = np.zeros(flat.shape, dtype=np.uint8)
    inner = pattern[:, border:end]
    is_as_bright = np.empty(inner.shape, dtype=np.bool_)
    bits = is_as_bright.view(np.uint8)
    for bit, (dy, dx) in enumerate(_CIRCLE):
        step = dy * REGION_SIDE + dx
        np.greater_equal(flat[:, border + step : end + step], flat[:, border:end], out=is_as_bright)
        np.left_shift(bits, np.uint8(bit), out=bits)
        inner |= bits
    place = _GRID_START + pattern.reshape(grey.shape)[:, 1:-1, 1:-1]
    cells = LBP_GRID * LBP_GRID
    counts = np.stack([np.bincount(one, minlength=cells * 256) for one in place.reshape(k, -1)])
    shares = counts.astype(np.float32).reshape(k, cells, 256) @ _UNIFORM
    shares /= shares.sum(axis=2, keepdims=True)
    return np.sqrt(shares, out=shares).reshape(k, LBP_LENGTH)


def _uniform_table() -> NDArray[np.float32]:
    """Return 1 at the bin of each of the 256 patterns, (256, 59); the last bin takes all that are not uniform."""
    table = np.zeros((256, LBP_PATTERNS), dtype=np.float32)
    following = 0
    for pattern in range(256):
        turned = ((pattern << 1) | (pattern >> 7)) & 0xFF
        is_uniform = (pattern ^ turned).bit_count() <= 2
        table[pattern, following if is_uniform else -1] = 1
        following += is_uniform
    return table


def _grid_start(side: int) -> NDArray[np.intp]:
    """Return 256 times the cell of the grid each pixel of a square picture belongs to."""
    along = np.arange(side) * LBP_GRID // side
    return (along[:, None] * LBP_GRID + along[None, :]) * 256


_CIRCLE = ((-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1))
_UNIFORM = _uniform_table()
_GRID_START = _grid_start(REGION_SIDE - 2)

# Directions all around the circle, and one more at either end where the linear shares reach beyond it.
_DIRECTIONS = 2 * HOG_BINS + 2
_OPPOSITES = np.roll(np.tile(np.eye(HOG_BINS, dtype=np.float32), (3, 1)), 1, axis=0)[:_DIRECTIONS]
_CELL = np.arange(REGION_SIDE) // HOG_CELL
_CELLS = (_CELL[:, None] * (REGION_SIDE // HOG_CELL) + _CELL[None, :]).ravel()
_CELL_START = (_CELLS * _DIRECTIONS + 1).astype(np.float32)
_TURNED = (REGION_SIDE // HOG_CELL) ** 2 * _DIRECTIONS

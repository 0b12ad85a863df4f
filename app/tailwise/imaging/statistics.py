"""How bright, sharp and colourful a picture is, and its coarse look in 976 bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

COLOUR_BINS = (12, 4, 3)
"""Bins of hue, saturation and value."""

PYRAMID = 720
"""Length of the colour pyramid: the histogram of the whole picture and of its four quarters."""

COARSE_SIDE = 16
_HUES = 180


@dataclass(frozen=True, slots=True)
class Look:
    """Measures of one picture.

    Attributes:
        brightness: mean grey value, 0..1. saturation: mean saturation, 0..1.
        blur: variance of the Laplacian of the grey picture in squared grey levels; small for a blurred picture.
    """

    brightness: float
    blur: float
    saturation: float


def look_of(grey: NDArray[np.uint8], hsv: NDArray[np.uint8]) -> Look:
    """Measure a picture given as grey and, possibly smaller, as hue, saturation and value."""
    import cv2

    edges = cv2.Laplacian(grey, cv2.CV_16S)
    mean = cv2.sumElems(edges)[0] / edges.size
    return Look(
        brightness=float(cv2.mean(grey)[0]) / 255,
        blur=max(0.0, cv2.norm(edges, cv2.NORM_L2SQR) / edges.size - mean * mean),
        saturation=float(cv2.mean(hsv)[1]) / 255,
    )


def colour_pyramid(hsv: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the histogram (12 hues × 4 saturations × 3 values) of a picture and of its quarters, as square roots.

    Each of the five histograms has the sum 1 before the root, so that their dot product is the Bhattacharyya
    coefficient. Returns (720,): the whole, top left, top right, bottom left, bottom right.
    """
    hues, saturations, values = COLOUR_BINS
    bins = _BIN_OF_HUE[hsv[..., 0]] + _BIN_OF_SATURATION[hsv[..., 1]] + _BIN_OF_VALUE[hsv[..., 2]]
    rows, columns = bins.shape
    top, left = rows // 2, columns // 2
    size = hues * saturations * values
    quarters = [
        np.bincount(part.ravel(), minlength=size)
        for part in (bins[:top, :left], bins[:top, left:], bins[top:, :left], bins[top:, left:])
    ]
    counts = np.array([sum(quarters), *quarters], dtype=np.float32)
    total = counts.sum(axis=1, keepdims=True)
    return np.sqrt(counts / np.maximum(total, 1)).ravel()


def coarse_grey(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the picture at 16 × 16, standardised: mean 128, deviation 42; flat pictures are all 128."""
    import cv2

    size = (COARSE_SIDE, COARSE_SIDE)
    small = cast("NDArray[np.uint8]", cv2.resize(grey, size, interpolation=cv2.INTER_AREA)).astype(np.float32)
    deviation = float(small.std())
    if deviation < 0.5:
        return np.full((COARSE_SIDE, COARSE_SIDE), 128, dtype=np.uint8)
    return np.clip(np.rint((small - small.mean()) * (42 / deviation) + 128), 0, 255).astype(np.uint8)


def appearance_bytes(pyramid: NDArray[np.float32], coarse: NDArray[np.uint8]) -> bytes:
    """Return colour pyramid and coarse grey picture as one byte per value."""
    return np.rint(pyramid * 255).astype(np.uint8).tobytes() + coarse.tobytes()


def _table(length: int, bins: int, step: int) -> NDArray[np.intp]:
    table = np.minimum(np.arange(256) * bins // length, bins - 1) * step
    return table.astype(np.intp)


_BIN_OF_HUE = _table(_HUES, COLOUR_BINS[0], COLOUR_BINS[1] * COLOUR_BINS[2])
_BIN_OF_SATURATION = _table(256, COLOUR_BINS[1], COLOUR_BINS[2])
_BIN_OF_VALUE = _table(256, COLOUR_BINS[2], 1)

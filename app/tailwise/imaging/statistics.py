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
_COARSE_MEAN, _COARSE_DEVIATION, _FLAT = 128, 42, 0.5
_COLOURS = PYRAMID // 5
_RANGES = (0, 180, 0, 256, 0, 256)


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
    import cv2

    top, left = hsv.shape[0] // 2, hsv.shape[1] // 2
    counts = np.empty((5, _COLOURS), dtype=np.float32)
    for at, part in enumerate((hsv[:top, :left], hsv[:top, left:], hsv[top:, :left], hsv[top:, left:]), start=1):
        counts[at] = cv2.calcHist([part], [0, 1, 2], None, COLOUR_BINS, _RANGES).ravel()
    counts[1:].sum(axis=0, out=counts[0])
    counts /= np.maximum(counts.sum(axis=1, keepdims=True), 1)
    return np.sqrt(counts, out=counts).ravel()


def coarse_grey(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the picture at 16 × 16, standardised: mean 128, deviation 42; flat pictures are all 128."""
    import cv2

    size = (COARSE_SIDE, COARSE_SIDE)
    small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    (mean,), (deviation,) = (found[0] for found in cv2.meanStdDev(small))
    if deviation < _FLAT:
        return np.full((COARSE_SIDE, COARSE_SIDE), _COARSE_MEAN, dtype=np.uint8)
    scale = _COARSE_DEVIATION / deviation
    return cast("NDArray[np.uint8]", cv2.addWeighted(small, scale, small, 0, _COARSE_MEAN - mean * scale))


def appearance_bytes(pyramid: NDArray[np.float32], coarse: NDArray[np.uint8]) -> bytes:
    """Return colour pyramid and coarse grey picture as one byte per value."""
    import cv2

    return cast("NDArray[np.uint8]", cv2.convertScaleAbs(pyramid, alpha=255)).tobytes() + coarse.tobytes()

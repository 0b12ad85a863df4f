"""Hashes, measures and thumbnail of decoded pictures, step by step for many at once.

A step that starts anew for each picture takes up to twice as long as one that goes on with the next: the code it runs
has left the processor's caches meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np

from tailwise.domain.index import THUMBNAIL_SIDE
from tailwise.imaging.hashes import hashes_of
from tailwise.imaging.pixels import encode_jpeg
from tailwise.imaging.scaling import about, shrunk, squared
from tailwise.imaging.statistics import (
    MEASURE_SIDE,
    TINY_SIDE,
    Look,
    appearance_bytes,
    coarse_greys,
    colour_pyramids,
    look_of,
    means,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class PictureFacts:
    """What the index keeps of a picture.

    Attributes:
        phashes: perceptual hash, and that of the mirrored picture.
        look: its measures.
        appearance: coarse look, 976 bytes.
        size: width and height in pixels, upright.
        thumbnail: an image file whose longer side is at most `THUMBNAIL_SIDE`.
    """

    phashes: tuple[int, int]
    look: Look
    appearance: bytes
    size: tuple[int, int]
    thumbnail: bytes


@dataclass(frozen=True, slots=True)
class ReadPicture:
    """What facts are found from, taken from a decoded picture at once: its pixels must not be kept.

    Attributes:
        thumbnail: see `PictureFacts`.
        size: width and height of the whole picture in pixels, upright.
        grey: (rows, columns), about `MEASURE_SIDE` wide or high.
        tiny: (32, 32, 3) BGR.
    """

    thumbnail: bytes
    size: tuple[int, int]
    grey: NDArray[np.uint8]
    tiny: NDArray[np.uint8]


def read_picture(pixels: NDArray[np.uint8], size: tuple[int, int], thumbnail: bytes = b"") -> ReadPicture:
    """Take from a picture what its facts are found from.

    Args:
        pixels: (rows, columns, 3) BGR, upright.
        size: width and height of the whole picture in pixels, upright.
        thumbnail: the file itself where it is its own thumbnail.
    """
    small = shrunk(pixels, THUMBNAIL_SIDE)
    return ReadPicture(thumbnail or encode_jpeg(small), size, *_measured(small))


def facts_of(pictures: Sequence[ReadPicture]) -> list[PictureFacts]:
    """Return what the index keeps of some pictures; what it keeps of one does not depend on the others."""
    if not pictures:
        return []
    greys, hsv = _in_grey_and_colours([picture.tiny for picture in pictures])
    measures = zip(pictures, means(greys), means(hsv[..., 1]), strict=True)
    appearances = appearance_bytes(colour_pyramids(hsv), coarse_greys(greys))
    looks = [look_of(one.grey, brightness, saturation) for one, brightness, saturation in measures]
    columns = zip(pictures, hashes_of(greys), looks, appearances, strict=True)
    return [PictureFacts(phashes, look, seen, one.size, one.thumbnail) for one, phashes, look, seen in columns]


def look_at(pixels: NDArray[np.uint8]) -> Look:
    """Return how bright, sharp and colourful a picture of any size is, measured as the index does."""
    grey, tiny = _measured(shrunk(pixels, THUMBNAIL_SIDE))
    greys, hsv = _in_grey_and_colours([tiny])
    return look_of(grey, means(greys)[0], means(hsv[..., 1])[0])


def _measured(small: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return a picture in grey at the size at which it is measured, and tiny."""
    import cv2

    measured = about(small, MEASURE_SIDE)
    return cast("NDArray[np.uint8]", cv2.cvtColor(measured, cv2.COLOR_BGR2GRAY)), squared(measured, TINY_SIDE)


def _in_grey_and_colours(tiny: Sequence[NDArray[np.uint8]]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return tiny pictures in grey, (n, 32, 32), and as hue, saturation and value, (n, 32, 32, 3)."""
    import cv2

    stack = np.array(tiny).reshape(-1, TINY_SIDE, 3)
    grey = cast("NDArray[np.uint8]", cv2.cvtColor(stack, cv2.COLOR_BGR2GRAY))
    hsv = cast("NDArray[np.uint8]", cv2.cvtColor(stack, cv2.COLOR_BGR2HSV))
    return grey.reshape(-1, TINY_SIDE, TINY_SIDE), hsv.reshape(-1, TINY_SIDE, TINY_SIDE, 3)

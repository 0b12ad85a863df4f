"""Make pictures smaller, fast: halves by area, which OpenCV does at the speed of memory, the rest between neighbours.

One resize by area to any other size takes four to eight times as long and looks the same: after the halves, two
neighbours per direction are all there is to average.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ENOUGH: Final = 15 / 16
"""Share of a wanted side that will do: 480 pixels, as very many data sets have them, are decoded to 240 for 256."""


def shrunk(pixels: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Return pixels with the longer side at most `side`; never larger than they were."""
    height, width = pixels.shape[:2]
    if max(height, width) <= side:
        return pixels
    scale = side / max(height, width)
    return _resized(pixels, (max(1, round(width * scale)), max(1, round(height * scale))))


def about(pixels: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Return pixels with the longer side between 15/16 of `side` and `side`; never larger than they were.

    Halves alone will do for very many pictures, and take a third of the time.
    """
    import cv2

    while max(pixels.shape[:2]) >= 2 * side * ENOUGH and min(pixels.shape[:2]) > 1:
        even = pixels[: pixels.shape[0] // 2 * 2, : pixels.shape[1] // 2 * 2]
        size = (even.shape[1] // 2, even.shape[0] // 2)
        pixels = cast("NDArray[np.uint8]", cv2.resize(even, size, interpolation=cv2.INTER_AREA))
    return shrunk(pixels, side)


def squared(pixels: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Return a picture of any shape as `side` × `side` pixels, smaller or larger than it was."""
    return _resized(pixels, (side, side))


def _resized(pixels: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Return pixels at another width and height; a row or column too many for a half is left out at the border."""
    import cv2

    columns, rows = size
    height, width = pixels.shape[:2]
    while width > 2 * columns or height > 2 * rows:
        across, down = 1 + (width >= 2 * columns), 1 + (height >= 2 * rows)
        even = pixels[: height - height % down, : width - width % across]
        width, height = width // across, height // down
        pixels = cast("NDArray[np.uint8]", cv2.resize(even, (width, height), interpolation=cv2.INTER_AREA))
    return cast("NDArray[np.uint8]", cv2.resize(pixels, size, interpolation=cv2.INTER_LINEAR))

"""Decode the bytes of an image file to pixels, no more of them than are wanted, and pixels to a JPEG.

A JPEG can be decoded at any eighth of its size (ITU-T T.81, a smaller inverse cosine transform): libjpeg-turbo itself
offers all of them, OpenCV a half, a quarter and an eighth. OpenCV decodes what is no ordinary JPEG, and damaged ones as
far as they go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

import numpy as np

from tailwise.imaging.scaling import ENOUGH

if TYPE_CHECKING:
    from numpy.typing import NDArray

JPEG_QUALITY: Final = 82

_JPEG: Final = b"\xff\xd8"
_JPEG_END: Final = b"\xff\xd9"
_FAST_EIGHTHS: Final = (1, 2, 3, 4)
"""Sizes at which a JPEG decodes faster than whole; three eighths takes hardly longer than a half."""

_PLAIN_COLOURS: Final = ("YCbCr", "Gray")


def decode_pixels(data: bytes, size: tuple[int, int], side: int) -> NDArray[np.uint8] | None:
    """Decode a file to a stored raster whose longer side is about `side` or more, its own size if less.

    None where there is no picture. A truncated JPEG comes as far as it goes: OpenCV 5 refuses one without an end
    marker, so it is given one.

    Args:
        data: the bytes of the file.
        size: its width and height as the header says, (0, 0) where that is not known.
        side: wanted length of the longer side in pixels.
    """
    import cv2

    is_jpeg = data.startswith(_JPEG)
    pixels = _decode_jpeg(data, size, side) if is_jpeg else None
    if pixels is not None:
        return pixels
    flags = _opencv_flags(max(size), side)
    try:
        pixels = cast("NDArray[np.uint8] | None", cv2.imdecode(np.frombuffer(data, dtype=np.uint8), flags))
        if pixels is None and is_jpeg:
            pixels = cast("NDArray[np.uint8] | None", cv2.imdecode(np.frombuffer(data + _JPEG_END, np.uint8), flags))
    except (cv2.error, MemoryError):
        return None
    return pixels


def _decode_jpeg(data: bytes, size: tuple[int, int], side: int) -> NDArray[np.uint8] | None:
    """Return a sound JPEG in grey or YCbCr at the smallest eighth of its size that will do, None for all others."""
    import simplejpeg

    try:
        height, width, colours, _subsampling = simplejpeg.decode_jpeg_header(data)
        if colours not in _PLAIN_COLOURS or (width, height) != size:
            return None
        eighths = next((k for k in _FAST_EIGHTHS if k * max(size) >= 8 * side * ENOUGH), 8)
        columns, rows = (-(-length * eighths // 8) for length in size)
        return simplejpeg.decode_jpeg(data, "BGR", min_height=rows, min_width=columns, min_factor=1)
    except (ValueError, MemoryError):
        return None


def _opencv_flags(longer: int, side: int) -> int:
    import cv2

    reduced = {2: cv2.IMREAD_REDUCED_COLOR_2, 4: cv2.IMREAD_REDUCED_COLOR_4, 8: cv2.IMREAD_REDUCED_COLOR_8}
    flags = next((reduced[by] for by in (8, 4, 2) if longer >= by * side * ENOUGH), cv2.IMREAD_COLOR)
    return flags | cv2.IMREAD_IGNORE_ORIENTATION


def encode_jpeg(pixels: NDArray[np.uint8]) -> bytes:
    """Return pixels as a JPEG of the quality thumbnails are kept in."""
    import cv2

    _ok, jpeg = cv2.imencode(".jpg", np.ascontiguousarray(pixels), [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return jpeg.tobytes()

"""Pixels per value of a segmentation mask: one decode and one histogram, palette indices as they are stored."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Final

import numpy as np

from tailwise.domain.records import MaskCount
from tailwise.imaging.headers import open_image, read_header

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

MAX_PIXELS: Final = 200_000_000
MAX_VALUES: Final = 4096
"""Different values of one mask that are told; a mask with more is no mask of classes."""

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_PALETTE, _GREY = 3, 0
_DROPPED: Final = frozenset({b"PLTE", b"tRNS", b"bKGD", b"hIST"})


def count_mask(path: Path) -> MaskCount | None:
    """Return the pixels of every value of a mask; None when the file is missing or no readable image."""
    import cv2  # only where masks are read: importing this module must stay cheap

    header = read_header(path)
    if header is None or header.width * header.height > MAX_PIXELS:
        return None
    try:
        with open_image(path) as file:
            data = file.read()
    except OSError:
        return None
    indexed = _as_indices(data)
    try:
        pixels = cv2.imdecode(np.frombuffer(indexed or data, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error:
        return None
    if pixels is None:
        return None
    kind = "palette" if indexed else "grey" if pixels.ndim == 2 else "colour"
    values, counts = _histogram(pixels, _scale(data) if indexed or pixels.ndim == 2 else 1)
    return MaskCount(
        kind=kind,
        width=pixels.shape[1],
        height=pixels.shape[0],
        values=tuple(zip(values[:MAX_VALUES].tolist(), counts[:MAX_VALUES].tolist(), strict=True)),
        is_lossy=data.startswith(b"\xff\xd8"),
        has_alpha=pixels.ndim == 3 and pixels.shape[2] == 4,
    )


def _histogram(pixels: NDArray[np.generic], scale: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the different values, most frequent first, and how often each occurs; colours are 0xRRGGBB."""
    if pixels.ndim == 2:
        counts = np.bincount(pixels.ravel().astype(np.int64))
    else:
        blue, green, red = (pixels[:, :, channel].astype(np.int64) for channel in range(3))
        counts = np.bincount((red << 16 | green << 8 | blue).ravel())
    values = np.flatnonzero(counts)
    order = np.argsort(-counts[values], kind="stable")
    values = values[order]
    return values // scale, counts[values]


def _scale(data: bytes) -> int:
    """Return what the decoder multiplies the values of a PNG of less than 8 bits with."""
    if not data.startswith(_PNG) or len(data) < 26:
        return 1
    return {1: 255, 2: 85, 4: 17}.get(data[24], 1)


def _as_indices(data: bytes) -> bytes:
    """Return a palette PNG as a grey one, so that it decodes to indices instead of colours; empty for other files.

    Only the colour type in the header is changed and the palette left out: the pixels of both kinds are stored alike.
    """
    if not data.startswith(_PNG) or len(data) < 33 or data[12:16] != b"IHDR" or data[25] != _PALETTE:
        return b""
    parts = [_PNG]
    place = len(_PNG)
    while place + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, place)
        kind, body = data[place + 4 : place + 8], data[place + 8 : place + 8 + length]
        if kind == b"IHDR":
            body = body[:9] + bytes([_GREY]) + body[10:]
        if kind not in _DROPPED:
            parts.append(struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)))
        place += 12 + length
    return b"".join(parts)

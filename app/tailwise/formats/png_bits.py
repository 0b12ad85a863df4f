"""Small PNG pictures that labelling tools write into text: how many pixels are painted, and the box around them.

Only what a mask needs: no interlacing, no colour management, and sizes are checked before anything is unpacked.
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from tailwise.formats.geometry import painted_box

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from tailwise.formats.geometry import Box

_MAGIC = b"\x89PNG\r\n\x1a\n"
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_DEPTHS = frozenset({1, 2, 4, 8, 16})
_PALETTE, _GREY_ALPHA, _COLOUR_ALPHA = 3, 4, 6
_MAX_PIXELS = 100_000_000


class PngRefusedError(ValueError):
    """The bytes are no PNG of the kinds that are read; the text says why."""


class _Header(NamedTuple):
    width: int
    height: int
    depth: int
    colour: int


def count_painted(data: bytes, max_side: int) -> tuple[int, Box]:
    """Return the number of painted pixels and the tight box around them (zeros where there are none).

    Painted is what is not transparent; where nothing can be, what is not black.

    Raises:
        PngRefusedError: no PNG, damaged, interlaced or too large.
    """
    painted = painted_pixels(data, max_side)
    return int(painted.sum()), painted_box(painted)


def painted_pixels(data: bytes, max_side: int) -> NDArray[np.bool_]:
    """Return which pixels are painted, rows × columns; see `count_painted`."""
    header, transparent, packed = _parts(data, max_side)
    channels = _CHANNELS[header.colour]
    row_bytes = (header.width * channels * header.depth + 7) // 8
    wanted = (row_bytes + 1) * header.height
    try:
        lines = zlib.decompressobj().decompress(packed, wanted)
    except zlib.error as error:
        raise PngRefusedError("it cannot be unpacked") from error
    if len(lines) < wanted:
        raise PngRefusedError("it ends too early")
    step = max(1, channels * header.depth // 8)
    raw = _unfiltered(np.frombuffer(lines, np.uint8).reshape(header.height, row_bytes + 1), step)
    if header.depth == 16:
        raw = raw[:, 0::2] | raw[:, 1::2]
    elif header.depth < 8:
        raw = _unpacked(raw, header.depth)
    pixels = raw[:, : header.width * channels].reshape(header.height, header.width, channels)
    if header.colour == _PALETTE:
        colours = pixels[:, :, 0]
        if not transparent:
            return np.greater(colours, 0)
        alpha = np.full(256, 255, np.uint8)
        alpha[: len(transparent)] = np.frombuffer(transparent, np.uint8)
        return np.greater(alpha[colours], 0)
    if header.colour in {_GREY_ALPHA, _COLOUR_ALPHA}:
        return np.greater(pixels[:, :, -1], 0)
    return np.greater(pixels.max(axis=2), 0)


def _parts(data: bytes, max_side: int) -> tuple[_Header, bytes, bytes]:
    """Return header, the alpha of the colours of a palette, and the packed lines."""
    header, transparent, packed = None, b"", bytearray()
    for name, body in _chunks(data):
        if name == b"IHDR":
            width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", body)
            header = _Header(width, height, depth, colour)
            if interlaced or colour not in _CHANNELS or depth not in _DEPTHS:
                raise PngRefusedError("a kind of PNG that is not read")
        elif name == b"tRNS":
            transparent = body
        elif name == b"IDAT":
            packed += body
    if header is None:
        raise PngRefusedError("no PNG")
    if not (0 < header.width <= max_side and 0 < header.height <= max_side):
        raise PngRefusedError("no sensible size")
    if header.width * header.height > _MAX_PIXELS:
        raise PngRefusedError("too large for the mask of one object")
    return header, transparent[:256], bytes(packed)


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    if not data.startswith(_MAGIC):
        raise PngRefusedError("no PNG")
    place = len(_MAGIC)
    while place + 8 <= len(data):
        length, name = struct.unpack_from(">I4s", data, place)
        body = data[place + 8 : place + 8 + length]
        if len(body) < length or (name == b"IHDR" and length != 13):
            raise PngRefusedError("it is cut off")
        yield name, body
        place += 12 + length


def _unfiltered(lines: NDArray[np.uint8], step: int) -> NDArray[np.uint8]:
    """Return the lines without their first byte, which tells what was taken off the others; `step` bytes a pixel."""
    kinds, found = lines[:, 0], lines[:, 1:].copy()
    above = np.zeros(found.shape[1], np.uint8)
    for row, kind in enumerate(kinds.tolist()):
        line = found[row]
        if kind == 1:
            for channel in range(step):
                line[channel::step] = np.cumsum(line[channel::step], dtype=np.uint8)
        elif kind == 2:
            line += above
        elif kind in {3, 4}:
            _predicted(line, above, step, is_paeth=kind == 4)
        elif kind:
            raise PngRefusedError("it is damaged")
        above = line
    return found


def _predicted(line: NDArray[np.uint8], above: NDArray[np.uint8], step: int, *, is_paeth: bool) -> None:
    values, up = line.tolist(), above.tolist()
    for place in range(len(values)):
        left = values[place - step] if place >= step else 0
        corner = up[place - step] if place >= step else 0
        guess = _paeth(left, up[place], corner) if is_paeth else (left + up[place]) // 2
        values[place] = (values[place] + guess) % 256
    line[:] = values


def _paeth(left: int, up: int, corner: int) -> int:
    """Return the neighbour that comes nearest to a plane through all three (PNG specification, section 9.4)."""
    near = left + up - corner
    return min((left, up, corner), key=lambda value: abs(near - value))


def _unpacked(raw: NDArray[np.uint8], depth: int) -> NDArray[np.uint8]:
    """Return one byte per value of 1, 2 or 4 bits."""
    shifts = np.arange(8 - depth, -1, -depth, dtype=np.uint8)
    mask = np.uint8((1 << depth) - 1)
    return ((raw[:, :, None] >> shifts) & mask).reshape(len(raw), -1)

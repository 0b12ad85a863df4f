"""Brush strokes of Label Studio: run-length text of an RGBA picture, measured run by run without unpacking it.

The stream is packed bit by bit: 32 bits with the number of bytes it stands for, 5 bits with the size of a byte value
less one, four times 4 bits with sizes of run lengths less one; then runs, each of a bit that tells a repeated value
from single ones, 2 bits that choose the size of its length, the length less one, and the value or values. The fourth
byte of every pixel says whether it is painted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tailwise.formats.geometry import MAX_SIDE_PX

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from tailwise.formats.geometry import Box

_CHANNELS = 4
_MAX_VALUES = 50_000_000
_MAX_PIXELS = 200_000_000


def measure_brush(data: Sequence[int], width: int, height: int) -> tuple[float, Box] | None:
    """Return the painted area in pixels and the box around it; None where the runs do not fill the image.

    Args:
        data: the packed stream, one number below 256 per byte.
        width: of the image in pixels.
        height: of the image in pixels.
    """
    painted = _Painted(width)
    if not _read(data, width, height, painted.add):
        return None
    return float(painted.area), painted.box()


def brush_mask(data: Sequence[int], width: int, height: int) -> NDArray[np.bool_] | None:
    """Return which pixels are painted, rows × columns; None where the runs do not fill the image."""
    if not 0 < width <= MAX_SIDE_PX or not 0 < height <= MAX_SIDE_PX or width * height > _MAX_PIXELS:
        return None
    mask = np.zeros(width * height, np.bool_)

    def add(first: int, end: int) -> None:
        mask[first // _CHANNELS : end // _CHANNELS] = True

    return mask.reshape(height, width) if _read(data, width, height, add) else None


def _read(data: Sequence[int], width: int, height: int, add: Callable[[int, int], None]) -> bool:
    """Hand ranges of painted bytes to `add`; return whether the stream fills the image."""
    try:
        bits = _Bits(bytes(data))
        total = bits.take(32)
    except (ValueError, TypeError, EOFError):
        return False
    if not 0 < width <= MAX_SIDE_PX or not 0 < height <= MAX_SIDE_PX or total != width * height * _CHANNELS:
        return False
    try:
        _read_runs(bits, total, add)
    except EOFError:
        return False
    return True


def _read_runs(bits: _Bits, total: int, add: Callable[[int, int], None]) -> None:
    value_size = bits.take(5) + 1
    length_sizes = [bits.take(4) + 1 for _ in range(4)]
    place = singles = 0
    while place < total:
        is_run = bits.take(1)
        end = min(total, place + 1 + bits.take(length_sizes[bits.take(2)]))
        if is_run:
            if bits.take(value_size):
                add(place, end)
        else:
            singles += end - place
            if singles > _MAX_VALUES:
                raise EOFError
            for byte in range(place, end):
                if bits.take(value_size):
                    add(byte, byte + 1)
        place = end


class _Bits:
    """A stream of bits, the highest of every byte first."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._place = 0

    def take(self, count: int) -> int:
        """Return the next bits as a number.

        Raises:
            EOFError: there are fewer.
        """
        start, end = self._place, self._place + count
        if end > 8 * len(self._data):
            raise EOFError
        last = (end + 7) // 8
        number = int.from_bytes(self._data[start // 8 : last], "big") >> (8 * last - end)
        self._place = end
        return number & ((1 << count) - 1)


class _Painted:
    """Area and extent of the painted pixels of an image, which come as ranges of bytes."""

    def __init__(self, width: int) -> None:
        self._width = width
        self.area = 0
        self._left, self._right = width, -1
        self._top, self._bottom = -1, -1

    def add(self, first: int, end: int) -> None:
        """Take the pixels whose last byte lies in a range of bytes that are not 0."""
        begin, stop = first // _CHANNELS, end // _CHANNELS
        if stop <= begin:
            return
        self.area += stop - begin
        (top, left), (bottom, right) = divmod(begin, self._width), divmod(stop - 1, self._width)
        if top != bottom:
            left, right = 0, self._width - 1
        self._left, self._right = min(self._left, left), max(self._right, right)
        self._top = top if self._top < 0 else self._top
        self._bottom = bottom

    def box(self) -> Box:
        """Return x, y, width and height; zeros where nothing is painted."""
        if self._right < 0:
            return 0.0, 0.0, 0.0, 0.0
        return (
            float(self._left),
            float(self._top),
            float(self._right - self._left + 1),
            float(self._bottom - self._top + 1),
        )

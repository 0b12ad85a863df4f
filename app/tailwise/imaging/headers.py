"""Width, height and EXIF orientation from the first bytes of an image file; no pixel is decoded.

JPEG and PNG, nearly all there is, are read here in one pass; `imagesize` knows the rest.
"""

from __future__ import annotations

import errno
import io
import os
import stat
import struct
from typing import TYPE_CHECKING, BinaryIO

from tailwise.domain.records import ImageHeader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HEAD_BYTES = 16_384
# No camera, scanner or mosaic in use reaches this; a header that says more lies, and the number must fit 32 bits.
MAX_SIDE = 1_000_000

_JPEG, _JPEG_END, _PNG = b"\xff\xd8", b"\xff\xd9", b"\x89PNG\r\n\x1a\n"
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
# JFIF, tables of quantities and codes, restarts, a baseline or progressive frame: a picture and nothing beside it.
_PLAIN = frozenset({0xE0, 0xDB, 0xC4, 0xDD, 0xC0, 0xC2})
_JFIF = b"\0\x10JFIF\0"  # 16 bytes long: without a thumbnail of its own
_GREY_OR_COLOUR = (1, 3)
# 8 bits of grey or of three colours, packed and filtered as all PNG are, not interlaced.
_PLAIN_IHDR = (b"\x08\x00\x00\x00\x00", b"\x08\x02\x00\x00\x00")
_PLAIN_CHUNKS = frozenset({b"IDAT", b"pHYs", b"sRGB"})
_PNG_END = b"\0\0\0\0IEND\xaeB`\x82"
_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD8)})
_ENDS = frozenset({0xD9, 0xDA})
_MAX_SEGMENTS = 2000
_ORIENTATION_TAG = 0x0112
_SHORT = 3


def open_image(path: str | Path) -> BinaryIO:
    """Open an image file for reading; whoever reads a pipe that took the place of one would wait without end.

    Raises:
        OSError: it cannot be read, or is no regular file.
    """
    file = open(path, "rb", opener=_without_waiting)  # noqa: SIM115  only this one takes an opener
    if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        return file
    file.close()
    raise OSError(errno.EINVAL, "no regular file", str(path))


def read_image(path: str | Path, most: int) -> bytes | None:
    """Return all bytes of an image file, None where they are more than `most`.

    Raises:
        OSError: as `open_image`.
    """
    descriptor = _without_waiting(str(path), os.O_RDONLY | getattr(os, "O_BINARY", 0))
    try:
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode):
            raise OSError(errno.EINVAL, "no regular file", str(path))
        if facts.st_size > most:
            return None
        data = os.read(descriptor, facts.st_size + 1)
        if len(data) == facts.st_size:
            return data
        # Longer than it said a moment ago, or more than the system reads in one go.
        parts = [data]
        while parts[-1] and sum(map(len, parts)) <= most:
            parts.append(os.read(descriptor, most))
        return b"".join(parts)
    finally:
        os.close(descriptor)


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def read_header(path: Path) -> ImageHeader | None:
    """Return the stored size and orientation of an image, or None when the file is no readable image.

    Reads 16 KB, and more only where a file hides its size behind longer metadata.
    """
    try:
        with open_image(path) as file:
            head = file.read(HEAD_BYTES)
            if head.startswith(_JPEG):
                header = _jpeg_header(file, head)
            elif head.startswith(_PNG):
                header = _png_header(head)
            else:
                header = _other_header(file, head)
    except OSError:
        return None
    return header if header and 0 < header.width <= MAX_SIDE and 0 < header.height <= MAX_SIDE else None


def header_in(data: bytes) -> ImageHeader | None:
    """Return the stored size and orientation in the bytes of a JPEG or PNG file; None for what is neither."""
    if data.startswith(_JPEG):
        return _jpeg_header(io.BytesIO(), data)
    return _png_header(data) if data.startswith(_PNG) else None


def is_plain_jpeg(data: bytes) -> bool:
    """Whether a file is a JPEG any program shows alike, whole, with no word in it beside the picture.

    That is grey or YCbCr at 8 bits, without EXIF, profiles, comments, or anything after its end.
    """
    if not data.startswith(_JPEG) or data.find(_JPEG_END) != len(data) - len(_JPEG_END):
        return False
    at, parts = 2, 0
    while at + 9 < len(data) and data[at] == 0xFF and (marker := data[at + 1]) != 0xDA:
        is_jfif = marker != 0xE0 or data[at + 2 : at + 9] == _JFIF
        if marker not in _PLAIN or not is_jfif:
            return False
        if marker in _FRAMES:
            parts = data[at + 9] if data[at + 4] == 8 else 0
        at += 2 + (data[at + 2] << 8 | data[at + 3])
    return parts in _GREY_OR_COLOUR


def is_plain_png(data: bytes) -> bool:
    """Whether a file is a PNG any program shows alike, whole, opaque and without a word in it beside the picture."""
    end = len(data) - len(_PNG_END)
    if not (data.startswith(_PNG) and data.endswith(_PNG_END) and data[24:29] in _PLAIN_IHDR):
        return False
    at = 33  # behind the mark of 8 bytes and IHDR with its 25
    while at < end and data[at + 4 : at + 8] in _PLAIN_CHUNKS:
        at += 12 + int.from_bytes(data[at : at + 4], "big")
    return at == end


def _png_header(head: bytes) -> ImageHeader | None:
    if len(head) < 26 or head[12:16] != b"IHDR":
        return None
    return ImageHeader(*struct.unpack_from(">II", head, 16))


def _jpeg_header(file: BinaryIO, head: bytes) -> ImageHeader | None:
    orientation = 1
    for marker, body in jpeg_segments(file, head):
        if marker == 0xE1 and body.startswith(b"Exif\0\0"):
            orientation = _tiff_orientation(body[6:])
        elif marker in _FRAMES:
            if len(body) < 5:
                return None
            height, width = struct.unpack_from(">HH", body, 1)
            return ImageHeader(width, height, orientation)
    return None


def jpeg_segments(file: BinaryIO, head: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield marker and first bytes of the segments of a JPEG file up to its pixels, reading on where `head` ends."""
    data, length, start, at = head, len(head), 0, 2  # `start` is where `data` begins in the file
    for _ in range(_MAX_SEGMENTS):
        if at + 4 > length:
            start += at
            file.seek(start)
            data, at = file.read(HEAD_BYTES), 0
            length = len(data)
        if length < at + 4 or data[at] != 0xFF:
            return
        marker = data[at + 1]
        if marker == 0xFF:  # padding
            at += 1
        elif marker in _WITHOUT_LENGTH:
            at += 2
        else:
            end = at + 2 + (data[at + 2] << 8 | data[at + 3])
            if marker in _ENDS or end < at + 4:
                return
            if end > length and (marker in _FRAMES or marker == 0xE1):
                start, end = start + at, end - at
                file.seek(start)
                data, at = file.read(max(HEAD_BYTES, end)), 0
                length = len(data)
            yield marker, data[at + 4 : end]
            at = end


def _tiff_orientation(data: bytes) -> int:
    order = {b"II": "<", b"MM": ">"}.get(data[:2])
    if order is None or len(data) < 8:
        return 1
    (start,) = struct.unpack_from(f"{order}I", data, 4)
    if start + 2 > len(data):
        return 1
    (count,) = struct.unpack_from(f"{order}H", data, start)
    for entry in range(start + 2, min(start + 2 + 12 * count, len(data) - 11), 12):
        tag, kind = struct.unpack_from(f"{order}HH", data, entry)
        if tag == _ORIENTATION_TAG:
            (value,) = struct.unpack_from(f"{order}H", data, entry + 8)
            return value if kind == _SHORT and 1 <= value <= 8 else 1
    return 1


def _other_header(file: BinaryIO, head: bytes) -> ImageHeader | None:
    if not head or head.lstrip()[:1] == b"<":  # SVG has no pixels, and entities in it could be a bomb
        return None
    # Imported here: it draws in an HTTP client (never used: it is given open files only) and costs 0.1 s.
    import imagesize

    file.seek(0)
    return ImageHeader(*imagesize.get(file, exif_rotation=False))

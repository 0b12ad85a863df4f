"""Width, height and EXIF orientation from the first bytes of an image file; no pixel is decoded."""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING, BinaryIO

from tailwise.domain.records import ImageHeader

if TYPE_CHECKING:
    from pathlib import Path

HEAD_BYTES = 16_384
# No camera, scanner or mosaic in use reaches this; a header that says more lies, and the number must fit 32 bits.
MAX_SIDE = 1_000_000

_ORIENTATION_TAG = 0x0112
_SHORT = 3


def read_header(path: Path) -> ImageHeader | None:
    """Return the stored size and orientation of an image, or None when the file is no readable image.

    Reads 16 KB, and more only where a file hides its size behind longer metadata.
    """
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
            size = _size(io.BytesIO(head))
            if size is None and len(head) == HEAD_BYTES:
                size = _size(file)
    except OSError:
        return None
    return None if size is None else ImageHeader(*size, orientation=exif_orientation(head))


def exif_orientation(head: bytes) -> int:
    """Return the EXIF orientation (1..8) told by the first bytes of a JPEG file; 1 for anything else or broken."""
    position = 2 if head.startswith(b"\xff\xd8") else len(head)
    while position + 4 <= len(head) and head[position] == 0xFF:
        marker = head[position + 1]
        if marker == 0xFF:  # padding
            position += 1
            continue
        length = int.from_bytes(head[position + 2 : position + 4], "big")
        if marker in {0xD9, 0xDA} or length < 2:
            break
        body = head[position + 4 : position + 2 + length]
        if marker == 0xE1 and body.startswith(b"Exif\0\0"):
            return _tiff_orientation(body[6:])
        position += 2 + length
    return 1


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


def _size(file: BinaryIO) -> tuple[int, int] | None:
    # Imported here: it draws in an HTTP client (never used: it is given open files only) and costs 0.1 s.
    import imagesize

    file.seek(0)
    if file.read(5).lstrip().startswith(b"<"):  # SVG has no pixels, and entities in it could be a bomb
        return None
    width, height = imagesize.get(file, exif_rotation=False)
    return (width, height) if 0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE else None

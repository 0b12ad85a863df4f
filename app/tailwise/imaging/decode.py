"""Decode an image file once for everything the index wants to know of it, and say in one word why not.

Files may be damaged or made to hurt: the header is believed only as a reason to refuse, and nothing is decoded whose
header cannot be read. A decoder that crashes takes a worker process with it, not the program (ops.executors).
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tailwise.domain.index import ImageIssue
from tailwise.imaging.headers import open_image
from tailwise.imaging.thumbnails import MAX_PIXELS, Frame, decode_pixels, frame_in, turn_upright

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_FILE_BYTES: Final = 2_000_000_000

_JPEG: Final = b"\xff\xd8"
_JPEG_SCAN, _JPEG_END = b"\xff\xda", b"\xff\xd9"
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_PNG_END: Final = b"IEND"


@dataclass(frozen=True, slots=True)
class Decoded:
    """An image file as far as it could be read.

    Attributes:
        issue: what is wrong with it, or NONE. A TRUNCATED file has pixels all the same.
        sha256: of the bytes of the file; empty where they could not be read.
        frame: what the header says; None where there is none.
        pixels: (rows, columns, 3) BGR, upright, reduced by the decoder where the format allows; None without a picture.
        data: the bytes of the file, where there is a picture.
    """

    issue: ImageIssue
    sha256: bytes = b""
    frame: Frame | None = None
    pixels: NDArray[np.uint8] | None = None
    data: bytes = b""


def decode_file(path: str, side: int) -> Decoded:
    """Read and decode an image file at the smallest size whose longer side is at least `side` pixels."""
    try:
        with open_image(path) as file:
            if os.fstat(file.fileno()).st_size > MAX_FILE_BYTES:
                return Decoded(ImageIssue.TOO_LARGE)
            data = file.read()
    except OSError:
        return Decoded(ImageIssue.UNREADABLE)
    sha256 = hashlib.sha256(data).digest()
    if not data:
        return Decoded(ImageIssue.EMPTY, sha256)
    frame = frame_in(data)
    if frame is None:
        return Decoded(ImageIssue.NO_IMAGE, sha256)
    if frame.width * frame.height > MAX_PIXELS:
        return Decoded(ImageIssue.TOO_LARGE, sha256, frame)
    pixels = decode_pixels(np.frombuffer(data, dtype=np.uint8), frame, side)
    if pixels is None:
        return Decoded(ImageIssue.DAMAGED, sha256, frame)
    issue = ImageIssue.TRUNCATED if is_truncated(data) else ImageIssue.NONE
    return Decoded(issue, sha256, frame, turn_upright(pixels, frame.orientation), data)


def is_truncated(data: bytes) -> bool:
    """Whether a JPEG or PNG ends before its end marker; decoders fill the rest with grey and say nothing.

    The end marker must come after the last scan: a thumbnail within the metadata has an end marker of its own.
    """
    if data.startswith(_JPEG):
        if data.endswith(_JPEG_END):  # as nearly all do: no need to look for the scan through the whole file
            return False
        return data.rfind(_JPEG_END) < data.rfind(_JPEG_SCAN)
    return data.startswith(_PNG) and data.rfind(_PNG_END) < 0

"""Decode an image file once for everything the index wants to know of it, and say in one word why not.

Files may be damaged or made to hurt: the header is believed only as a reason to refuse, and nothing is decoded whose
header cannot be read. A decoder that crashes takes a worker process with it, not the program (ops.executors).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tailwise.domain.index import THUMBNAIL_SIDE, ImageIssue
from tailwise.imaging.headers import read_image
from tailwise.imaging.pixels import decode_pixels
from tailwise.imaging.thumbnails import MAX_FILE_BYTES, MAX_PIXELS, Box, Frame, frame_in, is_own_thumbnail, turn_upright

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray


_READ_AHEAD: Final = 16_000_000
"""Bytes of files that are in memory at a time, and one file more."""

_JPEG: Final = b"\xff\xd8"
_JPEG_SCAN, _JPEG_END = b"\xff\xda", b"\xff\xd9"
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_PNG_END: Final = b"IEND"


@dataclass(frozen=True, slots=True)
class ImageFile:
    """An image file to look at.

    Attributes:
        path: absolute path.
        declared: width and height in pixels that the dataset states, (0, 0) for none.
        boxes: x, y, width, height in pixels of a raster of the declared size.
    """

    path: str
    declared: tuple[int, int] = (0, 0)
    boxes: tuple[Box, ...] = ()


@dataclass(frozen=True, slots=True)
class Decoded:
    """An image file as far as it could be read.

    Attributes:
        issue: what is wrong with it, or NONE. A TRUNCATED file has pixels all the same.
        sha256: of the bytes of the file; empty where they could not be read.
        frame: what the header says; None where there is none.
        pixels: (rows, columns, 3) BGR, upright, reduced by the decoder where the format allows; None without a picture.
        thumbnail: the bytes of the file where they are a thumbnail already; else empty.
    """

    issue: ImageIssue
    sha256: bytes = b""
    frame: Frame | None = None
    pixels: NDArray[np.uint8] | None = None
    thumbnail: bytes = b""


def decode_file(path: str, side: int) -> Decoded:
    """Read and decode an image file at a small size whose longer side is about `side` pixels or more."""
    return next(decode_files([(path, side)]))


def decode_files(wanted: Iterable[tuple[str, int]], own_side: int | None = None) -> Iterator[Decoded]:
    """Read and decode image files, each at a small size whose longer side is about what is wanted or more.

    Some are read ahead, and every step is made for all of those: going to and fro costs a third of the time.

    Args:
        wanted: absolute path and side in pixels of each.
        own_side: side for files that can be their own thumbnail; None for no other than that of all.
    """
    waiting: list[tuple[int, bytes | ImageIssue]] = []
    size = 0
    for path, side in wanted:
        data = _read(path)
        waiting.append((side, data))
        size += len(data) if isinstance(data, bytes) else 0
        if size > _READ_AHEAD:
            yield from _decoded(waiting, own_side)
            waiting, size = [], 0
    yield from _decoded(waiting, own_side)


def _read(path: str) -> bytes | ImageIssue:
    try:
        data = read_image(path, MAX_FILE_BYTES)
    except OSError:
        return ImageIssue.UNREADABLE
    return ImageIssue.TOO_LARGE if data is None else data


def _decoded(files: Sequence[tuple[int, bytes | ImageIssue]], own_side: int | None) -> Iterator[Decoded]:
    hashes = [hashlib.sha256(data).digest() if isinstance(data, bytes) else b"" for _side, data in files]
    frames = [frame_in(data) if isinstance(data, bytes) else None for _side, data in files]
    for (side, data), sha256, frame in zip(files, hashes, frames, strict=True):
        if isinstance(data, ImageIssue):
            yield Decoded(data)
        elif frame is None:
            yield Decoded(ImageIssue.NO_IMAGE if data else ImageIssue.EMPTY, sha256)
        elif frame.width * frame.height > MAX_PIXELS:
            yield Decoded(ImageIssue.TOO_LARGE, sha256, frame)
        else:
            yield _with_pixels(data, sha256, frame, side, own_side)


def _with_pixels(data: bytes, sha256: bytes, frame: Frame, side: int, own_side: int | None) -> Decoded:
    is_own = is_own_thumbnail(data, frame, THUMBNAIL_SIDE)
    wanted = own_side if is_own and own_side is not None else side
    pixels = decode_pixels(data, (frame.width, frame.height), wanted)
    if pixels is None:
        return Decoded(ImageIssue.DAMAGED, sha256, frame)
    issue = ImageIssue.TRUNCATED if is_truncated(data) else ImageIssue.NONE
    return Decoded(issue, sha256, frame, turn_upright(pixels, frame.orientation), data if is_own else b"")


def is_truncated(data: bytes) -> bool:
    """Whether a JPEG or PNG ends before its end marker; decoders fill the rest with grey and say nothing.

    The end marker must come after the last scan: a thumbnail within the metadata has an end marker of its own.
    """
    if data.startswith(_JPEG):
        if data.endswith(_JPEG_END):  # as nearly all do: no need to look for the scan through the whole file
            return False
        return data.rfind(_JPEG_END) < data.rfind(_JPEG_SCAN)
    return data.startswith(_PNG) and data.rfind(_PNG_END) < 0

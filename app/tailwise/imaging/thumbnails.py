"""Small upright pictures of items, and where their boxes lie on them.

A camera may store a picture lying on its side and say so in its EXIF tag. Decoders disagree about whether they obey;
we always decode the stored raster and turn it ourselves in one function, and boxes are turned by the same rule.
Finished thumbnails are files in the user's cache folder, never beside the images.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import logging
import os
import threading
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

import platformdirs

from tailwise.imaging.headers import header_in, is_plain_jpeg, is_plain_png, open_image, read_image
from tailwise.imaging.pixels import decode_pixels, encode_jpeg
from tailwise.imaging.scaling import shrunk

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

Box = tuple[float, float, float, float]
"""x, y, width, height; origin top left."""

CACHE_LIMIT_BYTES: Final = 1_000_000_000
MAX_FILE_BYTES: Final = 2_000_000_000
MAX_PIXELS: Final = 200_000_000
_TRIM_TO: Final = 0.8
_OWN_BYTES: Final = 0.25
"""Most bytes per value (3 per pixel) at which a file is its own thumbnail; encoding would give about 0.05."""
_OWN_LEAST: Final = 16_384
"""Bytes that are always few enough for that."""
_LYING: Final = (5, 6, 7, 8)
_SAME_SHAPE: Final = 0.01
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Frame:
    """The raster of an image file as it is stored, in pixels, and the EXIF orientation tag (1..8)."""

    width: int
    height: int
    orientation: int = 1

    @property
    def upright_size(self) -> tuple[int, int]:
        """Width and height in pixels after turning the picture the way it is meant to be seen."""
        return (self.height, self.width) if self.orientation in _LYING else (self.width, self.height)


def read_frame(path: str | BinaryIO) -> Frame | None:
    """Return size and orientation from the header of a file; None when it is missing or no known image."""
    import imagesize

    if isinstance(path, str):
        try:
            with open_image(path) as file:
                return read_frame(file)
        except OSError:
            return None
    try:
        info = imagesize.get_info(path, dpi=False, colors=False, channels=False, exif_rotation=False)
    except (OSError, ValueError):
        return None
    if info.width <= 0 or info.height <= 0:
        return None
    return Frame(info.width, info.height, info.rotation if info.rotation in range(1, 9) else 1)


def frame_in(data: bytes) -> Frame | None:
    """Return what `read_frame` finds, from all bytes of a file; JPEG and PNG take a fifth of its time."""
    header = header_in(data)
    if header is None:
        return read_frame(io.BytesIO(data))
    if header.width <= 0 or header.height <= 0:
        return None
    return Frame(header.width, header.height, header.orientation)


def turn_box(box: Box, frame: Frame) -> Box:
    """Return where a box of the stored raster lies on the upright picture.

    >>> turn_box((0, 0, 10, 4), Frame(64, 32, orientation=6))
    (28, 0, 4, 10)
    """
    x, y, width, height = box
    right, below = frame.width - x - width, frame.height - y - height
    return {
        2: (right, y, width, height),
        3: (right, below, width, height),
        4: (x, below, width, height),
        5: (y, x, height, width),
        6: (below, x, height, width),
        7: (below, right, height, width),
        8: (y, right, height, width),
    }.get(frame.orientation, (x, y, width, height))


def upright_fractions(boxes: Sequence[Box], declared: tuple[int, int], frame: Frame | None) -> tuple[Box, ...]:
    """Return boxes as fractions (0..1) of the upright picture.

    Args:
        boxes: pixels of a raster of the `declared` size.
        declared: width and height the dataset states; (0, 0) when it states none.
        frame: what the header of the file says; None when there is no file.

    The dataset's boxes are taken to lie on the stored raster only when the declared size says so; a dataset that states
    no size, or the turned one, was drawn on the upright picture (formats reference, section 1.2).
    """
    if frame is not None and _is_stored_raster(declared, frame):
        scale_x, scale_y = frame.width / declared[0], frame.height / declared[1]
        boxes = [turn_box((x * scale_x, y * scale_y, w * scale_x, h * scale_y), frame) for x, y, w, h in boxes]
        declared = frame.upright_size
    elif frame is not None and 0 in declared:
        declared = frame.upright_size
    if 0 in declared:
        return ()
    across, down = declared
    return tuple((x / across, y / down, w / across, h / down) for x, y, w, h in boxes)


def _is_stored_raster(declared: tuple[int, int], frame: Frame) -> bool:
    width, height = declared
    if frame.orientation not in _LYING or 0 in declared or frame.width == frame.height:
        return False
    stored, stated = frame.width / frame.height, width / height
    return abs(stored - stated) <= _SAME_SHAPE * stored


def turn_upright(pixels: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """Return a stored raster (rows × columns × channels) turned the way EXIF tag `orientation` asks for."""
    turned = pixels.swapaxes(0, 1) if orientation in _LYING else pixels
    if orientation in {2, 3, 6, 7}:
        turned = turned[:, ::-1]
    if orientation in {3, 4, 7, 8}:
        turned = turned[::-1]
    return turned


def render_thumbnail(path: str, side: int) -> bytes | None:
    """Return the picture in a file as an upright JPEG or PNG whose longer side is at most `side` pixels.

    None when there is no picture to show: the file is missing, cannot be decoded, or holds over `MAX_PIXELS`. Pictures
    smaller than `side` keep their size. A truncated JPEG comes as far as it can be decoded.
    """
    frame = read_frame(path)
    if frame is not None and frame.width * frame.height > MAX_PIXELS:
        return None
    try:
        data = read_image(path, MAX_FILE_BYTES)  # imread cannot open every path on every system
    except OSError:
        return None
    if not data:
        return None
    pixels = decode_pixels(data, (frame.width, frame.height) if frame else (0, 0), side)
    if pixels is None:
        return None
    if frame is not None and is_own_thumbnail(data, frame, side):
        return data
    return encode_jpeg(turn_upright(shrunk(pixels, side), frame.orientation if frame else 1))


def is_own_thumbnail(data: bytes, frame: Frame, side: int) -> bool:
    """Whether a file can be shown as its own thumbnail: a picture no larger than one, and nothing else in the file.

    Encoding it again takes two thirds of the time that decoding took, and nothing would be gained.
    """
    values = 3 * frame.width * frame.height
    return (
        max(frame.width, frame.height) <= side
        and len(data) <= max(_OWN_LEAST, values * _OWN_BYTES)
        and (is_plain_jpeg(data) or is_plain_png(data))
    )


class ThumbnailCache:
    """Thumbnails as files, found by path, size and time of the image; the least recently made go first.

    Safe to delete at any time, and to use from several threads. A folder that cannot be written only costs speed.
    """

    def __init__(self, folder: Path, limit_bytes: int = CACHE_LIMIT_BYTES) -> None:
        self._folder = folder
        self._limit = limit_bytes
        self._lock = threading.Lock()
        self._used: int | None = None

    def get(self, path: str, side: int) -> bytes | None:
        """Return the thumbnail of an image file, rendering it when it is not kept; None as `render_thumbnail`."""
        try:
            facts = Path(path).stat()
        except OSError:
            return None
        kept = self._place(f"{path}\0{facts.st_size}\0{facts.st_mtime_ns}\0{side}")
        try:
            return kept.read_bytes()
        except OSError:
            pass
        made = render_thumbnail(path, side)
        if made is not None:
            self._keep(kept, made)
        return made

    def put(self, path: str, side: int, size_and_time: tuple[int, int], jpeg: bytes) -> None:
        """Keep a thumbnail that was rendered elsewhere from a file of this size (bytes) and time (nanoseconds)."""
        size, time = size_and_time
        self._keep(self._place(f"{path}\0{size}\0{time}\0{side}"), jpeg)

    def _place(self, key: str) -> Path:
        name = hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
        return self._folder / name[:2] / f"{name}.jpg"

    def _keep(self, place: Path, jpeg: bytes) -> None:
        # Written beside its place and moved: another thread never reads half a picture.
        half = place.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            half.write_bytes(jpeg)
            half.replace(place)
        except OSError as error:
            _LOG.info("thumbnail not kept: %s", error.strerror)
            with contextlib.suppress(OSError):
                half.unlink(missing_ok=True)
            return
        with self._lock:
            self._used = self._measure() if self._used is None else self._used + len(jpeg)
            if self._used > self._limit:
                self._used = self._trim()

    def _measure(self) -> int:
        return sum(size for _time, size, _file in self._kept())

    def _kept(self) -> list[tuple[float, int, Path]]:
        kept: list[tuple[float, int, Path]] = []
        for file in self._folder.glob("??/*.jpg"):
            try:
                facts = file.stat()
            except OSError:
                continue  # another process trimmed it
            kept.append((facts.st_mtime, facts.st_size, file))
        return kept

    def _trim(self) -> int:
        kept = sorted(self._kept())
        used = sum(size for _time, size, _file in kept)
        for _time, size, file in kept:
            if used <= self._limit * _TRIM_TO:
                break
            file.unlink(missing_ok=True)
            used -= size
        return used


def user_cache() -> ThumbnailCache:
    """Return the cache in the user's cache folder."""
    return _cache_in(platformdirs.user_cache_path("tailwise", appauthor=False) / "thumbs")


@cache
def _cache_in(folder: Path) -> ThumbnailCache:
    return ThumbnailCache(folder)


def cached_thumbnail(path: str, side: int) -> bytes | None:
    """Return the thumbnail of an image file from the user's cache folder, made when needed; see `render_thumbnail`."""
    return user_cache().get(path, side)


@dataclass(frozen=True, slots=True)
class Picture:
    """An upright picture as bytes of a JPEG or PNG, and the boxes on it as fractions (0..1) of its sides, in order."""

    encoded: bytes
    boxes: tuple[Box | None, ...]


def picture(path: str, declared: tuple[int, int], boxes: Sequence[Box | None], side: int) -> Picture | None:
    """Return a picture with its boxes turned alike; None as `render_thumbnail`.

    Args:
        path: absolute path of the image file.
        declared: width and height the dataset states, (0, 0) when it states none.
        boxes: pixels of a raster of the declared size; None for annotations of the whole item.
        side: most pixels of the longer side.
    """
    encoded = cached_thumbnail(path, side)
    if encoded is None:
        return None
    placed = upright_fractions([box for box in boxes if box is not None], declared, read_frame(path))
    rest = iter(placed)
    return Picture(encoded, tuple(None if box is None else next(rest, None) for box in boxes))

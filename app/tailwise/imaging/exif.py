"""What a camera wrote beside the picture: maker, time, exposure, place. Reads headers only; decodes nothing.

JPEG, PNG and WebP. The block is written by any program and is believed by none here: every offset, count and fraction
is checked, and whatever does not hold together is missing.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Final

from tailwise.domain.capture import ExifFacts
from tailwise.imaging.headers import HEAD_BYTES, jpeg_segments, open_image

if TYPE_CHECKING:
    from pathlib import Path

MAX_BLOCK: Final = 1 << 18
"""Bytes of the largest block that is read; thumbnails inside it lie behind what we look for."""

_MAX_ENTRIES: Final = 512
_MAX_CHUNKS: Final = 200
_MAX_TEXT: Final = 100
_SIZES: Final = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1, 9: 4, 10: 8}
_MAKE, _MODEL, _EXIF_IFD, _GPS_IFD = 271, 272, 34665, 34853
_EXPOSURE, _APERTURE, _ISO, _TAKEN, _OFFSET, _FLASH = 33434, 33437, 34855, 36867, 36881, 37385
_LAT_REF, _LAT, _LON_REF, _LON, _GPS_TIME, _GPS_DATE = 1, 2, 3, 4, 7, 29

Value = str | tuple[float, ...]


@dataclass(frozen=True, slots=True)
class ExifRead:
    """The facts of one file; `is_broken` when there is a block that does not hold together."""

    facts: ExifFacts | None
    is_broken: bool = False


def read_exif(path: Path) -> ExifRead:
    """Read the EXIF block of an image file; a file without one, or that is no such image, has no facts."""
    try:
        with open_image(path) as file:
            block = _block(file, file.read(HEAD_BYTES))
    except OSError:
        return ExifRead(None)
    return parse_exif(block) if block is not None else ExifRead(None)


def parse_exif(block: bytes) -> ExifRead:
    """Read a TIFF-structured block, from its byte-order mark on."""
    order = {b"II": "<", b"MM": ">"}.get(block[:2])
    if order is None or len(block) < 8:
        return ExifRead(None, is_broken=True)
    tiff = _Tiff(block, order)
    main = tiff.directory(tiff.number("I", 4))
    exif, gps = tiff.child(main, _EXIF_IFD), tiff.child(main, _GPS_IFD)
    make, model = _text(main, _MAKE), _text(main, _MODEL)
    flash = _number(exif, _FLASH)
    facts = ExifFacts(
        camera=model if model.casefold().startswith(make.casefold()) else f"{make} {model}".strip(),
        taken=_text(exif, _TAKEN),
        offset=_text(exif, _OFFSET),
        gps_utc=_gps_time(gps),
        flash=None if flash is None else bool(int(flash) & 1),
        exposure_seconds=_number(exif, _EXPOSURE),
        f_number=_number(exif, _APERTURE),
        iso=_number(exif, _ISO),
        latitude=_degrees(gps, _LAT, _LAT_REF, "S", 90),
        longitude=_degrees(gps, _LON, _LON_REF, "W", 180),
    )
    return ExifRead(facts, is_broken=tiff.is_broken)


def _block(file: BinaryIO, head: bytes) -> bytes | None:
    if head.startswith(b"\xff\xd8"):
        for marker, body in jpeg_segments(file, head):
            if marker == 0xE1 and body.startswith(b"Exif\0\0"):
                return body[6:]
        return None
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return _chunk(file, start=8, name=b"eXIf", order=">", name_first=False)
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        found = _chunk(file, start=12, name=b"EXIF", order="<", name_first=True)
        return found.removeprefix(b"Exif\0\0") if found is not None else None
    return None


def _chunk(file: BinaryIO, *, start: int, name: bytes, order: str, name_first: bool) -> bytes | None:
    """Return a chunk of a PNG (length, name, data, checksum) or RIFF file (name, length, data, padding)."""
    for _ in range(_MAX_CHUNKS):
        file.seek(start)
        head = file.read(8)
        if len(head) < 8:
            return None
        found, length = (head[:4], head[4:]) if name_first else (head[4:], head[:4])
        (size,) = struct.unpack(f"{order}I", length)
        if found == name:
            return file.read(min(size, MAX_BLOCK))
        start += 8 + size + (size % 2 if name_first else 4)
    return None


class _Tiff:
    """Directories of tags; anything that points outside the block is left out and remembered as broken."""

    def __init__(self, data: bytes, order: str) -> None:
        self._data, self._order = data[:MAX_BLOCK], order
        self.is_broken = False

    def number(self, kind: str, at: int) -> int:
        return int(struct.unpack_from(f"{self._order}{kind}", self._data, at)[0])

    def child(self, parent: dict[int, Value], tag: int) -> dict[int, Value]:
        pointer = _number(parent, tag)
        return self.directory(int(pointer)) if pointer is not None else {}

    def directory(self, start: int) -> dict[int, Value]:
        if not 8 <= start <= len(self._data) - 2:
            self.is_broken = True
            return {}
        count = self.number("H", start)
        found: dict[int, Value] = {}
        for n in range(min(count, _MAX_ENTRIES)):
            at = start + 2 + 12 * n
            if at + 12 > len(self._data):
                self.is_broken = True
                break
            value = self._value(at)
            if value is not None:
                found[self.number("H", at)] = value
        return found

    def _value(self, at: int) -> Value | None:
        kind, count = self.number("H", at + 2), self.number("I", at + 4)
        size = _SIZES.get(kind, 0) * count
        if not size:
            return None
        start = at + 8 if size <= 4 else self.number("I", at + 8)
        if start + size > len(self._data):
            self.is_broken = True
            return None
        if kind in {2, 7}:
            return self._data[start : start + min(size, _MAX_TEXT)].split(b"\0")[0].decode("utf-8", "replace").strip()
        if count > 16:
            return None
        if kind in {5, 10}:
            code = "I" if kind == 5 else "i"
            pairs = struct.unpack_from(f"{self._order}{2 * count}{code}", self._data, start)
            if any(bottom == 0 for bottom in pairs[1::2]):
                return None
            return tuple(top / bottom for top, bottom in zip(pairs[::2], pairs[1::2], strict=True))
        return struct.unpack_from(f"{self._order}{count}{ {1: 'B', 3: 'H', 4: 'I', 9: 'i'}[kind] }", self._data, start)


def _text(tags: dict[int, Value], tag: int) -> str:
    value = tags.get(tag, "")
    text = value if isinstance(value, str) else ""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _number(tags: dict[int, Value], tag: int) -> float | None:
    value = tags.get(tag)
    return value[0] if isinstance(value, tuple) and value else None


def _degrees(gps: dict[int, Value], tag: int, ref_tag: int, negative: str, limit: float) -> float | None:
    parts = gps.get(tag)
    if not isinstance(parts, tuple) or len(parts) != 3:
        return None
    degrees = parts[0] + parts[1] / 60 + parts[2] / 3600
    if not 0 <= degrees <= limit:
        return None
    return -degrees if _text(gps, ref_tag).upper() == negative else degrees


def _gps_time(gps: dict[int, Value]) -> str:
    day, clock = _text(gps, _GPS_DATE), gps.get(_GPS_TIME)
    if not day or not isinstance(clock, tuple) or len(clock) != 3:
        return ""
    hour, minute, second = (int(part) for part in clock)
    return f"{day} {hour:02d}:{minute:02d}:{second:02d}"

"""The `segmentation` of COCO annotations: what kind it is, whether it can be used, its area and box.

A column of raw JSON values is judged without decoding those that are plainly sound polygons, which nearly all are.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Any, cast

import msgspec
import numpy as np

from tailwise.formats.geometry import Box, Mask, MaskMeasure, is_usable_part, measure_masks, polygon_area, polygon_box

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from tailwise.formats.geometry import Bools, Ints

Parts = list[list[float]]


class _MaskRecord(msgspec.Struct, gc=False):
    counts: list[int] | str
    size: tuple[int, int]


_MASK = msgspec.json.Decoder(_MaskRecord)
_PARTS = msgspec.json.Decoder(Parts)
_ANY = msgspec.json.Decoder()
_MIN_COMMAS = 5  # three points
_SURELY_ENOUGH_BYTES = 130  # five numbers as long as numbers of 64 bits get, which is 24 characters, take less


class Shape(IntEnum):
    """What a segmentation holds. `BLANK` is an empty list, which box-only tools write for every annotation."""

    NONE = 0
    BLANK = 1
    POLYGON = 2
    MASK = 3
    BAD = 4


@dataclass(slots=True)
class Shapes:
    """The segmentations of a run of annotations. `repaired` are rows whose polygon was usable in part only.

    `masks` hold what can be a mask at all; `measures` those of them that were measured.
    """

    kind: bytearray
    raws: Sequence[msgspec.Raw]
    repaired: list[int] = field(default_factory=list[int])
    bad_polygons: list[int] = field(default_factory=list[int])
    masks: dict[int, Mask] = field(default_factory=dict[int, Mask])
    measures: dict[int, MaskMeasure] = field(default_factory=dict[int, MaskMeasure])

    def measure(self, rows: Sequence[int]) -> None:
        """Measure the masks of some rows; those that do not fill their image get no measure."""
        for row, measure in zip(rows, measure_masks([self.masks[row] for row in rows]), strict=True):
            if measure is not None:
                self.measures[row] = measure

    def area(self, row: int) -> float | None:
        """Return the area in pixels of the mask or polygon of a row, None where there is none."""
        if row in self.measures:
            return float(self.measures[row].area)
        parts = self._parts(row)
        return polygon_area(parts) if parts else None

    def box(self, row: int) -> Box | None:
        """Return the box around the mask or polygon of a row, None where there is none."""
        if row in self.measures:
            return self.measures[row].box
        parts = self._parts(row)
        return polygon_box(parts) if parts else None

    def _parts(self, row: int) -> Parts:
        return _usable(_value(bytes(self.raws[row]))) if self.kind[row] == Shape.POLYGON else []


def read_shapes(raws: Sequence[msgspec.Raw]) -> Shapes:
    """Judge the segmentations of a run of annotations; an empty value means that there is none."""
    shapes = Shapes(bytearray(len(raws)), raws)
    if not raws:
        return shapes
    # NUL cannot be part of JSON; two at the end let every row be looked at two bytes deep.
    joined = b"\0".join([*raws, b"\0"])
    data = np.frombuffer(joined, np.uint8)
    starts = np.concatenate(([0], np.flatnonzero(data[:-2] == 0) + 1))
    nested = (data[starts] == ord("[")) & (data[starts + 1] == ord("["))
    others = np.flatnonzero(~nested & (data[starts] != 0)).tolist()
    if _words(data) == sum(_words(np.frombuffer(raws[row], np.uint8)) for row in others):
        sound = nested & _has_only_polygons(joined, starts)
        shapes.kind = bytearray(np.where(sound, Shape.POLYGON, Shape.NONE).astype(np.uint8))
        others = np.flatnonzero(~sound & (data[starts] != 0)).tolist()
    else:
        others = np.flatnonzero(data[starts] != 0).tolist()
    for row in others:
        shapes.kind[row] = _judge(bytes(raws[row]), row, shapes)
    return shapes


def _words(data: npt.NDArray[np.uint8]) -> int:
    """Count what texts, null and true are recognised by."""
    return int(np.count_nonzero(data == ord('"')) + np.count_nonzero(data == ord("u")))


def _has_only_polygons(joined: bytes, starts: Ints) -> Bools:
    """Mark the values that are plainly lists of polygons of three points or more, without decoding them.

    `joined` holds the values one after the other, from `starts` on. Between the ends of two polygons lie at least five
    commas, and one more that parts them; after the last polygon there is nothing but the end of the list.
    """
    found = np.zeros(len(starts), np.bool_)
    ends = np.flatnonzero(np.frombuffer(joined, np.uint8) == ord("]"))
    if not len(ends):
        return found
    owner = np.searchsorted(starts, ends, side="right") - 1
    is_last = np.concatenate((owner[1:] != owner[:-1], [True]))
    is_first = np.concatenate(([True], is_last[:-1]))
    begins = np.where(is_first, starts[owner], np.concatenate(([0], ends[:-1])))
    enough = np.where(is_last, ends - begins == 1, ends - begins > _SURELY_ENOUGH_BYTES)
    # Counted are only the short ones: a third of the time of counting all.
    doubtful = np.flatnonzero(~enough)
    for place, begin, end, wanted in zip(
        doubtful.tolist(),
        begins[doubtful].tolist(),
        ends[doubtful].tolist(),
        np.where(is_last, 0, _MIN_COMMAS + ~is_first)[doubtful].tolist(),
        strict=True,
    ):
        commas = joined.count(b",", begin, end)
        enough[place] = commas >= wanted if wanted else not commas
    found[owner[is_last]] = np.logical_and.reduceat(enough, np.flatnonzero(is_first))
    return found & (np.bincount(owner, minlength=len(starts)) > 1)


def _judge(text: bytes, row: int, shapes: Shapes) -> Shape:
    if text[:1] == b"{":
        try:
            mask = _MASK.decode(text)
        except msgspec.DecodeError:
            return Shape.MASK
        counts = mask.counts.encode("utf-8", "replace") if isinstance(mask.counts, str) else mask.counts
        shapes.masks[row] = Mask(counts, *mask.size)
        return Shape.MASK
    value = _value(text)
    if value is None:
        return Shape.NONE
    if value == []:
        return Shape.BLANK
    usable = _usable(value)
    if not usable:
        shapes.bad_polygons.append(row)
        return Shape.BAD
    if usable != value:
        shapes.repaired.append(row)
    return Shape.POLYGON


def _value(text: bytes) -> object:
    for decoder in (_PARTS, _ANY):  # what does not fit the type may, further on, be no text either
        try:
            return decoder.decode(text)
        except msgspec.ValidationError:
            continue
        except (msgspec.DecodeError, RecursionError):
            break
    return "unreadable"


def _usable(value: object) -> Parts:
    """Return the polygons that have three points or more; a flat list of numbers is one polygon."""
    if not isinstance(value, list):
        return []
    parts = cast("list[Any]", value)
    if parts and not any(isinstance(part, list) for part in parts):
        parts = [parts]
    return [part for part in parts if isinstance(part, list) and is_usable_part(cast("list[Any]", part))]

"""The `segmentation` of COCO annotations: what kind it is, whether it can be used, its area and box.

A column of raw JSON values is judged without decoding those that are plainly one sound polygon, which nearly all are.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Any, cast

import msgspec

from tailwise.formats.geometry import Box, Mask, MaskMeasure, is_usable_part, measure_masks, polygon_area, polygon_box

if TYPE_CHECKING:
    from collections.abc import Sequence

Parts = list[list[float]]

_PARTS = msgspec.json.Decoder(Parts)
_ANY = msgspec.json.Decoder()
_MIN_COMMAS = 5  # three points


class Shape(IntEnum):
    """What a segmentation holds. `BLANK` is an empty list, which box-only tools write for every annotation."""

    NONE = 0
    BLANK = 1
    POLYGON = 2
    MASK = 3
    BAD = 4


@dataclass(slots=True)
class Shapes:
    """The segmentations of a run of annotations. `repaired` are rows whose polygon was usable in part only."""

    kind: bytearray
    raws: Sequence[msgspec.Raw]
    repaired: list[int] = field(default_factory=list[int])
    bad_polygons: list[int] = field(default_factory=list[int])
    masks: dict[int, Mask] = field(default_factory=dict[int, Mask])
    measures: dict[int, MaskMeasure] = field(default_factory=dict[int, MaskMeasure])

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
    kind = shapes.kind
    for row, raw in enumerate(raws):
        text = bytes(raw)
        # `[[` and the first `]` being the last but one: a single part. Counting stops at the fifth comma.
        if text[:2] == b"[[" and text.find(b"]") == len(text) - 2 and len(text.split(b",", _MIN_COMMAS)) > _MIN_COMMAS:
            kind[row] = Shape.POLYGON
        elif text:
            kind[row] = _judge(text, row, shapes)
    if shapes.masks:
        _measure(shapes)
    return shapes


def _judge(text: bytes, row: int, shapes: Shapes) -> Shape:
    value = _value(text)
    if value is None:
        return Shape.NONE
    if value == []:
        return Shape.BLANK
    if isinstance(value, dict):
        mask = _mask(cast("dict[str, Any]", value))
        if mask is not None:
            shapes.masks[row] = mask
        return Shape.MASK
    usable = _usable(value)
    if not usable:
        shapes.bad_polygons.append(row)
        return Shape.BAD
    if usable != value:
        shapes.repaired.append(row)
    return Shape.POLYGON


def _value(text: bytes) -> object:
    try:
        return _PARTS.decode(text)
    except msgspec.ValidationError:
        return _ANY.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return "unreadable"


def _usable(value: object) -> Parts:
    """Return the polygons that have three points or more; a flat list of numbers is one polygon."""
    if not isinstance(value, list):
        return []
    parts = cast("list[Any]", value)
    if parts and not any(isinstance(part, list) for part in parts):
        parts = [parts]
    return [part for part in parts if isinstance(part, list) and is_usable_part(cast("list[Any]", part))]


def _mask(value: dict[str, Any]) -> Mask | None:
    counts, size = value.get("counts"), value.get("size")
    if not isinstance(size, list) or len(cast("list[Any]", size)) != 2:
        return None
    height, width = cast("list[Any]", size)
    if not isinstance(height, int) or not isinstance(width, int):
        return None
    if isinstance(counts, str):
        return Mask(counts.encode("utf-8", "replace"), height, width)
    return Mask(cast("list[int]", counts), height, width) if isinstance(counts, list) else None


def _measure(shapes: Shapes) -> None:
    rows = list(shapes.masks)
    for row, measure in zip(rows, measure_masks([shapes.masks[row] for row in rows]), strict=True):
        if measure is not None:
            shapes.measures[row] = measure

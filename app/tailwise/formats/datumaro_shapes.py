"""Annotations of Datumaro by their type, as boxes and areas in pixels."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tailwise.domain.records import AnnotationFlag, AnnotationKind
from tailwise.formats.drawn_shapes import box_shape, open_shape, paired, points_in, polygon_shape
from tailwise.formats.gathering import WHOLE_ITEM, Shape
from tailwise.formats.geometry import Mask, box_around, measure_masks
from tailwise.formats.json_values import as_list, as_number, as_record, as_share, as_side, records_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from tailwise.formats.json_values import Record

# Plain numbers: arithmetic with members of an IntFlag takes ten times as long.
FLAGS = {
    "is_crowd": int(AnnotationFlag.CROWD),
    "crowd": int(AnnotationFlag.CROWD),
    "occluded": int(AnnotationFlag.OCCLUDED),
    "truncated": int(AnnotationFlag.TRUNCATED),
    "difficult": int(AnnotationFlag.DIFFICULT),
    "is_group_of": int(AnnotationFlag.GROUP_OF),
}
_UNUSABLE_FLAG = int(AnnotationFlag.BAD_GEOMETRY)
IGNORED = frozenset({"caption", "cuboid_3d", "depth", "super_resolution", "tabular", "feature_vector", "hash_key"})
UNUSABLE = "DM-11"


def read_shape(record: Record) -> tuple[Shape, str] | None:
    """Return a shape with flags and score, and the code of its finding (empty for none); None for other types.

    Raises:
        ValueError: its numbers cannot be used.
    """
    read = _READERS.get(str(record.get("type")))
    if read is None:
        return None
    shape = read(record)
    attributes = as_record(record.get("attributes"))
    flags = shape.flags
    for name, value in attributes.items():
        if value is True:
            flags |= FLAGS.get(name, 0)
    code = UNUSABLE if flags & _UNUSABLE_FLAG else ""
    if flags or "score" in attributes:
        shape = shape._replace(flags=flags, score=as_share(attributes.get("score")))
    return shape, code


def _box(record: Record) -> Shape:
    numbers = [as_number(number) for number in as_list(record.get("bbox"))]
    if len(numbers) != 4 or None in numbers:
        raise ValueError("a box of four numbers")
    return box_shape(*(number or 0.0 for number in numbers))


def _polygon(record: Record) -> Shape:
    return polygon_shape(paired(as_list(record.get("points"))))


def _open(record: Record) -> Shape:
    return open_shape(paired(as_list(record.get("points"))))


def _ellipse(record: Record) -> Shape:
    points = paired(as_list(record.get("points")))
    if len(points) != 2:
        raise ValueError("two corners")
    box = box_around(points)
    return Shape(AnnotationKind.POLYGON, box, math.pi * box[2] * box[3] / 4)


def _rotated(record: Record) -> Shape:
    numbers = [as_number(number) for number in as_list(record.get("points"))]
    if len(numbers) != 5 or None in numbers:
        raise ValueError("centre, sides and angle")
    x, y, width, height, degrees = (number or 0.0 for number in numbers)
    cos, sin = abs(math.cos(math.radians(degrees))), abs(math.sin(math.radians(degrees)))
    across, down = width * cos + height * sin, width * sin + height * cos
    return Shape(AnnotationKind.BOX, (x - across / 2, y - down / 2, across, down), max(0.0, width * height))


def _cuboid(record: Record) -> Shape:
    box = box_around(points_in(record.get("points")))
    return Shape(AnnotationKind.BOX, box, box[2] * box[3])


def _skeleton(record: Record) -> Shape:
    return open_shape([p for part in records_in(record.get("elements")) for p in paired(as_list(part.get("points")))])


def _mask(record: Record) -> Shape:
    rle = as_record(record.get("rle"))
    counts, size = rle.get("counts"), [as_side(side) for side in as_list(rle.get("size"))]
    runs = counts.encode("latin-1", "replace") if isinstance(counts, str) else as_list(counts)
    measured = measure_masks([Mask(runs, *size)])[0] if len(size) == 2 else None
    if measured is None:
        return Shape(AnnotationKind.MASK, flags=AnnotationFlag.BAD_GEOMETRY)
    return Shape(AnnotationKind.MASK, measured.box, float(measured.area))


_READERS: dict[str, Callable[[Record], Shape]] = {
    "label": lambda _record: WHOLE_ITEM,
    "bbox": _box,
    "polygon": _polygon,
    "polyline": _open,
    "points": _open,
    "ellipse": _ellipse,
    "rotated_bbox": _rotated,
    "cuboid_2d": _cuboid,
    "skeleton": _skeleton,
    "mask": _mask,
}

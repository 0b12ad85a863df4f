"""Shapes of LabelMe: points of many kinds as boxes and areas in pixels; shapes of one group as one object."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from tailwise.domain.records import AnnotationFlag, AnnotationKind
from tailwise.formats.gathering import Shape
from tailwise.formats.geometry import MAX_COORDINATE_PX, box_around, polygon_area
from tailwise.formats.json_text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable


_FLAGS = {
    "difficult": AnnotationFlag.DIFFICULT,
    "occluded": AnnotationFlag.OCCLUDED,
    "truncated": AnnotationFlag.TRUNCATED,
    "crowd": AnnotationFlag.CROWD,
}
_OPEN = frozenset({"line", "linestrip", "point", "points"})
_LEAST_POINTS = {"rectangle": 2, "circle": 2, "mask": 2, "polygon": 3}


class LabelMeShape(NamedTuple):
    """One shape: class, group (empty for none), geometry, and the code of its finding (empty for none).

    `others` are flags that are set and no property of annotations.
    """

    label: str
    group: str
    shape: Shape
    code: str
    others: tuple[str, ...]


def read_labelme_shape(record: object) -> LabelMeShape | None:
    """Return a shape; None when it has no label, or no points that can be pixels."""
    if not isinstance(record, dict):
        return None
    shape = cast("dict[str, Any]", record)
    label, points = shape.get("label"), _points(shape.get("points"))
    if not isinstance(label, str | int) or not str(label).strip() or not points:
        return None
    kind = shape.get("shape_type") or "polygon"
    geometry, code = _geometry(str(kind), points)
    marks = [name for name, is_set in _entries(shape.get("flags")) if is_set is True]
    flags = 0
    for name in marks:
        flags |= _FLAGS.get(name.lower(), 0)
    group = shape.get("group_id")
    others = tuple(printable(name) for name in marks if name.lower() not in _FLAGS)
    name = printable(str(label)).strip()
    return LabelMeShape(name, "" if group is None else str(group), geometry._replace(flags=flags), code, others)


def merged_groups(shapes: Iterable[LabelMeShape]) -> tuple[list[LabelMeShape], int]:
    """Join shapes of one label and group to one object; return the objects and how many shapes were joined."""
    found: list[LabelMeShape] = []
    place: dict[tuple[str, str], int] = {}
    joined = 0
    for shape in shapes:
        key = shape.label, shape.group
        if shape.group and key in place:
            first = found[place[key]]
            found[place[key]] = first._replace(shape=_joined(first.shape, shape.shape))
            joined += 1
            continue
        if shape.group:
            place[key] = len(found)
        found.append(shape)
    return found, joined


def _joined(one: Shape, other: Shape) -> Shape:
    boxes = [box for box in (one.box, other.box) if box is not None]
    areas = [area for area in (one.area, other.area) if not math.isnan(area)]
    if not boxes:
        return one
    left, top = min(b[0] for b in boxes), min(b[1] for b in boxes)
    right, bottom = max(b[0] + b[2] for b in boxes), max(b[1] + b[3] for b in boxes)
    area = sum(areas) if areas else math.nan
    return one._replace(box=(left, top, right - left, bottom - top), area=area, flags=one.flags | other.flags)


def _geometry(kind: str, points: list[tuple[float, float]]) -> tuple[Shape, str]:
    box = box_around(points)
    if kind in _OPEN:
        return Shape(AnnotationKind.POINT, box if box[2] > 0 and box[3] > 0 else None), ""
    if len(points) < _LEAST_POINTS.get(kind, 3):
        return Shape(AnnotationKind.POLYGON, box, 0.0), "LM-08"
    if kind == "circle":
        (x, y), rim = points[0], points[1]
        radius = math.dist((x, y), rim)
        return Shape(AnnotationKind.POLYGON, (x - radius, y - radius, 2 * radius, 2 * radius), math.pi * radius**2), ""
    if kind == "rectangle":
        return Shape(AnnotationKind.BOX, box, box[2] * box[3]), ""
    if kind == "mask":
        return Shape(AnnotationKind.MASK, box, box[2] * box[3]), "LM-10"
    return Shape(AnnotationKind.POLYGON, box, polygon_area([[n for point in points for n in point]])), ""


def _points(value: object) -> list[tuple[float, float]]:
    """Return the points, none where one of them is unusable."""
    if not isinstance(value, list):
        return []
    found: list[tuple[float, float]] = []
    for point in cast("list[Any]", value):
        if not isinstance(point, list) or len(pair := cast("list[Any]", point)) != 2:
            return []
        if not all(type(number) in {int, float} and abs(number) <= MAX_COORDINATE_PX for number in pair):
            return []
        found.append((float(pair[0]), float(pair[1])))
    return found


def _entries(value: object) -> list[tuple[str, object]]:
    return list(cast("dict[str, object]", value).items()) if isinstance(value, dict) else []


def set_flags(value: object) -> list[str]:
    """Return the names of the flags of an image that are set."""
    return [printable(name) for name, is_set in _entries(value) if is_set is True and name.strip()]

"""Shapes of CVAT for images: boxes, polygons, masks and the rest, as boxes and areas in pixels."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tailwise.domain.records import AnnotationFlag, AnnotationKind
from tailwise.formats.gathering import WHOLE_ITEM, Shape
from tailwise.formats.geometry import MAX_COORDINATE_PX, MAX_SIDE_PX, box_around, polygon_area

if TYPE_CHECKING:
    from collections.abc import Callable
    from xml.etree.ElementTree import Element

    from tailwise.formats.geometry import Box

TAG = "tag"
_AUTOMATIC = "auto"
_MAX_RUNS = 10_000_000


class UnusableShapeError(ValueError):
    """Numbers of a shape are missing, or cannot be pixels; the text says which."""


def read_shape(element: Element) -> tuple[Shape, str] | None:
    """Return a shape and the code of its finding (empty for none); None for an element that is no shape.

    Raises:
        UnusableShapeError: the coordinates cannot be used.
    """
    read = _READERS.get(element.tag)
    if read is None:
        return None
    shape, code = read(element)
    flags = shape.flags
    if element.get("occluded") == "1":
        flags |= AnnotationFlag.OCCLUDED
    if element.get("source", "").lower() == _AUTOMATIC:
        flags |= AnnotationFlag.AUTOMATIC
    return shape._replace(flags=flags), code


def turned_box(box: Box, degrees: float) -> Box:
    """Return the upright box around one that is turned about its centre.

    >>> [round(number, 6) for number in turned_box((10, 10, 20, 10), 90)]
    [15.0, 5.0, 10.0, 20.0]
    """
    x, y, width, height = box
    cos, sin = abs(math.cos(math.radians(degrees))), abs(math.sin(math.radians(degrees)))
    across, down = width * cos + height * sin, width * sin + height * cos
    return x + (width - across) / 2, y + (height - down) / 2, across, down


def _box(element: Element) -> tuple[Shape, str]:
    left, top, right, bottom = (_number(element, name) for name in ("xtl", "ytl", "xbr", "ybr"))
    box, code = (left, top, right - left, bottom - top), ""
    area = max(0.0, box[2]) * max(0.0, box[3])
    degrees = _number(element, "rotation", 0.0)
    if degrees % 180:
        box, code = turned_box(box, degrees), "CV-08"
    return Shape(AnnotationKind.BOX, box, area), code


def _ellipse(element: Element) -> tuple[Shape, str]:
    cx, cy, rx, ry = (_number(element, name) for name in ("cx", "cy", "rx", "ry"))
    angle = math.radians(_number(element, "rotation", 0.0))
    across = math.hypot(rx * math.cos(angle), ry * math.sin(angle))
    down = math.hypot(rx * math.sin(angle), ry * math.cos(angle))
    box = (cx - across, cy - down, 2 * across, 2 * down)
    return Shape(AnnotationKind.POLYGON, box, math.pi * abs(rx * ry)), ""


def _polygon(element: Element) -> tuple[Shape, str]:
    points = _points(element)
    if len(points) < 3:
        raise UnusableShapeError(f"{len(points)} points")
    flat = [number for point in points for number in point]
    return Shape(AnnotationKind.POLYGON, box_around(points), polygon_area([flat])), ""


def _line_or_points(element: Element) -> tuple[Shape, str]:
    return _without_area(_points(element)), ""


def _cuboid(element: Element) -> tuple[Shape, str]:
    x = [_number(element, name) for name in element.keys() if name.startswith("x")]  # noqa: SIM118
    y = [_number(element, name) for name in element.keys() if name.startswith("y")]  # noqa: SIM118
    if len(x) < 2 or len(x) != len(y):
        raise UnusableShapeError("corners are missing")
    box = box_around(list(zip(x, y, strict=True)))
    return Shape(AnnotationKind.BOX, box, box[2] * box[3]), ""


def _skeleton(element: Element) -> tuple[Shape, str]:
    points = [point for part in element.iterfind("points") if part.get("outside") != "1" for point in _points(part)]
    return _without_area(points), "CV-07"


def _mask(element: Element) -> tuple[Shape, str]:
    left, top, width, height = (_number(element, name) for name in ("left", "top", "width", "height"))
    box = (left, top, width, height)
    runs = element.get("rle", "").split(",")
    try:
        counts = [int(run) for run in runs[:_MAX_RUNS]]
    except ValueError:
        counts = []
    if not counts or min(counts) < 0 or sum(counts) != int(width) * int(height) or max(width, height) > MAX_SIDE_PX:
        return Shape(AnnotationKind.MASK, box, max(0.0, width * height), AnnotationFlag.BAD_GEOMETRY), "CV-05"
    return Shape(AnnotationKind.MASK, box, float(sum(counts[1::2]))), ""


def _without_area(points: list[tuple[float, float]]) -> Shape:
    """Return points or a line: a box only where they span one, never an area."""
    if not points:
        raise UnusableShapeError("no points")
    box = box_around(points)
    return Shape(AnnotationKind.POINT, box if box[2] > 0 and box[3] > 0 else None)


def _points(element: Element) -> list[tuple[float, float]]:
    """Return the points of `x,y;x,y;…`."""
    pairs = [pair.split(",") for pair in element.get("points", "").split(";") if pair.strip()]
    if any(len(pair) != 2 for pair in pairs):
        raise UnusableShapeError("a point without two numbers")
    return [(_pixels(x), _pixels(y)) for x, y in pairs]


def _number(element: Element, name: str, default: float | None = None) -> float:
    text = element.get(name)
    if text is None:
        if default is None:
            raise UnusableShapeError(f"{name} is missing")
        return default
    return _pixels(text)


def _pixels(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        raise UnusableShapeError(f"{text[:20]!r} is no number") from None
    if not abs(number) <= MAX_COORDINATE_PX:
        raise UnusableShapeError(f"{text[:20]} can be no pixel")
    return number


_READERS: dict[str, Callable[[Element], tuple[Shape, str]]] = {
    "box": _box,
    "ellipse": _ellipse,
    "polygon": _polygon,
    "polyline": _line_or_points,
    "points": _line_or_points,
    "cuboid": _cuboid,
    "skeleton": _skeleton,
    "mask": _mask,
    TAG: lambda _element: (WHOLE_ITEM, ""),
}

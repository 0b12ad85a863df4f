"""Boxes, polygons and points in pixels as shapes: hull and area from their numbers alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tailwise.domain.records import AnnotationKind
from tailwise.formats.gathering import Shape
from tailwise.formats.geometry import box_around, polygon_area
from tailwise.formats.json_values import as_list, as_number, as_record

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Points = list[tuple[float, float]]


def box_shape(left: float, top: float, width: float, height: float) -> Shape:
    """Return a box with its area, which is none where a side is not positive."""
    return Shape(AnnotationKind.BOX, (left, top, width, height), max(0.0, width) * max(0.0, height))


def polygon_shape(points: Points, holes: Iterable[Points] = ()) -> Shape:
    """Return a polygon; the area of its holes is taken off.

    Raises:
        ValueError: it has fewer than three points.
    """
    if len(points) < 3:
        raise ValueError(f"{len(points)} points")
    area = polygon_area([flat(points)]) - sum(polygon_area([flat(hole)]) for hole in holes if len(hole) > 2)
    return Shape(AnnotationKind.POLYGON, box_around(points), max(0.0, area))


def open_shape(points: Points) -> Shape:
    """Return points or a line: a box only where they span one, never an area.

    Raises:
        ValueError: there are no points.
    """
    if not points:
        raise ValueError("no points")
    box = box_around(points)
    return Shape(AnnotationKind.POINT, box if box[2] > 0 and box[3] > 0 else None)


def flat(points: Points) -> list[float]:
    """Return `x1, y1, x2, y2, …`."""
    return [number for point in points for number in point]


def points_in(value: object) -> Points:
    """Return points written as pairs or as objects with `x` and `y`.

    Raises:
        ValueError: one of them has no two numbers.
    """
    found: Points = []
    for point in as_list(value):
        members = as_record(point)
        pair = [members.get("x"), members.get("y")] if members else as_list(point)[:2]
        numbers = [number for part in pair if (number := as_number(part)) is not None]
        if len(numbers) != 2:
            raise ValueError("a point without two numbers")
        found.append((numbers[0], numbers[1]))
    return found


def paired(numbers: Sequence[object]) -> Points:
    """Return the points of `x1, y1, x2, y2, …`.

    Raises:
        ValueError: they are no pairs of numbers.
    """
    if len(numbers) % 2:
        raise ValueError("an odd count of numbers")
    return points_in([[x, y] for x, y in zip(numbers[::2], numbers[1::2], strict=True)])

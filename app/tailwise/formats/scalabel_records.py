"""Frames of BDD100K and Scalabel: labels as shapes, boxes inclusive of their last pixel, attributes as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, cast

from tailwise.domain.records import AnnotationFlag, AnnotationKind
from tailwise.formats.gathering import WHOLE_ITEM, Shape
from tailwise.formats.geometry import MAX_COORDINATE_PX, MAX_SIDE_PX, Mask, measure_masks, polygon_area
from tailwise.formats.json_text import printable

if TYPE_CHECKING:
    from tailwise.formats.geometry import Box

MISSING_VALUES = frozenset({"", "undefined", "none", "na"})
_FLAGS = {
    "occluded": AnnotationFlag.OCCLUDED,
    "truncated": AnnotationFlag.TRUNCATED,
    "crowd": AnnotationFlag.CROWD,
}


class Label(NamedTuple):
    """One label: its class, its shape, the code of a finding (empty for none), and attributes that are no flags."""

    category: str
    shape: Shape
    code: str
    attributes: list[tuple[str, str]]


def read_label(record: object) -> Label | None:
    """Return a label; None when it names no category."""
    if not isinstance(record, dict):
        return None
    label = cast("dict[str, Any]", record)
    category = label.get("category")
    if not isinstance(category, str) or not category.strip():
        return None
    attributes = text_attributes(label.get("attributes"))
    flags = 0
    others: list[tuple[str, str]] = []
    for name, value in attributes:
        flag = _FLAGS.get(name.casefold())
        if flag is None:
            others.append((name, value))
        elif value == "true":
            flags |= flag
    if label.get("manualShape") is False:
        flags |= AnnotationFlag.AUTOMATIC
    shape, code = _shape(label)
    score: Any = label.get("score")
    score = float(score) if type(score) in {int, float} and 0 <= score <= 1 else None
    return Label(printable(category).strip(), shape._replace(flags=shape.flags | flags, score=score), code, others)


def text_attributes(value: object) -> list[tuple[str, str]]:
    """Return attributes as pairs of text; what stands for a missing value is left out."""
    if not isinstance(value, dict):
        return []
    found: list[tuple[str, str]] = []
    for name, content in cast("dict[str, object]", value).items():
        for one in cast("list[object]", content) if isinstance(content, list) else [content]:
            if isinstance(one, bool):
                text = "true" if one else "false"
            elif isinstance(one, str | int | float):
                text = printable(str(one)).strip()
            else:
                continue
            if text.casefold() not in MISSING_VALUES and name.strip():
                found.append((printable(name).strip(), text))
    return found


def read_size(value: object) -> tuple[int, int]:
    """Return width and height in pixels, zeros where there are none."""
    size = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
    width, height = (size.get(name) for name in ("width", "height"))
    if isinstance(width, int) and isinstance(height, int) and 0 < width <= MAX_SIDE_PX and 0 < height <= MAX_SIDE_PX:
        return width, height
    return 0, 0


def _shape(label: dict[str, Any]) -> tuple[Shape, str]:
    box = label.get("box2d")
    polygons = _polygons(label.get("poly2d"))
    rle = label.get("rle")
    if isinstance(box, dict):
        corners = cast("dict[str, Any]", box)
        found = _box([corners.get(name) for name in ("x1", "y1", "x2", "y2")])
        if found is not None:
            area = sum(polygon_area([part]) for part, is_closed in polygons if is_closed)
            kind = AnnotationKind.POLYGON if area > 0 else AnnotationKind.BOX
            return Shape(kind, found, area or max(0.0, found[2]) * max(0.0, found[3])), ""
        if not polygons and not isinstance(rle, dict):
            return WHOLE_ITEM, "BD-10"
    if isinstance(rle, dict):
        return _mask(cast("dict[str, Any]", rle))
    if polygons:
        return _from_polygons(polygons), ""
    if isinstance(label.get("box3d"), dict):
        return WHOLE_ITEM, "BD-11"
    return WHOLE_ITEM, "" if label.get("poly2d") is None else "BD-10"


def _box(corners: list[object]) -> Box | None:
    """Return the box of the first and last pixel in it: a box from 3 to 3 is one pixel wide."""
    if not all(type(c) in {int, float} and abs(cast("float", c)) <= MAX_COORDINATE_PX for c in corners):
        return None
    left, top, right, bottom = (float(cast("float", corner)) for corner in corners)
    return left, top, right - left + 1, bottom - top + 1


def _mask(rle: dict[str, Any]) -> tuple[Shape, str]:
    counts, size = rle.get("counts"), rle.get("size")
    usable = isinstance(counts, str) and counts.isascii() and isinstance(size, list)
    sides = cast("list[Any]", size) if usable else []
    if len(sides) != 2 or not all(isinstance(side, int) for side in sides):
        return WHOLE_ITEM, "BD-10"
    measure = measure_masks([Mask(cast("str", counts).encode(), sides[0], sides[1])])[0]
    if measure is None:
        return WHOLE_ITEM, "BD-10"
    return Shape(AnnotationKind.MASK, measure.box, float(measure.area)), ""


def _from_polygons(polygons: list[tuple[list[float], bool]]) -> Shape:
    x = [number for part, _ in polygons for number in part[0::2]]
    y = [number for part, _ in polygons for number in part[1::2]]
    box = min(x), min(y), max(x) - min(x), max(y) - min(y)
    closed = [part for part, is_closed in polygons if is_closed]
    if closed:
        return Shape(AnnotationKind.POLYGON, box, polygon_area(closed))
    return Shape(AnnotationKind.POINT, box if box[2] > 0 and box[3] > 0 else None)  # a line, such as a lane marking


def _polygons(value: object) -> list[tuple[list[float], bool]]:
    """Return the parts as flat coordinates, each with whether it is closed; older files hold plain lists of points."""
    found: list[tuple[list[float], bool]] = []
    for part in cast("list[Any]", value) if isinstance(value, list) else []:
        is_object = isinstance(part, dict)
        vertices = part.get("vertices") if is_object else part
        is_closed = bool(part.get("closed", True)) if is_object else True
        flat: list[float] = []
        for vertex in cast("list[Any]", vertices) if isinstance(vertices, list) else []:
            pair = cast("list[Any]", vertex)[:2] if isinstance(vertex, list) else []
            if len(pair) == 2 and all(type(n) in {int, float} and abs(n) <= MAX_COORDINATE_PX for n in pair):
                flat += [float(pair[0]), float(pair[1])]
        if len(flat) >= 6 or (len(flat) >= 2 and not is_closed):
            found.append((flat, is_closed))
    return found

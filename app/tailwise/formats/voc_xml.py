"""One Pascal VOC annotation file: image size, names and objects, as far as they can be understood."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tailwise.domain.records import AnnotationFlag
from tailwise.formats.geometry import polygon_area
from tailwise.formats.json_text import printable
from tailwise.formats.voc_file import TRUE_WORDS, VocFile, VocObject, number, side
from tailwise.formats.voc_plain import read_plain_voc
from tailwise.formats.xml_text import child_text, parse_xml

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from tailwise.formats.geometry import Box

ROOT = "annotation"
_FLAGS = (
    ("difficult", AnnotationFlag.DIFFICULT),
    ("truncated", AnnotationFlag.TRUNCATED),
    ("occluded", AnnotationFlag.OCCLUDED),
)
_CORNERS = ("xmin", "ymin", "xmax", "ymax")


def read_voc(data: bytes, encoding: str = "") -> VocFile | None:
    """Read the bytes of an annotation file; None when the document is something else.

    Coordinates are taken as they are written: whether they begin at 0 or at 1 is not known.

    Raises:
        XmlRefusedError: the document cannot be parsed, or is dangerous to parse.
    """
    plain = read_plain_voc(data)
    return plain if plain is not None else parse_voc(data, encoding)


def parse_voc(data: bytes, encoding: str = "") -> VocFile | None:
    """Read an annotation file of any form; arguments, result and errors are those of `read_voc`."""
    root = parse_xml(data, encoding)
    if root.tag != ROOT:
        return None
    file = VocFile(file_name=printable(child_text(root, "filename")), has_path=bool(child_text(root, "path")))
    size = root.find("size")
    if size is not None:
        file.width, file.height = side(child_text(size, "width")), side(child_text(size, "height"))
    for element in root.iterfind("object"):
        name = printable(child_text(element, "name"))
        if name:
            file.objects.append(_object(element, name))
        else:
            file.nameless += 1
    return file


def _object(element: Element, name: str) -> VocObject:
    flags = 0
    for tag, flag in _FLAGS:
        if child_text(element, tag).lower() in TRUE_WORDS:
            flags |= flag
    score = number(child_text(element, "score") or child_text(element, "confidence"))
    box, origin, area = _box(element)
    return VocObject(name, flags, box, origin, area, math.nan if score is None or not 0 <= score <= 1 else score)


def _box(element: Element) -> tuple[Box | None, str, float]:
    corners = element.find("bndbox")
    if corners is not None:
        left, top, right, bottom = (number(child_text(corners, tag)) for tag in _CORNERS)
        if left is None or top is None or right is None or bottom is None:
            return None, "unusable", math.nan
        origin = "reversed" if right < left or bottom < top else "box"
        box = _between([left, right], [top, bottom])
        return box, origin, box[2] * box[3]
    polygon = element.find("polygon")
    if polygon is not None:
        x, y = _points(polygon)
        if not x:
            return None, "unusable", math.nan
        return _between(x, y), "polygon", polygon_area([[n for point in zip(x, y, strict=True) for n in point]])
    rotated = element.find("robndbox")
    return _around_rotated(rotated) if rotated is not None else (None, "none", math.nan)


def _between(x: list[float], y: list[float]) -> Box:
    return min(x), min(y), max(x) - min(x), max(y) - min(y)


def _points(polygon: Element) -> tuple[list[float], list[float]]:
    """Return the points of a polygon as LabelMe (`pt/x`) and Roboflow (`x1`, `y1`, `x2`, …) write them."""
    x = [number(element.text or "") for element in polygon.iter() if element.tag.rstrip("0123456789") == "x"]
    y = [number(element.text or "") for element in polygon.iter() if element.tag.rstrip("0123456789") == "y"]
    known_x, known_y = [n for n in x if n is not None], [n for n in y if n is not None]
    if len(known_x) < 3 or len(known_x) != len(x) or len(known_y) != len(y) or len(x) != len(y):
        return [], []
    return known_x, known_y


def _around_rotated(element: Element) -> tuple[Box | None, str, float]:
    """Return the upright box around one of roLabelImg: centre, size, and an angle in radians about the centre."""
    cx, cy, width, height, angle = (number(child_text(element, tag)) for tag in ("cx", "cy", "w", "h", "angle"))
    if cx is None or cy is None or width is None or height is None or angle is None:
        return None, "unusable", math.nan
    across = abs(width * math.cos(angle)) + abs(height * math.sin(angle))
    down = abs(width * math.sin(angle)) + abs(height * math.cos(angle))
    return (cx - across / 2, cy - down / 2, across, down), "rotated", abs(width * height)

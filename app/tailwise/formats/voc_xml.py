"""One Pascal VOC annotation file as plain values: lenient about what real files get wrong, saying what that was."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.etree.ElementTree import ParseError

import defusedxml.ElementTree
from defusedxml import DefusedXmlException

from tailwise.domain.records import AnnotationFlag

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

Box = tuple[float, float, float, float]

ROOT_TAG = "annotation"
_FLAGS = {
    "difficult": AnnotationFlag.DIFFICULT,
    "truncated": AnnotationFlag.TRUNCATED,
    "occluded": AnnotationFlag.OCCLUDED,
}
_POINT = re.compile(r"^([xy])(\d*)$")


@dataclass(slots=True)
class VocObject:
    """One `object`. `box` is x, y, width, height in pixels as written, without any shift; None where there is none."""

    name: str
    box: Box | None
    flags: int = 0
    is_polygon: bool = False


@dataclass(slots=True)
class VocFile:
    """One annotation file. `problems` pairs a code of the formats reference with what was seen.

    `error` is set, and the rest empty, when the file could not be read as VOC at all.
    """

    filename: str = ""
    size: tuple[int, int] = (0, 0)
    objects: list[VocObject] = field(default_factory=list[VocObject])
    problems: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    has_local_path: bool = False
    error: str = ""


def parse_voc(data: bytes) -> VocFile:
    """Parse the bytes of one file; never raises for bad content.

    Document type definitions are refused: VOC needs none, and they can make a small file expand without end.
    """
    found = VocFile()
    try:
        root: Element = defusedxml.ElementTree.fromstring(data, forbid_dtd=True)
    except DefusedXmlException:
        found.error = "the file has a document type definition (DTD)"
        return found
    except ParseError as error:
        line, column = error.position
        found.error = f"line {line}, column {column}: {error.msg.partition(':')[0]}"
        return found
    except (ValueError, LookupError, RecursionError) as error:
        found.error = str(error)
        return found
    if root.tag != ROOT_TAG:
        found.error = f"the file begins with <{root.tag}>, not <{ROOT_TAG}>"
        return found
    found.filename = _text(root, "filename")
    found.has_local_path = bool(_text(root, "path"))
    found.size = _size(root.find("size"))
    for number, element in enumerate(root.iter("object"), 1):
        _add_object(found, element, number)
    return found


def _add_object(found: VocFile, element: Element, number: int) -> None:
    name = _text(element, "name")
    if not name:
        found.problems.append(("VO-07", f"object {number} has no name"))
        return
    flags = 0
    for tag, flag in _FLAGS.items():
        if _text(element, tag).lower() in {"1", "true", "yes"}:
            flags |= flag
    box, is_polygon = _box(found, element, name, number)
    if box is not None and (box[2] <= 0 or box[3] <= 0):
        flags |= AnnotationFlag.DEGENERATE
        found.problems.append(("VO-04b", f"object {number} ({name}) {box[2]:g} × {box[3]:g} px"))
    found.objects.append(VocObject(name, box, flags, is_polygon))


def _box(found: VocFile, element: Element, name: str, number: int) -> tuple[Box | None, bool]:
    bndbox = element.find("bndbox")
    if bndbox is None:
        points = _polygon(element.find("polygon"))
        found.problems.append(("VO-07b", f"object {number} ({name}) has no bndbox"))
        if len(points) < 3:
            return None, False
        xs, ys = [p[0] for p in points], [p[1] for p in points]
        return (min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)), True
    sides = [_number(_text(bndbox, tag)) for tag in ("xmin", "ymin", "xmax", "ymax")]
    if any(side is None for side in sides):
        found.problems.append(("VO-05", f"object {number} ({name}) has a box that is not four numbers"))
        return None, False
    left, top, right, bottom = (side for side in sides if side is not None)
    if left > right or top > bottom:
        found.problems.append(("VO-04", f"object {number} ({name}) {left:g}, {top:g}, {right:g}, {bottom:g}"))
        left, right = min(left, right), max(left, right)
        top, bottom = min(top, bottom), max(top, bottom)
    return (left, top, right - left, bottom - top), False


def _polygon(element: Element | None) -> list[tuple[float, float]]:
    """Read `<pt><x/><y/></pt>` or numbered `<x1/><y1/>` points."""
    if element is None:
        return []
    values: dict[tuple[int, str], float] = {}
    for position, child in enumerate(element):
        nested = list(child)
        for leaf in nested or [child]:
            matched = _POINT.match(leaf.tag)
            value = _number((leaf.text or "").strip())
            if matched and value is not None:
                values[position if nested else int(matched[2] or 0), matched[1]] = value
    numbers = sorted({key for key, _ in values})
    return [(values[n, "x"], values[n, "y"]) for n in numbers if (n, "x") in values and (n, "y") in values]


def _size(element: Element | None) -> tuple[int, int]:
    if element is None:
        return 0, 0
    sides = [_number(_text(element, tag)) for tag in ("width", "height")]
    width, height = (int(side) if side is not None and 0 < side < 2**31 else 0 for side in sides)
    return (width, height) if width and height else (0, 0)


def _text(element: Element, tag: str) -> str:
    child = element.find(tag)
    return (child.text or "").strip() if child is not None else ""


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and abs(value) < 1e9 else None

"""Polygons, masks and turned boxes of chosen images of CVAT files, in one pass over each file."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from tailwise.formats.cvat_shapes import UnusableShapeError, read_shape
from tailwise.formats.drawn_rings import ellipse_ring, masked, ring_of, turned_ring
from tailwise.formats.shapes import ShapeQuery, ShapeSource, SourceShape
from tailwise.formats.xml_stream import children_of_root
from tailwise.formats.xml_text import XmlRefusedError
from tailwise.ops.progress import SILENT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from xml.etree.ElementTree import Element

    from tailwise.formats.shapes import Floats

_ROOT = "annotations"
_NUMBERS = frozenset({"cx", "cy", "rx", "ry", "rotation", "xtl", "ytl", "xbr", "ybr"})


def read_cvat_shapes(source: ShapeSource, items: Sequence[ShapeQuery]) -> list[list[SourceShape]]:
    """Return the shapes of every item; see `read_shapes`."""
    found: list[list[SourceShape]] = [[] for _ in items]
    for number, name in enumerate(source.files):
        # An image is known by its number in the file; a frame of a video by its own.
        places = {item.ext_id: i for i, item in enumerate(items) if item.file in {number, -1} and item.ext_id}
        if not places:
            continue
        try:
            for element in children_of_root(source.root / name, name, _ROOT, SILENT):
                if element.tag == "image":
                    _take(list(element), places.get(element.get("id", "")), items, found)
                elif element.tag == "track":
                    for shape in element:
                        if shape.get("outside") != "1":
                            _take([shape], places.get(shape.get("frame", "")), items, found)
        except (XmlRefusedError, OSError):
            continue  # gone or changed since: the boxes of the project remain
    return found


def _take(
    elements: Sequence[Element], place: int | None, items: Sequence[ShapeQuery], found: list[list[SourceShape]]
) -> None:
    if place is None:
        return
    shapes = (_shape(element, items[place].size) for element in elements)
    found[place] += [shape for shape in shapes if shape is not None]


def _shape(element: Element, size: tuple[int, int]) -> SourceShape | None:
    """Return what is drawn, with the box that the reader stored; None for a plain box or nothing usable."""
    try:
        read = read_shape(element)
    except UnusableShapeError:
        return None
    box = read[0].box if read is not None else None
    if box is None:
        return None
    if element.tag == "mask":
        return _mask(element, box, size)
    ring = _ring(element)
    return SourceShape(box, (ring,), is_box=element.tag == "box") if ring is not None else None


def _ring(element: Element) -> Floats | None:
    if element.tag == "polygon":
        pairs = [pair.split(",") for pair in element.get("points", "").split(";") if pair.strip()]
        return ring_of([(float(x), float(y)) for x, y in pairs])
    numbers = {key: float(value) for key, value in element.items() if key in _NUMBERS}
    degrees = numbers.get("rotation", 0.0)
    if element.tag == "ellipse":
        return ellipse_ring((numbers["cx"], numbers["cy"]), (numbers["rx"], numbers["ry"]), degrees)
    if element.tag == "box" and not math.isclose(degrees % 180, 0):
        left, top, right, below = (numbers[key] for key in ("xtl", "ytl", "xbr", "ybr"))
        return turned_ring(((left + right) / 2, (top + below) / 2), (right - left, below - top), degrees)
    return None


def _mask(element: Element, box: tuple[float, float, float, float], size: tuple[int, int]) -> SourceShape | None:
    """Return a mask whose runs go along the rows of its window, as one over the image, down its columns."""
    left, top, across, down = (int(v) for v in box)
    try:
        runs = np.array([int(run) for run in element.get("rle", "").split(",")], np.int64)
    except ValueError:
        return None
    if runs.min() < 0 or runs.sum() != across * down:
        return None
    window = np.repeat((np.arange(len(runs)) % 2).astype(np.uint8), runs).reshape(down, across)
    return masked(window, (left, top), size, box)

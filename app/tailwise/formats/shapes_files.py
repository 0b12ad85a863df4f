"""Shapes of one image from the file beside it: polygons of YOLO label files, boxes of Pascal VOC."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tailwise.formats.geometry import MAX_COORDINATE_PX
from tailwise.formats.shapes import ShapeQuery, ShapeSource, SourceShape
from tailwise.formats.xml_text import XmlRefusedError, parse_xml
from tailwise.formats.yolo_files import float_is_index

if TYPE_CHECKING:
    from pathlib import Path
    from xml.etree.ElementTree import Element

    from numpy.typing import NDArray

_MAX_BYTES = 16_000_000
_LEAST_POINTS = 3
_LEAST_TOKENS = 1 + 2 * _LEAST_POINTS  # class index and points


def read_yolo_shapes(source: ShapeSource, item: ShapeQuery) -> list[SourceShape]:
    """Return the polygons of an image, in pixels of `item.size`; lines that are boxes are passed over."""
    width, height = item.size
    if not width or not height:
        return []
    for place in _label_places(source, item.file_name):
        try:
            if place.stat().st_size > _MAX_BYTES:
                return []
            text = place.read_text(encoding="utf-8-sig", errors="replace")
        except OSError:
            continue
        lines = (line.replace(",", " ").replace(";", " ").split() for line in text.splitlines())
        shapes = (_polygon(tokens, (width, height)) for tokens in lines)
        return [shape for shape in shapes if shape is not None]
    return []


def _label_places(source: ShapeSource, file_name: str) -> list[Path]:
    """Return where the label file of an image may lie: where trainers look, beside it, in a `labels` folder below.

    The folder that was answered for the key `labels` comes first.
    """
    stem, dot, _suffix = file_name.rpartition(".")
    base = stem if dot else file_name
    folder, _, name = base.rpartition("/")
    places: list[str] = []
    if source.answers.get("labels"):
        places.append(f"{source.answers['labels']}/{name}")
    parts = f"/{base}".split("/")
    if "images" in parts:
        last = len(parts) - 1 - parts[::-1].index("images")
        places.append("/".join([*parts[:last], "labels", *parts[last + 1 :]]).lstrip("/"))
    places += [base, f"{folder}/labels/{name}" if folder else f"labels/{name}", f"labels/{base}"]
    return [source.root.joinpath(*f"{place}.txt".split("/")) for place in dict.fromkeys(places)]


def _polygon(tokens: list[str], size: tuple[int, int]) -> SourceShape | None:
    """Return the polygon of a line: a class index, then an even count of shares, three points or more."""
    if len(tokens) < _LEAST_TOKENS or len(tokens) % 2 == 0 or not float_is_index(tokens[0]):
        return None
    try:
        ring = np.array([float(t) for t in tokens[1:]], np.float64).reshape(-1, 2)
    except ValueError:
        return None
    if not np.isfinite(ring).all() or np.abs(ring).max() > 10:
        return None
    ring *= size
    return SourceShape(_around(ring), (ring,))


def read_voc_shapes(source: ShapeSource, item: ShapeQuery) -> list[SourceShape]:
    """Return the boxes and polygons of the XML file of an image."""
    for place in _xml_places(source, item.file_name):
        try:
            if place.stat().st_size > _MAX_BYTES:
                return []
            root = parse_xml(place.read_bytes(), source.answers.get("encoding", ""))
        except OSError:
            continue
        except XmlRefusedError:
            return []
        return [shape for element in root.iterfind("object") if (shape := _voc_shape(element)) is not None]
    return []


def _xml_places(source: ShapeSource, file_name: str) -> list[Path]:
    """Return where the annotation file of an image may lie: beside it, or in `Annotations` beside its folder."""
    stem, dot, _suffix = file_name.rpartition(".")
    folder, _, name = (stem if dot else file_name).rpartition("/")
    above = folder.rpartition("/")[0]
    folders = (folder, f"{above}/Annotations", f"{folder}/Annotations", f"{above}/annotations", f"{folder}/annotations")
    places = dict.fromkeys(f"{f}/{name}.xml".lstrip("/") for f in folders)
    return [source.root.joinpath(*place.split("/")) for place in places]


def _voc_shape(element: Element) -> SourceShape | None:
    polygon = element.find("polygon")
    if polygon is not None:
        along, down = ([_pixels(e) for e in polygon.iter() if e.tag.rstrip("0123456789") == axis] for axis in "xy")
        if len(along) >= _LEAST_POINTS and len(along) == len(down) and np.isfinite([*along, *down]).all():
            ring = np.array([along, down], np.float64).T
            return SourceShape(_around(ring), (ring,))
    corners = element.find("bndbox")
    if corners is None:
        return None
    left, top, right, below = (_pixels(corners.find(tag)) for tag in ("xmin", "ymin", "xmax", "ymax"))
    if not np.isfinite([left, top, right, below]).all():
        return None
    return SourceShape((min(left, right), min(top, below), abs(right - left), abs(below - top)))


def _pixels(element: Element | None) -> float:
    """Return the number in an element, NaN where there is none."""
    try:
        value = float((element.text or "") if element is not None else "")
    except ValueError:
        return float("nan")
    return value if abs(value) <= MAX_COORDINATE_PX else float("nan")


def _around(ring: NDArray[np.float64]) -> tuple[float, float, float, float]:
    low, high = ring.min(axis=0), ring.max(axis=0)
    return float(low[0]), float(low[1]), float(high[0] - low[0]), float(high[1] - low[1])

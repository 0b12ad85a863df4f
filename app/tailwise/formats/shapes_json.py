"""Polygons and masks of chosen images of LabelMe and Supervisely, which keep one JSON file per image."""

from __future__ import annotations

import base64
import math
from typing import TYPE_CHECKING, Any, cast

import msgspec
import numpy as np

from tailwise.domain.errors import UserError
from tailwise.formats.drawn_rings import ellipse_ring, masked, ring_of, with_holes
from tailwise.formats.drawn_shapes import points_in
from tailwise.formats.geometry import MAX_SIDE_PX, box_around, painted_box
from tailwise.formats.json_files import JsonRefusedError, read_json_file
from tailwise.formats.json_values import Record, as_list, as_number, as_record, as_text, records_in
from tailwise.formats.labelme_shapes import read_labelme_shape
from tailwise.formats.png_bits import painted_pixels
from tailwise.formats.shapes import ShapeQuery, ShapeSource, SourceShape
from tailwise.formats.supervisely_shapes import unpacked_bitmap

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tailwise.formats.shapes import Floats

_DECODER = msgspec.json.Decoder(dict[str, Any])
_ANN, _IMG = "ann", "img"
_LABELME_FOLDERS = ("", "annotations", "labels", "json", "label", "jsons")


def read_labelme_shapes(source: ShapeSource, items: Sequence[ShapeQuery]) -> list[list[SourceShape]]:
    """Return the shapes of every item; see `read_shapes`."""
    return _read(source, items, _labelme_places, _of_labelme)


def read_supervisely_shapes(source: ShapeSource, items: Sequence[ShapeQuery]) -> list[list[SourceShape]]:
    """Return the shapes of every item; see `read_shapes`."""
    return _read(source, items, _supervisely_places, _of_supervisely)


def _read(
    source: ShapeSource,
    items: Sequence[ShapeQuery],
    places: Callable[[ShapeQuery], list[str]],
    shapes: Callable[[Record, ShapeQuery], list[SourceShape]],
) -> list[list[SourceShape]]:
    found: list[list[SourceShape]] = []
    elsewhere: dict[str, Path | None] | None = None
    for item in items:
        paths = [path for place in places(item) if (path := source.root.joinpath(*place.split("/"))).is_file()]
        if not paths:
            elsewhere = _by_stem(source.root) if elsewhere is None else elsewhere
            paths = [path for path in (elsewhere.get(item.ext_id),) if path is not None]
        found.append(shapes(_document(paths[0], source), item) if paths else [])
    return found


def _by_stem(root: Path) -> dict[str, Path | None]:
    """Return every JSON file by its stem, None where several have it."""
    found: dict[str, Path | None] = {}
    for path in root.rglob("*.json"):
        found[path.stem] = None if path.stem in found else path
    return found


def _document(path: Path, source: ShapeSource) -> Record:
    try:
        return read_json_file(path, path.name, _DECODER, source.answers) or {}
    except (JsonRefusedError, UserError):
        return {}  # gone or changed since: the boxes of the project remain


# LabelMe


def _labelme_places(item: ShapeQuery) -> list[str]:
    folder = item.file_name.rpartition("/")[0]
    above = folder.rpartition("/")[0]
    folders = dict.fromkeys(
        "/".join(part for part in (base, name) if part) for base in (folder, above) for name in _LABELME_FOLDERS
    )
    return ["/".join(part for part in (f, f"{item.ext_id}.json") if part) for f in folders]


def _of_labelme(document: Record, item: ShapeQuery) -> list[SourceShape]:
    """Return single shapes, and shapes of one label and group joined to one as the reader joins them."""
    joined: dict[tuple[str, str], list[Floats]] = {}
    found: list[SourceShape] = []
    for record in records_in(document.get("shapes")):
        read = read_labelme_shape(record)
        if read is None or read.shape.box is None:
            continue
        kind = record.get("shape_type") or "polygon"
        if kind == "mask":
            shape = _labelme_mask(record, read.shape.box, item.size)
            found += [shape] if shape is not None else []
            continue
        ring = _labelme_ring(kind, points_in(record.get("points")), read.shape.box)
        if ring is None:
            continue
        if read.group:
            joined.setdefault((read.label, read.group), []).append(ring)
        elif kind != "rectangle":
            found.append(SourceShape(read.shape.box, (ring,)))
    for rings in joined.values():
        points = cast("list[tuple[float, float]]", np.concatenate(rings).tolist())
        found.append(SourceShape(box_around(points), tuple(rings)))
    return found


def _labelme_ring(
    kind: object, points: list[tuple[float, float]], box: tuple[float, float, float, float]
) -> Floats | None:
    if kind == "polygon":
        return ring_of(points)
    if kind == "circle":
        radius = math.dist(points[0], points[1])
        return ellipse_ring(points[0], (radius, radius))
    if kind == "rectangle":
        x, y, width, height = box
        return ring_of([(x, y), (x + width, y), (x + width, y + height), (x, y + height)])
    return None


def _labelme_mask(record: Record, box: tuple[float, float, float, float], size: tuple[int, int]) -> SourceShape | None:
    try:
        window = painted_pixels(base64.b64decode(as_text(record.get("mask")), validate=True), MAX_SIDE_PX)
    except ValueError:
        return None
    return masked(window, (round(box[0]), round(box[1])), size, box)


# Supervisely


def _supervisely_places(item: ShapeQuery) -> list[str]:
    folder = item.file_name.rpartition("/")[0]
    base = folder.rpartition("/")[0] if folder.rpartition("/")[2].lower() == _IMG else folder
    return [f"{base}/{_ANN}/{item.ext_id}.json" if base else f"{_ANN}/{item.ext_id}.json"]


def _of_supervisely(document: Record, item: ShapeQuery) -> list[SourceShape]:
    shapes = (_supervisely_shape(record, item.size) for record in records_in(document.get("objects")))
    return [shape for shape in shapes if shape is not None]


def _supervisely_shape(record: Record, size: tuple[int, int]) -> SourceShape | None:
    kind = as_text(record.get("geometryType")).lower()
    points = as_record(record.get("points")) or as_record(as_record(record.get("geometry")).get("points"))
    bitmap = as_record(record.get("bitmap"))
    try:
        if kind == "bitmap" or (not kind and bitmap):
            return _bitmap(bitmap, size)
        exterior = points_in(points.get("exterior"))
        ring = ring_of(exterior)
        if kind not in {"polygon", ""} or ring is None:
            return None
        holes = [ring_of(points_in(hole)) for hole in as_list(points.get("interior"))]
    except ValueError:
        return None
    return with_holes(ring, [hole for hole in holes if hole is not None], size, box_around(exterior))


def _bitmap(bitmap: Record, size: tuple[int, int]) -> SourceShape | None:
    """Return a bitmap as a mask; its box is that of what is painted, as the reader stores it.

    Raises:
        ValueError: it cannot be unpacked.
    """
    window = painted_pixels(unpacked_bitmap(as_text(bitmap.get("data"))), MAX_SIDE_PX)
    origin = [as_number(number) for number in as_list(bitmap.get("origin"))[:2]]
    if len(origin) != 2 or origin[0] is None or origin[1] is None or not window.any():
        return None
    left, top = int(origin[0]), int(origin[1])
    x, y, width, height = painted_box(window)
    return masked(window, (left, top), size, (left + x, top + y, width, height))

"""Objects of Supervisely: shapes in whole pixels, whose right and lower edges belong to them."""

from __future__ import annotations

import base64
import zlib
from typing import TYPE_CHECKING

from tailwise.domain.records import AnnotationFlag, AnnotationKind
from tailwise.formats.drawn_shapes import box_shape, open_shape, points_in, polygon_shape
from tailwise.formats.gathering import Shape
from tailwise.formats.geometry import MAX_SIDE_PX, box_around
from tailwise.formats.json_values import as_list, as_number, as_record, as_text
from tailwise.formats.png_bits import count_painted

if TYPE_CHECKING:
    from tailwise.formats.json_values import Record

MAX_BITMAP_BYTES = 256 << 20
UNUSABLE = "SV-11"
_OPEN = frozenset({"line", "polyline", "point", "multichannel_point"})


def read_shape(record: Record) -> tuple[Shape, str]:
    """Return the shape of an object and the code of its finding (empty for none).

    Raises:
        ValueError: it has no shape that can be used.
    """
    kind = as_text(record.get("geometryType")).lower()
    points = as_record(record.get("points")) or as_record(as_record(record.get("geometry")).get("points"))
    bitmap = as_record(record.get("bitmap"))
    if kind == "bitmap" or (not kind and bitmap):
        return _bitmap(bitmap)
    if kind == "graph" or "nodes" in record:
        nodes = [as_record(node).get("loc") for node in as_record(record.get("nodes")).values()]
        return open_shape(points_in(nodes)), ""
    exterior = points_in(points.get("exterior"))
    if kind in _OPEN:
        return open_shape(exterior), ""
    if kind == "rectangle" or (not kind and len(exterior) == 2):
        if len(exterior) != 2:
            raise ValueError("a rectangle of two points")
        left, top, width, height = box_around(exterior)
        return box_shape(left, top, width + 1, height + 1), ""
    if kind in {"polygon", ""}:
        return polygon_shape(exterior, [points_in(hole) for hole in as_list(points.get("interior"))]), ""
    if exterior:
        left, top, width, height = box_around(exterior)
        return box_shape(left, top, width + 1, height + 1), ""
    raise ValueError(f"a shape of the type {kind}")


def _bitmap(bitmap: Record) -> tuple[Shape, str]:
    """Measure a bitmap: base64 of zlib of a PNG whose corner lies at `origin`."""
    origin = [as_number(number) for number in as_list(bitmap.get("origin"))[:2]]
    try:
        painted = count_painted(unpacked_bitmap(as_text(bitmap.get("data"))), MAX_SIDE_PX)
    except ValueError:
        return Shape(AnnotationKind.MASK, flags=AnnotationFlag.BAD_GEOMETRY), UNUSABLE
    if len(origin) != 2 or origin[0] is None or origin[1] is None:
        return Shape(AnnotationKind.MASK, flags=AnnotationFlag.BAD_GEOMETRY), UNUSABLE
    area, (left, top, width, height) = painted
    return Shape(AnnotationKind.MASK, (origin[0] + left, origin[1] + top, width, height), float(area)), ""


def unpacked_bitmap(text: str) -> bytes:
    """Return the PNG in the text of a bitmap, up to a size.

    Raises:
        ValueError: it is not packed as it should be, or unpacks to more.
    """
    unpacker = zlib.decompressobj()
    try:
        data = unpacker.decompress(base64.b64decode(text, validate=True), MAX_BITMAP_BYTES)
    except zlib.error as error:
        raise ValueError(str(error)) from error
    if unpacker.unconsumed_tail:
        raise ValueError("it unpacks to more than it should")
    return data

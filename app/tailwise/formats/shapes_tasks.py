"""Polygons and masks of chosen images of Label Studio and Datumaro, which keep many images in one JSON file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import msgspec
import numpy as np

from tailwise.formats.datumaro_shapes import read_shape
from tailwise.formats.drawn_rings import corner_ring, ellipse_ring, masked, ring_of, turned_ring
from tailwise.formats.drawn_shapes import paired, points_in
from tailwise.formats.geometry import Mask, box_around, decode_counts, measure_masks, painted_box
from tailwise.formats.json_values import (
    Record,
    as_list,
    as_number,
    as_numbers,
    as_record,
    as_side,
    as_text,
    records_in,
)
from tailwise.formats.label_studio_brush import brush_mask
from tailwise.formats.shapes import ShapeQuery, ShapeSource, SourceShape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tailwise.formats.shapes import Floats

_LEAST_TURN = 1e-6


class _Item(msgspec.Struct, gc=False):
    id: Any = None
    annotations: list[Any] = msgspec.field(default_factory=list[Any])


class _Items(msgspec.Struct):
    items: list[_Item]


_ITEMS, _TASKS = msgspec.json.Decoder(_Items), msgspec.json.Decoder(list[dict[str, Any]])


def read_label_studio_shapes(source: ShapeSource, items: Sequence[ShapeQuery]) -> list[list[SourceShape]]:
    """Return the shapes of every item, of all that labelled it; see `read_shapes`."""
    return _read(source, items, _tasks)


def read_datumaro_shapes(source: ShapeSource, items: Sequence[ShapeQuery]) -> list[list[SourceShape]]:
    """Return the shapes of every item; see `read_shapes`."""
    return _read(source, items, _datumaro_items)


def _read(
    source: ShapeSource,
    items: Sequence[ShapeQuery],
    of_file: Callable[[bytes], Iterator[tuple[str, Callable[[], list[SourceShape]]]]],
) -> list[list[SourceShape]]:
    """Go through each file once; shapes are only made of the records that are wanted."""
    found: list[list[SourceShape]] = [[] for _ in items]
    for number, name in enumerate(source.files):
        places: dict[str, list[int]] = {}
        for place, item in enumerate(items):
            if item.file in {number, -1} and item.ext_id:
                places.setdefault(item.ext_id, []).append(place)
        if not places:
            continue
        try:
            for ext_id, shapes in of_file((source.root / name).read_bytes()):
                for place in places.get(ext_id, ()):
                    found[place] += shapes()
        except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue  # gone or changed since: the boxes of the project remain
    return found


# Label Studio


def _tasks(data: bytes) -> Iterator[tuple[str, Callable[[], list[SourceShape]]]]:
    for task in _TASKS.decode(data):
        yield as_text(task.get("id")), lambda task=task: _of_task(task)


def _of_task(task: Record) -> list[SourceShape]:
    shapes = (_region(kind, entry, as_record(entry.get("value"))) for kind, entry in _results(task))
    return [shape for shape in shapes if shape is not None]


def _results(task: Record) -> Iterator[tuple[str, Record]]:
    """Yield results with their kinds: of the full export, or the regions in the columns of a minimal one."""
    entries = [*records_in(task.get("annotations")), *records_in(task.get("completions"))]
    for entry in [*entries, *records_in(task.get("predictions"))]:
        for result in records_in(entry.get("result")):
            yield as_text(result.get("type")).lower().removesuffix("labels"), result
    if entries:
        return
    for value in task.values():
        for region in records_in(value):
            kind = next((key for key in region if key.endswith("labels")), "")
            sides = {side: region.get(side) for side in ("original_width", "original_height")}
            yield kind.removesuffix("labels"), {"value": region, **sides}


def _region(kind: str, entry: Record, value: Record) -> SourceShape | None:
    """Return what is drawn, in pixels; coordinates are percent of the image. None for upright boxes and the like."""
    size = as_side(entry.get("original_width")), as_side(entry.get("original_height"))
    share = (size[0] / 100, size[1] / 100)
    degrees = as_number(value.get("rotation")) or 0.0
    if not size[0] or not size[1]:
        return None
    try:
        if kind == "brush":
            return _brush(value, size)
        if kind == "polygon":
            return _around(ring_of([(x * share[0], y * share[1]) for x, y in points_in(value.get("points"))]))
        if kind == "ellipse":
            x, y, rx, ry = as_numbers(value, "x", "y", "radiusX", "radiusY")
            centre, radii = (x * share[0], y * share[1]), (rx * share[0], ry * share[1])
            return _around(ellipse_ring(centre, radii, degrees))
        if kind == "rectangle" and abs(degrees % 360) > _LEAST_TURN:
            x, y, w, h = as_numbers(value, "x", "y", "width", "height")
            corners = corner_ring((x * share[0], y * share[1]), (w * share[0], h * share[1]), degrees)
            return _around(corners, is_box=True)
    except ValueError:
        return None
    return None


def _brush(value: Record, size: tuple[int, int]) -> SourceShape | None:
    painted = brush_mask(cast("list[int]", as_list(value.get("rle"))), *size)
    if painted is None or not painted.any():
        return None
    return masked(painted, (0, 0), size, painted_box(painted))


def _around(ring: Floats | None, *, is_box: bool = False) -> SourceShape | None:
    if ring is None:
        return None
    return SourceShape(box_around(cast("list[tuple[float, float]]", ring.tolist())), (ring,), is_box=is_box)


# Datumaro


def _datumaro_items(data: bytes) -> Iterator[tuple[str, Callable[[], list[SourceShape]]]]:
    for item in _ITEMS.decode(data).items:
        yield as_text(item.id), lambda item=item: _of_item(item)


def _of_item(item: _Item) -> list[SourceShape]:
    shapes = (_annotation(record) for record in records_in(item.annotations))
    return [shape for shape in shapes if shape is not None]


def _annotation(record: Record) -> SourceShape | None:
    try:
        read = read_shape(record)
        if read is None or (box := read[0].box) is None:
            return None
        kind = record.get("type")
        if kind == "mask":
            return _datumaro_mask(as_record(record.get("rle")), box)
        if kind == "polygon":
            ring = ring_of(paired(as_list(record.get("points"))))
        elif kind == "ellipse":
            x, y, width, height = box
            ring = ellipse_ring((x + width / 2, y + height / 2), (width / 2, height / 2))
        elif kind == "rotated_bbox":
            x, y, width, height, degrees = (as_number(n) or 0.0 for n in as_list(record.get("points")))
            ring = turned_ring((x, y), (width, height), degrees)
        else:
            return None
    except ValueError:
        return None
    return SourceShape(box, (ring,), is_box=kind == "rotated_bbox") if ring is not None else None


def _datumaro_mask(rle: Record, box: tuple[float, float, float, float]) -> SourceShape | None:
    """Return a run-length mask; None where its runs do not fill its picture, or nothing is drawn."""
    height, width = (as_side(side) for side in as_list(rle.get("size")))
    told = rle.get("counts")
    counts = told.encode("latin-1", "replace") if isinstance(told, str) else as_list(told)
    measured = measure_masks([Mask(counts, height, width)])[0]
    if measured is None or not measured.area:
        return None
    runs = decode_counts([counts]).values if isinstance(counts, bytes) else np.array(counts, np.int64)
    return SourceShape(box, runs=runs, mask_size=(height, width))

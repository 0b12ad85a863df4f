"""Polygons and run-length masks of chosen images of COCO files, in one pass over each file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import msgspec
import numpy as np

from tailwise.domain.errors import UserError
from tailwise.formats.geometry import Mask, decode_counts, is_usable_part, measure_masks
from tailwise.formats.json_records import read_records
from tailwise.formats.json_sections import Section
from tailwise.formats.shapes import ShapeQuery, ShapeSource, SourceShape
from tailwise.ops.progress import SILENT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_MAX_PIXELS = 200_000_000


class _Annotation(msgspec.Struct, gc=False):
    image_id: int | str
    id: int | str = -1
    bbox: msgspec.Raw | None = None
    segmentation: msgspec.Raw | None = None


class _Mask(msgspec.Struct, gc=False):
    counts: list[int] | str
    size: tuple[int, int]


_MANY = msgspec.json.Decoder(list[_Annotation])
_ONE = msgspec.json.Decoder(_Annotation)


def read_coco_shapes(source: ShapeSource, items: Sequence[ShapeQuery]) -> list[list[SourceShape]]:
    """Return the shapes of every item; see `read_shapes`."""
    found: list[list[SourceShape]] = [[] for _ in items]
    for number, name in enumerate(source.files):
        places: dict[str, list[int]] = {}
        for place, item in enumerate(items):
            if item.file in {number, -1}:
                places.setdefault(item.ext_id, []).append(place)
        if not places:
            continue
        collector = _Collector(places)
        try:
            read_records(
                source.root / name,
                name,
                {"annotations": collector.section()},
                SILENT,
                source.answers.get("encoding", ""),
            )
        except UserError:
            continue  # gone or changed since: the boxes of the project remain
        for place, shapes in collector.found.items():
            found[place] += shapes
    return found


class _Collector:
    """Takes the annotations of the wanted images."""

    def __init__(self, places: dict[str, list[int]]) -> None:
        self._places = places
        self.found: dict[int, list[SourceShape]] = {}

    def section(self) -> Section[_Annotation]:
        """Return how the annotations are decoded."""
        return Section(_MANY, _ONE, self.found.clear, self._take, self._take_loose)

    def _take(self, records: list[_Annotation]) -> None:
        for record in records:
            places = self._places.get(str(record.image_id))
            if places:
                shape = _shape(_value(record.bbox), _value(record.segmentation), record.id)
                for place in places:
                    if shape is not None:
                        self.found.setdefault(place, []).append(shape)

    def _take_loose(self, records: list[object]) -> None:
        for record in records:
            members = cast("dict[str, Any]", record) if isinstance(record, dict) else {}
            for place in self._places.get(_id_text(members.get("image_id")), ()):
                shape = _shape(members.get("bbox"), members.get("segmentation"), members.get("id"))
                if shape is not None:
                    self.found.setdefault(place, []).append(shape)


def _id_text(value: object) -> str:
    """Return an id as text; some tools write whole numbers as 7.0."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _value(raw: msgspec.Raw | None) -> object:
    return msgspec.json.decode(raw) if raw is not None else None


def _shape(box: object, segmentation: object, ext_id: object) -> SourceShape | None:
    told = _id_text(ext_id)
    number = int(told) if told.lstrip("-").isdecimal() else -1
    if isinstance(segmentation, dict):
        return _masked(cast("dict[str, Any]", segmentation), _box(box), number)
    rings = _rings(segmentation)
    if not rings:
        return None
    points = np.concatenate(rings)
    low, high = points.min(axis=0), points.max(axis=0)
    tight = (float(low[0]), float(low[1]), float(high[0] - low[0]), float(high[1] - low[1]))
    return SourceShape(_box(box) or tight, tuple(rings), ext_id=number)


def _box(value: object) -> tuple[float, float, float, float] | None:
    if not isinstance(value, list) or len(cast("list[object]", value)) != 4:
        return None
    numbers = [float(v) for v in cast("list[object]", value) if isinstance(v, int | float) and not isinstance(v, bool)]
    return (numbers[0], numbers[1], numbers[2], numbers[3]) if len(numbers) == 4 else None


def _rings(value: object) -> list[NDArray[np.float64]]:
    if not isinstance(value, list):
        return []
    parts = cast("list[Any]", value)
    if parts and not any(isinstance(part, list) for part in parts):
        parts = [parts]
    usable = [p for p in parts if isinstance(p, list) and is_usable_part(cast("list[Any]", p))]
    return [np.array(part, np.float64).reshape(-1, 2) for part in usable]


def _masked(record: dict[str, Any], box: tuple[float, float, float, float] | None, ext_id: int) -> SourceShape | None:
    """Return a run-length mask; None where its runs do not fill its picture, or nothing is drawn."""
    try:
        told = msgspec.convert(record, _Mask)
    except msgspec.ValidationError:
        return None
    (height, width), counts = told.size, told.counts
    text = counts.encode("utf-8", "replace") if isinstance(counts, str) else None
    mask = Mask(text if text is not None else cast("list[int]", counts), height, width)
    measure = measure_masks([mask])[0] if height * width <= _MAX_PIXELS else None
    if measure is None or not measure.area:
        return None
    runs = decode_counts([text]).values if text is not None else np.array(counts, np.int64)
    return SourceShape(box or measure.box, runs=runs, mask_size=(height, width), ext_id=ext_id)

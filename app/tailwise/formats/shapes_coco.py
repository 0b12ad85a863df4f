"""Polygons and run-length masks of chosen images of COCO files, in one pass over each file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import msgspec
import numpy as np

from tailwise.domain.errors import UserError
from tailwise.formats.geometry import MAX_SIDE_PX, decode_counts, is_mask_text, is_usable_part
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
            for place in self._places.get(str(members.get("image_id")), ()):
                shape = _shape(members.get("bbox"), members.get("segmentation"), members.get("id"))
                if shape is not None:
                    self.found.setdefault(place, []).append(shape)


def _value(raw: msgspec.Raw | None) -> object:
    return msgspec.json.decode(raw) if raw is not None else None


def _shape(box: object, segmentation: object, ext_id: object) -> SourceShape | None:
    number = int(ext_id) if isinstance(ext_id, int | str) and str(ext_id).lstrip("-").isdigit() else -1
    if isinstance(segmentation, dict):
        mask = rle_mask(cast("dict[str, Any]", segmentation))
        if mask is None:
            return None
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        if not len(rows):
            return None
        tight = (columns[0], rows[0], columns[-1] + 1 - columns[0], rows[-1] + 1 - rows[0])
        return SourceShape(_box(box) or cast("Any", tuple(float(v) for v in tight)), mask=mask, ext_id=number)
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


def rle_mask(record: dict[str, Any]) -> NDArray[np.uint8] | None:
    """Return a run-length mask (`counts` as numbers or as compressed text, `size` height and width) as 0 and 1.

    None where the runs do not fill the picture.

    >>> rle_mask({"counts": [2, 3, 1], "size": [3, 2]}).tolist()
    [[0, 1], [0, 1], [1, 0]]
    """
    size, counts = record.get("size"), record.get("counts")
    if not isinstance(size, list) or len(cast("list[object]", size)) != 2:
        return None
    height, width = cast("list[Any]", size)
    if not (isinstance(height, int) and isinstance(width, int)):
        return None
    if not (0 < height <= MAX_SIDE_PX and 0 < width <= MAX_SIDE_PX and height * width <= _MAX_PIXELS):
        return None
    if isinstance(counts, str):
        text = counts.encode("utf-8", "replace")
        if not is_mask_text(text):
            return None
        runs = decode_counts([text]).values
    elif isinstance(counts, list) and all(type(v) is int for v in cast("list[object]", counts)):
        runs = np.array(counts, np.int64)
    else:
        return None
    if not len(runs) or runs.min() < 0 or runs.sum() != height * width:
        return None
    values = (np.arange(len(runs)) % 2).astype(np.uint8)
    return np.ascontiguousarray(np.repeat(values, runs).reshape(width, height).T)

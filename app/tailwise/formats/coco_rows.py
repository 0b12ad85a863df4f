"""One COCO annotation record: its type, and what can be made of a record that does not fit the type."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, cast

import msgspec
import numpy as np

from tailwise.domain.records import AnnotationFlag

if TYPE_CHECKING:
    from numpy.typing import NDArray

UNUSABLE_BOX = (math.nan, math.nan, math.nan, math.nan)

_NO_RAW = msgspec.Raw(b"")
_FLAG_OF_ATTRIBUTE = {
    "occluded": AnnotationFlag.OCCLUDED,
    "truncated": AnnotationFlag.TRUNCATED,
    "difficult": AnnotationFlag.DIFFICULT,
    "is_crowd": AnnotationFlag.CROWD,
    "group_of": AnnotationFlag.GROUP_OF,
}
_TRUE_WORDS = frozenset({"true", "yes", "1"})


class AnnotationRow(msgspec.Struct, gc=False):
    """One annotation as far as planning needs it; every member may be missing. `ignore` is VOC's difficult.

    In the order in which COCO writes them: msgspec then finds each member at the first look.
    """

    segmentation: msgspec.Raw = _NO_RAW
    area: float | None = None
    iscrowd: int | bool | None = None
    image_id: int | str | float | None = None
    bbox: tuple[float, float, float, float] | None = None
    category_id: int | str | float | None = None
    id: int | str | float | None = None
    score: float | None = None
    ignore: int | bool | None = None
    attributes: Any = None
    caption: Any = None
    segments_info: list[dict[str, Any]] | None = None


def loosened(record: dict[str, Any]) -> AnnotationRow:
    """Return what can be made of a record whose members have other types than they should."""
    return AnnotationRow(
        id=_id(record.get("id")),
        image_id=_id(record.get("image_id")),
        category_id=_id(record.get("category_id")),
        bbox=_box(record.get("bbox")),
        area=_number(record.get("area")),
        iscrowd=_truth(record.get("iscrowd")),
        segmentation=_raw(record.get("segmentation")),
        score=_number(record.get("score")),
        ignore=_truth(record.get("ignore")),
        attributes=record.get("attributes"),
        caption=record.get("caption"),
        segments_info=_dicts(record.get("segments_info")),
    )


def segments_of(row: AnnotationRow) -> list[AnnotationRow]:
    """Return the segments of a panoptic record, each as an annotation of its image; other records as they are."""
    if row.segments_info is None:
        return [row]
    segments = [loosened(segment) for segment in row.segments_info]
    for segment in segments:
        segment.image_id = row.image_id
    return segments


def flags_of(rows: list[AnnotationRow]) -> NDArray[np.uint16]:
    """Return the flags that the records themselves state."""
    flags = np.zeros(len(rows), np.uint16)
    for column, flag in (
        ([row.iscrowd for row in rows], AnnotationFlag.CROWD),
        ([row.ignore for row in rows], AnnotationFlag.DIFFICULT),
    ):
        if any(column):
            flags[[place for place, value in enumerate(column) if value]] |= np.uint16(flag)
    attributes = [row.attributes for row in rows]
    if any(attributes):
        flags |= np.array([_attribute_flags(value) for value in attributes], np.uint16)
    return flags


def _attribute_flags(attributes: object) -> int:
    if not isinstance(attributes, dict):
        return 0
    flags = 0
    for name, value in cast("dict[str, Any]", attributes).items():
        flag = _FLAG_OF_ATTRIBUTE.get(name.lower())
        if flag is not None and _truth(value):
            flags |= flag
    return flags


def _id(value: object) -> int | str | float | None:
    return value if isinstance(value, int | str | float) and not isinstance(value, bool) else None


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _truth(value: object) -> bool | None:
    if isinstance(value, str):
        return value.strip().lower() in _TRUE_WORDS
    return bool(value) if isinstance(value, int | float) else None


def _box(value: object) -> tuple[float, float, float, float] | None:
    if not value:
        return None
    if isinstance(value, dict):
        members = cast("dict[str, Any]", value)
        numbers = [_number(members.get(name)) for name in ("x", "y", "width", "height")]
    elif isinstance(value, list):
        numbers = [_number(number) for number in cast("list[object]", value)[:4]]
    else:
        return UNUSABLE_BOX
    if len(numbers) < 4 or None in numbers:
        return UNUSABLE_BOX
    x, y, width, height = cast("list[float]", numbers)
    return x, y, width, height


def _raw(value: object) -> msgspec.Raw:
    if value is None:
        return _NO_RAW
    try:
        # Escapes everything beyond ASCII, so halves of surrogate pairs survive.
        return msgspec.Raw(json.dumps(value).encode("ascii"))
    except RecursionError:
        return msgspec.Raw(b'"too deep"')


def _dicts(value: object) -> list[dict[str, Any]] | None:
    if not isinstance(value, list):
        return None
    return [cast("dict[str, Any]", part) for part in cast("list[object]", value) if isinstance(part, dict)]

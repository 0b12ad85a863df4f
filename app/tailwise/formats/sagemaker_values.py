"""The value of one label attribute of SageMaker: a class, several classes, boxes, or the classes of a mask."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from tailwise.formats.drawn_shapes import box_shape
from tailwise.formats.gathering import WHOLE_ITEM, Shape
from tailwise.formats.json_values import as_list, as_numbers, as_record, as_share, as_side, as_text, records_in

if TYPE_CHECKING:
    from tailwise.formats.json_values import Record

METADATA = "-metadata"
_BACKGROUND = "background"


@dataclass(slots=True)
class Value:
    """Classes with what is drawn, the size of the image in pixels, codes of findings, and how many boxes were lost."""

    labels: list[tuple[str, Shape]] = field(default_factory=list[tuple[str, Shape]])
    size: tuple[int, int] = (0, 0)
    codes: list[str] = field(default_factory=list[str])
    lost: int = 0


def has_value(record: Record, attribute: str) -> bool:
    """Tell whether a line has a value for an attribute: a work that failed leaves only its metadata."""
    return bool(attribute) and record.get(attribute) is not None


def read_value(attribute: str, value: object, metadata: Record) -> Value:
    """Read the value of an attribute by its form; class numbers are compared as text."""
    if isinstance(value, dict):
        return _boxes(cast("Record", value), metadata)
    if isinstance(value, list):
        return _classes(as_list(value), metadata)
    if attribute.endswith("-ref"):
        return _mask(metadata)
    name = as_text(metadata.get("class-name"))
    codes = [] if name else ["SM-03"]
    shape = WHOLE_ITEM._replace(score=as_share(metadata.get("confidence")))
    return Value([(name or f"class {as_text(value)}", shape)], codes=codes)


def _boxes(value: Record, metadata: Record) -> Value:
    sizes = records_in(value.get("image_size"))
    found = Value(size=(as_side(sizes[0].get("width")), as_side(sizes[0].get("height"))) if sizes else (0, 0))
    names = as_record(metadata.get("class-map"))
    scores = [as_share(one.get("confidence")) for one in records_in(metadata.get("objects"))]
    for number, box in enumerate(records_in(value.get("annotations"))):
        try:
            shape = box_shape(*as_numbers(box, "left", "top", "width", "height"))
        except ValueError:
            found.codes.append("SM-13")
            found.lost += 1
            continue
        score = scores[number] if number < len(scores) else None
        found.labels.append((_name(box.get("class_id"), names, found), shape._replace(score=score)))
    return found


def _classes(numbers: list[object], metadata: Record) -> Value:
    found, names = Value(), as_record(metadata.get("class-map"))
    scores = as_record(metadata.get("confidence-map"))
    for number in numbers:
        shape = WHOLE_ITEM._replace(score=as_share(scores.get(as_text(number))))
        found.labels.append((_name(number, names, found), shape))
    return found


def _mask(metadata: Record) -> Value:
    """Return the classes a mask is painted with; its pixels are in another file and are not read."""
    painted = as_record(metadata.get("internal-color-map")).values()
    names = [name for entry in painted if (name := as_text(as_record(entry).get("class-name")))]
    return Value([(name, WHOLE_ITEM) for name in names if name.casefold() != _BACKGROUND], codes=["SM-10"])


def _name(number: object, names: Record, found: Value) -> str:
    key = as_text(number)
    name = as_text(names.get(key))
    if not name and "SM-03" not in found.codes:
        found.codes.append("SM-03")
    return name or f"class {key or 'unknown'}"

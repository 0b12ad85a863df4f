"""Results of one annotation in Label Studio: regions in percent of the image, spans of text, and answers to questions.

Entries of one id belong together: a shape, its labels, and answers about it may come one by one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, cast

from tailwise.domain.records import AnnotationFlag, AnnotationKind
from tailwise.formats.drawn_shapes import points_in, polygon_shape
from tailwise.formats.gathering import Shape
from tailwise.formats.geometry import box_around
from tailwise.formats.json_values import (
    Record,
    as_list,
    as_number,
    as_numbers,
    as_record,
    as_share,
    as_side,
    as_text,
    as_texts,
    records_in,
)
from tailwise.formats.label_studio_brush import measure_brush

if TYPE_CHECKING:
    from tailwise.formats.geometry import Box

UNLABELLED_REGION = "∅ unlabelled region"
_SHAPES = ("rectangle", "polygon", "ellipse", "brush", "keypoint", "bitmask", "vector")
_CHOSEN = ("choices", "taxonomy", "rating")
_IGNORED = frozenset({"relation", "textarea", "number", "datetime", "pairwise", "ranker", "table"})
_SMALLEST_TURN = 1e-6


_NOWHERE = Shape(AnnotationKind.SPAN)


class Span(NamedTuple):
    """A piece of text: offsets as written, and the text they are said to enclose."""

    start: int
    end: int
    quoted: str


@dataclass(slots=True)
class Region:
    """One object: its labels, what is drawn, a span of text if it is one, and codes of what is odd about it."""

    labels: list[str] = field(default_factory=list[str])
    shape: Shape = _NOWHERE
    codes: list[str] = field(default_factory=list[str])
    span: Span | None = None


class Answer(NamedTuple):
    """A value chosen for a whole task or for one of its regions: the question, and whether it is about the task."""

    question: str
    value: str
    is_global: bool


@dataclass(slots=True)
class Drawn:
    """Everything in one list of results. `size` is that of the image in pixels, `ignored` names types not read."""

    regions: list[Region] = field(default_factory=list[Region])
    answers: list[Answer] = field(default_factory=list[Answer])
    size: tuple[int, int] = (0, 0)
    ignored: list[str] = field(default_factory=list[str])


def read_results(results: object, score: float | None = None) -> Drawn:
    """Read a list of results; anything that is no result is passed over.

    `score` holds for regions of a prediction that have none of their own.
    """
    drawn = Drawn()
    groups: dict[str, list[Record]] = {}
    for number, entry in enumerate(records_in(results)):
        key = entry.get("id")
        groups.setdefault(str(key) if isinstance(key, str | int) else f"#{number}", []).append(entry)
        width, height = as_side(entry.get("original_width")), as_side(entry.get("original_height"))
        if width and height and not drawn.size[0]:
            drawn.size = width, height
    for group in groups.values():
        _read_group(group, drawn, score)
    return drawn


def _read_group(group: list[Record], drawn: Drawn, score: float | None) -> None:
    region: Region | None = None
    for entry in group:
        kind, value = _kind(entry), as_record(entry.get("value"))
        base = kind.removesuffix("labels")
        if base in _SHAPES or (kind.endswith("labels") and kind != "labels" and base not in _SHAPES):
            region = region or Region()
            if base in _SHAPES:
                region.shape, code = _shape(base, entry, value)
                region.codes += [code] if code else []
            region.labels += as_texts(value.get(kind))
        elif kind == "labels":
            region = region or Region(span=_span(value))
            region.labels += as_texts(value.get("labels"))
        elif kind not in _CHOSEN and kind not in _IGNORED:
            drawn.ignored.append(kind or "a result without type")
    for entry in group:
        kind = _kind(entry)
        if kind in _CHOSEN:
            question = as_text(entry.get("from_name")) or kind
            values = _chosen(as_record(entry.get("value")).get(kind))
            drawn.answers += [Answer(question, value, region is None) for value in values]
    if region is not None:
        own = as_share(group[0].get("score"))
        region.shape = region.shape._replace(score=score if own is None else own)
        if group[0].get("origin") == "prediction":
            region.shape = region.shape._replace(flags=region.shape.flags | AnnotationFlag.AUTOMATIC)
        region.labels = list(dict.fromkeys(region.labels))
        drawn.regions.append(region)


def turned_about_corner(box: Box, degrees: float) -> Box:
    """Return the upright box around one that is turned clockwise about its top left corner.

    >>> [round(number, 6) for number in turned_about_corner((10.0, 10.0, 20.0, 5.0), 90)]
    [5.0, 10.0, 5.0, 20.0]
    """
    x, y, width, height = box
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    corners = [(x, y), (x + width * cos, y + width * sin), (x - height * sin, y + height * cos)]
    corners.append((corners[1][0] + corners[2][0] - x, corners[1][1] + corners[2][1] - y))
    return box_around(corners)


def _shape(base: str, entry: Record, value: Record) -> tuple[Shape, str]:
    """Return the shape in pixels and the code of its finding; coordinates are percent of the image."""
    kind = _KINDS[base]
    width, height = as_side(entry.get("original_width")), as_side(entry.get("original_height"))
    if not width or not height:
        return Shape(kind), "LS-21"
    try:
        if base == "rectangle":
            return _rectangle(value, width, height)
        if base == "ellipse":
            return _ellipse(value, width, height), ""
        if base == "polygon":
            return _polygon(value, width, height), ""
    except ValueError:
        return Shape(kind), "LS-23"
    if base == "brush":
        return _brush(value, width, height)
    return Shape(kind), ""


def _rectangle(value: Record, width: int, height: int) -> tuple[Shape, str]:
    x, y, w, h = as_numbers(value, "x", "y", "width", "height")
    box = (x * width / 100, y * height / 100, w * width / 100, h * height / 100)
    area = max(0.0, box[2]) * max(0.0, box[3])
    degrees = as_number(value.get("rotation")) or 0.0
    if abs(degrees % 360) > _SMALLEST_TURN:
        return Shape(AnnotationKind.BOX, turned_about_corner(box, degrees), area), "LS-22"
    return Shape(AnnotationKind.BOX, box, area), ""


def _ellipse(value: Record, width: int, height: int) -> Shape:
    x, y, rx, ry = as_numbers(value, "x", "y", "radiusX", "radiusY")
    x, y, rx, ry = x * width / 100, y * height / 100, rx * width / 100, ry * height / 100
    angle = math.radians(as_number(value.get("rotation")) or 0.0)
    across = math.hypot(rx * math.cos(angle), ry * math.sin(angle))
    down = math.hypot(rx * math.sin(angle), ry * math.cos(angle))
    box = (x - across, y - down, 2 * across, 2 * down)
    return Shape(AnnotationKind.POLYGON, box, math.pi * abs(rx * ry))


def _polygon(value: Record, width: int, height: int) -> Shape:
    points = points_in(value.get("points"))
    return polygon_shape([(x * width / 100, y * height / 100) for x, y in points])


def _brush(value: Record, width: int, height: int) -> tuple[Shape, str]:
    found = measure_brush(cast("list[int]", as_list(value.get("rle"))), width, height)
    if found is None:
        return Shape(AnnotationKind.MASK, flags=AnnotationFlag.BAD_GEOMETRY), "LS-23"
    area, box = found
    return Shape(AnnotationKind.MASK, box, area), ""


_KINDS = {
    "rectangle": AnnotationKind.BOX,
    "ellipse": AnnotationKind.POLYGON,
    "polygon": AnnotationKind.POLYGON,
    "vector": AnnotationKind.POLYGON,
    "brush": AnnotationKind.MASK,
    "bitmask": AnnotationKind.MASK,
    "keypoint": AnnotationKind.POINT,
}


def _span(value: Record) -> Span | None:
    start, end, quoted = value.get("start"), value.get("end"), value.get("text")
    if type(start) is int and type(end) is int and isinstance(quoted, str):
        return Span(start, end, quoted)
    return None


def _kind(entry: Record) -> str:
    """Return the type of a result; very old exports name it only by the member that holds its value."""
    kind = as_text(entry.get("type")).lower()
    if kind:
        return kind
    return next((name for name in as_record(entry.get("value")) if name.endswith("labels") or name in _CHOSEN), "")


def _chosen(value: object) -> list[str]:
    """Return what was chosen: texts, one number, or paths through a taxonomy with their steps joined by slashes."""
    parts = as_list(value) or [value]
    found = ["/".join(as_texts(part)) if isinstance(part, list) else as_text(part) for part in parts]
    return [text for text in found if text]

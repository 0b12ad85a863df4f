"""Data rows of Labelbox, of the present export and of the old one, in one form."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tailwise.domain.records import AnnotationKind
from tailwise.formats.drawn_shapes import box_shape, open_shape, points_in, polygon_shape
from tailwise.formats.gathering import Shape
from tailwise.formats.json_values import as_number, as_numbers, as_record, as_side, as_text, records_in

if TYPE_CHECKING:
    from tailwise.formats.json_values import Record

OLD = frozenset({"DataRow ID", "Labeled Data", "Label"})
_MASK, _NO_SHAPE = "LB-04", "LB-12"
_TO_LABEL = frozenset({"to_label", "tolabel"})


@dataclass(slots=True)
class Label:
    """What one person said of a data row. `classes` are names with shapes, `answers` questions with their values."""

    person: object = None
    seconds: float | None = None
    when: str = ""
    classes: list[tuple[str, Shape]] = field(default_factory=list[tuple[str, Shape]])
    details: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    answers: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    codes: list[str] = field(default_factory=list[str])
    is_skipped: bool = False
    review: str = ""

    @property
    def has_content(self) -> bool:
        """Whether anything was said that was read."""
        return bool(self.classes or self.answers or self.details)


@dataclass(slots=True)
class Row:
    """One data row; `names` are what its image may be called, the likeliest first."""

    ext_id: str
    names: list[str]
    address: str = ""
    text: str = ""
    size: tuple[int, int] = (0, 0)
    labels: list[Label] = field(default_factory=list[Label])
    facts: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    is_old: bool = False
    is_to_label: bool = False


def projects_of(record: Record) -> dict[str, str]:
    """Return the projects of a data row by id, each with its name."""
    return {key: as_text(as_record(one).get("name")) for key, one in as_record(record.get("projects")).items()}


def read_row(record: Record, project: str) -> Row | None:
    """Return a data row as a project has it; None for what is none."""
    if record.keys() >= OLD:
        return _old_row(record)
    told = as_record(record.get("data_row"))
    if not told:
        return None
    media = as_record(record.get("media_attributes"))
    address = as_text(told.get("row_data"))
    is_text = "text" in as_text(media.get("mime_type")) or as_text(media.get("asset_type")).lower() == "text"
    row = Row(
        ext_id=as_text(told.get("id")),
        names=[as_text(told.get("global_key")), as_text(told.get("external_id"))],
        address=address,
        text=address if is_text and "://" not in address[:12] else "",
        size=(as_side(media.get("width")), as_side(media.get("height"))),
    )
    for fact in records_in(record.get("metadata_fields")):
        row.facts.append((as_text(fact.get("schema_name") or fact.get("name")), as_text(fact.get("value"))))
    here = as_record(as_record(record.get("projects")).get(project))
    details = as_record(here.get("project_details"))
    status = as_text(details.get("workflow_status"))
    row.facts += [("workflow", status), ("batch", as_text(details.get("batch_name")))]
    row.is_to_label = status.lower() in _TO_LABEL
    row.labels = [_label(label) for label in records_in(here.get("labels"))]
    return row


def _label(record: Record) -> Label:
    times, told = as_record(record.get("performance_details")), as_record(record.get("label_details"))
    label = Label(
        person=told.get("created_by"),
        seconds=_seconds(times.get("seconds_to_create")),
        when=as_text(told.get("updated_at")) or as_text(told.get("created_at")),
        is_skipped=times.get("skipped") is True,
    )
    said = as_record(record.get("annotations"))
    for entry in records_in(said.get("objects")):
        _add_object(entry, label)
    for entry in records_in(said.get("classifications")):
        label.answers += _answers(entry)
    if "frames" in said:
        label.codes.append("LB-10")
    return label


def _add_object(record: Record, label: Label) -> None:
    name = as_text(record.get("name")) or as_text(record.get("title")) or as_text(record.get("value"))
    try:
        shape, code = _shape(record)
    except ValueError:
        name, shape, code = "", Shape(AnnotationKind.LABEL), ""
    if not name:
        label.codes.append(_NO_SHAPE)
        return
    if code:
        label.codes.append(code)
    label.classes.append((name, shape))
    for entry in records_in(record.get("classifications")):
        label.details += _answers(entry)


def _shape(record: Record) -> tuple[Shape, str]:
    """Return the shape of an object and the code of its finding; both exports write shapes alike.

    Raises:
        ValueError: its numbers cannot be used, or there is no shape.
    """
    box = as_record(record.get("bounding_box")) or as_record(record.get("bbox"))
    if box:
        return box_shape(*as_numbers(box, "left", "top", "width", "height")), ""
    if record.get("polygon"):
        return polygon_shape(points_in(record["polygon"])), ""
    if record.get("line"):
        return open_shape(points_in(record["line"])), ""
    if record.get("point"):
        return open_shape(points_in([record["point"]])), ""
    if record.get("mask") or record.get("instanceURI"):
        return Shape(AnnotationKind.MASK), _MASK
    if record.get("location") or record.get("data"):
        return Shape(AnnotationKind.SPAN), ""
    raise ValueError("no shape")


def _answers(record: Record) -> list[tuple[str, str]]:
    """Return the answers to a question with several possible ones; free text describes nothing that can be counted."""
    question = as_text(record.get("name")) or as_text(record.get("title")) or as_text(record.get("value"))
    radio = as_record(record.get("radio_answer")) or as_record(record.get("answer"))
    chosen = [radio] if radio else []
    chosen += records_in(record.get("checklist_answers")) + records_in(record.get("answers"))
    found: list[tuple[str, str]] = []
    for answer in chosen:
        value = as_text(answer.get("name")) or as_text(answer.get("title")) or as_text(answer.get("value"))
        if question and value:
            found.append((question, value))
        for inner in records_in(answer.get("classifications")):
            found += _answers(inner)
    return found


def _old_row(record: Record) -> Row:
    """Return a row of the old export, which has one label."""
    said = as_record(record.get("Label"))
    reviews = records_in(record.get("Reviews"))
    score = sum(as_number(review.get("score")) or 0.0 for review in reviews)
    label = Label(
        person=record.get("Created By"),
        seconds=_seconds(record.get("Seconds to Label")),
        when=as_text(record.get("Updated At")) or as_text(record.get("Created At")),
        is_skipped=bool(record.get("Skipped")),
        review="" if not reviews else "accepted" if score > 0 else "rejected",
    )
    for entry in records_in(said.get("objects")):
        _add_object(entry, label)
    for entry in records_in(said.get("classifications")):
        label.answers += _answers(entry)
    facts = [("dataset", as_text(record.get("Dataset Name")))]
    return Row(
        ext_id=as_text(record.get("DataRow ID")),
        names=["", as_text(record.get("External ID"))],
        address=as_text(record.get("Labeled Data")),
        labels=[label],
        facts=facts,
        is_old=True,
    )


def _seconds(value: object) -> float | None:
    seconds = as_number(value)
    return seconds if seconds is not None and seconds > 0 else None

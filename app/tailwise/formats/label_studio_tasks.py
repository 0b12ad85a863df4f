"""One task of Label Studio as far as planning needs it: its data, who labelled it, how long, and what a model said."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

from tailwise.formats.json_values import Record, as_list, as_number, as_record, as_share, as_text, records_in
from tailwise.formats.label_studio_regions import Drawn, read_results

MAX_SECONDS = 10_000_000
"""About four months: more is no time anybody spent on one task."""

_DRAFTS_SUMMED = "2023-08"
_DRAFTS_FIXED = "2024-09"
_MIN_KEYS = frozenset({"id", "annotator", "annotation_id", "created_at", "updated_at", "lead_time", "agreement"})
_MIN_VALUES = 50


@dataclass(slots=True)
class Submission:
    """What one person handed in: `seconds` is None where it was not measured; times are ISO texts as written."""

    person: object
    drawn: Drawn
    is_cancelled: bool = False
    is_gold: bool = False
    is_empty: bool = False
    seconds: float | None = None
    is_reliable: bool = True
    when: str = ""
    review: str = ""


@dataclass(slots=True)
class Prediction:
    """What one version of a model said."""

    model: str
    drawn: Drawn
    when: str = ""


@dataclass(slots=True)
class Task:
    """One task. `bare` counts predictions that are only named by their number."""

    ext_id: str
    data: Record
    submissions: list[Submission] = field(default_factory=list[Submission])
    predictions: list[Prediction] = field(default_factory=list[Prediction])
    drafts: int = 0
    bare: int = 0


def read_task(record: Record, *, with_predictions: bool) -> Task | None:
    """Return a task of the full export; None when it has no data."""
    data = record.get("data")
    if not isinstance(data, dict):
        return None
    task = Task(as_text(record.get("id")), cast("Record", data), drafts=len(as_list(record.get("drafts"))))
    entries = records_in(record.get("annotations")) or records_in(record.get("completions"))
    task.submissions = [_submission(entry) for entry in entries]
    for entry in as_list(record.get("predictions")):
        if isinstance(entry, dict):
            said = cast("Record", entry)
            score = said.get("score")
            drawn = read_results(said.get("result"), as_share(score)) if with_predictions else Drawn()
            model = as_text(said.get("model_version")) or "unnamed"
            task.predictions.append(Prediction(model, drawn, as_text(said.get("created_at"))))
        else:
            task.bare += 1
    return task


def read_rows(records: list[Record]) -> list[Task]:
    """Return the tasks of a minimal export (JSON_MIN), which has one flat row per annotation."""
    choices = _columns_of_choices(records)
    tasks: dict[str, Task] = {}
    for number, row in enumerate(records):
        results, data = list[Record](), Record()
        for name, value in row.items():
            if name in _MIN_KEYS:
                continue
            found = _results(name, value, is_choice=name in choices)
            results += found
            if not found:
                data[name] = value
        ext_id = as_text(row.get("id"))
        task = tasks.setdefault(ext_id or f"#{number}", Task(ext_id, data))
        told = {"completed_by": row.get("annotator"), "result": results}
        times = {name: row.get(name) for name in ("created_at", "updated_at", "lead_time")}
        task.submissions.append(_submission(told | times))
    return list(tasks.values())


def _submission(entry: Record) -> Submission:
    created = as_text(entry.get("created_at"))
    seconds = as_number(entry.get("lead_time")) or 0.0
    is_known = 0 < seconds <= MAX_SECONDS
    results = entry.get("result")
    return Submission(
        person=entry.get("completed_by") or entry.get("created_username"),
        drawn=read_results(results),
        is_cancelled=bool(entry.get("was_cancelled") or entry.get("skipped")),
        is_gold=bool(entry.get("ground_truth") or entry.get("honeypot")),
        is_empty=not as_list(results),
        seconds=seconds if is_known else None,
        is_reliable=_is_reliable(created, has_draft=bool(entry.get("draft_created_at"))),
        when=as_text(entry.get("updated_at")) or created,
        review=_review(entry),
    )


def _is_reliable(created: str, *, has_draft: bool) -> bool:
    """Tell whether a time was measured as it should be.

    Before August 2023 only the last sitting counted; until September 2024 time with a draft counted twice. Exports
    without a date are older than both.
    """
    return created[:7] >= (_DRAFTS_FIXED if has_draft else _DRAFTS_SUMMED)


def _review(entry: Record) -> str:
    reviews = records_in(entry.get("reviews"))
    if not reviews:
        return ""
    last = max(reviews, key=lambda review: as_text(review.get("created_at")))
    return "accepted" if last.get("accepted") is True else "rejected"


def _columns_of_choices(records: list[Record]) -> set[str]:
    """Return the members of flat rows that hold choices: few different short texts, and not what was labelled."""
    values: dict[str, list[str]] = {}
    for row in records:
        for name, value in row.items():
            if isinstance(value, str) and name not in _MIN_KEYS:
                values.setdefault(name, []).append(value)
    return {
        name
        for name, found in values.items()
        if len(set(found)) <= min(_MIN_VALUES, max(1, len(found) // 2))
        and not any("/" in value or len(value) > _MIN_VALUES for value in found)
    }


def _results(name: str, value: object, *, is_choice: bool) -> list[Record]:
    """Return what one member of a flat row would be as results; nothing when it is data of the task."""
    if is_choice:
        return [{"type": "choices", "from_name": name, "value": {"choices": [value]}}]
    if isinstance(value, dict) and "choices" in value:
        return [{"type": "choices", "from_name": name, "value": value}]
    found: list[Record] = []
    for part in as_list(value):
        region = as_record(part)
        kind = next((key for key in region if key.endswith("labels") or key == "taxonomy"), "")
        if kind:
            sides = {side: region.get(side) for side in ("original_width", "original_height")}
            found.append({"type": kind, "from_name": name, "value": region, **sides})
    return found

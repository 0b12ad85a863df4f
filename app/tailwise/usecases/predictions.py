"""Predictions of models beside the items they are about: which image of the project each of them means.

A source of predictions has items of its own, as a model may have seen other images than those that are planned with.
They are the same as an image of the project when they are the same file; else when their name finds exactly one, in the
steps of `formats.matching`; else when their name is the id that another source gave its item.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tailwise.domain.findings import Finding, FindingLog
from tailwise.domain.records import LabelState, Role
from tailwise.formats.coco import CocoReader
from tailwise.formats.contract import KnownSource
from tailwise.formats.matching import NameMatcher
from tailwise.formats.prediction_codes import report, report_all
from tailwise.storage.prediction_tables import (
    classes_only_in,
    has_role,
    load_item_names,
    load_references,
    replace_prediction_findings,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from tailwise.storage.connection import Db
    from tailwise.storage.prediction_tables import ItemName
    from tailwise.usecases.projects import Project


@dataclass(frozen=True, slots=True)
class MatchedPredictions:
    """Predictions of items that are labelled or in the pool, one entry each, in the order they are stored in.

    Attributes:
        rows: (k,) row of the project's columns that the prediction is about; never one of a source of predictions.
        category: (k,) index into the project's classes.
        box: (k, 4) x, y, width, height in pixels; NaN where a whole image was judged.
        score: (k,) 0 to 1; NaN where the model told none.
        source: (k,) index into `sources`.
        annotation: (k,) position in the project's annotation columns.
        sources: names of the sources of predictions.
        unmatched: predictions per source whose image is none of the project's.
    """

    rows: NDArray[np.int64]
    category: NDArray[np.int32]
    box: NDArray[np.float32]
    score: NDArray[np.float32]
    source: NDArray[np.int16]
    annotation: NDArray[np.int64]
    sources: tuple[str, ...]
    unmatched: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.rows)


def matched_predictions(project: Project) -> MatchedPredictions:
    """Return the predictions of all sources, each with the image of the project it is about."""
    columns = project.columns
    is_prediction = np.array([role == Role.PREDICTIONS for role in columns.source_roles], dtype=np.bool_)
    annotations = columns.annotations
    if not is_prediction.any():
        entries, target = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    else:
        with project.file.reading() as db:
            targets = _targets(load_item_names(db))[0]
        of_source = columns.source[annotations["item"]]
        entries = np.flatnonzero(is_prediction[of_source])
        target = targets[annotations["item"][entries]]
    numbers = (np.cumsum(is_prediction) - 1).astype(np.int16)
    source = numbers[columns.source[annotations["item"][entries]]] if len(entries) else np.zeros(0, dtype=np.int16)
    is_lost = target < 0
    kept = entries[~is_lost]
    box = np.stack([annotations[side][kept] for side in ("x", "y", "width", "height")], axis=1)
    return MatchedPredictions(
        rows=target[~is_lost],
        category=annotations["category"][kept].astype(np.int32),
        box=box.astype(np.float32),
        score=annotations["score"][kept].astype(np.float32),
        source=source[~is_lost],
        annotation=kept,
        sources=tuple(np.array(columns.source_names, dtype=object)[is_prediction].tolist()),
        unmatched=tuple(np.bincount(source[is_lost], minlength=int(is_prediction.sum())).tolist()),
    )


def settle_prediction_findings(db: Db) -> dict[str, list[Finding]]:
    """Store anew what is wrong between predictions and the other sources, and return it by source.

    To be called in the transaction of every import: labels that come later give predictions their images.
    """
    if not has_role(db, Role.PREDICTIONS):
        return {}
    items = load_item_names(db)
    targets, steps = _targets(items)
    logs = {item.source: FindingLog() for item in items if item.role == Role.PREDICTIONS}
    for row, item in enumerate(items):
        if item.role != Role.PREDICTIONS:
            continue
        step = steps.get(row, "")
        if targets[row] < 0:
            why = " (fits several images)" if step == "ambiguous" else ""
            report(logs[item.source], "PR-01", f"{item.file_name}{why}")
        elif step:
            report(logs[item.source], "PR-02", f"{item.file_name} → {items[targets[row]].file_name} ({step})")
    if any(item.role != Role.PREDICTIONS for item in items):
        for source, names in classes_only_in(db, Role.PREDICTIONS).items():
            report_all(logs.setdefault(source, FindingLog()), "PR-03", len(names), names)
    found = {source: log.findings() for source, log in logs.items()}
    for source, findings in found.items():
        replace_prediction_findings(db, source, findings)
    return found


def known_sources(project: Project) -> tuple[KnownSource, ...]:
    """Return what the COCO sources of the project call their images and classes, for lists of results to refer to."""
    with project.file.reading() as db:
        found = load_references(db, CocoReader.key)
    return tuple(KnownSource(name, tuple(images), tuple(classes)) for name, images, classes in found)


_STEPS = {"nfc": "but for its accents", "case": "but for letter case", "basename": "by its last part"}


def _targets(items: Sequence[ItemName]) -> tuple[NDArray[np.int64], dict[int, str]]:
    """Return for every row the row of the same image in another source, -1 for none, and how doubtful ones were found.

    Rows of other sources than predictions keep -1.
    """
    targets = np.full(len(items), -1, dtype=np.int64)
    steps: dict[int, str] = {}
    others = [row for row, item in enumerate(items) if item.role != Role.PREDICTIONS]
    # Of several items that are one file, the one somebody labelled is meant.
    others.sort(key=lambda row: (items[row].state != LabelState.LABELLED, row))
    by_path = _first((_path(items[row]), row) for row in others)
    left: dict[str, list[int]] = {}
    for row, item in enumerate(items):
        if item.role == Role.PREDICTIONS:
            targets[row] = by_path.get(_path(item), -1)
            if targets[row] < 0:
                left.setdefault(item.file_name, []).append(row)
    if not left:
        return targets, steps
    by_name = _unique((items[row].file_name, row) for row in others)
    by_id = _unique((items[row].ext_id, row) for row in others)
    for name, match in NameMatcher(by_name).find_all(left).items():
        for row in left[name]:
            targets[row], steps[row] = _by_name(name, items[row], (match.path, match.level), by_name, by_id)
    return targets, steps


def _by_name(
    name: str, item: ItemName, match: tuple[str | None, str], by_name: dict[str, int], by_id: dict[str, int]
) -> tuple[int, str]:
    """Return the row a name leads to (-1 for none) and the step that was needed (empty for the plain one)."""
    path, level = match
    if path is not None:
        row = by_name[path]
        return row, "ambiguous" if row < 0 else "" if level == "exact" else _STEPS.get(level, "by its stem")
    # Numbers are ids within one file only: the first image of every file may be 1.
    for text in (name, "" if item.ext_id.isdecimal() else item.ext_id):
        if text and (row := by_id.get(text, -1)) >= 0:
            return row, "by its id"
    return -1, level


def _path(item: ItemName) -> str:
    return os.path.normcase(f"{item.root}/{item.file_name}") if item.root else ""


def _first(pairs: Iterable[tuple[str, int]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for key, row in pairs:
        if key:
            found.setdefault(key, row)
    return found


def _unique(pairs: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Return the row of every key, -1 where several have it."""
    found: dict[str, int] = {}
    for key, row in pairs:
        found[key] = -1 if key in found else row
    return found

"""What people decide about near-duplicates: keep, exclude, the same, not the same. Nothing is ever deleted."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from tailwise.domain.changes import Changes
from tailwise.domain.duplicates import DEFAULT_THRESHOLD, DUPLICATE_MARK_AXIS, DuplicateRequest
from tailwise.domain.errors import RequestError
from tailwise.domain.index import ItemMark, PairVerdict
from tailwise.domain.records import AxisKind
from tailwise.imaging.statistics import MOST_BLUR
from tailwise.storage import derived_axes, duplicate_tables, index_tables, plan_tables
from tailwise.storage.derived_axes import DerivedAxis
from tailwise.usecases.near_duplicates import applied_threshold, apply_clusters

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tailwise.domain.duplicates import DuplicateCluster
    from tailwise.usecases.projects import Project

PairVerdicts = dict[tuple[int, int], PairVerdict | None]
ItemMarks = dict[int, ItemMark | None]


@dataclass(frozen=True, slots=True)
class Decision:
    """Marks of images and verdicts on pairs; None takes one back.

    Attributes:
        text: what it is, for undo.
        reasons: why images were marked, in a few words, by item id; those without one have none.
    """

    text: str
    marks: ItemMarks = field(default_factory=ItemMarks)
    verdicts: PairVerdicts = field(default_factory=PairVerdicts)
    reasons: Mapping[int, str] = field(default_factory=dict[int, str])


@dataclass(frozen=True, slots=True)
class Decided:
    """A stored decision and the one that undoes it."""

    done: Decision
    undo: Decision
    changes: Changes = Changes.INDEX | Changes.CONDITIONS | Changes.ITEMS


def decide(project: Project, decision: Decision) -> Decided:
    """Store a decision; when it is about pairs, the clusters are formed anew at the threshold in use.

    Raises:
        RequestError: an image is paired with itself, or an item does not exist.
    """
    known = project.cube().row_of
    unknown = [i for i in (*decision.marks, *(i for pair in decision.verdicts for i in pair)) if i not in known]
    if unknown:
        raise RequestError(f"There is no item {unknown[0]}", "The ids are those of: tailwise items PROJECT")
    with project.file.reading() as db:
        reasons = duplicate_tables.list_reasons(db)
    marks = mark_items(project, decision.marks, decision.reasons) if decision.marks else {}
    verdicts = say_of_pairs(project, decision.verdicts) if decision.verdicts else {}
    if verdicts:
        threshold = applied_threshold(project)
        apply_clusters(project, DuplicateRequest(DEFAULT_THRESHOLD if threshold is None else threshold))
    told = {item: reasons[item] for item in marks if item in reasons}
    return Decided(decision, Decision(decision.text, marks, verdicts, told))


def file_names(project: Project, item_ids: Iterable[int]) -> dict[int, str]:
    """Return the file name of each item."""
    with project.file.reading() as db:
        return {item: name for item, (name, _ext_id) in plan_tables.item_names(db, item_ids).items()}


def say_of_pairs(project: Project, verdicts: Mapping[tuple[int, int], PairVerdict | None]) -> PairVerdicts:
    """Store that pairs of images are the same or not; None takes it back. Returns what was said before, to undo."""
    ordered = {(min(pair), max(pair)): verdict for pair, verdict in verdicts.items()}
    if any(a == b for a, b in ordered):
        raise RequestError("An image cannot be compared with itself", "Choose two images")
    with project.file.writing() as db:
        before = duplicate_tables.list_verdicts(db)
        duplicate_tables.set_verdicts(db, ordered)
    return {pair: before.get(pair) for pair in ordered}


def mark_items(project: Project, marks: Mapping[int, ItemMark | None], reasons: Mapping[int, str]) -> ItemMarks:
    """Mark images to keep or to exclude; None takes a mark back. Returns the marks before, to undo.

    Marks are shown as the condition `DUPLICATE_MARK_AXIS`, so that counts and exports can leave them out; plans do not
    offer what is excluded, and training does not repeat it.
    """
    with project.file.writing() as db:
        before = duplicate_tables.list_marks(db)
        duplicate_tables.set_marks(db, marks, reasons)
        now = sorted(duplicate_tables.list_marks(db).items())
        if now:
            values = tuple(mark.value for mark in ItemMark)
            ids = np.array([item for item, _mark in now], dtype=np.int64)
            codes = np.array([values.index(mark.value) for _item, mark in now], dtype=np.int32)
            axis = DerivedAxis(DUPLICATE_MARK_AXIS, AxisKind.CONDITION, "decided by hand", values, ids, codes)
            derived_axes.write_axis(db, axis)
        else:
            derived_axes.delete_axis(db, DUPLICATE_MARK_AXIS)
    return {item: before.get(item) for item in marks}


class KeepRule(StrEnum):
    """Which image of a cluster is kept."""

    MOST_OBJECTS = "most objects"  # then the sharpest
    SHARPEST = "sharpest"  # of those that are about as sharp, the one with most objects


ABOUT_AS_SHARP = 1.05
"""Times the blur of the sharpest: compression alone changes it that much."""


def best_of(
    project: Project, clusters: Sequence[DuplicateCluster], rule: KeepRule = KeepRule.MOST_OBJECTS
) -> ItemMarks:
    """Return the marks of the rule for all: keep one image of each cluster, exclude the others.

    Clusters whose labels disagree are left to a person.
    """
    with project.file.reading() as db:
        rows = index_tables.load_rows(db)
    blur = dict(zip(rows["item_ids"].tolist(), rows["blur"].tolist(), strict=True))
    sliced = project.cube()
    marks: ItemMarks = {}
    for one in clusters:
        if one.labels_disagree:
            continue
        objects = {item: len(sliced.cube.annotations_of(sliced.row_of[item])) for item in one.items}
        most = ABOUT_AS_SHARP * min(blur.get(item, MOST_BLUR) for item in one.items)
        sharp = [item for item in one.items if blur.get(item, MOST_BLUR) <= most]
        chosen = sharp if rule is KeepRule.SHARPEST and sharp else one.items
        kept = max(chosen, key=lambda item: (objects[item], -blur.get(item, MOST_BLUR), -item))
        marks |= {item: ItemMark.KEEP if item == kept else ItemMark.EXCLUDE for item in one.items}
    return marks

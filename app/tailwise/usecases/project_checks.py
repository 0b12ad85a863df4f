"""Checks over all sources together, computed from what is stored now: labels, boxes, conditions, contradictions."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

import numpy as np

from tailwise.analysis import box_checks
from tailwise.analysis.box_checks import Boxes
from tailwise.domain.findings import MAX_EXAMPLES, Severity
from tailwise.domain.records import AnnotationFlag, AnnotationKind, LabelState, Role
from tailwise.domain.wording import counted
from tailwise.storage import plan_tables
from tailwise.usecases import condition_checks, conflict_checks, sequences
from tailwise.usecases.check_report import CheckReport

if TYPE_CHECKING:
    from tailwise.domain.checks import ProjectFinding
    from tailwise.ops.progress import Progress
    from tailwise.usecases.projects import Project
    from tailwise.usecases.slices import ProjectCube

FEW_IMAGES = 10
IMBALANCE = 50.0
"""Largest over smallest class; Datumaro's threshold."""
MOST_SINGLE = 0.95

_CHECKED: weakref.WeakKeyDictionary[Project, tuple[weakref.ref[ProjectCube], tuple[ProjectFinding, ...]]] = (
    weakref.WeakKeyDictionary()
)
"""What was found in each open project, and in which cube: a cube is built anew whenever anything changed."""


def check_project(project: Project, progress: Progress) -> tuple[ProjectFinding, ...]:
    """Run every check over the present data; changes nothing. Asked again about the same data it answers at once."""
    sliced = project.cube()
    known = _CHECKED.get(project)
    if known is not None and known[0]() is sliced:
        return known[1]
    progress.stage("Checking labels", 6)
    with project.file.reading() as db:
        report = CheckReport(sliced, plan_tables.all_item_names(db))
    _check_items(report)
    progress.advance()
    _check_classes(report)
    progress.advance()
    _check_boxes(report)
    progress.advance()
    condition_checks.check_conditions(report)
    progress.advance()
    conflict_checks.check_conflicts(project, report)
    progress.advance()
    _check_sequences(project, report, progress)
    found = tuple(report.found)
    _CHECKED[project] = weakref.ref(sliced), found
    return found


def _check_items(report: CheckReport) -> None:
    columns = report.sliced.columns
    is_labels = np.array([role == Role.LABELS for role in columns.source_roles], dtype=np.bool_)
    # A source nobody has labelled anything of is a pool, whatever it was imported as.
    is_labels[np.setdiff1d(np.arange(len(is_labels)), columns.source[report.sliced.labelled])] = False
    bare = (
        np.flatnonzero(is_labels[columns.source] & (columns.state == LabelState.UNLABELLED)) if len(is_labels) else []
    )
    report.add(
        "CK-01", Severity.NOTE, "images without annotation among labelled ones", "counted as unlabelled",
        count=len(bare), rows=bare,
    )  # fmt: skip
    kinds = columns.annotations["kind"][report.sliced.entries]
    whole = kinds == AnnotationKind.LABEL
    per_item = np.bincount(report.sliced.cube.item[whole], minlength=report.sliced.cube.n_items)
    several, single = np.flatnonzero(per_item > 1), int((per_item == 1).sum())
    if len(several) and single >= MOST_SINGLE * (single + len(several)):
        report.add(
            "CK-02", Severity.WARNING, "images with several classes where nearly all have one", "kept, all of them",
            count=len(several), rows=several,
        )  # fmt: skip


def _check_classes(report: CheckReport) -> None:
    sliced = report.sliced
    rows = sliced.labelled_rows
    if not rows:
        return
    report.add(
        "CK-03", Severity.NOTE, "classes without any object in the project", "kept: a gap to plan for",
        count=sum(not r.images for r in rows), examples=[r.name for r in rows if not r.images],
    )  # fmt: skip
    report.add(
        "CK-04", Severity.NOTE, "only one class in the project", "nothing", count=int(len(rows) == 1),
        examples=[rows[0].name],
    )  # fmt: skip
    for code, message, few in (
        ("CK-05", "classes seen on a single image", [r for r in rows if r.images == 1]),
        ("CK-06", f"classes seen on 2 to {FEW_IMAGES} images", [r for r in rows if 1 < r.images <= FEW_IMAGES]),
    ):
        codes = [sliced.class_index(r.name) for r in few]
        shown = [f"{r.name}: {counted(r.images, 'image')}, {counted(r.objects, 'object')}" for r in few]
        report.add(
            code, Severity.WARNING, message, "kept: too few to learn from and to measure", count=len(few),
            rows=np.flatnonzero(sliced.cube.class_mask(codes) & sliced.labelled) if codes else (), examples=shown,
        )  # fmt: skip
    seen = [r for r in rows if r.objects]
    if len(seen) > 1 and seen[0].objects >= IMBALANCE * min(r.objects for r in seen):
        last = min(seen, key=lambda r: (r.objects, r.name))
        report.add(
            "CK-07", Severity.WARNING, f"the largest class is {IMBALANCE:.0f} times the smallest or more",
            "kept: plan for the small ones, or weigh classes", count=1,
            examples=[f"{seen[0].name} {seen[0].objects:,}, {last.name} {last.objects:,} objects"],
        )  # fmt: skip


def _check_boxes(report: CheckReport) -> None:
    sliced = report.sliced
    stored, entries = sliced.columns.annotations, sliced.entries
    has_place = (stored["kind"][entries] != AnnotationKind.LABEL) & (stored["kind"][entries] != AnnotationKind.SPAN)
    entries = entries[has_place & ((stored["flags"][entries] & AnnotationFlag.CROWD) == 0)]
    box = np.stack([stored[n][entries] for n in ("x", "y", "width", "height")], axis=1)
    boxes = Boxes(stored["item"][entries].astype(np.int64), stored["category"][entries].astype(np.int64), box)
    degenerate = np.flatnonzero((stored["flags"][entries] & AnnotationFlag.DEGENERATE) != 0)
    kept = "kept; look at them"
    for code, severity, message, positions in (
        ("CK-09", Severity.WARNING, "boxes whose width or height is not above zero",
         np.union1d(box_checks.not_positive(boxes), degenerate)),
        ("CK-10", Severity.WARNING, "objects whose box is no number", box_checks.not_finite(boxes)),
        ("CK-11", Severity.WARNING, "boxes far larger or smaller than others of their class (5 deviations)",
         box_checks.far_in_size(boxes)),
        ("CK-12", Severity.WARNING, "boxes far wider or higher in shape than others of their class",
         box_checks.far_in_shape(boxes)),
    ):  # fmt: skip
        rows = boxes.row[positions]
        shown = [
            f"{report.names[int(boxes.row[p])]}: {_class(report, boxes, p)}" for p in positions[:MAX_EXAMPLES].tolist()
        ]
        report.add(code, severity, message, kept, count=len(positions), rows=rows, examples=shown)
    one_sized = box_checks.one_sized_classes(boxes)
    report.add(
        "CK-08", Severity.NOTE, "classes of which over 80 % of the boxes are of nearly one size", "nothing",
        count=len(one_sized), examples=[f"{sliced.columns.categories[c].name}: {share:.0%}" for c, share in one_sized],
    )  # fmt: skip
    pairs = box_checks.odd_pairs(boxes)
    for code, severity, message, found in (
        ("CK-13", Severity.WARNING, "pairs of nearly the same box of one class: labelled twice", pairs.doubles),
        ("CK-14", Severity.WARNING, "pairs of nearly the same box with two classes", pairs.two_classes),
        ("CK-15", Severity.NOTE, "boxes inside a box of the same class", pairs.nested),
        ("CK-16", Severity.NOTE, "boxes of one class that overlap by over 80 %", pairs.overlapping),
    ):
        rows = boxes.row[found[:, 0]]
        shown = [
            f"{report.names[int(boxes.row[a])]}: {_class(report, boxes, a)} and {_class(report, boxes, b)}"
            for a, b in found[:MAX_EXAMPLES].tolist()
        ]
        report.add(code, severity, message, kept, count=len(found), rows=rows, examples=shown)


def _class(report: CheckReport, boxes: Boxes, position: int) -> str:
    return report.sliced.columns.categories[int(boxes.category[position])].name


def _check_sequences(project: Project, report: CheckReport, progress: Progress) -> None:
    audit = sequences.audit_sequences(project, progress)
    near = [gap for gap in audit.gaps if gap.close]
    row_of = report.sliced.row_of
    report.add(
        "CK-32", Severity.WARNING,
        f"neighbours of one numbered sequence in two splits, at most {audit.close_frames} frames apart",
        "kept; make the sequence a group and split again", count=audit.close,
        rows=[row_of[item] for gap in near for pair in gap.examples for item in (pair.a_item, pair.b_item)],
        examples=[
            f"{p.a_file} ({g.a_split} or {g.b_split}) and {p.b_file}: {p.distance} frames"
            for g in near for p in g.examples
        ],
    )  # fmt: skip

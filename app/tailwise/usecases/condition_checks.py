"""Checks of classes by name and of conditions: two spellings of one thing, lone and rare values, values missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tailwise.domain.checks import Fix, FixKind
from tailwise.domain.findings import Severity
from tailwise.domain.records import AxisKind
from tailwise.formats.similar_names import alike
from tailwise.usecases.class_map import NO_CLASS_WORDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tailwise.domain.coverage import AxisFacts
    from tailwise.usecases.check_report import CheckReport

FEW_ITEMS = 10
IMBALANCE = 50.0
LEAST_KNOWN = 0.5
"""Share of items with a value from which the others are missing one; below, the condition is about a part only."""


def check_conditions(report: CheckReport) -> None:
    """Report what names of classes and values of conditions suggest, with the fixes that are safe."""
    _check_class_names(report)
    conditions = [facts for facts in report.sliced.axis_facts() if facts.kind == AxisKind.CONDITION]
    _check_spellings(report, conditions)
    _check_values(report, conditions)
    _check_missing(report, conditions)
    _check_same(report, conditions)


def _check_class_names(report: CheckReport) -> None:
    sliced = report.sliced
    size = {row.name: row.objects for row in sliced.labelled_rows}
    pairs = [sorted(pair, key=lambda name: (-size.get(name, 0), name)) for pair in alike(list(size))]
    report.add(
        "CL-01", Severity.QUESTION, "class names that may mean the same", "kept apart until you merge them",
        count=len(pairs), examples=[f"“{large}” and “{small}”" for large, small in pairs],
        fixes=[Fix(FixKind.MERGE_CLASSES, (small,), f"Merge {small} into {large}", large) for large, small in pairs],
    )  # fmt: skip
    doubtful = [name for name in size if name.strip().casefold() in NO_CLASS_WORDS]
    codes = [sliced.class_index(name) for name in doubtful]
    report.add(
        "CL-04", Severity.QUESTION, "class names that may mean “no class”", "kept as classes until you say otherwise",
        count=len(doubtful), examples=doubtful,
        rows=np.flatnonzero(sliced.cube.class_mask(codes)) if codes else (),
        fixes=[Fix(FixKind.NO_CLASS, (name,), f"{name} is no class") for name in doubtful],
    )  # fmt: skip


def _check_spellings(report: CheckReport, conditions: Sequence[AxisFacts]) -> None:
    examples: list[str] = []
    fixes: list[Fix] = []
    for facts in conditions:
        size = dict(facts.values)
        for pair in alike([value for value, _ in facts.values]):
            large, small = sorted(pair, key=lambda value: (-size[value], value))
            examples.append(f"{facts.name}: “{large}” and “{small}”")
            title = f"{facts.name}: merge {small} into {large}"
            fixes.append(Fix(FixKind.MERGE_VALUES, (small,), title, large, facts.name))
    report.add(
        "AX-07", Severity.QUESTION, "values of a condition that may mean the same", "kept apart until you merge them",
        count=len(examples), examples=examples, fixes=fixes,
    )  # fmt: skip


def _check_values(report: CheckReport, conditions: Sequence[AxisFacts]) -> None:
    lone = [facts for facts in conditions if len(facts.values) == 1]
    report.add(
        "CK-20", Severity.NOTE, "conditions with a single value", "kept; they tell nothing apart", count=len(lone),
        examples=[f"{facts.name}: {facts.values[0][0]}" for facts in lone],
        fixes=[Fix(FixKind.DELETE_CONDITION, (f.name,), f"Delete {f.name}") for f in lone],
    )  # fmt: skip
    rare = [(f.name, value, n) for f in conditions if len(f.values) > 1 for value, n in f.values if n <= FEW_ITEMS]
    report.add(
        "CK-21", Severity.NOTE, f"values of a condition with at most {FEW_ITEMS} images", "kept: a gap to plan for",
        count=len(rare), examples=[f"{name} {value}: {n}" for name, value, n in rare],
    )  # fmt: skip
    uneven: list[str] = []
    for facts in conditions:
        counts = sorted((n, value) for value, n in facts.values if n)
        if len(counts) > 1 and counts[-1][0] >= IMBALANCE * counts[0][0]:
            uneven.append(f"{facts.name}: {counts[-1][1]} {counts[-1][0]:,}, {counts[0][1]} {counts[0][0]:,}")
    report.add(
        "CK-22", Severity.NOTE, f"conditions whose commonest value is {IMBALANCE:.0f} times the rarest or more",
        "kept: a gap to plan for", count=len(uneven), examples=uneven,
    )  # fmt: skip


def _check_missing(report: CheckReport, conditions: Sequence[AxisFacts]) -> None:
    sliced = report.sliced
    total = int(sliced.counted.sum())
    examples: list[str] = []
    rows: list[NDArray[np.int64]] = []
    for facts in conditions:
        has = np.zeros(sliced.cube.n_items, dtype=np.bool_)
        has[sliced.cube.axis(facts.name).rows] = True
        known = int((has & sliced.counted).sum())
        if LEAST_KNOWN * total <= known < total:
            rows.append(np.flatnonzero(~has & sliced.counted))
            examples.append(f"{facts.name}: {total - known:,} of {total:,} images")
    report.add(
        "CK-23", Severity.NOTE, "conditions that some images have no value of", "counted as unknown",
        count=len(examples), rows=np.concatenate(rows) if rows else (), examples=examples,
    )  # fmt: skip


def _check_same(report: CheckReport, conditions: Sequence[AxisFacts]) -> None:
    """Two conditions say the same when each value of one stands for exactly one of the other, on the same images."""
    first: dict[bytes, AxisFacts] = {}
    examples: list[str] = []
    fixes: list[Fix] = []
    for facts in conditions:
        axis = report.sliced.cube.axis(facts.name)
        order = np.lexsort((axis.codes, axis.rows))
        rows, codes = axis.rows[order], axis.codes[order]
        _, where, back = np.unique(codes, return_index=True, return_inverse=True)
        renumbered = np.argsort(np.argsort(where))[back] if len(where) else codes
        key = rows.astype("<i8").tobytes() + renumbered.astype("<i8").tobytes()
        other = first.setdefault(key, facts) if len(facts.values) > 1 else facts
        if other is not facts:
            examples.append(f"{other.name} and {facts.name}")
            title = f"Delete {facts.name}, keep {other.name}"
            fixes.append(Fix(FixKind.DELETE_CONDITION, (facts.name,), title))
    report.add(
        "CK-24", Severity.QUESTION, "conditions that say the same on every image", "kept until you delete one",
        count=len(examples), examples=examples, fixes=fixes,
    )  # fmt: skip

"""Contradictions between sources: one file with different labels, one name that two sources label differently."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tailwise.domain.findings import MAX_EXAMPLES, Severity
from tailwise.domain.records import IDENTICAL_AXIS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from tailwise.usecases.check_report import CheckReport
    from tailwise.usecases.projects import Project

_TENTHS = 10.0


def check_conflicts(project: Project, report: CheckReport) -> None:
    """Report byte-identical files with different labels, and one image under one name labelled differently."""
    identical = _identical(project, report)
    _report(report, "CK-30", identical, "byte-identical images with different labels", "kept; the labels contradict")
    twins = {row for group in identical for row in group}
    named = [[row for row in group if row not in twins] for group in _same_names(report)]
    message = "images that two sources name alike and label differently"
    _report(report, "CK-31", named, message, "kept, both of them; look which is right")


def _report(report: CheckReport, code: str, groups: Iterable[Sequence[int]], message: str, action: str) -> None:
    judged = np.zeros(report.sliced.cube.n_items, dtype=np.bool_)
    judged[report.sliced.labelled] = True
    candidates = [rows for group in groups if len(rows := [row for row in group if judged[row]]) > 1]
    said = _labels(report, [row for rows in candidates for row in rows])
    against = [rows for rows in candidates if len({said[row] for row in rows}) > 1]
    columns = report.sliced.columns
    examples = [
        " = ".join(f"{report.names[row]} ({columns.source_names[columns.source[row]]})" for row in rows)
        for rows in against[:MAX_EXAMPLES]
    ]
    flat = [row for rows in against for row in rows]
    report.add(code, Severity.WARNING, message, action, count=len(against), rows=flat, examples=examples)


def _labels(report: CheckReport, rows: Sequence[int]) -> Mapping[int, bytes]:
    """Return what is said about each row, the same bytes for the same classes and boxes (to a tenth of a pixel)."""
    sliced = report.sliced
    stored = sliced.columns.annotations
    said: dict[int, bytes] = {}
    for row in rows:
        positions = sliced.entries[sliced.cube.annotations_of(row)]
        table = np.column_stack(
            [
                stored["category"][positions],
                *(
                    np.nan_to_num(np.rint(stored[n][positions] * _TENTHS), nan=-1)
                    for n in ("x", "y", "width", "height")
                ),
            ]
        ).astype(np.int64)
        said[row] = table[np.lexsort(table.T[::-1])].tobytes()
    return said


def _identical(project: Project, report: CheckReport) -> list[list[int]]:
    """Return rows of the same bytes: by the image index where there is one, and what imports found."""
    groups: list[list[int]] = []
    axis = report.sliced.cube.axes.get(IDENTICAL_AXIS)
    if axis is not None:
        groups.extend(_grouped(axis.rows, axis.codes))
    from tailwise.usecases.index_columns import load_index

    index = load_index(project)
    if len(index.item_ids):
        row_of = report.sliced.row_of
        known = np.array([row_of.get(item, -1) for item in index.item_ids.tolist()], dtype=np.int64)
        usable = (known >= 0) & index.sha256.any(axis=1)
        _, digest = np.unique(index.sha256[usable], axis=0, return_inverse=True)
        groups.extend(_grouped(known[usable], digest.reshape(-1)))
    unique = {tuple(sorted(group)): group for group in groups}
    return list(unique.values())


def _same_names(report: CheckReport) -> list[list[int]]:
    """Return rows of equal size and equal last part of the name that lie in more than one labelled source."""
    columns = report.sliced.columns
    rows = np.flatnonzero(report.sliced.labelled)
    if len(set(columns.source[rows].tolist())) < 2:
        return []
    found: dict[tuple[str, int, int], list[int]] = {}
    for row in rows.tolist():
        key = report.names[row].rpartition("/")[2], int(columns.width[row]), int(columns.height[row])
        found.setdefault(key, []).append(row)
    return [group for group in found.values() if len({int(columns.source[row]) for row in group}) > 1]


def _grouped(rows: NDArray[np.integer], codes: NDArray[np.integer]) -> list[list[int]]:
    order = np.argsort(codes, kind="stable")
    ends = np.flatnonzero(np.diff(codes[order])) + 1
    return [part.tolist() for part in np.split(rows[order], ends) if len(part) > 1]

"""The class × condition table, its measures, and the axes to slice by."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tailwise.analysis import association, measures
from tailwise.domain.coverage import AxisFacts, CellFlag, CountRequest, CountTable, TailMeasures, Unit
from tailwise.usecases.unique_scenes import unique_scenes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tailwise.ops.progress import Progress
    from tailwise.usecases.projects import Project


def count_table(project: Project, request: CountRequest, progress: Progress) -> CountTable:
    """Count every class at every combination of the requested axes over the labelled items that the filter keeps."""
    progress.stage("Counting")
    sliced = project.cube()
    unit = request.unit or sliced.default_unit
    mask = sliced.labelled & sliced.cube.item_mask(request.where) if request.where else sliced.labelled
    if request.unique:
        mask = unique_scenes(sliced, mask)
    labels, counts, column_items = sliced.cube.table(request.by, unit, mask)
    rows = sliced.class_rows(mask) if request.where or request.unique else sliced.labelled_rows
    index = {c.name: i for i, c in enumerate(sliced.columns.categories)}
    counts = counts[[index[r.name] for r in rows]]
    expected = association.expected_counts(counts) if request.by and counts.size else None
    return CountTable(
        unit=unit,
        axes=tuple(request.by),
        columns=labels,
        column_items=tuple(column_items.tolist()),
        rows=rows,
        counts=_nested(counts),
        expected=None if expected is None else _nested(expected),
        flags=_flags(counts, expected, [r.target for r in rows]),
        items=int(mask.sum()),
        cramers_v=association.cramers_v(counts, is_corrected=True) if expected is not None else None,
    )


def tail_measures(
    project: Project, unit: Unit | None, where: Sequence[tuple[str, str]], progress: Progress
) -> TailMeasures:
    """Measure how long the tail of the class distribution is, over the labelled items that the filter keeps."""
    progress.stage("Measuring")
    sliced = project.cube()
    unit = unit or sliced.default_unit
    rows = sliced.class_rows(sliced.labelled & sliced.cube.item_mask(where))
    counts = [getattr(r, unit.value) for r in rows]
    head, mid, tail = measures.tail_sizes([r.tail for r in rows])
    return TailMeasures(
        unit=unit,
        classes=len(rows),
        empty_classes=tuple(r.name for r, n in zip(rows, counts, strict=True) if n == 0),
        total=sum(counts),
        imbalance_ratio=measures.imbalance_ratio(counts),
        evenness=measures.evenness(counts),
        effective_classes=measures.effective_classes(counts),
        gini=measures.gini(counts),
        head=head,
        mid=mid,
        tail=tail,
    )


def count_axes(project: Project) -> tuple[AxisFacts, ...]:
    """Return every axis that counts can be sliced by: built-in ones first, then conditions, then groups."""
    sliced = project.cube()
    stored = {f.name: f for f in sliced.axis_facts()}
    built_in = [
        AxisFacts(name, "built-in", "tailwise", sliced.value_counts(axis))
        for name, axis in sliced.cube.axes.items()
        if name not in stored and axis.values
    ]
    return (*built_in, *sorted(stored.values(), key=lambda f: f.kind))


def _flags(
    counts: NDArray[np.int64], expected: NDArray[np.float64] | None, targets: Sequence[int | None]
) -> tuple[tuple[CellFlag, ...], ...]:
    if expected is None:
        return tuple(
            tuple(CellFlag.BELOW_TARGET if t is not None and n < t else CellFlag.NORMAL for n in row)
            for row, t in zip(counts.tolist(), targets, strict=True)
        )
    flags = np.full(counts.shape, CellFlag.NORMAL.value, dtype=object)
    remarkable = association.flag_cells(counts)
    flags[remarkable.thin] = CellFlag.THIN.value
    flags[remarkable.empty] = CellFlag.EMPTY.value
    return tuple(tuple(CellFlag(f) for f in row) for row in flags.tolist())


def _nested(values: NDArray[np.int64] | NDArray[np.float64]) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(row) for row in values.tolist())

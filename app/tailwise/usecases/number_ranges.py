"""Sort columns of many different numbers into ranges while a source is imported."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

import numpy as np

from tailwise.analysis.ranges import equal_edges, numbers_of, sort_into
from tailwise.domain.records import AxisColumns, AxisKind
from tailwise.formats.table_axes import NUMBERS_ORIGIN

if TYPE_CHECKING:
    from tailwise.domain.records import SourceData

RANGES = 4
RANGES_ORIGIN = "ranges of column "


def range_numbers(data: SourceData) -> None:
    """Replace, in place, every axis of measured numbers by one of at most `RANGES` ranges of about equal size.

    Edges follow the numbers as often as items have them. A column that is too uneven for two ranges is left out.
    """
    data.axes = [axis for axis in map(_ranged, data.axes) if axis is not None]


def _ranged(axis: AxisColumns) -> AxisColumns | None:
    if not axis.origin.startswith(NUMBERS_ORIGIN):
        return axis
    codes = np.frombuffer(axis.value, dtype=np.int32)
    numbers = numbers_of(axis.values)[codes]
    edges = equal_edges(numbers, RANGES)
    if not edges:
        return None
    names, ranges = sort_into(numbers, edges)
    is_number = ranges >= 0
    item = np.frombuffer(axis.item, dtype=np.int32)[is_number].astype(np.int64)
    records = np.frombuffer(axis.records, dtype=np.int32)[is_number]
    # Two numbers of one item may fall into one range: it is stated once, by the records of both.
    pairs, back = np.unique(item * len(names) + ranges[is_number], return_inverse=True)
    kept = AxisColumns(
        axis.name, AxisKind.CONDITION, f"{RANGES_ORIGIN}{axis.origin.removeprefix(NUMBERS_ORIGIN)}", list(names)
    )
    kept.item = array("i", (pairs // len(names)).astype(np.int32).tobytes())
    kept.value = array("i", (pairs % len(names)).astype(np.int32).tobytes())
    kept.records = array("i", np.bincount(back, weights=records).astype(np.int32).tobytes())
    return kept

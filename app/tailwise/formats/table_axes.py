"""Columns of a table as axes of items: few values are a condition, many that repeat are a group."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

import numpy as np

from tailwise.domain.findings import Severity
from tailwise.domain.records import AxisColumns, AxisKind
from tailwise.formats.csv_table import Column
from tailwise.formats.positions import counted_pairs, used

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from numpy.typing import NDArray

    from tailwise.domain.findings import FindingLog
    from tailwise.domain.records import SourceData

MAX_CONDITION_VALUES = 50
MAX_VALUE_LENGTH = 200
NUMBERS_ORIGIN = "numbers of column "
"""Origin of an axis whose values are many different numbers, to be sorted into ranges before it is stored."""


def unique_axis_name(data: SourceData, wanted: str) -> str:
    """Return `wanted`, with a number behind it if an axis of the source has that name already."""
    taken = {axis.name.casefold() for axis in data.axes}
    name, number = wanted, 2
    while name.casefold() in taken:
        name, number = f"{wanted} {number}", number + 1
    return name


def add_column_axes(
    data: SourceData,
    columns: Mapping[str, Column],
    item_of_row: NDArray[np.int32],
    choice: tuple[Collection[str], Collection[str]],
    log: FindingLog,
) -> None:
    """Add an axis for every column that can be one, and report those that cannot.

    Args:
        data: gets the axes; its items are complete.
        columns: the columns of a table by name.
        item_of_row: the item a row is about; negative for rows about none.
        choice: names of columns the user called groups, and of those called conditions.
        log: gets what was left out and why.
    """
    groups, conditions = choice
    rows = np.flatnonzero(item_of_row >= 0)
    items = item_of_row[rows]
    total = len(used(items))
    for name, column in columns.items():
        tidy = column.changed(_tidy)
        values, codes = tidy.values, tidy.codes
        filled = [values[code] for code in used(codes[rows]).tolist() if values[code]]
        if name in groups:
            kind = AxisKind.GROUP
        elif name in conditions:
            kind = AxisKind.CONDITION
        else:
            kind = _kind(name, filled, total, log)
        if kind is None or not filled:
            continue
        is_measured = kind is AxisKind.CONDITION and name not in conditions and len(filled) > MAX_CONDITION_VALUES
        origin = f"{NUMBERS_ORIGIN}{name}" if is_measured else f"column {name}"
        axis = AxisColumns(unique_axis_name(data, name), kind, origin=origin)
        _fill(axis, values, codes[rows], items)
        data.axes.append(axis)


def axis_of(data: SourceData, name: str, kind: AxisKind, origin: str, values: Iterable[str]) -> AxisColumns:
    """Return an axis with one value per item, in the order of the items; an empty text is no value."""
    column = Column.of(values).changed(_tidy)
    axis = AxisColumns(unique_axis_name(data, name), kind, origin=origin)
    _fill(axis, column.values, column.codes, np.arange(len(column), dtype=np.int32))
    return axis


def _tidy(value: str) -> str:
    return " ".join(value.split())


def _fill(axis: AxisColumns, values: list[str], codes: NDArray[np.int32], items: NDArray[np.int32]) -> None:
    """State each pair of item and value once, with the number of rows that told it."""
    item, code, counts = counted_pairs(items, codes, len(values))
    if "" in values:
        is_value = code != values.index("")
        item, code, counts = item[is_value], code[is_value], counts[is_value]
    present = used(code)
    new_code = np.zeros(len(values), np.int32)
    new_code[present] = np.arange(len(present))
    code = new_code[code]
    axis.values = [values[index] for index in present.tolist()]
    axis.item = array("i", item.astype(np.int32).tobytes())
    axis.value = array("i", code.astype(np.int32).tobytes())
    axis.records = array("i", counts.astype(np.int32).tobytes())


def _kind(name: str, values: list[str], items: int, log: FindingLog) -> AxisKind | None:
    """Decide what a column is by its distinct values, or say why it is left out."""
    distinct = len(values)
    if distinct == 0:
        log.add("CS-20", Severity.NOTE, "columns without any value", "left out", name)
    elif distinct == 1:
        example = f"{name}: {values[0][:60]}"
        log.add("CS-17", Severity.NOTE, "columns that are the same in every row", "left out", example)
    elif distinct > MAX_CONDITION_VALUES and _are_numbers(values):
        return _kind_of_numbers(name, values, items, log)
    elif max(map(len, values)) > MAX_VALUE_LENGTH or (distinct == items and items > 2) or _is_loose(distinct, items):
        message = "columns that name each item or hold long text"
        log.add("CS-19", Severity.NOTE, message, "left out", f"{name}: {distinct:,} values")
    else:
        return AxisKind.CONDITION if distinct <= MAX_CONDITION_VALUES else AxisKind.GROUP
    return None


def _kind_of_numbers(name: str, values: list[str], items: int, log: FindingLog) -> AxisKind | None:
    """Sort measures into ranges; whole numbers that are different on every item name the item and say nothing."""
    example = f"{name}: {len(values):,} values"
    if len(values) == items and all(value.lstrip("+-").isdecimal() for value in values):
        message, action = (
            "columns of whole numbers that are different on every item",
            "left out, as they name the items",
        )
        log.add("CS-21", Severity.NOTE, message, action, example)
        return None
    message = f"columns of more than {MAX_CONDITION_VALUES} different numbers"
    action = "sorted into ranges of equal size; answer group=COLUMN if they name a source such as a patient"
    log.add("CS-18", Severity.NOTE, message, action, example)
    return AxisKind.CONDITION


def _is_loose(distinct: int, items: int) -> bool:
    """Tell whether many values repeat so rarely that they hold nothing together."""
    return distinct > MAX_CONDITION_VALUES and distinct > 0.5 * items


def _are_numbers(values: list[str]) -> bool:
    def is_number(text: str) -> bool:
        try:
            float(text.replace(",", "."))
        except ValueError:
            return False
        return True

    return sum(map(is_number, values)) >= 0.95 * len(values)

"""Columns of a table as axes of items: few values are a condition, many that repeat are a group."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

import numpy as np

from tailwise.domain.findings import Severity
from tailwise.domain.records import AxisColumns, AxisKind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from tailwise.domain.findings import FindingLog
    from tailwise.domain.records import SourceData

MAX_CONDITION_VALUES = 50
MAX_VALUE_LENGTH = 200


def unique_axis_name(data: SourceData, wanted: str) -> str:
    """Return `wanted`, with a number behind it if an axis of the source has that name already."""
    taken = {axis.name.casefold() for axis in data.axes}
    name, number = wanted, 2
    while name.casefold() in taken:
        name, number = f"{wanted} {number}", number + 1
    return name


def add_column_axes(
    data: SourceData,
    columns: Mapping[str, Sequence[str]],
    item_of_row: NDArray[np.int32],
    choice: tuple[Collection[str], Collection[str]],
    log: FindingLog,
) -> None:
    """Add an axis for every column that can be one, and report those that cannot.

    Args:
        data: gets the axes; its items are complete.
        columns: cells by column name, one per row.
        item_of_row: the item a row is about; negative for rows about none.
        choice: names of columns the user called groups, and of those called conditions.
        log: gets what was left out and why.
    """
    groups, conditions = choice
    rows = np.flatnonzero(item_of_row >= 0)
    items = item_of_row[rows]
    total = len(np.unique(items))
    for name, cells in columns.items():
        values, codes = coded(cells)
        used = np.unique(codes[rows])
        filled = [values[code] for code in used if values[code]]
        if name in groups:
            kind = AxisKind.GROUP
        elif name in conditions:
            kind = AxisKind.CONDITION
        else:
            kind = _kind(name, filled, total, log)
        if kind is None or not filled:
            continue
        axis = AxisColumns(unique_axis_name(data, name), kind, origin=f"column {name}")
        _fill(axis, values, codes[rows], items)
        data.axes.append(axis)


def axis_of(data: SourceData, name: str, kind: AxisKind, origin: str, values: Iterable[str]) -> AxisColumns:
    """Return an axis with one value per item, in the order of the items; an empty text is no value."""
    cells = list(values)
    texts, codes = coded(cells)
    axis = AxisColumns(unique_axis_name(data, name), kind, origin=origin)
    _fill(axis, texts, codes, np.arange(len(cells), dtype=np.int32))
    return axis


def coded(cells: Sequence[str]) -> tuple[list[str], NDArray[np.int32]]:
    """Return the distinct values in order of appearance, spaces around them cut, and the position of each cell's."""
    tidy = {cell: " ".join(cell.split()) for cell in dict.fromkeys(cells)}
    position = {value: code for code, value in enumerate(dict.fromkeys(tidy.values()))}
    code_of = {cell: position[value] for cell, value in tidy.items()}
    return list(position), np.fromiter(map(code_of.__getitem__, cells), np.int32, len(cells))


def _fill(axis: AxisColumns, values: list[str], codes: NDArray[np.int32], items: NDArray[np.int32]) -> None:
    """State each pair of item and value once, with the number of rows that told it."""
    pairs, counts = np.unique(items.astype(np.int64) * len(values) + codes, return_counts=True)
    item, code = np.divmod(pairs, max(1, len(values)))
    is_value = np.array([bool(value) for value in values], bool)[code] if len(pairs) else np.zeros(0, bool)
    item, code, counts = item[is_value], code[is_value], counts[is_value]
    used, code = np.unique(code, return_inverse=True)
    axis.values = [values[index] for index in used]
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
    elif max(map(len, values)) > MAX_VALUE_LENGTH or (distinct == items and items > 2):
        message = "columns that name each item or hold long text"
        log.add("CS-19", Severity.NOTE, message, "left out", f"{name}: {distinct:,} values")
    elif distinct <= MAX_CONDITION_VALUES:
        return AxisKind.CONDITION
    elif _are_numbers(values):
        message = f"columns of more than {MAX_CONDITION_VALUES} different numbers"
        action = "left out; answer group=COLUMN if they name a source such as a patient, or sort them into ranges"
        log.add("CS-18", Severity.NOTE, message, action, f"{name}: {distinct:,} values")
    elif distinct <= 0.5 * items:
        return AxisKind.GROUP
    else:
        message = "columns that name each item or hold long text"
        log.add("CS-19", Severity.NOTE, message, "left out", f"{name}: {distinct:,} values")
    return None


def _are_numbers(values: list[str]) -> bool:
    def is_number(text: str) -> bool:
        try:
            float(text.replace(",", "."))
        except ValueError:
            return False
        return True

    return sum(map(is_number, values)) >= 0.95 * len(values)

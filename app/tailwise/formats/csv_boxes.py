"""Boxes in the columns of a table, in any of the usual forms, as pixels."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tailwise.domain.findings import Severity
from tailwise.domain.records import AnnotationFlag
from tailwise.formats.csv_table import Column

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tailwise.domain.findings import FindingLog
    from tailwise.formats.csv_roles import Roles
    from tailwise.formats.csv_table import Table

_TOLERANCE = 0.01
_MAX_VALUE = 1e7


@dataclass(slots=True)
class Boxes:
    """One box per row of the table: left, top, width and height as four rows of numbers, NaN where there is none.

    `is_empty` marks rows whose box fields are all empty; `is_share` tells that the numbers are shares of the image.
    """

    values: NDArray[np.float64]
    is_empty: NDArray[np.bool_]
    is_share: bool

    def in_pixels(self, width: NDArray[np.float64], height: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the boxes in pixels, given the image size of every row (NaN where unknown)."""
        return self.values * np.stack([width, height, width, height]) if self.is_share else self.values


def read_boxes(table: Table, roles: Roles, log: FindingLog) -> Boxes:
    """Read the boxes of every row; what is no number is reported and has no box."""
    columns = _four_columns(table, roles.box)
    numbers = np.stack([_numbers(column.values)[column.codes] for column in columns])
    blank = [np.array([not value.strip() for value in column.values], bool)[column.codes] for column in columns]
    is_empty = np.logical_and.reduce(blank)
    broken = np.flatnonzero(np.isnan(numbers).any(axis=0) & ~is_empty)
    for row in broken[:20].tolist():
        shown = ", ".join([column.values[column.codes[row]] for column in columns])
        log.add("CS-22", Severity.SKIPPED, *_BROKEN, f"row {row + 2:,}: {shown}"[:200])
    if len(broken) > 20:
        log.add("CS-22", Severity.SKIPPED, *_BROKEN, count=len(broken) - 20)
    values = _as_xywh(numbers, roles.box_form, log)
    known = numbers[:, ~np.isnan(numbers).any(axis=0)]
    is_share = bool(known.size and known.max() <= 1 + _TOLERANCE and (known != np.floor(known)).any())
    if is_share:
        message = "boxes are given as shares of the image side"
        log.add("CS-23", Severity.NOTE, message, "turned into pixels where the size of the image is known")
    return Boxes(values, is_empty, is_share)


_BROKEN = ("box fields that are no numbers", "the object was left out")


def box_flags(
    boxes: NDArray[np.float64], width: NDArray[np.float64], height: NDArray[np.float64], log: FindingLog
) -> NDArray[np.int64]:
    """Return the annotation flags of boxes in pixels, and report those without a size or outside of their image."""
    left, top, box_width, box_height = boxes
    degenerate = (box_width <= 0) | (box_height <= 0)
    outside = np.zeros(boxes.shape[1], bool)
    for start, size, side in ((left, box_width, width), (top, box_height, height)):
        slack = np.maximum(1.0, _TOLERANCE * side)
        outside |= (start < -slack) | (start + size > side + slack)
    for mask, code, message, action in (
        (degenerate, "CS-24", "boxes without width or height", "kept, but not counted"),
        (outside, "CS-11", "boxes that reach out of the image", "kept; check the order and meaning of the box columns"),
    ):
        if mask.any():
            row = int(np.flatnonzero(mask)[0])
            example = ", ".join(f"{value:g}" for value in boxes[:, row])
            log.add(code, Severity.WARNING, message, action, f"left, top, width, height = {example}", int(mask.sum()))
    return degenerate * int(AnnotationFlag.DEGENERATE) + outside * int(AnnotationFlag.OUTSIDE)


def _four_columns(table: Table, names: Sequence[str]) -> list[Column]:
    if len(names) == 4:
        return [table.columns[name] for name in names]
    column = table.columns[names[0]]
    rows = [re.split(r"[\s,;]+", value.strip(" \t[](){}")) for value in column.values]
    parts = [[row[index] if len(row) == 4 else "".join(row) for row in rows] for index in range(4)]
    return [Column(values, column.codes) for values in parts]


def _numbers(values: Sequence[str]) -> NDArray[np.float64]:
    try:
        numbers = np.array(list(map(float, values)), np.float64)
    except ValueError:
        numbers = np.array([_number(value) for value in values], np.float64)
    numbers[~(np.abs(numbers) <= _MAX_VALUE)] = np.nan
    return numbers


def _number(cell: str) -> float:
    """Return the number of a cell, with a comma for the decimal point where it is one; NaN for anything else."""
    try:
        return float(cell.replace(",", "."))
    except ValueError:
        return float("nan")


def _as_xywh(numbers: NDArray[np.float64], form: str, log: FindingLog) -> NDArray[np.float64]:
    a, b, c, d = numbers
    if form == "xywh":
        return numbers
    if form == "cxcywh":
        return np.stack([a - c / 2, b - d / 2, c, d])
    reversed_rows = int(((a > c) | (b > d)).sum())
    if reversed_rows:
        message = "boxes whose right or lower edge comes first"
        log.add("CS-16", Severity.REPAIRED, message, "the edges were swapped", count=reversed_rows)
    left, right, top, bottom = np.minimum(a, c), np.maximum(a, c), np.minimum(b, d), np.maximum(b, d)
    return np.stack([left, top, right - left, bottom - top])

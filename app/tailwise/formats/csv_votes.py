"""Votes of several annotators: counted in columns, or one row per item and annotator; the class is the majority's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tailwise.domain.findings import Severity
from tailwise.domain.records import AxisKind
from tailwise.formats.table_axes import axis_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tailwise.domain.findings import FindingLog
    from tailwise.domain.records import SourceData
    from tailwise.formats.csv_table import Column, Table

MAX_VOTES = 10_000
UNANIMOUS, MAJORITY, TIE = "unanimous", "majority", "tie"
_LEAST_CLASSES = 2


def find_vote_columns(table: Table, taken: set[str]) -> list[str]:
    """Return columns that count votes: side by side, whole numbers whose sum is another column in every row.

    Nothing else makes such a sum in a long table; short tables (below 20 rows) are never judged.
    """
    if len(table) < 20:
        return []
    names = [name for name in table.columns if name not in taken]
    numbers = {name: found for name in names if (found := whole_numbers(table.columns[name])) is not None}
    for total_name, total in numbers.items():
        if not (total > 0).all():
            continue
        run: list[str] = []
        for name in [*names, ""]:
            if name in numbers and name != total_name and (numbers[name] <= total).all():
                run.append(name)
                continue
            if found := _summing(run, numbers, total):
                return found
            run = []
    return []


def _summing(run: list[str], numbers: dict[str, NDArray[np.int64]], total: NDArray[np.int64]) -> list[str]:
    """Return the longest part of `run` whose columns sum to `total` in every row."""
    for length in range(len(run), _LEAST_CLASSES - 1, -1):
        for first in range(len(run) - length + 1):
            part = run[first : first + length]
            if np.array_equal(np.sum([numbers[name] for name in part], axis=0), total):
                return part
    return []


def whole_numbers(column: Column) -> NDArray[np.int64] | None:
    """Return the numbers of every row; None where one is no whole number from 0 to `MAX_VOTES`."""
    if len(column.values) > MAX_VOTES:
        return None
    found: list[int] = []
    for value in column.values:
        text = value.strip().removesuffix(".0")
        if not (text.isascii() and text.isdecimal()) or len(text) > 5:
            return None
        found.append(int(text))
    numbers = np.array(found, np.int64)
    return numbers[column.codes] if len(numbers) and numbers.max() <= MAX_VOTES else None


def settle(votes: NDArray[np.int64]) -> tuple[NDArray[np.int32], list[str]]:
    """Return the winning class of every item (-1 for a tie or no votes) and how much the annotators agreed.

    Args:
        votes: one row per item, one column per class.
    """
    total, best = votes.sum(axis=1), votes.max(axis=1)
    winners = (votes == best[:, None]).sum(axis=1)
    code = np.where((winners == 1) & (total > 0), votes.argmax(axis=1), -1).astype(np.int32)
    agreement = np.where(winners > 1, TIE, np.where(best == total, UNANIMOUS, MAJORITY))
    return code, ["" if count < 2 else str(word) for word, count in zip(agreement, total.tolist(), strict=True)]


def votes_of_columns(table: Table, names: list[str], item: NDArray[np.int32], items: int) -> NDArray[np.int64]:
    """Return the votes of every item for every column; rows of one item are added, cells that are no number are 0."""
    votes = np.zeros((items, len(names)), np.int64)
    is_item = item >= 0
    for place, name in enumerate(names):
        column = table.columns[name]
        texts = (value.strip().removesuffix(".0") for value in column.values)
        numbers = np.array([int(t) if t.isascii() and t.isdecimal() and len(t) < 6 else 0 for t in texts], np.int64)
        np.add.at(votes[:, place], item[is_item], numbers[column.codes][is_item])
    return votes


def votes_of_rows(item: NDArray[np.int32], code: NDArray[np.int32], shape: tuple[int, int]) -> NDArray[np.int64]:
    """Return the votes of every item for every class, one per row."""
    has = (item >= 0) & (code >= 0)
    flat = item[has].astype(np.int64) * shape[1] + code[has]
    return np.bincount(flat, minlength=shape[0] * shape[1]).reshape(shape).astype(np.int64)


def report_settled(table: Table, row_class: NDArray[np.int32], names: set[str], log: FindingLog) -> list[str]:
    """Return the columns that tell the class again, by index or name; rows where they tell another are reported.

    Args:
        table: the table.
        row_class: the class that the votes are for in every row, -1 for none.
        names: columns that may tell it.
        log: gets what was found.
    """
    found: list[str] = []
    classes = int(row_class.max(initial=-1)) + 1
    known = row_class >= 0
    for name in sorted(names):
        column = table.columns[name]
        if classes < _LEAST_CLASSES or not _LEAST_CLASSES <= len(column.values) <= classes + 1 or not known.any():
            continue
        counts = np.zeros((len(column.values), classes), np.int64)
        np.add.at(counts, (column.codes[known], row_class[known]), 1)
        meant = counts.argmax(axis=1)
        other = int(counts.sum() - counts.max(axis=1).sum())
        if len(set(meant.tolist())) < len(column.values) or other > 0.2 * counts.sum():
            continue
        found.append(name)
        message, action = "a column that tells the class again", "left out: the votes tell it"
        log.add("TX-13", Severity.NOTE, message, action, name)
        if other:
            message = "rows whose column of the class tells another than most votes are for"
            log.add("TX-14", Severity.WARNING, message, "the class of most votes was taken", name, other)
    return found


def report_votes(data: SourceData, agreement: list[str], log: FindingLog) -> None:
    """Add the agreement of the annotators as a condition, and tell of ties."""
    if any(agreement):
        data.axes.append(axis_of(data, "agreement", AxisKind.CONDITION, "votes of annotators", agreement))
        counts = ", ".join(f"{word} {agreement.count(word):,}" for word in (UNANIMOUS, MAJORITY, TIE))
        message, action = "several votes per item", "the class with most votes was taken; see the condition agreement"
        log.add("TX-11", Severity.NOTE, message, action, counts, len(agreement) - agreement.count(""))
    ties = [name for name, word in zip(data.items.file_name, agreement, strict=True) if word == TIE]
    if ties:
        message, action = "items whose votes are tied", "kept without a class: let another annotator decide"
        for name in ties[:20]:
            log.add("TX-12", Severity.WARNING, message, action, name, 0)
        log.add("TX-12", Severity.WARNING, message, action, count=len(ties))

"""Fill up rare classes of a flat feature table with SMOTE; refused for pixels and where it would only repeat."""

from __future__ import annotations

import csv
import io
import os
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from tailwise.analysis.smote import smote
from tailwise.domain.errors import ExportTargetError, RequestError
from tailwise.domain.feature_table import (
    MOST_DIMENSIONS,
    MOST_DUPLICATES,
    PICTURE_COLUMNS,
    WHY_NOT_PIXELS,
    SmoteOutcome,
    SmoteRequest,
)
from tailwise.domain.split import TRAIN
from tailwise.exports.transaction import known_fault

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from tailwise.ops.progress import Progress

SYNTHETIC_COLUMN = "synthetic"


class _Table:
    """A CSV table with its features told apart: numbers, categories, and columns that are neither."""

    def __init__(self, path: Path, request: SmoteRequest) -> None:
        self.header, self.rows = _read(path)
        for name in filter(None, (request.label, request.group, request.split, *request.ignore)):
            if name not in self.header:
                raise RequestError(f"{path.name} has no column {name!r}", f"Its columns are: {', '.join(self.header)}")
        if SYNTHETIC_COLUMN in self.header:
            raise RequestError(f"{path.name} was filled up before", "Use the table it was made from")
        kept = {request.label, request.group, request.split, *request.ignore}
        features = [i for i, name in enumerate(self.header) if name not in kept]
        columns = {i: _numbers([row[i] for row in self.rows]) for i in features}
        self.numeric = [i for i in features if columns[i] is not None]
        self.categorical = [i for i in features if columns[i] is None]
        arrays = [c for i in self.numeric if (c := columns[i]) is not None]
        self.numbers = np.stack(arrays, axis=1) if arrays else np.zeros((len(self.rows), 0))
        self.labels = self.column(request.label)
        self.groups = self.column(request.group) if request.group else []
        splits = self.column(request.split) if request.split else [TRAIN] * len(self.rows)
        self.in_train = np.array([s == TRAIN for s in splits], np.bool_)

    def column(self, name: str) -> list[str]:
        """Return the texts of a column."""
        place = self.header.index(name)
        return [row[place] for row in self.rows]

    def codes(self) -> tuple[NDArray[np.int64], list[list[str]]]:
        """Return the categories as numbers (n, c), and the texts they stand for."""
        texts: list[list[str]] = []
        columns: list[list[int]] = []
        for i in self.categorical:
            values = sorted({row[i] for row in self.rows})
            place = {value: code for code, value in enumerate(values)}
            texts.append(values)
            columns.append([place[row[i]] for row in self.rows])
        shape = (len(self.rows), len(columns))
        return np.array(columns, np.int64).T.reshape(shape), texts


def fill_up(source: Path, to: Path, request: SmoteRequest, progress: Progress) -> SmoteOutcome:
    """Write the table with new rows for its rare classes, marked in the column `synthetic`.

    Raises:
        RequestError: the table is not what it should be: pixels, too few rows of a class, mostly duplicates.
        ExportTargetError: the file cannot be written.
    """
    progress.stage("Reading the table")
    table = _Table(source, request)
    if source.resolve() == to.resolve():
        raise ExportTargetError(f"{to} is the table itself", "Choose another file: what was measured stays")
    _refuse_pixels(table, source.name)
    in_train = np.flatnonzero(table.in_train)
    counts = Counter(table.labels[i] for i in in_train.tolist())
    wanted = _wanted(counts, request)
    codes, texts = table.codes()
    added: list[list[str]] = []
    told: list[tuple[str, int, int]] = []
    progress.stage("Making rows", len(wanted))
    for number, (name, count) in enumerate(sorted(wanted.items())):
        progress.advance()
        rows = np.array([i for i in in_train.tolist() if table.labels[i] == name], np.int64)
        _refuse_repeats(table, rows, name, request)
        made, votes = smote(table.numbers[rows], codes[rows], count, request.neighbours, request.seed + number)
        added += [_row(table, request, name, made[i], votes[i], texts) for i in range(count)]
        told.append((name, len(rows), count))
    _write(to, table, added)
    return SmoteOutcome(tuple(told), len(table.numeric), len(table.categorical), len(table.rows) + len(added))


def _read(path: Path) -> tuple[list[str], list[list[str]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file))
    except OSError as error:
        raise RequestError(f"{path} cannot be read ({error.strerror})", "Check the path of the table") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise RequestError(f"{path} is no CSV table in UTF-8 ({error})", "Save it as CSV in UTF-8") from error
    rows = [row for row in rows if row]
    if len(rows) < 2:
        raise RequestError(f"{path.name} has no rows", "A table needs a heading and rows")
    header = rows[0]
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != len(header):
            raise RequestError(
                f"{path.name}, row {number}: {len(row)} cells under {len(header)} headings", "Repair the row"
            )
    if len(set(header)) != len(header):
        raise RequestError(f"{path.name}: two columns have one name", "Rename one of them")
    return header, rows[1:]


def _numbers(texts: Sequence[str]) -> NDArray[np.float64] | None:
    """Return a column as numbers; None where one of its cells is none."""
    try:
        values = np.array([float(text) for text in texts], np.float64)
    except ValueError:
        return None
    return values if np.isfinite(values).all() else None


def _refuse_pixels(table: _Table, name: str) -> None:
    numbers = table.numbers
    columns = numbers.shape[1]
    if columns + len(table.categorical) > MOST_DIMENSIONS:
        raise RequestError(f"{name} has {columns:,} feature columns, as pixels do. {WHY_NOT_PIXELS}", "Use Augment")
    is_whole = bool(columns) and bool(((numbers == np.round(numbers)) & (numbers >= 0) & (numbers <= 255)).all())
    if columns >= PICTURE_COLUMNS and is_whole:
        raise RequestError(
            f"{name}: all {columns:,} features are whole numbers from 0 to 255, as pixels are. {WHY_NOT_PIXELS}",
            "Use Augment for pictures; name columns that are no features with --ignore",
        )
    if not columns:
        raise RequestError(f"{name} has no column of numbers", "SMOTE needs measured features")


def _wanted(counts: Counter[str], request: SmoteRequest) -> dict[str, int]:
    if not counts:
        raise RequestError(f"No row is in the split {TRAIN!r}", "Only training rows are filled up")
    for name in request.classes:
        if name not in counts:
            raise RequestError(f"No training row has the class {name!r}", f"Classes are: {', '.join(sorted(counts))}")
    goal = request.total or max(counts.values())
    names = request.classes or tuple(counts)
    return {name: goal - counts[name] for name in names if counts[name] < goal}


def _refuse_repeats(table: _Table, rows: NDArray[np.int64], name: str, request: SmoteRequest) -> None:
    if len(rows) < request.neighbours + 1:
        raise RequestError(
            f"The class {name!r} has {len(rows)} training rows, and {request.neighbours} neighbours need "
            f"{request.neighbours + 1}",
            "Collect more, or lower --neighbours",
        )
    if table.groups:
        distinct = len({table.groups[i] for i in rows.tolist()})
    else:
        distinct = len(np.unique(table.numbers[rows], axis=0))
    share = 1 - distinct / len(rows)
    if share > MOST_DUPLICATES:
        raise RequestError(
            f"{share:.0%} of the rows of {name!r} are duplicates: new rows between them would repeat them once more",
            "Collect independent rows",
        )


def _row(
    table: _Table, request: SmoteRequest, name: str, numbers: NDArray[np.float64], votes: NDArray[np.int64],
    texts: list[list[str]],
) -> list[str]:  # fmt: skip
    cells = [""] * len(table.header)
    for place, value in zip(table.numeric, numbers.tolist(), strict=True):
        cells[place] = repr(value)
    for place, code, values in zip(table.categorical, votes.tolist(), texts, strict=True):
        cells[place] = values[code]
    cells[table.header.index(request.label)] = name
    if request.split:
        cells[table.header.index(request.split)] = TRAIN
    return cells


def _write(to: Path, table: _Table, added: list[list[str]]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*table.header, SYNTHETIC_COLUMN])
    writer.writerows([*row, "no"] for row in table.rows)
    writer.writerows([*row, "yes"] for row in added)
    half = to.with_name(f".{to.name}.{os.getpid()}")
    try:
        half.write_text(text.getvalue(), encoding="utf-8", newline="\n")
        half.replace(to)
    except OSError as error:
        half.unlink(missing_ok=True)
        raise known_fault(error, to) or ExportTargetError(
            f"{to} cannot be written ({error.strerror})", "Choose another place"
        ) from error

"""Tables of texts, numbers and dates, and the two dialects of CSV they are written in.

Texts are always quoted and numbers never, so that a reader can tell `"007"` from `7` and "no value" from "".
"""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from tailwise.domain.exports import Dialect
from tailwise.exports.texts import escape_cell, unescape_cell, writable
from tailwise.ops.progress import track

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path
    from typing import TextIO

    from tailwise.ops.progress import Progress

Cell = str | int | float | date | None
Row = tuple[Cell, ...]
MAX_CSV_FIELD = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Table:
    """A table that can be walked more than once.

    Attributes:
        name: title of the sheet, and in lower case the stem of the CSV file.
        columns: header texts; ours, never from data, except names of condition axes.
        rows: gives a fresh iterator over `count` rows as wide as `columns`.
        widths: column widths for the sheet in characters; missing ones are 14.
    """

    name: str
    columns: tuple[str, ...]
    rows: Callable[[], Iterator[Row]]
    count: int
    widths: tuple[int, ...] = ()


def table_of(name: str, columns: Sequence[str], rows: Sequence[Row], widths: Sequence[int] = ()) -> Table:
    """Return a table of rows that are in memory."""
    return Table(name, tuple(columns), lambda: iter(rows), len(rows), tuple(widths))


def write_csv(table: Table, file: TextIO, dialect: Dialect, progress: Progress) -> None:
    """Write header and rows with LF line ends into a file opened for that."""
    prepare = _plain if dialect is Dialect.PLAIN else _escaped
    file.write(",".join(_quoted(prepare(c)) for c in table.columns) + "\n")
    file.writelines(",".join(_cell(c, prepare) for c in row) + "\n" for row in track(table.rows(), progress))


@dataclass(slots=True)
class CsvTally:
    """What reading a CSV file back found."""

    columns: tuple[str, ...] = ()
    rows: int = 0
    ragged: int = 0
    formulas: int = 0
    cells: list[tuple[str, ...]] = field(default_factory=list[tuple[str, ...]])


def read_csv(path: Path, dialect: Dialect, progress: Progress, *, keep: bool = False) -> CsvTally:
    """Read a CSV file as other programs do and count; with `keep`, also return the un-escaped cells.

    `formulas` counts text cells that a spreadsheet would take for a formula; numbers may be negative.
    """
    tally = CsvTally()
    restore = unescape_cell if dialect is Dialect.ESCAPED else str
    previous = csv.field_size_limit(MAX_CSV_FIELD)
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.reader(file, strict=True)
            tally.columns = tuple(restore(c) for c in next(reader, []))
            for row in track(reader, progress):
                tally.rows += 1
                tally.ragged += len(row) != len(tally.columns)
                if dialect is Dialect.ESCAPED:
                    tally.formulas += sum(map(_looks_like_formula, row))
                if keep:
                    tally.cells.append(tuple(restore(c) for c in row))
    finally:
        csv.field_size_limit(previous)
    return tally


def formatted(value: float) -> str:
    """Return a number as text that reads back as the same number; empty for NaN and infinity.

    >>> formatted(3.0), formatted(0.1), formatted(float("nan"))
    ('3.0', '0.1', '')
    """
    return repr(float(value)) if math.isfinite(value) else ""


def _cell(cell: Cell, prepare: Callable[[str], str]) -> str:
    if isinstance(cell, str):
        return _quoted(prepare(cell))
    if cell is None:
        return ""
    if isinstance(cell, float):
        return formatted(cell)
    return cell.isoformat() if isinstance(cell, date) else str(int(cell))


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _plain(text: str) -> str:
    return writable(text)


def _escaped(text: str) -> str:
    return escape_cell(writable(text))


def _looks_like_formula(cell: str) -> bool:
    if not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n")):
        return False
    try:
        float(cell)
    except ValueError:
        return True
    return not cell.startswith("-")  # numbers of ours begin with nothing else


def total_rows(tables: Iterable[Table]) -> int:
    """Return the number of data rows of all tables."""
    return sum(table.count for table in tables)

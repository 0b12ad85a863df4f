"""A delimited text file as columns of text; nothing is turned into a number, a date or a missing value.

Columns are kept as their distinct values and the position of each row's value: most columns have few values, and
what follows (numbers, names, axes) is then done once per value instead of once per row.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import count, islice
from typing import TYPE_CHECKING

import numpy as np

from tailwise.domain.errors import RequestError, UnreadableSourceError
from tailwise.domain.findings import Severity
from tailwise.formats.csv_regular import MIN_LENGTH, regular_columns
from tailwise.formats.image_lists import image_name
from tailwise.formats.text_encoding import decode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from numpy.typing import NDArray

    from tailwise.domain.findings import FindingLog
    from tailwise.ops.progress import Progress

DELIMITER_KEY = "delimiter"
DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|"}

MAX_FIELD = 50_000_000  # characters; images are pasted into tables as base64
_CHUNK = 1000  # rows; few enough to stay in the processor's cache
_SNIFFED = 50
_HEAD = 200_000


@dataclass(slots=True)
class Column:
    """Distinct values in order of appearance, and for every row the position of its value."""

    values: list[str]
    codes: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.codes)

    def changed(self, change: Callable[[str], str]) -> Column:
        """Return the column with every value changed; values that become equal become one."""
        changed = [change(value) for value in self.values]
        if changed == self.values:
            return self
        position = {value: code for code, value in enumerate(dict.fromkeys(changed))}
        if len(position) == len(changed):
            return Column(changed, self.codes)
        new_code = np.fromiter(map(position.__getitem__, changed), np.int32, len(changed))
        return Column(list(position), new_code[self.codes])

    def without_first(self) -> Column:
        """Return the column without its first row."""
        codes = self.codes[1:]
        if not bool((codes == 0).any()):
            return Column(self.values[1:], codes - np.int32(1))
        used, first, codes = np.unique(codes, return_index=True, return_inverse=True)
        order = np.argsort(first)
        rank = np.empty(len(order), np.int32)
        rank[order] = np.arange(len(order), dtype=np.int32)
        return Column([self.values[code] for code in used[order].tolist()], rank[codes])

    @classmethod
    def of(cls, cells: Iterable[str]) -> Column:
        """Return the column of some cells."""
        position: defaultdict[str, int] = defaultdict(count().__next__)
        codes = np.array([position[cell] for cell in cells], np.int32)
        return cls(list(position), codes)


@dataclass(slots=True)
class Table:
    """Columns of equal length by name, in the order of the file. Names are unique and never empty."""

    name: str
    columns: dict[str, Column]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))


def read_table(data: bytes, name: str, answers: Mapping[str, str], log: FindingLog, progress: Progress) -> Table:
    """Read a whole table; rows of another length than the header are left out and counted.

    Raises:
        QuestionError: the encoding has to be asked for; key `encoding`.
        UnreadableSourceError: the file has no rows, or a field never ends.
    """
    text, _ = decode(data, name, answers)
    delimiter = find_delimiter(text, answers)
    progress.stage(f"Reading {name}")
    first = next(_chunks(_head_of(text), delimiter, name, progress), [])
    if not first:
        raise UnreadableSourceError(f"{name} holds no rows", "Check that the table was exported completely")
    header, body = first[0], first[1:]
    if any(image_name(cell) is not None for cell in header):
        log.add("CS-09", Severity.REPAIRED, "a table without a header", "columns are called column 1, column 2 …", name)
        header, body = [f"column {number}" for number in range(1, len(header) + 1)], first
    elif body and sum(len(row) == len(header) + 1 for row in body[:100]) > 0.9 * len(body[:100]):
        header = ["", *header]  # R writes row names without a header of their own
    names = _header_names(header, name, log)
    has_header = len(body) < len(first)
    columns = _regular(text, delimiter, len(header), progress, has_header=has_header)
    if columns is None:
        coder, skipped = _Coder(len(names)), int(has_header)
        for chunk in _chunks(text, delimiter, name, progress):
            coder.add(chunk[skipped:])
            skipped = 0
        if coder.ragged:
            _report_ragged((name, text, delimiter), len(names), coder.ragged, log)
        columns = coder.columns()
    return Table(name, dict(zip(names, columns, strict=True)))


def read_header(head: bytes, answers: Mapping[str, str]) -> list[str]:
    """Return the header cells of a table from its first bytes; empty when they cannot be read."""
    text = head.decode("utf-8", "replace").removeprefix("\ufeff")
    try:
        return next(csv.reader(io.StringIO(text, newline=""), delimiter=find_delimiter(text, answers)), [])
    except csv.Error:
        return []


def plain_name(name: str) -> str:
    """Return the letters and digits of a heading in lower case: tools spell the same heading in many ways."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def find_delimiter(text: str, answers: Mapping[str, str]) -> str:
    """Return the answered delimiter, or the one that cuts the first rows most evenly into the most fields."""
    answer = answers.get(DELIMITER_KEY)
    if answer is not None:
        found = DELIMITERS.get(answer, answer)
        if len(found) != 1 or found in '\r\n"':
            raise RequestError(f"delimiter={answer} is not known", f"Answer one of {', '.join(DELIMITERS)}")
        return found
    return max(DELIMITERS.values(), key=lambda delimiter: _evenness(text[:200_000], delimiter))


def _regular(text: str, delimiter: str, length: int, progress: Progress, *, has_header: bool) -> list[Column] | None:
    """Return the columns of a long table whose rows all have `length` cells; None for any other."""
    if len(text) < MIN_LENGTH:
        return None
    found = regular_columns(text, delimiter, length, progress)
    if found is None:
        return None
    columns = [Column(values, codes) for values, codes in found]
    return [column.without_first() for column in columns] if has_header else columns


def _head_of(text: str) -> str:
    """Return the first lines of a long text; a reader of the whole would copy all of it to look at a few rows."""
    return text if len(text) < MIN_LENGTH else text[: text.rfind("\n", 0, _HEAD) + 1 or len(text)]


def _evenness(sample: str, delimiter: str) -> tuple[float, int]:
    try:
        lengths = [
            len(row) for row in islice(csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter), _SNIFFED)
        ]
    except csv.Error:
        return 0.0, 0
    length, votes = Counter(n for n in lengths if n).most_common(1)[0] if any(lengths) else (0, 0)
    return (votes / len(lengths), length) if length > 1 else (0.0, 0)


def _chunks(text: str, delimiter: str, name: str, progress: Progress) -> Iterator[list[list[str]]]:
    """Yield rows that are not empty, some thousand at a time, reporting in between."""
    csv.field_size_limit(MAX_FIELD)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        while chunk := list(islice(reader, _CHUNK)):
            rows = chunk if all(chunk) else list(filter(None, chunk))
            if rows:
                yield rows
            progress.advance(len(chunk))
    except csv.Error as error:
        raise UnreadableSourceError(
            f"{name} line {reader.line_num:,}: {error}", "Look for a quotation mark that is never closed"
        ) from error


class _Coder:
    """Turns rows into columns of codes, so that equal cells are kept once."""

    def __init__(self, length: int) -> None:
        self.ragged = 0
        self._length = length
        self._positions: list[defaultdict[str, int]] = [defaultdict(count().__next__) for _ in range(length)]
        self._codes: list[list[NDArray[np.int32]]] = [[] for _ in range(length)]

    def add(self, rows: list[list[str]]) -> None:
        """Add rows; those of another length are counted, empty fields at their end are cut."""
        if any(len(row) != self._length for row in rows):
            rows = self._fitting(rows)
        for position, codes, cells in zip(self._positions, self._codes, zip(*rows, strict=True), strict=False):
            codes.append(np.fromiter(map(position.__getitem__, cells), np.int32, len(cells)))

    def columns(self) -> Iterator[Column]:
        """Yield the columns."""
        for position, codes in zip(self._positions, self._codes, strict=True):
            yield Column(list(position), np.concatenate(codes) if codes else np.zeros(0, np.int32))

    def _fitting(self, rows: list[list[str]]) -> list[list[str]]:
        fitting: list[list[str]] = []
        for row in rows:
            if len(row) == self._length:
                fitting.append(row)
            elif len(row) > self._length and not any(row[self._length :]):
                fitting.append(row[: self._length])
            else:
                self.ragged += 1
        return fitting


def _header_names(header: list[str], name: str, log: FindingLog) -> list[str]:
    names: list[str] = []
    for position, cell in enumerate(header, 1):
        wanted = " ".join(cell.split()) or f"column {position}"
        unique, number = wanted, 2
        while unique in names:
            unique, number = f"{wanted} ({number})", number + 1
        if unique != " ".join(cell.split()):
            log.add(
                "CS-06",
                Severity.REPAIRED,
                "columns without a name or with the name of another",
                "given a name of their own",
                f"{name}: {unique}",
            )
        names.append(unique)
    return names


def _report_ragged(source: tuple[str, str, str], length: int, ragged: int, log: FindingLog) -> None:
    name, text, delimiter = source
    message = f"rows with another number of fields than the header ({length})"
    log.add("CS-07", Severity.SKIPPED, message, "left out", count=0)
    for line in islice(_ragged_lines(text, delimiter, length), 20):
        log.add("CS-07", Severity.SKIPPED, message, "left out", f"{name} line {line:,}")
    log.add("CS-07", Severity.SKIPPED, message, "left out", count=ragged - log.count("CS-07"))


def _ragged_lines(text: str, delimiter: str, length: int) -> Iterator[int]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    for position, row in enumerate(reader):
        if position and row and (len(row) < length or any(row[length:])):
            yield reader.line_num

"""A delimited text file as columns of text; nothing is turned into a number, a date or a missing value."""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from tailwise.domain.errors import RequestError, UnreadableSourceError
from tailwise.domain.findings import Severity
from tailwise.formats.image_lists import image_name
from tailwise.formats.text_encoding import decode

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tailwise.domain.findings import FindingLog
    from tailwise.ops.progress import Progress

DELIMITER_KEY = "delimiter"
DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|"}

MAX_FIELD = 50_000_000  # characters; images are pasted into tables as base64
_CHUNK = 20_000
_SNIFFED = 50


@dataclass(slots=True)
class Table:
    """Columns of equal length by name, in the order of the file. Names are unique and never empty."""

    name: str
    columns: dict[str, Sequence[str]]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))


def read_table(data: bytes, name: str, answers: Mapping[str, str], log: FindingLog, progress: Progress) -> Table:
    """Read a whole table; rows of another length than the header are left out and counted.

    Raises:
        QuestionError: the encoding has to be asked for; key `encoding`.
        UnreadableSourceError: the file has no rows, or a field never ends.
    """
    text, _ = decode(data, name, answers)
    if "\0" in text:
        text = text.replace("\0", "\ufffd")
    delimiter = find_delimiter(text, answers)
    progress.stage(f"Reading {name}")
    rows = _rows(text, delimiter, name, progress)
    header = next(rows, None)
    if header is None:
        raise UnreadableSourceError(f"{name} holds no rows", "Check that the table was exported completely")
    if any(image_name(cell) is not None for cell in header):
        log.add("CS-09", Severity.REPAIRED, "a table without a header", "columns are called column 1, column 2 …", name)
        body = [header, *rows]
        header = [""] * len(header)
    else:
        body = list(rows)
        if body and sum(len(row) == len(header) + 1 for row in body[:100]) > 0.9 * len(body[:100]):
            header = ["", *header]  # R writes row names without a header of their own
    names = _header_names(header, name, log)
    fitting = _fitting(body, len(names), (name, text, delimiter), log)
    columns = list(zip(*fitting, strict=True)) if fitting else [() for _ in names]
    return Table(name, dict(zip(names, columns, strict=True)))


def read_header(head: bytes, answers: Mapping[str, str]) -> list[str]:
    """Return the header cells of a table from its first bytes; empty when they cannot be read."""
    text = head.decode("utf-8", "replace").removeprefix("\ufeff")
    try:
        return next(csv.reader(io.StringIO(text, newline=""), delimiter=find_delimiter(text, answers)), [])
    except csv.Error:
        return []


def find_delimiter(text: str, answers: Mapping[str, str]) -> str:
    """Return the answered delimiter, or the one that cuts the first rows most evenly into the most fields."""
    answer = answers.get(DELIMITER_KEY)
    if answer is not None:
        found = DELIMITERS.get(answer, answer)
        if len(found) != 1 or found in '\r\n"':
            raise RequestError(f"delimiter={answer} is not known", f"Answer one of {', '.join(DELIMITERS)}")
        return found
    return max(DELIMITERS.values(), key=lambda delimiter: _evenness(text[:200_000], delimiter))


def _evenness(sample: str, delimiter: str) -> tuple[float, int]:
    try:
        lengths = [
            len(row) for row in islice(csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter), _SNIFFED)
        ]
    except csv.Error:
        return 0.0, 0
    length, votes = Counter(n for n in lengths if n).most_common(1)[0] if any(lengths) else (0, 0)
    return (votes / len(lengths), length) if length > 1 else (0.0, 0)


def _rows(text: str, delimiter: str, name: str, progress: Progress) -> Iterator[list[str]]:
    """Yield the rows that are not empty, reporting in between."""
    csv.field_size_limit(MAX_FIELD)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        while chunk := list(islice(reader, _CHUNK)):
            yield from filter(None, chunk)
            progress.advance(len(chunk))
    except csv.Error as error:
        raise UnreadableSourceError(
            f"{name} line {reader.line_num:,}: {error}", "Look for a quotation mark that is never closed"
        ) from error


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


def _fitting(rows: list[list[str]], length: int, source: tuple[str, str, str], log: FindingLog) -> list[list[str]]:
    """Return the rows of the right length; empty fields at the end of a row are cut."""
    if all(len(row) == length for row in rows):
        return rows
    name, text, delimiter = source
    fitting: list[list[str]] = []
    ragged = 0
    for row in rows:
        if len(row) == length:
            fitting.append(row)
        elif len(row) > length and not any(row[length:]):
            fitting.append(row[:length])
        else:
            ragged += 1
    if ragged:
        message = f"rows with another number of fields than the header ({length})"
        log.add("CS-07", Severity.SKIPPED, message, "left out", count=0)
        for line in islice(_ragged_lines(text, delimiter, length), 20):
            log.add("CS-07", Severity.SKIPPED, message, "left out", f"{name} line {line:,}")
        log.add("CS-07", Severity.SKIPPED, message, "left out", count=ragged - log.count("CS-07"))
    return fitting


def _ragged_lines(text: str, delimiter: str, length: int) -> Iterator[int]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    for position, row in enumerate(reader):
        if position and row and (len(row) < length or any(row[length:])):
            yield reader.line_num

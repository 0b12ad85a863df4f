"""Tables in files of several kinds, all as columns of text: delimited, one JSON object per line, Parquet, fastText."""

from __future__ import annotations

import json
import re
from itertools import islice
from typing import TYPE_CHECKING, Any, cast

from tailwise.domain.errors import UnreadableSourceError
from tailwise.domain.findings import Severity
from tailwise.formats.csv_table import Column, Table, read_header, read_table
from tailwise.formats.json_text import parse_loosely, printable
from tailwise.formats.text_encoding import decode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tailwise.domain.findings import FindingLog
    from tailwise.formats.listing import Entry, Listing
    from tailwise.ops.progress import Progress

DELIMITED = frozenset({".csv", ".tsv", ".tab"})
LINES = frozenset({".jsonl", ".ndjson"})
PARQUET = ".parquet"
_FASTTEXT = re.compile(rb"\A(?:\xef\xbb\xbf)?(?:__label__\S+[ \t]+)+\S")
_FASTTEXT_LABEL = re.compile(r"__label__(\S+)\s+")
_MAX_LINE = 50_000_000  # characters of one record
_MAX_COLUMNS = 2000
_CHUNK = 2000
_PEEKED_LINES = 20


def is_table(entry: Entry, listing: Listing) -> bool:
    """Tell whether a file is a table by its suffix, or by its first line for fastText."""
    if entry.suffix in DELIMITED | LINES | {PARQUET}:
        return bool(entry.size)
    return entry.suffix == ".txt" and bool(entry.size) and is_fasttext(listing.peek(entry.path, 512))


def is_fasttext(head: bytes) -> bool:
    """Tell from its first bytes whether a file holds `__label__class text` lines."""
    return _FASTTEXT.match(head) is not None


def header_of(entry: Entry, listing: Listing, answers: Mapping[str, str]) -> list[str]:
    """Return the names of the columns of a table, from its first bytes; empty where they cannot be told so."""
    if entry.suffix in DELIMITED:
        return read_header(listing.peek(entry.path), answers)
    if entry.suffix in LINES:
        names: dict[str, None] = {}
        for line in (
            listing.peek(entry.path).decode("utf-8", "replace").removeprefix("\ufeff").splitlines()[:_PEEKED_LINES]
        ):
            try:
                record = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(record, dict):
                names.update(dict.fromkeys(flat_record(cast("dict[str, Any]", record))))
        return list(names)
    if entry.suffix == PARQUET:
        return parquet_names(listing, entry)
    return ["labels", "text"]


def read_any_table(
    listing: Listing, entry: Entry, answers: Mapping[str, str], log: FindingLog, progress: Progress
) -> Table:
    """Read a whole table.

    Raises:
        QuestionError: the encoding has to be asked for; key `encoding`.
        UnreadableSourceError: the file cannot be read, or has no rows.
    """
    if entry.suffix == PARQUET:
        return _read_parquet(listing, entry, log, progress)
    try:
        content = listing.absolute(entry.path).read_bytes()
    except OSError as error:
        raise UnreadableSourceError(f"{entry.path} cannot be read: {error.strerror}", "Check the file") from error
    if entry.suffix in LINES:
        return _from_records(entry.path, _json_lines(content, entry.path, answers, log, progress))
    if entry.suffix not in DELIMITED and is_fasttext(content[:512]):
        return _read_fasttext(content, entry.path, answers)
    return read_table(content, entry.path, answers, log, progress)


def flat_record(record: Mapping[str, Any]) -> dict[str, str]:
    """Return the members of a record as text by name, objects inside of it by `outer.inner`.

    >>> flat_record({"id": 7, "meta": {"place": "yard", "x": {"y": 1}}, "tags": ["a"], "ok": None})
    {'id': '7', 'meta.place': 'yard', 'meta.x': '{"y": 1}', 'tags': '["a"]', 'ok': ''}
    """
    flat: dict[str, str] = {}
    for name, value in record.items():
        if isinstance(value, dict) and value:
            for inner, content in cast("dict[str, Any]", value).items():
                flat[f"{name}.{inner}"] = cell_text(content)
        else:
            flat[name] = cell_text(value)
    return flat


def cell_text(value: object) -> str:
    """Return the text of a value as it stands in a table; nothing is an empty text."""
    if value is None:
        return ""
    if isinstance(value, str):
        return printable(value)
    return printable(json.dumps(value, ensure_ascii=False, default=str))


def _json_lines(
    content: bytes, name: str, answers: Mapping[str, str], log: FindingLog, progress: Progress
) -> Iterator[dict[str, str]]:
    text, _ = decode(content, name, answers)
    progress.stage(f"Reading {name}", len(text))
    lines = iter(text.split("\n"))
    number = 0
    while chunk := list(islice(lines, _CHUNK)):
        for line in chunk:
            number += 1
            if record := _json_line(line, f"{name} line {number:,}", log):
                yield flat_record(record)
        size = sum(map(len, chunk)) + len(chunk)
        progress.advance(size)


def _json_line(line: str, where: str, log: FindingLog) -> dict[str, Any]:
    """Return the record of a line; empty for a blank line and for one that is told and left out."""
    if not line.strip():
        return {}
    if len(line) > _MAX_LINE:
        log.add("TX-09b", Severity.SKIPPED, f"records of more than {_MAX_LINE:,} characters", "left out", where)
        return {}
    try:
        record = parse_loosely(line.encode("utf-8", "surrogatepass"))
    except (ValueError, RecursionError) as error:
        message, action = "lines that are no JSON object", "left out"
        log.add("CS-32", Severity.SKIPPED, message, action, f"{where}: {str(error)[:80]}")
        return {}
    if not isinstance(record, dict):
        log.add("CS-32", Severity.SKIPPED, "lines that are no JSON object", "left out", where)
        return {}
    return cast("dict[str, Any]", record)


def _from_records(name: str, records: Iterable[dict[str, str]]) -> Table:
    """Return the table of records; a member that a record does not have is an empty cell."""
    cells: dict[str, list[str]] = {}
    count = 0
    for record in records:
        for column, value in record.items():
            known = cells.get(column)
            if known is None:
                if len(cells) >= _MAX_COLUMNS:
                    continue
                known = cells[column] = [""] * count
            known.append(value)
        count += 1
        for values in cells.values():
            if len(values) < count:
                values.append("")
    if not count:
        raise UnreadableSourceError(f"{name} holds no JSON object", "JSONL files hold one JSON object per line")
    return _table(name, cells)


def _read_fasttext(content: bytes, name: str, answers: Mapping[str, str]) -> Table:
    text, _ = decode(content, name, answers)
    labels: list[str] = []
    texts: list[str] = []
    for line in text.splitlines():
        place, found = 0, list[str]()
        while match := _FASTTEXT_LABEL.match(line, place):
            found.append(match[1])
            place = match.end()
        if line.strip():
            labels.append(json.dumps(found, ensure_ascii=False))
            texts.append(line[place:])
    return Table(name, {"labels": Column.of(labels), "text": Column.of(texts)})


def parquet_names(listing: Listing, entry: Entry) -> list[str]:
    """Return the names of the columns of a Parquet file; empty when it cannot be read."""
    try:
        from pyarrow import ArrowException
        from pyarrow.parquet import read_schema
    except ImportError:
        return []
    try:
        return list(read_schema(listing.absolute(entry.path)).names)
    except (OSError, ArrowException):
        return []


def _read_parquet(listing: Listing, entry: Entry, log: FindingLog, progress: Progress) -> Table:
    """Read the columns that can be text; columns of bytes, such as pasted images, are told and never loaded."""
    try:
        from pyarrow import ArrowException, types
        from pyarrow.parquet import ParquetFile
    except ImportError as error:
        raise UnreadableSourceError(
            f"{entry.path} is a Parquet file, which needs the package pyarrow",
            "Install Tailwise with its extra: pip install 'tailwise[parquet]', or export the table as CSV",
        ) from error
    cells: dict[str, list[str]] = {}
    done = 0
    try:
        file = ParquetFile(listing.absolute(entry.path))
        progress.stage(f"Reading {entry.path}", file.metadata.num_rows)
        names: list[str] = []
        for field in file.schema_arrow:
            is_struct = types.is_struct(field.type)
            inner = [field.type.field(i) for i in range(field.type.num_fields)] if is_struct else [field]
            if any(types.is_binary(f.type) or types.is_large_binary(f.type) for f in inner):
                message, action = "columns that hold files, such as images, as bytes", "not loaded"
                log.add("HF-06", Severity.NOTE, message, action, f"{entry.path}: {field.name}")
                continue
            names.append(field.name)
        for batch in file.iter_batches(batch_size=_CHUNK, columns=names):
            rows = [flat_record(row) for row in batch.to_pylist()]
            for name in dict.fromkeys(name for row in rows for name in row):
                cells.setdefault(name, [""] * done)
            for name, values in cells.items():
                values += [row.get(name, "") for row in rows]
            done += len(rows)
            progress.advance(len(rows))
    except (OSError, ArrowException) as error:
        raise UnreadableSourceError(
            f"{entry.path} cannot be read as Parquet: {str(error)[:120]}", "Export the table again, or as CSV"
        ) from error
    if not done:
        raise UnreadableSourceError(f"{entry.path} holds no rows", "Check that the table was exported completely")
    return _table(entry.path, cells)


def _table(name: str, cells: Mapping[str, list[str]]) -> Table:
    """Return the table of some columns; an object that is missing in some rows leaves no column of its own."""
    columns = {" ".join(column.split()) or "column": Column.of(values) for column, values in cells.items()}
    for column in list(columns):
        is_object = any(other.startswith(f"{column}.") for other in columns)
        if is_object and columns[column].values == [""]:
            del columns[column]
    return Table(name, columns)


def span_classes(cell: str) -> list[str]:
    """Return the class of every span of a cell: `[[start, end, class], …]` or objects with a label or type.

    >>> span_classes('[[0, 3, "PER"], {"start": 4, "end": 7, "label": "ORG"}, 5]')
    ['PER', 'ORG']
    """
    try:
        spans = json.loads(cell) if cell.strip() else []
    except (ValueError, RecursionError):
        return []
    found: list[str] = []
    for span in cast("list[Any]", spans) if isinstance(spans, list) else []:
        if isinstance(span, list) and len(parts := cast("list[Any]", span)) >= 3:
            found.append(str(parts[2]))
        elif isinstance(span, dict):
            entries = cast("dict[str, Any]", span)
            name = next((entries[key] for key in ("label", "type", "entity", "tag", "class") if entries.get(key)), None)
            if name is not None:
                found.append(str(name))
    return [name.strip() for name in found if name.strip()]

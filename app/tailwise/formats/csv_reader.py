"""Tables of labels: one row per image or per object, with any columns; roles are told by answers where unclear."""

from __future__ import annotations

from array import array
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from tailwise.domain.errors import Choice, Question, QuestionError, RequestError, UnreadableSourceError
from tailwise.domain.findings import FindingLog
from tailwise.domain.records import SourceData, SourceFile
from tailwise.formats.contract import Evidence
from tailwise.formats.csv_items import add_items
from tailwise.formats.csv_labels import add_labels
from tailwise.formats.csv_roles import find_roles, looks_like_boxes
from tailwise.formats.csv_table import Column, Table
from tailwise.formats.csv_texts import add_text_items, looks_like_texts, report_contradictions
from tailwise.formats.image_lists import folder_split, image_name
from tailwise.formats.matching import ImageMatcher
from tailwise.formats.positions import used
from tailwise.formats.remembered import with_remembered
from tailwise.formats.table_axes import add_column_axes
from tailwise.formats.table_files import header_of, is_table, read_any_table

if TYPE_CHECKING:
    from tailwise.formats.contract import ReadRequest
    from tailwise.formats.csv_roles import Roles
    from tailwise.formats.csv_rows import Rows
    from tailwise.formats.listing import Entry, Listing
    from tailwise.ops.progress import Progress

FILE_KEY = "file"
_SUFFIXES = (".csv", ".tsv", ".tab", ".jsonl", ".ndjson", ".parquet", ".txt")
_OPEN_IMAGES = ["imageid", "source", "labelname"]  # tables that another reader knows better
_MAX_PROBED = 20
_FIRST_ROWS = 4096


class CsvReader:
    """Reads tables; columns without another role become conditions and groups."""

    key = "csv"
    title = "Table (CSV, JSONL, Parquet, fastText)"

    def probe(self, listing: Listing) -> Evidence:
        """Fit well for a dropped table or one whose rows name images, less beside files of other formats."""
        tables = _all_tables(listing)
        if not tables:
            return Evidence(0, (), ("a table: .csv, .tsv, .jsonl or .parquet",))
        stems = {entry.stem.lower() for entry in listing.entries if entry.is_image}
        found: list[str] = []
        best = 40
        for entry in tables[:_MAX_PROBED]:
            head = listing.peek(entry.path, _FIRST_ROWS)
            header = header_of(entry, listing, {})
            is_hugging_face = entry.stem.lower() == "metadata" and "file_name" in header
            if is_hugging_face or [name.lower() for name in header[:3]] == _OPEN_IMAGES:
                continue
            if _names_images(head, stems):
                found.append(f"{entry.path} names images ({', '.join(header)[:120]})")
                best = max(best, 85)
            elif looks_like_boxes(header):
                found.append(f"{entry.path} has columns of boxes ({', '.join(header)[:120]})")
                best = max(best, 75)
            elif looks_like_texts(header):
                found.append(f"{entry.path} has a column of texts ({', '.join(header)[:120]})")
                best = max(best, 75)
            else:
                found.append(f"{entry.path} is a table ({', '.join(header)[:120]})")
        if not found:
            return Evidence(0, (), ("a table that no other format knows better",))
        if listing.dropped is not None:
            return Evidence(max(best, 80), tuple(found))
        others = sum(entry.suffix in {".json", ".xml", ".yaml"} for entry in listing.entries)
        if others:
            # Beside annotation files a table is more often an extract or a list than the labels themselves.
            return Evidence(min(best, 45), tuple(found), (f"no other annotation files ({others:,} were found)",))
        missing = () if best > 40 else ("a column that names the images",)
        return Evidence(best, tuple(found), missing)

    def read(self, request: ReadRequest, progress: Progress) -> SourceData:
        """Read the whole source.

        Raises:
            UnreadableSourceError: there is no table, or it has no rows.
            QuestionError: keys `file`, `encoding`, `file_name`, `label`, `box_form`.
            RequestError: an answer names a file or a column that does not exist.
        """
        listing, log = request.listing, FindingLog()
        name = request.path.name if listing.dropped is None else request.path.stem
        data = SourceData(format=self.key, name=name, root=str(listing.root), role=request.role)
        data.answers = dict(request.answers)
        entries = _tables(request)
        tables = [read_any_table(listing, entry, request.answers, log, progress) for entry in entries]
        data.files = [SourceFile(e.path, e.size, split) for e, split in zip(entries, _splits(entries), strict=True)]
        table = tables[0] if len(tables) == 1 else _joined(tables)
        if not len(table):
            raise UnreadableSourceError(f"{table.name} holds no rows below its header", "Check the export")
        answers = with_remembered(request.answers, list(table.columns), request.remembered, log)
        request = replace(request, answers=answers)
        data.answers = dict(answers)
        progress.stage("Finding the images", 4)
        matcher = ImageMatcher(listing)
        roles = find_roles(table, matcher, request.answers, request.role)
        if roles.text:
            rows = add_text_items(data, table, roles, log)
        else:
            rows = add_items(data, table, roles, request, (matcher, log, progress))
        progress.advance()
        if len(tables) > 1:
            rows.file = np.repeat(np.arange(len(tables)), [len(table) for table in tables])
            _set_files(data, rows)
        add_labels(data, table, roles, rows, request, (log, progress))
        if roles.text:
            report_contradictions(data, log)
        _add_splits(data, table, roles, rows)
        progress.stage("Reading conditions")
        others = {name: column for name, column in table.columns.items() if name not in roles.used()}
        add_column_axes(data, others, rows.item, (roles.group, roles.condition), log)
        data.findings = log.findings()
        return data


def _names_images(head: bytes, stems: set[str]) -> bool:
    text = head.decode("utf-8", "replace")
    lines = text.splitlines()[:20]
    named = 0
    for line in lines:
        cells = [cell.strip().strip('"') for cell in line.replace(";", ",").replace("\t", ",").split(",")]
        named += any(image_name(cell) is not None or cell.rpartition("/")[2].lower() in stems for cell in cells)
    return named >= 0.4 * len(lines)


def _all_tables(listing: Listing) -> list[Entry]:
    """Return every table; text files are looked into only where there are few of them, as tables never are many."""
    found = listing.with_suffix(*_SUFFIXES)
    texts = sum(entry.suffix == ".txt" for entry in found)
    return [e for e in found if (e.suffix != ".txt" or texts <= _MAX_PROBED) and is_table(e, listing)]


def _tables(request: ReadRequest) -> list[Entry]:
    """Return the table to read, or one per split where they belong together."""
    listing = request.listing
    found = _all_tables(listing)
    if not found and listing.dropped is not None:
        found = [entry for entry in listing.entries if entry.path == listing.dropped]
    wanted = request.answers.get(FILE_KEY)
    if wanted is not None:
        chosen = [entry for entry in found if wanted in {entry.path, entry.name}]
        if len(chosen) != 1:
            names = ", ".join(entry.path for entry in found[:20])
            raise RequestError(f"file={wanted} is no table of the dataset", f"Answer one of {names}")
        return chosen
    if not found:
        raise UnreadableSourceError(
            f"There is no table with rows below {request.path}",
            "A table is a .csv, .tsv, .jsonl or .parquet file; export it as one",
        )
    if len(found) == 1:
        return found
    splits = _splits(found)
    headers = {tuple(header_of(entry, listing, request.answers)) for entry in found}
    if all(splits) and len(set(splits)) == len(splits) and len(headers) == 1:
        return found
    choices = tuple(Choice(entry.path, f"{entry.path}: {entry.size:,} bytes") for entry in found[:40])
    raise QuestionError([Question(FILE_KEY, "There are several tables: which one holds the labels?", choices)])


def _splits(entries: list[Entry]) -> list[str]:
    """Return the split every table stands for by its own name or that of its folder; empty for none."""
    return [folder_split(e.stem) or folder_split(e.folder.rpartition("/")[2]) or "" for e in entries]


def _joined(tables: list[Table]) -> Table:
    """Put tables of the same columns behind one another."""
    columns: dict[str, Column] = {}
    for name in tables[0].columns:
        parts = [table.columns[name] for table in tables]
        first = np.cumsum([0, *(len(part.values) for part in parts)])
        codes = np.concatenate([part.codes + start for part, start in zip(parts, first, strict=False)])
        joined = Column.of(value for part in parts for value in part.values)
        columns[name] = Column(joined.values, joined.codes[codes])
    return Table(tables[0].name, columns)


def _set_files(data: SourceData, rows: Rows) -> None:
    for item, file in zip(rows.item.tolist(), rows.file.tolist(), strict=True):
        if item >= 0:
            data.items.file[item] = file


def _add_splits(data: SourceData, table: Table, roles: Roles, rows: Rows) -> None:
    """Keep splits told by a column, or by reading one table per split."""
    named = [(file.split, index) for index, file in enumerate(data.files) if file.split]
    if roles.split:
        column = table.columns[roles.split].changed(str.strip)
        codes, values = column.codes, column.values
        wanted = {code: folder_split(value) or value for code, value in enumerate(values) if value}
    elif len(data.files) > 1:
        codes, wanted = rows.file, {index: split for split, index in named}
    else:
        return
    for code, split in wanted.items():
        items = used(rows.item[codes == code])
        data.splits.setdefault(split, array("i")).frombytes(items.astype(np.int32).tobytes())

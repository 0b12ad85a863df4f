"""Workbooks without formulas: every text goes through the string writer, numbers and dates stay what they are.

Rows are streamed through temporary files in a folder we choose, so a million rows need no more memory than one, and
nothing of them stays elsewhere on the disk.
"""

from __future__ import annotations

import contextlib
import io
import math
import traceback
import zipfile
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import islice
from typing import TYPE_CHECKING

from tailwise.exports.texts import from_excel, slug, spreadsheet_text
from tailwise.ops.progress import track

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

    from tailwise.exports.tables import Cell, Row, Table
    from tailwise.ops.progress import Progress

MAX_SHEET_ROWS = 1_048_576
"""Rows of a sheet including its header; longer tables go on in further sheets."""
MAX_EXACT_INTEGER = 2**53
DEFAULT_WIDTH = 14
_REPORT_EVERY = 64
_WRAP_UP_TO = 2_000  # rows; programs measure the height of every row with wrapped text when they open the file
_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "use_zip64": True,
}


@dataclass(slots=True)
class WorkbookReport:
    """What was written: data rows, the sheets they went to, and the cells whose text was too long."""

    rows: int = 0
    sheets: list[str] = field(default_factory=list[str])
    cut_cells: list[str] = field(default_factory=list[str])


@dataclass(slots=True)
class WorkbookTally:
    """What reading a workbook back found; `rows` are data rows by sheet."""

    rows: dict[str, int] = field(default_factory=dict[str, int])
    headers: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    formulas: int = 0
    links: int = 0


def write_workbook(
    path: Path,
    tables: Sequence[Table],
    created_utc: str,
    scratch: Path,
    progress: Progress,
    max_rows: int | None = None,
) -> WorkbookReport:
    """Write each table as a sheet with frozen header and filters, in further sheets from `max_rows` rows on.

    `max_rows` is `MAX_SHEET_ROWS` unless told otherwise, the header counted.

    The document names no author, and its only time stamp is `created_utc` (ISO 8601 with Z).

    Raises:
        OSError: the disk refuses, for instance because it is full.
    """
    import xlsxwriter
    from xlsxwriter.exceptions import FileCreateError

    report = WorkbookReport()
    book = xlsxwriter.Workbook(str(path), {**_OPTIONS, "tmpdir": str(scratch)})
    try:
        created = datetime.strptime(created_utc, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        book.set_properties({"created": created, "author": "", "comments": ""})
        formats = _Formats.of(book)
        for table in tables:
            _write_table(book, table, formats, report, progress, max_rows or MAX_SHEET_ROWS)
        progress.stage("Packing the workbook")
        book.close()
    except FileCreateError as error:
        reason = error.args[0] if error.args else None
        if not isinstance(reason, OSError):
            raise
        _abandon(book, reason)
        raise reason from None
    except BaseException as error:
        _abandon(book, error)
        raise
    return report


def read_workbook(path: Path, progress: Progress) -> WorkbookTally:
    """Read a workbook with a second library and count rows, formula cells and links."""
    import openpyxl

    tally = WorkbookTally()
    book = openpyxl.load_workbook(path, read_only=True, data_only=False, keep_links=True)
    try:
        for sheet in book.worksheets:
            rows = sheet.iter_rows()
            tally.headers[sheet.title] = tuple(from_excel(str(c.value)) for c in next(rows, ()))
            count = 0
            for row in track(rows, progress):
                count += 1
                tally.formulas += sum(cell.data_type == "f" for cell in row)
            tally.rows[sheet.title] = count
        tally.links = len(getattr(book, "_external_links", ()))
    finally:
        book.close()
    return tally


@dataclass(frozen=True, slots=True)
class _Formats:
    head: Format
    text: Format
    wrapped: Format
    whole: Format
    decimal: Format
    day: Format

    @classmethod
    def of(cls, book: Workbook) -> _Formats:
        top = {"valign": "top"}
        return cls(
            book.add_format({"bold": True, "bottom": 1, "text_wrap": True, **top}),
            book.add_format({"num_format": "@", **top}),
            book.add_format({"text_wrap": True, "num_format": "@", **top}),
            book.add_format({"num_format": "#,##0", **top}),
            book.add_format({"num_format": "#,##0.0##", **top}),
            book.add_format({"num_format": "yyyy-mm-dd", **top}),
        )


def _write_table(
    book: Workbook, table: Table, formats: _Formats, report: WorkbookReport, progress: Progress, max_rows: int
) -> None:
    progress.stage(f"Writing {table.name}", table.count)
    rows = table.rows()
    text = formats.wrapped if table.count <= _WRAP_UP_TO else formats.text
    remaining = table.count
    part = 1
    while True:
        count = min(remaining, max_rows - 1)
        name = _sheet_name(table.name if part == 1 else f"{table.name} {part}")
        sheet = book.add_worksheet(name)
        report.sheets.append(name)
        _prepare(sheet, table, formats, count)
        for number, row in enumerate(track(islice(rows, count), progress, _REPORT_EVERY), 1):
            _write_row(sheet, number, row, (formats, text), report)
        report.rows += count
        remaining -= count
        part += 1
        if remaining <= 0:
            return


def _prepare(sheet: Worksheet, table: Table, formats: _Formats, count: int) -> None:
    sheet.freeze_panes(1, 0)
    for column in range(len(table.columns)):
        width = table.widths[column] if column < len(table.widths) else DEFAULT_WIDTH
        sheet.set_column(column, column, width)
    sheet.autofilter(0, 0, max(1, count), max(0, len(table.columns) - 1))
    for column, title in enumerate(table.columns):
        sheet.write_string(0, column, spreadsheet_text(title)[0], formats.head)


def _write_row(sheet: Worksheet, number: int, row: Row, looks: tuple[_Formats, Format], report: WorkbookReport) -> None:
    formats, text_format = looks
    for column, cell in enumerate(row):
        if cell is None or cell == "" or (isinstance(cell, float) and not math.isfinite(cell)):
            continue
        if isinstance(cell, date):
            sheet.write_datetime(number, column, datetime(cell.year, cell.month, cell.day), formats.day)  # noqa: DTZ001  a day has no zone
        elif isinstance(cell, float):
            sheet.write_number(number, column, cell, formats.decimal)
        elif isinstance(cell, int) and abs(cell) <= MAX_EXACT_INTEGER:
            sheet.write_number(number, column, int(cell), formats.whole)
        else:
            text, cut = spreadsheet_text(str(cell))
            if cut:
                report.cut_cells.append(f"{sheet.get_name()} row {number + 1}, column {column + 1}")
            sheet.write_string(number, column, text, text_format)


def _sheet_name(title: str) -> str:
    """Return a title that spreadsheets accept: at most 31 characters, without brackets, slashes and quotes."""
    return title if len(title) <= 31 and title.replace(" ", "").isalnum() else slug(title)[:31]


def _abandon(book: Workbook, error: BaseException | None) -> None:
    """Close what the library leaves open when writing fails, or the folder could not be removed on Windows.

    Its close() must not run: it would write the workbook after all.
    """
    handles: list[object] = [getattr(sheet, "row_data_fh", None) for sheet in book.worksheets()]
    for frame, _ in traceback.walk_tb(error.__traceback__ if error else None):
        if str(frame.f_globals.get("__name__")).startswith("xlsxwriter."):
            for value in frame.f_locals.values():
                handles += [value, getattr(value, "fh", None)]
    for handle in handles:
        if isinstance(handle, io.IOBase | zipfile.ZipFile):
            with contextlib.suppress(OSError, ValueError):  # what is still buffered cannot be written either
                handle.close()
    book.fileclosed = True


def rows_of(tally: WorkbookTally) -> int:
    """Return the data rows of all sheets."""
    return sum(tally.rows.values())


def cells_of(path: Path, sheet: str) -> Iterator[tuple[Cell, ...]]:
    """Yield the rows of a sheet, header first, with texts as they were before they were written."""
    import openpyxl

    book = openpyxl.load_workbook(path, read_only=True)
    try:
        for row in book[sheet].iter_rows(values_only=True):
            yield tuple(from_excel(c) if isinstance(c, str) else _plain(c) for c in row)
    finally:
        book.close()


def _plain(value: object) -> Cell:
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, int | float | date) else None

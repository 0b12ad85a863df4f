"""Workbooks, re-read by openpyxl: no formulas, real numbers and dates, nobody's name, same bytes."""

import errno
import zipfile
from datetime import date, datetime

import openpyxl
import pytest

from exports.export_builders import CLOCK, HOSTILE, CancelAfter, CountingProgress
from tailwise.exports import workbook
from tailwise.exports.tables import table_of
from tailwise.exports.texts import spreadsheet_text
from tailwise.exports.workbook import cells_of, read_workbook, write_workbook
from tailwise.ops.progress import SILENT, OpCancelledError

ROWS = [(text, i, i / 4, date(2026, 11, 23)) for i, text in enumerate(HOSTILE)]
TABLE = table_of("Items", ("name", "n", "share", "day"), ROWS)


@pytest.fixture
def book(tmp_path):
    (tmp_path / "scratch").mkdir()

    def write(*tables, name="book.xlsx", progress=SILENT, **more):
        return write_workbook(tmp_path / name, tables or (TABLE,), CLOCK, tmp_path / "scratch", progress, **more)

    write.path = tmp_path / "book.xlsx"
    write.scratch = tmp_path / "scratch"
    return write


def test_no_hostile_text_becomes_a_formula(book):
    book()

    cells = [c for row in openpyxl.load_workbook(book.path)["Items"].iter_rows() for c in row]

    assert not [c for c in cells if c.data_type == "f"]
    assert not [c for c in cells if c.hyperlink]
    assert read_workbook(book.path, SILENT).formulas == 0


def test_texts_numbers_and_dates_come_back_as_what_they_are(book):
    book()

    found = list(cells_of(book.path, "Items"))

    assert found[0] == TABLE.columns
    # Line ends become LF; everything else is as it was.
    assert found[1:] == [(spreadsheet_text(t)[0], n, share, day) for t, n, share, day in ROWS]
    sheet = openpyxl.load_workbook(book.path)["Items"]
    assert isinstance(sheet["D2"].value, datetime)
    assert sheet["D2"].number_format == "yyyy-mm-dd"
    assert sheet["B3"].data_type == "n"


def test_reading_back_would_see_a_formula(tmp_path):
    """The check itself works: a workbook with a formula is told from one without."""
    made = openpyxl.Workbook()
    made.active.append(["h"])
    made.active.append(["=1+1"])
    made.save(tmp_path / "bad.xlsx")

    assert read_workbook(tmp_path / "bad.xlsx", SILENT).formulas == 1


def test_the_header_stays_in_view_and_can_be_filtered(book):
    book()

    sheet = openpyxl.load_workbook(book.path)["Items"]

    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == f"A1:D{len(ROWS) + 1}"


def test_the_document_names_nobody(book, monkeypatch):
    monkeypatch.setenv("USER", "zoe.q")
    book()

    properties = openpyxl.load_workbook(book.path).properties

    assert not properties.creator
    assert not properties.lastModifiedBy
    assert properties.created == datetime(2026, 11, 23, 8)
    with zipfile.ZipFile(book.path) as archive:
        assert not any(b"zoe" in archive.read(name) for name in archive.namelist())


def test_the_same_data_gives_the_same_bytes_at_any_time(book, monkeypatch):
    book(name="a.xlsx")
    monkeypatch.setattr("time.time", lambda: 2_000_000_000.0)
    book(name="b.xlsx")

    assert book.path.with_name("a.xlsx").read_bytes() == book.path.with_name("b.xlsx").read_bytes()


def test_long_tables_go_on_in_further_sheets(book):
    report = book(table_of("Items", ("n",), [(i,) for i in range(7)]), max_rows=4)

    tally = read_workbook(book.path, SILENT)

    assert tally.rows == {"Items": 3, "Items 2": 3, "Items 3": 1}
    assert set(tally.headers.values()) == {("n",)}
    assert report.rows == 7
    assert [r[0] for name in tally.rows for r in list(cells_of(book.path, name))[1:]] == list(range(7))


def test_an_empty_table_is_a_sheet_with_a_header(book):
    book(table_of("Changes", ("what", "why"), []))

    assert list(cells_of(book.path, "Changes")) == [("what", "why")]


def test_too_long_texts_are_cut_with_a_note_and_told(book):
    report = book(table_of("T", ("a", "b"), [("ok", "y" * 40_000)]))

    text = list(cells_of(book.path, "T"))[1][1]

    assert len(text) == 32_767
    assert text.endswith("the CSV file has them all]")
    assert report.cut_cells == ["T row 2, column 2"]


def test_numbers_no_spreadsheet_can_hold_are_written_as_texts_or_left_blank(book):
    book(table_of("T", ("a", "b"), [(2**63, float("nan")), (-(2**53), float("inf"))]))

    assert list(cells_of(book.path, "T"))[1:] == [(str(2**63), None), (-(2**53), None)]


def test_cancelling_at_any_report_leaves_no_temporary_file_elsewhere(book, tmp_path, monkeypatch):
    counting = CountingProgress()
    book(progress=counting, name="whole.xlsx")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "system"))

    for n in range(counting.reports):
        with pytest.raises(OpCancelledError):
            book(progress=CancelAfter(n), name=f"{n}.xlsx")
        assert not (tmp_path / f"{n}.xlsx").exists()
    assert not (tmp_path / "system").exists()


def test_a_full_disk_is_told_as_such(book, monkeypatch):
    def no_room(*args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("xlsxwriter.workbook.ZipFile", no_room)

    with pytest.raises(OSError, match="No space left") as raised:
        book()

    assert raised.value.errno == errno.ENOSPC


def test_a_million_rows_are_the_limit_of_a_sheet():
    assert workbook.MAX_SHEET_ROWS == 1_048_576

"""The quick way through a table gives what the careful way gives, or declines."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tailwise.domain.findings import FindingLog
from tailwise.formats import csv_table
from tailwise.formats.csv_regular import regular_columns
from tailwise.ops.progress import SILENT

CELLS = st.text(alphabet='ab ,"\n\r\té;1', max_size=4)


def rows_of(columns):
    return [list(row) for row in zip(*([values[code] for code in codes] for values, codes in columns), strict=True)]


@given(st.lists(st.lists(CELLS, min_size=1, max_size=4), min_size=1, max_size=6), st.booleans())
@example([["a", "b"], ["1", "NA"], ["", ""]], False)
@settings(max_examples=150, deadline=None)
def test_written_tables_are_read_as_the_csv_module_reads_them_or_not_at_all(rows, is_raw):
    if is_raw:
        text = "\n".join(",".join(row) for row in rows)
    else:
        out = io.StringIO(newline="")
        csv.writer(out).writerows(rows)
        text = out.getvalue()
    expected = list(csv.reader(io.StringIO(text, newline="")))
    length = len(expected[0]) if expected else 1

    columns = regular_columns(text, ",", length, SILENT)

    if columns is not None:
        assert rows_of(columns) == expected


@pytest.mark.parametrize("text", ["a,b\n1\n", "a,b\n1,2,3\n", "a,b\n\n1,2\n", 'a,b\n"1\n,2', "a\n1\n"])
def test_a_table_with_a_fault_is_left_to_the_careful_way(text):
    assert regular_columns(text, ",", text.partition("\n")[0].count(",") + 1, SILENT) is None


def test_a_long_table_has_the_same_columns_either_way(monkeypatch):
    lines = "".join(f'{n}.jpg,"x, {n % 3}",name\n' for n in range(60_000))
    data = ("name,name 2,kind\n" + lines).encode()

    quick = csv_table.read_table(data, "t.csv", {}, FindingLog(), SILENT)
    monkeypatch.setattr(csv_table, "MIN_LENGTH", len(data) + 1)
    careful = csv_table.read_table(data, "t.csv", {}, FindingLog(), SILENT)

    assert len(data) > 1_000_000
    for name, column in careful.columns.items():
        assert quick.columns[name].values == column.values
        assert (quick.columns[name].codes == column.codes).all()


def test_a_value_that_is_also_the_header_keeps_its_place_among_the_values():
    column = csv_table.Column(["name", "b", "c"], np.array([0, 1, 0, 2], np.int32))

    body = column.without_first()

    assert [body.values[code] for code in body.codes] == ["b", "name", "c"]
    assert body.values == ["b", "name", "c"]

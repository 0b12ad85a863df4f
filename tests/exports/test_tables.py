"""Both dialects of CSV read back as what was written, with the csv module as the reader."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exports.export_builders import HOSTILE
from tailwise.domain.exports import Dialect
from tailwise.exports.tables import read_csv, table_of, write_csv
from tailwise.exports.texts import unescape_cell, writable
from tailwise.ops.progress import SILENT

cells = st.text(st.sampled_from("=+-@\t\r\n',;\"ab ") | st.characters(exclude_categories=["Cs"]), max_size=20)


def written(table, dialect):
    file = io.StringIO(newline="")
    write_csv(table, file, dialect, SILENT)
    return file.getvalue()


@given(st.lists(st.tuples(cells, cells), max_size=5), st.sampled_from(Dialect))
def test_any_texts_come_back(rows, dialect):
    table = table_of("T", ("first", "second"), rows)

    found = list(csv.reader(io.StringIO(written(table, dialect), newline=""), strict=True))

    undo = unescape_cell if dialect is Dialect.ESCAPED else str
    assert [tuple(map(undo, row)) for row in found[1:]] == [tuple(map(writable, row)) for row in rows]


def test_texts_are_quoted_and_numbers_and_nothing_are_not():
    table = table_of("T", ("a", "b", "c", "d", "e"), [("007", -5, -0.25, None, "")])

    assert written(table, Dialect.ESCAPED) == '"a","b","c","d","e"\n"007",-5,-0.25,,""\n'


def test_negative_numbers_are_never_escaped_but_texts_that_look_like_them_are(tmp_path):
    table = table_of("T", ("n", "t"), [(-5, "-5"), (-1.5, "-x")])
    (tmp_path / "t.csv").write_text(written(table, Dialect.ESCAPED), encoding="utf-8")

    tally = read_csv(tmp_path / "t.csv", Dialect.ESCAPED, SILENT, keep=True)

    assert tally.cells == [("-5", "-5"), ("-1.5", "-x")]
    assert tally.formulas == 0
    assert '-5,"\'-5"' in written(table, Dialect.ESCAPED)


def test_reading_back_sees_a_formula_somebody_forgot_to_escape(tmp_path):
    (tmp_path / "t.csv").write_text('"t"\n"=1+1"\n-5\n', encoding="utf-8")

    assert read_csv(tmp_path / "t.csv", Dialect.ESCAPED, SILENT).formulas == 1


def test_reading_back_sees_rows_of_another_width(tmp_path):
    (tmp_path / "t.csv").write_text('"a","b"\n1,2\n3\n', encoding="utf-8")

    tally = read_csv(tmp_path / "t.csv", Dialect.PLAIN, SILENT)

    assert (tally.rows, tally.ragged) == (2, 1)


@pytest.mark.parametrize("dialect", Dialect)
def test_a_field_of_a_million_characters_reads_back(tmp_path, dialect):
    table = table_of("T", ("t",), [("x" * 1_000_000,)])
    (tmp_path / "t.csv").write_text(written(table, dialect), encoding="utf-8", newline="")

    assert read_csv(tmp_path / "t.csv", dialect, SILENT, keep=True).cells == [("x" * 1_000_000,)]


def test_pandas_reads_the_plain_dialect_as_it_was_written():
    import pandas as pd

    table = table_of("T", ("name", "n"), [(text, i) for i, text in enumerate(HOSTILE)])

    found = pd.read_csv(io.StringIO(written(table, Dialect.PLAIN)), keep_default_na=False, dtype={"name": str})

    assert found["name"].tolist() == list(HOSTILE)
    assert found["n"].tolist() == list(range(len(HOSTILE)))

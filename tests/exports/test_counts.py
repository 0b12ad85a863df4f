"""The count table as CSV for pivoting and as a workbook as on the screen."""

import csv

from exports.export_builders import HOSTILE, a_count_table, a_job
from tailwise.exports.job import run_export
from tailwise.exports.texts import unescape_cell
from tailwise.exports.workbook import cells_of
from tailwise.ops.progress import SILENT


def exported(tmp_path, table):
    return run_export(a_job(tmp_path / "out", counts=table), SILENT)


def test_the_csv_has_one_row_per_class_and_column(tmp_path):
    outcome = exported(tmp_path, a_count_table())

    with (tmp_path / "out/counts/counts.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))

    assert len(rows) == 4
    assert rows[1] == {
        "class": "car", "tier": "must-not-miss", "target": "10", "tail": "tail", "lighting": "night", "unit": "objects",
        "count": "4", "expected": "3.5", "flag": "thin",
    }  # fmt: skip
    assert outcome.checks["count_total"] == 14


def test_the_workbook_looks_like_the_screen(tmp_path):
    exported(tmp_path, a_count_table())
    path = tmp_path / "out/counts/counts.xlsx"

    assert list(cells_of(path, "Counts"))[:2] == [
        ("class", "tier", "target", "tail", "images", "objects", "day", "night"),
        ("car", "must-not-miss", 10, "tail", 3, 7, 3, 4),
    ]
    assert list(cells_of(path, "Expected"))[1] == ("car", 3.5, 3.5)
    facts = dict(list(cells_of(path, "About"))[1:])
    assert facts["unit"] == "objects"
    assert (facts["labelled items counted"], facts["labelled items in night"]) == (11, 6)


def test_hostile_class_names_are_no_formulas_and_come_back(tmp_path):
    outcome = exported(tmp_path, a_count_table(HOSTILE))

    with (tmp_path / "out/counts/counts.csv").open(encoding="utf-8", newline="") as file:
        names = {unescape_cell(r["class"]) for r in csv.DictReader(file)}

    assert names == set(HOSTILE)
    assert outcome.checks["formula_cells"] == 0


def test_a_table_without_axes_has_one_column_of_counts(tmp_path):
    from dataclasses import replace

    table = a_count_table()
    bare = replace(
        table, axes=(), columns=((),), column_items=(11,), counts=((7,), (7,)), expected=None,
        flags=tuple((f[0],) for f in table.flags),
    )  # fmt: skip
    exported(tmp_path, bare)

    assert next(cells_of(tmp_path / "out/counts/counts.xlsx", "Counts"))[-1] == "objects"
    with (tmp_path / "out/counts/counts.csv").open(encoding="utf-8", newline="") as file:
        assert next(csv.DictReader(file))["expected"] == ""

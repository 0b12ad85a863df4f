"""A count table as CSV for pivoting (one row per class and column) and as a workbook as it is on the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tailwise.domain.exports import Audience
from tailwise.exports.table_files import add_csv, add_workbook
from tailwise.exports.tables import Row, Table, table_of

if TYPE_CHECKING:
    from tailwise.domain.coverage import CountTable
    from tailwise.exports.package import Package
    from tailwise.ops.progress import Progress

FOLDER = "counts"
LONG_COLUMNS = ("class", "tier", "target", "tail")
LONG_TAIL = ("unit", "count", "expected", "flag")
WIDE_COLUMNS = ("class", "tier", "target", "tail", "images", "objects")


def write_counts(counts: CountTable, package: Package, progress: Progress) -> None:
    """Write `counts/counts.csv` (long) and `counts/counts.xlsx` (Counts, Expected, About)."""
    add_csv(_long(counts), f"{FOLDER}/counts.csv", Audience.INTERNAL, package, progress)
    tables = [_wide(counts), *_expected(counts), _about(counts)]
    add_workbook(tables, f"{FOLDER}/counts.xlsx", Audience.INTERNAL, package, progress)
    package.check("count_total", sum(map(sum, counts.counts)))


def _long(counts: CountTable) -> Table:
    rows: list[Row] = []
    for r, row in enumerate(counts.rows):
        for c, values in enumerate(counts.columns):
            expected = None if counts.expected is None else counts.expected[r][c]
            tail = (counts.unit.value, counts.counts[r][c], expected, counts.flags[r][c].value)
            rows.append((row.name, row.tier, row.target, row.tail.value, *values, *tail))
    return table_of("Counts", LONG_COLUMNS + counts.axes + LONG_TAIL, rows)


def _wide(counts: CountTable) -> Table:
    rows: list[Row] = [
        (row.name, row.tier, row.target, row.tail.value, row.images, row.objects, *counts.counts[r])
        for r, row in enumerate(counts.rows)
    ]
    return table_of("Counts", WIDE_COLUMNS + _titles(counts), rows, (28,))


def _expected(counts: CountTable) -> list[Table]:
    if counts.expected is None:
        return []
    rows: list[Row] = [(row.name, *counts.expected[r]) for r, row in enumerate(counts.rows)]
    return [table_of("Expected", ("class", *_titles(counts)), rows, (28,))]


def _about(counts: CountTable) -> Table:
    rows: list[Row] = [
        ("unit", counts.unit.value),
        ("axes", ", ".join(counts.axes)),
        ("labelled items counted", counts.items),
        ("association of class and columns (Cramér's V, bias-corrected)", counts.cramers_v),
    ]
    titles = _titles(counts)
    rows.extend((f"labelled items in {title}", n) for title, n in zip(titles, counts.column_items, strict=True))
    return table_of("About", ("fact", "value"), rows, (60, 24))


def _titles(counts: CountTable) -> tuple[str, ...]:
    """Return one title per column; without axes the single column is named by its unit."""
    return tuple(" · ".join(values) if values else counts.unit.value for values in counts.columns)

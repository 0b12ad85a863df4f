"""Tables as registered files of an export, each read back in the way its readers will."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tailwise.domain.exports import Audience, Dialect
from tailwise.exports.tables import Table, read_csv, total_rows, write_csv
from tailwise.exports.workbook import read_workbook, rows_of, write_workbook

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tailwise.exports.package import Package
    from tailwise.ops.progress import Progress


def add_csv(table: Table, relative: str, audience: Audience, package: Package, progress: Progress) -> None:
    """Write and register a table as CSV: plain for training code, escaped for everybody else."""
    dialect = Dialect.PLAIN if audience is Audience.TRAINING else Dialect.ESCAPED
    progress.stage(f"Writing {relative}", table.count)
    with package.text_file(relative) as file:
        write_csv(table, file, dialect, progress)
    package.add(relative, table.count, "table", audience, _csv_verifier(table, dialect), dialect)


def add_workbook(
    tables: Sequence[Table], relative: str, audience: Audience, package: Package, progress: Progress
) -> None:
    """Write and register a workbook; reading it back must find the same rows and headers and no formula."""
    report = write_workbook(package.place(relative), tables, package.info.created_utc, package.scratch, progress)
    package.add(relative, report.rows, "workbook", audience, _workbook_verifier(tables, package))
    cut = report.cut_cells
    package.warn("XL-01", f"texts too long for a cell of {relative}, cut with a note", len(cut), cut)


def _csv_verifier(table: Table, dialect: Dialect) -> Callable[[Path, Progress], int]:
    def verify(path: Path, progress: Progress) -> int:
        tally = read_csv(path, dialect, progress)
        right = tally.columns == table.columns and not tally.ragged and not tally.formulas
        return tally.rows if right else -1

    return verify


def _workbook_verifier(tables: Sequence[Table], package: Package) -> Callable[[Path, Progress], int]:
    headers = {table.columns for table in tables}

    def verify(path: Path, progress: Progress) -> int:
        tally = read_workbook(path, progress)
        package.add_to_check("formula_cells", tally.formulas)
        right = set(tally.headers.values()) == headers and not tally.formulas and not tally.links
        return rows_of(tally) if right and rows_of(tally) == total_rows(tables) else -1

    return verify

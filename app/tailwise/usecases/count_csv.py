"""A count table as one CSV file, one row per class, for people who go on in a spreadsheet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tailwise.domain.errors import ExportTargetError
from tailwise.domain.exports import Dialect
from tailwise.exports.tables import Row, table_of, write_csv

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tailwise.domain.coverage import CountTable
    from tailwise.ops.progress import Progress

LEAD = ("class", "tier", "target", "tail", "images", "objects", "pixels")


def write_count_csv(path: Path, table: CountTable, order: Sequence[int], progress: Progress) -> int:
    """Write the table with its rows in `order` and return the bytes written.

    Expected counts follow the counts, in columns of their own. Texts a spreadsheet would run as a formula are escaped.
    The file is written beside its place and moved, so it is whole or not there.

    Raises:
        ExportTargetError: it cannot be written.
    """
    names = [" · ".join(values) if values else table.unit.value for values in table.columns]
    columns = (*LEAD, *names, *(f"{name} (expected)" for name in names if table.expected))
    rows: list[Row] = []
    for k in order:
        row = table.rows[k]
        expected = table.expected[k] if table.expected else ()
        facts = (row.name, row.tier, row.target, row.tail.value, row.images, row.objects, row.pixels)
        rows.append((*facts, *table.counts[k], *expected))
    half = path.with_name(f".{path.name}.part")
    try:
        with half.open("w", encoding="utf-8", newline="") as file:
            write_csv(table_of("Counts", columns, rows), file, Dialect.ESCAPED, progress)
        half.replace(path)
        return path.stat().st_size
    except OSError as error:
        raise ExportTargetError(
            f"{path.name} was not written: {error.strerror}", "Choose a folder you may write to", str(path.parent)
        ) from error
    finally:
        half.unlink(missing_ok=True)

"""What differs between two results as a table: part by part, before, after, and by how much."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tailwise.gui.models.plan_table import NumberTable
from tailwise.gui.models.record_table import Column
from tailwise.gui.number_text import NOTHING, trimmed

if TYPE_CHECKING:
    from PySide6.QtCore import QObject

    from tailwise.domain.plan_diff import NumberChange, RequestChange


@dataclass(frozen=True, slots=True)
class DiffRow:
    """One line of the comparison, as shown."""

    part: str
    what: str
    before: str
    after: str
    change: str
    size: float


class DiffTable(NumberTable[DiffRow]):
    """What differs, part by part."""

    numbers = frozenset({"Before", "After", "Change"})

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(
            (
                Column("Part", lambda row: row.part, width=14),
                Column("What", lambda row: row.what, tip=lambda row: row.what, width=0),
                Column("Before", lambda row: row.before, tip=lambda row: row.before, width=16),
                Column("After", lambda row: row.after, tip=lambda row: row.after, width=16),
                Column("Change", lambda row: row.change, lambda row: row.size, width=16),
            ),
            parent,
        )


def number_row(part: str, change: NumberChange, places: int = 1) -> DiffRow:
    """Return a number that differs as a row; `places` behind the point are shown."""
    unit = f" {change.unit}" if change.unit else ""
    sign = "+" if change.change > 0 else "−"
    before, after, size = (f"{trimmed(n, places)}{unit}" for n in (change.before, change.after, abs(change.change)))
    return DiffRow(part, change.what, before, after, f"{sign}{size}", change.change)


def request_row(change: RequestChange) -> DiffRow:
    """Return a value of the request that differs as a row."""
    return DiffRow("Request", change.place, change.before or NOTHING, change.after or NOTHING, "", 0.0)

"""The imported sources of a project as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tailwise.domain.coverage import SourceFacts
from tailwise.gui.models.record_table import Column, RecordTable
from tailwise.gui.texts import ago, counted, number

if TYPE_CHECKING:
    from PySide6.QtCore import QObject


def _time(source: SourceFacts) -> str:
    return "" if source.lead is None else f"{number(source.lead.median_s, 0)} s"


def _seconds(source: SourceFacts) -> float:
    return -1.0 if source.lead is None else source.lead.median_s


def _how_measured(source: SourceFacts) -> str:
    lead = source.lead
    if lead is None:
        return "No times were measured"
    items = counted(lead.items, "item", "items")
    return f"Median of {items}; 9 of 10 took less than {number(lead.p90_s, 0)} s. Measured by {lead.origin}"


class SourcesTable(RecordTable[SourceFacts]):
    """One row per source; the folder it came from is in the tooltip."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(
            (
                Column("Source", lambda s: s.name, lambda s: s.name.casefold(), lambda s: s.root, width=0),
                Column("Format", lambda s: s.format, width=14),
                Column("Used as", lambda s: s.role, width=12),
                Column("Items", lambda s: s.items, width=10),
                Column("Annotations", lambda s: s.annotations, width=12),
                Column("Missing files", lambda s: s.missing_files, width=12),
                Column("Time per item", _time, _seconds, _how_measured, width=14),
                Column(
                    "Imported", lambda s: ago(s.imported_utc), lambda s: s.imported_utc, lambda s: s.imported_utc, 12
                ),
            ),
            parent,
        )

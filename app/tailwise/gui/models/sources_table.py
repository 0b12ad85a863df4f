"""The imported sources of a project as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tailwise.domain.coverage import SourceFacts
from tailwise.gui.models.record_table import Column, RecordTable
from tailwise.gui.texts import ago

if TYPE_CHECKING:
    from PySide6.QtCore import QObject


class SourcesTable(RecordTable[SourceFacts]):
    """One row per source; the folder it came from is in the tooltip."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(
            (
                Column("Source", lambda s: s.name, lambda s: s.name.casefold(), lambda s: s.root, width=0),
                Column("Format", lambda s: s.format, width=14),
                Column("Used as", lambda s: s.role, width=10),
                Column("Items", lambda s: s.items, width=10),
                Column("Annotations", lambda s: s.annotations, width=12),
                Column("Missing files", lambda s: s.missing_files, width=12),
                Column(
                    "Imported", lambda s: ago(s.imported_utc), lambda s: s.imported_utc, lambda s: s.imported_utc, 12
                ),
            ),
            parent,
        )

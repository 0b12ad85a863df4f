"""Measured seconds of labelling: the table, its migration, and how it is loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from sqlite_utils import Database

    from tailwise.storage.columns import ProjectColumns
    from tailwise.storage.connection import Db

LEAD_TABLES = """
CREATE TABLE lead_time (
    source_id INTEGER PRIMARY KEY REFERENCES source(id) ON DELETE CASCADE, origin TEXT NOT NULL,
    positions BLOB NOT NULL, seconds BLOB NOT NULL
) STRICT;
"""


def m008_lead_times(db: Database) -> None:
    """Seconds that labelling an item took, for the items of a source whose time was measured."""
    db.execute(LEAD_TABLES)


def copy_lead_times(db: Db, source_id: int) -> None:
    """Take over the times of the staged source in the place of those the source had."""
    db.execute("DELETE FROM lead_time WHERE source_id = ?", (source_id,))
    db.execute("INSERT INTO lead_time SELECT ?, origin, positions, seconds FROM staged.lead_time", (source_id,))


def load_lead_seconds(db: Db, columns: ProjectColumns) -> NDArray[np.float32]:
    """Return the seconds of every item as an (n,) array aligned to `columns.item_ids`; NaN where nobody measured."""
    seconds = np.full(len(columns.item_ids), np.nan, dtype=np.float32)
    for source_id, positions, measured in db.conn.execute("SELECT source_id, positions, seconds FROM lead_time"):
        first = int(np.searchsorted(columns.source, columns.source_ids.index(source_id)))
        seconds[first + np.frombuffer(positions, dtype="<i4")] = np.frombuffer(measured, dtype="<f4")
    return seconds


def load_lead_origins(db: Db) -> dict[str, str]:
    """Return by source name what measured its seconds; sources without times are not in it."""
    rows = db.conn.execute("SELECT s.name, l.origin FROM lead_time l JOIN source s ON s.id = l.source_id ORDER BY s.id")
    return dict(rows.fetchall())

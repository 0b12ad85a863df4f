"""When and by which camera images were taken: read once from the files, kept to chain bursts.

Rows carry the file they were read from, as those of the index do, and are believed while the index has the same file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlite_utils import Database

    from tailwise.storage.connection import Db

CAPTURE_TABLES = """
CREATE TABLE capture (
    item_id INTEGER PRIMARY KEY, file_name TEXT NOT NULL, size_bytes INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
    camera TEXT NOT NULL, taken TEXT NOT NULL
) STRICT;
"""
_SAME_FILE = (
    "c.item_id = x.item_id AND c.file_name = x.file_name AND c.size_bytes = x.size_bytes AND c.mtime_ns = x.mtime_ns"
)


@dataclass(frozen=True, slots=True)
class CaptureRow:
    """Camera and time of capture of an item as the file tells them, both empty where it tells nothing."""

    item_id: int
    camera: str
    taken: str


def m010_capture_times(db: Database) -> None:
    """Cameras and times of capture, for bursts."""
    db.execute(CAPTURE_TABLES)


def items_without_capture(db: Db) -> list[int]:
    """Return the indexed items whose file was not asked yet, ascending."""
    rows = db.conn.execute(
        f"SELECT x.item_id FROM image_index x LEFT JOIN capture c ON {_SAME_FILE} "
        "WHERE c.item_id IS NULL AND x.sha256 <> x'' ORDER BY x.item_id"
    )
    return [row[0] for row in rows]


def list_captures(db: Db) -> list[CaptureRow]:
    """Return what is known of indexed items that have a time, ascending; nothing from a file of an older program."""
    if db.conn.execute("SELECT 1 FROM sqlite_master WHERE name = 'capture'").fetchone() is None:
        return []
    rows = db.conn.execute(
        f"SELECT c.item_id, c.camera, c.taken FROM capture c JOIN image_index x ON {_SAME_FILE} "
        "WHERE c.taken <> '' ORDER BY c.item_id"
    )
    return [CaptureRow(*row) for row in rows]


def put_captures(db: Db, rows: Iterable[CaptureRow]) -> None:
    """Store what the files of indexed items tell."""
    db.conn.executemany(
        "INSERT OR REPLACE INTO capture SELECT item_id, file_name, size_bytes, mtime_ns, ?, ? FROM image_index "
        "WHERE item_id = ?",
        ((row.camera, row.taken, row.item_id) for row in rows),
    )

"""Texts that are items: the table, its migration, and how texts are taken over and looked up."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlite_utils import Database

    from tailwise.storage.connection import Db

TEXT_TABLES = """
CREATE TABLE item_text (
    source_id INTEGER NOT NULL REFERENCES source(id) ON DELETE CASCADE, position INTEGER NOT NULL,
    text TEXT NOT NULL, PRIMARY KEY (source_id, position)
) STRICT, WITHOUT ROWID;
"""

_CHUNK = 500


def m009_item_texts(db: Database) -> None:
    """The texts themselves, for sources whose items are texts."""
    db.execute(TEXT_TABLES)


def copy_texts(db: Db, source_id: int) -> None:
    """Take over the texts of the staged source in the place of those the source had."""
    db.execute("DELETE FROM item_text WHERE source_id = ?", (source_id,))
    db.execute("INSERT INTO item_text SELECT ?, position, text FROM staged.item_text", (source_id,))


def texts_of(db: Db, item_ids: Sequence[int]) -> dict[int, str]:
    """Return the texts of those of the items that are texts, by item id."""
    found: dict[int, str] = {}
    for start in range(0, len(item_ids), _CHUNK):
        chunk = [int(item_id) for item_id in item_ids[start : start + _CHUNK]]
        marks = ", ".join("?" * len(chunk))
        found.update(
            db.conn.execute(
                "SELECT i.id, t.text FROM item i JOIN item_text t ON t.source_id = i.source_id "
                f"AND t.position = i.position WHERE i.id IN ({marks})",
                chunk,
            ).fetchall()
        )
    return found

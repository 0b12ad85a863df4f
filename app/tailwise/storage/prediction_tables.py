"""What predictions are joined to the other sources by: the names of all items and classes; and what is found wrong."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tailwise.domain.findings import Finding
    from tailwise.storage.connection import Db


class ItemName(NamedTuple):
    """An item as its source calls it: source, role and root of that, path below the root, id, and label state."""

    source: str
    role: str
    root: str
    file_name: str
    ext_id: str
    state: int


def load_item_names(db: Db) -> list[ItemName]:
    """Return the names of all items; position n is row n of `ProjectColumns`."""
    rows = db.conn.execute(
        "SELECT s.name, s.role, coalesce(r.path, ''), i.file_name, i.ext_id, i.state FROM item i "
        "JOIN source s ON s.id = i.source_id LEFT JOIN local_root r ON r.source_id = s.id "
        "ORDER BY i.source_id, i.position"
    )
    return [ItemName(*row) for row in rows]


def has_role(db: Db, role: str) -> bool:
    """Tell whether any source has a role."""
    return db.conn.execute("SELECT 1 FROM source WHERE role = ?", (role,)).fetchone() is not None


def classes_only_in(db: Db, role: str) -> dict[str, list[str]]:
    """Return by source of a role the classes that no source of another role has."""
    found: dict[str, list[str]] = {}
    for source, name in db.conn.execute(
        "SELECT s.name, c.name FROM category_alias a JOIN source s ON s.id = a.source_id "
        "JOIN category c ON c.id = a.category_id WHERE s.role = ?1 AND c.id NOT IN "
        "(SELECT a.category_id FROM category_alias a JOIN source s ON s.id = a.source_id WHERE s.role <> ?1) "
        "ORDER BY s.id, a.position",
        (role,),
    ):
        found.setdefault(source, []).append(name)
    return found


def replace_prediction_findings(db: Db, source: str, findings: Sequence[Finding]) -> None:
    """Store what is wrong between a source of predictions and the others (codes PR) in the place of what was."""
    source_id = db.conn.execute("SELECT id FROM source WHERE name = ?", (source,)).fetchone()[0]
    db.execute("DELETE FROM finding WHERE source_id = ? AND code LIKE 'PR-%'", (source_id,))
    db.conn.executemany(
        "INSERT INTO finding (source_id, code, severity, message, count, action, examples) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        ((source_id, f.code, f.severity.value, f.message, f.count, f.action, json.dumps(f.examples)) for f in findings),
    )


def load_references(db: Db, key: str) -> list[tuple[str, list[tuple[str, str, int, int]], list[tuple[str, str]]]]:
    """Return the sources of a format that are no predictions: name, images (id, name, size), classes (id, name)."""
    found: list[tuple[str, list[tuple[str, str, int, int]], list[tuple[str, str]]]] = []
    for source_id, name in db.conn.execute(
        "SELECT id, name FROM source WHERE format = ? AND role <> 'predictions' ORDER BY id", (key,)
    ).fetchall():
        images = db.conn.execute(
            "SELECT ext_id, file_name, width, height FROM item WHERE source_id = ? ORDER BY position", (source_id,)
        ).fetchall()
        classes = db.conn.execute(
            "SELECT ext_id, ext_name FROM category_alias WHERE source_id = ? ORDER BY position", (source_id,)
        ).fetchall()
        found.append((name, images, classes))
    return found

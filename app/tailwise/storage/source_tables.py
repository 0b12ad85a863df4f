"""Swap a staged source into the project, and remove or describe the sources it has."""

from __future__ import annotations

import contextlib
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from tailwise.domain.findings import Finding, Severity
from tailwise.storage.lead_tables import copy_lead_times
from tailwise.storage.text_tables import copy_texts

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from pathlib import Path

    from tailwise.storage.connection import Db
    from tailwise.storage.project_file import ProjectFile


@dataclass(frozen=True, slots=True)
class SwapOutcome:
    """What a swap did: the source's name in the project and the numbers of items added, kept and gone."""

    source: str
    source_id: int
    added: int
    updated: int
    removed: int


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One source as stored."""

    id: int
    name: str
    format: str
    role: str
    root: str
    imported_utc: str
    answers: dict[str, str]


@dataclass(frozen=True, slots=True)
class SourceFinding:
    """A finding together with the name of the source it is about."""

    source: str
    finding: Finding


@contextlib.contextmanager
def swapping(file: ProjectFile, staging: Path) -> Generator[Db]:
    """One write transaction that can also read the staging file; use with `swap_in`."""
    db = file.connect()
    db.conn.execute("ATTACH DATABASE ? AS staged", (str(staging),))
    try:
        with file.writing():
            yield db
    finally:
        # The transaction is over by now, committed or rolled back; else DETACH would refuse.
        db.conn.execute("DETACH DATABASE staged")


def swap_in(db: Db, program: str) -> SwapOutcome:
    """Copy the staged source into the project and raise the data version; call inside `swapping`.

    A source with the same root, format and role is replaced: items keep their id by file name, so that plans and
    splits made before still mean the same items.
    """
    meta: dict[str, str] = dict(db.conn.execute("SELECT key, value FROM staged.meta").fetchall())
    source_id, old_ids, old_classes = _claim_source(db, meta, program)
    added, updated = _copy_items(db, source_id, old_ids)
    _copy_categories(db, source_id, old_classes)
    db.execute("INSERT INTO annotation_column SELECT ?, name, type, data FROM staged.annotation_column", (source_id,))
    _copy_axes(db, source_id)
    copy_lead_times(db, source_id)
    copy_texts(db, source_id)
    db.execute("INSERT INTO published_split SELECT ?, name, positions FROM staged.split", (source_id,))
    db.execute("INSERT INTO source_file SELECT ?, position, path, size_bytes, split FROM staged.file", (source_id,))
    db.execute(
        "INSERT INTO finding (source_id, code, severity, message, count, action, examples) "
        "SELECT ?, code, severity, message, count, action, examples FROM staged.finding",
        (source_id,),
    )
    _drop_unused(db)
    db.execute(
        "INSERT INTO fact SELECT 'last_item_id', coalesce(max(id), 0) FROM item WHERE true "
        "ON CONFLICT (key) DO UPDATE SET value = max(CAST(value AS INTEGER), CAST(excluded.value AS INTEGER))"
    )
    bump_data_version(db)
    name = db.conn.execute("SELECT name FROM source WHERE id = ?", (source_id,)).fetchone()[0]
    return SwapOutcome(name, source_id, added, updated, len(old_ids) - updated)


def list_sources(db: Db) -> list[SourceRow]:
    """Return all sources, oldest first."""
    rows = db.conn.execute(
        "SELECT s.id, s.name, s.format, s.role, coalesce(r.path, ''), s.imported_utc, s.answers "
        "FROM source s LEFT JOIN local_root r ON r.source_id = s.id ORDER BY s.id"
    )
    return [
        SourceRow(source_id, name, key, role, root, utc, json.loads(answers))
        for source_id, name, key, role, root, utc, answers in rows
    ]


def source_files(db: Db, source_id: int) -> list[tuple[str, int, str]]:
    """Return path, size in bytes and split of every annotation file of a source."""
    return db.conn.execute(
        "SELECT path, size_bytes, split FROM source_file WHERE source_id = ? ORDER BY position", (source_id,)
    ).fetchall()


def list_findings(db: Db, source: str | None = None) -> list[SourceFinding]:
    """Return the findings of all sources or of one, worst severity first within a source."""
    order = {s.value: i for i, s in enumerate(Severity)}
    rows = db.conn.execute(
        "SELECT s.name, f.code, f.severity, f.message, f.count, f.action, f.examples FROM finding f "
        "JOIN source s ON s.id = f.source_id WHERE ? IS NULL OR s.name = ? ORDER BY s.id, f.code",
        (source, source),
    ).fetchall()
    found = [
        SourceFinding(name, Finding(code, Severity(severity), message, count, action, tuple(json.loads(examples))))
        for name, code, severity, message, count, action, examples in rows
    ]
    return sorted(found, key=lambda f: order[f.finding.severity.value])


def data_version(db: Db) -> int:
    """Return the number that rises with every change of items, annotations, classes or conditions."""
    return int(db.conn.execute("SELECT value FROM fact WHERE key = 'data_version'").fetchone()[0])


def bump_data_version(db: Db) -> None:
    """Raise the data version; call inside the transaction that changes data."""
    db.execute("UPDATE fact SET value = CAST(CAST(value AS INTEGER) + 1 AS TEXT) WHERE key = 'data_version'")


def former_source(db: Db, meta: Mapping[str, str]) -> int | None:
    """Return the id of the source that a staged one updates: same root, format and role, and the same name."""
    candidates = db.conn.execute(
        "SELECT s.id, s.name FROM source s JOIN local_root r ON r.source_id = s.id "
        "WHERE r.path = ? AND s.format = ? AND s.role = ? ORDER BY s.id",
        (meta["root"], meta["format"], meta["role"]),
    ).fetchall()
    own_name = re.compile(re.escape(meta["name"]) + r"( \(\d+\))?")
    return next((int(c[0]) for c in candidates if own_name.fullmatch(c[1])), None)


def _claim_source(db: Db, meta: dict[str, str], program: str) -> tuple[int, dict[str, int], dict[str, int]]:
    """Return the id to store under, the former item ids by file name, and the former classes by the source's name."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    former = former_source(db, meta)
    if former is None:
        names = {r[0] for r in db.conn.execute("SELECT name FROM source")}
        name = meta["name"]
        number = 2
        while name in names:
            name, number = f"{meta['name']} ({number})", number + 1
        source_id = db.conn.execute(
            "INSERT INTO source (name, format, role, imported_utc, answers, program) VALUES (?, ?, ?, ?, ?, ?)",
            (name, meta["format"], meta["role"], now, meta["answers"], program),
        ).lastrowid
        assert source_id is not None  # noqa: S101  an INSERT always has a row id
        db.execute("INSERT INTO local_root VALUES (?, ?)", (source_id, meta["root"]))
        return source_id, {}, {}
    source_id = former
    old_classes = dict(
        db.conn.execute("SELECT ext_name, category_id FROM category_alias WHERE source_id = ?", (source_id,)).fetchall()
    )
    old_ids = dict(db.conn.execute("SELECT file_name, id FROM item WHERE source_id = ?", (source_id,)).fetchall())
    for table in (
        "item", "category_alias", "annotation_column", "axis_column", "published_split", "source_file", "finding",
    ):  # fmt: skip
        db.execute(f"DELETE FROM {table} WHERE source_id = ?", (source_id,))
    db.execute(
        "UPDATE source SET imported_utc = ?, answers = ?, program = ? WHERE id = ?",
        (now, meta["answers"], program, source_id),
    )
    return source_id, old_ids, old_classes


def _copy_items(db: Db, source_id: int, old_ids: dict[str, int]) -> tuple[int, int]:
    """Store the items; a file imported before keeps its id, and an id is never given to another file again."""
    columns = "source_id, position, file_name, ext_id, width, height, state, media, file"
    next_id = 1 + max(
        int(db.conn.execute("SELECT coalesce(max(id), 0) FROM item").fetchone()[0]),
        max(old_ids.values(), default=0),
        int((db.conn.execute("SELECT value FROM fact WHERE key = 'last_item_id'").fetchone() or (0,))[0]),
    )
    if not old_ids:
        added = db.conn.execute(
            f"INSERT INTO item (id, {columns}) SELECT ? + position, ?, position, file_name, ext_id, width, height, "
            "state, media, file FROM staged.item ORDER BY position",
            (next_id, source_id),
        ).rowcount
        return added, 0
    rows: list[tuple[object, ...]] = []
    updated = 0
    for row in db.conn.execute("SELECT * FROM staged.item ORDER BY position").fetchall():
        item_id = old_ids.get(row[1])
        if item_id is None:
            item_id, next_id = next_id, next_id + 1
        else:
            updated += 1
        rows.append((item_id, source_id, *row))
    db.conn.executemany(f"INSERT INTO item (id, {columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    return len(rows) - updated, updated


def _copy_categories(db: Db, source_id: int, old_classes: dict[str, int]) -> None:
    """Store the classes; one the source had before keeps the project class the user gave it."""
    staged = db.conn.execute(
        "SELECT position, ext_id, name, supercategory FROM staged.category ORDER BY position"
    ).fetchall()
    for position, ext_id, name, supercategory in staged:
        category_id = old_classes.get(name)
        if category_id is None:
            db.execute("INSERT OR IGNORE INTO category (name) VALUES (?)", (name,))
            category_id = db.conn.execute("SELECT id FROM category WHERE name = ?", (name,)).fetchone()[0]
        db.execute(
            "INSERT INTO category_alias VALUES (?, ?, ?, ?, ?, ?)",
            (source_id, position, ext_id, name, supercategory, category_id),
        )


def _copy_axes(db: Db, source_id: int) -> None:
    staged = db.conn.execute("SELECT name, kind, origin, axis_values, item, value, records FROM staged.axis").fetchall()
    for name, kind, origin, values, positions, codes, records in staged:
        db.execute("INSERT OR IGNORE INTO axis (name, kind, origin) VALUES (?, ?, ?)", (name, kind, origin))
        axis_id = db.conn.execute("SELECT id FROM axis WHERE name = ?", (name,)).fetchone()[0]
        texts: list[str] = json.loads(values)
        db.conn.executemany(
            "INSERT OR IGNORE INTO axis_value (axis_id, value) VALUES (?, ?)", ((axis_id, t) for t in texts)
        )
        ids = dict(db.conn.execute("SELECT value, id FROM axis_value WHERE axis_id = ?", (axis_id,)).fetchall())
        lookup = np.array([ids[t] for t in texts], dtype="<i4")
        value_ids = lookup[np.frombuffer(codes, dtype="<i4")] if texts else lookup
        db.execute(
            "INSERT INTO axis_column VALUES (?, ?, ?, ?, ?)",
            (axis_id, source_id, positions, value_ids.tobytes(), records),
        )


def _drop_unused(db: Db) -> None:
    """Forget axes and untouched classes that no source has any more."""
    db.execute("DELETE FROM axis WHERE id NOT IN (SELECT axis_id FROM axis_column)")
    db.execute(
        "DELETE FROM category WHERE id NOT IN (SELECT category_id FROM category_alias) "
        "AND target IS NULL AND tier = 'nice-to-have'"
    )


def remove_staging(staging: Path) -> None:
    """Delete a staging file; it may be gone already."""
    with contextlib.suppress(FileNotFoundError):
        staging.unlink()
    staging.with_name(staging.name + "-journal").unlink(missing_ok=True)


def class_numbers(db: Db, source_id: int) -> list[tuple[str, str]]:
    """Return the source's own class ids as text, each with the project class it stands for."""
    return db.conn.execute(
        "SELECT a.ext_id, c.name FROM category_alias a JOIN category c ON c.id = a.category_id "
        "WHERE a.source_id = ? ORDER BY a.position",
        (source_id,),
    ).fetchall()


def annotations_per_class(db: Db, source_id: int) -> dict[int, int]:
    """Return how many annotations a source has of each of its own classes, by position."""
    row = db.conn.execute(
        "SELECT type, data FROM annotation_column WHERE source_id = ? AND name = 'category'", (source_id,)
    ).fetchone()
    codes = np.frombuffer(row[1], dtype=f"<i{row[0][2:]}") if row else np.zeros(0, dtype="<i4")
    return dict(enumerate(np.bincount(codes).tolist()))

"""A staging file: one whole source on disk beside the project, written by the importing process.

It has no lock and no log: nobody else sees it, and it is deleted when anything goes wrong. `swap_in` (source_tables)
copies it into the project in one short transaction.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from dataclasses import asdict
from typing import TYPE_CHECKING

from tailwise.storage.faults import translated

if TYPE_CHECKING:
    from array import array
    from pathlib import Path

    from tailwise.domain.records import AnnotationColumns, SourceData

ANNOTATION_COLUMNS = ("item", "category", "kind", "flags", "x", "y", "width", "height", "area", "ext_id", "score")
"""Names of the columns of `AnnotationColumns`, which are also their names in the file."""

_TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE item (position INTEGER PRIMARY KEY, file_name TEXT, ext_id TEXT, width INTEGER, height INTEGER,
    state INTEGER, media INTEGER, file INTEGER);
CREATE TABLE item_text (position INTEGER PRIMARY KEY, text TEXT);
CREATE TABLE category (position INTEGER PRIMARY KEY, name TEXT, ext_id TEXT, supercategory TEXT);
CREATE TABLE annotation_column (name TEXT PRIMARY KEY, type TEXT, data BLOB);
CREATE TABLE axis (name TEXT PRIMARY KEY, kind TEXT, origin TEXT, axis_values TEXT, item BLOB, value BLOB,
    records BLOB);
CREATE TABLE lead_time (origin TEXT, positions BLOB, seconds BLOB);
CREATE TABLE split (name TEXT PRIMARY KEY, positions BLOB);
CREATE TABLE file (position INTEGER PRIMARY KEY, path TEXT, size_bytes INTEGER, split TEXT);
CREATE TABLE finding (code TEXT PRIMARY KEY, severity TEXT, message TEXT, count INTEGER, action TEXT, examples TEXT);
"""


def write_staging(path: Path, data: SourceData) -> None:
    """Write `data` to a new staging file at `path`.

    Raises:
        ProjectFileError: no room on the disk, or the folder cannot be written.
    """
    with translated(path), contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA journal_mode=OFF")
        db.execute("PRAGMA synchronous=OFF")
        db.executescript(_TABLES)
        meta = {
            "format": data.format,
            "name": data.name,
            "root": data.root,
            "role": data.role.value,
            "answers": json.dumps(data.answers, sort_keys=True),
        }
        db.executemany("INSERT INTO meta VALUES (?, ?)", meta.items())
        _write_items(db, data)
        _write_annotations(db, data.annotations)
        db.executemany(
            "INSERT INTO axis VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                (a.name, a.kind.value, a.origin, json.dumps(a.values), _blob(a.item), _blob(a.value), _blob(a.records))
                for a in data.axes
            ),
        )
        if len(data.lead.item):
            lead = data.lead
            db.execute("INSERT INTO lead_time VALUES (?, ?, ?)", (lead.origin, _blob(lead.item), _blob(lead.seconds)))
        db.executemany("INSERT INTO split VALUES (?, ?)", ((n, _blob(p)) for n, p in data.splits.items()))
        db.executemany(
            "INSERT INTO file VALUES (?, ?, ?, ?)",
            ((i, f.path, f.size_bytes, f.split) for i, f in enumerate(data.files)),
        )
        db.executemany(
            "INSERT INTO finding VALUES (:code, :severity, :message, :count, :action, :examples)",
            ({**asdict(f), "severity": f.severity.value, "examples": json.dumps(f.examples)} for f in data.findings),
        )
        db.commit()


def _write_items(db: sqlite3.Connection, data: SourceData) -> None:
    items = data.items
    db.executemany(
        "INSERT INTO item VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        zip(
            range(len(items)),
            map(_storable, items.file_name),
            map(_storable, items.ext_id),
            items.width,
            items.height,
            items.state,
            items.media,
            items.file,
            strict=True,
        ),
    )
    texts = ((position, _storable(text)) for position, text in enumerate(items.text) if text)
    db.executemany("INSERT INTO item_text VALUES (?, ?)", texts)
    db.executemany(
        "INSERT INTO category VALUES (?, ?, ?, ?)",
        ((i, _storable(c.name), _storable(c.ext_id), c.supercategory) for i, c in enumerate(data.categories)),
    )


def _write_annotations(db: sqlite3.Connection, annotations: AnnotationColumns) -> None:
    for name in ANNOTATION_COLUMNS:
        column: array[float] = getattr(annotations, name)
        db.execute(
            "INSERT INTO annotation_column VALUES (?, ?, ?)",
            (name, f"<{column.typecode}{column.itemsize}", _blob(column)),
        )


def _storable(text: str) -> str:
    """Replace what SQLite text cannot hold: lone surrogates (undecodable file names) and NUL."""
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")


def _blob(column: array[int] | array[float]) -> bytes:
    return column.tobytes()

"""The tables of the image index, near-duplicates and embeddings.

Rows are found by item id and carry the file they were made from: an import replaces items but keeps their ids by file
name, so rows outlive it, and a row whose item now means another file is not believed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils import Database

INDEX_TABLES = """
CREATE TABLE image_index (
    item_id INTEGER PRIMARY KEY, file_name TEXT NOT NULL, size_bytes INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
    method INTEGER NOT NULL, issue TEXT NOT NULL, sha256 BLOB NOT NULL, phash INTEGER NOT NULL,
    phash_mirror INTEGER NOT NULL, brightness REAL NOT NULL, blur REAL NOT NULL, saturation REAL NOT NULL,
    width INTEGER NOT NULL, height INTEGER NOT NULL, appearance BLOB NOT NULL
) STRICT;

CREATE TABLE embedding (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, origin TEXT NOT NULL, fingerprint TEXT NOT NULL,
    dimensions INTEGER NOT NULL, model BLOB NOT NULL, created_utc TEXT NOT NULL, is_active INTEGER NOT NULL
) STRICT;
CREATE TABLE embedding_vector (
    embedding_id INTEGER NOT NULL REFERENCES embedding(id) ON DELETE CASCADE, item_id INTEGER NOT NULL,
    image BLOB NOT NULL, categories BLOB NOT NULL, boxes BLOB NOT NULL, objects BLOB NOT NULL,
    PRIMARY KEY (embedding_id, item_id)
) STRICT;

CREATE TABLE duplicate_pair (
    a INTEGER NOT NULL, b INTEGER NOT NULL, kind TEXT NOT NULL, distance INTEGER NOT NULL, inliers INTEGER NOT NULL,
    overlap REAL NOT NULL, correlation REAL NOT NULL, mirrored INTEGER NOT NULL,
    PRIMARY KEY (a, b), CHECK (a < b)
) STRICT, WITHOUT ROWID;
CREATE INDEX duplicate_pair_b ON duplicate_pair (b);
CREATE TABLE pair_verdict (
    a INTEGER NOT NULL, b INTEGER NOT NULL, verdict TEXT NOT NULL, utc TEXT NOT NULL, PRIMARY KEY (a, b), CHECK (a < b)
) STRICT, WITHOUT ROWID;
CREATE TABLE item_mark (
    item_id INTEGER PRIMARY KEY, mark TEXT NOT NULL, reason TEXT NOT NULL, utc TEXT NOT NULL
) STRICT;
"""


def m003_image_index(db: Database) -> None:
    """Hashes, statistics and vectors of images and objects; pairs of images that show the same."""
    for statement in INDEX_TABLES.split(";\n"):
        if statement.strip():
            db.execute(statement)

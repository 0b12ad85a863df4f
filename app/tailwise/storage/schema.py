"""The tables of the project file as named migrations, oldest first. A released migration is never edited.

Rows hold what is looked up one by one (items, classes, plans); columns hold what is counted by the million
(annotations, conditions, split assignments) as packed little-endian arrays, one blob per source and column, because
loading a blob takes milliseconds where fetching its rows takes seconds.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tailwise.storage.balance_tables import BALANCE_TABLES, m005_balance_plans
from tailwise.storage.capture_tables import CAPTURE_TABLES, m010_capture_times
from tailwise.storage.condition_schema import CONDITION_TABLES, m002_derived_axes
from tailwise.storage.index_schema import INDEX_TABLES, m003_image_index
from tailwise.storage.lead_tables import LEAD_TABLES, m008_lead_times
from tailwise.storage.plan_schema import m006_plan_versions
from tailwise.storage.recipe_schema import RECIPE_TABLES, m007_recipes
from tailwise.storage.review_schema import REVIEW_TABLES, m004_candidates_and_verdicts
from tailwise.storage.text_tables import TEXT_TABLES, m009_item_texts

if TYPE_CHECKING:
    import sqlite3

    from sqlite_utils import Database, Migrations

APPLICATION_ID = 0x54574C57
"""ASCII "TWLW" at byte 68 of the file; what file managers and `open_project` recognise a project by."""

MIGRATION_SET = "tailwise"

_FIRST_TABLES = """
CREATE TABLE fact (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

CREATE TABLE source (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, format TEXT NOT NULL, role TEXT NOT NULL,
    imported_utc TEXT NOT NULL, answers TEXT NOT NULL, program TEXT NOT NULL
) STRICT;
CREATE TABLE local_root (
    source_id INTEGER PRIMARY KEY REFERENCES source(id) ON DELETE CASCADE, path TEXT NOT NULL
) STRICT;
CREATE TABLE source_file (
    source_id INTEGER NOT NULL REFERENCES source(id) ON DELETE CASCADE, position INTEGER NOT NULL, path TEXT NOT NULL,
    size_bytes INTEGER NOT NULL, split TEXT NOT NULL, PRIMARY KEY (source_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE item (
    id INTEGER PRIMARY KEY, source_id INTEGER NOT NULL REFERENCES source(id) ON DELETE CASCADE,
    position INTEGER NOT NULL, file_name TEXT NOT NULL, ext_id TEXT NOT NULL, width INTEGER NOT NULL,
    height INTEGER NOT NULL, state INTEGER NOT NULL, media INTEGER NOT NULL, file INTEGER NOT NULL,
    UNIQUE (source_id, position)
) STRICT;

CREATE TABLE category (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, tier TEXT NOT NULL DEFAULT 'nice-to-have',
    target INTEGER, CHECK (target IS NULL OR target >= 0)
) STRICT;
CREATE TABLE category_alias (
    source_id INTEGER NOT NULL REFERENCES source(id) ON DELETE CASCADE, position INTEGER NOT NULL,
    ext_id TEXT NOT NULL, ext_name TEXT NOT NULL, supercategory TEXT NOT NULL,
    category_id INTEGER NOT NULL REFERENCES category(id), PRIMARY KEY (source_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE annotation_column (
    source_id INTEGER NOT NULL REFERENCES source(id) ON DELETE CASCADE, name TEXT NOT NULL, type TEXT NOT NULL,
    data BLOB NOT NULL, PRIMARY KEY (source_id, name)
) STRICT;

CREATE TABLE axis (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, origin TEXT NOT NULL
) STRICT;
CREATE TABLE axis_value (
    id INTEGER PRIMARY KEY, axis_id INTEGER NOT NULL REFERENCES axis(id) ON DELETE CASCADE, value TEXT NOT NULL,
    UNIQUE (axis_id, value)
) STRICT;
CREATE TABLE axis_column (
    axis_id INTEGER NOT NULL REFERENCES axis(id) ON DELETE CASCADE,
    source_id INTEGER NOT NULL REFERENCES source(id) ON DELETE CASCADE,
    positions BLOB NOT NULL, value_ids BLOB NOT NULL, records BLOB NOT NULL, PRIMARY KEY (axis_id, source_id)
) STRICT;

CREATE TABLE published_split (
    source_id INTEGER NOT NULL REFERENCES source(id) ON DELETE CASCADE, name TEXT NOT NULL,
    positions BLOB NOT NULL, PRIMARY KEY (source_id, name)
) STRICT;

CREATE TABLE finding (
    id INTEGER PRIMARY KEY, source_id INTEGER NOT NULL REFERENCES source(id) ON DELETE CASCADE, code TEXT NOT NULL,
    severity TEXT NOT NULL, message TEXT NOT NULL, count INTEGER NOT NULL, action TEXT NOT NULL,
    examples TEXT NOT NULL, UNIQUE (source_id, code)
) STRICT;

CREATE TABLE plan (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, created_utc TEXT NOT NULL, status TEXT NOT NULL,
    request TEXT NOT NULL, outcome TEXT NOT NULL, data_version INTEGER NOT NULL
) STRICT;

CREATE TABLE split (
    id INTEGER PRIMARY KEY, created_utc TEXT NOT NULL, request TEXT NOT NULL, result TEXT NOT NULL,
    names TEXT NOT NULL, item_ids BLOB NOT NULL, codes BLOB NOT NULL, is_active INTEGER NOT NULL DEFAULT 0,
    data_version INTEGER NOT NULL
) STRICT;

CREATE TABLE export (
    id INTEGER PRIMARY KEY, created_utc TEXT NOT NULL, kind TEXT NOT NULL, target TEXT NOT NULL,
    revision INTEGER NOT NULL, outcome TEXT NOT NULL
) STRICT;

CREATE TABLE journal (
    id INTEGER PRIMARY KEY, utc TEXT NOT NULL, verb TEXT NOT NULL, parameters TEXT NOT NULL, versions TEXT NOT NULL,
    seconds REAL NOT NULL, summary TEXT NOT NULL
) STRICT;
"""


def m001_sources_items_plans_splits(db: Database) -> None:
    """Everything the first release stores."""
    for statement in _FIRST_TABLES.split(";\n"):
        if statement.strip():
            db.execute(statement)
    db.execute("INSERT INTO fact (key, value) VALUES ('data_version', '0')")


_STEPS = (
    m001_sources_items_plans_splits,
    m002_derived_axes,
    m003_image_index,
    m004_candidates_and_verdicts,
    m005_balance_plans,
    m006_plan_versions,
    m007_recipes,
    m008_lead_times,
    m009_item_texts,
    m010_capture_times,
)
_TABLE_NAME = re.compile(r"^CREATE TABLE (\w+)", re.MULTILINE)
_LATER_TABLES = frozenset(
    _TABLE_NAME.findall(
        INDEX_TABLES
        + CONDITION_TABLES
        + BALANCE_TABLES
        + REVIEW_TABLES
        + LEAD_TABLES
        + RECIPE_TABLES
        + TEXT_TABLES
        + CAPTURE_TABLES
    )
)
"""Tables made by later migrations."""


def known_migrations() -> list[str]:
    """Return the names of all migrations this program knows, oldest first."""
    return [step.__name__ for step in _STEPS]


def applied_migrations(conn: sqlite3.Connection) -> list[str]:
    """Return the names of the migrations a file has been through, oldest first."""
    has_table = conn.execute("SELECT 1 FROM sqlite_master WHERE name = '_sqlite_migrations'").fetchone()
    if not has_table:
        return []
    rows = conn.execute("SELECT name FROM _sqlite_migrations WHERE migration_set = ? ORDER BY rowid", (MIGRATION_SET,))
    return [row[0] for row in rows]


def apply_migrations(conn: sqlite3.Connection) -> None:
    """Run the migrations a file has not been through, each in a transaction together with its record."""
    from sqlite_utils import Database

    _migrations().apply(Database(conn, execute_plugins=False))


def allowed_tables() -> set[str]:
    """Return the names of the tables a project file may hold; anything else was put there by somebody else."""
    return {*_TABLE_NAME.findall(_FIRST_TABLES), *_LATER_TABLES, "_sqlite_migrations"}


def _migrations() -> Migrations:
    from sqlite_utils import Migrations

    migrations = Migrations(MIGRATION_SET)
    for step in _STEPS:
        migrations()(step)
    return migrations

"""The tables of conditions that no source states, and of the user's edits of conditions and classes.

What a source stated is never rewritten: edits are rules over it, so that they outlive the next import of the source
and can be taken back one by one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils import Database

CONDITION_TABLES = """
CREATE TABLE derived_axis (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, origin TEXT NOT NULL,
    axis_values TEXT NOT NULL, item_ids BLOB NOT NULL, codes BLOB NOT NULL
) STRICT;
CREATE TABLE axis_by_hand (
    name TEXT PRIMARY KEY, axis_values TEXT NOT NULL, item_ids BLOB NOT NULL, codes BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE axis_rule (
    name TEXT PRIMARY KEY, shown_as TEXT NOT NULL, kind TEXT NOT NULL, is_hidden INTEGER NOT NULL,
    renamed TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE not_a_class (name TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
"""


def m002_derived_axes(db: Database) -> None:
    """Conditions over the whole project by item id, rules that rename and merge them, and words that are no class."""
    for statement in CONDITION_TABLES.split(";\n"):
        if statement.strip():
            db.execute(statement)

"""The table of recipes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils import Database

RECIPE_TABLES = """
CREATE TABLE recipe (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, class_name TEXT NOT NULL, saved_utc TEXT NOT NULL,
    document TEXT NOT NULL
) STRICT;
"""


def m007_recipes(db: Database) -> None:
    """Recipes of augmentation by name."""
    db.execute(RECIPE_TABLES.strip().rstrip(";"))

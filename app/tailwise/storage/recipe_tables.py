"""Recipes of augmentation: small rows, one per name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tailwise.storage.plan_tables import utc_now

if TYPE_CHECKING:
    from tailwise.storage.connection import Db


@dataclass(frozen=True, slots=True)
class RecipeRow:
    """A stored recipe; `document` is its JSON text."""

    id: int
    name: str
    class_name: str
    saved_utc: str
    document: str


def list_recipes(db: Db) -> list[RecipeRow]:
    """Return all recipes by name."""
    rows = db.conn.execute("SELECT id, name, class_name, saved_utc, document FROM recipe ORDER BY name")
    return [RecipeRow(*row) for row in rows]


def save_recipe(db: Db, name: str, class_name: str, document: str) -> None:
    """Store a recipe under its name, in place of an earlier one of that name."""
    db.execute(
        "INSERT INTO recipe (name, class_name, saved_utc, document) VALUES (?, ?, ?, ?) ON CONFLICT (name) DO UPDATE "
        "SET class_name = excluded.class_name, saved_utc = excluded.saved_utc, document = excluded.document",
        (name, class_name, utc_now(), document),
    )


def delete_recipe(db: Db, name: str) -> bool:
    """Remove a recipe; return whether it was there."""
    return db.conn.execute("DELETE FROM recipe WHERE name = ?", (name,)).rowcount == 1

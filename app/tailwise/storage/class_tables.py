"""Which class of the project each class of each source stands for, and words that are no class at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tailwise.storage.source_tables import bump_data_version

if TYPE_CHECKING:
    from tailwise.storage.connection import Db


@dataclass(frozen=True, slots=True)
class AliasRow:
    """A class as a source names it, and the project class it stands for."""

    source_id: int
    source: str
    position: int
    ext_id: str
    ext_name: str
    category: str


@dataclass(frozen=True, slots=True)
class ClassState:
    """The classes and their aliases as they were, for `restore_classes`."""

    categories: tuple[tuple[Any, ...], ...]
    aliases: tuple[tuple[Any, ...], ...]
    no_classes: tuple[str, ...]


def list_aliases(db: Db) -> list[AliasRow]:
    """Return every class of every source, in the order of the sources."""
    return [
        AliasRow(*row)
        for row in db.conn.execute(
            "SELECT s.id, s.name, a.position, a.ext_id, a.ext_name, c.name FROM category_alias a "
            "JOIN source s ON s.id = a.source_id JOIN category c ON c.id = a.category_id ORDER BY s.id, a.position"
        )
    ]


def no_classes(db: Db) -> frozenset[str]:
    """Return the names of project classes the user called no class; an older file opened read-only has none."""
    if db.conn.execute("SELECT 1 FROM sqlite_master WHERE name = 'not_a_class'").fetchone() is None:
        return frozenset()
    return frozenset(name for (name,) in db.conn.execute("SELECT name FROM not_a_class"))


def mark_no_class(db: Db, name: str, *, is_class: bool) -> None:
    """Leave a class out of every count, or count it again; call inside a transaction."""
    if is_class:
        db.execute("DELETE FROM not_a_class WHERE name = ?", (name,))
    else:
        db.execute("INSERT OR IGNORE INTO not_a_class VALUES (?)", (name,))
    bump_data_version(db)


def map_alias(db: Db, source_id: int, ext_name: str, category: str) -> None:
    """Let a source's class, by the name the source gives it, stand for a project class, which is made if it is new."""
    db.execute("INSERT OR IGNORE INTO category (name) VALUES (?)", (category,))
    db.execute(
        "UPDATE category_alias SET category_id = (SELECT id FROM category WHERE name = ?) "
        "WHERE source_id = ? AND ext_name = ?",
        (category, source_id, ext_name),
    )
    bump_data_version(db)


def rename_category(db: Db, name: str, to: str) -> None:
    """Give a class another name; its tier, target and aliases stay. `to` must be free."""
    db.execute("UPDATE category SET name = ? WHERE name = ?", (to, name))
    db.execute("UPDATE not_a_class SET name = ? WHERE name = ?", (to, name))
    bump_data_version(db)


def drop_unused_category(db: Db, name: str) -> None:
    """Forget a class that no source has any more."""
    db.execute("DELETE FROM category WHERE name = ? AND id NOT IN (SELECT category_id FROM category_alias)", (name,))


def class_state(db: Db) -> ClassState:
    """Return the present classes and aliases."""
    return ClassState(
        tuple(db.conn.execute("SELECT id, name, tier, target FROM category ORDER BY id").fetchall()),
        tuple(
            db.conn.execute("SELECT source_id, ext_name, category_id FROM category_alias ORDER BY source_id, position")
        ),
        tuple(sorted(no_classes(db))),
    )


def restore_classes(db: Db, state: ClassState) -> None:
    """Put classes back as they were; tiers and targets set since are kept where the class is still there."""
    now: dict[int, tuple[Any, ...]] = {
        row[0]: row for row in db.conn.execute("SELECT id, name, tier, target FROM category").fetchall()
    }
    # Names are unique: move them all out of the way before any is given back.
    db.execute("UPDATE category SET name = char(0) || id")
    for category_id, name, tier, target in state.categories:
        kept = now.get(category_id)
        if kept is not None:
            db.execute("UPDATE category SET name = ? WHERE id = ?", (name, category_id))
        else:
            db.execute("INSERT INTO category VALUES (?, ?, ?, ?)", (category_id, name, tier, target))
    for source_id, ext_name, category_id in state.aliases:
        db.execute(
            "UPDATE category_alias SET category_id = ? WHERE source_id = ? AND ext_name = ?",
            (category_id, source_id, ext_name),
        )
    known = {row[0] for row in state.categories}
    for category_id, row in now.items():
        if category_id not in known:
            db.execute(
                "DELETE FROM category WHERE id = ? AND id NOT IN (SELECT category_id FROM category_alias)",
                (category_id,),
            )
            db.execute("UPDATE category SET name = ? WHERE id = ?", (row[1], category_id))
    db.execute("DELETE FROM not_a_class")
    db.conn.executemany("INSERT INTO not_a_class VALUES (?)", ((name,) for name in state.no_classes))
    bump_data_version(db)

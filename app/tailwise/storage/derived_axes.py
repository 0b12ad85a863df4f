"""Axes computed or set by hand over the whole project, and the rules that rename, merge and hide axes.

Values are kept by item id, which outlives imports. Three layers make what is shown, each over the one before: what
the sources stated, what was computed (`write_axis`; it wins for the items it speaks of), and the rules (a new name, a
new kind, merged values). What was set by hand lies on top of all of them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tailwise.domain.errors import RequestError
from tailwise.domain.records import AxisKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from tailwise.storage.connection import Db

NO_VALUE = -1
"""Code of an item whose value was taken away by hand."""


@dataclass(frozen=True, slots=True)
class DerivedAxis:
    """An axis over the whole project: `codes[i]` indexes `values` and belongs to item `item_ids[i]`.

    An item may have several values or none. `origin` says in a few words how the values came to be.
    """

    name: str
    kind: AxisKind
    origin: str
    values: tuple[str, ...]
    item_ids: NDArray[np.int64]
    codes: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class AxisRule:
    """How an axis is shown instead of as it is stored.

    Attributes:
        name: the name as stored.
        shown_as: its name on screen; two axes shown under one name are one axis.
        kind: an `AxisKind`, or empty to leave it.
        is_hidden: deleted by the user.
        renamed: new text by stored text; two values renamed to one text are one value.
    """

    name: str
    shown_as: str
    kind: str = ""
    is_hidden: bool = False
    renamed: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class AxisSnapshot:
    """Everything about some axes that an edit may change, to put back when the edit is undone."""

    names: tuple[str, ...]
    rows: Mapping[str, tuple[tuple[Any, ...], ...]]


def has_tables(db: Db) -> bool:
    """Return whether the file has a place for derived axes; an older one opened read-only has none."""
    return db.conn.execute("SELECT 1 FROM sqlite_master WHERE name = 'axis_rule'").fetchone() is not None


def write_axis(db: Db, axis: DerivedAxis) -> None:
    """Store an axis, replacing the computed one of that name; call inside a transaction.

    Raises:
        RequestError: the name is empty, or a code stands for no value.
        ValueError: items and codes differ in length.
    """
    if not axis.name.strip():
        raise RequestError("A condition needs a name", "Enter one")
    if len(axis.item_ids) != len(axis.codes):
        raise ValueError(f"{len(axis.item_ids)} items with {len(axis.codes)} codes")
    if len(axis.codes) and not 0 <= int(axis.codes.min()) <= int(axis.codes.max()) < len(axis.values):
        raise RequestError(f"{axis.name}: a code stands for no value", "Compute the condition again")
    db.execute(
        "INSERT INTO derived_axis (name, kind, origin, axis_values, item_ids, codes) VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, origin = excluded.origin, "
        "axis_values = excluded.axis_values, item_ids = excluded.item_ids, codes = excluded.codes",
        (axis.name, axis.kind.value, axis.origin, *_packed(axis.values, axis.item_ids, axis.codes)),
    )
    _touch(db)


def delete_axis(db: Db, name: str) -> bool:
    """Forget the computed axis of that name; return whether there was one. What a source stated stays."""
    gone = db.execute("DELETE FROM derived_axis WHERE name = ?", (name,)).rowcount == 1
    if gone:
        _touch(db)
    return gone


def list_axes(db: Db) -> list[DerivedAxis]:
    """Return the computed axes as they were written, oldest first."""
    return [
        DerivedAxis(name, AxisKind(kind), origin, *_unpacked(values, ids, codes))
        for name, kind, origin, values, ids, codes in db.conn.execute(
            "SELECT name, kind, origin, axis_values, item_ids, codes FROM derived_axis ORDER BY id"
        )
    ]


def set_by_hand(db: Db, name: str, item_ids: Sequence[int], value: str | None) -> None:
    """Give items one value on the axis shown as `name`, or none at all; call inside a transaction.

    Each item's earlier values on that axis no longer count, whoever stated them.
    """
    texts, ids, codes = values_by_hand(db).get(name, ((), np.zeros(0, np.int64), np.zeros(0, np.int32)))
    chosen = np.unique(np.fromiter(item_ids, dtype=np.int64))
    keep = ~np.isin(ids, chosen)
    if value is not None and value not in texts:
        texts = (*texts, value)
    code = NO_VALUE if value is None else texts.index(value)
    ids = np.concatenate([ids[keep], chosen])
    codes = np.concatenate([codes[keep], np.full(len(chosen), code, dtype=np.int32)])
    _write_by_hand(db, name, texts, ids, codes)
    _touch(db)


def clear_by_hand(db: Db, name: str) -> None:
    """Forget what was set by hand on the axis shown as `name`."""
    db.execute("DELETE FROM axis_by_hand WHERE name = ?", (name,))
    _touch(db)


def change_by_hand(db: Db, name: str, to: str, renamed: Mapping[str, str]) -> None:
    """Carry a rename of an axis or of its values over to what was set by hand; `to` wins where both name an item."""
    stored = values_by_hand(db)
    if name not in stored:
        return
    texts, ids, codes = stored[name]
    texts = tuple(renamed.get(text, text) for text in texts)
    kept_texts, kept_ids, kept_codes = stored[to] if to != name and to in stored else ((), ids[:0], codes[:0])
    merged = tuple(dict.fromkeys((*kept_texts, *texts)))
    lookup = np.array([*(merged.index(text) for text in texts), NO_VALUE], dtype=np.int32)
    is_new = ~np.isin(ids, kept_ids)
    db.execute("DELETE FROM axis_by_hand WHERE name = ?", (name,))
    _write_by_hand(
        db, to, merged, np.concatenate([kept_ids, ids[is_new]]), np.concatenate([kept_codes, lookup[codes[is_new]]])
    )
    _touch(db)


def values_by_hand(db: Db) -> dict[str, tuple[tuple[str, ...], NDArray[np.int64], NDArray[np.int32]]]:
    """Return by shown name of the axis: value texts, item ids, and a code each (`NO_VALUE`: taken away)."""
    rows = db.conn.execute("SELECT name, axis_values, item_ids, codes FROM axis_by_hand ORDER BY name")
    return {name: _unpacked(values, ids, codes) for name, values, ids, codes in rows}


def axis_rules(db: Db) -> dict[str, AxisRule]:
    """Return the rules by the name of the axis as stored."""
    rows = db.conn.execute("SELECT name, shown_as, kind, is_hidden, renamed FROM axis_rule ORDER BY name")
    return {
        name: AxisRule(name, shown_as, kind, bool(hidden), json.loads(renamed))
        for name, shown_as, kind, hidden, renamed in rows
    }


def stored_names(db: Db, shown_as: str) -> list[str]:
    """Return the names under which the axis shown as `shown_as` is stored: several when axes were merged."""
    rules = axis_rules(db)
    stored = [
        name for (name,) in db.conn.execute("SELECT name FROM axis UNION SELECT name FROM derived_axis ORDER BY name")
    ]
    return [
        name
        for name in stored
        if not (name in rules and rules[name].is_hidden)
        and (rules[name].shown_as if name in rules else name) == shown_as
    ]


def write_rule(db: Db, rule: AxisRule) -> None:
    """Store how an axis is shown; a rule that changes nothing is forgotten."""
    renamed = {a: b for a, b in (rule.renamed or {}).items() if a != b}
    if rule.shown_as == rule.name and not rule.kind and not rule.is_hidden and not renamed:
        db.execute("DELETE FROM axis_rule WHERE name = ?", (rule.name,))
    else:
        db.execute(
            "INSERT OR REPLACE INTO axis_rule VALUES (?, ?, ?, ?, ?)",
            (rule.name, rule.shown_as, rule.kind, int(rule.is_hidden), json.dumps(renamed, sort_keys=True)),
        )
    _touch(db)


def snapshot(db: Db, names: Iterable[str]) -> AxisSnapshot:
    """Return the present state of the axes with these stored or shown names, for `restore`."""
    wanted = tuple(dict.fromkeys(names))
    marks = ",".join("?" * len(wanted))
    return AxisSnapshot(
        wanted,
        {
            table: tuple(db.conn.execute(f"SELECT * FROM {table} WHERE name IN ({marks})", wanted).fetchall())
            for table in _EDITED
        },
    )


def restore(db: Db, before: AxisSnapshot) -> None:
    """Put axes back as they were; call inside a transaction."""
    marks = ",".join("?" * len(before.names))
    for table in _EDITED:
        db.execute(f"DELETE FROM {table} WHERE name IN ({marks})", before.names)
        for row in before.rows[table]:
            db.execute(f"INSERT INTO {table} VALUES ({','.join('?' * len(row))})", row)
    _touch(db)


_EDITED = ("derived_axis", "axis_by_hand", "axis_rule")


def _write_by_hand(db: Db, name: str, texts: Sequence[str], ids: NDArray[np.int64], codes: NDArray[np.int32]) -> None:
    db.execute("INSERT OR REPLACE INTO axis_by_hand VALUES (?, ?, ?, ?)", (name, *_packed(texts, ids, codes)))


def _packed(values: Sequence[str], ids: NDArray[np.int64], codes: NDArray[np.int32]) -> tuple[str, bytes, bytes]:
    return json.dumps(list(values)), ids.astype("<i8").tobytes(), codes.astype("<i4").tobytes()


def _unpacked(values: str, ids: bytes, codes: bytes) -> tuple[tuple[str, ...], NDArray[np.int64], NDArray[np.int32]]:
    return tuple(json.loads(values)), np.frombuffer(ids, dtype="<i8"), np.frombuffer(codes, dtype="<i4")


def _touch(db: Db) -> None:
    """Raise the data version: counts, filters and plans see the change at once."""
    db.execute("UPDATE fact SET value = CAST(CAST(value AS INTEGER) + 1 AS TEXT) WHERE key = 'data_version'")

"""One source as it is labelled: of the project, or staged and not in it yet; both in the same columns, to compare."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tailwise.storage import plan_tables
from tailwise.storage.columns import numpy_type

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tailwise.storage.connection import Db

_GEOMETRY = ("x", "y", "width", "height")


@dataclass(frozen=True, slots=True)
class LabelledState:
    """`n` items and `m` annotations of one source, with the source's own class names.

    Attributes:
        file_names: per item. `state`: (n,) LabelState.
        classes: names as the source gives them.
        item, category: (m,) positions of item and class. `box`: (m, 4) pixels, NaN without a place.
    """

    file_names: tuple[str, ...]
    state: NDArray[np.int8]
    classes: tuple[str, ...]
    item: NDArray[np.int64]
    category: NDArray[np.int64]
    box: NDArray[np.float64]


def stored_state(db: Db, source_id: int) -> LabelledState:
    """Return a source as the project has it."""
    items = db.conn.execute(
        "SELECT file_name, state FROM item WHERE source_id = ? ORDER BY position", (source_id,)
    ).fetchall()
    classes = db.conn.execute(
        "SELECT ext_name FROM category_alias WHERE source_id = ? ORDER BY position", (source_id,)
    ).fetchall()
    columns = db.conn.execute("SELECT name, type, data FROM annotation_column WHERE source_id = ?", (source_id,))
    return _state(items, classes, columns.fetchall())


def staged_state(db: Db) -> LabelledState:
    """Return the staged source; call inside `swapping` or `looking_at`."""
    items = db.conn.execute("SELECT file_name, state FROM staged.item ORDER BY position").fetchall()
    classes = db.conn.execute("SELECT name FROM staged.category ORDER BY position").fetchall()
    return _state(items, classes, db.conn.execute("SELECT name, type, data FROM staged.annotation_column").fetchall())


def staged_meta(db: Db) -> dict[str, str]:
    """Return what the staging file says about its source: format, name, root, role, answers."""
    return dict(db.conn.execute("SELECT key, value FROM staged.meta").fetchall())


def removed_in_split(db: Db, source_id: int) -> int:
    """Return how many items of the active split the staged source no longer has."""
    active = next((split for split in plan_tables.list_splits(db) if split.is_active), None)
    if active is None:
        return 0
    gone = db.conn.execute(
        "SELECT id FROM item WHERE source_id = ? AND file_name NOT IN (SELECT file_name FROM staged.item)", (source_id,)
    ).fetchall()
    return int(np.isin(active.item_ids, np.array([row[0] for row in gone], dtype=np.int64)).sum())


def _state(
    items: list[tuple[str, int]], classes: list[tuple[str]], columns: list[tuple[str, str, bytes]]
) -> LabelledState:
    stored: dict[str, NDArray[Any]] = {
        name: np.frombuffer(data, dtype=np.dtype(numpy_type(kind))) for name, kind, data in columns
    }
    box = [stored[name].astype(np.float64) for name in _GEOMETRY]
    return LabelledState(
        tuple(name for name, _ in items),
        np.array([state for _, state in items], dtype=np.int8),
        tuple(name for (name,) in classes),
        stored["item"].astype(np.int64),
        stored["category"].astype(np.int64),
        np.stack(box, axis=1),
    )

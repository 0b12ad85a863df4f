"""Load everything that is counted as NumPy columns, in one pass over a handful of blobs.

Rows are numbered densely over all sources (source by source, position by position); `item_ids[row]` is the id that
outlives imports. Annotation columns are joined over sources with `item` turned into rows and `category` into project
category numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tailwise.domain.records import LabelState
from tailwise.storage.axis_layers import StoredAxis, layered
from tailwise.storage.class_tables import no_classes
from tailwise.storage.staging import ANNOTATION_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tailwise.storage.connection import Db

NO_CLASS = -1
"""Category of an annotation whose class the user called no class; never leaves this module."""


@dataclass(frozen=True, slots=True)
class CategoryRow:
    """A project class with its plan settings; `is_only_predicted` if just models know it and nobody planned with it."""

    id: int
    name: str
    tier: str
    target: int | None
    is_only_predicted: bool = False


@dataclass(frozen=True, slots=True)
class ProjectColumns:
    """The project as columns. `n` items, `m` annotations; all arrays are read-only.

    Attributes:
        item_ids: (n,) int64. source: (n,) int16 index into `source_names`. state, media: (n,) int8.
        width, height: (n,) int32 pixels, 0 unknown. file: (n,) int16 index into the source's annotation files.
        annotations: name -> (m,) array; `item` holds rows, `category` holds indices into `categories`.
        published: split name -> rows; lists may overlap.
    """

    version: int
    item_ids: NDArray[np.int64]
    source: NDArray[np.int16]
    source_ids: tuple[int, ...]
    source_names: tuple[str, ...]
    source_roles: tuple[str, ...]
    state: NDArray[np.int8]
    media: NDArray[np.int8]
    width: NDArray[np.int32]
    height: NDArray[np.int32]
    file: NDArray[np.int16]
    categories: tuple[CategoryRow, ...]
    annotations: dict[str, NDArray[Any]]
    axes: tuple[StoredAxis, ...]
    published: dict[str, NDArray[np.int32]]


_LABELLED_CLASSES = (
    "SELECT id FROM category WHERE target IS NOT NULL OR tier <> 'nice-to-have' UNION "
    "SELECT a.category_id FROM category_alias a JOIN source s ON s.id = a.source_id WHERE s.role <> 'predictions'"
)
"""Classes that a source of labels or the pool names, or that have plan settings."""


def load_columns(db: Db, version: int) -> ProjectColumns:
    """Read all columns of the project."""
    sources = db.conn.execute("SELECT id, name, role FROM source ORDER BY id").fetchall()
    item_rows = db.conn.execute(
        "SELECT id, source_id, state, media, width, height, file FROM item ORDER BY source_id, position"
    ).fetchall()
    table = np.array(item_rows, dtype=np.int64).reshape(-1, 7)
    source_ids = tuple(int(s[0]) for s in sources)
    source_code = np.searchsorted(np.array(source_ids, dtype=np.int64), table[:, 1]).astype(np.int16)
    offsets = np.concatenate([[0], np.cumsum(np.bincount(source_code, minlength=len(sources)))])
    left_out = no_classes(db)
    labelled = {row[0] for row in db.conn.execute(_LABELLED_CLASSES)}
    categories = tuple(
        CategoryRow(*row, is_only_predicted=row[0] not in labelled)
        for row in db.conn.execute("SELECT id, name, tier, target FROM category ORDER BY id")
        if row[1] not in left_out
    )
    annotations = _load_annotations(db, source_ids, offsets, categories)
    state = table[:, 2].astype(np.int8)
    if left_out:
        annotations, state = _without_no_classes(annotations, state)
    return ProjectColumns(
        version=version,
        item_ids=table[:, 0].copy(),
        source=source_code,
        source_ids=source_ids,
        source_names=tuple(s[1] for s in sources),
        source_roles=tuple(s[2] for s in sources),
        state=state,
        media=table[:, 3].astype(np.int8),
        width=table[:, 4].astype(np.int32),
        height=table[:, 5].astype(np.int32),
        file=table[:, 6].astype(np.int16),
        categories=categories,
        annotations=annotations,
        axes=layered(db, _load_axes(db, source_ids, offsets), table[:, 0]),
        published=_load_published(db, source_ids, offsets),
    )


def _load_annotations(
    db: Db, source_ids: Sequence[int], offsets: NDArray[np.int64], categories: tuple[CategoryRow, ...]
) -> dict[str, NDArray[Any]]:
    index_of = {c.id: i for i, c in enumerate(categories)}
    parts: dict[str, list[NDArray[Any]]] = {name: [] for name in ANNOTATION_COLUMNS}
    for source_id, offset in zip(source_ids, offsets, strict=False):
        stored: dict[str, NDArray[Any]] = {
            name: np.frombuffer(data, dtype=np.dtype(numpy_type(kind)))
            for name, kind, data in db.conn.execute(
                "SELECT name, type, data FROM annotation_column WHERE source_id = ?", (source_id,)
            )
        }
        aliases = db.conn.execute(
            "SELECT category_id FROM category_alias WHERE source_id = ? ORDER BY position", (source_id,)
        ).fetchall()
        lookup = np.array([index_of.get(a[0], NO_CLASS) for a in aliases], dtype=np.int32)
        stored["item"] = (stored["item"] + offset).astype(np.int32)
        stored["category"] = lookup[stored["category"]] if len(lookup) else stored["category"].astype(np.int32)
        if len(stored["score"]) != len(stored["item"]):
            stored["score"] = np.full(len(stored["item"]), np.nan, dtype=np.float32)
        for name in ANNOTATION_COLUMNS:
            parts[name].append(stored[name])
    return {name: _joined(arrays, name) for name, arrays in parts.items()}


def _without_no_classes(
    annotations: dict[str, NDArray[Any]], state: NDArray[np.int8]
) -> tuple[dict[str, NDArray[Any]], NDArray[np.int8]]:
    """Leave out annotations of what is no class; an item that had no others was looked at and is empty."""
    keep = annotations["category"] != NO_CLASS
    if keep.all():
        return annotations, state
    kept = {name: column[keep] for name, column in annotations.items()}
    bare = np.setdiff1d(annotations["item"][~keep], kept["item"])
    state = state.copy()
    state[bare[state[bare] == LabelState.LABELLED]] = LabelState.EMPTY
    return kept, state


def _load_axes(db: Db, source_ids: Sequence[int], offsets: NDArray[np.int64]) -> tuple[StoredAxis, ...]:
    offset_of = dict(zip(source_ids, offsets.tolist(), strict=False))
    axes: list[StoredAxis] = []
    for axis_id, name, kind, origin in db.conn.execute(
        "SELECT id, name, kind, origin FROM axis ORDER BY id"
    ).fetchall():
        values = db.conn.execute(
            "SELECT id, value FROM axis_value WHERE axis_id = ? ORDER BY id", (axis_id,)
        ).fetchall()
        ids = np.array([v[0] for v in values], dtype=np.int64)
        rows: list[NDArray[Any]] = []
        codes: list[NDArray[Any]] = []
        records: list[NDArray[Any]] = []
        for source_id, positions, value_ids, counts in db.conn.execute(
            "SELECT source_id, positions, value_ids, records FROM axis_column WHERE axis_id = ? ORDER BY source_id",
            (axis_id,),
        ):
            rows.append(np.frombuffer(positions, dtype="<i4") + np.int32(offset_of[source_id]))
            codes.append(np.searchsorted(ids, np.frombuffer(value_ids, dtype="<i4")).astype(np.int32))
            records.append(np.frombuffer(counts, dtype="<i4"))
        axes.append(
            StoredAxis(
                name, kind, origin, tuple(v[1] for v in values), *(_joined(p, "item") for p in (rows, codes, records))
            )
        )
    return tuple(axes)


def _load_published(db: Db, source_ids: Sequence[int], offsets: NDArray[np.int64]) -> dict[str, NDArray[np.int32]]:
    offset_of = dict(zip(source_ids, offsets.tolist(), strict=False))
    parts: dict[str, list[NDArray[Any]]] = {}
    for source_id, name, positions in db.conn.execute(
        "SELECT source_id, name, positions FROM published_split ORDER BY source_id, rowid"
    ):
        rows = np.frombuffer(positions, dtype="<i4") + np.int32(offset_of[source_id])
        parts.setdefault(name, []).append(rows)
    return {name: np.unique(np.concatenate(rows)).astype(np.int32) for name, rows in parts.items()}


_EMPTY_TYPES = {
    "item": "<i4", "category": "<i4", "kind": "i1", "flags": "<u2", "ext_id": "<i8", "score": "<f4",
}  # fmt: skip


def _joined(arrays: list[NDArray[Any]], name: str) -> NDArray[Any]:
    if not arrays:
        return np.zeros(0, dtype=_EMPTY_TYPES.get(name, "<f8"))
    joined = arrays[0] if len(arrays) == 1 else np.concatenate(arrays)
    joined.flags.writeable = False
    return joined


def numpy_type(stored: str) -> str:
    """Map `<` + array type code + item size, as staging writes it, to a NumPy type."""
    code, size = stored[1], int(stored[2:])
    kind = {"d": "f", "f": "f", "B": "u", "H": "u", "I": "u", "L": "u", "Q": "u"}.get(code, "i")
    return f"<{kind}{size}"

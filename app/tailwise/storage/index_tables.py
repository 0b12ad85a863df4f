"""Store and load the image index: one row per image, loaded as NumPy columns."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tailwise.domain.index import INDEX_METHOD, ImageIssue
from tailwise.domain.records import MediaState
from tailwise.storage.plan_tables import utc_now

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from tailwise.domain.findings import Finding
    from tailwise.storage.connection import Db

APPEARANCE_BYTES = 976
"""Length of the coarse look of an image: a 720 bin colour pyramid and a 16 × 16 grey picture, one byte each."""


@dataclass(frozen=True, slots=True)
class IndexRow:
    """What the index holds of one image.

    Attributes:
        file_name: relative to the source root, as in the items; size_bytes, mtime_ns: of the file it was made from.
        issue: why there is no picture (then the rest is zero), else empty.
        phash, phash_mirror: 64-bit perceptual hash of the picture and of its mirror image.
        brightness, saturation: mean 0..1. blur: in pixels of 128, see `imaging.statistics.Look`.
        width, height: pixels of the upright picture.
        appearance: `APPEARANCE_BYTES` bytes, see there.
    """

    item_id: int
    file_name: str
    size_bytes: int
    mtime_ns: int
    issue: str = ""
    sha256: bytes = b""
    phash: int = 0
    phash_mirror: int = 0
    brightness: float = 0.0
    blur: float = 0.0
    saturation: float = 0.0
    width: int = 0
    height: int = 0
    appearance: bytes = b""


@dataclass(frozen=True, slots=True)
class VectorRow:
    """The vectors of one image: of the whole, and of each of its objects with class id and box (pixels x, y, w, h).

    Vectors are stored as float16: their parts lie in -1..1 and are compared, not added up.
    """

    item_id: int
    image: NDArray[np.float16]
    categories: NDArray[np.int64]
    boxes: NDArray[np.float32]
    objects: NDArray[np.float16]


@dataclass(frozen=True, slots=True)
class StoredFile:
    """The file an index row was made from, and what is known of it without decoding."""

    file_name: str
    size_bytes: int
    mtime_ns: int
    issue: str


@dataclass(frozen=True, slots=True)
class EmbeddingRow:
    """An embedding of the project; `model` are the bytes it was learned into, empty where there are none."""

    id: int
    name: str
    origin: str
    fingerprint: str
    dimensions: int
    model: bytes
    is_active: bool


@dataclass(frozen=True, slots=True)
class ImageIndex:
    """The index as columns, in ascending order of item id; `n` images with a readable picture, `m` objects.

    Attributes:
        item_ids: (n,) int64. sha256: (n, 32) uint8. phash, phash_mirror: (n,) uint64.
        brightness, saturation: (n,) float32 in 0..1. blur: (n,) float32, pixels of 128; large for a blurred picture.
        appearance: (n, 976) uint8, see `APPEARANCE_BYTES`.
        descriptor: (n, d) float32, of length 1; a row of zeros where an image has none. d is 0 without descriptors.
        object_item: (m,) int64 item ids. object_category: (m,) int32 positions in the project's categories.
        object_box: (m, 4) float32 pixels x, y, w, h as annotated. object_descriptor: (m, d) float32.
        object_annotation: (m,) int64 positions in the stored annotation columns.
        embedding: name of the embedding the descriptors come from, empty without any.
    """

    item_ids: NDArray[np.int64]
    sha256: NDArray[np.uint8]
    phash: NDArray[np.uint64]
    phash_mirror: NDArray[np.uint64]
    brightness: NDArray[np.float32]
    blur: NDArray[np.float32]
    saturation: NDArray[np.float32]
    appearance: NDArray[np.uint8]
    descriptor: NDArray[np.float32]
    object_item: NDArray[np.int64]
    object_category: NDArray[np.int32]
    object_box: NDArray[np.float32]
    object_descriptor: NDArray[np.float32]
    object_annotation: NDArray[np.int64]
    embedding: str


@dataclass(frozen=True, slots=True)
class StoredVectors:
    """All vectors of the active embedding: `image` aligned with `item_ids`, the rest one entry per object."""

    item_ids: NDArray[np.int64]
    image: NDArray[np.float32]
    object_item: NDArray[np.int64]
    object_category_id: NDArray[np.int64]
    object_box: NDArray[np.float32]
    objects: NDArray[np.float32]


def has_tables(db: Db) -> bool:
    """Return whether the file has a place for an index; an older one opened read-only has none."""
    return db.conn.execute("SELECT 1 FROM sqlite_master WHERE name = 'image_index'").fetchone() is not None


def put_rows(db: Db, rows: Sequence[IndexRow]) -> None:
    """Store rows, replacing those of the same items, and forget pairs found with what was replaced."""
    ids = [(row.item_id,) for row in rows]
    db.conn.executemany("DELETE FROM duplicate_pair WHERE a = ?", ids)
    db.conn.executemany("DELETE FROM duplicate_pair WHERE b = ?", ids)
    db.conn.executemany(
        "INSERT OR REPLACE INTO image_index VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (r.item_id, r.file_name, r.size_bytes, r.mtime_ns, INDEX_METHOD, r.issue, r.sha256, _signed(r.phash),
             _signed(r.phash_mirror), r.brightness, r.blur, r.saturation, r.width, r.height, r.appearance)
            for r in rows
        ),
    )  # fmt: skip


def put_vectors(db: Db, embedding_id: int, rows: Iterable[VectorRow]) -> None:
    """Store vectors of an embedding, replacing those of the same items."""
    db.conn.executemany(
        "INSERT OR REPLACE INTO embedding_vector VALUES (?, ?, ?, ?, ?, ?)",
        (
            (
                embedding_id,
                r.item_id,
                r.image.astype("<f2").tobytes(),
                r.categories.astype("<i8").tobytes(),
                r.boxes.astype("<f4").tobytes(),
                r.objects.astype("<f2").tobytes(),
            )
            for r in rows
        ),
    )


def stored_files(db: Db) -> dict[int, StoredFile]:
    """Return the file each index row was made from, by item id; rows of another method are left out."""
    rows = db.conn.execute(
        "SELECT item_id, file_name, size_bytes, mtime_ns, issue FROM image_index WHERE method = ?", (INDEX_METHOD,)
    )
    return {row[0]: StoredFile(*row[1:]) for row in rows}


def has_pictures(db: Db) -> bool:
    """Return whether at least one image of the project had a file when it was imported."""
    return db.conn.execute("SELECT 1 FROM item WHERE media = ? LIMIT 1", (MediaState.PRESENT,)).fetchone() is not None


def outdated_items(db: Db) -> list[int]:
    """Return the items of the project whose row was made by another method: they have to be indexed again."""
    rows = db.conn.execute(
        "SELECT x.item_id FROM image_index x JOIN item i ON i.id = x.item_id AND i.file_name = x.file_name "
        "WHERE x.method <> ?",
        (INDEX_METHOD,),
    )
    return [row[0] for row in rows]


def orphans(db: Db) -> list[int]:
    """Return the items the index knows that are no longer in the project, or mean another file now."""
    rows = db.conn.execute(
        "SELECT x.item_id FROM image_index x LEFT JOIN item i ON i.id = x.item_id AND i.file_name = x.file_name "
        "WHERE i.id IS NULL"
    )
    return [row[0] for row in rows]


def count_objects(db: Db, embedding_id: int) -> int:
    """Return how many objects an embedding has vectors of."""
    row = db.conn.execute(
        "SELECT coalesce(sum(length(boxes)), 0) / 16 FROM embedding_vector WHERE embedding_id = ?", (embedding_id,)
    ).fetchone()
    return int(row[0])


def count_vectors(db: Db, embedding_id: int) -> int:
    """Return how many images an embedding has a vector of."""
    row = db.conn.execute("SELECT count(*) FROM embedding_vector WHERE embedding_id = ?", (embedding_id,)).fetchone()
    return int(row[0])


def drop_rows(db: Db, item_ids: Iterable[int]) -> None:
    """Forget everything the index holds of some items."""
    ids = [(i,) for i in item_ids]
    for statement in (
        "DELETE FROM image_index WHERE item_id = ?",
        "DELETE FROM embedding_vector WHERE item_id = ?",
        "DELETE FROM duplicate_pair WHERE a = ?",
        "DELETE FROM duplicate_pair WHERE b = ?",
    ):
        db.conn.executemany(statement, ids)


def issues_by_source(db: Db) -> dict[int, list[tuple[str, str]]]:
    """Return what is wrong with which files, `(issue, file name)` in order of items, by source id."""
    found: dict[int, list[tuple[str, str]]] = {}
    for source_id, issue, file_name in db.conn.execute(
        "SELECT i.source_id, x.issue, i.file_name FROM image_index x "
        "JOIN item i ON i.id = x.item_id AND i.file_name = x.file_name WHERE x.issue <> '' ORDER BY i.id"
    ):
        found.setdefault(source_id, []).append((issue, file_name))
    return found


def replace_findings(db: Db, prefix: str, findings: Iterable[tuple[int, Finding]]) -> None:
    """Store findings by source id in place of all whose code begins with `prefix`."""
    db.execute("DELETE FROM finding WHERE substr(code, 1, ?) = ?", (len(prefix), prefix))
    db.conn.executemany(
        "INSERT INTO finding (source_id, code, severity, message, count, action, examples) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            (source_id, f.code, f.severity.value, f.message, f.count, f.action, json.dumps(list(f.examples)))
            for source_id, f in findings
        ),
    )


def load_rows(db: Db) -> dict[str, NDArray[Any]]:
    """Return the columns of all readable images whose item still means the same file, by name; ids ascend."""
    rows = db.conn.execute(
        "SELECT x.item_id, x.sha256, x.phash, x.phash_mirror, x.brightness, x.blur, x.saturation, x.appearance "
        "FROM image_index x JOIN item i ON i.id = x.item_id AND i.file_name = x.file_name "
        "WHERE x.issue IN ('', ?) AND x.method = ? ORDER BY x.item_id",
        (ImageIssue.TRUNCATED.value, INDEX_METHOD),
    ).fetchall()
    return _row_columns(rows)


def no_rows() -> dict[str, NDArray[Any]]:
    """Return the columns of an empty index."""
    return _row_columns([])


def _row_columns(rows: Sequence[tuple[Any, ...]]) -> dict[str, NDArray[Any]]:
    columns: tuple[Any, ...] = tuple(zip(*rows, strict=True)) if rows else ((),) * 8
    return {
        "item_ids": np.array(columns[0], dtype=np.int64),
        "sha256": np.frombuffer(b"".join(columns[1]), dtype=np.uint8).reshape(-1, 32),
        "phash": np.array(columns[2], dtype=np.int64).view(np.uint64),
        "phash_mirror": np.array(columns[3], dtype=np.int64).view(np.uint64),
        "brightness": np.array(columns[4], dtype=np.float32),
        "blur": np.array(columns[5], dtype=np.float32),
        "saturation": np.array(columns[6], dtype=np.float32),
        "appearance": np.frombuffer(b"".join(columns[7]), dtype=np.uint8).reshape(-1, APPEARANCE_BYTES),
    }


def load_vectors(db: Db, embedding: EmbeddingRow) -> StoredVectors:
    """Return all vectors of an embedding, in ascending order of item id."""
    rows = db.conn.execute(
        "SELECT item_id, image, categories, boxes, objects FROM embedding_vector WHERE embedding_id = ? "
        "ORDER BY item_id",
        (embedding.id,),
    ).fetchall()
    d = embedding.dimensions
    columns: tuple[Any, ...] = tuple(zip(*rows, strict=True)) if rows else ((),) * 5
    item_ids = np.array(columns[0], dtype=np.int64)
    counts = np.array([len(c) // 8 for c in columns[2]], dtype=np.int64)
    return StoredVectors(
        item_ids=item_ids,
        image=np.frombuffer(b"".join(columns[1]), dtype="<f2").reshape(-1, d).astype(np.float32),
        object_item=np.repeat(item_ids, counts),
        object_category_id=np.frombuffer(b"".join(columns[2]), dtype="<i8"),
        object_box=np.frombuffer(b"".join(columns[3]), dtype="<f4").reshape(-1, 4),
        objects=np.frombuffer(b"".join(columns[4]), dtype="<f2").reshape(-1, d).astype(np.float32),
    )


def list_embeddings(db: Db) -> list[EmbeddingRow]:
    """Return the embeddings of the project, oldest first."""
    rows = db.conn.execute(
        "SELECT id, name, origin, fingerprint, dimensions, model, is_active FROM embedding ORDER BY id"
    )
    return [EmbeddingRow(*told, is_active=bool(active)) for *told, active in rows]


def active_embedding(db: Db) -> EmbeddingRow | None:
    """Return the embedding that vectors are taken of, None where nothing was indexed."""
    return next((each for each in list_embeddings(db) if each.is_active), None)


def put_embedding(db: Db, name: str, origin: str, fingerprint: str, dimensions: int, model: bytes) -> EmbeddingRow:
    """Store an embedding as the active one; vectors of one of the same name are forgotten."""
    db.execute("DELETE FROM embedding WHERE name = ?", (name,))
    db.execute("UPDATE embedding SET is_active = 0")
    cursor = db.conn.execute(
        "INSERT INTO embedding (name, origin, fingerprint, dimensions, model, created_utc, is_active) "
        "VALUES (?, ?, ?, ?, ?, ?, 1)",
        (name, origin, fingerprint, dimensions, model, utc_now()),
    )
    return EmbeddingRow(int(cursor.lastrowid or 0), name, origin, fingerprint, dimensions, model, is_active=True)


def activate_embedding(db: Db, name: str) -> bool:
    """Make one embedding the one that descriptors come from; return whether it exists."""
    if db.conn.execute("SELECT 1 FROM embedding WHERE name = ?", (name,)).fetchone() is None:
        return False
    db.execute("UPDATE embedding SET is_active = (name = ?)", (name,))
    return True


def items_with_vectors(db: Db, embedding_id: int) -> dict[int, tuple[bytes, bytes]]:
    """Return class ids and boxes, as stored, of the items that have vectors: what tells whether objects changed."""
    rows = db.conn.execute(
        "SELECT item_id, categories, boxes FROM embedding_vector WHERE embedding_id = ?", (embedding_id,)
    )
    return {row[0]: (row[1], row[2]) for row in rows}


def _signed(value: int) -> int:
    """SQLite integers are signed; the bits stay the same."""
    return value - (1 << 64) if value >= 1 << 63 else value

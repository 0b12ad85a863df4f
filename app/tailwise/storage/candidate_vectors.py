"""Read the stored vectors of some items: of the whole image and of each indexed box."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from tailwise.storage.connection import Db
    from tailwise.storage.index_tables import EmbeddingRow


@dataclass(frozen=True, slots=True)
class ItemVectors:
    """Vectors of one item: (d,) of the image, (n, 4) boxes in pixels and (n, d) vectors of its objects."""

    image: NDArray[np.float32]
    boxes: NDArray[np.float32]
    objects: NDArray[np.float32]


def vectors_of_items(db: Db, embedding: EmbeddingRow, items: Iterable[int]) -> dict[int, ItemVectors]:
    """Return what the index holds of some items; items without vectors are left out."""
    found: dict[int, ItemVectors] = {}
    d = embedding.dimensions
    for item in items:
        row = db.conn.execute(
            "SELECT image, boxes, objects FROM embedding_vector WHERE embedding_id = ? AND item_id = ?",
            (embedding.id, item),
        ).fetchone()
        if row is not None:
            found[item] = ItemVectors(
                np.frombuffer(row[0], dtype="<f2").astype(np.float32),
                np.frombuffer(row[1], dtype="<f4").reshape(-1, 4),
                np.frombuffer(row[2], dtype="<f2").reshape(-1, d).astype(np.float32),
            )
    return found

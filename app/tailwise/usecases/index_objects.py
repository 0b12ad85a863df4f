"""The annotated boxes of a project item by item: what the image index cuts out and describes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tailwise.usecases.slices import ProjectCube


@dataclass(frozen=True, slots=True)
class ObjectRows:
    """Boxes of labelled objects, in ascending order of item id and, within an item, of annotation.

    Attributes:
        item: (m,) item ids. annotation: (m,) positions in the stored annotation columns.
        category_id: (m,) ids of the project's classes, which outlive imports. box: (m, 4) pixels x, y, w, h.
    """

    item: NDArray[np.int64]
    annotation: NDArray[np.int64]
    category_id: NDArray[np.int64]
    box: NDArray[np.float32]

    def spans(self) -> dict[int, slice]:
        """Return where the objects of each item are; items without objects are left out."""
        return spans_of(self.item)


def spans_of(item: NDArray[np.int64]) -> dict[int, slice]:
    """Return the run of equal values of each item in a column sorted by item.

    >>> spans_of(np.array([3, 3, 8]))
    {3: slice(0, 2, None), 8: slice(2, 3, None)}
    """
    ids, starts, counts = np.unique(item, return_index=True, return_counts=True)
    ends = (starts + counts).tolist()
    return {i: slice(s, e) for i, s, e in zip(ids.tolist(), starts.tolist(), ends, strict=True)}


def object_rows(sliced: ProjectCube) -> ObjectRows:
    """Return every annotation that has a box with an area, predictions left out."""
    columns = sliced.columns
    annotations = columns.annotations
    box = np.stack([annotations[n] for n in ("x", "y", "width", "height")], axis=1).astype(np.float32)
    usable = np.isfinite(box).all(axis=1) & (box[:, 2] > 0) & (box[:, 3] > 0)
    usable &= sliced.counted[annotations["item"]]
    annotation = np.flatnonzero(usable)
    item = columns.item_ids[annotations["item"][annotation]]
    order = np.argsort(item, kind="stable")
    annotation = annotation[order]
    category_ids = np.array([c.id for c in columns.categories], dtype=np.int64)
    category = annotations["category"][annotation]
    return ObjectRows(
        item=item[order],
        annotation=annotation,
        category_id=category_ids[category] if len(category_ids) else category.astype(np.int64),
        box=box[annotation],
    )

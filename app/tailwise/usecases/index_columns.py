"""The image index as columns: hashes, statistics and vectors of images and objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tailwise.domain.errors import RequestError
from tailwise.domain.wording import counted
from tailwise.storage import index_tables
from tailwise.storage.index_tables import ImageIndex, StoredVectors
from tailwise.usecases.index_objects import object_rows, spans_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tailwise.storage.connection import Db
    from tailwise.usecases.projects import Project


def not_indexed(db: Db, project: str) -> RequestError:
    """Return the error of what needs the index: there is none, or only one that an earlier version made.

    Args:
        db: the project, open for reading.
        project: its file name, for the advice.
    """
    outdated = len(index_tables.outdated_items(db)) if index_tables.has_tables(db) else 0
    if not index_tables.has_pictures(db):
        return RequestError(
            "None of the pictures is on this computer",
            "Put them where the dataset says they are, then import it again and run the index",
        )
    if not outdated:
        return RequestError("The images are not indexed yet", f"Run: tailwise index {project}")
    return RequestError(
        f"The index of {counted(outdated, 'image')} was made by an earlier version and cannot be compared with",
        f"Make it again, which takes as long as the first time and keeps all decisions and verdicts: "
        f"tailwise index {project}",
    )


def load_index(project: Project) -> ImageIndex:
    """Return the index of all readable images; empty columns where nothing was indexed.

    Objects are those whose box and class are still what they were when they were indexed.
    """
    with project.file.reading() as db:
        if not index_tables.has_tables(db):
            return ImageIndex(**index_tables.no_rows(), **_no_vectors(0), embedding="")
        rows = index_tables.load_rows(db)
        active = index_tables.active_embedding(db)
        vectors = index_tables.load_vectors(db, active) if active else None
    ids = rows["item_ids"]
    if active is None or vectors is None:
        return ImageIndex(**rows, **_no_vectors(len(ids)), embedding="")
    descriptor = np.zeros((len(ids), active.dimensions), dtype=np.float32)
    has_row, at = _places(vectors.item_ids, ids)
    descriptor[at] = vectors.image[has_row]
    kept, annotation = _current_objects(project, vectors)
    kept &= np.isin(vectors.object_item, ids)
    annotation = annotation[kept]
    category: NDArray[np.int32] = project.columns.annotations["category"][annotation].astype(np.int32)
    return ImageIndex(
        **rows,
        descriptor=descriptor,
        object_item=vectors.object_item[kept],
        object_category=category,
        object_box=vectors.object_box[kept],
        object_descriptor=vectors.objects[kept],
        object_annotation=annotation,
        embedding=active.name,
    )


def _no_vectors(n: int) -> dict[str, NDArray[Any]]:
    return {
        "descriptor": np.zeros((n, 0), dtype=np.float32),
        "object_item": np.zeros(0, dtype=np.int64),
        "object_category": np.zeros(0, dtype=np.int32),
        "object_box": np.zeros((0, 4), dtype=np.float32),
        "object_descriptor": np.zeros((0, 0), dtype=np.float32),
        "object_annotation": np.zeros(0, dtype=np.int64),
    }


def _places(found: NDArray[np.int64], ids: NDArray[np.int64]) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Return which of `found` are in the ascending `ids`, and where each of those is."""
    at = np.searchsorted(ids, found)
    at[at == len(ids)] = 0
    is_there = ids[at] == found if len(ids) else np.zeros(len(found), dtype=np.bool_)
    return is_there, at[is_there]


def _current_objects(project: Project, vectors: StoredVectors) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Return which stored objects are still annotated as they were, and the annotation of each (-1 where gone).

    The objects of an item are stored in the order of its annotations, so that item, class and box of both sides can be
    compared in one pass over the columns.
    """
    annotation = np.full(len(vectors.object_item), -1, dtype=np.int64)
    now = object_rows(project.cube())
    current = now.spans()
    for item, here in spans_of(vectors.object_item).items():
        there = current.get(item)
        if there is None or there.stop - there.start != here.stop - here.start:
            continue
        same = np.array_equal(vectors.object_category_id[here], now.category_id[there])
        if same and np.array_equal(vectors.object_box[here], now.box[there]):
            annotation[here] = now.annotation[there]
    return annotation >= 0, annotation

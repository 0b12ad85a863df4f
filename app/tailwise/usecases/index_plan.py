"""Which images the index has to look at, and which of them the embedding is learned from."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tailwise.analysis.embedding import fingerprint
from tailwise.domain.index import INDEX_METHOD, ImageIssue
from tailwise.domain.records import MediaState
from tailwise.imaging.decode import ImageFile
from tailwise.storage import index_tables, plan_tables, source_tables
from tailwise.usecases.index_objects import ObjectRows, object_rows
from tailwise.usecases.index_work import ImageWork

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tailwise.imaging.thumbnails import Box
    from tailwise.ops.progress import Progress
    from tailwise.storage.index_tables import EmbeddingRow, StoredFile
    from tailwise.usecases.projects import Project

SAMPLE_IMAGES = 800
SAMPLE_BOXES = 2
_STAT_STEP = 500
_MADE_TODAY = f"{INDEX_METHOD}-"


@dataclass(frozen=True, slots=True)
class IndexedItem:
    """An image of the project with its file as it is now; size and time are 0 where the file has gone."""

    item_id: int
    source: str
    file_name: str
    path: str
    declared: tuple[int, int]
    size_bytes: int
    mtime_ns: int

    @property
    def is_there(self) -> bool:
        """Whether there is a file."""
        return self.mtime_ns > 0


@dataclass(frozen=True, slots=True)
class Boxes:
    """The objects of one item as they are stored with its vectors."""

    categories: bytes
    boxes: bytes
    as_pixels: tuple[Box, ...]


NO_BOXES = Boxes(b"", b"", ())


class ObjectBoxes:
    """Boxes of the labelled objects by item id."""

    def __init__(self, rows: ObjectRows) -> None:
        self._rows = rows
        self._spans = rows.spans()

    def of(self, item_id: int) -> Boxes:
        """Return the boxes of an item, in order of its annotations."""
        span = self._spans.get(item_id)
        if span is None:
            return NO_BOXES
        box = self._rows.box[span]
        pixels = tuple((float(x), float(y), float(w), float(h)) for x, y, w, h in box)
        return Boxes(
            self._rows.category_id[span].astype("<i8").tobytes(), np.ascontiguousarray(box, "<f4").tobytes(), pixels
        )


def object_boxes(project: Project) -> ObjectBoxes:
    """Return the boxes of the project's labelled objects."""
    return ObjectBoxes(object_rows(project.cube()))


def present_items(project: Project, progress: Progress) -> list[IndexedItem]:
    """Return all images that had a file when they were imported, with what the file is like now, by item id."""
    sliced = project.cube()
    columns = sliced.columns
    rows = np.flatnonzero(sliced.counted & (columns.media == MediaState.PRESENT))
    with project.file.reading() as db:
        names = plan_tables.all_item_names(db)
        roots = {s.name: s.root for s in source_tables.list_sources(db)}
    progress.stage("Looking for changed files", len(rows))
    found: list[IndexedItem] = []
    for done, row in enumerate(rows[np.argsort(columns.item_ids[rows])].tolist()):
        if done % _STAT_STEP == 0:
            progress.advance(min(_STAT_STEP, len(rows) - done))
        source = columns.source_names[columns.source[row]]
        path = str(Path(roots[source], *names[row].split("/")))
        size, mtime = _facts_of(path)
        declared = (int(columns.width[row]), int(columns.height[row]))
        found.append(IndexedItem(int(columns.item_ids[row]), source, names[row], path, declared, size, mtime))
    return found


def is_current(item: IndexedItem, stored: StoredFile | None) -> bool:
    """Whether a stored row was made from the file as it is now."""
    if stored is None or stored.file_name != item.file_name:
        return False
    return (stored.size_bytes, stored.mtime_ns) == (item.size_bytes, item.mtime_ns)


def is_described(boxes: Boxes, stored: tuple[bytes, bytes] | None, issue: str) -> bool:
    """Whether an image has the vectors it can have: made for these boxes, or there is no picture."""
    if issue not in {ImageIssue.NONE, ImageIssue.TRUNCATED}:
        return True
    return stored is not None and stored == (boxes.categories, boxes.boxes)


def learning_sample(items: Sequence[IndexedItem], boxes: ObjectBoxes) -> list[ImageWork]:
    """Return the images to learn from: as if by lot, but always the same ones, whatever the order of import."""
    ranked = sorted((item for item in items if item.is_there), key=_lot)
    return [_sample_work(item, boxes.of(item.item_id).as_pixels) for item in ranked[:SAMPLE_IMAGES]]


def needs_learning(model: EmbeddingRow | None, present: int) -> bool:
    """Whether there is no model made the way they are made now, or one learned from less than a quarter of today's."""
    if model is None or not model.fingerprint.startswith(_MADE_TODAY):
        return True
    learned_from = int(model.origin or 0)
    return learned_from < SAMPLE_IMAGES and present >= 4 * max(1, learned_from)


def classical_fingerprint(model: bytes) -> str:
    """Return the name of a learned model: what it was learned into, and the way vectors are made with it."""
    return _MADE_TODAY + fingerprint(model)


def stored_classical(project: Project, name: str) -> EmbeddingRow | None:
    """Return an embedding of the project by name."""
    with project.file.reading() as db:
        return next((e for e in index_tables.list_embeddings(db) if e.name == name), None)


def _sample_work(item: IndexedItem, boxes: tuple[Box, ...]) -> ImageWork:
    step = max(1, len(boxes) // SAMPLE_BOXES)
    file = ImageFile(item.path, item.declared, boxes[::step][:SAMPLE_BOXES])
    return ImageWork(item.item_id, file, size_bytes=item.size_bytes)


def _lot(item: IndexedItem) -> bytes:
    name = f"{item.source}\0{item.file_name}".encode("utf-8", "surrogatepass")
    return hashlib.blake2b(name, digest_size=16).digest()


def _facts_of(path: str) -> tuple[int, int]:
    try:
        facts = Path(path).stat()
    except OSError:
        return 0, 0
    return facts.st_size, max(1, facts.st_mtime_ns)

"""Which candidates of a class look like each other: what the Desk groups by and hands a verdict on to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tailwise.analysis.candidate_groups import alike, close_cosine, grouped
from tailwise.analysis.mining_evidence import unit
from tailwise.domain.index import CLASSICAL_EMBEDDING
from tailwise.imaging.decode import ImageFile
from tailwise.ops.executors import one_thread
from tailwise.storage import index_tables
from tailwise.storage.candidate_vectors import vectors_of_items
from tailwise.storage.review_tables import box_text
from tailwise.usecases.index_work import box_vectors

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from tailwise.ops.progress import Progress
    from tailwise.storage.index_tables import EmbeddingRow
    from tailwise.usecases.projects import Project
    from tailwise.usecases.verdicts import ReviewCard


@dataclass(frozen=True, slots=True)
class CandidateLikeness:
    """How candidates resemble each other.

    Attributes:
        similar: for every candidate the others that are alike, closest first.
        group: number of its group, from 0, by candidate. cosine: from where on two are alike.
    """

    similar: Mapping[int, tuple[int, ...]]
    group: Mapping[int, int]
    cosine: float


def candidate_likeness(project: Project, cards: Sequence[ReviewCard], progress: Progress) -> CandidateLikeness:
    """Compare candidates with each other by the vectors of the index.

    Places that are not indexed (background, what a detector found) are cut out and described, where the classical
    embedding can do so; without a vector a candidate resembles nothing.

    Raises:
        OpCancelledError: cancelled.
    """
    ids = [card.candidate.id for card in cards]
    with one_thread():
        vectors = unit(_vectors(project, cards, progress))
    cosine = close_cosine(vectors)
    found = alike(vectors, cosine)
    return CandidateLikeness(
        similar={one: tuple(ids[row] for row in rows.tolist()) for one, rows in zip(ids, found, strict=True)},
        group=dict(zip(ids, grouped(vectors, cosine).tolist(), strict=True)),
        cosine=cosine,
    )


def _vectors(project: Project, cards: Sequence[ReviewCard], progress: Progress) -> NDArray[np.float32]:
    with project.file.reading() as db:
        embedding = index_tables.active_embedding(db) if index_tables.has_tables(db) else None
        if embedding is None:
            return np.zeros((len(cards), 1), dtype=np.float32)
        stored = vectors_of_items(db, embedding, sorted({card.candidate.item for card in cards}))
    vectors = np.zeros((len(cards), embedding.dimensions), dtype=np.float32)
    missing: list[int] = []
    for place, card in enumerate(cards):
        known, box = stored.get(card.candidate.item), card.candidate.box
        if known is None:
            continue
        if box is None:
            vectors[place] = known.image
            continue
        texts = [box_text((float(x), float(y), float(w), float(h))) for x, y, w, h in known.boxes]
        if box_text(box) in texts:
            vectors[place] = known.objects[texts.index(box_text(box))]
        elif card.picture.path:
            missing.append(place)
    if embedding.name == CLASSICAL_EMBEDDING and embedding.model:
        _describe(vectors, missing, cards, embedding, progress)
    return vectors


def _describe(
    vectors: NDArray[np.float32],
    missing: Sequence[int],
    cards: Sequence[ReviewCard],
    embedding: EmbeddingRow,
    progress: Progress,
) -> None:
    """Fill in the vectors of places the index does not hold."""
    progress.stage("Looking at places that are not indexed", len(missing))
    for place in missing:
        row, box = cards[place].picture, cards[place].candidate.box
        boxes = () if box is None else (box,)
        file = ImageFile(row.path, (row.width, row.height), boxes)
        vectors[place] = box_vectors(file, (embedding.fingerprint, embedding.model))[0]
        progress.advance()

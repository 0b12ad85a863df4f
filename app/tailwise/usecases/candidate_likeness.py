"""Which candidates of a class look like each other: what they are grouped by and a verdict is handed on to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tailwise.analysis.candidate_groups import alike, close_cosine, grouped
from tailwise.analysis.mining_evidence import unit
from tailwise.domain.errors import RequestError
from tailwise.domain.index import CLASSICAL_EMBEDDING
from tailwise.domain.review import Decision, ReviewQueue, checked_reviewer
from tailwise.imaging.decode import ImageFile
from tailwise.ops.executors import one_thread
from tailwise.storage import index_tables, review_tables
from tailwise.storage.candidate_vectors import vectors_of_items
from tailwise.storage.review_tables import box_text
from tailwise.usecases.index_work import box_vectors
from tailwise.usecases.verdicts import list_candidates, review_cards, review_states

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from tailwise.domain.review import Candidate
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


@dataclass(frozen=True, slots=True)
class ListedCandidate:
    """A stored candidate, what was decided about it, and the candidates of its class it resembles.

    Attributes:
        group: number of its group as the Desk shows it, from 1.
        alike: closest first; they need not all be in its group, which holds what is like its first member.
    """

    candidate: Candidate
    decision: Decision
    group: int
    alike: tuple[int, ...]

    def as_json(self) -> dict[str, object]:
        """Return the candidate with the keys that `mine --list --json` promises."""
        told = {"decision": self.decision.value, "group": self.group, "alike": list(self.alike)}
        return self.candidate.as_json() | told


@dataclass(frozen=True, slots=True)
class CandidateList:
    """The stored candidates of a class, each queue in the order to judge it in.

    Attributes:
        cosine: from where on two are alike.
        notes: why nothing could be compared, empty where it was.
    """

    class_name: str
    candidates: tuple[ListedCandidate, ...]
    suspected_missing: tuple[ListedCandidate, ...]
    cosine: float
    notes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        """Return the list with the keys that `mine --list --json` promises."""
        return {
            "class": self.class_name,
            "candidates": [each.as_json() for each in self.candidates],
            "suspected_missing": [each.as_json() for each in self.suspected_missing],
            "alike_from": round(self.cosine, 4),
            "notes": list(self.notes),
        }


def list_look_alikes(project: Project, class_name: str, progress: Progress) -> CandidateList:
    """List the stored candidates of a class with those that look like each; nothing is mined anew.

    Raises:
        RequestError: no such class, or nothing is stored of it.
        OpCancelledError: cancelled.
    """
    project.cube().class_index(class_name)
    cards = _cards(project, class_name)
    if not cards:
        raise RequestError(f"No candidates of {class_name} are stored", "Find some first: the same without --list")
    likeness = candidate_likeness(project, cards, progress)
    states = review_states(project, class_name)
    listed = {queue: list[ListedCandidate]() for queue in ReviewQueue}
    for each in (card.candidate for card in cards):
        decision = states[each.id].decision if each.id in states else Decision.OPEN
        listed[each.queue].append(
            ListedCandidate(each, decision, likeness.group[each.id] + 1, likeness.similar[each.id])
        )
    return CandidateList(
        class_name,
        tuple(listed[ReviewQueue.HARD_NEGATIVES]),
        tuple(listed[ReviewQueue.MISSING_LABELS]),
        likeness.cosine,
        ()
        if _is_indexed(project)
        else (f"Nothing is compared without vectors: run tailwise index {project.path.name}",),
    )


def open_look_alikes(project: Project, candidate: int, reviewer: str, progress: Progress) -> tuple[int, ...]:
    """Return what looks like a candidate in its queue and has no verdict of a reviewer yet, closest first.

    Empty for a number that no candidate has.

    Raises:
        RequestError: an unusable name.
        OpCancelledError: cancelled.
    """
    reviewer = checked_reviewer(reviewer)
    with project.file.reading() as db:
        class_name = review_tables.class_of(db, candidate)
    cards = _cards(project, class_name) if class_name else []
    queue = {card.candidate.id: card.candidate.queue for card in cards}
    if candidate not in queue:
        return ()
    states = review_states(project, class_name)
    alike = candidate_likeness(project, cards, progress).similar[candidate]
    judged = {one for one in alike if one in states and states[one].by(reviewer) is not None}
    return tuple(one for one in alike if queue[one] is queue[candidate] and one not in judged)


def _cards(project: Project, class_name: str) -> list[ReviewCard]:
    """Return what the Desk compares, in its order: groups are numbered by it."""
    stored = list_candidates(project, class_name)
    return [card for queue in ReviewQueue for card in review_cards(project, [c for c in stored if c.queue is queue])]


def _is_indexed(project: Project) -> bool:
    with project.file.reading() as db:
        return index_tables.has_tables(db) and index_tables.active_embedding(db) is not None


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

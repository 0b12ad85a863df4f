"""Places that no label speaks of: what a detector found wrongly, and background that something is to be seen on.

They have no vector in the index: they are cut out and described here, with the embedding the index was made with.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tailwise.analysis.embedding import model_from_bytes
from tailwise.analysis.iou_matching import DetectionKind, match_detections
from tailwise.analysis.iou_matching import Places as Boxes
from tailwise.analysis.mining_evidence import best_similarity
from tailwise.domain.index import CLASSICAL_EMBEDDING
from tailwise.domain.records import MediaState
from tailwise.imaging.decode import ImageFile
from tailwise.storage import source_tables
from tailwise.usecases.index_work import box_vectors
from tailwise.usecases.mining_places import Places, joined, places_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tailwise.imaging.thumbnails import Box
    from tailwise.ops.progress import Progress
    from tailwise.usecases.mining_places import MiningProject
    from tailwise.usecases.projects import Project

MOST_DETECTIONS = 400
LEAST_PART_PIXELS = 24
"""A place narrower than this is not cut into quarters: they would show nothing."""


@dataclass(frozen=True, slots=True)
class Detections:
    """Detections of the class by imported models: (n,) item row, (n, 4) box, (n,) score, (n,) position in `finders`."""

    row: NDArray[np.int64]
    box: NDArray[np.float64]
    score: NDArray[np.float64]
    finder: NDArray[np.int64]
    finders: tuple[str, ...]


class Cutter:
    """Describes boxes on the images of a project; only the classical embedding can describe what is not indexed."""

    def __init__(self, project: Project, loaded: MiningProject) -> None:
        self._loaded = loaded
        with project.file.reading() as db:
            roots = {s.name: s.root for s in source_tables.list_sources(db)}
        columns = loaded.sliced.columns
        self._roots = [roots[name] for name in columns.source_names]
        row = loaded.embedding
        self.can_describe = row.name == CLASSICAL_EMBEDDING and bool(row.model)

    @property
    def parts(self) -> dict[str, slice]:
        """Where the parts of the descriptor lie that say colour and shape; empty for an embedding without parts."""
        if not self.can_describe:
            return {}
        found: dict[str, slice] = {}
        start = 0
        for name, whitening in model_from_bytes(self._loaded.embedding.model).blocks:
            end = start + whitening.basis.shape[1]
            found[name] = slice(start, end)
            start = end
        return {ours: found[theirs] for ours, theirs in (("colour", "colour"), ("shape", "hog")) if theirs in found}

    def is_there(self, row: int) -> bool:
        """Whether the image of an item is on this computer."""
        return self._loaded.sliced.columns.media[row] == MediaState.PRESENT

    def path(self, row: int) -> str:
        """Return the absolute path of the image of an item."""
        source = self._loaded.sliced.columns.source[row]
        return str(Path(self._roots[source], *self._loaded.names[row].split("/")))

    def declared(self, row: int) -> tuple[int, int]:
        """Return the size its dataset states, (0, 0) where it states none."""
        columns = self._loaded.sliced.columns
        return int(columns.width[row]), int(columns.height[row])

    def describe(self, row: int, boxes: NDArray[np.float64]) -> NDArray[np.float32]:
        """Return one vector per box, zeros where there is no picture."""
        as_pixels: tuple[Box, ...] = tuple((float(x), float(y), float(w), float(h)) for x, y, w, h in boxes)
        model = (self._loaded.embedding.fingerprint, self._loaded.embedding.model)
        return box_vectors(ImageFile(self.path(row), self.declared(row), as_pixels), model).astype(np.float32)


def detected_places(
    loaded: MiningProject, cutter: Cutter, objects: Places, detections: Detections, progress: Progress
) -> tuple[Places, Places, dict[str, int]]:
    """Tell what is wrong with the detections of the class.

    Returns:
        The annotated places with what detectors found on them, new places for what they found elsewhere, and how many
        detections were of each kind.
    """
    stored = stored_boxes(loaded)
    usable = np.flatnonzero(np.isfinite(stored).all(axis=1))
    annotations = loaded.sliced.columns.annotations
    usable = usable[np.isin(annotations["item"][usable], detections.row) & np.isin(usable, loaded.sliced.entries)]
    truth = Boxes(annotations["item"][usable], annotations["category"][usable], stored[usable])
    found = Boxes(detections.row, np.full(len(detections.row), loaded.target), detections.box)
    matches = match_detections(truth, found, detections.score)
    counts = {kind.name.lower(): int((matches.kind == kind).sum()) for kind in DetectionKind}
    is_confusion = matches.kind == DetectionKind.CONFUSION
    on = np.where(is_confusion, usable[np.where(is_confusion, matches.truth, 0)] if len(usable) else -1, -1)
    annotated = _with_confusions(objects, on, detections)
    stray = np.isin(matches.kind, (DetectionKind.BACKGROUND, DetectionKind.LOCALISATION, DetectionKind.NEIGHBOUR))
    chosen = np.flatnonzero(stray)
    chosen = chosen[np.argsort(-detections.score[chosen], kind="stable")[:MOST_DETECTIONS]]
    chosen = chosen[np.argsort(detections.row[chosen], kind="stable")]
    progress.stage("Looking at detections", len(chosen))
    parts: list[Places] = []
    for row in np.unique(detections.row[chosen]).tolist():
        at = chosen[detections.row[chosen] == row]
        if cutter.is_there(row):
            places = described(cutter, row, detections.box[at])
            parts.append(
                replace(
                    places,
                    is_background=matches.kind[at] == DetectionKind.BACKGROUND,
                    found_score=detections.score[at],
                    found_overlap=matches.iou[at],
                    found_by=detections.finder[at],
                )
            )
        progress.advance(len(at))
    return annotated, joined(parts) if parts else no_places(loaded), counts


def part_evidence(
    cutter: Cutter, places: Places, at: NDArray[np.int64], positives: NDArray[np.float32], progress: Progress
) -> NDArray[np.float64]:
    """Return how like a positive the best quarter of some places is, aligned with `at`; NaN where it cannot be seen."""
    best = np.full(len(at), np.nan)
    progress.stage("Looking at parts", len(at))
    for n, place in enumerate(at.tolist()):
        row = int(places.row[place])
        box = places.box[place]
        if np.isnan(box[0]):
            box = np.array([0, 0, *cutter.declared(row)], dtype=np.float64)
        if cutter.is_there(row) and min(box[2:]) >= LEAST_PART_PIXELS:
            vectors = cutter.describe(row, quarters(box))
            best[n] = float(best_similarity(vectors, positives).max())
        progress.advance()
    return best


def quarters(box: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the four quarters of a box.

    >>> quarters(np.array([0.0, 0, 10, 20]))[3].tolist()
    [5.0, 10.0, 5.0, 10.0]
    """
    x, y, width, height = box / (1, 1, 2, 2)
    return np.array([[x + width * i, y + height * j, width, height] for j in (0, 1) for i in (0, 1)])


def described(cutter: Cutter, row: int, boxes: NDArray[np.float64]) -> Places:
    """Return the places of boxes on one image with their vectors; nothing more is known of them."""
    return places_of(np.full(len(boxes), row), boxes, cutter.describe(row, boxes))


def _with_confusions(objects: Places, annotation: NDArray[np.int64], detections: Detections) -> Places:
    """Note on each annotated place the best detection that took it for the class; `annotation` is -1 for the others."""
    score, finder = objects.found_score.copy(), objects.found_by.copy()
    order = np.argsort(objects.annotation, kind="stable")
    for detection in np.flatnonzero(annotation >= 0).tolist():
        at = order[min(int(np.searchsorted(objects.annotation[order], annotation[detection])), len(order) - 1)]
        is_there = objects.annotation[at] == annotation[detection]
        if is_there and not score[at] >= detections.score[detection]:
            score[at], finder[at] = detections.score[detection], detections.finder[detection]
    return replace(objects, found_score=score, found_by=finder)


def stored_boxes(loaded: MiningProject) -> NDArray[np.float64]:
    """Return the (n, 4) boxes of all annotations, NaN where there is none."""
    annotations = loaded.sliced.columns.annotations
    return np.stack([annotations[n] for n in ("x", "y", "width", "height")], axis=1)


def no_places(loaded: MiningProject) -> Places:
    """Return an empty set of places."""
    return places_of(
        np.zeros(0, dtype=np.int64), np.zeros((0, 4)), np.zeros((0, loaded.embedding.dimensions), dtype=np.float32)
    )

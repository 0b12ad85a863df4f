"""Gather everything mining looks at, and measure what each place has in common with the positives."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tailwise.analysis.hard_negatives import scattered
from tailwise.analysis.iou_matching import BACKGROUND_IOU, iou_matrix
from tailwise.analysis.mining_evidence import (
    KINDS,
    MOST_POSITIVES,
    KindEvidence,
    best_similarity,
    kinds_of,
    nearest_positives,
    part_similarities,
    typical_similarity,
)
from tailwise.analysis.mining_proposals import KEPT_IOU
from tailwise.domain.review import CandidateKind, Neighbour
from tailwise.usecases.mining_backgrounds import background_places
from tailwise.usecases.mining_crops import Detections, detected_places, part_evidence
from tailwise.usecases.mining_places import annotated_places, joined
from tailwise.usecases.predictions import matched_predictions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tailwise.analysis.hard_negatives import Examples
    from tailwise.domain.review import MiningRequest
    from tailwise.ops.progress import Progress
    from tailwise.usecases.mining_crops import Cutter
    from tailwise.usecases.mining_places import MiningProject, Places
    from tailwise.usecases.projects import Project

PARTS_LOOKED_AT = 150
"""Only the negatives that score highest are cut into quarters: each costs a decode."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was measured, one entry per place, NaN for positives and where nothing could be measured.

    Attributes:
        kind: (n,) positions in `KINDS`. likeness: by name, (n,) each.
        positives: (p,) the positives compared with. nearest, similarity: (n, k) positions among them.
    """

    kind: NDArray[np.int64]
    likeness: dict[str, NDArray[np.float64]]
    positives: NDArray[np.int64]
    features: NDArray[np.float32]

    def kind_of(self, row: int) -> CandidateKind:
        """Return why a place is mistaken for the class."""
        return KINDS[int(self.kind[row])]

    def numbers(self, row: int) -> dict[str, float]:
        """Return what was measured of a place, by name."""
        return {name: float(values[row]) for name, values in self.likeness.items()}

    def neighbours(self, row: int, places: Places, item_ids: NDArray[np.int64]) -> tuple[Neighbour, ...]:
        """Return the positives a place resembles most, nearest first."""
        at, similarity = nearest_positives(self.features[row : row + 1], self.features[self.positives])
        found = zip(self.positives[at[0]].tolist(), similarity[0].tolist(), strict=True)
        return tuple(Neighbour(int(item_ids[places.row[p]]), places.box_at(p), round(s, 4)) for p, s in found)


def gather_places(
    project: Project, loaded: MiningProject, cutter: Cutter, request: MiningRequest, progress: Progress
) -> tuple[Places, list[str]]:
    """Return every place to look at, and sentences about what was left out."""
    places = annotated_places(loaded)
    notes: list[str] = []
    if not loaded.has_boxes:
        return places, notes
    detections = _detections(project, loaded)
    if not cutter.can_describe:
        notes.append(
            f"The embedding {loaded.embedding.name!r} cannot describe new places: "
            "detections and background were left out; the classical index can"
        )
        return places, notes
    strays = []
    if len(detections.row):
        places, found, counts = detected_places(loaded, cutter, places, detections, progress)
        told = ", ".join(f"{count:,} {kind}" for kind, count in counts.items() if count)
        notes.append(f"{len(detections.row):,} detections: {told}")
        strays.append(found)
    positives = places.take(np.flatnonzero(places.is_positive))
    strays.append(background_places(loaded, cutter, positives, request.limit_for(len(positives)), progress))
    together = replace(joined([places, _apart(joined(strays))]), finders=detections.finders)
    return together, notes


def measure(
    places: Places, examples: Examples, score: NDArray[np.float64], cutter: Cutter, progress: Progress
) -> Evidence:
    """Measure how like a positive every negative is: whole, by colour, by shape, and the best ones by pieces."""
    positives = np.flatnonzero(places.is_positive)
    positives = np.sort(positives[np.argsort(scattered(examples.key[positives]), kind="stable")[:MOST_POSITIVES]])
    negatives = np.flatnonzero(~places.is_positive)
    of_positives = places.features[positives]
    progress.stage("Comparing with the positives")
    likeness = {name: np.full(len(places), np.nan) for name in ("similarity", "colour", "shape", "part")}
    likeness["similarity"][negatives] = best_similarity(places.features[negatives], of_positives)
    for name, values in part_similarities(places.features[negatives], of_positives, cutter.parts).items():
        likeness[name][negatives] = values
    if cutter.can_describe:
        looked = negatives[np.argsort(-score[negatives], kind="stable")]
        looked = looked[~places.is_background[looked]][:PARTS_LOOKED_AT]
        likeness["part"][looked] = part_evidence(cutter, places, looked, of_positives, progress)
    whole = likeness["similarity"]
    has_parts = bool(cutter.parts)
    kinds = kinds_of(
        KindEvidence(
            colour=likeness["colour"] if "colour" in cutter.parts else whole,
            shape=likeness["shape"] if has_parts else whole,
            whole=whole,
            part=likeness["part"],
            is_background=places.is_background,
            is_loose=~places.is_background & (places.found_overlap >= BACKGROUND_IOU),
            typical=typical_similarity(of_positives, examples.group[positives]),
        )
    )
    return Evidence(kinds, likeness, positives, places.features)


def _detections(project: Project, loaded: MiningProject) -> Detections:
    """Return the detections of the class on training items; whole images and those without a score are left out."""
    found = matched_predictions(project)
    usable = (found.category == loaded.target) & loaded.training[found.rows]
    usable &= np.isfinite(found.box).all(axis=1) & np.isfinite(found.score)
    return Detections(
        found.rows[usable],
        found.box[usable].astype(np.float64),
        found.score[usable].astype(np.float64),
        found.source[usable].astype(np.int64),
        found.sources,
    )


def _apart(places: Places) -> Places:
    """Leave out what overlaps a better place: detections before backgrounds, high scores before low ones."""
    rank = np.lexsort((-np.nan_to_num(places.found_score, nan=-1.0), places.row))
    kept: list[int] = []
    on_image: list[int] = []
    for at in rank.tolist():
        if on_image and places.row[on_image[-1]] != places.row[at]:
            on_image = []
        if on_image and iou_matrix(places.box[at : at + 1], places.box[on_image]).max() > KEPT_IOU:
            continue
        on_image.append(at)
        kept.append(at)
    return places.take(np.array(kept, dtype=np.int64))

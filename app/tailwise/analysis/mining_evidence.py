"""What a negative has in common with the positives: the most similar ones, part by part of the descriptor, and why.

Similarity is the cosine of vectors of length 1. Everything is a matrix product in pieces, so that a million negatives
against a thousand positives need no more memory than one piece.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tailwise.domain.review import CandidateKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

NEIGHBOURS = 3
MOST_POSITIVES = 2_000
CHUNK = 8_192
TOP_SHARE = 0.1
"""A similarity counts as high when a tenth of the negatives or fewer reach it."""
PART_SHARE = 0.8
"""A part matches when it is this close to a positive, measured by how close positives are to each other."""

KINDS = (CandidateKind.SIMILAR, CandidateKind.PARTIAL, CandidateKind.BACKGROUND, CandidateKind.HIGH_SCORE)


@dataclass(frozen=True, slots=True)
class KindEvidence:
    """What kinds are told by, one entry per negative; NaN where something was not measured.

    Attributes:
        colour, shape, whole: similarity to the nearest positive by parts of the descriptor, and of all of it.
        part: similarity of the best piece of the place.
        is_background: nothing annotated lies there. is_loose: a detection that lies partly on an object of the class.
        typical: similarity of a positive to its nearest other positive, the median over all of them.
    """

    colour: NDArray[np.float64]
    shape: NDArray[np.float64]
    whole: NDArray[np.float64]
    part: NDArray[np.float64]
    is_background: NDArray[np.bool_]
    is_loose: NDArray[np.bool_]
    typical: float


def nearest_positives(
    features: NDArray[np.float32], positives: NDArray[np.float32], most: int = NEIGHBOURS
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return positions among `positives` and similarities, (n, k) each, nearest first; ties by position."""
    k = min(most, len(positives))
    found = np.zeros((len(features), k), dtype=np.int64)
    similarity = np.zeros((len(features), k))
    for start in range(0, len(features), CHUNK):
        chunk = features[start : start + CHUNK] @ positives.T
        order = np.argsort(-chunk, axis=1, kind="stable")[:, :k]
        found[start : start + CHUNK] = order
        similarity[start : start + CHUNK] = np.take_along_axis(chunk, order, axis=1)
    return found, similarity


def best_similarity(features: NDArray[np.float32], positives: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the (n,) similarity to the nearest positive; NaN without positives."""
    best = np.full(len(features), np.nan)
    for start in range(0, len(features) if len(positives) else 0, CHUNK):
        best[start : start + CHUNK] = (features[start : start + CHUNK] @ positives.T).max(axis=1)
    return best


def part_similarities(
    features: NDArray[np.float32], positives: NDArray[np.float32], parts: Mapping[str, slice]
) -> dict[str, NDArray[np.float64]]:
    """Return the similarity to the nearest positive by each named part of the descriptor, each part of length 1."""
    return {name: best_similarity(unit(features[:, part]), unit(positives[:, part])) for name, part in parts.items()}


def typical_similarity(positives: NDArray[np.float32], group: NDArray[np.int64]) -> float:
    """Return the median similarity of a positive to the nearest one of another group; NaN with a single group."""
    best: list[float] = []
    for start in range(0, len(positives), CHUNK):
        rows = slice(start, start + CHUNK)
        chunk: NDArray[Any] = np.where(group[rows, None] == group[None, :], -np.inf, positives[rows] @ positives.T)
        best += chunk.max(axis=1, initial=-np.inf).tolist()
    finite = [value for value in best if np.isfinite(value)]
    return float(np.median(finite)) if finite else float("nan")


def unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return vectors scaled to length 1; zeros stay zeros."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.divide(vectors, length, out=np.zeros_like(vectors), where=length > 0)


def kinds_of(evidence: KindEvidence) -> NDArray[np.int64]:
    """Return positions in `KINDS`: why each negative is mistaken for the class.

    Background where nothing is annotated; partial where a detection covers a piece of an object of the class. Else
    similar where both colour and shape are within the top tenth; else partial where a piece is closer to a positive
    than the whole is, and nearly as close as positives are to each other while the whole is not; else a high score.
    """
    similar = _is_high(evidence.colour) & _is_high(evidence.shape)
    with np.errstate(invalid="ignore"):  # what was not measured compares as False
        close = evidence.part >= PART_SHARE * evidence.typical
        partial = close & (evidence.part > evidence.whole) & (evidence.whole < evidence.typical)
        loose = evidence.is_loose & (evidence.whole >= PART_SHARE * evidence.typical)
    return np.select([evidence.is_background, loose, similar, partial], [2, 1, 0, 1], default=3)


def _is_high(value: NDArray[np.float64]) -> NDArray[np.bool_]:
    known = np.isfinite(value)
    if not known.any():
        return np.zeros(len(value), dtype=np.bool_)
    with np.errstate(invalid="ignore"):
        return value >= np.quantile(value[known], 1 - TOP_SHARE)

"""Which candidates look like each other, so that a reviewer can judge them together.

How close is close is taken from the candidates themselves: descriptors of different embeddings have cosines of
different sizes, and no fixed number would suit all of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

CLOSE_SHARE = 0.05
"""Of all pairs, so many count as close."""
LEAST_COSINE = 0.1
"""Farther apart than this is never close, however unlike all the others are."""
MOST_SAMPLED = 1_000
MOST_ALIKE = 100
CHUNK = 1_024


def close_cosine(vectors: NDArray[np.float32]) -> float:
    """Return the cosine from which two candidates are alike: that of the closest twentieth of all pairs.

    Args:
        vectors: (n, d) of length 1; those of length 0 are left out. At most `MOST_SAMPLED` of them are compared.
    """
    known = vectors[np.any(vectors != 0, axis=1)]
    sample = known[:: 1 + (len(known) - 1) // MOST_SAMPLED] if len(known) else known
    if len(sample) < 2:
        return 1.0
    pairs = (sample @ sample.T)[np.triu_indices(len(sample), 1)]
    return max(LEAST_COSINE, float(np.quantile(pairs, 1 - CLOSE_SHARE)))


def alike(vectors: NDArray[np.float32], cosine: float) -> list[NDArray[np.int64]]:
    """Return for every candidate those that reach `cosine` with it, closest first, at most `MOST_ALIKE` of them."""
    found: list[NDArray[np.int64]] = []
    for start in range(0, len(vectors), CHUNK):
        likeness = vectors[start : start + CHUNK] @ vectors.T
        for row, values in enumerate(likeness, start=start):
            values[row] = -np.inf
            order = np.argsort(-values, kind="stable")[:MOST_ALIKE]
            found.append(order[values[order] >= cosine])
    return found


def grouped(vectors: NDArray[np.float32], cosine: float) -> NDArray[np.int64]:
    """Return a group for every candidate, (n,): 0, 1, … in order of the first of each.

    The first candidate leads a group; each further one joins the leader it is closest to, or leads a group of its own
    when it reaches `cosine` with none. Candidates without a vector stay alone.
    """
    group = np.zeros(len(vectors), dtype=np.int64)
    leaders = np.zeros_like(vectors)
    n = 0
    for row, vector in enumerate(vectors):
        likeness = leaders[:n] @ vector
        best = int(likeness.argmax()) if n else -1
        if best < 0 or likeness[best] < cosine:
            leaders[n], best = vector, n
            n += 1
        group[row] = best
    return group

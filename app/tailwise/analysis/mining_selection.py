"""Pick candidates: high scores, unlike each other, one per cluster, a share for every kind of mistake.

Maximal marginal relevance (Carbonell and Goldstein 1998) on the rank of the score: rank is what keeps a handful of
scores near 1 from deciding everything.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from tailwise.analysis.iou_matching import intersections, iou_matrix

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

SHORTLIST = 5_000
"""Fewest rows compared for variety; the greedy pick looks at 50 times the limit if that is more."""
SPREAD_FACTOR = 2
SAME_PLACE = 0.4
"""Intersection over union from which on two places show one object."""
INSIDE = 0.5
"""A place repeats another when so much of the smaller one lies in the larger: windows of several sizes slide over an
object by quarters. On blood cells with labels removed, 0.8 left 11 of 31 questions about white cells asked twice, 0.5
none, and none was lost."""


@dataclass(frozen=True, slots=True)
class SelectionPool:
    """What to pick from, in ascending order of stable key: ties go to the row that comes first.

    Attributes:
        score: (n,); minus infinity is never picked. features: (n, d) of length 1. kind: (n,) numbers from 0.
        cluster: (n,) near-duplicate cluster, -1 for none. spread: (n,) condition value, -1 for none.
    """

    score: NDArray[np.float64]
    features: NDArray[np.float32]
    kind: NDArray[np.int64]
    cluster: NDArray[np.int64]
    spread: NDArray[np.int64]


@dataclass(slots=True)
class Selection:
    """What was picked so far; more can be picked on top, in later rounds."""

    rows: list[int] = field(default_factory=list[int])

    def clusters(self, pool: SelectionPool) -> set[int]:
        """Return the clusters that have had their one row."""
        return {int(c) for c in pool.cluster[self.rows] if c >= 0}


def pick(
    pool: SelectionPool, limit: int, shares: Sequence[float], score_weight: float, before: Selection | None = None
) -> Selection:
    """Return the rows picked before and up to `limit` more.

    Args:
        pool: what to pick from.
        limit: most rows to add.
        shares: of the kinds 0, 1, 2, …; kinds beyond them come in only where these cannot fill the limit.
        score_weight: 1 picks by score alone.
        before: rows of earlier rounds; they count for variety, clusters and shares.
    """
    chosen = Selection(list(before.rows) if before else [])
    total = len(chosen.rows) + limit
    room = np.zeros(max(int(pool.kind.max(initial=0)) + 1, len(shares)), dtype=np.int64)
    room[: len(shares)] = quotas(total, shares)
    room -= np.bincount(pool.kind[chosen.rows], minlength=len(room))
    greedy = _Greedy(pool, chosen, total, score_weight)
    greedy.fill(total, room)
    greedy.fill(total, None)
    return chosen


def quotas(total: int, shares: Sequence[float]) -> NDArray[np.int64]:
    """Cut a whole number by shares, largest remainders first, ties to the first.

    >>> quotas(10, (0.4, 0.3, 0.3)).tolist(), quotas(1, (0.4, 0.3, 0.3)).tolist()
    ([4, 3, 3], [1, 0, 0])
    """
    exact = np.asarray(shares, dtype=np.float64) * total
    parts = np.floor(exact + 1e-9).astype(np.int64)
    order = np.argsort(parts - exact, kind="stable")
    parts[order[: total - int(parts.sum())]] += 1
    return parts


def one_per_object(
    item: NDArray[np.int64], box: NDArray[np.float64], is_annotated: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Return the positions to keep of places given best first, so that no object is asked about twice.

    A place that nobody annotated goes where it overlaps a better one by `SAME_PLACE`, or where half of the smaller
    of the two lies inside the other. Annotated places all stay and count as better: each has a label of its own.

    Args:
        item: (n,) the picture of each place.
        box: (n, 4) x, y, width, height; NaN for a whole picture, which is never left out.
        is_annotated: (n,).
    """
    kept: dict[int, list[int]] = {}
    whole = np.isnan(box[:, 0])
    for at in [*np.flatnonzero(is_annotated | whole).tolist(), *np.flatnonzero(~is_annotated & ~whole).tolist()]:
        others = kept.setdefault(int(item[at]), [])
        if is_annotated[at] or whole[at] or not others or not _repeats(box[at : at + 1], box[others]):
            others.append(at)
    return np.sort(np.array([at for places in kept.values() for at in places], dtype=np.int64))


def _repeats(one: NDArray[np.float64], others: NDArray[np.float64]) -> bool:
    smaller = np.minimum(one[0, 2] * one[0, 3], others[:, 2] * others[:, 3])
    is_inside = intersections(one, others)[0] >= INSIDE * smaller
    return bool((is_inside | (iou_matrix(one, others)[0] >= SAME_PLACE)).any())


class _Greedy:
    """The rows still to be had, with how similar each is to what was chosen."""

    def __init__(self, pool: SelectionPool, chosen: Selection, total: int, score_weight: float) -> None:
        order = np.argsort(-pool.score, kind="stable")
        self._rank = np.empty(len(order))
        self._rank[order] = np.linspace(1, 0, len(order)) if len(order) > 1 else 1.0
        self._rows = order[: max(SHORTLIST, 50 * total)]
        self._features = pool.features[self._rows]  # once: every row chosen is compared with all of them
        self._pool = pool
        self._chosen = chosen
        self._weight = score_weight
        self._likeness = np.zeros(len(self._rows))
        self._is_open = ~np.isin(self._rows, chosen.rows) & (pool.score[self._rows] > -np.inf)
        self._cap = self._spread_cap(total)
        for row in chosen.rows:
            self._note(row)

    def fill(self, total: int, room: NDArray[np.int64] | None) -> None:
        """Choose until there are `total`; with `room` only as many of each kind, and none beyond the spread's cap."""
        kind = self._pool.kind[self._rows]
        while len(self._chosen.rows) < total:
            usable = self._is_open
            if room is not None:
                usable = usable & (room[kind] > 0) & self._within_cap()
            value = self._weight * self._rank[self._rows] - (1 - self._weight) * self._likeness
            value = np.where(usable, value, -np.inf)
            best = int(np.argmax(value)) if len(value) else -1
            if best < 0 or not np.isfinite(value[best]):
                return
            row = int(self._rows[best])
            self._chosen.rows.append(row)
            self._is_open[best] = False
            if room is not None:
                room[kind[best]] -= 1
            self._note(row)

    def _note(self, row: int) -> None:
        """Close the cluster of a chosen row and let what is like it count less."""
        cluster = self._pool.cluster[row]
        if cluster >= 0:
            self._is_open &= self._pool.cluster[self._rows] != cluster
        if self._weight < 1:
            alike = self._features @ self._pool.features[row]
            np.maximum(self._likeness, alike, out=self._likeness)

    def _spread_cap(self, total: int) -> int:
        values = np.unique(self._pool.spread[self._pool.spread >= 0])
        return ceil(SPREAD_FACTOR * total / len(values)) if len(values) else total

    def _within_cap(self) -> NDArray[np.bool_]:
        spread = self._pool.spread
        taken = np.bincount(spread[self._chosen.rows] + 1, minlength=int(spread.max(initial=-1)) + 2)
        taken[0] = 0  # rows without a value are not capped
        return taken[spread[self._rows] + 1] < self._cap

"""How far apart the splits lie within sequences of numbered files, from names alone: no image is read.

Two frames of one video that are neighbours show nearly the same. When one is in train and the other in test, the
test measures memory. Any split that ignores scenes does this; the distance in frames says how badly.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

MAX_EXAMPLES = 20
_LAST_NUMBER = re.compile(r"[0-9]{1,15}(?=[^0-9/]*$)")


@dataclass(frozen=True, slots=True)
class SequencePair:
    """Neighbours of one sequence that lie in two splits.

    Attributes:
        neighbours: how many such pairs there are.
        nearest: smallest distance in frames; `median`: the middle one.
        close: pairs at most `close_frames` apart.
        examples: (row, row, distance), nearest first.
    """

    a_split: str
    b_split: str
    neighbours: int
    nearest: int
    median: float
    close: int
    examples: tuple[tuple[int, int, int], ...]


@dataclass(frozen=True, slots=True)
class SequenceAudit:
    """The sequences found and, per pair of splits, how near they come to each other.

    Attributes:
        sequences: how many there are; `rows`: how many items belong to one.
        step: the usual distance in frames between neighbours, whatever their splits; None without neighbours.
    """

    sequences: int
    rows: int
    step: float | None
    close_frames: int
    pairs: tuple[SequencePair, ...]


def sequence_of(name: str) -> tuple[str, int] | None:
    """Return what stands around the last number of a file name, and the number.

    >>> sequence_of("drive/cam2_0041.jpg"), sequence_of("cover.jpg")
    (('drive/cam2_#.jpg', 41), None)
    """
    match = _LAST_NUMBER.search(name)
    return None if match is None else (f"{name[: match.start()]}#{name[match.end() :]}", int(match[0]))


def audit(
    names: Sequence[str], sources: NDArray[np.integer], split_of: NDArray[np.integer], splits: tuple[str, ...],
    close_frames: int,
) -> SequenceAudit:  # fmt: skip
    """Measure the distance between neighbours of every sequence that lie in different splits.

    Args:
        names: file name per row.
        sources: (n,) source per row; a sequence never spans two sources.
        split_of: (n,) index into `splits`, -1 for none.
        splits: names of the splits.
        close_frames: distance up to which neighbours count as close.
    """
    keys: dict[tuple[int, str], int] = {}
    key = np.full(len(names), -1, dtype=np.int64)
    frame = np.zeros(len(names), dtype=np.int64)
    for row, (name, source) in enumerate(zip(names, sources.tolist(), strict=True)):
        found = sequence_of(name)
        if found is not None:
            key[row] = keys.setdefault((source, found[0]), len(keys))
            frame[row] = found[1]
    size = np.bincount(key[key >= 0], minlength=max(1, len(keys)))
    in_sequence = (key >= 0) & (size[key] > 1)
    order = np.flatnonzero(in_sequence)
    steps = _steps(order, key, frame)
    placed = order[split_of[order] >= 0]
    return SequenceAudit(
        sequences=int((size > 1).sum()),
        rows=len(order),
        step=float(np.median(steps)) if len(steps) else None,
        close_frames=close_frames,
        pairs=_pairs(placed, (key, frame, split_of), splits, close_frames),
    )


def _steps(rows: NDArray[np.int64], key: NDArray[np.int64], frame: NDArray[np.int64]) -> NDArray[np.int64]:
    ordered = rows[np.lexsort((rows, frame[rows], key[rows]))]
    same = key[ordered[1:]] == key[ordered[:-1]]
    return (frame[ordered[1:]] - frame[ordered[:-1]])[same]


def _pairs(
    rows: NDArray[np.int64],
    columns: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.integer]],
    splits: tuple[str, ...],
    close_frames: int,
) -> tuple[SequencePair, ...]:
    key, frame, split_of = columns
    ordered = rows[np.lexsort((rows, frame[rows], key[rows]))]
    first, second = ordered[:-1], ordered[1:]
    apart = (key[first] == key[second]) & (split_of[first] != split_of[second])
    first, second = first[apart], second[apart]
    distance = frame[second] - frame[first]
    low = np.minimum(split_of[first], split_of[second])
    high = np.maximum(split_of[first], split_of[second])
    found: list[SequencePair] = []
    for a, b in sorted(set(zip(low.tolist(), high.tolist(), strict=True))):
        here = np.flatnonzero((low == a) & (high == b))
        nearest = here[np.argsort(distance[here], kind="stable")][:MAX_EXAMPLES]
        found.append(
            SequencePair(
                splits[a],
                splits[b],
                neighbours=len(here),
                nearest=int(distance[here].min()),
                median=float(np.median(distance[here])),
                close=int((distance[here] <= close_frames).sum()),
                examples=tuple((int(first[i]), int(second[i]), int(distance[i])) for i in nearest.tolist()),
            )
        )
    return tuple(found)

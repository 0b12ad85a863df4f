"""All pairs of 64-bit hashes that differ in few bits, exactly and without comparing every pair.

Multi-index hashing (Norouzi, Punjani and Fleet 2012): cut into four blocks of 16 bits, two hashes that differ in at
most r bits have a block in which they differ in at most r / 4. Every such neighbourhood of blocks is looked up, and
the whole hashes of what is found are compared.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tailwise.ops.progress import Progress

BLOCKS, BLOCK_BITS = 4, 16
MAX_RADIUS = 15
_KEYS = 1 << BLOCK_BITS


def close_pairs(
    hashes: NDArray[np.uint64], radius: int, progress: Progress
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return all pairs `(a, b)`, a < b, of positions whose hashes differ in at most `radius` bits, ordered.

    Equal hashes count as pairs too: a thousand equal ones are half a million pairs, so callers that expect many look
    at distinct hashes only.
    """
    return _join(hashes, hashes, radius, progress, same=True)


def close_pairs_between(
    queries: NDArray[np.uint64], hashes: NDArray[np.uint64], radius: int, progress: Progress
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return all pairs (position in `queries`, position in `hashes`) that differ in at most `radius` bits, ordered."""
    return _join(queries, hashes, radius, progress, same=False)


def distances(hashes: NDArray[np.uint64], others: NDArray[np.uint64]) -> NDArray[np.uint8]:
    """Return in how many bits hashes differ, element by element."""
    return np.bitwise_count(hashes ^ others)


def _join(
    queries: NDArray[np.uint64], hashes: NDArray[np.uint64], radius: int, progress: Progress, *, same: bool
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    if not 0 <= radius <= MAX_RADIUS:
        message = f"radius must be 0..{MAX_RADIUS}"
        raise ValueError(message)
    masks = _masks(radius // BLOCKS)
    progress.stage("Comparing hashes", BLOCKS * len(masks))
    n = len(hashes)
    found = [np.zeros(0, dtype=np.int64)]
    for block in range(BLOCKS):
        mine, theirs = _Sorted(queries, block), _Sorted(hashes, block)
        for mask in masks:
            first, second = _matches(mine, theirs, mask, radius, same=same)
            if same:
                first, second = np.minimum(first, second), np.maximum(first, second)
            found.append(first * n + second)
            progress.advance()
        found = [np.unique(np.concatenate(found))]
    return found[0] // max(1, n), found[0] % max(1, n)


def _masks(flips: int) -> list[int]:
    """Return every change of at most `flips` bits of a block."""
    return [
        sum(1 << bit for bit in chosen)
        for count in range(flips + 1)
        for chosen in combinations(range(BLOCK_BITS), count)
    ]


class _Sorted:
    """Hashes in the order of one of their blocks, and where each value of the block begins."""

    def __init__(self, hashes: NDArray[np.uint64], block: int) -> None:
        keys = ((hashes >> np.uint64(block * BLOCK_BITS)) & np.uint64(_KEYS - 1)).astype(np.int64)
        self.order = np.argsort(keys, kind="stable")
        self.keys = keys[self.order]
        self.hashes = hashes[self.order]
        self.starts = np.concatenate([[0], np.cumsum(np.bincount(keys, minlength=_KEYS))])


def _matches(
    mine: _Sorted, theirs: _Sorted, mask: int, radius: int, *, same: bool
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return positions of all close pairs whose blocks differ by exactly `mask`.

    Each hash is compared with the first of its partners, then with the second of those that have one, and so on: as
    many vector operations as the longest run of partners, and no list of candidates is ever written down.
    """
    partner = mine.keys ^ mask
    begin, end = theirs.starts[partner], theirs.starts[partner + 1]
    if same and mask == 0:
        begin = np.arange(1, len(mine.keys) + 1)
    elif same:
        end = np.where(mine.keys < partner, end, begin)  # the other half finds the same pairs
    active = np.flatnonzero(begin < end)
    at = begin[active]
    last = end[active]
    firsts: list[NDArray[np.int64]] = []
    seconds: list[NDArray[np.int64]] = []
    while len(active):
        near = np.flatnonzero(np.bitwise_count(mine.hashes[active] ^ theirs.hashes[at]) <= radius)
        if len(near):
            firsts.append(mine.order[active[near]])
            seconds.append(theirs.order[at[near]])
        at += 1
        more = at < last
        if not more.all():
            active, at, last = active[more], at[more], last[more]
    if not firsts:
        none = np.zeros(0, dtype=np.int64)
        return none, none
    return np.concatenate(firsts), np.concatenate(seconds)

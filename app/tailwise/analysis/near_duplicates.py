"""Which images may show the same: candidates from hashes, from the coarse look, and from neighbours in a series.

Candidates only: none is believed before the two pictures were laid over each other (imaging.index_align). Every rule
looks at contents, never at the order of the images, so that the same images give the same candidates.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tailwise.analysis.hamming import close_pairs, close_pairs_between

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tailwise.ops.progress import Progress

HASH_RADIUS = 10
NEIGHBOURS = 10
TURNED_NEIGHBOURS = 5
COARSE_SIDE = 16
PYRAMID_PARTS = 5
MIN_SERIES = 3
BRUTE_FORCE = 20_000
_GREY = 128
_BLOCK = 1024
_CELL_SIZE = 250
_PROBES = 6
_DIMENSIONS = 64
_NUMBERED = re.compile(r"^(.*?)(\d+)(\D*)$")


@dataclass(frozen=True, slots=True)
class Candidates:
    """Pairs of positions `a` < `b` to be compared; `mirrored` ones after turning one of them left to right."""

    a: NDArray[np.int64]
    b: NDArray[np.int64]
    mirrored: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.a)


@dataclass(frozen=True, slots=True)
class Looks:
    """What candidates are found from: hashes (n,) uint64, and appearance (n, 976) bytes (720 colour, 256 grey)."""

    phash: NDArray[np.uint64]
    phash_mirror: NDArray[np.uint64]
    appearance: NDArray[np.uint8]


def identical_sets(sha256: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return for every image the position of the first one with the same bytes."""
    _values, first, inverse = np.unique(sha256, axis=0, return_index=True, return_inverse=True)
    return first[inverse.reshape(-1)].astype(np.int64)


def find_candidates(
    looks: Looks, neighbours: NDArray[np.int64], progress: Progress, *, turned: bool = False
) -> Candidates:
    """Return the pairs that are worth a comparison, each once, ordered; `neighbours` (m, 2) follow each other.

    With `turned` also pictures that were turned: by quarters, upside down, or by any angle that left the colours.
    """
    n = len(looks.phash)
    look = looks.appearance
    straight = [
        _hash_pairs(looks.phash, progress),
        _neighbour_pairs(look, look, NEIGHBOURS, progress),
        (neighbours[:, 0], neighbours[:, 1]),
    ]
    mirrored = [
        _mirror_pairs(looks, progress),
        _neighbour_pairs(turned_appearance(look, mirrored=True), look, TURNED_NEIGHBOURS, progress),
    ]
    if turned:
        colours = colours_of(look)
        straight.append(_neighbour_pairs(colours, colours, NEIGHBOURS, progress))
        for quarters in (1, 2, 3):
            for pairs, is_mirrored in ((straight, False), (mirrored, True)):
                query = turned_appearance(look, quarters, mirrored=is_mirrored)
                pairs.append(_neighbour_pairs(query, look, TURNED_NEIGHBOURS, progress))
    keys = [np.unique(np.concatenate([_key(a, b, n) for a, b in found])) for found in (straight, mirrored)]
    both = np.concatenate(keys)
    is_mirrored = np.repeat([False, True], [len(k) for k in keys])
    return Candidates(both // max(n, 1), both % max(n, 1), is_mirrored)


def vectors_of(appearance: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return appearances as vectors whose dot product measures likeness, half by colour and half by layout."""
    colour = appearance[:, : -COARSE_SIDE * COARSE_SIDE].astype(np.float32)
    grey = appearance[:, -COARSE_SIDE * COARSE_SIDE :].astype(np.float32) - _GREY
    parts = [block / np.maximum(np.linalg.norm(block, axis=1, keepdims=True), 1e-6) for block in (colour, grey)]
    return np.concatenate(parts, axis=1, dtype=np.float32)


def turned_appearance(appearance: NDArray[np.uint8], quarters: int = 0, *, mirrored: bool = False) -> NDArray[np.uint8]:
    """Return what the appearance of a turned picture would be: mirrored left to right, then turned by quarters.

    Turns are against the clock. The quarters of the colour pyramid change places with those of the picture; a middle
    row or column of an odd size makes no difference that matters.
    """
    n, length = appearance.shape
    split = length - COARSE_SIDE * COARSE_SIDE
    order = np.concatenate([[0], _turned(np.arange(1, PYRAMID_PARTS).reshape(1, 2, 2), quarters, mirrored).ravel()])
    colour = appearance[:, :split].reshape(n, PYRAMID_PARTS, split // PYRAMID_PARTS)[:, order].reshape(n, split)
    grey = _turned(appearance[:, split:].reshape(n, COARSE_SIDE, COARSE_SIDE), quarters, mirrored)
    return np.concatenate([colour, grey.reshape(n, length - split)], axis=1)


def colours_of(appearance: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return appearances with nothing but the colours of the whole picture, which no turn changes."""
    kept = np.full_like(appearance, _GREY)
    split = appearance.shape[1] - COARSE_SIDE * COARSE_SIDE
    kept[:, :split] = 0
    kept[:, : split // PYRAMID_PARTS] = appearance[:, : split // PYRAMID_PARTS]
    return kept


def _turned(pictures: NDArray[Any], quarters: int, mirrored: bool) -> NDArray[Any]:
    return np.rot90(pictures[:, :, ::-1] if mirrored else pictures, quarters, axes=(1, 2))


def series_pairs(names: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return neighbours in numbered series: same folder and name around the last number, the next number there is.

    A series has at least `MIN_SERIES` images; a gap of more than twice the usual step is no neighbourhood.
    """
    series: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for at, name in enumerate(names):
        matched = _NUMBERED.match(name)
        if matched:
            series.setdefault((matched[1], matched[3]), []).append((int(matched[2]), at))
    first: list[int] = []
    second: list[int] = []
    for members in series.values():
        if len(members) < MIN_SERIES:
            continue
        members.sort()
        steps = [following[0] - one[0] for one, following in itertools.pairwise(members)]
        usual = max(1, sorted(steps)[len(steps) // 2])
        near = [at for at, step in enumerate(steps) if 0 < step <= 2 * usual]
        first += [members[at][1] for at in near]
        second += [members[at + 1][1] for at in near]
    return np.array(first, dtype=np.int64), np.array(second, dtype=np.int64)


def _key(a: NDArray[np.int64], b: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    apart = a != b
    a, b = a[apart], b[apart]
    return np.minimum(a, b) * n + np.maximum(a, b)


def _hash_pairs(phash: NDArray[np.uint64], progress: Progress) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return pairs of close hashes; images of one hash are chained to the first, lest a thousand make half a million.

    Where two hashes are close, the first images that have them stand for all.
    """
    values, first, inverse = np.unique(phash, return_index=True, return_inverse=True)
    a, b = close_pairs(values, HASH_RADIUS, progress)
    chained = np.arange(len(phash))
    return (
        np.concatenate([first[a], first[inverse.reshape(-1)]]).astype(np.int64),
        np.concatenate([first[b], chained]).astype(np.int64),
    )


def _mirror_pairs(looks: Looks, progress: Progress) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    values, first = np.unique(looks.phash, return_index=True)
    mirrors, where = np.unique(looks.phash_mirror, return_index=True)
    a, b = close_pairs_between(mirrors, values, HASH_RADIUS, progress)
    return where[a].astype(np.int64), first[b].astype(np.int64)


def _neighbour_pairs(
    queries: NDArray[np.uint8], appearance: NDArray[np.uint8], count: int, progress: Progress
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return each image with the `count` that look most like it, itself left out."""
    n = len(appearance)
    count = min(count, n - 1)
    if count < 1:
        none = np.zeros(0, dtype=np.int64)
        return none, none
    if n > BRUTE_FORCE:
        return _probed_pairs(queries, appearance, count, progress)
    vectors = vectors_of(appearance)
    asked = vectors if queries is appearance else vectors_of(queries)
    progress.stage("Looking for look-alikes", n)
    found: list[NDArray[np.int64]] = []
    for start in range(0, n, _BLOCK):
        rows = np.arange(start, min(start + _BLOCK, n))
        likeness = asked[rows] @ vectors.T
        likeness[np.arange(len(rows)), rows] = -np.inf
        found.append(_best(likeness, count))
        progress.advance(len(rows))
    return np.repeat(np.arange(n), count), np.concatenate(found).ravel()


def _best(likeness: NDArray[np.float32], count: int) -> NDArray[np.int64]:
    if likeness.shape[1] <= count:
        return np.broadcast_to(np.arange(likeness.shape[1]), likeness.shape).astype(np.int64)
    return np.argpartition(likeness, -count, axis=1)[:, -count:].astype(np.int64)


def _probed_pairs(
    queries: NDArray[np.uint8], appearance: NDArray[np.uint8], count: int, progress: Progress
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Look only in the cells nearest to each image: 64 directions of most spread, k-means cells, a few probes."""
    from sklearn.cluster import MiniBatchKMeans

    vectors = vectors_of(appearance)
    mean, basis = _directions(vectors)
    small = (vectors - mean) @ basis
    asked = small if queries is appearance else (vectors_of(queries) - mean) @ basis
    cells = max(2, len(small) // _CELL_SIZE)
    progress.stage("Sorting images into cells")
    clusters = MiniBatchKMeans(cells, random_state=7, batch_size=8192, max_iter=10).fit(small)
    centres = np.asarray(clusters.cluster_centers_, dtype=np.float32)
    members = _members(np.asarray(clusters.labels_), cells)
    home = np.asarray(clusters.predict(asked))
    near = np.argsort(((centres[:, None, :] - centres[None, :, :]) ** 2).sum(axis=2), axis=1, kind="stable")
    progress.stage("Looking for look-alikes", len(small))
    first: list[NDArray[np.int64]] = []
    second: list[NDArray[np.int64]] = []
    for cell, rows in enumerate(_members(home, cells)):
        pool = np.concatenate([members[other] for other in near[cell, :_PROBES]])
        apart = (small[pool] ** 2).sum(axis=1) - 2 * asked[rows] @ small[pool].T
        apart[pool[None, :] == rows[:, None]] = np.inf
        chosen = _best(-apart, min(count, max(1, len(pool) - 1)))
        first.append(np.repeat(rows, chosen.shape[1]))
        second.append(pool[chosen].ravel())
        progress.advance(len(rows))
    return np.concatenate(first), np.concatenate(second)


def _members(cell_of: NDArray[np.integer[Any]], cells: int) -> list[NDArray[np.int64]]:
    order = np.argsort(cell_of, kind="stable")
    return np.split(order, np.cumsum(np.bincount(cell_of, minlength=cells))[:-1])


def _directions(vectors: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    step = max(1, len(vectors) // BRUTE_FORCE)
    sample = vectors[::step]
    mean = sample.mean(axis=0)
    centred = sample - mean
    _variance, directions = np.linalg.eigh(centred.T @ centred)
    return mean, np.ascontiguousarray(directions[:, -_DIMENSIONS:])

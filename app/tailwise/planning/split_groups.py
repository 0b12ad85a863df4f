"""Groups that a split must not cut, and an order of items that no shuffling of rows can change."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

NO_GROUP = -1
UNASSIGNED = -1
_GOLDEN = 0x9E3779B97F4A7C15  # 2^64 / golden ratio: the step of splitmix64 (Steele, Lea, Flood 2014)


def connected_groups(n_items: int, *keys: NDArray[np.integer]) -> NDArray[np.int64]:
    """Join items that share a value in any key column, directly or through others.

    Args:
        n_items: number of items.
        keys: columns of `n_items` codes; a negative code means that the item has no group in that column.

    Returns:
        Group number of each item, 0 .. groups - 1, numbered by the first item of each group.

    >>> import numpy as np
    >>> connected_groups(5, np.array([7, 7, -1, -1, 3]), np.array([-1, 2, 2, -1, -1])).tolist()
    [0, 0, 0, 1, 2]
    """
    ends: list[NDArray[np.int64]] = []
    items: list[NDArray[np.int64]] = []
    nodes = n_items
    for key in keys:
        column = np.asarray(key)
        if column.shape != (n_items,):
            raise ValueError(f"a key column has shape {column.shape}, expected ({n_items},)")
        with_group = np.flatnonzero(column >= 0)
        values, codes = np.unique(column[with_group], return_inverse=True)
        items.append(with_group.astype(np.int64))
        ends.append(codes.astype(np.int64) + nodes)
        nodes += values.size
    if nodes == n_items:
        return np.arange(n_items, dtype=np.int64)
    start, end = np.concatenate(items), np.concatenate(ends)
    graph = sparse.csr_array((np.ones(start.size, dtype=np.int8), (start, end)), shape=(nodes, nodes))
    _, component = connected_components(graph, directed=False)
    _, first, numbers = np.unique(component[:n_items], return_index=True, return_inverse=True)
    rank = np.empty(first.size, dtype=np.int64)
    rank[np.argsort(first, kind="stable")] = np.arange(first.size)
    return rank[numbers]


def count_cut(groups: NDArray[np.integer], assignment: NDArray[np.integer]) -> int:
    """Return how many groups have items in more than one split; negative codes belong to no group or no split."""
    is_counted = (groups >= 0) & (assignment >= 0)
    width = int(assignment.max(initial=0)) + 1
    pairs = np.unique(groups[is_counted].astype(np.int64) * width + assignment[is_counted])
    _, splits_of_group = np.unique(pairs // width, return_counts=True)
    return int((splits_of_group > 1).sum())


def cut_between(groups: NDArray[np.integer], assignment: NDArray[np.integer], n_splits: int) -> NDArray[np.int64]:
    """Return splits × splits: how many groups have items in both; negative codes belong to no group or no split."""
    is_counted = (groups >= 0) & (assignment >= 0)
    _, codes = np.unique(groups[is_counted], return_inverse=True)
    pairs = np.unique(codes.astype(np.int64) * n_splits + assignment[is_counted])
    member = sparse.csr_array(
        (np.ones(pairs.size, dtype=np.int64), (pairs // n_splits, pairs % n_splits)),
        shape=(int(codes.max(initial=-1)) + 1, n_splits),
    )
    return np.asarray((member.T @ member).todense(), dtype=np.int64)


def stable_keys(texts: Iterable[str]) -> NDArray[np.uint64]:
    """Hash texts (relative file names, ids of the source) to 64-bit keys that are the same on every machine."""
    digests = [blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest() for text in texts]
    return np.frombuffer(b"".join(digests), dtype="<u8").astype(np.uint64)


def mixed(keys: NDArray[np.uint64], seed: int) -> NDArray[np.uint64]:
    """Scramble keys with a seed (the finaliser of splitmix64): equal keys stay equal, their order becomes random."""
    z = keys + np.uint64((seed + 1) * _GOLDEN & 0xFFFFFFFFFFFFFFFF)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))

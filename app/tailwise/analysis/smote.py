"""New rows between rows of one class (SMOTE, Chawla et al. 2002), with categories by vote (SMOTE-NC).

For measured features only: between two pictures lies no third one. Tables with pixels are refused by the caller.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BLOCK = 512


def smote(
    numbers: NDArray[np.float64], codes: NDArray[np.int64], count: int, neighbours: int, seed: int
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return `count` new rows of one class.

    Each lies at a random place between a row x and one of its nearest rows: x + u (neighbour - x), u in 0..1, so that
    no feature leaves the range it has. Categories are those most of the neighbours have. Base rows are taken in turn,
    in a seeded order.

    Args:
        numbers: (n, d) features.
        codes: (n, c) categories as numbers, c may be 0.
        count: rows to make.
        neighbours: how many of the nearest rows are drawn from; n must be larger.
        seed: of order, neighbours and places.
    """
    rng = np.random.default_rng(seed)
    near = nearest(numbers, codes, neighbours)
    order = rng.permutation(len(numbers))
    base = order[np.arange(count) % len(order)]
    chosen = near[base, rng.integers(0, neighbours, count)]
    share = rng.random((count, 1))
    made = numbers[base] + share * (numbers[chosen] - numbers[base])
    # Rounding must not lead out of the range either.
    low, high = np.minimum(numbers[base], numbers[chosen]), np.maximum(numbers[base], numbers[chosen])
    votes = codes[near[base]] if codes.shape[1] else np.zeros((count, neighbours, 0), np.int64)
    return np.clip(made, low, high), _most_frequent(votes)


def nearest(numbers: NDArray[np.float64], codes: NDArray[np.int64], neighbours: int) -> NDArray[np.int64]:
    """Return the `neighbours` nearest other rows of every row (n, k), nearest first.

    Distances are Euclidean in the features as they are; each category that differs adds the square of the median of
    the features' standard deviations. Equal distances go to the earlier row.
    """
    squares = (numbers**2).sum(axis=1)
    step = float(np.median(numbers.std(axis=0))) ** 2
    found = np.empty((len(numbers), neighbours), np.int64)
    for start in range(0, len(numbers), _BLOCK):
        rows = slice(start, min(start + _BLOCK, len(numbers)))
        distance = squares[rows, None] + squares[None] - 2 * numbers[rows] @ numbers.T
        if codes.shape[1]:
            distance += step * (codes[rows, None] != codes[None]).sum(axis=2)
        distance[np.arange(rows.stop - start), np.arange(start, rows.stop)] = np.inf
        found[rows] = np.argsort(np.round(distance, 9), axis=1, kind="stable")[:, :neighbours]
    return found


def _most_frequent(votes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the most frequent code of every row and column (n, k, c) -> (n, c); ties go to the smaller code."""
    made = np.zeros((votes.shape[0], votes.shape[2]), np.int64)
    for column in range(votes.shape[2]):
        counts = (votes[:, :, column, None] == np.arange(votes.max(initial=0) + 1)).sum(axis=1)
        made[:, column] = counts.argmax(axis=1)
    return made

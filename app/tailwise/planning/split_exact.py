"""A handful of groups: look at every assignment, so that small splits are best and not merely good.

The groups are halved. What a split holds is what the two halves bring, so the imbalance of every pair of half
assignments comes from one product of matrices (meet in the middle).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tailwise.planning.split_balance import DIGITS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tailwise.ops.progress import Progress
    from tailwise.planning.split_balance import Balance

MAX_ASSIGNMENTS = 600_000  # 3 splits: 12 groups; 2 splits: 19
MAX_NUMBERS = 100_000_000
"""Assignments times splits times columns with floors: about a second."""
CHUNK_NUMBERS = 4_000_000
CLOSE = 1e-6


@dataclass(frozen=True, slots=True)
class _Half:
    """Every assignment of some groups: `splits` is assignments × groups, `held` splits × assignments × columns."""

    splits: NDArray[np.int64]
    held: NDArray[np.float64]


def is_small(balance: Balance) -> bool:
    """Whether every assignment of the groups that are left can be looked at."""
    groups = int(balance.left.sum())
    count = balance.n_splits**groups if groups <= 32 else MAX_ASSIGNMENTS + 1
    columns = 1 + balance.shortage.columns.size
    return count <= MAX_ASSIGNMENTS and count * balance.n_splits * columns <= MAX_NUMBERS


def deal_best(balance: Balance, progress: Progress) -> None:
    """Deal every group in the best of all ways; of equally good ones the first in the order of groups and splits."""
    kinds = np.repeat(np.arange(balance.left.size), balance.left)
    content = balance.types.matrix[kinds].toarray()
    first, second = (_half(part, balance.n_splits) for part in np.array_split(content, 2))
    chunk = max(1, CHUNK_NUMBERS // (second.splits.shape[0] * balance.n_splits * (1 + balance.shortage.columns.size)))
    progress.stage("Trying every way", first.splits.shape[0])
    best, best_cost = (0, 0), (np.inf, np.inf)
    for start in range(0, first.splits.shape[0], chunk):
        rows = np.arange(start, min(start + chunk, first.splits.shape[0]))
        found, cost = _best_of(balance, first.held[:, rows], second.held)
        if cost < best_cost:
            best, best_cost = (start + found[0], found[1]), cost
        progress.advance(rows.size)
    splits = np.concatenate([first.splits[best[0]], second.splits[best[1]]])
    for kind, split in zip(kinds.tolist(), splits.tolist(), strict=True):
        balance.put(kind, split)


def _half(content: NDArray[np.float64], n_splits: int) -> _Half:
    groups = content.shape[0]
    place = n_splits ** np.arange(groups)[::-1]
    splits = np.arange(n_splits**groups)[:, None] // place % n_splits
    return _Half(splits, np.stack([(splits == split) @ content for split in range(n_splits)]))


def _best_of(
    balance: Balance, first: NDArray[np.float64], second: NDArray[np.float64]
) -> tuple[tuple[int, int], tuple[float, float]]:
    """Return the best pair of half assignments, and what is missing and the imbalance with it."""
    root = np.sqrt(balance.pull)[:, None]
    off = (balance.types.base - balance.asked)[:, None]
    one = np.concatenate(list(root * (first + off)), axis=1)
    other = np.concatenate(list(root * second), axis=1)
    imbalance = (one**2).sum(axis=1)[:, None] + (other**2).sum(axis=1) + 2.0 * (one @ other.T)
    missing = _missing(balance, first, second)
    best = float(missing.min())
    is_close = (missing == best) & (imbalance <= imbalance[missing == best].min() + CLOSE)
    rows, columns = np.nonzero(is_close)
    # The product above may be off in its last digits, and not on every machine in the same ones.
    exact = ((one[rows] + other[columns]) ** 2).sum(axis=1).round(DIGITS)
    at = int(exact.argmin())
    return (int(rows[at]), int(columns[at])), (best, float(exact[at]))


def _missing(balance: Balance, first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    base, columns = balance.types.base[:, None, None], balance.shortage.columns
    sizes = base[..., 0] + first[:, :, None, 0] + second[:, None, :, 0]
    amounts = base[..., columns] + first[:, :, None, columns] + second[:, None, :, columns]
    return balance.shortage.total(sizes, amounts)

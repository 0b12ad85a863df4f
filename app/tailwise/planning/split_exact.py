"""A handful of groups: look at every assignment, so that small splits are best and not merely good."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tailwise.planning.split_balance import DIGITS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tailwise.ops.progress import Progress
    from tailwise.planning.split_balance import Balance

MAX_ASSIGNMENTS = 200_000  # 3 splits: 11 groups; 2 splits: 17
MAX_NUMBERS = 400_000_000
"""Assignments times splits times columns: about two seconds."""
CHUNK_NUMBERS = 1_000_000


def is_small(balance: Balance) -> bool:
    """Whether every assignment of the groups that are left can be looked at."""
    groups = int(balance.left.sum())
    count = balance.n_splits**groups if groups <= 32 else MAX_ASSIGNMENTS + 1
    return count <= MAX_ASSIGNMENTS and count * balance.held.size <= MAX_NUMBERS


def deal_best(balance: Balance, progress: Progress) -> None:
    """Deal every group in the best of all ways; of equally good ones the first in the order of groups and splits."""
    kinds = np.repeat(np.arange(balance.left.size), balance.left)
    content = balance.types.matrix[kinds].toarray()
    count = balance.n_splits**kinds.size
    place = balance.n_splits ** np.arange(kinds.size)[::-1]
    best, best_cost = 0, (np.inf, np.inf)
    progress.stage("Trying every way", count)
    chunk = max(1, CHUNK_NUMBERS // balance.held.size)
    for start in range(0, count, chunk):
        codes = np.arange(start, min(start + chunk, count))
        missing, imbalance = _costs(balance, content, codes[:, None] // place % balance.n_splits)
        first = int(np.lexsort((codes, imbalance.round(DIGITS), missing))[0])
        cost = (float(missing[first]), float(imbalance[first].round(DIGITS)))
        if cost < best_cost:
            best, best_cost = int(codes[first]), cost
        progress.advance(codes.size)
    for kind, split in zip(kinds.tolist(), (best // place % balance.n_splits).tolist(), strict=True):
        balance.put(kind, split)


def _costs(
    balance: Balance, content: NDArray[np.float64], splits: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return missing and imbalance of each assignment (rows of `splits`: the split of each group)."""
    held = np.stack([base + (splits == s) @ content for s, base in enumerate(balance.types.base)])
    return balance.missing(held), (balance.pull[:, None] * (held - balance.asked[:, None]) ** 2).sum(axis=(0, 2))

"""The first full assignment: witnesses of scarce classes, identical groups in proportion, then big and rare first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tailwise.ops.progress import track
from tailwise.planning.split_balance import DIGITS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tailwise.ops.progress import Progress
    from tailwise.planning.split_balance import Balance

SCARCE_GROUPS = 3.0
"""A class is scarce when its smallest split can expect fewer groups of it than this."""
REPORT_EVERY = 1_024


def deal(balance: Balance, progress: Progress) -> None:
    """Deal every copy of every type.

    Args:
        balance: an empty state (locked content only); filled in place.
        progress: told once per few thousand types.
    """
    place_witnesses(balance)
    blocks = np.flatnonzero(balance.left > 1).tolist()
    progress.stage("Dealing groups", balance.left.size + len(blocks))
    for kind in track(blocks, progress, REPORT_EVERY):
        _deal_block(balance, kind)
    for kind, copies in track(enumerate(balance.left.tolist()), progress, REPORT_EVERY):
        for _ in range(copies):
            price = (balance.slope(kind) + balance.square[kind]).round(DIGITS)
            balance.put(kind, int(price.argmin()))


def place_witnesses(balance: Balance) -> None:
    """Give scarce classes their floors while there is still a choice, the rarest class first.

    Of the groups that hold the class the one is taken, and of the splits that lack it the one, that costs least.
    """
    columns = balance.floors.columns
    if not columns.size:
        return
    smallest_share = float(balance.shares.min())
    by_column = balance.types.matrix[:, columns].tocsc()
    kinds_of = np.split(by_column.indices, by_column.indptr[1:-1])
    groups = np.array([int(balance.types.copies[kinds].sum()) for kinds in kinds_of])
    for at in np.lexsort((columns, groups)).tolist():
        column, kinds = int(columns[at]), kinds_of[at]
        if groups[at] * smallest_share < SCARCE_GROUPS:
            _spread_column(balance, column, kinds)
        _reach_least(balance, column, kinds)


def _spread_column(balance: Balance, column: int, kinds: NDArray[np.int32]) -> None:
    wanted = int(balance.floors.spread[column])
    while True:
        held = balance.held[:, column]
        if np.count_nonzero(held) >= wanted or not _put_cheapest(balance, kinds, np.flatnonzero(held == 0)):
            return


def _reach_least(balance: Balance, column: int, kinds: NDArray[np.int32]) -> None:
    """Fill amounts that the ratios alone would not reach."""
    least = balance.floors.least[:, column]
    beyond = np.flatnonzero(least > balance.asked[:, column])
    while True:
        lacking = beyond[balance.held[beyond, column] < least[beyond]]
        if not lacking.size or not _put_cheapest(balance, kinds, lacking[:1]):
            return


def _put_cheapest(balance: Balance, kinds: NDArray[np.int32], splits: NDArray[np.int64]) -> bool:
    """Put one copy of the cheapest of some types into the cheapest of some splits; return whether one was left."""
    usable = kinds[balance.left[kinds] > 0]
    if not usable.size:
        return False
    gradient = (balance.pull * (balance.held - balance.asked))[splits]
    price = np.round(2.0 * (balance.types.matrix[usable] @ gradient.T) + balance.square[usable][:, splits], DIGITS)
    kind, split = np.unravel_index(int(np.argmin(price)), price.shape)
    balance.put(int(usable[kind]), int(splits[split]))
    return True


def _deal_block(balance: Balance, kind: int) -> None:
    """Deal most copies of one type at once.

    Minimises `sum p x + q x^2` over `x >= 0` with the sum fixed: `x = max(0, (level - p) / 2q)`. With nothing locked
    this is the share of each split. The parts below one copy are left for later.
    """
    copies = int(balance.left[kind])
    slope, square = balance.slope(kind), balance.square[kind]
    order = np.argsort(slope, kind="stable")
    half = 1.0 / (2.0 * square[order])
    levels = (copies + np.cumsum(slope[order] * half)) / np.cumsum(half)
    last = int(np.flatnonzero(levels > slope[order])[-1])
    exact = np.maximum(0.0, (levels[last] - slope) / (2.0 * square))
    for split, whole in enumerate(np.floor(np.round(exact, DIGITS)).astype(np.int64).tolist()):
        if whole:
            balance.put(kind, split, whole)

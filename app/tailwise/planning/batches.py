"""Batches for labellers: every stream is spread evenly over them, so that rare objects never come all at once.

A labeller who meets nothing of the rare class for a day stops looking for it, and one who meets nothing else starts to
see it everywhere.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

BATCH_ITEMS = 50


def spread(amounts: Sequence[int], size: int = BATCH_ITEMS) -> list[list[int]]:
    """Share out items of several streams over batches of nearly equal size.

    Args:
        amounts: items per stream.
        size: most items of a batch.

    Returns:
        Items per batch and stream. Batches differ by at most one item in size, and in the items of a stream by at most
        one more than there are streams.

    >>> spread([6, 60, 34], 50)
    [[3, 30, 17], [3, 30, 17]]
    """
    total = sum(amounts)
    if total == 0:
        return []
    batches = -(-total // size)
    places = sorted(
        (Fraction(2 * i + 1, 2 * amount), stream) for stream, amount in enumerate(amounts) for i in range(amount)
    )
    answer = [[0] * len(amounts) for _ in range(batches)]
    for position, (_, stream) in enumerate(places):
        answer[position * batches // total][stream] += 1
    return answer

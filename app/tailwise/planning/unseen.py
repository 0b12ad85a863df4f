"""How much has not been seen yet: Good-Turing's share of unseen kinds, and Chao's estimate of their number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Unseen:
    """What the kinds seen once or twice tell about those never seen.

    Attributes:
        share: probability, 0..1, that the next object is of a kind not seen yet (Good 1953): kinds seen once over all
            objects.
        kinds: estimated number of kinds there are, seen or not (Chao 1984); falls back to the corrected estimate when
            no kind was seen exactly twice.
        kinds_corrected: the same with bias correction, always finite.
    """

    share: float
    kinds: float
    kinds_corrected: float


def unseen(counts: Iterable[int]) -> Unseen:
    """Estimate what is unseen from the objects seen of each kind.

    >>> unseen([10, 5, 2, 1, 1, 1])
    Unseen(share=0.15, kinds=10.5, kinds_corrected=7.5)
    """
    seen = [count for count in counts if count > 0]
    once, twice = seen.count(1), seen.count(2)
    corrected = len(seen) + once * (once - 1) / (2 * (twice + 1))
    plain = len(seen) + once * once / (2 * twice) if twice else corrected
    return Unseen(once / sum(seen) if seen else 1.0, plain, corrected)

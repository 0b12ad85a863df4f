"""Clusters of images that show the same, why they are believed, and where they lie in two splits."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tailwise.domain.changes import Changes
from tailwise.domain.index import ItemMark

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tailwise.domain.index import EdgeKind

DEFAULT_THRESHOLD = 0.80
"""Least correlation of the aligned pictures of a pair; from 0.90 on it is the same frame, edited."""

LOWEST_THRESHOLD = 0.60
"""Pairs below this are not kept, so no threshold can be lower."""

DUPLICATE_MARK_AXIS = "duplicate review"
"""Condition of images somebody marked on the Duplicates page: keep or exclude."""


@dataclass(frozen=True, slots=True)
class DuplicateRequest:
    """How to look for near-duplicates.

    Attributes:
        threshold: least correlation of an aligned pair, 0.6..1.
        bursts: also join less alike images that follow each other: by camera and time, or by number.
        workers: processes; 0 means one per core.
        turned: also look for images turned by quarters or any angle, and upside down; takes about twice as long.
    """

    threshold: float = DEFAULT_THRESHOLD
    bursts: bool = True
    workers: int = 0
    turned: bool = False


@dataclass(frozen=True, slots=True)
class DuplicateEdge:
    """Two images, `a` < `b`, that show the same, and the reason in one line."""

    a: int
    b: int
    kind: EdgeKind
    correlation: float
    reason: str
    by_hand: bool = False


@dataclass(frozen=True, slots=True)
class DuplicateCluster:
    """Images that show the same.

    Attributes:
        id: the smallest item id in it.
        kind: of the weakest edge it hangs on.
        items: item ids, ascending.
        edges: what holds it together, each edge needed.
        splits: names of the splits its images are in; more than one is a leak.
        marks: what was decided for single images, by item id; reasons: why, where somebody said so.
        labels: the sets of classes its labelled images have when they disagree, each with the number of images.
    """

    id: int
    kind: EdgeKind
    items: tuple[int, ...]
    edges: tuple[DuplicateEdge, ...]
    splits: tuple[str, ...]
    marks: Mapping[int, ItemMark]
    reasons: Mapping[int, str] = field(default_factory=dict[int, str])
    labels: tuple[tuple[str, int], ...] = ()

    @property
    def is_leak(self) -> bool:
        """Whether it lies in more than one split."""
        return len(self.splits) > 1

    @property
    def labels_disagree(self) -> bool:
        """Whether labelled images of it do not have the same classes."""
        return bool(self.labels)

    @property
    def is_resolved(self) -> bool:
        """Whether somebody decided for every image of it."""
        return all(item in self.marks for item in self.items)

    @property
    def is_ambiguous(self) -> bool:
        """Whether somebody must say whose label is right before the others can be excluded."""
        return self.labels_disagree and not self.is_resolved and ItemMark.KEEP not in self.marks.values()


@dataclass(frozen=True, slots=True)
class SplitLeak:
    """How many pairs of images of one cluster lie in two different splits."""

    a_split: str
    b_split: str
    pairs: int


@dataclass(frozen=True, slots=True)
class DuplicateReport:
    """All clusters at a threshold, leaks first.

    Attributes:
        images: indexed images that were compared; in_clusters: images that have a twin.
        compared: pairs that were laid over each other so far.
        histogram: kept pairs by correlation, one number per 0.02 from `LOWEST_THRESHOLD` to 1.
    """

    threshold: float
    clusters: tuple[DuplicateCluster, ...]
    leaks: tuple[SplitLeak, ...]
    images: int
    compared: int
    histogram: tuple[int, ...] = ()
    changes: Changes = Changes.INDEX | Changes.CONDITIONS | Changes.ITEMS

    @property
    def in_clusters(self) -> int:
        """Images that have a twin."""
        return sum(len(one.items) for one in self.clusters)

    @property
    def undecided(self) -> int:
        """Clusters of which not every image was decided."""
        return sum(not one.is_resolved for one in self.clusters)

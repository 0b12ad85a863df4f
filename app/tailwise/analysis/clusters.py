"""Join images that show the same into clusters, edge by edge, strongest first.

What a person said wins: pairs said to be the same are joined before all else, and pairs said to be different never end
up in one cluster, whatever lies between them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tailwise.domain.index import EdgeKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

WIDE = 50
"""A cluster of more images than this is cut again: only edges of edited frames stay, then only those of one frame."""

NEAR_CORRELATION = 0.90
SAME_FRAME_POINTS = 100
"""Agreeing points, of 500 looked for, that two shots of one frame have and two objects of one kind do not.

On one production line everything looks alike and its clusters grow together; of 4,553 pairs there, 95 % of those of the
same object had 123 points or more, and 95 % of the others 79 or fewer.
"""
_STRENGTH = {EdgeKind.EXACT: 3, EdgeKind.NEAR: 2, EdgeKind.SCENE: 1, EdgeKind.BURST: 0}


@dataclass(frozen=True, slots=True)
class Link:
    """An edge between two images, `a` < `b`, by any numbers that name them; said by a person or computed.

    `points` is how many points of the two pictures agree; 0 where nobody counted. `in_burst`: one camera took the two
    within seconds, which says more than the pictures do; such a link holds in a cluster of any size.
    """

    a: int
    b: int
    kind: EdgeKind
    correlation: float
    by_hand: bool = False
    points: int = 0
    in_burst: bool = False


class _Sets:
    """Disjoint sets that refuse to hold two members somebody wants apart."""

    def __init__(self, apart: Iterable[tuple[int, int]]) -> None:
        self._parent: dict[int, int] = {}
        self._apart: dict[int, set[int]] = {}
        for a, b in apart:
            self._apart.setdefault(a, set()).add(b)
            self._apart.setdefault(b, set()).add(a)
        self._members: dict[int, list[int]] = {}

    def root(self, x: int) -> int:
        while (above := self._parent.get(x, x)) != x:
            self._parent[x] = x = self._parent.get(above, above)
        return x

    def join(self, a: int, b: int) -> bool:
        """Join the sets of two members; False if some of them must stay apart."""
        first, second = self.root(a), self.root(b)
        if first == second:
            return True
        small, large = self._of(first), self._of(second)
        if len(small) > len(large):
            first, second, small, large = second, first, large, small
        if any(self.root(enemy) == second for member in small for enemy in self._apart.get(member, ())):
            return False
        self._parent[first] = second
        self._members[second] = large + small
        self._members.pop(first, None)
        return True

    def _of(self, root: int) -> list[int]:
        return self._members.get(root, [root])


def cluster(links: Sequence[Link], apart: Sequence[tuple[int, int]] = ()) -> list[list[Link]]:
    """Return the clusters as lists of the links that hold them, ordered by their smallest member.

    A link whose ends were not joined (somebody wants members of the two sides apart, or a wide cluster was cut there)
    belongs to none. The result does not depend on the order of `links`.
    """
    found = _clusters(links, apart)
    for keeps in (_is_edited_frame, _is_same_frame):
        whole = [one for one in found if len(members_of(one)) <= WIDE]
        ends = {end for one in found if len(members_of(one)) > WIDE for link in one for end in (link.a, link.b)}
        # All links of a wide cluster, not those alone that happened to hold it: others may be the better ones.
        found = [
            *whole,
            *_clusters([link for link in links if link.a in ends and link.b in ends and keeps(link)], apart),
        ]
    return sorted(found, key=lambda one: min(link.a for link in one))


def members_of(links: Iterable[Link]) -> list[int]:
    """Return the images that links touch, ascending."""
    return sorted({end for link in links for end in (link.a, link.b)})


def weakest(links: Sequence[Link]) -> Link:
    """Return the link a cluster hangs on: the weakest of those that hold it together."""
    return min(links, key=_strength)


def _is_edited_frame(link: Link) -> bool:
    return link.by_hand or link.in_burst or link.correlation >= NEAR_CORRELATION


def _is_same_frame(link: Link) -> bool:
    return link.by_hand or link.in_burst or link.kind is EdgeKind.EXACT or link.points >= SAME_FRAME_POINTS


def _clusters(links: Sequence[Link], apart: Sequence[tuple[int, int]]) -> list[list[Link]]:
    sets = _Sets(apart)
    ordered = sorted(links, key=_strength, reverse=True)
    held = [link for link in ordered if sets.join(link.a, link.b)]
    by_root: dict[int, list[Link]] = {}
    for link in held:
        by_root.setdefault(sets.root(link.a), []).append(link)
    return [sorted(found, key=lambda link: (link.a, link.b)) for found in by_root.values()]


def _strength(link: Link) -> tuple[bool, int, float, int, int]:
    return (link.by_hand, _STRENGTH[link.kind], link.correlation, -link.a, -link.b)

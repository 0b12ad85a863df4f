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
"""A cluster of more images than this is cut again, keeping only edges of edited frames."""

NEAR_CORRELATION = 0.90
_STRENGTH = {EdgeKind.EXACT: 3, EdgeKind.NEAR: 2, EdgeKind.SCENE: 1, EdgeKind.BURST: 0}


@dataclass(frozen=True, slots=True)
class Link:
    """An edge between two images, `a` < `b`, by any numbers that name them; said by a person or computed."""

    a: int
    b: int
    kind: EdgeKind
    correlation: float
    by_hand: bool = False


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
    result: list[list[Link]] = []
    for members in found:
        if len(members_of(members)) <= WIDE:
            result.append(members)
        else:
            strong = [link for link in members if link.by_hand or link.correlation >= NEAR_CORRELATION]
            result += _clusters(strong, apart)
    return sorted(result, key=lambda one: min(link.a for link in one))


def members_of(links: Iterable[Link]) -> list[int]:
    """Return the images that links touch, ascending."""
    return sorted({end for link in links for end in (link.a, link.b)})


def weakest(links: Sequence[Link]) -> Link:
    """Return the link a cluster hangs on: the weakest of those that hold it together."""
    return min(links, key=_strength)


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

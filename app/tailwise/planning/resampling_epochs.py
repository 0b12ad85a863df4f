"""Whole numbers per epoch: which items are used how often, so that every epoch has the total to the item.

Items of a part (a class, or a kind of items) are put in one seeded order in which scenes alternate. Each gets the whole
part of its share; what is left over goes to a window of that order, and the window moves on from epoch to epoch. So
all items of a class that is thinned out are met after as few epochs as possible, and repeats never pile up on a scene.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tailwise.planning.split_groups import mixed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

_GOLDEN = 0.6180339887498949  # steps by the golden ratio never come close to a former one too soon
_ROUNDING = 1e-9


class EpochPlan:
    """Lays out epochs for parts with given totals.

    Args:
        part: (n,) part of each item, 0 .. parts - 1.
        totals: (parts,) uses per epoch of all items of a part; their sum is a whole number.
        scene: (n,) scene of each item. keys: (n,) stable keys.
        seed: decides orders and where windows begin.
        per_scene: share out over the scenes of a part, and within a scene over its items.
    """

    def __init__(
        self,
        part: NDArray[np.int64],
        totals: NDArray[np.float64],
        scene: NDArray[np.int64],
        keys: NDArray[np.uint64],
        seed: int,
        *,
        per_scene: bool = False,
    ) -> None:
        self._totals = totals
        self._sum = round(float(totals.sum()))
        self._offset = float(mixed(np.zeros(1, dtype=np.uint64), seed)[0]) / 2.0**64
        self._n_items = part.size
        scrambled = mixed(keys, seed)
        self._order = _alternating(part, scene, scrambled, per_scene=per_scene)
        ordered_part = part[self._order]
        if per_scene:
            self._unit = _numbered(ordered_part, scene[self._order])
        else:
            self._unit = np.arange(part.size)
        n_units = int(self._unit.max(initial=-1)) + 1
        self._unit_size = np.bincount(self._unit, minlength=n_units)
        self._unit_start = np.cumsum(self._unit_size) - self._unit_size
        self._unit_part = ordered_part[self._unit_start] if n_units else np.zeros(0, dtype=np.int64)
        self._part_units = np.bincount(self._unit_part, minlength=totals.size)
        self._part_start = np.cumsum(self._part_units) - self._part_units

    def epochs(self, count: int) -> Iterator[NDArray[np.int64]]:
        """Yield how often each item is used, epoch by epoch."""
        # Windows begin where that of the epoch before ended: at the sum of what earlier epochs used.
        before = np.zeros(self._totals.size, dtype=np.int64)
        for number in range(count):
            wanted = self._whole_totals(number)
            yield self._uses(wanted, before)
            before += wanted

    def _uses(self, wanted: NDArray[np.int64], before: NDArray[np.int64]) -> NDArray[np.int64]:
        """Deal to the units of each part, and from each scene to its items in turn."""
        per_unit = self._dealt(wanted, before)
        # Windows join up, so that all earlier epochs together are one long window from the beginning.
        used_before = self._dealt(before, np.zeros_like(before))
        place = np.arange(self._n_items) - self._unit_start[self._unit]
        size, amount = self._unit_size[self._unit], per_unit[self._unit]
        begin = used_before[self._unit] % size
        uses = np.empty(self._n_items, dtype=np.int64)
        uses[self._order] = amount // size + (((place - begin) % size) < amount % size)
        return uses

    def mean(self) -> NDArray[np.float64]:
        """Return how often each item is used per epoch on average."""
        per_unit = self._totals[self._unit_part] / self._part_units[self._unit_part]
        uses = np.zeros(self._n_items)
        uses[self._order] = (per_unit / self._unit_size)[self._unit]
        return uses

    def epochs_to_see_all(self) -> int | None:
        """Return after how many epochs every item was used, None if some never are.

        Where the totals of parts are not whole numbers it may be an epoch more.
        """
        mean = self.mean()
        least = float(mean.min(initial=1.0))
        return None if least <= 0 else int(np.ceil(round(1.0 / least, 6)))

    def _whole_totals(self, number: int) -> NDArray[np.int64]:
        """Round the totals so that they sum exactly and are right on average (systematic sampling)."""
        shift = (self._offset + number * _GOLDEN) % 1.0
        running = np.cumsum(self._totals)
        steps = np.floor(running + shift + _ROUNDING).astype(np.int64)
        if steps.size:
            steps[-1] = self._sum + int(np.floor(shift + _ROUNDING))
        return np.diff(steps, prepend=int(np.floor(shift + _ROUNDING)))

    def _dealt(self, wanted: NDArray[np.int64], before: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the uses per unit: the whole part each, one more within the window of its part."""
        units = np.maximum(self._part_units, 1)
        place = np.arange(self._unit_part.size) - self._part_start[self._unit_part]
        size = units[self._unit_part]
        begin = (before % units)[self._unit_part]
        extra = ((place - begin) % size) < (wanted % units)[self._unit_part]
        return (wanted // units)[self._unit_part] + extra


def _alternating(
    part: NDArray[np.int64], scene: NDArray[np.int64], scrambled: NDArray[np.uint64], *, per_scene: bool
) -> NDArray[np.int64]:
    """Order items by part and, within it, so that scenes alternate (or stay together where they are shared out to)."""
    # A scene's place is that of its first item: no new numbers whose order could depend on that of the rows.
    first = np.full(int(scene.max(initial=-1)) + 1, np.iinfo(np.uint64).max, dtype=np.uint64)
    np.minimum.at(first, scene, scrambled)
    scene_key = first[scene]
    together = np.lexsort((scrambled, scene_key, part))
    if per_scene:
        return together
    pair = _numbered(part[together], scene[together])
    starts = np.flatnonzero(np.diff(pair, prepend=-1))
    turn = np.empty(part.size, dtype=np.int64)
    turn[together] = np.arange(part.size) - starts[pair]
    return np.lexsort((scrambled, scene_key, turn, part))


def _numbered(first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number runs of equal pairs in arrays where equal pairs lie side by side."""
    is_new = np.ones(first.size, dtype=np.bool_)
    is_new[1:] = (np.diff(first) != 0) | (np.diff(second) != 0)
    return np.cumsum(is_new) - 1

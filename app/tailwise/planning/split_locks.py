"""Locked items: what they fix, and what happens when two locked splits turn out to share a group."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tailwise.planning.split_groups import UNASSIGNED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tailwise.domain.split import SplitRequest
    from tailwise.planning.split_features import SplitItems


@dataclass(frozen=True, slots=True)
class Conflicts:
    """Groups whose locked items are in more than one split.

    Attributes:
        groups: their numbers.
        quarantined: which items are free members of such a group; putting them anywhere would leak.
    """

    groups: NDArray[np.int64]
    quarantined: NDArray[np.bool_]


def locks_from(
    previous: NDArray[np.integer], previous_names: Sequence[str], request: SplitRequest
) -> NDArray[np.int64]:
    """Return the locked split of each item under a request.

    Args:
        previous: split of each item before, an index into `previous_names`; negative for none.
        previous_names: names of those splits.
        request: its `locked` names keep their items; all others are free.
    """
    code = {name: at for at, name in enumerate(request.names) if name in request.locked}
    translate = np.array([code.get(name, UNASSIGNED) for name in previous_names] + [UNASSIGNED], dtype=np.int64)
    return translate[np.where(previous >= 0, previous, len(previous_names))]


def find_conflicts(items: SplitItems) -> Conflicts:
    """Find groups that are locked in more than one split, and their free members."""
    first, last = _locked_range(items)
    is_conflict = first < last
    return Conflicts(np.flatnonzero(is_conflict), is_conflict[items.groups] & (items.locks < 0))


def without_conflicts(items: SplitItems, conflicts: Conflicts) -> SplitItems:
    """Leave out quarantined items, and let the locked parts of a conflicting group count as groups of their own."""
    if not conflicts.groups.size:
        return items
    groups = items.groups.copy()
    is_part = np.isin(groups, conflicts.groups) & (items.locks >= 0)
    width = int(items.locks.max()) + 1
    _, part = np.unique(groups[is_part] * width + items.locks[is_part], return_inverse=True)
    groups[is_part] = int(groups.max()) + 1 + part
    return replace(items, groups=groups).subset(~conflicts.quarantined)


def lock_of_group(row_of_item: NDArray[np.int64], locks: NDArray[np.int64], n_groups: int) -> NDArray[np.int64]:
    """Return the split each group is locked in, -1 for free groups; no group may be locked in two."""
    result = np.full(n_groups, UNASSIGNED, dtype=np.int64)
    is_locked = locks >= 0
    result[row_of_item[is_locked]] = locks[is_locked]
    return result


def _locked_range(items: SplitItems) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the first and the last split that items of each group are locked in; equal where there is none or one."""
    n_groups = int(items.groups.max(initial=-1)) + 1
    first = np.full(n_groups, np.iinfo(np.int64).max)
    last = np.full(n_groups, np.iinfo(np.int64).min)
    is_locked = items.locks >= 0
    np.minimum.at(first, items.groups[is_locked], items.locks[is_locked])
    np.maximum.at(last, items.groups[is_locked], items.locks[is_locked])
    return first, last

"""Compare two stored splits: which items changed sides, and what that did to the classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tailwise.domain.split_diff import NO_SPLIT, SplitDiff, SplitMove, diff_splits
from tailwise.storage import plan_tables
from tailwise.usecases.splits import load_split

if TYPE_CHECKING:
    from tailwise.usecases.projects import Project


def compare_splits(project: Project, before: int, after: int) -> SplitDiff:
    """Return what differs from one stored split to another.

    Args:
        project: holds both.
        before: number of a split.
        after: number of another.

    Raises:
        RequestError: there is no such split.
    """
    results = load_split(project, before).result, load_split(project, after).result
    with project.file.reading() as db:
        rows = {row.id: row for row in plan_tables.list_splits(db) if row.id in {before, after}}
    first, second = rows[before], rows[after]
    items = np.union1d(first.item_ids, second.item_ids)
    # One column per split: the place of every item's name in `places`, the last of which means no split.
    places = [*dict.fromkeys((*first.names, *second.names)), NO_SPLIT]
    where = np.full((2, len(items)), len(places) - 1)
    for column, row in zip(where, (first, second), strict=True):
        of_code = np.array([places.index(name) for name in row.names])
        column[np.searchsorted(items, row.item_ids)] = of_code[row.codes]
    pairs, inverse = np.unique(where[0] * len(places) + where[1], return_inverse=True)
    moves = [
        SplitMove(places[pair // len(places)], places[pair % len(places)], tuple(items[inverse == at].tolist()))
        for at, pair in enumerate(pairs.tolist())
    ]
    return diff_splits((before, after), results, moves)

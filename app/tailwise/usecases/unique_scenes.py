"""Which items stand for their near-duplicates, so that ten photos of one scene count as one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tailwise.planning.split_groups import connected_groups

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tailwise.usecases.slices import ProjectCube


def unique_scenes(sliced: ProjectCube, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the rows of `mask` that stand for a scene: of each set of twins the one with most annotations.

    Twins are byte-identical files and the clusters of near-duplicates; where annotations are equal the first row
    stands. Without any twins the mask comes back as it is.
    """
    columns = sliced.scene_columns()
    rows = np.flatnonzero(mask)
    if not columns or not len(rows):
        return mask
    groups = connected_groups(len(rows), *(column[rows] for column in columns))
    annotations = np.bincount(sliced.cube.item, minlength=sliced.cube.n_items)[rows]
    order = np.lexsort((rows, -annotations, groups))
    is_first = np.ones(len(rows), dtype=np.bool_)
    is_first[1:] = groups[order][1:] != groups[order][:-1]
    kept = np.zeros(sliced.cube.n_items, dtype=np.bool_)
    kept[rows[order[is_first]]] = True
    return kept

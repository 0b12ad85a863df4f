"""The pool of a project as plans see it: unlabelled rows by source and condition, near-duplicates counted once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tailwise.domain.coverage import Basis
from tailwise.domain.records import IDENTICAL_AXIS
from tailwise.planning.project_streams import PoolCell
from tailwise.planning.split_groups import connected_groups
from tailwise.usecases.duplicate_marks import excluded_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tailwise.usecases.slices import ProjectCube


@dataclass(frozen=True, slots=True)
class PoolRows:
    """Rows that can be labelled, the cell of each, and its near-duplicate cluster.

    Attributes:
        places: source and conditions of each cell, as cells of a plan without counts.
        rows, cells, clusters: aligned; a row is in one cell, a cluster may reach into several.
    """

    places: tuple[PoolCell, ...]
    rows: NDArray[np.int64]
    cells: NDArray[np.int64]
    clusters: NDArray[np.int64]

    def sizes(self) -> NDArray[np.int64]:
        """Return the clusters of each cell; one that reaches into several counts in the first by name."""
        rank = np.argsort(np.argsort([place.name for place in self.places], kind="stable"), kind="stable")
        order = np.lexsort((rank[self.cells], self.clusters))
        is_first = np.ones(len(order), dtype=np.bool_)
        is_first[1:] = np.diff(self.clusters[order]) > 0
        return np.bincount(self.cells[order][is_first], minlength=len(self.places))

    def by_name(self) -> dict[str, NDArray[np.int64]]:
        """Return the rows of each cell under the name of the stream it becomes."""
        order = np.argsort(self.cells, kind="stable")
        ends = np.searchsorted(self.cells[order], np.arange(len(self.places) + 1))
        return {place.name: self.rows[order[ends[k] : ends[k + 1]]] for k, place in enumerate(self.places)}


def pool_rows(sliced: ProjectCube, axes: Sequence[str]) -> PoolRows:
    """Return the pool by source and the values of `axes`; an item with two values of an axis is in the first cell."""
    index = sliced.cube.cells((Basis.SOURCE, *axes), offered(sliced))
    rows, first = np.unique(index.rows, return_index=True)
    places = tuple(PoolCell(label[0], tuple(zip(axes, label[1:], strict=True))) for label in index.labels)
    return PoolRows(places, rows.astype(np.int64), index.cells[first], clusters_of(sliced)[rows])


def clusters_of(sliced: ProjectCube) -> NDArray[np.int64]:
    """Return a number per row that identical files and near-duplicates share."""
    return connected_groups(len(sliced.counted), *sliced.scene_columns())


def offered(sliced: ProjectCube) -> NDArray[np.bool_]:
    """Return the unlabelled rows without those whose very file is labelled already, or that somebody excluded."""
    axis = sliced.cube.axes.get(IDENTICAL_AXIS)
    open_rows = sliced.pool & ~excluded_rows(sliced)
    if axis is None:
        return open_rows
    is_done = np.zeros(len(axis.values), dtype=np.bool_)
    is_done[axis.codes[sliced.labelled[axis.rows]]] = True
    answer = open_rows.copy()
    answer[axis.rows[is_done[axis.codes]]] = False
    return answer

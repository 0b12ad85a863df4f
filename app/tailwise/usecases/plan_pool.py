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
from tailwise.usecases.order_caps import rooms
from tailwise.usecases.order_history import ordered_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tailwise.usecases.projects import Project
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


def pool_rows(sliced: ProjectCube, axes: Sequence[str], spent: NDArray[np.bool_] | None = None) -> PoolRows:
    """Return the pool by source and the values of `axes`, without the rows in `spent`.

    An item with two values of an axis is in the first cell.
    """
    is_open = offered(sliced) if spent is None else offered(sliced) & ~spent
    index = sliced.cube.cells((Basis.SOURCE, *axes), is_open)
    rows, first = np.unique(index.rows, return_index=True)
    places = tuple(PoolCell(label[0], tuple(zip(axes, label[1:], strict=True))) for label in index.labels)
    return PoolRows(places, rows.astype(np.int64), index.cells[first], clusters_of(sliced)[rows])


def clusters_of(sliced: ProjectCube) -> NDArray[np.int64]:
    """Return a number per row that identical files and near-duplicates share."""
    return connected_groups(len(sliced.counted), *sliced.scene_columns())


def offered(sliced: ProjectCube) -> NDArray[np.bool_]:
    """Return the unlabelled rows without those that show what a labelled item shows, or that somebody excluded."""
    return _open(sliced) & ~_shown_by_labels(sliced)


def spent_rows(project: Project, plan_name: str) -> NDArray[np.bool_]:
    """Return the unlabelled rows of clusters that orders of other plans took their three items of within 13 weeks."""
    sliced, ordered = project.cube(), ordered_rows(project, plan_name)
    if not ordered.any():
        return ordered
    return offered(sliced) & (rooms(clusters_of(sliced), ordered) == 0)


def counted_once(project: Project, plan_name: str) -> tuple[int, int]:
    """Return how many rows wait behind a near-duplicate that a plan counts for them, and how many are spent."""
    sliced, spent = project.cube(), spent_rows(project, plan_name)
    clusters = clusters_of(sliced)[offered(sliced) & ~spent]
    return len(clusters) - len(np.unique(clusters)), int(spent.sum())


def left_out(sliced: ProjectCube) -> tuple[int, int]:
    """Return how many unlabelled rows are not offered: the very file of a labelled item, and its near-duplicates."""
    rows = _open(sliced) & _shown_by_labels(sliced)
    identical = sliced.group_columns([IDENTICAL_AXIS] if IDENTICAL_AXIS in sliced.cube.axes else [])
    files = rows & _with_a_labelled_one(sliced, connected_groups(len(rows), *identical))
    return int(files.sum()), int((rows & ~files).sum())


def _open(sliced: ProjectCube) -> NDArray[np.bool_]:
    return sliced.pool & ~excluded_rows(sliced)


def _shown_by_labels(sliced: ProjectCube) -> NDArray[np.bool_]:
    return _with_a_labelled_one(sliced, clusters_of(sliced))


def _with_a_labelled_one(sliced: ProjectCube, groups: NDArray[np.int64]) -> NDArray[np.bool_]:
    has_labels = np.zeros(int(groups.max(initial=-1)) + 1, dtype=np.bool_)
    has_labels[groups[sliced.labelled]] = True
    return has_labels[groups]

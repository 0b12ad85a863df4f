"""The places mining looks at: every annotated object, or every labelled image where labels are of whole images.

Only items of the training part are looked at. Nothing of validation or test is trained on, shown or returned.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tailwise.domain.errors import RequestError
from tailwise.domain.records import SCENE_AXES, AnnotationFlag, AxisKind, LabelState, MediaState
from tailwise.planning.split_groups import connected_groups, stable_keys
from tailwise.storage import index_tables, plan_tables
from tailwise.storage.review_tables import box_text
from tailwise.usecases.index_columns import load_index, not_indexed
from tailwise.usecases.training_part import training_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tailwise.domain.review import Box
    from tailwise.storage.index_tables import EmbeddingRow, ImageIndex
    from tailwise.usecases.projects import Project
    from tailwise.usecases.slices import ProjectCube

LEFT_OUT = int(AnnotationFlag.CROWD | AnnotationFlag.GROUP_OF | AnnotationFlag.BAD_GEOMETRY)
"""Annotations of many objects at once, or in no certain place, are examples of nothing."""
NO_CLASS = -1


@dataclass(frozen=True, slots=True)
class Places:
    """One entry per place.

    Attributes:
        row: (n,) rows of the project's items. box: (n, 4) float64 pixels, NaN for a whole image.
        category: (n,) class of the annotation there, `NO_CLASS` for none or for a whole image.
        annotation: (n,) position of the annotation in the stored columns, -1 for none.
        features: (n, d) float32 of length 1. is_positive: (n,). is_background: (n,) nothing annotated is there.
        found_score, found_overlap: (n,) of a detection: its score and its overlap with an object, else NaN.
        found_by: (n,) position in `finders`, -1 for none.
    """

    row: NDArray[np.int64]
    box: NDArray[np.float64]
    category: NDArray[np.int64]
    annotation: NDArray[np.int64]
    features: NDArray[np.float32]
    is_positive: NDArray[np.bool_]
    is_background: NDArray[np.bool_]
    found_score: NDArray[np.float64]
    found_overlap: NDArray[np.float64]
    found_by: NDArray[np.int64]
    finders: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.row)

    def take(self, at: NDArray[Any]) -> Places:
        """Return some of the places, in the order asked for."""
        return Places(**{name: getattr(self, name)[at] for name in _COLUMNS}, finders=self.finders)

    def box_at(self, at: int) -> Box | None:
        """Return the box of a place as candidates hold it: tenths of pixels, None for a whole image."""
        x, y, width, height = (round(float(v), 1) for v in self.box[at])
        return None if np.isnan(x) else (x, y, width, height)


_COLUMNS = (
    "row", "box", "category", "annotation", "features", "is_positive", "is_background", "found_score", "found_overlap",
    "found_by",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class MiningProject:
    """What mining needs of a project, loaded once.

    Attributes:
        names: file names by row. training: (items,) whether a row may be used.
        target: code of the class. has_boxes: whether the class is annotated by boxes.
        embedding: where the vectors come from.
    """

    sliced: ProjectCube
    index: ImageIndex
    names: list[str]
    training: NDArray[np.bool_]
    target: int
    has_boxes: bool
    embedding: EmbeddingRow

    def keys(self, places: Places) -> NDArray[np.uint64]:
        """Return what orders places whatever the order of rows is: a hash of source, file, box and class."""
        columns = self.sliced.columns
        rows, categories = places.row.tolist(), places.category.tolist()
        return stable_keys(
            f"{columns.source_names[columns.source[row]]}\0{self.names[row]}\0{box_text(places.box_at(at))}\0{category}"
            for at, (row, category) in enumerate(zip(rows, categories, strict=True))
        )

    def groups(self, row: NDArray[np.int64], *, scenes_only: bool = False) -> NDArray[np.int64]:
        """Return the group of each row: what shares a scene, a video, a patient or a near-duplicate."""
        kinds = {a.name: a.kind for a in self.sliced.columns.axes}
        names = [n for n in self.sliced.cube.axes if n in SCENE_AXES or kinds.get(n) == AxisKind.GROUP]
        if scenes_only:
            names = [name for name in names if name in SCENE_AXES]
        return connected_groups(self.sliced.cube.n_items, *self.sliced.group_columns(names))[row]

    def clusters(self, row: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the cluster of alike pictures of each row, -1 for a picture without a twin."""
        columns = self.sliced.scene_columns()
        group = connected_groups(self.sliced.cube.n_items, *columns)
        return np.where(np.bincount(group)[group] > 1, group, -1)[row] if columns else np.full(len(row), -1)


def load_mining_project(project: Project, class_name: str) -> MiningProject:
    """Load what mining needs.

    Raises:
        RequestError: there is no such class, nothing to train on, no picture of it here, or no index with vectors.
    """
    sliced = project.cube()
    target = sliced.class_index(class_name)
    rows, _part = training_rows(sliced)
    index = load_index(project)
    with project.file.reading() as db:
        names = plan_tables.all_item_names(db)
        active = index_tables.active_embedding(db)
        unusable = not_indexed(db, project.path.name)
    if not (sliced.columns.media[rows] == MediaState.PRESENT).any():
        raise RequestError(
            "None of the pictures to train on is on this computer",
            "Put them where the dataset says they are, then import it again and run the index",
        )
    if not sliced.cube.class_mask([target])[rows].any():
        raise RequestError(
            f"No item to train on shows {class_name}: there is nothing to compare with",
            "Label some, or choose a split whose training part holds the class",
        )
    if active is None or not index.descriptor.shape[1] or not len(index.item_ids):
        raise unusable
    training = np.zeros(sliced.cube.n_items, dtype=np.bool_)
    training[rows] = True
    has_boxes = bool((index.object_category == target).any())
    return MiningProject(sliced, index, names, training, target, has_boxes, active)


def annotated_places(loaded: MiningProject) -> Places:
    """Return the places that labels speak of."""
    return _objects(loaded) if loaded.has_boxes else _images(loaded)


def places_of(row: NDArray[np.int64], box: NDArray[np.float64], features: NDArray[np.float32]) -> Places:
    """Return places that nothing more is known of: no annotation, not positive, not background, found by nobody."""
    n = len(row)
    return Places(
        row=row,
        box=box,
        category=np.full(n, NO_CLASS),
        annotation=np.full(n, -1),
        features=features,
        is_positive=np.zeros(n, dtype=np.bool_),
        is_background=np.zeros(n, dtype=np.bool_),
        found_score=np.full(n, np.nan),
        found_overlap=np.full(n, np.nan),
        found_by=np.full(n, -1),
    )


def joined(parts: Sequence[Places]) -> Places:
    """Return the places of all parts in order; the finders are those of the last."""
    columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in _COLUMNS}
    return Places(**columns, finders=parts[-1].finders)


def _objects(loaded: MiningProject) -> Places:
    index, sliced = loaded.index, loaded.sliced
    row = _rows_of(sliced, index.object_item)
    flags = sliced.columns.annotations["flags"][index.object_annotation]
    kept = loaded.training[row] & ((flags & LEFT_OUT) == 0) & index.object_descriptor.any(axis=1)
    category = index.object_category[kept].astype(np.int64)
    return replace(
        places_of(row[kept], index.object_box[kept].astype(np.float64), index.object_descriptor[kept]),
        category=category,
        annotation=index.object_annotation[kept],
        is_positive=category == loaded.target,
    )


def _images(loaded: MiningProject) -> Places:
    index, sliced = loaded.index, loaded.sliced
    row = _rows_of(sliced, index.item_ids)
    kept = loaded.training[row] & index.descriptor.any(axis=1)
    row = row[kept]
    places = places_of(row, np.full((len(row), 4), np.nan), index.descriptor[kept])
    has_class = sliced.cube.class_mask([loaded.target])
    return replace(places, is_positive=has_class[row], is_background=sliced.columns.state[row] == LabelState.EMPTY)


def _rows_of(sliced: ProjectCube, item_ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the rows of item ids that all exist."""
    order = np.argsort(sliced.columns.item_ids, kind="stable")
    return order[np.searchsorted(sliced.columns.item_ids[order], item_ids)]

"""Polygons and masks of a few items, read from their source when they are needed; the project keeps only their boxes.

Sources are opened for reading only. A shape that cannot be read any more (the file changed, the polygon was broken) is
simply not there: whoever asked falls back to the box, which the project has.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ShapeQuery:
    """One item whose shapes are wanted.

    Attributes:
        file_name: path of its image below the root of the source, POSIX.
        ext_id: the source's own id of the item.
        size: width and height the annotations are drawn on, in pixels; shares of the side become pixels by it.
        file: which annotation file of the source listed it, -1 if none.
    """

    file_name: str
    ext_id: str = ""
    size: tuple[int, int] = (0, 0)
    file: int = -1


@dataclass(frozen=True, slots=True)
class SourceShape:
    """A shape as the source has it, in pixels of the raster the annotations are drawn on.

    Attributes:
        box: x, y, width, height, as the project has it too; what a shape is matched by where it has no id.
        rings: parts of a polygon, (n, 2) each.
        runs: of a mask its runs down the columns, background first; `mask_size` is its height and width.
        ext_id: the source's own id of the annotation, -1 if none.
        is_box: it was drawn as a box, and turned; its ring has the corners.
    """

    box: tuple[float, float, float, float]
    rings: tuple[Floats, ...] = ()
    runs: NDArray[np.int64] | None = None
    mask_size: tuple[int, int] = (0, 0)
    ext_id: int = -1
    is_box: bool = False

    def mask(self) -> NDArray[np.uint8] | None:
        """Return a mask as 0 or 1 for every pixel; None for a polygon or a box.

        >>> SourceShape((0, 0, 2, 3), runs=np.array([2, 3, 1]), mask_size=(3, 2)).mask().tolist()
        [[0, 1], [0, 1], [1, 0]]
        """
        if self.runs is None:
            return None
        values = (np.arange(len(self.runs)) % 2).astype(np.uint8)
        height, width = self.mask_size
        return np.ascontiguousarray(np.repeat(values, self.runs).reshape(width, height).T)


@dataclass(frozen=True, slots=True)
class ShapeSource:
    """Where a source lies: its format, its root folder, and its annotation files relative to the root."""

    format: str
    root: Path
    files: tuple[str, ...] = ()
    answers: dict[str, str] = field(default_factory=dict[str, str])


def read_shapes(source: ShapeSource, items: Sequence[ShapeQuery]) -> list[list[SourceShape]]:
    """Return the polygons and masks of every item, in the order of its annotations in the source.

    Polygons, masks, turned boxes and ellipses of COCO, YOLO, Pascal VOC, CVAT, LabelMe, Label Studio, Datumaro and
    Supervisely; an empty list for an item without any, for other formats, and where the file cannot be read.
    """
    from tailwise.formats.shape_readers import READERS  # which need what is defined here

    read = READERS.get(source.format)
    return read(source, items) if read is not None else [[] for _ in items]


def best_match(
    box: tuple[float, float, float, float], shapes: Sequence[SourceShape], taken: set[int], ext_id: int = -1
) -> int | None:
    """Return which shape belongs to a stored annotation: the one of its id, else the one of its box, not yet taken.

    Boxes are compared by their corners; two pixels or two percent of the size are let through, for declared boxes are
    rounded.
    """
    free = [i for i in range(len(shapes)) if i not in taken]
    if ext_id >= 0:
        found = next((i for i in free if shapes[i].ext_id == ext_id and _distance(box, shapes[i].box) < np.inf), None)
        if found is not None and _distance(box, shapes[found].box) <= _slack(box):
            return found
    nearest = min(free, key=lambda i: _distance(box, shapes[i].box), default=None)
    return nearest if nearest is not None and _distance(box, shapes[nearest].box) <= _slack(box) else None


def _distance(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> float:
    ends = zip((one[0], one[1], one[0] + one[2], one[1] + one[3]),
               (other[0], other[1], other[0] + other[2], other[1] + other[3]), strict=True)  # fmt: skip
    return max(abs(a - b) for a, b in ends)


def _slack(box: tuple[float, float, float, float]) -> float:
    return max(2.0, 0.02 * max(box[2], box[3]))

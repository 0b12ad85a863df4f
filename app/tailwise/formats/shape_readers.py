"""Which formats keep polygons and masks, and what reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tailwise.formats.shapes_coco import read_coco_shapes
from tailwise.formats.shapes_cvat import read_cvat_shapes
from tailwise.formats.shapes_files import read_voc_shapes, read_yolo_shapes
from tailwise.formats.shapes_json import read_labelme_shapes, read_supervisely_shapes
from tailwise.formats.shapes_tasks import read_datumaro_shapes, read_label_studio_shapes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tailwise.formats.shapes import ShapeQuery, ShapeSource, SourceShape

    ShapeReader = Callable[[ShapeSource, Sequence[ShapeQuery]], list[list[SourceShape]]]

READERS: Final[dict[str, ShapeReader]] = {
    "coco": read_coco_shapes,
    "cvat": read_cvat_shapes,
    "datumaro": read_datumaro_shapes,
    "label_studio": read_label_studio_shapes,
    "labelme": read_labelme_shapes,
    "supervisely": read_supervisely_shapes,
    "voc": lambda source, items: [read_voc_shapes(source, item) for item in items],
    "yolo": lambda source, items: [read_yolo_shapes(source, item) for item in items],
}
"""By the key of the format."""

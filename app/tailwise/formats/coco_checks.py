"""Checks of a joined COCO source: image sizes, the reading of boxes, and boxes and masks against their images."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

from tailwise.domain.errors import RequestError
from tailwise.domain.findings import Severity
from tailwise.domain.records import AnnotationFlag, AnnotationKind, MediaState
from tailwise.formats.coco_codes import report_all
from tailwise.formats.declared_sizes import settle_sizes
from tailwise.formats.geometry import Boxes, degenerate, likely_reading, outside
from tailwise.formats.sizes import read_headers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tailwise.domain.findings import FindingLog
    from tailwise.domain.records import SourceData
    from tailwise.formats.coco_annotations import BoxReading, FileColumns
    from tailwise.formats.contract import ReadRequest
    from tailwise.formats.geometry import Bools, Floats
    from tailwise.ops.progress import Progress

BOXES_KEY = "boxes"
_SCALES = {"normalised": 1.0, "percent": 100.0}


def asked_reading(answers: Mapping[str, str]) -> BoxReading:
    """Return how the user says boxes are to be read.

    Raises:
        RequestError: the answer is none of the known ones.
    """
    answer = answers.get(BOXES_KEY, "xywh")
    if answer not in {"xywh", "xyxy", *_SCALES}:
        raise RequestError(f"boxes={answer} is not known", "Answer xywh, xyxy, normalised or percent")
    return cast("BoxReading", answer)


def check_sizes(data: SourceData, request: ReadRequest, log: FindingLog, progress: Progress) -> None:
    """Read the headers of all images that are there; fill sizes that are missing and report those that differ."""
    items = data.items
    present = [name for name, media in zip(items.file_name, items.media, strict=True) if media == MediaState.PRESENT]
    headers = read_headers(request.listing, present, request.read_header, progress)
    listed = (item for item, file in enumerate(items.file) if file >= 0)
    found = settle_sizes(items, headers, listed)
    for code, positions in (
        ("CO-07b", found.undeclared),
        ("IMG-01", found.missing),
        ("IMG-03", found.turned),
        ("IMG-04", found.unreadable),
    ):
        report_all(log, code, len(positions), (items.file_name[item] for item in positions))
    report_all(log, "IMG-02", len(found.differing), found.differing.values())


def check_boxes(data: SourceData, columns: FileColumns, reading: BoxReading, log: FindingLog) -> None:
    """Turn shares into pixels where the user said so, tell when another reading fits better, and flag boxes."""
    width = np.frombuffer(data.items.width, np.int32).astype(np.float64)[columns.image]
    height = np.frombuffer(data.items.height, np.int32).astype(np.float64)[columns.image]
    if reading in _SCALES:
        known = (width > 0) & (height > 0)
        sides = np.where(known[:, None], np.stack([width, height, width, height], axis=1), np.nan)
        columns.box *= sides / _SCALES[reading]
    by_box = columns.by_box
    columns.area[by_box] = np.prod(np.maximum(columns.box[by_box, 2:], 0), axis=1)
    x, y, box_width, box_height = columns.box.T
    boxes = Boxes(x, y, box_width, box_height, width, height)
    if reading == "xywh":
        _tell_reading(data, boxes, columns, log)
    empty, beyond = degenerate(boxes), outside(boxes)
    columns.flags[empty] |= np.uint16(AnnotationFlag.DEGENERATE)
    columns.flags[beyond] |= np.uint16(AnnotationFlag.OUTSIDE)
    _tell(data, columns, "BOX-01", empty, log)
    _tell(data, columns, "BOX-02", beyond, log)
    _check_masks(data, columns, np.stack([height, width], axis=1), log)


def _check_masks(data: SourceData, columns: FileColumns, size: Floats, log: FindingLog) -> None:
    """Mark masks that were made for an image of another size."""
    is_mask = (columns.mask_size > 0).all(axis=1) & (size > 0).all(axis=1)
    wrong = is_mask & (columns.mask_size != size).any(axis=1) & (columns.kind == AnnotationKind.MASK)
    columns.flags[wrong] |= np.uint16(AnnotationFlag.BAD_GEOMETRY)
    columns.kind[wrong] = AnnotationKind.BOX
    _tell(data, columns, "CO-10", wrong, log)


def _tell_reading(data: SourceData, boxes: Boxes, columns: FileColumns, log: FindingLog) -> None:
    likely = likely_reading(boxes)
    if likely == "xywh":
        return
    words = {
        "xyxy": ("fit as corners x1, y1, x2, y2", "answer boxes=xyxy to read them so"),
        "normalised": (
            "are all between 0 and 1, as shares of the image side",
            "answer boxes=normalised to read them so",
        ),
        "percent": ("are all between 0 and 100, as percent of the image side", "answer boxes=percent to read them so"),
        "swapped": (
            "fit when width and height of their images change places",
            "the images may have been turned after labelling; compare a few of them with their boxes",
        ),
    }[likely]
    count = int(np.isfinite(boxes.x).sum())
    action = f"read as x, y, width, height in pixels; {words[1]}"
    examples = _places(data, columns, range(min(3, len(columns.id))))
    log.add("CO-11", Severity.QUESTION, f"the boxes {words[0]}", action, examples[0], count)


def _tell(data: SourceData, columns: FileColumns, code: str, rows: Bools, log: FindingLog) -> None:
    places = np.flatnonzero(rows).tolist()
    report_all(log, code, len(places), _places(data, columns, places[:20]))


def _places(data: SourceData, columns: FileColumns, rows: list[int] | range) -> list[str]:
    return [
        f"{data.items.file_name[int(columns.image[row])]}: annotation {columns.id[row]}"
        f" ({data.categories[int(columns.category[row])].name})"
        f" box {', '.join(f'{number:g}' for number in columns.box[row])}"
        for row in rows
    ]

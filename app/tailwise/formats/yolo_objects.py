"""Objects of a YOLO dataset as columns: classes with their names, shares of the image side turned into pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tailwise.domain.errors import RequestError
from tailwise.domain.findings import Severity
from tailwise.domain.records import AnnotationFlag, AnnotationKind, CategoryRecord, Role
from tailwise.formats.positions import used

if TYPE_CHECKING:
    from array import array
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from tailwise.domain.findings import FindingLog
    from tailwise.domain.records import SourceData
    from tailwise.formats.yolo_lines import Labels

FIRST_CLASS_KEY = "first_class"
TOLERANCE = 0.01  # Ultralytics takes coordinates from -0.01 to 1.01 for rounding and drops images with others


def add_categories(
    data: SourceData, labels: Labels, names: dict[int, str] | None, answers: Mapping[str, str], log: FindingLog
) -> NDArray[np.int32]:
    """Add the classes, and return for every object the position of its class.

    Without names only the indices in use become classes; with names, those without objects too: they are gaps to
    plan for. `ext_id` is the index as it is written in the label files.
    """
    first = _first_class(answers)
    present = used(labels.category).tolist()
    if names is None:
        named = {index: f"class_{index}" for index in present}
        if named:
            log.add(
                "YO-19",
                Severity.QUESTION,
                "no class names are given",
                "named by their index; answer names=FILE with a list of names, or rename the classes",
                f"indices in use: {', '.join(map(str, named))[:200]}",
                count=len(named),
            )
    else:
        named = {index + first: name for index, name in names.items()}
        _check_indices(labels, named, names, first, log)
        named |= {index: f"class_{index}" for index in present if index not in named}
    for index in sorted(named):
        data.categories.append(CategoryRecord(named[index], ext_id=str(index)))
    return np.searchsorted(np.array(sorted(named), np.int32), labels.category).astype(np.int32)


def _first_class(answers: Mapping[str, str]) -> int:
    answer = answers.get(FIRST_CLASS_KEY, "0")
    if answer not in {"0", "1"}:
        raise RequestError(f"first_class={answer} is not known", "Answer 0 or 1: the index of the first class")
    return int(answer)


def _check_indices(
    labels: Labels, named: Mapping[int, str], names: Mapping[int, str], first: int, log: FindingLog
) -> None:
    objects = np.bincount(labels.category).tolist()
    unknown = {index: count for index, count in enumerate(objects) if count and index not in named}
    if not unknown:
        return
    is_shifted = (
        first == 0
        and not objects[0]
        and objects[1]
        and set(unknown) == {len(names)}
        and sorted(names) == [*range(len(names))]
    )
    for index, count in unknown.items():
        log.add(
            "YO-02",
            Severity.QUESTION if is_shifted else Severity.WARNING,
            "class indices beyond the list of names; perhaps the first class was given the index 1"
            if is_shifted
            else "class indices beyond the list of names",
            "kept as a class of its own; answer first_class=1 if the indices begin with 1"
            if is_shifted
            else "kept as classes named by their index",
            f"index {index}: {count:,} objects",
            count=count,
        )


def add_objects(
    data: SourceData, labels: Labels, category: NDArray[np.int32], item_of_file: Sequence[int], log: FindingLog
) -> None:
    """Add every object; pixels are unknown (NaN) where the size of the image is."""
    _report_places(data, labels, item_of_file, log)
    item = np.array(item_of_file, np.int32)[labels.file] if len(labels) else np.zeros(0, np.int32)
    sides = [np.frombuffer(column, np.int32).astype(np.float64) for column in (data.items.width, data.items.height)]
    width, height = (np.where(side > 0, side, np.nan)[item] for side in sides)
    is_polygon = ~np.isnan(labels.polygon_area)
    share = np.where(is_polygon, labels.polygon_area, labels.width * labels.height)
    columns = data.annotations
    _extend(columns.item, item)
    _extend(columns.category, category)
    _extend(columns.kind, np.where(is_polygon, AnnotationKind.POLYGON, AnnotationKind.BOX).astype(np.int8))
    _extend(columns.flags, _flags(labels).astype(np.uint16))
    _extend(columns.x, (labels.centre_x - labels.width / 2) * width)
    _extend(columns.y, (labels.centre_y - labels.height / 2) * height)
    _extend(columns.width, labels.width * width)
    _extend(columns.height, labels.height * height)
    _extend(columns.area, share * width * height)
    _extend(columns.ext_id, np.full(len(labels), -1, np.int64))
    if data.role is Role.PREDICTIONS and not np.isnan(labels.score).all():
        _extend(columns.score, labels.score.astype(np.float32))


def _extend(column: array[int] | array[float], values: NDArray[np.generic]) -> None:
    column.frombytes(values.tobytes())


def _flags(labels: Labels) -> NDArray[np.int64]:
    degenerate = (labels.width <= 0) | (labels.height <= 0)
    outside = np.zeros(len(labels), bool)
    for centre, size in ((labels.centre_x, labels.width), (labels.centre_y, labels.height)):
        outside |= (centre - size / 2 < -TOLERANCE) | (centre + size / 2 > 1 + TOLERANCE)
    return degenerate * int(AnnotationFlag.DEGENERATE) + outside * int(AnnotationFlag.OUTSIDE)


def _report_places(data: SourceData, labels: Labels, item_of_file: Sequence[int], log: FindingLog) -> None:
    """Report coordinates trainers refuse, boxes reaching outside, boxes without a size, and objects given twice."""
    values = (labels.centre_x, labels.centre_y, labels.width, labels.height)
    refused = np.zeros(len(labels), bool)
    for value in values:
        refused |= (value < -TOLERANCE) | (value > 1 + TOLERANCE)
    flags = _flags(labels)
    reports = (
        (
            refused,
            "YO-01",
            "coordinates outside 0 to 1 by more than 0.01",
            "kept; Ultralytics drops the whole image in training",
        ),
        ((flags & AnnotationFlag.OUTSIDE != 0) & ~refused, "YO-17", "boxes reach out of the image", "kept"),
        (flags & AnnotationFlag.DEGENERATE != 0, "YO-18", "boxes without width or height", "kept, but not counted"),
        (
            _repeated(labels, values),
            "YO-16",
            "objects given twice in one file",
            "both kept; trainers use one of them",
        ),
    )
    for mask, code, message, action in reports:
        where = np.flatnonzero(mask)
        for index in where[:20]:
            item = item_of_file[int(labels.file[index])]
            place = f"{data.items.file_name[item]} label line {labels.line[index]}"
            log.add(code, Severity.WARNING, message, action, place)
        if len(where) > 20:
            log.add(code, Severity.WARNING, message, action, count=len(where) - 20)


def _repeated(labels: Labels, values: Sequence[NDArray[np.float64]]) -> NDArray[np.bool_]:
    repeated = np.zeros(len(labels), bool)
    if len(labels) < 2 or not _has_twins(labels, values):
        return repeated
    # Equal objects have equal sums, so one sort brings them together; then they are compared in full.
    key = labels.category * 7.0 + values[0] * 1.1 + values[1] * 2.3 + values[2] * 3.7 + values[3] * 5.9
    order = np.lexsort((key, labels.file))  # keeps the order of lines
    here, before = order[1:], order[:-1]
    same = (labels.file[here] == labels.file[before]) & (labels.category[here] == labels.category[before])
    for value in values:
        same &= value[here] == value[before]
    repeated[here[same]] = True
    return repeated


def _has_twins(labels: Labels, values: Sequence[NDArray[np.float64]]) -> bool:
    """Tell whether two objects may be equal: equal ones have the same hash, and sorting hashes is quick."""
    hashed = labels.file.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + labels.category.astype(np.uint64)
    for value in values:
        hashed = (hashed ^ (hashed >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
        hashed += (value + 0.0).view(np.uint64)  # adding nothing makes one zero of two
    hashed.sort()
    return bool((hashed[1:] == hashed[:-1]).any())

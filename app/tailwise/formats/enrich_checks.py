"""Checks that hold for every format: doubtful class names, values that may mean the same, and identical images."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from tailwise.domain.findings import Severity
from tailwise.domain.records import AnnotationKind, AxisKind, LabelState, MediaState, Role
from tailwise.formats.identical import identical_axis, identical_files
from tailwise.formats.positions import counted_pairs
from tailwise.formats.similar_names import alike

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tailwise.domain.findings import FindingLog
    from tailwise.domain.records import AxisColumns, SourceData
    from tailwise.formats.listing import Listing
    from tailwise.ops.progress import Progress

NO_CLASS = frozenset({"background", "__background__", "void", "ignore", "ignored", "unlabeled", "unlabelled"})
PARSER_DAMAGE = frozenset({"true", "false", "none", "nan", "null"})
MIN_CONFOUNDED = 10  # items; rarer classes are seen under one value by chance

Signature = tuple[tuple[int, ...], ...]


def check_classes(data: SourceData, log: FindingLog) -> None:
    """Report class names that may be no classes, the same class twice, or lack objects. Nothing is changed."""
    names = [category.name for category in data.categories]
    for one, other in alike(names):
        message, action = "class names that may mean the same", "kept apart; merge them in the class table if they do"
        log.add("CL-01", Severity.QUESTION, message, action, f"“{one}” and “{other}”")
    for name in names:
        low = name.strip().lower()
        if name.isdecimal():
            message, action = "class names that are only numbers", "kept; perhaps a list of names was lost"
            log.add("CL-02", Severity.WARNING, message, action, name)
        elif low in PARSER_DAMAGE:
            message, action = "class names that look like a reading error of another program", "kept as text"
            log.add("CL-03", Severity.WARNING, message, action, name)
        elif low in NO_CLASS:
            message, action = "class names that may mean “no class”", "kept as a class"
            log.add("CL-04", Severity.QUESTION, message, action, name)
    used = set(data.annotations.category)
    for index, name in enumerate(names):
        if index not in used:
            message, action = "classes without any object", "kept: a gap to plan for"
            log.add("CL-05", Severity.NOTE, message, action, name)


def check_conditions(data: SourceData, log: FindingLog) -> None:
    """Report values of one axis that may mean the same, and classes that occur under one value only."""
    for axis in data.axes:
        if axis.kind is not AxisKind.CONDITION:
            continue
        for one, other in alike(axis.values):
            message, action = "values of a condition that may mean the same", "kept apart; nothing was merged"
            log.add("AX-07", Severity.QUESTION, message, action, f"{axis.name}: “{one}” and “{other}”")
        if len(axis.values) > 1 and data.role is Role.LABELS:
            _check_confounding(data, axis, log)


def _check_confounding(data: SourceData, axis: AxisColumns, log: FindingLog) -> None:
    """A class seen under one value cannot be compared between values, nor can a split be balanced over both."""
    pairs = _class_value_pairs(data, axis)
    if not len(pairs):
        return
    values_of: dict[int, list[tuple[int, int]]] = {}
    for category, value, items in pairs.tolist():
        values_of.setdefault(category, []).append((value, items))
    if len({value for values in values_of.values() for value, _ in values}) < 2:
        return
    for category, values in values_of.items():
        if len(values) == 1 and values[0][1] >= MIN_CONFOUNDED:
            message = "classes that occur under one value of a condition only"
            action = "kept; a split by this condition cannot hold such a class in all parts"
            example = f"{data.categories[category].name}: only {axis.name} = {axis.values[values[0][0]]}"
            log.add("AX-08", Severity.NOTE, message, action, f"{example} ({values[0][1]:,} items)")


def _class_value_pairs(data: SourceData, axis: AxisColumns) -> NDArray[np.int64]:
    """Return rows of class, value and number of items that have both; items with several values count for each."""
    item = np.frombuffer(data.annotations.item, np.int32).astype(np.int64)
    category = np.frombuffer(data.annotations.category, np.int32).astype(np.int64)
    if not len(item) or not len(axis.item):
        return np.zeros((0, 3), np.int64)
    labelled, classes, _ = counted_pairs(item, category, len(data.categories))
    axis_item = np.frombuffer(axis.item, np.int32)
    order = np.argsort(axis_item, kind="stable")
    sorted_item, sorted_value = axis_item[order], np.frombuffer(axis.value, np.int32)[order]
    first = np.searchsorted(sorted_item, labelled, "left")
    count = np.searchsorted(sorted_item, labelled, "right") - first
    within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    value = sorted_value[np.repeat(first, count) + within]
    return np.stack(counted_pairs(np.repeat(classes, count), value, len(axis.values)), axis=1)


def check_identical(data: SourceData, listing: Listing, log: FindingLog, progress: Progress) -> None:
    """Report images that are the same file under several names, and what is said differently about them."""
    present = np.flatnonzero(np.frombuffer(data.items.media, np.int8) == MediaState.PRESENT).tolist()
    item_of = {data.items.file_name[item]: item for item in present}
    groups = [[item_of[path] for path in group] for group in identical_files(listing, list(item_of), progress)]
    if not groups:
        return
    members = {item for group in groups for item in group}
    signatures = _signatures(data, members)
    values = [(axis, _values(axis, members)) for axis in data.axes if axis.kind is AxisKind.CONDITION]
    splits = {split: set(items) for split, items in data.splits.items()}
    is_folders = data.format == "folders"
    for group in groups:
        names = " = ".join(data.items.file_name[item] for item in group)
        message, action = "images that are the same file under several names", "kept; keep them in one split"
        log.add("IMG-05", Severity.WARNING, message, action, names)
        judged = [item for item in group if data.items.state[item] in {LabelState.LABELLED, LabelState.EMPTY}]
        if len({signatures.get(item, ()) for item in judged}) > 1:
            message = (
                "the same file lies in folders of different classes"
                if is_folders
                else "the same file has different labels"
            )
            action = "kept; the labels contradict each other, so look at them"
            log.add("IF-04" if is_folders else "IMG-06", Severity.WARNING, message, action, names)
        for axis, value_of in values:
            found = {value_of.get(item, "") for item in group}
            if len(found) > 1:
                message, action = "the same file has different values of a condition", "kept"
                shown = " or ".join(sorted(filter(None, found)))
                log.add("IMG-07", Severity.WARNING, message, action, f"{names}: {axis.name} {shown}")
        touched = sorted(split for split, items in splits.items() if not items.isdisjoint(group))
        if _is_leak(group, touched, splits):
            message, action = "the same file lies in two splits", "kept; a model would be tested on what it has seen"
            log.add("IMG-08", Severity.WARNING, message, action, f"{names}: {' and '.join(touched)}")
    data.axes.append(identical_axis(data, groups))


def _signatures(data: SourceData, members: set[int]) -> dict[int, Signature]:
    """Return what is said about each item: its objects as class and box, rounded to a tenth of a pixel, in order."""
    found: dict[int, Signature] = {}
    columns = data.annotations
    wanted = np.flatnonzero(np.isin(np.frombuffer(columns.item, np.int32), list(members))) if len(columns) else []
    objects: dict[int, list[tuple[int, ...]]] = {}
    for index in wanted:
        box: tuple[int, ...] = ()
        if columns.kind[index] != AnnotationKind.LABEL:
            sides = columns.x[index], columns.y[index], columns.width[index], columns.height[index]
            box = tuple(round(side * 10) for side in sides if side == side)  # noqa: PLR0124  NaN is not itself
        objects.setdefault(columns.item[index], []).append((columns.category[index], *box))
    for item, listed in objects.items():
        found[item] = tuple(sorted(listed))
    return found


def _values(axis: AxisColumns, members: set[int]) -> dict[int, str]:
    texts: dict[int, list[str]] = {}
    for item, value in zip(axis.item, axis.value, strict=True):
        if item in members:
            texts.setdefault(item, []).append(axis.values[value])
    return {item: ", ".join(sorted(values)) for item, values in texts.items()}


def _is_leak(group: Sequence[int], touched: Sequence[str], splits: dict[str, set[int]]) -> bool:
    """Tell whether members of a group are in different splits; a split that holds another whole is no second one."""
    where = Counter(split for split in touched for item in group if item in splits[split])
    return any(
        not (splits[one] <= splits[other] or splits[other] <= splits[one])
        for one in where
        for other in where
        if one < other
    )

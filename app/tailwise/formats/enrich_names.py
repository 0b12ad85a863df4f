"""Axes from the names of items: a pattern the user gave, folder levels, and what names show by themselves."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from tailwise.domain.errors import RequestError
from tailwise.domain.findings import Severity
from tailwise.domain.records import AnnotationKind, AxisKind
from tailwise.formats.class_folders import POOL, STRUCTURE
from tailwise.formats.image_lists import folder_split
from tailwise.formats.listing import IMAGE_SUFFIXES
from tailwise.formats.matching import stem_of
from tailwise.formats.table_axes import axis_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tailwise.domain.findings import FindingLog
    from tailwise.domain.records import SourceData

PATTERN_KEY, GROUPS_KEY, LEVEL_KEY, AUTO_KEY = "pattern", "groups", "folder_level.", "automatic_axes"
MAX_PREFIX_CONDITION = 12

_SUFFIX = "|".join(re.escape(suffix) for suffix in sorted(IMAGE_SUFFIXES))
_LAST_NUMBER = re.compile(rf"[0-9]+(?=(?:{_SUFFIX})?$)", re.IGNORECASE | re.MULTILINE)
_COPY = re.compile(r"(?:_(?:jpe?g|png|bmp|webp))?\.rf\..*", re.IGNORECASE | re.DOTALL)


def add_name_axes(data: SourceData, answers: Mapping[str, str], log: FindingLog) -> None:
    """Add the axes that answers ask for, then those that folders and file names show by themselves.

    Raises:
        RequestError: the pattern is no regular expression or names nothing, or a folder level is no number.
    """
    _add_pattern(data, answers, log)
    _add_levels(data, answers, log)
    automatic = answers.get(AUTO_KEY, "yes")
    if automatic not in {"yes", "no"}:
        raise RequestError(f"{AUTO_KEY}={automatic} is not known", "Answer yes or no")
    if automatic == "yes" and len(data.items) > 1:
        _add_folder(data, log)
        _add_prefix(data, log)


def _add_pattern(data: SourceData, answers: Mapping[str, str], log: FindingLog) -> None:
    text = answers.get(PATTERN_KEY, "")
    if not text:
        return
    try:
        pattern = re.compile(text)
    except (re.error, RecursionError, OverflowError) as error:
        raise RequestError(f"pattern={text} is no regular expression: {error}", "Correct it") from error
    if not pattern.groupindex:
        raise RequestError(f"pattern={text} names nothing", "Name what it should find: (?P<camera>cam[0-9]+)_")
    groups = {name.strip() for name in answers.get(GROUPS_KEY, "").split(",")}
    names = data.items.file_name if "/" in text else [name.rpartition("/")[2] for name in data.items.file_name]
    matches = [pattern.search(name) for name in names]
    for name in pattern.groupindex:
        is_group = name.startswith("group_") or name in groups
        values = [(match.group(name) or "") if match is not None else "" for match in matches]
        kind = AxisKind.GROUP if is_group else AxisKind.CONDITION
        data.axes.append(axis_of(data, name.removeprefix("group_"), kind, f"pattern {text}", values))
    unfit = [name for name, match in zip(names, matches, strict=True) if match is None]
    if unfit:
        message, action = "file names that the pattern does not fit", "these items have no value"
        log.add("AX-01", Severity.WARNING, message, action, unfit[0], len(unfit))


def _add_levels(data: SourceData, answers: Mapping[str, str], log: FindingLog) -> None:
    wanted = {key: name for key, name in answers.items() if key.startswith(LEVEL_KEY)}
    groups = {name.strip() for name in answers.get(GROUPS_KEY, "").split(",")}
    folders = [name.split("/")[:-1] for name in data.items.file_name] if wanted else []
    for key, name in wanted.items():
        level = key.removeprefix(LEVEL_KEY)
        if not level.isdecimal() or not 1 <= int(level[:4]) <= 99:
            raise RequestError(f"{key} is not known", "folder_level.1=NAME is the first folder below the opened one")
        number = int(level)
        values = [parts[number - 1] if len(parts) >= number else "" for parts in folders]
        is_group = name.startswith("group_") or name in groups
        kind = AxisKind.GROUP if is_group else AxisKind.CONDITION
        data.axes.append(axis_of(data, name.removeprefix("group_"), kind, f"folder level {number}", values))
        if values.count(""):
            example = data.items.file_name[values.index("")]
            message = f"items with fewer than {number} folders on their path"
            log.add("AX-02", Severity.NOTE, message, "these items have no value", example, values.count(""))


def _add_folder(data: SourceData, log: FindingLog) -> None:
    """Take folders that are neither class nor split nor mere structure for sources that a split must not cut."""
    classes = {category.name for category in data.categories} if data.format == "folders" else set[str]()
    left_out = STRUCTURE | POOL
    if not any("/" in name for name in data.items.file_name):
        return
    values_of: dict[str, str] = {}
    values: list[str] = []
    for name in data.items.file_name:
        folder = name.rpartition("/")[0]
        if folder not in values_of:
            parts = [p for p in folder.split("/") if p not in classes and p.lower() not in left_out]
            values_of[folder] = "/".join(part for part in parts if folder_split(part) is None)
        values.append(values_of[folder])
    counts = Counter(value for value in values if value)
    if len(counts) < 2 or max(counts.values()) < 2 or _same_as_classes(data, values):
        return
    data.axes.append(axis_of(data, "folder", AxisKind.GROUP, "folders", values))
    _tell(log, f"folder: {len(counts):,} values, for instance {next(iter(counts))}, as a group")


def _add_prefix(data: SourceData, log: FindingLog) -> None:
    """Take what stands before the last number of the names: a scene with few values, else a source."""
    values = prefixes_of(data.items.file_name)
    counts = Counter(value for value in values if value)
    total = counts.total()
    if total < 0.5 * len(values) or not 2 <= len(counts) <= 0.5 * total or _same_as_classes(data, values):
        return
    kind = AxisKind.CONDITION if len(counts) <= MAX_PREFIX_CONDITION else AxisKind.GROUP
    data.axes.append(axis_of(data, "prefix", kind, "file names up to their last number", values))
    _tell(log, f"prefix: {len(counts):,} values, for instance {next(iter(counts))}, as a {kind}")


def prefixes_of(names: list[str]) -> list[str]:
    """Return `prefix_of` of every name, worked out once for those that differ in their last number only.

    >>> prefixes_of(["a_001.jpg", "a_002.jpg", "b1.5"])
    ['a', 'a', 'b1']
    """
    alike = _LAST_NUMBER.sub("0", "\n".join(names)).split("\n")
    if len(alike) != len(names):  # line breaks in names
        alike = names
    prefix = {name: prefix_of(name) for name in set(alike)}
    return [prefix[name] for name in alike]


def prefix_of(name: str) -> str:
    """Return the stem up to its last number, without separators in between; empty where it does not end in one.

    >>> [prefix_of(n) for n in ("a/foggy-003.jpg", "041_066.png", "000017.jpg", "cam1_left.jpg", "b_2_jpg.rf.0f3.jpg")]
    ['foggy', '041', '', '', 'b']
    """
    stem = stem_of(name)
    if ".rf." in stem:
        stem = _COPY.sub("", stem)
    prefix = stem.rstrip("0123456789")
    if prefix == stem:
        return ""
    while prefix and not prefix[-1].isalnum():
        prefix = prefix[:-1]
    return prefix


def _same_as_classes(data: SourceData, values: Sequence[str]) -> bool:
    """Tell whether the values only repeat the class of every item, as in glass/glass1.jpg."""
    class_of: dict[str, int] = {}
    seen: set[int] = set()
    annotations = data.annotations
    for item, category, kind in zip(annotations.item, annotations.category, annotations.kind, strict=True):
        if kind != AnnotationKind.LABEL:
            return False
        if values[item] and class_of.setdefault(values[item], category) != category:
            return False
        seen.add(category)
    return bool(seen) and len(class_of) == len(seen) == len(set(class_of.values()))


def _tell(log: FindingLog, example: str) -> None:
    action = "added; answer automatic_axes=no to go without"
    log.add("AX-06", Severity.NOTE, "folders or file names that show where items come from", action, example)

"""Items of a YOLO dataset: their size, why they have no objects, their splits, and the image they were made from."""

from __future__ import annotations

from array import array
from collections import Counter
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from tailwise.domain.errors import RequestError
from tailwise.domain.findings import Severity
from tailwise.domain.records import AxisColumns, AxisKind, LabelState, MediaState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tailwise.domain.findings import FindingLog
    from tailwise.domain.records import ImageHeader, SourceData
    from tailwise.formats.yolo_pairing import Slot

MISSING_KEY = "missing_labels"
MISSING_SHARE = 0.2  # above this share of images without a label file, they were never looked at

_COPY_MARK = ".rf."  # Roboflow names its copies <original>.rf.<hash>.jpg


def add_items(data: SourceData, slots: list[Slot], headers: Mapping[str, ImageHeader | None], log: FindingLog) -> None:
    """Add one item per image, in order, with the size of the upright image."""
    items = data.items
    found = [headers.get(slot.path) for slot in slots]
    sizes = [(0, 0) if header is None else header.upright for header in found]
    items.file_name, items.ext_id = [slot.path for slot in slots], [""] * len(slots)
    items.width, items.height = array("i", [size[0] for size in sizes]), array("i", [size[1] for size in sizes])
    items.media = array("b", map(_media, slots, found))
    items.state, items.file = array("b", bytes(len(slots))), array("h", [-1]) * len(slots)
    turned = [path for path, header in headers.items() if header is not None and header.orientation >= 5]
    if turned:
        log.add(
            "IMG-03",
            Severity.NOTE,
            "images are stored turned by a quarter (EXIF)",
            "sizes are those of the upright image, as trainers see it",
            turned[0],
            count=len(turned),
        )
    unsized = sum(slot.label is not None and not headers.get(slot.path) for slot in slots)
    if unsized:
        log.add(
            "YO-27",
            Severity.WARNING,
            "label files whose image is missing or unreadable, so that its size is not known",
            "their objects are counted, but have no size in pixels",
            count=unsized,
        )


def _media(slot: Slot, header: ImageHeader | None) -> MediaState:
    if not slot.is_present:
        return MediaState.MISSING
    return MediaState.UNREADABLE if header is None else MediaState.PRESENT


def settle_states(
    data: SourceData, slots: list[Slot], broken: Counter[int], answers: Mapping[str, str], log: FindingLog
) -> None:
    """Give every item its label state; images without a label file are decided once per split."""
    with_objects = set(data.annotations.item)
    file = -1
    waiting: dict[str, list[int]] = {}
    split_of = [slot.splits[0] if slot.splits else "" for slot in slots]
    totals = Counter(split_of)
    for item, slot in enumerate(slots):
        if slot.label is not None:
            file += 1
            if item in with_objects:
                data.items.state[item] = LabelState.LABELLED
            else:
                data.items.state[item] = LabelState.UNLABELLED if broken[file] else LabelState.EMPTY
        elif slot.is_present and not slot.is_extra:
            waiting.setdefault(split_of[item], []).append(item)
    empty = np.flatnonzero(np.frombuffer(data.items.state, np.int8) == LabelState.EMPTY).tolist()
    if empty:
        message, action = "label files without a line", "their images count as looked at and empty"
        log.add("YO-28", Severity.NOTE, message, action, data.items.file_name[empty[0]], len(empty))
    for split, items in waiting.items():
        _settle_missing(data, (split, items, totals[split]), answers, log)


def _settle_missing(
    data: SourceData, missing: tuple[str, list[int], int], answers: Mapping[str, str], log: FindingLog
) -> None:
    split, items, total = missing
    answer = answers.get(MISSING_KEY)
    if answer not in {None, "unlabelled", "empty"}:
        raise RequestError(f"missing_labels={answer} is not known", "Answer unlabelled or empty")
    is_pool = len(items) > MISSING_SHARE * total if answer is None else answer == "unlabelled"
    for item in items:
        data.items.state[item] = LabelState.UNLABELLED if is_pool else LabelState.EMPTY
    taken = "unlabelled" if is_pool else "empty"
    log.add(
        "YO-26",
        Severity.NOTE if answer else Severity.QUESTION,
        "images without a label file",
        f"taken as {answer}, as answered"
        if answer
        else f"per split: never looked at (unlabelled) where more than {MISSING_SHARE:.0%} lack one, else looked at "
        "and empty; answer missing_labels=unlabelled or missing_labels=empty to decide",
        f"{split or 'all images'}: {len(items):,} of {total:,} taken as {taken}, for instance "
        f"{data.items.file_name[items[0]]}",
        count=len(items),
    )


def add_splits(data: SourceData, slots: list[Slot], log: FindingLog) -> None:
    """Keep the splits the dataset was published with, and report images that are in two of them."""
    for item, slot in enumerate(slots):
        splits = slot.splits
        for split in splits if len(splits) < 2 else dict.fromkeys(splits):
            if split not in data.splits:
                data.splits[split] = array("i")
            data.splits[split].append(item)
    for one, other in combinations([s for s in data.splits if s in {"train", "val", "test"}], 2):
        shared = sorted(set(data.splits[one]) & set(data.splits[other]))
        if shared:
            log.add(
                "YO-10",
                Severity.WARNING,
                "images are in two splits, so a model is tested on what it has seen",
                "kept in both; make a new split before training",
                f"{one} and {other}: {data.items.file_name[shared[0]]}",
                count=len(shared),
            )


def add_original_axis(data: SourceData, log: FindingLog) -> None:
    """Group the augmented copies that Roboflow made of one image."""
    keys = {item: key for item, name in enumerate(data.items.file_name) if (key := original_of(name)) is not None}
    copies = {key for key, count in Counter(keys.values()).items() if count > 1}
    if not copies:
        return
    axis = AxisColumns("original", AxisKind.GROUP, origin="file names with .rf.", values=sorted(set(keys.values())))
    position = {value: index for index, value in enumerate(axis.values)}
    for item, key in keys.items():
        axis.append(item, position[key])
    data.axes.append(axis)
    log.add(
        "YO-11",
        Severity.NOTE,
        "several augmented copies of one image",
        "the group “original” keeps copies of one image in one split",
        min(copies),
        count=len(copies),
    )


def original_of(name: str) -> str | None:
    """Return the image a Roboflow copy was made of, without its folder; None for other names.

    >>> original_of("train/cat_jpg.rf.0a1b2c.jpg"), original_of("cat.jpg")
    ('cat_jpg', None)
    """
    basename = name.rpartition("/")[2]
    at = basename.find(_COPY_MARK)
    return basename[:at] if at > 0 else None

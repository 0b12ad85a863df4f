"""The lists of `ImageSets`: published splits, and per-class lists that say more than a split."""

from __future__ import annotations

from array import array
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tailwise.domain.findings import FindingLog, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tailwise.formats.listing import Entry, Listing

MAX_LIST_BYTES = 256 << 20
_PREFERRED = ("Main", "Segmentation", "Layout", "Action")


def read_sets(
    listing: Listing, item_of_stem: Mapping[str, int], classes: Sequence[str], log: FindingLog
) -> dict[str, array[int]]:
    """Return the items of every published list by the list's name.

    Lists of the first folder of `ImageSets` that has any are read (`Main` before the others). Lists of one class
    (`dog_train.txt`, stem and flag per line) repeat a split and are only counted.
    """
    splits: dict[str, array[int]] = {}
    lists = _lists(listing)
    names = {entry.stem for entry in lists}
    for entry in lists:
        if _is_class_list(entry.stem, names, classes):
            message, action = "lists of single classes lie among the splits", "not read as splits"
            log.add("VO-14", Severity.NOTE, message, action, entry.path)
            continue
        found = _read(listing, entry, item_of_stem, log)
        if found:
            splits[entry.stem] = found
    listed = {item for items in splits.values() for item in items}
    if splits:
        for stem, item in item_of_stem.items():
            if item not in listed:
                message, action = "an image is in no published list", "kept without a split"
                log.add("VO-08b", Severity.NOTE, message, action, stem)
    return splits


def _lists(listing: Listing) -> list[Entry]:
    entries = [e for e in listing.entries if e.suffix == ".txt" and "ImageSets" in PurePosixPath(e.folder).parts]
    for folder in _PREFERRED:
        chosen = [e for e in entries if e.folder.rpartition("/")[2] == folder]
        if chosen:
            return chosen
    return entries


def _is_class_list(stem: str, names: set[str], classes: Iterable[str]) -> bool:
    head, _, tail = stem.rpartition("_")
    return bool(head) and tail in names and head in set(classes)


def _read(listing: Listing, entry: Entry, item_of_stem: Mapping[str, int], log: FindingLog) -> array[int]:
    found: array[int] = array("i")
    text = listing.peek(entry.path, MAX_LIST_BYTES).decode("utf-8-sig", "replace")
    seen: set[int] = set()
    for number, line in enumerate(text.splitlines(), 1):
        words = line.strip().strip('"').split()
        if not words:
            continue
        # "stem flag": with a flag the last word is a number, and stems may hold blanks.
        has_flag = len(words) > 1 and words[-1] in {"-1", "0", "1"}
        name = " ".join(words[:-1]) if has_flag else line.strip().strip('"')
        item = item_of_stem.get(name)
        if item is None:
            item = item_of_stem.get(PurePosixPath(name.replace("\\", "/")).stem)
        if item is None:
            message, action = "a published list names an image that is not here", "left out of the split"
            log.add("VO-08", Severity.WARNING, message, action, f"{entry.path}:{number} {name}")
        elif item not in seen:
            seen.add(item)
            found.append(item)
    return found

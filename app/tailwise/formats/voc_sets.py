"""The lists of `ImageSets`: published splits, and lists of single classes."""

from __future__ import annotations

import re
from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tailwise.formats.image_lists import folder_split
from tailwise.formats.matching import stem_of
from tailwise.formats.text_encoding import decode
from tailwise.formats.voc_codes import report, report_all

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tailwise.domain.findings import FindingLog
    from tailwise.formats.listing import Entry, Listing

SETS = "imagesets"
_TASKS = ("main", SETS, "segmentation", "layout", "action")
_NO_CLASSES = frozenset({"background", "__background__", "ignored", "ignore", "void"})
_FLAGGED = re.compile(r"(.*\S)\s+(-1|0|1)")
_DATA_FOLDERS = frozenset({"annotations", "jpegimages", "images", SETS})


@dataclass(slots=True)
class PublishedLists:
    """Items by split in the order of the lists, and the classes that lists of single classes are about."""

    splits: dict[str, array[int]] = field(default_factory=dict[str, "array[int]"])
    classes: list[str] = field(default_factory=list[str])
    files: list[Entry] = field(default_factory=list["Entry"])


class StemIndex:
    """Finds items by the names that lists use: a path without suffix below the folder of a data set, or a stem."""

    def __init__(self) -> None:
        self._by_path: dict[tuple[str, str], int] = {}
        self._by_stem: dict[str, int | None] = {}

    def add(self, path: str, item: int) -> None:
        """Let `item` be found by the path of its annotation file or image."""
        base, inner = dataset_folder(path)
        folder, _, name = inner.rpartition("/")
        stem = name.removesuffix(".xml") if name.endswith(".xml") else stem_of(name)
        self._by_path.setdefault((base, f"{folder}/{stem}" if folder else stem), item)
        if self._by_stem.setdefault(stem, item) != item:
            self._by_stem[stem] = None  # several data sets under one root may use the same names

    def find(self, base: str, name: str) -> int | None:
        """Return the item called `name` in the data set at `base`, or the only one of that stem anywhere."""
        name = name.replace("\\", "/")
        item = self._by_path.get((base, name))
        return self._by_stem.get(stem_of(name)) if item is None else item


def dataset_folder(path: str) -> tuple[str, str]:
    """Return the folder of the data set that a file belongs to, and the path below `Annotations`, `JPEGImages` or so.

    >>> dataset_folder("VOC2007/Annotations/a/1.xml"), dataset_folder("a/1.xml")
    (('VOC2007', 'a/1.xml'), ('a', '1.xml'))
    """
    parts = path.split("/")
    for place, part in enumerate(parts[:-1]):
        if part.lower() in _DATA_FOLDERS:
            return "/".join(parts[:place]), "/".join(parts[place + 1 :])
    return "/".join(parts[:-1]), parts[-1]


def read_sets(listing: Listing, index: StemIndex, answers: Mapping[str, str], log: FindingLog) -> PublishedLists:
    """Read the published lists of all data sets of a listing.

    Of the folders below `ImageSets` the first that has lists counts, `Main` before the others: they repeat each other.

    Raises:
        QuestionError: the encoding of a list is not known; key `encoding`.
    """
    published = PublishedLists()
    by_dataset: dict[str, list[Entry]] = {}
    for entry in listing.entries:
        if entry.suffix == ".txt" and SETS in entry.folder.lower().split("/"):
            by_dataset.setdefault(dataset_folder(entry.path)[0], []).append(entry)
    for base, entries in by_dataset.items():
        chosen = _of_one_task(entries)
        stems = {entry.stem for entry in chosen}
        for entry in chosen:
            lines, flagged = _lines(listing, entry, answers)
            head, _, tail = entry.stem.rpartition("_")
            if flagged and head and (tail in stems or folder_split(tail)):
                report(log, "VO-14", entry.path)
                published.classes += [head] if head.lower() not in _NO_CLASSES and head not in published.classes else []
                continue
            published.files.append(entry)
            _add_split(published, entry, base, lines, (index, log))
    return published


def _add_split(
    published: PublishedLists,
    entry: Entry,
    base: str,
    lines: list[str],
    target: tuple[StemIndex, FindingLog],
) -> None:
    index, log = target
    split = published.splits.setdefault(folder_split(entry.stem) or entry.stem, array("i"))
    seen, lost = set(split), list[str]()
    for number, name in enumerate(lines, 1):
        if not name:
            continue
        item = index.find(base, name)
        if item is None and (flagged := _FLAGGED.fullmatch(name)):
            item = index.find(base, flagged[1])
        if item is None and not name.startswith("#"):
            lost.append(f"{entry.path}:{number} {name[:80]}")
        elif item is not None and item not in seen:
            seen.add(item)
            split.append(item)
    report_all(log, "VO-08", len(lost), lost)


def _lines(listing: Listing, entry: Entry, answers: Mapping[str, str]) -> tuple[list[str], bool]:
    """Return the lines without quotes and white space, and whether all of them end in a flag."""
    text, _ = decode(listing.absolute(entry.path).read_bytes(), entry.path, answers)
    lines = [line.strip().strip('"') for line in text.splitlines()]
    filled = [line for line in lines if line]
    return lines, bool(filled) and all(_FLAGGED.fullmatch(line) for line in filled)


def _of_one_task(entries: list[Entry]) -> list[Entry]:
    for task in _TASKS:
        chosen = [entry for entry in entries if entry.folder.rpartition("/")[2].lower() == task]
        if chosen:
            return chosen
    return entries

"""What is doubtful about class folders: their names, their levels, and what else lies in them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from tailwise.domain.findings import Severity
from tailwise.formats.class_folders import POOL, STRUCTURE

if TYPE_CHECKING:
    from tailwise.domain.findings import FindingLog
    from tailwise.domain.records import SourceData
    from tailwise.formats.class_folders import ClassFolders
    from tailwise.formats.listing import Listing


def report_files(listing: Listing, folders: ClassFolders, log: FindingLog) -> None:
    """Report what lies in class folders and is no image, hidden, or a link that leads out."""
    for path in listing.hidden:
        log.add("IF-01", Severity.REPAIRED, "hidden files and folders, which are no classes", "left out", path)
    for path in listing.outside:
        log.add("IF-07", Severity.WARNING, "links that lead out of the opened folder", "not followed", path)
    foreign: Counter[str] = Counter()
    classes = {place[0] + place[2][0] for e in listing.images() if (place := folders.place(e.folder)) and place[2]}
    for entry in listing.entries:
        place = folders.place(entry.folder)
        if not place or not place[2] or place[0] + place[2][0] not in classes or place[2][0].lower() in STRUCTURE:
            continue
        if not entry.is_image:
            foreign[entry.suffix or "files without a suffix"] += 1
        elif entry.size == 0:
            message, action = "image files without content", "kept as items whose image cannot be read"
            log.add("IF-16", Severity.WARNING, message, action, entry.path)
    for suffix, count in sorted(foreign.items()):
        message = "files in class folders that are no images"
        log.add("IF-09", Severity.SKIPPED, message, "left out", f"{count:,} {suffix}", count=count)


def report_classes(data: SourceData, folders: ClassFolders, level: int, log: FindingLog) -> None:
    """Report class names that trainers order or merge in other ways, and levels and splits that disagree."""
    names = [category.name for category in data.categories]
    _report_names(names, log)
    _report_split_differences(data, names, log)
    if level == 1:
        _report_second_level(data, folders, log)
    basenames = Counter(path.rpartition("/")[2] for path in data.items.file_name)
    repeated = [name for name, count in basenames.items() if count > 1]
    if repeated:
        message = "file names that occur in several folders"
        action = "kept apart by their folder; exports to one flat folder have to rename them"
        log.add("IF-10", Severity.NOTE, message, action, repeated[0], count=len(repeated))


def _report_names(names: list[str], log: FindingLog) -> None:
    numbers = [name for name in names if name.isdecimal()]
    if numbers and sorted(numbers, key=int) != sorted(numbers):
        message = "classes are numbers, which trainers order as text: 1, 10, 2"
        log.add("IF-05", Severity.WARNING, message, "kept by name; the index is the place in text order", numbers[0])
    for name in names:
        if name.lower() in {"true", "false"}:
            message = "a class is called true or false"
            log.add("IF-05", Severity.WARNING, message, "kept as text; trainers order False before True", name)
    alike: dict[str, str] = {}
    for name in names:
        first = alike.setdefault(name.casefold(), name)
        if first != name:
            message = "class folders that differ only in letter case"
            action = "kept apart; merge them in the class table if they are one class"
            log.add("IF-08", Severity.WARNING, message, action, f"{first} and {name}")


def _report_split_differences(data: SourceData, names: list[str], log: FindingLog) -> None:
    splits_of: dict[int, set[str]] = {}
    for split, items in data.splits.items():
        for item in items:
            splits_of.setdefault(item, set()).add(split)
    present: dict[str, set[int]] = {split: set() for split in data.splits}
    for item, category in zip(data.annotations.item, data.annotations.category, strict=True):
        for split in splits_of.get(item, ()):
            present[split].add(category)
    labelled = {split: found for split, found in present.items() if found}
    everywhere = set().union(*labelled.values()) if labelled else set[int]()
    for split, found in labelled.items():
        lacking = [names[category] for category in sorted(everywhere - found)]
        if lacking:
            message = "a split lacks classes that another has"
            action = "kept; Ultralytics refuses to train on it"
            log.add(
                "IF-03", Severity.WARNING, message, action, f"{split}: {', '.join(lacking[:10])}", count=len(lacking)
            )


def _report_second_level(data: SourceData, folders: ClassFolders, log: FindingLog) -> None:
    """Ask whether the folders below the classes are the real classes, with the numbers of both levels."""
    first: set[str] = set()
    second: Counter[str] = Counter()
    placed = 0
    for path in data.items.file_name:
        place = folders.place(path.rpartition("/")[0])
        if place is None or not place[2] or place[2][0].lower() in STRUCTURE | POOL:
            continue
        placed += 1
        first.add(place[2][0])
        if len(place[2]) > 1:
            second["/".join(place[2][:2])] += 1
    if len(second) > 1 and second.total() >= 0.8 * placed:
        log.add(
            "IF-06",
            Severity.QUESTION,
            f"the class folders hold folders: {len(first):,} classes at the first level, {len(second):,} at the second",
            "the first level was taken for the class; answer class_level=2 for the second",
            next(iter(second)),
            count=len(second),
        )

"""From the annotation files of a VOC data set to its items: which image each is about, and which images have none."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from tailwise.domain.records import LabelState, MediaState
from tailwise.formats.listing import IMAGE_SUFFIXES
from tailwise.formats.matching import ImageMatcher, stem_of
from tailwise.formats.paths import last_part
from tailwise.formats.voc_codes import report, report_all

if TYPE_CHECKING:
    from tailwise.domain.findings import FindingLog
    from tailwise.domain.records import ItemColumns
    from tailwise.formats.listing import Entry, Listing
    from tailwise.formats.voc_file import VocFile

_ANNOTATIONS = frozenset({"annotations", "annotation", "xml", "xmls", "labels"})
_IMAGES = ("JPEGImages", "images", "Images", "img")
_MASKS = frozenset({"segmentationclass", "segmentationobject", "masks", "mask"})


class VocPlacer:
    """Adds one item per annotation file. The name of the file leads: `filename` inside is often that of another."""

    def __init__(self, listing: Listing, items: ItemColumns, log: FindingLog) -> None:
        self._listing = listing
        self._items = items
        self._log = log
        self._matcher = ImageMatcher(listing)
        self._item_of: dict[str, int] = {}

    def place(self, entry: Entry, file: VocFile, state: LabelState) -> int:
        """Return the new item of an annotation file."""
        named, stem = last_part(file.file_name), entry.stem
        suffix = _suffix(named)
        folders = _image_folders(entry.folder)
        path = self._matcher.find(f"{stem}{suffix or '.jpg'}", folders).path
        if path is None or stem_of(path).casefold() != stem.casefold():
            path = self._matcher.find(f"{folders[0]}/{stem}" if folders[0] else stem).path
        if named and (not suffix or stem_of(named).casefold() != stem.casefold()):
            report(self._log, "VO-03", f"{entry.path}: {named}")
            path = self._matcher.find(named, folders).path if path is None else path
        if path is not None and path in self._item_of:
            report(self._log, "VO-12", f"{entry.path}: {path}")
            path = None
        name = path or self._free_name(entry, folders[0], suffix or ".jpg")
        self._item_of[name] = len(self._items)
        media = MediaState.MISSING if path is None else MediaState.PRESENT
        size = (file.width, file.height)
        return self._items.append(name, ext_id=stem, size=size, state=state, media=media)

    def add_images_without_annotations(self, *, is_ignored: bool) -> list[int]:
        """Add the images that no annotation file is about, and return their items."""
        if is_ignored:
            return []
        extra = [
            entry.path
            for entry in self._listing.images()
            if entry.path not in self._item_of and _MASKS.isdisjoint(entry.folder.lower().split("/"))
        ]
        report_all(self._log, "VO-13", len(extra), extra)
        return [self._items.append(path, ext_id=stem_of(path), media=MediaState.PRESENT) for path in extra]

    def _free_name(self, entry: Entry, folder: str, suffix: str) -> str:
        """Return the path that the image of an annotation file would have, unlike that of any other item."""
        name = f"{folder}/{entry.stem}{suffix}" if folder else f"{entry.stem}{suffix}"
        if name in self._item_of or self._matcher.find(name).path is not None:
            name = f"{entry.path}{suffix}"
        return name


def _suffix(name: str) -> str:
    dot = name.rfind(".")
    return name[dot:] if dot > 0 and name[dot:].lower() in IMAGE_SUFFIXES else ""


@functools.lru_cache(maxsize=64)
def _image_folders(folder: str) -> list[str]:
    """Return where the images of annotation files in `folder` are looked for, the likeliest first."""
    parts = folder.split("/") if folder else []
    places = [place for place, part in enumerate(parts) if part.lower() in _ANNOTATIONS]
    beside = [folder] if not places else []
    for place in places[-1:]:
        beside += ["/".join([*parts[:place], name, *parts[place + 1 :]]) for name in _IMAGES]
        beside += ["/".join(parts[:place])]
    return list(dict.fromkeys([*beside, folder, *("/".join([*parts[:-1], name]) for name in _IMAGES)]))

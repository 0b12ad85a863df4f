"""From the images that COCO files list to the items of a source: which file on disk each is, and which are the same."""

from __future__ import annotations

import re
from collections import Counter
from itertools import count
from typing import TYPE_CHECKING

import numpy as np

from tailwise.domain.records import LabelState, MediaState
from tailwise.formats.coco_codes import report, report_all
from tailwise.formats.coco_layout import image_folders
from tailwise.formats.matching import ImageMatcher
from tailwise.formats.paths import clean, is_anchored, last_part

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tailwise.domain.findings import FindingLog
    from tailwise.domain.records import ItemColumns
    from tailwise.formats.coco_layout import CocoFile
    from tailwise.formats.coco_parts import FileParts
    from tailwise.formats.geometry import Ints
    from tailwise.formats.listing import Listing
    from tailwise.formats.matching import Match
    from tailwise.ops.progress import Progress

_REPORT_ROWS = 8192
_PLAIN_NAME = re.compile(r"[\w-][\w.-]*", re.ASCII)
_STEPS = {
    "nfc": "another Unicode form",
    "case": "other letter case",
    "basename": "its name alone",
    "stem": "its name without the suffix",
}


class ItemPlacer:
    """Makes one item per image of a source, however many files list it.

    After `place`, `shared` holds for pairs of files the items that both list, the earlier file first.
    """

    def __init__(self, listing: Listing, items: ItemColumns, log: FindingLog) -> None:
        self._listing = listing
        self._items = items
        self._log = log
        self._matcher = ImageMatcher(listing)
        self._item_of: dict[str, int] = {}
        self._outside: dict[str, str] = {}
        self.shared: dict[tuple[int, int], list[int]] = {}

    def place(self, files: Sequence[tuple[CocoFile, FileParts]], progress: Progress) -> list[Ints]:
        """Return the item of every image of every file, adding items in the order of the files."""
        progress.stage("Matching images", sum(len(parts.images.names) for _, parts in files))
        folders = [image_folders(self._listing, file) for file, _ in files]
        found = [
            self._matcher.find_all(parts.images.names, where) for (_, parts), where in zip(files, folders, strict=True)
        ]
        exact: dict[str, str] = {}
        for (file, _), matches in zip(files, found, strict=True):
            exact.update(
                {match.path: file.split for match in matches.values() if match.level == "exact" and match.path}
            )
        placed: list[Ints] = []
        for index, ((file, parts), matches, where) in enumerate(zip(files, found, folders, strict=True)):
            settled = _settled(matches, exact, file.split) if len(files) > 1 else matches
            self._report(file, settled)
            placed.append(self._place_file(index, (file, parts), settled, _home(settled, where), progress))
        return placed

    def _place_file(
        self,
        index: int,
        read: tuple[CocoFile, FileParts],
        matches: Mapping[str, Match],
        home: str,
        progress: Progress,
    ) -> Ints:
        file, parts = read
        images, codes = parts.images, parts.images.codes().tolist()
        item_of, first = self._item_of, len(self._items)
        paths = self._paths(matches, home)
        ordered: list[str] = []
        new: list[int] = []
        for begin in range(0, len(images.names), _REPORT_ROWS):
            for row, name in enumerate(images.names[begin : begin + _REPORT_ROWS], begin):
                path = paths[name] or f"image-{parts.ids.text(codes[row])}"
                ordered.append(path)
                if path not in item_of:
                    item_of[path] = first + len(new)
                    new.append(row)
            progress.advance(min(_REPORT_ROWS, len(images.names) - begin))
        items = self._items
        items.file_name += [ordered[row] for row in new]
        items.ext_id += [parts.ids.text(codes[row]) for row in new]
        items.width.extend([images.width[row] for row in new])
        items.height.extend([images.height[row] for row in new])
        items.state.extend([LabelState.UNLABELLED] * len(new))
        found = (MediaState.PRESENT if matches[images.names[row]].path else MediaState.MISSING for row in new)
        items.media.extend(found)
        items.file.extend([index] * len(new))
        positions = np.array([item_of[path] for path in ordered], np.int64)
        if len(new) < len(ordered):
            self._tell_repeats(index, file, positions, set(new))
        return positions

    def _tell_repeats(self, index: int, file: CocoFile, positions: Ints, new: set[int]) -> None:
        """Tell which rows are about an image that came before, in this file or in another."""
        names, repeats = self._items.file_name, list[str]()
        for row, item in enumerate(positions.tolist()):
            if row not in new and self._items.file[item] == index:
                repeats.append(f"{file.path}: {names[item]}")
            elif row not in new:
                self.shared.setdefault((self._items.file[item], index), []).append(item)
        report_all(self._log, "CO-13b", len(repeats), repeats)

    def _paths(self, matches: Mapping[str, Match], home: str) -> dict[str, str]:
        """Return the path that the image of every name goes by; empty for a name with nothing usable in it.

        Names that leave the folder are cut to their last part. Two of them may end alike and be different images.
        """
        paths = {name: _path(name, match, home) for name, match in matches.items()}
        taken = {*paths.values(), *self._item_of, *self._outside.values()}
        for name, path in paths.items():
            if path is not None:
                continue
            if name not in self._outside:
                end = last_part(name).replace("\0", "\ufffd")
                numbered = (f"{number}/{end}" for number in count(2))
                self._outside[name] = (
                    end if end not in taken or not end else next(p for p in numbered if p not in taken)
                )
                taken.add(self._outside[name])
            paths[name] = self._outside[name]
        return {name: path or "" for name, path in paths.items()}

    def _report(self, file: CocoFile, matches: Mapping[str, Match]) -> None:
        if "" not in matches and {match.level for match in matches.values()} <= {"exact", "missing"}:
            return
        for name, match in matches.items():
            shown = f"…/{last_part(name)}" if is_anchored(name) else name
            if match.level in _STEPS:
                report(self._log, "CO-12", f"{shown} → {match.path} (by {_STEPS[match.level]})")
            elif match.level in {"unsafe", "ambiguous"} or not name:
                why = {"unsafe": "leaves the folder", "ambiguous": "fits several images"}.get(match.level, "no name")
                report(self._log, "CO-12b", f"{file.path}: {shown} ({why})")


def add_extra_images(listing: Listing, items: ItemColumns, log: FindingLog, *, is_single: bool) -> None:
    """Add the images on disk that no file lists: they are what can be labelled next.

    Where a single file was chosen only the folders of its images are looked at, as other files may list the rest.
    """
    known = set(items.file_name)
    home = {name.rpartition("/")[0] for name, media in zip(items.file_name, items.media, strict=True) if media}
    extra = [
        entry.path
        for entry in listing.entries
        if entry.is_image
        and entry.path not in known
        and (entry.folder in home if is_single else not _is_mask_folder(entry.folder, home))
    ]
    for path in extra:
        items.append(path, media=MediaState.PRESENT)
    report_all(log, "CO-13", len(extra), extra)


def _path(name: str, match: Match, home: str) -> str | None:
    """Return where an image is, else where it would be; None for a name that leaves the folder."""
    if match.path is not None:
        return match.path
    if _PLAIN_NAME.fullmatch(name):  # nearly all; there is nothing to clean
        return f"{home}/{name}" if home else name
    return clean(name.replace("\\", "/"), home) if name else ""


def _is_mask_folder(folder: str, home: set[str]) -> bool:
    words = {"mask", "masks", "panoptic", "segmentationclass", "segmentationobject", "stuff", "pixelmaps", "thumbs"}
    return folder not in home and any(part.lower().split("_")[0] in words for part in folder.split("/"))


def _settled(matches: dict[str, Match], exact: Mapping[str, str], split: str) -> dict[str, Match]:
    """Take back forgiving matches of images that a file of another split names exactly: they are other images."""
    for name, match in matches.items():
        owner = exact.get(match.path or "")
        if match.level != "exact" and owner is not None and owner != split:
            matches[name] = match._replace(path=None, level="missing")
    return matches


def _home(matches: Mapping[str, Match], folders: Sequence[str]) -> str:
    """Return the folder that the names of a file are relative to: where most were found, else the likeliest."""
    counted: Counter[str] = Counter()
    for name, match in matches.items():
        if match.level == "exact" and match.path is not None and match.path.endswith(name):
            counted[match.path[: len(match.path) - len(name)].rstrip("/")] += 1
    return counted.most_common(1)[0][0] if counted else folders[0]

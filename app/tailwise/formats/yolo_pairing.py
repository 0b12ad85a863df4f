"""Which label file belongs to which image.

Images lead: each looks for its label file where trainers look (`/images/` replaced by `/labels/`, else beside it),
then in a `labels` folder below, then by its name anywhere. Label files that no image claims become items without media.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tailwise.domain.errors import Choice, Question, QuestionError
from tailwise.domain.findings import Severity
from tailwise.formats.image_lists import path_split
from tailwise.formats.matching import NameMatcher
from tailwise.formats.yolo_files import label_verdict
from tailwise.ops.progress import track

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tailwise.domain.findings import FindingLog
    from tailwise.formats.listing import Listing
    from tailwise.ops.progress import Progress

LABELS_KEY = "labels"
MAX_OPENED = 1000


@dataclass(slots=True)
class Slot:
    """One image: its path on disk, or the name it goes by where the file is missing; its label file; its splits.

    `listed` is the name by which a list asked for it. `is_extra` marks images that no split mentions.
    """

    path: str
    is_present: bool
    listed: str = ""
    label: str | None = None
    splits: list[str] = field(default_factory=list[str])
    is_extra: bool = False


class LabelPairing:
    """Gives the images of one dataset their label files; adds items for label files without an image."""

    def __init__(self, listing: Listing, slots: dict[str, Slot], log: FindingLog) -> None:
        self._listing = listing
        self._slots = slots
        self._log = log

    def pair(self, labels: dict[str, list[str]], progress: Progress) -> None:
        """Pair images with the label files of the folders in `labels`.

        Raises:
            QuestionError: several folders hold label files of the same names; key `labels`.
        """
        free = {path.lower(): path for paths in labels.values() for path in paths}
        used: set[str] = set()
        for slot in track(self._slots.values(), progress, 4096):
            slot.label = next((free[low] for low in _label_places(slot.path) if low in free), None)
            if slot.label is not None:
                used.add(slot.label)
        left = [path for paths in labels.values() for path in paths if path not in used]
        # A list of the dataset tells the folder too, so it decides between folders that hold files of the same names.
        left = self._pair_by_name(left, [slot for slot in self._slots.values() if slot.listed])
        left = self._without_shadows(left)
        self._refuse_rivals(left)
        progress.advance(0)
        left = self._pair_by_name(left, self._slots.values())
        progress.advance(0)
        self._add_orphans(left)

    def _without_shadows(self, left: list[str]) -> list[str]:
        """Leave out folders whose label files are for images that have their labels already."""
        labelled = {_stem(slot.label) for slot in self._slots.values() if slot.label is not None}
        if not labelled:
            return left
        kept: list[str] = []
        for folder, paths in _by_folder(left).items():
            if sum(_stem(path) in labelled for path in paths) <= 0.5 * len(paths):
                kept += paths
                continue
            self._log.add(
                "YO-23",
                Severity.WARNING,
                "label files for images that have other label files already",
                "left out; answer labels=FOLDER to read these instead",
                folder or "the opened folder",
                count=len(paths),
            )
        return kept

    def _refuse_rivals(self, left: list[str]) -> None:
        folders = _by_folder(left)
        if len(folders) < 2:
            return
        stems = {folder: {_stem(path) for path in paths} for folder, paths in list(folders.items())[:50]}
        rivals: set[str] = set()
        for one, ones in stems.items():
            for other, others in stems.items():
                is_same_split = path_split(one) == path_split(other)
                if one < other and is_same_split and len(ones & others) > 0.5 * min(len(ones), len(others)):
                    rivals |= {one, other}
        if rivals:
            choices = tuple(
                Choice(folder, f"{folder}: {len(folders[folder]):,} label files") for folder in sorted(rivals)
            )
            text = "Several folders hold label files of the same names: which are the labels of this dataset?"
            raise QuestionError([Question(LABELS_KEY, text, choices)])

    def _pair_by_name(self, left: list[str], slots: Iterable[Slot]) -> list[str]:
        """Give label files to images by name where that is clear on both sides; return those still left."""
        waiting = {_label_name(slot): slot for slot in slots if slot.label is None} if left else {}
        taken: set[str] = set()
        for name, match in NameMatcher(left).find_all(waiting).items():
            if match.path is not None:
                waiting[name].label = match.path
                taken.add(match.path)
        if taken:
            self._log.add(
                "YO-22",
                Severity.NOTE,
                "label files that lie where no trainer looks for them",
                "found by their names",
                min(taken),
                count=len(taken),
            )
        return [path for path in left if path not in taken]

    def _add_orphans(self, left: list[str]) -> None:
        orphans = self._labels_only(left)
        for path in orphans:
            slot = self._slots.setdefault(path[:-4], Slot(path[:-4], is_present=False))
            slot.label = path
            if (split := path_split(path[: max(0, path.rfind("/"))])) is not None:
                slot.splits.append(split)
        if orphans:
            self._log.add(
                "YO-09",
                Severity.WARNING,
                "label files without an image",
                "kept as items whose image is missing",
                orphans[0],
                count=len(orphans),
            )

    def _labels_only(self, orphans: list[str]) -> list[str]:
        """Leave out text files that only lie among label files, unless there are too many to open each."""
        if len(orphans) > MAX_OPENED:
            return orphans
        kept = [path for path in orphans if label_verdict(self._listing.peek(path, 4096)) is not False]
        for path in set(orphans) - set(kept):
            self._log.add("YO-20", Severity.NOTE, "a text file among the labels holds no labels", "left out", path)
        return kept


def _label_places(image: str) -> Iterable[str]:
    """Yield where the label file of an image may lie, in lower case, likeliest first."""
    base = image.lower()
    dot = base.rfind(".")
    base = base[:dot] if dot > base.rfind("/") + 1 else base
    at = f"/{base}".rfind("/images/")
    if at >= 0:
        yield f"{base[:at]}labels/{base[at + 7 :]}.txt"
    yield f"{base}.txt"
    folder, slash, stem = base.rpartition("/")
    yield f"{folder}{slash}labels/{stem}.txt"


def _by_folder(paths: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path in paths:
        found.setdefault(path.rpartition("/")[0], []).append(path)
    return found


def _label_name(slot: Slot) -> str:
    name = slot.listed or slot.path
    dot = name.rfind(".")
    return f"{name[:dot] if dot > name.rfind('/') + 1 else name}.txt"


def _stem(path: str) -> str:
    """Return the name of a label file, which ends in .txt, without that."""
    return path[path.rfind("/") + 1 : path.rfind(".")].lower()

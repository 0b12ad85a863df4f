"""Which images a YOLO dataset has, which split they belong to, and what its classes are called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tailwise.domain.errors import Choice, Question, QuestionError, RequestError
from tailwise.domain.findings import Severity
from tailwise.formats.image_lists import find_image_lists, names_in, path_split, split_names
from tailwise.formats.matching import ImageMatcher, NameMatcher
from tailwise.formats.paths import clean, is_anchored
from tailwise.formats.yolo_config import YoloConfig, read_class_list, read_config, read_text
from tailwise.formats.yolo_files import class_lists, descriptions, label_folders
from tailwise.formats.yolo_pairing import LABELS_KEY, LabelPairing, Slot
from tailwise.ops.progress import track

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tailwise.domain.findings import FindingLog
    from tailwise.formats.listing import Listing
    from tailwise.ops.progress import Progress

FILE_KEY, NAMES_KEY, EXTRA_KEY = "file", "names", "extra_images"


@dataclass(slots=True)
class YoloLayout:
    """A dataset as laid out on disk. `files` are the descriptions, class lists and split lists that were read."""

    config: YoloConfig
    slots: list[Slot]
    names: dict[int, str] | None
    files: list[str]


class LayoutFinder:
    """Finds the layout of one listing."""

    def __init__(self, listing: Listing, answers: Mapping[str, str], log: FindingLog, progress: Progress) -> None:
        self._progress = progress
        self._listing = listing
        self._answers = answers
        self._log = log
        self._files: list[str] = []
        self._images = ImageMatcher(listing)
        self._paths = {entry.path for entry in listing.entries}
        self._folders = {"", *listing.folders}
        self._slots: dict[str, Slot] = {}

    def find(self) -> YoloLayout:
        """Find images, labels and splits.

        Raises:
            QuestionError: several descriptions, label folders or class lists fit; keys `file`, `labels`, `names`.
        """
        config = self._description()
        if config.splits:
            self._add_splits(config)
        if not self._slots:
            config.splits = {}
            self._add_all_images()
        self._progress.advance(0)
        labels = label_folders(self._listing, self._label_scope(), {*self._files, config.names_file})
        self._progress.advance(0)
        LabelPairing(self._listing, self._slots, self._log).pair(labels, self._progress)
        names = self._class_names(config, labels)
        return YoloLayout(config, list(self._slots.values()), names, self._files)

    def _description(self) -> YoloConfig:
        dropped = self._listing.dropped
        if dropped is not None and any(entry.path == dropped for entry in find_image_lists(self._listing)):
            stem = dropped.rpartition("/")[2].rpartition(".")[0]
            folder, _, name = dropped.rpartition("/")
            split = split_names([stem]).get(stem, stem)
            return YoloConfig(path=f"{folder}/." if folder else "", splits={split: [name]}, bases=[""])
        found = descriptions(self._listing)
        wanted = self._answers.get(FILE_KEY)
        if wanted is not None and wanted not in self._paths:
            raise RequestError(f"file={wanted} is not in the dataset", f"Answer one of {', '.join(found[:10])}")
        if wanted is None and len(found) > 1:
            choices = tuple(Choice(path, path) for path in found)
            raise QuestionError([Question(FILE_KEY, "Several files describe a YOLO dataset: which one?", choices)])
        path = wanted or (found[0] if found else "")
        if not path:
            return YoloConfig()
        self._files.append(path)
        return read_config(self._listing, path, self._answers, self._log)

    def _add_splits(self, config: YoloConfig) -> None:
        for split, values in config.splits.items():
            for value in values:
                target = self._resolve(config, value)
                if target is None:
                    self._log.add(
                        "YO-21",
                        Severity.WARNING,
                        "a split points to a place that is not below the opened folder",
                        "left out; open the folder that holds both the description and the images",
                        f"{config.path or 'the list'}: {split}: {'…/' if is_anchored(value) else ''}{_tail(value)}",
                    )
                elif target in self._folders:
                    self._add_folder(split, target)
                elif (names := self._list_names(target)) is not None:
                    self._add_names(split, names, [target.rpartition("/")[0], *self._base_folders(config)])
                else:
                    self._slot(target, is_present=True).splits.append(split)
        if self._slots:
            self._add_extra_images()

    def _resolve(self, config: YoloConfig, value: str) -> str | None:
        """Find what a split entry points to, in the order trainers look, then by its last two parts."""
        value = value.replace("\\", "/").rstrip("/") or "."
        root = self._listing.root.as_posix()
        if value == root or value.startswith(f"{root}/"):
            value = value[len(root) :].lstrip("/") or "."
            candidates = [clean(value)]
        else:
            candidates = [clean(value, base) for base in self._base_folders(config)]
            stripped = value
            while stripped.startswith("../"):
                stripped = stripped[3:]
                candidates.append(clean(stripped, config.folder))
        if value.endswith((".txt", ".names")):  # Darknet writes data/train.txt for a list beside the description
            candidates.append(clean(value.rpartition("/")[2], config.folder))
        candidates += [_other_split_word(c) for c in candidates if c is not None]
        for candidate in candidates:
            if candidate is not None and (candidate in self._folders or candidate in self._paths):
                return candidate
        tail = _tail(value)
        fitting = [path for path in (*self._listing.folders, *self._paths) if path == tail or path.endswith(f"/{tail}")]
        return fitting[0] if len(fitting) == 1 else None

    def _base_folders(self, config: YoloConfig) -> list[str]:
        bases = [clean(base.replace("\\", "/"), config.folder) for base in config.bases]
        return list(dict.fromkeys(base for base in (*bases, config.folder) if base is not None))

    def _list_names(self, path: str) -> list[str] | None:
        """Return the images a list names, None when `path` is an image itself."""
        if not path.lower().endswith((".txt", ".lst")):
            return None
        self._files.append(path)
        return names_in(read_text(self._listing, path, self._answers))

    def _add_folder(self, split: str, folder: str) -> None:
        prefix = f"{folder}/" if folder else ""
        found = [entry.path for entry in self._listing.entries if entry.is_image and entry.path.startswith(prefix)]
        for path in track(found, self._progress, 4096):
            self._slot(path, is_present=True).splits.append(split)
        if not found:
            self._log.add(
                "YO-21", Severity.WARNING, "a split points to a folder without images", "the split is empty", folder
            )

    def _add_names(self, split: str, names: list[str], folders: list[str]) -> None:
        unsafe = [name for name in names if clean(name.replace("\\", "/")) is None]
        if unsafe:
            self._log.add(
                "YO-13",
                Severity.REPAIRED,
                "a list names images by absolute paths or outside the dataset",
                "matched by the last parts of the path; only that is stored",
                _tail(unsafe[0]),
                count=len(unsafe),
            )
        stored = _without_common_folder(unsafe)
        for name, match in self._images.find_all(names, folders).items():
            if match.path is not None:
                slot = self._slot(match.path, is_present=True)
            else:
                slot = self._slot(stored.get(name) or clean(name.replace("\\", "/")) or _tail(name), is_present=False)
            slot.listed = name.replace("\\", "/")
            slot.splits.append(split)

    def _slot(self, path: str, *, is_present: bool) -> Slot:
        slot = self._slots.get(path)
        if slot is None:
            slot = self._slots[path] = Slot(path, is_present)
        return slot

    def _add_extra_images(self) -> None:
        # Whoever opens one file means what it lists; whoever opens a folder means all that is in it.
        answer = self._answers.get(EXTRA_KEY, "pool" if self._listing.dropped is None else "ignore")
        if answer not in {"pool", "ignore"}:
            raise RequestError(f"extra_images={answer} is not known", "Answer pool or ignore")
        extra = [path for entry in self._listing.images() if (path := entry.path) not in self._slots]
        for path in extra if answer == "pool" else []:
            self._slot(path, is_present=True).is_extra = True
        if extra:
            actions = {
                "pool": "added without a split; answer extra_images=ignore to leave them out",
                "ignore": "left out; answer extra_images=pool to add them without a split",
            }
            self._log.add(
                "YO-24",
                Severity.QUESTION,
                "images lie in the dataset that no split mentions",
                actions[answer],
                extra[0],
                count=len(extra),
            )

    def _add_all_images(self) -> None:
        """Take every image; splits come from list files that name them, else from folder names."""
        lists = [e for e in find_image_lists(self._listing) if e.path not in self._files]
        by_stem = split_names(entry.stem for entry in lists)
        for entry in track(self._listing.images(), self._progress, 4096):
            slot = self._slot(entry.path, is_present=True)
            if not by_stem and (split := path_split(entry.folder)) is not None:
                slot.splits.append(split)
        for entry in lists:
            names = self._list_names(entry.path) or []
            if entry.stem in by_stem:
                self._add_names(by_stem[entry.stem], names, [entry.folder, ""])

    def _label_scope(self) -> str:
        scope = self._answers.get(LABELS_KEY, "")
        if scope not in self._folders:
            raise RequestError(f"labels={scope} is not a folder of the dataset", "Answer the folder of the label files")
        return scope

    def _class_names(self, config: YoloConfig, labels: Mapping[str, list[str]]) -> dict[int, str] | None:
        path = self._answers.get(NAMES_KEY)
        if path is not None and path not in self._paths:
            raise RequestError(f"names={path} is not in the dataset", "Answer the path of the list of class names")
        if path is None and config.names is not None:
            return config.names
        if path is None and config.names_file:
            path = self._resolve(config, config.names_file) or self._by_basename(config.names_file)
        if path is None:
            path = self._nearest_class_list(max(labels, key=lambda folder: len(labels[folder]), default=""))
        if path is None or path in self._folders:
            return None
        self._files.append(path)
        return read_class_list(self._listing, path, self._answers, self._log)

    def _by_basename(self, name: str) -> str | None:
        return NameMatcher(self._paths).find(name.replace("\\", "/")).path

    def _nearest_class_list(self, label_folder: str) -> str | None:
        """Find the class list in the label folder or the closest folder above, else the only one there is."""
        found = class_lists(self._listing)
        folder = label_folder
        while True:
            here = [path for path in found if path.rpartition("/")[0] == folder]
            if here or not folder:
                break
            folder = folder.rpartition("/")[0]
        candidates = here or found
        if len(candidates) > 1:
            choices = tuple(Choice(path, path) for path in candidates[:20])
            raise QuestionError(
                [Question(NAMES_KEY, "Several files list class names: which one belongs here?", choices)]
            )
        return candidates[0] if candidates else None


def _tail(value: str) -> str:
    return "/".join(part for part in value.replace("\\", "/").split("/")[-2:] if part not in {"", ".", ".."})


def _other_split_word(path: str) -> str | None:
    """Return the path with `valid` for `val` or the other way round: exports are not at one with themselves."""
    other = "/".join({"val": "valid", "valid": "val"}.get(part, part) for part in path.split("/"))
    return other if other != path else None


def _without_common_folder(names: list[str]) -> dict[str, str]:
    """Shorten names of another machine by the folders they share, so that nothing of that machine is kept."""
    parts = {
        name: [part for part in name.replace("\\", "/").split("/") if part not in {"", ".", ".."}] for name in names
    }
    rows = list(parts.values())
    shared = 0
    while rows and all(len(row) > shared + 1 and row[shared] == rows[0][shared] for row in rows):
        shared += 1
    return {name: "/".join(row[shared:]) for name, row in parts.items()}

"""Which folders of a listing are classes: siblings that hold images, near the root or below folders for splits."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tailwise.formats.image_lists import folder_split, is_image_list
from tailwise.formats.yolo_files import label_verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tailwise.formats.listing import Entry, Listing

STRUCTURE = frozenset(
    """images img imgs image labels label annotations annotation ann anns masks mask jpegimages imagesets
    segmentationclass segmentationobject train training val valid validation test testing dev data raw thumbs
    thumbnails crops runs weights docs""".split()  # noqa: SIM905
)
"""Folder names, in lower case, that say how a dataset is laid out and are no classes."""

POOL = frozenset("unlabeled unlabelled pool unsorted todo _".split())  # noqa: SIM905
"""Folder names whose images nobody has sorted yet."""

_CONTAINERS = frozenset("images img imgs image data raw".split())  # noqa: SIM905
_LABEL_SUFFIXES = frozenset({".json", ".xml", ".csv", ".tsv", ".txt", ".yaml", ".yml"})
_MAX_JUDGED = 20


@dataclass(slots=True)
class ClassFolders:
    """Folders whose children are classes: one, or one per split (`bases` maps base to split, empty for none).

    `found` is False where nothing looks like class folders and the best guess was taken.
    """

    bases: dict[str, str] = field(default_factory=dict[str, str])
    found: bool = True

    def place(self, folder: str) -> tuple[str, str, list[str]] | None:
        """Return base, split and the parts below the base of a folder; None outside of all bases."""
        for base, split in self.bases.items():
            if folder == base:
                return base, split, []
            prefix = f"{base}/" if base else ""
            if folder.startswith(prefix):
                return base, split, folder[len(prefix) :].split("/")
        return None


def find_class_folders(listing: Listing) -> ClassFolders:
    """Go down from the root to the first level with two folders that are neither structure nor splits."""
    children = _children_with_images(listing.images())
    node = ""
    while True:
        subs = children.get(node, [])
        splits = {sub: split for sub in subs if (split := folder_split(_name(sub))) is not None}
        classes = [sub for sub in subs if _name(sub) not in STRUCTURE | POOL and sub not in splits]
        if splits and not classes and ("train" in splits.values() or len(splits) > 1):
            return ClassFolders(
                {_inside(sub, children): split for sub, split in splits.items()}, _hold_classes(splits, children)
            )
        if len(classes) > 1:
            return ClassFolders({node: ""})
        containers = [sub for sub in subs if _name(sub) in _CONTAINERS]
        if len(subs) == 1 and children.get(subs[0]):
            node = subs[0]
        elif len(containers) == 1 and not classes and children.get(containers[0]):
            node = containers[0]
        else:
            return ClassFolders({node: ""}, found=False)


def label_like_files(listing: Listing) -> list[Entry]:
    """Return files that may hold labels of another format; lists of images and prose are left out."""
    found: list[Entry] = []
    judged: dict[str, list[bool]] = {}
    for entry in listing.entries:
        if entry.suffix not in _LABEL_SUFFIXES:
            continue
        if entry.suffix == ".txt":
            seen = judged.setdefault(entry.folder, [])
            if len(seen) < _MAX_JUDGED:
                head = listing.peek(entry.path, 4096)
                seen.append(label_verdict(head) is True and not is_image_list(head))
            if not any(seen):
                continue
        found.append(entry)
    return found


def _children_with_images(images: Iterable[Entry]) -> dict[str, list[str]]:
    """Map every folder to its sub-folders that hold images at any depth, in listing order."""
    children: dict[str, list[str]] = {}
    seen: set[str] = set()
    for folder in dict.fromkeys(entry.folder for entry in images):
        while folder and folder not in seen:
            seen.add(folder)
            children.setdefault(folder.rpartition("/")[0], []).append(folder)
            folder = folder.rpartition("/")[0]  # noqa: PLW2901  climbing is the loop
    return children


def _inside(folder: str, children: dict[str, list[str]]) -> str:
    """Go through a lone `images` folder below a split."""
    while len(subs := children.get(folder, [])) == 1 and _name(subs[0]) in _CONTAINERS:
        folder = subs[0]
    return folder


def _hold_classes(splits: Iterable[str], children: dict[str, list[str]]) -> bool:
    return any(
        len([sub for sub in children.get(_inside(split, children), []) if _name(sub) not in STRUCTURE]) > 1
        for split in splits
    )


def _name(folder: str) -> str:
    return folder.rpartition("/")[2].lower()

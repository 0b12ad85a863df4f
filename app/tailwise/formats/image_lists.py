"""Text files whose lines name images, and the names of splits: what published train, val and test lists look like."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

from tailwise.formats.listing import IMAGE_SUFFIXES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tailwise.formats.listing import Entry, Listing

MAX_LISTS = 200
_SAMPLE_LINES = 60

_SPLIT_WORDS = {
    "train": "train", "training": "train",
    "val": "val", "valid": "val", "validation": "val",
    "test": "test", "testing": "test",
    "trainval": "trainval", "dev": "dev",
}  # fmt: skip
_WORD = re.compile(r"[a-z]+")
_FOLDER = re.compile(
    r"(?:images?|img)?[-_]?([a-z]+)[-_]?(?:(?:19|20)\d\d)?[-_]?(?:sets?|splits?|images?|data)?", re.ASCII
)


def folder_split(name: str) -> str | None:
    """Return the split that a folder stands for as a whole, or None.

    >>> [folder_split(n) for n in ("train2017", "Valid", "test_images", "dataset", "traint")]
    ['train', 'val', 'test', None, None]
    """
    match = _FOLDER.fullmatch(name.lower())
    return _SPLIT_WORDS.get(match.group(1)) if match else None


@functools.lru_cache(maxsize=4096)
def path_split(folder: str) -> str | None:
    """Return the split of the first folder on a path that stands for one.

    >>> path_split("set/train/images"), path_split("images")
    ('train', None)
    """
    return next((split for part in folder.split("/") if (split := folder_split(part)) is not None), None)


def split_names(stems: Iterable[str]) -> dict[str, str]:
    """Return the split for those stems of list files that name one; full stems where two lists name the same.

    >>> split_names(["all", "notrash_train", "notrash_val"])
    {'notrash_train': 'train', 'notrash_val': 'val'}
    >>> split_names(["train_fold1", "train_fold2"])
    {'train_fold1': 'train_fold1', 'train_fold2': 'train_fold2'}
    """
    found: dict[str, str] = {}
    for stem in stems:
        words = [_SPLIT_WORDS[word] for word in _WORD.findall(stem.lower()) if word in _SPLIT_WORDS]
        if words:
            found[stem] = words[-1]
    names = list(found.values())
    return {stem: name if names.count(name) == 1 else stem for stem, name in found.items()}


def image_name(line: str) -> str | None:
    """Return the image that a line of a list names, with or without a value behind it; None for anything else.

    >>> [image_name(line) for line in ("a b.jpg", "glass1.jpg 1", "x.PNG,3", "two words", "")]
    ['a b.jpg', 'glass1.jpg', 'x.PNG', None, None]
    """
    line = line.strip().strip('"')
    for name in (line, line.rpartition(" ")[0], line.rpartition("\t")[0], line.rpartition(",")[0]):
        dot = name.rfind(".")
        if dot > 0 and name[dot:].rstrip().lower() in IMAGE_SUFFIXES:
            return name.rstrip()
    return None


def names_in(text: str) -> list[str]:
    """Return the images a list names, in its order; other lines are left out."""
    return [name for line in text.splitlines() if (name := image_name(line)) is not None]


def is_image_list(head: bytes) -> bool:
    """Tell from its first bytes whether most lines of a text file name an image."""
    lines = [line for line in head.decode("utf-8", "replace").splitlines() if line.strip()][:_SAMPLE_LINES]
    return bool(lines) and sum(image_name(line) is not None for line in lines) >= 0.6 * len(lines)


def find_image_lists(listing: Listing) -> list[Entry]:
    """Return the text files that name images; looks at folders with few text files only, as lists never are many."""
    by_folder: dict[str, list[Entry]] = {}
    for entry in listing.entries:
        if entry.path[-4:].lower() in {".txt", ".lst"} and entry.size:
            by_folder.setdefault(entry.folder, []).append(entry)
    candidates = [entry for entries in by_folder.values() if len(entries) <= MAX_LISTS for entry in entries]
    return [entry for entry in candidates[:MAX_LISTS] if is_image_list(listing.peek(entry.path, 8192))]

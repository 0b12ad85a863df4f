"""Which files of a listing a YOLO dataset is made of, told by content: descriptions, class lists and label files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tailwise.formats.image_lists import is_image_list
from tailwise.formats.yolo_config import is_data_yaml, is_obj_data

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tailwise.formats.listing import Listing

_CLASS_LIST_NAMES = frozenset(
    {"classes.txt", "class_names.txt", "labels.txt", "names.txt", "obj.names", "predefined_classes.txt"}
)
_CLASS_LIST_SUFFIXES = (".names", ".labels")
_NO_LABELS = re.compile(r"(?:readme|licen[cs]e|requirements|changelog|notes?)\b.*|.*classes.*", re.IGNORECASE)
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_SAMPLES_PER_FOLDER = 6
_HEAD = 4096
_MAX_CANDIDATES = 10


def descriptions(listing: Listing) -> list[str]:
    """Return the descriptions (data.yaml, obj.data) nearest to the root; several where they are equally near."""
    candidates = sorted(
        (entry.path for entry in listing.with_suffix(".yaml", ".yml", ".data") if entry.size),
        key=lambda path: (path.count("/"), "data" not in path.rpartition("/")[2].lower()),
    )
    found: list[str] = []
    for path in candidates[:_MAX_CANDIDATES]:
        if found and path.count("/") > found[0].count("/"):
            break
        is_description = is_obj_data if path.lower().endswith(".data") else is_data_yaml
        if is_description(listing.peek(path)):
            found.append(path)
    return found


def class_lists(listing: Listing) -> list[str]:
    """Return the files that list class names, by their names and content, in listing order."""
    candidates = [
        entry.path
        for entry in listing.entries
        if entry.name.lower() in _CLASS_LIST_NAMES or entry.path.lower().endswith(_CLASS_LIST_SUFFIXES)
    ]
    return [path for path in candidates[:_MAX_CANDIDATES] if _is_class_list(listing.peek(path, _HEAD))]


def label_folders(listing: Listing, scope: str, not_labels: Iterable[str]) -> dict[str, list[str]]:
    """Return the text files of every folder below `scope` whose sampled files are labels."""
    left_out = set(not_labels)
    prefix = f"{scope}/" if scope else ""
    found: dict[str, list[str]] = {}
    for entry in listing.entries:
        path = entry.path
        if path[-4:].lower() == ".txt" and path.startswith(prefix) and path not in left_out:
            folder, _, name = path.rpartition("/")
            if name[:-4].isdecimal() or (name.lower() not in _CLASS_LIST_NAMES and not _NO_LABELS.fullmatch(name)):
                found.setdefault(folder, []).append(path)
    sizes = {entry.path: entry.size for entry in listing.entries}
    return {folder: paths for folder, paths in found.items() if _holds_labels(listing, paths, sizes)}


def label_verdict(head: bytes) -> bool | None:
    """Tell from its first bytes whether a text file holds labels; None when it is empty."""
    text = head.decode("utf-8", "replace").removeprefix("\ufeff")
    lines = [line for line in text.splitlines() if line.strip()]
    if len(head) >= _HEAD and len(lines) > 1:
        lines.pop()  # cut off in the middle
    if not lines:
        return None
    return sum(is_label_line(line) for line in lines[:10]) >= 0.5 * len(lines[:10])


def is_label_line(line: str) -> bool:
    """Tell whether a line is a class index and at least four numbers.

    >>> [is_label_line(line) for line in ("0 .5 .5 .1 .1", "1,0.5,0.5,1e-2,0.1", "cat 1 2 3 4", "0.5 1 1 1 1", "1 2")]
    [True, True, False, False, False]
    """
    tokens = re.split(r"[\s,;|]+", line.strip())
    return len(tokens) >= 5 and float_is_index(tokens[0]) and all(_is_value(token) for token in tokens[1:])


def float_is_index(token: str) -> bool:
    """Tell whether a token is a whole number that is not negative; some tools write `3.0`."""
    return re.fullmatch(r"\d{1,6}(?:\.0*)?", token) is not None


def _is_value(token: str) -> bool:
    return _NUMBER.fullmatch(token) is not None or token.lower() == "nan"


def _is_class_list(head: bytes) -> bool:
    lines = [line for line in head.decode("utf-8", "replace").splitlines() if line.strip()]
    return bool(lines) and not is_image_list(head) and not any(is_label_line(line) for line in lines)


def _holds_labels(listing: Listing, paths: list[str], sizes: dict[str, int]) -> bool:
    filled = [path for path in paths if sizes[path]]
    if not filled:
        return True  # empty label files say that there is nothing on the image
    step = max(1, len(filled) // _SAMPLES_PER_FOLDER)
    verdicts = [label_verdict(listing.peek(path, _HEAD)) for path in filled[::step][:_SAMPLES_PER_FOLDER]]
    judged = [verdict for verdict in verdicts if verdict is not None]
    return not judged or sum(judged) >= 0.5 * len(judged)

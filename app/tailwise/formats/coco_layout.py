"""Which JSON files of a listing are COCO, of which kind, for which split, and where their images would be."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from tailwise.formats.image_lists import folder_split, path_split
from tailwise.formats.json_text import sniff

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tailwise.formats.json_text import Sniffed
    from tailwise.formats.listing import Entry, Listing

MAX_PROBED = 40


class Kind(StrEnum):
    """What a COCO file holds."""

    INSTANCES = "instances"
    KEYPOINTS = "keypoints"
    PANOPTIC = "panoptic segments"
    STUFF = "stuff segments"
    IMAGES = "images without annotations"
    CAPTIONS = "captions"
    RESULTS = "a list of results"
    PREDICTIONS = "instances with scores"


@dataclass(frozen=True, slots=True)
class CocoFile:
    """A COCO file: where it is, what it holds, the split it stands for (or empty), words of the split in its name.

    `is_whole` tells that the peek saw the whole file, `is_lvis` that it has members only LVIS has.
    """

    path: str
    size: int
    kind: Kind
    split: str = ""
    words: tuple[str, ...] = ()
    is_lvis: bool = False
    sections: tuple[str, ...] = field(default=())


def find_files(listing: Listing, limit: int | None = None) -> list[CocoFile]:
    """Return the COCO files of a listing, judged by their first 64 KB; likely names first, then in natural order.

    With a `limit` only so many JSON files are looked at.
    """
    candidates = sorted(listing.with_suffix(".json"), key=lambda entry: _unlikeliness(entry.name))
    found = [coco_file(entry, listing.peek(entry.path)) for entry in candidates[:limit]]
    return sorted((file for file in found if file is not None), key=lambda file: _SPLIT_ORDER.get(file.split, 9))


def coco_file(entry: Entry, head: bytes) -> CocoFile | None:
    """Judge one file by its first bytes; None when it is something else."""
    seen = sniff(head)
    kind = _kind(entry, seen, is_whole=entry.size <= len(head))
    if kind is None:
        return None
    split, words = _split(entry)
    is_lvis = "neg_category_ids" in seen.members.get("images", ()) or "frequency" in seen.members.get("categories", ())
    return CocoFile(entry.path, entry.size, kind, split, words, is_lvis, tuple(seen.members))


def image_folders(listing: Listing, file: CocoFile) -> list[str]:
    """Return the existing folders in which the images of a file are usually found, the likeliest first."""
    own = file.path.rpartition("/")[0]
    above = own.rpartition("/")[0] if own.rpartition("/")[2].lower() in _ANNOTATION_FOLDERS else own
    bases = [above] if above == own else [above, own]
    words = [*file.words, file.split] if file.split else []
    wanted: list[str] = []
    for base in bases:
        for word in words:
            wanted += [_join(base, word), _join(base, "images", word), _join(base, word, "images")]
        wanted += [_join(base, name) for name in _IMAGE_FOLDERS]
    existing = {"": ""} | {folder.lower(): folder for folder in listing.folders}
    return list(dict.fromkeys(existing[folder.lower()] for folder in wanted if folder.lower() in existing))


def choose(files: Sequence[CocoFile], *, wants_predictions: bool) -> tuple[list[CocoFile], list[CocoFile]]:
    """Return the files to read and those to leave out because others say the same better.

    Instances win over keypoints, panoptic and stuff files (the same objects again) and over captions; predictions are
    read only when they are asked for, or when there is nothing else.
    """
    preferences = _FOR_PREDICTIONS if wants_predictions else _FOR_LABELS
    for kinds in preferences:
        chosen = [file for file in files if file.kind in kinds]
        if chosen:
            beside = [file for file in files if file.kind is Kind.IMAGES and not wants_predictions]
            chosen = [file for file in files if file in chosen or file in beside]
            return chosen, [file for file in files if file not in chosen]
    return [], list(files)


def is_of_label_studio(listing: Listing, file: CocoFile) -> bool:
    """Tell whether a file says at its beginning or end that Label Studio wrote it."""
    with listing.absolute(file.path).open("rb") as stream:
        head = stream.read(_SIGNED_BYTES)
        stream.seek(max(0, file.size - _SIGNED_BYTES))
        return _LABEL_STUDIO.search(head) is not None or _LABEL_STUDIO.search(stream.read()) is not None


_FOR_LABELS = (
    {Kind.INSTANCES},
    {Kind.PREDICTIONS},
    {Kind.PANOPTIC},
    {Kind.KEYPOINTS},
    {Kind.STUFF},
    {Kind.IMAGES},
)
_FOR_PREDICTIONS = ({Kind.RESULTS}, {Kind.PREDICTIONS}, {Kind.INSTANCES}, {Kind.KEYPOINTS})
_SPLIT_ORDER = {"train": 0, "trainval": 1, "val": 2, "test": 3}
_ANNOTATION_FOLDERS = frozenset({"annotations", "annotation", "ann", "labels", "json", "gts"})
_IMAGE_FOLDERS = ("images", "image", "imgs", "img", "data", "JPEGImages", "images/default", "")
_LIKELY = re.compile(r"instances|_annotations\.coco|coco|annotations|image_info", re.IGNORECASE)
_BY_NAME = (
    (re.compile(r"captions[_.]", re.IGNORECASE), Kind.CAPTIONS),
    (re.compile(r"person_keypoints[_.]", re.IGNORECASE), Kind.KEYPOINTS),
    (re.compile(r"panoptic[_.]", re.IGNORECASE), Kind.PANOPTIC),
    (re.compile(r"stuff[_.]", re.IGNORECASE), Kind.STUFF),
)
_SIGNED_BYTES = 4096
_LABEL_STUDIO = re.compile(rb'"contributor"\s*:\s*"Label Studio"')
_WORD = re.compile(r"[^_.\-\s]+")


def _unlikeliness(name: str) -> int:
    return 0 if _LIKELY.search(name) else 1


def _join(*parts: str) -> str:
    return "/".join(part for part in parts if part)


def _kind(entry: Entry, seen: Sniffed, *, is_whole: bool) -> Kind | None:
    members = seen.members
    if seen.is_array:
        record = members.get("", ())
        has_place = not {"bbox", "segmentation", "keypoints"}.isdisjoint(record)
        return Kind.RESULTS if has_place and {"image_id", "category_id"} <= set(record) else None
    if "dm_format_version" in members or not _looks_like_coco(members, is_whole=is_whole):
        return None
    for pattern, kind in _BY_NAME:
        if pattern.match(entry.name):
            return kind
    annotation, category = members.get("annotations", ()), members.get("categories", ())
    for member, kind in (
        ("caption", Kind.CAPTIONS),
        ("segments_info", Kind.PANOPTIC),
        ("score", Kind.PREDICTIONS),
        ("keypoints", Kind.KEYPOINTS),
    ):
        if member in annotation:
            return kind
    if "keypoints" in category:
        return Kind.KEYPOINTS
    return Kind.IMAGES if is_whole and not annotation else Kind.INSTANCES


def _looks_like_coco(members: dict[str, tuple[str, ...]], *, is_whole: bool) -> bool:
    """Tell whether the arrays seen are COCO's; what lies beyond the first bytes is given the benefit of the doubt."""
    by_section = {
        "images": {"id", "file_name"} <= set(members.get("images", ()))
        or {"id", "coco_url"} <= set(members.get("images", ())),
        "annotations": "image_id" in members.get("annotations", ()),
        "categories": {"id", "name"} <= set(members.get("categories", ())),
    }
    if any(members.get(section) and not is_coco for section, is_coco in by_section.items()):
        return False
    named = [section for section in by_section if section in members]
    if is_whole:
        return "images" in named and len(named) >= 2
    return any(by_section.values())


def _split(entry: Entry) -> tuple[str, tuple[str, ...]]:
    """Return the split by the last word of the name that stands for one, else by the folder, and the words found."""
    words = [word for word in _WORD.findall(entry.stem) if folder_split(word)]
    if words:
        return folder_split(words[-1]) or "", tuple(reversed(words))
    split = path_split(entry.folder)
    return split or "", ()

"""Folders of segmentation masks beside folders of images: pixels per class by one histogram per mask."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tailwise.domain.errors import RequestError, UnreadableSourceError
from tailwise.domain.records import AnnotationKind, LabelState
from tailwise.formats.contract import Evidence
from tailwise.formats.gathering import Gathering, Shape
from tailwise.formats.image_lists import path_split
from tailwise.formats.mask_classes import NO_CLASS, MaskClasses, find_class_list
from tailwise.formats.mask_codes import CODES, RULES
from tailwise.formats.matching import stem_of
from tailwise.ops.progress import track

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tailwise.domain.records import MaskCount, SourceData
    from tailwise.formats.contract import ReadRequest
    from tailwise.formats.listing import Entry, Listing
    from tailwise.ops.progress import Progress

DIVISOR_KEY, BACKGROUND_KEY, MIN_PIXELS_KEY = "divisor", "background", "min_pixels"
IGNORED = 255
_FOLDER = re.compile(
    r"(?:.*[-_])?(?:masks?|segmentationclass|segmentations?|seg|labelids|groundtruth|gt)(?:[-_].*)?|.*annot",
    re.IGNORECASE,
)
_SUFFIX = re.compile(r"(.+?)[-_](?:mask|masks|label|labels|gt|labelids|l|seg)", re.IGNORECASE)
_OBJECTS = frozenset({"segmentationobject", "instances"})
_MASK_TYPES = frozenset({".png", ".bmp", ".tif", ".tiff", ".gif", ".jpg", ".jpeg"})
_LEAST_MATCHED = 0.4


class MaskReader:
    """Reads which classes an image has and over how many pixels; objects are not told apart."""

    key = "masks"
    title = "Segmentation masks"

    def probe(self, listing: Listing) -> Evidence:
        """Look for a folder of masks whose names are those of images beside it."""
        pairs, lonely = _pairs(listing)
        if not pairs:
            return Evidence(0, (), ("a folder of masks beside its images",))
        share = len(pairs) / (len(pairs) + len(lonely))
        if share < _LEAST_MATCHED:
            return Evidence(15, (), (f"images of the same names: only {share:.0%} of the masks have one",))
        folder = next(iter(pairs.values())).folder
        found = [f"{len(pairs):,} masks in {folder or 'the folder'} have the names of images"]
        score = 62 + round(20 * share)
        listed = find_listed(listing)
        if listed:
            found.append(f"{listed} lists classes")
            score += 12
        others = sum(entry.suffix in {".json", ".xml", ".yaml"} for entry in listing.entries)
        if others:
            return Evidence(min(score, 45), tuple(found), (f"no other annotation files ({others:,} were found)",))
        return Evidence(score, tuple(found), () if listed else ("a list of classes such as labelmap.txt",))

    def read(self, request: ReadRequest, progress: Progress) -> SourceData:
        """Count the pixels of every mask.

        Raises:
            UnreadableSourceError: there is no mask that can be read.
            RequestError: an answer is not known, or names a file that is not there.
        """
        divisor = _whole(request.answers, DIVISOR_KEY, 1000)
        least = _whole(request.answers, MIN_PIXELS_KEY, 1)
        if request.answers.get(BACKGROUND_KEY, "0") not in {"0", "none"}:
            raise RequestError(f"background={request.answers[BACKGROUND_KEY]} is not known", "Answer 0 or none")
        listing = request.listing
        pairs, lonely = _pairs(listing)
        reading = _Reading(Gathering(request, self.key, RULES, CODES), find_class_list(listing, request.answers))
        reading.divisor, reading.least = divisor, least
        reading.count({**pairs, **{entry.path: entry for entry in lonely}}, progress)
        reading.add(pairs)
        masks = {entry.path for entry in [*pairs.values(), *lonely]}
        reading.gathering.finish(progress, is_own=lambda path: path not in masks and not _is_mask_folder(path))
        return reading.gathering.data


@dataclass(slots=True)
class _Reading:
    """What is gathered: first the histograms of all masks, as what a value means shows over all of them."""

    gathering: Gathering
    classes: MaskClasses
    divisor: int = 1000
    least: int = 1
    counts: dict[str, MaskCount] = field(default_factory=dict[str, "MaskCount"])
    masks: dict[str, str] = field(default_factory=dict[str, str])

    def count(self, masks: Mapping[str, Entry], progress: Progress) -> None:
        """Read every mask once; `masks` are by the path of their image, or their own where there is none."""
        request = self.gathering.request
        progress.stage("Counting pixels", len(masks))
        for name, entry in track(list(masks.items()), progress):
            self.gathering.records += 1
            counted = request.count_mask(request.listing.absolute(entry.path)) if entry.size else None
            if counted is None:
                self.gathering.skip("MK-11", entry.path)
                continue
            self.counts[name] = counted
            self.masks[name] = entry.path
        if not self.counts:
            raise UnreadableSourceError(
                f"No mask in {request.path.name} can be read",
                "Masks are images of the names of others, in a folder such as masks; check the files",
            )

    def add(self, pairs: Mapping[str, Entry]) -> None:
        """Add one item per mask, and per class the pixels it covers."""
        gathering = self.gathering
        values = {value for one in self.counts.values() if one.kind != "colour" for value, _ in one.values}
        is_binary = not self.classes.by_index and len(values) == 2 and bool(values) and values <= {0, 1, 255}
        is_wide = bool(values) and max(values) > IGNORED and "divisor" not in gathering.request.answers
        for name in (self.classes.by_index[index] for index in sorted(self.classes.by_index)):
            if name.lower() not in NO_CLASS:
                gathering.category(name)
        if is_binary:
            gathering.report("MK-07", next(iter(self.masks.values())))
        for name, counted in self.counts.items():
            if name not in pairs:
                gathering.report("MK-12", self.masks[name])
            if is_wide and max(value for value, _ in counted.values) > IGNORED:
                gathering.report("MK-06", self.masks[name])
            self._add_mask(name, counted, is_binary=is_binary)

    def _add_mask(self, name: str, counted: MaskCount, *, is_binary: bool) -> None:
        gathering, path = self.gathering, self.masks[name]
        item = gathering.item(name, size=(counted.width, counted.height), state=LabelState.EMPTY)
        if split := path_split(name.rpartition("/")[0]):
            gathering.split(split, item)
        if counted.has_alpha:
            gathering.report("MK-09", path)
        for category, covered in self._pixels(counted, path, is_binary=is_binary).items():
            if covered >= self.least:
                gathering.annotate(item, gathering.category(category), Shape(AnnotationKind.MASK, None, float(covered)))

    def _pixels(self, counted: MaskCount, path: str, *, is_binary: bool) -> dict[str, int]:
        """Return the pixels of every class of one mask."""
        known = set(self.classes.by_colour if counted.kind == "colour" else self.classes.by_index)
        if counted.is_lossy:
            self.gathering.report("MK-02", path)
            known |= set() if known or counted.kind == "colour" else {0, IGNORED}
        pixels: dict[str, int] = {}
        for value, covered in counted.values:
            nearest = (
                min(known, key=lambda one: _distance(one, value, counted.kind)) if counted.is_lossy and known else value
            )
            name = self._name(
                nearest, counted.kind, path, is_binary=is_binary or (counted.is_lossy and not self.classes.path)
            )
            if name:
                pixels[name] = pixels.get(name, 0) + covered
        return pixels

    def _name(self, value: int, kind: str, path: str, *, is_binary: bool) -> str:
        """Return the class that a value stands for; empty for none."""
        gathering = self.gathering
        if kind == "colour":
            return self._colour_name(value, path)
        if is_binary:
            return "object" if value else ""
        if value > IGNORED:
            value //= self.divisor
        name = self.classes.by_index.get(value)
        if name is not None:
            return "" if name.lower() in NO_CLASS else name
        if value == IGNORED:
            gathering.report("MK-01", path)
            return ""
        if value == 0 and gathering.request.answers.get(BACKGROUND_KEY) != "none":
            if BACKGROUND_KEY not in gathering.request.answers:
                gathering.report("MK-10", path)
            return ""
        if self.classes.by_index:
            gathering.report("MK-03", f"{path}: {value}")
        return f"class_{value}"

    def _colour_name(self, value: int, path: str) -> str:
        name = self.classes.by_colour.get(value)
        if name is None and value:
            self.gathering.report("MK-04", f"{path}: #{value:06x}")
            return f"#{value:06x}"
        return "" if name is None or name.lower() in NO_CLASS else name


def find_listed(listing: Listing) -> str:
    """Return the path of a class list of a usual name; empty for none."""
    return find_class_list(listing, {"encoding": "latin-1"}).path


def _pairs(listing: Listing) -> tuple[dict[str, Entry], list[Entry]]:
    """Return masks by the path of their image, and masks without one."""
    masks: list[tuple[Entry, str]] = []
    images: dict[str, list[str]] = {}
    for entry in listing.images():
        named = _SUFFIX.fullmatch(entry.stem)
        last = entry.folder.rpartition("/")[2]
        if last.lower() in _OBJECTS:
            continue
        if entry.suffix in _MASK_TYPES and (_is_mask_folder(entry.path) or (named and entry.suffix == ".png")):
            masks.append((entry, named[1] if named else entry.stem))
        else:
            images.setdefault(stem_of(entry.path).casefold(), []).append(entry.path)
    pairs: dict[str, Entry] = {}
    lonely: list[Entry] = []
    for entry, stem in masks:
        candidates = images.get(stem.casefold()) or images.get(entry.stem.casefold()) or []
        best = max(candidates, key=lambda path: _alike(path, entry.path), default="")
        if best and best not in pairs:
            pairs[best] = entry
        else:
            lonely.append(entry)
    return pairs, lonely


def _is_mask_folder(path: str) -> bool:
    parts = path.split("/")[:-1]
    return any(_FOLDER.fullmatch(part) or part.lower() in _OBJECTS for part in parts)


def _alike(one: str, other: str) -> int:
    """Return how much two paths share from the front, then how many of their folders are called alike."""
    left, right = one.split("/")[:-1], other.split("/")[:-1]
    return 10 * sum(a == b for a, b in zip(left, right, strict=False)) + len(
        {p.lower() for p in left} & {p.lower() for p in right}
    )


def _distance(one: int, other: int, kind: str) -> int:
    if kind != "colour":
        return abs(one - other)
    return sum(abs((one >> shift & 255) - (other >> shift & 255)) for shift in (0, 8, 16))


def _whole(answers: Mapping[str, str], key: str, default: int) -> int:
    text = answers.get(key, str(default))
    if not (text.isascii() and text.isdecimal() and int(text[:9]) > 0):
        raise RequestError(f"{key}={text} is not known", "Answer a whole number from 1 on")
    return int(text[:9])

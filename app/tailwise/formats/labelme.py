"""LabelMe: one JSON file per image, often with the image pasted in; the pasted image is never decoded."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from tailwise.domain.errors import RequestError, UnreadableSourceError
from tailwise.domain.findings import Severity
from tailwise.domain.records import AxisKind, LabelState, Role
from tailwise.formats.contract import Evidence
from tailwise.formats.finding_rules import Rule
from tailwise.formats.gathering import Codes, Gathering
from tailwise.formats.geometry import MAX_SIDE_PX
from tailwise.formats.image_lists import path_split
from tailwise.formats.json_files import JsonRefusedError, read_json_file
from tailwise.formats.json_text import printable
from tailwise.formats.labelme_shapes import merged_groups, read_labelme_shape, set_flags
from tailwise.formats.matching import ImageMatcher, stem_of
from tailwise.formats.paths import clean, is_anchored, last_part
from tailwise.ops.progress import track

if TYPE_CHECKING:
    from tailwise.domain.records import SourceData
    from tailwise.formats.contract import ReadRequest
    from tailwise.formats.labelme_shapes import LabelMeShape
    from tailwise.formats.listing import Entry, Listing
    from tailwise.ops.progress import Progress

RULES = {
    "LM-01": Rule(Severity.REPAIRED, "the path of an image has backslashes", "read as folders"),
    "LM-05": Rule(
        Severity.WARNING,
        "a file is not called like the image it names",
        "the named image is used where it is there, else the one called like the file",
    ),
    "LM-06": Rule(
        Severity.QUESTION,
        "an image has no annotation file",
        "added as unlabelled; answer extra_images=ignore to leave such images out",
    ),
    "LM-07": Rule(Severity.NOTE, "shapes of one label and group", "counted as one object"),
    "LM-08": Rule(
        Severity.WARNING,
        "a shape has too few points",
        "kept with the box around its points; correct or delete it in the labelling tool",
    ),
    "LM-09": Rule(
        Severity.QUESTION,
        "labels that differ only by a number at their end, as if they numbered the objects of one class",
        "kept as classes; answer instance_suffix=merge to count them as one class",
    ),
    "LM-10": Rule(Severity.NOTE, "a shape is a painted mask", "its area is taken as that of its box"),
    "LM-11": Rule(Severity.NOTE, "a file holds the path of the image on another computer", "not kept"),
    "LM-12": Rule(
        Severity.QUESTION,
        "an annotation file has no shapes",
        "taken as looked at and empty; answer no_annotations=unlabelled if nobody has looked at them",
    ),
    "LM-13": Rule(
        Severity.WARNING, "several annotation files name one image", "the first was read, the others left out"
    ),
    "LM-14": Rule(Severity.SKIPPED, "an annotation file cannot be read", "left out; its image is unlabelled"),
    "LM-15": Rule(Severity.SKIPPED, "a shape has no label, or points that cannot be pixels", "left out"),
    "LM-16": Rule(Severity.NOTE, "a JSON file is no annotation file of LabelMe", "left out"),
}
_CODES = Codes(undeclared="LM-04", differing="LM-04b", extra="LM-06")
_SIZES = {
    "LM-04": Rule(
        Severity.REPAIRED,
        "the size of an image is missing",
        "read from the image where it is there, else unknown",
    ),
    "LM-04b": Rule(
        Severity.WARNING,
        "the size of an image differs from the one its annotations were made for",
        "the declared size is used; check whether the image was scaled, rotated or exchanged",
    ),
    "LM-03": Rule(
        Severity.WARNING,
        "an image is neither on disk nor pasted into its annotation file",
        "kept without it; counts and plans work, thumbnails and duplicates do not",
    ),
}
_SIGN = re.compile(rb'"imagePath"|"imageData"')
_SHAPES = re.compile(rb'"shapes"\s*:|"imageData"\s*:\s*"')
_NUMBERED = re.compile(r"(.*\D)[-_]\d{1,4}")
_PROBED = 40
_ANSWERS = {"no_annotations": ("empty", "unlabelled"), "instance_suffix": ("keep", "merge")}


class _File(msgspec.Struct):
    """What is looked at of a file; the pasted image is told apart from none without being decoded."""

    shapes: list[Any]
    imagePath: Any = None  # noqa: N815  names of the format
    imageData: msgspec.Raw = msgspec.Raw(b"null")  # noqa: N815
    imageWidth: Any = None  # noqa: N815
    imageHeight: Any = None  # noqa: N815
    flags: Any = None


_DECODER = msgspec.json.Decoder(_File)


class LabelMeReader:
    """Reads polygons, rectangles and the rest; flags of an image that are set are classes of the whole image."""

    key = "labelme"
    title = "LabelMe"

    def probe(self, listing: Listing) -> Evidence:
        """Look for JSON files with shapes and the path of an image."""
        files = listing.with_suffix(".json")
        if not files:
            return Evidence(0, (), ("JSON files",))
        heads = [listing.peek(entry.path) for entry in files[:: max(1, len(files) // _PROBED)][:_PROBED]]
        fitting = [head for head in heads if _SIGN.search(head) and _SHAPES.search(head)]
        share = len(fitting) / len(heads)
        if not fitting:
            return Evidence(0, (), ("JSON files with shapes and imagePath",))
        stems = {entry.stem.lower() for entry in listing.images()}
        paired = sum(entry.stem.lower() in stems for entry in files) / len(files)
        found = (f"{share:.0%} of {len(files):,} JSON files have shapes and imagePath",)
        return Evidence(round(85 * share + 10 * paired), found, () if paired else ("images of the same names",))

    def read(self, request: ReadRequest, progress: Progress) -> SourceData:
        """Read every annotation file; images without one join as unlabelled.

        Raises:
            UnreadableSourceError: no file of LabelMe can be read.
            QuestionError: the encoding of a file is not known; key `encoding`.
            RequestError: an answer is not known.
        """
        for key, allowed in _ANSWERS.items():
            if request.answers.get(key, allowed[0]) not in allowed:
                raise RequestError(f"{key}={request.answers[key]} is not known", f"Answer {' or '.join(allowed)}")
        reading = _Reading(Gathering(request, self.key, {**RULES, **_SIZES}, _CODES), ImageMatcher(request.listing))
        reading.read(request.listing.with_suffix(".json"), progress)
        reading.gathering.finish(progress)
        return reading.gathering.data


@dataclass(slots=True)
class _Reading:
    """What is gathered while the files are read."""

    gathering: Gathering
    matcher: ImageMatcher
    refused: list[str] = field(default_factory=list[str])
    labels: Counter[str] = field(default_factory=Counter[str])

    def read(self, files: list[Entry], progress: Progress) -> None:
        gathering = self.gathering
        paths = {entry.path for entry in files}
        progress.stage("Reading annotations", len(files))
        for entry in track(files, progress):
            file = self._parse(entry)
            if file is not None:
                self._add(entry, file, paths)
        if not len(gathering.data.items):
            example = f", for instance {self.refused[0]}" if self.refused else ""
            raise UnreadableSourceError(
                f"None of the {len(files):,} JSON files in {gathering.request.path.name} is of LabelMe{example}",
                "LabelMe files have shapes and imagePath; check how they were made, or choose another format",
                "\n".join(self.refused[:20]),
            )
        self._report_numbered()

    def _parse(self, entry: Entry) -> _File | None:
        gathering = self.gathering
        gathering.records += 1
        path = gathering.request.listing.absolute(entry.path)
        try:
            file = read_json_file(path, entry.path, _DECODER, gathering.request.answers)
        except JsonRefusedError as error:
            self.refused.append(f"{entry.path}: {error}")
            gathering.skip("LM-14", self.refused[-1])
            return None
        if file is None:
            gathering.records -= 1
            gathering.report("LM-16", entry.path)
        return file

    def _add(self, entry: Entry, file: _File, paths: set[str]) -> None:
        gathering = self.gathering
        name = self._image(entry, file, paths)
        if gathering.has_item(name):
            gathering.report("LM-13", f"{entry.path}: {name}")
            return
        item = gathering.item(name, size=(_side(file.imageWidth), _side(file.imageHeight)), ext_id=entry.stem)
        if split := path_split(entry.folder):
            gathering.split(split, item)
        if self.matcher.find(name).path is None and bytes(file.imageData) in {b"null", b'""'}:
            gathering.report("LM-03", f"{entry.path}: {last_part(name)}")
        shapes = self._shapes(entry, file)
        for shape in shapes:
            gathering.annotate(item, gathering.category(self._class(shape.label)), shape.shape)
            for mark in shape.others:
                gathering.axis(mark, AxisKind.CONDITION, "LabelMe flag").put(item, "yes")
        flags = set_flags(file.flags)
        for mark in flags:
            gathering.annotate(item, gathering.category(mark))
        if not file.shapes and not flags and gathering.data.role is Role.LABELS:
            answer = gathering.request.answers.get("no_annotations")
            if answer != "unlabelled":
                gathering.raise_state(item, LabelState.EMPTY)
            if answer is None:
                gathering.report("LM-12", entry.path)

    def _image(self, entry: Entry, file: _File, paths: set[str]) -> str:
        """Return the path of the image that a file is about."""
        gathering = self.gathering
        written = printable(file.imagePath) if isinstance(file.imagePath, str) else ""
        if is_anchored(written):
            gathering.report("LM-11", entry.path)
        elif "\\" in written:
            gathering.report("LM-01", f"{entry.path}: {written}")
        written = written.replace("\\", "/")
        folder = f"{entry.folder}/" if entry.folder else ""
        named = clean(written, entry.folder) or last_part(written) or f"{entry.stem}.jpg"
        if stem_of(named).casefold() == entry.stem.casefold():
            return named
        gathering.report("LM-05", f"{entry.path}: {last_part(named)}")
        own = self.matcher.find(f"{folder}{entry.stem}").path
        is_copy = f"{named[: -len(last_part(named))]}{stem_of(named)}.json" in paths  # another file is about that image
        return own if own is not None and (is_copy or self.matcher.find(named).path is None) else named

    def _shapes(self, entry: Entry, file: _File) -> list[LabelMeShape]:
        gathering = self.gathering
        found: list[LabelMeShape] = []
        for number, record in enumerate(file.shapes, 1):
            gathering.records += 1
            shape = read_labelme_shape(record)
            if shape is None:
                gathering.skip("LM-15", f"{entry.path}: shape {number}")
                continue
            if shape.code:
                gathering.report(shape.code, f"{entry.path}: {shape.label}")
            self.labels[shape.label] += 1
            found.append(shape)
        objects, joined = merged_groups(found)
        if joined:
            gathering.report("LM-07", entry.path, joined)
        return objects

    def _class(self, label: str) -> str:
        numbered = _NUMBERED.fullmatch(label)
        is_merged = self.gathering.request.answers.get("instance_suffix") == "merge"
        return numbered[1].rstrip("-_ ") if numbered and is_merged else label

    def _report_numbered(self) -> None:
        """Tell of classes that are numbered objects: at least two numbers behind one word."""
        bases = Counter(found[1] for label in self.labels if (found := _NUMBERED.fullmatch(label)))
        several = [base for base, count in bases.items() if count > 1]
        if "instance_suffix" not in self.gathering.request.answers:
            self.gathering.report_all("LM-09", len(several), (f"{base.rstrip('-_ ')}-1, -2 …" for base in several))


def _side(value: object) -> int:
    return int(value) if isinstance(value, int | float) and 0 < value <= MAX_SIDE_PX else 0

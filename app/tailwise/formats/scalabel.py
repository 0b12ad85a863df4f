"""BDD100K and Scalabel: lists of frames with weather, scene and time of day, and the video they were cut from."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import msgspec

from tailwise.domain.errors import RequestError, UnreadableSourceError
from tailwise.domain.records import AnnotationFlag, AxisKind, LabelState, Role
from tailwise.formats.contract import Evidence
from tailwise.formats.gathering import Gathering
from tailwise.formats.image_lists import folder_split, path_split
from tailwise.formats.json_records import read_records
from tailwise.formats.json_sections import WHOLE_DOCUMENT, Section
from tailwise.formats.json_text import printable, sniff
from tailwise.formats.paths import is_anchored, last_part
from tailwise.formats.scalabel_codes import CODES, RULES
from tailwise.formats.scalabel_records import read_label, read_size, text_attributes
from tailwise.formats.text_encoding import ENCODING_KEY

if TYPE_CHECKING:
    from tailwise.domain.records import SourceData
    from tailwise.formats.contract import ReadRequest
    from tailwise.formats.listing import Entry, Listing
    from tailwise.ops.progress import Progress

FRAMES, GROUPS = "frames", "groups"
_PROBED = 30
_ATTRIBUTES = re.compile(rb'"(?:timeofday|weather)"')
_DRAWN = re.compile(rb'"(?:box2d|poly2d|box3d|rle)"')
_FRAME = frozenset({"labels", "attributes", "videoName", "frameIndex", "timestamp"})
_ROAD = re.compile(r"(?:drivable|area/|lane/|lane$)", re.IGNORECASE)
_PREFIX = re.compile(r"([0-9a-f]{8}-[0-9a-f]{8})-.+", re.ASCII)
_NAMES_OF_YEARS = (("person", "pedestrian"), ("bike", "bicycle"), ("motor", "motorcycle"))
_ANSWERS = {"no_annotations": ("told apart", "empty", "unlabelled"), "road_areas": ("drop", "keep")}


class ScalabelReader:
    """Reads boxes, polygons and masks; attributes of frames are conditions, videos groups."""

    key = "scalabel"
    title = "BDD100K / Scalabel"

    def probe(self, listing: Listing) -> Evidence:
        """Look for JSON files whose first frame has a name with labels or attributes of the scene."""
        files = listing.with_suffix(".json")
        heads = {entry.path: listing.peek(entry.path) for entry in files[:: max(1, len(files) // _PROBED)][:_PROBED]}
        fitting = [path for path, head in heads.items() if _is_frames(head)]
        if not fitting:
            return Evidence(0, (), ("a JSON list of frames with name and labels",))
        found = [f"{fitting[0]} lists frames with name and labels"]
        missing: list[str] = []
        score = 55
        for what, sign in (("weather or time of day", _ATTRIBUTES), ("box2d, poly2d or rle", _DRAWN)):
            has = any(sign.search(heads[path]) for path in fitting)
            (found if has else missing).append(what)
            score += 18 if has else 0
        if listing.images():
            found.append("images")
        return Evidence(score + (5 if listing.images() else 0), tuple(found), tuple(missing))

    def read(self, request: ReadRequest, progress: Progress) -> SourceData:
        """Read every file of frames.

        Raises:
            UnreadableSourceError: no frame can be read.
            QuestionError: the text is not UTF-8; key `encoding`.
            RequestError: an answer is not known.
        """
        for key, allowed in _ANSWERS.items():
            if request.answers.get(key, allowed[0]) not in allowed:
                raise RequestError(f"{key}={request.answers[key]} is not known", f"Answer {' or '.join(allowed[-2:])}")
        listing = request.listing
        files = listing.with_suffix(".json")
        if len(files) > 1:
            files = [entry for entry in files if _is_frames(listing.peek(entry.path))]
        reading = _Reading(Gathering(request, self.key, RULES, CODES))
        for entry in files:
            reading.read(entry, progress, is_only=len(files) == 1)
        if not len(reading.gathering.data.items):
            raise UnreadableSourceError(
                f"No JSON file in {request.path.name} lists frames that have a name",
                "Files of BDD100K and Scalabel are lists of frames with name and labels; choose another format",
                "\n".join(reading.refused),
            )
        reading.report_names_of_years()
        reading.gathering.finish(progress, _image_folders(listing))
        return reading.gathering.data


@dataclass(slots=True)
class _Reading:
    """What is gathered while the files are read. `seen` tells which file and frame number took each name."""

    gathering: Gathering
    refused: list[str] = field(default_factory=list[str])
    seen: dict[str, tuple[str, int]] = field(default_factory=dict[str, tuple[str, int]])
    entry: Entry | None = None
    file: int = -1
    split: str = ""

    def read(self, entry: Entry, progress: Progress, *, is_only: bool) -> None:
        """Read one file; one that is broken does not stop the others."""
        gathering = self.gathering
        self.entry = entry
        self.split = folder_split(re.sub(r".*_", "", entry.stem)) or path_split(entry.folder) or ""
        self.file = gathering.file(entry, self.split)
        path = gathering.request.listing.absolute(entry.path)
        section = Section(_MANY, _ONE, lambda: None, self._take, self._take)
        sections = {WHOLE_DOCUMENT: section, FRAMES: section}
        try:
            read_records(path, entry.path, sections, progress, gathering.request.answers.get(ENCODING_KEY, ""))
        except UnreadableSourceError as error:
            if is_only:
                raise
            self.refused.append(error.summary)
            gathering.report("BD-13", error.summary)

    def report_names_of_years(self) -> None:
        """Tell of classes that are the same thing in two releases of the dataset."""
        names = {category.name for category in self.gathering.data.categories}
        both = [f"{old} and {new}" for old, new in _NAMES_OF_YEARS if {old, new} <= names]
        self.gathering.report_all("BD-02", len(both), both)

    def _take(self, frames: list[Any]) -> None:
        for number, frame in enumerate(frames, 1):
            self.gathering.records += 1
            name = frame.get("name") if isinstance(frame, dict) else None
            if not isinstance(name, str) or not name.strip():
                self.gathering.skip("BD-06", f"{self._path}: frame {number} of a run")
                continue
            self._add(cast("dict[str, Any]", frame), printable(name).strip())

    @property
    def _path(self) -> str:
        return self.entry.path if self.entry else ""

    def _add(self, frame: dict[str, Any], name: str) -> None:
        gathering = self.gathering
        video = frame.get("videoName")
        video = printable(video).strip() if isinstance(video, str) else ""
        name = self._own_name(frame, last_part(name) if is_anchored(name) else name, video)
        labels = frame.get("labels")
        item = gathering.item(name, size=read_size(frame.get("size")), file=self.file, state=self._state(labels, name))
        if self.split:
            gathering.split(self.split, item)
        for attribute, value in text_attributes(frame.get("attributes")):
            gathering.axis(attribute, AxisKind.CONDITION, "Scalabel attribute").put(item, value)
        prefix = _PREFIX.match(last_part(name))
        if video or prefix:
            group = video or (prefix[1] if prefix else "")
            gathering.axis("video", AxisKind.GROUP, "videoName" if video else "file name").put(item, group)
        for record in cast("list[object]", labels) if isinstance(labels, list) else []:
            self._add_label(item, record, name)

    def _own_name(self, frame: dict[str, Any], name: str, video: str) -> str:
        """Return the name of a frame, told apart from other frames of that name by video and number."""
        index = frame.get("frameIndex", frame.get("index"))
        number = index if isinstance(index, int) else -1
        known = self.seen.setdefault(name, (self._path, number))
        if known == (self._path, number) and not self.gathering.has_item(name):
            return name
        if known[1] == number and known[0] != self._path:
            self.gathering.report("BD-12", f"{self._path}: {name}")
            return name
        self.gathering.report("BD-09", f"{self._path}: {name} frame {number}")
        return f"{video or 'frame'}/{number}/{name}" if number >= 0 else name

    def _state(self, labels: object, name: str) -> LabelState:
        answer = self.gathering.request.answers.get("no_annotations")
        is_listed = isinstance(labels, list)
        if is_listed and labels:
            return LabelState.UNLABELLED  # the labels that can be read decide
        if self.gathering.data.role is not Role.LABELS:
            return LabelState.UNLABELLED
        if answer is None:
            self.gathering.report("BD-01b" if is_listed else "BD-01", f"{self._path}: {name}")
        is_empty = answer == "empty" or (is_listed and answer != "unlabelled")
        return LabelState.EMPTY if is_empty else LabelState.UNLABELLED

    def _add_label(self, item: int, record: object, name: str) -> None:
        gathering = self.gathering
        gathering.records += 1
        label = read_label(record)
        if label is None:
            gathering.skip("BD-05", f"{self._path}: {name}")
            return
        if _ROAD.match(label.category) and gathering.request.answers.get("road_areas") != "keep":
            if "road_areas" not in gathering.request.answers:
                gathering.report("BD-07", f"{self._path}: {name}: {label.category}")
            gathering.raise_state(item, LabelState.EMPTY)
            return
        if label.code:
            gathering.report(label.code, f"{self._path}: {name}: {label.category}")
        if label.shape.flags & AnnotationFlag.AUTOMATIC:
            gathering.report("BD-14", f"{self._path}: {name}: {label.category}")
        gathering.annotate(item, gathering.category(label.category), label.shape)
        for attribute, value in label.attributes:
            gathering.axis(attribute, AxisKind.CONDITION, "Scalabel label attribute").put(item, value)


_MANY = msgspec.json.Decoder(list[Any])
_ONE = msgspec.json.Decoder(Any)


def _is_frames(head: bytes) -> bool:
    """Tell from its first bytes whether a JSON document lists frames."""
    sniffed = sniff(head)
    names = set(sniffed.members.get(WHOLE_DOCUMENT if sniffed.is_array else FRAMES, ()))
    if "name" not in names or "data_row" in names:
        return False
    if not sniffed.is_array:
        return FRAMES in sniffed.members
    return bool(names & _FRAME) and (bool(_DRAWN.search(head)) or bool(_ATTRIBUTES.search(head)) or "labels" in names)


def _image_folders(listing: Listing) -> list[str]:
    """Return the folders that hold images, those with most first."""
    counts: dict[str, int] = {}
    for entry in listing.images():
        counts[entry.folder] = counts.get(entry.folder, 0) + 1
    return sorted(counts, key=lambda folder: (-counts[folder], folder))[:16]

"""Supervisely: a project folder with `meta.json`, and in each dataset `ann` with one JSON file per image in `img`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from tailwise.domain.errors import RequestError, UnreadableSourceError
from tailwise.domain.records import AxisKind, LabelState, Role
from tailwise.formats.contract import Evidence
from tailwise.formats.gathering import Gathering
from tailwise.formats.image_lists import folder_split
from tailwise.formats.json_files import JsonRefusedError, read_json_file
from tailwise.formats.json_text import sniff
from tailwise.formats.json_values import as_record, as_side, as_text, records_in
from tailwise.formats.matching import ImageMatcher
from tailwise.formats.people import Pseudonyms
from tailwise.formats.supervisely_codes import CODES, RULES
from tailwise.formats.supervisely_shapes import read_shape
from tailwise.ops.progress import track

if TYPE_CHECKING:
    from tailwise.domain.records import SourceData
    from tailwise.formats.contract import ReadRequest
    from tailwise.formats.json_values import Record
    from tailwise.formats.listing import Entry, Listing
    from tailwise.ops.progress import Progress

_META = "meta.json"
_ANN, _IMG = "ann", "img"
_PROBED = 40
_ANSWERS = {"no_annotations": ("unlabelled", "empty")}
_SIGNS = frozenset({"size", "objects", "tags", "description"})
_DONE = frozenset({"done", "accepted", "reviewed", "finished", "annotated"})


class _Annotation(msgspec.Struct):
    """One annotation file as far as planning needs it."""

    objects: list[Any]
    size: Any = None
    tags: Any = None


class _Meta(msgspec.Struct):
    """What a project defines."""

    classes: Any = None


_DECODER, _META_DECODER = msgspec.json.Decoder(_Annotation), msgspec.json.Decoder(_Meta)


class SuperviselyReader:
    """Reads rectangles, polygons with holes, bitmaps, points and lines; image tags become conditions."""

    key = "supervisely"
    title = "Supervisely"

    def probe(self, listing: Listing) -> Evidence:
        """Look for annotation files in folders called `ann`, and for meta.json with classes."""
        files = _annotation_files(listing)
        step = max(1, len(files) // _PROBED)
        fitting = [
            entry.path
            for entry in files[::step][: _PROBED - 1]
            if {"objects"} <= (members := set(sniff(listing.peek(entry.path)).members)) and members & _SIGNS
        ]
        if not fitting:
            return Evidence(0, (), ("JSON files with objects in a folder called ann",))
        found, missing, score = [f"{fitting[0]} has objects"], list[str](), 65
        metas = [entry for entry in listing.entries if entry.name.lower() == _META]
        is_defined = any("classes" in sniff(listing.peek(entry.path)).members for entry in metas[:1])
        (found if is_defined else missing).append("meta.json with classes")
        has_images = any(entry.folder.rpartition("/")[2].lower() == _IMG for entry in listing.images())
        (found if has_images else missing).append("images in folders called img")
        return Evidence(score + 25 * is_defined + 5 * has_images, tuple(found), tuple(missing))

    def read(self, request: ReadRequest, progress: Progress) -> SourceData:
        """Read every dataset of a project.

        Raises:
            UnreadableSourceError: no annotation file can be read.
            QuestionError: the text encoding is not known; key `encoding`.
            RequestError: an answer is not known.
        """
        for key, allowed in _ANSWERS.items():
            if request.answers.get(key, allowed[0]) not in allowed:
                raise RequestError(f"{key}={request.answers[key]} is not known", f"Answer {' or '.join(allowed)}")
        joiner = _Joiner(Gathering(request, self.key, RULES, CODES))
        joiner.read_meta()
        files = _annotation_files(request.listing)
        progress.stage("Reading annotation files", len(files))
        for entry in track(files, progress, 64):
            joiner.read(entry)
        gathering = joiner.gathering
        if not len(gathering.data.items):
            raise UnreadableSourceError(
                f"No annotation file of Supervisely in {request.path.name} can be read",
                "Open the folder of the project, which has meta.json and folders called ann",
            )
        joiner.settle()
        gathering.finish(progress)
        return gathering.data


def _annotation_files(listing: Listing) -> list[Entry]:
    files = listing.with_suffix(".json")
    return [entry for entry in files if entry.folder.rpartition("/")[2].lower() == _ANN]


class _Joiner:
    """Puts annotation files together. `_classes` are the names that meta.json defines by their numbers."""

    def __init__(self, gathering: Gathering) -> None:
        self.gathering = gathering
        self._people = Pseudonyms()
        self._classes: dict[str, str] = {}
        self._defined: set[str] = set()
        self._empty: list[int] = []
        self._done: set[int] = set()
        listing = gathering.request.listing
        self._matcher = ImageMatcher(listing)
        self._datasets = {_dataset(entry) for entry in _annotation_files(listing)}

    def read_meta(self) -> None:
        """Read the classes that the project defines, and report archives that are not opened."""
        gathering = self.gathering
        listing = gathering.request.listing
        for entry in listing.entries:
            if entry.suffix == ".pkl":
                gathering.report("SV-06", entry.path)
            if entry.name.lower() != _META:
                continue
            try:
                meta = read_json_file(
                    listing.absolute(entry.path), entry.path, _META_DECODER, gathering.request.answers
                )
            except JsonRefusedError as error:
                gathering.report("SV-01", f"{entry.path}: {error}")
                continue
            for record in records_in(meta.classes if meta is not None else None):
                name = as_text(record.get("title"))
                if name:
                    self._classes[as_text(record.get("id"))] = name
                    self._defined.add(name)
                    gathering.category(name, ext_id=as_text(record.get("id")))
        if not self._defined and not gathering.log.count("SV-01"):
            gathering.report("SV-01", _META)

    def read(self, entry: Entry) -> None:
        """Read one annotation file."""
        gathering = self.gathering
        gathering.records += 1
        path = gathering.request.listing.absolute(entry.path)
        try:
            found = read_json_file(path, entry.path, _DECODER, gathering.request.answers)
        except JsonRefusedError as error:
            gathering.skip("SV-12", f"{entry.path}: {error}")
            return
        if found is None:
            gathering.skip("SV-12", f"{entry.path}: it has no objects")
            return
        size = as_record(found.size)
        sides = as_side(size.get("width")), as_side(size.get("height"))
        item = gathering.item(self._image(entry), size=sides, ext_id=entry.stem)
        self._add_place(item, entry)
        self._add_tags(item, records_in(found.tags))
        for number, record in enumerate(records_in(found.objects), 1):
            self._add_object(item, record, f"{entry.path}: object {number}")
        if not found.objects:
            self._empty.append(item)

    def settle(self) -> None:
        """Decide what images without objects are."""
        gathering = self.gathering
        if self._people.is_named:
            gathering.report("SV-10", "labelerLogin")
        if gathering.data.role is not Role.LABELS:
            return
        answer = gathering.request.answers.get("no_annotations")
        looked_at = self._empty if answer == "empty" else [item for item in self._empty if item in self._done]
        for item in looked_at:
            gathering.raise_state(item, LabelState.EMPTY)
        if answer is None:
            names = gathering.data.items.file_name
            open_ones = [item for item in self._empty if item not in self._done]
            gathering.report_all("SV-05", len(open_ones), (names[item] for item in open_ones))

    def _image(self, entry: Entry) -> str:
        """Return the path of the image that an annotation file is called after."""
        base = _dataset(entry)
        folder = f"{base}/{_IMG}" if base else _IMG
        named = f"{folder}/{entry.stem}"
        if self._matcher.find(named).level == "stem":
            self.gathering.report("SV-02", entry.path)
            return self._matcher.find(named).path or named
        return named

    def _add_place(self, item: int, entry: Entry) -> None:
        dataset = _dataset(entry)
        name = dataset.rpartition("/")[2]
        if split := folder_split(name) if name else None:
            self.gathering.split(split, item)
        elif len(self._datasets) > 1 and dataset:
            self.gathering.axis("dataset", AxisKind.CONDITION, "Supervisely").put(item, dataset)

    def _add_tags(self, item: int, tags: list[Record]) -> None:
        for tag in tags:
            name, value = as_text(tag.get("name")), as_text(tag.get("value"))
            split = folder_split(name) if name else None
            if split and not value:
                self.gathering.split(split, item)
            elif name:
                self.gathering.axis(name, AxisKind.CONDITION, "Supervisely tag").put(item, value or "yes")
            if {name.lower(), value.lower()} & _DONE:
                self._done.add(item)
            self._add_person(item, tag)

    def _add_object(self, item: int, record: Record, place: str) -> None:
        gathering = self.gathering
        gathering.records += 1
        name, number = as_text(record.get("classTitle")), as_text(record.get("classId"))
        label = name or self._classes.get(number, "") or (f"class {number}" if number else "")
        try:
            shape, code = read_shape(record)
        except ValueError as error:
            gathering.skip("SV-14", f"{place}: {label}: {error}")
            return
        if not label:
            gathering.skip("SV-14", f"{place}: it has no class")
            return
        if not name or (self._defined and label not in self._defined):
            gathering.report("SV-04", f"{place}: {label}")
        if code:
            gathering.report(code, f"{place}: {label}")
        self._add_person(item, record)
        gathering.annotate(item, gathering.category(label), shape)

    def _add_person(self, item: int, record: Record) -> None:
        person = self._people.of(record.get("labelerLogin"))
        self.gathering.axis("annotator", AxisKind.CONDITION, "Supervisely, under pseudonyms").put(item, person)


def _dataset(entry: Entry) -> str:
    """Return the folder of the dataset an annotation file belongs to, empty for the opened one."""
    return entry.folder.rpartition("/")[0]

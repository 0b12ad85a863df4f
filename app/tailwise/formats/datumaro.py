"""Datumaro: one JSON file per subset below `annotations`, images below `images`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from tailwise.domain.errors import RequestError, UnreadableSourceError
from tailwise.domain.records import AxisKind, LabelState, Role
from tailwise.formats.contract import Evidence
from tailwise.formats.datumaro_codes import CODES, RULES
from tailwise.formats.datumaro_shapes import FLAGS, read_shape
from tailwise.formats.gathering import Gathering, Shape
from tailwise.formats.image_lists import folder_split
from tailwise.formats.json_records import read_records
from tailwise.formats.json_sections import Section
from tailwise.formats.json_text import sniff
from tailwise.formats.json_values import as_list, as_record, as_side, as_text, records_in
from tailwise.formats.paths import is_anchored
from tailwise.formats.text_encoding import ENCODING_KEY

if TYPE_CHECKING:
    from tailwise.domain.records import SourceData
    from tailwise.formats.contract import ReadRequest
    from tailwise.formats.json_values import Record
    from tailwise.formats.listing import Entry, Listing
    from tailwise.ops.progress import Progress

SIZE_KEY, PREDICTIONS_KEY = "size_order", "predictions"
_ANSWERS = {
    "no_annotations": ("empty", "unlabelled"),
    "size_order": ("hw", "wh"),
    "predictions": ("yes", "no"),
}
_PROBED = 40
_NO_SPLIT = frozenset({"", "default"})
_NO_LABEL = "∅"
_MANY = msgspec.json.Decoder(list[dict[str, object]])
_ONE = msgspec.json.Decoder(dict[str, object])
_KEPT = frozenset({"categories"})
_NOT_CONDITIONS = frozenset({*FLAGS, "score", "track_id", "id", "frame", "keyframe", "outside", "rotation", "z_order"})
_TRACK = "track_id"


class DatumaroReader:
    """Reads labels, boxes, polygons, masks, points and skeletons; attributes become conditions."""

    key = "datumaro"
    title = "Datumaro"

    def probe(self, listing: Listing) -> Evidence:
        """Look for JSON with `categories` and `items`."""
        files = _files(listing, _PROBED)
        if not files:
            return Evidence(0, (), ("a JSON file with categories and items",))
        entry, members = files[0]
        found = [f"{entry.path} ({', '.join(members)})"]
        if len(files) > 1:
            found.append(f"{len(files) - 1:,} more files like it")
        return Evidence(95 if "items" in members else 80, tuple(found))

    def read(self, request: ReadRequest, progress: Progress) -> SourceData:
        """Read every subset below the root.

        Raises:
            UnreadableSourceError: there is none, or a file is no JSON.
            QuestionError: the text encoding is not known; key `encoding`.
            RequestError: an answer is not known.
        """
        for key, allowed in _ANSWERS.items():
            if request.answers.get(key, allowed[0]) not in allowed:
                raise RequestError(f"{key}={request.answers[key]} is not known", f"Answer {' or '.join(allowed)}")
        gathering = Gathering(request, self.key, RULES, CODES)
        joiner = _Joiner(gathering)
        files = [entry for entry, _ in _files(request.listing)] or request.listing.with_suffix(".json")
        for entry in files:
            joiner.read(entry, progress)
        if not gathering.records:
            raise UnreadableSourceError(
                f"{request.path.name} has no file of Datumaro with items",
                "Export as datumaro, or choose another format",
            )
        joiner.settle()
        gathering.finish(progress)
        return gathering.data


def _files(listing: Listing, limit: int | None = None) -> list[tuple[Entry, tuple[str, ...]]]:
    """Return the files whose outer members are those of Datumaro."""
    found: list[tuple[Entry, tuple[str, ...]]] = []
    for entry in listing.with_suffix(".json")[:limit]:
        members = sniff(listing.peek(entry.path)).members
        record = members.get("items", ())
        looks_right = "categories" in members and (not record or "annotations" in record or "id" in record)
        if "dm_format_version" in members or (looks_right and ("items" in members or "infos" in members)):
            found.append((entry, tuple(members)))
    return found


class _Joiner:
    """Puts the subsets together; classes are joined by name once a file is read, as they may stand behind the items."""

    def __init__(self, gathering: Gathering) -> None:
        self.gathering = gathering
        self._drawn: list[tuple[int, str, Shape]] = []
        self._empty: list[int] = []
        self._paths = {entry.path for entry in gathering.request.listing.entries if entry.is_image}

    def read(self, entry: Entry, progress: Progress) -> None:
        """Read one subset."""
        gathering = self.gathering
        split = "" if entry.stem in _NO_SPLIT else entry.stem
        file = gathering.file(entry, split)
        found: list[tuple[int, object, Shape, str]] = []
        count = 0

        def take(records: list[Record]) -> None:
            nonlocal count
            for record in records:
                count += 1
                gathering.records += 1
                self._item(record, (entry, file, split, count), found)

        def take_loose(records: list[object]) -> None:
            take([as_record(record) for record in records])

        section = Section(_MANY, _ONE, found.clear, take, take_loose)
        path = gathering.request.listing.absolute(entry.path)
        encoding = gathering.request.answers.get(ENCODING_KEY, "")
        outline = read_records(path, entry.path, {"items": section}, progress, encoding, _KEPT)
        labels = records_in(as_record(as_record(outline.kept["categories"]).get("label")).get("labels"))
        names = [as_text(label.get("name")) or f"class {number}" for number, label in enumerate(labels)]
        for name, label in zip(names, labels, strict=True):
            gathering.category(name, supercategory=as_text(label.get("parent")))
        self._drawn += [(item, self._name(label, names, place), shape) for item, label, shape, place in found]

    def settle(self) -> None:
        """Add what was read to the source, once it is known whether these are predictions."""
        gathering = self.gathering
        answers, data = gathering.request.answers, gathering.data
        is_scored = bool(self._drawn) and all(shape.score is not None for _, _, shape in self._drawn)
        if data.role is Role.LABELS and is_scored and answers.get(PREDICTIONS_KEY) != "no":
            data.role = Role.PREDICTIONS
            if PREDICTIONS_KEY not in answers:
                gathering.report("DM-10", gathering.request.path.name, len(self._drawn))
        for item, label, shape in self._drawn:
            gathering.annotate(item, gathering.category(label), shape)
        if data.role is not Role.LABELS:
            return
        answer = answers.get("no_annotations")
        if answer == "empty" or (answer is None and self._drawn):
            for item in self._empty:
                gathering.raise_state(item, LabelState.EMPTY)
        if answer is None:
            names = data.items.file_name
            gathering.report_all("DM-02", len(self._empty), (names[item] for item in self._empty))

    def _item(
        self, record: Record, where: tuple[Entry, int, str, int], found: list[tuple[int, object, Shape, str]]
    ) -> None:
        gathering = self.gathering
        entry, file, split, number = where
        ext_id = as_text(record.get("id"))
        image = as_record(record.get("image")) or as_record(record.get("media"))
        path = as_text(image.get("path")) or as_text(as_record(record.get("media")).get("path"))
        if not path and not ext_id:
            gathering.skip("DM-14", f"{entry.path}: item {number}")
            return
        if not path:
            gathering.report("DM-01", f"{entry.path}: {ext_id}")
        sides = [as_side(side) for side in as_list(image.get("size"))[:2]]
        if len(sides) != 2:
            sides = [0, 0]
        is_wh = gathering.request.answers.get(SIZE_KEY) == "wh"
        size = (sides[0], sides[1]) if is_wh else (sides[1], sides[0])
        name = self._path(entry, path or ext_id)
        item = gathering.item(name, size=size, ext_id=ext_id, file=file)
        if split:
            gathering.split(folder_split(split) or split, item)
        self._add_conditions(item, as_record(record.get("attr")))
        annotations = records_in(record.get("annotations"))
        for annotation in annotations:
            self._annotation(item, annotation, f"{entry.path}: {ext_id or path}", found)
        if not annotations:
            self._empty.append(item)

    def _annotation(self, item: int, record: Record, place: str, found: list[tuple[int, object, Shape, str]]) -> None:
        gathering = self.gathering
        gathering.records += 1
        try:
            shape = read_shape(record)
        except ValueError as error:
            gathering.skip("DM-12", f"{place}: {as_text(record.get('type'))}: {error}")
            return
        if shape is None:
            gathering.report("DM-13", f"{place}: {as_text(record.get('type')) or 'no type'}")
            return
        if shape[1]:
            gathering.report(shape[1], place)
        attributes = as_record(record.get("attributes"))
        self._add_conditions(item, attributes)
        if track := as_text(attributes.get(_TRACK)):
            gathering.axis("track", AxisKind.GROUP, "Datumaro").put(item, track)
        found.append((item, record.get("label_id"), shape[0], place))

    def _add_conditions(self, item: int, attributes: Record) -> None:
        for name, value in attributes.items():
            if name in _NOT_CONDITIONS or not isinstance(value, str | bool):
                continue
            text = ("yes" if value else "no") if isinstance(value, bool) else as_text(value)
            self.gathering.axis(name, AxisKind.CONDITION, "Datumaro attribute").put(item, text)

    def _name(self, label: object, names: list[str], place: str) -> str:
        if type(label) is int and 0 <= label < len(names):
            return names[label]
        if label is None:
            self.gathering.report("DM-04", place)
            return _NO_LABEL
        self.gathering.report("DM-04b", f"{place}: {as_text(label)}")
        return f"unknown:{as_text(label)}"

    def _path(self, entry: Entry, path: str) -> str:
        """Return where the image of an item is or would be; paths begin at the subset, at `images`, or at the root."""
        if is_anchored(path):
            return path
        base = entry.folder.rpartition("/")[0]
        images = f"{base}/images" if base else "images"
        places = [f"{images}/{entry.stem}/{path}", f"{images}/{path}", f"{base}/{path}" if base else path]
        there = next((place for place in places if place in self._paths), None)
        is_below = entry.stem in _NO_SPLIT or path.startswith(f"{entry.stem}/")
        return there or (path if is_below else f"{entry.stem}/{path}")

"""Pascal VOC: one XML file per image, published splits in `ImageSets`."""

from __future__ import annotations

import re
from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from tailwise.domain.errors import RequestError, UnreadableSourceError
from tailwise.domain.findings import FindingLog
from tailwise.domain.records import (
    AnnotationFlag,
    AnnotationKind,
    CategoryRecord,
    LabelState,
    MediaState,
    Role,
    SourceData,
    SourceFile,
)
from tailwise.formats.contract import Evidence
from tailwise.formats.declared_sizes import settle_sizes
from tailwise.formats.geometry import Boxes, degenerate, outside
from tailwise.formats.image_lists import path_split
from tailwise.formats.sizes import read_headers
from tailwise.formats.text_encoding import ENCODING_KEY
from tailwise.formats.voc_codes import report, report_all
from tailwise.formats.voc_items import VocPlacer
from tailwise.formats.voc_sets import StemIndex, read_sets
from tailwise.formats.voc_xml import read_voc
from tailwise.formats.xml_text import XmlForbiddenError, XmlRefusedError
from tailwise.ops.progress import track

if TYPE_CHECKING:
    from tailwise.formats.contract import ReadRequest
    from tailwise.formats.listing import Entry, Listing
    from tailwise.formats.voc_file import VocFile
    from tailwise.ops.progress import Progress

SKIPPED_SHARE = 0.2
_PROBED = 40
_MANY = 20_000
_NO_BOX = (float("nan"),) * 4
_ROOT = re.compile(rb"<annotation[\s>]")
_OBJECT_CODES = {"reversed": "VO-04", "unusable": "VO-05", "polygon": "VO-07b", "rotated": "VO-07b", "none": "VO-07b"}
_ANSWERS = {"no_annotations": ("empty", "unlabelled"), "extra_images": ("pool", "ignore")}


class VocReader:
    """Reads folders of VOC annotation files, with or without `ImageSets`, and single files."""

    key = "voc"
    title = "Pascal VOC"

    def probe(self, listing: Listing) -> Evidence:
        """Look for XML files rooted `<annotation>`, and for the folders VOC has."""
        files = listing.with_suffix(".xml")
        if not files:
            return Evidence(0, (), ("XML files",))
        heads = [listing.peek(entry.path) for entry in files[:: max(1, len(files) // _PROBED)][:_PROBED]]
        fitting = [head for head in heads if _ROOT.search(head)]
        share = len(fitting) / len(heads)
        if share < 0.5:
            return Evidence(0, (), ("XML files that begin with <annotation>",))
        found, missing, score = [f"{len(files):,} XML files that begin with <annotation>"], list[str](), 75
        for name, weight in (("Annotations", 8), ("ImageSets", 8), ("JPEGImages", 4)):
            is_there = any(folder.rpartition("/")[2] == name for folder in listing.folders)
            (found if is_there else missing).append(f"a folder {name}")
            score += weight if is_there else 0
        if not any(b"<bndbox" in head or b"<object" not in head for head in fitting):
            missing.append("boxes: these may be polygons of LabelMe")
            score -= 25
        return Evidence(round(score * share), tuple(found), tuple(missing))

    def read(self, request: ReadRequest, progress: Progress) -> SourceData:
        """Read every annotation file; images without one join as unlabelled.

        Raises:
            UnreadableSourceError: there is no VOC file, or not one of them can be read.
            QuestionError: the encoding of a published list is not known; key `encoding`.
        """
        for key, allowed in _ANSWERS.items():
            if request.answers.get(key, allowed[0]) not in allowed:
                raise RequestError(f"{key}={request.answers[key]} is not known", f"Answer {' or '.join(allowed)}")
        listing = request.listing
        files = listing.with_suffix(".xml")
        name = request.path.stem if listing.dropped else request.path.name
        data = SourceData(self.key, name, str(listing.root), request.role, answers=dict(request.answers))
        reading = _Reading(request, data, FindingLog())
        reading.read(files, progress)
        reading.add_lists()
        reading.check_sizes(progress)
        reading.check_boxes()
        reading.tell()
        data.findings = reading.log.findings()
        return data


@dataclass(slots=True)
class _Reading:
    """What is gathered while the files are read. `placed` are items with their annotation files."""

    request: ReadRequest
    data: SourceData
    log: FindingLog
    class_of: dict[str, int] = field(default_factory=dict[str, int])
    index: StemIndex = field(default_factory=StemIndex)
    placed: list[tuple[int, Entry]] = field(default_factory=list[tuple[int, "Entry"]])
    empty: list[str] = field(default_factory=list[str])
    rows: list[tuple[Any, ...]] = field(default_factory=list["tuple[Any, ...]"])
    records: int = 0
    skipped: int = 0

    def read(self, files: list[Entry], progress: Progress) -> None:
        """Read the annotation files, then add the images without one."""
        listing, items = self.request.listing, self.data.items
        placer = VocPlacer(listing, items, self.log)
        refused: list[str] = []
        progress.stage("Reading annotations", len(files))
        for entry in track(files, progress):
            file = self._parse(entry, refused)
            if file is None:
                continue
            item = placer.place(entry, file, self._state(entry, file))
            self.placed.append((item, entry))
            self.index.add(entry.path, item)
            self._add_objects(item, entry, file)
        self._store_rows()
        if not self.placed:
            example = f", for instance {refused[0]}" if refused else ""
            raise UnreadableSourceError(
                f"None of the {len(files):,} XML files in {self.request.path.name} is readable Pascal VOC{example}",
                "VOC files begin with <annotation>; check how they were exported, or choose another format",
                "\n".join(refused[:20]),
            )
        is_ignored = listing.dropped is not None or self.request.answers.get("extra_images") == "ignore"
        for item in placer.add_images_without_annotations(is_ignored=is_ignored):
            self.index.add(items.file_name[item], item)

    def add_lists(self) -> None:
        """Take the splits from the published lists; without any, from folders called after splits."""
        data = self.data
        published = read_sets(self.request.listing, self.index, self.request.answers, self.log)
        data.files = [SourceFile(entry.path, entry.size) for entry in published.files]
        for name in published.classes:
            self._category(name)
        if published.files:
            data.splits = {name: items for name, items in published.splits.items() if items}
            listed = {item for items in data.splits.values() for item in items}
            lost = [entry.path for item, entry in self.placed if item not in listed]
            report_all(self.log, "VO-08b", len(lost), lost)
            return
        folders = [name.rpartition("/")[0] for name in data.items.file_name]
        for item, entry in self.placed:
            folders[item] = entry.folder
        for item, folder in enumerate(folders):
            if split := path_split(folder):
                data.splits.setdefault(split, array("i")).append(item)

    def check_sizes(self, progress: Progress) -> None:
        """Read the headers of all images that are there; fill sizes that are missing and report those that differ."""
        items = self.data.items
        names = items.file_name
        present = [name for name, media in zip(names, items.media, strict=True) if media == MediaState.PRESENT]
        headers = read_headers(self.request.listing, present, self.request.read_header, progress)
        found = settle_sizes(items, headers, (item for item, _ in self.placed))
        for code, positions in (
            ("VO-01", found.undeclared),
            ("IMG-01", found.missing),
            ("IMG-03", found.turned),
            ("IMG-04", found.unreadable),
        ):
            report_all(self.log, code, len(positions), (names[item] for item in positions))
        report_all(self.log, "VO-02", len(found.differing), found.differing.values())

    def check_boxes(self) -> None:
        """Flag boxes without extent and boxes that reach out of their image."""
        columns, items = self.data.annotations, self.data.items
        owner = np.frombuffer(columns.item, np.int32) if columns.item else np.zeros(0, np.int32)
        flags = np.array(columns.flags, np.uint16)
        sides = [np.array(side, np.float64)[owner] for side in (items.width, items.height)]
        places = (np.array(column, np.float64) for column in (columns.x, columns.y, columns.width, columns.height))
        boxes = Boxes(*places, *sides)
        for code, flag, rows in (
            ("VO-04b", AnnotationFlag.DEGENERATE, degenerate(boxes)),
            ("BOX-02", AnnotationFlag.OUTSIDE, outside(boxes)),
        ):
            flags[rows] |= np.uint16(flag)
            found = np.flatnonzero(rows).tolist()
            report_all(self.log, code, len(found), (self._place(row) for row in found))
        columns.flags = array("H", flags.tobytes())
        known = ~np.isnan(boxes.x)
        if known.any() and min(float(boxes.x[known].min()), float(boxes.y[known].min())) >= 1:
            report(self.log, "VO-09")

    def tell(self) -> None:
        """Report what only shows at the end."""
        if self.request.answers.get("no_annotations") is None and self.data.role is Role.LABELS:
            report_all(self.log, "VO-15", len(self.empty), self.empty)
        if self.skipped > SKIPPED_SHARE * self.records:
            report(self.log, "IMP-20", f"{self.skipped:,} of {self.records:,} files and objects", self.skipped)

    def _parse(self, entry: Entry, refused: list[str]) -> VocFile | None:
        """Return what a file says, None when it cannot be used; tell why."""
        self.records += 1
        try:
            content = self.request.listing.content(entry.path)
            file = read_voc(content, self.request.answers.get(ENCODING_KEY, ""))
        except XmlRefusedError as error:
            why, code = str(error), "VO-10b" if isinstance(error, XmlForbiddenError) else "VO-10"
        except OSError as error:
            why, code = error.strerror or "the system refused", "VO-10"
        else:
            if file is not None:
                return file
            self.records -= 1
            report(self.log, "VO-16", entry.path)
            return None
        self.skipped += 1
        refused.append(f"{entry.path}: {why}")
        report(self.log, code, refused[-1])
        return None

    def _state(self, entry: Entry, file: VocFile) -> LabelState:
        if file.objects:
            return LabelState.LABELLED
        if file.nameless or self.data.role is not Role.LABELS:
            return LabelState.UNLABELLED
        self.empty.append(entry.path)
        is_pool = self.request.answers.get("no_annotations") == "unlabelled"
        return LabelState.UNLABELLED if is_pool else LabelState.EMPTY

    def _add_objects(self, item: int, entry: Entry, file: VocFile) -> None:
        self.records += len(file.objects) + file.nameless
        self.skipped += file.nameless
        if file.has_path:
            report(self.log, "VO-11", entry.path)
        if file.nameless:
            report(self.log, "VO-07", entry.path, file.nameless)
        for found in file.objects:
            if found.origin != "box":
                report(self.log, _OBJECT_CODES[found.origin], f"{entry.path}: {found.name}")
            kind = AnnotationKind.LABEL if found.box is None else AnnotationKind.BOX
            if found.origin == "polygon":
                kind = AnnotationKind.POLYGON
            place = self._category(found.name)
            self.rows.append((item, place, kind, found.flags, *(found.box or _NO_BOX), found.area, found.score))
        if len(self.rows) >= _MANY:
            self._store_rows()

    def _store_rows(self) -> None:
        """Put the objects gathered so far into their columns, all at once: one by one takes five times as long."""
        if not self.rows:
            return
        found = self.data.annotations
        *columns, score = zip(*self.rows, strict=True)
        targets = (
            found.item,
            found.category,
            found.kind,
            found.flags,
            found.x,
            found.y,
            found.width,
            found.height,
            found.area,
        )
        for target, values in zip(targets, columns, strict=True):
            target.extend(values)
        found.ext_id.extend([-1] * len(self.rows))
        if self.data.role is Role.PREDICTIONS:
            found.score.extend(score)
        self.rows.clear()

    def _category(self, name: str) -> int:
        place = self.class_of.setdefault(name, len(self.data.categories))
        if place == len(self.data.categories):
            self.data.categories.append(CategoryRecord(name))
        return place

    def _place(self, row: int) -> str:
        columns, items = self.data.annotations, self.data.items
        box = (column[row] for column in (columns.x, columns.y, columns.width, columns.height))
        name = self.data.categories[columns.category[row]].name
        return f"{items.file_name[columns.item[row]]}: {name} box {', '.join(f'{number:g}' for number in box)}"

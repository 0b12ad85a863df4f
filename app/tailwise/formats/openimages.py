"""Open Images: tables of boxes and image labels, streamed; only the images that are here are read."""

from __future__ import annotations

import csv
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tailwise.domain.errors import RequestError, UnreadableSourceError
from tailwise.domain.records import AnnotationFlag, AnnotationKind, LabelState, Role
from tailwise.formats.contract import Evidence
from tailwise.formats.csv_table import MAX_FIELD
from tailwise.formats.gathering import Gathering, Shape
from tailwise.formats.image_lists import folder_split
from tailwise.formats.json_text import printable
from tailwise.formats.matching import stem_of
from tailwise.formats.openimages_codes import CODES, RULES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tailwise.domain.records import SourceData
    from tailwise.formats.contract import ReadRequest
    from tailwise.formats.listing import Entry, Listing
    from tailwise.ops.progress import Progress

_FINGERPRINT = ["imageid", "source", "labelname"]
_BOX = ("xmin", "xmax", "ymin", "ymax")
_FLAGS = {
    "isoccluded": AnnotationFlag.OCCLUDED,
    "istruncated": AnnotationFlag.TRUNCATED,
    "isgroupof": AnnotationFlag.GROUP_OF,
}
_MID = re.compile(r"/[mgjt]/")
_DAMAGED_ID = re.compile(r"\d+(?:[.,]\d+)?[eE]\+?\d+", re.ASCII)
_MASKS = frozenset({"masks", "mask", "segmentation", "segmentations"})
_STEP = 5000
_LEAST_IMAGES = 50
_ANSWERS = {"machine_labels": ("drop", "keep")}


class OpenImagesReader:
    """Reads boxes and labels with their class names; splits come from the names of the files."""

    key = "openimages"
    title = "Open Images"

    def probe(self, listing: Listing) -> Evidence:
        """Look for tables that begin with ImageID, Source, LabelName."""
        tables = [entry for entry in listing.with_suffix(".csv") if entry.size]
        step = max(1, len(tables) // 40)
        headers = {entry.path: _header(listing, entry) for entry in tables[::step][:40]}
        fitting = [path for path, header in headers.items() if header[:3] == _FINGERPRINT]
        if not fitting:
            return Evidence(0, (), ("a table that begins with ImageID,Source,LabelName",))
        found = [f"{fitting[0]} begins with ImageID,Source,LabelName"]
        described = [entry.path for entry in tables if "class-descriptions" in entry.name.lower()]
        missing = () if described else ("class-descriptions.csv with the names of classes",)
        return Evidence(96 if described else 92, (*found, *described[:1]), missing)

    def read(self, request: ReadRequest, progress: Progress) -> SourceData:
        """Read all tables of the dataset.

        Raises:
            UnreadableSourceError: no row is about an image.
            RequestError: an answer is not known.
        """
        for key, allowed in _ANSWERS.items():
            if request.answers.get(key, allowed[0]) not in allowed:
                raise RequestError(f"{key}={request.answers[key]} is not known", f"Answer {' or '.join(allowed)}")
        listing = request.listing
        reading = _Reading(Gathering(request, self.key, RULES, CODES), _images(listing))
        tables = [entry for entry in listing.entries if entry.suffix == ".csv" and entry.size]
        for entry in tables:
            if "class-descriptions" in entry.name.lower():
                reading.add_names(entry)
        chosen = [entry for entry in tables if listing.dropped in {None, entry.path}]
        ranked = sorted(chosen, key=lambda entry: "xmin" not in _header(listing, entry))  # boxes before labels
        for entry in ranked:
            reading.read(entry, progress)
        if not len(reading.gathering.data.items):
            raise UnreadableSourceError(
                f"No row of the tables in {request.path.name} is about an image",
                "Open Images tables begin with ImageID,Source,LabelName; check that the files are complete",
            )
        reading.tell()
        reading.gathering.finish(progress, is_own=lambda path: _MASKS.isdisjoint(path.lower().split("/")))
        return reading.gathering.data


@dataclass(slots=True)
class _Reading:
    """What is gathered while the tables are read. `paths` are the images on disk by their id."""

    gathering: Gathering
    paths: dict[str, str]
    names: dict[str, str] = field(default_factory=dict[str, str])
    of_image: dict[str, int] = field(default_factory=dict[str, int])
    pairs: Counter[tuple[int, int]] = field(default_factory=Counter[tuple[int, int]])
    unnamed: set[str] = field(default_factory=set[str])

    def add_names(self, entry: Entry) -> None:
        """Read the names of classes, with or without a header."""
        with self.gathering.request.listing.absolute(entry.path).open(encoding="utf-8-sig", errors="replace") as file:
            for number, row in enumerate(csv.reader(file)):
                if number == 0 and row and _MID.match(row[0]):
                    self.gathering.report("OI-02", entry.path)
                if len(row) > 1 and (number or _MID.match(row[0])):
                    self.names[row[0].strip()] = printable(row[1]).strip()

    def read(self, entry: Entry, progress: Progress) -> None:
        """Read one table by what its header says it holds."""
        listing = self.gathering.request.listing
        header = _header(listing, entry)
        if "imageid" not in header or "maskpath" in header:
            return
        split = _split(entry)
        file = self.gathering.file(entry, split)
        is_machine = "machine" in entry.name.lower()
        is_left_out = (
            is_machine
            and self.gathering.data.role is not Role.PREDICTIONS
            and self.gathering.request.answers.get("machine_labels") != "keep"
        )
        for number, row in _rows(listing, entry, header, progress):
            image = row.get("imageid", "").strip()
            if "labelname" not in header:
                self._list(image, row, split, file)
            elif is_left_out:
                if "machine_labels" not in self.gathering.request.answers:
                    self.gathering.report("OI-08", f"{entry.path} line {number:,}")
            else:
                self._add(image, row, (f"{entry.path} line {number:,}", split, file))

    def tell(self) -> None:
        """Report what only shows at the end."""
        boxes = {item for item, _ in self.pairs}
        if len(boxes) >= _LEAST_IMAGES and max(self.pairs.values()) == 1:
            self.gathering.report("OI-07")
        self.gathering.report_all("OI-05", len(self.unnamed), sorted(self.unnamed))

    def _list(self, image: str, row: Mapping[str, str], split: str, file: int) -> None:
        """Take an image from the list of images and their rotation."""
        item = self._item(image, folder_split(row.get("subset", "")) or split, file)
        if item is not None and row.get("rotation", "").strip() not in {"", "0", "0.0"}:
            self.gathering.report("OI-04", image)

    def _add(self, image: str, row: Mapping[str, str], place: tuple[str, str, int]) -> None:
        where, split, file = place
        gathering = self.gathering
        gathering.records += 1
        label = row.get("labelname", "").strip()
        corners = [_number(row[name]) for name in _BOX if name in row]
        if not image or not label or None in corners:
            gathering.skip("OI-11", where)
            return
        item = self._item(image, split, file)
        if item is None:
            return
        score = _number(row.get("confidence", ""))
        if len(corners) == 4:
            category = self._category(label)
            self.pairs[item, category] += 1
            gathering.annotate(item, category, self._shape(item, corners, row))
        elif score is not None and score <= 0:
            gathering.report("OI-10", f"{where}: {self.names.get(label, label)}")
            gathering.raise_state(item, LabelState.EMPTY)
        elif (item, category := self._category(label)) not in self.pairs:
            self.pairs[item, category] = 0
            gathering.annotate(item, category, Shape(AnnotationKind.LABEL, score=score))

    def _item(self, image: str, split: str, file: int) -> int | None:
        """Return the item of an image; None for one that is not here while others are."""
        known = self.of_image.get(image)
        if known is None:
            path = self.paths.get(stem_of(image))
            if _DAMAGED_ID.fullmatch(image):
                self.gathering.report("OI-01", image)
            if path is None and self.paths:
                self.gathering.report("OI-03", image)
                return None
            request = self.gathering.request
            header = None if path is None else request.read_header(request.listing.absolute(path))
            size = (0, 0) if header is None else header.upright
            known = self.gathering.item(path or _file_name(image), size=size, ext_id=image, file=file)
            self.of_image[image] = known
        if split:
            self.gathering.split(split, known)
        return known

    def _category(self, label: str) -> int:
        if label not in self.names and _MID.match(label):
            self.unnamed.add(label)
        return self.gathering.category(self.names.get(label) or printable(label), ext_id=label)

    def _shape(self, item: int, corners: list[float | None], row: Mapping[str, str]) -> Shape:
        flags, unknown = 0, False
        for name, flag in _FLAGS.items():
            value = row.get(name, "").strip()
            flags |= flag if value == "1" else 0
            unknown |= name in row and value in {"", "-1"}
        if unknown:
            self.gathering.report("OI-06", self.gathering.data.items.file_name[item])
        items = self.gathering.data.items
        width, height = items.width[item], items.height[item]
        left, right, top, bottom = (number or 0.0 for number in corners)
        score = _number(row.get("confidence", ""))
        if not width or not height:
            return Shape(AnnotationKind.BOX, flags=flags, score=score)
        box = (left * width, top * height, (right - left) * width, (bottom - top) * height)
        return Shape(AnnotationKind.BOX, box, max(0.0, box[2]) * max(0.0, box[3]), flags, score)


def _images(listing: Listing) -> dict[str, str]:
    """Return the images on disk by their stem, masks left out."""
    images = [entry.path for entry in listing.images() if _MASKS.isdisjoint(entry.folder.lower().split("/"))]
    return {stem_of(path): path for path in images}


def _file_name(image: str) -> str:
    """Return how an image is called that is not here; some tables hold names instead of ids."""
    name = printable(image)
    return f"{name}.jpg" if stem_of(name) == name else name


def _header(listing: Listing, entry: Entry) -> list[str]:
    text = listing.peek(entry.path, 4096).decode("utf-8", "replace").removeprefix("\ufeff")
    return [cell.strip().lower() for cell in next(csv.reader(text.splitlines()[:1]), [])]


def _rows(
    listing: Listing, entry: Entry, header: list[str], progress: Progress
) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Yield the rows of a table by the names of its header, with the line each ends in."""
    progress.stage(f"Reading {entry.path}", entry.size)
    csv.field_size_limit(MAX_FIELD)
    done = 0
    with listing.absolute(entry.path).open(encoding="utf-8-sig", errors="replace", newline="") as file:
        reader = csv.reader(line.replace("\0", "\ufffd") for line in file)
        next(reader, None)
        try:
            for row in reader:
                done += sum(map(len, row)) + len(row)
                if reader.line_num % _STEP == 0:
                    progress.advance(done)
                    done = 0
                if row:
                    yield reader.line_num, dict(zip(header, row, strict=False))
        except csv.Error as error:
            raise UnreadableSourceError(
                f"{entry.path} line {reader.line_num:,}: {error}", "Look for a quotation mark that is never closed"
            ) from error


def _split(entry: Entry) -> str:
    """Return the split that a table is about by the words of its name."""
    words = re.split(r"[-_.]", entry.stem.lower())
    return next((split for word in words if (split := folder_split(word)) is not None), "")


def _number(text: str) -> float | None:
    """Return a number, with a comma for the decimal point where it is one."""
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        return None
    return number if abs(number) <= 1e6 else None

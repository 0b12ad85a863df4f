"""Pascal VOC: one XML file per image, published splits in `ImageSets`."""

from __future__ import annotations

import math
from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tailwise.domain.errors import UnreadableSourceError
from tailwise.domain.findings import FindingLog, Severity
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
from tailwise.formats.matching import ImageMatcher, stem_of
from tailwise.formats.sizes import read_headers
from tailwise.formats.voc_sets import read_sets
from tailwise.formats.voc_xml import ROOT_TAG, VocFile, parse_voc
from tailwise.ops.progress import track

if TYPE_CHECKING:
    from tailwise.formats.contract import ReadRequest
    from tailwise.formats.listing import Entry, Listing
    from tailwise.ops.progress import Progress

MAX_XML_BYTES = 64 << 20
SKIP_WARNING_SHARE = 0.2
_PROBED = 20
_EDGE_PX = 1.0  # files written by 1-based tools reach one pixel further

_RULES = {
    "VO-04": (Severity.REPAIRED, "a box has its corners exchanged", "turned round in memory"),
    "VO-04b": (Severity.WARNING, "a box has no width or no height", "kept and counted as an object without area"),
    "VO-05": (Severity.WARNING, "a box is not four numbers", "the object counts without a place"),
    "VO-07": (Severity.SKIPPED, "an object has no name", "left out; give it a class in the labelling tool"),
    "VO-07b": (Severity.WARNING, "an object has no bndbox", "the hull of its polygon is used, if there is one"),
}


@dataclass(slots=True)
class _Reading:
    """What is gathered while the files are read."""

    data: SourceData
    log: FindingLog
    matcher: ImageMatcher
    item_of_stem: dict[str, int] = field(default_factory=dict[str, int])
    category_of: dict[str, int] = field(default_factory=dict[str, int])
    taken: set[str] = field(default_factory=set[str])
    declared: list[int] = field(default_factory=list[int])


class VocReader:
    """Reads folders of VOC annotation files, with or without `ImageSets`, and single files."""

    key = "voc"
    title = "Pascal VOC"

    def probe(self, listing: Listing) -> Evidence:
        """Look for XML files rooted `<annotation>`."""
        files = listing.with_suffix(".xml")
        if not files:
            return Evidence(0, (), ("XML files",))
        seen = [listing.peek(f.path, 4096) for f in files[:: max(1, len(files) // _PROBED)][:_PROBED]]
        share = sum(_looks_like_voc(head) for head in seen) / len(seen)
        if share < 0.5:
            return Evidence(0, (), (f"XML files that begin with <{ROOT_TAG}>",))
        found = [f"{len(files):,} XML files that begin with <{ROOT_TAG}>"]
        missing: list[str] = []
        score = 75
        for folder, weight in (("Annotations", 8), ("ImageSets", 8), ("JPEGImages", 4)):
            if any(f == folder or f.endswith("/" + folder) for f in listing.folders):
                found.append(f"a folder {folder}")
                score += weight
            else:
                missing.append(f"a folder {folder}")
        return Evidence(round(score * share), tuple(found), tuple(missing))

    def read(self, request: ReadRequest, progress: Progress) -> SourceData:
        """Read every annotation file; images without one join as unlabelled.

        Raises:
            UnreadableSourceError: there is no VOC file, or not one of them can be read.
        """
        listing = request.listing
        files = listing.with_suffix(".xml")
        if not files:
            raise UnreadableSourceError(f"There is no XML file below {request.path}", "Choose the VOC folder")
        data = SourceData(self.key, request.path.stem, str(listing.root), request.role, answers=dict(request.answers))
        reading = _Reading(data, FindingLog(), ImageMatcher(listing))
        progress.stage("Reading annotations", len(files))
        for entry in track(files, progress, 64):
            _read_file(reading, listing, entry)
        if not data.items:
            _refuse(reading, files)
        if listing.dropped is None and request.answers.get("extra_images") != "ignore":
            _add_pool(reading, listing)
        data.splits = read_sets(listing, reading.item_of_stem, list(reading.category_of), reading.log)
        _settle_sizes(reading, request, progress)
        _flag_outside(reading)
        if request.role is Role.POOL:
            data.items.state = array("b", [LabelState.UNLABELLED] * len(data.items))
        data.findings = reading.log.findings()
        return data


def _looks_like_voc(head: bytes) -> bool:
    return b"<annotation>" in head or b"<annotation " in head


def _read_file(reading: _Reading, listing: Listing, entry: Entry) -> None:
    log = reading.log
    try:
        content = listing.absolute(entry.path).read_bytes() if entry.size <= MAX_XML_BYTES else b""
    except OSError as error:
        log.add("VO-10", Severity.ERROR, "a file cannot be read", "left out", f"{entry.path}: {error.strerror}")
        return
    parsed = parse_voc(content)
    if parsed.error:
        log.add("VO-10", Severity.ERROR, "a file is no readable VOC file", "left out", f"{entry.path}: {parsed.error}")
        return
    if parsed.has_local_path:
        log.add("VO-11", Severity.NOTE, "files hold the path of the computer they were made on", "not kept", entry.path)
    for code, seen in parsed.problems:
        log.add(code, *_RULES[code], f"{entry.path}: {seen}")
    item = _add_item(reading, entry, parsed)
    for found in parsed.objects:
        category = reading.category_of.get(found.name)
        if category is None:
            category = reading.category_of[found.name] = len(reading.data.categories)
            reading.data.categories.append(CategoryRecord(found.name))
        reading.data.annotations.append(
            item,
            category,
            kind=AnnotationKind.POLYGON if found.is_polygon else AnnotationKind.BOX,
            box=found.box,
            area=max(0.0, found.box[2] * found.box[3]) if found.box else math.nan,
            flags=found.flags,
        )


def _add_item(reading: _Reading, entry: Entry, parsed: VocFile) -> int:
    """Find the image by the name of the XML file first: `filename` inside is often that of another image."""
    data, log = reading.data, reading.log
    path, stale = _image_of(reading, entry, parsed)
    if stale:
        log.add("VO-03", Severity.WARNING, "the image named in a file is not the one of its name", stale, entry.path)
    if path is not None and path in reading.taken:
        log.add("VO-12", Severity.WARNING, "two files describe one image", "kept as two items", entry.path)
    reading.taken.add(path or "")
    item = data.items.append(
        path or parsed.filename.replace("\\", "/").rpartition("/")[2] or f"{entry.stem}.jpg",
        ext_id=entry.stem,
        size=parsed.size,
        state=LabelState.LABELLED if parsed.objects else LabelState.EMPTY,
        media=MediaState.PRESENT if path else MediaState.MISSING,
        file=-1,
    )
    reading.item_of_stem.setdefault(entry.stem, item)
    reading.declared.append(item)
    data.files.append(SourceFile(entry.path, entry.size))
    return item


def _image_of(reading: _Reading, entry: Entry, parsed: VocFile) -> tuple[str | None, str]:
    """Return the image's path and, where `filename` disagrees, what was done about it."""
    named = parsed.filename.replace("\\", "/").rpartition("/")[2]
    if named and stem_of(named) == entry.stem:
        match = reading.matcher.find(named, _image_folders(entry))
        if match.path is not None:
            return match.path, ""
    match = reading.matcher.find(entry.stem, _image_folders(entry))
    if match.path is not None:
        disagrees = bool(named) and stem_of(named) != entry.stem
        return match.path, "the image of its own name is used" if disagrees else ""
    if named and stem_of(named) != entry.stem:
        match = reading.matcher.find(named, _image_folders(entry))
        return match.path, "the image it names is used, as there is none of its own name" if match.path else ""
    return None, ""


def _image_folders(entry: Entry) -> tuple[str, ...]:
    """Folders to look for the image in: beside the XML file, and the usual ones beside its folder."""
    parent = entry.folder.rpartition("/")[0]
    prefix = f"{parent}/" if parent else ""
    return (entry.folder, f"{prefix}JPEGImages", f"{prefix}images", parent)


def _refuse(reading: _Reading, files: list[Entry]) -> None:
    examples = [e for f in reading.log.findings() if f.code == "VO-10" for e in f.examples]
    raise UnreadableSourceError(
        f"None of the {len(files):,} XML files is a readable VOC file ({examples[0] if examples else 'no annotation'})",
        "Check how they were exported; Pascal VOC files begin with <annotation>",
        "\n".join(examples),
    )


def _add_pool(reading: _Reading, listing: Listing) -> None:
    for entry in listing.images():
        if entry.path in reading.taken or "SegmentationClass" in entry.path or "SegmentationObject" in entry.path:
            continue
        item = reading.data.items.append(entry.path, ext_id=entry.stem, media=MediaState.PRESENT)
        reading.item_of_stem.setdefault(entry.stem, item)
        message, action = (
            "an image has no annotation file",
            "added as unlabelled; answer extra_images=ignore to leave out",
        )
        reading.log.add("VO-13", Severity.QUESTION, message, action, entry.path)


def _settle_sizes(reading: _Reading, request: ReadRequest, progress: Progress) -> None:
    data, log = reading.data, reading.log
    names = data.items.file_name
    present = [n for n, m in zip(names, data.items.media, strict=True) if m == MediaState.PRESENT]
    headers = read_headers(request.listing, present, request.read_header, progress)
    report = settle_sizes(data.items, headers, reading.declared)
    for item in report.undeclared:
        message, action = "a file tells no size of its image", "read from the image where it is there"
        log.add("VO-01", Severity.REPAIRED, message, action, names[item])
    for sentence in report.differing.values():
        message, action = (
            "a file tells another size than its image has",
            "the size in the file is kept, as its boxes mean it",
        )
        log.add("VO-02", Severity.WARNING, message, action, sentence)
    for item in report.missing:
        message = "the file of an image is not there"
        action = "kept without it; counts and plans work. Open the folder that holds both to see the images"
        log.add("IMG-01", Severity.WARNING, message, action, names[item])


def _flag_outside(reading: _Reading) -> None:
    items, columns = reading.data.items, reading.data.annotations
    for n, item in enumerate(columns.item):
        width, height = items.width[item], items.height[item]
        if not width or not height or math.isnan(columns.x[n]):
            continue
        right, bottom = columns.x[n] + columns.width[n], columns.y[n] + columns.height[n]
        if (
            columns.x[n] < -_EDGE_PX
            or columns.y[n] < -_EDGE_PX
            or right > width + _EDGE_PX
            or bottom > height + _EDGE_PX
        ):
            columns.flags[n] |= AnnotationFlag.OUTSIDE
            message, action = "a box reaches out of its image", "kept as it is and marked; its area counts in full"
            reading.log.add("BOX-02", Severity.WARNING, message, action, items.file_name[item])

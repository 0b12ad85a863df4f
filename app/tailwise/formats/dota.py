"""DOTA: rotated boxes as four corners in pixels, one text file per image in a folder called `labelTxt`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tailwise.domain.errors import RequestError, UnreadableSourceError
from tailwise.domain.findings import Severity
from tailwise.domain.records import AnnotationFlag, AnnotationKind, LabelState, Role
from tailwise.formats.contract import Evidence
from tailwise.formats.finding_rules import Rule
from tailwise.formats.gathering import Codes, Gathering, Shape
from tailwise.formats.geometry import MAX_COORDINATE_PX, polygon_area, polygon_box
from tailwise.formats.image_lists import path_split
from tailwise.formats.json_text import printable
from tailwise.formats.matching import ImageMatcher
from tailwise.formats.text_encoding import decode
from tailwise.ops.progress import track

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tailwise.domain.records import SourceData
    from tailwise.formats.contract import ReadRequest
    from tailwise.formats.listing import Entry, Listing
    from tailwise.ops.progress import Progress

RULES = {
    "DT-01": Rule(Severity.SKIPPED, "a line is not eight numbers, a class and maybe a difficulty", "left out"),
    "DT-02": Rule(Severity.NOTE, "a label file begins with lines about the image (imagesource, gsd)", "not kept"),
    "DT-03": Rule(
        Severity.QUESTION,
        "a label file has no objects",
        "taken as looked at and empty; answer no_annotations=unlabelled if nobody has looked at them",
    ),
    "DT-04": Rule(
        Severity.QUESTION,
        "an image has no label file",
        "added as unlabelled; answer extra_images=ignore to leave such images out",
    ),
    "DT-05": Rule(Severity.NOTE, "the sizes of images are only known from the images", "read from there"),
    "DT-06": Rule(Severity.ERROR, "a label file cannot be read", "left out; its image is unlabelled"),
}
_CODES = Codes(extra="DT-04", undeclared="DT-05")
_ANSWERS = {"no_annotations": ("empty", "unlabelled")}
_LINE = re.compile(r"\s*((?:[-+.\deE]+[\s,]+){8})([^\s\x22,]+)(?:[\s,]+([0-3]))?\s*")
_HEAD = re.compile(r"\s*(?:imagesource|gsd|acquisition)\S*\s*:", re.IGNORECASE)
_PROBED = 30
_FEW_FILES = 40


class DotaReader:
    """Reads the upright box around every rotated one, with the area of the rotated one."""

    key = "dota"
    title = "DOTA (labelTxt)"

    def probe(self, listing: Listing) -> Evidence:
        """Look for text files of eight numbers and a class, in `labelTxt` folders first."""
        files = _label_files(listing)
        if not files:
            return Evidence(0, (), ("a folder labelTxt",))
        sample = files[:: max(1, len(files) // _PROBED)][:_PROBED]
        share = sum(_fits(listing.peek(entry.path, 4096)) for entry in sample) / len(sample)
        if share < 0.5:
            return Evidence(0, (), ("text files of eight numbers and a class",))
        found = (f"{share:.0%} of {len(files):,} text files hold four corners and a class",)
        return Evidence(round(96 * share), found, () if listing.images() else ("images of the same names",))

    def read(self, request: ReadRequest, progress: Progress) -> SourceData:
        """Read every label file; images without one join as unlabelled.

        Raises:
            UnreadableSourceError: no line can be read.
            QuestionError: the text is not UTF-8; key `encoding`.
            RequestError: an answer is not known.
        """
        for key, allowed in _ANSWERS.items():
            if request.answers.get(key, allowed[0]) not in allowed:
                raise RequestError(f"{key}={request.answers[key]} is not known", f"Answer {' or '.join(allowed)}")
        gathering = Gathering(request, self.key, RULES, _CODES)
        matcher = ImageMatcher(request.listing)
        files = _label_files(request.listing)
        progress.stage("Reading labels", len(files))
        for entry in track(files, progress):
            _read_file(gathering, matcher, entry)
        if not gathering.data.annotations:
            raise UnreadableSourceError(
                f"No line of the {len(files):,} text files in {request.path.name} holds four corners and a class",
                "DOTA files have lines such as 1 1 9 1 9 5 1 5 plane 0; choose another format",
            )
        gathering.finish(progress)
        return gathering.data


def _label_files(listing: Listing) -> list[Entry]:
    """Return the text files in folders called labelTxt, else a few sampled ones that could be."""
    texts = [entry for entry in listing.with_suffix(".txt") if entry.size or "labeltxt" in entry.folder.lower()]
    named = [entry for entry in texts if entry.folder.rpartition("/")[2].lower().startswith("labeltxt")]
    if named or listing.root.name.lower().startswith("labeltxt"):
        return named or texts
    sample = texts[:: max(1, len(texts) // _FEW_FILES)][:_FEW_FILES]
    return texts if sample and all(_fits(listing.peek(e.path, 1024)) for e in sample) else []


def _fits(head: bytes) -> bool:
    """Tell from its first bytes whether a text holds corners and classes; an empty one may."""
    lines = [line for line in head.decode("utf-8", "replace").splitlines() if line.strip() and not _HEAD.match(line)]
    return all(_parse(line) is not None for line in lines[:5]) and bool(lines)


def _read_file(gathering: Gathering, matcher: ImageMatcher, entry: Entry) -> None:
    request = gathering.request
    try:
        text, _ = decode(request.listing.content(entry.path), entry.path, request.answers)
    except OSError as error:
        gathering.report("DT-06", f"{entry.path}: {error.strerror}")
        return
    above = entry.folder.rpartition("/")[0]
    folders = [f"{above}/images" if above else "images", above, entry.folder]
    path = matcher.find(f"{entry.stem}.png", folders).path or matcher.find(entry.stem, folders).path
    item = gathering.item(path or f"{entry.stem}.png", ext_id=entry.stem)
    if split := path_split(entry.folder):
        gathering.split(split, item)
    count = 0
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        if number <= 3 and _HEAD.match(line):
            gathering.report("DT-02", entry.path)
            continue
        gathering.records += 1
        parsed = _parse(line)
        if parsed is None:
            gathering.skip("DT-01", f"{entry.path}:{number} {line[:60]}")
            continue
        corners, name, is_difficult = parsed
        flags = int(AnnotationFlag.DIFFICULT) if is_difficult else 0
        shape = Shape(AnnotationKind.POLYGON, polygon_box([corners]), polygon_area([corners]), flags)
        gathering.annotate(item, gathering.category(name), shape)
        count += 1
    if not count and gathering.data.role is Role.LABELS:
        answer = request.answers.get("no_annotations")
        if answer is None:
            gathering.report("DT-03", entry.path)
        if answer != "unlabelled":
            gathering.raise_state(item, LabelState.EMPTY)


def _parse(line: str) -> tuple[Sequence[float], str, bool] | None:
    """Return corners `x1, y1, …, y4`, class and difficulty of a line; None for any other line."""
    match = _LINE.fullmatch(line)
    if match is None:
        return None
    try:
        corners = [float(number) for number in match[1].replace(",", " ").split()]
    except ValueError:
        return None
    name = printable(match[2]).strip()
    if len(corners) != 8 or not all(abs(number) <= MAX_COORDINATE_PX for number in corners):
        return None
    if re.fullmatch(r"[-+.\deE]+", name):  # nine numbers are YOLO's way of writing corners
        return None
    return corners, name, (match[3] or "0") != "0"

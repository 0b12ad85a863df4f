"""YOLO datasets as Ultralytics, Darknet, labelImg, Roboflow and CVAT write them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tailwise.domain.errors import RequestError, UnreadableSourceError
from tailwise.domain.findings import FindingLog, Severity
from tailwise.domain.records import Role, SourceData, SourceFile
from tailwise.formats.contract import Evidence
from tailwise.formats.sizes import read_headers
from tailwise.formats.yolo_columns import decide_columns
from tailwise.formats.yolo_files import class_lists, descriptions, label_verdict
from tailwise.formats.yolo_items import add_items, add_original_axis, add_splits, settle_states
from tailwise.formats.yolo_layout import LayoutFinder
from tailwise.formats.yolo_lines import LabelParser, Labels
from tailwise.formats.yolo_objects import add_categories, add_objects

if TYPE_CHECKING:
    from collections import Counter

    from tailwise.formats.contract import ReadRequest
    from tailwise.formats.listing import Entry, Listing
    from tailwise.formats.yolo_layout import YoloLayout
    from tailwise.formats.yolo_lines import Columns
    from tailwise.ops.progress import Progress

PREDICTIONS_KEY = "predictions"

_BATCH = 512
_SAMPLE = 500
_PROBED = 30
_SCORE_OF_OTHER_LABELS = 45
_CACHES = (".cache", ".npy")


class YoloReader:
    """Reads boxes and polygons with their splits; a missing image keeps its objects without pixel sizes."""

    key = "yolo"
    title = "YOLO"

    def probe(self, listing: Listing) -> Evidence:
        """Judge by the description, the content of sampled text files, and images of the same names."""
        found: list[str] = []
        missing: list[str] = []
        described = descriptions(listing)
        if described:
            found.append(f"{described[0]} describes classes and splits")
        else:
            missing.append("a data.yaml or obj.data")
        names = class_lists(listing)
        if names:
            found.append(f"{names[0]} lists class names")
        texts = [entry for entry in listing.entries if entry.suffix == ".txt" and entry.size]
        step = max(1, len(texts) // _PROBED)
        verdicts = [label_verdict(listing.peek(entry.path, 4096)) for entry in texts[::step][:_PROBED]]
        share = sum(verdict is True for verdict in verdicts) / max(1, len(verdicts))
        if share:
            found.append(f"{share:.0%} of the sampled text files hold label lines ({len(texts):,} files)")
        else:
            missing.append("text files of label lines")
        paired = _paired_share(listing, texts)
        if share and paired:
            found.append(f"{paired:.0%} of the text files have an image of the same name")
        elif share:
            missing.append("images of the same names")
        if described and verdicts and not share:  # the labels are of another kind, for instance corners in pixels
            return Evidence(_SCORE_OF_OTHER_LABELS, tuple(found), tuple(missing))
        return Evidence(_score(bool(described), bool(names), share, paired), tuple(found), tuple(missing))

    def read(self, request: ReadRequest, progress: Progress) -> SourceData:
        """Read the whole source.

        Raises:
            UnreadableSourceError: there are neither images nor labels, or no label line can be read.
            QuestionError: keys `file`, `labels`, `names`, `columns`, `encoding`.
        """
        log = FindingLog()
        listing = request.listing
        progress.stage("Looking for images and labels")
        layout = LayoutFinder(listing, request.answers, log, progress).find()
        if not any(slot.label for slot in layout.slots):
            raise UnreadableSourceError(
                f"There are no YOLO labels below {request.path}",
                "Open the folder that holds both the images and the labels, or choose another format",
            )
        name = request.path.name if listing.dropped is None else listing.root.name  # every data.yaml is called so
        data = SourceData(format=self.key, name=name, root=str(listing.root), role=request.role)
        data.answers = dict(request.answers)
        sizes = {entry.path: entry.size for entry in listing.entries}
        data.files = [SourceFile(path, sizes.get(path, 0)) for path in dict.fromkeys(layout.files)]
        columns, labels, broken = _read_labels(request, layout, log, progress)
        _settle_role(data, request, columns, log)
        headers = read_headers(listing, [s.path for s in layout.slots if s.is_present], request.read_header, progress)
        progress.stage("Putting images and objects together", 4)
        add_items(data, layout.slots, headers, log)
        progress.advance()
        categories = add_categories(data, labels, layout.names, request.answers, log)
        add_objects(data, labels, categories, [i for i, slot in enumerate(layout.slots) if slot.label], log)
        progress.advance()
        settle_states(data, layout.slots, broken, request.answers, log)
        progress.advance()
        add_splits(data, layout.slots, log)
        add_original_axis(data, log)
        progress.advance()
        _note_caches(listing, log)
        data.findings = log.findings()
        return data


def _score(described: bool, names: bool, share: float, paired: float) -> int:
    if described:
        return round(75 + 15 * share + 8 * paired)
    if share < 0.5:
        return round(20 * share)
    return round(72 * share + 15 * paired + 5 * names)


def _paired_share(listing: Listing, texts: list[Entry]) -> float:
    stems = {entry.stem.lower() for entry in listing.entries if entry.is_image}
    return sum(entry.stem.lower() in stems for entry in texts) / max(1, len(texts)) if stems else 0.0


def _read_labels(
    request: ReadRequest, layout: YoloLayout, log: FindingLog, progress: Progress
) -> tuple[Columns, Labels, Counter[int]]:
    """Parse the label files of all slots that have one, in that order; also tell lines left out per file."""
    listing = request.listing
    sizes = {entry.path: entry.size for entry in listing.entries}
    paths = [slot.label for slot in layout.slots if slot.label is not None]
    filled = [path for path in paths if sizes[path]]
    sample = filled[:: max(1, len(filled) // _SAMPLE)][:_SAMPLE]
    columns = decide_columns(
        [_bytes(listing, path, FindingLog()) for path in sample], sample, layout.config.task, request.answers
    )
    parser = LabelParser(paths, log)
    progress.stage("Reading labels", len(paths))
    parts: list[Labels] = []
    for first in range(0, len(paths), _BATCH):
        names = paths[first : first + _BATCH]
        batch = [_bytes(listing, path, log) if sizes[path] else b"" for path in names]
        parts.append(parser.labels(batch, first, columns))
        progress.advance(len(names))
    labels = Labels.joined(parts)
    if filled and not len(labels):
        raise UnreadableSourceError(
            f"No line of the {len(filled):,} label files is a YOLO label, for instance in {filled[0]}",
            "Choose another format, or answer labels=FOLDER with the folder of the label files",
            "\n".join(f"{f.message}: {', '.join(f.examples[:5])}" for f in log.findings()),
        )
    return columns, labels, parser.broken


def _bytes(listing: Listing, path: str, log: FindingLog) -> bytes:
    try:
        return listing.content(path)
    except OSError as error:
        log.add(
            "YO-25",
            Severity.ERROR,
            "a label file cannot be read",
            "its labels are missing",
            f"{path}: {error.strerror}",
        )
        return b""


def _settle_role(data: SourceData, request: ReadRequest, columns: Columns, log: FindingLog) -> None:
    """Take lines with a score for predictions, unless the user says that they are not."""
    answer = request.answers.get(PREDICTIONS_KEY)
    if answer not in {None, "yes", "no"}:
        raise RequestError(f"predictions={answer} is not known", "Answer yes or no")
    if columns.has_score and request.role is Role.LABELS and answer != "no":
        data.role = Role.PREDICTIONS
        if answer is None:
            log.add(
                "YO-08",
                Severity.QUESTION,
                f"every line carries a score ({columns.value}): these are predictions of a model, not labels",
                "imported as predictions; answer predictions=no to count them as labels",
            )


def _note_caches(listing: Listing, log: FindingLog) -> None:
    caches = [entry.path for entry in listing.entries if entry.path.endswith(_CACHES)]
    if caches:
        log.add("YO-14", Severity.NOTE, "caches of a trainer", "not read", caches[0], count=len(caches))

"""SageMaker Ground Truth: output manifests with a line per image or text and a pair of members per labelling work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tailwise.domain.errors import Choice, Question, QuestionError, RequestError, UnreadableSourceError
from tailwise.domain.records import AnnotationFlag, AxisKind, LabelState, Role
from tailwise.formats.addresses import path_in
from tailwise.formats.contract import Evidence
from tailwise.formats.gathering import Gathering
from tailwise.formats.json_lines import Repairs, first_record, read_lines
from tailwise.formats.json_values import as_record, as_text
from tailwise.formats.sagemaker_codes import RULES
from tailwise.formats.sagemaker_values import METADATA, has_value, read_value
from tailwise.formats.text_encoding import ENCODING_KEY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tailwise.domain.records import SourceData
    from tailwise.formats.contract import ReadRequest
    from tailwise.formats.json_values import Record
    from tailwise.formats.listing import Entry, Listing
    from tailwise.ops.progress import Progress

ATTRIBUTE_KEY = "attribute"
_SUFFIXES = (".manifest", ".jsonl", ".ndjson", ".json")
_IMAGE, _TEXT = "source-ref", "source"
_PROBED = 40
_ANSWERS = {"no_annotations": ("empty", "unlabelled")}
_VERIFIED = "verification"
_SEQUENCE = "seqlabel.json"


@dataclass(slots=True)
class _Seen:
    """A label attribute over all lines: how many have it, the latest date, and what it is about."""

    lines: int = 0
    latest: str = ""
    kind: str = ""


class SageMakerReader:
    """Reads classes, several classes, boxes, and the classes of masks; work of people and of models is told apart."""

    key = "sagemaker"
    title = "SageMaker Ground Truth"

    def probe(self, listing: Listing) -> Evidence:
        """Look for a manifest whose first line names a source."""
        files = _manifests(listing, _PROBED)
        if not files:
            return Evidence(0, (), ("a manifest with source-ref",))
        entry, record = files[0]
        pairs = [name for name in record if f"{name}{METADATA}" in record]
        source = _IMAGE if _IMAGE in record else _TEXT
        if not pairs and source == _TEXT:
            return Evidence(0, (), ("a label attribute with its metadata",))
        shown = ", ".join([source, *pairs])
        missing = () if pairs else ("a label attribute with its metadata",)
        return Evidence(95 if pairs else 80, (f"{entry.path} ({shown})",), missing)

    def read(self, request: ReadRequest, progress: Progress) -> SourceData:
        """Read every manifest below the root.

        Raises:
            UnreadableSourceError: there is none, or it lists sequences of frames instead of images.
            QuestionError: several labelling works are in one manifest; key `attribute`.
            RequestError: an answer is not known.
        """
        for key, allowed in _ANSWERS.items():
            if request.answers.get(key, allowed[0]) not in allowed:
                raise RequestError(f"{key}={request.answers[key]} is not known", f"Answer {' or '.join(allowed)}")
        gathering = Gathering(request, self.key, RULES)
        lines: list[tuple[str, int, Record]] = []
        files = [entry for entry, _ in _manifests(request.listing)] or request.listing.with_suffix(*_SUFFIXES)
        for entry in files:
            lines += _lines(entry, gathering, progress)
        if not lines:
            raise UnreadableSourceError(
                f"{request.path.name} has no line that names a source",
                "A manifest has one JSON object per line with source-ref or source",
            )
        attribute = _attribute(lines, request.answers)
        progress.stage("Joining lines", len(lines))
        seen: set[str] = set()
        for place, file, record in lines:
            _add_line(gathering, record, attribute, (place, file), seen)
            progress.advance()
        gathering.finish(progress)
        return gathering.data


def _manifests(listing: Listing, limit: int | None = None) -> list[tuple[Entry, Record]]:
    """Return the files whose first line names a source, with that line."""
    found: list[tuple[Entry, Record]] = []
    for entry in listing.with_suffix(*_SUFFIXES)[:limit]:
        record = first_record(listing.peek(entry.path))
        if isinstance(record.get(_IMAGE), str) or isinstance(record.get(_TEXT), str):
            found.append((entry, record))
    return found


def _lines(entry: Entry, gathering: Gathering, progress: Progress) -> list[tuple[str, int, Record]]:
    """Return the lines of a manifest that name a source, each with its place and file."""
    file, repairs = gathering.file(entry), Repairs()
    path = gathering.request.listing.absolute(entry.path)
    found: list[tuple[str, int, Record]] = []
    sequences = 0
    encoding = gathering.request.answers.get(ENCODING_KEY, "")
    for line in read_lines(path, entry.path, progress, repairs, encoding):
        gathering.records += 1
        place = f"{entry.path}:{line.number}"
        if line.fault:
            gathering.skip("SM-12", f"{place}: {line.fault}")
        elif _is_sequence(line.record):
            sequences += 1
            gathering.skip("SM-08", place)
        elif not as_text(line.record.get(_IMAGE)) and not as_text(line.record.get(_TEXT)):
            gathering.skip("SM-12", f"{place}: neither source-ref nor source")
        else:
            found.append((place, file, line.record))
    if sequences and not found:
        raise UnreadableSourceError(
            f"{entry.path} is the output of a work on sequences: not an image manifest",
            "Export the frames with their labels, for instance as COCO",
        )
    if repairs.encoding or repairs.blank:
        gathering.report("SM-05", f"{entry.path}: {repairs.encoding or f'{repairs.blank} empty lines'}")
    return found


def _is_sequence(record: Record) -> bool:
    return any(isinstance(value, str) and value.lower().endswith(_SEQUENCE) for value in record.values())


def _attribute(lines: list[tuple[str, int, Record]], answers: Mapping[str, str]) -> str:
    """Return the label attribute to use, empty where there is none."""
    found: dict[str, _Seen] = {}
    for _, _, record in lines:
        for name in record:
            if name.endswith(METADATA):
                metadata = as_record(record[name])
                seen = found.setdefault(name.removesuffix(METADATA), _Seen())
                seen.lines += 1
                seen.latest = max(seen.latest, as_text(metadata.get("creation-date")))
                seen.kind = seen.kind or as_text(metadata.get("type")).rpartition("/")[2]
    wanted = answers.get(ATTRIBUTE_KEY)
    if wanted is not None:
        if wanted not in found:
            raise RequestError(f"attribute={wanted} is not in the manifest", f"Answer one of {', '.join(found)}")
        return wanted
    labels = sorted(
        (name for name, seen in found.items() if _VERIFIED not in seen.kind),
        key=lambda name: found[name].latest,
        reverse=True,
    )
    if len(labels) > 1:
        choices = tuple(
            Choice(name, f"{found[name].lines:,} lines, last on {found[name].latest[:10] or 'an unknown day'}")
            for name in labels
        )
        text = "Several labelling works are in the manifest: which one counts?"
        raise QuestionError([Question(ATTRIBUTE_KEY, text, choices, default=labels[0])])
    return labels[0] if labels else ""


def _add_line(gathering: Gathering, record: Record, attribute: str, where: tuple[str, int], seen: set[str]) -> None:
    place, file = where
    address, text = as_text(record.get(_IMAGE)), as_text(record.get(_TEXT))
    name = path_in(address) if address else f"line {place.rpartition(':')[2]}"
    if name in seen and address:
        gathering.report("SM-07", f"{place}: {name}")
    seen.add(name)
    metadata = as_record(record.get(f"{attribute}{METADATA}"))
    value = read_value(attribute, record.get(attribute), metadata) if has_value(record, attribute) else None
    size = value.size if value is not None else (0, 0)
    item = gathering.item(name, size=size, ext_id=name, file=file, text="" if address else text)
    _add_checks(gathering, item, record)
    if value is None:
        if metadata:
            gathering.report("SM-01", f"{place}: {as_text(metadata.get('failure-reason')) or 'no value'}")
        return
    is_by_model = as_text(metadata.get("human-annotated")).lower() == "no"
    takes_predictions = gathering.data.role is Role.PREDICTIONS
    if is_by_model and not takes_predictions:
        gathering.report("SM-09", place)
    if is_by_model is not takes_predictions:
        return
    if work := as_text(metadata.get("job-name")).rpartition("/")[2]:
        gathering.axis("labelling work", AxisKind.CONDITION, "SageMaker").put(item, work)
    for code in value.codes:
        gathering.report(code, place)
    for label, shape in value.labels:
        gathering.records += 1
        flags = shape.flags | (AnnotationFlag.AUTOMATIC if is_by_model else 0)
        gathering.annotate(item, gathering.category(label), shape._replace(flags=flags))
    gathering.skipped += value.lost
    if not value.labels and not takes_predictions:
        _settle_empty(gathering, item, place)


def _settle_empty(gathering: Gathering, item: int, place: str) -> None:
    answer = gathering.request.answers.get("no_annotations")
    if answer != "unlabelled":
        gathering.raise_state(item, LabelState.EMPTY)
    if answer is None:
        gathering.report("SM-04", place)


def _add_checks(gathering: Gathering, item: int, record: Record) -> None:
    """Add what verification said of an item as a condition."""
    for name in record:
        metadata = as_record(record[name]) if name.endswith(METADATA) else {}
        if _VERIFIED in as_text(metadata.get("type")):
            verdict = as_text(metadata.get("class-name"))
            gathering.axis("review", AxisKind.CONDITION, "SageMaker verification").put(item, verdict)

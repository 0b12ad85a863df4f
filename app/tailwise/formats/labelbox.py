"""Labelbox: exported data rows, one JSON object per line or in a list, of the present kind and of the old one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from tailwise.domain.errors import Choice, Question, QuestionError, RequestError, UnreadableSourceError
from tailwise.formats.contract import Evidence
from tailwise.formats.gathering import Gathering
from tailwise.formats.json_lines import Repairs, first_record, read_lines
from tailwise.formats.json_records import read_records
from tailwise.formats.json_sections import WHOLE_DOCUMENT, Section
from tailwise.formats.json_text import sniff
from tailwise.formats.json_values import as_record
from tailwise.formats.labelbox_codes import RULES
from tailwise.formats.labelbox_join import RowJoiner
from tailwise.formats.labelbox_rows import OLD, projects_of, read_row
from tailwise.formats.text_encoding import ENCODING_KEY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tailwise.domain.records import SourceData
    from tailwise.formats.contract import ReadRequest
    from tailwise.formats.json_values import Record
    from tailwise.formats.listing import Entry, Listing
    from tailwise.ops.progress import Progress

PROJECT_KEY = "project"
_SUFFIXES = (".json", ".ndjson", ".jsonl")
_PRESENT = frozenset({"data_row", "projects"})
_PROBED = 40
_ANSWERS = {"no_annotations": ("empty", "unlabelled")}
_MANY = msgspec.json.Decoder(list[dict[str, object]])
_ONE = msgspec.json.Decoder(dict[str, object])


class LabelboxReader:
    """Reads boxes, polygons, points, classifications and their answers; people under pseudonyms, and their seconds."""

    key = "labelbox"
    title = "Labelbox"

    def probe(self, listing: Listing) -> Evidence:
        """Look for data rows with projects."""
        files = _files(listing, _PROBED)
        if not files:
            return Evidence(0, (), ("data rows with projects",))
        entry, members = files[0]
        return Evidence(95, (f"{entry.path} ({', '.join(sorted(members & (_PRESENT | OLD)))})",))

    def read(self, request: ReadRequest, progress: Progress) -> SourceData:
        """Read every export below the root.

        Raises:
            UnreadableSourceError: there is none, or not one row can be read.
            QuestionError: keys `project` where an export has several, `label` where several questions could name the
                class.
            RequestError: an answer is not known.
        """
        for key, allowed in _ANSWERS.items():
            if request.answers.get(key, allowed[0]) not in allowed:
                raise RequestError(f"{key}={request.answers[key]} is not known", f"Answer {' or '.join(allowed)}")
        gathering = Gathering(request, self.key, RULES)
        records: list[tuple[str, int, Record]] = []
        files = [entry for entry, _ in _files(request.listing)] or request.listing.with_suffix(*_SUFFIXES)
        for entry in files:
            records += _read_file(entry, gathering, progress)
        project = _project([record for _, _, record in records], request.answers)
        joiner = RowJoiner(gathering)
        for place, file, record in records:
            row = read_row(record, project)
            if row is None:
                gathering.skip("LB-11", place)
            else:
                joiner.add(row, place, file)
        if not joiner.rows:
            raise UnreadableSourceError(
                f"{request.path.name} has no data row of Labelbox",
                "Export the project again as NDJSON, with performance_details and label_details",
            )
        joiner.settle(progress)
        return gathering.data


def _files(listing: Listing, limit: int | None = None) -> list[tuple[Entry, set[str]]]:
    """Return the files that begin with a data row, with the members of it."""
    found: list[tuple[Entry, set[str]]] = []
    for entry in listing.with_suffix(*_SUFFIXES)[:limit]:
        head = listing.peek(entry.path)
        seen = sniff(head)
        members = set(seen.members.get("", ()) if seen.is_array else seen.members)
        if members >= _PRESENT or members >= OLD:
            found.append((entry, members))
    return found


def _read_file(entry: Entry, gathering: Gathering, progress: Progress) -> list[tuple[str, int, Record]]:
    """Return the rows of a file, a list or one per line, each with its place and the position of the file."""
    listing, file = gathering.request.listing, gathering.file(entry)
    path, encoding = listing.absolute(entry.path), gathering.request.answers.get(ENCODING_KEY, "")
    found: list[tuple[str, int, Record]] = []
    if not sniff(listing.peek(entry.path)).is_array and first_record(listing.peek(entry.path)):
        for line in read_lines(path, entry.path, progress, Repairs(), encoding):
            gathering.records += 1
            if line.fault:
                gathering.skip("LB-11", f"{entry.path}:{line.number}: {line.fault}")
            else:
                found.append((f"{entry.path}:{line.number}", file, line.record))
        return found

    def take(records: list[Record]) -> None:
        for record in records:
            gathering.records += 1
            found.append((f"{entry.path}: row {len(found) + 1}", file, record))

    def take_loose(records: list[object]) -> None:
        take([as_record(record) for record in records])

    section = Section(_MANY, _ONE, found.clear, take, take_loose)
    read_records(path, entry.path, {WHOLE_DOCUMENT: section}, progress, encoding)
    return found


def _project(records: list[Record], answers: Mapping[str, str]) -> str:
    """Return the id of the project to read, empty where rows of the old export have none."""
    rows: dict[str, int] = {}
    names: dict[str, str] = {}
    for record in records:
        for key, name in projects_of(record).items():
            rows[key] = rows.get(key, 0) + 1
            names.setdefault(key, name)
    wanted = answers.get(PROJECT_KEY)
    if wanted is not None:
        chosen = next((key for key, name in names.items() if wanted in {key, name}), None)
        if chosen is None:
            raise RequestError(f"project={wanted} is not in the export", f"Answer one of {', '.join(names.values())}")
        return chosen
    if len(rows) > 1:
        choices = tuple(Choice(key, f"{names[key] or key}: {count:,} data rows") for key, count in rows.items())
        raise QuestionError([Question(PROJECT_KEY, "Several projects are in the export: which one is meant?", choices)])
    return next(iter(rows), "")

"""Label Studio: tasks as JSON with people, times, drafts and predictions; or one flat row per annotation (JSON_MIN)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from tailwise.domain.errors import RequestError, UnreadableSourceError
from tailwise.formats.contract import Evidence
from tailwise.formats.gathering import Gathering
from tailwise.formats.json_records import read_records
from tailwise.formats.json_sections import WHOLE_DOCUMENT, Section
from tailwise.formats.json_text import sniff
from tailwise.formats.label_studio_codes import CODES, RULES
from tailwise.formats.label_studio_join import ANSWERS, TaskJoiner
from tailwise.formats.label_studio_tasks import Task, read_rows, read_task
from tailwise.formats.text_encoding import ENCODING_KEY

if TYPE_CHECKING:
    from tailwise.domain.records import SourceData
    from tailwise.formats.contract import ReadRequest
    from tailwise.formats.json_values import Record
    from tailwise.formats.listing import Entry, Listing
    from tailwise.ops.progress import Progress

_PROBED = 40
_WORK = frozenset({"annotations", "predictions", "completions", "drafts"})
_ROWS = frozenset({"annotation_id", "annotator"})
_MANY = msgspec.json.Decoder(list[dict[str, object]])
_ONE = msgspec.json.Decoder(dict[str, object])


class LabelStudioReader:
    """Reads boxes, polygons, brush strokes, key points, choices, taxonomies and spans; people under pseudonyms."""

    key = "label_studio"
    title = "Label Studio"

    def probe(self, listing: Listing) -> Evidence:
        """Look for a list of tasks, which have data and annotations or predictions."""
        found = {entry.path: members for entry, members in _fitting(listing, _PROBED)}
        if not found:
            return Evidence(0, (), ("a JSON list of tasks with data and annotations",))
        path, members = next(iter(found.items()))
        shown = ", ".join(sorted(members & (_WORK | _ROWS | {"data", "lead_time"})))
        return Evidence(95 if members >= _ROWS or "data" in members else 0, (f"{path} ({shown})",))

    def read(self, request: ReadRequest, progress: Progress) -> SourceData:
        """Read every list of tasks below the root.

        Raises:
            UnreadableSourceError: there is none, or one is no JSON or holds no tasks.
            QuestionError: keys `encoding`; `label` where several questions could name the class.
            RequestError: an answer is not known.
        """
        for key, allowed in ANSWERS.items():
            if request.answers.get(key, allowed[0]) not in allowed:
                raise RequestError(f"{key}={request.answers[key]} is not known", f"Answer {' or '.join(allowed)}")
        gathering = Gathering(request, self.key, RULES, CODES)
        joiner = TaskJoiner(gathering)
        files = [entry for entry, _ in _fitting(request.listing)]
        if not files and request.listing.dropped is not None:
            files = request.listing.with_suffix(".json")
        for entry in files:
            joiner.add(_read_file(entry, joiner, progress), gathering.file(entry))
        if not gathering.records:
            raise UnreadableSourceError(
                f"{request.path.name} holds 0 tasks of Label Studio",
                "Export the project again as JSON; to see the tasks nobody has labelled, export all tasks",
            )
        joiner.settle(progress)
        return gathering.data


def _fitting(listing: Listing, limit: int | None = None) -> list[tuple[Entry, set[str]]]:
    """Return the files that begin like a list of tasks, with the members of their first record."""
    found: list[tuple[Entry, set[str]]] = []
    for entry in listing.with_suffix(".json")[:limit]:
        seen = sniff(listing.peek(entry.path))
        members = set(seen.members.get("", ()))
        if seen.is_array and ((("data" in members) and members & _WORK) or members >= _ROWS):
            found.append((entry, members))
    return found


def _read_file(entry: Entry, joiner: TaskJoiner, progress: Progress) -> list[tuple[str, Task]]:
    """Return the tasks of one file, each with its place in it."""
    gathering = joiner.gathering
    records: list[Record] = []
    tasks: list[tuple[str, Task]] = []
    count = 0

    def restart() -> None:
        records.clear()
        tasks.clear()

    def take(found: list[Record]) -> None:
        nonlocal count
        for record in found:
            count += 1
            gathering.records += 1
            if "data" not in record and record.keys() >= _ROWS:
                records.append(record)
            elif (task := read_task(record, with_predictions=joiner.takes_predictions)) is not None:
                tasks.append((f"{entry.path}: task {task.ext_id or count}", task))
            else:
                gathering.skip("LS-27", f"{entry.path}: record {count}")

    def take_loose(found: list[object]) -> None:
        take([record if isinstance(record, dict) else {} for record in found])  # pyright: ignore[reportUnknownVariableType]

    path = gathering.request.listing.absolute(entry.path)
    section = Section(_MANY, _ONE, restart, take, take_loose)
    encoding = gathering.request.answers.get(ENCODING_KEY, "")
    read_records(path, entry.path, {WHOLE_DOCUMENT: section}, progress, encoding)
    return tasks + [(f"{entry.path}: task {task.ext_id}", task) for task in read_rows(records)]

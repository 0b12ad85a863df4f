"""Bring a dataset into a project: read in a child process, stage beside the project, swap in at once."""

from __future__ import annotations

import contextlib
import itertools
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tailwise import __version__
from tailwise.analysis.import_diff import compare
from tailwise.domain.changes import Changes
from tailwise.domain.findings import FindingLog
from tailwise.domain.records import MediaState, Role
from tailwise.formats import enrich, registry
from tailwise.formats.archives import is_archive, list_archive, settle_in_archive, unpacked
from tailwise.formats.coco_results import PREDICTIONS_KEY
from tailwise.formats.contract import ReadRequest, read_source
from tailwise.formats.listing import scan
from tailwise.formats.remembered import HEADER_KEY
from tailwise.imaging.headers import read_header
from tailwise.imaging.masks import count_mask
from tailwise.ops.child import Runner, run_in_child
from tailwise.ops.collector import paused_collector
from tailwise.storage import labelled_state, plan_tables, source_tables
from tailwise.storage.project_file import ProjectFile, staging_path
from tailwise.storage.staging import write_staging
from tailwise.usecases.number_ranges import range_numbers
from tailwise.usecases.predictions import known_sources, settle_prediction_findings
from tailwise.usecases.projects import versions

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tailwise.domain.findings import Finding
    from tailwise.domain.import_diff import ImportDiff
    from tailwise.domain.records import SourceData
    from tailwise.formats.contract import KnownSource
    from tailwise.formats.registry import Candidate
    from tailwise.ops.progress import Progress
    from tailwise.usecases.projects import Project

DATA_CHANGES = Changes.data()
_NUMBERS = itertools.count(1)


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """What to import and how the user answered.

    Attributes:
        path: a folder or one annotation file.
        format: key of a reader; None lets detection choose.
        answers: answers by key, see `resources/help/import-answers.md`.
        conditions_csv: table joined by image name; its other columns become axes.
    """

    path: Path
    format: str | None = None
    answers: Mapping[str, str] = field(default_factory=dict[str, str])
    conditions_csv: Path | None = None
    role: Role = Role.LABELS


@dataclass(frozen=True, slots=True)
class ImportOutcome:
    """What an import did: items added, updated (same file, imported before), removed, and records skipped.

    `diff` says what changed where the source was imported before, None for a new one.
    """

    source: str
    format: str
    added: int
    updated: int
    removed: int
    skipped: int
    annotations: int
    missing_files: int
    findings: tuple[Finding, ...]
    diff: ImportDiff | None = None
    changes: Changes = DATA_CHANGES


@dataclass(frozen=True, slots=True)
class _Staged:
    """What the child tells of the staging file it wrote."""

    format: str
    skipped: int
    annotations: int
    missing_files: int
    findings: tuple[Finding, ...]
    diff: ImportDiff | None


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the child writes, what it compares with, and whether it compares a new source with nothing, too."""

    staging: Path
    project: Path
    always_compare: bool


@dataclass(frozen=True, slots=True)
class _Context:
    """What a reader may need of the project: sources that predictions refer to, and answers given for other tables."""

    known: tuple[KnownSource, ...]
    remembered: tuple[dict[str, str], ...]


@dataclass(frozen=True, slots=True)
class PreparedImport:
    """A source that was read and not yet brought in: give it to `finish_import` or `discard_import`.

    Attributes:
        request: what was asked for.
        diff: what bringing it in would change.
        findings: what is dirty in it. `skipped`: records left out.
    """

    request: ImportRequest
    format: str
    diff: ImportDiff
    findings: tuple[Finding, ...]
    skipped: int
    staging: Path
    staged: _Staged
    seconds: float


def detect_source(path: Path, progress: Progress, run: Runner = run_in_child) -> tuple[Candidate, ...]:
    """Return the formats that fit what was dropped, best first, with the evidence found and missing."""
    return run(_detect, path, progress=progress)


def import_source(
    project: Project, request: ImportRequest, progress: Progress, run: Runner = run_in_child
) -> ImportOutcome:
    """Read a dataset into the project; whole or not at all.

    Raises:
        QuestionError: the dataset fits two readings; add an answer to the request and call again.
        UnreadableSourceError: nothing of it can be read.
        ProjectFileError: the project cannot be written.
        OpCancelledError: cancelled; the project is as it was.
    """
    began = time.monotonic()
    staging = staging_path(project.path, next(_NUMBERS))
    try:
        # The write lock is not held while reading: review and planning go on.
        place = _Place(staging, project.path, always_compare=False)
        staged = run(_read_into_staging, request, _context(project, request), place, progress=progress)
        return _swap(project, request, (staging, staged), began, progress)
    finally:
        source_tables.remove_staging(staging)


def prepare_import(
    project: Project, request: ImportRequest, progress: Progress, run: Runner = run_in_child
) -> PreparedImport:
    """Read a dataset and say what bringing it in would change; the project stays as it is.

    Raises:
        As `import_source`.
    """
    began = time.monotonic()
    staging = staging_path(project.path, next(_NUMBERS))
    try:
        place = _Place(staging, project.path, always_compare=True)
        staged = run(_read_into_staging, request, _context(project, request), place, progress=progress)
    except BaseException:
        source_tables.remove_staging(staging)
        raise
    if staged.diff is None:
        raise RuntimeError("a prepared import has a diff")
    return PreparedImport(
        request,
        staged.format,
        staged.diff,
        staged.findings,
        staged.skipped,
        staging,
        staged,
        time.monotonic() - began,
    )


def begin_import(
    project: Project, request: ImportRequest, progress: Progress, run: Runner = run_in_child
) -> ImportOutcome | PreparedImport:
    """Import a source at once if it is new or did not change; an update that changes something is only prepared.

    Raises:
        As `import_source`.
    """
    prepared = prepare_import(project, request, progress, run)
    if prepared.diff.is_update and not prepared.diff.is_empty:
        return prepared
    return finish_import(project, prepared, progress)


def finish_import(project: Project, prepared: PreparedImport, progress: Progress) -> ImportOutcome:
    """Bring a prepared import in; whole or not at all. It can be finished or discarded once.

    Raises:
        ProjectFileError: the project cannot be written.
    """
    began = time.monotonic() - prepared.seconds
    try:
        return _swap(project, prepared.request, (prepared.staging, prepared.staged), began, progress)
    finally:
        discard_import(prepared)


def discard_import(prepared: PreparedImport) -> None:
    """Forget a prepared import; nothing of it is left."""
    source_tables.remove_staging(prepared.staging)


def _swap(
    project: Project, request: ImportRequest, read: tuple[Path, _Staged], began: float, progress: Progress
) -> ImportOutcome:
    staging, staged = read
    progress.stage("Saving")
    with source_tables.swapping(project.file, staging) as db:
        swapped = source_tables.swap_in(db, f"tailwise {__version__}")
        between = settle_prediction_findings(db).get(swapped.source, [])
        change = f"; {staged.diff.sentence()}" if staged.diff is not None and staged.diff.is_update else ""
        plan_tables.log_entry(
            db,
            "import",
            {"path": request.path.name, "format": staged.format, "role": request.role.value, **request.answers},
            versions().as_json(),
            time.monotonic() - began,
            f"{swapped.added:,} items added, {swapped.updated:,} updated from {swapped.source}{change}",
        )
    return ImportOutcome(
        source=swapped.source,
        format=staged.format,
        added=swapped.added,
        updated=swapped.updated,
        removed=swapped.removed,
        skipped=staged.skipped,
        annotations=staged.annotations,
        missing_files=staged.missing_files,
        findings=(*staged.findings, *between),
        diff=staged.diff if staged.diff is not None and staged.diff.is_update else None,
    )


def _detect(path: Path, progress: Progress) -> tuple[Candidate, ...]:
    return tuple(registry.detect(list_archive(path) if is_archive(path) else scan(path, progress)))


def _context(project: Project, request: ImportRequest) -> _Context:
    """Return what a reader may need of the project; only predictions need to know the sources they are about."""
    is_predicted = request.role is Role.PREDICTIONS or request.answers.get(PREDICTIONS_KEY) == "yes"
    with project.file.reading() as db:
        sources = source_tables.list_sources(db)
    tables = tuple(source.answers for source in reversed(sources) if HEADER_KEY in source.answers)
    return _Context(known_sources(project) if is_predicted else (), tables)


def _read_into_staging(request: ImportRequest, context: _Context, place: _Place, progress: Progress) -> _Staged:
    """Run in the child: everything that holds the interpreter lock."""
    with unpacked(request.path, progress) as (place_to_read, told):
        data = _read(request, context, place_to_read, progress)
        log = FindingLog()
        if place_to_read != request.path:
            settle_in_archive(data, place_to_read, request.path, log)
        data.findings = enrich.merged([*data.findings, *told, *log.findings()])
    range_numbers(data)
    progress.stage("Writing")
    write_staging(place.staging, data)
    return _Staged(
        format=data.format,
        skipped=sum(f.count for f in data.findings if f.severity.value == "skipped"),
        annotations=len(data.annotations),
        missing_files=sum(m == MediaState.MISSING for m in data.items.media),
        findings=tuple(data.findings),
        diff=_compare(place, progress),
    )


def _read(request: ImportRequest, context: _Context, path: Path, progress: Progress) -> SourceData:
    """Read the dataset at `path`, which is a folder of its own for an archive."""
    listing = registry.narrowed(scan(path, progress), request.answers)
    reader = registry.choose(listing, request.format, request.answers)
    read_request = ReadRequest(
        path=listing.root if registry.DATASET_KEY in request.answers else path,
        listing=listing,
        answers=dict(request.answers),
        role=request.role,
        known=context.known,
        remembered=context.remembered,
        read_header=read_header,
        count_mask=count_mask,
    )
    with paused_collector():
        data = read_source(reader, read_request, progress)
        return enrich.enrich(data, read_request, request.conditions_csv, progress)


def _compare(place: _Place, progress: Progress) -> ImportDiff | None:
    """Compare the staged source with the one it updates; a new source has nothing to be compared with."""
    progress.stage("Comparing with the project")
    with contextlib.closing(ProjectFile.open(place.project, read_only=True)) as file, file.reading() as db:
        db.execute("ATTACH DATABASE ? AS staged", (str(place.staging),))
        meta = labelled_state.staged_meta(db)
        former = source_tables.former_source(db, meta)
        if former is None and not place.always_compare:
            return None
        before = labelled_state.stored_state(db, former) if former is not None else None
        name = next((s.name for s in source_tables.list_sources(db) if s.id == former), meta["name"])
        diff = compare(name, before, labelled_state.staged_state(db))
        if former is None or not diff.items_removed:
            return diff
        return replace(diff, removed_in_split=labelled_state.removed_in_split(db, former))

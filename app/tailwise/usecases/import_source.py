"""Bring a dataset into a project: read in a child process, stage beside the project, swap in at once."""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tailwise import __version__
from tailwise.domain.changes import Changes
from tailwise.domain.records import MediaState, Role
from tailwise.formats import enrich, registry
from tailwise.formats.coco_results import PREDICTIONS_KEY
from tailwise.formats.contract import ReadRequest
from tailwise.formats.listing import scan
from tailwise.imaging.headers import read_header
from tailwise.ops.child import Runner, run_in_child
from tailwise.ops.collector import paused_collector
from tailwise.storage import plan_tables, source_tables
from tailwise.storage.project_file import staging_path
from tailwise.storage.staging import write_staging
from tailwise.usecases.predictions import known_sources, settle_prediction_findings
from tailwise.usecases.projects import versions

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tailwise.domain.findings import Finding
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
    """What an import did: items added, updated (same file, imported before), removed, and records skipped."""

    source: str
    format: str
    added: int
    updated: int
    removed: int
    skipped: int
    annotations: int
    missing_files: int
    findings: tuple[Finding, ...]
    changes: Changes = DATA_CHANGES


@dataclass(frozen=True, slots=True)
class _Staged:
    """What the child tells of the staging file it wrote."""

    format: str
    skipped: int
    annotations: int
    missing_files: int
    findings: tuple[Finding, ...]


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
        is_predicted = request.role is Role.PREDICTIONS or request.answers.get(PREDICTIONS_KEY) == "yes"
        known = known_sources(project) if is_predicted else ()
        staged = run(_read_into_staging, request, known, staging, progress=progress)
        progress.stage("Saving")
        with source_tables.swapping(project.file, staging) as db:
            swapped = source_tables.swap_in(db, f"tailwise {__version__}")
            between = settle_prediction_findings(db).get(swapped.source, [])
            plan_tables.log_entry(
                db,
                "import",
                {"path": request.path.name, "format": staged.format, "role": request.role.value, **request.answers},
                versions().as_json(),
                time.monotonic() - began,
                f"{swapped.added:,} items added, {swapped.updated:,} updated from {swapped.source}",
            )
    finally:
        source_tables.remove_staging(staging)
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
    )


def _detect(path: Path, progress: Progress) -> tuple[Candidate, ...]:
    return tuple(registry.detect(scan(path, progress)))


def _read_into_staging(
    request: ImportRequest, known: tuple[KnownSource, ...], staging: Path, progress: Progress
) -> _Staged:
    """Run in the child: everything that holds the interpreter lock."""
    listing = registry.narrowed(scan(request.path, progress), request.answers)
    reader = registry.choose(listing, request.format, request.answers)
    read_request = ReadRequest(
        path=listing.root if registry.DATASET_KEY in request.answers else request.path,
        listing=listing,
        answers=dict(request.answers),
        role=request.role,
        known=known,
        read_header=read_header,
    )
    with paused_collector():
        data = reader.read(read_request, progress)
        data = enrich.enrich(data, read_request, request.conditions_csv, progress)
    progress.stage("Writing")
    write_staging(staging, data)
    return _Staged(
        format=data.format,
        skipped=sum(f.count for f in data.findings if f.severity.value == "skipped"),
        annotations=len(data.annotations),
        missing_files=sum(m == MediaState.MISSING for m in data.items.media),
        findings=tuple(data.findings),
    )

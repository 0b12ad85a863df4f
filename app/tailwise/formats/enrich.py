"""What every source gets after its reader: image sizes and media, axes from names and a joined table, and checks.

Nothing here belongs to a single format. Readers may have done a part already; what they reported is not said twice.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from tailwise.domain.findings import MAX_EXAMPLES, FindingLog, Severity
from tailwise.domain.records import MediaState, Role
from tailwise.formats.coco_codes import report_all
from tailwise.formats.enrich_checks import check_classes, check_conditions, check_identical
from tailwise.formats.enrich_names import add_name_axes
from tailwise.formats.enrich_table import join_conditions
from tailwise.formats.sizes import read_headers

if TYPE_CHECKING:
    from pathlib import Path

    from tailwise.domain.findings import Finding
    from tailwise.domain.records import SourceData
    from tailwise.formats.contract import ReadRequest
    from tailwise.ops.progress import Progress


def enrich(data: SourceData, request: ReadRequest, conditions: Path | None, progress: Progress) -> SourceData:
    """Complete what a reader returned, in place, and return it.

    Args:
        data: as the reader left it.
        request: what the reader was given; its answers also steer the axes made here.
        conditions: a table with one row per item whose columns become axes, wherever it lies.
        progress: told about stages.

    Raises:
        RequestError: an answer cannot be used (pattern, folder level, column).
        QuestionError: the column that names the items of the table is not clear; key `conditions.key`.
    """
    log = FindingLog()
    reported = {finding.code for finding in data.findings}
    _settle_media(data, request, reported, log, progress)
    _report_listing(request, reported, log)
    progress.stage("Reading conditions")
    add_name_axes(data, request.answers, log)
    progress.advance()
    if conditions is not None:
        join_conditions(data, conditions, request.answers, log, progress)
    check_classes(data, log)
    progress.advance()
    check_conditions(data, log)
    progress.advance()
    check_identical(data, request.listing, log, progress)
    data.findings = merged([*data.findings, *log.findings()])
    if data.role is Role.PREDICTIONS:
        # Their images are those of the labels; what is missing there is told when both are joined (PR-01).
        data.findings = [finding for finding in data.findings if finding.code != "IMG-01"]
    return data


def merged(findings: list[Finding]) -> list[Finding]:
    """Return one finding per code, in order of code: counts added, examples put behind one another.

    >>> from tailwise.domain.findings import Finding
    >>> one = Finding("A", Severity.NOTE, "text", 1, "done", ("x",))
    >>> merged([one, replace(one, count=2, examples=("y",))])[0].count
    3
    """
    by_code: dict[str, Finding] = {}
    for finding in findings:
        known = by_code.get(finding.code)
        by_code[finding.code] = (
            finding
            if known is None
            else replace(
                known, count=known.count + finding.count, examples=(*known.examples, *finding.examples)[:MAX_EXAMPLES]
            )
        )
    return sorted(by_code.values(), key=lambda finding: finding.code)


def _settle_media(
    data: SourceData, request: ReadRequest, reported: set[str], log: FindingLog, progress: Progress
) -> None:
    """Fill sizes that are not known from the headers, and mark images that are empty or none."""
    items = data.items
    empty = {entry.path for entry in request.listing.entries if entry.size == 0}
    wanted: dict[str, int] = {}
    for item in _positions(data, MediaState.PRESENT):
        if items.file_name[item] in empty:
            items.media[item] = MediaState.UNREADABLE
        elif not (items.width[item] and items.height[item]):
            wanted[items.file_name[item]] = item
    headers = read_headers(request.listing, wanted, request.read_header, progress) if wanted else {}
    turned: list[str] = []
    for name, item in wanted.items():
        header = headers[name]
        if header is None:
            items.media[item] = MediaState.UNREADABLE
            continue
        items.width[item], items.height[item] = header.upright
        if header.orientation >= 5:
            turned.append(name)
    missing, unreadable = _positions(data, MediaState.MISSING), _positions(data, MediaState.UNREADABLE)
    for code, count, names in (
        ("IMG-01", len(missing), [items.file_name[item] for item in missing[:MAX_EXAMPLES]]),
        ("IMG-03", len(turned), turned),
        ("IMG-04", len(unreadable), [items.file_name[item] for item in unreadable[:MAX_EXAMPLES]]),
    ):
        if code not in reported:
            report_all(log, code, count, names)


def _positions(data: SourceData, state: MediaState) -> list[int]:
    return np.flatnonzero(np.frombuffer(data.items.media, np.int8) == state).tolist()


def _report_listing(request: ReadRequest, reported: set[str], log: FindingLog) -> None:
    for path in request.listing.garbled:
        log.add("FS-03", Severity.SKIPPED, "names that are no text in any encoding", "left out; rename them", path)
    if not reported & {"IF-01", "IF-07"}:
        for path in request.listing.hidden:
            log.add("FS-01", Severity.NOTE, "hidden files and litter of the system", "left out", path)
        for path in request.listing.outside:
            log.add("FS-02", Severity.WARNING, "links that lead out of the opened folder", "not followed", path)

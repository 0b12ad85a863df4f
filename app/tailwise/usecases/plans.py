"""Draft, solve, list and load quota plans."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from tailwise.domain.errors import RequestError
from tailwise.domain.plan import QuotaUnit
from tailwise.planning import plan_diff, quota_nearest, quota_plan, quota_preview, request_file
from tailwise.planning.quota_rules import percent
from tailwise.planning.unseen import unseen
from tailwise.storage import plan_tables, source_tables
from tailwise.usecases.plan_draft import draft_plan_request, project_request
from tailwise.usecases.plan_pool import counted_once, left_out
from tailwise.usecases.plan_store import PlanSummary, StoredPlan, plan_summary, stored_plan
from tailwise.usecases.projects import versions

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tailwise.domain.plan import PlanRequest
    from tailwise.domain.plan_diff import PlanDiff, RequestChange
    from tailwise.domain.plan_preview import PlanPreview
    from tailwise.ops.progress import Progress
    from tailwise.usecases.projects import Project

LEAST_UNSEEN = 0.001
REQUEST_DRAFT = "quota-request"
"""Key of the request being edited on the Plan page."""


def draft_request(project: Project, progress: Progress, conditions: Sequence[str] | None = None) -> str:
    """Return the text of a request that fits the project: its classes with tier and target, streams from its pool.

    `conditions` are the axes streams are told apart by; None for the one that says most about the classes.
    """
    progress.stage("Drafting")
    return request_file.format_request(draft_plan_request(project, conditions))


def read_request(text: str, origin: str = "request") -> PlanRequest:
    """Parse the text of a request; every mistake is a RequestError with its place."""
    return request_file.parse_request(text, origin)


def write_request(request: PlanRequest) -> str:
    """Return a request as TOML text that reads back to the same request."""
    return request_file.format_request(request)


def compute_plan(project: Project, request_toml: str, progress: Progress, origin: str = "request") -> StoredPlan:
    """Solve a request and store the plan with everything it depends on. "Infeasible" is an answer, not an error.

    A request without streams gets them from the project.

    Raises:
        RequestError: the text is not a valid request.
    """
    began = time.monotonic()
    request = project_request(project, request_file.parse_request(request_toml, origin))
    outcome = quota_plan.compute_plan(request, progress)
    outcome = replace(
        outcome, notes=(*outcome.notes, *_pool_notes(project, request.name), *_unseen_note(project, request))
    )
    progress.stage("Saving the plan")
    with project.file.writing() as db:
        plan_tables.add_plan(
            db,
            request.name,
            outcome.status.value,
            request_toml,
            json.dumps(outcome.as_json(), ensure_ascii=False),
            source_tables.data_version(db),
            request_file.format_request(request),
        )
        plan_tables.log_entry(
            db,
            "plan quota",
            {"name": request.name, "seed": request.seed, "request_hash": outcome.request_hash},
            versions().as_json(),
            time.monotonic() - began,
            f"{request.name}: {outcome.status.value}, {outcome.items:,.0f} items, {outcome.hours:,.1f} hours",
        )
        return stored_plan(plan_tables.list_plans(db)[0])


def preview_plan(project: Project, request: PlanRequest, progress: Progress) -> PlanPreview:
    """Return what a request would come to, in fractions of items; nothing is stored.

    Raises:
        RequestError: there is nothing to label, or a yield cannot be estimated.
    """
    return quota_preview.preview_plan(project_request(project, request), progress)


def list_plans(project: Project) -> tuple[PlanSummary, ...]:
    """Return the plans of the project, newest first."""
    with project.file.reading() as db:
        return tuple(plan_summary(row) for row in plan_tables.list_plans(db))


def load_plan(project: Project, plan_id: int | None = None) -> StoredPlan:
    """Return one plan, or the newest.

    Raises:
        RequestError: there is no such plan.
    """
    with project.file.reading() as db:
        for row in plan_tables.list_plans(db):
            if plan_id is None or row.id == plan_id:
                return stored_plan(row)
    which = "The project has no plan" if plan_id is None else f"There is no plan number {plan_id}"
    raise RequestError(which, "Solve one on the Plan page, or with: tailwise plan quota PROJECT REQUEST.toml")


def solved_request(plan: StoredPlan) -> PlanRequest:
    """Return the request of a plan with the streams it was solved with."""
    return request_file.parse_request(plan.solved_toml or plan.request_toml)


def compare_plans(project: Project, before: int, after: int | None = None) -> PlanDiff:
    """Return what differs from one plan to another (default: the newest).

    Raises:
        RequestError: there is no such plan.
    """
    first, second = load_plan(project, before), load_plan(project, after)
    return plan_diff.diff_plans(
        (first.title, second.title),
        (solved_request(first), solved_request(second)),
        (first.outcome, second.outcome),
    )


def nearest_request(
    project: Project, request_toml: str, progress: Progress, origin: str = "request"
) -> tuple[PlanRequest, tuple[RequestChange, ...]] | None:
    """Return the nearest request that can be met and what it changes; None when the request itself can be.

    Raises:
        RequestError: the text is not a valid request, or there is nothing to label.
    """
    asked = request_file.parse_request(request_toml, origin)
    found = quota_nearest.nearest_request(project_request(project, asked), progress)
    if found is None:
        return None
    nearest = replace(found, streams=asked.streams, conditions=asked.conditions)
    return nearest, plan_diff.request_changes(asked, nearest)


def _pool_notes(project: Project, name: str) -> Iterator[str]:
    """Say how many unlabelled items streams of the project do not offer, because of what shows the same."""
    identical, near = left_out(project.cube())
    parts = [
        f"{count:,} {'is' if count == 1 else 'are'} {what}"
        for count, what in (
            (identical, "the same file"),
            (near, "a near-duplicate" if near == 1 else "near-duplicates"),
        )
        if count
    ]
    if parts:
        total = identical + near
        items = "1 unlabelled item is" if total == 1 else f"{total:,} unlabelled items are"
        yield f"{items} not offered, as labelled ones show the same: {', '.join(parts)}."
    behind, spent = counted_once(project, name)
    if behind:
        items = "1 unlabelled item is" if behind == 1 else f"{behind:,} unlabelled items are"
        yield f"{items} held back: of near-duplicates one is planned, under different conditions two for a rare class."
    if spent:
        items = "1 unlabelled item is" if spent == 1 else f"{spent:,} unlabelled items are"
        yield f"{items} held back: work orders of the last 13 weeks took three of their near-duplicates."


def _unseen_note(project: Project, request: PlanRequest) -> Iterator[str]:
    """Say how much of what comes next will be of kinds nobody has seen (Good-Turing)."""
    sliced = project.cube()
    of_images = request.unit is QuotaUnit.IMAGES
    counts = [row.images if of_images else row.objects for row in sliced.labelled_rows]
    found, once = unseen(counts), counts.count(1)
    if found.share >= LEAST_UNSEEN and once:
        share, seen = percent(round(found.share, 3)), sum(1 for count in counts if count)
        yield (
            f"About {share} of the next {request.unit.value} would be of kinds not seen yet: {once:,} of {seen:,} "
            f"classes were seen once, about {found.kinds_corrected:,.0f} exist."
        )

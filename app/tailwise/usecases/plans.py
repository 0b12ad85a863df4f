"""Draft, solve, list and load quota plans."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from tailwise.domain.errors import RequestError
from tailwise.planning import quota_plan, request_file
from tailwise.storage import plan_tables, source_tables
from tailwise.usecases.plan_store import PlanSummary, StoredPlan, stored_plan
from tailwise.usecases.plan_streams import draft_plan_request, streams_of_project
from tailwise.usecases.projects import versions

if TYPE_CHECKING:
    from tailwise.domain.plan import PlanRequest
    from tailwise.ops.progress import Progress
    from tailwise.usecases.projects import Project

REQUEST_DRAFT = "quota-request"
"""Key of the request being edited on the Plan page."""


def draft_request(project: Project, progress: Progress) -> str:
    """Return the text of a request that fits the project: its classes with tier and target, streams from its pool."""
    progress.stage("Drafting")
    return request_file.format_request(draft_plan_request(project))


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
    request = request_file.parse_request(request_toml, origin)
    if not request.streams:
        request = request.with_streams(streams_of_project(project, request))
    outcome = quota_plan.compute_plan(request, progress)
    progress.stage("Saving the plan")
    with project.file.writing() as db:
        plan_tables.add_plan(
            db,
            request.name,
            outcome.status.value,
            request_toml,
            json.dumps(outcome.as_json(), ensure_ascii=False),
            source_tables.data_version(db),
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


def list_plans(project: Project) -> tuple[PlanSummary, ...]:
    """Return the plans of the project, newest first."""
    with project.file.reading() as db:
        return tuple(PlanSummary(p.id, p.name, p.created_utc, p.status) for p in plan_tables.list_plans(db))


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

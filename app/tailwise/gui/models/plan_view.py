"""What the Plan page loads and stores, on worker threads."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tailwise.domain.errors import ExportTargetError, RequestError, UnreadableSourceError
from tailwise.domain.plan import QuotaUnit

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tailwise.domain.coverage import ClassRow
    from tailwise.domain.plan import PlanRequest
    from tailwise.domain.plan_outcome import PlanOutcome
    from tailwise.ops.progress import Progress
    from tailwise.usecases.plan_store import StoredPlan
    from tailwise.usecases.projects import Project

MOST_BYTES = 4_000_000


@dataclass(frozen=True, slots=True)
class PlanEntry:
    """One line of the list of plans."""

    id: int
    name: str
    created_utc: str
    status: str


@dataclass(frozen=True, slots=True)
class ShownPlan:
    """A stored plan with the request it answers."""

    id: int
    name: str
    created_utc: str
    outcome: PlanOutcome
    request: PlanRequest


@dataclass(frozen=True, slots=True)
class PlanView:
    """What the page shows.

    Attributes:
        request: the request being edited, None when there is none yet.
        problem: why the stored request cannot be read.
        plans: newest first; `plan` is the newest.
    """

    request: PlanRequest | None
    problem: str
    classes: Mapping[str, ClassRow] = field(default_factory=dict[str, "ClassRow"])
    plans: tuple[PlanEntry, ...] = ()
    plan: ShownPlan | None = None
    read_only: bool = False

    def have(self, unit: QuotaUnit) -> dict[str, int]:
        """Return what there is of each class in a unit of plans."""
        of_images = unit is QuotaUnit.IMAGES
        return {name: row.images if of_images else row.objects for name, row in self.classes.items()}


def load_view(project: Project, progress: Progress) -> PlanView:
    """Read request, classes and plans."""
    from tailwise.usecases.classes import list_classes
    from tailwise.usecases.plans import REQUEST_DRAFT, list_plans, load_plan, read_request
    from tailwise.usecases.projects import load_draft

    text = load_draft(project, REQUEST_DRAFT)
    request, problem = None, ""
    if text.strip():
        try:
            request = read_request(text)
        except RequestError as error:
            problem = error.sentence
    plans = tuple(PlanEntry(p.id, p.name, p.created_utc, p.status) for p in list_plans(project))
    return PlanView(
        request=request,
        problem=problem,
        classes={row.name: row for row in list_classes(project, progress)},
        plans=plans,
        plan=shown_plan(load_plan(project)) if plans else None,
        read_only=project.read_only,
    )


def shown_plan(stored: StoredPlan) -> ShownPlan:
    """Return a stored plan with its request parsed."""
    from tailwise.usecases.plans import read_request

    request = read_request(stored.request_toml)
    return ShownPlan(stored.id, stored.name, stored.created_utc, stored.outcome, request)


def load_one(project: Project, plan_id: int) -> ShownPlan:
    """Read one plan."""
    from tailwise.usecases.plans import load_plan

    return shown_plan(load_plan(project, plan_id))


def draft(project: Project, progress: Progress) -> PlanRequest:
    """Return a request that fits the project."""
    from tailwise.usecases.plans import draft_request, read_request

    return read_request(draft_request(project, progress))


def store_draft(project: Project, request: PlanRequest) -> None:
    """Keep the request being edited with the project."""
    from tailwise.usecases.plans import REQUEST_DRAFT, write_request
    from tailwise.usecases.projects import save_draft

    save_draft(project, REQUEST_DRAFT, write_request(request))


def solve(project: Project, request: PlanRequest, progress: Progress) -> StoredPlan:
    """Solve a request and store the plan; the request is kept as the one being edited."""
    from tailwise.usecases.plans import compute_plan, write_request

    store_draft(project, request)
    return compute_plan(project, write_request(request), progress)


def read_file(path: Path) -> PlanRequest:
    """Return the request in a TOML file.

    Raises:
        UnreadableSourceError: the file cannot be read as text.
        RequestError: its text is no request.
    """
    from tailwise.usecases.plans import read_request

    try:
        if path.stat().st_size > MOST_BYTES:
            raise UnreadableSourceError(f"{path.name} is too large for a request", "Choose the request's TOML file")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UnreadableSourceError(f"{path.name} cannot be read: {error.strerror}", "Choose another file") from error
    except UnicodeDecodeError as error:
        raise UnreadableSourceError(f"{path.name} is no text", "Choose the request's TOML file") from error
    return read_request(text, path.name)


def write_file(path: Path, request: PlanRequest) -> Path:
    """Write a request as the TOML the command line takes; whole or not at all.

    Raises:
        ExportTargetError: it cannot be written.
    """
    from tailwise.usecases.plans import write_request

    half = path.with_name(f".{path.name}.part")
    try:
        half.write_text(write_request(request), encoding="utf-8")
        half.replace(path)
    except OSError as error:
        half.unlink(missing_ok=True)
        raise ExportTargetError(
            f"{path.name} was not written: {error.strerror}", "Choose a folder you may write to"
        ) from error
    return path

"""What the Plan page loads and stores, on worker threads."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tailwise.domain.errors import ExportTargetError, RequestError, UnreadableSourceError
from tailwise.domain.plan import QuotaUnit
from tailwise.domain.records import AxisKind
from tailwise.gui.texts import ago

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tailwise.domain.coverage import ClassRow
    from tailwise.domain.plan import PlanRequest, Stream
    from tailwise.domain.plan_diff import PlanDiff, RequestChange
    from tailwise.domain.plan_outcome import PlanOutcome
    from tailwise.domain.plan_preview import PlanPreview
    from tailwise.ops.progress import Progress
    from tailwise.usecases.plan_conditions import ConditionTotal
    from tailwise.usecases.plan_store import StoredPlan
    from tailwise.usecases.projects import Project

MOST_BYTES = 4_000_000


@dataclass(frozen=True, slots=True)
class PlanEntry:
    """One line of the list of plans; plans of one name are its versions."""

    id: int
    name: str
    created_utc: str
    status: str
    version: int = 1

    @property
    def title(self) -> str:
        """The plan in a list: `Sprint 2, infeasible, 5 minutes ago`."""
        return f"{self.name} {self.version}, {self.status.replace('_', ' ')}, {ago(self.created_utc)}"


@dataclass(frozen=True, slots=True)
class ShownPlan:
    """A stored plan with the request it answers."""

    id: int
    name: str
    created_utc: str
    outcome: PlanOutcome
    request: PlanRequest
    version: int = 1
    conditions: tuple[ConditionTotal, ...] = ()


@dataclass(frozen=True, slots=True)
class PlanView:
    """What the page shows.

    Attributes:
        request: the request being edited, None when there is none yet.
        problem: why the stored request cannot be read.
        plans: newest first; `plan` is the newest.
        axes: conditions that can tell streams apart.
    """

    request: PlanRequest | None
    problem: str
    classes: Mapping[str, ClassRow] = field(default_factory=dict[str, "ClassRow"])
    plans: tuple[PlanEntry, ...] = ()
    plan: ShownPlan | None = None
    read_only: bool = False
    axes: tuple[str, ...] = ()

    def have(self, unit: QuotaUnit) -> dict[str, int]:
        """Return what there is of each class in a unit of plans."""
        of_images = unit is QuotaUnit.IMAGES
        return {name: row.images if of_images else row.objects for name, row in self.classes.items()}


@dataclass(frozen=True, slots=True)
class NearestRequest:
    """A request that can be met, and what it changes in the one that cannot."""

    request: PlanRequest
    changes: tuple[RequestChange, ...]

    @property
    def told(self) -> str:
        """The changes in words: `class 'crack': target 30 → 6`."""
        return "; ".join(f"{c.place} {c.before or '–'} → {c.after or '–'}" for c in self.changes)


def load_view(project: Project, progress: Progress) -> PlanView:
    """Read request, classes and plans."""
    from tailwise.usecases.classes import list_classes
    from tailwise.usecases.plans import REQUEST_DRAFT, list_plans, read_request
    from tailwise.usecases.projects import load_draft

    text = load_draft(project, REQUEST_DRAFT)
    request, problem = None, ""
    if text.strip():
        try:
            request = read_request(text)
        except RequestError as error:
            problem = error.sentence
    plans = tuple(PlanEntry(p.id, p.name, p.created_utc, p.status, p.version) for p in list_plans(project))
    return PlanView(
        request=request,
        problem=problem,
        classes={row.name: row for row in list_classes(project, progress)},
        plans=plans,
        plan=load_one(project, plans[0].id) if plans else None,
        read_only=project.read_only,
        axes=tuple(axis.name for axis in project.cube().axis_facts() if axis.kind == AxisKind.CONDITION),
    )


def load_one(project: Project, plan_id: int) -> ShownPlan:
    """Read one plan, and what it brings per condition."""
    from tailwise.usecases.plan_conditions import plan_conditions
    from tailwise.usecases.plans import load_plan, read_request

    stored = load_plan(project, plan_id)
    return ShownPlan(
        stored.id,
        stored.name,
        stored.created_utc,
        stored.outcome,
        read_request(stored.request_toml),
        stored.version,
        plan_conditions(project, stored),
    )


def draft(project: Project, progress: Progress, conditions: tuple[str, ...] | None = None) -> PlanRequest:
    """Return a request that fits the project; `conditions` tell its streams apart, None for the one that says most."""
    from tailwise.usecases.plans import draft_request, read_request

    return read_request(draft_request(project, progress, conditions))


def streams(project: Project, request: PlanRequest) -> tuple[Stream, ...]:
    """Return the streams the project has for a request, whatever streams it names."""
    from tailwise.usecases.plan_draft import project_request

    return project_request(project, request.with_streams(())).streams


def preview(project: Project, request: PlanRequest, progress: Progress) -> PlanPreview:
    """Return what a request would come to."""
    from tailwise.usecases.plans import preview_plan

    return preview_plan(project, request, progress)


def nearest(project: Project, request: PlanRequest, progress: Progress) -> NearestRequest | None:
    """Return the nearest request that can be met, None when this one can be."""
    from tailwise.usecases.plans import nearest_request, write_request

    found = nearest_request(project, write_request(request), progress)
    return None if found is None else NearestRequest(*found)


def difference(project: Project, before: int, after: int) -> PlanDiff:
    """Return what differs between two plans."""
    from tailwise.usecases.plans import compare_plans

    return compare_plans(project, before, after)


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

"""A quota request to begin with: what a project's classes lack, and where more of them can come from."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from tailwise.domain.errors import RequestError
from tailwise.domain.plan import Capacity, ClassQuota, PlanRequest, QuotaUnit, Reserve, Tier
from tailwise.usecases.lead_times import lead_seconds, winsorised
from tailwise.usecases.plan_streams import stream_axes, streams_of_project

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tailwise.usecases.projects import Project

DRAFT_WEEKS, DRAFT_HOURS, DRAFT_DISCOVERY = 2, 40.0, 0.15


def draft_plan_request(project: Project, conditions: Sequence[str] | None = None) -> PlanRequest:
    """Return a request to begin with: every class, what it still lacks of its target, and the project's streams.

    Where no class has a target, those below half of the median count are to reach the median.

    Args:
        project: the classes, labels and pool.
        conditions: axes to tell streams apart by; None for the one that says most.

    Raises:
        RequestError: the project has no class yet, or no axis of that name.
    """
    sliced = project.cube()
    rows = sliced.labelled_rows
    if not rows:
        raise RequestError("The project has no class", "Import labels first")
    unit = QuotaUnit.OBJECTS if sliced.has_boxes else QuotaUnit.IMAGES
    have = {r.name: int(getattr(r, unit.value)) for r in rows}
    wanted = {r.name: r.target for r in rows if r.target} or _towards_the_median(have)
    classes = tuple(
        ClassQuota(r.name, Tier(r.tier), target=float(max(0, wanted[r.name] - have[r.name])) or None)
        if r.name in wanted
        else ClassQuota(r.name, Tier(r.tier))
        for r in rows
    )
    has_pool = bool(sliced.pool.any())
    request = PlanRequest(
        weeks=DRAFT_WEEKS,
        classes=classes,
        name="Sprint",
        unit=unit,
        conditions=None if conditions is None else tuple(conditions),
        capacity=Capacity(label_hours=(DRAFT_HOURS,) * DRAFT_WEEKS),
        reserve=Reserve(discovery=DRAFT_DISCOVERY) if has_pool else Reserve(),
    )
    return project_request(project, request) if has_pool else request


def project_request(project: Project, request: PlanRequest) -> PlanRequest:
    """Return a request with the streams of the project where it names none, and the conditions that tell them apart.

    Raises:
        RequestError: there is nothing unlabelled in the project.
    """
    if request.streams:
        return request
    chosen = replace(request, conditions=stream_axes(project.cube(), request))
    seconds = winsorised(lead_seconds(project)).astype(np.float64)
    return chosen.with_streams(streams_of_project(project, chosen, seconds))


def _towards_the_median(have: dict[str, int]) -> dict[str, int]:
    """Return a target for a lead who has set none: classes below half of the median are to reach the median."""
    median = int(np.median(list(have.values())))
    return {name: median for name, count in have.items() if count < median / 2}

"""A stored plan as a work order: quota lines, batches with chosen items, classes, and the internal figures apart."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np

from tailwise.domain.orders import (
    AcceptanceTerm,
    OrderChange,
    QuotaLine,
    WorkClass,
    WorkOrder,
    YieldLine,
)
from tailwise.domain.plan import Tier
from tailwise.exports.acceptance import sampling_plan
from tailwise.storage import plan_tables
from tailwise.usecases.order_batches import BAD_SHARE, GOOD_SHARE, OrderPool, order_batches
from tailwise.usecases.order_history import ordered_rows
from tailwise.usecases.plan_draft import project_request
from tailwise.usecases.plans import load_plan, solved_request

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tailwise.domain.plan import PlanRequest
    from tailwise.usecases.projects import Project
    from tailwise.usecases.slices import ProjectCube

PRIORITIES = {Tier.MUST_NOT_MISS: 1, Tier.NICE_TO_HAVE: 3, Tier.EXPERIMENTAL: 5}
REWORK_DAYS = 5
DEFECTS = "wrong class, missed object, extra object, or a box that overlaps the object by less than half (IoU < 0.5)"


def work_order(project: Project, plan_id: int | None, created_utc: str | None) -> WorkOrder:
    """Return the order for a plan (default: the newest).

    Items are listed where a stream can be told from the project (its source and conditions); they are chosen by a
    seeded shuffle, so that the same plan lists the same items, and of near-duplicates only what the cap allows
    (`order_caps`). What orders of other plans listed lately comes last. Batches hold every stream in proportion; a
    week's batches are accepted together.

    Raises:
        RequestError: the project has no such plan.
    """
    plan = load_plan(project, plan_id)
    request = project_request(project, solved_request(plan))
    sliced = project.cube()
    with project.file.reading() as db:
        names = plan_tables.all_item_names(db)
    day = dt.date.fromisoformat((created_utc or plan_tables.utc_now())[:10])
    pool = OrderPool(sliced, names, ordered_rows(project, plan.name, plan.id, day))
    made = order_batches(pool, request, plan.outcome.lines)
    return WorkOrder(
        order_id=f"{plan.name} / {plan.id}",
        project=project.path.stem,
        plan=plan.name,
        revision=1,
        day=day,
        quotas=tuple(_quota_lines(sliced, request)),
        batches=made.batches,
        items=made.items,
        classes=tuple(_classes(sliced, request)),
        acceptance=tuple(_terms(week.items for week in plan.outcome.weeks)),
        changes=(OrderChange(1, day, "First order of this plan"),),
        work_type="boxes" if sliced.has_boxes else "one class per image",
        delivery_format="COCO JSON, YOLO or Pascal VOC with unchanged file names",
        yields=tuple(_yields(request)),
        costs=made.costs,
        held_back=made.held_back,
    )


def _quota_lines(sliced: ProjectCube, request: PlanRequest) -> list[QuotaLine]:
    have = {r.name: getattr(r, request.unit.value, 0) for r in sliced.labelled_rows}
    return [
        QuotaLine(
            line_id=f"Q{number:03d}",
            class_name=quota.name,
            unit=request.unit.value,
            have=have.get(quota.name, 0),
            target=round(quota.need(request.weeks)),
            minimum=round(quota.min_per_week) or None,
            priority=PRIORITIES[quota.tier],
            notes=f"at least {quota.min_per_week:g} every week" if quota.min_per_week else "",
        )
        for number, quota in enumerate(request.classes, 1)
    ]


def _classes(sliced: ProjectCube, request: PlanRequest) -> list[WorkClass]:
    wanted = {c.name: c for c in request.classes}
    return [
        WorkClass(
            name=row.name,
            tier=wanted[row.name].tier.value if row.name in wanted else row.tier,
            have=getattr(row, request.unit.value, row.objects),
            target=round(wanted[row.name].need(request.weeks)) if row.name in wanted else row.target,
        )
        for row in sliced.labelled_rows
    ]


def _terms(weekly_items: Iterable[float]) -> list[AcceptanceTerm]:
    terms: list[AcceptanceTerm] = []
    for lot in sorted({round(items) for items in weekly_items} - {0}):
        drawn, allowed = sampling_plan(lot, GOOD_SHARE, BAD_SHARE)
        terms.append(
            AcceptanceTerm(
                criterion="sample of a week's batches",
                defect=DEFECTS,
                unit="image",
                lot=lot,
                n=drawn,
                c=allowed,
                on_reject="the week's batches are corrected and delivered again",
                rework_days=REWORK_DAYS,
            )
        )
    return terms


def _yields(request: PlanRequest) -> list[YieldLine]:
    number = {c.name: f"Q{i:03d}" for i, c in enumerate(request.classes, 1)}
    lines: list[YieldLine] = []
    for stream in request.streams:
        for found in stream.yields:
            rate = found.rate if found.rate is not None else found.found / max(1, found.labelled)
            basis = "given" if found.rate is not None else f"{found.found:g} in {found.labelled:,} labelled items"
            line_id = number.get(found.class_name, "")
            basis = f"{stream.name}: {basis}"
            lines.append(YieldLine(line_id, found.class_name, float(np.round(rate, 6)), basis=basis))
    return lines

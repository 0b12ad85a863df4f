"""A stored plan as a work order: quota lines, batches with chosen items, classes, and the internal figures apart."""

from __future__ import annotations

import datetime as dt
from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np

from tailwise.domain.orders import (
    AcceptanceTerm,
    CostLine,
    OrderChange,
    QuotaLine,
    WorkBatch,
    WorkClass,
    WorkItem,
    WorkOrder,
    YieldLine,
)
from tailwise.domain.plan import Tier
from tailwise.domain.records import IDENTICAL_AXIS
from tailwise.exports.acceptance import sampling_plan
from tailwise.storage import plan_tables
from tailwise.usecases.plan_streams import pool_of_stream, resolved_request
from tailwise.usecases.plans import load_plan

if TYPE_CHECKING:
    from tailwise.domain.plan import PlanRequest, Stream
    from tailwise.domain.plan_outcome import PlanLine
    from tailwise.usecases.plan_store import StoredPlan
    from tailwise.usecases.projects import Project
    from tailwise.usecases.slices import ProjectCube

PRIORITIES = {Tier.MUST_NOT_MISS: 1, Tier.NICE_TO_HAVE: 3, Tier.EXPERIMENTAL: 5}
GOOD_SHARE, BAD_SHARE, REWORK_DAYS = 0.01, 0.05, 5
"""A lot with 1 % defects should pass, one with 5 % should not."""
DEFECTS = "wrong class, missed object, extra object, or a box that overlaps the object by less than half (IoU < 0.5)"


def work_order(project: Project, plan_id: int | None, created_utc: str | None) -> WorkOrder:
    """Return the order for a plan (default: the newest).

    Items are listed where a stream can be told from the project (its source and conditions); they are chosen by a
    seeded shuffle, so that the same plan lists the same items, and of byte-identical files only one is taken.

    Raises:
        RequestError: the project has no such plan.
    """
    plan = load_plan(project, plan_id)
    request = resolved_request(project, plan.request_toml)
    sliced = project.cube()
    with project.file.reading() as db:
        names = plan_tables.all_item_names(db)
    batches, items, costs = _batches(sliced, request, plan, names)
    day = dt.date.fromisoformat((created_utc or plan_tables.utc_now())[:10])
    return WorkOrder(
        order_id=f"{plan.name} / {plan.id}",
        project=project.path.stem,
        plan=plan.name,
        revision=1,
        day=day,
        quotas=tuple(_quota_lines(sliced, request)),
        batches=tuple(batches),
        items=tuple(items),
        classes=tuple(_classes(sliced, request)),
        acceptance=tuple(_terms(batches)),
        changes=(OrderChange(1, day, "First order of this plan"),),
        work_type="boxes" if sliced.has_boxes else "one class per image",
        delivery_format="COCO JSON, YOLO or Pascal VOC with unchanged file names",
        yields=tuple(_yields(request)),
        costs=tuple(costs),
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


def _batches(
    sliced: ProjectCube, request: PlanRequest, plan: StoredPlan, names: list[str]
) -> tuple[list[WorkBatch], list[WorkItem], list[CostLine]]:
    streams = {s.name: s for s in request.streams}
    order = {s.name: n for n, s in enumerate(request.streams, 1)}
    queues = {name: _queue(sliced, stream, names, request.seed) for name, stream in streams.items()}
    taken: set[int] = set()
    batches: list[WorkBatch] = []
    items: list[WorkItem] = []
    costs: list[CostLine] = []
    for line in plan.outcome.lines:
        batch_id = f"W{line.week:02d}-S{order.get(line.stream, 0):02d}"
        batches.append(_batch(batch_id, line))
        stream = streams.get(line.stream)
        costs.append(
            CostLine(
                batch_id=batch_id,
                items=round(line.items),
                seconds_p50=stream.seconds_per_item if stream else 0.0,
                hours=line.hours + line.review_hours,
                review_factor=_review_factor(stream),
            )
        )
        chosen = [row for row in queues.get(line.stream, []) if row not in taken][: round(line.items)]
        taken.update(chosen)
        items.extend(
            WorkItem(
                batch_id=batch_id,
                item_ref=f"I{sliced.columns.item_ids[row]:07d}",
                file_name=names[row],
                width=int(sliced.columns.width[row]),
                height=int(sliced.columns.height[row]),
            )
            for row in chosen
        )
    return batches, items, costs


def _batch(batch_id: str, line: PlanLine) -> WorkBatch:
    return WorkBatch(
        batch_id=batch_id,
        n_items=round(line.items),
        week=line.week,
        pool=line.stream,
        start=line.start,
        due=line.start + dt.timedelta(days=6) if line.start else None,
        sample_plan="/".join(str(n) for n in sampling_plan(max(1, round(line.items)), GOOD_SHARE, BAD_SHARE)),
    )


def _review_factor(stream: Stream | None) -> float | None:
    if stream is None or not stream.seconds_per_item:
        return None
    return stream.review_seconds_per_item / stream.seconds_per_item


def _queue(sliced: ProjectCube, stream: Stream, names: list[str], seed: int) -> list[int]:
    """Return the pool rows of a stream in a seeded order that does not depend on rows, one per identical file."""
    rows = pool_of_stream(sliced, stream)
    keyed = sorted(rows, key=lambda row: _draw(f"{seed}\0{stream.name}\0{names[row]}"))
    if IDENTICAL_AXIS not in sliced.cube.axes:
        return keyed
    twins = sliced.group_columns([IDENTICAL_AXIS])[0]
    seen: set[int] = set()
    queue: list[int] = []
    for row in keyed:
        twin = int(twins[row])
        if twin < 0 or twin not in seen:
            queue.append(row)
            seen.add(twin)
    return queue


def _draw(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()


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


def _terms(batches: list[WorkBatch]) -> list[AcceptanceTerm]:
    terms: list[AcceptanceTerm] = []
    for lot in sorted({b.n_items for b in batches if b.n_items > 0}):
        drawn, allowed = sampling_plan(lot, GOOD_SHARE, BAD_SHARE)
        terms.append(
            AcceptanceTerm(
                criterion="batch sample",
                defect=DEFECTS,
                unit="image",
                lot=lot,
                n=drawn,
                c=allowed,
                on_reject="the batch is corrected and delivered again",
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

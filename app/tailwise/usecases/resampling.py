"""Plan how often each training item is used in an epoch: preview it, store it, hand it out."""

from __future__ import annotations

import json
import time
from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tailwise.domain.changes import Changes
from tailwise.domain.class_weights import TIER_WEIGHTS
from tailwise.domain.errors import RequestError
from tailwise.domain.resampling import RepeatColumns, ResamplingExport, ResamplingRequest
from tailwise.planning.resampling import NO_DRIVER, solve_resampling
from tailwise.storage import balance_tables, plan_tables
from tailwise.usecases.projects import versions
from tailwise.usecases.resampling_outcome import class_names_of, describe
from tailwise.usecases.training_part import load_training

if TYPE_CHECKING:
    from tailwise.domain.resampling import ResamplingOutcome
    from tailwise.ops.progress import Progress
    from tailwise.planning.resampling import ResamplingSolution
    from tailwise.usecases.projects import Project
    from tailwise.usecases.training_part import TrainingBase

NO_PLAN = "Plan a resampling on the Balance page, or with: tailwise plan resample PROJECT --total N --cap X"


@dataclass(frozen=True, slots=True)
class StoredResampling:
    """The resampling of the project. `is_current` is false when the data changed since it was planned."""

    id: int
    created_utc: str
    request: ResamplingRequest
    is_current: bool
    changes: Changes = Changes.PLANS


def preview_resampling(base: TrainingBase, request: ResamplingRequest) -> ResamplingOutcome:
    """Work a request out without storing anything.

    Raises:
        RequestError: there is nothing to train on.
    """
    return describe(base, solve(base, request))


def plan_resampling(
    project: Project, request: ResamplingRequest, progress: Progress
) -> tuple[StoredResampling, ResamplingOutcome]:
    """Work a request out and store it as the resampling of the project."""
    began = time.monotonic()
    progress.stage("Gathering training items")
    base = load_training(project)
    progress.stage("Balancing classes")
    outcome = preview_resampling(base, request)
    stored = store_resampling(project, outcome, base.data_version, time.monotonic() - began)
    return stored, outcome


def store_resampling(
    project: Project, outcome: ResamplingOutcome, data_version: int, seconds: float = 0.0
) -> StoredResampling:
    """Make a previewed request the resampling of the project."""
    told = outcome.request.parameters()
    summary = {
        "total": outcome.total,
        "multipliers": {r.name: r.multiplier for r in outcome.rows},
        "imbalance_ratio": outcome.before.imbalance_ratio,
    }
    with project.file.writing() as db:
        row = balance_tables.add_balance_plan(
            db, balance_tables.RESAMPLING, json.dumps(told), json.dumps(summary), data_version
        )
        plan_tables.log_entry(
            db,
            "resample",
            told,
            versions().as_json(),
            seconds,
            f"{outcome.total:,} items per epoch of {outcome.part.items:,}",
        )
    return StoredResampling(row.id, row.created_utc, outcome.request, is_current=True)


def stored_resampling(project: Project) -> StoredResampling | None:
    """Return the resampling of the project, None if none was planned."""
    with project.file.reading() as db:
        row = balance_tables.newest_balance_plan(db, balance_tables.RESAMPLING)
    if row is None:
        return None
    request = ResamplingRequest.of(json.loads(row.request))
    return StoredResampling(row.id, row.created_utc, request, row.data_version == project.columns.version)


def stored_multipliers(project: Project) -> tuple[dict[str, float], float] | None:
    """Return the multiplier of each class in the stored resampling and its cap, None if there is none."""
    with project.file.reading() as db:
        row = balance_tables.newest_balance_plan(db, balance_tables.RESAMPLING)
    if row is None:
        return None
    found: dict[str, float | None] = json.loads(row.summary)["multipliers"]
    return {name: m for name, m in found.items() if m is not None}, float(json.loads(row.request)["cap"])


def resampling_export(project: Project) -> ResamplingExport:
    """Work the stored resampling out anew, item by item, for the present training split.

    Raises:
        RequestError: none was planned, or nothing can be trained on.
    """
    stored = stored_resampling(project)
    if stored is None:
        raise RequestError("No resampling is planned yet", NO_PLAN)
    base = load_training(project)
    solution = solve(base, stored.request)
    return ResamplingExport(
        outcome=describe(base, solution),
        columns=_columns(base, solution),
        split=base.part.name or "all labelled items",
        order_ref=f"splits/splits.csv#{base.part.name}" if base.part.name else "",
        held_out_ids=base.held_out_ids,
        plan_id=f"resampling {stored.id}",
    )


def solve(base: TrainingBase, request: ResamplingRequest) -> ResamplingSolution:
    """Solve a request over the training items; held-out items are not among them, which is checked."""
    if not base.held_out_ids.isdisjoint(base.item_ids.tolist()):
        raise RequestError("Validation or test items are among the training items", "Make the split anew")
    weights = np.array([TIER_WEIGHTS[t] for t in base.tiers], dtype=np.float64)
    return solve_resampling(base.items, request, weights)


def _columns(base: TrainingBase, solution: ResamplingSolution) -> RepeatColumns:
    return RepeatColumns(
        item_id=_array("q", base.item_ids, "<i8"),
        file_name=base.file_names,
        factor=_array("d", solution.factor, "<f8"),
        driver=_array("i", np.where(solution.driver == NO_DRIVER, -1, solution.driver), "<i4"),
        capped=_array("b", solution.is_capped, "i1"),
        drivers=class_names_of(base, solution),
        repeats=tuple(_array("i", uses, "<i4") for uses in solution.epochs.epochs(solution.request.epochs)),
    )


def _array(code: str, values: Any, kind: str) -> array[Any]:  # noqa: ANN401  NumPy arrays of any kind
    packed: array[Any] = array(code)
    packed.frombytes(np.ascontiguousarray(values, dtype=kind).tobytes())
    return packed

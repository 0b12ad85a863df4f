"""Hand out work orders, split manifests and counts: built and written in a child process, swapped in at the end."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tailwise.domain.changes import Changes
from tailwise.domain.coverage import CountRequest
from tailwise.domain.errors import RequestError
from tailwise.domain.exports import ExportContents, ExportOutcome, YoloLabels
from tailwise.exports.job import write_package
from tailwise.exports.transaction import ExportFolder
from tailwise.ops.child import Runner, run_in_child
from tailwise.planning.playbook import make_playbook
from tailwise.storage import plan_tables, recipe_tables, source_tables
from tailwise.usecases.augmentation import list_recipes
from tailwise.usecases.counts import count_table
from tailwise.usecases.export_negatives import NONE_CONFIRMED, has_negatives, negatives_export
from tailwise.usecases.export_splits import split_export
from tailwise.usecases.order_data import work_order
from tailwise.usecases.order_history import WORK_ORDER, order_record
from tailwise.usecases.package_info import package_info
from tailwise.usecases.plan_draft import project_request
from tailwise.usecases.plans import load_plan, solved_request
from tailwise.usecases.projects import open_project, versions
from tailwise.usecases.resampling import resampling_export, stored_resampling
from tailwise.usecases.weights import weights_export

if TYPE_CHECKING:
    from tailwise.domain.exports import ExportFile, ExportWarning, PackageReport
    from tailwise.ops.progress import Progress
    from tailwise.usecases.projects import Project

SPLITS, COUNTS = "splits", "counts"
PLAYBOOK, RESAMPLING, WEIGHTS = "playbook", "resampling", "weights"
RECIPE = "recipe"
NEGATIVES = "negatives"
MANIFEST, YOLO, YOLO_WITH_LABELS, COCO = "manifest", "yolo", "yolo-labels", "coco"

_OF_PROJECT = {WEIGHTS: weights_export, NEGATIVES: negatives_export}
"""Kinds that nothing has to be chosen for; each is the part of `ExportContents` of its name."""


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """What to export and where to.

    Attributes:
        kind: `work-order`, `playbook`, `splits`, `resampling`, `weights`, `recipe`, `negatives` or `counts`.
        target: for splits `manifest` (default), `yolo`, `yolo-labels` or `coco`.
        plan_id: plan of a work order or playbook; None for the newest. `split_id`: None for the active split.
        by, unit, where: the table of a counts export.
        replace: put an unchanged earlier export of ours aside.
        created_utc: for reproducible bytes; None for the present time.
        allowed_words: words a vendor may see although they are the name of the user or the computer.
    """

    kind: str
    to: Path
    target: str = ""
    plan_id: int | None = None
    split_id: int | None = None
    counts: CountRequest = field(default_factory=CountRequest)
    replace: bool = False
    created_utc: str | None = None
    allowed_words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ExportTarget:
    """One thing that can be exported, whether it can be now, and why not."""

    kind: str
    target: str
    title: str
    note: str
    available: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ExportDone:
    """A finished export as pages and commands show it."""

    to: Path
    files: tuple[ExportFile, ...]
    checks: dict[str, int | str]
    warnings: tuple[ExportWarning, ...]
    changes: Changes = Changes.EXPORTS


def export_targets(project: Project) -> tuple[ExportTarget, ...]:
    """Return everything that can be exported, with the reason where something is still missing."""
    sliced = project.cube()
    with project.file.reading() as db:
        has_plan = bool(plan_tables.list_plans(db))
        no_recipe = "" if recipe_tables.list_recipes(db) else "Save a recipe on the page Augment first"
        is_coco = any(s.format == "coco" for s in source_tables.list_sources(db))
    has_split = bool(sliced.split_axis.values)
    has_labels = bool(sliced.labelled.any())
    no_labels = "" if has_labels else "Import labels first"
    no_resampling = "" if stored_resampling(project) else "Plan a resampling first"
    no_negatives = "" if has_negatives(project) else NONE_CONFIRMED
    no_plan = "" if has_plan else "Solve a plan first"
    no_split = "" if has_split else "Make a split first"
    no_boxes = no_split or ("" if sliced.has_boxes else "The labels have no boxes")
    coco_note = "filtered from the source file, nothing lost" if is_coco else "built from the imported boxes"
    return (
        ExportTarget(
            WORK_ORDER, "", "Work order", "workbook and CSV, internal sheets apart", has_plan, no_plan
        ),
        ExportTarget(PLAYBOOK, "", "Playbook", "the sprint on one page, Markdown and HTML", has_plan, no_plan),
        ExportTarget(SPLITS, MANIFEST, "Split manifest", "splits.csv and splits.json", has_split, no_split),
        ExportTarget(
            SPLITS, YOLO, "Ultralytics YOLO lists", "train.txt, val.txt, test.txt, data.yaml", not no_boxes, no_boxes
        ),
        ExportTarget(
            SPLITS, YOLO_WITH_LABELS, "YOLO lists with labels", "label files written anew", not no_boxes, no_boxes
        ),
        ExportTarget(SPLITS, COCO, "COCO per split", coco_note, not no_boxes, no_boxes),
        ExportTarget(
            RESAMPLING, "", "Resampling", "repeats per training item, sampler, repeated list", not no_resampling,
            no_resampling,
        ),
        ExportTarget(WEIGHTS, "", "Class weights", "for scikit-learn, Keras and PyTorch", has_labels, no_labels),
        ExportTarget(
            RECIPE, "", "Augmentation recipes", "JSON, and files that Albumentations loads", not no_recipe, no_recipe
        ),
        ExportTarget(
            NEGATIVES, "", "Hard negatives", "confirmed and random ones with sample weights", not no_negatives,
            no_negatives,
        ),
        ExportTarget(
            COUNTS, "", "Counts", "class × condition table as CSV and workbook", has_labels, no_labels
        ),
    )  # fmt: skip


def export(project: Project, request: ExportRequest, progress: Progress, run: Runner = run_in_child) -> ExportDone:
    """Write one export beside its target, read it back, swap it in, and note it in the journal.

    Raises:
        ExportTargetError: the target cannot be used; RequestError: there is nothing of this kind to export yet.
        OpCancelledError: cancelled; nothing is left behind.
    """
    began = time.monotonic()
    _check(project, request)
    with project.file.reading() as db:
        roots = tuple(Path(s.root) for s in source_tables.list_sources(db) if s.root)
    with ExportFolder(request.to, replace=request.replace, keep_out=roots) as folder:
        report, told = run(_build_and_write, project.path, request, folder.staging, progress=progress)
        folder.publish()
    outcome = ExportOutcome(folder.target, report.files, report.checks, report.warnings)
    if not project.read_only:
        _record(project, request, outcome, told, time.monotonic() - began)
    return ExportDone(outcome.to, outcome.files, dict(outcome.checks), outcome.warnings)


def _check(project: Project, request: ExportRequest) -> None:
    known = export_targets(project)
    kinds = sorted({t.kind for t in known})
    if request.kind not in kinds:
        raise RequestError(f"There is no export {request.kind!r}", f"Use one of: {', '.join(kinds)}")
    wanted = request.target or (MANIFEST if request.kind == SPLITS else "")
    target = next((t for t in known if (t.kind, t.target) == (request.kind, wanted)), None)
    if target is None:
        names = ", ".join(t.target for t in known if t.kind == request.kind and t.target) or "none"
        raise RequestError(f"{request.kind} has no target {wanted!r}", f"Its targets are: {names}")
    if not target.available:
        raise RequestError(f"{target.title} cannot be exported yet", target.reason)


def _build_and_write(
    path: Path, request: ExportRequest, staging: Path, progress: Progress
) -> tuple[PackageReport, dict[str, Any]]:
    """Run in the child: read the project, gather the export, write it into the staging folder.

    Returns what was written, and what the project keeps of it.
    """
    progress.stage("Gathering")
    project = open_project(path, read_only=True)
    try:
        contents = _contents(project, request, progress)
        order = contents.work_order
        told = {} if order is None else order_record(load_plan(project, request.plan_id), order)
    finally:
        project.close()
    return write_package(staging, contents, progress), told


def _contents(project: Project, request: ExportRequest, progress: Progress) -> ExportContents:
    contents: dict[str, Any] = {"target": request.to}
    names: dict[str, Any] = {}
    if request.kind == SPLITS:
        splits = contents["splits"] = split_export(project, request.split_id)
        names = {"plan_id": f"split {request.split_id}" if request.split_id else "", "seed": splits.seed}
        contents["coco"] = request.target == COCO
        contents["yolo"] = {YOLO: YoloLabels.AUTO, YOLO_WITH_LABELS: YoloLabels.WRITTEN}.get(request.target)
    elif request.kind == WORK_ORDER:
        order = work_order(project, request.plan_id, request.created_utc)
        contents["work_order"] = replace(order, allowed_words=request.allowed_words)
        names = {"plan_id": order.order_id, "plan_revision": order.revision}
    elif request.kind == PLAYBOOK:
        plan = load_plan(project, request.plan_id)
        contents["playbook"] = make_playbook(project_request(project, solved_request(plan)), plan.outcome)
        names = {"plan_id": f"{plan.name} / {plan.id}", "seed": plan.outcome.seed}
    elif request.kind == RESAMPLING:
        resampling = contents["resampling"] = resampling_export(project)
        names = {"plan_id": resampling.plan_id, "seed": resampling.outcome.request.seed}
    elif request.kind in _OF_PROJECT:
        contents[request.kind] = _OF_PROJECT[request.kind](project)
    elif request.kind == RECIPE:
        contents["recipes"] = tuple(stored.recipe for stored in list_recipes(project))
    else:
        contents["counts"] = count_table(project, request.counts, progress)
    info = package_info(project, request.created_utc, progress)
    return ExportContents(**contents, info=replace(info, **names))


def _record(
    project: Project, request: ExportRequest, outcome: ExportOutcome, of_contents: dict[str, Any], seconds: float
) -> None:
    told = of_contents | {
        "files": [[f.path, f.rows, f.bytes] for f in outcome.files],
        "checks": dict(outcome.checks),
        "warnings": [[w.code, w.count] for w in outcome.warnings],
    }
    with project.file.writing() as db:
        plan_tables.add_export(db, request.kind, request.target, json.dumps(told))
        plan_tables.log_entry(
            db,
            "export",
            {"kind": request.kind, "target": request.target, "to": request.to.name},
            versions().as_json(),
            seconds,
            f"{len(outcome.files)} files",
        )

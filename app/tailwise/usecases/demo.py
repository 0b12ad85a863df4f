"""Make the demo: draw its dataset, import it, set tiers, and put the shipped request on the Plan page."""

from __future__ import annotations

import math
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

from tailwise.domain.errors import ExportTargetError
from tailwise.domain.records import Role
from tailwise.imaging.demo_scene import PART_PATTERN, render_demo
from tailwise.ops.child import Runner, run_in_child
from tailwise.usecases.classes import ClassEdit, list_classes, set_classes
from tailwise.usecases.import_source import ImportRequest, import_source
from tailwise.usecases.plans import REQUEST_DRAFT, read_request
from tailwise.usecases.projects import create_project, save_draft

if TYPE_CHECKING:
    from pathlib import Path

    from tailwise.imaging.demo_scene import DemoDataset
    from tailwise.ops.progress import Progress

PROJECT_NAME = "demo.tailwise"
DATASET_FOLDER = "dataset"


def default_demo_folder() -> Path:
    """Return where the demo goes when the user names no folder."""
    from platformdirs import user_data_path

    return user_data_path("tailwise", appauthor=False) / "demo"


def make_demo(folder: Path, progress: Progress, run: Runner = run_in_child) -> Path:
    """Draw the demo dataset into `folder` and return the path of its project; a demo made before is kept as it is.

    Raises:
        ExportTargetError: the folder cannot be written.
        OpCancelledError: cancelled; nothing is left behind.
    """
    project_path = folder / PROJECT_NAME
    if project_path.exists():
        return project_path
    fresh = folder / f"{DATASET_FOLDER}.new"
    dataset = folder / DATASET_FOLDER
    try:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(fresh, ignore_errors=True)
        drawn = run(render_demo, fresh, progress=progress)
        shutil.rmtree(dataset, ignore_errors=True)
        fresh.rename(dataset)
    except OSError as error:
        raise ExportTargetError(
            f"The demo cannot be written to {folder} ({error.strerror})", "Name another folder: tailwise demo FOLDER"
        ) from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    # Built under another name, so that a demo that exists is a whole one.
    building = folder / f"building-{PROJECT_NAME}"
    building.unlink(missing_ok=True)
    try:
        _build_project(building, _moved(drawn, fresh, dataset), progress, run)
        building.rename(project_path)
    finally:
        building.unlink(missing_ok=True)
    return project_path


def _moved(drawn: DemoDataset, before: Path, after: Path) -> DemoDataset:
    return replace(
        drawn,
        labelled=after / drawn.labelled.relative_to(before),
        annotations=after / drawn.annotations.relative_to(before),
        pool=after / drawn.pool.relative_to(before),
        pool_conditions=after / drawn.pool_conditions.relative_to(before),
    )


def _build_project(path: Path, found: DemoDataset, progress: Progress, run: Runner) -> None:
    pattern = {"pattern": PART_PATTERN, "groups": "part"}
    request_text = found.sprint.read_text(encoding="utf-8")
    project = create_project(path)
    try:
        import_source(project, ImportRequest(found.labelled, "coco", pattern), progress, run)
        import_source(
            project,
            ImportRequest(found.pool, "images", pattern, found.pool_conditions, Role.POOL),
            progress,
            run,
        )
        request = read_request(request_text, found.sprint.name)
        have = {row.name: row.objects for row in list_classes(project, progress)}
        edits = [
            ClassEdit(c.name, c.tier.value, have[c.name] + math.ceil(c.need(request.weeks)) if c.need(1) else None)
            for c in request.classes
            if c.name in have
        ]
        set_classes(project, edits, progress)
        save_draft(project, REQUEST_DRAFT, request_text)
    finally:
        project.close()

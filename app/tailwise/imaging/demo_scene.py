"""Render the demo dataset: an inspection line with a long tail of defects, hidden gaps and an unlabelled pool.

Drawn from `resources/demo/recipe.toml` with fixed seeds: the same bytes every time on the same library versions.
Nothing is downloaded. The result is an ordinary dataset on disk; nothing else in Tailwise knows that it was drawn.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from tailwise.imaging.demo_scene_camera import CAMERAS, LIGHTS, Pose, Prepared, Stage
from tailwise.imaging.demo_scene_defects import spoil
from tailwise.imaging.demo_scene_parts import FAMILIES
from tailwise.imaging.demo_scene_recipe import LABELLED, POOL, Burst, Recipe, bursts, read_recipe
from tailwise.resource_files import resource_path

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from cv2.typing import MatLike

    from tailwise.imaging.demo_scene_camera import Box
    from tailwise.ops.progress import Progress

RECIPE = "demo/recipe.toml"
SPRINT = "demo/sprint.toml"
PART_PATTERN = r"(?P<part>\d{8}_[DN]_\d{4})_f\d"
"""Finds the part in a file name; frames of one part must stay in one split."""


@dataclass(frozen=True, slots=True)
class DemoDataset:
    """What `render_demo` wrote.

    Attributes:
        labelled: folder of the labelled source; `annotations` is its COCO file.
        pool: folder of unlabelled images; `pool_conditions` is a CSV beside it, joined by `file_name`.
        sprint: the quota request that fits it, shipped with Tailwise.
        images: labelled images; `pool_images` unlabelled ones; `background` labelled ones without any object;
            `lost_files` labelled ones whose file is not there.
        objects: labelled objects by class, most frequent first.
    """

    labelled: Path
    annotations: Path
    pool: Path
    pool_conditions: Path
    sprint: Path
    images: int
    pool_images: int
    background: int
    lost_files: int
    objects: dict[str, int]


@dataclass(frozen=True, slots=True)
class _Frame:
    """One rendered picture: its burst, its path below the set's folder, and what is to be seen in it."""

    burst: Burst
    file_name: str
    boxes: list[tuple[str, Box]]


def render_demo(folder: Path, progress: Progress) -> DemoDataset:
    """Write the demo dataset into `folder`, which is created; files of an earlier rendering are written again.

    Raises:
        OSError: the folder cannot be written.
        OpCancelledError: cancelled; what was written so far is left for the caller to remove.
    """
    recipe = read_recipe(resource_path(RECIPE))
    labelled, pool = folder / recipe.name, folder / f"{recipe.name}-pool"
    todo = list(bursts(recipe))
    progress.stage("Drawing the demo images", sum(b.frames for b in todo))
    with _one_thread():
        frames = _draw(recipe, todo, {LABELLED: labelled, POOL: pool}, progress)
    progress.stage("Writing the labels")
    labels = [f for f in frames if f.burst.session.set == LABELLED]
    lost = _lose(recipe, labels, labelled)
    unlabelled = [f for f in frames if f.burst.session.set != LABELLED]
    objects = Counter(category for f in labels for category, _ in f.boxes)
    dataset = DemoDataset(
        labelled=labelled,
        annotations=labelled / "annotations.json",
        pool=pool,
        pool_conditions=folder / f"{recipe.name}-pool-conditions.csv",
        sprint=resource_path(SPRINT),
        images=len(labels),
        pool_images=len(unlabelled),
        background=sum(not f.boxes for f in labels),
        lost_files=lost,
        objects=dict(objects.most_common()),
    )
    dataset.annotations.write_text(json.dumps(_coco(recipe, labels), indent=1) + "\n", encoding="utf-8")
    _write_conditions(dataset.pool_conditions, unlabelled)
    (folder / "README.txt").write_text(_readme(dataset), encoding="utf-8")
    return dataset


@contextmanager
def _one_thread() -> Generator[None]:
    """Keep OpenCV from sharing out pictures this small: its threads would wait for each other longer than they work."""
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(threads)


def _draw(recipe: Recipe, todo: list[Burst], roots: dict[str, Path], progress: Progress) -> list[_Frame]:
    """Write every picture below the root of its set."""
    stage = Stage(recipe.width, recipe.height, np.random.default_rng(recipe.seed))
    frames: list[_Frame] = []
    for burst in todo:
        for file_name, picture, boxes in _photographs(burst, stage):
            _write_jpeg(roots[burst.session.set] / file_name, picture, recipe.jpeg_quality)
            frames.append(_Frame(burst, file_name, boxes))
            progress.advance()
    return frames


def _photographs(burst: Burst, stage: Stage) -> Iterator[tuple[str, MatLike, list[tuple[str, Box]]]]:
    """Yield file name, picture and boxes of each frame: the same part, a little further along the belt."""
    rng = np.random.default_rng(burst.seed)
    prepared = None
    if burst.family is not None:
        part = FAMILIES[burst.family](rng)
        spoil(part, burst.defects, burst.lookalikes, rng)
        prepared = Prepared(part.finished(), tuple(part.marks))
    camera, light = CAMERAS[burst.session.camera], LIGHTS[burst.session.lighting]
    step = rng.uniform(3, 8)
    along, across, turn = -step * burst.frames / 2 + rng.normal(0, 9), rng.normal(0, 5), rng.normal(0, 2.5)
    for frame in range(1, burst.frames + 1):
        along += step + rng.normal(0, 0.6)
        pose = Pose(along, across + rng.normal(0, 0.4), turn + rng.normal(0, 0.15))
        picture, boxes = stage.photograph(prepared, pose, camera, light, rng)
        yield f"images/{burst.file_name(frame)}", picture, boxes


def _write_jpeg(path: Path, picture: MatLike, quality: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # Encoded here and written by Python: imwrite fails without a word on names it cannot open.
    _, encoded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    path.write_bytes(encoded.tobytes())


def _lose(recipe: Recipe, frames: list[_Frame], root: Path) -> int:
    """Remove the files of a few frames that are not the first of their burst; their labels stay."""
    later = [f for f in frames if not f.file_name.endswith("_f1.jpg")]
    for number in np.random.default_rng(recipe.seed).choice(len(later), size=recipe.lost, replace=False):
        (root / later[int(number)].file_name).unlink()
    return recipe.lost


def _coco(recipe: Recipe, frames: list[_Frame]) -> dict[str, object]:
    ids = {c.name: number for number, c in enumerate(recipe.classes, start=1)}
    images: list[dict[str, object]] = []
    annotations: list[dict[str, object]] = []
    for image_id, frame in enumerate(frames, start=1):
        session = frame.burst.session
        images.append(
            {
                "id": image_id,
                "file_name": frame.file_name,
                "width": recipe.width,
                "height": recipe.height,
                "date_captured": frame.burst.taken.isoformat(sep=" "),
                "attributes": session.conditions,
            }
        )
        for category, box in frame.boxes:
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": image_id,
                    "category_id": ids[category],
                    "bbox": list(box),
                    "area": round(box[2] * box[3], 2),
                    "iscrowd": 0,
                }
            )
    return {
        "info": {"description": "Tailwise demo: a drawn inspection line", "version": "1", "year": 2026},
        "licenses": [{"id": 1, "name": "CC0-1.0", "url": ""}],
        "images": images,
        "annotations": annotations,
        "categories": [{"id": ids[c.name], "name": c.name, "supercategory": c.supercategory} for c in recipe.classes],
    }


def _write_conditions(path: Path, frames: list[_Frame]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("file_name", *frames[0].burst.session.conditions))
        for frame in frames:
            writer.writerow((frame.file_name, *frame.burst.session.conditions.values()))


def _readme(dataset: DemoDataset) -> str:
    total = sum(dataset.objects.values())
    rows = "\n".join(f"  {name:<16}{count:>5}" for name, count in dataset.objects.items())
    return f"""The Tailwise demo dataset
=========================

Drawn by Tailwise on this computer; no camera ever saw these parts. It is yours to change or delete.

{dataset.labelled.name}/
  annotations.json   COCO: {dataset.images} images, {total} objects;
                     each image has the attributes lighting, camera and shift
  images/            line/camera/date_shift_number_frame.jpg
{dataset.pool.name}/
  images/            {dataset.pool_images} images that nobody has labelled yet
{dataset.pool_conditions.name}
                     lighting, camera and shift of the pool

Objects by class:
{rows}

{dataset.background} labelled images show no defect: good parts, an empty belt, or something that only
looks like a defect (an oil film, a shadow, a reflection). The files of {dataset.lost_files} labelled images have
gone missing since, as happens. Frames of one part (same number, _f1, _f2, ...) are
near-duplicates; this pattern finds the part in a file name, so that no split cuts it:

  {PART_PATTERN}

Some classes were never seen under some conditions; finding out which is what the demo is for.
"""

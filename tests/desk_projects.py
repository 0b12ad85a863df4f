"""A small indexed project of balls, apples and bricks on textured ground, for mining and the Desk."""

from __future__ import annotations

from array import array
from pathlib import Path

import cv2
import numpy as np
import pytest

from builders import a_project
from photo_sets import inline_pool, jpeg_of
from tailwise.analysis import embedding_learning
from tailwise.domain.index import IndexRequest
from tailwise.domain.records import (
    AnnotationKind,
    AxisColumns,
    AxisKind,
    CategoryRecord,
    LabelState,
    MediaState,
    Role,
    SourceData,
    SourceFile,
)
from tailwise.ops.progress import SILENT
from tailwise.usecases.image_index import build_index

CLASSES = ("ball", "apple", "brick")
INKS = {"ball": (40, 40, 220), "apple": (40, 80, 210), "brick": (200, 120, 40)}
SIZE = (160, 120)
SIDE = 34
PATCH_CENTRES = 64
"""As many as three shapes on plain ground need; the 400 of real pictures take half of the time of an index."""
SPOTS = ((8, 10), (60, 14), (112, 10), (10, 70), (62, 74), (114, 70))


def a_scene(number: int) -> tuple[np.ndarray, list[tuple[str, tuple[float, float, float, float]]]]:
    """Return a picture and its objects; the last spot holds a ball that nobody annotated in every fifth picture."""
    rng = np.random.default_rng(number)
    pixels = rng.integers(90, 130, (SIZE[1], SIZE[0], 3)).astype(np.uint8)
    objects = []
    for spot, name in zip(SPOTS[:3], rng.permutation(CLASSES), strict=True):
        x, y = spot[0] + int(rng.integers(0, 6)), spot[1] + int(rng.integers(0, 6))
        draw(pixels, name, x, y, rng)
        objects.append((str(name), (float(x), float(y), float(SIDE), float(SIDE))))
    if number % 5 == 0:
        draw(pixels, "ball", *SPOTS[5], rng)
    pixels[70:104, 10:44] = rng.integers(0, 255, (34, 34, 3))  # clutter: background with something to see on it
    return pixels, objects


def draw(pixels: np.ndarray, name: str, x: int, y: int, rng: np.random.Generator) -> None:
    ink = tuple(int(v) for v in np.clip(np.array(INKS[name]) + rng.integers(-15, 15, 3), 0, 255))
    if name == "brick":
        cv2.rectangle(pixels, (x + 2, y + 6), (x + SIDE - 3, y + SIDE - 8), ink, -1)
    else:
        cv2.circle(pixels, (x + SIDE // 2, y + SIDE // 2), SIDE // 2 - 2, ink, -1)
    if name == "apple":
        cv2.line(pixels, (x + SIDE // 2, y), (x + SIDE // 2, y + 8), (20, 60, 20), 3)


def a_desk_project(
    folder: Path, images: int = 30, *, boxes: bool = True, predictions: bool = True, ambiguous: int = -1
):
    """Return an open project: `images` indexed pictures, the last third of them in val.

    Without boxes each picture has one label; the one numbered `ambiguous` has two.
    """
    root = folder / "scenes"
    root.mkdir(parents=True)
    data = SourceData(format="coco", name="scenes", root=str(root))
    data.categories = [CategoryRecord(n, str(i)) for i, n in enumerate(CLASSES)]
    lighting = AxisColumns("lighting", AxisKind.CONDITION, "test", ["day", "night"])
    for number in range(images):
        pixels, objects = a_scene(number)
        name = f"{number:03}.jpg"
        (root / name).write_bytes(jpeg_of(pixels))
        item = data.items.append(
            name, ext_id=name, size=SIZE, state=LabelState.LABELLED, media=MediaState.PRESENT, file=0
        )
        lighting.append(item, number % 2)
        if boxes:
            for label, box in objects:
                area = box[2] * box[3]
                data.annotations.append(item, CLASSES.index(label), kind=AnnotationKind.BOX, box=box, area=area)
        else:
            for label, _box in objects[: 1 + (number == ambiguous)]:
                data.annotations.append(item, CLASSES.index(label), kind=AnnotationKind.LABEL)
    data.axes = [lighting]
    cut = 2 * images // 3
    data.splits = {"train": array("i", range(cut)), "val": array("i", range(cut, images))}
    data.files = [SourceFile("annotations.json", 1)]
    sources = [data, _detections(folder, images)] if predictions and boxes else [data]
    project = a_project(folder / "desk.tailwise", *sources)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(embedding_learning, "CENTRES", PATCH_CENTRES)
        build_index(project, IndexRequest(), SILENT, inline_pool)
    return project


def _detections(folder: Path, images: int) -> SourceData:
    """Balls that a model found: on the clutter of every picture, and beside the unlabelled ball of every fifth."""
    data = SourceData(format="coco", name="model", root=str(folder / "model"), role=Role.PREDICTIONS)
    data.categories = [CategoryRecord("ball", "0")]
    for number in range(images):
        name = f"{number:03}.jpg"
        item = data.items.append(name, ext_id=name, size=SIZE, state=LabelState.LABELLED, media=MediaState.MISSING)
        data.annotations.append(item, 0, kind=AnnotationKind.BOX, box=(10, 70, 34, 34), area=1156.0, score=0.9)
        if number % 5 == 0:
            data.annotations.append(item, 0, kind=AnnotationKind.BOX, box=(114, 70, 34, 34), area=1156.0, score=0.8)
    data.files = [SourceFile("results.json", 1)]
    return data

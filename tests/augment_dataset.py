"""A small COCO dataset with polygons, a run-length mask and boxes, whose pictures are there."""

import json

import cv2
import numpy as np

from tailwise.ops.child import run_here
from tailwise.ops.progress import SILENT
from tailwise.usecases.import_source import ImportRequest, import_source
from tailwise.usecases.projects import create_project

SIZE = (96, 64)
CLASSES = ("bolt", "nut", "left part", "right part")


def runs_of(mask):
    flat = mask.T.ravel()
    changes = np.flatnonzero(np.diff(flat)) + 1
    runs = np.diff(np.concatenate([[0], changes, [len(flat)]])).tolist()
    return [0, *runs] if flat[0] else runs


def a_dataset(root, images=6):
    """Write `images` pictures: each shows a bolt (polygon) and a nut (box), every third also a left part (mask)."""
    (root / "images").mkdir(parents=True)
    rng = np.random.default_rng(1)
    listed, annotations = [], []
    for i in range(images):
        name = f"p{i}.png"
        picture = rng.integers(90, 130, (SIZE[1], SIZE[0], 3), dtype=np.uint8)
        picture[10:40, 20:50] = (40 + 10 * (i % 20), 160, 90)
        cv2.imwrite(str(root / "images" / name), picture)
        listed.append({"id": i + 1, "file_name": name, "width": SIZE[0], "height": SIZE[1]})
        ring = [20, 10, 50, 10, 50, 40, 20, 40]
        annotations.append(an_object(annotations, i, 1, [20, 10, 30, 30], 900, [ring]))
        annotations.append(an_object(annotations, i, 2, [60, 30, 20, 20], 400, []))
        if i % 3 == 0:
            mask = np.zeros((SIZE[1], SIZE[0]), np.uint8)
            mask[5:25, 55:90] = 1
            shape = {"counts": runs_of(mask), "size": [SIZE[1], SIZE[0]]}
            annotations.append(an_object(annotations, i, 3, [55, 5, 35, 20], 700, shape))
    categories = [{"id": i + 1, "name": name} for i, name in enumerate(CLASSES)]
    document = {"images": listed, "annotations": annotations, "categories": categories}
    (root / "annotations.json").write_text(json.dumps(document), encoding="utf-8")
    return root


def an_object(before, image, category, box, area, segmentation):
    return {
        "id": len(before) + 1, "image_id": image + 1, "category_id": category, "bbox": box, "area": area,
        "segmentation": segmentation, "iscrowd": 0,
    }  # fmt: skip


def a_project_with_pictures(folder, images=6):
    """Import the dataset into a project."""
    return a_project_of(folder, a_dataset(folder / "parts", images))


def a_project_of(folder, root):
    """Import a dataset that is there."""
    project = create_project(folder / "parts.tailwise")
    import_source(project, ImportRequest(root), SILENT, run_here)
    return project


def a_project_of_folders(folder):
    """Import three pictures of cats and three of dogs, a folder per class."""
    rng = np.random.default_rng(4)
    for name in ("cat", "dog"):
        (folder / "pets" / name).mkdir(parents=True)
        for i in range(3):
            picture = rng.integers(0, 255, (40, 50, 3), dtype=np.uint8)
            cv2.imwrite(str(folder / "pets" / name / f"{name}{i}.jpg"), picture)
    project = create_project(folder / "pets.tailwise")
    import_source(project, ImportRequest(folder / "pets"), SILENT, run_here)
    return project

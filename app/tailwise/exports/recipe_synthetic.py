"""Labels of synthetic pictures: COCO, YOLO, whole-image classes, and a list that says where every picture comes from.

All is marked synthetic and belongs to training only; nothing of it may be mistaken for a real picture later.
"""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

import imagesize
import msgspec

from tailwise.domain.exports import Audience
from tailwise.domain.generated import OWN_GENERATOR
from tailwise.domain.recipe_json import recipe_json
from tailwise.exports.texts import writable, yaml_quoted
from tailwise.ops.progress import track

if TYPE_CHECKING:
    from pathlib import Path

    from tailwise.domain.synthetic import SyntheticImage, SyntheticObject, SyntheticSet
    from tailwise.exports.package import Package
    from tailwise.ops.progress import Progress

IMAGES = "images"
COCO_FILE = "annotations.json"
LIST_FILE = "synthetic.csv"
CLASSES_FILE = "labels.csv"
_LIST_COLUMNS = (
    "file",
    "synthetic",
    "split",
    "parent_id",
    "parent_file",
    "source",
    "seed",
    "variant",
    "flags",
    "generator",
)
_README = """# Synthetic training pictures

Made by Tailwise from real pictures of the training part; see `recipe.json` for the steps and `synthetic.csv` for the
parent, group and seed of every picture. Use them for training only: never validate or test on them, and never count
them as real. Every picture belongs to the groups of its parent (columns `group: …`); keep them together in any split.

Should you import them into a project, register them with `tailwise generated PROJECT synthetic.csv`: then they count as
synthetic there too, and stay with their parents.
"""


def write_synthetic(data: SyntheticSet, package: Package, progress: Progress) -> None:
    """Register the pictures, which are in place already, and write their labels."""
    progress.stage("Writing labels", len(data.images))
    package.add_text("README.md", _README, "readme", Audience.TRAINING)
    package.add_json("recipe.json", recipe_json(data.recipe), len(data.recipe.steps), "recipe", Audience.TRAINING)
    sizes = {image.file: (image.width, image.height) for image in data.images}
    package.add_folder(IMAGES, sizes, len(sizes), "synthetic-images", lambda path, p: _readable(path, sizes, p))
    _write_list(data, package)
    if any(image.labels for image in data.images):
        _write_classes(data, package)
    if any(image.objects for image in data.images):
        if data.with_coco:
            _write_coco(data, package, progress)
        if data.with_yolo:
            _write_yolo(data, package)
    package.check("synthetic_images", len(data.images))
    package.check("synthetic_objects", sum(len(i.objects) for i in data.images))
    package.check("flagged_images", sum(bool(i.flags) for i in data.images))


def _readable(folder: Path, sizes: dict[str, tuple[int, int]], progress: Progress) -> int:
    """Return how many pictures have the size that their labels were made for."""
    found = 0
    for file, size in track(sizes.items(), progress):
        found += imagesize.get(str(folder.parent.joinpath(*file.split("/")))) == size
    return found


def _write_list(data: SyntheticSet, package: Package) -> None:
    groups = sorted({name for image in data.images for name in image.groups})
    conditions = sorted({name for image in data.images for name in image.conditions})
    generator = f"{OWN_GENERATOR} {data.recipe.name}"
    header = [*_LIST_COLUMNS, *(f"group: {g}" for g in groups), *conditions]
    rows = [
        [
            i.file, "yes", "train", i.parent_id, i.parent_file, i.source, i.seed, i.variant, "; ".join(i.flags),
            generator, *(i.groups.get(g, "") for g in groups), *(i.conditions.get(c, "") for c in conditions),
        ]
        for i in data.images
    ]  # fmt: skip
    _write_csv(package, LIST_FILE, header, rows, "synthetic-list")


def _write_classes(data: SyntheticSet, package: Package) -> None:
    rows = [[i.file, name, round(weight, 6)] for i in data.images for name, weight in i.labels.items()]
    _write_csv(package, CLASSES_FILE, ["file", "class", "weight"], rows, "soft-labels")


def _write_csv(package: Package, name: str, header: list[str], rows: list[list[Any]], role: str) -> None:
    with package.text_file(name) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([writable(h) for h in header])
        writer.writerows([[writable(v) if isinstance(v, str) else v for v in row] for row in rows])
    package.add(name, len(rows), role, Audience.TRAINING, _count_records)


def _count_records(path: Path, progress: Progress) -> int:
    progress.advance()
    with path.open(encoding="utf-8", newline="") as file:
        return sum(1 for _ in csv.reader(file)) - 1


def _write_coco(data: SyntheticSet, package: Package, progress: Progress) -> None:
    number = {name: i for i, name in enumerate(data.classes, start=1)}
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for image_id, image in enumerate(track(data.images, progress), start=1):
        images.append(_coco_image(image_id, image))
        for thing in image.objects:
            annotations.append(_coco_object(len(annotations) + 1, image_id, number[thing.class_name], thing, image))
    document = {
        "info": {"description": "Synthetic training pictures; not for validation or test", "recipe": data.recipe.name},
        "licenses": [],
        "categories": [{"id": i, "name": writable(name), "supercategory": ""} for name, i in number.items()],
        "images": images,
        "annotations": annotations,
    }
    with package.text_file(COCO_FILE) as file:
        json.dump(document, file, ensure_ascii=False, allow_nan=False)
        file.write("\n")

    def verify(path: Path, progress: Progress) -> int:
        progress.advance(len(annotations))
        found = msgspec.json.decode(path.read_bytes())
        same = len(found["images"]) == len(images) and found["annotations"] == annotations
        return len(annotations) if same else -1

    package.add(COCO_FILE, len(annotations), "coco", Audience.TRAINING, verify)


def _coco_image(image_id: int, image: SyntheticImage) -> dict[str, Any]:
    return {
        "id": image_id,
        "file_name": image.file,
        "width": image.width,
        "height": image.height,
        "synthetic": True,
        "split": "train",
        "parent_id": image.parent_id,
        "parent_file_name": writable(image.parent_file),
        "groups": {writable(k): writable(v) for k, v in image.groups.items()},
        "seed": image.seed,
        "variant": image.variant,
    }


def _coco_object(
    annotation_id: int, image_id: int, category_id: int, thing: SyntheticObject, image: SyntheticImage
) -> dict[str, Any]:
    segmentation: Any = [[round(v, 3) for v in part] for part in thing.polygons]
    if thing.runs:
        segmentation = {"counts": list(thing.runs), "size": [image.height, image.width]}
    return {
        "id": annotation_id,
        "image_id": image_id,
        "category_id": category_id,
        "bbox": [round(v, 3) for v in thing.box],
        "area": round(thing.area, 3),
        "segmentation": segmentation,
        "iscrowd": int(thing.is_crowd),
        "visible": round(thing.visible, 4),
        "pasted": thing.is_pasted,
    }


def _write_yolo(data: SyntheticSet, package: Package) -> None:
    number = {name: i for i, name in enumerate(data.classes)}
    every = [thing for image in data.images for thing in image.objects]
    as_polygons = all(len(thing.polygons) == 1 for thing in every)
    children: dict[str, int] = {}
    for image in data.images:
        place = "labels/" + image.file.partition("/")[2].rpartition(".")[0] + ".txt"
        lines = [_yolo_line(number[t.class_name], t, image, as_polygons=as_polygons) for t in image.objects]
        with package.text_file(place) as file:
            file.writelines(f"{line}\n" for line in lines)
        children[place] = len(lines)

    def verify(folder: Path, progress: Progress) -> int:
        found = 0
        for child, lines in track(children.items(), progress):
            text = folder.parent.joinpath(*child.split("/")).read_text(encoding="utf-8")
            shares = [float(v) for line in text.splitlines() for v in line.split()[1:]]
            found += lines if text.count("\n") == lines and all(0 <= v <= 1 for v in shares) else -1
        return found

    package.add_folder("labels", children, sum(children.values()), "yolo-labels", verify)
    names = "".join(f"  {i}: {yaml_quoted(name)}\n" for name, i in number.items())
    package.add_text("data.yaml", f"path: .\ntrain: images\nnames:\n{names}", "yolo-data", Audience.TRAINING)


def _yolo_line(number: int, thing: SyntheticObject, image: SyntheticImage, *, as_polygons: bool) -> str:
    if as_polygons:
        flat = thing.polygons[0]
        values = [v / (image.width, image.height)[i % 2] for i, v in enumerate(flat)]
    else:
        x, y, width, height = thing.box
        values = [
            (x + width / 2) / image.width, (y + height / 2) / image.height, width / image.width, height / image.height,
        ]  # fmt: skip
    return " ".join([str(number), *(f"{min(1.0, max(0.0, v)):.6f}" for v in values)])

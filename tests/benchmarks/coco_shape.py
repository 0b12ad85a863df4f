"""Write a COCO instances file of the shape of train2017: same numbers of records, keys, order and size; invented content.

The real file may not be shipped and is 448 MB. This one is the same on every machine: polygons from a seeded bank,
one crowd run-length mask in eighty-six objects, a long tail over eighty categories whose ids have gaps, annotations
not grouped by image, and about a hundredth of the images without any.

    python tests/benchmarks/coco_shape.py instances_train2017.json [--images N] [--objects N]
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

IMAGES, OBJECTS, CATEGORIES = 118_287, 860_001, 80
_BANK = 8192
_CROWD_EVERY = 86
_SIZES = ((640, 480), (640, 427), (480, 640), (500, 375), (640, 640))


@dataclass(frozen=True)
class CocoShape:
    """What was written, so that a reader can be checked against it."""

    images: int
    objects: int
    crowds: int
    images_with_objects: int
    objects_by_category: dict[int, int]


def write_coco_shape(path: Path, images: int = IMAGES, objects: int = OBJECTS, seed: int = 2017) -> CocoShape:
    """Write the file and return its numbers. Same arguments, same bytes."""
    rng = np.random.default_rng(seed)
    category_ids = np.setdiff1d(np.arange(1, 91), [12, 26, 29, 30, 45, 66, 68, 69, 71, 83])
    shares = 1 / np.arange(1, CATEGORIES + 1) ** 1.1
    categories = category_ids[rng.choice(CATEGORIES, size=objects, p=shares / shares.sum())]
    image_ids = rng.permutation(np.arange(1, 5 * images + 1))[:images]
    annotated = image_ids[: max(1, images * 99 // 100)]
    owners = annotated[
        np.concatenate(
            [np.arange(min(objects, len(annotated))), rng.integers(0, len(annotated), max(0, objects - len(annotated)))]
        )
    ]
    owners = rng.permutation(owners)
    sizes = rng.integers(0, len(_SIZES), images)
    # Crowd masks are made for images of the first size.
    of_first_size = np.intersect1d(image_ids[sizes == 0], annotated)
    is_crowd = np.arange(1, objects + 1) % _CROWD_EVERY == 0
    owners[is_crowd] = rng.choice(of_first_size, int(is_crowd.sum()))
    with path.open("w", encoding="ascii", newline="\n") as file:
        file.write('{"info": {"description": "shape of COCO 2017", "version": "1.0", "year": 2017}, "licenses": [')
        file.write(
            ", ".join(
                json.dumps({"url": f"http://licences.invalid/{i}/", "id": i, "name": f"Licence {i}"})
                for i in range(1, 9)
            )
        )
        file.write('], "images": [')
        _write_images(file, image_ids, sizes, rng)
        file.write('], "annotations": [')
        crowds = _write_annotations(file, owners, categories, rng)
        file.write('], "categories": [')
        file.write(
            ", ".join(
                json.dumps({"supercategory": f"group {i // 8}", "id": int(c), "name": f"class {i:02d}"})
                for i, c in enumerate(category_ids)
            )
        )
        file.write("]}")
    found, counts = np.unique(categories, return_counts=True)
    by_category = dict(zip(found.tolist(), counts.tolist(), strict=True))
    return CocoShape(images, objects, crowds, len(np.unique(owners)), by_category)


def _write_images(file, image_ids, sizes, rng) -> None:
    licences = rng.integers(1, 9, len(image_ids))
    rows = []
    for number, size, licence in zip(image_ids.tolist(), sizes.tolist(), licences.tolist(), strict=True):
        width, height = _SIZES[size]
        name = f"{number:012d}.jpg"
        rows.append(
            f'{{"license": {licence},"file_name": "{name}","coco_url": "http://images.invalid/train2017/{name}",'
            f'"height": {height},"width": {width},"date_captured": "2013-11-{1 + number % 28:02d} 17:02:52",'
            f'"flickr_url": "http://farm9.photos.invalid/8186/{number * 7919 % 10**10:010d}_8d7e1d7f5e_z.jpg","id": {number}}}'
        )
    file.write(",".join(rows))


def _write_annotations(file, owners, categories, rng) -> int:
    polygons = [_polygon(rng) for _ in range(_BANK)]
    masks = [_crowd(rng) for _ in range(64)]
    choice = rng.integers(0, _BANK, len(owners)).tolist()
    rows, crowds = [], 0
    for number, (owner, category, which) in enumerate(
        zip(owners.tolist(), categories.tolist(), choice, strict=True), 1
    ):
        crowd = number % _CROWD_EVERY == 0
        crowds += crowd
        shape, area, box = masks[which % 64] if crowd else polygons[which]
        rows.append(
            f'{{"segmentation": {shape},"area": {area},"iscrowd": {int(crowd)},"image_id": {owner},'
            f'"bbox": {box},"category_id": {category},"id": {number}}}'
        )
        if len(rows) == 20_000 or number == len(owners):
            file.write((", " if number > len(rows) else "") + ", ".join(rows))
            rows.clear()
    return crowds


def _polygon(rng) -> tuple[str, str, str]:
    parts = 1 + (rng.random() < 0.1)
    texts, area, xs, ys = [], 0.0, [], []
    for _ in range(parts):
        points = int(rng.integers(8, 36))
        radius = rng.uniform(4, 110)
        angle = np.sort(rng.uniform(0, 2 * np.pi, points))
        reach = radius * rng.uniform(0.6, 1.0, points)
        centre = rng.uniform(112, (365, 260))
        x = np.round(centre[0] + reach * np.cos(angle), 2)
        y = np.round(centre[1] + reach * np.sin(angle), 2)
        area += abs(float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))) / 2
        xs += x.tolist()
        ys += y.tolist()
        texts.append("[" + ",".join(f"{a},{b}" for a, b in zip(x.tolist(), y.tolist(), strict=True)) + "]")
    left, top = min(xs), min(ys)
    box = f"[{left},{top},{round(max(xs) - left, 2)},{round(max(ys) - top, 2)}]"
    return "[" + ",".join(texts) + "]", repr(round(area, 5)), box


def _crowd(rng) -> tuple[str, str, str]:
    width, height = 640, 480
    left, top = int(rng.integers(10, 300)), int(rng.integers(10, 200))
    columns, rows = int(rng.integers(20, 300)), int(rng.integers(20, 250))
    runs = [left * height + top]
    for _ in range(columns - 1):
        runs += [rows, height - rows]
    runs += [rows]
    runs.append(width * height - sum(runs))
    counts = ",".join(map(str, runs))
    return (
        f'{{"counts": [{counts}],"size": [{height},{width}]}}',
        str(columns * rows),
        f"[{left},{top},{columns},{rows}]",
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path)
    parser.add_argument("--images", type=int, default=IMAGES)
    parser.add_argument("--objects", type=int, default=OBJECTS)
    options = parser.parse_args()
    written = write_coco_shape(options.path, options.images, options.objects)
    print(
        f"{options.path}: {options.path.stat().st_size:,} bytes, {written.images:,} images, {written.objects:,} objects"
    )

"""Small COCO documents for tests: everything they do not say is clean."""

import json

from dataset_trees import read, write_tree
from tailwise.formats.coco import CocoReader

SQUARE = [[10, 10, 30, 10, 30, 30, 10, 30]]


def an_image(number=1, **members):
    return {"id": number, "file_name": f"{number}.png", "width": 64, "height": 48} | members


def an_annotation(number=1, **members):
    clean = {"id": number, "image_id": 1, "category_id": 1, "bbox": [10, 10, 20, 20], "area": 400, "iscrowd": 0}
    return {key: value for key, value in (clean | {"segmentation": SQUARE} | members).items() if value is not ...}


def a_document(annotations=(), images=None, categories=None, **members):
    return {
        "images": [an_image()] if images is None else images,
        "annotations": list(annotations),
        "categories": [{"id": 1, "name": "dog"}, {"id": 2, "name": "cat"}] if categories is None else categories,
    } | members


def many(annotation, beside=9):
    """Put one annotation among clean ones, so that a single left-out record is less than a fifth."""
    return [an_annotation(100 + n) for n in range(beside)] + [annotation]


def coco(root, documents, **kwargs):
    """Read documents by path (a single one is `instances.json`) with an image `1.png` beside them."""
    if "images" in documents or "annotations" in documents or isinstance(documents, list):
        documents = {"instances.json": documents}
    files = {
        name: text if isinstance(text, str | bytes | tuple) else json.dumps(text) for name, text in documents.items()
    }
    if "1.png" not in files:
        files["1.png"] = (64, 48)
    return read(CocoReader(), write_tree(root, files), **kwargs)


def boxes(data):
    a = data.annotations
    return list(zip(a.x, a.y, a.width, a.height, strict=True))


def finding(data, code):
    return next(f for f in data.findings if f.code == code)

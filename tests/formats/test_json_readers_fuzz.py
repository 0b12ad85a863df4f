"""Exports in which single values are replaced by something else: every reader reads on, or says in a sentence why not."""

import copy
import json
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_trees import codes, read, write_tree
from tailwise.domain.errors import UserError
from tailwise.domain.records import Role
from tailwise.formats.coco import CocoReader
from tailwise.formats.datumaro import DatumaroReader
from tailwise.formats.label_studio import LabelStudioReader
from tailwise.formats.labelbox import LabelboxReader
from tailwise.formats.png_bits import PngRefusedError, count_painted
from tailwise.formats.sagemaker import SageMakerReader
from tailwise.formats.supervisely import SuperviselyReader

SIZE = {"original_width": 64, "original_height": 48}
RESULTS = [
    {"id": "r", "type": "rectanglelabels", "value": {"x": 1, "y": 2, "width": 3, "height": 4, "rotation": 5,
                                                     "rectanglelabels": ["car"]}, **SIZE},
    {"id": "p", "type": "polygonlabels", "value": {"points": [[1, 2], [9, 2], [9, 9]], "polygonlabels": ["car"]}, **SIZE},
    {"id": "b", "type": "brushlabels", "value": {"rle": [0, 0, 48, 0, 59, 255], "brushlabels": ["car"]}, **SIZE},
    {"id": "s", "type": "labels", "value": {"start": 0, "end": 3, "text": "abc", "labels": ["word"]}},
    {"type": "choices", "from_name": "scene", "value": {"choices": ["day"]}},
]  # fmt: skip
WORK = {"completed_by": {"id": 1, "email": "a@b"}, "result": RESULTS, "lead_time": 3.5, "created_at": "2025-01-01",
        "was_cancelled": False, "ground_truth": True, "reviews": [{"accepted": True, "created_at": "x"}]}  # fmt: skip
STUDIO = [
    {"id": 1, "data": {"image": "/data/local-files/?d=a%20b.png", "text": "abc"}, "annotations": [WORK, WORK],
     "predictions": [{"model_version": "m", "score": 0.5, "result": RESULTS, "created_at": "y"}, 7], "drafts": [{}]},
]  # fmt: skip
LABELBOX = [
    {
        "data_row": {"id": "r", "global_key": "a.png", "external_id": "C:\\a.png", "row_data": "https://h.invalid/a.png?t"},
        "media_attributes": {"width": 64, "height": 48, "mime_type": "text/plain"},
        "metadata_fields": [{"schema_name": "camera", "value": "left"}],
        "projects": {"p": {"name": "n", "project_details": {"workflow_status": "DONE"}, "labels": [{
            "label_details": {"created_by": "a@b", "created_at": "x"}, "performance_details": {"seconds_to_create": 3},
            "annotations": {
                "objects": [
                    {"name": "dog", "bounding_box": {"top": 1, "left": 2, "height": 3, "width": 4}},
                    {"name": "dog", "polygon": [{"x": 1, "y": 2}, {"x": 3, "y": 2}, {"x": 3, "y": 9}],
                     "classifications": [{"name": "q", "radio_answer": {"name": "v"}}]},
                ],
                "classifications": [{"name": "w", "checklist_answers": [{"name": "rain"}]}],
            }}]}},
    }
]  # fmt: skip
SAGEMAKER = [
    {"source-ref": "s3://b/a.png",
     "w": {"annotations": [{"class_id": 0, "left": 1, "top": 2, "width": 3, "height": 4}],
           "image_size": [{"width": 64, "height": 48}]},
     "w-metadata": {"class-map": {"0": "dog"}, "objects": [{"confidence": 0.5}], "type": "groundtruth/object-detection",
                    "creation-date": "x", "human-annotated": "yes", "job-name": "a/b"}},
]  # fmt: skip
DATUMARO = {
    "dm_format_version": "1.0",
    "categories": {"label": {"labels": [{"name": "dog", "parent": ""}]}},
    "items": [{"id": "a", "attr": {"weather": "rain"}, "image": {"path": "a.png", "size": [48, 64]}, "annotations": [
        {"type": "bbox", "label_id": 0, "bbox": [1, 2, 3, 4], "attributes": {"occluded": True, "score": 0.5}},
        {"type": "mask", "label_id": 0, "rle": {"counts": "32103", "size": [3, 4]}},
        {"type": "polygon", "label_id": 0, "points": [1, 2, 3, 4, 9, 9]},
        {"type": "skeleton", "label_id": 0, "elements": [{"points": [1, 2]}]},
    ]}],
}  # fmt: skip
SUPERVISELY = {
    "size": {"height": 48, "width": 64},
    "tags": [{"name": "weather", "value": "rain"}],
    "objects": [
        {"classTitle": "dog", "classId": 5, "geometryType": "polygon", "labelerLogin": "eve",
         "points": {"exterior": [[1, 2], [9, 2], [9, 9]], "interior": [[[2, 2], [3, 2], [3, 3]]]}},
        {"classTitle": "dog", "geometryType": "bitmap", "bitmap": {"data": "eJwBAAD//wAAAAE=", "origin": [1, 2]}},
        {"classTitle": "dog", "geometryType": "graph", "nodes": {"n": {"loc": [1, 2]}}},
    ],
}  # fmt: skip
LVIS = {
    "images": [{"id": 1, "coco_url": "http://h/val/a.png", "width": 64, "height": 48, "neg_category_ids": [2],
                "not_exhaustive_category_ids": [1]}],
    "categories": [{"id": 1, "name": "dog", "frequency": "r", "synset": "dog.n.01"}, {"id": 2, "name": "cat"}],
    "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4], "area": 12,
                     "segmentation": [[1, 2, 3, 2, 3, 9]]}],
}  # fmt: skip

EXPORTS = {
    "label_studio": (LabelStudioReader(), STUDIO, "a.json", json.dumps),
    "labelbox": (LabelboxReader(), LABELBOX, "a.json", json.dumps),
    "labelbox lines": (LabelboxReader(), LABELBOX, "a.ndjson", lambda rows: "\n".join(map(json.dumps, rows))),
    "sagemaker": (SageMakerReader(), SAGEMAKER, "a.manifest", lambda rows: "\n".join(map(json.dumps, rows))),
    "datumaro": (DatumaroReader(), DATUMARO, "annotations/train.json", json.dumps),
    "supervisely": (SuperviselyReader(), SUPERVISELY, "ds/ann/a.png.json", json.dumps),
    "lvis": (CocoReader(), LVIS, "lvis.json", json.dumps),
}
OTHERS = st.sampled_from(
    [None, True, 0, -1, 7, 10**30, 1e308, 0.5, float("nan"), "", "x", "\0", "\ud800", "../../x", "/etc/x", [], {}, [[]],
     [None], {"x": None}, [1, 2], "9" * 400, [[[[1]]]], {"": ""}]
)  # fmt: skip


def places(node, here=()):
    """Return the path of every value in a document, but its root."""
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [path for key, child in children for path in ((*here, key), *places(child, (*here, key)))]


def replaced(document, changes):
    changed = copy.deepcopy(document)
    for place, value in changes:
        *way, last = place
        node = changed
        try:
            for key in way:
                node = node[key]
            node[last] = copy.deepcopy(value)
        except (KeyError, IndexError, TypeError):  # an earlier change took the place away
            continue
    return changed


@pytest.mark.parametrize("name", EXPORTS)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_whatever_a_value_is_the_reader_reads_on_or_says_why_not(name, data):
    reader, document, path, dump = EXPORTS[name]
    spot = st.sampled_from(places(document))
    changes = data.draw(st.lists(st.tuples(spot, OTHERS), min_size=1, max_size=3))
    role = data.draw(st.sampled_from([Role.LABELS, Role.PREDICTIONS]))
    folder = Path(tempfile.mkdtemp())
    try:
        tree = {path: dump(replaced(document, changes)), "a b.png": (64, 48), "secret.png": (64, 48)}
        found = read(reader, write_tree(folder, tree), role=role, extra_images="ignore")
    except UserError:
        pass
    else:
        items, annotations = len(found.items), found.annotations
        assert all(0 <= item < items for item in annotations.item)
        assert all(0 <= category < len(found.categories) for category in annotations.category)
        assert not any(item.startswith(("/", "..")) for item in found.items.file_name)
        assert "secret.png" not in found.items.file_name
    finally:
        shutil.rmtree(folder)


@settings(max_examples=100, deadline=None)
@given(data=st.binary(max_size=200), place=st.integers(0, 120), byte=st.integers(0, 255))
def test_pictures_of_any_bytes_are_counted_or_refused(data, place, byte):
    whole = bytearray(PICTURE)
    whole[place % len(whole)] = byte
    for picture in (data, bytes(whole), PICTURE[:8] + data):
        try:
            area, box = count_painted(picture, 64)
        except PngRefusedError:
            continue
        assert 0 <= area <= 64 * 64
        assert all(0 <= number <= 64 for number in box)


def _chunk(kind, body):
    return len(body).to_bytes(4, "big") + kind + body + bytes(4)


def _picture(depth, colour, lines, transparent=b""):
    import zlib

    header = (4).to_bytes(4, "big") + (2).to_bytes(4, "big") + bytes([depth, colour, 0, 0, 0])
    palette = _chunk(b"PLTE", bytes(6)) if colour == 3 else b""
    extra = _chunk(b"tRNS", transparent) if transparent else b""
    body = _chunk(b"IHDR", header) + palette + extra + _chunk(b"IDAT", zlib.compress(lines)) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


PICTURE = _picture(2, 3, bytes([0, 0b00011011, 0, 0]))


@pytest.mark.parametrize(
    ("picture", "area", "box"),
    [
        (PICTURE, 3, (1, 0, 3, 1)),
        (_picture(2, 3, bytes([0, 0b00011011, 0, 0]), b"\xff\0"), 7, (0, 0, 4, 2)),
        (_picture(16, 0, bytes([0, 0, 1, 0, 0, 1, 0, 0, 0, 0, *bytes(8)])), 2, (0, 0, 3, 1)),
        (_picture(8, 4, bytes([0, 9, 0, 0, 5, 0, 0, 9, 0, 0, *bytes(8)])), 1, (1, 0, 1, 1)),
        (_picture(8, 0, bytes(10)), 0, (0, 0, 0, 0)),
    ],
)
def test_palettes_alpha_and_depths_are_understood(picture, area, box):
    assert count_painted(picture, 64) == (area, box)


@pytest.mark.parametrize("lines", [bytes([9, 1, 1, 1, 1, *bytes(5)]), bytes(3)])
def test_damaged_lines_are_refused(lines):
    with pytest.raises(PngRefusedError):
        count_painted(_picture(8, 0, lines), 64)


def test_a_polygon_with_half_a_character_in_it_is_told(tmp_path):
    """Found by replacing values: the first odd value hid the second one from the check of the text."""
    document = LVIS | {"annotations": [LVIS["annotations"][0] | {"segmentation": [[[], 1, 2, "\ud800", 5, 6]]}]}
    data = read(CocoReader(), write_tree(tmp_path, {"a.json": json.dumps(document)}))

    assert codes(data)["CO-09"] == 1

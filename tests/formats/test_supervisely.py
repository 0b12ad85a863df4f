import base64
import json
import math
import zlib

import cv2
import numpy as np
import pytest

from dataset_trees import axis, codes, objects, png, read, splits, states, write_tree
from tailwise.domain.errors import RequestError, UnreadableSourceError
from tailwise.domain.records import AnnotationFlag, AnnotationKind
from tailwise.formats.png_bits import PngRefusedError, count_painted
from tailwise.formats.supervisely import SuperviselyReader

SIZE = (64, 48)
META = json.dumps({"classes": [{"id": 5, "title": "dog", "shape": "rectangle"}], "tags": []})


def shape(kind, *exterior, **more):
    points = {"exterior": [list(point) for point in exterior], "interior": more.pop("holes", [])}
    return {"classTitle": "dog", "geometryType": kind, "points": points} | more


BOX = shape("rectangle", (10, 20), (39, 27))


def document(*objects_, tags=(), size=(48, 64)):
    return json.dumps(
        {"description": "", "size": {"height": size[0], "width": size[1]}, "tags": tags, "objects": objects_}
    )


def supervisely(root, *drawn, files=(), **answers):
    tree = {"meta.json": META, "ds/ann/a.png.json": document(*drawn), "ds/img/a.png": SIZE} | dict(files)
    return read(SuperviselyReader(), write_tree(root, {k: v for k, v in tree.items() if v is not ...}), **answers)


def bitmap(mask, origin=(5, 6), **kinds):
    data = cv2.imencode(".png", mask, **kinds)[1].tobytes()
    text = base64.b64encode(zlib.compress(data)).decode()
    return {"classTitle": "dog", "geometryType": "bitmap", "bitmap": {"data": text, "origin": list(origin)}}


L_SHAPE = np.array([[0, 255, 0], [0, 255, 255], [0, 0, 0]], np.uint8)


@pytest.mark.parametrize(
    ("drawn", "kind", "box", "area"),
    [
        (BOX, "BOX", (10, 20, 30, 8), 240),
        (shape("rectangle", (39, 27), (10, 20)), "BOX", (10, 20, 30, 8), 240),
        (
            shape("polygon", (0, 0), (20, 0), (20, 20), (0, 20), holes=[[[5, 5], [10, 5], [10, 10], [5, 10]]]),
            "POLYGON", (0, 0, 20, 20), 375,
        ),
        (shape("line", (1, 2), (11, 22)), "POINT", (1, 2, 10, 20), None),
        (bitmap(L_SHAPE), "MASK", (6, 6, 2, 2), 3),
        ({"classTitle": "dog", "geometryType": "graph", "nodes": {"n": {"loc": [1, 2]}, "m": {"loc": [3, 9]}}},
         "POINT", (1, 2, 2, 7), None),
        ({"classTitle": "dog", "geometry": {"points": {"exterior": [[0, 0], [9, 4]]}}}, "BOX", (0, 0, 10, 5), 50),
    ],
)  # fmt: skip
def test_every_kind_of_object_gives_its_hull_and_area(tmp_path, drawn, kind, box, area):
    data = supervisely(tmp_path, drawn)
    a = data.annotations

    assert (a.x[0], a.y[0], a.width[0], a.height[0]) == box
    assert (AnnotationKind[kind], codes(data)) == (a.kind[0], {})
    assert (a.area[0] if area else None) == area


RNG = np.random.default_rng(3)
NOISE = (RNG.random((13, 21)) > 0.6).astype(np.uint8) * 255


@pytest.mark.parametrize("strategy", [-1, 0, 1, 2, 3, 4])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_pictures_of_masks_are_counted_as_opencv_sees_them(channels, strategy):
    pixels = np.repeat(NOISE[:, :, None], channels, axis=2).squeeze()
    if channels == 4:
        pixels[:, :, :3] = RNG.integers(0, 255, (13, 21, 3))  # colour without alpha is not painted
    if strategy < 0:
        flags = [cv2.IMWRITE_PNG_BILEVEL, 1] if channels == 1 else []
    else:
        flags = [cv2.IMWRITE_PNG_COMPRESSION, 9, cv2.IMWRITE_PNG_FILTER, 1 << (strategy + 3)]
    data = cv2.imencode(".png", pixels, flags)[1].tobytes()

    area, box = count_painted(data, 1000)

    rows, columns = np.nonzero(NOISE)
    assert area == int((NOISE > 0).sum())
    assert box == (columns.min(), rows.min(), np.ptp(columns) + 1, np.ptp(rows) + 1)


@pytest.mark.parametrize(
    "data", [b"", b"GIF89a", png()[:40], png(2000, 3), png()[:-30].replace(b"IDAT", b"IDxT"), png()[:25] + b"\x07" * 60]
)
def test_pictures_that_are_none_are_refused(data):
    with pytest.raises(PngRefusedError):
        count_painted(data, 1000)


def test_a_bitmap_that_unpacks_to_too_much_is_not_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr("tailwise.formats.supervisely_shapes.MAX_BITMAP_BYTES", 1000)
    bomb = base64.b64encode(zlib.compress(bytes(100_000))).decode()
    data = supervisely(tmp_path, bitmap(L_SHAPE) | {"bitmap": {"data": bomb, "origin": [0, 0]}})

    assert codes(data) == {"SV-11": 1}
    assert data.annotations.flags[0] == AnnotationFlag.BAD_GEOMETRY
    assert math.isnan(data.annotations.x[0])


@pytest.mark.parametrize(
    ("drawn", "files", "expected"),
    [
        ([BOX], {"meta.json": ...}, {"SV-01": 1}),
        ([BOX], {"meta.json": "{"}, {"SV-01": 1}),
        ([BOX], {"meta.json": '{"tags": []}'}, {"SV-01": 1}),
        ([BOX], {"ds/ann/a.png.json": ..., "ds/ann/a.json": document(BOX)}, {"SV-02": 1}),
        ([BOX | {"classTitle": "owl"}], {}, {"SV-04": 1}),
        ([BOX | {"classTitle": None, "classId": 5}], {}, {"SV-04": 1}),
        ([], {}, {"SV-05": 1}),
        ([BOX], {"ds/blob.pkl": b"\x80\x04."}, {"SV-06": 1}),
        ([BOX], {"ds/img/b.png": SIZE}, {"SV-07": 1}),
        ([BOX], {"ds/img/a.png": (48, 64)}, {"SV-09": 1}),
        ([BOX | {"labelerLogin": "eve"}], {}, {"SV-10": 1}),
        ([bitmap(L_SHAPE) | {"bitmap": {"data": "?", "origin": [0, 0]}}], {}, {"SV-11": 1}),
        ([bitmap(L_SHAPE, origin=())], {}, {"SV-11": 1}),
        ([BOX] * 4, {"ds/ann/b.png.json": "{"}, {"SV-12": 1}),
        ([BOX], {"ds/ann/a.png.json": document(BOX, size=(0, 0))}, {"SV-13": 1}),
        ([*[BOX] * 9, shape("polygon", (1, 2))], {}, {"SV-14": 1}),
        ([*[BOX] * 9, BOX | {"classTitle": ""}], {}, {"SV-14": 1}),
        ([*[BOX] * 9, shape("rectangle", (1, 2), (3, "x"))], {}, {"SV-14": 1}),
        ([BOX], {"ds/img/a.png": ...}, {"IMG-01": 1}),
    ],
)  # fmt: skip
def test_each_kind_of_dirt_has_its_finding(tmp_path, drawn, files, expected):
    assert codes(supervisely(tmp_path, *drawn, files=files)) == expected


def test_logins_become_numbers(tmp_path):
    data = supervisely(tmp_path, BOX | {"labelerLogin": "Eve"}, BOX | {"labelerLogin": "adam"})

    assert next(a for a in data.axes if a.name == "annotator").values == ["A01", "A02"]
    assert "Eve" not in repr((data.items, data.axes, data.findings))


def test_tags_are_conditions_splits_and_signs_that_somebody_looked(tmp_path):
    tags = [{"name": "weather", "value": "rain"}, {"name": "train", "value": None}, {"name": "done", "value": None}]
    data = supervisely(tmp_path, files={"ds/ann/a.png.json": document(tags=tags)})

    assert (axis(data, "weather"), splits(data)) == ({"ds/img/a.png": "rain"}, {"train": ["ds/img/a.png"]})
    assert (states(data), codes(data)) == ({"ds/img/a.png": "empty"}, {})


def test_images_without_objects_are_unlabelled_unless_answered(tmp_path):
    assert states(supervisely(tmp_path)) == {"ds/img/a.png": "unlabelled"}
    assert states(supervisely(tmp_path, no_annotations="empty")) == {"ds/img/a.png": "empty"}
    with pytest.raises(RequestError, match="no_annotations"):
        supervisely(tmp_path, no_annotations="x")


def test_datasets_are_a_condition_and_keep_images_of_one_name_apart(tmp_path):
    other = {"dt/ann/a.png.json": document(BOX, BOX), "dt/img/a.png": SIZE}
    data = supervisely(tmp_path, BOX, files=other)

    assert objects(data) == {"dog": 3}
    assert axis(data, "dataset") == {"ds/img/a.png": "ds", "dt/img/a.png": "dt"}


def test_a_folder_without_a_readable_file_is_refused(tmp_path):
    with pytest.raises(UnreadableSourceError, match="No annotation file"):
        supervisely(tmp_path, files={"ds/ann/a.png.json": "["})

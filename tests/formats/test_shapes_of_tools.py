"""Polygons, masks and turned boxes of labelling tools: every shape has the area and the box that its reader stored."""

import base64
import json
import struct
import zlib

import cv2
import numpy as np
import pytest

from tailwise.domain.records import AnnotationKind
from tailwise.formats.shapes import ShapeQuery, ShapeSource, read_shapes
from tailwise.imaging.augment_shapes import ShapeKind
from tailwise.ops.child import run_here
from tailwise.ops.progress import SILENT
from tailwise.usecases.augment_scenes import SceneReader
from tailwise.usecases.import_source import ImportRequest, import_source
from tailwise.usecases.projects import create_project

SIZE = (60, 40)
RING = [[5, 5], [30, 8], [25, 30], [8, 28]]
HOLE = [[12, 12], [20, 12], [20, 20], [12, 20]]
WINDOW = np.zeros((10, 12), np.uint8)
WINDOW[2:9, 1:11] = 1
WINDOW[4, 4] = 0
POLYGON, MASK, BOX = ShapeKind.POLYGON, ShapeKind.MASK, ShapeKind.BOX


def png(mask):
    """Return a grey PNG, made with nothing of the product."""
    lines = b"".join(b"\0" + (row * 255).tobytes() for row in mask)
    header = struct.pack(">IIBBBBB", mask.shape[1], mask.shape[0], 8, 0, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(lines)), (b"IEND", b""))
    body = (struct.pack(">I", len(d)) + n + d + struct.pack(">I", zlib.crc32(n + d)) for n, d in parts)
    return b"\x89PNG\r\n\x1a\n" + b"".join(body)


def runs_along_rows(mask):
    flat = [0, *mask.ravel().tolist()]
    changes = [i for i in range(1, len(flat)) if flat[i] != flat[i - 1]] + [len(flat)]
    return [changes[0] - 1, *np.diff(changes).tolist()]


def brush(mask):
    """Pack an RGBA picture as single values, the plainest way the stream allows."""
    values = np.repeat(mask.ravel() * 255, 4).tolist()
    bits = f"{len(values):032b}" + f"{7:05b}" + "1111" * 4
    for start in range(0, len(values), 65536):
        part = values[start : start + 65536]
        bits += "0" + "11" + f"{len(part) - 1:016b}" + "".join(f"{v:08b}" for v in part)
    bits += "0" * (-len(bits) % 8)
    return [int(bits[i : i + 8], 2) for i in range(0, len(bits), 8)]


def a_cvat(root):
    points = ";".join(f"{x},{y}" for x, y in RING)
    runs = ",".join(map(str, runs_along_rows(WINDOW[2:9, 1:11])))
    (root / "annotations.xml").write_text(
        f"""<annotations><version>1.1</version><image id="3" name="a.png" width="60" height="40">
        <polygon label="cat" points="{points}"/>
        <mask label="cat" left="31" top="22" width="10" height="7" rle="{runs}"/>
        <box label="cat" xtl="10" ytl="10" xbr="30" ybr="20" rotation="30"/>
        <ellipse label="cat" cx="30" cy="20" rx="9" ry="6" rotation="20"/>
        <box label="cat" xtl="1" ytl="1" xbr="9" ybr="9"/><polygon label="cat" points="1"/>
        </image></annotations>"""
    )


def a_labelme(root):
    painted = base64.b64encode(png(np.ones((10, 12), np.uint8))).decode()
    shapes = [
        {"label": "cat", "points": RING, "shape_type": "polygon"},
        {"label": "cat", "points": [[30, 20], [36, 20]], "shape_type": "circle"},
        {"label": "pair", "points": RING, "shape_type": "polygon", "group_id": 1},
        {"label": "pair", "points": [[40, 30], [50, 38]], "shape_type": "rectangle", "group_id": 1},
        {"label": "cat", "points": [[1, 1], [9, 9]], "shape_type": "rectangle"},
        {"label": "cat", "points": [[40, 5], [51, 14]], "shape_type": "mask", "mask": painted},
        {"label": "cat", "points": [[40, 5], [51, 14]], "shape_type": "mask", "mask": "no picture"},
    ]
    document = {"shapes": shapes, "imagePath": "a.png", "imageWidth": 60, "imageHeight": 40, "imageData": None}
    (root / "a.json").write_text(json.dumps(document))


def a_label_studio(root):
    whole = np.zeros(SIZE[::-1], np.uint8)
    whole[20:30, 30:42] = WINDOW

    def result(kind, **value):
        side = {"original_width": 60, "original_height": 40}
        return {"id": kind, "type": kind, "from_name": "l", "to_name": "i", "value": {kind: ["cat"], **value}, **side}

    percent = [[x / 0.6, y / 0.4] for x, y in RING]
    results = [
        result("polygonlabels", points=percent),
        result("brushlabels", format="rle", rle=brush(whole)),
        result("ellipselabels", x=50, y=50, radiusX=10, radiusY=12, rotation=15),
        result("rectanglelabels", x=30, y=20, width=30, height=25, rotation=20),
    ]
    task = {"id": 9, "data": {"image": "a.png"}, "annotations": [{"id": 1, "result": results}]}
    (root / "export.json").write_text(json.dumps([task]))


def a_datumaro(root):
    flat = [v for point in RING for v in point]
    whole = np.zeros(SIZE[::-1], np.uint8)
    whole[20:30, 30:42] = WINDOW
    rle = {"counts": runs_along_rows(whole.T), "size": [40, 60]}
    annotations = [
        {"id": 0, "type": "polygon", "label_id": 0, "points": flat},
        {"id": 1, "type": "mask", "label_id": 0, "rle": rle},
        {"id": 2, "type": "ellipse", "label_id": 0, "points": [20, 10, 40, 26]},
        {"id": 3, "type": "rotated_bbox", "label_id": 0, "points": [30, 20, 20, 8, 25]},
        {"id": 4, "type": "bbox", "label_id": 0, "bbox": [1, 1, 8, 8]},
    ]
    item = {"id": "a", "annotations": annotations, "image": {"path": "a.png", "size": [40, 60]}}
    categories = {"label": {"labels": [{"name": "cat", "parent": ""}]}}
    (root / "annotations").mkdir()
    document = {"info": {}, "categories": categories, "items": [item]}
    (root / "annotations" / "default.json").write_text(json.dumps(document))


def a_supervisely(root):
    bitmap = base64.b64encode(zlib.compress(png(WINDOW))).decode()
    objects = [
        {"classTitle": "cat", "geometryType": "polygon", "points": {"exterior": RING, "interior": []}},
        {"classTitle": "cat", "geometryType": "polygon", "points": {"exterior": RING, "interior": [HOLE]}},
        {"classTitle": "cat", "geometryType": "bitmap", "bitmap": {"origin": [30, 20], "data": bitmap}},
        {"classTitle": "cat", "geometryType": "rectangle", "points": {"exterior": [[1, 1], [9, 9]], "interior": []}},
    ]
    (root / "d" / "ann").mkdir(parents=True)
    (root / "meta.json").write_text(json.dumps({"classes": [{"title": "cat", "shape": "any", "id": 1}]}))
    document = {"size": {"height": 40, "width": 60}, "objects": objects, "tags": []}
    (root / "d" / "ann" / "a.png.json").write_text(json.dumps(document))


TOOLS = {
    "cvat": (a_cvat, "a.png", [POLYGON, MASK, BOX, POLYGON, BOX]),
    "labelme": (a_labelme, "a.png", [POLYGON, POLYGON, POLYGON, BOX, MASK, BOX]),
    "label_studio": (a_label_studio, "a.png", [POLYGON, MASK, POLYGON, BOX]),
    "datumaro": (a_datumaro, "images/default/a.png", [POLYGON, MASK, POLYGON, BOX, BOX]),
    "supervisely": (a_supervisely, "d/img/a.png", [POLYGON, MASK, MASK, BOX]),
}


@pytest.mark.parametrize("tool", TOOLS)
def test_every_shape_has_the_area_and_the_box_that_were_stored(tmp_path, tool):
    make, image, kinds = TOOLS[tool]
    root = tmp_path / "set"
    root.mkdir()
    make(root)
    (root / image).parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(root / image), np.zeros((*SIZE[::-1], 3), np.uint8))
    project = create_project(tmp_path / "p.tailwise")
    try:
        import_source(project, ImportRequest(root, format=tool), SILENT, run_here)
        stored = project.columns.annotations
        size, labels = SceneReader(project).labels(0)
    finally:
        project.close()

    assert size == SIZE
    assert [label.kind for label in labels] == kinds
    for label in labels:
        box, area = label.box(), float(stored["area"][label.source])
        expected = [float(stored[n][label.source]) for n in ("x", "y", "width", "height")]
        is_round = label.kind is POLYGON and len(label.rings[0]) > 8  # an ellipse as 64 points
        # Holes are cut along pixels; the corners of a mask of LabelMe are pixels, its reader takes them for points.
        has_hole = tool in {"supervisely", "labelme"} and label.kind is MASK
        assert box == pytest.approx(expected, abs=1.01 if has_hole else 0.05 if is_round else 1e-4)
        tolerance = 0.25 * area if has_hole else 0.005 * area if is_round else 1e-3
        if stored["kind"][label.source] != AnnotationKind.BOX or len(label.rings[0]) == 4:
            assert label.area == pytest.approx(area, abs=tolerance)


@pytest.mark.parametrize("tool", TOOLS)
def test_files_that_are_gone_or_broken_leave_the_boxes(tmp_path, tool):
    make, image, _kinds = TOOLS[tool]
    make(tmp_path)
    files = [p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.suffix in {".json", ".xml"}]
    ext_id = {"cvat": "3", "labelme": "a", "label_studio": "9", "datumaro": "a", "supervisely": "a.png"}[tool]
    queries = [ShapeQuery(image, ext_id, SIZE), ShapeQuery("other.png", "other", SIZE)]
    source = ShapeSource(tool, tmp_path, tuple(files))

    found = read_shapes(source, queries)
    assert len(found[0]) >= 3
    assert found[1] == []
    for name in files:
        (tmp_path / name).write_text("<x" if name.endswith("xml") else "[[", encoding="utf-8")
    assert read_shapes(source, queries) == [[], []]
    for name in files:
        (tmp_path / name).unlink()
    assert read_shapes(source, queries) == [[], []]

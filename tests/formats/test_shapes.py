"""Shapes of chosen items, read again from COCO, YOLO and Pascal VOC files."""

import json

import numpy as np
import pytest

from realdata import REAL, needs_real_data
from tailwise.formats.shapes import ShapeQuery, ShapeSource, SourceShape, best_match, read_shapes

TRIANGLE = [1, 1, 9, 1, 5, 7]


def a_coco(root, annotations):
    (root / "a.json").write_text(json.dumps({"images": [], "annotations": annotations}), encoding="utf-8")
    return ShapeSource("coco", root, ("a.json",))


def shapes_of(root, **segmentation):
    annotation = {"id": 5, "image_id": 7, "category_id": 1, "bbox": [1, 1, 8, 6], **segmentation}
    return read_shapes(a_coco(root, [annotation]), [ShapeQuery("x.jpg", "7"), ShapeQuery("y.jpg", "8")])


def test_polygons_and_masks_of_coco_are_found_by_image(tmp_path):
    polygons, none = shapes_of(tmp_path, segmentation=[TRIANGLE, TRIANGLE])
    flat, _ = shapes_of(tmp_path, segmentation=TRIANGLE)
    plain, _ = shapes_of(tmp_path, segmentation={"counts": [2, 3, 1], "size": [3, 2]})
    packed, _ = shapes_of(tmp_path, segmentation={"counts": "231", "size": [3, 2]})

    assert none == []
    assert [len(polygons[0].rings), len(flat[0].rings)] == [2, 1]
    assert (polygons[0].box, polygons[0].ext_id, polygons[0].mask()) == ((1, 1, 8, 6), 5, None)
    assert plain[0].mask().tolist() == packed[0].mask().tolist() == [[0, 1], [0, 1], [1, 0]]


@pytest.mark.parametrize(
    "segmentation",
    [None, [], "x", [[1, 2]], {"counts": [2], "size": [3, 2]}, {"counts": [6], "size": [3, 2]}, {"counts": {}}],
)
def test_a_shape_that_cannot_be_used_is_not_there(tmp_path, segmentation):
    assert shapes_of(tmp_path, segmentation=segmentation) == [[], []]


def test_records_that_break_the_types_are_read_all_the_same(tmp_path):
    text = '{"annotations": [{"id": "12", "image_id": 7, "bbox": [NaN], "segmentation": [[1, 1, 9, 1, 5, 7]]}, 3]}'
    (tmp_path / "a.json").write_text(text, encoding="utf-8")
    source = ShapeSource("coco", tmp_path, ("a.json", "gone.json"))

    found = read_shapes(source, [ShapeQuery("x.jpg", "7")])[0]

    assert (found[0].box, found[0].ext_id) == ((1, 1, 8, 6), 12)
    assert read_shapes(source, [ShapeQuery("x.jpg", "7", file=1)]) == [[]]


def test_records_of_odd_types_are_taken_loosely(tmp_path):
    odd = [
        {"id": 3.0, "image_id": 7.0, "bbox": {"x": 1}, "segmentation": [TRIANGLE]},
        {"id": [], "image_id": 7.0, "segmentation": []},
        "no record",
    ]

    found = read_shapes(a_coco(tmp_path, odd), [ShapeQuery("x.jpg", "7")])[0]

    assert [(s.box, s.ext_id) for s in found] == [((1, 1, 8, 6), 3)]


def test_yolo_polygons_become_pixels_and_boxes_are_passed_over(tmp_path):
    (tmp_path / "labels" / "train").mkdir(parents=True)
    lines = "0 0.1 0.2 0.5 0.2 0.3 0.6\n1 .5 .5 .1 .1\nx y\n0 1 2 3 4 5 nan\n0 0.1 0.2 0.5 0.2 0.3 99\n"
    (tmp_path / "labels" / "train" / "a.txt").write_text(lines, encoding="utf-8")
    source = ShapeSource("yolo", tmp_path)

    found = read_shapes(source, [ShapeQuery("images/train/a.jpg", size=(100, 50)), ShapeQuery("images/train/a.jpg")])

    assert [s.rings[0].tolist() for s in found[0]] == [[[10, 10], [50, 10], [30, 30]]]
    assert found[1] == []
    assert read_shapes(source, [ShapeQuery("images/train/none.jpg", size=(9, 9))]) == [[]]
    answered = ShapeSource("yolo", tmp_path, answers={"labels": "labels/train"})
    assert len(read_shapes(answered, [ShapeQuery("pictures/a.jpg", size=(100, 50))])[0]) == 1


def test_voc_boxes_and_polygons_come_from_the_file_beside_the_image(tmp_path):
    (tmp_path / "Annotations").mkdir()
    polygon = "".join(f"<x{i}>{x}</x{i}><y{i}>{y}</y{i}>" for i, (x, y) in enumerate([(1, 1), (9, 1), (5, 7)], 1))
    box = "<bndbox><xmin>4</xmin><ymin>2</ymin><xmax>10</xmax><ymax>8</ymax></bndbox>"
    xml = f"<annotation><object><name>a</name><polygon>{polygon}</polygon></object><object>{box}</object>"
    xml += "<object><bndbox><xmin>x</xmin></bndbox></object><object/></annotation>"
    (tmp_path / "Annotations" / "a.xml").write_text(xml, encoding="utf-8")
    (tmp_path / "Annotations" / "b.xml").write_text("<!DOCTYPE x><annotation>", encoding="utf-8")
    source = ShapeSource("voc", tmp_path)

    found = read_shapes(source, [ShapeQuery(f"JPEGImages/{name}.jpg") for name in "abc"])

    assert [s.box for s in found[0]] == [(1, 1, 8, 6), (4, 2, 6, 6)]
    assert found[0][0].rings[0].tolist() == [[1, 1], [9, 1], [5, 7]]
    assert found[1:] == [[], []]
    assert read_shapes(ShapeSource("csv", tmp_path), [ShapeQuery("a.jpg")]) == [[]]


def test_a_shape_is_matched_by_its_id_then_by_its_box():
    shapes = [SourceShape((0, 0, 10, 10), ext_id=1), SourceShape((0, 0, 10, 10), ext_id=2), SourceShape((50, 50, 5, 5))]

    assert best_match((0, 0, 10, 10), shapes, set(), 2) == 1
    assert best_match((0, 0, 10, 10), shapes, {0}) == 1
    assert best_match((51, 50, 5, 5), shapes, set(), 1) == 2
    assert best_match((90, 90, 5, 5), shapes, set()) is None
    assert best_match((0, 0, 1, 1), [], set()) is None


@needs_real_data
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_every_polygon_of_a_real_coco_file_is_found_again():
    coco = pytest.importorskip("pycocotools.mask")
    root = REAL / "coco_tiny"
    files = sorted(p.relative_to(root).as_posix() for p in root.rglob("*.json"))
    name = next(f for f in files if "train" in f)
    told = json.loads((root / name).read_text(encoding="utf-8"))
    queries = [ShapeQuery(i["file_name"], str(i["id"])) for i in told["images"]]

    found = read_shapes(ShapeSource("coco", root, (name,)), queries)

    assert sum(map(len, found)) == len(told["annotations"])
    masks = [s for shapes in found for s in shapes if s.runs is not None]
    theirs = [
        coco.decode(coco.frPyObjects(a["segmentation"], *a["segmentation"]["size"]))
        for a in told["annotations"]
        if a["iscrowd"]
    ]
    assert {s.mask().tobytes() for s in masks} == {np.ascontiguousarray(m).tobytes() for m in theirs}
    assert np.isfinite(np.concatenate([r for shapes in found for s in shapes for r in s.rings])).all()

"""A small file of train2017's shape, as the benchmark writes it, against the numbers of its writer and pycocotools."""

import contextlib
import io

import pytest

from benchmarks.coco_shape import write_coco_shape
from coco_documents import finding
from dataset_trees import codes, objects, read
from tailwise.domain.records import AnnotationFlag
from tailwise.formats.coco import CocoReader


def test_a_file_of_that_shape_is_read_exactly_and_is_clean(tmp_path):
    shape = write_coco_shape(tmp_path / "instances_train2017.json", images=300, objects=2000)
    data = read(CocoReader(), tmp_path)

    by_id = {
        int(category.ext_id): count for category, count in zip(data.categories, objects(data).values(), strict=True)
    }
    assert {number: count for number, count in by_id.items() if count} == shape.objects_by_category
    assert len(set(data.annotations.item)) == shape.images_with_objects
    assert sum(bool(flags & AnnotationFlag.CROWD) for flags in data.annotations.flags) == shape.crowds
    assert codes(data) == {"CO-14": 300 - shape.images_with_objects, "IMG-01": 300}
    assert finding(data, "IMG-01").count == len(data.items)


def test_the_same_arguments_write_the_same_bytes(tmp_path):
    for name in "ab":
        write_coco_shape(tmp_path / name, images=50, objects=300)

    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_boxes_areas_and_ids_agree_with_pycocotools(tmp_path):
    oracle = pytest.importorskip("pycocotools.coco")
    write_coco_shape(tmp_path / "i.json", images=100, objects=1000)
    with contextlib.redirect_stdout(io.StringIO()):
        published = oracle.COCO(str(tmp_path / "i.json"))
    data = read(CocoReader(), tmp_path)

    a = data.annotations
    rows = zip(a.ext_id, a.item, a.category, a.x, a.y, a.width, a.height, a.area, strict=True)
    for number, item, category, *box, area in rows:
        wanted = published.anns[number]
        assert int(data.items.ext_id[item]) == wanted["image_id"]
        assert int(data.categories[category].ext_id) == wanted["category_id"]
        assert (box, area) == (wanted["bbox"], wanted["area"])

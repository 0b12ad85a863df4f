import json

import pytest

from dataset_trees import codes, finding, objects, read, splits, states, write_tree
from realdata import REAL, needs_real_data
from tailwise.domain.errors import RequestError, UnreadableSourceError
from tailwise.domain.records import AnnotationFlag, AnnotationKind, Role
from tailwise.formats.datumaro import DatumaroReader

LABELS = {"label": {"labels": [{"name": "dog", "parent": "animal"}, {"name": "cat"}], "attributes": []}}
BOX = {"id": 0, "type": "bbox", "label_id": 0, "bbox": [10, 20, 30, 8], "attributes": {}}
SIZE = (64, 48)


def item(*annotations, name="a", **more):
    return {"id": name, "annotations": list(annotations), "image": {"path": f"{name}.png", "size": [48, 64]}} | more


def document(*items, labels=LABELS):
    return json.dumps({"dm_format_version": "1.0", "infos": {}, "categories": labels, "items": items})


def datumaro(root, *items, subset="train", images=("train/a.png",), labels=LABELS, role=Role.LABELS, **answers):
    files = {f"annotations/{subset}.json": document(*items, labels=labels)}
    tree = files | {f"images/{name}": SIZE for name in images}
    return read(DatumaroReader(), write_tree(root, tree), role=role, **answers)


def drawn(kind, **more):
    return {"type": kind, "label_id": 0} | more


@pytest.mark.parametrize(
    ("annotation", "kind", "box", "area"),
    [
        (BOX, "BOX", (10, 20, 30, 8), 240),
        (drawn("polygon", points=[1, 2, 11, 2, 1, 22]), "POLYGON", (1, 2, 10, 20), 100),
        (drawn("mask", rle={"counts": "32103", "size": [3, 4]}), "MASK", (1, 0, 2, 2), 4),
        (drawn("ellipse", points=[0, 0, 20, 10]), "POLYGON", (0, 0, 20, 10), 157.08),
        (drawn("rotated_bbox", points=[20, 20, 20, 10, 90]), "BOX", (15, 10, 10, 20), 200),
        (drawn("cuboid_2d", points=[[1, 2], [8, 2], [1, 9], [8, 9]]), "BOX", (1, 2, 7, 7), 49),
        (drawn("polyline", points=[1, 2, 11, 22]), "POINT", (1, 2, 10, 20), None),
        (drawn("skeleton", elements=[{"points": [1, 2]}, {"points": [11, 22]}]), "POINT", (1, 2, 10, 20), None),
    ],
)
def test_every_kind_of_annotation_gives_its_hull_and_area(tmp_path, annotation, kind, box, area):
    data = datumaro(tmp_path, item(annotation))
    a = data.annotations

    assert tuple(round(column[0], 6) for column in (a.x, a.y, a.width, a.height)) == box
    assert (AnnotationKind[kind], codes(data)) == (a.kind[0], {})
    assert (round(a.area[0], 2) if area else None) == area


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ([item(BOX, image=None)], {"DM-01": 1, "NAME-01": 1, "IMG-09": 1}),
        ([item(BOX), item(name="b")], {"DM-02": 1, "IMG-01": 1}),
        ([item(BOX, image={"path": "x/c.jpg", "size": [48, 64]})], {"DM-03": 1, "IMG-01": 1, "IMG-10": 3}),
        ([item(BOX | {"label_id": None})], {"DM-04": 1}),
        ([item(BOX | {"label_id": 7})], {"DM-04b": 1}),
        ([item(BOX, image={"path": "../../../etc/a0.png"})], {"DM-07": 1, "IMG-01": 1, "IMG-09": 1, "IMG-10": 1}),
        ([item(BOX, image={"path": "/etc/a0.png"})], {"DM-07": 1, "IMG-01": 1, "IMG-09": 1, "IMG-10": 1}),
        ([item(BOX, image={"path": "a.png", "size": [64, 48]})], {"DM-08": 1}),
        ([item(BOX | {"attributes": {"score": 0.5}})], {"DM-10": 1}),
        ([item(drawn("mask", rle={"counts": "1", "size": [3, 4]}))], {"DM-11": 1}),
        ([item(*[BOX] * 9, drawn("bbox", bbox=[1, 2]))], {"DM-12": 1}),
        ([item(BOX, drawn("caption", caption="a dog"))], {"DM-13": 1}),
        ([*[item(BOX)] * 4, {"annotations": []}], {"DM-14": 1}),
    ],
)
def test_each_kind_of_dirt_has_its_finding(tmp_path, items, expected):
    images = ("train/a.png", "y/c.png", "z/c.png") if "DM-03" in expected else ("train/a.png",)

    assert codes(datumaro(tmp_path, *items, images=images)) == expected


def test_subsets_are_splits_and_default_is_none(tmp_path):
    first = datumaro(tmp_path / "a", item(BOX), subset="validation", images=("validation/a.png",))
    other = datumaro(tmp_path / "b", item(BOX), subset="default", images=("default/a.png",))

    assert splits(first) == {"val": ["images/validation/a.png"]}
    assert (splits(other), other.items.file_name) == ({}, ["images/default/a.png"])


def test_items_of_one_name_in_two_subsets_are_two_items(tmp_path):
    tree = {f"annotations/{subset}.json": document(item(BOX)) for subset in ("train", "val")}
    data = read(DatumaroReader(), write_tree(tmp_path, tree))

    assert data.items.file_name == ["train/a.png", "val/a.png"]


def test_attributes_are_flags_conditions_and_tracks(tmp_path):
    attributes = {"is_crowd": True, "occluded": True, "colour": "red", "clean": False, "track_id": 5, "n": 3}
    data = datumaro(tmp_path, item(BOX | {"attributes": attributes}, attr={"weather": "rain", "frame": 7}))

    assert data.annotations.flags[0] == AnnotationFlag.CROWD | AnnotationFlag.OCCLUDED
    found = {a.name: (a.kind.value, a.values) for a in data.axes}
    assert found == {
        "weather": ("condition", ["rain"]),
        "colour": ("condition", ["red"]),
        "clean": ("condition", ["no"]),
        "track": ("group", ["5"]),
    }


def test_exchanged_sizes_can_be_answered(tmp_path):
    swapped = item(BOX, image={"path": "a.png", "size": [64, 48]})

    assert "exchanged" in finding(datumaro(tmp_path, swapped), "DM-08").examples[0]
    data = datumaro(tmp_path, swapped, size_order="wh")
    assert (codes(data), data.items.width[0]) == ({}, 64)
    with pytest.raises(RequestError, match="size_order"):
        datumaro(tmp_path, swapped, size_order="x")


def test_scores_make_predictions_unless_the_user_says_otherwise(tmp_path):
    scored = item(BOX | {"attributes": {"score": 0.5}})

    data = datumaro(tmp_path, scored)
    assert (data.role, data.annotations.score.tolist()) == (Role.PREDICTIONS, [0.5])
    assert datumaro(tmp_path, scored, predictions="no").role is Role.LABELS
    assert codes(datumaro(tmp_path, scored, role=Role.PREDICTIONS)) == {}


def test_items_without_annotations_are_unlabelled_where_nothing_is_annotated(tmp_path):
    assert states(datumaro(tmp_path, item(), labels={})) == {"images/train/a.png": "unlabelled"}
    assert states(datumaro(tmp_path, item(), no_annotations="empty")) == {"images/train/a.png": "empty"}


def test_a_file_without_items_is_refused(tmp_path):
    with pytest.raises(UnreadableSourceError, match="with items"):
        datumaro(tmp_path)


@needs_real_data
def test_the_published_legacy_export_is_read(tmp_path):
    data = read(DatumaroReader(), REAL / "format_fixtures" / "datumaro" / "datumaro_dataset" / "legacy")

    assert objects(data) == {"car": 2, "bicycle": 2, "tom": 1, "mary": 2}
    assert {name: len(found) for name, found in splits(data).items()} == {"train": 2, "val": 1, "test": 1}
    assert all(data.items.media)

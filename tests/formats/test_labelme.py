import json

import pytest

from dataset_trees import axis, codes, media, objects, read, states, write_tree
from realdata import REAL, needs_real_data
from tailwise.domain.errors import QuestionError, RequestError, UnreadableSourceError
from tailwise.domain.records import AnnotationFlag, AnnotationKind
from tailwise.formats.labelme import LabelMeReader
from tailwise.formats.voc import VocReader

CAT = {"label": "cat", "points": [[30, 40], [10, 20]], "shape_type": "rectangle"}
PNG = (64, 48)


def document(*shapes, image="a.png", **others):
    size = {"imageHeight": 48, "imageWidth": 64, "imageData": None}
    return json.dumps({"version": "5.4", "flags": {}, "shapes": shapes, "imagePath": image, **size, **others})


def labelme(root, files, **kwargs):
    return read(LabelMeReader(), write_tree(root, files), **kwargs)


def one(root, *shapes, **others):
    return labelme(root, {"a.json": document(*shapes, **others), "a.png": PNG})


def shape(kind, *points, **others):
    return {"label": "cat", "points": [list(point) for point in points], "shape_type": kind, **others}


@pytest.mark.parametrize(
    ("drawn", "kind", "box", "area"),
    [
        (CAT, "BOX", (10, 20, 20, 20), 400),
        (shape("circle", (20, 20), (20, 25)), "POLYGON", (15, 15, 10, 10), 78.54),
        (shape(None, (1, 2), (11, 2), (1, 22)), "POLYGON", (1, 2, 10, 20), 100),
        (shape("linestrip", (1, 2), (11, 22)), "POINT", (1, 2, 10, 20), None),
    ],
)
def test_every_kind_of_shape_gives_its_hull_and_area(tmp_path, drawn, kind, box, area):
    a = one(tmp_path, drawn).annotations

    assert (a.x[0], a.y[0], a.width[0], a.height[0]) == box
    assert a.kind[0] == AnnotationKind[kind]
    assert (round(a.area[0], 2) if area else None) == area


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"sub/a.json": document(CAT, image="..\\a.png")}, {"LM-01": 1}),
        ({"c.json": document(CAT, image="b.png")}, {"IMG-01": 1, "LM-03": 1, "LM-05": 1, "LM-06": 1}),
        ({"a.json": document(CAT, imageWidth=None)}, {"LM-04": 1}),
        ({"a.json": document(CAT, imageWidth=640)}, {"LM-04b": 1}),
        ({"c.json": document(CAT)}, {"LM-05": 1}),
        ({"a.json": document(CAT), "b.png": PNG}, {"LM-06": 1}),
        ({"a.json": document(*[CAT | {"group_id": 1}] * 3)}, {"LM-07": 2}),
        ({"a.json": document(shape("polygon", (1, 2), (9, 9)))}, {"LM-08": 1}),
        ({"a.json": document(*(CAT | {"label": f"cat-{n}"} for n in (1, 2)))}, {"LM-09": 1}),
        ({"a.json": document(shape("mask", (1, 2), (9, 9)))}, {"LM-10": 1}),
        ({"a.json": document(CAT, image="C:\\Users\\eve\\a.png")}, {"LM-11": 1}),
        ({"a.json": document()}, {"LM-12": 1}),
        ({"a.json": document(CAT), "b.json": document(CAT)}, {"LM-05": 1, "LM-13": 1}),
        (
            {f"{n}.json": document(CAT, image=f"{n}.png") for n in range(9)}
            | {f"{n}.png": PNG for n in range(9)}
            | {"a.json": document(CAT)[:-20]},
            {"LM-14": 1, "LM-06": 1},
        ),
        ({"a.json": document(*[CAT] * 9, {"label": "", "points": [[1, 2]]})}, {"LM-15": 1}),
        ({"a.json": document(*[CAT] * 9, shape("polygon", (1, 1e99)))}, {"LM-15": 1}),
        ({"a.json": document(CAT), "other.json": '{"shapes": 5}'}, {"LM-16": 1}),
        ({"a.json": document(shape("rectangle", (60, 1), (70, 9)))}, {"BOX-02": 1}),
    ],
)
def test_each_dirty_case_has_its_finding(tmp_path, files, expected):
    assert codes(labelme(tmp_path, {"a.png": PNG} | files)) == expected


def test_parts_of_one_group_are_one_object_around_all_of_them(tmp_path):
    parts = [shape("rectangle", (x, 0), (x + 4, 4), group_id=7) for x in (0, 10)]
    other = shape("rectangle", (0, 0), (1, 1), group_id=8)
    a = one(tmp_path, *parts, other).annotations

    assert list(zip(a.x, a.width, a.area, strict=True)) == [(0, 14, 32), (0, 1, 1)]


def test_flags_of_the_image_are_classes_and_those_of_shapes_are_properties(tmp_path):
    marked = CAT | {"flags": {"occluded": True, "wet": True, "dry": False}}
    data = one(tmp_path, marked, flags={"night": True, "day": False})

    assert objects(data) == {"cat": 1, "night": 1}
    assert data.annotations.flags[0] == AnnotationFlag.OCCLUDED
    assert axis(data, "wet") == {"a.png": "yes"}


def test_a_copied_file_is_about_the_image_it_is_called_like(tmp_path):
    files = dict.fromkeys(("a.png", "b.png"), PNG)
    files |= {"a.json": document(CAT), "b.json": document(CAT, CAT)}
    data = labelme(tmp_path, files)

    assert data.items.file_name == ["a.png", "b.png"]
    assert data.annotations.item.tolist() == [0, 1, 1]


def test_an_image_that_is_only_pasted_in_is_told_as_missing_once(tmp_path):
    data = labelme(tmp_path, {"a.json": document(CAT, imageData="A" * 100_000)})

    assert media(data) == {"a.png": "missing"}
    assert codes(data) == {"IMG-01": 1}


def test_numbered_labels_and_empty_files_are_what_the_answers_say(tmp_path):
    numbered = [CAT | {"label": f"cat-{n}"} for n in (1, 2)]
    files = {"a.json": document(*numbered), "a.png": PNG, "b.json": document(image="b.png"), "b.png": PNG}
    data = labelme(tmp_path, files, instance_suffix="merge", no_annotations="unlabelled")

    assert objects(data) == {"cat": 2}
    assert states(data) == {"a.png": "labelled", "b.png": "unlabelled"}
    assert codes(data) == {}
    with pytest.raises(RequestError, match="keep or merge"):
        labelme(tmp_path, {}, instance_suffix="x")


def test_another_encoding_is_asked_for_and_then_read(tmp_path):
    text = document(CAT | {"label": "汽车"}).encode().decode("unicode_escape").encode("gb18030")

    with pytest.raises(QuestionError) as caught:
        labelme(tmp_path, {"a.json": text, "a.png": PNG})
    assert "gb18030" in [choice.value for choice in caught.value.questions[0].choices]
    assert objects(labelme(tmp_path, {}, encoding="gb18030")) == {"汽车": 1}


def test_files_that_cannot_be_read_are_told_with_their_place(tmp_path):
    with pytest.raises(UnreadableSourceError, match=r"a.json: line 1, column \d+: the file ends"):
        labelme(tmp_path, {"a.json": document(CAT)[:-9]})
    with pytest.raises(UnreadableSourceError, match="nested too deep"):
        labelme(tmp_path, {"a.json": '{"shapes": ' + "[" * 100_000 + "]" * 100_000 + "}"})


@needs_real_data
@pytest.mark.realdata
def test_published_files_have_the_boxes_of_their_voc_twins():
    gts = REAL / "voc100_multiformat_predictions/database/gts"
    data, twin = read(LabelMeReader(), gts / "labelme_format"), read(VocReader(), gts / "pascalvoc_format")

    def boxes(source):
        a = source.annotations
        rows = zip(a.item, a.category, a.x, a.y, a.width, a.height, strict=True)
        names = [name.rpartition("/")[2] for name in source.items.file_name]
        return {(names[item], source.categories[c].name, *box) for item, c, *box in rows if names[item] in wanted}

    wanted = {name.rpartition("/")[2] for name in data.items.file_name}
    assert boxes(data) == boxes(twin)
    assert len(wanted) == 6

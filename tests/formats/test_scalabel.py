import json

import pytest

from dataset_trees import axis, codes, objects, read, splits, states, write_tree
from realdata import REAL, needs_real_data, real_counts
from tailwise.domain.errors import RequestError, UnreadableSourceError
from tailwise.domain.records import AnnotationFlag, AnnotationKind, AxisKind, Role
from tailwise.formats.scalabel import ScalabelReader

PNG = (64, 48)
SIZE = {"width": 64, "height": 48}
BOX = {"category": "car", "box2d": {"x1": 10, "y1": 20, "x2": 29, "y2": 29}}


def frame(*labels, name="a.png", size=SIZE, **others):
    return {"name": name, "size": size, "labels": list(labels), **others}


def scalabel(root, frames, images=("a.png",), file="det.json", **kwargs):
    files = {file: json.dumps(frames)} | dict.fromkeys(images, PNG)
    return read(ScalabelReader(), write_tree(root, files), **kwargs)


def test_a_box_holds_its_last_pixel(tmp_path):
    a = scalabel(tmp_path, [frame(BOX)]).annotations

    assert (a.x[0], a.y[0], a.width[0], a.height[0], a.area[0]) == (10, 20, 20, 10, 200)
    assert a.kind[0] == AnnotationKind.BOX


@pytest.mark.parametrize(
    ("drawn", "kind", "box", "area"),
    [
        ({"poly2d": [{"vertices": [[1, 2], [11, 2], [1, 22]], "closed": True}]}, "POLYGON", (1, 2, 10, 20), 100),
        ({"poly2d": [[[1, 2], [11, 2], [1, 22]]]}, "POLYGON", (1, 2, 10, 20), 100),
        ({"poly2d": [{"vertices": [[1, 2], [11, 22]], "closed": False}]}, "POINT", (1, 2, 10, 20), None),
        ({"rle": {"counts": "32103", "size": [3, 4]}}, "MASK", (1, 0, 2, 2), 4),
    ],
)
def test_polygons_and_masks_give_their_hull_and_area(tmp_path, drawn, kind, box, area):
    a = scalabel(tmp_path, [frame({"category": "car", **drawn})]).annotations

    assert (a.x[0], a.y[0], a.width[0], a.height[0]) == box
    assert a.kind[0] == AnnotationKind[kind]
    assert (a.area[0] if area else None) == area


@pytest.mark.parametrize(
    ("frames", "expected"),
    [
        ([frame(BOX) | {"labels": None}], {"BD-01": 1}),
        ([frame()], {"BD-01b": 1}),
        ([frame(BOX | {"category": "person"}, BOX | {"category": "pedestrian"})], {"BD-02": 1}),
        ([frame(*[BOX] * 9, {"box2d": BOX["box2d"]})], {"BD-05": 1}),
        ([*[frame(BOX)] * 9, {"labels": []}], {"BD-06": 1, "BD-09": 8}),
        ([frame({"category": "drivable area", "poly2d": [[[1, 2], [11, 2], [1, 22]]]})], {"BD-07": 1}),
        ([frame(BOX, size=None)], {"BD-08": 1}),
        ([frame(BOX), frame(BOX, frameIndex=1)], {"BD-09": 1, "IMG-01": 1}),
        ([frame({"category": "car", "box2d": {"x1": "a"}})], {"BD-10": 1}),
        ([frame({"category": "car", "rle": {"counts": "3", "size": [9, 9]}})], {"BD-10": 1}),
        ([frame({"category": "car", "box3d": {}})], {"BD-11": 1}),
        ([frame(BOX | {"manualShape": False})], {"BD-14": 1}),
        ([frame({"category": "car", "box2d": {"x1": 9, "y1": 9, "x2": 8, "y2": 20}})], {"BOX-01": 1}),
        ([frame({"category": "car", "box2d": {"x1": 9, "y1": 9, "x2": 80, "y2": 20}})], {"BOX-02": 1}),
    ],
)
def test_each_dirty_case_has_its_finding(tmp_path, frames, expected):
    assert codes(scalabel(tmp_path, frames)) == expected


def test_attributes_are_conditions_whatever_the_case_and_undefined_is_no_value(tmp_path):
    frames = [
        frame(BOX, attributes={"timeofday": "night", "weather": "undefined", "wet": True}),
        frame(BOX, name="b.png", attributes={"TimeOfDay": "dawn/dusk", "weather": "clear"}),
    ]
    data = scalabel(tmp_path, frames, ("a.png", "b.png"))

    assert axis(data, "timeofday") == {"a.png": "night", "b.png": "dawn/dusk"}
    assert axis(data, "weather") == {"b.png": "clear"}
    assert axis(data, "wet") == {"a.png": "true"}


def test_frames_of_one_video_are_a_group_by_its_name_or_the_beginning_of_theirs(tmp_path):
    long = "b1c81faa-3df17267-0000001.jpg"
    data = scalabel(tmp_path, [frame(BOX, videoName="v1"), frame(BOX, name=long)], ())

    assert axis(data, "video") == {"a.png": "v1", long: "b1c81faa-3df17267"}
    assert next(a.kind for a in data.axes) is AxisKind.GROUP


def test_properties_of_labels_are_flags_and_other_attributes_conditions(tmp_path):
    marked = BOX | {"attributes": {"Occluded": True, "truncated": False, "trafficLightColor": "red"}, "score": 0.5}
    data = scalabel(tmp_path, [frame(marked)], role=Role.PREDICTIONS)

    assert data.annotations.flags[0] == AnnotationFlag.OCCLUDED
    assert axis(data, "trafficLightColor") == {"a.png": "red"}
    assert data.annotations.score.tolist() == [0.5]


def test_files_of_several_splits_are_read_together_and_a_broken_one_is_told(tmp_path):
    files = {f"labels/det_{split}.json": json.dumps([frame(BOX, name=f"{split}.png")]) for split in ("train", "val")}
    files |= {"labels/det_test.json": '[{"name": "c.png", "labels": [', "labels/again.json": json.dumps([frame(BOX)])}
    files |= {"labels/again_2.json": json.dumps({"frames": [frame(BOX)]})}
    data = read(ScalabelReader(), write_tree(tmp_path, files))

    assert splits(data) == {"train": ["train.png"], "val": ["val.png"]}
    assert objects(data) == {"car": 4}
    assert {code: n for code, n in codes(data).items() if code.startswith("BD")} == {"BD-12": 1, "BD-13": 1}


def test_frames_without_labels_and_road_areas_are_what_the_answers_say(tmp_path):
    area = {"category": "lane/crosswalk", "poly2d": [[[1, 2], [11, 2], [1, 22]]]}
    frames = [frame(BOX) | {"labels": None}, frame(name="b.png"), frame(area, name="c.png")]
    images = ("a.png", "b.png", "c.png")

    assert states(scalabel(tmp_path, frames, images)) == {"a.png": "unlabelled", "b.png": "empty", "c.png": "empty"}
    kept = scalabel(tmp_path, frames, images, road_areas="keep", no_annotations="unlabelled")
    assert states(kept) == {"a.png": "unlabelled", "b.png": "unlabelled", "c.png": "labelled"}
    assert codes(kept) == {}
    with pytest.raises(RequestError, match="empty or unlabelled"):
        scalabel(tmp_path, frames, no_annotations="x")


def test_a_file_without_frames_says_so(tmp_path):
    with pytest.raises(UnreadableSourceError, match="lists frames that have a name"):
        scalabel(tmp_path, [])


@needs_real_data
@pytest.mark.realdata
def test_published_tags_have_their_counts():
    data = read(ScalabelReader(), REAL / "format_fixtures/bdd100k_scalabel/tag_gts.json")
    wanted = real_counts()["format_fixtures"]["bdd_tag_gts"]

    for name, counts in wanted.items():
        values = list(axis(data, name).values())
        assert {v: values.count(v) for v in set(values)} == {v: n for v, n in counts.items() if v != "undefined"}

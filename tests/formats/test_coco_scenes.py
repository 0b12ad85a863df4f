"""Conditions and groups that COCO files carry."""

from coco_documents import a_document, an_annotation, an_image, coco, finding
from dataset_trees import codes
from tailwise.domain.records import AxisKind


def pairs(data, name):
    axis = next(axis for axis in data.axes if axis.name == name)
    return {(item, axis.values[value]): n for item, value, n in zip(axis.item, axis.value, axis.records, strict=True)}


def axes(root, images, **members):
    return coco(root, a_document([an_annotation()], images=images, **members))


def test_attributes_and_further_members_of_images_become_conditions(tmp_path):
    lights = ["night", "day", "day", None, "day"]
    images = [
        an_image(n, weather="rain" if n % 2 else "dry", attributes={"light": lights[n], "wet": n < 2, "tags": [1]})
        for n in range(5)
    ]
    data = axes(tmp_path, images)

    assert [(axis.name, axis.kind) for axis in data.axes] == [
        (n, AxisKind.CONDITION) for n in ("light", "weather", "wet")
    ]
    assert pairs(data, "light") == {(0, "night"): 1, (1, "day"): 1, (2, "day"): 1, (4, "day"): 1}
    assert set(pairs(data, "wet")) == {(0, "true"), (1, "true"), (2, "false"), (3, "false"), (4, "false")}
    assert next(axis for axis in data.axes if axis.name == "weather").values == ["dry", "rain"]


def test_members_that_describe_single_images_are_told_and_left_out(tmp_path):
    images = [an_image(n, name=f"n{n}", gps=f"{n}", url="x", camera=f"c{n % 60}", checked=True) for n in range(120)]
    data = axes(tmp_path, images)

    assert data.axes == []
    assert codes(data)["CO-20"] == 240
    assert [example.partition(":")[0] for example in finding(data, "CO-20").examples] == ["camera", "gps"]


def test_a_video_is_a_group_with_its_name(tmp_path):
    images = [an_image(n, video_id=n // 60, frame_id=n) for n in range(120)]
    data = axes(tmp_path, images, videos=[{"id": 0, "name": "north"}])

    assert [(axis.name, axis.kind) for axis in data.axes] == [("video_id", AxisKind.GROUP)]
    assert data.axes[0].values == ["1", "north"]


def test_licences_are_a_condition_by_their_names(tmp_path):
    images = [an_image(n, license=value) for n, value in enumerate([1, 1, "2", "free", None, 9, 9, {"a": 1}])]
    data = axes(tmp_path, images, licenses=[{"id": 1, "name": "BY"}, {"id": 2, "name": "BY-SA"}])

    assert data.axes[0].name == "license"
    assert data.axes[0].values == ["9", "BY", "BY-SA", "free"]
    assert len(data.axes[0].item) == 6


def test_one_licence_for_all_is_no_condition(tmp_path):
    assert axes(tmp_path, [an_image(n, license=1) for n in range(5)]).axes == []


def test_scenes_count_how_often_they_were_said(tmp_path):
    scenes = [
        {"image_id": 0, "background_ids": [1, 1, 2]},
        {"image_id": 0, "background_ids": [1]},
        {"image_id": 1, "background_ids": [7]},
        {"image_id": 5, "background_ids": [1]},
    ]
    names = [{"id": 1, "name": "sand"}, {"id": 2, "name": "water"}]
    data = axes(tmp_path, [an_image(n) for n in range(2)], scene_annotations=scenes, scene_categories=names)

    assert pairs(data, "scene") == {(0, "sand"): 3, (0, "water"): 1, (1, "unknown:7"): 1}
    assert codes(data)["CO-21"] == 2


def test_conditions_of_an_image_in_two_files_are_joined(tmp_path):
    day, night = (
        [an_image(1, light=light), an_image(n, light=light), an_image(n + 1, light=light)]
        for light, n in (("day", 2), ("night", 4))
    )
    files = {
        f"{name}.json": a_document([an_annotation()], images=images)
        for name, images in (("train", day), ("test", night))
    }
    data = coco(tmp_path, files)

    assert {value for item, value in pairs(data, "light") if item == 0} == {"day", "night"}

"""Which files of a COCO dataset are read, how they are joined, and how their images are found on disk."""

import json

import pytest

from coco_documents import a_document, an_annotation, an_image, coco, finding
from dataset_trees import codes, objects, png, read, write_tree
from tailwise.domain.errors import QuestionError, RequestError, UnreadableSourceError
from tailwise.domain.records import LabelState, MediaState, Role
from tailwise.formats.coco import CocoReader
from tailwise.formats.listing import scan
from tailwise.ops.progress import SILENT

PNG = (64, 48)
CAPTIONS = a_document([{"id": 1, "image_id": 1, "caption": "a dog"}], categories=[])
KEYPOINTS = a_document([an_annotation(keypoints=[1, 2, 2])])
RESULTS = [{"image_id": 1, "category_id": 2, "bbox": [1, 2, 3, 4], "score": 0.75}]


def by_split(data):
    return {name: [data.items.file_name[item] for item in items] for name, items in data.splits.items()}


# Several files


def test_files_per_split_share_classes_by_name_and_keep_their_ids_apart(tmp_path):
    train = a_document([an_annotation(1, category_id=1)], images=[an_image(1, file_name="a.png")])
    val = a_document(
        [an_annotation(1, category_id=1)],
        images=[an_image(1, file_name="b.png")],
        categories=[{"id": 1, "name": "cat"}],
    )
    files = {"annotations/instances_train2017.json": train, "annotations/instances_val2017.json": val}
    data = coco(tmp_path, files | {"train2017/a.png": PNG, "val2017/b.png": PNG}, extra_images="ignore")

    assert objects(data) == {"dog": 1, "cat": 1}
    assert by_split(data) == {"train": ["train2017/a.png"], "val": ["val2017/b.png"]}
    assert [(file.path, file.split) for file in data.files] == [
        (path, path[22:].partition("2017")[0]) for path in files
    ]
    assert data.items.file.tolist() == [0, 1]
    assert codes(data) == {}


def test_roboflow_folders_are_splits(tmp_path):
    names = {"train": "train", "valid": "val", "test": "test"}
    files = {f"{folder}/_annotations.coco.json": a_document([an_annotation()]) for folder in names}
    data = coco(tmp_path, files | {f"{folder}/1.png": PNG for folder in names}, extra_images="ignore")

    assert by_split(data) == {split: [f"{folder}/1.png"] for folder, split in names.items()}
    assert codes(data) == {}


def test_the_same_missing_name_in_two_folders_is_two_images(tmp_path):
    document = a_document([an_annotation()], images=[an_image(1, file_name="x.png")])
    files = {f"{folder}/_annotations.coco.json": document for folder in ("train", "test")}
    data = coco(tmp_path, files, extra_images="ignore")

    assert data.items.file_name == ["train/x.png", "test/x.png"]
    assert codes(data) == {"IMG-01": 2}


def test_an_image_in_two_files_is_one_item(tmp_path):
    files = {f"{split}.json": a_document([an_annotation()]) for split in ("train", "test")}
    data = coco(tmp_path, files)

    assert len(data.items) == 1
    assert objects(data)["dog"] == 2
    assert by_split(data) == {"train": ["1.png"], "test": ["1.png"]}
    assert finding(data, "CO-13b").examples == ("1.png in train.json and test.json",)


def test_files_that_share_the_work_by_classes_belong_together(tmp_path):
    files = {
        "dogs.json": a_document([an_annotation(category_id=1)]),
        "cats.json": a_document([an_annotation(category_id=2)]),
    }
    data = coco(tmp_path, files)

    assert objects(data) == {"dog": 1, "cat": 1}
    assert codes(data) == {}


def test_a_broken_file_does_not_stop_the_others(tmp_path):
    text = json.dumps(a_document([an_annotation()]))
    data = coco(tmp_path, {"train.json": text[:-9], "val.json": text})

    assert objects(data)["dog"] == 1
    assert "train.json, line 1, column" in finding(data, "CO-24").examples[0]
    with pytest.raises(UnreadableSourceError, match="cut off"):
        coco(tmp_path / "b", {"train.json": text[:-9], "val.json": text[:-9]})


def test_a_test_set_beside_the_labels_is_a_pool(tmp_path):
    test = {"images": [an_image(9)], "categories": [{"id": 1, "name": "dog"}]}
    data = coco(
        tmp_path,
        {"annotations/instances_train.json": a_document([an_annotation()]), "annotations/image_info_test.json": test},
    )

    assert data.items.state.tolist() == [LabelState.LABELLED, LabelState.UNLABELLED]
    assert by_split(data) == {"train": ["1.png"], "test": ["9.png"]}


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("captions_train.json", CAPTIONS),
        ("person_keypoints_train.json", KEYPOINTS),
        ("keypoints.json", KEYPOINTS),
        ("results.json", RESULTS),
        ("dets.json", a_document([an_annotation(score=0.5)])),
    ],
)
def test_files_of_another_kind_beside_the_instances_are_named_and_left_out(tmp_path, name, other):
    data = coco(
        tmp_path, {"annotations/instances_train.json": a_document([an_annotation()]), f"annotations/{name}": other}
    )

    assert objects(data)["dog"] == 1
    assert codes(data) == {"CO-17": 1}
    assert name in finding(data, "CO-17").examples[0]


def test_keypoints_alone_are_read_for_their_boxes(tmp_path):
    assert objects(coco(tmp_path, {"person_keypoints_val.json": KEYPOINTS}))["dog"] == 1


def test_captions_alone_are_refused(tmp_path):
    with pytest.raises(UnreadableSourceError, match="captions"):
        coco(tmp_path, {"captions_val.json": CAPTIONS})
    write_tree(tmp_path, {"1.png": PNG})
    with pytest.raises(UnreadableSourceError, match="holds captions"):
        coco(tmp_path, {"captions_val.json": CAPTIONS}, file="captions_val.json")


def test_panoptic_segments_count_as_objects(tmp_path):
    segments = [{"id": n, "category_id": n, "bbox": [0, 0, n, 5], "area": 4 * n, "iscrowd": 0} for n in (1, 2)]
    data = coco(
        tmp_path, {"panoptic_val.json": a_document([{"image_id": 1, "file_name": "1.png", "segments_info": segments}])}
    )

    assert objects(data) == {"dog": 1, "cat": 1}
    assert data.annotations.area.tolist() == [4, 8]
    assert codes(data) == {}


# Lists of results


def test_results_take_images_and_classes_from_the_file_beside_them(tmp_path):
    labels = a_document([an_annotation()], images=[an_image(1), an_image(2)])
    data = coco(tmp_path, {"instances.json": labels, "results.json": RESULTS}, role=Role.PREDICTIONS)

    assert objects(data) == {"dog": 0, "cat": 1}
    assert data.annotations.score.tolist() == [0.75]
    assert [file.path for file in data.files] == ["results.json"]
    assert data.items.state.tolist() == [LabelState.LABELLED, LabelState.UNLABELLED]
    assert codes(data) == {"IMG-01": 1}  # of 2.png; told where predictions are joined instead


def test_results_with_text_ids_meet_the_images_of_their_reference(tmp_path):
    labels = a_document([], images=[an_image("a/b")])
    data = coco(
        tmp_path, {"instances.json": labels, "results.json": [RESULTS[0] | {"image_id": "a/b"}]}, role=Role.PREDICTIONS
    )

    assert data.annotations.item.tolist() == [0]


def test_results_ask_which_file_names_their_images(tmp_path):
    files = {"results.json": RESULTS}
    with pytest.raises(UnreadableSourceError, match="by numbers only"):
        coco(tmp_path, files, role=Role.PREDICTIONS)

    files |= {
        "a.json": a_document([an_annotation()]),
        "b.json": a_document([an_annotation()], categories=[{"id": 2, "name": "owl"}]),
    }
    with pytest.raises(QuestionError) as raised:
        coco(tmp_path, files, role=Role.PREDICTIONS)
    assert raised.value.questions[0].key == "reference"
    assert objects(coco(tmp_path, files, role=Role.PREDICTIONS, reference="b.json")) == {"owl": 1}


def test_a_list_of_results_dropped_as_labels_is_asked_about(tmp_path):
    files = {"results.json": RESULTS, "test.json": a_document([], images=[an_image(1)])}
    with pytest.raises(QuestionError, match="are these predictions") as raised:
        coco(tmp_path, files, file="results.json")
    assert raised.value.questions[0].default == "yes"

    data = coco(tmp_path, files, file="results.json", predictions="yes")
    assert (data.role, objects(data)["cat"]) == (Role.PREDICTIONS, 1)
    assert coco(tmp_path, files, file="results.json", predictions="no").role is Role.LABELS


def test_an_export_of_label_studio_says_what_it_lacks(tmp_path):
    info = {"info": {"year": 2025, "contributor": "Label Studio"}}

    assert codes(coco(tmp_path, a_document([an_annotation()], **info))) == {"LS-10": 1}


# One file out of several


def test_a_file_can_be_chosen_and_others_leave_its_images_alone(tmp_path):
    files = {f"annotations/instances_{split}.json": a_document([an_annotation()]) for split in ("train", "val")}
    pool = {"images/train/1.png": PNG, "images/train/2.png": PNG, "images/val/1.png": PNG}
    data = coco(tmp_path, files | pool, file="annotations/instances_train.json")

    assert data.items.file_name == ["images/train/1.png", "images/train/2.png"]
    with pytest.raises(RequestError, match=r"file=x\.json"):
        coco(tmp_path, files, file="x.json")


def test_a_dropped_file_is_read_by_itself(tmp_path):
    files = {f"annotations/instances_{split}.json": a_document([an_annotation()]) for split in ("train", "val")}
    coco(tmp_path, files | {"val/1.png": PNG})

    data = read(CocoReader(), tmp_path / "annotations/instances_val.json")

    assert data.name == "instances_val"
    assert data.root == str(tmp_path)
    assert data.items.file_name == ["val/1.png"]


# Images


@pytest.mark.parametrize(
    ("name", "there", "step"),
    [
        ("a/1.jpg", "b/1.jpg", "its name alone"),
        (r"C:\data\1.jpg", "images/1.jpg", "its name alone"),
        ("/home/somebody/1.jpg", "images/1.jpg", "its name alone"),
        ("https://host.invalid/1.jpg", "images/1.jpg", "its name alone"),
        ("IMG.JPG", "images/img.jpg", "letter case"),
        ("x.jpeg", "images/x.jpg", "without the suffix"),
        ("e\u0301.jpg", "images/\u00e9.jpg", "Unicode"),
    ],
)
def test_an_image_found_in_a_less_exact_way_is_told(tmp_path, name, there, step):
    document = a_document([an_annotation()], images=[an_image(1, file_name=name)])
    data = coco(tmp_path, {"i.json": document, there: PNG}, extra_images="ignore")

    assert data.items.file_name == [there]
    assert codes(data) == {"CO-12": 1}
    assert step in finding(data, "CO-12").examples[0]
    assert "somebody" not in repr(data)


def test_backslashes_are_separators(tmp_path):
    document = a_document([an_annotation()], images=[an_image(1, file_name=r"sub\1.png")])
    data = coco(tmp_path, {"i.json": document, "images/sub/1.png": PNG}, extra_images="ignore")

    assert data.items.file_name == ["images/sub/1.png"]
    assert codes(data) == {}


@pytest.mark.parametrize("name", ["../../1.jpg", "C:\\1.jpg", "\0", "", None, "cam/2.jpg"])
def test_a_name_that_leads_nowhere_keeps_the_item(tmp_path, name):
    images = [an_image(1, file_name=name), an_image(2, file_name="ok.png")]
    files = {
        "i.json": a_document([an_annotation()], images=images),
        "ok.png": PNG,
        "a/2.jpg": PNG,
        "b/2.jpg": png(8, 8),
    }
    data = coco(tmp_path, files, extra_images="ignore")

    assert data.items.media.tolist() == [MediaState.MISSING, MediaState.PRESENT]
    assert data.items.file_name[0]
    assert not {"..", "\0"} & set(data.items.file_name[0].split("/"))
    assert codes(data)["IMG-01"] == 1
    assert codes(data).get("CO-12b") == (None if name == "\0" else 1)


def test_two_missing_images_of_one_name_outside_stay_two_items(tmp_path):
    names = [r"C:\cam1\x.jpg", r"C:\cam2\x.jpg", "x.jpg", r"C:\cam1\x.jpg"]
    images = [an_image(number, file_name=name) for number, name in enumerate(names)]
    data = coco(tmp_path, {"i.json": a_document([], images=images)}, extra_images="ignore")

    assert data.items.file_name == ["2/x.jpg", "3/x.jpg", "x.jpg"]
    assert codes(data)["CO-13b"] == 1


def test_an_image_listed_twice_is_one_item_with_all_annotations(tmp_path):
    images = [an_image(1), an_image(2, file_name="./1.png")]
    data = coco(tmp_path, a_document([an_annotation(1), an_annotation(2, image_id=2)], images=images))

    assert data.annotations.item.tolist() == [0, 0]
    assert codes(data) == {"CO-13b": 1}


def test_images_that_no_file_lists_join_the_pool(tmp_path):
    files = {"instances.json": a_document([an_annotation()]), "new/2.png": PNG, "masks/1.png": PNG}
    data = coco(tmp_path, files)

    assert data.items.file_name == ["1.png", "new/2.png"]
    assert data.items.state[1] == LabelState.UNLABELLED
    assert data.items.file.tolist() == [0, -1]
    assert codes(data) == {"CO-13": 1}
    assert codes(coco(tmp_path, files, extra_images="ignore")) == {}


def test_lvis_finds_names_in_addresses(tmp_path):
    image = {"id": 1, "coco_url": "http://images.invalid/val2017/1.png?sig=x", "width": 64, "height": 48}
    data = coco(
        tmp_path,
        {"lvis_v1_val.json": a_document([an_annotation()], images=[image]), "val2017/1.png": PNG},
        extra_images="ignore",
    )

    assert data.items.file_name == ["val2017/1.png"]


def test_declared_sizes_are_compared_with_the_images(tmp_path):
    images = [an_image(1), an_image(2, width=48, height=64), an_image(3, width=10, height=10), an_image(4)]
    files = {"i.json": a_document([an_annotation()], images=images), "2.png": PNG, "3.png": PNG, "4.png": b"no image"}
    data = coco(tmp_path, files)

    assert codes(data)["IMG-02"] == 2
    assert "exchanged" in finding(data, "IMG-02").examples[0]
    assert codes(data)["IMG-04"] == 1
    assert data.items.media[3] == MediaState.UNREADABLE
    assert (data.items.width[1], data.items.height[1]) == (48, 64)


# Detection


@pytest.mark.parametrize(
    ("files", "score"),
    [
        ({"instances.json": a_document([an_annotation()])}, 95),
        ({"big.json": a_document([], images=[an_image(n) for n in range(3000)])}, 85),
        ({"results.json": RESULTS}, 75),
        ({"a.json": {"images": [{"image": "1.png"}], "annotations": [], "categories": []}}, 0),
        ({"a.json": a_document([]) | {"dm_format_version": "1.0"}}, 0),
        ({"a.json": {"shapes": [], "imagePath": "1.png"}}, 0),
        ({"a.json": "{"}, 0),
        ({"a.json": "[[[["}, 0),
        ({"a.json": b"\xff\xfe{"}, 0),
    ],
)
def test_detection_goes_by_the_members_of_the_first_bytes(tmp_path, files, score):
    tree = {name: text if isinstance(text, str | bytes) else json.dumps(text) for name, text in files.items()}

    assert CocoReader().probe(scan(write_tree(tmp_path, tree), SILENT)).score == score

import doctest

import numpy as np
import pytest

from dataset_trees import (
    CancelAfter,
    a_request,
    codes,
    finding,
    images_and_objects,
    media,
    objects,
    read,
    splits,
    states,
    write_tree,
)
from realdata import REAL, needs_real_data, real_counts
from tailwise.domain.errors import QuestionError, RequestError, UnreadableSourceError
from tailwise.domain.records import AnnotationFlag, AnnotationKind, LabelState, Role
from tailwise.formats import yolo_files, yolo_items
from tailwise.formats.yolo import YoloReader
from tailwise.ops.progress import OpCancelledError

READER = YoloReader()
BOX = "0 0.5 0.5 0.25 0.5\n"
YAML = "path: .\ntrain: images/train\nval: images/val\nnames: [cat, dog]\n"


def simple(tmp_path, label=BOX, **more):
    return write_tree(tmp_path, {"classes.txt": "cat\ndog\n", "images/a.png": (64, 48), "labels/a.txt": label, **more})


def test_examples_hold():
    assert doctest.testmod(yolo_files).failed == 0
    assert doctest.testmod(yolo_items).failed == 0


def test_shares_become_pixels_of_the_image(tmp_path):
    data = read(READER, simple(tmp_path))

    box = data.annotations
    assert (box.x[0], box.y[0], box.width[0], box.height[0], box.area[0]) == (24, 12, 16, 24, 384)
    assert (data.items.width[0], data.items.height[0]) == (64, 48)
    assert objects(data) == {"cat": 1, "dog": 0}
    assert [c.ext_id for c in data.categories] == ["0", "1"]


def test_splits_and_names_come_from_data_yaml(tmp_path):
    write_tree(tmp_path, {
        "data.yaml": YAML + "nc: 2\n",
        "images/train/a.png": (64, 48), "labels/train/a.txt": BOX,
        "images/val/b.png": (64, 48), "labels/val/b.txt": "1 0.5 0.5 1 1\n",
        "images/extra/c.png": (64, 48),
    })  # fmt: skip

    data = read(READER, tmp_path)

    assert objects(data) == {"cat": 1, "dog": 1}
    assert splits(data) == {"train": ["images/train/a.png"], "val": ["images/val/b.png"]}
    assert states(data)["images/extra/c.png"] == "unlabelled"
    assert codes(data) == {"YO-24": 1}
    assert [f.path for f in data.files] == ["data.yaml"]
    assert "images/extra/c.png" not in states(read(READER, tmp_path, extra_images="ignore"))


@pytest.mark.parametrize(
    "value",
    [
        "../train/images",
        "/home/somebody/data/train/images",
        r"D:\data\train\images",
        "train/images/",
        "./train/images",
        "[train/images, nowhere/images]",
        "lists/train.txt",
    ],
)
def test_a_split_is_found_in_the_ways_exports_write_it(tmp_path, value):
    write_tree(tmp_path, {
        "data.yaml": f"names: [cat]\ntrain: {value}\n",
        "train/images/a.png": (64, 48), "train/labels/a.txt": BOX,
        "lists/train.txt": "./../train/images/a.png\n",
    })  # fmt: skip

    assert splits(read(READER, tmp_path)) == {"train": ["train/images/a.png"]}


def test_a_split_that_is_not_there_is_a_finding_and_names_nothing_private(tmp_path):
    write_tree(tmp_path, {
        "data.yaml": "names: [cat]\ntrain: images/train\nval: /home/somebody/secret/val/images\n",
        "images/train/a.png": (64, 48), "labels/train/a.txt": BOX,
    })  # fmt: skip

    found = finding(read(READER, tmp_path), "YO-21")

    assert found.count == 1
    assert found.examples == ("data.yaml: val: …/val/images",)


def test_lists_of_another_computer_are_matched_by_their_last_parts(tmp_path):
    write_tree(tmp_path, {
        "data.yaml": "names: [cat]\ntrain: train.txt\nval: val.txt\n",
        "train.txt": "/home/somebody/set/train/1.png\n/home/somebody/set/train/gone.png\n",
        "val.txt": "C:\\set\\val\\1.png\n",
        "train/1.png": (64, 48), "train/1.txt": BOX, "val/1.png": (32, 32), "val/1.txt": BOX,
    })  # fmt: skip

    data = read(READER, tmp_path)

    assert splits(data) == {"train": ["train/1.png", "gone.png"], "val": ["val/1.png"]}
    assert codes(data)["YO-13"] == 3
    assert media(data)["gone.png"] == "missing"
    assert "somebody" not in repr(data)


def test_darknet_description_with_names_and_lists(tmp_path):
    write_tree(tmp_path, {
        "obj.data": "classes = 2\ntrain = data/train.txt\nnames = data/obj.names\nbackup = backup/\n",
        "obj.names": "cat\ndog\n", "train.txt": "data/obj_train_data/a.png\n",
        "obj_train_data/a.png": (64, 48), "obj_train_data/a.txt": "1 0.5 0.5 1 1\n",
    })  # fmt: skip

    data = read(READER, tmp_path)

    assert objects(data) == {"cat": 0, "dog": 1}
    assert splits(data) == {"train": ["obj_train_data/a.png"]}


def test_labels_lie_beside_in_a_mirror_below_or_anywhere(tmp_path):
    write_tree(tmp_path, {
        "classes.txt": "cat\n",
        "one/a.png": (64, 48), "one/a.txt": BOX,
        "two/images/x/b.png": (64, 48), "two/labels/x/b.txt": BOX,
        "three/c.png": (64, 48), "three/labels/c.txt": BOX,
        "four/d.png": (64, 48), "four/yolo_txt/d.txt": BOX,
    })  # fmt: skip

    data = read(READER, tmp_path)

    assert list(data.annotations.item) == [0, 1, 2, 3]
    assert set(states(data).values()) == {"labelled"}
    assert codes(data) == {"YO-22": 1}


def test_two_label_folders_for_the_same_images_are_asked_for(tmp_path):
    write_tree(tmp_path, {"p/a.png": (64, 48), "first/a.txt": BOX, "second/a.txt": BOX * 2, "classes.txt": "cat\n"})

    with pytest.raises(QuestionError) as caught:
        read(READER, tmp_path)

    assert [(q.key, [c.value for c in q.choices]) for q in caught.value.questions] == [("labels", ["first", "second"])]
    assert len(read(READER, tmp_path, labels="second").annotations) == 2


def test_predictions_beside_the_labels_are_left_out_with_a_finding(tmp_path):
    data = read(READER, simple(tmp_path, **{"runs/predict/labels/a.txt": "0 0.1 0.1 0.1 0.1 0.9\n"}))

    assert (len(data.annotations), codes(data)["YO-23"]) == (1, 1)


def test_a_missing_label_file_means_unlabelled_when_many_are_missing_and_empty_when_few_are(tmp_path):
    files = {"data.yaml": YAML}
    for split, missing in (("train", 1), ("val", 5)):
        for n in range(10):
            files[f"images/{split}/{split}{n}.png"] = (64, 48)
            if n >= missing:
                files[f"labels/{split}/{split}{n}.txt"] = BOX if n > 5 else ""
    write_tree(tmp_path, files)

    found = states(read(READER, tmp_path))
    answered = read(READER, tmp_path, missing_labels="empty")

    assert (found["images/train/train0.png"], found["images/val/val0.png"]) == ("empty", "unlabelled")
    assert found["images/val/val5.png"] == "empty"
    assert states(answered)["images/val/val0.png"] == "empty"
    assert [e.split(",")[0] for e in finding(read(READER, tmp_path), "YO-26").examples] == [
        "train: 1 of 10 taken as empty", "val: 5 of 10 taken as unlabelled"
    ]  # fmt: skip


def test_an_image_that_is_not_there_keeps_its_objects_without_pixels(tmp_path):
    data = read(READER, write_tree(tmp_path, {"labels/a.txt": BOX, "classes.txt": "cat\n"}))

    assert media(data) == {"labels/a": "missing"}
    assert np.isnan([data.annotations.x[0], data.annotations.area[0]]).all()
    assert codes(data) == {"YO-09": 1, "YO-27": 1}


def test_an_upright_size_is_used_for_images_stored_turned(tmp_path):
    from imaging_bytes import turned_jpeg

    data = read(READER, write_tree(tmp_path, {"a.jpg": turned_jpeg(64, 48), "a.txt": BOX, "classes.txt": "cat\n"}))

    assert (data.items.width[0], data.items.height[0], data.annotations.x[0]) == (48, 64, 18)
    assert codes(data) == {"IMG-03": 1}


@pytest.mark.parametrize(
    ("code", "label", "kept"),
    [
        ("YO-01", "0 1.2 0.5 0.25 0.5\n", 1),
        ("YO-02", "7 0.5 0.5 0.25 0.5\n", 1),
        ("YO-12", "0,0.5,0.5,0.25,0.5\n", 1),
        ("YO-15", BOX + "0 nan 0.5 0.25 0.5\n", 1),
        ("YO-15", BOX + "0 0.5 0.5\n", 1),
        ("YO-15", BOX + "-1 0.5 0.5 0.1 0.1\n", 1),
        ("YO-15", BOX + "0.5 0.5 0.5 0.1 0.1\n", 1),
        ("YO-15", BOX + "0 1e999 0.5 0.1 0.1\n", 1),
        ("YO-15", BOX + "cat 0.5 0.5 0.1 0.1\n", 1),
        ("YO-16", BOX + "1 0.1 0.1 0.1 0.1\n" + BOX, 3),
        ("YO-17", "0 0.95 0.5 0.25 0.5\n", 1),
        ("YO-18", "0 0.5 0.5 0 0.5\n", 1),
    ],
)
def test_every_kind_of_doubtful_line_has_its_code(tmp_path, code, label, kept):
    data = read(READER, simple(tmp_path, label))

    assert (codes(data).get(code), len(data.annotations)) == (1, kept)
    assert ":" in finding(data, code).examples[0] or "line" in finding(data, code).examples[0]


@pytest.mark.parametrize("label", ["\ufeff" + BOX, BOX.replace(" ", "\t"), BOX.replace("\n", "\r\n"), "0 5e-1 .5 +0.25 0.50\n", "0.0 0.5 0.5 0.25 0.5", "\n\n" + BOX])  # fmt: skip
def test_harmless_variants_of_a_line_are_read_silently(tmp_path, label):
    data = read(READER, simple(tmp_path, label))

    assert (list(data.annotations.x), codes(data)) == ([24], {})


def test_flags_tell_what_is_wrong_with_a_box(tmp_path):
    data = read(READER, simple(tmp_path, "0 0.5 0.5 0 0.5\n0 0.95 0.5 0.25 0.5\n" + BOX))

    assert list(data.annotations.flags) == [AnnotationFlag.DEGENERATE, AnnotationFlag.OUTSIDE, 0]


def test_polygons_are_counted_by_their_box_and_keep_their_area(tmp_path):
    data = read(READER, simple(tmp_path, "0 0 0 0.5 0 0.5 0.5\n1 0 0 1 0 1 1 0 1\n"))

    columns = data.annotations
    assert set(columns.kind) == {AnnotationKind.POLYGON}
    assert (columns.width[0], columns.height[0], columns.area[0], columns.area[1]) == (32, 24, 384, 64 * 48)
    assert codes(data) == {}


def test_boxes_and_polygons_in_one_dataset_are_a_finding(tmp_path):
    data = read(READER, simple(tmp_path, BOX * 3 + "1 0 0 0.5 0 0.5 0.5\n"))

    assert codes(data)["YO-07"] == 1
    assert finding(data, "YO-07").examples == ("labels/a.txt:4",)
    assert objects(data) == {"cat": 3, "dog": 1}


def test_key_points_are_left_out_and_their_box_is_kept(tmp_path):
    pose = "0 0.5 0.5 0.25 0.5 0.5 0.5 2 0.4 0.4 1\n"

    data = read(READER, simple(tmp_path, pose * 2))

    assert (data.annotations.width[0], data.annotations.kind[0]) == (16, AnnotationKind.BOX)


@pytest.mark.parametrize(
    ("line", "score"),
    [
        ("0 0.5 0.5 0.25 0.5 0.875\n", 0.875),
        ("0 0.875 0.9 0.5 0.2 0.5\n", 0.875),
        ("0 0.5 0.5 0.25 0.5 0.75 7\n", 0.75),
    ],
)
def test_lines_with_a_score_are_predictions_unless_the_user_says_otherwise(tmp_path, line, score):
    simple(tmp_path, line + line.replace("0 ", "1 ", 1))

    data = read(READER, tmp_path)
    labels = read(READER, tmp_path, predictions="no")

    assert (data.role, list(data.annotations.score)) == (Role.PREDICTIONS, [score, score])
    assert codes(data)["YO-08"] == 1
    assert (labels.role, len(labels.annotations.score)) == (Role.LABELS, 0)


def test_a_line_without_its_score_is_left_out_where_the_others_have_one(tmp_path):
    simple(tmp_path, "0 0.9 0.5 0.5 0.3 0.3\n0 0.5 0.5 0.3 0.3\n")

    data = read(READER, tmp_path, columns="score+box")

    assert list(data.annotations.score) == [pytest.approx(0.9)]
    assert codes(data)["YO-15"] == 1


def test_a_track_number_is_no_score(tmp_path):
    data = read(READER, simple(tmp_path, "0 0.5 0.5 0.25 0.5 1\n0 0.5 0.5 0.25 0.5 2\n"))

    assert (data.role, list(data.annotations.width)) == (Role.LABELS, [16, 16])


def test_six_numbers_that_fit_both_ways_are_asked_for(tmp_path):
    simple(tmp_path, "0 0.5 0.5 0.3 0.3 0.4\n")

    with pytest.raises(QuestionError, match="columns=VALUE"):
        read(READER, tmp_path)

    data = read(READER, tmp_path, columns="score+box")
    assert (data.annotations.score[0], data.annotations.width[0]) == (0.5, pytest.approx(0.3 * 64))


def test_pixels_instead_of_shares_are_refused_with_the_place(tmp_path):
    with pytest.raises(UnreadableSourceError, match=r"pixels \(120 in labels/a.txt:1\)"):
        read(READER, simple(tmp_path, "0 120 80 30 20\n"))


def test_indices_that_begin_with_one_are_asked_about(tmp_path):
    simple(tmp_path, "1 0.5 0.5 0.25 0.5\n2 0.5 0.5 0.25 0.5\n")

    assert "first_class=1" in finding(read(READER, tmp_path), "YO-02").action
    assert objects(read(READER, tmp_path, first_class="1")) == {"cat": 1, "dog": 1}


def test_without_names_only_used_indices_become_classes(tmp_path):
    data = read(READER, write_tree(tmp_path, {"a.png": (64, 48), "a.txt": "3 0.5 0.5 1 1\n8 0.5 0.5 1 1\n"}))

    assert [(c.name, c.ext_id) for c in data.categories] == [("class_3", "3"), ("class_8", "8")]
    assert finding(data, "YO-19").examples == ("indices in use: 3, 8",)


@pytest.mark.parametrize(
    ("yaml", "names", "code"),
    [
        ("names: [cat, dog]\nnc: 3", {"cat": 1, "dog": 0}, "YO-03"),
        ("names: {0: cat, 2: dog}", {"cat": 1, "dog": 0}, "YO-04"),
        ("names: {cat: 0, dog: 1}", {"cat": 1, "dog": 0}, None),
        ("names: {a: cat, b: dog}", {"cat": 1, "dog": 0}, "YO-04"),
        ("names: [no, 007]", {"no": 1, "007": 0}, "YO-05"),
        ("nc: 2", {"class_0": 1, "class_1": 0}, "YO-19"),
        ("names: extra.names", {"eins": 1, "zwei": 0}, None),
    ],
)
def test_class_names_are_read_as_written(tmp_path, yaml, names, code):
    write_tree(tmp_path, {
        "data.yaml": f"{yaml}\ntrain: images\n", "extra.names": "eins\nzwei\n",
        "images/a.png": (64, 48), "labels/a.txt": BOX,
    })  # fmt: skip

    data = read(READER, tmp_path)

    assert objects(data) == names
    assert set(codes(data)) == ({code} if code else set())


def test_the_built_in_list_of_labelimg_is_recognised(tmp_path):
    from tailwise.formats.yolo_config import LABELIMG_DEFAULT

    names = "\n".join([*LABELIMG_DEFAULT, "screw"])
    write_tree(tmp_path, {"classes.txt": names, "a.png": (64, 48), "a.txt": "15 0.5 0.5 1 1\n"})

    data = read(READER, tmp_path)

    assert (codes(data)["YO-06"], objects(data)["screw"]) == (1, 1)


def test_an_image_in_two_splits_is_a_leak(tmp_path):
    write_tree(tmp_path, {
        "data.yaml": "names: [cat]\ntrain: train.txt\nval: val.txt\n",
        "train.txt": "a.png\nb.png\n", "val.txt": "b.png\n",
        "a.png": (64, 48), "a.txt": BOX, "b.png": (64, 48), "b.txt": BOX,
    })  # fmt: skip

    data = read(READER, tmp_path)

    assert codes(data)["YO-10"] == 1
    assert finding(data, "YO-10").examples == ("train and val: b.png",)


def test_roboflow_copies_of_one_image_are_a_group(tmp_path):
    files = {"classes.txt": "cat\n"}
    for name in ("x_jpg.rf.0a", "x_jpg.rf.0b", "y_jpg.rf.0c"):
        files |= {f"{name}.png": (64, 48), f"{name}.txt": BOX}

    data = read(READER, write_tree(tmp_path, files))

    assert [(a.name, a.kind, a.values, list(a.value)) for a in data.axes] == [
        ("original", "group", ["x_jpg", "y_jpg"], [0, 0, 1])
    ]
    assert codes(data) == {"YO-11": 1}


def test_caches_of_trainers_are_not_opened(tmp_path):
    assert codes(read(READER, simple(tmp_path, **{"labels.cache": b"\x80\x04."}))) == {"YO-14": 1}


def test_nothing_in_a_yaml_is_run(tmp_path):
    write_tree(tmp_path, {
        "data.yaml": "names: [cat]\ntrain: images\ndownload: |\n  import os; os.mkdir('pwned')\n",
        "images/a.png": (64, 48), "labels/a.txt": BOX,
    })  # fmt: skip

    read(READER, tmp_path)

    assert not (tmp_path / "pwned").exists()


def test_a_folder_without_labels_is_refused(tmp_path):
    with pytest.raises(UnreadableSourceError, match="no YOLO labels"):
        read(READER, write_tree(tmp_path, {"a.png": (64, 48), "notes.txt": "a photo of a cat in the garden"}))
    with pytest.raises(UnreadableSourceError, match="No line of the 1 label files"):
        read(READER, write_tree(tmp_path, {"a.txt": "0 nan nan nan nan\n"}))


@pytest.mark.parametrize("answers", [{"columns": "x"}, {"missing_labels": "x"}, {"first_class": "2"}, {"labels": "x"}, {"names": "x"}, {"file": "x"}, {"extra_images": "x"}, {"predictions": "x"}])  # fmt: skip
def test_answers_that_are_not_known_are_refused(tmp_path, answers):
    write_tree(tmp_path, {"data.yaml": "names: [cat]\ntrain: images\n"})
    simple(tmp_path, **{"images/b.png": (64, 48), "c.png": (64, 48)})

    with pytest.raises(RequestError, match=r"=(x|2) is"):
        read(READER, tmp_path, **answers)


def test_reading_can_be_cancelled_at_every_report(tmp_path):
    request = a_request(simple(tmp_path))
    for reports in range(4):
        with pytest.raises(OpCancelledError):
            READER.read(request, CancelAfter(reports))


@needs_real_data
@pytest.mark.realdata
def test_dawn_fog_equals_its_counts():
    expected = real_counts()["dawn_fog_yolo"]["yolo"]

    data = read(READER, REAL / "dawn_fog_yolo")

    assert {name.removeprefix("class_"): n for name, n in images_and_objects(data).items()} == expected["classes"]
    assert (len(data.items), len(data.annotations)) == (expected["label_files"], expected["instances"])
    assert states(data)["Fog/haze-012.jpg"] == "empty"
    assert codes(data) == {"YO-19": 6, "YO-22": 101, "YO-28": 1}
    assert np.isfinite(np.frombuffer(data.annotations.area)).all()


@needs_real_data
@pytest.mark.realdata
@pytest.mark.parametrize("folder", ["", "database", "database/gts", "database/gts/yolo_format"])
def test_voc100_equals_its_counts_from_every_folder(folder):
    expected = real_counts()["voc100_multiformat_predictions"]["yolo"]

    data = read(READER, REAL / "voc100_multiformat_predictions" / folder)

    assert images_and_objects(data) == expected["classes"]
    assert len(data.items) == expected["label_files"]
    assert data.items.state.count(LabelState.LABELLED) == 100
    assert len(data.splits["train"]) == 100


@needs_real_data
@pytest.mark.realdata
def test_published_detections_are_predictions_with_their_scores():
    expected = real_counts()["voc100_multiformat_predictions"]["predictions"]

    data = read(READER, REAL / "voc100_multiformat_predictions" / "database", labels="dets/rel_xywh", names="voc.names")

    assert data.role is Role.PREDICTIONS
    assert {n: c for n, c in objects(data).items() if c} == expected["per_class"]
    assert min(data.annotations.score) == pytest.approx(expected["min_score"], abs=1e-6)

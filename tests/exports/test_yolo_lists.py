"""YOLO lists and labels, read back by the reader rules of Ultralytics written down a second time."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exports.export_builders import a_job, a_split, an_item, boxes_of, snapshot
from exports.yolo_reader import read_yolo
from realdata import REAL, needs_real_data
from tailwise.domain.errors import RequestError
from tailwise.domain.exports import SplitSource, YoloLabels
from tailwise.domain.records import AnnotationFlag, LabelState
from tailwise.exports.job import run_export
from tailwise.exports.yolo_labels import label_lines
from tailwise.ops.progress import SILENT


def exported(tmp_path, split, labels=YoloLabels.AUTO):
    outcome = run_export(a_job(tmp_path / "out", splits=split, yolo=labels), SILENT)
    return outcome, *read_yolo(tmp_path / "out/splits/yolo")


def warned(outcome):
    return {w.code: w.count for w in outcome.warnings if w.code != "EX-03"}


def test_a_trainer_finds_pictures_labels_and_names(tmp_path):
    outcome, names, found = exported(tmp_path, a_split())

    assert names == {0: "car", 1: "person"}
    assert list(found) == ["train", "val", "test"]
    assert found["train"]["images/1.jpg"] == [(0, 0.5, 0.5, 0.2, 0.25)]
    assert {k: len(v) for k, v in found.items()} == {"train": 4, "val": 1, "test": 1}
    assert outcome.checks["yolo_items"] == 6
    assert outcome.checks["yolo_boxes"] == 6
    assert warned(outcome) == {}


def test_data_yaml_is_exactly_by_the_rules(tmp_path):
    exported(tmp_path, a_split(classes=("no", 'say "hi": #1')))

    text = (tmp_path / "out/splits/yolo/data.yaml").read_text(encoding="utf-8")

    assert text == ('train: train.txt\nval: val.txt\ntest: test.txt\nnames:\n  0: "no"\n  1: "say \\"hi\\": #1"\n')


def test_a_missing_test_split_is_no_fault_and_is_not_named(tmp_path):
    items = [an_item(1), an_item(2, "validation")]

    _, _, found = exported(tmp_path, a_split(items, split_names=("train", "validation")))

    assert list(found) == ["train", "val"]
    assert not (tmp_path / "out/splits/yolo/test.txt").exists()


@pytest.mark.parametrize("missing", ["train", "val"])
def test_a_split_without_train_or_val_is_refused_with_a_sentence(tmp_path, missing):
    names = tuple(n for n in ("train", "val", "test") if n != missing)
    items = [an_item(i, n) for i, n in enumerate(names)]

    with pytest.raises(RequestError, match=f"There is no {missing} split"):
        exported(tmp_path, a_split(items, split_names=names))

    assert list(tmp_path.iterdir()) == []


def test_a_val_split_of_unlabelled_items_is_empty_and_refused(tmp_path):
    items = [an_item(1), an_item(2, "val", state=LabelState.UNLABELLED, counts=())]

    with pytest.raises(RequestError, match=r"The val list would be empty \(1 items nobody has labelled"):
        exported(tmp_path, a_split(items))


def test_what_nobody_looked_at_is_never_background(tmp_path):
    items = [
        an_item(1),
        an_item(2, "val"),
        an_item(3, state=LabelState.EMPTY, counts=()),
        an_item(4, state=LabelState.UNLABELLED, counts=()),
        an_item(5, state=LabelState.SKIPPED, counts=()),
    ]

    outcome, _, found = exported(tmp_path, a_split(items, boxes=boxes_of((0, 0, 1, 1, 9, 9), (1, 0, 1, 1, 9, 9))))

    assert sorted(found["train"]) == ["images/1.jpg", "images/3.jpg"]
    assert found["train"]["images/3.jpg"] == []  # an empty file says: looked at, nothing there
    assert warned(outcome) == {"EX-06": 2}
    assert not (tmp_path / "out/splits/yolo/labels/4.txt").exists()


def test_boxes_that_yolo_cannot_hold_are_counted_and_never_make_an_item_look_empty(tmp_path):
    crowd = int(AnnotationFlag.CROWD)
    nan = float("nan")
    boxes = boxes_of(
        (0, 1, -10, 0, 30, 40),  # reaches out: cut to 20 wide
        (0, 0, 10, 10, 0, 5),  # no area
        (0, 0, 200, 10, 5, 5),  # outside
        (0, 0, 0, 0, 100, 80, crowd),
        (0, 0, nan, nan, nan, nan),  # a class of the whole item
        (1, 0, 5, 5, -4, 9),
        (2, 0, 1, 1, 9, 9),
        (3, 0, 1, 1, 9, 9),
        (3, 0, 99.7, 1, 0.6, 9),  # rounding at the border
    )
    items = [an_item(1), an_item(2), an_item(3, "val"), an_item(4, width=0)]

    outcome, _, found = exported(tmp_path, a_split(items, boxes=boxes))

    assert found["train"] == {"images/1.jpg": [(1, 0.1, 0.25, 0.2, 0.5)]}
    assert warned(outcome) == {"EX-11": 1, "EX-12": 1, "EX-17": 3, "EX-18": 1, "EX-19": 1, "EX-20": 1}


def test_other_splits_are_left_out_and_told(tmp_path):
    items = [an_item(1), an_item(2, "val"), an_item(3, "holdout"), an_item(4, "pool", state=LabelState.UNLABELLED)]

    outcome, _, found = exported(tmp_path, a_split(items, split_names=("train", "val", "holdout")))

    assert sum(map(len, found.values())) == 2
    assert warned(outcome) == {"EX-15": 1}


@pytest.mark.parametrize(
    "name", ["a\nb.jpg", "a\u2028b.jpg", "a./b.jpg", "../b.jpg", "/abs/b.jpg", "a\\b.jpg", "a\tb.jpg"]
)
def test_names_that_break_a_list_stop_the_export(tmp_path, name):
    items = [an_item(1, file_name=name), an_item(2, "val")]

    with pytest.raises(RequestError, match=r"1 file name\(s\) cannot stand in a YOLO list"):
        exported(tmp_path, a_split(items))


@pytest.mark.parametrize(
    "name", ["=cmd.jpg", "+1.jpg", "a b.jpg", "\u202egpj.jpg", "Köln/日本 😀.PNG", "'q'.webp", "a,b;c.jpg"]
)
def test_odd_but_possible_names_are_written_as_they_are(tmp_path, name):
    _, _, found = exported(tmp_path, a_split([an_item(1, file_name=name), an_item(2, "val")]))

    assert list(found["train"]) == [f"images/{name}"]


def test_pictures_a_trainer_passes_over_are_told(tmp_path):
    items = [an_item(1), an_item(2, "val"), an_item(3, file_name="images/3.gif")]

    outcome, _, found = exported(tmp_path, a_split(items))

    assert list(found["train"]) == ["images/1.jpg"]
    assert warned(outcome) == {"EX-13": 1}


@pytest.mark.parametrize("other", ["images/1.png", "images/1.JPG"])
def test_pictures_that_would_share_a_label_file_stop_the_export(tmp_path, other):
    items = [an_item(1), an_item(2, "val", file_name=other)]

    with pytest.raises(RequestError, match=r"1 picture\(s\) would share their label file"):
        exported(tmp_path, a_split(items))


def test_one_picture_in_two_lists_is_a_leak_and_refused(tmp_path):
    items = [an_item(1), an_item(2, "val", file_name="images/1.jpg")]

    with pytest.raises(RequestError, match="Two items have the file name"):
        exported(tmp_path, a_split(items))


def test_folders_named_images_deeper_down_keep_their_labels_beside_them(tmp_path):
    names = ["cam/images/1.jpg", "plain/2.jpg", "3.jpg"]
    items = [an_item(i, "val" if i == 2 else "train", file_name=n) for i, n in enumerate(names)]

    _, _, found = exported(tmp_path, a_split(items))

    assert all(found["train"].values())
    assert sorted(found["train"]) == ["cam/images/1.jpg", "images/plain/2.jpg"]
    assert (tmp_path / "out/splits/yolo/cam/labels/1.txt").is_file()
    assert (tmp_path / "out/splits/yolo/labels/plain/2.txt").is_file()


def test_several_sources_get_a_folder_each_so_that_equal_names_do_not_meet(tmp_path):
    items = [an_item(1, source="Cam & A"), an_item(2, "val", source="b", file_name="images/1.jpg")]

    _, _, found = exported(tmp_path, a_split(items, sources=(SplitSource("Cam & A", "voc"), SplitSource("b", "voc"))))

    assert list(found["train"]) == ["Cam-A/images/1.jpg"]
    assert list(found["val"]) == ["b/images/1.jpg"]


def test_a_dataset_without_boxes_is_refused(tmp_path):
    with pytest.raises(RequestError, match="no boxes in this split"):
        exported(tmp_path, a_split(boxes=None))


# --- labels of the source ---------------------------------------------------------------------------------------------


@pytest.fixture
def yolo_source(tmp_path):
    root = tmp_path / "set"
    for number in range(1, 7):
        (root / "labels").mkdir(parents=True, exist_ok=True)
        (root / f"labels/{number}.txt").write_text("5 0.5 0.5 0.2 0.2\n")
    return SplitSource("streets", "yolo", root, class_numbers={1: "person", 5: "car"})


def test_lists_for_a_yolo_dataset_use_its_own_labels_and_numbers(tmp_path, yolo_source):
    before = snapshot(yolo_source.root)

    outcome = run_export(a_job(tmp_path / "out", splits=a_split(sources=(yolo_source,)), yolo=YoloLabels.AUTO), SILENT)

    folder = tmp_path / "out/splits/yolo"
    assert sorted(snapshot(folder)) == ["README.txt", "data.yaml", "test.txt", "train.txt", "val.txt"]
    for name in ("train.txt", "val.txt", "test.txt", "data.yaml"):  # what the README says: into the dataset
        (yolo_source.root / name).write_bytes((folder / name).read_bytes())
    names, found = read_yolo(yolo_source.root)
    assert names == {0: "unused_0", 1: "person", 2: "unused_2", 3: "unused_3", 4: "unused_4", 5: "car"}
    assert all(rows == [(5, 0.5, 0.5, 0.2, 0.2)] for rows in found["train"].values())
    assert outcome.checks["yolo_labels"] == "of the source"
    assert warned(outcome) == {"EX-16": 4}
    assert {k: v for k, v in snapshot(yolo_source.root).items() if k in before} == before


def test_labels_are_written_where_a_trainer_would_not_find_those_of_the_source(tmp_path, yolo_source):
    (yolo_source.root / "labels/1.txt").unlink()

    outcome, names, found = exported(tmp_path, a_split(sources=(yolo_source,)))

    assert outcome.checks["yolo_labels"] == "written"
    assert names == {0: "car", 1: "person"}
    assert all(found["train"].values())


def test_asked_for_the_source_labels_an_item_without_one_is_left_out(tmp_path, yolo_source):
    (yolo_source.root / "labels/1.txt").unlink()

    job = a_job(tmp_path / "out", splits=a_split(sources=(yolo_source,)), yolo=YoloLabels.SOURCE)
    outcome = run_export(job, SILENT)

    assert (tmp_path / "out/splits/yolo/train.txt").read_text() == "./images/2.jpg\n./images/3.jpg\n./images/4.jpg\n"
    assert warned(outcome) == {"EX-14": 1, "EX-16": 4}


def test_class_numbers_no_trainer_takes_are_refused(tmp_path, yolo_source):
    source = replace(yolo_source, class_numbers={0: "car", 1_000_000: "person"})

    with pytest.raises(RequestError, match="run up to 1000000"):
        exported(tmp_path, a_split(sources=(source,)))


def test_source_labels_of_another_format_are_refused(tmp_path):
    with pytest.raises(RequestError, match="one YOLO dataset"):
        exported(tmp_path, a_split(), YoloLabels.SOURCE)


def test_the_readme_says_where_pictures_go_and_nothing_of_this_computer(tmp_path):
    exported(tmp_path, a_split())

    text = (tmp_path / "out/splits/yolo/README.txt").read_text(encoding="utf-8")

    assert "./images/1.jpg" in text
    assert "yolo detect train data=data.yaml" in text
    assert str(tmp_path) not in text


# --- conversion -------------------------------------------------------------------------------------------------------

edges = st.floats(-50, 150, allow_nan=False)


@given(st.lists(st.tuples(edges, edges, st.floats(-20, 120), st.floats(-20, 120)), min_size=1, max_size=8))
def test_a_box_comes_back_to_within_a_millionth_of_the_picture(rows):
    item = an_item(1)

    result = label_lines(boxes_of(*((0, 1, *row) for row in rows)), (item,), {0}, SILENT)

    assert result.written + result.degenerate == len(rows)
    kept = []
    for x, y, w, h in rows:
        left, right = max(0.0, x), min(100.0, x + w)
        top, bottom = max(0.0, y), min(80.0, y + h)
        if w > 0 and h > 0 and (right - left) / 100 > 5e-7 and (bottom - top) / 80 > 5e-7:
            kept.append((left, top, right - left, bottom - top))
    assert len(kept) == result.written
    for (x, y, w, h), line in zip(kept, result.lines.get(0, []), strict=True):
        cx, cy, sw, sh = map(float, line.split()[1:])
        assert cx * 100 - sw * 50 == pytest.approx(x, abs=1e-4)
        assert cy * 80 - sh * 40 == pytest.approx(y, abs=1e-4)
        assert (sw * 100, sh * 80) == (pytest.approx(w, abs=1e-4), pytest.approx(h, abs=1e-4))


@needs_real_data
@pytest.mark.realdata
def test_labels_made_of_the_published_coco_file_equal_the_published_yolo_files(tmp_path):
    """The same 273 boxes were published in both formats; ours agree to a fiftieth of a pixel."""
    gts = REAL / "voc100_multiformat_predictions/database/gts"
    coco = json.loads((gts / "coco_format_v2/instances_v2.json").read_text(encoding="utf-8"))
    names = (gts / "yolo_format/obj.names").read_text().split()
    number = {c["id"]: names.index(c["name"]) for c in coco["categories"]}
    position = {image["id"]: i for i, image in enumerate(coco["images"])}
    boxes = boxes_of(*((position[a["image_id"]], number[a["category_id"]], *a["bbox"]) for a in coco["annotations"]))
    lists = ("train", "train", "val", "test")
    items = [
        an_item(m["id"], lists[i % 4], file_name=m["file_name"], width=m["width"], height=m["height"])
        for i, m in enumerate(coco["images"])
    ]
    sizes = {i.file_name: (1, i.width, i.height, i.width, i.height) for i in items}

    outcome, _, found = exported(tmp_path, a_split(items, classes=tuple(names), boxes=boxes), YoloLabels.WRITTEN)

    assert outcome.checks["yolo_boxes"] == 273
    ours = {Path(picture).name: rows for rows_of in found.values() for picture, rows in rows_of.items()}
    assert len(ours) == 100
    for name, rows in ours.items():
        published = (gts / "yolo_format/obj_train_data" / name).with_suffix(".txt").read_text()
        theirs = [tuple(map(float, line.split())) for line in published.splitlines()]
        assert len(theirs) == len(rows)
        for mine, other in zip(sorted(rows), sorted(theirs), strict=True):
            assert [m * s for m, s in zip(mine, sizes[name], strict=True)] == pytest.approx(
                [o * s for o, s in zip(other, sizes[name], strict=True)], abs=0.02
            )

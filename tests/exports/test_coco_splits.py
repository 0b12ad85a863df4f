"""One COCO file per split, re-read by pycocotools."""

import contextlib
import io
import json
import random

import pytest

from exports.export_builders import a_coco_file, a_job, a_split, an_item, boxes_of
from exports.test_coco_filter import objects
from realdata import REAL, needs_real_data
from tailwise.domain.errors import RequestError, UnreadableSourceError
from tailwise.domain.exports import SourceFileRef, SplitSource
from tailwise.domain.records import AnnotationFlag, LabelState
from tailwise.exports.job import run_export
from tailwise.ops.progress import SILENT

COCO = pytest.importorskip("pycocotools.coco").COCO


def exported(tmp_path, split):
    outcome = run_export(a_job(tmp_path / "out", splits=split, coco=True), SILENT)
    return outcome, tmp_path / "out/splits/coco/annotations"


def loaded(path):
    with contextlib.redirect_stdout(io.StringIO()):
        return COCO(str(path))


def warned(outcome):
    return {w.code: w.count for w in outcome.warnings if w.code != "EX-03"}


def a_coco_split(tmp_path, *refs, splits=("train", "val", "test", "train"), **changes):
    refs = refs or (a_coco_file(tmp_path / "a.json"),)
    items = [an_item(i + 1, split) for i, split in enumerate(splits)]
    return a_split(items, sources=(SplitSource("streets", "coco", tmp_path, refs),), boxes=None, **changes)


def test_a_coco_source_is_filtered_and_keeps_what_we_do_not_know(tmp_path):
    outcome, folder = exported(tmp_path, a_coco_split(tmp_path))

    train = loaded(folder / "instances_train.json")
    assert train.getImgIds() == [1, 4]
    assert train.loadAnns(1)[0]["attributes"] == {"ocluded": True, "note": "µ"}
    assert train.dataset["info"]["description"] == "small (train of split 3)"
    rows = {f.path.rpartition("/")[2]: f.rows for f in outcome.files if f.role == "coco"}
    assert rows == {"instances_train.json": 4, "instances_val.json": 2, "instances_test.json": 2}
    assert (outcome.checks["coco_images"], outcome.checks["coco_annotations"]) == (4, 8)
    assert warned(outcome) == {}


def test_images_nobody_looked_at_are_left_out_and_told(tmp_path):
    split = a_coco_split(tmp_path)
    items = [*split.items[:3], an_item(4, "train", state=LabelState.UNLABELLED, counts=())]

    outcome, folder = exported(tmp_path, a_split(items, sources=split.sources))

    assert loaded(folder / "instances_train.json").getImgIds() == [1]
    assert warned(outcome) == {"EX-06": 1}
    assert outcome.checks["coco_images_left_out"] == 1


def test_files_with_clashing_ids_are_written_one_by_one(tmp_path):
    refs = a_coco_file(tmp_path / "a.json"), a_coco_file(tmp_path / "b.json")
    items = [
        an_item(1),
        an_item(2, "val"),
        an_item(3, "train", ext_id="1", file=1),
        an_item(4, "test", ext_id="2", file=1),
    ]
    split = a_split(items, sources=(SplitSource("streets", "coco", tmp_path, refs),))

    outcome, folder = exported(tmp_path, split)

    assert sorted(p.name for p in folder.iterdir()) == [
        f"instances_{s}.{f}.json" for s in ("test", "train", "val") for f in ("a", "b")
    ]
    assert loaded(folder / "instances_train.b.json").getImgIds() == [1]
    assert warned(outcome) == {"EX-21": 2}
    assert outcome.checks["coco_images"] == 4


def test_a_source_file_that_changed_stops_the_export_and_leaves_nothing(tmp_path):
    split = a_coco_split(tmp_path)
    (tmp_path / "a.json").write_text("{}")

    with pytest.raises(UnreadableSourceError, match="changed since it was imported"):
        exported(tmp_path, split)

    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]


def test_names_of_splits_are_made_fit_for_files(tmp_path):
    names = ("Train / A", "train-a", "../val")
    outcome, folder = exported(tmp_path, a_coco_split(tmp_path, splits=(*names, names[0]), split_names=names))

    assert sorted(p.name for p in folder.iterdir()) == [
        "instances_Train-A.json", "instances_train-a-2.json", "instances_val.json",
    ]  # fmt: skip
    assert outcome.checks["items_../val"] == 1


def test_nothing_labelled_is_refused(tmp_path):
    items = [an_item(1, state=LabelState.UNLABELLED), an_item(2, "pool")]

    with pytest.raises(RequestError, match="No item of these splits was labelled"):
        exported(tmp_path, a_split(items))


# --- built from boxes -------------------------------------------------------------------------------------------------


def test_other_sources_are_built_from_their_boxes(tmp_path):
    items = [an_item(30), an_item(4), an_item(5, "val"), an_item(6, "test", state=LabelState.EMPTY, counts=())]
    crowd = int(AnnotationFlag.CROWD)
    boxes = boxes_of((0, 1, 1.005, 2.5, 10, 20.333), (1, 0, 3, 4, 5, 6, crowd), (0, 0, 7, 8, 9, 10), (2, 0, 1, 1, 2, 2))

    outcome, folder = exported(tmp_path, a_split(items, boxes=boxes))

    train = json.loads((folder / "instances_train.json").read_text(encoding="utf-8"))
    assert train["images"] == [
        {"id": 4, "file_name": "images/4.jpg", "width": 100, "height": 80},
        {"id": 30, "file_name": "images/30.jpg", "width": 100, "height": 80},
    ]
    assert train["categories"] == [
        {"id": 1, "name": "car", "supercategory": ""}, {"id": 2, "name": "person", "supercategory": ""},
    ]  # fmt: skip
    assert train["annotations"][0] == {
        "id": 1, "image_id": 4, "category_id": 1, "bbox": [3.0, 4.0, 5.0, 6.0], "area": 30.0, "iscrowd": 1,
        "segmentation": [],
    }  # fmt: skip
    assert [a["image_id"] for a in train["annotations"]] == [4, 30, 30]
    assert train["annotations"][1]["bbox"] == [1.0, 2.5, 10.0, 20.33]
    assert loaded(folder / "instances_val.json").loadAnns([4])[0]["image_id"] == 5
    assert loaded(folder / "instances_test.json").getImgIds() == [6]
    assert outcome.checks["coco_annotations"] == 4


def test_built_files_never_make_a_labelled_item_look_empty(tmp_path):
    nan = float("nan")
    items = [an_item(1), an_item(2), an_item(3, "val"), an_item(4, "test", width=0)]
    boxes = boxes_of(
        (0, 0, 1, 1, 5, 5), (1, 0, nan, nan, nan, nan), (2, 0, 1, 1, 0, 5), (2, 0, 1, 1, 3, 3), (3, 0, 1, 1, 2, 2)
    )

    outcome, folder = exported(tmp_path, a_split(items, boxes=boxes))

    assert loaded(folder / "instances_train.json").getImgIds() == [1]
    assert warned(outcome) == {"EX-12": 1, "EX-17": 1, "EX-19": 1}
    assert json.loads((folder / "instances_test.json").read_text())["images"] == [
        {"id": 4, "file_name": "images/4.jpg"}
    ]


def test_a_mixed_project_says_that_shapes_of_its_coco_part_are_not_written(tmp_path):
    ref = a_coco_file(tmp_path / "a.json")
    items = [an_item(1), an_item(2, "val", source="voc"), an_item(3, "test")]
    sources = (SplitSource("streets", "coco", tmp_path, (ref,)), SplitSource("voc", "voc"))

    outcome, folder = exported(tmp_path, a_split(items, sources=sources))

    assert warned(outcome) == {"EX-22": 2}
    assert json.loads((folder / "instances_val.json").read_text())["images"][0]["source"] == "voc"


def test_no_boxes_and_no_coco_source_is_refused(tmp_path):
    with pytest.raises(RequestError, match="no boxes in this split"):
        exported(tmp_path, a_split(boxes=None))


def test_a_missing_source_file_falls_back_to_boxes_and_says_so(tmp_path):
    split = a_coco_split(tmp_path)
    (tmp_path / "a.json").unlink()

    outcome, _ = exported(tmp_path, a_split(split.items, sources=split.sources))

    assert warned(outcome) == {"EX-22": 4}


# --- real data --------------------------------------------------------------------------------------------------------


def real_split(files, seed):
    """Deal the images of published COCO files to three splits at random."""
    dealt = random.Random(seed)
    items = []
    for number, path in enumerate(files):
        for image in json.loads(path.read_text(encoding="utf-8"))["images"]:
            split = dealt.choices(("train", "val", "test", "pool"), (6, 2, 1, 1))[0]
            state = LabelState.UNLABELLED if split == "pool" else LabelState.LABELLED
            items.append(
                an_item(
                    len(items), split, state=state, file_name=image["file_name"], ext_id=str(image["id"]), file=number
                )
            )
    refs = tuple(SourceFileRef(path, path.stat().st_size) for path in files)
    return a_split(items, sources=(SplitSource("streets", "coco", None, refs),), boxes=None)


@needs_real_data
@pytest.mark.realdata
def test_the_splits_of_taco_are_together_the_source_to_the_byte(tmp_path):
    path = REAL / "taco_coco/annotations.json"
    before = path.read_text(encoding="utf-8")
    source = json.loads(before)
    split = real_split([path], 12)

    outcome, folder = exported(tmp_path, split)

    texts = {s: (folder / f"instances_{s}.json").read_text(encoding="utf-8") for s in split.split_names}
    kept = {int(i.ext_id): i.split for i in split.items if i.split != "pool"}
    for key, of in (("images", "id"), ("annotations", "image_id"), ("scene_annotations", "image_id")):
        expected = {s: [] for s in split.split_names}
        for value, text in zip(source[key], objects(before, key), strict=True):
            if value[of] in kept:
                expected[kept[value[of]]].append(text)
        assert {s: objects(t, key) for s, t in texts.items()} == expected, key
    for text in texts.values():
        assert objects(text, "categories") == objects(before, "categories")
        assert objects(text, "scene_categories") == objects(before, "scene_categories")
    assert outcome.checks["coco_images"] == len(kept) == 1500 - outcome.checks["coco_images_left_out"]
    assert outcome.checks["coco_annotations"] + outcome.checks["coco_annotations_left_out"] == 4784


@needs_real_data
@pytest.mark.realdata
def test_pycocotools_reads_every_split_of_taco_with_the_right_counts(tmp_path):
    path = REAL / "taco_coco/annotations.json"
    source = json.loads(path.read_text(encoding="utf-8"))
    split = real_split([path], 3)

    outcome, folder = exported(tmp_path, split)

    where = {int(i.ext_id): i.split for i in split.items}
    for name in split.split_names:
        read = loaded(folder / f"instances_{name}.json")
        anns = [a for a in source["annotations"] if where[a["image_id"]] == name]
        assert sorted(read.getImgIds()) == sorted(i for i, s in where.items() if s == name)
        assert len(read.dataset["annotations"]) == len(anns)
        assert sum(len(v) for v in read.imgToAnns.values()) == len(anns)
        for category in source["categories"]:
            wanted = {a["image_id"] for a in anns if a["category_id"] == category["id"]}
            assert set(read.getImgIds(catIds=[category["id"]])) == wanted
    assert warned(outcome)["EX-04"] == 1  # its first class has the id 0


@needs_real_data
@pytest.mark.realdata
def test_the_two_files_of_coco_are_joined_because_their_ids_never_clash(tmp_path):
    files = [REAL / f"coco_tiny/annotations/instances_{s}2017.json" for s in ("train", "val")]

    outcome, folder = exported(tmp_path, real_split(files, 5))

    parts = [loaded(p) for p in sorted(folder.iterdir())]
    assert len(parts) == 3
    assert sum(len(p.dataset["images"]) for p in parts) + outcome.checks["coco_images_left_out"] == 38
    total = sum(len(p.dataset["annotations"]) for p in parts) + outcome.checks["coco_annotations_left_out"]
    assert total == 288 + 136
    assert all(len(p.dataset["categories"]) == 80 for p in parts)
    crowds = sum(a["iscrowd"] for p in parts for a in p.dataset["annotations"])
    assert crowds <= 5
    for part in parts:
        for annotation in part.dataset["annotations"]:
            part.annToRLE(annotation)  # polygons and masks are intact

"""The split manifest says who is where and why, to the last key."""

import csv
import json

import pytest

from exports.export_builders import HOSTILE, a_job, a_split, an_item, boxes_of, snapshot
from tailwise.domain.errors import RequestError
from tailwise.domain.records import LabelState
from tailwise.exports.job import run_export
from tailwise.ops.progress import SILENT


def exported(tmp_path, split):
    outcome = run_export(a_job(tmp_path / "out", splits=split), SILENT)
    with (tmp_path / "out/splits/splits.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    document = json.loads((tmp_path / "out/splits/splits.json").read_text(encoding="utf-8"))
    return outcome, rows, document


def test_every_column_is_there_in_natural_order(tmp_path):
    items = [
        an_item(10, "train", group="cam 1", stratum="car|night", locked=True, reason="locked by user", fold=2),
        an_item(9, "val", sha256="ab" * 32, state=LabelState.EMPTY, counts=()),
        an_item(8, "test", width=0, height=0),
    ]

    _, rows, _ = exported(tmp_path, a_split(items))

    assert list(rows[0]) == [
        "item_id", "file_name", "split", "fold", "group_id", "stratum", "source", "label_state", "n_annotations",
        "width", "height", "content_sha256", "locked", "reason",
    ]  # fmt: skip
    assert [r["file_name"] for r in rows] == ["images/8.jpg", "images/9.jpg", "images/10.jpg"]
    assert rows[2] == {
        "item_id": "10", "file_name": "images/10.jpg", "split": "train", "fold": "2", "group_id": "cam 1",
        "stratum": "car|night", "source": "streets", "label_state": "labelled", "n_annotations": "1", "width": "100",
        "height": "80", "content_sha256": "", "locked": "1", "reason": "locked by user",
    }  # fmt: skip
    assert (rows[1]["label_state"], rows[1]["n_annotations"], rows[1]["content_sha256"]) == ("empty", "0", "ab" * 32)
    assert (rows[0]["width"], rows[0]["height"], rows[0]["locked"], rows[0]["fold"]) == ("", "", "0", "")


def test_file_names_are_as_they_are_because_they_must_open_the_file(tmp_path):
    items = [an_item(i, "train", file_name=name) for i, name in enumerate(HOSTILE)]

    _, rows, document = exported(tmp_path, a_split(items))

    assert {r["file_name"] for r in rows} == set(HOSTILE)
    assert set(document["files"].values()) == set(HOSTILE)


def test_classes_of_each_item_are_in_a_file_of_their_own(tmp_path):
    items = [an_item(1, counts=((1, 2), (0, 3))), an_item(2, counts=())]
    exported(tmp_path, a_split(items, classes=("=car", "person, left")))

    with (tmp_path / "out/splits/splits_classes.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))

    assert rows == [["item_id", "class", "n"], ["1", "=car", "3"], ["1", "person, left", "2"]]


def test_the_summary_counts_the_items_themselves(tmp_path):
    _, _, document = exported(tmp_path, a_split(moved=(6, 2), parent_release="r1", group_by=("camera",)))

    assert document["schema"] == "planner.splits/1"
    assert document["splits"] == {"train": [1, 2, 3, 4], "val": [5], "test": [6]}
    assert document["files"]["5"] == "images/5.jpg"
    assert document["summary"][0] == {
        "split": "train", "class": "car", "images": 4, "instances": 4, "target": 4.2, "deviation": pytest.approx(-0.2),
    }  # fmt: skip
    assert document["summary"][1] == {
        "split": "train", "class": "person", "images": 0, "instances": 0, "target": None, "deviation": None,
    }  # fmt: skip
    assert document["checks"] == {
        "leaked_groups": 0,
        "leaked_duplicates": 0,
        "empty_classes": [{"class": "person", "split": s} for s in ("train", "val", "test")],
    }
    assert document["algorithm"] == "greedy + local search"
    assert document["params"] == {"ratios": {"train": 0.7, "val": 0.15, "test": 0.15}}
    assert (document["seed"], document["group_by"], document["stratify_by"]) == (7, ["camera"], [])
    assert (document["parent_release"], document["moved"]) == ("r1", [2, 6])


def test_a_group_in_two_splits_stops_the_export_and_leaves_nothing(tmp_path):
    items = [an_item(1, group="clip 9"), an_item(2, "val", group="clip 9"), an_item(3, "test", group="clip 10")]

    with pytest.raises(RequestError, match=r"1 group\(s\) lie in more than one split \(clip 9\)"):
        exported(tmp_path, a_split(items))

    assert list(tmp_path.iterdir()) == []


def test_a_cut_group_passes_with_a_reason_that_is_written_down(tmp_path):
    items = [an_item(1, group="g"), an_item(2, "val", group="g"), an_item(3, "test")]

    outcome, _, document = exported(tmp_path, a_split(items, leak_reason="published split", leaked_duplicates=4))

    assert document["checks"]["leaked_groups"] == 1
    assert document["checks"]["leaks_accepted"] == "published split"
    assert [(w.code, w.count) for w in outcome.warnings if w.code == "EX-02"] == [("EX-02", 1), ("EX-02", 4)]
    assert (outcome.checks["leaked_groups"], outcome.checks["leaked_duplicates"]) == (1, 4)


def test_a_group_may_have_unlabelled_items_in_the_pool(tmp_path):
    items = [an_item(1, group="g"), an_item(2, "pool", group="g", state=LabelState.UNLABELLED, counts=())]

    outcome, rows, document = exported(tmp_path, a_split(items))

    assert [r["split"] for r in rows] == ["train", "pool"]
    assert document["splits"] == {"train": [1], "val": [], "test": [], "pool": [2]}
    assert outcome.checks["items_pool"] == 1


def test_classes_without_an_example_are_told_per_split(tmp_path):
    outcome, _, _ = exported(tmp_path, a_split())

    told = {w.text: w.examples for w in outcome.warnings if w.code == "EX-03"}
    assert told["classes without an example in val"] == ("person",)


def test_the_order_of_items_changes_no_byte(tmp_path):
    split = a_split()
    turned = a_split(split.items[::-1], boxes=boxes_of(*((i, 0, 40, 30, 20, 20) for i in range(6))))

    run_export(a_job(tmp_path / "a", splits=split), SILENT)
    run_export(a_job(tmp_path / "b", splits=turned), SILENT)

    assert snapshot(tmp_path / "a") == snapshot(tmp_path / "b")


def test_what_is_told_as_outcome_is_what_is_on_disk(tmp_path):
    outcome, _, _ = exported(tmp_path, a_split())

    for file in outcome.files:
        assert file.bytes == (outcome.to / file.path).stat().st_size
    assert {f.path: f.rows for f in outcome.files} == {
        "splits/splits.csv": 6, "splits/splits.json": 6, "splits/splits_classes.csv": 6,
    }  # fmt: skip
    assert outcome.checks["rows_read_back"] == 18

"""Classes of sources mapped to classes of the project: merged, renamed, split back, called no class, undone."""

from __future__ import annotations

import json

import pytest

from builders import a_project, a_source, store
from coco_documents import a_document, an_annotation, an_image
from tailwise.domain.errors import RequestError
from tailwise.domain.split import SplitRequest
from tailwise.ops.child import run_here
from tailwise.ops.progress import SILENT
from tailwise.usecases import class_map as cm
from tailwise.usecases.classes import ClassEdit, list_classes, set_classes
from tailwise.usecases.exports import ExportRequest, export
from tailwise.usecases.import_source import ImportRequest, import_source
from tailwise.usecases.projects import create_project
from tailwise.usecases.splits import compute_split


def street():
    return a_source({"a.jpg": {"stop sign": 2, "car": 3}, "b.jpg": {"void": 1}, "c.jpg": {"car": 1}}, name="street")


def drive():
    return a_source({"d.jpg": {"stop_sign": 5}, "e.jpg": {"car": 1}}, name="drive", root="/data/drive")


@pytest.fixture
def project(tmp_path):
    project = a_project(tmp_path / "p.tailwise", street(), drive())
    yield project
    project.close()


def objects(project):
    return {row.name: row.objects for row in list_classes(project, SILENT)}


def mapping(project):
    return {(m.source, m.source_class): m.project_class for m in cm.class_map(project, SILENT)}


def test_the_table_names_every_source_class_with_its_annotations_and_a_suggested_merge(project):
    rows = {(m.source, m.source_class): m for m in cm.class_map(project, SILENT)}

    assert rows["street", "car"].annotations == 4
    assert (rows["street", "stop sign"].suggestion, rows["drive", "stop_sign"].suggestion) == ("stop_sign", "")
    assert rows["street", "stop sign"].why == "nearly the same name"


def test_merging_counts_both_and_survives_the_next_import_of_the_source(project):
    set_classes(project, [ClassEdit("stop_sign", "must-not-miss", 9)], SILENT)
    done = cm.merge_classes(project, ["stop sign"], "stop_sign")

    assert done.text == "stop sign merged into stop_sign"
    assert objects(project) == {"stop_sign": 7, "car": 5, "void": 1}
    store(project, street())
    assert objects(project) == {"stop_sign": 7, "car": 5, "void": 1}
    assert {r.name: r.target for r in list_classes(project, SILENT)}["stop_sign"] == 9


def test_undo_and_redo_give_back_ids_tiers_and_targets(project):
    set_classes(project, [ClassEdit("stop sign", "must-not-miss", 9)], SILENT)
    before = project.columns.categories
    done = cm.merge_classes(project, ["stop sign", "stop_sign"], "Sign")
    assert objects(project) == {"Sign": 7, "car": 5, "void": 1}

    cm.restore_class_map(project, done.before, "undo")
    assert project.columns.categories == before
    cm.restore_class_map(project, done.after, "redo")
    assert objects(project) == {"Sign": 7, "car": 5, "void": 1}


def test_a_rename_keeps_target_and_a_rename_to_a_taken_name_merges(project):
    set_classes(project, [ClassEdit("car", "experimental", 4)], SILENT)

    cm.rename_class(project, "car", "vehicle")
    cm.rename_class(project, "stop sign", "stop_sign")

    assert {r.name: (r.tier, r.target, r.objects) for r in list_classes(project, SILENT)} == {
        "stop_sign": ("nice-to-have", None, 7),
        "vehicle": ("experimental", 4, 5),
        "void": ("nice-to-have", None, 1),
    }


def test_a_merged_class_splits_back_into_the_names_of_the_sources(project):
    cm.merge_classes(project, ["stop sign", "stop_sign"], "Sign")

    cm.split_class(project, "Sign")

    assert objects(project) == {"stop_sign": 5, "car": 5, "stop sign": 2, "void": 1}


def test_one_source_can_be_mapped_alone_and_a_new_source_is_offered_the_same(project):
    cm.map_class(project, "car", "vehicle", "drive")

    assert objects(project)["vehicle"] == 1
    rows = {(m.source, m.source_class): m for m in cm.class_map(project, SILENT)}
    assert (rows["street", "car"].suggestion, rows["street", "car"].why) == ("vehicle", "as in drive")
    cm.map_class(project, "car", "car", "drive")
    assert objects(project) == {"stop_sign": 5, "car": 5, "stop sign": 2, "void": 1}


def test_what_is_no_class_leaves_every_count_and_its_image_is_empty(project):
    done = cm.map_class(project, "void", "")

    assert objects(project) == {"stop_sign": 5, "car": 5, "stop sign": 2}
    assert mapping(project)["street", "void"] == ""
    sliced = project.cube()
    assert sliced.value_counts(sliced.cube.axis("state"))[2] == ("empty", 1)
    store(project, street())
    assert "void" not in objects(project)
    cm.set_no_class(project, "void", is_class=True)
    assert objects(project)["void"] == 1
    cm.restore_class_map(project, done.after, "redo")
    assert "void" not in objects(project)


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        (lambda p: cm.map_class(p, "bus", "car"), "The sources have no class 'bus'"),
        (lambda p: cm.map_class(p, "car", "x", "moon"), "The source 'moon' has no class 'car'"),
        (lambda p: cm.rename_class(p, "car", " \n"), "cannot be the name of a class"),
        (lambda p: cm.merge_classes(p, ["bus"], "car"), "There is no class 'bus'"),
        (lambda p: cm.set_no_class(p, "bus", is_class=False), "There is no class 'bus'"),
    ],
)
def test_a_bad_edit_changes_nothing_and_says_why(project, edit, sentence):
    before = objects(project)

    with pytest.raises(RequestError, match=sentence):
        edit(project)

    assert objects(project) == before


@pytest.mark.parametrize("target", ["coco", "yolo"])
def test_an_export_hands_out_mapped_classes_and_not_those_of_the_source_file(tmp_path, target):
    folder = tmp_path / "set"
    folder.mkdir()
    images = [an_image(n) for n in range(1, 9)]
    labels = [an_annotation(n, image_id=n, category_id=1 + n % 2) for n in range(1, 9)]
    (folder / "instances.json").write_text(json.dumps(a_document(labels, images)))
    for n in range(1, 9):
        (folder / f"{n}.png").write_bytes(b"x")
    project = create_project(tmp_path / "p.tailwise")
    import_source(project, ImportRequest(folder), SILENT, run_here)
    cm.merge_classes(project, ["dog", "cat"], "pet")
    compute_split(project, SplitRequest((("train", 0.5), ("val", 0.5)), seed=1), SILENT)

    export(project, ExportRequest("splits", tmp_path / "out", target), SILENT, run_here)
    project.close()

    if target == "coco":
        document = json.loads(next((tmp_path / "out").rglob("instances_train.json")).read_text())
        assert [c["name"] for c in document["categories"]] == ["pet"]
        assert {a["category_id"] for a in document["annotations"]} == {document["categories"][0]["id"]}
    else:
        assert "pet" in next((tmp_path / "out").rglob("data.yaml")).read_text()

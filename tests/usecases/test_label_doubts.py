"""Labels that look wrong: planted ones come first, nothing of val is doubted, and what cannot be weighed is said."""

import shutil

import numpy as np
import pytest

import desk_projects
from builders import a_project, a_source
from cli_runs import Shell
from desk_projects import a_desk_project
from tailwise.domain.errors import ExportTargetError, RequestError
from tailwise.ops.child import run_here
from tailwise.ops.progress import SILENT
from tailwise.usecases import label_doubts
from tailwise.usecases.doubt_cards import write_doubts_csv
from tailwise.usecases.label_doubts import doubted_labels
from tailwise.usecases.mining_places import MiningProject
from tailwise.usecases.projects import open_project

IMAGES = 24
TRAIN = 2 * IMAGES // 3
FLIPPED = (3, 8)
"""Scenes of which the brick is labelled ball; one more is in val."""
draw_scene = desk_projects.a_scene


def scene_with_a_wrong_label(number):
    pixels, objects = draw_scene(number)
    if number in {*FLIPPED, IMAGES - 1}:
        objects = [("ball" if name == "brick" else name, box) for name, box in objects]
    return pixels, objects


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """A project with wrong labels, closed, and the boxes of those in the training part by item id."""
    folder = tmp_path_factory.mktemp("doubts")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        patch.setattr(desk_projects, "a_scene", scene_with_a_wrong_label)
        project = a_desk_project(folder, IMAGES, predictions=False)
        project.close()
    wrong = {number + 1: dict(draw_scene(number)[1])["brick"] for number in FLIPPED}
    return project.path, wrong


@pytest.fixture
def project(planted, tmp_path):
    copy = tmp_path / "desk.tailwise"
    shutil.copy(planted[0], copy)
    opened = open_project(copy)
    yield opened
    opened.close()


def test_planted_labels_are_doubted_first_and_what_they_look_like_is_said(project, planted):
    found = doubted_labels(project, SILENT, run=run_here)

    first = found.doubts[: len(FLIPPED)]
    assert {each.item: each.box for each in first} == planted[1]
    assert {(each.class_name, each.looks_like) for each in first} == {("ball", "brick")}
    assert all(each.confidence < each.looks_like_confidence <= 1 for each in first)
    assert all(len(each.nearest) == 3 for each in first)
    assert [d.confidence for d in found.doubts] == sorted(d.confidence for d in found.doubts)
    assert (found.labels, found.classes, found.notes) == (3 * TRAIN, ("ball", "apple", "brick"), ())


def test_nothing_of_val_is_weighed_or_shown(project):
    found = doubted_labels(project, SILENT, run=run_here)
    assert {each.item for each in found.doubts} | {n.item for d in found.doubts for n in d.nearest} <= set(
        range(1, TRAIN + 1)
    )


def test_a_class_narrows_the_list_and_the_limit_says_what_it_cuts(project):
    every = doubted_labels(project, SILENT, run=run_here)
    bricks = doubted_labels(project, SILENT, "brick", 1, run_here)

    asked = [d for d in every.doubts if "brick" in {d.class_name, d.looks_like}]
    assert bricks.doubts == tuple(asked[:1])
    assert bricks.doubted == len(asked) > 1
    assert bricks.unlisted == len(asked) - 1
    with pytest.raises(RequestError, match="no class 'zebra'"):
        doubted_labels(project, SILENT, "zebra", run=run_here)
    with pytest.raises(RequestError, match="The limit is 0"):
        doubted_labels(project, SILENT, limit=0, run=run_here)


def test_classes_with_too_few_examples_are_left_out_and_named(project, monkeypatch):
    # 16 pictures to train on: 18 balls, 16 apples, 14 bricks.
    monkeypatch.setattr(label_doubts, "LEAST_LABELLED", 16)
    found = doubted_labels(project, SILENT, run=run_here)
    assert found.classes == ("ball", "apple")
    assert found.labels == 18 + 16
    assert found.notes == ("Too few examples or scenes to weigh: brick",)
    monkeypatch.setattr(label_doubts, "LEAST_LABELLED", 17)
    with pytest.raises(RequestError, match="Fewer than two classes have 17 examples"):
        doubted_labels(project, SILENT, run=run_here)


def test_classes_that_show_one_scene_alone_are_not_weighed(project, monkeypatch):
    monkeypatch.setattr(MiningProject, "groups", lambda _self, row, **_kinds: np.zeros(len(row), dtype=np.int64))
    with pytest.raises(RequestError, match="in more than one scene"):
        doubted_labels(project, SILENT, run=run_here)


def test_labels_of_whole_images_are_weighed_where_there_is_one(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(label_doubts, "LEAST_LABELLED", 2)
    project = a_desk_project(tmp_path, 18, boxes=False, ambiguous=5)
    found = doubted_labels(project, SILENT, run=run_here)
    project.close()

    assert found.labels == 12 - 1
    assert found.notes == ("1 image without a class, or with several, left out",)
    assert 6 not in {each.item for each in found.doubts}
    assert all(each.box is None and "box" not in each.as_json() for each in found.doubts)


@pytest.mark.parametrize(
    ("labels", "sentence"),
    [({"a.jpg": {"car": 1}, "b.jpg": {"bus": 1}}, "index"), ({"a.jpg": {}}, "Nothing is labelled")],
)
def test_what_is_missing_is_said(tmp_path, labels, sentence):
    project = a_project(tmp_path / "p.tailwise", a_source(labels))
    with pytest.raises(RequestError, match=sentence):
        doubted_labels(project, SILENT, run=run_here)
    project.close()


def test_a_table_that_cannot_be_written_leaves_nothing_behind(tmp_path):
    (tmp_path / "taken.csv").mkdir()
    with pytest.raises(ExportTargetError, match=r"taken\.csv was not written"):
        write_doubts_csv((), tmp_path / "taken.csv", SILENT)
    assert [each.name for each in tmp_path.iterdir()] == ["taken.csv"]


def test_the_command_lists_them(planted, capsys, monkeypatch, tmp_path):
    monkeypatch.setattr("tailwise.cli.review.run_in_child", run_here)  # spawning is tested where it lives
    shell = Shell(capsys)

    told = shell.json("label-issues", planted[0], "--class", "brick")
    assert set(told) >= {"labels", "doubted", "classes", "issues", "notes"}
    assert {i["item"]: tuple(i["box"]) for i in told["issues"][:2]} == planted[1]
    assert set(told["issues"][0]) == {
        "item", "file_name", "box", "class", "confidence", "looks_like", "looks_like_confidence", "nearest",
    }  # fmt: skip
    printed = shell("label-issues", planted[0], "--limit", "1", "--csv", tmp_path / "doubts.csv")
    assert "doubted: raise --limit to see all" in shell.err
    header, first, *rest = (tmp_path / "doubts.csv").read_text(encoding="utf-8").splitlines()
    assert (header.count(","), rest) == (10, [])
    assert first.startswith(f'{told["issues"][0]["item"]},"{told["issues"][0]["file_name"]}",')
    assert f"of {3 * TRAIN}" in printed
    assert "brick" in printed

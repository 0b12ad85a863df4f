"""A second import of one source is an update: what it changes is known before it happens."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cli_runs import Shell
from coco_documents import a_document, an_annotation, an_image
from tailwise.analysis.import_diff import compare
from tailwise.domain.import_diff import ClassChange, ImportDiff, ItemChange
from tailwise.domain.split import SplitRequest
from tailwise.ops.child import run_here
from tailwise.ops.progress import SILENT
from tailwise.storage.labelled_state import LabelledState
from tailwise.usecases.classes import list_classes
from tailwise.usecases.import_source import (
    ImportRequest,
    discard_import,
    finish_import,
    import_source,
    prepare_import,
)
from tailwise.usecases.projects import create_project
from tailwise.usecases.splits import compute_split

DOG, CAT = {"category_id": 1}, {"category_id": 2}


@pytest.fixture
def dataset(tmp_path):
    folder = tmp_path / "set"
    folder.mkdir()
    write(
        folder,
        [an_image(n) for n in range(1, 9)],
        [
            an_annotation(1, image_id=1, **DOG),
            an_annotation(2, image_id=1, bbox=[1, 1, 5, 5], **DOG),
            an_annotation(3, image_id=2, **CAT),
            an_annotation(4, image_id=8, **CAT),
        ],
    )
    return folder


def write(folder, images, annotations, **members):
    (folder / "instances.json").write_text(json.dumps(a_document(annotations, images, **members)))


@pytest.fixture
def project(tmp_path, dataset):
    project = create_project(tmp_path / "p.tailwise")
    import_source(project, ImportRequest(dataset), SILENT, run_here)
    yield project
    project.close()


def relabel(dataset):
    """Turn a dog into a cat, take one away, add a van on a new image, lose image 8."""
    write(
        dataset,
        [an_image(n) for n in (*range(1, 8), 9)],
        [
            an_annotation(1, image_id=1, **CAT),
            an_annotation(3, image_id=2, **CAT),
            an_annotation(5, image_id=9, category_id=3),
            an_annotation(6, image_id=2, bbox=[0, 0, 3, 3], category_id=3),
        ],
        categories=[{"id": 1, "name": "dog"}, {"id": 2, "name": "cat"}, {"id": 3, "name": "van"}],
    )


def test_the_numbers_and_examples_are_there_before_anything_is_changed(project, dataset):
    relabel(dataset)
    before = project.path.read_bytes()

    prepared = prepare_import(project, ImportRequest(dataset), SILENT, run_here)

    assert prepared.diff == ImportDiff(
        source="set",
        is_update=True,
        items_added=1,
        items_removed=1,
        items_kept=7,
        items_relabelled=2,
        annotations_added=1,
        annotations_removed=1,
        classes_changed=1,
        new_classes=("van",),
        gone_classes=(),
        classes=(ClassChange("dog", 2, 0), ClassChange("van", 0, 2)),
        added=("9.png",),
        removed=("8.png",),
        relabelled=(ItemChange("1.png", "-2 dog, +1 cat"), ItemChange("2.png", "+1 van")),
    )
    discard_import(prepared)
    assert project.path.read_bytes() == before
    assert sorted(p.name for p in project.path.parent.iterdir() if "staging" in p.name) == []


def test_what_was_seen_is_what_comes_in(project, dataset):
    relabel(dataset)
    prepared = prepare_import(project, ImportRequest(dataset), SILENT, run_here)
    (dataset / "instances.json").unlink()  # the dataset may be gone by then

    outcome = finish_import(project, prepared, SILENT)

    assert (outcome.added, outcome.updated, outcome.removed) == (1, 7, 1)
    assert outcome.diff == prepared.diff
    assert {r.name: r.objects for r in list_classes(project, SILENT)} == {"cat": 2, "van": 2, "dog": 0}


def test_an_import_that_changes_nothing_says_so_and_a_new_source_is_all_new(project, dataset, tmp_path):
    assert import_source(project, ImportRequest(dataset), SILENT, run_here).diff.sentence() == "nothing changes"
    other = tmp_path / "other"
    other.mkdir()
    write(other, [an_image()], [an_annotation()])

    prepared = prepare_import(project, ImportRequest(other), SILENT, run_here)

    assert (prepared.diff.is_update, prepared.diff.items_added, prepared.diff.new_classes) == (False, 1, ("dog", "cat"))
    discard_import(prepared)


def test_items_that_leave_a_split_are_counted_and_the_others_keep_their_place(project, dataset):
    split = compute_split(project, SplitRequest((("train", 0.5), ("test", 0.5)), seed=1), SILENT)
    columns = project.columns
    of_id = {int(i): int(project.cube().cube.axis("split").codes[r]) for r, i in enumerate(columns.item_ids)}
    relabel(dataset)

    outcome = import_source(project, ImportRequest(dataset), SILENT, run_here)

    assert outcome.diff.removed_in_split == 1
    sliced = project.cube()
    axis = sliced.cube.axis("split")
    now = {int(sliced.columns.item_ids[r]): int(c) for r, c in zip(axis.rows, axis.codes, strict=True)}
    assert len(now) == 7
    assert now == {item: of_id[item] for item in now}
    assert split.result.items == 8


boxes = st.tuples(*[st.integers(0, 3)] * 4)
labels = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 2), boxes), max_size=12)
ITEMS = tuple(f"{n}.jpg" for n in range(5))


def a_state(found, names=ITEMS):
    state = np.zeros(len(names), np.int8)
    state[[item for item, _, _ in found]] = 1
    return LabelledState(
        names,
        state,
        ("a", "b", "c"),
        np.array([item for item, _, _ in found], dtype=np.int64),
        np.array([category for _, category, _ in found], dtype=np.int64),
        np.array([box for _, _, box in found], dtype=np.float64).reshape(-1, 4),
    )


@settings(max_examples=60)
@given(labels, labels, st.randoms())
def test_the_difference_is_that_of_multisets_whatever_the_order(before, after, random):
    from collections import Counter

    shuffled = list(after)
    random.shuffle(shuffled)
    diff = compare("s", a_state(before), a_state(shuffled))

    gone, new = Counter(before) - Counter(after), Counter(after) - Counter(before)
    assert diff.annotations_added + diff.classes_changed == new.total()
    assert diff.annotations_removed + diff.classes_changed == gone.total()
    assert compare("s", a_state(after), a_state(shuffled)).is_empty
    back = compare("s", a_state(after), a_state(before))
    assert replace(diff, classes=(), relabelled=(), annotations_added=0, annotations_removed=0) == replace(
        back, classes=(), relabelled=(), annotations_added=0, annotations_removed=0
    )


def test_the_command_line_shows_the_same_and_changes_nothing(project, dataset, tmp_path, capsys):
    path = project.path
    project.close()
    relabel(dataset)
    shell = Shell(capsys)
    before = path.read_bytes()

    seen = shell.json("import", dataset, path, "--preview")
    table = shell("import", dataset, path, "--preview")

    assert seen["items"] == {"added": 1, "removed": 1, "kept": 7, "relabelled": 2, "removed_in_split": 0}
    assert seen["annotations"] == {"added": 1, "removed": 1, "class_changed": 1}
    assert seen["examples"]["relabelled"] == [
        {"file_name": "1.png", "change": "-2 dog, +1 cat"},
        {"file_name": "2.png", "change": "+1 van"},
    ]
    assert "2.png: +1 van" in table
    assert "an update: 1 item added, 1 item removed, 2 items relabelled" in shell.err
    assert path.read_bytes() == before
    assert shell.json("import", dataset, path)["changes"]["new_classes"] == ["van"]
    shell("import", dataset, path)
    assert "Compared with its last import: nothing changes." in shell.err


def test_a_preview_into_a_project_that_does_not_exist_makes_none(dataset, tmp_path, capsys):
    shell = Shell(capsys)

    seen = shell.json("import", dataset, tmp_path / "new.tailwise", "--preview")

    assert (seen["is_update"], seen["items"]["added"]) == (False, 8)
    assert not list(tmp_path.glob("new*"))

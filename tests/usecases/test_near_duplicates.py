"""Near-duplicates end to end: found, explained, decided by hand, used by counts and splits."""

import contextlib
from array import array

import cv2
import numpy as np
import pytest

from builders import a_project, a_source
from cli_runs import Shell
from photo_sets import inline_pool, jpeg_of, photo, photo_project
from tailwise.domain.changes import Changes
from tailwise.domain.coverage import CountRequest, ItemFilter, Unit
from tailwise.domain.duplicates import DUPLICATE_MARK_AXIS, DuplicateRequest
from tailwise.domain.errors import RequestError
from tailwise.domain.index import EdgeKind, IndexRequest, ItemMark, PairVerdict
from tailwise.domain.records import NEAR_DUPLICATE_AXIS, MediaState
from tailwise.ops.child import run_here
from tailwise.ops.progress import SILENT, OpCancelledError
from tailwise.usecases.counts import count_table
from tailwise.usecases.duplicate_review import Decision, best_of, decide, file_names
from tailwise.usecases.image_index import build_index
from tailwise.usecases.items import find_items
from tailwise.usecases.near_duplicates import applied_threshold, apply_clusters, duplicate_report, find_duplicates


def photos():
    """Twelve photos: two pairs of edits, a mirror image, a copy, and five that are alone."""
    base = photo(1)
    files = {
        "a1.jpg": jpeg_of(base),
        "a2.jpg": jpeg_of(base[20:220, 25:300], 60),
        "b1.jpg": jpeg_of(photo(2)),
        "b2.jpg": jpeg_of(np.ascontiguousarray(photo(2)[:, ::-1])),
        "c1.jpg": jpeg_of(photo(3)),
        "c2.jpg": jpeg_of(photo(3)),
        "d1.jpg": jpeg_of(photo(4)),
        "d2.jpg": jpeg_of(cv2.convertScaleAbs(cv2.GaussianBlur(photo(4), (0, 0), 1.2), alpha=1.2)),
    }
    return files | {f"{letter}x.jpg": jpeg_of(photo(20 + at)) for at, letter in enumerate("efghi")}


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """A project whose photos are indexed and compared, made once and copied for every test."""
    folder = tmp_path_factory.mktemp("duplicates")
    files = photos()
    labels = {name: {"car": 1} for name in files} | {"c2.jpg": {"bus": 1}, "d2.jpg": {"car": 3}}
    splits = {"train": ["a1.jpg", "b1.jpg", "c1.jpg", "c2.jpg", "ex.jpg"], "val": ["a2.jpg", "b2.jpg"]}
    project = photo_project(folder, files, labels=labels, splits=splits)
    build_index(project, IndexRequest(descriptors=False), SILENT, inline_pool)
    find_duplicates(project, DuplicateRequest(), SILENT, run_here, inline_pool)
    project.close()
    return folder / "p.tailwise"


@pytest.fixture
def project(template, tmp_path):
    from tailwise.usecases.projects import open_project

    path = tmp_path / "p.tailwise"
    path.write_bytes(template.read_bytes())
    with contextlib.closing(open_project(path)) as project:
        yield project


def report(project, **options):
    return duplicate_report(project, DuplicateRequest(**options))


def named(project, found=None):
    found = found or report(project)
    names = file_names(project, [item for one in found.clusters for item in one.items])
    return {tuple(names[item] for item in one.items): one for one in found.clusters}


def test_edits_mirror_images_and_copies_are_found_and_nothing_else(project):
    found = named(project)

    assert set(found) == {("a1.jpg", "a2.jpg"), ("b1.jpg", "b2.jpg"), ("c1.jpg", "c2.jpg"), ("d1.jpg", "d2.jpg")}
    assert found["c1.jpg", "c2.jpg"].kind is EdgeKind.EXACT
    assert found["a1.jpg", "a2.jpg"].kind is EdgeKind.NEAR
    (edge,) = found["b1.jpg", "b2.jpg"].edges
    assert edge.reason.startswith("mirrored, 0 of 64 bits differ") or edge.reason.startswith("mirrored, ")
    assert "points agree" in edge.reason


def test_leaks_come_first_and_are_counted_per_pair_of_splits(project):
    found = report(project)

    assert [one.is_leak for one in found.clusters] == [True, True, False, False]
    assert [(leak.a_split, leak.b_split, leak.pairs) for leak in found.leaks] == [("train", "val", 2)]
    assert named(project)["c1.jpg", "c2.jpg"].labels_disagree
    assert not named(project)["d1.jpg", "d2.jpg"].labels_disagree


def test_a_second_search_compares_nothing_new(project):
    again = find_duplicates(project, DuplicateRequest(), SILENT, run_here, inline_pool)

    assert again == report(project)


def test_a_cancelled_search_keeps_what_was_compared_and_says_so(project):
    class CancelAt:
        """Cancels at the second pair that is compared."""

        label, done = "", 0

        def stage(self, label, total=0):
            self.label, self.done = label, 0

        def advance(self, steps=1):
            self.done += steps
            if self.label == "Comparing pictures" and self.done >= 2:
                raise OpCancelledError

    with project.file.writing() as db:
        db.execute("DELETE FROM duplicate_pair")
    with pytest.raises(OpCancelledError) as stopped:
        find_duplicates(project, DuplicateRequest(), CancelAt(), run_here, inline_pool)

    assert stopped.value.kept.startswith("2 of ")
    assert stopped.value.changes == Changes.INDEX
    assert report(project).compared == 2


def test_the_threshold_works_on_stored_pairs(project):
    assert len(report(project, threshold=1.0).clusters) == 1  # the copy
    assert sum(report(project).histogram) >= 3
    with pytest.raises(RequestError, match="makes no sense"):
        report(project, threshold=0.3)


def test_the_clusters_are_a_group_that_counts_and_filters_use(project):
    axis = next(a for a in project.columns.axes if a.name == NEAR_DUPLICATE_AXIS)
    raw = count_table(project, CountRequest(unit=Unit.IMAGES), SILENT)
    unique = count_table(project, CountRequest(unit=Unit.IMAGES, unique=True), SILENT)

    assert (axis.kind, len(axis.values), len(axis.rows)) == ("group", 4, 8)
    assert (raw.items, unique.items) == (13, 9)
    # d2 has most objects of its cluster and stands for it.
    objects = count_table(project, CountRequest(unit=Unit.OBJECTS, unique=True), SILENT)
    assert {r.name: c[0] for r, c in zip(objects.rows, objects.counts, strict=True)} in (
        {"car": 11, "bus": 0}, {"car": 10, "bus": 1},
    )  # fmt: skip
    assert len(find_items(project, ItemFilter(((NEAR_DUPLICATE_AXIS, axis.values[0]),)), SILENT)) == 2


def test_not_the_same_takes_a_cluster_apart_and_undo_brings_it_back(project):
    one = named(project)["a1.jpg", "a2.jpg"]
    pair = (one.items[1], one.items[0])
    decided = decide(project, Decision("not the same", verdicts={pair: PairVerdict.DIFFERENT}))

    assert ("a1.jpg", "a2.jpg") not in named(project)
    assert len(next(a for a in project.columns.axes if a.name == NEAR_DUPLICATE_AXIS).values) == 3
    decide(project, decided.undo)
    assert ("a1.jpg", "a2.jpg") in named(project)


def test_said_to_be_the_same_merges_clusters(project):
    clusters = named(project)
    a, b = clusters["a1.jpg", "a2.jpg"].items[0], clusters["d1.jpg", "d2.jpg"].items[0]
    decide(project, Decision("merge", verdicts={(a, b): PairVerdict.SAME}))
    merged = named(project)["a1.jpg", "a2.jpg", "d1.jpg", "d2.jpg"]

    assert [edge.reason for edge in merged.edges if edge.by_hand] == ["said to be the same by hand"]


def test_marks_are_a_condition_and_can_be_taken_back(project):
    one = named(project)["d1.jpg", "d2.jpg"]
    marks = best_of(project, [one])
    assert marks == {one.items[0]: ItemMark.EXCLUDE, one.items[1]: ItemMark.KEEP}
    decided = decide(project, Decision("rule", marks=marks))

    assert named(project)["d1.jpg", "d2.jpg"].is_resolved
    excluded = find_items(project, ItemFilter(((DUPLICATE_MARK_AXIS, "exclude"),)), SILENT)
    assert list(excluded) == [one.items[0]]
    decide(project, decided.undo)
    assert DUPLICATE_MARK_AXIS not in {a.name for a in project.columns.axes}
    # Where labels disagree a person has to look.
    assert best_of(project, [named(project)["c1.jpg", "c2.jpg"]]) == {}


def test_a_threshold_without_clusters_takes_the_axis_away(project, template):
    for one in report(project).clusters:
        decide(project, Decision("x", verdicts={(e.a, e.b): PairVerdict.DIFFERENT for e in one.edges}))
    apply_clusters(project, DuplicateRequest(0.99, bursts=False))

    assert NEAR_DUPLICATE_AXIS not in {a.name for a in project.columns.axes}
    assert applied_threshold(project) == 0.99


def test_what_makes_no_sense_is_refused(project):
    with pytest.raises(RequestError, match="compared with itself"):
        decide(project, Decision("x", verdicts={(1, 1): PairVerdict.SAME}))
    with pytest.raises(RequestError, match="There is no item 999"):
        decide(project, Decision("x", marks={999: ItemMark.KEEP}))


def test_splits_keep_twins_together(project):
    from tailwise.domain.split import SplitRequest
    from tailwise.usecases.splits import compute_split

    request = SplitRequest(ratios=(("train", 0.5), ("val", 0.5)), group_keys=(NEAR_DUPLICATE_AXIS,))
    compute_split(project, request, SILENT)

    assert report(project).leaks == ()


def test_the_commands_do_the_same(project, template, tmp_path, capsys, monkeypatch):
    from tailwise.usecases import near_duplicates as verbs

    path = project.path
    a, b = named(project)["a1.jpg", "a2.jpg"].items
    project.close()
    shell = Shell(capsys)
    monkeypatch.setattr(verbs.find_duplicates, "__defaults__", (run_here, inline_pool))
    document = shell.json("near-duplicates", path)

    assert {one["kind"] for one in document["clusters"]} == {"exact", "near"}
    assert document["leaks"] == [{"a_split": "train", "b_split": "val", "pairs": 2}]
    assert set(document["clusters"][0]["edges"][0]) == {"a", "b", "kind", "reason"}
    assert "leaking pairs" in shell("near-duplicates", path, "--no-bursts")
    assert shell.json("duplicate", path, "different", a, b) == {"marks": 0, "pairs": 1}
    assert len(shell.json("near-duplicates", path)["clusters"]) == 3
    shell("duplicate", path, "keep", a)
    shell("duplicate", path, "forget", a, b)
    assert len(shell.json("near-duplicates", path)["clusters"]) == 4
    shell("duplicate", path, "same", a, code=2)
    assert shell.json("index", path, "--no-descriptors")["kept"] == 13
    assert "were up to date" in shell("index", path, "--no-descriptors") + shell.err


def test_without_an_index_the_command_says_what_to_do(tmp_path, capsys):
    photo_project(tmp_path, {"a.jpg": jpeg_of(photo(1))}).close()
    shell = Shell(capsys)
    shell("near-duplicates", tmp_path / "p.tailwise", code=1)

    assert "The images are not indexed yet. Run: tailwise index p.tailwise." in shell.err
    missing = a_source({"a.jpg": {"car": 1}})
    missing.items.media[:] = array("b", [MediaState.MISSING])
    a_project(tmp_path / "gone.tailwise", missing).close()
    shell("near-duplicates", tmp_path / "gone.tailwise", code=1)
    assert "None of the pictures is on this computer" in shell.err, "the index would not help"
    assert "None of the 1 pictures" in shell("index", tmp_path / "gone.tailwise") + shell.err


@pytest.mark.parametrize(
    ("command", "verb"),
    [("index", "image_index.build_index"), ("near-duplicates", "near_duplicates.find_duplicates")],
)
def test_an_interrupted_command_that_keeps_its_work_says_so(tmp_path, capsys, monkeypatch, command, verb):
    photo_project(tmp_path, {"a.jpg": jpeg_of(photo(1))}).close()

    def interrupted(*_arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(f"tailwise.usecases.{verb}", interrupted)
    shell = Shell(capsys)
    shell(command, tmp_path / "p.tailwise", code=130)
    assert "what was finished is kept, and the same command goes on from there" in shell.err


def test_what_is_excluded_is_not_repeated_in_training_and_reasons_are_kept_and_undone(project):
    from tailwise.usecases.training_part import training_rows

    one = named(project)["d1.jpg", "d2.jpg"]
    before = training_rows(project.cube())[1].items
    first = decide(project, Decision("x", {one.items[0]: ItemMark.EXCLUDE}, reasons={one.items[0]: "blurred"}))
    assert training_rows(project.cube())[1].items in {before, before - 1}
    assert named(project)["d1.jpg", "d2.jpg"].reasons == {one.items[0]: "blurred"}
    second = decide(project, Decision("y", {one.items[0]: ItemMark.KEEP}))
    assert named(project)["d1.jpg", "d2.jpg"].reasons == {}
    decide(project, second.undo)
    assert named(project)["d1.jpg", "d2.jpg"].reasons == {one.items[0]: "blurred"}
    decide(project, first.undo)
    assert named(project)["d1.jpg", "d2.jpg"].marks == {}

    inside = named(project)["c1.jpg", "c2.jpg"]
    assert inside.labels == (("bus", 1), ("car", 1))
    decide(project, Decision("z", {inside.items[0]: ItemMark.EXCLUDE}))
    assert training_rows(project.cube())[1].items == before - 1


def test_the_sharpest_is_kept_when_that_is_the_rule_and_objects_decide_among_the_sharp(project):
    from tailwise.usecases.duplicate_review import KeepRule

    blurred = named(project)["d1.jpg", "d2.jpg"]
    assert best_of(project, [blurred], KeepRule.SHARPEST)[blurred.items[0]] is ItemMark.KEEP  # d2 is blurred
    assert best_of(project, [blurred])[blurred.items[1]] is ItemMark.KEEP


def test_decisions_outlive_another_index_and_another_search(project):
    one = named(project)["a1.jpg", "a2.jpg"]
    decide(project, Decision("x", {one.items[0]: ItemMark.KEEP}))
    decide(project, Decision("y", verdicts={(one.items[0], one.items[1]): PairVerdict.DIFFERENT}))
    build_index(project, IndexRequest(descriptors=False, rebuild=True), SILENT, inline_pool)
    again = find_duplicates(project, DuplicateRequest(), SILENT, run_here, inline_pool)

    assert ("a1.jpg", "a2.jpg") not in named(project, again)
    decide(project, Decision("z", verdicts={(one.items[0], one.items[1]): None}))
    assert named(project)["a1.jpg", "a2.jpg"].marks == {one.items[0]: ItemMark.KEEP}

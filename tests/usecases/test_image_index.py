"""The image index: made once, kept up to date, the same with any number of workers, harmed by no file."""

import os
from array import array
from dataclasses import replace

import numpy as np
import pytest

from builders import a_project, a_source, store
from photo_sets import inline_pool, jpeg_of, photo, photo_project
from tailwise.domain.changes import Changes
from tailwise.domain.duplicates import DuplicateRequest
from tailwise.domain.errors import RequestError
from tailwise.domain.index import IndexRequest, ItemMark, PairVerdict
from tailwise.domain.review import MiningRequest
from tailwise.imaging.decode import ImageFile
from tailwise.imaging.thumbnails import user_cache
from tailwise.ops.child import run_here
from tailwise.ops.executors import local_pool
from tailwise.ops.progress import SILENT, OpCancelledError
from tailwise.storage import index_tables
from tailwise.usecases import image_index, index_plan, index_work
from tailwise.usecases.conditions_derived import conditions_from_numbers
from tailwise.usecases.duplicate_review import Decision, decide
from tailwise.usecases.embeddings import import_vectors, list_embeddings
from tailwise.usecases.image_index import build_index, index_state, load_index
from tailwise.usecases.index_work import ImageWork
from tailwise.usecases.mining import mine
from tailwise.usecases.near_duplicates import find_duplicates
from tailwise.usecases.projects import list_findings


@pytest.fixture
def project(tmp_path):
    files = {f"p{i}.jpg": jpeg_of(photo(i, 120, 90)) for i in range(6)}
    labels = {name: {"car": 2} if i % 2 else {} for i, name in enumerate(files)}
    project = photo_project(tmp_path, files, labels=labels)
    yield project
    project.close()


def build(project, **options):
    return build_index(project, IndexRequest(**options), SILENT, inline_pool)


def columns(index):
    return {name: getattr(index, name) for name in index.__dataclass_fields__ if name != "embedding"}


def test_every_image_and_object_gets_its_row(project):
    outcome = build(project)
    index = load_index(project)

    assert (outcome.indexed, outcome.kept, outcome.failed, outcome.objects) == (6, 0, 0, 6)
    assert index.item_ids.tolist() == sorted(project.columns.item_ids.tolist())
    assert index.embedding == "classical"
    assert index.descriptor.shape[0] == 6
    assert index.descriptor.shape == (6, index.object_descriptor.shape[1])
    assert np.allclose(np.linalg.norm(index.descriptor, axis=1), 1, atol=1e-2)
    assert index.object_item.tolist() == [2, 2, 4, 4, 6, 6]
    assert index.object_box.tolist()[:2] == [[0, 0, 10, 20], [1, 1, 10, 20]]
    assert project.columns.annotations["item"][index.object_annotation].tolist() == [1, 1, 3, 3, 5, 5]
    assert len({bytes(row) for row in index.sha256}) == 6
    assert bool((index.brightness > 0).all())
    assert bool((index.blur > 0).all())
    state = index_state(project)
    assert (state.images, state.indexed, state.objects, state.is_whole) == (6, 6, 6, True)


def test_thumbnails_are_in_the_cache_the_grid_uses(project, tmp_path):
    build(project, descriptors=False)
    place = tmp_path / "photos" / "p0.jpg"
    facts = place.stat()
    os.truncate(place, 0)  # what is shown now can only come from the cache
    os.utime(place, ns=(facts.st_atime_ns, facts.st_mtime_ns))

    kept = list(user_cache()._folder.glob("??/*.jpg"))
    assert len(kept) == 6
    assert load_index(project).descriptor.shape == (6, 0)


def test_only_new_and_changed_files_are_read_again(project, tmp_path):
    build(project)
    before = columns(load_index(project))

    assert build(project).indexed == 0
    (tmp_path / "photos" / "p1.jpg").write_bytes(jpeg_of(photo(77, 120, 90)))
    again = build(project)
    after = columns(load_index(project))
    assert (again.indexed, again.kept) == (1, 5)
    assert (after["phash"] != before["phash"]).tolist() == [False, True, False, False, False, False]
    assert build(project, rebuild=True).indexed == 6


def test_changed_boxes_are_described_anew_and_stale_ones_are_not_shown(project, tmp_path):
    build(project)
    data = a_source({f"p{i}.jpg": {"car": 3} if i == 1 else {} for i in range(6)}, root=str(tmp_path / "photos"))
    store(project, data)
    stale = load_index(project)

    assert len(stale.object_item) == 0
    assert len(stale.item_ids) == 6
    # Images whose boxes went are described anew as well: what is stored is what there is.
    assert build(project).indexed == 3
    assert load_index(project).object_item.tolist() == [2, 2, 2]


def test_images_that_left_the_project_leave_the_index(project, tmp_path):
    build(project)
    store(project, a_source({"p0.jpg": {}, "p5.jpg": {}}, root=str(tmp_path / "photos")))

    assert load_index(project).item_ids.tolist() == [1, 6]
    build(project)
    with project.file.reading() as db:
        assert sorted(index_tables.stored_files(db)) == [1, 6]


def test_files_that_cannot_be_read_are_findings_and_the_rest_is_indexed(tmp_path):
    good = jpeg_of(photo(1, 120, 90))
    files = {"empty.jpg": b"", "good.jpg": good, "half.jpg": good[:-300], "text.jpg": b"hello", "gone.jpg": good}
    project = photo_project(tmp_path, files)
    (tmp_path / "photos" / "gone.jpg").unlink()
    outcome = build(project)
    found = {f.finding.code: f.finding for f in list_findings(project)}
    state = index_state(project)

    assert (outcome.indexed, outcome.failed, outcome.missing) == (2, 2, 1)
    assert outcome.findings == (("IX-01", 1), ("IX-03", 1), ("IX-04", 1), ("IX-08", 1))
    assert found["IX-08"].examples == ("half.jpg",)
    assert (state.indexed, state.failed, state.missing, state.is_whole) == (2, 2, 1, True)
    # A second run has nothing to do and says the same; a repaired file takes its finding away.
    assert build(project).findings == outcome.findings
    (tmp_path / "photos" / "text.jpg").write_bytes(good)
    assert dict(build(project).findings) == {"IX-01": 1, "IX-03": 1, "IX-08": 1}
    project.close()


class CancelAt:
    """Cancels at the third image of a stage."""

    def __init__(self, stage):
        self.where, self.label, self.done = stage, "", 0

    def stage(self, label, total=0):
        self.label, self.done = label, 0

    def advance(self, steps=1):
        self.done += steps
        if self.label == self.where and self.done >= 3:
            raise OpCancelledError


def test_a_cancelled_run_keeps_what_was_indexed_and_goes_on_from_there(project, monkeypatch):
    monkeypatch.setattr(index_work, "LEAST_IMAGES", 1)
    with pytest.raises(OpCancelledError) as stopped:
        build_index(project, IndexRequest(), CancelAt("Indexing images"), inline_pool)

    # Also what had come since the last time something was stored.
    assert stopped.value.kept == "3 of 6 images are indexed and stay so; the next run goes on from there."
    assert stopped.value.changes == Changes.INDEX
    assert len(load_index(project).item_ids) == 3
    assert build(project).kept == 3
    assert len(load_index(project).item_ids) == 6


def test_a_run_cancelled_while_it_learns_keeps_what_it_saw_and_ends_as_any_other(project, monkeypatch):
    monkeypatch.setattr(index_work, "LEAST_IMAGES", 1)
    reading = "Reading images to learn from"
    with pytest.raises(OpCancelledError) as stopped:
        build_index(project, IndexRequest(), CancelAt(reading), inline_pool)

    assert stopped.value.kept.startswith("Hashes and measures of 3 images are stored and stay so")
    assert stopped.value.changes == Changes.INDEX
    assert index_state(project).indexed == 3
    assert len(list(user_cache()._folder.glob("??/*.jpg"))) == 3
    with pytest.raises(OpCancelledError) as again:
        build_index(project, IndexRequest(), CancelAt(reading), inline_pool)
    assert not again.value.kept, "the same three were read, nothing is new"

    assert build(project).indexed == 6
    gone_on = columns(load_index(project))
    build(project, rebuild=True)
    for name, column in columns(load_index(project)).items():
        assert np.array_equal(gone_on[name], column), name


def test_any_number_of_workers_gives_the_same_bits(project):
    build_index(project, IndexRequest(workers=1), SILENT)
    one = columns(load_index(project))
    build_index(project, IndexRequest(workers=2, rebuild=True), SILENT, lambda: local_pool(2))
    two = columns(load_index(project))

    assert all(np.array_equal(one[name], two[name]) for name in one)


def test_what_was_learned_from_too_little_is_learned_anew(project, tmp_path, monkeypatch):
    build(project)
    with project.file.reading() as db:
        first = index_tables.list_embeddings(db)[0]
    for i in range(6, 30):
        (tmp_path / "photos" / f"p{i}.jpg").write_bytes(jpeg_of(photo(i, 60, 50)))
    store(project, a_source({f"p{i}.jpg": {} for i in range(30)}, root=str(tmp_path / "photos")))
    outcome = build(project)

    with project.file.reading() as db:
        (second,) = index_tables.list_embeddings(db)
    assert outcome.indexed == 30
    assert (first.origin, second.origin) == ("6", "30")
    assert second.fingerprint != first.fingerprint
    monkeypatch.setattr(index_plan, "SAMPLE_IMAGES", 30)
    assert not index_plan.needs_learning(second, 1000)
    # Vectors of a model of an earlier version cannot be compared with what is made now.
    assert index_plan.needs_learning(replace(second, fingerprint=second.fingerprint.partition("-")[2]), 30)


def aged(project):
    """Make the index look as if an earlier version had made it."""
    with project.file.writing() as db:
        db.execute("UPDATE image_index SET method = method - 1")
        db.execute("UPDATE embedding SET fingerprint = substr(fingerprint, 3) WHERE name = 'classical'")


def test_an_index_of_an_earlier_version_is_said_to_be_one_and_made_again(project):
    build(project)
    decide(project, Decision("same", {1: ItemMark.EXCLUDE}, {(1, 2): PairVerdict.SAME}))
    aged(project)
    state = index_state(project)
    assert (state.indexed, state.outdated, state.is_whole) == (0, 6, False)
    earlier = r"index of 6 images was made by an earlier version .* Make it again.*: tailwise index p\.tailwise"
    for verb in (
        lambda: find_duplicates(project, DuplicateRequest(), SILENT, run_here, inline_pool),
        lambda: mine(project, MiningRequest("car"), SILENT, run_here),
        lambda: conditions_from_numbers(project, "brightness", 3, SILENT),
    ):
        with pytest.raises(RequestError, match=earlier):
            verb()

    assert build(project).indexed == 6
    state = index_state(project)
    assert (state.indexed, state.outdated) == (6, 0)
    report = find_duplicates(project, DuplicateRequest(), SILENT, run_here, inline_pool)
    together = next(one for one in report.clusters if {1, 2} <= set(one.items))
    assert "said to be the same by hand" in {edge.reason for edge in together.edges}
    assert together.marks[1] is ItemMark.EXCLUDE


def test_learning_anew_leaves_the_chosen_vectors_in_use(project, tmp_path):
    build(project)
    np.save(tmp_path / "own.npy", np.random.default_rng(1).normal(size=(6, 8)).astype(np.float32))
    (tmp_path / "own.txt").write_text("".join(f"p{i}.jpg\n" for i in range(6)))
    import_vectors(project, tmp_path / "own.npy", tmp_path / "own.txt", "own", SILENT)
    aged(project)
    build(project)

    assert [(e.name, e.images, e.is_active) for e in list_embeddings(project)] == [
        ("own", 6, True), ("classical", 6, False),
    ]  # fmt: skip
    assert load_index(project).embedding == "own"


def test_a_cluster_that_does_not_see_the_files_is_refused(project, monkeypatch):
    from tailwise.domain.index import ImageIssue
    from tailwise.usecases.index_work import ImageResult

    monkeypatch.setattr(image_index, "index_images", lambda piece: [ImageResult(ImageIssue.UNREADABLE) for _ in piece])
    with pytest.raises(RequestError, match="workers of the cluster cannot open"):
        build_index(project, IndexRequest(scheduler="tcp://x:1", descriptors=False), SILENT, inline_pool)


def test_predictions_and_missing_files_are_left_out(tmp_path):
    from tailwise.domain.records import MediaState, Role

    seen = a_source({"a.jpg": {"car": 1}}, root=str(tmp_path))
    seen.items.media = array("b", [MediaState.MISSING])
    project = a_project(
        tmp_path / "p.tailwise", seen, a_source({"a.jpg": {"car": 1}}, name="model", role=Role.PREDICTIONS)
    )
    outcome = build(project)

    assert (outcome.indexed, outcome.missing) == (0, 0)
    assert load_index(project).item_ids.shape == (0,)
    assert index_state(project).missing == 1
    project.close()


def test_pieces_hold_every_image_once_and_few_where_one_is_large():
    small = [ImageWork(at, ImageFile(f"{at}.jpg")) for at in range(1000)]
    large = [ImageWork(at, ImageFile(f"{at}.jpg"), size_bytes=20_000_000) for at in range(6)]
    crowded = [ImageWork(at, ImageFile(f"{at}.jpg", (9, 9), ((0, 0, 1, 1),) * 300)) for at in range(6)]

    for work, longest in ((small, index_work.PIECE_IMAGES), (large, 2), (crowded, 2), (small[:5], 5), ([], 0)):
        pieces = list(index_work.in_pieces(work))
        assert [one for piece in pieces for one in piece] == work
        assert max(map(len, pieces), default=0) == longest

"""What looks alike among candidates, and verdicts that are recorded together."""

from pathlib import Path

import numpy as np
import pytest

from builders import a_project, a_source
from tailwise.domain.errors import RequestError
from tailwise.domain.index import CLASSICAL_EMBEDDING
from tailwise.domain.review import Candidate, CandidateKind, ReasonTag, ReviewQueue, Verdict
from tailwise.ops.progress import SILENT
from tailwise.storage import index_tables, review_tables
from tailwise.storage.index_tables import VectorRow
from tailwise.storage.review_tables import RandomNegatives
from tailwise.usecases import candidate_likeness as module
from tailwise.usecases.candidate_likeness import candidate_likeness
from tailwise.usecases.verdicts import GivenVerdict, record_verdicts, review_cards, review_states, verdict_history

IMAGES = 8
INDEXED, FREE = (1.0, 2.0, 30.0, 40.0), (50.0, 60.0, 7.0, 8.0)


@pytest.fixture
def project(tmp_path):
    source = a_source({f"{n:03}.jpg": {"ball": 1} for n in range(IMAGES)}, root=str(tmp_path))
    for n in range(IMAGES):
        Path(tmp_path, f"{n:03}.jpg").write_bytes(b"")
    project = a_project(tmp_path / "desk.tailwise", source)
    yield project
    project.close()


@pytest.fixture
def candidates(project):
    """On every image a place that is indexed and one that is not; and one whole image."""
    places = [(item, box) for item in range(1, IMAGES) for box in (INDEXED, FREE)]
    found = [
        Candidate(item, box, ReviewQueue.HARD_NEGATIVES, CandidateKind.SIMILAR, 0.5, "", position=n, class_name="ball")
        for n, (item, box) in enumerate([*places, (IMAGES, None)])
    ]
    names = {item: f"{item - 1:03}.jpg" for item in range(1, IMAGES + 1)}
    nothing = RandomNegatives(np.zeros(0, dtype=np.int64), np.zeros((0, 4), dtype=np.float32))
    with project.file.writing() as db:
        run = review_tables.add_run(db, "ball", request={}, outcome={}, random=nothing, version=1)
        return review_tables.put_candidates(db, run, found, names)


def near(axis, item):
    """Return a vector close to an axis, a little different for each item; not of length 1."""
    vector = np.zeros(4, dtype=np.float32)
    vector[axis], vector[3] = 5.0, 0.1 * item
    return vector


def put_index(project, name):
    with project.file.writing() as db:
        embedding = index_tables.put_embedding(db, name, "test", "f", 4, b"model")
        rows = [
            VectorRow(item, near(2, item), np.array([1]), np.array([INDEXED]), near(0, item)[None])
            for item in range(1, IMAGES + 1)
        ]
        index_tables.put_vectors(db, embedding.id, rows)


def test_places_are_alike_whether_they_are_indexed_or_cut_out(project, candidates, monkeypatch):
    put_index(project, CLASSICAL_EMBEDDING)
    cut = []

    def describe(file, model):
        cut.append((file.path[-7:], file.boxes, model))
        return near(1, int(file.path[-7:-4]) + 1)[None]

    monkeypatch.setattr(module, "box_vectors", describe)

    likeness = candidate_likeness(project, review_cards(project, candidates), SILENT)

    kind = {each.id: each.box for each in candidates}
    assert cut == [(f"{n:03}.jpg", (FREE,), ("f", b"model")) for n in range(IMAGES - 1)]
    assert {kind[one] for one, others in likeness.similar.items() if others} == {INDEXED, FREE}
    for one, others in likeness.similar.items():
        assert {kind[other] for other in others} <= {kind[one]}
    boxes = {}
    for one, group in likeness.group.items():
        boxes.setdefault(group, set()).add(kind[one])
    assert all(len(of_group) == 1 for of_group in boxes.values())


def test_what_has_no_vector_is_like_nothing(project, candidates):
    cards = review_cards(project, candidates)
    assert not any(candidate_likeness(project, cards, SILENT).similar.values()), "no index"

    put_index(project, "my model")
    likeness = candidate_likeness(project, cards, SILENT)
    assert {c.box for c in candidates if likeness.similar[c.id]} == {INDEXED}, "only the classical one describes"
    assert len({likeness.group[c.id] for c in candidates if c.box == FREE}) == IMAGES - 1


def test_verdicts_given_together_are_recorded_all_or_none(project, candidates):
    a, b, c = (each.id for each in candidates[:3])
    done = record_verdicts(
        project, [GivenVerdict(a, Verdict.HARD_NEGATIVE, (ReasonTag.COLOUR,)), GivenVerdict(b, Verdict.UNSURE)], "Ann"
    )
    assert [each.candidate for each in done.recorded] == [a, b]
    assert verdict_history(project, a)[0].reasons == (ReasonTag.COLOUR,)

    together = [GivenVerdict(a, Verdict.TAKE_BACK), GivenVerdict(c, Verdict.TAKE_BACK)]
    with pytest.raises(RequestError, match="no verdict on candidate"):
        record_verdicts(project, together, "Ann")
    assert review_states(project, "ball")[a].by("Ann").verdict is Verdict.HARD_NEGATIVE

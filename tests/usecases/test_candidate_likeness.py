"""What looks alike among candidates, and verdicts that are recorded together."""

from pathlib import Path

import numpy as np
import pytest

from builders import a_project, a_source
from cli_runs import Shell
from tailwise.domain.errors import RequestError
from tailwise.domain.index import CLASSICAL_EMBEDDING
from tailwise.domain.review import Candidate, CandidateKind, Decision, ReasonTag, ReviewQueue, Verdict
from tailwise.ops.progress import SILENT
from tailwise.storage import index_tables, review_tables
from tailwise.storage.index_tables import VectorRow
from tailwise.storage.review_tables import RandomNegatives
from tailwise.usecases import candidate_likeness as module
from tailwise.usecases.candidate_likeness import candidate_likeness, list_look_alikes, open_look_alikes
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


def test_what_is_stored_is_listed_with_its_group_and_the_ones_most_alike(project, candidates):
    put_index(project, "my model")
    record_verdicts(project, [GivenVerdict(candidates[0].id, Verdict.HARD_NEGATIVE)], "Ann")
    found = list_look_alikes(project, "ball", SILENT)

    assert [each.candidate.id for each in found.candidates] == [each.id for each in candidates]
    assert (found.suspected_missing, found.notes) == ((), ())
    likeness = candidate_likeness(project, review_cards(project, candidates), SILENT)
    for each in found.candidates:
        assert (each.alike, each.group) == (likeness.similar[each.candidate.id], likeness.group[each.candidate.id] + 1)
        assert each.decision is (Decision.HARD_NEGATIVE if each is found.candidates[0] else Decision.OPEN)
    assert any(each.alike for each in found.candidates)

    with pytest.raises(RequestError, match="no class 'zebra'"):
        list_look_alikes(project, "zebra", SILENT)


def test_without_candidates_or_an_index_the_list_says_so(project, request):
    with pytest.raises(RequestError, match="No candidates of ball are stored"):
        list_look_alikes(project, "ball", SILENT)
    request.getfixturevalue("candidates")
    found = list_look_alikes(project, "ball", SILENT)
    assert not any(each.alike for each in found.candidates)
    assert found.notes == ("Nothing is compared without vectors: run tailwise index desk.tailwise",)


def test_a_verdict_is_handed_on_to_what_a_reviewer_left_open_in_the_queue(project, candidates):
    put_index(project, "my model")
    similar = candidate_likeness(project, review_cards(project, candidates), SILENT).similar
    first, alike = max(similar.items(), key=lambda each: len(each[1]))
    assert len(alike) > 1
    record_verdicts(project, [GivenVerdict(alike[0], Verdict.UNSURE)], "Ann")

    assert open_look_alikes(project, first, "Ann", SILENT) == alike[1:]
    assert open_look_alikes(project, first, "Bob", SILENT) == alike
    with project.file.writing() as db:
        db.execute("UPDATE candidate SET queue = ? WHERE id = ?", [ReviewQueue.MISSING_LABELS.value, alike[-1]])
    assert open_look_alikes(project, first, "Bob", SILENT) == alike[:-1]
    assert open_look_alikes(project, 999, "Bob", SILENT) == ()


def test_the_commands_list_look_alikes_and_hand_a_verdict_on(project, candidates, capsys):
    put_index(project, "my model")
    path, shell = project.path, Shell(capsys)
    project.close()

    told = shell.json("mine", path, "--class", "ball", "--list")
    assert set(told) == {"class", "candidates", "suspected_missing", "alike_from", "notes"}
    first = max(told["candidates"], key=lambda each: len(each["alike"]))
    assert {"id", "item", "box", "score", "kind", "why", "nearest", "decision", "group", "alike"} <= set(first)
    printed = shell("mine", path, "--class", "ball", "--list").splitlines()
    assert printed[0].startswith(f"Hard-negative candidates of ball: {len(candidates)} in ")
    line = next(line for line in printed if line.split()[:2] == [str(first["group"]), str(first["id"])])
    assert line.endswith(", ".join(str(other) for other in first["alike"]))
    groups = [int(line.split()[0]) for line in printed[2 : 2 + len(candidates)]]
    assert groups.count(groups[0]) > groups.count(groups[-1]) == 1, "large groups come first"
    shell("mine", path, "--class", "ball", "--list", "--seed", "3", code=2)
    assert "--seed says how to mine" in shell.err

    given = shell.json("verdict", path, first["id"], "hard-negative", "--alike", "--reviewer", "Ann")
    assert (given["candidate"], given["also"]) == (first["id"], first["alike"])
    listed = shell.json("mine", path, "--class", "ball", "--list")["candidates"]
    judged = {each["id"] for each in listed if each["decision"] == "hard-negative"}
    assert judged == {first["id"], *first["alike"]}
    shell("verdict", path, first["id"], "hard-negative", "--alike", "--reviewer", "Ann")
    assert "No open candidate looks like it" in shell.err
    shell("verdict", path, first["id"], "take-back", "--alike", "--reviewer", "Ann", code=2)
    shell("verdict", path, 999, "unsure", "--alike", code=1)
    assert "There is no candidate number 999" in shell.err

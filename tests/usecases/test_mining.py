"""Mining a project: what looks like the class, never anything of val, verdicts that count, and the export of it."""

import csv
import json
import shutil
from array import array
from dataclasses import replace

import numpy as np
import pytest

from builders import a_project, a_source
from cli_runs import Shell
from desk_projects import a_desk_project
from tailwise.domain.errors import RequestError
from tailwise.domain.records import MediaState
from tailwise.domain.review import CandidateKind, Decision, MiningRequest, ReasonTag, Verdict
from tailwise.ops.child import run_here
from tailwise.ops.progress import SILENT, OpCancelledError
from tailwise.usecases.export_negatives import negatives_export
from tailwise.usecases.mining import mine
from tailwise.usecases.mining_crops import quarters
from tailwise.usecases.mining_why import Facts, why, why_missing
from tailwise.usecases.projects import open_project
from tailwise.usecases.verdicts import (
    list_candidates,
    mined_classes,
    record_verdict,
    review_cards,
    review_summary,
    verdict_history,
)

IMAGES = 20
TRAIN = 2 * IMAGES // 3


@pytest.fixture(scope="module")
def mined(tmp_path_factory):
    """A mined project file, and what mining returned."""
    folder = tmp_path_factory.mktemp("mined")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        project = a_desk_project(folder, IMAGES)
        outcome = mine(project, MiningRequest("ball", limit=12, spread_over="lighting"), SILENT, run_here)
        project.close()
    return project.path, outcome


@pytest.fixture
def project(mined, tmp_path):
    copy = tmp_path / "desk.tailwise"
    shutil.copy(mined[0], copy)
    opened = open_project(copy)
    yield opened
    opened.close()


def table(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_balls_that_nobody_annotated_come_first_and_say_why(mined):
    outcome = mined[1]
    both = [*outcome.suspected_missing, *outcome.candidates]
    planted = [c for c in both if c.box == (114.0, 70.0, 34.0, 34.0)]

    assert len(planted) >= 2
    assert {c.item for c in planted} <= {1, 6, 11}
    assert both[0] in planted
    assert all("model found" in c.why for c in planted)
    assert all(c.evidence["detector"] == pytest.approx(0.8) for c in planted)
    assert CandidateKind.BACKGROUND in {c.kind for c in outcome.candidates}
    assert outcome.positives == TRAIN
    assert any("detections" in note for note in outcome.notes)


def test_nothing_of_val_is_looked_at_or_shown(mined):
    outcome = mined[1]
    both = (*outcome.candidates, *outcome.suspected_missing)

    assert {c.item for c in both} <= set(range(1, TRAIN + 1))
    assert {n.item for c in both for n in c.nearest} <= set(range(1, TRAIN + 1))
    assert len(outcome.candidates) == 12
    assert len({(c.item, c.box) for c in both}) == len(both)
    assert sorted({c.round for c in outcome.candidates}) == [1, 2, 3]


def test_what_the_queue_of_missing_labels_leaves_out_is_said_and_the_limit_opens_it(project, mined):
    everything = mined[1].suspected_missing
    assert len(everything) > 1, "or nothing can be left out"

    short = mine(project, MiningRequest("ball", limit=1), SILENT, run_here)

    assert [(c.item, c.box) for c in short.suspected_missing] == [(c.item, c.box) for c in everything[:1]]
    assert f"{len(everything) - 1:,} more place" in " ".join(short.notes)
    assert "more place" not in " ".join(mined[1].notes)


def test_scores_fall_and_candidates_have_numbers_and_neighbours(mined, project):
    outcome = mined[1]
    scores = [c.score for c in outcome.candidates]
    stored = list_candidates(project, "ball")

    assert scores == sorted(scores, reverse=True)
    assert {c.id for c in stored} == {c.id for c in (*outcome.candidates, *outcome.suspected_missing)}
    assert all(len(c.nearest) == 3 for c in stored)
    assert stored[0].as_json()["box"] == list(stored[0].box)
    assert [(m.class_name, m.candidates) for m in mined_classes(project)] == [("ball", len(stored))]


def test_judged_places_do_not_come_back_and_keep_their_numbers(project, mined):
    hard, missed, loose = (c for c in list_candidates(project, "ball")[:3])
    for candidate, verdict in zip(
        (hard, missed, loose), (Verdict.HARD_NEGATIVE, Verdict.MISSED_LABEL, Verdict.DUPLICATE), strict=True
    ):
        record_verdict(project, candidate.id, verdict, "Ann")

    again = mine(project, MiningRequest("ball", limit=5), SILENT, run_here)

    assert not {hard.id, missed.id, loose.id} & {c.id for c in (*again.candidates, *again.suspected_missing)}
    assert again.positives == mined[1].positives + 1, "a missed label is an example from now on"
    assert {hard.id, missed.id, loose.id} <= {c.id for c in list_candidates(project, "ball")}


def test_cancelled_mining_stores_nothing(project):
    class Cancelled:
        def stage(self, _label, _total=0):
            return None

        def advance(self, _steps=1):
            raise OpCancelledError

    before = list_candidates(project)
    with pytest.raises(OpCancelledError):
        mine(project, MiningRequest("brick", limit=5), Cancelled(), run_here)
    assert list_candidates(project) == before


@pytest.mark.parametrize(
    ("class_name", "sentence"),
    [("car", "not indexed yet"), ("zebra", "no class 'zebra'"), ("tram", "No item to train on shows tram")],
)
def test_what_is_missing_for_mining_is_said(tmp_path, class_name, sentence):
    source = a_source({"a.jpg": {"car": 1}, "b.jpg": {"bus": 1}}, classes=("tram",))
    project = a_project(tmp_path / "p.tailwise", source)
    with pytest.raises(RequestError, match=sentence):
        mine(project, MiningRequest(class_name), SILENT, run_here)
    project.close()


def test_a_project_without_its_pictures_is_not_sent_to_the_index(tmp_path):
    source = a_source({"a.jpg": {"car": 1}, "b.jpg": {"bus": 1}})
    source.items.media[:] = array("b", [MediaState.MISSING] * 2)
    project = a_project(tmp_path / "p.tailwise", source)
    with pytest.raises(RequestError, match="None of the pictures"):
        mine(project, MiningRequest("car"), SILENT, run_here)
    project.close()


def test_verdicts_are_kept_apart_compared_and_taken_back(project):
    first, second = list_candidates(project, "ball")[:2]
    record_verdict(project, first.id, Verdict.HARD_NEGATIVE, "Ann", [ReasonTag.SHAPE, ReasonTag.SHAPE])
    record_verdict(project, first.id, Verdict.MISSED_LABEL, "Bob")
    done = record_verdict(project, second.id, Verdict.HARD_NEGATIVE, "Bob")
    record_verdict(project, second.id, Verdict.HARD_NEGATIVE, "Ann")

    summary = review_summary(project, "ball")
    assert done.decision is Decision.HARD_NEGATIVE
    assert summary.decisions[Decision.ESCALATED] == 1
    assert (summary.agreements[0].both, summary.agreements[0].agreed) == (2, 1)
    assert summary.reasons == ((ReasonTag.SHAPE, 1),)

    taken = record_verdict(project, first.id, Verdict.TAKE_BACK, "Bob")
    assert taken.decision is Decision.HARD_NEGATIVE
    assert [v.verdict for v in verdict_history(project, first.id)] == [
        Verdict.HARD_NEGATIVE, Verdict.MISSED_LABEL, Verdict.TAKE_BACK,
    ]  # fmt: skip
    share, low, high = review_summary(project, "ball").precision
    assert (share, round(low, 3), high) == (1.0, 0.342, 1.0)
    with pytest.raises(RequestError, match="to take back"):
        record_verdict(project, first.id, Verdict.TAKE_BACK, "Bob")
    with pytest.raises(RequestError, match="no candidate number 999"):
        record_verdict(project, 999, Verdict.UNSURE, "Bob")


def test_a_card_names_the_box_that_is_asked_about(project):
    cards = review_cards(project, list_candidates(project, "ball"))
    labelled = next(c for c in cards if c.candidate.kind is not CandidateKind.BACKGROUND)

    assert labelled.picture.annotations[0].class_name.startswith("ball? labelled ")
    assert labelled.picture.annotations[0].box == labelled.candidate.box
    assert all(n.annotations[0].class_name == "ball" for n in labelled.neighbours)
    assert len({p.id for c in cards for p in (c.picture, *c.neighbours)}) == 4 * len(cards)


def test_the_export_holds_weights_that_add_up_and_no_names(project, tmp_path, capsys):
    candidates = list_candidates(project, "ball")
    with pytest.raises(RequestError, match="confirmed"):
        negatives_export(project)
    for candidate in candidates[:4]:
        record_verdict(project, candidate.id, Verdict.HARD_NEGATIVE, "Annegret Example")
    record_verdict(project, candidates[4].id, Verdict.MISSED_LABEL, "Annegret Example", [ReasonTag.PART])
    pool = negatives_export(project).classes[0].pool
    project.close()

    Shell(capsys)("export", project.path, "negatives", "--to", tmp_path / "out")

    folder = tmp_path / "out" / "negatives"
    rows = table(folder / "negatives.csv")
    assert {r["origin"] for r in rows} == {"mined", "random"}
    assert {r["sample_weight"] for r in rows if r["origin"] == "mined"} == {"1.0"}
    assert sum(float(r["sample_weight"]) for r in rows) == pytest.approx(pool)
    assert [r["decision"] for r in table(folder / "judged.csv")] == ["missed-label"]
    assert json.loads((folder / "negatives.json").read_text(encoding="utf-8"))["classes"][0]["mined"] == 4
    everything = "".join(p.read_text(encoding="utf-8") for p in folder.iterdir())
    assert "R01" in everything
    assert "Annegret" not in everything


def test_the_commands_mine_and_judge(project, capsys, monkeypatch):
    project.close()
    monkeypatch.setattr("tailwise.cli.review.run_in_child", run_here)  # spawning is tested where it lives
    shell = Shell(capsys)

    shell("mine", project.path, "--class", "apple", "--shares", "0.5,0.5", code=2)
    assert "three numbers" in shell.err
    shell("mine", project.path, "--class", "apple", "--shares", "0.5,0.5,nan", code=1)
    assert "do not add up to 1" in shell.err
    told = shell.json("mine", project.path, "--class", "apple", "--limit", 4, "--shares", "0,0,1")
    assert {c["kind"] for c in told["candidates"]} == {"background"}
    assert set(told) >= {"class", "candidates", "suspected_missing"}
    assert set(told["candidates"][0]) >= {"id", "item", "box", "score", "kind", "why", "nearest"}
    number = told["candidates"][0]["id"]
    said = shell.json("verdict", project.path, number, "hard-negative", "--reviewer", "Ann", "--reason", "colour")
    assert (said["decision"], said["history"][0]["pseudonym"]) == ("hard-negative", "R01")
    shell("verdict", project.path, number, "take-back", code=1)
    assert "reviewer has no verdict" in shell.err
    shell("verdict", project.path, number, "maybe", code=2)


def test_whole_images_are_mined_where_labels_have_no_boxes(tmp_path):
    project = a_desk_project(tmp_path, 12, boxes=False)
    outcome = mine(project, MiningRequest("ball", limit=50), SILENT, run_here)

    assert any("nothing else is left" in note for note in outcome.notes)

    assert all(c.box is None for c in outcome.candidates)
    assert "box" not in outcome.candidates[0].as_json()
    assert all(card.picture.annotations for card in review_cards(project, outcome.candidates))
    project.close()


def test_every_kind_has_its_line():
    told = {"score": 0.5, "similarity": 0.4, "part": 0.6, "overlap": 0.3, "detector": 0.9}
    facts = Facts("Bus", "", told, "model", is_image=True)
    lines = [why(kind, facts) for kind in CandidateKind]

    assert len(set(lines)) == 4
    assert all(line.endswith("score 0.50") and "model found Bus here at 0.90" in line for line in lines)
    loose = Facts("Bus", "", {"score": 0.5, "overlap": 0.3, "detector": 0.9}, "", is_image=False)
    assert "overlap 0.30" in why(CandidateKind.PARTIAL, loose)
    likelier = replace(loose, evidence={**loose.evidence, "part": 0.33, "similarity": 0.6})
    assert "overlap 0.30" in why(CandidateKind.PARTIAL, likelier), "no part is said to look more like it than the whole"
    assert "is Truck the wrong label?" in why_missing(Facts("Bus", "Truck", told, "model", is_image=False), 0.4)
    assert quarters(np.array([0.0, 0, 8, 4])).tolist() == [[0, 0, 4, 2], [4, 0, 4, 2], [0, 2, 4, 2], [4, 2, 4, 2]]

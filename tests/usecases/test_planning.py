"""Plans, splits and exports of a small project, end to end without a window."""

import csv
import json

import numpy as np
import pytest

from builders import a_project, a_source
from tailwise.domain.errors import ExportTargetError, RequestError
from tailwise.domain.split import SplitRequest
from tailwise.ops.child import run_here
from tailwise.ops.progress import SILENT
from tailwise.usecases.classes import ClassEdit, set_classes
from tailwise.usecases.exports import ExportRequest, export, export_targets
from tailwise.usecases.plan_conditions import plan_conditions
from tailwise.usecases.plan_streams import stream_rows, streams_of_project
from tailwise.usecases.plans import (
    compare_plans,
    compute_plan,
    draft_request,
    list_plans,
    load_plan,
    nearest_request,
    read_request,
    write_request,
)
from tailwise.usecases.projects import journal, load_draft, save_draft
from tailwise.usecases.review_hours import share_review_hours
from tailwise.usecases.splits import (
    activate_split,
    compute_split,
    group_keys,
    list_splits,
    load_split,
    split_items_by_name,
)

RATIOS = (("train", 0.6), ("val", 0.2), ("test", 0.2))


@pytest.fixture
def project(tmp_path):
    labels = {f"{i % 7}/{i:03d}.jpg": ({"car": 2} if i % 5 else {"car": 1, "bike": 1}) for i in range(100)}
    labels["0/none.jpg"] = {}
    light = {name: "night" if i % 5 == 0 else "day" for i, name in enumerate(labels)}
    scene = {name: f"s{i // 4}" for i, name in enumerate(labels)}
    pool = tuple(f"pool/{i:03d}.jpg" for i in range(60))
    labelled = a_source(labels, conditions={"light": light}, groups={"scene": scene})
    unlabelled = a_source(
        {},
        name="drive",
        root="/drive",
        pool=pool,
        conditions={"light": {p: "night" if i < 20 else "day" for i, p in enumerate(pool)}},
    )
    project = a_project(tmp_path / "p.tailwise", labelled, unlabelled)
    yield project
    project.close()


def test_streams_share_out_the_pool_without_promising_an_item_twice(project):
    request = read_request('[plan]\nweeks = 1\n[[class]]\nname = "bike"\n[reserve]\ndiscovery = 0.2\n')

    streams = streams_of_project(project, request)

    assert sum(s.available for s in streams) == 60
    assert {s.name for s in streams} == {"drive, light = day", "drive, light = night", "drive, random"}
    night = next(s for s in streams if s.name.endswith("night"))
    assert night.yields[0].prior > 0.9  # every bike was found at night, elsewhere
    assert len(stream_rows(project.cube(), request.with_streams(streams))[night.name]) == 20


def test_a_draft_asks_for_what_is_lacking_and_can_be_solved(project):
    set_classes(project, [ClassEdit("bike", "must-not-miss", 25)], SILENT)

    text = draft_request(project, SILENT)
    plan = compute_plan(project, text, SILENT)

    wanted = {c.name: c.target for c in read_request(text).classes}
    assert wanted == {"bike": 5, "car": None}
    assert dict(plan.outcome.expected)["bike"] >= 5 - 1e-6
    assert write_request(read_request(text)) == text


def test_without_targets_a_draft_lifts_rare_classes_to_the_median(project):
    wanted = {c.name: c.target for c in read_request(draft_request(project, SILENT)).classes}

    assert wanted["car"] is None
    assert wanted["bike"] > 0


def test_plans_are_stored_whole_and_read_back_equal(project):
    first = compute_plan(project, draft_request(project, SILENT), SILENT)

    loaded = load_plan(project)

    assert loaded == first
    assert json.dumps(loaded.outcome.as_json()) == json.dumps(first.outcome.as_json())
    assert [p.id for p in list_plans(project)] == [first.id]
    assert journal(project)[0].verb == "plan quota"
    with pytest.raises(RequestError, match="no plan number 99"):
        load_plan(project, 99)


def test_the_request_being_edited_is_remembered(project):
    save_draft(project, "quota-request", "[plan]")

    assert load_draft(project, "quota-request") == "[plan]"
    assert load_draft(project, "something else") == ""


def test_a_project_without_a_pool_says_where_items_could_come_from(tmp_path):
    project = a_project(tmp_path / "q.tailwise", a_source({"a.jpg": {"car": 1}}))

    with pytest.raises(RequestError, match="no unlabelled items"):
        compute_plan(project, '[plan]\nweeks = 1\n[[class]]\nname = "car"\nmin_per_week = 1\n', SILENT)
    project.close()


def test_a_split_keeps_groups_whole_and_is_stored_as_the_active_one(project):
    stored = compute_split(project, SplitRequest(RATIOS, group_keys=("scene",), stratify=("light",), seed=3), SILENT)

    assert stored.result.items == 101
    assert stored.result.checks.cut_groups == 0
    assert load_split(project, stored.id) == stored
    members = split_items_by_name(project, stored.id)
    assert sum(map(len, members.values())) == 101
    assert {f.name for f in group_keys(project)} == {"scene", "light"}
    assert [s.is_active for s in list_splits(project)] == [True]


def test_locked_test_images_stay_where_they_are(project):
    first = compute_split(project, SplitRequest(RATIOS, group_keys=("scene",)), SILENT)
    before = split_items_by_name(project, first.id)["test"]

    second = compute_split(
        project, SplitRequest(RATIOS, group_keys=("scene",), locked=frozenset({"test"}), seed=9), SILENT
    )

    assert set(before) <= set(split_items_by_name(project, second.id)["test"])
    activate_split(project, first.id)
    assert [s.is_active for s in list_splits(project)] == [False, True]


def test_impossible_splits_are_answered_in_a_sentence(project):
    with pytest.raises(RequestError, match="no axis 'patient'"):
        compute_split(project, SplitRequest(RATIOS, group_keys=("patient",)), SILENT)
    with pytest.raises(RequestError, match="no split 'test' to lock"):
        compute_split(project, SplitRequest(RATIOS, locked=frozenset({"test"})), SILENT)
    with pytest.raises(RequestError, match="no split number 7"):
        load_split(project, 7)
    with pytest.raises(RequestError, match="no split number 7"):
        activate_split(project, 7)


def test_what_cannot_be_exported_yet_says_what_is_missing(project, tmp_path):
    reasons = {(t.kind, t.target): t.reason for t in export_targets(project)}
    assert reasons["work-order", ""] == "Solve a plan first"
    assert reasons["splits", "coco"] == "Make a split first"
    assert reasons["counts", ""] == ""

    for request, sentence in (
        (ExportRequest("splits", tmp_path / "x"), "Make a split first"),
        (ExportRequest("splits", tmp_path / "x", "voc"), "no target 'voc'"),
        (ExportRequest("poem", tmp_path / "x"), "no export 'poem'"),
    ):
        with pytest.raises(RequestError, match=sentence):
            export(project, request, SILENT, run_here)
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        ("splits", ""),
        ("splits", "coco"),
        ("splits", "yolo-labels"),
        ("counts", ""),
        ("work-order", ""),
        ("playbook", ""),
    ],
)
def test_every_kind_is_written_read_back_and_noted(project, tmp_path, kind, target):
    set_classes(project, [ClassEdit("bike", "must-not-miss", 25)], SILENT)
    compute_plan(project, draft_request(project, SILENT), SILENT)
    compute_split(project, SplitRequest(RATIOS, group_keys=("scene",)), SILENT)

    done = export(project, ExportRequest(kind, tmp_path / "out", target), SILENT, run_here)

    assert done.files
    assert all((tmp_path / "out" / f.path).exists() for f in done.files)
    assert journal(project)[0].verb == "export"
    with pytest.raises(ExportTargetError):
        export(project, ExportRequest(kind, tmp_path / "out", target), SILENT, run_here)


def test_a_work_order_lists_pool_items_once(project, tmp_path):
    set_classes(project, [ClassEdit("bike", "must-not-miss", 40)], SILENT)
    plan = compute_plan(project, draft_request(project, SILENT), SILENT)

    export(project, ExportRequest("work-order", tmp_path / "out"), SILENT, run_here)

    with next((tmp_path / "out").rglob("*tems.csv")).open(encoding="utf-8", newline="") as file:
        names = [row["file_name"] for row in csv.DictReader(file)]
    assert len(names) == len(set(names)) == round(plan.outcome.items)
    assert all(name.startswith("pool/") for name in names)


def test_published_lists_are_exported_where_there_is_no_split_of_ours(tmp_path):
    splits = {"train": ["a.jpg"], "val": ["b.jpg"], "trainval": ["a.jpg", "b.jpg"]}
    project = a_project(tmp_path / "q.tailwise", a_source({"a.jpg": {"car": 1}, "b.jpg": {"car": 1}}, splits=splits))

    export(project, ExportRequest("splits", tmp_path / "out"), SILENT, run_here)

    with (tmp_path / "out" / "splits" / "splits.csv").open(encoding="utf-8", newline="") as file:
        assert [row["split"] for row in csv.DictReader(file)] == ["train", "val"]
    project.close()


def test_near_duplicates_count_once_and_what_is_labelled_already_not_at_all(tmp_path):
    pool = tuple(f"p{i}.jpg" for i in range(9))
    same = {"p1.jpg": "c", "p2.jpg": "c", "b.jpg": "d", "p6.jpg": "d", "p7.jpg": "d", "p8.jpg": "e", "p0.jpg": "e"}
    twins = {"identical file": {"a.jpg": "x", "p0.jpg": "x"}, "near-duplicate cluster": same}
    source = a_source(
        {"a.jpg": {"car": 1}, "b.jpg": {"car": 1}},
        pool=pool,
        groups=twins,
        conditions={"light": {p: "day" if i < 2 else "night" for i, p in enumerate(pool)}},
    )
    project = a_project(tmp_path / "q.tailwise", source)
    text = '[plan]\nweeks = 1\nconditions = ["light"]\n[[class]]\nname = "car"\ntarget = 9\n'

    request = read_request(text)
    streams = {s.name: s.available for s in streams_of_project(project, request)}
    plan = compute_plan(project, text, SILENT)
    export(project, ExportRequest("work-order", tmp_path / "out"), SILENT, run_here)

    assert streams == {"set, light = day": 1, "set, light = night": 3}
    told = (
        "4 unlabelled items are not offered, as labelled ones show the same: 1 is the same file, 3 are near-duplicates."
    )
    assert told in plan.outcome.notes
    with next((tmp_path / "out").rglob("*tems.csv")).open(encoding="utf-8", newline="") as file:
        names = {row["file_name"] for row in csv.DictReader(file)}
    assert names in ({"p1.jpg", "p3.jpg", "p4.jpg", "p5.jpg"}, {"p2.jpg", "p3.jpg", "p4.jpg", "p5.jpg"})
    project.close()


def test_streams_are_told_apart_by_the_conditions_chosen_and_timed_where_times_are_known(project):
    text = '[plan]\nweeks = 1\nconditions = []\n[[class]]\nname = "bike"\n'
    assert [s.name for s in streams_of_project(project, read_request(text))] == ["drive"]
    with pytest.raises(RequestError, match="no axis 'weather'"):
        streams_of_project(project, read_request(text.replace("[]", '["weather"]')))

    seconds = np.where(project.cube().labelled, 20.0, np.nan)
    chosen = read_request(text.replace("[]", '["light"]'))
    assert {s.seconds_per_item for s in streams_of_project(project, chosen, seconds)} == {22.0}


def test_plans_of_one_name_are_versions_that_can_be_compared(project):
    text = draft_request(project, SILENT)
    first = compute_plan(project, text, SILENT)
    second = compute_plan(project, text.replace("weeks = 2", "weeks = 1"), SILENT)

    assert [(p.version, p.name) for p in list_plans(project)] == [(2, "Sprint"), (1, "Sprint")]
    diff = compare_plans(project, first.id, second.id)
    assert ("plan: weeks", "2", "1") in {(c.place, c.before, c.after) for c in diff.request}
    assert diff.after == "Sprint, version 2"


def test_the_nearest_request_can_be_solved_as_it_is(project):
    text = '[plan]\nweeks = 1\n[[class]]\nname = "bike"\ntarget = 500\n'
    nearest, changes = nearest_request(project, text, SILENT)

    assert [c.place for c in changes] == ["class 'bike': target"]
    assert nearest.streams == ()
    plan = compute_plan(project, write_request(nearest), SILENT)
    assert plan.outcome.reasons == ()
    assert nearest_request(project, write_request(nearest), SILENT) is None


def test_review_hours_are_shared_out_from_a_table(project):
    head = "class,checked,wrong,cost,seconds\n"
    shares = share_review_hours(project, f"{head}bike,10,1,100,30\ncar,100,1,1,10\n", 0.2)

    assert [s.name for s in shares] == ["bike", "car"]
    assert sum(s.hours for s in shares) == pytest.approx(0.2)
    assert shares[0].items == 20  # every bike: a wrong one costs a hundred times as much
    for table, sentence in (
        ("class,checked\n", "no column 'wrong'"),
        (f"{head}tram,1,1,1,1\n", "line 2: the project has no class 'tram'"),
        (f"{head}bike,1,0,1,1\nbike,1,0,1,1\n", "names 'bike' twice"),
        (f"{head}bike,1,2,1,1\n", "2 wrong of 1 checked"),
        (f"{head}bike,x,2,1,1\n", "checked is 'x'"),
    ):
        with pytest.raises(RequestError, match=sentence):
            share_review_hours(project, table, 1)


def test_the_time_per_item_is_what_was_measured_and_a_tenth_more(tmp_path):
    source = a_source({"a.jpg": {"car": 1}, "b.jpg": {"car": 1}, "c.jpg": {"car": 1}}, pool=("p.jpg",))
    for position, seconds in enumerate((30.0, 40.0, 50.0)):
        source.lead.append(position, seconds)
    project = a_project(tmp_path / "q.tailwise", source)

    [stream] = read_request(draft_request(project, SILENT)).streams[:1]

    assert stream.seconds_per_item == 44.0
    project.close()


def test_what_nobody_has_seen_yet_is_estimated_from_what_was_seen_once(tmp_path):
    labels = {f"{k}.jpg": {"car": 1} for k in range(18)} | {"x.jpg": {"tram": 1}, "y.jpg": {"bus": 1}}
    project = a_project(tmp_path / "q.tailwise", a_source(labels, pool=("p.jpg",)))

    plan = compute_plan(project, draft_request(project, SILENT), SILENT)

    assert "About 10 % of the next objects would be of kinds not seen yet: 2 of 3 classes" in plan.outcome.notes[-1]
    project.close()


def test_a_plan_is_told_per_condition_beside_what_there_is(project):
    text = (
        '[plan]\nweeks = 1\nconditions = ["light"]\n[[class]]\nname = "bike"\ntarget = 12\n[reserve]\ndiscovery = 0.2\n'
    )
    plan = compute_plan(project, text, SILENT)

    totals = {t.condition: t for t in plan_conditions(project, plan)}

    assert {t.condition: t.have for t in totals.values()} == {"day": 0, "night": 20, "at random": None}
    assert sum(t.items for t in totals.values()) == plan.outcome.items
    assert sum(t.expected for t in totals.values()) == pytest.approx(dict(plan.outcome.expected)["bike"])
    assert totals["night"].expected > totals["day"].expected
    without = compute_plan(project, text.replace('["light"]', "[]"), SILENT)
    assert plan_conditions(project, without) == ()

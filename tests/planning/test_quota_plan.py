"""The answer as a document: its contract, its notes, and what it says of hours for label and review."""

import datetime as dt
import json
import pickle
from dataclasses import replace

import pytest

from planning.quota_requests import MUST, NICE, gate, rates, vision
from tailwise.domain.errors import RequestError
from tailwise.domain.plan import Capacity, ClassQuota, PlanRequest, Share, Stream
from tailwise.domain.plan_outcome import PlanStatus, ReasonKind
from tailwise.ops.child import run_in_child
from tailwise.ops.progress import SILENT
from tailwise.planning.quota_plan import compute_plan


def reviewed(**capacity):
    return PlanRequest(
        weeks=1,
        classes=(ClassQuota("Rare", MUST, min_per_week=50),),
        streams=(Stream("a", 400, seconds_per_item=36, review_seconds_per_item=72, yields=rates(Rare=0.5)),),
        capacity=Capacity(**capacity),
    )


def test_the_json_answer_has_the_keys_of_the_contract():
    answer = compute_plan(replace(vision(900), start=dt.date(2026, 11, 23)), SILENT).as_json()
    assert json.loads(json.dumps(answer)) == answer
    assert answer["status"] == "infeasible"
    for line in answer["lines"]:
        assert {"week", "stream", "items", "hours", "expected"} <= set(line)
        assert line["start"] == {1: "2026-11-23", 2: "2026-11-30"}[line["week"]]
        assert isinstance(line["items"], int)
    assert {"items", "hours", "expected", "shortfall"} <= set(answer["totals"])
    assert [(r["class"], r["week"], r["quota"]) for r in answer["risk"]] == [
        ("Wheelchair", 1, "weekly"),
        ("Wheelchair", 2, "weekly"),
    ]
    assert all(0 <= r["p_met"] <= 1 for r in answer["risk"])
    pool, hours, rule = answer["reasons"]
    assert pool["extra_items"] == 117  # 35 / 0.30
    assert hours["extra_hours"] > 0
    assert rule["rules"] == ["hard negatives: at least 10 % of each week's items"]  # 150 a week, so 1,500 items at most
    assert "seconds" not in answer  # the same request gives the same bytes


@pytest.mark.parametrize(("kind", "given"), [("label", {"label_hours": (0.6,)}), ("review", {"review_hours": (1.2,)})])
def test_the_hours_that_are_short_are_named_by_kind(kind, given):
    """100 items are needed, 1 label hour and 2 review hours; the request offers 60 % of one of them."""
    outcome = compute_plan(reviewed(**given), SILENT)
    [reason] = outcome.reasons
    assert (reason.kind, reason.short_by) == (ReasonKind.HOURS, pytest.approx(20))
    assert reason.extra_hours == pytest.approx({"label": 0.4, "review": 0.8}[kind], abs=1e-5)
    assert f"{reason.extra_hours:.1f} more {kind} hours" in reason.advice
    met = compute_plan(reviewed(), SILENT)
    assert (met.hours, met.review_hours) == (pytest.approx(1.0), pytest.approx(2.0))


def test_two_rules_of_which_either_may_go_are_both_named():
    request = PlanRequest(
        weeks=1,
        classes=(ClassQuota("Rare", MUST, min_per_week=50),),
        streams=(
            Stream("good", 400, share=Share(0.0, 0.5), yields=rates(Rare=0.5)),
            Stream("poor", 400, share=Share(0.0, 0.2), yields=rates(Rare=0.01)),
            Stream("none", 10),
        ),
    )
    [reason] = compute_plan(request, SILENT, integer=False).reasons
    assert "Relax one of these: " in reason.advice
    assert len(reason.rules) == 2
    for stream in request.streams[:2]:
        freed = request.with_streams(replace(s, share=None) if s == stream else s for s in request.streams)
        assert compute_plan(freed, SILENT, integer=False).status is PlanStatus.OPTIMAL


def test_a_request_without_streams_is_refused():
    with pytest.raises(RequestError, match="has no streams"):
        compute_plan(PlanRequest(weeks=1, classes=(ClassQuota("Rare"),)), SILENT)


@pytest.mark.parametrize(
    ("classes", "note"),
    [
        ((ClassQuota("Rare", MUST),), "nothing is planned"),
        (
            (ClassQuota("Rare", MUST, target=1), ClassQuota("Easy", NICE, easy_cap=3)),
            "no must-not-miss class has a weekly",
        ),
        (
            (ClassQuota("Rare", MUST, min_per_week=1), ClassQuota("Easy", NICE, easy_cap=3)),
            "every stream of it is one of",
        ),
    ],
)
def test_a_setting_that_changes_nothing_is_told(classes, note):
    request = PlanRequest(weeks=1, classes=classes, streams=(Stream("a", 9, yields=rates(Rare=0.5, Easy=0.5)),))
    assert note in " ".join(compute_plan(request, SILENT).notes)


def test_a_plan_computed_in_a_child_process_is_the_same():
    here = compute_plan(gate(30), SILENT)
    there = run_in_child(compute_plan, gate(30), progress=SILENT)
    assert there.as_json() == here.as_json()
    assert pickle.loads(pickle.dumps(here)) == here

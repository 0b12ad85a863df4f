"""The nearest request that can be met, what one more hour brings, and how two plans differ."""

from dataclasses import replace

import pytest

from planning.quota_requests import MUST, NICE, gate, rates, vision
from tailwise.domain.plan import Capacity, ClassQuota, PlanRequest, Stream
from tailwise.domain.plan_outcome import PlanStatus, ReasonKind
from tailwise.ops.progress import SILENT
from tailwise.planning.plan_diff import diff_plans, request_changes
from tailwise.planning.quota_nearest import nearest_request
from tailwise.planning.quota_plan import compute_plan


def test_a_request_that_can_be_met_is_left_alone():
    assert nearest_request(vision(200), SILENT) is None


@pytest.mark.parametrize("request_", [vision(600, hours=(60, 60)), gate(30)])
def test_the_nearest_request_can_be_met_and_one_object_more_cannot(request_):
    nearest = nearest_request(request_, SILENT)
    assert compute_plan(nearest, SILENT).status is PlanStatus.OPTIMAL
    lowered = nearest.classes[0]
    more = replace(nearest, classes=(replace(lowered, min_per_week=lowered.min_per_week + 1), *nearest.classes[1:]))
    assert compute_plan(more, SILENT).status is PlanStatus.INFEASIBLE


def test_lower_tiers_give_way_first():
    request = PlanRequest(
        weeks=1,
        classes=(ClassQuota("Easy", NICE, target=50), ClassQuota("Rare", MUST, target=10)),
        streams=(Stream("all", 100, yields=rates(Rare=0.5)), Stream("easy", 100, yields=rates(Easy=1.0))),
        capacity=Capacity(items_per_week=(40,)),
    )
    nearest = nearest_request(request, SILENT)
    assert {c.name: c.target for c in nearest.classes} == {"Easy": 20.0, "Rare": 10.0}
    assert [(c.place, c.before, c.after) for c in request_changes(request, nearest)] == [
        ("class 'Easy': target", "50", "20")
    ]


def test_a_class_that_nothing_yields_is_given_up():
    request = PlanRequest(
        weeks=2,
        classes=(ClassQuota("Rare", MUST, min_per_week=3, target=10), ClassQuota("Car", NICE, target=5)),
        streams=(Stream("all", 100, yields=rates(Car=0.5)),),
    )
    rare, car = nearest_request(request, SILENT).classes
    assert (rare.min_per_week, rare.target, car.target) == (0.0, None, 5)


def test_one_more_labelling_hour_is_worth_what_it_brings():
    request = PlanRequest(
        weeks=1,
        classes=(ClassQuota("Wheelchair", MUST, target=100),),
        streams=(Stream("transit", 3_000, seconds_per_item=180, yields=rates(Wheelchair=0.12)),),
        capacity=Capacity(label_hours=(10,)),
    )
    [reason] = compute_plan(request, SILENT).reasons
    assert reason.kind is ReasonKind.HOURS
    assert reason.per_hour == pytest.approx(2.4)  # twenty items, 0.12 each
    assert "One more labelling hour brings 2.4 Wheelchair." in reason.advice


def test_two_plans_differ_in_what_was_asked_in_items_and_in_what_comes_of_it():
    before, after = vision(200), replace(vision(300), confidence=0.8)
    outcomes = tuple(compute_plan(request, SILENT) for request in (before, after))
    diff = diff_plans(("one", "two"), (before, after), outcomes)
    assert [(c.place, c.before, c.after) for c in diff.request] == [
        ("class 'Wheelchair': min_per_week", "200", "300"),
        ("plan: confidence", "", "0.8"),
    ]
    hours = next(c for c in diff.totals if c.what == "label hours")
    assert hours.change == pytest.approx(outcomes[1].hours - outcomes[0].hours)
    assert sum(c.change for c in diff.lines) == pytest.approx(outcomes[1].items - outcomes[0].items)
    assert next(c for c in diff.classes if c.what == "Wheelchair, week 1: met with").unit == "%"
    assert diff.as_json()["totals"]
    assert diff_plans(("one", "one"), (before, before), (outcomes[0], outcomes[0])).is_same

"""Known answers of the method, computed by hand or published with it."""

import pytest

from planning.quota_requests import MUST, fraud, gate, items_by_stream, rates, vision
from tailwise.domain.plan import (
    Capacity,
    ClassQuota,
    Objective,
    PlanRequest,
    Route,
    RouteShare,
    Share,
    SourceShare,
    Stream,
)
from tailwise.domain.plan_outcome import PlanStatus, ReasonKind
from tailwise.ops.progress import SILENT
from tailwise.planning.quota_plan import compute_plan


def plan(request, *, integer=True):
    return compute_plan(request, SILENT, integer=integer)


@pytest.mark.parametrize("integer", [True, False])
@pytest.mark.parametrize(
    ("request_", "frauds", "items"),
    [
        (fraud(is_proportional=True), 20.0, {"Email": 600, "Chat": 300, "Social": 100}),
        (fraud(0.20, 0.50), 36.0, {"Email": 200, "Chat": 300, "Social": 500}),
        (fraud(0.25, 0.40), 33.0, {"Email": 250, "Chat": 350, "Social": 400}),
        (fraud(), 50.0, {"Social": 1_000}),
    ],
)
def test_a_wave_of_tickets_is_split_over_sources(request_, frauds, items, integer):
    outcome = plan(request_, integer=integer)
    assert outcome.status is PlanStatus.OPTIMAL
    assert outcome.expected == (("Fraud", pytest.approx(frauds, abs=1e-6)),)
    assert items_by_stream(outcome) == pytest.approx(items, abs=1e-3)


@pytest.mark.parametrize("integer", [True, False])
def test_a_rule_stream_beside_a_proportional_random_reserve_finds_five_times_as_much(integer):
    sources = (
        ("Email", 12_000, 0.06, 1_200, 0.01),
        ("Chat", 6_000, 0.15, 720, 0.03),
        ("Social", 2_000, 0.20, 300, 0.05),
    )
    missed_by_rule = {"Email": 48 / 10_800, "Chat": 72 / 5_280, "Social": 40 / 1_700}  # recall 0.6
    drawn = {"Email": 0.09, "Chat": 0.045, "Social": 0.015}
    streams = []
    for name, size, precision, hits, rate in sources:
        streams += [
            Stream(f"{name} rule", hits, source=name, route=Route.RULE, yields=rates(Fraud=precision)),
            Stream(f"{name} rest", size - hits, source=name, yields=rates(Fraud=missed_by_rule[name])),
            Stream(
                f"{name} random",
                size,
                source=name,
                route=Route.RANDOM,
                share=Share(drawn[name], drawn[name]),
                yields=rates(Fraud=rate),
            ),
        ]
    outcome = plan(
        PlanRequest(
            weeks=1,
            objective=Objective.MOST_RARE,
            capacity=Capacity(items_per_week=(1_000,)),
            classes=(ClassQuota("Fraud", MUST),),
            streams=tuple(streams),
            sources=tuple(SourceShare(name, Share(0.2, 0.5)) for name, *_ in sources),
            routes=(RouteShare(Route.RULE, Share(0.0, 0.5)),),
        ),
        integer=integer,
    )
    assert outcome.expected == (("Fraud", pytest.approx(98.592, abs=5e-4)),)
    assert items_by_stream(outcome) == pytest.approx(
        {
            "Social rule": 300, "Chat rule": 200, "Email rest": 110, "Chat rest": 55, "Social rest": 185,
            "Email random": 90, "Chat random": 45, "Social random": 15,
        },
        abs=1e-3,
    )  # fmt: skip


def test_the_pool_is_short_by_38():
    streams = tuple(Stream(f"pool {n}", n, yields=rates(Rare=0.28)) for n in (120, 180, 100))
    outcome = plan(PlanRequest(weeks=1, classes=(ClassQuota("Rare", MUST, target=150),), streams=streams))
    assert outcome.status is PlanStatus.INFEASIBLE
    assert outcome.expected == (("Rare", pytest.approx(112)),)
    assert outcome.items == 400  # the lines still hold the best there is
    [reason] = outcome.as_json()["reasons"]
    assert (reason["class"], reason["kind"], reason["short_by"]) == ("Rare", "pool", 38)
    assert "pool is short by 38: widen collection first" in reason["advice"]
    assert reason["extra_items"] == 136  # 38 / 0.28 = 135.7


@pytest.mark.parametrize(
    ("per_week", "has_shares", "hours"),
    [(200, True, 50.14), (300, True, 85.59), (400, True, 133.55), (400, False, 129.07)],
)
def test_wheelchairs_are_met_in_the_fewest_hours(per_week, has_shares, hours):
    whole = plan(vision(per_week, has_shares=has_shares))
    assert whole.status is PlanStatus.OPTIMAL
    assert whole.hours == pytest.approx(hours, abs=0.05)
    assert whole.shortfall == (("Wheelchair", 0.0),)
    assert whole.gap == 0.0
    fractions = plan(vision(per_week, has_shares=has_shares), integer=False)
    assert fractions.hours == pytest.approx(hours, abs=0.05)
    assert fractions.hours <= whole.hours + 1e-5


def test_1800_wheelchairs_are_35_more_than_the_whole_pool_holds():
    outcome = plan(vision(900, has_shares=False, hours=(1e6, 1e6)), integer=False)
    first = outcome.reasons[0]
    assert (first.kind, first.short_by) == (ReasonKind.POOL, pytest.approx(35))
    assert outcome.status is PlanStatus.INFEASIBLE


def test_reasons_add_up_to_the_shortfall_when_pool_hours_and_rules_all_stand_in_the_way():
    outcome = plan(vision(900))
    assert [r.kind for r in outcome.reasons] == [ReasonKind.POOL, ReasonKind.HOURS, ReasonKind.RULE]
    assert outcome.reasons[0].short_by == pytest.approx(35)
    assert sum(r.short_by for r in outcome.reasons) == pytest.approx(dict(outcome.shortfall)["Wheelchair"])


def test_the_gate_opens_for_easy_items_once_the_rare_minimum_is_met():
    outcome = plan(gate(60))
    assert items_by_stream(outcome) == {"rare": 60, "easy": 40}
    assert outcome.expected == (("Easy", 40.0), ("Rare", 15.0))
    assert outcome.status is PlanStatus.OPTIMAL


@pytest.mark.parametrize("integer", [True, False])
def test_the_gate_stays_shut_while_the_rare_minimum_is_missed(integer):
    outcome = plan(gate(30), integer=integer)
    assert items_by_stream(outcome) == {"rare": 30, "easy": 20}
    assert dict(outcome.expected)["Rare"] == 7.5
    [reason] = outcome.reasons
    assert (reason.kind, reason.short_by, reason.extra_items) == (ReasonKind.POOL, 2.5, 10)
    assert "short by 2.5" in reason.advice
    assert any("50 of 100 item slots stay idle" in note for note in outcome.notes)

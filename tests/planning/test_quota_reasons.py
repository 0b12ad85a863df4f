"""Reasons name the true cause, and what they advise is enough and no more than enough."""

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planning.quota_requests import MUST, NICE, rates, vision
from tailwise.domain.plan import Capacity, ClassQuota, PlanRequest, Reserve, Route, Share, Stream
from tailwise.domain.plan_outcome import PlanStatus, ReasonKind
from tailwise.ops.progress import SILENT
from tailwise.planning.diagnosis import smallest_conflict
from tailwise.planning.quota_plan import compute_plan


def plan(request, *, integer=False):
    return compute_plan(request, SILENT, integer=integer)


def planted(cause, seed):
    """A request that can be met but for one planted cause; returns it and the amount that is short."""
    dice = random.Random(seed)
    streams = [
        Stream(
            f"s{j}",
            dice.randint(200, 900),
            seconds_per_item=dice.randint(30, 120),
            yields=rates(Rare=dice.uniform(0.05, 0.4)),
        )
        for j in range(dice.randint(2, 5))
    ]
    streams.append(Stream("rest", 5_000, route=Route.RANDOM, seconds_per_item=45, yields=rates(Rare=0.002)))
    everything = sum(s.available * s.yields[0].rate for s in streams)
    weeks = dice.randint(1, 3)
    request = PlanRequest(
        weeks=weeks,
        classes=(ClassQuota("Rare", MUST, target=round(everything * dice.uniform(0.3, 0.5), 2)),),
        streams=tuple(streams),
        reserve=Reserve(discovery=0.1),
    )
    met = plan(request)
    assert met.status is PlanStatus.OPTIMAL
    if cause is ReasonKind.POOL:
        short = round(everything * dice.uniform(0.05, 0.5), 2)
        return replace(request, classes=(ClassQuota("Rare", MUST, target=everything + short),)), short
    if cause is ReasonKind.HOURS:
        hours = (met.hours * dice.uniform(0.3, 0.9) / weeks,) * weeks
        tight = replace(request, capacity=Capacity(label_hours=hours))
        return tight, dict(plan(tight).shortfall)["Rare"]
    # All streams but the poorest together get a tenth of each week: hours cannot make up for that.
    ruled = [replace(s, share=Share(0.0, 0.02)) if s.name != "rest" else replace(s, available=1_000) for s in streams]
    tight = request.with_streams(ruled)
    return tight, dict(plan(tight).shortfall)["Rare"]


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("cause", list(ReasonKind))
def test_a_planted_cause_is_the_one_named(cause, seed):
    request, short = planted(cause, seed)
    outcome = plan(request)
    assert outcome.status is PlanStatus.INFEASIBLE
    assert short > 0
    assert [(r.kind, r.short_by) for r in outcome.reasons] == [(cause, pytest.approx(short, rel=1e-3))]


@pytest.mark.parametrize("seed", range(5))
def test_the_extra_hours_advised_are_enough_and_not_one_percent_too_many(seed):
    request, _ = planted(ReasonKind.HOURS, seed)
    one_week = replace(request, weeks=1, capacity=Capacity(label_hours=(sum(request.capacity.label_hours) * 0.8,)))
    [reason] = plan(one_week).reasons
    [hours] = one_week.capacity.label_hours

    def short_with(more):
        return dict(plan(replace(one_week, capacity=Capacity(label_hours=(hours + more,)))).shortfall)["Rare"]

    assert short_with(reason.extra_hours) == pytest.approx(0.0, abs=0.02)
    assert short_with(reason.extra_hours * 0.99) > 0.0
    assert f"{reason.extra_hours:,.0f}"[:2].strip(".") in reason.advice


@pytest.mark.parametrize("seed", range(5))
def test_the_items_advised_are_enough_and_one_fewer_is_not(seed):
    request, _ = planted(ReasonKind.POOL, seed)
    request = replace(request, reserve=Reserve())
    [reason] = plan(request).reasons
    best = max(request.streams, key=lambda s: s.yields[0].rate)
    assert repr(best.name) in reason.advice

    def with_more(items):
        return plan(
            request.with_streams(replace(s, available=s.available + items) if s == best else s for s in request.streams)
        )

    assert with_more(reason.extra_items).status is PlanStatus.OPTIMAL
    assert dict(with_more(reason.extra_items - 1).shortfall)["Rare"] > 0


def test_the_one_rule_in_the_way_is_named_and_dropping_it_is_enough():
    request = replace(vision(400), capacity=Capacity())
    tight = request.with_streams(
        replace(s, share=Share(0.0, 0.05)) if s.name != "random" else replace(s, available=2_000)
        for s in request.streams
    )
    [reason] = plan(tight).reasons
    assert reason.kind is ReasonKind.RULE
    relaxed = tight.with_streams(
        replace(s, share=None) if f"stream {s.name!r}: at most 5 %" in " ".join(reason.rules) else s
        for s in tight.streams
    )
    assert plan(relaxed).status is PlanStatus.OPTIMAL


def test_rules_that_block_independently_are_named_together():
    request = PlanRequest(
        weeks=1,
        classes=(ClassQuota("Rare", MUST, min_per_week=10),),
        streams=(Stream("only", 1_000, yields=rates(Rare=0.5)),),
        reserve=Reserve(discovery=0.15, hard_negatives=0.10),  # there is no stream of either kind
    )
    outcome = plan(request)
    [reason] = outcome.reasons
    assert outcome.items == 0
    assert reason.rules == (
        "discovery reserve: at least 15 % of each week's items",
        "hard negatives: at least 10 % of each week's items",
    )
    assert "relax these together" in reason.advice


def test_an_easy_class_held_back_by_its_cap_is_told_so():
    request = PlanRequest(
        weeks=1,
        classes=(ClassQuota("Rare", MUST, min_per_week=10), ClassQuota("Easy", NICE, min_per_week=50, easy_cap=20)),
        streams=(Stream("rare", 30, yields=rates(Rare=0.25)), Stream("easy", 5_000, yields=rates(Easy=1.0))),
    )
    outcome = plan(request, integer=True)
    by_class = {r.class_name: r for r in outcome.reasons}
    assert (by_class["Rare"].kind, by_class["Rare"].short_by) == (ReasonKind.POOL, 2.5)
    assert (by_class["Easy"].kind, by_class["Easy"].short_by) == (ReasonKind.RULE, 30.0)
    assert by_class["Easy"].rules == (
        "easy cap of 'Easy': at most 20 items a week until every must-not-miss minimum is met",
    )


def test_a_class_that_no_stream_yields_is_told_so():
    request = PlanRequest(
        weeks=1, classes=(ClassQuota("Rare", MUST, target=3),), streams=(Stream("any", 9, yields=rates(Raer=1.0)),)
    )
    outcome = plan(request)
    [reason] = outcome.reasons
    assert (reason.kind, reason.short_by, reason.extra_items) == (ReasonKind.POOL, 3.0, None)
    assert "No stream yields this class" in reason.advice
    assert outcome.notes == ("Streams yield 'Raer', which is no class of the request. Is 'Rare' meant?",)


def test_what_only_whole_items_cost_is_told_apart_from_hours():
    request = PlanRequest(
        weeks=1,
        classes=(ClassQuota("Rare", MUST, min_per_week=1.0),),
        streams=(
            Stream("a", 1, share=Share(0.0, 0.5), yields=rates(Rare=1.0)),
            Stream("b", 1, share=Share(0.0, 0.7), yields=rates(Rare=0.5)),
            Stream("c", 1, share=Share(0.4, 1.0), yields=rates(Rare=0.55)),
        ),
        capacity=Capacity(items_per_week=(1,)),
    )
    assert plan(request, integer=True).reasons != ()
    assert plan(request, integer=True).shortfall > plan(request).shortfall


@given(st.integers(1, 12), st.data())
def test_a_smallest_conflict_conflicts_and_none_of_it_can_be_left_out(count, data):
    subsets = st.sets(st.integers(0, count - 1), min_size=1)
    planted_sets = data.draw(st.lists(subsets, min_size=1, max_size=3))

    def conflicts(kept):
        return any(planted_set <= set(kept) for planted_set in planted_sets)

    found = smallest_conflict(range(count), conflicts)
    assert conflicts(found)
    assert not any(conflicts([r for r in found if r != left_out]) for left_out in found)

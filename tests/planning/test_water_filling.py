"""Water-filled targets: the known answers of the algorithms reference, and what makes the answer the fairest one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailwise.domain.errors import RequestError
from tailwise.planning.largest_remainder import largest_remainder
from tailwise.planning.water_filling import water_fill

SEED = [6000, 2500, 1200, 300]

counts = st.lists(st.integers(0, 5000), min_size=1, max_size=12).filter(any)
caps = st.floats(1.0, 10.0)


def test_seed_exercise_is_exact():
    plan = water_fill(SEED, 8000)

    assert plan.whole.tolist() == [2167, 2167, 2166, 1500]
    assert plan.exact == pytest.approx([2166.667, 2166.667, 2166.667, 1500], abs=1e-3)
    assert plan.multipliers == pytest.approx([0.361111, 0.866667, 1.805556, 5.0], abs=1e-6)
    assert plan.is_capped.tolist() == [False, False, False, True]
    assert plan.is_feasible
    assert plan.advice == ""


@pytest.mark.parametrize(
    ("cap", "total", "whole"),
    [
        (2, 8000, [2500, 2500, 2400, 600]),
        (10, 8000, [2000, 2000, 2000, 2000]),
        (1, 8000, [4000, 2500, 1200, 300]),
        (5, 50_000, [30_000, 12_500, 6_000, 1_500]),
    ],
)
def test_seed_exercise_under_other_caps(cap, total, whole):
    plan = water_fill(SEED, total, cap=cap)

    assert plan.whole.tolist() == whole
    assert plan.is_feasible


def test_one_item_too_many_names_the_cap_that_would_do():
    plan = water_fill(SEED, 50_001)

    assert not plan.is_feasible
    assert (plan.short_by, plan.total, plan.highest, plan.cap_needed) == (1, 50_000, 50_000.0, 5.0001)
    assert plan.whole.tolist() == [30_000, 12_500, 6_000, 1_500]
    assert plan.advice == "short by 1: needs cap 5.0001, or a total of 50,000"
    assert water_fill(SEED, 50_001, cap=plan.cap_needed).is_feasible


@pytest.mark.parametrize(
    ("total", "whole"), [(32_500, [25_000, 7_500]), (15_000, [7_500, 7_500]), (10_000, [5_000, 5_000])]
)
def test_cracks_against_background(total, whole):
    assert water_fill([50_000, 1_500], total).whole.tolist() == whole


def test_floors_that_need_more_than_the_total_are_reported():
    plan = water_fill([100, 100], 30, floor=0.2)

    assert (plan.over_by, plan.total, plan.short_by) == (10, 40, 0)
    assert plan.is_floored.tolist() == [True, True]
    assert plan.advice == "over by 10: the floors alone need 40"


@pytest.mark.parametrize("share", [1.0, 0.1, 1 / 3])
def test_a_level_at_which_nothing_grows_is_no_trouble(share):
    """The small class is full at level 10 and the large one leaves its floor at level 100."""
    plan = water_fill([10, 1000], 110, cap=1, floor=[0, 0.1], target=[share, share])

    assert plan.whole.tolist() == [10, 100]


def test_named_targets_are_powers_of_the_counts():
    natural = water_fill(SEED, 1000, target="natural")
    root = water_fill(SEED, 1000, target="sqrt")

    assert natural.whole.tolist() == [600, 250, 120, 30]
    assert root.exact == pytest.approx(1000 * np.sqrt(SEED) / np.sqrt(SEED).sum())
    assert root.exact == pytest.approx(water_fill(SEED, 1000, target=0.5).exact)


def test_weights_are_shares_and_empty_classes_get_nothing():
    plan = water_fill([100, 0, 100], 90, target=[2, 5, 1])

    assert plan.whole.tolist() == [60, 0, 30]
    assert np.isnan(plan.multipliers[1])


def test_a_class_without_a_share_keeps_its_floor():
    assert water_fill([100, 100], 60, floor=[0.1, 0.0], target=[0, 1]).whole.tolist() == [10, 50]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"counts": [], "total": 1}, "no class with items"),
        ({"counts": [0, 0], "total": 1}, "no class with items"),
        ({"counts": [5, -1], "total": 1}, "finite and not negative"),
        ({"counts": [5, 5], "total": 1, "cap": [2, 0.5], "floor": 1}, "floor of class 2 is above its cap"),
        ({"counts": [5, 5], "total": -1}, "The total is -1"),
        ({"counts": [5, 5], "total": 1, "target": "uniforn"}, "no target 'uniforn'"),
        ({"counts": [5, 5], "total": 1, "target": [1, 2, 3]}, "one number per class"),
    ],
)
def test_impossible_requests_are_sentences(arguments, says):
    with pytest.raises(RequestError, match=says):
        water_fill(**arguments)


@given(counts, caps, st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_totals_are_exact_and_within_bounds(n, cap, floor, at):
    low, high = sum(n) * floor, sum(n) * cap
    total = round(low + at * (high - low))

    plan = water_fill(n, total, cap=cap, floor=floor)

    bounds = np.asarray(n)
    assert plan.whole.sum() == plan.total
    assert abs(plan.total - total) <= 1
    assert (plan.exact >= bounds * floor - 1e-6).all()
    assert (plan.exact <= bounds * cap + 1e-6).all()
    assert (np.abs(plan.whole - plan.exact) < 1 + 1e-6).all()


@given(counts, caps, st.floats(0.0, 1.0))
def test_free_classes_share_one_level_and_larger_classes_get_no_less(n, cap, at):
    plan = water_fill(n, round(at * sum(n) * cap), cap=cap)

    is_free = ~plan.is_capped & (np.asarray(n) > 0)
    assert plan.exact[is_free] == pytest.approx(np.full(is_free.sum(), plan.level if is_free.any() else 0))
    order = np.argsort(n)
    assert (np.diff(plan.exact[order]) >= -1e-6).all()


@given(st.lists(st.integers(1, 5000), min_size=2, max_size=8), caps, st.floats(0.05, 0.95), st.randoms())
def test_no_other_feasible_plan_is_more_even(n, cap, at, random):
    total = at * sum(n) * cap
    highest = np.asarray(n) * cap
    plan = water_fill(n, round(total), cap=cap)
    other = np.clip([random.random() * h for h in highest], 0, highest)
    for _ in range(200):  # pour what is over or under back in without leaving the bounds
        other = np.clip(other + (plan.total - other.sum()) / len(n), 0, highest)

    # Majorisation: the k smallest of the water-filled plan always hold at least as much as the k smallest of another.
    ours, theirs = np.cumsum(np.sort(plan.exact)), np.cumsum(np.sort(other))
    assert (ours >= theirs - 1e-3 * max(1, plan.total)).all()


@given(counts, caps, caps, st.floats(0.0, 1.0))
def test_raising_a_cap_never_lowers_the_smallest_class(n, cap, more, at):
    total = round(at * sum(n) * cap)
    present = np.asarray(n) > 0

    before = water_fill(n, total, cap=cap).exact[present].min()
    after = water_fill(n, total, cap=cap + more).exact[present].min()

    assert after >= before - 1e-6


@given(counts, st.integers(0, 20_000), st.randoms())
def test_order_of_classes_does_not_matter_where_counts_differ(n, total, random):
    n = sorted(set(n))
    shuffled = n.copy()
    random.shuffle(shuffled)

    plain = dict(zip(n, water_fill(n, total).whole.tolist(), strict=True))

    assert dict(zip(shuffled, water_fill(shuffled, total).whole.tolist(), strict=True)) == plain


@pytest.mark.parametrize(
    ("exact", "total", "whole"),
    [([4.9, 1.05, 1.05], 7, [5, 1, 1]), ([2.1, 0.45, 0.45], 3, [2, 1, 0]), ([0.7, 0.15, 0.15], 1, [1, 0, 0])],
)
def test_largest_remainder_keeps_the_sum(exact, total, whole):
    assert largest_remainder(exact, total).tolist() == whole


def test_largest_remainder_breaks_ties_by_priority_then_position():
    assert largest_remainder([0.5, 0.5, 0.5], 1, priority=[1, 3, 3]).tolist() == [0, 1, 0]
    assert largest_remainder([0.1 + 0.2, 0.3], 1, priority=[0, 1]).tolist() == [0, 1]


def test_largest_remainder_respects_least_and_most_while_it_can():
    assert largest_remainder([1.4, 1.6], 3, least=[2, 1]).tolist() == [2, 1]
    assert largest_remainder([1.4, 1.6], 3, most=[2, 1]).tolist() == [2, 1]
    assert largest_remainder([1.4, 1.6], 3, most=[1, 1]).tolist() == [1, 2]


def test_largest_remainder_refuses_a_sum_that_rounding_cannot_reach():
    with pytest.raises(ValueError, match="cannot be rounded to 9"):
        largest_remainder([1.0, 2.0], 9)

"""Resampling: known answers, the target program against a brute force, epochs exact to the item."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tailwise.domain.errors import RequestError
from tailwise.domain.resampling import Method, ResamplingRequest, TargetShape
from tailwise.planning.resampling import baselines, solve_resampling
from tailwise.planning.resampling_epochs import EpochPlan
from tailwise.planning.resampling_items import TrainingItems
from tailwise.planning.resampling_rfs import class_factors, item_shares, repeat_factors
from tailwise.planning.split_groups import stable_keys

SEED = [6000, 2500, 1200, 300]


def single(counts, scenes=None):
    """Build items with one class each, `counts[c]` of class c."""
    classes = np.repeat(np.arange(len(counts)), counts)
    keys = stable_keys(str(k) for k in range(classes.size))
    return TrainingItems(keys, np.arange(classes.size), classes, len(counts), scenes)


def several(rows, scenes=None):
    """Build items from one list of classes per item."""
    item = [k for k, row in enumerate(rows) for _ in row]
    category = [c for row in rows for c in row]
    keys = stable_keys(str(k) for k in range(len(rows)))
    width = 1 + max(category, default=0)
    return TrainingItems(keys, np.array(item, dtype=int), np.array(category, dtype=int), width, scenes)


def solve(items, tiers=None, **request):
    weights = np.ones(items.n_classes) if tiers is None else np.array(tiers, dtype=float)
    return solve_resampling(items, ResamplingRequest(**request), weights)


def test_seed_exercise_is_dealt_exactly_and_every_majority_item_is_met():
    plan = solve(single(SEED), total=8000, cap=5)
    epochs = list(plan.epochs.epochs(3))

    assert plan.method is Method.WATER_FILLING
    for uses in epochs:
        assert np.bincount(plan.part, weights=uses).tolist() == [2167, 2167, 2166, 1500]
        assert uses.max() == 5
    seen = sum(uses[:6000] > 0 for uses in epochs)
    assert seen.min() == 1, "after 3 epochs of 2,167 every one of 6,000 items was used"
    assert plan.epochs.epochs_to_see_all() == 3


def test_the_cap_counts_scenes_and_repeats_go_round_them():
    # Class 1 has 12 items of 3 scenes: 10 frames of one, two of their own.
    scenes = np.concatenate([np.full(100, -1), np.zeros(10, dtype=int), [-1, -1]]).astype(np.int64)
    plan = solve(single([100, 12], scenes), total=60, cap=5, per_scene=True)

    assert plan.highest == 5 * 103
    assert plan.effective.round(6).tolist() == [45, 15], "3 scenes x 5, not 12 items x 5"
    by_scene = np.bincount(plan.items.scene, weights=next(plan.epochs.epochs(1)))
    assert by_scene.max() == 5


def test_one_item_too_many_names_the_cap_and_too_few_name_the_floor():
    over = solve(single(SEED), total=50_001, cap=5)
    under = solve(several([[0, 1], [0], [0]]), total=2, cap=5, floor=1.0)

    assert (over.total, over.asked - over.total, over.cap_needed) == (50_000, 1, 5.0001)
    assert (under.total, under.lowest, under.cap_needed) == (3, 3, None)


def test_without_a_floor_and_with_one_class_per_item_the_program_is_water_filling():
    items = several([[0]] * 60 + [[1]] * 25 + [[2]] * 12 + [[3]] * 3)
    by_class = solve(items, total=80, cap=5)
    items.__dict__["is_single"] = False
    by_kind = solve(items, total=80, cap=5, floor=0.0)

    assert by_kind.method is Method.TARGET_LP
    assert by_kind.effective == pytest.approx(by_class.target, abs=1e-6)


def test_the_program_is_as_good_as_trying_everything():
    items = several([[0, 0], [0, 1], [2], [0, 2], [0]])
    plan = solve(items, total=9, cap=3, floor=1.0)

    def cost(counts):
        missing = np.maximum(0, plan.target - counts) + 0.25 * np.maximum(0, counts - plan.target)
        return float((missing / plan.target).sum())

    tried = (np.array(r) for r in itertools.product(np.arange(1, 3.01, 0.25), repeat=5) if abs(sum(r) - 9) < 1e-9)
    best = min(cost(items.matrix.T @ r) for r in tried)
    assert cost(plan.effective) <= best + 5e-3


def test_over_many_epochs_the_fractions_of_the_program_come_out():
    plan = solve(several([[0, 0], [0, 1], [1], [0, 1, 1], [0]]), total=7, cap=2.5)
    used = sum(plan.epochs.epochs(40)) / 40

    assert used == pytest.approx(plan.factor, abs=0.06)
    assert plan.epochs.epochs_to_see_all() == 1


def test_the_driver_is_the_class_an_item_is_repeated_for():
    plan = solve(several([[0, 1]] * 2 + [[0]] * 30), total=40, cap=5)

    assert plan.factor[:2] == pytest.approx([5, 5])
    assert plan.driver[:2].tolist() == [1, 1]
    assert plan.is_capped[:2].all()


def test_too_many_kinds_are_told_apart_by_their_rarest_classes():
    rng = np.random.default_rng(3)
    rows = [sorted(set(rng.integers(0, 9, 5).tolist())) for _ in range(300)]
    items = several(rows)
    full, joined = items.kinds(per_scene=False), items.kinds(per_scene=False, most=20)

    assert joined.is_reduced
    assert joined.size < full.size
    assert (joined.counts.T @ joined.copies) == pytest.approx(items.class_counts)


def test_rfs_and_irfs_factors_are_the_published_ones():
    shares = np.array([1, 10, 100]) / 100_170

    assert class_factors(shares) == pytest.approx([10.008496, 3.164964, 1.000850], abs=1e-6)
    assert class_factors(np.array([np.sqrt(1e-4 * 1e-6)])) == pytest.approx([10.0])
    assert class_factors(np.array([0.0])).tolist() == [1.0]


def test_baselines_have_the_same_total_and_never_thin_out():
    items = several([[0]] * 50 + [[0, 1]] * 5)
    plan = solve(items, total=70, cap=5)
    found = baselines(plan)

    assert [b.method for b in found] == [Method.RFS, Method.IRFS]
    assert all(b.factor.sum() == pytest.approx(70) and b.factor.min() >= 1 for b in found)
    assert baselines(solve(items, total=40)) == ()
    assert repeat_factors(items, item_shares(items), 1e9, 5.0).repeats.tolist() == [5.0] * 55


def test_tiers_temperature_and_items_without_a_class_have_their_shares():
    tiers = solve(single([100, 100]), tiers=[2.0, 1.0], total=90, target=TargetShape.TIERS)
    half = solve(single([400, 100]), total=150, temperature=0.5)
    background = solve(several([[0]] * 20 + [[]] * 80), total=40)

    assert tiers.target.tolist() == [60, 30]
    assert half.target.tolist() == [100, 50]
    assert background.effective.tolist() == [20, 20]


def test_nothing_to_train_on_and_impossible_numbers_are_said():
    with pytest.raises(RequestError, match="No training item has a class"):
        solve(several([[], []]), total=2)
    for fault in (
        {"total": 0}, {"cap": 0.0}, {"cap": float("nan")}, {"floor": -1.0}, {"floor": 6.0}, {"temperature": 3.0},
        {"over_weight": -1.0}, {"epochs": 0}, {"seed": -1},
    ):  # fmt: skip
        with pytest.raises(RequestError):
            ResamplingRequest(**fault)


labels = st.lists(st.lists(st.integers(0, 4), max_size=4), min_size=1, max_size=30).filter(any)


@settings(max_examples=40, deadline=None)
@given(labels, st.integers(1, 90), st.floats(1, 6), st.integers(0, 3), st.booleans(), st.randoms())
def test_epochs_have_the_total_keep_the_cap_and_ignore_the_order_of_rows(rows, total, cap, seed, per_scene, random):
    scenes = np.array([k // 2 if k % 3 else -1 for k in range(len(rows))], dtype=np.int64)
    keys = stable_keys(str(k) for k in range(len(rows)))
    order = np.array(random.sample(range(len(rows)), len(rows)))

    def plan_of(at):
        picked = [rows[k] for k in at]
        item = np.array([k for k, row in enumerate(picked) for _ in row], dtype=int)
        category = np.array([c for row in picked for c in row], dtype=int)
        items = TrainingItems(keys[at], item, category, 5, scenes[at])
        return solve(items, total=total, cap=cap, per_scene=per_scene, seed=seed)

    plan, shuffled = plan_of(np.arange(len(rows))), plan_of(order)

    for uses, other in zip(plan.epochs.epochs(3), shuffled.epochs.epochs(3), strict=True):
        assert uses.sum() == plan.total
        assert uses.max() <= np.ceil(cap)
        assert (uses[order] == other).all()
    assert plan.factor.sum() == pytest.approx(plan.total, rel=1e-6)
    if per_scene:  # a scene of several classes counts once for each where every item has one class
        by_class = plan.method is Method.WATER_FILLING
        place = plan.items.scene * 40 + (plan.part if by_class else 0)
        assert np.bincount(place, weights=plan.factor).max() <= (np.ceil(cap) if by_class else cap) + 1e-6


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 8), min_size=1, max_size=6), st.integers(0, 50), st.data())
def test_over_many_epochs_every_item_gets_its_share(sizes, seed, data):
    part = np.repeat(np.arange(len(sizes)), sizes)
    shares = np.array(data.draw(st.lists(st.floats(0, 20), min_size=len(sizes), max_size=len(sizes))))
    shares[-1] += np.ceil(shares.sum()) - shares.sum()
    plan = EpochPlan(part, shares, np.arange(part.size), stable_keys(map(str, part)), seed)

    used = sum(plan.epochs(60)) / 60

    assert used == pytest.approx(plan.mean(), abs=0.12)

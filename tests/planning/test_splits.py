"""Splits: known answers, laws that always hold, floors, locks, and rivals to be no worse than."""

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import StratifiedGroupKFold

from planning.split_builders import (
    HALVES,
    THREE,
    CancelAfter,
    a_request,
    by_class,
    cheapest,
    clustered_items,
    cost,
    one_class_each,
    random_items,
    reordered,
    some_items,
    taco,
)
from realdata import REAL, needs_real_data
from tailwise.domain.errors import RequestError
from tailwise.domain.split import Floors
from tailwise.ops.progress import SILENT, OpCancelledError
from tailwise.planning import split_exact, split_features, split_search
from tailwise.planning.split_features import ColumnKind
from tailwise.planning.split_groups import connected_groups, count_cut
from tailwise.planning.split_quality import describe, imbalance
from tailwise.planning.splits import split_items

SHARES = (0.7, 0.15, 0.15)


def classes_by_split(items, request):
    return by_class(items, split_items(items, request, SILENT).assignment, len(request.names)).T.tolist()


@pytest.mark.parametrize("floors", list(Floors))
def test_single_labels_are_dealt_exactly(floors):
    items = one_class_each([6000, 2500, 1200, 300])

    assert classes_by_split(items, a_request(floors=floors)) == [
        [4200, 900, 900],
        [1750, 375, 375],
        [840, 180, 180],
        [210, 45, 45],
    ]


@pytest.mark.parametrize(
    ("count", "off", "standard", "spread"),
    [
        (7, [5, 1, 1], [5, 1, 1], [5, 1, 1]),
        (3, [2, 1, 0], [1, 1, 1], [1, 1, 1]),
        (2, [2, 0, 0], [2, 0, 0], [1, 1, 0]),
        (1, [1, 0, 0], [1, 0, 0], [1, 0, 0]),
    ],
)
def test_a_few_items_of_one_class(count, off, standard, spread):
    items = one_class_each([count])

    for floors, expected in ((Floors.OFF, off), (Floors.STANDARD, standard), (Floors.SPREAD, spread)):
        assert classes_by_split(items, a_request(floors=floors)) == [expected]


@pytest.mark.parametrize("positives", sorted(set(permutations([6, 6, 6, 6, 4, 4]))))
def test_six_equal_groups_are_halved_perfectly_in_every_order(positives):
    labels = [[0] if i < count else [] for count in positives for i in range(10)]
    items = some_items(labels, np.repeat(np.arange(6), 10))
    order = np.random.default_rng(sum(positives[:3])).permutation(60)

    for rows in (items, reordered(items, order)):
        for seed in range(3):
            assignment = split_items(rows, a_request(HALVES, seed=seed), SILENT).assignment
            assert np.bincount(assignment).tolist() == [30, 30]
            assert by_class(rows, assignment, 2).tolist() == [[16], [16]]


@st.composite
def item_sets(draw):
    """Up to 40 items in groups, with classes, a condition, locked splits and must-not-miss classes."""
    count = draw(st.integers(1, 40))
    groups = draw(st.lists(st.integers(-1, 12), min_size=count, max_size=count))
    labels = draw(st.lists(st.lists(st.integers(0, 3), max_size=3), min_size=count, max_size=count))
    condition = draw(st.lists(st.integers(0, 2), min_size=count, max_size=count))
    locks = np.full(count, -1)
    of_group = draw(st.lists(st.integers(-3, 2), min_size=13, max_size=13))
    for item, group in enumerate(groups):
        if group >= 0:
            locks[item] = max(-1, of_group[group])
    return some_items(
        labels,
        groups,
        conditions=(condition,),
        classes=4,
        locked=locks,
        must_not_miss=np.array([True, False, False, False]),
    )


@given(item_sets(), st.sampled_from(list(Floors)), st.integers(0, 3))
@settings(max_examples=60)
def test_no_group_is_cut_and_nothing_locked_moves(items, floors, seed):
    request = a_request(floors=floors, seed=seed, locked=frozenset({"train", "val", "test"}))

    solution = split_items(items, request, SILENT)

    assert ((solution.assignment >= 0) & (solution.assignment < 3)).all()
    assert count_cut(items.groups, solution.assignment) == 0
    is_locked = items.locked >= 0
    assert (solution.assignment[is_locked] == items.locked[is_locked]).all()
    assert not solution.stopped_early


@given(item_sets(), st.sampled_from(list(Floors)), st.randoms())
@settings(max_examples=40)
def test_order_of_rows_and_names_of_classes_do_not_matter(items, floors, random):
    request = a_request(floors=floors, balance_objects=True, balance_pairs=True)
    order = list(range(items.count))
    random.shuffle(order)
    names = np.array(random.sample(range(4), 4))
    other = reordered(items, np.array(order))
    renamed = replace(
        other,
        labels=replace(other.labels, value=names[other.labels.value]),
        must_not_miss=items.must_not_miss[np.argsort(names)],
    )

    assignment = split_items(items, request, SILENT).assignment

    assert (split_items(renamed, request, SILENT).assignment == assignment[order]).all()


@pytest.mark.parametrize(
    "items", [random_items(1, 60), clustered_items(3, 4000, 1500, values=3)], ids=["kicks", "wide search"]
)
def test_order_of_rows_does_not_matter_to_any_search(items):
    order = np.random.default_rng(5).permutation(items.count)
    request = a_request(floors=Floors.STANDARD, seed=3)

    assignment = split_items(items, request, SILENT).assignment

    assert (split_items(reordered(items, order), request, SILENT).assignment == assignment[order]).all()


@given(st.integers(0, 10_000), st.integers(3, 30))
@settings(max_examples=12)
def test_sizes_are_off_by_no_more_than_the_largest_group(seed, groups):
    items = random_items(seed, groups)

    sizes = np.bincount(split_items(items, a_request(floors=Floors.SPREAD), SILENT).assignment, minlength=3)

    largest = np.bincount(items.groups).max()
    assert (np.abs(sizes - np.array(SHARES) * items.count) <= largest + 1).all()


def test_a_copy_of_the_whole_dataset_keeps_the_shares():
    once = random_items(4, 40)
    labels = [once.labels.value[once.labels.item == i].tolist() for i in range(once.count)]
    twice = some_items(labels * 2, np.concatenate([once.groups, once.groups + 1000]), classes=5)

    first, second = (by_class(items, split_items(items, a_request(), SILENT).assignment, 3) for items in (once, twice))

    assert second / second.sum(axis=0) == pytest.approx(first / first.sum(axis=0), abs=0.03)


def test_another_seed_is_another_split_and_the_same_seed_the_same():
    items = one_class_each([200, 90])

    first, again, other = (split_items(items, a_request(seed=seed), SILENT).assignment for seed in (1, 1, 2))

    assert (first == again).all()
    assert (first != other).any()


SMALL = pytest.mark.parametrize(
    ("groups", "ratios"), [(10, THREE), (16, HALVES), (11, (("train", 0.6), ("val", 0.2), ("test", 0.2)))]
)


def _costs(seed, groups, ratios, patch):
    """Return the cost of the product's answer and of its search, and the table they balance."""
    items, shares = random_items(seed, groups), [share for _, share in ratios]
    exact = split_items(items, a_request(ratios), SILENT)
    with patch.context() as only_search:
        only_search.setattr(split_exact, "MAX_ASSIGNMENTS", 0)
        found = split_items(items, a_request(ratios), SILENT)
    assert exact.is_proven
    return cost(exact.table, exact.held, shares), cost(found.table, found.held, shares), exact.table


@SMALL
def test_small_problems_are_solved_to_the_optimum(groups, ratios, monkeypatch):
    costs = [_costs(seed, groups, ratios, monkeypatch) for seed in range(3)]

    assert costs[0][0] == pytest.approx(cheapest(costs[0][2], [share for _, share in ratios]))
    assert [found for _, found, _ in costs] == pytest.approx([exact for exact, _, _ in costs])


@pytest.mark.slow
@SMALL
def test_search_alone_finds_nearly_every_optimum(groups, ratios, monkeypatch):
    costs = [_costs(seed, groups, ratios, monkeypatch)[:2] for seed in range(40)]

    assert sum(found <= exact + 1e-6 for exact, found in costs) >= 38


def test_looking_at_every_way_in_parts_changes_nothing(monkeypatch):
    items = random_items(6, 8)
    whole = split_items(items, a_request(floors=Floors.SPREAD), SILENT).assignment

    monkeypatch.setattr(split_exact, "CHUNK_NUMBERS", 1)

    assert (split_items(items, a_request(floors=Floors.SPREAD), SILENT).assignment == whole).all()


def test_conditions_are_balanced_beside_the_classes():
    items = clustered_items(2, 6000, 400, classes=8, values=5)

    solution = split_items(items, a_request(), SILENT)

    kind = solution.table.kind
    for wanted, least in ((ColumnKind.LABEL, 0.01), (ColumnKind.CONDITION, 0.01), (ColumnKind.CELL, 0.2)):
        assert (kind == wanted).any()
        assert imbalance(solution.held[:, kind == wanted], np.array(SHARES)) < least
    blind = split_items(replace(items, conditions=()), a_request(), SILENT)
    held = np.stack([solution.table.matrix.T @ (_rows(solution, blind) == s) for s in range(3)])
    assert imbalance(held[:, kind == ColumnKind.CONDITION], np.array(SHARES)) > 0.5


def _rows(solution, other):
    """Return the split that another solution of the same items gave each row of the first solution's table."""
    split = np.empty(solution.table.matrix.shape[0], dtype=np.int64)
    split[solution.table.row_of_item] = other.assignment
    return split


def test_single_items_reach_the_bound_of_whole_numbers():
    random = np.random.default_rng(3)
    labels = [
        random.choice(12, size=k, replace=False, p=np.arange(12, 0, -1) / 78).tolist()
        for k in random.integers(1, 5, 1500)
    ]
    items = some_items(labels)

    solution = split_items(items, a_request(), SILENT)

    measures = describe(items, a_request(), solution, list("abcdefghijkl")).measures
    assert measures.label_lower_bound <= measures.label_score <= 1.1 * measures.label_lower_bound
    assert measures.lower_bound <= measures.score + 1e-12


def test_rivals_are_beaten_on_grouped_items():
    items = clustered_items(5, 8000, 600)
    random = np.random.default_rng(0)

    ours = by_class(items, split_items(items, a_request(), SILENT).assignment, 3)

    folds = np.empty(items.count, dtype=np.int64)
    merge = StratifiedGroupKFold(20, shuffle=True, random_state=0)
    for fold, (_, test) in enumerate(merge.split(items.labels.item, items.labels.value, items.groups)):
        folds[test] = fold
    rivals = [np.where(folds < 14, 0, np.where(folds < 17, 1, 2))]
    rivals += [random.choice(3, 600, p=SHARES)[items.groups] for _ in range(200)]
    best = min(imbalance(by_class(items, rival, 3), np.array(SHARES)) for rival in rivals)
    assert imbalance(ours, np.array(SHARES)) < best / 10
    assert np.abs(ours.sum(axis=1) - np.array(SHARES) * 8000).max() <= 1


def test_spread_floors_leave_only_the_empty_cells_that_nobody_can_avoid():
    random = np.random.default_rng(8)
    groups_of_class = [1, 1, 2, 2, 2, 3, 3, 4, 5, 8, 13, 40]
    labels = [[11] for _ in range(300)]
    for code, count in enumerate(groups_of_class):
        for item in random.choice(300, count, replace=False):
            labels[item].append(code)
    items = some_items(labels)

    solution = split_items(items, a_request(floors=Floors.SPREAD), SILENT)

    checks = describe(items, a_request(), solution, [str(c) for c in range(12)]).checks
    assert checks.empty_cells == checks.unavoidable_empty_cells == 2 + 2 + 1 + 1 + 1


def test_must_not_miss_classes_get_more_of_the_test_split():
    labels = [[0] if i < 40 else [1] for i in range(1000)]
    must = np.array([True, False])
    items = some_items(labels, must_not_miss=must)

    plain = classes_by_split(replace(items, must_not_miss=None), a_request(floors=Floors.STANDARD))
    careful = classes_by_split(items, a_request(floors=Floors.STANDARD))
    capped = classes_by_split(items, a_request(floors=Floors.STANDARD, test_floor_items=8))

    assert plain[0] == [28, 6, 6]
    assert careful[0][2] == 12  # 30 % of 40
    assert capped[0][2] == 8
    assert np.sum(careful, axis=0) == pytest.approx([700, 150, 150], abs=1)


def test_locked_items_are_compensated_by_new_ones():
    """Old items lie wholly in train; the ratios are met over old and new items together."""
    labels = [[i % 2] for i in range(1000)]
    locked = np.where(np.arange(1000) < 400, 0, -1)
    items = some_items(labels, locked=locked)

    solution = split_items(items, a_request(locked=frozenset({"train"})), SILENT)

    assert by_class(items, solution.assignment, 3).tolist() == [[350, 350], [75, 75], [75, 75]]
    assert (solution.assignment[:400] == 0).all()


def test_a_class_locked_away_goes_where_it_still_can():
    """Two of three items of class 1 are locked in train; one is left for two other splits."""
    labels = [[0, 1]] * 3 + [[0]] * 57
    locked = np.array([0, 0] + [-1] * 58)

    solution = split_items(some_items(labels, locked=locked), a_request(floors=Floors.STANDARD), SILENT)

    held = by_class(some_items(labels), solution.assignment, 3)
    assert sorted(held[:, 1].tolist()) == [0, 1, 2]
    assert held[0, 1] == 2
    assert held[:, 0].tolist() == [42, 9, 9]


def test_a_growing_dataset_stays_balanced_with_nothing_moved():
    items = clustered_items(9, 6000, 500, classes=8)
    arrival = np.random.default_rng(0).permutation(500)[items.groups]
    before = np.full(items.count, -1)
    request = a_request(locked=frozenset({"train", "val", "test"}))
    for known in range(250, 501, 50):
        part = arrival < known
        grown = split_items(replace(items, locked=before).subset(part), request, SILENT)
        assert (grown.assignment[before[part] >= 0] == before[part][before[part] >= 0]).all()
        before[part] = grown.assignment

    fresh = split_items(items, request, SILENT).assignment

    shares = np.array(SHARES)
    score, scratch = (imbalance(by_class(items, split, 3), shares) for split in (before, fresh))
    assert score <= max(1.5 * scratch, 0.01)


def test_items_between_two_locked_splits_go_to_quarantine():
    """Item 2 turns out to be a near-duplicate of one in train and of one in test."""
    labels = [[0]] * 30
    groups = connected_groups(30, np.array([1, -1, 1] + [-1] * 27), np.array([-1, 2, 2] + [-1] * 27))
    locked = np.array([0, 2, -1] + [-1] * 27)
    items = replace(some_items(labels, locked=locked), groups=groups)

    solution = split_items(items, a_request(locked=frozenset({"train", "test"})), SILENT)

    assert solution.assignment[:3].tolist() == [0, 2, -1]
    assert solution.conflicts.groups.tolist() == [0]
    assert np.flatnonzero(solution.conflicts.quarantined).tolist() == [2]
    assert (solution.assignment[3:] >= 0).all()
    result = describe(items, a_request(), solution, ["a"])
    assert (result.quarantined, result.conflicts, result.items, result.checks.cut_groups) == (1, 1, 29, 1)


def test_everything_locked_leaves_nothing_to_do():
    items = some_items([[0]] * 4, locked=np.array([0, 0, 1, 2]))

    assert split_items(items, a_request(), SILENT).assignment.tolist() == [0, 0, 1, 2]


def test_more_splits_than_groups_and_items_without_classes():
    items = some_items([[], []], classes=0)

    assert sorted(split_items(items, a_request(floors=Floors.SPREAD), SILENT).assignment.tolist()) == [0, 0]


def test_nothing_to_split_is_said():
    with pytest.raises(RequestError, match="no labelled items"):
        split_items(some_items([], classes=3), a_request(), SILENT)


def test_cancelling_works_at_every_report():
    items = random_items(1, 14)
    counter = CancelAfter(10**9)
    split_items(items, a_request(), counter)
    reports = 10**9 - counter.left

    for number in np.unique(np.linspace(0, reports - 1, 10).astype(int)).tolist():
        with pytest.raises(OpCancelledError):
            split_items(items, a_request(), CancelAfter(number))


def test_the_safety_fence_is_reported_and_leaves_a_whole_split():
    items = random_items(1, 60)

    solution = split_items(items, a_request(), SILENT, fence_seconds=-1.0)

    assert solution.stopped_early
    assert (solution.assignment >= 0).all()
    assert count_cut(items.groups, solution.assignment) == 0


def test_a_search_cut_short_by_its_own_limit_is_whole(monkeypatch):
    items = clustered_items(3, 4000, 1500)
    monkeypatch.setattr(split_search, "MAX_PASSES", 1)

    solution = split_items(items, a_request(), SILENT)

    assert not solution.stopped_early
    assert (solution.assignment >= 0).all()


def test_only_the_largest_cells_are_balanced_when_there_are_too_many(monkeypatch):
    labels = [[i % 3] for i in range(600)]
    condition = [0 if i < 300 else 1 + (i // 100) % 3 for i in range(600)]
    monkeypatch.setattr(split_features, "MAX_CROSS_COLUMNS", 4)

    solution = split_items(some_items(labels, conditions=(condition,)), a_request(), SILENT)

    cells = solution.table.kind == ColumnKind.CELL
    assert solution.table.matrix.sum(axis=0)[cells].tolist() == [100, 100, 100]


def test_folds_are_a_split_with_equal_shares():
    items = one_class_each([100, 40, 20])
    ratios = tuple((f"fold {i}", 0.1) for i in range(10))

    assert classes_by_split(items, a_request(ratios)) == [[10] * 10, [4] * 10, [2] * 10]


@needs_real_data
@pytest.mark.realdata
def test_taco_is_split_by_batch_folder_without_a_leak():
    items, batch, _ = taco(REAL)
    grouped = replace(items, groups=connected_groups(items.count, batch))

    solution = split_items(grouped, a_request(), SILENT)

    result = describe(grouped, a_request(), solution, [str(c) for c in range(60)])
    assert (result.items, result.groups, result.checks.cut_groups) == (1500, 15, 0)
    assert sum(share.achieved for share in result.classes if share.category == "59") == 227  # images with a cigarette
    assert result.measures.label_score < 1.2
    assert len(result.scarce) > 5


@needs_real_data
@pytest.mark.realdata
def test_taco_with_322_groups_is_under_the_bar_of_the_reference():
    items, _, runs = taco(REAL)
    grouped = replace(items, groups=connected_groups(items.count, runs))

    solution = split_items(grouped, a_request(), SILENT)

    measures = describe(grouped, a_request(), solution, [str(c) for c in range(60)]).measures
    assert measures.label_score <= 0.36
    assert np.bincount(solution.assignment).tolist() == [1050, 225, 225]


@needs_real_data
@pytest.mark.realdata
def test_taco_image_by_image_meets_every_floor():
    items, _, _ = taco(REAL)

    solution = split_items(items, a_request(floors=Floors.SPREAD), SILENT)

    checks = describe(items, a_request(), solution, [str(c) for c in range(60)]).checks
    assert checks.empty_cells == checks.unavoidable_empty_cells

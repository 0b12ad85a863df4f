"""Measures of a split: known answers, SciPy and plain counting as oracles."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon

from planning.split_builders import THREE, a_request, random_items, some_items
from tailwise.domain.split import ScarceClass
from tailwise.ops.progress import SILENT
from tailwise.planning.split_bounds import integrality_bound
from tailwise.planning.split_quality import (
    describe,
    imbalance,
    jensen_shannon,
    label_distribution,
    label_pair_distribution,
    split_table,
)
from tailwise.planning.splits import split_items

SHARES = np.array([0.7, 0.15, 0.15])


def test_jensen_shannon_known_answer():
    first, second = np.array([0.6, 0.3, 0.1]), np.array([0.5, 0.35, 0.15])

    assert jensen_shannon(first, second) == pytest.approx(0.008303, abs=1e-6)
    assert np.sqrt(jensen_shannon(first, second)) == pytest.approx(0.091122, abs=1e-6)
    assert np.sqrt(jensen_shannon(first, second)) == pytest.approx(jensenshannon(first, second, base=2))


def test_jensen_shannon_of_strangers_is_one_bit_and_of_nothing_none():
    assert jensen_shannon(np.array([1, 0]), np.array([0, 5])) == pytest.approx(1.0)
    assert jensen_shannon(np.array([0, 0]), np.array([0, 5])) == 0.0


def test_random_items_score_one_on_average():
    random = np.random.default_rng(0)
    labels = some_items([[c] for c in random.integers(0, 4, 2000)]).labels.matrix(2000)

    scores = [
        imbalance(split_table(labels, random.choice(3, 2000, p=SHARES), SHARES).present, SHARES) for _ in range(300)
    ]

    assert np.mean(scores) == pytest.approx(1.0, abs=0.1)


def test_imbalance_of_nothing_is_nothing():
    assert imbalance(np.zeros((3, 2)), SHARES) == 0.0


def test_label_distribution_follows_its_definition():
    """Odds of class 0: 2/2 and 1/3 against 3/5 overall; of class 1: 1/3 and 1/3 against 2/6."""
    items = some_items([[0], [0], [1], [], [0], [1], [], []])
    assignment = np.array([0, 0, 0, 0, 1, 1, 1, 1])
    table = split_table(items.labels.matrix(8), assignment, [0.5, 0.5])

    by_hand = (abs(2 / 2 - 3 / 5) + abs(1 / 3 - 3 / 5) + 0 + 0) / 4
    assert label_distribution(table) == pytest.approx(by_hand)


def test_label_distribution_stays_finite_where_everything_has_the_class():
    items = some_items([[0], [0], [0]])
    table = split_table(items.labels.matrix(3), np.array([0, 0, 1]), [0.5, 0.5])

    assert label_distribution(table) == pytest.approx((abs(2 - 3) + abs(1 - 3)) / 2)
    assert label_distribution(split_table(some_items([[]], classes=0).labels.matrix(1), np.array([0]), [1.0])) == 0.0


def test_pairs_of_classes_are_measured_like_classes():
    labels = [[0, 1], [0, 1], [0], [1], [0, 1, 2], [2]]
    assignment = np.array([0, 1, 0, 1, 0, 1])
    pairs = [[(0, 1)], [(0, 1)], [], [], [(0, 1), (0, 2), (1, 2)], []]
    code = {(0, 1): 0, (0, 2): 1, (1, 2): 2}
    as_labels = some_items([[code[pair] for pair in of_item] for of_item in pairs])

    found = label_pair_distribution(some_items(labels).labels.matrix(6), assignment, 2)

    assert found == pytest.approx(label_distribution(split_table(as_labels.labels.matrix(6), assignment, [0.5, 0.5])))


@given(
    st.lists(st.floats(0.05, 1.0), min_size=2, max_size=4),
    st.integers(1, 12),
    st.lists(st.integers(0, 3), max_size=12),
)
def test_bound_is_the_best_whole_numbers_over_what_is_locked(weights, total, locked):
    shares = np.array(weights) / sum(weights)
    base = np.bincount([code for code in locked[:total] if code < shares.size], minlength=shares.size).astype(float)
    asked = shares * total

    bound = integrality_bound(asked[:, None], base[:, None])[0]

    ways = (np.array(way) for way in product(range(total + 1), repeat=shares.size) if sum(way) == total)
    assert bound == pytest.approx(min(((way - asked) ** 2 / asked).sum() for way in ways if (way >= base).all()))


def test_description_is_counted_from_the_assignment():
    items = some_items([[0], [0], [0], [1], [1], [2]], [0, 0, 1, 2, 3, 4])
    request = a_request(THREE)
    solution = split_items(items, request, SILENT)

    result = describe(items, request, solution, ["a", "b", "c"], duplicates=np.array([0, 1, 1, -1, -1, -1]))

    assert [size.items for size in result.sizes] == np.bincount(solution.assignment, minlength=3).tolist()
    assert sum(size.groups for size in result.sizes) == result.groups == 5
    assert [share.asked for share in result.classes[:3]] == pytest.approx([2.1, 0.45, 0.45])
    assert {scarce.category: scarce.groups for scarce in result.scarce} == {"a": 2, "b": 2, "c": 1}
    assert isinstance(result.scarce[2], ScarceClass)
    assert len(result.scarce[2].empty_splits) == 2
    assert result.checks.unavoidable_empty_cells == 1 + 1 + 2
    assert result.checks.empty_cells == sum(share.achieved == 0 for share in result.classes)
    assert result.checks.leaked_duplicates == (solution.assignment[1] != solution.assignment[2])
    assert result.is_proven


def test_measures_agree_with_each_other():
    items = random_items(3, 40)
    request = a_request(THREE)
    solution = split_items(items, request, SILENT)

    measures = describe(items, request, solution, list("abcde")).measures

    table = split_table(items.labels.matrix(items.count), solution.assignment, request.shares)
    asked = SHARES[:, None] * table.present.sum(axis=0)
    assert measures.label_score == pytest.approx(((table.present - asked) ** 2 / asked).sum() / 10)
    assert measures.label_lower_bound <= measures.label_score
    assert measures.lower_bound <= measures.score
    assert measures.max_deviation == pytest.approx((np.abs(table.present - asked) / np.maximum(asked, 1)).max())
    assert measures.js_bits == max(bits for _, _, bits in measures.js_pairs)
    assert measures.size_deviation == pytest.approx(np.abs(table.sizes - SHARES * items.count).mean())


def test_items_without_classes_have_measures_too():
    items = some_items([[], [], []], classes=0)
    request = a_request(THREE)

    measures = describe(items, request, split_items(items, request, SILENT), []).measures

    assert (measures.label_score, measures.max_deviation, measures.max_deviation_at) == (0.0, 0.0, None)

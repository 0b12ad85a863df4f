"""Measures of imbalance: known answers, laws, and agreement with SciPy."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from realdata import REAL, needs_real_data
from tailwise.analysis import measures as m
from tailwise.domain.coverage import TailGroup

counts = st.lists(st.integers(0, 10**6), min_size=1, max_size=20).filter(any)
SCALARS = (
    m.imbalance_ratio,
    m.median_imbalance_ratio,
    m.entropy,
    m.evenness,
    m.effective_classes,
    m.inverse_simpson,
    m.gini,
    m.variation_to_uniform,
)


@pytest.mark.parametrize(
    ("n", "ratio", "evenness", "effective", "simpson", "gini"),
    [
        ([6000, 2500, 1200, 300], 20, 0.730507, 2.753017, 2.284148, 0.46),
        ([50_000, 1_500], 33.3333, 0.189991, 1.140756, 1.059946, 0.470874),
        ([119_200, 800], 149, 0.057778, 1.040861, 1.013422, 0.493333),
        ([950, 50], 19, 0.286397, 1.219591, 1.104972, 0.45),
        ([18_400, 1_600], 11.5, 0.402179, 1.321503, 1.172608, 0.42),
        ([900, 80, 20], 45, 0.341452, 1.455171, 1.224290, 0.586667),
    ],
)
def test_known_answers(n, ratio, evenness, effective, simpson, gini):
    assert m.imbalance_ratio(n) == pytest.approx(ratio, abs=1e-4)
    assert m.evenness(n) == pytest.approx(evenness, abs=1e-6)
    assert m.effective_classes(n) == pytest.approx(effective, abs=1e-6)
    assert m.inverse_simpson(n) == pytest.approx(simpson, abs=1e-6)
    assert m.gini(n) == pytest.approx(gini, abs=1e-6)


def test_known_answers_of_the_seed_exercise():
    n = [6000, 2500, 1200, 300]

    assert m.variation_to_uniform(n) == pytest.approx(0.35)
    assert m.entropy(n) / np.log(2) == pytest.approx(1.461013, abs=1e-6)
    assert m.median_imbalance_ratio(n) == pytest.approx(6000 / 1850)


def test_one_class_has_no_evenness_and_nothing_has_no_measure():
    assert m.evenness([5]) is None
    assert m.evenness([5, 0, 0]) is None
    assert m.imbalance_ratio([5, 0]) == 1.0
    assert all(measure([0, 0]) is None for measure in SCALARS)
    assert all(measure([]) is None for measure in SCALARS)


def test_empty_classes_count_where_all_should_be_equal():
    assert m.gini([10, 0]) == pytest.approx(0.5)
    assert m.variation_to_uniform([10, 0]) == pytest.approx(0.5)


@given(counts)
def test_scipy_agrees_on_entropy(n):
    assert m.entropy(n) == pytest.approx(float(stats.entropy(n)), abs=1e-9)


@given(counts, st.randoms())
def test_order_and_scale_of_counts_change_nothing(n, random):
    other = [7 * count for count in n]
    random.shuffle(other)

    for measure in SCALARS:
        before, after = measure(n), measure(other)
        assert (after is None and before is None) or after == pytest.approx(before, rel=1e-9, abs=1e-12)


@given(counts)
def test_measures_stay_in_their_ranges(n):
    used = sum(count > 0 for count in n)

    assert m.evenness(n) is None or 0 <= m.evenness(n) <= 1 + 1e-12
    assert 1 - 1e-9 <= m.inverse_simpson(n) <= m.effective_classes(n) + 1e-6 <= used + 1e-5
    assert 0 <= m.gini(n) < 1
    assert 0 <= m.variation_to_uniform(n) < 1


def test_effective_numbers_match_the_known_answers():
    assert m.effective_numbers([900, 80, 20], 0.9) == pytest.approx([10, 9.997815, 8.784233], abs=1e-6)
    assert m.effective_numbers([900, 80, 20], 0.99) == pytest.approx([99.988206, 55.247679, 18.209306], abs=1e-6)
    assert m.effective_numbers([3, 0], 0.0).tolist() == [1, 0]
    assert m.effective_numbers([3, 0], 1.0).tolist() == [3, 0]
    assert m.effective_numbers([10**7], 0.9999) == pytest.approx([10_000])
    with pytest.raises(ValueError, match=r"beta is 1\.5"):
        m.effective_numbers([1], 1.5)


def test_lvis_rule_counts_images():
    groups = m.tail_groups_by_images([0, 1, 10, 11, 100, 101])

    assert groups == [
        TailGroup.NONE,
        TailGroup.TAIL,
        TailGroup.TAIL,
        TailGroup.MID,
        TailGroup.MID,
        TailGroup.HEAD,
    ]
    assert m.tail_sizes(groups) == (1, 2, 2)


def test_head_by_share_is_the_smallest_set_that_holds_enough():
    assert m.tail_groups_by_share([600, 200, 120, 49, 31, 0]) == [
        TailGroup.HEAD,
        TailGroup.HEAD,
        TailGroup.MID,
        TailGroup.TAIL,
        TailGroup.TAIL,
        TailGroup.NONE,
    ]
    assert m.tail_groups_by_share([50, 50], head_share=0.5) == [TailGroup.HEAD, TailGroup.MID]


@pytest.mark.parametrize("bad", [[1, -1], [float("nan")], [float("inf")]])
def test_impossible_counts_are_refused(bad):
    with pytest.raises(ValueError, match="finite and not negative"):
        m.entropy(bad)


@needs_real_data
@pytest.mark.realdata
def test_taco_has_the_measures_of_the_reference():
    data = json.loads((REAL / "taco_coco" / "annotations.json").read_text(encoding="utf-8"))
    objects = np.bincount([a["category_id"] for a in data["annotations"]], minlength=60)
    pairs = {(a["image_id"], a["category_id"]) for a in data["annotations"]}
    images = np.bincount([category for _, category in pairs], minlength=60)

    assert (int(objects.max()), int((objects > 0).sum())) == (667, 59)
    assert m.imbalance_ratio(objects) == 667
    assert m.evenness(objects) == pytest.approx(0.7919, abs=1e-4)
    assert m.tail_sizes(m.tail_groups_by_images(images)) == (9, 28, 22)

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.stats import contingency

from tailwise.analysis import association
from tailwise.analysis.measures import head_classes, measure, tail_group
from tailwise.domain.coverage import TailGroup

# Known answers of the algorithms reference, section 1.
KNOWN = [
    ([6000, 2500, 1200, 300], 20, 0.730507, 2.753017, 2.284148, 0.46),
    ([50_000, 1_500], 33.3333, 0.189991, 1.140756, 1.059946, 0.470874),
    ([119_200, 800], 149, 0.057778, 1.040861, 1.013422, 0.493333),
    ([950, 50], 19, 0.286397, 1.219591, 1.104972, 0.45),
    ([18_400, 1_600], 11.5, 0.402179, 1.321503, 1.172608, 0.42),
    ([900, 80, 20], 45, 0.341452, 1.455171, 1.224290, 0.586667),
]
HIDDEN = np.array([[5700, 300], [2000, 500], [1190, 10], [300, 0]])


@pytest.mark.parametrize(("counts", "ratio", "evenness", "effective", "simpson", "gini"), KNOWN)
def test_measures_equal_the_known_answers(counts, ratio, evenness, effective, simpson, gini):
    found = measure(counts)

    assert found.imbalance_ratio == pytest.approx(ratio, abs=5e-5)
    assert found.evenness == pytest.approx(evenness, abs=1e-6)
    assert found.effective_classes == pytest.approx(effective, abs=1e-6)
    assert found.inverse_simpson == pytest.approx(simpson, abs=1e-6)
    assert found.gini == pytest.approx(gini, abs=1e-6)


def test_total_variation_and_entropy_in_bits():
    found = measure([6000, 2500, 1200, 300])

    assert found.total_variation == pytest.approx(0.35)
    assert found.entropy / np.log(2) == pytest.approx(1.461013, abs=1e-6)


def test_one_class_has_no_evenness_and_nothing_has_no_measure():
    assert measure([5]).evenness is None
    assert measure([0, 0]).imbalance_ratio is None
    assert measure([]).gini is None


@given(st.lists(st.integers(0, 10_000), min_size=2, max_size=30), st.randoms())
def test_order_and_scale_change_nothing(counts, random):
    shuffled = list(counts)
    random.shuffle(shuffled)
    first, second, scaled = measure(counts), measure(shuffled), measure([7 * n for n in counts])

    for name in ("imbalance_ratio", "evenness", "gini"):
        assert getattr(first, name) == pytest.approx(getattr(second, name), abs=1e-9)
        assert getattr(first, name) == pytest.approx(getattr(scaled, name), abs=1e-9)
    if first.entropy is not None:
        assert first.entropy == pytest.approx(stats.entropy(counts), abs=1e-9)


@pytest.mark.parametrize(
    ("images", "group"),
    [(0, TailGroup.NONE), (1, TailGroup.TAIL), (10, TailGroup.TAIL), (11, TailGroup.MID), (101, TailGroup.HEAD)],
)
def test_frequency_groups_follow_the_lvis_rule(images, group):
    assert tail_group(images) is group


def test_the_head_is_the_smallest_set_with_most_of_everything():
    assert head_classes([300, 6000, 1200, 2500]) == [1, 3]


def test_hidden_imbalance_equals_the_known_answers():
    assert association.chi_square(HIDDEN) == pytest.approx(664.6158, abs=1e-4)
    assert association.cramers_v(HIDDEN) == pytest.approx(0.257801, abs=1e-6)
    assert association.cramers_v(HIDDEN, bias_corrected=True) == pytest.approx(0.257232, abs=1e-6)
    assert association.pointwise_information(HIDDEN)[1, 1] == pytest.approx(1.3040, abs=5e-5)
    assert association.pointwise_information(HIDDEN)[3, 1] == -np.inf
    expected = association.expected_counts(HIDDEN)
    assert expected[3, 1] == pytest.approx(24.3)
    assert (1 - 810 / 10_000) ** 300 == pytest.approx(9.9e-12, rel=0.01)  # chance of no wheelchair at night
    assert association.adjusted_residuals(HIDDEN)[3, 1] == pytest.approx(-5.221, abs=5e-4)
    assert association.empty_cells(HIDDEN, expected).tolist() == [[False, False]] * 3 + [[False, True]]
    assert association.thin_cells(HIDDEN, expected)[2].tolist() == [False, True]


def test_cramers_v_equals_scipy_and_is_zero_for_a_product_table():
    assert association.cramers_v(HIDDEN) == pytest.approx(contingency.association(HIDDEN, method="cramer"))
    assert association.cramers_v(np.array([[10, 20], [20, 40]])) == pytest.approx(0.0, abs=1e-12)


def test_a_table_with_one_row_has_no_association():
    assert association.cramers_v(np.array([[3, 4]])) is None
    assert association.expected_counts(np.zeros((2, 2))).tolist() == [[0, 0], [0, 0]]

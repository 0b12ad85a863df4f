"""Hidden imbalance: known answers, agreement with SciPy, and planted gaps that must be found."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.stats import chi2_contingency
from scipy.stats.contingency import association

from tailwise.analysis.association import (
    adjusted_residuals,
    chi_square,
    cramers_v,
    expected_counts,
    flag_cells,
    pointwise_information,
)

NIGHT = np.array([[5700, 300], [2000, 500], [1190, 10], [300, 0]])  # car, pedestrian, bicycle, wheelchair × day, night

tables = hnp.arrays(
    np.int64, hnp.array_shapes(min_dims=2, max_dims=2, min_side=2, max_side=6), elements=st.integers(1, 999)
)


def test_known_answers_of_wheelchairs_at_night():
    assert chi_square(NIGHT) == pytest.approx(664.6158, abs=1e-4)
    assert cramers_v(NIGHT) == pytest.approx(0.257801, abs=1e-6)
    assert cramers_v(NIGHT, is_corrected=True) == pytest.approx(0.257232, abs=1e-6)
    assert expected_counts(NIGHT)[3, 1] == pytest.approx(24.3)
    assert pointwise_information(NIGHT)[1, 1] == pytest.approx(1.3040, abs=1e-4)
    assert pointwise_information(NIGHT)[3, 1] == -np.inf
    assert adjusted_residuals(NIGHT)[3, 1] == pytest.approx(-5.221, abs=1e-3)


def test_wheelchairs_at_night_are_missing_and_bicycles_thin():
    flags = flag_cells(NIGHT)

    assert np.argwhere(flags.empty).tolist() == [[3, 1]]
    assert np.argwhere(flags.thin).tolist() == [[2, 1]]


def test_proportional_rows_have_no_association():
    assert cramers_v([[10, 20], [20, 40]]) == 0
    assert cramers_v([[10, 20], [20, 40]], is_corrected=True) == 0


@pytest.mark.parametrize("table", [[[10], [20]], [[10, 20]], [[10, 20], [0, 0]], [[0, 0], [0, 0]]])
def test_a_single_value_has_no_association_to_speak_of(table):
    assert cramers_v(table) is None
    assert cramers_v(table, is_corrected=True) is None
    assert not flag_cells(table).empty.any()


def test_cells_that_cannot_vary_have_no_residual():
    residuals = adjusted_residuals([[10, 0], [20, 0]])

    assert np.isnan(residuals).all()
    assert np.isnan(pointwise_information([[10, 0], [20, 0]])[:, 1]).all()


def test_one_observation_is_too_little_to_correct():
    assert cramers_v([[1, 0], [0, 0]], is_corrected=True) is None
    assert cramers_v([[1, 0], [0, 1]], is_corrected=True) is None


def test_few_expected_are_never_flagged():
    flags = flag_cells([[100, 2], [50, 0]])

    assert not flags.empty.any()
    assert not flags.thin.any()


@given(tables)
def test_scipy_agrees(table):
    expected = chi2_contingency(table, correction=False)

    assert chi_square(table) == pytest.approx(expected.statistic, rel=1e-9, abs=1e-9)
    assert expected_counts(table) == pytest.approx(expected.expected_freq)
    assert cramers_v(table) == pytest.approx(association(table, method="cramer"), abs=1e-9)


@given(tables)
def test_transposing_and_scaling_change_nothing(table):
    assert cramers_v(table.T) == pytest.approx(cramers_v(table), abs=1e-12)
    assert cramers_v(7 * table) == pytest.approx(cramers_v(table), abs=1e-12)
    assert expected_counts(table).sum() == pytest.approx(table.sum())


def test_planted_gaps_are_found_with_few_false_flags():
    random = np.random.default_rng(12)
    found = planted = false = normal = 0
    for _ in range(40):
        rates = np.outer(random.pareto(1.0, 40) * 60 + 20, random.dirichlet(np.full(12, 2.0)))
        counts = random.poisson(rates)
        gaps = random.permutation(np.argwhere(rates >= 8))[:20]
        for at, (row, column) in enumerate(gaps):
            counts[row, column] = 0 if at % 2 else int(0.15 * rates[row, column])
        flags = flag_cells(counts)
        is_flagged, is_gap = flags.empty | flags.thin, np.zeros(counts.shape, dtype=bool)
        is_gap[tuple(gaps.T)] = True
        found, planted = found + (is_flagged & is_gap).sum(), planted + is_gap.sum()
        false, normal = false + (is_flagged & ~is_gap).sum(), normal + (~is_gap).sum()

    assert found / planted >= 0.95
    assert false / normal <= 0.05


@pytest.mark.parametrize("bad", [[1, 2], [[1, -1]], [[float("nan")]]])
def test_what_is_no_table_of_counts_is_refused(bad):
    with pytest.raises(ValueError, match="two axes"):
        chi_square(bad)

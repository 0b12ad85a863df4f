"""Class weights: the known answers of the algorithms reference, scikit-learn, and what has no weight."""

import numpy as np
import pytest

from tailwise.domain.class_weights import Normalise, Scheme, WeightsRequest
from tailwise.domain.errors import RequestError
from tailwise.planning.class_weights import (
    balanced,
    chosen_scheme,
    default_beta,
    effective,
    exponent_of,
    inverse,
    median_frequency,
    normalised,
    per_sample,
    positive_weight,
    square_root,
)

LONG_TAIL = [900, 80, 20]


def approx(*values):
    return pytest.approx(values, abs=1e-6)


@pytest.mark.parametrize(
    ("counts", "weights"),
    [
        ([18_400, 1_600], (0.543478, 6.25)),
        (LONG_TAIL, (0.370370, 4.166667, 16.666667)),
        ([950, 50], (0.526316, 10.0)),
        ([6000, 2500, 1200, 300], (0.416667, 1.0, 2.083333, 8.333333)),
        ([50_000, 1_500], (0.515, 17.166667)),
    ],
)
def test_balanced_weights(counts, weights):
    sklearn = pytest.importorskip("sklearn.utils.class_weight")
    found = balanced(counts)

    assert found == approx(*weights)
    expected = sklearn.compute_class_weight(
        "balanced", classes=np.arange(len(counts)), y=np.repeat(range(len(counts)), counts)
    )
    assert found == pytest.approx(expected, rel=1e-12)


def test_inverse_and_square_root_weights():
    assert inverse(LONG_TAIL) == approx(0.001111, 0.0125, 0.05)
    assert normalised(inverse(LONG_TAIL), Normalise.SUM1) == approx(0.017467, 0.196507, 0.786026)
    assert normalised(square_root(LONG_TAIL), Normalise.MEAN1) == approx(0.271191, 0.909603, 1.819206)


@pytest.mark.parametrize(
    ("beta", "weights"),
    [
        (0.0, (1, 1, 1)),
        (0.9, (0.955834, 0.956042, 1.088124)),
        (0.99, (0.361408, 0.654083, 1.984509)),
        (0.999, (0.077558, 0.598531, 2.323912)),
        (0.9999, (0.054666, 0.590481, 2.354854)),
        (1.0, (0.052402, 0.589520, 2.358079)),
    ],
)
def test_effective_number_weights(beta, weights):
    assert normalised(effective(LONG_TAIL, beta), Normalise.MEAN1) == approx(*weights)


def test_effective_numbers_of_millions_are_numbers():
    assert normalised(effective([18_400, 1_600], 0.9999), Normalise.MEAN1) == approx(0.298997, 1.701003)
    assert 1 / effective([900, 80, 20], 0.99) == approx(99.988206, 55.247679, 18.209306)
    assert effective([10_000_000, 1], 0.9999) == approx(1e-4, 1.0)


def test_positive_weights_are_negatives_over_positives():
    assert positive_weight([1_600], 20_000) == approx(11.5)
    assert positive_weight([800], 120_000) == approx(149)


def test_median_frequency_looks_only_at_images_that_hold_the_class():
    # Sky covers half of 4 images of 100 pixels, a pole 2 of the 100 pixels of one image.
    assert median_frequency([200, 2, 0], [400, 100, 0])[:2] == approx(0.52, 13.0)


def test_a_class_without_samples_has_no_weight_and_does_not_count():
    for found in (balanced([3, 0]), inverse([3, 0]), effective([3, 0], 0.9), effective([3, 0], 0.0)):
        assert np.isnan(found[1])
    assert normalised(inverse([2, 0, 2]), Normalise.SUM1)[[0, 2]] == approx(0.5, 0.5)
    nothing = np.full(2, np.nan)
    assert np.isnan(normalised(nothing, Normalise.MEAN1)).all()
    assert np.isnan(per_sample(nothing, [0, 0])).all()
    assert np.isnan(median_frequency([0, 0], [0, 0])).all()
    assert default_beta([0, 0]) == 0.99


def test_the_choice_goes_by_the_imbalance_ratio():
    assert [chosen_scheme(r) for r in (None, 1, 3, 3.1, 20, 20.1)] == [
        Scheme.NONE, Scheme.NONE, Scheme.NONE, Scheme.SQRT, Scheme.SQRT, Scheme.EFFECTIVE,
    ]  # fmt: skip
    assert default_beta([1000, 500, 2000]) == pytest.approx(0.999)
    assert default_beta([1_000_000]) == 0.9999


def test_the_exponent_is_that_of_the_count():
    assert exponent_of(square_root(LONG_TAIL), LONG_TAIL) == pytest.approx(0.5)
    assert exponent_of(balanced(LONG_TAIL), LONG_TAIL) == pytest.approx(1.0)
    assert exponent_of(np.ones(2), [5, 5]) == 0.0


def test_weights_per_sample_keep_the_mean_loss():
    found = per_sample(inverse(LONG_TAIL), LONG_TAIL)

    assert float(found @ LONG_TAIL) / 1000 == pytest.approx(1.0)


def test_faults_of_a_request_are_named():
    with pytest.raises(RequestError, match="no weighting scheme 'magic'"):
        Scheme.of("magic")
    with pytest.raises(RequestError, match="Beta is 2"):
        WeightsRequest(beta=2.0)
    with pytest.raises(RequestError, match="cap of the weights"):
        WeightsRequest(cap=0.0)

"""Sampling plans against the computed table of the formats reference, section 4.9."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailwise.exports.acceptance import (
    accept_probability,
    accept_probability_of_share,
    accepted_rates,
    sampling_plan,
)


@pytest.mark.parametrize(
    ("n", "c", "good", "bad"),
    [
        (32, 1, 1.1, 11.6),
        (32, 2, 2.6, 15.8),
        (50, 1, 0.7, 7.6),
        (50, 2, 1.7, 10.3),
        (80, 2, 1.0, 6.5),
        (80, 5, 3.3, 11.3),
        (125, 3, 1.1, 5.3),
        (125, 7, 3.2, 9.2),
        (200, 5, 1.3, 4.6),
        (200, 10, 3.1, 7.6),
        (315, 7, 1.3, 3.7),
    ],
)
def test_rates_of_the_table(n, c, good, bad):
    assert [round(100 * rate, 1) for rate in accepted_rates(1_000_000, n, c)] == [good, bad]


@pytest.mark.parametrize(("n", "share"), [(59, 0.05), (149, 0.02), (299, 0.01)])
def test_zero_defect_proofs(n, share):
    """So many clean items show with 95 % confidence that fewer than this share are bad; one item fewer does not."""
    assert accept_probability_of_share(share, n, 0) <= 0.05 < accept_probability_of_share(share, n - 1, 0)


@given(st.integers(1, 60), st.data())
def test_small_lots_are_counted_exactly(lot, data):
    defective, n = data.draw(st.integers(0, lot)), data.draw(st.integers(0, lot))
    c = data.draw(st.integers(0, n))

    expected = sum(math.comb(defective, k) * math.comb(lot - defective, n - k) for k in range(c + 1)) / math.comb(
        lot, n
    )

    assert accept_probability(lot, defective, n, c) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("lot", [1, 2, 10, 30, 50, 200, 300, 1000, 20_000])
def test_a_sampling_plan_keeps_both_promises_in_its_lot(lot):
    n, c = sampling_plan(lot, good=0.01, bad=0.10)

    assert 0 <= c < n <= lot
    assert accept_probability(lot, math.floor(0.01 * lot), n, c) >= 0.95
    assert n == lot or accept_probability(lot, math.ceil(0.10 * lot), n, c) <= 0.10


def test_rates_in_a_small_lot_are_whole_units():
    good, bad = accepted_rates(30, 10, 0)

    assert (good * 30, bad * 30) == (round(good * 30), round(bad * 30))
    assert accept_probability(30, round(good * 30), 10, 0) >= 0.95
    assert accept_probability(30, round(bad * 30), 10, 0) <= 0.10 < accept_probability(30, round(bad * 30) - 1, 10, 0)


def test_looking_at_everything_lets_nothing_pass():
    assert accepted_rates(30, 30, 0) == (0.0, 1 / 30)
    assert accept_probability_of_share(1.0, 5, 1) == 0.0
    assert accept_probability_of_share(0.5, 5, 5) == 1.0

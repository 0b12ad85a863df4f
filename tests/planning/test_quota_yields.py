"""Yields from counts, and the odds they give, against published and exact numbers."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from planning.quota_requests import MUST, gate, rates
from tailwise.domain.errors import RequestError
from tailwise.domain.plan import ClassQuota, PlanRequest, Stream, StreamYield
from tailwise.domain.plan_outcome import QuotaKind
from tailwise.ops.progress import SILENT
from tailwise.planning.quota_model import build_model
from tailwise.planning.quota_plan import compute_plan
from tailwise.planning.quota_risk import quota_risks
from tailwise.planning.quota_yields import posterior, yield_table

ONE_A_WEEK = ClassQuota("Rare", MUST, min_per_week=1)


def request_with(*streams, quota=ONE_A_WEEK, weeks=1):
    return PlanRequest(weeks=weeks, classes=(quota,), streams=streams).in_stable_order()


def counted(labelled, found, prior=None):
    return (StreamYield("Rare", labelled=labelled, found=found, prior=prior),)


@pytest.mark.parametrize(
    ("found", "labelled", "mean", "low", "high"),
    [
        (0, 100, 0.004950, 0.000079, 0.013403),
        (2, 100, 0.024752, 0.008080, 0.045467),
        (20, 1000, 0.020480, 0.014988, 0.026382),
    ],
)
def test_counts_alone_are_estimated_with_jeffreys_prior(found, labelled, mean, low, high):
    a, items = posterior(StreamYield("Rare", labelled=labelled, found=found), None)
    assert a / items == pytest.approx(mean, abs=5e-7)
    beta = stats.beta(a, items - a)
    assert (beta.ppf(0.1), beta.ppf(0.9)) == pytest.approx((low, high), abs=5e-7)


def test_other_streams_of_the_source_are_a_prior_worth_ten_items():
    table = yield_table(
        request_with(
            Stream("a", 9, source="city", yields=counted(20, 5)),
            Stream("b", 9, source="city", yields=counted(90, 9)),
            Stream("c", 9, source="city", yields=counted(0, 0)),
            Stream("d", 9, source="farm", yields=counted(50, 1)),
            Stream("e", 9, source="farm", yields=counted(50, 1, prior=0.5)),
            Stream("f", 9, yields=counted(50, 1)),
            Stream("g", 9, yields=rates(Rare=0.3)),
        )
    )
    expected = [
        (5 + 10 * 9.5 / 91) / 30,
        (9 + 10 * 5.5 / 21) / 100,
        14.5 / 111,
        (1 + 10 * 1.5 / 51) / 60,
        (1 + 5) / 60,
        1.5 / 51,
        0.3,
    ]
    assert table.mean[:, 0] == pytest.approx(expected)


def test_a_yield_with_nothing_to_estimate_it_from_is_refused():
    with pytest.raises(RequestError, match="stream 'a': nothing was labelled there"):
        yield_table(request_with(Stream("a", 9, source="city", yields=counted(0, 0))))


def odds(stream, needed, items=500, draws=200_000):
    model_request = request_with(stream, quota=ClassQuota("Rare", MUST, min_per_week=needed))
    model = build_model(model_request, yield_table(model_request))
    [risk] = quota_risks(model, np.array([[float(items)]]), draws)
    return risk.p_met


@pytest.mark.parametrize(("needed", "p_met"), [(5, 0.8391), (10, 0.5619)])
def test_an_estimated_yield_makes_the_odds_beta_binomial(needed, p_met):
    assert odds(Stream("a", 500, yields=counted(100, 2)), needed) == pytest.approx(p_met, abs=0.004)


@pytest.mark.parametrize(("rate", "items"), [(0.05, 962), (0.15, 318), (0.20, 237)])
def test_a_known_yield_makes_the_odds_binomial(rate, items):
    """So many items give 40 objects with a chance of 90 %, and one fewer does not (published with the method)."""
    assert stats.binom.sf(39, items - 1, rate) < 0.9 <= stats.binom.sf(39, items, rate)
    exact = stats.binom.sf(39, items, rate)
    assert odds(Stream("a", items, yields=rates(Rare=rate)), 40, items) == pytest.approx(exact, abs=0.004)


def test_more_than_one_object_per_item_makes_the_odds_gamma_poisson():
    exact = stats.nbinom.sf(249, 150.5, 101 / (101 + 150))  # 150 found in 100 items, 150 items to come
    assert odds(Stream("a", 150, yields=counted(100, 150)), 250, 150) == pytest.approx(exact, abs=0.004)
    known = stats.poisson.sf(224, 225)
    assert odds(Stream("a", 150, yields=rates(Rare=1.5)), 225, 150) == pytest.approx(known, abs=0.004)


def test_the_rate_of_a_stream_is_drawn_once_for_all_weeks():
    """Two weeks that share one unknown rate vary more together than two that do not."""
    request = request_with(
        Stream("a", 1_000, yields=counted(20, 2)), quota=ClassQuota("Rare", MUST, target=100), weeks=2
    )
    model = build_model(request, yield_table(request))
    [risk] = quota_risks(model, np.array([[500.0], [500.0]]), 100_000)
    assert (risk.week, risk.quota) == (2, QuotaKind.TARGET)
    rate = stats.beta(2.5, 18.5)
    shared = rate.expect(lambda p: stats.binom.sf(99, 1_000, p))
    assert risk.p_met == pytest.approx(shared, abs=0.006)


def test_the_seed_fixes_the_odds_and_another_class_does_not_move_them():
    first = compute_plan(gate(60), SILENT).risk
    assert compute_plan(gate(60), SILENT).risk == first
    assert compute_plan(replace(gate(60), seed=1), SILENT).risk != first
    more = replace(gate(60), classes=(*gate(60).classes, ClassQuota("Also", MUST)))
    assert compute_plan(more, SILENT).risk == first

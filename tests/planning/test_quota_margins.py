"""As sure as asked: margins, what they cost, and what the quoted probability is worth."""

from dataclasses import replace

import numpy as np
import pytest

from planning.quota_requests import MUST, fraud, vision
from tailwise.domain.errors import RequestError
from tailwise.domain.plan import Capacity, ClassQuota, PlanRequest, Stream, StreamYield
from tailwise.domain.plan_outcome import PlanStatus
from tailwise.ops.progress import SILENT
from tailwise.planning.quota_plan import compute_plan


@pytest.mark.parametrize("confidence", [0.8, 0.95])
def test_a_plan_is_as_sure_as_asked_and_costs_little_more(confidence):
    plain = compute_plan(vision(200), SILENT)
    sure = compute_plan(replace(vision(200), confidence=confidence), SILENT)
    assert min(risk.p_met for risk in plain.risk) < 0.6  # what is expected is met about half of the time
    assert confidence - 0.01 <= min(risk.p_met for risk in sure.risk) <= confidence + 0.05
    assert plain.hours < sure.hours < 1.15 * plain.hours
    assert sure.status is PlanStatus.OPTIMAL
    assert sure.as_json()["confidence"] == confidence


def test_no_quota_is_given_up_for_the_certainty_of_another():
    request = PlanRequest(
        weeks=1,
        classes=(ClassQuota("A", MUST, target=10), ClassQuota("B", MUST, target=10)),
        streams=(
            Stream("a", 100, yields=(StreamYield("A", rate=0.5),)),
            Stream("b", 100, yields=(StreamYield("B", rate=0.5),)),
        ),
        capacity=Capacity(items_per_week=(41,)),
        confidence=0.95,
    )
    outcome = compute_plan(request, SILENT)
    assert dict(outcome.shortfall) == {"A": 0.0, "B": 0.0}
    assert outcome.items == 41  # the one item there is to spare is spent
    assert [note for note in outcome.notes if "95 % cannot be reached" in note]


def test_a_quota_that_cannot_be_met_is_a_reason_and_no_margin_is_sought_for_it():
    outcome = compute_plan(replace(vision(900), confidence=0.8), SILENT)
    assert outcome.status is PlanStatus.INFEASIBLE
    assert not [note for note in outcome.notes if "cannot be reached" in note]


def test_a_plan_without_quotas_has_no_margins():
    request = replace(fraud(), confidence=0.9)
    assert compute_plan(request, SILENT).items == 1_000


def test_a_confidence_beyond_reason_is_refused():
    with pytest.raises(RequestError, match="confidence is 1"):
        replace(vision(200), confidence=1.0)


def test_of_plans_quoted_eighty_per_cent_about_eighty_per_cent_succeed():
    """True yields are drawn from what the plans assume; the benchmark runs a thousand plans."""
    dice = np.random.default_rng(1)
    quoted, met = [], []
    for _ in range(40):
        truth = dice.beta(2, 8, 2)
        found = dice.binomial(40, truth)
        streams = tuple(
            Stream(name, 400, yields=(StreamYield("R", labelled=40, found=float(k), prior=0.2),))
            for name, k in zip("ab", found, strict=True)
        )
        request = PlanRequest(1, (ClassQuota("R", MUST, target=30),), streams=streams, confidence=0.8)
        outcome = compute_plan(request, SILENT)
        items = {line.stream: int(line.items) for line in outcome.lines}
        draws = dice.binomial([items.get("a", 0), items.get("b", 0)], truth, (200, 2)).sum(axis=1)
        quoted.append(outcome.risk[0].p_met)
        met.append(float((draws >= 30).mean()))
    assert 0.79 <= float(np.mean(quoted)) <= 0.84
    assert 0.7 <= float(np.mean(met)) <= 0.9

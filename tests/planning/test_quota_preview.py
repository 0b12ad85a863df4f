"""The preview while a slider moves: the same goals as the plan, one long week, in a moment."""

from dataclasses import replace

import pytest
from hypothesis import given, settings

from planning.quota_requests import MUST, gate, rates, vision
from planning.test_quota_large import large
from planning.test_quota_laws import requests
from tailwise.domain.errors import RequestError
from tailwise.domain.plan import Capacity, ClassQuota, PlanRequest, Stream
from tailwise.ops.progress import SILENT
from tailwise.planning.quota_plan import compute_plan
from tailwise.planning.quota_preview import preview_plan


@pytest.mark.parametrize("request_", [vision(200), vision(900), vision(600, hours=(60.0, 60.0)), large(3, 12, 6, 0.3)])
def test_where_weeks_are_alike_it_comes_to_what_the_plan_in_fractions_comes_to(request_):
    request_ = replace(request_, classes=tuple(replace(c, easy_cap=None) for c in request_.classes))
    plan, preview = compute_plan(request_, SILENT, integer=False), preview_plan(request_, SILENT)
    assert preview.hours + preview.review_hours == pytest.approx(plan.hours + plan.review_hours, rel=2e-3)
    short = dict(preview.shortfall)
    assert {n for n, by in plan.shortfall if by > 0.1} == {n for n, by in short.items() if by > 0.1}


@settings(max_examples=25)
@given(requests())
def test_it_never_lacks_must_not_miss_objects_that_the_plan_has(request_):
    """A bound: what cannot be met in one long week cannot be met week by week either."""
    must = [c for c in request_.classes if c.tier is MUST and c.need(request_.weeks) > 0]
    plan, preview = compute_plan(request_, SILENT, integer=False), preview_plan(request_, SILENT)
    if len(must) == 1:
        name = must[0].name
        assert dict(preview.shortfall)[name] <= dict(plan.shortfall)[name] + 1e-3 * must[0].need(request_.weeks)


def test_one_more_hour_is_worth_what_the_plan_says_it_is():
    request = PlanRequest(
        weeks=2,
        classes=(ClassQuota("Wheelchair", MUST, target=100),),
        streams=(Stream("transit", 3_000, seconds_per_item=180, yields=rates(Wheelchair=0.12)),),
        capacity=Capacity(label_hours=(5, 5)),
    )
    found = preview_plan(request, SILENT)
    assert found.label_limit == 10
    assert dict(found.per_hour)["Wheelchair"] == pytest.approx(2.4, abs=1e-3)
    assert found.short == (("Wheelchair", pytest.approx(76, abs=1e-3)),)
    assert found.as_json()["per_hour"]["Wheelchair"] == pytest.approx(2.4, abs=1e-3)
    assert preview_plan(gate(60), SILENT).per_hour == ()


def test_without_streams_it_says_what_to_do():
    with pytest.raises(RequestError, match="no streams"):
        preview_plan(replace(vision(200), streams=()), SILENT)

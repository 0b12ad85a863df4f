"""Requests refuse what cannot be meant, in a sentence that names the row and the key."""

import pytest

from tailwise.domain.errors import RequestError
from tailwise.domain.plan import (
    Capacity,
    ClassQuota,
    Objective,
    PlanRequest,
    Reserve,
    Share,
    SourceShare,
    Stream,
    StreamYield,
    Tier,
)
from tailwise.domain.plan_outcome import number

RARE = ClassQuota("Rare", Tier.MUST_NOT_MISS, min_per_week=10, target=15)


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (lambda: Share(0.6, 0.4), "share [0.6, 0.4] is not a range"),
        (lambda: Share(0.0, 1.2), "share [0, 1.2] is not a range"),
        (lambda: Share(float("nan"), 1.0), "share [nan, 1] is not a range"),
        (lambda: Capacity(label_hours=(-1.0,)), "capacity: label_hours is -1"),
        (lambda: ClassQuota("Rare", min_per_week=-2), "class 'Rare': min_per_week is -2"),
        (lambda: ClassQuota("Rare", target=float("inf")), "class 'Rare': target is inf"),
        (
            lambda: ClassQuota("Rare", Tier.MUST_NOT_MISS, easy_cap=5),
            "class 'Rare' is must-not-miss and has an easy_cap",
        ),
        (lambda: ClassQuota("  "), "A class has an empty name"),
        (lambda: StreamYield("Rare", labelled=0, found=3), "yield of 'Rare': 3 found in 0 labelled items"),
        (lambda: StreamYield("Rare", rate=-0.1), "yield of 'Rare': rate is -0.1"),
        (lambda: Stream("near", -5), "stream 'near': available is -5"),
        (lambda: Stream("near", 5, yields=(StreamYield("R", 0.1), StreamYield("R", 0.2))), "'R' is there twice"),
        (lambda: Reserve(discovery=0.05), "reserve: discovery is 0.05"),
        (lambda: Reserve(hard_negatives=1.5), "reserve: hard_negatives is 1.5"),
        (lambda: PlanRequest(weeks=0, classes=(RARE,)), "plan: weeks is 0"),
        (lambda: PlanRequest(weeks=1, classes=()), "The request names no class"),
        (lambda: PlanRequest(weeks=1, classes=(RARE, RARE)), "class 'Rare' is there twice"),
        (lambda: PlanRequest(weeks=1, classes=(RARE,), seed=-1), "plan: seed is -1"),
        (
            lambda: PlanRequest(weeks=3, classes=(RARE,), capacity=Capacity(label_hours=(1.0, 2.0))),
            "capacity: label_hours has 2 entries for 3 weeks",
        ),
        (
            lambda: PlanRequest(weeks=1, classes=(ClassQuota("Easy"),), objective=Objective.MOST_RARE),
            "most_rare and no class is must-not-miss",
        ),
        (
            lambda: PlanRequest(
                weeks=1,
                classes=(RARE,),
                streams=(Stream("near", 5, source="Email"),),
                sources=(SourceShare("Emial", Share()),),
            ),
            "source 'Emial' has a share and no stream",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused_with_the_place(build, said):
    with pytest.raises(RequestError) as caught:
        build()
    assert said in caught.value.summary
    assert caught.value.hint


def test_the_need_of_a_class_is_the_larger_of_its_weeks_and_its_target():
    assert RARE.need(weeks=1) == 15
    assert RARE.need(weeks=2) == 20


def test_sources_are_checked_again_when_streams_come_from_the_project():
    request = PlanRequest(weeks=1, classes=(RARE,), sources=(SourceShare("Email", Share(0.2, 0.5)),))
    assert request.with_streams([Stream("near", 5, source="Email")]).streams[0].source == "Email"
    with pytest.raises(RequestError, match="Streams name: 'Chat'"):
        request.with_streams([Stream("near", 5, source="Chat")])


@pytest.mark.parametrize(
    ("value", "written"), [(2.0, "2"), (37.99999999999999, "38"), (0.1234567, "0.123457"), (-0.0, "0")]
)
def test_numbers_are_written_short(value, written):
    assert repr(number(value)) == written

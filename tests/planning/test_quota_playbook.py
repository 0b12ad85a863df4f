"""Stop rules, batches, unseen kinds, review hours and the playbook: the numbers a team works from."""

import datetime as dt
import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planning.quota_requests import MUST, NICE, vision
from tailwise.domain.errors import RequestError
from tailwise.domain.plan import Capacity, ClassQuota, Reserve, Route
from tailwise.exports.playbook import markdown, page
from tailwise.ops.progress import SILENT
from tailwise.planning.batches import spread
from tailwise.planning.playbook import make_playbook
from tailwise.planning.quota_plan import compute_plan
from tailwise.planning.review_allocation import ReviewClass, allocate_review, upper_error
from tailwise.planning.sample_size import items_needed, share_out
from tailwise.planning.stop_rules import class_rules, drought_chance, poisson_low, sprint_rules, window_weeks
from tailwise.planning.unseen import unseen

REVIEW = (
    ReviewClass("rare", 300, 0.10, 100, 30),
    ReviewClass("some", 2_500, 0.04, 10, 20),
    ReviewClass("many", 6_000, 0.02, 1, 15),
)


def test_two_empty_weeks_are_bad_luck_with_a_known_chance():
    assert [drought_chance(mu) for mu in (1, 1.5, math.log(10), 3)] == pytest.approx(
        [0.135335, 0.049787, 0.01, 0.002479], abs=1e-6
    )
    assert window_weeks(0.1) == math.ceil(math.log(20) / 0.1)


@pytest.mark.parametrize(("expected", "low"), [(8.0, 3), (3.0, 0), (4.0, 1), (100.0, 81)])
def test_too_few_is_below_the_lower_tail_of_a_poisson_count(expected, low):
    from scipy.stats import poisson

    assert poisson_low(expected) == low == int(poisson.ppf(0.025, expected))


def test_the_rules_of_a_class_speak_in_its_numbers():
    rules = class_rules(ClassQuota("W", MUST, min_per_week=100), 2, [120.0, 90.0], "objects")
    assert rules[0].startswith("Stop when 200 more objects are labelled")
    assert "fewer than 99 of 120 by the end of week 1; fewer than 182 of 210 by the end of week 2" in rules[1]
    assert "the plan is broken" in rules[2]
    assert "more than 5 %" in rules[3]
    [drought, pause] = class_rules(ClassQuota("X", NICE), 2, [0.5, 0.5], "objects")
    assert "(36.8 %): the window is too short. It takes 6 empty weeks" in drought
    assert "more than 8 %" in pause


def test_a_sprint_without_a_reserve_is_told_so():
    outcome = compute_plan(vision(200), SILENT)
    assert "no discovery reserve" in sprint_rules(replace(vision(200), reserve=Reserve()), outcome)[-1]
    rules = sprint_rules(vision(200), outcome)
    assert "from 10 % to 10 %, never below" in rules[2]
    drawn = sum(line.items for line in outcome.lines if line.stream == "random")
    assert f"The {drawn:.0f} random items miss a kind that is in 1 % of all items" in rules[3]
    assert "299 would miss it in 5 % of cases" in rules[3]


@given(st.lists(st.integers(0, 120), min_size=1, max_size=5), st.integers(1, 60))
def test_batches_hold_every_stream_in_proportion_and_lose_nothing(amounts, size):
    batches = spread(amounts, size)
    assert [sum(column) for column in zip(*batches, strict=True)] == (amounts if batches else [])
    sizes = [sum(batch) for batch in batches]
    assert not sizes or (max(sizes) <= size and max(sizes) - min(sizes) <= 1)
    for column in zip(*batches, strict=True):
        assert max(column) - min(column) <= len(amounts) + 1


def test_a_tenth_of_rare_items_is_in_every_batch():
    assert all(batch[0] >= 5 for batch in spread([50, 450]))


def test_what_was_seen_once_tells_what_was_not_seen():
    found = unseen([10, 5, 2, 1, 1, 1])
    assert (found.share, found.kinds, found.kinds_corrected) == (0.15, 10.5, 7.5)
    assert unseen([]).share == 1.0
    assert unseen([3, 1]).kinds == unseen([3, 1]).kinds_corrected


@pytest.mark.parametrize(
    ("rate", "wanted", "probability", "items"),
    [
        (0.02, 1, 0.95, 149),
        (0.01, 1, 0.95, 299),
        (0.001, 1, 0.95, 2_995),
        (0.02, 50, 0.90, 2_958),
        (0.0067, 50, 0.90, 8_839),
        (0.20, 50, 0.90, 291),
        (0.02, 100, 0.90, 5_644),
        (0.05, 40, 0.90, 962),
        (0.15, 40, 0.90, 318),
        (0.20, 40, 0.90, 237),
    ],
)
def test_how_many_items_it_takes(rate, wanted, probability, items):
    assert items_needed(rate, wanted, probability) == items


def test_a_budget_is_shared_out_whole_and_never_without_discovery():
    assert all(sum(share_out(n).values()) == n for n in (0, 1, 7, 99, 1_000))
    for mix in ({Route.MINORITY: 0.95, Route.RANDOM: 0.05}, {Route.RANDOM: 0.5}):
        with pytest.raises(RequestError, match="the routes share"):
            share_out(10, mix)
    with pytest.raises(RequestError, match="cannot be worked out"):
        items_needed(0.0, 1, 0.9)


def test_review_hours_go_where_they_remove_the_most_harm():
    shares = allocate_review(REVIEW, 10)
    assert [s.items for s in shares] == [300, 1327.5, 30]
    assert [s.hours for s in shares] == [2.5, 7.375, 0.125]
    assert sum(s.removed for s in shares) == pytest.approx(2825.28)
    assert sum(s.harm for s in shares) == 4120
    assert sum(s.hours for s in allocate_review(REVIEW, 0.3)) == pytest.approx(0.3)  # not even the floors fit
    assert upper_error(0, 10) < upper_error(1, 10) < upper_error(0, 0)
    with pytest.raises(RequestError, match="review of 'x'"):
        ReviewClass("x", 1, 1.5, 1, 1)


def test_the_playbook_says_how_many_a_day_and_cannot_be_broken_by_a_name():
    request = replace(vision(200), start=dt.date(2026, 11, 25), capacity=Capacity((120, 120), (9, 9)), name="<b>|*S*")
    outcome = compute_plan(request, SILENT)
    book = make_playbook(request, outcome)
    week = next(section for section in book.sections if section.title.startswith("Week 1"))
    [table] = week.tables
    assert table.columns[1:] == ("2026-11-25", "2026-11-26", "2026-11-27", "2026-11-30", "2026-12-01")
    days = [int(cell.replace(",", "")) for cell in table.rows[-1][1:]]
    assert sum(days) == outcome.weeks[0].items
    assert markdown(book).startswith("# \\<b\\>\\|\\*S\\*\n")
    assert "<b>" not in page(book)
    titles = [section.title for section in book.sections]
    assert titles[:2] == ["Goals", "Sourcing"]
    assert titles[-1] == "Stop and adjust: Wheelchair"
    plain = make_playbook(replace(request, start=None, classes=(ClassQuota("W"),)), outcome)
    assert plain.sections[0].text == "No class has a minimum or a target."

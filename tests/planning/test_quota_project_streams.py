"""Streams of a project: what is counted, what is assumed, and nothing offered twice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailwise.domain.plan import ClassQuota, PlanRequest, Route, Tier
from tailwise.planning.project_streams import PoolCell, project_streams, stream_where
from tailwise.planning.quota_yields import yield_table

CELLS = (
    PoolCell(
        "city", (("light", "day"),), pool=400, labelled=300, found=(("Car", 600.0), ("Crack", 3.0)), median_seconds=50.0
    ),
    PoolCell("city", (("light", "night"),), pool=100, labelled=20, found=(("Crack", 2.0),)),
    PoolCell("farm", (("light", "day"),), pool=50),
    PoolCell("farm", (("light", "dusk"),), pool=7),
    PoolCell("archive", (("light", "day"),), labelled=99, found=(("Car", 1.0),)),
)


def means(streams):
    request = PlanRequest(
        weeks=1, classes=(ClassQuota("Crack", Tier.MUST_NOT_MISS),), streams=streams
    ).in_stable_order()
    table = yield_table(request)
    return {
        (s.name, name): table.mean[j, k] for j, s in enumerate(request.streams) for k, name in enumerate(table.classes)
    }


def test_a_cell_with_a_pool_becomes_a_stream():
    streams = {s.name: s for s in project_streams(CELLS)}
    assert list(streams) == ["city, light = day", "city, light = night", "farm, light = day", "farm, light = dusk"]
    assert streams["city, light = day"].available == 400
    assert streams["city, light = day"].source == "city"
    assert streams["city, light = day"].route is Route.TARGETED
    assert streams["city, light = day"].seconds_per_item == pytest.approx(55.0)  # 1.1 x the median measured
    assert streams["farm, light = day"].seconds_per_item == 60.0


def test_yields_come_from_what_was_labelled_there_with_the_nearest_prior_worth_ten_items():
    yields = means(project_streams(CELLS))
    source = 5.5 / 321  # 5 cracks in 320 items of the city, with Jeffreys' half
    assert yields["city, light = night", "Crack"] == pytest.approx((2 + 10 * source) / 30, abs=1e-6)
    assert yields["city, light = day", "Crack"] == pytest.approx((3 + 10 * source) / 310, abs=1e-6)
    assert yields["farm, light = day", "Crack"] == pytest.approx(
        3.5 / 400, abs=1e-6
    )  # nothing of the farm: days elsewhere
    assert yields["farm, light = dusk", "Crack"] == pytest.approx(5.5 / 420, abs=1e-6)  # no dusk anywhere: the project
    assert yields["city, light = day", "Car"] == pytest.approx((600 + 10 * 600.5 / 321) / 310, abs=1e-6)


def test_without_conditions_a_source_is_drawn_at_random():
    [stream] = project_streams([PoolCell("city", pool=10, labelled=5, found=(("Car", 4.0),))])
    assert (stream.name, stream.route) == ("city", Route.RANDOM)


def test_a_project_without_labels_has_streams_without_yields():
    [stream] = project_streams([PoolCell("city", pool=10)])
    assert stream.yields == ()


def test_hard_negatives_that_were_mined_are_a_stream_of_their_own():
    mined = PoolCell("city", pool=25, route=Route.HARD_NEGATIVE)
    assert [(s.name, s.route) for s in project_streams([*CELLS[:1], mined])] == [
        ("city, hard-negative", Route.HARD_NEGATIVE),
        ("city, light = day", Route.TARGETED),
    ]


def test_the_random_stream_of_a_source_mixes_its_cells_by_their_pools():
    streams = project_streams(CELLS[:2], discovery=0.15)
    assert [(s.name, s.available, s.route) for s in streams] == [
        ("city, light = day", 340, Route.TARGETED),
        ("city, light = night", 85, Route.TARGETED),
        ("city, random", 75, Route.RANDOM),
    ]
    yields = means(streams)
    mixed = (60 * yields["city, light = day", "Crack"] + 15 * yields["city, light = night", "Crack"]) / 75
    assert yields["city, random", "Crack"] == pytest.approx(mixed, abs=2e-6)


cells = st.lists(
    st.builds(
        PoolCell,
        st.sampled_from(["A", "B", "A, l = x"]),
        st.sampled_from([(), (("l", "x"),), (("l", "y"),)]),
        st.integers(0, 50),
        st.integers(1, 30),
        st.just((("Car", 3.0),)),
    ),
    max_size=6,
    unique_by=lambda c: (c.source, c.where),
)


@given(cells, st.sampled_from([0.0, 0.1, 0.15, 1.0]), st.randoms(use_true_random=False))
def test_nothing_is_offered_twice_or_lost_and_order_never_matters(rows, discovery, dice):
    streams = project_streams(rows, discovery)
    assert sum(s.available for s in streams) == sum(c.pool for c in rows)
    assert len({s.name for s in streams}) == len(streams)
    shuffled = list(rows)
    dice.shuffle(shuffled)
    assert project_streams(shuffled, discovery) == streams


@given(
    st.lists(st.sampled_from(["light", "sky", "a, b"]), min_size=1, max_size=3, unique=True),
    st.lists(st.sampled_from(["day", "rain, hail", "x = y", ""]), min_size=3, max_size=3),
)
def test_the_name_of_a_stream_tells_its_conditions(axes, values):
    where = tuple(zip(axes, values, strict=False))
    [stream] = project_streams([PoolCell("city, old", where, pool=3)])
    assert stream_where(stream, axes) == tuple(value for _, value in where)
    [random] = project_streams([PoolCell("city, old", where, pool=3)], discovery=1.0)
    assert stream_where(random, axes) is None
    assert stream_where(stream, ()) is None

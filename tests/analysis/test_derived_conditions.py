"""What is derived from times, places, names and numbers, against known answers."""

from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tailwise.analysis.exif_conditions import bursts, conditions_from_exif, with_broken
from tailwise.analysis.name_patterns import captures, name_pattern
from tailwise.analysis.ranges import equal_edges, sort_into
from tailwise.analysis.sun import sun_elevation
from tailwise.domain.capture import ExifFacts
from tailwise.domain.errors import RequestError


@pytest.mark.parametrize(
    ("when", "place", "elevation"),
    [
        # NREL's worked example of the solar position algorithm: zenith 50.111 with 0.016 of refraction.
        (datetime(2003, 10, 17, 12, 30, 30, tzinfo=timezone(timedelta(hours=-7))), (39.742476, -105.1786), 39.872),
        # At the poles the elevation is the declination: +-23.44 at the solstices, about 0 at the equinox.
        (datetime(2024, 6, 20, 20, 51, tzinfo=UTC), (90, 0), 23.44),
        (datetime(2024, 12, 21, 9, 20, tzinfo=UTC), (90, 0), -23.44),
        (datetime(2024, 3, 20, 3, 6, tzinfo=UTC), (-90, 77), 0.0),
        # Midnight sun on the polar circle, and the antipodes see its mirror.
        (datetime(2024, 6, 20, 23, 2, tzinfo=UTC), (66.0, 15.0), -0.55),
        (datetime(2024, 6, 20, 23, 2, tzinfo=UTC), (-66.0, -165.0), 0.55),
    ],
)
def test_the_sun_stands_where_others_have_computed_it(when, place, elevation):
    assert sun_elevation(when, *place) == pytest.approx(elevation, abs=0.03)


def derived(*facts):
    return conditions_from_exif(facts, [f"{n}.jpg" for n in range(len(facts))])


def test_season_turns_over_south_of_the_equator_and_hours_fall_into_bands():
    north, south = (
        ExifFacts(taken="2024:01:15 05:59:59"),
        ExifFacts(taken="2024:01:15 23:59:59", latitude=-30.0, longitude=20.0),
    )

    values = derived(north, south).values

    assert values["season"] == ("winter", "summer")
    assert values["month"] == ("01 January", "01 January")
    assert values["time of day"] == ("night 0-6 h", "evening 18-24 h")


def test_the_sun_is_worked_out_from_the_best_clock_there_is():
    berlin = {"latitude": 52.5, "longitude": 13.4}
    noon, dusk = "2024:06:01 13:00:00", "2024:06:01 21:10:00"
    found = derived(
        ExifFacts(taken=noon, gps_utc="2024:06:01 23:30:00", **berlin),  # the camera's clock is wrong
        ExifFacts(taken="2024:06:01 23:59:00", offset="+02:00", **berlin),
        ExifFacts(taken=noon, **berlin),
        ExifFacts(taken=dusk, **berlin),  # no zone: an hour either way matters
        ExifFacts(**berlin),
        ExifFacts(taken=noon, latitude=0.0, longitude=0.0),
    )

    assert found.values["outdoor light, assumed"] == ("night", "night", "day", "uncertain", "", "")
    assert {f.code: (f.count, f.examples[0]) for f in found.findings if f.code in {"XF-02", "XF-03"}} == {
        "XF-02": (1, "5.jpg"),
        "XF-03": (2, "2.jpg"),
    }


@pytest.mark.parametrize(
    "taken", ["0000:00:00 00:00:00", "2024:06:01 24:00:00", "1970:01:01 00:00:00", "2990:01:01 00:00:00", "soon"]
)
def test_a_time_no_clock_can_show_is_missing_and_counted(taken):
    found = derived(ExifFacts(taken=taken), ExifFacts(taken="2024:06:01 12:00:00"))

    assert found.values["season"] == ("", "summer")
    assert [f.examples for f in found.findings if f.code == "XF-01"] == [("0.jpg",)]


def test_a_condition_nearly_nobody_has_is_not_made_and_a_clock_never_set_is_told():
    facts = [ExifFacts(taken="2000:01:01 00:00:07", camera="X1")] * 30 + [None] * 600

    found = derived(*facts)

    assert found.values == {}
    codes = {f.code: f for f in with_broken(found.findings, ["7.jpg"])}
    assert codes["XF-04"].examples[0] == "camera: 95% of the items lack it"
    assert (codes["XF-06"].count, codes["XF-06"].examples) == (30, ("2000-01-01 00:00",))
    assert codes["XF-07"].count == 1


def test_light_is_graded_by_the_exposure_value():
    facts = (
        ExifFacts(exposure_seconds=1 / 125, f_number=8.0, iso=100),
        ExifFacts(exposure_seconds=0.5, f_number=2.0, iso=3200),
    )

    assert derived(*facts).values["light level"] == ("bright", "dark")


def test_bursts_end_at_a_pause_and_never_join_two_cameras():
    def shot(second, camera="A"):
        return ExifFacts(camera=camera, taken=f"2024:06:01 12:00:{second:02d}")

    shots = [shot(0), shot(2), shot(5), shot(9), shot(1, "B"), shot(2, ""), shot(3, ""), None]

    found, names = bursts(shots, ["f/1", "f/2", "f/3", "f/4", "f/5", "x/1", "y/1", "z/1"], 3.0)

    assert found == ("A 2024-06-01 12:00:00",) * 3 + ("",) * 5
    assert names == ("A 2024-06-01 12:00:00",)


@pytest.mark.parametrize(
    ("pattern", "name", "fields"),
    [
        ("{site}_{camera}_{number}", "x/gate_cam2_0041.jpg", {"site": "gate", "camera": "cam2", "number": "0041"}),
        ("{site}_{camera}_{number}", "gate_north_cam2_7.jpeg",
         {"site": "gate", "camera": "north_cam2", "number": "7"}),
        ("{site}_{camera}_{number}", "gate_cam2_end.jpg", None),
        ("{drive}/{}/{frame}.png", "a/b7/left/0003.png", {"drive": "b7", "frame": "0003"}),
        ("img-{date}.{kind}", "img-20240601.png", {"date": "20240601", "kind": "png"}),
        ("(?P<cam>[a-z]+)[0-9]", "gate/cam7_x.png", {"cam": "cam"}),
    ],
)  # fmt: skip
def test_patterns_capture(pattern, name, fields):
    assert name_pattern(pattern).capture(name) == fields


@pytest.mark.parametrize(
    ("pattern", "sentence"),
    [
        ("plain", "names nothing"),
        ("{}_{}", "names nothing"),
        ("{a}{b}", "touch"),
        ("{a}_{a}", "occurs twice"),
        ("{a b}_{c}", "is no name"),
        ("_".join(f"{{f{n}}}" for n in range(13)), "more than 12 fields"),
        ("(?P<a>x", "is no regular expression"),
        ("(?P<a>(x+)+y)", "repeats a group that itself holds a repeat"),
        ("(?P<a>(?:x|xx)*y)", "repeats a group that itself holds alternatives"),
        ("(?P<a>[a-z]*){2,}", "repeats a group"),
        (r"(?P<a>x)\1", "refers back"),
        ("(?P<a>x)(?P=a)", "holds"),
        ("(?P<a>x)(?=y)", "holds"),
    ],
)
def test_a_pattern_that_cannot_be_used_is_refused_in_a_sentence(pattern, sentence):
    with pytest.raises(RequestError, match=sentence):
        name_pattern(pattern)


def test_brackets_and_escapes_are_no_groups():
    assert name_pattern(r"(?P<a>[(|+*]+)\(\|\+").capture("(|+(|+") == {"a": "(|+"}


def test_fields_become_conditions_groups_or_nothing():
    names = [f"s{n % 3}_v{n // 2}_{n:04d}.jpg" for n in range(200)]
    pattern = name_pattern("{site}_{video}_{number}")

    found = captures(pattern, [pattern.capture(n) for n in [*names, "x.jpg"]])

    assert [(f.name, f.kind, len(f.values)) for f in found.fields] == [
        ("site", "condition", 3), ("video", "group", 100), ("number", None, 200),
    ]  # fmt: skip
    assert found.unfit == 1
    assert found.fields[0].values[0] == ("s0", 67)


@settings(max_examples=60)
@given(
    st.lists(st.floats(-1e6, 1e6, allow_subnormal=False).map(lambda x: round(x, 3)), min_size=1, max_size=80),
    st.integers(2, 8),
)
def test_ranges_hold_every_number_once_and_in_order(values, count):
    numbers = np.array([*values, np.nan])
    edges = equal_edges(numbers, count)
    if not edges:
        assert len(set(values)) == 1
        return
    names, codes = sort_into(numbers, edges)

    assert codes[-1] == -1
    assert len(names) == len(edges) + 1 == len(set(names)) or len({f"{e:.6g}" for e in edges}) < len(edges)
    for code in range(len(names)):
        low = edges[code - 1] if code else -np.inf
        high = edges[code] if code < len(edges) else np.inf
        inside = numbers[:-1][codes[:-1] == code]
        assert ((inside >= low) & (inside < high)).all()


def test_edges_are_round_where_that_moves_little():
    assert equal_edges(np.random.default_rng(1).uniform(0, 1, 5000), 4) == (0.25, 0.5, 0.75)
    assert equal_edges(np.array([5.0, 5.0]), 4) == ()
    assert equal_edges(np.array([np.nan]), 4) == ()
    with pytest.raises(RequestError, match="2 to 50"):
        equal_edges(np.arange(3.0), 1)
    with pytest.raises(RequestError, match="must rise"):
        sort_into(np.arange(3.0), [2.0, 1.0])

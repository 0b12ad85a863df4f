"""What a split request refuses, and what it derives from names."""

import math

import pytest

from tailwise.domain.errors import RequestError
from tailwise.domain.split import Floors, SplitRequest

THREE = (("train", 0.7), ("val", 0.15), ("test", 0.15))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"ratios": (("train", 1.0),)}, "1 splits are asked for"),
        ({"ratios": tuple((f"s{i}", 1 / 21) for i in range(21))}, "21 splits are asked for"),
        ({"ratios": (("train", 0.7), ("val", 0.2))}, r"sum to 0\.9 \(0\.7 \+ 0\.2\)"),
        ({"ratios": (("train", 1.2), ("val", -0.2))}, "'val' has the ratio -0"),
        ({"ratios": (("train", math.nan), ("val", 0.2))}, "'train' has the ratio nan"),
        ({"ratios": (("train", 0.5), ("Train", 0.5))}, "same name: 'train' and 'Train'"),
        ({"ratios": (("train", 0.5), ("a/b", 0.5))}, "'a/b' cannot be the name"),
        ({"ratios": (("train", 0.5), (" ", 0.5))}, "cannot be the name"),
        ({"ratios": (("train", 0.5), ("pool", 0.5))}, "cannot be called 'pool'"),
        ({"group_keys": ("scene", "scene")}, "Group 'scene' is named twice"),
        ({"stratify": ("light", "light")}, "Condition 'light' is named twice"),
        ({"locked": frozenset({"tset"})}, "no split 'tset' to lock"),
        ({"seed": -1}, "The seed is -1"),
        ({"test_floor_share": 1.5}, r"test floor is 1\.5"),
        ({"test_floor_items": -3}, "test floor is -3 items"),
    ],
)
def test_impossible_requests_say_what_is_wrong(changes, says):
    with pytest.raises(RequestError, match=says):
        SplitRequest(**{"ratios": THREE, **changes})


def test_roles_follow_names_else_sizes():
    assert (SplitRequest(THREE).training, SplitRequest(THREE).testing) == ("train", "test")
    odd = SplitRequest((("a", 0.2), ("b", 0.6), ("c", 0.2)))
    assert (odd.training, odd.testing) == ("b", "c")
    assert odd.shares == (0.2, 0.6, 0.2)


def test_parameters_hold_everything_that_was_asked():
    request = SplitRequest(THREE, ("scene",), ("light",), frozenset({"test", "val"}), 7, Floors.SPREAD)

    assert request.parameters() == {
        "ratios": {"train": 0.7, "val": 0.15, "test": 0.15},
        "group_by": ["scene"],
        "stratify_by": ["light"],
        "locked": ["test", "val"],
        "seed": 7,
        "floors": "spread",
        "test_floor_share": 0.3,
        "test_floor_items": 20,
        "balance_objects": False,
        "balance_pairs": False,
        "time_axis": "",
        "parts": 0,
    }

"""Who follows whom: by camera and time, whatever the order of the rows."""

from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from tailwise.analysis.capture_order import followers, shots_of_cameras

NOON = datetime(2024, 6, 1, 12)


def at(*seconds):
    return [None if s is None else NOON + timedelta(seconds=s) for s in seconds]


def test_a_scene_ends_with_a_pause_of_five_seconds_or_six_usual_ones_whichever_is_longer():
    quick = at(0, 1, 2, 7, 13.5)  # the usual pause is 3 s at most: 6 x 3 = 18 s would hold all, 6 x 1 does not
    quick += at(14.5, 15.5, 16.5)

    assert [(a, b) for a, b, _s in followers(["A"] * 8, quick, ["x"] * 8)] == [
        (0, 1), (1, 2), (2, 3), (4, 5), (5, 6), (6, 7),
    ]  # fmt: skip
    slow = at(0, 10, 20, 81)
    assert [step[2] for step in followers(["A"] * 4, slow, ["x"] * 4)] == [10, 10]
    assert [step[2] for step in followers(["A"] * 4, at(0, 10, 20, 80), ["x"] * 4)] == [10, 10, 60]


def test_cameras_do_not_follow_each_other_and_a_folder_stands_for_one_that_is_not_told():
    cameras, names = ["A", "B", "", "", "", "A"], ["s/1", "s/2", "s/3", "s/4", "t/5", "u/6"]

    assert [(a, b) for a, b, _s in followers(cameras, at(0, 1, 1, 2, 2, 3), names)] == [(0, 5), (2, 3)]
    assert followers(["A", "A"], at(0, None), ["1", "2"]) == []


@settings(max_examples=40)
@given(st.permutations(range(8)))
def test_frames_of_one_second_follow_by_number_whatever_the_order_of_rows(order):
    names = [f"d/IMG_{number}.jpg" for number in (8, 9, 10, 11, 98, 99, 100, 101)]
    shuffled = [names[i] for i in order]
    ((_camera, shots),) = shots_of_cameras(["A"] * 8, at(*[3] * 8), shuffled)

    assert [shuffled[row] for _when, row in shots] == names

"""Images in the order in which they were taken, camera by camera, and which of them follow each other in a scene.

The order depends on times and names alone, never on the order of the rows.
"""

from __future__ import annotations

import re
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

SCENE_SECONDS: Final = 5.0
"""A pause up to this never ends a scene by itself."""
USUAL_PAUSES: Final = 6
"""Nor does one of up to this many times the camera's usual pause."""
_DIGITS = re.compile(r"(\d+)")


def shots_of_cameras(
    cameras: Sequence[str], times: Sequence[datetime | None], names: Sequence[str]
) -> list[tuple[str, list[tuple[datetime, int]]]]:
    """Return for each camera, in order of their names, its shots as (time, row) in order of capture.

    Where no camera is told the folder stands for it. Shots of one second are in the order of their names, numbers by
    value: cameras count on when they are faster than their clock shows.
    """
    shots: dict[str, list[tuple[datetime, int]]] = {}
    for row, when in enumerate(times):
        if when is not None:
            shots.setdefault(cameras[row] or names[row].rpartition("/")[0], []).append((when, row))
    for taken in shots.values():
        taken.sort(key=lambda shot: (shot[0], _natural(names[shot[1]])))
    return sorted(shots.items())


def followers(
    cameras: Sequence[str], times: Sequence[datetime | None], names: Sequence[str]
) -> list[tuple[int, int, float]]:
    """Return the rows of shots one camera took one after the other in a scene, and the seconds between them.

    A scene ends with a pause of more than 5 s and more than six times the camera's median pause.
    """
    found: list[tuple[int, int, float]] = []
    for _camera, shots in shots_of_cameras(cameras, times, names):
        steps = [(a, b, (later - when).total_seconds()) for (when, a), (later, b) in pairwise(shots)]
        if steps:
            longest = max(SCENE_SECONDS, USUAL_PAUSES * median(seconds for _a, _b, seconds in steps))
            found += [step for step in steps if step[2] <= longest]
    return found


def _natural(name: str) -> list[tuple[int, str]]:
    """Return a key that orders names with their numbers by value."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in _DIGITS.split(name)]

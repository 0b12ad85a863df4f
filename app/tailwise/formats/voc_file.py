"""What one VOC annotation file says, however it was read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from tailwise.formats.geometry import MAX_COORDINATE_PX, MAX_SIDE_PX

if TYPE_CHECKING:
    from tailwise.formats.geometry import Box

TRUE_WORDS = frozenset({"1", "true", "yes", "t"})
"""What tools write for a flag that is set, in lower case."""


class VocObject(NamedTuple):
    """One object: class, flags, box as x, y, width, height (None without one), area, score (NaN without one).

    `origin` says what the box was made of: `box`, `reversed` corners, `polygon`, `rotated`; else why there is none:
    `unusable` numbers, or `none` given.
    """

    name: str
    flags: int
    box: Box | None
    origin: str
    area: float
    score: float


@dataclass(slots=True)
class VocFile:
    """What one file says. A width or height of 0 is unknown; `nameless` counts objects that were left out."""

    file_name: str = ""
    width: int = 0
    height: int = 0
    has_path: bool = False
    nameless: int = 0
    objects: list[VocObject] = field(default_factory=list[VocObject])


def number(text: str) -> float | None:
    """Return a coordinate in pixels; None for text that is none, and for one no image has."""
    try:
        found = float(text)
    except ValueError:
        return None
    return found if abs(found) <= MAX_COORDINATE_PX else None


def side(text: str) -> int:
    """Return the side of an image in pixels; 0 where it cannot be one."""
    found = number(text)
    return int(found) if found is not None and 0 < found <= MAX_SIDE_PX else 0

"""Area and box of masks and polygons from their numbers alone, and checks of boxes as whole columns.

Nothing here decodes an image. Coordinates are pixels, origin top left, continuous. A run-length mask is stored column
by column; its runs alternate between background and foreground and begin with background.
"""

from __future__ import annotations

import re
from array import array
from itertools import chain
from typing import TYPE_CHECKING, Literal, NamedTuple, cast

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Box = tuple[float, float, float, float]

ROUNDING_PX = 0.5
"""How far an edge may lie outside of the image before it is told: rounding to whole pixels moves it no further."""

MASK_SLACK_PX = 2.0
"""How far a mask may reach out of the box that goes with it."""

MAX_SIDE_PX = 1_000_000
MAX_COORDINATE_PX = 1e9
"""A coordinate beyond this is damage; sums and products of smaller ones cannot overflow."""


class Mask(NamedTuple):
    """A run-length mask as a file holds it: runs as numbers or as compressed text, and the size of its image."""

    counts: bytes | Sequence[int]
    height: int
    width: int


class MaskMeasure(NamedTuple):
    """Area in pixels and tight box (x, y, width, height) of a mask; an empty mask has the box of zeros."""

    area: int
    box: Box


class Runs(NamedTuple):
    """The runs of many masks one after the other, and how many each mask has."""

    values: Ints
    lengths: Ints


def decode_counts(texts: Sequence[bytes]) -> Runs:
    """Return the runs of compressed masks, none of them empty.

    A run is written as 5-bit groups, lowest first, each as the character group + 48; bit 0x20 says that more groups
    follow, bit 0x10 of the last group is the sign. From the fourth run on the difference to the run two before is
    written. Characters outside of that alphabet must have been refused before (`is_mask_text`).

    >>> decode_counts([b"32103"]).values.tolist()
    [3, 2, 1, 2, 4]
    """
    groups = np.frombuffer(b"".join(texts), np.uint8).astype(np.int64) - 48
    is_last = (groups & 0x20) == 0
    last = np.flatnonzero(is_last)
    first = np.concatenate(([0], last[:-1] + 1))
    length = last - first + 1
    shift = 5 * (np.arange(len(groups)) - np.repeat(first, length))
    values = np.add.reduceat((groups & 0x1F) << shift, first)
    values = np.where(groups[last] & 0x10, values - (np.int64(1) << (5 * length)), values)
    starts = np.cumsum([0, *(len(text) for text in texts[:-1])])
    lengths = np.add.reduceat(is_last, starts, dtype=np.int64)
    place = _places(lengths)
    for linked in ((place % 2 == 1), (place % 2 == 0) & (place > 0)):
        values[linked] = _running_sums(values[linked], np.repeat(np.arange(len(texts)), lengths)[linked])
    return Runs(values, lengths)


def is_mask_text(text: bytes) -> bool:
    """Tell whether a text is made of complete runs of at most 12 groups, as `decode_counts` needs."""
    return (
        bool(text)
        and not text.translate(None, _MASK_ALPHABET)
        and not text[-1] - 48 & 0x20
        and not _LONG_RUN.search(text)
    )


_MASK_ALPHABET = bytes(range(48, 112))
_LONG_RUN = re.compile(rb"[P-o]{12}")  # the characters with bit 0x20


def measure_masks(masks: Sequence[Mask]) -> list[MaskMeasure | None]:
    """Return area and box of every mask, or None where the runs do not fill `height` times `width` pixels.

    >>> measure_masks([Mask(b"32103", height=3, width=4), Mask([3, 2], 3, 4)])
    [MaskMeasure(area=4, box=(1.0, 0.0, 2.0, 2.0)), None]
    """
    measures: list[MaskMeasure | None] = [None] * len(masks)
    sized = [i for i, m in enumerate(masks) if 0 < m.height <= MAX_SIDE_PX and 0 < m.width <= MAX_SIDE_PX]
    texts = [i for i in sized if isinstance(counts := masks[i].counts, bytes) and is_mask_text(counts)]
    lists = [i for i in sized if not isinstance(masks[i].counts, bytes) and len(masks[i].counts)]
    runs_of_lists = _joined([masks[i].counts for i in lists])
    if runs_of_lists is None:  # one of them holds something else than whole numbers
        lists = [i for i in lists if _joined([masks[i].counts]) is not None]
        runs_of_lists = _joined([masks[i].counts for i in lists])
    for places, runs in (
        (texts, decode_counts([cast("bytes", masks[i].counts) for i in texts]) if texts else None),
        (lists, runs_of_lists if lists else None),
    ):
        if runs is not None:
            height = np.array([masks[i].height for i in places], np.int64)
            width = np.array([masks[i].width for i in places], np.int64)
            for place, measure in zip(places, _measure(runs, height, width), strict=True):
                measures[place] = measure
    return measures


def ends_in_box(mask: Mask, box: Sequence[float]) -> bool:
    """Tell whether a mask fills its image and begins and ends inside of `box` (x, y, width, height).

    A quick look at the ends instead of all runs: a mask written row by row, or for another image, hardly ever passes.
    False leaves it open: the mask has to be measured.
    """
    counts, height = mask.counts, mask.height
    if (
        isinstance(counts, bytes)
        or len(counts) < 2
        or not (0 < height <= MAX_SIDE_PX and 0 < mask.width <= MAX_SIDE_PX)
    ):
        return False
    try:
        total = sum(counts)
    except TypeError:  # something else than numbers
        return False
    first, end = counts[0], total - (counts[-1] if len(counts) % 2 else 0)
    (x, y), (last_x, last_y) = divmod(first, height), divmod(end - 1, height)
    left, top = box[0] - MASK_SLACK_PX, box[1] - MASK_SLACK_PX
    right, bottom = box[0] + box[2] + MASK_SLACK_PX, box[1] + box[3] + MASK_SLACK_PX
    is_inside = left <= x <= last_x < right and top <= y < bottom and top <= last_y < bottom
    return is_inside and total == height * mask.width


def _measure(runs: Runs, height: Ints, width: Ints) -> list[MaskMeasure | None]:
    starts = np.cumsum(runs.lengths) - runs.lengths
    mask = np.repeat(np.arange(len(height)), runs.lengths)
    total = np.add.reduceat(runs.values, starts)
    fills = (total == height * width) & (np.minimum.reduceat(runs.values, starts) >= 0)
    fills &= np.maximum.reduceat(runs.values, starts) <= height * width
    is_odd = _places(runs.lengths) % 2 == 1
    area = np.add.reduceat(np.where(is_odd, runs.values, 0), starts)
    end = _running_sums(runs.values, mask)
    drawn = np.flatnonzero(is_odd & (runs.values > 0))
    box = np.zeros((len(height), 4))
    if len(drawn):
        owner = mask[drawn]
        begins = np.concatenate(([0], np.flatnonzero(np.diff(owner)) + 1))
        first_column, first_row = np.divmod(end[drawn] - runs.values[drawn], height[owner])
        last_column, last_row = np.divmod(end[drawn] - 1, height[owner])
        one_column = first_column == last_column
        left, right = first_column[begins], last_column[np.concatenate((begins[1:], [len(owner)])) - 1]
        top = np.minimum.reduceat(np.where(one_column, first_row, 0), begins)
        bottom = np.maximum.reduceat(np.where(one_column, last_row, height[owner] - 1), begins)
        box[owner[begins]] = np.stack([left, top, right - left + 1, bottom - top + 1], axis=1)
    return [
        MaskMeasure(a, (b[0], b[1], b[2], b[3])) if ok else None
        for ok, a, b in zip(fills.tolist(), area.tolist(), box.tolist(), strict=True)
    ]


def _places(lengths: Ints) -> Ints:
    """Return 0, 1, 2, … anew for every length."""
    return np.arange(int(lengths.sum())) - np.repeat(np.cumsum(lengths) - lengths, lengths)


def _running_sums(values: Ints, owner: Ints) -> Ints:
    """Return the running sum of `values`, begun anew wherever the (sorted) `owner` changes."""
    if not len(values):
        return values
    sums = np.cumsum(values)
    begins = np.concatenate(([0], np.flatnonzero(np.diff(owner)) + 1))
    before = sums[begins] - values[begins]
    return sums - np.repeat(before, np.diff(np.concatenate((begins, [len(values)]))))


def _joined(lists: Sequence[Sequence[object]]) -> Runs | None:
    """Return the runs of all lists, None when not all of them are whole numbers of 64 bits."""
    try:
        values = np.frombuffer(array("q", cast("Iterable[int]", chain.from_iterable(lists))), np.int64)
    except (TypeError, OverflowError):
        return None
    return Runs(values, np.array([len(runs) for runs in lists], np.int64))


def box_around(points: Sequence[tuple[float, float]]) -> Box:
    """Return the upright box around points as x, y, width, height.

    >>> box_around([(3, 4), (1, 9)])
    (1, 4, 2, 5)
    """
    x, y = [point[0] for point in points], [point[1] for point in points]
    return min(x), min(y), max(x) - min(x), max(y) - min(y)


def painted_box(painted: Bools) -> Box:
    """Return the tight box around the painted pixels of a mask, rows × columns; zeros where there are none.

    >>> painted_box(np.array([[False, False, False], [False, True, True]]))
    (1.0, 1.0, 2.0, 1.0)
    """
    rows, columns = np.flatnonzero(painted.any(axis=1)), np.flatnonzero(painted.any(axis=0))
    if not len(rows):
        return 0.0, 0.0, 0.0, 0.0
    left, top = float(columns[0]), float(rows[0])
    return left, top, float(columns[-1]) + 1 - left, float(rows[-1]) + 1 - top


def polygon_area(parts: Sequence[Sequence[float]]) -> float:
    """Return the sum of the areas of polygons given as `x1, y1, x2, y2, …`; where parts overlap it counts twice.

    >>> polygon_area([[0, 0, 4, 0, 4, 3, 0, 3]])
    12.0
    """
    area = 0.0
    for part in parts:
        x, y = np.array(part[0::2], np.float64), np.array(part[1::2], np.float64)
        # Relative to the first point: large coordinates would cost digits otherwise.
        x, y = x - x[0], y - y[0]
        area += abs(float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))) / 2
    return area


def polygon_box(parts: Sequence[Sequence[float]]) -> Box:
    """Return the tight box (x, y, width, height) around the points of polygons given as `x1, y1, x2, y2, …`."""
    left, right = min(min(p[0::2]) for p in parts), max(max(p[0::2]) for p in parts)
    top, bottom = min(min(p[1::2]) for p in parts), max(max(p[1::2]) for p in parts)
    return float(left), float(top), float(right - left), float(bottom - top)


def is_usable_part(part: Sequence[object]) -> bool:
    """Tell whether a polygon has at least three points, an even count of numbers, and only such as can be pixels."""
    return (
        len(part) >= 6
        and len(part) % 2 == 0
        and all(isinstance(v, int | float) and not isinstance(v, bool) and abs(v) <= MAX_COORDINATE_PX for v in part)
    )


class Boxes(NamedTuple):
    """Boxes as columns, with the size of the image each lies in; NaN is an absent box, size 0 an unknown size."""

    x: Floats
    y: Floats
    width: Floats
    height: Floats
    image_width: Floats
    image_height: Floats


def degenerate(boxes: Boxes) -> Bools:
    """Mark boxes whose width or height is not positive; absent boxes are not marked."""
    return (boxes.width <= 0) | (boxes.height <= 0)


def outside(boxes: Boxes, tolerance: float = ROUNDING_PX) -> Bools:
    """Mark boxes that reach out of their image by more than `tolerance` pixels; unknown sizes only count below 0."""
    known = (boxes.image_width > 0) & (boxes.image_height > 0)
    far = (boxes.x + boxes.width > boxes.image_width + tolerance) | (
        boxes.y + boxes.height > boxes.image_height + tolerance
    )
    return (boxes.x < -tolerance) | (boxes.y < -tolerance) | (known & far)


Reading = Literal["xywh", "xyxy", "normalised", "percent", "swapped"]

_CLEAR_SHARE = 0.99
_NOTABLE_SHARE = 0.3


def likely_reading(boxes: Boxes) -> Reading:
    """Return how the four numbers of the boxes were most likely meant; `xywh` unless another fits clearly better.

    `xyxy`: corners instead of sizes. `normalised`, `percent`: shares of the image side. `swapped`: the boxes fit when
    width and height of the image change places. Judged over all boxes with a known image size; a reading has to fit
    nearly all of them, and the plain one has to fail for a notable share.
    """
    known = (boxes.image_width > 0) & (boxes.image_height > 0) & (boxes.width > 0) & (boxes.height > 0)
    if not known.any():
        return "xywh"
    b = Boxes(*(column[known] for column in boxes))
    largest = np.maximum(np.maximum(b.x, b.y), np.maximum(b.width, b.height))
    if float(largest.max()) <= 1 and float(np.minimum(b.x, b.y).min()) >= 0:
        return "normalised"
    beyond = outside(b, 1.0)
    if beyond.mean() < _NOTABLE_SHARE:
        small = bool((b.x + b.width <= 100).all() and (b.y + b.height <= 100).all())
        # Twenty boxes of large images that all keep to the corner of 100 x 100 pixels are no accident.
        sides = np.minimum(b.image_width, b.image_height)
        return "percent" if small and len(sides) >= 20 and bool((sides > 200).all()) else "xywh"
    as_corners = Boxes(b.x, b.y, b.width - b.x, b.height - b.y, b.image_width, b.image_height)
    if (~outside(as_corners, 1.0) & ~degenerate(as_corners)).mean() >= _CLEAR_SHARE:
        return "xyxy"
    turned = Boxes(b.x, b.y, b.width, b.height, b.image_height, b.image_width)
    return "swapped" if (~outside(turned, 1.0)).mean() >= _CLEAR_SHARE else "xywh"

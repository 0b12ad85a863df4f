"""Boxes in pixels to YOLO label lines: class, centre and size as shares of the picture, six decimals, clipped."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from tailwise.domain.records import AnnotationFlag
from tailwise.ops.progress import track

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tailwise.domain.exports import SplitBoxes, SplitItem
    from tailwise.ops.progress import Progress

_SMALLEST = 5e-7
"""Sizes below this are written as 0.000000, which is no box."""


@dataclass(slots=True)
class LabelLines:
    """Label lines by position of the item, and what could not become one.

    Attributes:
        no_box: annotations that are a class of the whole item, a point or a span.
        crowds: regions that stand for many objects; YOLO has no word for them.
        degenerate: boxes without area, before or after the part outside of the picture was cut away.
        clipped: boxes of which a part was cut away by more than rounding.
    """

    lines: dict[int, list[str]] = field(default_factory=dict[int, list[str]])
    no_box: int = 0
    crowds: int = 0
    degenerate: int = 0
    clipped: int = 0
    written: int = 0


def label_lines(boxes: SplitBoxes, items: tuple[SplitItem, ...], positions: set[int], progress: Progress) -> LabelLines:
    """Return the label lines of the items at `positions`, whose sizes must be known; others are not looked at."""
    progress.stage("Converting boxes", len(boxes))
    result = LabelLines()
    wanted = np.zeros(len(items) + 1, dtype=bool)
    wanted[list(positions)] = True
    item = np.frombuffer(boxes.item, dtype=np.int32) if len(boxes) else np.zeros(0, dtype=np.int32)
    keep = wanted[item]
    columns = [np.frombuffer(c, dtype=np.float64)[keep] for c in (boxes.x, boxes.y, boxes.width, boxes.height)]
    flags = np.frombuffer(boxes.flags, dtype=np.uint16)[keep]
    item = item[keep]
    category = np.frombuffer(boxes.category, dtype=np.int32)[keep]
    sizes = np.array([(i.width, i.height) for i in items], dtype=np.float64).reshape(-1, 2)[item]
    has_box = ~np.isnan(np.stack(columns)).any(axis=0)
    crowd = has_box & ((flags & AnnotationFlag.CROWD) != 0)
    shares, clipped = _shares(columns, sizes)
    sized = (shares[:, 2] > _SMALLEST) & (shares[:, 3] > _SMALLEST)
    good = has_box & ~crowd & sized
    result.no_box = int((~has_box).sum())
    result.crowds = int(crowd.sum())
    result.degenerate = int((has_box & ~crowd & ~sized).sum())
    result.clipped = int((good & clipped).sum())
    result.written = int(good.sum())
    _format(result, item[good], category[good], shares[good], progress)
    return result


def _shares(
    columns: list[NDArray[np.float64]], sizes: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return centre x, y, width, height as shares per row, and whether more than 1 px or 1 % was cut away."""
    x, y, w, h = columns
    width, height = sizes[:, 0], sizes[:, 1]
    left, right = np.clip(x, 0, width), np.clip(x + w, 0, width)
    top, bottom = np.clip(y, 0, height), np.clip(y + h, 0, height)
    slack_x, slack_y = np.maximum(1.0, 0.01 * width), np.maximum(1.0, 0.01 * height)
    cut_x = (left - x > slack_x) | (x + w - right > slack_x)
    cut_y = (top - y > slack_y) | (y + h - bottom > slack_y)
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = np.stack(
            [
                (left + right) / 2 / width,
                (top + bottom) / 2 / height,
                # A negative size stays negative here: clipping must not turn a broken box into a good one.
                np.minimum(right - left, w) / width,
                np.minimum(bottom - top, h) / height,
            ],
            axis=1,
        )
    return shares, cut_x | cut_y


def _format(
    result: LabelLines,
    item: NDArray[np.int32],
    category: NDArray[np.int32],
    shares: NDArray[np.float64],
    progress: Progress,
) -> None:
    grouped: defaultdict[int, list[str]] = defaultdict(list)
    rows = zip(item.tolist(), category.tolist(), shares.tolist(), strict=True)
    for position, number, (x, y, w, h) in track(rows, progress, every=2048):
        grouped[position].append(f"{number} {x:.6f} {y:.6f} {w:.6f} {h:.6f}")
    result.lines = dict(grouped)

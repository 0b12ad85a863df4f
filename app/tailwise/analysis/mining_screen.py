"""Tell by colour and edges alone which windows of a picture resemble a class: thousands are looked at, few described.

A window is 4 × 4 cells with the mean of each channel, read from summed-area tables, and how it stands out from what is
around it. Windows are scored by Fisher's linear discriminant of positives against windows anywhere. It decides only
which windows are described and judged by the real scorer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

GRID = 4
AROUND = 1.6
"""Width and height of what is around a window, as multiples of its own."""
RIDGE = 0.05
"""Share of the mean variance added to every direction: a dozen positives do not settle 68 of them."""
LEAST_POSITIVES = 3


@dataclass(frozen=True, slots=True)
class Canvas:
    """A picture ready for looking at windows: (h + 1, w + 1, 4) sums of blue, green, red and edge strength, 0..255."""

    sums: NDArray[np.int32]

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.sums.shape[0] - 1, self.sums.shape[1] - 1

    @property
    def edges(self) -> NDArray[np.int32]:
        """(h + 1, w + 1) sums of edge strength."""
        return self.sums[:, :, 3]


def canvas_of(pixels: NDArray[np.uint8]) -> Canvas:
    """Return the canvas of a picture (h, w, 3) of less than 8 million pixels."""
    grey = pixels.mean(axis=2, dtype=np.float32)
    down, across = np.gradient(grey) if min(grey.shape) > 1 else (np.zeros_like(grey),) * 2
    edges = np.minimum(2 * np.hypot(across, down), 255)
    sums = np.zeros((grey.shape[0] + 1, grey.shape[1] + 1, 4), dtype=np.int32)
    sums[1:, 1:, :3] = pixels
    sums[1:, 1:, 3] = edges
    np.cumsum(sums, axis=0, out=sums)
    np.cumsum(sums, axis=1, out=sums)
    return Canvas(sums)


def looks_of(canvas: Canvas, boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how boxes (x, y, w, h) look, (n, 68): the means of 16 cells, and of the whole against its surroundings."""
    cells = _means(canvas, boxes, GRID)
    middle = boxes[:, :2] + boxes[:, 2:] / 2
    wide = np.column_stack([middle - AROUND / 2 * boxes[:, 2:], AROUND * boxes[:, 2:]])
    around = _means(canvas, wide, 1)
    return np.concatenate([cells, cells.reshape(len(boxes), GRID * GRID, 4).mean(axis=1) - around], axis=1) / 255


def learn_screen(
    positives: Sequence[NDArray[np.float64]], others: Sequence[NDArray[np.float64]]
) -> NDArray[np.float64]:
    """Return the (68,) direction in which positives differ most from windows anywhere; zeros with too few of either."""
    ours, theirs = (np.concatenate([np.zeros((0, 4 * (GRID * GRID + 1))), *looks]) for looks in (positives, others))
    if min(len(ours), len(theirs)) < LEAST_POSITIVES:
        return np.zeros(ours.shape[1])
    centred = np.concatenate([ours - ours.mean(axis=0), theirs - theirs.mean(axis=0)])
    spread = centred.T @ centred / len(centred)
    spread[np.diag_indices_from(spread)] += RIDGE * np.trace(spread) / len(spread) + 1e-9
    return np.linalg.solve(spread, ours.mean(axis=0) - theirs.mean(axis=0))


def _means(canvas: Canvas, boxes: NDArray[np.float64], grid: int) -> NDArray[np.float64]:
    """Return the channel means of `grid` × `grid` cells of each box, (n, grid * grid * 4), cells row by row."""
    height, width = canvas.shape
    steps = np.arange(grid + 1) / grid
    x = np.clip(np.rint(boxes[:, 0, None] + boxes[:, 2, None] * steps), 0, width).astype(np.int64)
    y = np.clip(np.rint(boxes[:, 1, None] + boxes[:, 3, None] * steps), 0, height).astype(np.int64)
    corners = canvas.sums[y[:, :, None], x[:, None, :]]
    sums = np.diff(np.diff(corners, axis=1), axis=2)
    area = np.diff(y, axis=1)[:, :, None] * np.diff(x, axis=1)[:, None, :]
    return (sums / np.maximum(area, 1)[..., None]).reshape(len(boxes), grid * grid * 4)

"""Outlines and masks of what labelling tools draw: turned boxes, ellipses, polygons with holes, painted windows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tailwise.formats.shapes import SourceShape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tailwise.formats.geometry import Box
    from tailwise.formats.shapes import Floats

MOST_MASK_PIXELS: Final = 200_000_000
_ELLIPSE_POINTS: Final = 64
_LEAST_POINTS: Final = 3


def turned_ring(centre: tuple[float, float], sides: tuple[float, float], degrees: float) -> Floats:
    """Return the corners of a box that is turned clockwise about its centre.

    >>> np.round(turned_ring((20, 15), (20, 10), 90), 6).tolist()
    [[25.0, 5.0], [25.0, 25.0], [15.0, 25.0], [15.0, 5.0]]
    """
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * np.array(sides) / 2
    return corners @ _turn(degrees).T + np.array(centre)


def ellipse_ring(centre: tuple[float, float], radii: tuple[float, float], degrees: float = 0.0) -> Floats:
    """Return points around an ellipse that is turned clockwise about its centre."""
    angle = np.arange(_ELLIPSE_POINTS) * (2 * np.pi / _ELLIPSE_POINTS)
    points = np.stack([radii[0] * np.cos(angle), radii[1] * np.sin(angle)], axis=1)
    return points @ _turn(degrees).T + np.array(centre)


def corner_ring(corner: tuple[float, float], sides: tuple[float, float], degrees: float) -> Floats:
    """Return the corners of a box that is turned clockwise about its upper left corner."""
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) * np.array(sides)
    return corners @ _turn(degrees).T + np.array(corner)


def ring_of(points: Sequence[tuple[float, float]]) -> Floats | None:
    """Return points as a ring, None for fewer than three."""
    return np.array(points, np.float64) if len(points) >= _LEAST_POINTS else None


def masked(
    window: NDArray[np.uint8] | NDArray[np.bool_], origin: tuple[int, int], size: tuple[int, int], box: Box
) -> SourceShape | None:
    """Return what is painted in a window of an image as a mask over all of it; None where it does not lie inside."""
    (left, top), (width, height) = origin, size
    down, across = window.shape
    is_inside = left >= 0 and top >= 0 and left + across <= width and top + down <= height
    if not is_inside or width * height > MOST_MASK_PIXELS:
        return None
    mask = np.zeros((height, width), np.uint8)
    mask[top : top + down, left : left + across] = window > 0
    flat = mask.T.ravel()
    changes = np.flatnonzero(np.diff(flat)) + 1
    runs = np.diff(np.concatenate([[0], changes, [len(flat)]]))
    runs = np.concatenate([[0], runs]) if len(flat) and flat[0] else runs
    return SourceShape(box, runs=runs.astype(np.int64), mask_size=(height, width))


def with_holes(exterior: Floats, holes: Sequence[Floats], size: tuple[int, int], box: Box) -> SourceShape:
    """Return a polygon, as a mask where something is cut out of it: rings can be joined, never taken off."""
    if not holes or not size[0] or not size[1]:
        return SourceShape(box, (exterior,))
    rings = [exterior, *holes]
    low = np.clip(np.floor(exterior.min(axis=0)), 0, size).astype(int)
    high = np.clip(np.ceil(exterior.max(axis=0)), 0, size).astype(int)
    across, down = high - low
    if across <= 0 or down <= 0 or across * down > MOST_MASK_PIXELS:
        return SourceShape(box, (exterior,))
    window = _filled([ring - low for ring in rings], (int(across), int(down)))
    return masked(window, (int(low[0]), int(low[1])), size, box) or SourceShape(box, (exterior,))


def _filled(rings: Sequence[Floats], size: tuple[int, int]) -> NDArray[np.bool_]:
    """Return which pixel centres lie inside an odd number of rings."""
    width, height = size
    starts = np.concatenate(rings)
    ends = np.concatenate([np.roll(ring, -1, axis=0) for ring in rings])
    filled = np.zeros((height, width), np.bool_)
    columns = np.arange(width) + 0.5
    for row in range(height):
        y = row + 0.5
        crossing = (starts[:, 1] <= y) != (ends[:, 1] <= y)
        a, b = starts[crossing], ends[crossing]
        at = np.sort(a[:, 0] + (y - a[:, 1]) / (b[:, 1] - a[:, 1]) * (b[:, 0] - a[:, 0]))
        filled[row] = np.searchsorted(at, columns) % 2 == 1
    return filled


def _turn(degrees: float) -> Floats:
    angle = np.deg2rad(degrees)
    cos, sin = np.cos(angle), np.sin(angle)
    return np.array([[cos, -sin], [sin, cos]])

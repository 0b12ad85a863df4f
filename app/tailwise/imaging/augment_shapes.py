"""Boxes, polygons and masks carried along with a picture, and what is left of them.

A box is carried as the polygon of its corners. After every step that can push something out of sight the polygon is cut
at the frame, so that the box at the end is the smallest upright one around what is still visible, however many steps
there were. How much of an object is still visible is kept as a share of what was visible before the first step.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import TYPE_CHECKING

import cv2
import numpy as np

from tailwise.domain.recipe_steps import MIN_AREA_PX, MIN_VISIBLE

if TYPE_CHECKING:
    from tailwise.imaging.augment_maps import Floats, Pixels, PointMap, Size

Box = tuple[float, float, float, float]


class ShapeKind(IntEnum):
    """What an object was drawn as; `LABEL` belongs to the whole picture."""

    BOX = 0
    POLYGON = 1
    MASK = 2
    LABEL = 3


@dataclass(frozen=True, slots=True)
class LabelShape:
    """One object on a picture.

    Attributes:
        category: number of its class.
        rings: of a polygon its parts, of a box its corners; (n, 2) pixels each.
        mask: of a mask 0 or 1 for every pixel of the picture.
        visible: share of the object that is still to be seen, 1 before the first step.
        source: which annotation it comes from; -1 for one that was pasted in.
    """

    category: int
    kind: ShapeKind
    rings: tuple[Floats, ...] = ()
    mask: Pixels | None = None
    visible: float = 1.0
    source: int = -1

    @property
    def area(self) -> float:
        """Return the visible area in square pixels; parts that overlap count twice."""
        if self.mask is not None:
            return float(cv2.countNonZero(self.mask))
        return sum(ring_area(ring) for ring in self.rings)

    def box(self) -> Box | None:
        """Return x, y, width, height of what is visible; None where there is nothing or it has no place."""
        if self.mask is not None:
            x, y, width, height = cv2.boundingRect(self.mask)
            return (float(x), float(y), float(width), float(height)) if width else None
        if not self.rings:
            return None
        points = np.concatenate(self.rings)
        low, high = points.min(axis=0), points.max(axis=0)
        return float(low[0]), float(low[1]), float(high[0] - low[0]), float(high[1] - low[1])


def box_shape(category: int, box: Box, source: int = -1) -> LabelShape:
    """Return the shape of a box given as x, y, width, height."""
    x, y, width, height = box
    ring = np.array([[x, y], [x + width, y], [x + width, y + height], [x, y + height]], np.float64)
    return LabelShape(category, ShapeKind.BOX, (ring,), source=source)


def ring_area(ring: Floats) -> float:
    """Return the area inside of a closed ring.

    >>> ring_area(np.array([[0.0, 0.0], [4.0, 0.0], [4.0, 3.0], [0.0, 3.0]]))
    12.0
    """
    if len(ring) < 3:
        return 0.0
    x, y = (ring - ring[0]).T  # relative to a point: large coordinates would cost digits, and the last edge adds none
    return abs(float(x[:-1] @ y[1:] - y[:-1] @ x[1:])) / 2


def clip_ring(ring: Floats, size: Size) -> Floats:
    """Return the part of a ring inside of the picture; empty (0, 2) where nothing is.

    Cuts along the four sides one after the other (Sutherland and Hodgman 1974). Where that leaves parts joined by a
    line along the border, spikes of such lines are taken away, so that they do not widen the box.
    """
    if len(ring) and ring.min() >= 0 and (ring <= size).all():
        return ring
    for axis, limit in enumerate(size):
        ring = _cut(ring, ring[:, axis])
        ring = _cut(ring, limit - ring[:, axis])
    ring = _without_spikes(np.clip(ring, 0, size))
    return ring if ring_area(ring) > 0 else np.zeros((0, 2))


def _cut(ring: Floats, depth: Floats) -> Floats:
    """Keep the part of a ring where `depth`, linear along its edges, is not negative."""
    if not len(ring) or depth.min() >= 0:
        return ring
    following, next_depth = np.roll(ring, -1, axis=0), np.roll(depth, -1)
    is_in, next_in = depth >= 0, next_depth >= 0
    crosses = is_in != next_in
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(crosses, depth / (depth - next_depth), 0.0)
    crossing = ring + share[:, None] * (following - ring)
    both = np.stack([ring, crossing], axis=1).reshape(-1, 2)
    return both[np.stack([is_in, crosses], axis=1).ravel()]


def _without_spikes(ring: Floats) -> Floats:
    """Drop points where the border line turns back on itself, and repeated points."""
    while len(ring) >= 3:
        before, after = ring - np.roll(ring, 1, axis=0), np.roll(ring, -1, axis=0) - ring
        cross = before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]
        is_flat = np.abs(cross) <= 1e-9 * np.maximum(1.0, np.abs(before).sum(axis=1) * np.abs(after).sum(axis=1))
        dot = (before * after).sum(axis=1)
        is_repeat = np.abs(before).sum(axis=1) < 1e-9
        useless = is_repeat | (is_flat & (dot < 0))
        if not useless.any():
            break
        # One at a time next to each other: taking both ends of a spike at once would take the tip's base too.
        alone = useless & ~np.roll(useless, 1)
        ring = ring[~alone] if alone.any() else ring[1:]
    return ring


def moved(shape: LabelShape, point_map: PointMap) -> LabelShape:
    """Return the shape after a map, cut at the frame of the new picture."""
    if shape.kind is ShapeKind.LABEL:
        return shape
    if shape.mask is not None:
        return _moved_mask(shape, shape.mask, point_map)
    whole = [point_map.polygon(ring) for ring in shape.rings]
    cut = [clip_ring(ring, point_map.out_size) for ring in whole]
    if all(one is other for one, other in zip(whole, cut, strict=True)):
        return replace(shape, rings=tuple(whole))
    before = sum(ring_area(ring) for ring in whole)
    rings = tuple(ring for ring in cut if len(ring))
    after = sum(ring_area(ring) for ring in rings)
    kept = min(1.0, after / before) if before > 0 else 0.0
    return replace(shape, rings=rings, visible=shape.visible * kept)


def _moved_mask(shape: LabelShape, mask: Pixels, point_map: PointMap) -> LabelShape:
    before = cv2.countNonZero(mask)
    after = point_map.image(mask, nearest=True)
    factor = point_map.area_factor()
    kept = 1.0
    if before and not np.isnan(factor):
        kept = min(1.0, cv2.countNonZero(after) / (before * factor))
    return replace(shape, mask=after, visible=shape.visible * kept if before else 0.0)


def covered(shape: LabelShape, cover: Pixels) -> LabelShape:
    """Return the shape after something was laid over the picture (`cover` is not 0 where it hides).

    Polygons and boxes keep their outline, as annotators draw it; masks lose what is hidden.
    """
    if shape.kind is ShapeKind.LABEL:
        return shape
    under = raster(shape, cover.shape[1::-1])
    before = cv2.countNonZero(under)
    if not before:
        return replace(shape, visible=0.0)
    hidden = cv2.countNonZero(cv2.bitwise_and(under, cover))
    left = replace(shape, visible=shape.visible * (1 - hidden / before))
    if shape.mask is not None and hidden:
        return replace(left, mask=(shape.mask * (cover == 0)).astype(np.uint8))
    return left


def raster(shape: LabelShape, size: Size) -> Pixels:
    """Return the shape as a mask of 0 and 1; boxes and polygons cover the pixels whose centre they hold, about."""
    if shape.mask is not None:
        return shape.mask
    mask = np.zeros((size[1], size[0]), np.uint8)
    # Sixteenths of a pixel, counted from pixel centres.
    fixed = [np.round((ring - 0.5) * 16).astype(np.int32) for ring in shape.rings if len(ring) >= 3]
    for ring in fixed:
        cv2.fillPoly(mask, [ring], (1,), shift=4)
    return mask


def is_kept(shape: LabelShape, scale: float = 1.0) -> bool:
    """Return whether enough of an object is left to be worth its label.

    `scale` is how many pixels of this picture one pixel of the full picture takes: the least area is one of the full.
    """
    if shape.kind is ShapeKind.LABEL:
        return True
    return shape.visible >= MIN_VISIBLE and shape.area >= MIN_AREA_PX * scale * scale

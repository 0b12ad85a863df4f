"""A picture with everything on it, and the steps that join it with other pictures or hide parts of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol, cast

import cv2
import numpy as np

from tailwise.imaging.augment_maps import BORDER_GREY, AffineMap, resized
from tailwise.imaging.augment_shapes import LabelShape, ShapeKind, clip_ring, covered

if TYPE_CHECKING:
    from tailwise.domain.variants import VariantFlag
    from tailwise.imaging.augment_maps import Floats, Pixels, Size

_LARGEST_PASTE = 0.8
_HOLE_GRID = 4


@dataclass(frozen=True, slots=True)
class Scene:
    """A picture with its objects.

    Attributes:
        pixels: rows × columns × 3, blue first, upright.
        shapes: the objects, in pixels of this picture.
        weights: soft labels of whole-image classes by number, once pictures were mixed; empty before.
        scale: how many pixels of this picture one pixel of the full picture takes (below 1 in previews).
    """

    pixels: Pixels
    shapes: tuple[LabelShape, ...] = ()
    weights: dict[int, float] = field(default_factory=dict[int, float])
    flags: tuple[VariantFlag, ...] = ()
    scale: float = 1.0

    @property
    def size(self) -> Size:
        """Width and height in pixels."""
        return self.pixels.shape[1], self.pixels.shape[0]

    def soft_labels(self) -> dict[int, float]:
        """Return the weight of every whole-image class: 1 each before anything was mixed."""
        return self.weights or {s.category: 1.0 for s in self.shapes if s.kind is ShapeKind.LABEL}

    @property
    def has_objects(self) -> bool:
        """Whether something on it has a place."""
        return any(s.kind is not ShapeKind.LABEL for s in self.shapes)


@dataclass(frozen=True, slots=True)
class Donor:
    """An object cut out of another scene: its picture, 0 or 1 where it is, its shape in pixels of the cut-out."""

    pixels: Pixels
    mask: Pixels
    shape: LabelShape


class Partners(Protocol):
    """Where steps that join pictures get the others from: same part of the split, another scene, like conditions."""

    def donor(self, draw: float) -> Donor | None:
        """Return the object at 0..1 of those that fit, None where there is none."""
        ...

    def scene(self, draw: float) -> Scene | None:
        """Return the picture at 0..1 of those that fit, None where there is none."""
        ...


class NoPartners:
    """Nothing to join with."""

    def donor(self, draw: float) -> Donor | None:
        """Return None."""
        del draw

    def scene(self, draw: float) -> Scene | None:
        """Return None."""
        del draw


def reduced(scene: Scene, side: int) -> Scene:
    """Return the scene with its longer side at most `side` pixels; the scene itself where it is not larger."""
    longer = max(scene.size)
    if longer <= side:
        return scene
    factor = side / longer
    out_size = (max(1, round(scene.size[0] * factor)), max(1, round(scene.size[1] * factor)))
    smaller = cast("Pixels", cv2.resize(scene.pixels, out_size, interpolation=cv2.INTER_AREA))
    shapes = tuple(_resized_shape(s, scene.size, out_size) for s in scene.shapes)
    return replace(scene, pixels=smaller, shapes=shapes, scale=scene.scale * factor)


def _resized_shape(shape: LabelShape, size: Size, out_size: Size) -> LabelShape:
    if shape.mask is not None:
        mask = cv2.resize(shape.mask, out_size, interpolation=cv2.INTER_NEAREST)
        return replace(shape, mask=cast("Pixels", mask))
    to = resized(size, out_size)
    return replace(shape, rings=tuple(to.points(ring) for ring in shape.rings))


def cut_out(scene: Scene, shape: LabelShape) -> Donor | None:
    """Return an object of a scene as a donor; None where it has no place or no area."""
    from tailwise.imaging.augment_shapes import raster

    box = shape.box()
    if box is None or shape.kind is ShapeKind.LABEL:
        return None
    left, top = int(max(0, np.floor(box[0]))), int(max(0, np.floor(box[1])))
    right, below = int(np.ceil(box[0] + box[2])), int(np.ceil(box[1] + box[3]))
    mask = raster(shape, scene.size)[top:below, left:right]
    if not mask.size or not cv2.countNonZero(np.ascontiguousarray(mask)):
        return None
    away = np.array([left, top], np.float64)
    rings = tuple(ring - away for ring in shape.rings)
    own = replace(shape, rings=rings, mask=mask.copy() if shape.mask is not None else None, visible=1.0)
    return Donor(scene.pixels[top:below, left:right].copy(), mask.copy(), own)


def paste(scene: Scene, donor: Donor, draw: Floats) -> Scene:
    """Lay a donor somewhere on the scene, 0.5 to 1.5 times its size; what it hides is noted on the objects below."""
    width, height = scene.size
    across, down = donor.mask.shape[1], donor.mask.shape[0]
    factor = min(0.5 + float(draw[0]), _LARGEST_PASTE * width / across, _LARGEST_PASTE * height / down)
    size = (max(1, round(across * factor)), max(1, round(down * factor)))
    mask = cast("Pixels", cv2.resize(donor.mask, size, interpolation=cv2.INTER_NEAREST))
    object_pixels = cv2.resize(donor.pixels, size, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR)
    left, top = int(draw[1] * (width - size[0])), int(draw[2] * (height - size[1]))
    cover = np.zeros((height, width), np.uint8)
    cover[top : top + size[1], left : left + size[0]] = mask
    pixels = scene.pixels.copy()
    window = pixels[top : top + size[1], left : left + size[0]]
    # A soft edge one pixel wide inside of the object hides the cut.
    alpha = (cv2.GaussianBlur(mask.astype(np.float32), (3, 3), 0) * mask)[..., None]
    window[:] = np.round(window * (1 - alpha) + object_pixels * alpha).astype(np.uint8)
    place = AffineMap(np.array([[size[0] / across, 0, left], [0, size[1] / down, top]]), scene.size)
    rings = tuple(clip_ring(place.points(ring), scene.size) for ring in donor.shape.rings)
    pasted = replace(donor.shape, rings=rings, mask=cover if donor.shape.mask is not None else None, source=-1)
    return replace(scene, pixels=pixels, shapes=(*(covered(s, cover) for s in scene.shapes), pasted))


def cut_holes(scene: Scene, share: float, draw: Floats, rng: np.random.Generator) -> Scene:
    """Hide `share` (0..1) of the picture behind grey patches that do not overlap."""
    width, height = scene.size
    cells = _HOLE_GRID * _HOLE_GRID
    count = max(1, int(np.ceil(share * cells)) + int(draw[1] * 3))
    count = min(count, cells)
    part = min(1.0, np.sqrt(share * cells / count))
    cell = np.array([width, height]) / _HOLE_GRID
    cover = np.zeros((height, width), np.uint8)
    for place in rng.permutation(cells)[:count].tolist():
        corner = (np.array([place % _HOLE_GRID, place // _HOLE_GRID]) + rng.random(2) * (1 - part)) * cell
        (left, top), (right, below) = np.round(corner).astype(int), np.round(corner + part * cell).astype(int)
        cover[top:below, left:right] = 1
    pixels = scene.pixels.copy()
    pixels[cover > 0] = BORDER_GREY
    return replace(scene, pixels=pixels, shapes=tuple(covered(s, cover) for s in scene.shapes))


def mixup(scene: Scene, other: Scene, share: float) -> Scene:
    """Blend two pictures: `share` of this one, the rest of the other; labels alike."""
    pixels = cv2.addWeighted(scene.pixels, share, _like(other, scene.size), 1 - share, 0)
    return _mixed(scene, other, cast("Pixels", pixels), share)


def cutmix(scene: Scene, other: Scene, share: float, centre: tuple[float, float]) -> Scene:
    """Put a patch of another picture in; the labels follow the area that is really covered."""
    (left, top, right, below), kept = cutmix_window(scene.size, share, centre)
    pixels = scene.pixels.copy()
    pixels[top:below, left:right] = _like(other, scene.size)[top:below, left:right]
    return _mixed(scene, other, pixels, kept)


def cutmix_window(size: Size, share: float, centre: tuple[float, float]) -> tuple[tuple[int, int, int, int], float]:
    """Return left, top, right, bottom of the patch, and the share of the picture that it leaves after clipping.

    The sides of the patch are sqrt(1 - share) of those of the picture (Yun et al. 2019).

    >>> cutmix_window((100, 100), 0.75, (50, 50))
    ((25, 25, 75, 75), 0.75)
    >>> cutmix_window((100, 100), 0.75, (0, 0))
    ((0, 0, 25, 25), 0.9375)
    """
    width, height = size
    ratio = np.sqrt(1 - share)
    half_x, half_y = width * ratio / 2, height * ratio / 2
    left, right = (int(np.clip(round(centre[0] + d), 0, width)) for d in (-half_x, half_x))
    top, below = (int(np.clip(round(centre[1] + d), 0, height)) for d in (-half_y, half_y))
    return (left, top, right, below), 1 - (right - left) * (below - top) / (width * height)


def _like(other: Scene, size: Size) -> Pixels:
    if other.size == size:
        return other.pixels
    return cast("Pixels", cv2.resize(other.pixels, size, interpolation=cv2.INTER_AREA))


def _mixed(scene: Scene, other: Scene, pixels: Pixels, share: float) -> Scene:
    weights = {category: weight * share for category, weight in scene.soft_labels().items()}
    for category, weight in other.soft_labels().items():
        weights[category] = weights.get(category, 0.0) + weight * (1 - share)
    known = {s.category for s in scene.shapes}
    added = tuple(s for s in other.shapes if s.category not in known)
    return replace(scene, pixels=pixels, weights=weights, shapes=(*scene.shapes, *added))

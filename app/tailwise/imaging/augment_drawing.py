"""Pictures with their labels drawn on them, for reviewers without a window."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

import cv2
import numpy as np

from tailwise.imaging.augment_shapes import ShapeKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tailwise.imaging.augment_maps import Pixels
    from tailwise.imaging.augment_scene import Scene

_OWN: Final = (0, 200, 255)
_OTHER: Final = (230, 180, 80)
_DARK: Final = (20, 20, 20)
_GAP: Final = 12
_WHITE: Final = 255
_TEXT_HEIGHT: Final = 0.5


def drawn_labels(scene: Scene, names: Sequence[str], category: int) -> Pixels:
    """Return a picture with outlines, boxes and class names on it; objects of `category` stand out."""
    pixels = scene.pixels.copy()
    for shape in scene.shapes:
        box = shape.box()
        if shape.kind is ShapeKind.LABEL or box is None:
            continue
        colour = _OWN if shape.category == category else _OTHER
        rings = [np.round(ring).astype(np.int32) for ring in shape.rings]
        if shape.mask is not None:
            rings = [c.astype(np.int32) for c in _contours(shape.mask)]
        for line, ink in ((3, _DARK), (1, colour)):
            cv2.polylines(pixels, rings, isClosed=True, color=ink, thickness=line, lineType=cv2.LINE_AA)
        place = (max(2, round(box[0])), max(12, round(box[1]) - 4))
        for line, ink in ((3, _DARK), (1, colour)):
            text = names[shape.category].encode("ascii", "replace").decode()  # the font has no other letters
            cv2.putText(pixels, text, place, cv2.FONT_HERSHEY_SIMPLEX, _TEXT_HEIGHT, ink, line, cv2.LINE_AA)
    return pixels


def side_by_side(one: Pixels, other: Pixels) -> Pixels:
    """Return two pictures beside each other on white, their upper edges in line."""
    height = max(len(one), len(other))
    sheet = np.full((height, one.shape[1] + _GAP + other.shape[1], 3), _WHITE, np.uint8)
    sheet[: len(one), : one.shape[1]] = one
    sheet[: len(other), one.shape[1] + _GAP :] = other
    return sheet


def _contours(mask: Pixels) -> list[Pixels]:
    contours, _hierarchy = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    return [cast("Pixels", contour) for contour in contours]

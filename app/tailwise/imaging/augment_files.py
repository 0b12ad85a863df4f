"""From an image file and the shapes of its source to an upright scene, and from a scene to an image file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

import cv2
import numpy as np

from tailwise.imaging.augment_maps import AffineMap
from tailwise.imaging.augment_shapes import LabelShape, ShapeKind
from tailwise.imaging.decode import decode_file
from tailwise.imaging.hashes import perceptual_hashes
from tailwise.imaging.scaling import shrunk
from tailwise.imaging.thumbnails import Frame, upright_fractions

if TYPE_CHECKING:
    from pathlib import Path

    from tailwise.imaging.augment_maps import Pixels, Size

LOSSLESS: Final = frozenset({".png", ".bmp", ".tif", ".tiff"})
_JPEG_QUALITY: Final = 95
_FULL_SIDE: Final = 1 << 30
_ALIKE_BITS: Final = 4


def read_picture(path: str, side: int = 0) -> tuple[Pixels, Frame] | None:
    """Return an upright picture and its header, None where the file has none.

    With a `side` the longer side of the picture is at most that; the decoder then skips what is not needed.
    """
    decoded = decode_file(path, side or _FULL_SIDE)
    if decoded.pixels is None or decoded.frame is None:
        return None
    pixels = shrunk(decoded.pixels, side) if side else decoded.pixels
    return np.ascontiguousarray(pixels), decoded.frame


def map_from_source(declared: Size, frame: Frame, size: Size) -> AffineMap | None:
    """Return the map from pixels of the raster the annotations are drawn on to those of the upright picture.

    It turns and scales as thumbnails do; None where the dataset declares a size of 0 and the file has none.
    """
    placed = upright_fractions([(0, 0, 0, 0), (1, 0, 0, 0), (0, 1, 0, 0)], declared, frame)
    if not placed:
        return None
    origin, right, below = (np.array(p[:2]) * size for p in placed)
    return AffineMap(np.column_stack([right - origin, below - origin, origin]), size)


def upright_shape(shape: LabelShape, to: AffineMap) -> LabelShape:
    """Return a shape of the source on the upright picture; masks by the nearest pixel."""
    if shape.kind is ShapeKind.LABEL:
        return shape
    mask = to.image(shape.mask, nearest=True) if shape.mask is not None else None
    rings = tuple(to.points(ring) for ring in shape.rings)
    return LabelShape(shape.category, shape.kind, rings, mask, source=shape.source)


def encode_picture(pixels: Pixels, suffix: str) -> bytes:
    """Return the bytes of an image file: PNG for `.png`, JPEG of high quality for everything else."""
    parameters = [] if suffix == ".png" else [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY]
    _ok, data = cv2.imencode(suffix, pixels, parameters)
    return data.tobytes()


def suffix_for(parent: Path) -> str:
    """Return the kind of file a variant is written as: what was lossless stays lossless."""
    return ".png" if parent.suffix.lower() in LOSSLESS else ".jpg"


def is_alike(one: Pixels, other: Pixels) -> bool:
    """Return whether two pictures are the same but for light, sharpness and details, by their perceptual hashes."""
    (hash_one, _), (hash_other, _) = (
        perceptual_hashes(cast("Pixels", cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY))) for pixels in (one, other)
    )
    return (hash_one ^ hash_other).bit_count() <= _ALIKE_BITS


def mask_polygons(mask: Pixels) -> list[list[float]]:
    """Return the outer outlines of a mask as flat lists x1, y1, x2, y2, …, each of three points or more."""
    contours, _hierarchy = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    return [(c.reshape(-1).astype(float)).tolist() for c in contours if len(c) >= 3]


def mask_runs(mask: Pixels) -> list[int]:
    """Return a mask as runs down the columns, background first, as COCO writes them.

    >>> mask_runs(np.array([[0, 1], [0, 1], [1, 0]], np.uint8))
    [2, 3, 1]
    """
    flat = mask.T.ravel()
    changes = np.flatnonzero(np.diff(flat)) + 1
    runs = np.diff(np.concatenate([[0], changes, [len(flat)]])).tolist()
    return [0, *runs] if len(flat) and flat[0] else runs

"""Everything the index wants of one image file, from one decode."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

import numpy as np

from tailwise.domain.index import THUMBNAIL_SIDE, ImageIssue
from tailwise.imaging.decode import Decoded, decode_file
from tailwise.imaging.descriptors import RawFeatures, describe_regions
from tailwise.imaging.hashes import perceptual_hashes
from tailwise.imaging.scaling import shrunk, squared
from tailwise.imaging.statistics import Look, appearance_bytes, coarse_grey, colour_pyramid, look_of
from tailwise.imaging.thumbnails import Box, thumbnail_of, upright_fractions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

OBJECT_SIDE: Final = 64
MAX_SIDE: Final = 1024
_COLOUR_SIDE: Final = 64


@dataclass(frozen=True, slots=True)
class PictureFacts:
    """What the index keeps of a picture; `thumbnail` is a JPEG whose longer side is at most `THUMBNAIL_SIDE`."""

    phashes: tuple[int, int]
    look: Look
    appearance: bytes
    size: tuple[int, int]
    thumbnail: bytes


@dataclass(frozen=True, slots=True)
class IndexedFile:
    """One image file: what is wrong with it, the hash of its bytes, and the rest where there is a picture."""

    issue: ImageIssue
    sha256: bytes
    facts: PictureFacts | None = None
    raw: RawFeatures | None = None


def index_file(path: str, declared: tuple[int, int], boxes: Sequence[Box], *, describe: bool) -> IndexedFile:
    """Read an image file once and return what the index keeps of it.

    Args:
        path: absolute path.
        declared: width and height in pixels that the dataset states, (0, 0) for none.
        boxes: x, y, width, height in pixels of a raster of the declared size.
        describe: also return raw features of the whole picture and of each box.
    """
    decoded = decode_file(path, _decode_side(declared, boxes) if describe else THUMBNAIL_SIDE)
    if decoded.pixels is None:
        return IndexedFile(decoded.issue, decoded.sha256)
    facts = picture_facts(decoded)
    raw = None
    if describe:
        fractions = upright_fractions(boxes, declared, decoded.frame)
        raw = describe_regions(decoded.pixels, fractions)
    return IndexedFile(decoded.issue, decoded.sha256, facts, raw)


def describe_boxes(path: str, declared: tuple[int, int], boxes: Sequence[Box]) -> RawFeatures | None:
    """Return raw features of boxes on an image file, None where there is no picture; see `index_file`."""
    decoded = decode_file(path, _decode_side(declared, boxes))
    if decoded.pixels is None:
        return None
    return describe_regions(decoded.pixels, upright_fractions(boxes, declared, decoded.frame), whole=False)


def picture_facts(decoded: Decoded) -> PictureFacts:
    """Return hashes, measures and thumbnail of a decoded picture, all taken from its small version."""
    import cv2

    assert decoded.pixels is not None and decoded.frame is not None  # noqa: PT018, S101  asked for by the callers
    small = np.ascontiguousarray(shrunk(decoded.pixels, THUMBNAIL_SIDE))
    grey = cast("NDArray[np.uint8]", cv2.cvtColor(small, cv2.COLOR_BGR2GRAY))
    tiny = squared(small, _COLOUR_SIDE)
    hsv = cast("NDArray[np.uint8]", cv2.cvtColor(tiny, cv2.COLOR_BGR2HSV))
    # 64 divides into the 32 of the hash and the 16 of the coarse look, which need no larger picture.
    tiny_grey = cast("NDArray[np.uint8]", cv2.cvtColor(tiny, cv2.COLOR_BGR2GRAY))
    return PictureFacts(
        phashes=perceptual_hashes(tiny_grey),
        look=look_of(grey, hsv),
        appearance=appearance_bytes(colour_pyramid(hsv), coarse_grey(tiny_grey)),
        size=decoded.frame.upright_size,
        thumbnail=thumbnail_of(decoded.data, small, decoded.frame),
    )


def _decode_side(declared: tuple[int, int], boxes: Sequence[Box]) -> int:
    """Return the size at which the middle one of the boxes still has `OBJECT_SIDE` pixels, within bounds.

    One tiny box must not force a photo of many megapixels to be decoded whole.
    """
    if not boxes or 0 in declared:
        return 2 * THUMBNAIL_SIDE if boxes else THUMBNAIL_SIDE
    shares = sorted(max(box[2], box[3]) / max(declared) for box in boxes)
    middle = max(shares[len(shares) // 2], OBJECT_SIDE / MAX_SIDE)
    return max(THUMBNAIL_SIDE, round(OBJECT_SIDE / middle))

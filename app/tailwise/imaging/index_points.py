"""Corners of a picture and which of them two pictures share: ORB points (Rublee et al. 2011), matched by Hamming.

The points of a file are found once and kept: an image is compared with a dozen others. Most of those show something
else, and a quarter of the points is enough to see that.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np

from tailwise.domain.index import THUMBNAIL_SIDE
from tailwise.imaging.thumbnails import cached_thumbnail

if TYPE_CHECKING:
    from numpy.typing import NDArray

POINTS: Final = 500
FEW: Final = POINTS // 2
CLEAR, FAINTEST = 12, 4
RATIO: Final = 0.8
SMALL: Final = 64
FIRST_LOOK: Final = 4
"""Every so many-th point is matched first."""
FIRST_MATCHES: Final = 3
"""Fewer matches among those end the comparison.

Of 618 edits that lie on their originals none had fewer than 5 there; of 1,200 candidates that show something else, two
thirds had fewer than 3.
"""
_KEPT_POINTS: Final = 6000  # 25 kB each
_KEPT_GREYS: Final = 400  # 50 kB each


@dataclass(frozen=True, slots=True)
class Points:
    """The corners of a picture.

    Attributes:
        source: path of the image file and whether it is turned left to right; or the grey picture itself.
        shape: height and width of the picture the places are in, pixels.
        places: (n, 2) x and y, pixels.
        descriptors: (n, 32) bytes that say what is around each place.
        small: the whole picture, 64 x 64.
    """

    source: tuple[str, bool] | NDArray[np.uint8]
    shape: tuple[int, int]
    places: NDArray[np.float32]
    descriptors: NDArray[np.uint8]
    small: NDArray[np.uint8]

    def grey(self) -> NDArray[np.uint8]:
        """Return the picture; a file that is gone by now gives a black one, which is like nothing."""
        if not isinstance(self.source, tuple):
            return self.source
        found = _grey_of(*self.source)
        return found if found is not None else np.zeros(self.shape, dtype=np.uint8)


@lru_cache(maxsize=_KEPT_POINTS)
def points_of(path: str, *, mirrored: bool) -> Points | None:
    """Return the points of the thumbnail of an image file, None if it cannot be read."""
    grey = _grey_of(path, mirrored)
    return None if grey is None else points_in(grey, (path, mirrored))


@lru_cache(maxsize=_KEPT_GREYS)
def _grey_of(path: str, mirrored: bool) -> NDArray[np.uint8] | None:
    import cv2

    jpeg = cached_thumbnail(path, THUMBNAIL_SIDE)
    if jpeg is None:
        return None
    grey = cv2.imdecode(np.frombuffer(jpeg, dtype=np.uint8), cv2.IMREAD_GRAYSCALE)
    if grey is None:
        return None
    grey = to_side(cast("NDArray[np.uint8]", grey))
    return np.ascontiguousarray(grey[:, ::-1]) if mirrored else grey


def to_side(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a picture whose longer side is that of a thumbnail: points are found at one scale only."""
    import cv2

    scale = THUMBNAIL_SIDE / max(grey.shape)
    if scale == 1:
        return grey
    size = (max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale)))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return cast("NDArray[np.uint8]", cv2.resize(grey, size, interpolation=way))


def points_in(grey: NDArray[np.uint8], source: tuple[str, bool] | None = None) -> Points:
    """Return the points of a grey picture of the size of a thumbnail."""
    import cv2

    keypoints, descriptors = _orb(CLEAR).detectAndCompute(grey, None)
    if len(keypoints) < FEW:  # fog, blur: fainter corners are better than none, and slower to find
        keypoints, descriptors = _orb(FAINTEST).detectAndCompute(grey, None)
    places = np.asarray(cv2.KeyPoint.convert(keypoints), dtype=np.float32).reshape(-1, 2)
    found = descriptors if descriptors is not None else np.zeros((0, 32), dtype=np.uint8)
    small = cv2.resize(grey, (SMALL, SMALL), interpolation=cv2.INTER_AREA)
    shape = (grey.shape[0], grey.shape[1])
    return Points(grey if source is None else source, shape, places, found, cast("NDArray[np.uint8]", small))


@cache
def _orb(threshold: int) -> Any:  # noqa: ANN401  OpenCV's types name it differently from version to version
    import cv2

    return cv2.ORB.create(nfeatures=POINTS, fastThreshold=threshold)


def matches(a: Points, b: Points) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the places (n, 2) in both pictures of points whose best partner is clearly better than the second best.

    `b` has two points or more. Where a quarter of many points finds almost no partners, nothing is returned.
    """
    every = np.arange(len(a.places))
    quarter = every[::FIRST_LOOK] if len(every) >= FEW else every
    rows, partners = _clear(a.descriptors[quarter], b.descriptors)
    rows = quarter[rows]
    if len(quarter) < len(every):
        if len(rows) < FIRST_MATCHES:
            rows, partners = rows[:0], partners[:0]
        else:
            rest = np.delete(every, np.s_[::FIRST_LOOK])
            more, their = _clear(a.descriptors[rest], b.descriptors)
            rows, partners = np.concatenate([rows, rest[more]]), np.concatenate([partners, their])
            order = np.argsort(rows)
            rows, partners = rows[order], partners[order]
    return a.places[rows], b.places[partners]


def _clear(queries: NDArray[np.uint8], others: NDArray[np.uint8]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return which descriptors have a clearly best partner, and which that is.

    Twice as fast as OpenCV's matcher, by whole words and without an object for each match.
    """
    words = np.ascontiguousarray(queries).view(np.uint64)
    columns = np.ascontiguousarray(np.ascontiguousarray(others).view(np.uint64).T)
    apart = np.zeros((len(queries), len(others)), dtype=np.uint16)
    for at, column in enumerate(columns):
        apart += np.bitwise_count(words[:, at, None] ^ column)
    rows = np.arange(len(queries))
    best = apart.argmin(axis=1)
    least = apart[rows, best]
    apart[rows, best] = np.iinfo(np.uint16).max
    clear = np.flatnonzero(least < RATIO * apart.min(axis=1))
    return clear, best[clear]

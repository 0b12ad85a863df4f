"""What differs between two pictures once one is laid over the other: the first in grey, what changed in orange."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np

from tailwise.imaging.index_align import matrix_between
from tailwise.imaging.pixels import encode_jpeg

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tailwise.imaging.thumbnails import Box, Picture

SMOOTHING: Final = 1.5
LOWEST, FULL = 18.0, 70.0
"""Differences of grey values below the first are noise; from the second on the colour is full."""
_ORANGE: Final = (0, 94, 213)  # blue, green, red
_NOT_SHARED: Final = (120, 96, 70)
_FADED, _LIFTED = 0.55, 90
Corner = tuple[float, float]
Quad = tuple[Corner, Corner, Corner, Corner]


@dataclass(frozen=True, slots=True)
class Difference:
    """Two pictures laid over each other.

    Attributes:
        jpeg: the first picture in grey, what differs in orange, what only it shows tinted blue.
        boxes: the boxes of the second as corners on it, in fractions (0..1) of its sides; None where it has none.
        changed: share of the shared part that differs, 0..1. overlap: share of the first that both show.
        is_aligned: whether a shift, turn and scale was found; else the second was stretched over the first.
        is_mirrored: the second was turned left to right for that.
    """

    jpeg: bytes
    boxes: tuple[Quad | None, ...]
    changed: float
    overlap: float
    is_aligned: bool
    is_mirrored: bool


def difference(first: Picture, second: Picture) -> Difference | None:
    """Lay the second picture over the first and show what differs; None where one of them cannot be decoded."""
    import cv2

    a, b = _decoded(first.encoded), _decoded(second.encoded)
    if a is None or b is None:
        return None
    matrix, mirrored = _best_matrix(a, b)
    is_aligned = matrix is not None
    height, width = a.shape[:2]
    to_second = matrix if matrix is not None else np.diag([b.shape[1] / width, b.shape[0] / height, 1.0])
    if mirrored:  # the matrix starts from the first turned left to right
        to_second = to_second @ np.array([[-1.0, 0, width - 1], [0, 1, 0], [0, 0, 1]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    laid = cv2.warpAffine(b, to_second[:2], (width, height), flags=flags)
    shared = cv2.warpAffine(np.full(b.shape[:2], 255, np.uint8), to_second[:2], (width, height), flags=flags) > 254
    if not shared.any():
        return None
    strength = _strength(_grey(a), _grey(laid), shared)
    return Difference(
        jpeg=encode_jpeg(_painted(_grey(a), strength, shared)),
        boxes=_carried(
            second.boxes, np.linalg.inv(to_second).astype(np.float64), (b.shape[1], b.shape[0]), (width, height)
        ),
        changed=float(np.count_nonzero(strength[shared] > 0)) / float(np.count_nonzero(shared)),
        overlap=float(np.count_nonzero(shared)) / shared.size,
        is_aligned=is_aligned,
        is_mirrored=mirrored,
    )


def _decoded(jpeg: bytes) -> NDArray[np.uint8] | None:
    import cv2

    found = cv2.imdecode(np.frombuffer(jpeg, dtype=np.uint8), cv2.IMREAD_COLOR)
    return cast("NDArray[np.uint8] | None", found)


def _grey(picture: NDArray[Any]) -> NDArray[np.uint8]:
    import cv2

    return cast("NDArray[np.uint8]", cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY))


def _best_matrix(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> tuple[NDArray[np.float64] | None, bool]:
    """Return the 3 x 3 matrix from the first to the second, or from its mirror image where more points agree there."""
    straight = matrix_between(_grey(a), _grey(b))
    turned = matrix_between(np.ascontiguousarray(_grey(a)[:, ::-1]), _grey(b))
    if straight is None and turned is None:
        return None, False
    is_turned = straight is None or (turned is not None and turned[1] > straight[1])
    chosen = turned if is_turned else straight
    assert chosen is not None  # noqa: S101  one of the two is there
    return np.vstack([chosen[0], [0.0, 0.0, 1.0]]), is_turned


def _strength(a: NDArray[np.uint8], b: NDArray[np.uint8], shared: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return how much the pictures differ, 0..1, with brightness and contrast of the first for both."""
    import cv2

    first = cv2.GaussianBlur(a, (0, 0), SMOOTHING).astype(np.float32)
    second = cv2.GaussianBlur(b, (0, 0), SMOOTHING).astype(np.float32)
    spread = float(second[shared].std())
    gain = float(first[shared].std()) / spread if spread > 1 else 1.0
    second = (second - second[shared].mean()) * gain + first[shared].mean()
    apart = np.abs(first - second)
    inner = cv2.erode(shared.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    return np.where(inner & (apart > LOWEST), np.clip(apart / FULL, 0.25, 1), 0).astype(np.float32)


def _painted(grey: NDArray[np.uint8], strength: NDArray[np.float32], shared: NDArray[np.bool_]) -> NDArray[np.uint8]:
    faded = np.repeat((grey * _FADED + _LIFTED)[:, :, None], 3, axis=2)
    faded[~shared] = 0.6 * faded[~shared] + 0.4 * np.array(_NOT_SHARED)
    weight = strength[:, :, None]
    return np.clip(faded * (1 - weight) + np.array(_ORANGE) * weight, 0, 255).astype(np.uint8)


def _carried(
    boxes: Sequence[Box | None], matrix: NDArray[np.float64], size: tuple[int, int], onto: tuple[int, int]
) -> tuple[Quad | None, ...]:
    return tuple(None if box is None else _corners(box, matrix, size, onto) for box in boxes)


def _corners(box: Box, matrix: NDArray[np.float64], size: tuple[int, int], onto: tuple[int, int]) -> Quad:
    x, y, width, height = box
    fractions = ((x, y), (x + width, y), (x + width, y + height), (x, y + height))
    places = np.array([[fx * size[0], fy * size[1], 1.0] for fx, fy in fractions]) @ matrix.T
    a, b, c, d = ((float(px) / onto[0], float(py) / onto[1]) for px, py, _one in places)
    return a, b, c, d

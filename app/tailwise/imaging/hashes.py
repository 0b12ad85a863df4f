"""Perceptual hashes: pictures that look alike have hashes that differ in few bits.

pHash (Zauner 2010): grey, 32 × 32 by area, cosine transform, the 8 × 8 lowest frequencies, one bit each: above their
median or not. The first bit is the highest, row by row, as other programs write it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

HASH_BITS = 64
_SIDE, _LOW = 32, 8
_SIGNS = np.array([[1, 1], [1, -1]], dtype=np.float32)[:, np.arange(_LOW * _LOW) % 2]
"""What a frequency is multiplied with in the picture and in its mirror image, (2, 64)."""


def perceptual_hashes(grey: NDArray[np.uint8]) -> tuple[int, int]:
    """Return the 64-bit pHash of a grey picture (rows × columns) and that of its mirror image.

    Mirroring left to right only turns the sign of the odd frequencies across, so one transform serves both.
    """
    import cv2

    small = cv2.resize(grey, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    low = cast("NDArray[np.float32]", cv2.dct(small))[:_LOW, :_LOW].ravel()
    both = low * _SIGNS
    ordered = np.sort(both, axis=1)
    median = (ordered[:, 31] + ordered[:, 32]) / 2
    bits = np.packbits(both > median[:, None], axis=1).tobytes()
    return int.from_bytes(bits[:8], "big"), int.from_bytes(bits[8:], "big")

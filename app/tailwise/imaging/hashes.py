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
HASH_SIDE = 32
_LOW = 8
_SIGNS = np.array([[1, 1], [1, -1]], dtype=np.float32)[:, np.arange(_LOW * _LOW) % 2]
"""What a frequency is multiplied with in the picture and in its mirror image, (2, 64)."""


def _cosines() -> NDArray[np.float32]:
    """Return the first rows of the orthonormal cosine transform, (8, 32)."""
    angles = np.pi / HASH_SIDE * np.arange(_LOW)[:, None] * (np.arange(HASH_SIDE)[None, :] + 0.5)
    rows = np.cos(angles) * np.sqrt(2 / HASH_SIDE)
    rows[0] /= np.sqrt(2)
    return rows.astype(np.float32)


_DOWN = _cosines()
_ACROSS = np.ascontiguousarray(_DOWN.T)


def perceptual_hashes(grey: NDArray[np.uint8]) -> tuple[int, int]:
    """Return the 64-bit pHash of a grey picture (rows × columns) and that of its mirror image."""
    import cv2

    small = cv2.resize(grey, (HASH_SIDE, HASH_SIDE), interpolation=cv2.INTER_AREA)
    return hashes_of(cast("NDArray[np.uint8]", small)[None])[0]


def hashes_of(greys: NDArray[np.uint8]) -> list[tuple[int, int]]:
    """Return the 64-bit pHash of grey pictures, (n, 32, 32), and that of their mirror images.

    Mirroring left to right only turns the sign of the odd frequencies across, so one transform serves both.
    """
    low = (_DOWN @ greys.astype(np.float32) @ _ACROSS).reshape(-1, 1, _LOW * _LOW)
    both = low * _SIGNS
    ordered = np.sort(both, axis=2)
    median = (ordered[:, :, 31:32] + ordered[:, :, 32:33]) / 2
    bits = np.packbits(both > median, axis=2).tobytes()
    pairs = np.frombuffer(bits, dtype=">u8").reshape(-1, 2).tolist()
    return [(straight, mirrored) for straight, mirrored in pairs]

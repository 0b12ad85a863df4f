"""The classical embedding: four blocks of raw features, each whitened, joined into one vector of length 1.

Applying a learned model is matrix products only and needs nothing but NumPy; learning it is in `embedding_learning`.
A vector depends on its own region and the model alone, never on what else is computed beside it.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass, fields
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

PATCH = 6
"""Side in pixels of the patches that k-means learns."""

STEP = 2
"""Pixels from one patch to the next."""

CONTRAST_EPS = 10.0
_ROUNDING = 1e-2
"""Added to squared distances, so that none is below 0 by rounding."""

_ROWS = 4
"""Rows multiplied at a time."""

_TINY = 1e-12


@dataclass(frozen=True, slots=True)
class Whitening:
    """`(x - mean) @ basis` has unit covariance on what it was learned from; basis is (length, parts)."""

    mean: NDArray[np.float32]
    basis: NDArray[np.float32]

    def apply(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return whitened rows scaled to length 1."""
        return unit_rows(np.asarray((values - self.mean) @ self.basis, dtype=np.float32))


@dataclass(frozen=True, slots=True)
class ClassicalModel:
    """What the classical embedding learned.

    Attributes:
        patch_mean, patch_basis: whitening of contrast-normalised 6 × 6 × 3 patches: (108,) and (108, parts).
        centres: (K, parts) k-means centres of whitened patches.
        blocks: one whitening per block in use, by name: hog, colour, lbp, patches. Colour is left out for grey data.
    """

    patch_mean: NDArray[np.float32]
    patch_basis: NDArray[np.float32]
    centres: NDArray[np.float32]
    blocks: tuple[tuple[str, Whitening], ...]

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        return sum(whitening.basis.shape[1] for _name, whitening in self.blocks)


@dataclass(frozen=True, slots=True)
class RawBlocks:
    """Raw features of `k` regions: hog, colour, lbp (k, length) float32; patch (k, side, side, 3) uint8."""

    hog: NDArray[np.float32]
    colour: NDArray[np.float32]
    lbp: NDArray[np.float32]
    patch: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.hog)

    def part(self, start: int, end: int) -> RawBlocks:
        """Return the regions from one to before another, as views."""
        return RawBlocks(self.hog[start:end], self.colour[start:end], self.lbp[start:end], self.patch[start:end])

    @classmethod
    def joined(cls, parts: Iterable[RawBlocks]) -> RawBlocks:
        """Return the regions of all parts in order."""
        found = list(parts)
        return cls(*(np.concatenate([getattr(part, f.name) for part in found]) for f in fields(cls)))


def embed(model: ClassicalModel, raw: RawBlocks) -> NDArray[np.float32]:
    """Return one vector of length 1 per region, (k, d)."""
    if not len(raw):
        return np.zeros((0, model.dimensions), dtype=np.float32)
    patches = PatchFeatures(model)
    values = {
        "hog": raw.hog,
        "colour": raw.colour,
        "lbp": raw.lbp,
        "patches": np.stack([patches.of(picture) for picture in raw.patch]),
    }
    return unit_rows(np.concatenate([_whitened(whitening, values[name]) for name, whitening in model.blocks], axis=1))


def _whitened(whitening: Whitening, values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return whitened rows, multiplied a fixed number at a time: a product of other shape rounds in another way."""
    rows = np.zeros((-(-len(values) // _ROWS) * _ROWS, values.shape[1]), dtype=np.float32)
    rows[: len(values)] = values
    parts = [whitening.apply(rows[at : at + _ROWS]) for at in range(0, len(rows), _ROWS)]
    return np.concatenate(parts)[: len(values)]


def unit_rows(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return rows scaled to length 1; rows of zeros stay."""
    length = np.sqrt(np.einsum("ij,ij->i", values, values))[:, None]
    return values / np.maximum(length, np.float32(_TINY))


def contrast_normalised(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the 6 × 6 patches of a picture (side, side, 3), each of mean 0 and contrast 1, as (positions, 108).

    Every `STEP`-th position is taken, row by row; a patch runs row by row too, three channels per pixel.
    """
    side, _side, channels = picture.shape
    values = np.ascontiguousarray(picture, dtype=np.float32)
    row, column, channel = values.strides
    positions = (side - PATCH) // STEP + 1
    # A view as `as_strided` makes it, which takes twenty times as long for so small a picture.
    shape, strides = (positions, positions, PATCH, PATCH * channels), (STEP * row, STEP * column, row, channel)
    windows = np.ndarray(shape, np.float32, values, 0, strides)
    patches = windows.reshape(positions * positions, PATCH * PATCH * channels)
    length = np.float32(patches.shape[1])
    patches -= (patches @ np.ones(patches.shape[1], dtype=np.float32) / length)[:, None]
    variance = np.einsum("ij,ij->i", patches, patches) / length
    patches *= (1 / np.sqrt(variance + np.float32(CONTRAST_EPS)))[:, None]
    return patches


def triangle(distances: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how much nearer than average each centre is, else 0 (Coates, Lee and Ng 2011).

    >>> triangle(np.array([[1.0, 3.0], [2.0, 2.0]], dtype=np.float32)).tolist()
    [[1.0, 0.0], [0.0, 0.0]]
    """
    return np.maximum(distances.mean(axis=1, keepdims=True) - distances, np.float32(0))


class PatchFeatures:
    """The k-means features of small pictures: triangle of all positions, summed over the four quarters.

    Distances come from one product: |z - c|² = (z, |z|², 1) · (-2 c, 1, |c|²); the sums over quarters from another.
    """

    def __init__(self, model: ClassicalModel) -> None:
        self._basis = model.patch_basis
        self._shift = model.patch_mean @ model.patch_basis
        centres = model.centres
        squares = np.einsum("ij,ij->i", centres, centres) + np.float32(_ROUNDING)
        self._products = np.concatenate([centres.T * np.float32(-2), np.ones_like(squares)[None], squares[None]])
        self._share = np.full(len(centres), 1 / len(centres), dtype=np.float32)

    def of(self, picture: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the features of a picture (side, side, 3), (4 K,): top left, top right, bottom left, bottom right."""
        patches = contrast_normalised(picture)
        quarters = _quarters(picture.shape[0])
        parts = self._basis.shape[1]
        whitened = np.ones((len(patches), parts + 2), dtype=np.float32)
        z = whitened[:, :parts]
        np.matmul(patches, self._basis, out=z)
        z -= self._shift
        np.einsum("ij,ij->i", z, z, out=whitened[:, parts])
        distances = whitened @ self._products
        np.sqrt(distances, out=distances)
        # The sum of max(0, x) is half the sum of x and of |x|; NumPy takes six times as long for a maximum.
        mean = distances @ self._share
        distances -= mean[:, None]
        total = quarters @ distances
        np.abs(distances, out=distances)
        return np.asarray(quarters @ distances - total, dtype=np.float32).ravel() * np.float32(0.5)


@cache
def _quarters(side: int) -> NDArray[np.float32]:
    """Return 1 where a position of a patch lies in a quarter of a picture, (4, positions)."""
    positions = (side - PATCH) // STEP + 1
    half = np.arange(positions) >= positions // 2
    quarter = 2 * half[:, None] + half[None, :]
    return (quarter.ravel() == np.arange(4)[:, None]).astype(np.float32)


def model_bytes(model: ClassicalModel) -> bytes:
    """Return a model as it is stored: arrays only, nothing that could run."""
    arrays = {"patch_mean": model.patch_mean, "patch_basis": model.patch_basis, "centres": model.centres}
    for name, whitening in model.blocks:
        arrays |= {f"{name}.mean": whitening.mean, f"{name}.basis": whitening.basis}
    stream = io.BytesIO()
    np.savez(stream, allow_pickle=False, **arrays)
    return stream.getvalue()


def model_from_bytes(data: bytes) -> ClassicalModel:
    """Return a stored model."""
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        names = [name.removesuffix(".mean") for name in arrays.files if name.endswith(".mean")]
        blocks = tuple((name, Whitening(arrays[f"{name}.mean"], arrays[f"{name}.basis"])) for name in names)
        return ClassicalModel(arrays["patch_mean"], arrays["patch_basis"], arrays["centres"], blocks)


def model_bytes_of(whitening: Whitening) -> bytes:
    """Return a whitening alone as it is stored."""
    stream = io.BytesIO()
    np.savez(stream, allow_pickle=False, mean=whitening.mean, basis=whitening.basis)
    return stream.getvalue()


def whitened_rows(whitening: Whitening, values: NDArray[np.float32]) -> NDArray[np.float16]:
    """Return whitened rows of length 1 as they are stored, each on its own: a row does not depend on the others."""
    return np.concatenate([whitening.apply(row[None]) for row in values]).astype(np.float16)


def fingerprint(data: bytes) -> str:
    """Return the name by which results remember the model they were made with."""
    return hashlib.sha256(data).hexdigest()[:16]

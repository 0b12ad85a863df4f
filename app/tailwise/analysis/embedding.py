"""The classical embedding: four blocks of raw features, each whitened, joined into one vector of length 1.

Applying a learned model is matrix products only and needs nothing but NumPy; learning it is in `embedding_learning`.
A vector depends on its own region and the model alone, never on what else is computed beside it.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

PATCH = 6
"""Side in pixels of the patches that k-means learns."""

CONTRAST_EPS = 10.0
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
        patch_mean, patch_basis: whitening of contrast-normalised 6 × 6 × 3 patches: (108,) and (108, 108).
        centres: (K, 108) k-means centres of whitened patches.
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

    @classmethod
    def joined(cls, parts: Iterable[RawBlocks]) -> RawBlocks:
        """Return the regions of all parts in order."""
        found = list(parts)
        return cls(*(np.concatenate([getattr(part, f.name) for part in found]) for f in fields(cls)))


def embed(model: ClassicalModel, raw: RawBlocks) -> NDArray[np.float32]:
    """Return one vector of length 1 per region, (k, d)."""
    if not len(raw):
        return np.zeros((0, model.dimensions), dtype=np.float32)
    values = {
        "hog": raw.hog,
        "colour": raw.colour,
        "lbp": raw.lbp,
        "patches": np.stack([patch_features(model, picture) for picture in raw.patch]),
    }
    return unit_rows(np.concatenate([whitening.apply(values[name]) for name, whitening in model.blocks], axis=1))


def unit_rows(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return rows scaled to length 1; rows of zeros stay."""
    length = np.sqrt(np.einsum("ij,ij->i", values, values))[:, None]
    return values / np.maximum(length, np.float32(_TINY))


def contrast_normalised(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return all 6 × 6 patches of a picture (side, side, 3), each of mean 0 and contrast 1, as (positions, 108)."""
    side = picture.shape[0] - PATCH + 1
    windows = np.lib.stride_tricks.sliding_window_view(picture.astype(np.float32), (PATCH, PATCH), axis=(0, 1))
    patches = windows.reshape(side * side, 3 * PATCH * PATCH)
    patches -= patches.mean(axis=1, keepdims=True)
    variance = np.einsum("ij,ij->i", patches, patches)[:, None] / np.float32(patches.shape[1])
    return patches / np.sqrt(variance + np.float32(CONTRAST_EPS))


def triangle(distances: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how much nearer than average each centre is, else 0 (Coates, Lee and Ng 2011).

    >>> triangle(np.array([[1.0, 3.0], [2.0, 2.0]], dtype=np.float32)).tolist()
    [[1.0, 0.0], [0.0, 0.0]]
    """
    return np.maximum(distances.mean(axis=1, keepdims=True) - distances, np.float32(0))


def patch_features(model: ClassicalModel, picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the k-means features of a small picture: triangle of all positions, summed over its quarters, (4 K,)."""
    whitened = (contrast_normalised(picture) - model.patch_mean) @ model.patch_basis
    squares = np.einsum("ij,ij->i", whitened, whitened)[:, None]
    distances = whitened @ (model.centres.T * np.float32(-2))
    distances += squares
    distances += np.einsum("ij,ij->i", model.centres, model.centres)
    np.maximum(distances, 0, out=distances)
    np.sqrt(distances, out=distances)
    near = triangle(distances)
    side = picture.shape[0] - PATCH + 1
    grid = near.reshape(side, side, -1)
    half = side // 2
    parts = (grid[:half, :half], grid[:half, half:], grid[half:, :half], grid[half:, half:])
    return np.concatenate([part.sum(axis=(0, 1)) for part in parts])


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

"""Learn the classical embedding from the user's own images: patches, k-means and whitening, all seeded.

Whitening divides by the spread of each direction, so directions that few regions support would be noise made loud: a
block keeps at most a quarter as many directions as there are regions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tailwise.analysis.embedding import ClassicalModel, PatchFeatures, RawBlocks, Whitening, contrast_normalised

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tailwise.ops.progress import Progress

PARTS_PER_BLOCK = 128
PATCHES = 100_000
CENTRES = 400
PATCH_PARTS = 48
"""Directions of a whitened patch that are kept, of 108."""

ZCA_EPS = 0.1
GREY_SATURATION = 0.05
"""Data whose 95th percentile of saturation is below this has no colour to compare."""

REGIONS_PER_PART = 4
_PATCHES_PER_CENTRE = 25
_VARIANCE_FLOOR = 1e-6


def learn(raw: RawBlocks, saturation: NDArray[np.float32], seed: int, progress: Progress) -> ClassicalModel:
    """Return the model for regions like these; the same input and seed give the same model.

    Args:
        raw: features of the regions to learn from, at least one.
        saturation: mean saturation (0..1) of each image the regions come from.
        seed: of the choice of patches and of k-means.
        progress: told stage by stage.
    """
    rng = np.random.default_rng(seed)
    progress.stage("Learning patches")
    patches = _sample_patches(raw.patch, rng)
    mean, basis = _patch_whitening(patches)
    whitened = ((patches - mean) @ basis).astype(np.float32)
    progress.stage("Learning patch centres")
    model = ClassicalModel(mean, basis, _centres(whitened, seed), ())
    progress.stage("Learning what varies")
    blocks = {"hog": raw.hog, "colour": raw.colour, "lbp": raw.lbp}
    if len(saturation) and np.percentile(saturation, 95) < GREY_SATURATION:
        del blocks["colour"]
    features = PatchFeatures(model)
    blocks["patches"] = np.stack([features.of(picture) for picture in raw.patch])
    learned = tuple((name, whiten(values)) for name, values in blocks.items())
    return ClassicalModel(mean, basis, model.centres, learned)


def whiten(values: NDArray[np.float32], parts: int = PARTS_PER_BLOCK) -> Whitening:
    """Return the whitening of the strongest directions of some rows, at most `parts` of them and at least one."""
    from scipy.linalg import eigh

    rows, length = values.shape
    mean = values.mean(axis=0, dtype=np.float64)
    centred = values.astype(np.float64) - mean
    wanted = max(1, min(parts, length, rows // REGIONS_PER_PART))
    if rows < length:
        # Few regions, long rows: the small matrix has the same variances and leads to the same directions.
        variance, weights = eigh(centred @ centred.T / max(1, rows - 1), subset_by_index=(rows - wanted, rows - 1))
        directions = centred.T @ weights
        directions /= np.maximum(np.linalg.norm(directions, axis=0), np.finfo(np.float64).tiny)
    else:
        covariance = centred.T @ centred / max(1, rows - 1)
        variance, directions = eigh(covariance, subset_by_index=(length - wanted, length - 1))
    variance, directions = variance[::-1], directions[:, ::-1]
    kept = variance > _VARIANCE_FLOOR * max(float(variance[0]), np.finfo(np.float64).tiny)
    kept[0] = True
    spread = np.sqrt(np.maximum(variance[kept], np.finfo(np.float32).tiny))
    return Whitening(mean.astype(np.float32), (_signed(directions[:, kept]) / spread).astype(np.float32))


def _sample_patches(pictures: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.float32]:
    each = max(1, min(PATCHES // len(pictures), 200))
    chosen = pictures if len(pictures) * each <= PATCHES else pictures[rng.permutation(len(pictures))[:PATCHES]]
    taken: list[NDArray[np.float32]] = []
    for picture in chosen:
        patches = contrast_normalised(picture)
        taken.append(patches[rng.permutation(len(patches))[:each]])
    return np.concatenate(taken)


def _patch_whitening(patches: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return mean and basis of the strongest directions of patches.

    Turning the whitened patches back (ZCA, as Coates, Lee and Ng did) would change no distance, and directions whose
    variance is far below `ZCA_EPS` nearly none: without both, the products take a third of the time.
    """
    mean = patches.mean(axis=0, dtype=np.float64)
    centred = patches.astype(np.float64) - mean
    variance, directions = np.linalg.eigh(centred.T @ centred / len(patches))
    strongest = slice(None, -PATCH_PARTS - 1, -1)
    basis = directions[:, strongest] / np.sqrt(np.maximum(variance[strongest], 0) + ZCA_EPS)
    return mean.astype(np.float32), _signed(basis).astype(np.float32)


def _signed(directions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return columns with the largest part positive: a direction has no sign of its own, and computers disagree."""
    return directions * np.sign(directions[np.abs(directions).argmax(axis=0), np.arange(directions.shape[1])])


def _centres(whitened: NDArray[np.float32], seed: int) -> NDArray[np.float32]:
    from sklearn.cluster import MiniBatchKMeans

    count = max(1, min(CENTRES, len(whitened) // _PATCHES_PER_CENTRE))
    clusters = MiniBatchKMeans(
        count, init="random", max_iter=20, batch_size=4096, random_state=seed, reassignment_ratio=0.01
    )
    clusters.set_params(n_init=1)
    centres: Any = clusters.fit(whitened).cluster_centers_
    return np.asarray(centres, dtype=np.float32)

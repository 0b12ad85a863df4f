"""The classical embedding: whitened, seeded, stored without anything that could run."""

import numpy as np
import pytest

from tailwise.analysis.embedding import (
    PatchFeatures,
    RawBlocks,
    contrast_normalised,
    embed,
    fingerprint,
    model_bytes,
    model_from_bytes,
    triangle,
)
from tailwise.analysis.embedding_learning import learn, whiten
from tailwise.ops.progress import SILENT


def raw_of(n, seed=3):
    rng = np.random.default_rng(seed)
    sizes = {"hog": 60, "colour": 40, "lbp": 30}
    blocks = {name: rng.normal(size=(n, length)).astype(np.float32) for name, length in sizes.items()}
    return RawBlocks(**blocks, patch=rng.integers(0, 256, (n, 32, 32, 3), dtype=np.uint8))


@pytest.fixture(scope="module")
def model():
    return learn(raw_of(24), np.full(24, 0.5, np.float32), 7, SILENT)


def test_the_triangle_keeps_what_is_nearer_than_average():
    distances = np.array([[1, 3], [2, 2]], dtype=np.float32)

    assert triangle(distances).tolist() == [[1, 0], [0, 0]]


def test_whitened_training_data_has_unit_covariance():
    rng = np.random.default_rng(1)
    values = (rng.normal(size=(400, 30)) @ rng.normal(size=(30, 30))).astype(np.float32)
    whitening = whiten(values, 20)
    whitened = (values - whitening.mean) @ whitening.basis

    assert whitened.shape == (400, 20)
    assert np.allclose(np.cov(whitened.T), np.eye(20), atol=1e-3)


def test_flat_values_are_whitened_into_zeros_not_into_noise():
    whitening = whiten(np.full((40, 12), 3.0, dtype=np.float32))

    assert whitening.basis.shape == (12, 1)
    assert not whitening.apply(np.full((2, 12), 3.0, dtype=np.float32)).any()


def test_vectors_have_length_one_and_do_not_depend_on_what_is_computed_beside_them(model):
    raw = raw_of(11, seed=11)
    together = embed(model, raw)

    assert together.shape == (11, model.dimensions)
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    for at in (0, 2, 10):
        alone = RawBlocks(*(getattr(raw, n)[at : at + 1] for n in ("hog", "colour", "lbp", "patch")))
        assert np.array_equal(embed(model, alone)[0], together[at])
    assert embed(model, RawBlocks(*(getattr(raw, n)[:0] for n in ("hog", "colour", "lbp", "patch")))).shape[0] == 0


def test_learning_twice_gives_the_same_bytes_and_they_read_back(model):
    again = model_bytes(learn(raw_of(24), np.full(24, 0.5, np.float32), 7, SILENT))

    assert fingerprint(again) == fingerprint(model_bytes(model))
    back = model_from_bytes(again)
    assert [name for name, _w in back.blocks] == ["hog", "colour", "lbp", "patches"]
    assert np.array_equal(embed(back, raw_of(3)), embed(model, raw_of(3)))


def test_grey_data_leaves_colour_out():
    model = learn(raw_of(12), np.full(12, 0.01, np.float32), 7, SILENT)

    assert [name for name, _w in model.blocks] == ["hog", "lbp", "patches"]


def test_patch_features_are_triangles_of_distances_summed_over_quarters(model):
    picture = raw_of(1, seed=5).patch[0]
    whitened = (contrast_normalised(picture) - model.patch_mean) @ model.patch_basis
    distances = np.linalg.norm(whitened[:, None].astype(np.float64) - model.centres[None], axis=2)
    near = triangle(distances).reshape(14, 14, -1)
    quarters = [part.sum(axis=(0, 1)) for half in (near[:7], near[7:]) for part in (half[:, :7], half[:, 7:])]

    assert np.allclose(PatchFeatures(model).of(picture), np.concatenate(quarters), rtol=1e-3, atol=0.02)


def test_patches_lose_brightness_and_contrast():
    picture = np.random.default_rng(2).integers(0, 100, (32, 32, 3), dtype=np.uint8)
    one, brighter = contrast_normalised(picture), contrast_normalised(picture + np.uint8(90))

    assert one.shape == (14 * 14, 108)
    assert np.allclose(one, brighter, atol=1e-3)
    assert not contrast_normalised(np.full((32, 32, 3), 77, np.uint8)).any()

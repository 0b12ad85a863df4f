"""Candidates are grouped by how close they are, measured by how close they all are."""

import numpy as np
import pytest

from tailwise.analysis.candidate_groups import LEAST_COSINE, MOST_ALIKE, alike, close_cosine, grouped
from tailwise.analysis.mining_evidence import unit


def bundles(count, size, noise, seed=0):
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((count, 64)).repeat(size, axis=0)
    return unit((centres + noise * rng.standard_normal(centres.shape)).astype(np.float32))


def test_bundles_come_back_as_groups_and_as_each_others_likes():
    vectors, cosine = bundles(20, 6, 0.2), 0.7

    group = grouped(vectors, cosine)
    assert group.tolist() == np.arange(20).repeat(6).tolist()
    for row, others in enumerate(alike(vectors, cosine)):
        assert {*others.tolist(), row} == set(range(row // 6 * 6, row // 6 * 6 + 6))
        likeness = vectors[others] @ vectors[row]
        assert (np.diff(likeness) <= 0).all(), "closest first"


def test_close_is_the_closest_twentieth_of_all_pairs():
    vectors = bundles(8, 8, 0.6)
    cosine = close_cosine(vectors)
    pairs = (vectors @ vectors.T)[np.triu_indices(64, 1)]

    assert (pairs >= cosine).mean() == pytest.approx(0.05, abs=0.001)
    assert close_cosine(np.vstack([vectors, np.zeros((500, 64), dtype=np.float32)])) == cosine


def test_what_resembles_nothing_stays_alone():
    vectors = np.eye(5, dtype=np.float32)
    vectors[3] = 0  # no picture

    assert close_cosine(vectors) == LEAST_COSINE
    assert grouped(vectors, LEAST_COSINE).tolist() == [0, 1, 2, 3, 4]
    assert [len(each) for each in alike(vectors, LEAST_COSINE)] == [0] * 5


@pytest.mark.parametrize("count", [0, 1])
def test_fewer_than_two_candidates_have_no_likes(count):
    vectors = np.ones((count, 3), dtype=np.float32)
    assert close_cosine(vectors) == 1.0
    assert len(grouped(vectors, 1.0)) == len(alike(vectors, 1.0)) == count


def test_likes_are_limited_and_found_across_pieces():
    vectors = np.tile(unit(np.ones((1, 4), dtype=np.float32)), (1500, 1))

    found = alike(vectors, close_cosine(vectors) - 1e-6)
    assert {len(each) for each in found} == {MOST_ALIKE}
    assert all(row not in others for row, others in enumerate(found))

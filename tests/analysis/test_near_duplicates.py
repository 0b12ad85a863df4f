"""Candidates for near-duplicates: what is found does not depend on the order of the images."""

import cv2
import numpy as np
import pytest

from tailwise.analysis import near_duplicates
from tailwise.analysis.near_duplicates import (
    Looks,
    find_candidates,
    identical_sets,
    series_pairs,
    turned_appearance,
    vectors_of,
)
from tailwise.imaging.statistics import TINY_SIDE, appearance_bytes, coarse_greys, colour_pyramids
from tailwise.ops.progress import SILENT

NOBODY = np.zeros((0, 2), dtype=np.int64)


def looks(n, seed=1):
    rng = np.random.default_rng(seed)
    return Looks(
        rng.integers(0, 2**64, n, dtype=np.uint64),
        rng.integers(0, 2**64, n, dtype=np.uint64),
        rng.integers(0, 256, (n, 976), dtype=np.uint8),
    )


def appearance(picture):
    """What the index stores of a picture."""
    tiny = cv2.resize(picture, (TINY_SIDE, TINY_SIDE), interpolation=cv2.INTER_AREA)
    hsv, grey = cv2.cvtColor(tiny, cv2.COLOR_BGR2HSV), cv2.cvtColor(tiny, cv2.COLOR_BGR2GRAY)
    return np.frombuffer(appearance_bytes(colour_pyramids(hsv[None]), coarse_greys(grey[None]))[0], dtype=np.uint8)


def found(candidates):
    return set(zip(candidates.a.tolist(), candidates.b.tolist(), candidates.mirrored.tolist(), strict=True))


def test_mirroring_an_appearance_twice_is_the_identity_and_swaps_the_quarters():
    appearance = looks(3).appearance
    once = turned_appearance(appearance, mirrored=True)

    assert np.array_equal(turned_appearance(once, mirrored=True), appearance)
    assert np.array_equal(once[:, 144:288], appearance[:, 288:432])
    assert np.array_equal(once[:, 720:736], appearance[:, 720:736][:, ::-1])
    assert np.allclose(np.linalg.norm(vectors_of(appearance), axis=1), np.sqrt(2), atol=1e-3)


def test_every_turn_of_an_appearance_is_that_of_the_turned_picture():
    rng = np.random.default_rng(4)
    picture = cv2.resize(rng.integers(0, 256, (6, 6, 3), dtype=np.uint8), (64, 64), interpolation=cv2.INTER_CUBIC)
    for quarters in range(4):
        for mirrored in (False, True):
            turned = np.ascontiguousarray(np.rot90(picture[:, ::-1] if mirrored else picture, quarters))
            expected = appearance(turned)
            made = turned_appearance(appearance(picture)[None], quarters, mirrored=mirrored)[0]
            assert np.abs(made.astype(int) - expected).max() <= 2, (quarters, mirrored)


def test_turned_pictures_are_candidates_only_when_asked_for(monkeypatch):
    monkeypatch.setattr(near_duplicates, "NEIGHBOURS", 1)
    monkeypatch.setattr(near_duplicates, "TURNED_NEIGHBOURS", 1)
    given = looks(40)
    given.appearance[20] = turned_appearance(given.appearance[3:4], 1)[0]
    given.appearance[21] = turned_appearance(given.appearance[4:5], 2, mirrored=True)[0]
    given.appearance[22, :144] = given.appearance[5, :144]
    everything = found(find_candidates(given, NOBODY, SILENT, turned=True))

    assert {(3, 20, False), (4, 21, True), (5, 22, False)} <= everything
    assert found(find_candidates(given, NOBODY, SILENT)) < everything


def test_a_like_look_a_close_hash_and_a_mirrored_hash_each_make_a_candidate(monkeypatch):
    monkeypatch.setattr(near_duplicates, "NEIGHBOURS", 1)
    monkeypatch.setattr(near_duplicates, "TURNED_NEIGHBOURS", 1)
    given = looks(40)
    given.phash[20] = given.phash[3] ^ np.uint64(0b1011)
    given.phash[21] = given.phash_mirror[4] ^ np.uint64(1)
    given.phash[22] = given.phash[23]
    given.appearance[30] = given.appearance[5]
    given.appearance[31] = turned_appearance(given.appearance[6:7], mirrored=True)[0]
    candidates = find_candidates(given, NOBODY, SILENT)

    assert {(3, 20, False), (4, 21, True), (22, 23, False), (5, 30, False), (6, 31, True)} <= found(candidates)
    assert bool((candidates.a < candidates.b).all())


def test_the_order_of_the_images_does_not_matter():
    given = looks(60, seed=9)
    order = np.random.default_rng(0).permutation(60)
    shuffled = Looks(given.phash[order], given.phash_mirror[order], given.appearance[order])
    place = np.argsort(order)
    near = np.array([(i, i + 1) for i in range(59)])
    first = found(find_candidates(given, near, SILENT))
    second = find_candidates(shuffled, place[near], SILENT)

    back = {(min(int(order[a]), int(order[b])), max(int(order[a]), int(order[b])), m) for a, b, m in found(second)}
    assert back == first


def test_many_images_are_looked_for_in_cells_and_twins_are_still_found(monkeypatch):
    monkeypatch.setattr(near_duplicates, "BRUTE_FORCE", 100)
    monkeypatch.setattr(near_duplicates, "_CELL_SIZE", 40)
    given = looks(240)
    given.appearance[120:] = given.appearance[:120]
    candidates = found(find_candidates(given, NOBODY, SILENT))

    assert {(i, i + 120, False) for i in range(120)} <= candidates


@pytest.mark.parametrize("n", [0, 1])
def test_nothing_to_compare_is_no_candidate(n):
    assert len(find_candidates(looks(n), NOBODY, SILENT)) == 0


def test_series_are_neighbours_in_number_within_one_folder():
    names = ["a/f_01.jpg", "a/f_02.jpg", "a/f_04.jpg", "a/f_50.jpg", "b/f_02.jpg", "b/f_03.jpg", "solo.jpg"]
    first, second = series_pairs(names)

    # 4 to 50 is a gap; two images are no series.
    assert list(zip(first.tolist(), second.tolist(), strict=True)) == [(0, 1), (1, 2)]


def test_identical_bytes_name_the_first_image_that_has_them():
    sha = np.array([[1] * 32, [2] * 32, [1] * 32, [2] * 32], dtype=np.uint8)

    assert identical_sets(sha).tolist() == [0, 1, 0, 1]

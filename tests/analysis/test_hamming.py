"""The exact join of hashes finds what comparing every pair finds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tailwise.analysis.hamming import close_pairs, close_pairs_between, distances
from tailwise.ops.progress import SILENT


def brute_force(queries, hashes, radius):
    apart = np.bitwise_count(queries[:, None] ^ hashes[None, :])
    return [(int(a), int(b)) for a, b in np.argwhere(apart <= radius)]


def pairs(found):
    return list(zip(found[0].tolist(), found[1].tolist(), strict=True))


@settings(max_examples=25)
@given(
    st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=12),
    st.lists(st.tuples(st.integers(0, 11), st.sets(st.integers(0, 63), max_size=12)), max_size=25),
    st.integers(0, 11),
)
def test_the_join_equals_brute_force(values, relatives, radius):
    for which, bits in relatives:
        values.append(values[which % len(values)] ^ sum(1 << bit for bit in bits))
    hashes = np.array(values, dtype=np.uint64)

    assert pairs(close_pairs(hashes, radius, SILENT)) == [
        (a, b) for a, b in brute_force(hashes, hashes, radius) if a < b
    ]
    half = hashes[: len(hashes) // 2]
    assert pairs(close_pairs_between(half, hashes, radius, SILENT)) == brute_force(half, hashes, radius)


def test_20_000_hashes_with_planted_neighbours_are_joined_exactly():
    rng = np.random.default_rng(5)
    hashes = rng.integers(0, 2**64, 20_000, dtype=np.uint64)
    for at in range(1000):
        bits = rng.choice(64, size=int(rng.integers(0, 11)), replace=False)
        hashes[10_000 + at] = hashes[at] ^ np.uint64(sum(1 << int(bit) for bit in bits))
    a, b = close_pairs(hashes, 10, SILENT)

    # Every planted pair, and of the 2e8 others the few that chance brings (about 1 is expected).
    assert {(at, 10_000 + at) for at in range(1000)} <= set(pairs((a, b)))
    assert len(a) < 1020
    assert int(distances(hashes[a], hashes[b]).max()) <= 10


def test_a_radius_beyond_the_method_is_refused():
    with pytest.raises(ValueError, match=r"radius must be 0\.\.15"):
        close_pairs(np.zeros(2, dtype=np.uint64), 16, SILENT)

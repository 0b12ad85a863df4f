"""Clusters: what people say wins, wide ones are cut, and the order of the links does not matter."""

import random

from tailwise.analysis.clusters import WIDE, Link, cluster, members_of, weakest
from tailwise.domain.index import EdgeKind


def near(a, b, correlation=0.95, kind=EdgeKind.NEAR, by_hand=False):
    return Link(a, b, kind, correlation, by_hand)


def groups(links, apart=()):
    return [members_of(found) for found in cluster(links, apart)]


def test_links_join_into_clusters_ordered_by_their_smallest_member():
    assert groups([near(7, 9), near(1, 2), near(2, 3)]) == [[1, 2, 3], [7, 9]]
    assert groups([]) == []


def test_the_order_of_the_links_does_not_matter():
    links = [near(a, b, 0.6 + 0.01 * ((a * 7 + b) % 40)) for a in range(12) for b in range(a + 1, 12) if (a + b) % 3]
    apart = [(0, 4), (2, 9)]
    expected = groups(links, apart)
    for seed in range(5):
        random.Random(seed).shuffle(links)
        assert groups(links, apart) == expected


def test_a_pair_said_to_be_different_is_never_in_one_cluster():
    links = [near(1, 2, 0.99), near(2, 3, 0.85), near(3, 4, 0.95)]

    # The weaker side gives way: 2-3 is cut, not 1-2 or 3-4.
    assert groups(links, [(1, 4)]) == [[1, 2], [3, 4]]
    assert groups([near(1, 2)], [(1, 2)]) == []


def test_said_by_hand_is_stronger_than_anything_computed():
    links = [near(1, 2, 0.99), near(2, 3, 1.0, by_hand=True)]

    assert groups(links, [(1, 3)]) == [[2, 3]]


def test_a_wide_cluster_is_cut_to_edited_frames():
    chain = [near(i, i + 1, 0.95 if i % 2 == 0 else 0.85, EdgeKind.SCENE) for i in range(WIDE + 10)]

    assert groups(chain[: WIDE - 1]) == [list(range(WIDE))]
    assert all(len(found) == 2 for found in groups(chain))


def test_what_looks_alike_on_one_line_is_cut_to_shots_of_one_frame():
    shots = [Link(i, i + 1, EdgeKind.NEAR, 0.99, points=200) for i in range(0, WIDE + 10, 2)]
    alike = [Link(i, i + 1, EdgeKind.NEAR, 0.97, points=40) for i in range(1, WIDE + 9, 2)]
    twin = Link(0, 99, EdgeKind.EXACT, 1.0)

    found = groups([*shots, *alike, twin])

    assert found[0] == [0, 1, 99]
    assert found[1:] == [[i, i + 1] for i in range(2, WIDE + 10, 2)]


def test_the_weakest_link_is_the_reason():
    exact = Link(1, 2, EdgeKind.EXACT, 1.0)
    assert weakest([exact, near(2, 3, 0.91), near(3, 4, 0.96)]).correlation == 0.91
    assert weakest([exact]).kind is EdgeKind.EXACT

"""Groups that must not be cut, keys that do not depend on rows, and locks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planning.split_builders import THREE, a_request, some_items
from tailwise.planning.split_groups import connected_groups, count_cut, mixed, stable_keys
from tailwise.planning.split_locks import find_conflicts, locks_from, without_conflicts

columns = st.integers(0, 25).flatmap(
    lambda n: st.tuples(
        st.just(n), st.lists(st.lists(st.integers(-1, 6), min_size=n, max_size=n), min_size=0, max_size=3)
    )
)


def plainly_connected(count, keys):
    """Join items one by one until nothing changes."""
    number = list(range(count))
    is_settled = False
    while not is_settled:
        is_settled = True
        for key in keys:
            for i in range(count):
                for j in range(i):
                    if key[i] >= 0 and key[i] == key[j] and number[i] != number[j]:
                        number[i] = number[j] = min(number[i], number[j])
                        is_settled = False
    ranks = {first: rank for rank, first in enumerate(dict.fromkeys(number))}
    return [ranks[n] for n in number]


@given(columns)
def test_groups_are_what_joining_item_by_item_gives(case):
    count, keys = case

    groups = connected_groups(count, *(np.array(key, dtype=np.int32) for key in keys))

    assert groups.tolist() == plainly_connected(count, keys)


def test_items_without_any_key_are_groups_of_their_own():
    assert connected_groups(3).tolist() == [0, 1, 2]
    assert connected_groups(3, np.array([-1, -1, -1])).tolist() == [0, 1, 2]


def test_a_key_column_of_another_length_is_a_bug():
    with pytest.raises(ValueError, match=r"shape \(2,\), expected \(3,\)"):
        connected_groups(3, np.array([1, 2]))


def test_cut_groups_are_counted_and_items_outside_every_split_are_not():
    groups = np.array([0, 0, 1, 1, 2, 2, -1, -1])
    assignment = np.array([0, 1, 1, 1, 2, -1, 0, 1])

    assert count_cut(groups, assignment) == 1
    assert count_cut(np.array([], dtype=int), np.array([], dtype=int)) == 0


def test_keys_are_the_same_on_every_machine():
    assert stable_keys(["a.jpg", "ü\udcff.jpg"]).tolist() == [9918916968011810814, 14248264275485429126]
    assert stable_keys([]).size == 0


def test_scrambling_depends_on_the_seed_and_keeps_keys_apart():
    keys = np.arange(1000, dtype=np.uint64)

    assert np.unique(mixed(keys, 0)).size == 1000
    assert (mixed(keys, 0) != mixed(keys, 1)).all()
    # The first output of splitmix64 with seed 0, as published with the algorithm.
    assert int(mixed(np.array([0], dtype=np.uint64), 0)[0]) == 0xE220A8397B1DCDAF


def test_locks_follow_names_and_not_positions():
    previous = np.array([0, 1, 2, -1])

    request = a_request(THREE, locked=frozenset({"val", "test"}))

    assert locks_from(previous, ["test", "train", "val"], request).tolist() == [2, -1, 1, -1]


def test_groups_locked_twice_are_found_with_their_free_members():
    items = some_items([[0]] * 6, [0, 0, 0, 1, 1, 2], locked=np.array([0, 1, -1, 2, -1, -1]))

    conflicts = find_conflicts(items)
    rest = without_conflicts(items, conflicts)

    assert conflicts.groups.tolist() == [0]
    assert conflicts.quarantined.tolist() == [False, False, True, False, False, False]
    assert rest.count == 5
    assert rest.groups[0] != rest.groups[1]
    assert rest.labels.item.tolist() == [0, 1, 2, 3, 4]


def test_columns_of_different_lengths_are_a_bug():
    with pytest.raises(ValueError, match="one entry per item"):
        some_items([[0]] * 3, locked=np.array([0]))
    with pytest.raises(ValueError, match="one entry per class"):
        some_items([[0]] * 3, must_not_miss=np.array([True, False]))

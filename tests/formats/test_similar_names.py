import doctest

import pytest

from tailwise.formats import similar_names
from tailwise.formats.similar_names import alike


def test_examples_hold():
    assert doctest.testmod(similar_names).failed == 0


@pytest.mark.parametrize(
    "pair",
    [
        ("few varrao, hive beetles", "Varroa, Small Hive Beetles"),
        ("Cat", "cat"),
        ("hard-hat", "hard hat"),
        ("Café", "cafe"),
        ("person", "persons"),
        ("scratch", "scrtach"),
    ],
)
def test_variants_of_one_name_are_proposed(pair):
    assert alike(pair) == [pair]


@pytest.mark.parametrize(
    "pair",
    [
        ("cat", "car"),
        ("night", "right"),
        ("male", "female"),
        ("camera 1", "camera 2"),
        ("San Jose, CA, USA", "Saratoga, CA, USA"),
        ("healthy", "unhealthy"),
        ("glass", "class"),
        ("9:53", "9:54"),
        ("13:21", "21:13"),
        ("car", "chair"),
        ("Drink can", "Drink carton"),
        ("Attribution-NonCommercial-NoDerivs License", "Attribution-NonCommercial-ShareAlike License"),
        ("", "-"),
    ],
)
def test_different_names_are_left_alone(pair):
    assert alike(pair) == []

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailwise.analysis.cube import Cube, CubeAxis
from tailwise.domain.coverage import UNKNOWN_VALUE, Unit
from tailwise.domain.errors import RequestError


def an_axis(name, values, pairs):
    pairs = sorted(set(pairs))
    return CubeAxis(
        name, values, np.array([r for r, _ in pairs], dtype=np.int32), np.array([c for _, c in pairs], dtype=np.int32)
    )


def a_cube(n_items, annotations, axes=(), n_classes=3):
    item, category, area = ([a[i] for a in annotations] for i in range(3))
    return Cube(
        n_items=n_items,
        n_classes=n_classes,
        item=np.array(item, dtype=np.int32),
        category=np.array(category, dtype=np.int32),
        area=np.array(area, dtype=np.float64),
        axes={a.name: a for a in axes},
    )


@st.composite
def worlds(draw):
    n = draw(st.integers(1, 12))
    annotations = draw(st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, 2), st.integers(0, 50)), max_size=40))
    light = draw(st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, 1)), max_size=10))
    scene = draw(st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, 2)), max_size=20))
    mask = draw(st.lists(st.booleans(), min_size=n, max_size=n))
    axes = (an_axis("light", ("day", "night"), light), an_axis("scene", ("a", "b", "c"), scene))
    return n, annotations, axes, np.array(mask)


def oracle(annotations, axes, mask, unit):
    """Count with dictionaries and loops: slow and plain."""
    found = {}
    entries = (
        dict.fromkeys((row, category) for row, category, _ in annotations)
        if unit in {Unit.IMAGES, Unit.TEXTS}
        else None
    )
    for row, category, area in (entries and [(r, c, 1) for r, c in entries]) or annotations:
        if not mask[row]:
            continue
        cells = [()]
        for axis in axes:
            values = [axis.values[c] for r, c in zip(axis.rows, axis.codes, strict=True) if r == row]
            cells = [(*cell, value) for cell in cells for value in values or [UNKNOWN_VALUE]]
        for cell in cells:
            key = (category, *cell)
            found[key] = found.get(key, 0) + (area if unit is Unit.PIXELS else 1)
    return {key: count for key, count in found.items() if count}


@pytest.mark.parametrize("unit", list(Unit))
@given(world=worlds())
def test_counts_equal_a_plain_join(world, unit):
    n, annotations, axes, mask = world
    cube = a_cube(n, annotations, axes)

    labels, counts, _ = cube.table([a.name for a in axes], unit, mask)

    found = {(k, *labels[c]): int(counts[k, c]) for k, c in zip(*np.nonzero(counts), strict=True)}
    assert found == oracle(annotations, axes, mask, unit)


@given(world=worlds())
def test_cells_of_single_valued_axes_sum_to_the_totals(world):
    n, annotations, axes, mask = world
    once = [axes[0]] if len(set(axes[0].rows.tolist())) == len(axes[0].rows) else []
    cube = a_cube(n, annotations, axes)

    _, counts, column_items = cube.table([a.name for a in once], Unit.OBJECTS, mask)

    assert counts.sum(axis=1).tolist() == cube.totals(Unit.OBJECTS, mask).tolist()
    assert column_items.sum() == mask.sum()


def test_images_count_an_item_once_however_many_objects_it_has():
    cube = a_cube(2, [(0, 0, 5), (0, 0, 5), (1, 0, 5)])

    assert cube.totals(Unit.IMAGES, np.ones(2, bool)).tolist() == [2, 0, 0]
    assert cube.totals(Unit.OBJECTS, np.ones(2, bool)).tolist() == [3, 0, 0]
    assert cube.totals(Unit.PIXELS, np.ones(2, bool)).tolist() == [15, 0, 0]


def test_an_item_without_a_value_has_a_column_of_its_own():
    cube = a_cube(2, [(0, 0, 1), (1, 0, 1)], [an_axis("light", ("day",), [(0, 0)])])

    labels, counts, _ = cube.table(["light"], Unit.OBJECTS, np.ones(2, bool))

    assert labels == (("day",), (UNKNOWN_VALUE,))
    assert counts[0].tolist() == [1, 1]


def test_values_of_one_axis_are_alternatives_and_axes_are_joined():
    axes = [
        an_axis("light", ("day", "night"), [(0, 0), (1, 1), (2, 1)]),
        an_axis("scene", ("a", "b"), [(0, 0), (1, 0), (2, 1)]),
    ]
    cube = a_cube(3, [], axes)

    assert cube.item_mask([("light", "day"), ("light", "night")]).tolist() == [True, True, True]
    assert cube.item_mask([("light", "night"), ("scene", "a")]).tolist() == [False, True, False]


def test_unknown_axes_and_values_are_answered_with_the_known_ones():
    cube = a_cube(1, [], [an_axis("light", ("day", "night"), [(0, 0)])])

    with pytest.raises(RequestError, match="light"):
        cube.item_mask([("lihgt", "day")])
    with pytest.raises(RequestError, match="day, night"):
        cube.item_mask([("light", "dusk")])


def test_a_table_too_wide_to_read_is_refused():
    values = tuple(str(i) for i in range(200))
    axes = [an_axis(n, values, [(0, 0)]) for n in ("a", "b")]
    cube = a_cube(1, [], axes)

    with pytest.raises(RequestError, match="combinations"):
        cube.table(["a", "b"], Unit.OBJECTS, np.ones(1, bool))


def test_annotations_of_an_item_are_found_in_order():
    cube = a_cube(3, [(2, 0, 1), (0, 1, 1), (2, 2, 1)])

    assert cube.annotations_of(2).tolist() == [0, 2]
    assert cube.annotations_of(1).tolist() == []

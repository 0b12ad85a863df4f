import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tailwise.formats.geometry import (
    Boxes,
    Mask,
    MaskMeasure,
    decode_counts,
    degenerate,
    is_usable_part,
    likely_reading,
    measure_masks,
    outside,
    polygon_area,
    polygon_box,
)

PIXELS = hnp.arrays(np.uint8, st.tuples(st.integers(1, 12), st.integers(1, 12)), elements=st.integers(0, 1))


def runs_of(pixels):
    """Return the runs of a mask by walking its pixels column by column."""
    runs, value = [0], 0
    for pixel in pixels.T.ravel():
        if pixel != value:
            runs.append(0)
            value = pixel
        runs[-1] += 1
    return runs


def measured(pixels):
    rows, columns = np.nonzero(pixels)
    if not len(rows):
        return MaskMeasure(0, (0, 0, 0, 0))
    left, top = columns.min(), rows.min()
    return MaskMeasure(int(pixels.sum()), (left, top, columns.max() - left + 1, rows.max() - top + 1))


def test_the_published_vectors_of_masks():
    assert decode_counts([b"32103"]).values.tolist() == [3, 2, 1, 2, 4]
    masks = [Mask(b"32103", 3, 4), Mask(b"<", 3, 4), Mask(b"0<", 3, 4)]
    assert measure_masks(masks) == [
        MaskMeasure(4, (1, 0, 2, 2)),
        MaskMeasure(0, (0, 0, 0, 0)),
        MaskMeasure(12, (0, 0, 4, 3)),
    ]


@given(st.lists(PIXELS, min_size=1, max_size=5))
def test_runs_give_area_and_box_of_the_pixels(many):
    masks = [Mask(runs_of(pixels), *pixels.shape) for pixels in many]

    assert measure_masks(masks) == [measured(pixels) for pixels in many]


@given(st.lists(PIXELS, min_size=1, max_size=5))
def test_compressed_masks_agree_with_pycocotools(many):
    oracle = pytest.importorskip("pycocotools.mask")
    encoded = [oracle.encode(np.asfortranarray(pixels)) for pixels in many]
    found = measure_masks([Mask(code["counts"], *code["size"]) for code in encoded])

    assert [m.area for m in found] == [int(oracle.area(code)) for code in encoded]
    assert [m.box for m in found] == [tuple(oracle.toBbox(code).tolist()) for code in encoded]


def test_large_masks_agree_with_pycocotools():
    oracle = pytest.importorskip("pycocotools.mask")
    rng = np.random.default_rng(7)
    many = [np.asfortranarray((rng.random((480, 640)) < share).astype(np.uint8)) for share in (1e-5, 0.001, 0.5, 1.0)]
    encoded = [oracle.encode(pixels) for pixels in many]

    for code, pixels, found in zip(
        encoded, many, measure_masks([Mask(c["counts"], *c["size"]) for c in encoded]), strict=True
    ):
        assert found == measured(pixels)
        assert found.area == int(oracle.area(code))


@given(
    st.lists(st.binary(max_size=30) | st.lists(st.integers(-(2**70), 2**70), max_size=6), max_size=5),
    st.integers(-3, 9),
)
def test_no_runs_raise(many, side):
    found = measure_masks([Mask(counts, side, 3) for counts in many])

    assert all(m is None or 0 <= m.area <= side * 3 for m in found)


def test_polygons_add_up_and_far_coordinates_lose_nothing():
    square = [0, 0, 10, 0, 10, 10, 0, 10]
    beside = [5, 5, 15, 5, 15, 15, 5, 15]
    far = [v + 1e8 for v in square]

    assert polygon_area([square, beside]) == 200
    assert polygon_area([far]) == 100
    assert polygon_box([square, beside]) == (0, 0, 15, 15)


@pytest.mark.parametrize(
    "part", [[1, 2, 3, 4], [1] * 7, [1, 2, 3, 4, 5, None], [1, 2, 3, 4, 5, float("nan")], [True] * 6, [1e10] * 6]
)
def test_parts_that_are_no_polygon(part):
    assert not is_usable_part(part)


def a_box(x, y, width, height, image=(100, 80)):
    return Boxes(*(np.array([v], np.float64) for v in (x, y, width, height, *image)))


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        (a_box(0, 0, 100, 80), False),
        (a_box(-0.5, 0, 101, 80.5), False),
        (a_box(-0.6, 0, 5, 5), True),
        (a_box(0, 0, 5, 81), True),
        (a_box(0, 0, 500, 500, image=(0, 0)), False),
        (a_box(-9, 0, 5, 5, image=(0, 0)), True),
        (a_box(np.nan, np.nan, np.nan, np.nan), False),
    ],
)
def test_outside_allows_half_a_pixel(box, expected):
    assert outside(box).tolist() == [expected]


def test_degenerate_marks_what_has_no_extent():
    sizes = [(0, 5), (5, -1), (5, 5), (np.nan, np.nan)]

    assert [bool(degenerate(a_box(0, 0, *size))[0]) for size in sizes] == [True, True, False, False]


@given(st.integers(0, 2**32 - 1))
def test_honest_boxes_are_never_doubted(seed):
    rng = np.random.default_rng(seed)
    corners = np.sort(rng.uniform(0, 1, (50, 2, 2)), axis=2)
    width, height = np.full(50, 640.0), np.full(50, 480.0)
    x, y = corners[:, 0, 0] * 640, corners[:, 1, 0] * 480
    boxes = Boxes(x, y, corners[:, 0, 1] * 640 - x, corners[:, 1, 1] * 480 - y, width, height)

    assert likely_reading(boxes) == "xywh"
    as_corners = Boxes(x, y, corners[:, 0, 1] * 640, corners[:, 1, 1] * 480, width, height)
    assert likely_reading(as_corners) == "xyxy"

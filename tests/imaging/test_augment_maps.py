"""Points, boxes, polygons and masks after a map, against known answers, an oracle and albumentations."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augment_oracle import lattice_box, wrong_boxes
from tailwise.imaging import augment_maps as maps
from tailwise.imaging.augment_shapes import (
    LabelShape,
    ShapeKind,
    box_shape,
    clip_ring,
    covered,
    is_kept,
    moved,
    ring_area,
)

SIZE = (100, 80)
BOX = (10.0, 20.0, 30.0, 40.0)


def box_after(point_map, box=BOX):
    return moved(box_shape(0, box), point_map).box()


def test_a_mirrored_box_lies_as_far_from_the_other_side():
    assert box_after(maps.flip(SIZE)) == (60, 20, 30, 40)


def test_a_quarter_turn_of_100_by_80_takes_the_box_to_20_10_40_30():
    turn = maps.quarter_turns(SIZE, 1)

    assert turn.out_size == (80, 100)
    assert box_after(turn) == (20, 10, 40, 30)


@given(st.tuples(*[st.floats(0, 40)] * 2, *[st.floats(0.1, 39)] * 2))
@settings(max_examples=25)
def test_two_flips_and_four_turns_change_nothing(box):
    shape = box_shape(0, box)
    for vertical in (False, True):
        twice = moved(moved(shape, maps.flip(SIZE, vertical=vertical)), maps.flip(SIZE, vertical=vertical))
        assert np.allclose(twice.box(), box, atol=1e-9)
    turned = shape
    for size in (SIZE, SIZE[::-1], SIZE, SIZE[::-1]):
        turned = moved(turned, maps.quarter_turns(size, 1))
    assert np.allclose(turned.box(), box, atol=1e-9)
    assert turned.visible == 1


def test_random_boxes_are_where_the_oracle_says():
    assert wrong_boxes(600, seed=3) == []


def test_boxes_on_a_bent_grid_hold_exactly_what_the_lattice_finds():
    rng = np.random.default_rng(11)
    for _ in range(12):
        grid = maps.bent_grid((320, 240), rng.uniform(-0.22, 0.22, (6, 6, 2)))
        box = (40 + rng.random() * 80, 30 + rng.random() * 60, 60 + rng.random() * 80, 40 + rng.random() * 60)
        found, spacing = lattice_box(grid, box)
        ours = box_after(grid, box)
        assert np.allclose(
            [ours[0], ours[1], ours[0] + ours[2], ours[1] + ours[3]],
            [found[0], found[1], found[0] + found[2], found[1] + found[3]],
            atol=1.5 * spacing,
        )


def test_points_go_through_a_bent_grid_and_the_picture_goes_with_them():
    rng = np.random.default_rng(5)
    grid = maps.bent_grid((200, 160), rng.uniform(-0.25, 0.25, (6, 6, 2)))
    picture = np.zeros((160, 200, 3), np.uint8)
    spots = np.array([[30.0, 40.0], [120.0, 90.0], [170.0, 30.0]])
    for x, y in spots:
        picture[int(y) - 2 : int(y) + 2, int(x) - 2 : int(x) + 2] = 255

    bent = grid.image(picture)

    for x, y in grid.points(spots):
        assert bent[int(y), int(x)].min() > 100


def test_a_grid_that_would_fold_is_refused():
    shifts = np.zeros((4, 4, 2))
    shifts[1, 1, 0], shifts[1, 2, 0] = 0.6, -0.6

    with pytest.raises(maps.FoldedGridError):
        maps.bent_grid((90, 90), shifts)


@pytest.mark.parametrize(
    ("point_map", "expected"),
    [
        (maps.flip((7, 5)), lambda p: p[:, ::-1]),
        (maps.flip((7, 5), vertical=True), lambda p: p[::-1]),
        (maps.quarter_turns((7, 5), 1), lambda p: np.rot90(p, -1)),
        (maps.quarter_turns((7, 5), 3), np.rot90),
        (maps.crop(2, 1, (4, 3)), lambda p: p[1:4, 2:6]),
    ],
)
def test_flips_turns_and_crops_copy_pixels(point_map, expected):
    pixels = np.arange(105, dtype=np.uint8).reshape(5, 7, 3)

    assert np.array_equal(point_map.image(pixels), expected(pixels))


def test_a_moved_picture_is_grey_where_nothing_was_and_masks_are_empty_there():
    pixels, mask = np.full((20, 20, 3), 255, np.uint8), np.ones((20, 20), np.uint8)
    shift = maps.about_centre((20, 20), np.eye(2), (8.0, 0.0))

    assert shift.image(pixels)[:, :7].max() == maps.BORDER_GREY
    assert shift.image(mask, nearest=True)[:, :8].max() == 0
    assert shift.image(mask, nearest=True)[:, 8:].min() == 1


def test_a_mask_keeps_its_area_in_a_turn_and_tells_what_a_crop_left():
    mask = np.zeros((80, 100), np.uint8)
    mask[20:60, 10:40] = 1
    shape = LabelShape(0, ShapeKind.MASK, mask=mask)

    assert moved(shape, maps.quarter_turns(SIZE, 1)).box() == (20, 10, 40, 30)
    half = moved(shape, maps.crop(25, 0, (75, 80)))
    assert (half.area, half.visible) == (600, 0.5)
    assert moved(shape, maps.rotation(SIZE, 10)).visible == pytest.approx(1, abs=0.02)


def test_a_notched_polygon_is_cut_without_widening_its_box():
    # Two prongs joined on the left; the cut takes their joint, a second cut one prong.
    ring = np.array([[-5, 0], [10, 0], [10, 2], [-2, 2], [-2, 8], [10, 8], [10, 10], [-5, 10]], np.float64)

    cut = clip_ring(ring, (20, 20))
    lower = clip_ring(ring - np.array([0, 9]), (20, 20))

    assert ring_area(cut) == pytest.approx(40)
    assert lower.min(axis=0).tolist() == [0, 0]
    assert lower.max(axis=0).tolist() == [10, 1]
    upper = clip_ring(ring, (20, 5))
    assert upper.max(axis=0).tolist() == [10, 2]


def test_an_object_of_which_too_little_is_left_is_not_kept():
    shape = box_shape(0, (0, 0, 20, 20))

    assert is_kept(moved(shape, maps.crop(13, 0, (80, 80))))  # 35 % is left
    assert not is_kept(moved(shape, maps.crop(15, 0, (80, 80))))  # 25 %
    assert not is_kept(box_shape(0, (0, 0, 3, 5)))  # under 16 square pixels
    assert is_kept(box_shape(0, (0, 0, 3, 5)), scale=0.5)
    gone = moved(shape, maps.crop(50, 50, (20, 20)))
    assert gone.box() is None
    assert not is_kept(gone)
    twice = moved(moved(shape, maps.crop(10, 0, (80, 80))), maps.crop(0, 10, (80, 70)))
    assert twice.visible == pytest.approx(0.25)


def test_what_covers_an_object_lowers_what_is_visible_and_cuts_only_masks():
    cover = np.zeros((80, 100), np.uint8)
    cover[:, :25] = 1
    mask = np.zeros((80, 100), np.uint8)
    mask[20:60, 10:40] = 1

    box = covered(box_shape(0, BOX), cover)
    hidden = covered(LabelShape(0, ShapeKind.MASK, mask=mask), cover)

    assert box.visible == pytest.approx(0.5, abs=0.03)
    assert box.box() == BOX
    assert (hidden.visible, hidden.box()) == (0.5, (25, 20, 15, 40))
    assert covered(LabelShape(0, ShapeKind.LABEL), cover).visible == 1


@pytest.mark.filterwarnings("ignore")
def test_boxes_agree_with_albumentations():
    A = pytest.importorskip("albumentations")  # noqa: N806
    image = np.zeros((80, 100, 3), np.uint8)
    rng = np.random.default_rng(2)
    cases = [
        (A.HorizontalFlip(p=1), maps.flip(SIZE)),
        (A.VerticalFlip(p=1), maps.flip(SIZE, vertical=True)),
        (A.Crop(10, 5, 70, 65, p=1), maps.crop(10, 5, (60, 60))),
        (A.Resize(160, 50, p=1), maps.resized(SIZE, (50, 160))),
    ]
    for theirs, ours in cases:
        compose = A.Compose([theirs], bbox_params=A.BboxParams("coco", label_fields=["c"]))
        for _ in range(20):
            x, y = rng.random(2) * [70, 50]
            box = (x, y, 5 + rng.random() * 20, 5 + rng.random() * 20)
            found = compose(image=image, bboxes=[box], c=[0])["bboxes"]
            mine = box_after(ours, box)
            assert (mine is None) == (len(found) == 0)
            if mine is not None:
                assert np.allclose(found[0], mine, atol=1e-3)

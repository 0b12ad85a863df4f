"""What lies on what: padding that two pictures share says nothing about them."""

import cv2
import numpy as np
import pytest

from tailwise.imaging.index_align import NO_ALIGNMENT, align


def fog(seed):
    """Return a smooth picture in which there is hardly a corner."""
    rng = np.random.default_rng(seed)
    coarse = rng.uniform(150, 185, (3, 4)).astype(np.float32)
    return cv2.resize(coarse, (256, 192), interpolation=cv2.INTER_CUBIC).clip(20, 240).astype(np.uint8)


def in_black_corners(picture):
    turn = cv2.getRotationMatrix2D((128, 96), 25, 1)
    return cv2.warpAffine(picture, turn, (256, 192))


def darker(picture):
    return (picture * 0.9).astype(np.uint8)


@pytest.mark.parametrize("seed", [1, 3, 4])
def test_smooth_pictures_in_one_frame_of_black_are_told_apart_and_edits_found(seed):
    one, other = in_black_corners(fog(seed)), in_black_corners(fog(seed + 10))

    assert align(one, other) == NO_ALIGNMENT
    assert align(one, in_black_corners(darker(fog(seed)))).correlation > 0.95


def test_black_pictures_are_alike():
    black = np.zeros((192, 256), dtype=np.uint8)

    assert align(black, black).correlation == 1

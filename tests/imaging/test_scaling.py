"""Pictures are made smaller without points being lost between the pixels that are kept."""

import cv2
import numpy as np
import pytest

from photo_sets import photo
from tailwise.imaging.scaling import shrunk, squared


@pytest.mark.parametrize("size", [(640, 480), (500, 333), (1001, 37), (300, 9), (255, 255), (1, 700)])
def test_the_longer_side_fits_and_the_brightness_stays(size):
    picture = photo(3, *size)
    small = shrunk(picture, 256)

    assert max(small.shape[:2]) == min(256, max(size))
    assert small.shape[0] == pytest.approx(size[1] * min(1, 256 / max(size)), abs=1)
    assert np.abs(small.mean(axis=(0, 1)) - picture.mean(axis=(0, 1))).max() < 4
    assert squared(picture, 64).shape == (64, 64, 3)


def test_fine_stripes_become_grey_and_not_broad_stripes():
    stripes = np.zeros((480, 640, 3), np.uint8)
    stripes[:, ::2] = 200

    assert np.ptp(squared(stripes, 64)[2:-2, 2:-2].astype(int)) <= 2
    assert np.ptp(shrunk(stripes, 256)[2:-2, 2:-2].astype(int)) <= 2
    # Nearly what one resize by area makes of a photo.
    picture = photo(4, 640, 480)
    by_area = cv2.resize(picture, (64, 64), interpolation=cv2.INTER_AREA)
    assert np.abs(squared(picture, 64).astype(int) - by_area).mean() < 4

"""The difference of two pictures: known changes at known places, whatever shift and mirror image lie between them."""

import cv2
import numpy as np
import pytest

from photo_sets import jpeg_of, photo
from tailwise.imaging.index_align import align
from tailwise.imaging.picture_difference import difference
from tailwise.imaging.thumbnails import Picture

BOX = (0.25, 0.25, 0.25, 0.25)


def picture(pixels, *boxes):
    return Picture(jpeg_of(pixels, 95), boxes)


def test_the_same_picture_differs_nowhere():
    found = difference(picture(photo(1)), picture(photo(1), BOX, None))

    assert (found.changed, found.is_aligned, found.is_mirrored) == (0, True, False)
    assert found.overlap > 0.99
    assert found.boxes[0] == pytest.approx(np.array([(0.25, 0.25), (0.5, 0.25), (0.5, 0.5), (0.25, 0.5)]), abs=0.01)
    assert found.boxes[1] is None


@pytest.mark.parametrize("mirrored", [False, True])
def test_what_was_painted_over_is_orange_where_it_is_on_the_first_picture(mirrored):
    base = photo(2)
    changed = cv2.convertScaleAbs(base, alpha=0.8, beta=20)  # brightness alone is no difference
    changed[120:180, 200:280] = 255 - changed[120:180, 200:280]
    crop = changed[10:230, 15:310]
    found = difference(picture(base), picture(crop[:, ::-1] if mirrored else crop, (0, 0, 1, 1)))
    painted = cv2.imdecode(np.frombuffer(found.jpeg, np.uint8), cv2.IMREAD_COLOR).astype(int)
    orange = painted[:, :, 2] - painted[:, :, 0] > 60
    rows, columns = np.nonzero(orange)

    assert (found.is_aligned, found.is_mirrored) == (True, mirrored)
    assert 0.03 < found.changed < 0.12
    assert np.mean((rows >= 115) & (rows < 185) & (columns >= 195) & (columns < 285)) > 0.95
    corners = np.array(found.boxes[0]) * (320, 240)
    assert np.allclose(sorted(corners[:, 0]), [15, 15, 310, 310], atol=2)
    assert np.allclose(sorted(corners[:, 1]), [10, 10, 230, 230], atol=2)


def test_pictures_without_anything_in_common_are_stretched_and_that_is_said():
    found = difference(picture(photo(3)), picture(photo(4)))

    assert not found.is_aligned
    assert found.changed > 0.3
    assert difference(picture(photo(3)), Picture(b"no picture", ())) is None


def test_a_copy_of_another_shape_is_found():
    grey = cv2.cvtColor(photo(5), cv2.COLOR_BGR2GRAY)

    assert align(grey, cv2.resize(grey, (240, 240), interpolation=cv2.INTER_AREA)).correlation > 0.95
    assert align(grey, cv2.cvtColor(photo(6, 240, 240), cv2.COLOR_BGR2GRAY)).correlation < 0.6


def fog(seed):
    """A picture without corners: soft light and one soft dark thing."""
    rng = np.random.default_rng(seed)
    light = cv2.resize(rng.integers(90, 200, (3, 4), dtype=np.uint8), (256, 192), interpolation=cv2.INTER_CUBIC)
    cv2.circle(light, (int(rng.integers(60, 190)), int(rng.integers(60, 130))), 22, 60, -1)
    return cv2.GaussianBlur(light, (0, 0), 5)


def test_pictures_without_corners_are_laid_over_each_other_by_their_grey_values():
    one = fog(1)
    moved = cv2.warpAffine(one, np.array([[1, 0.03, 5], [-0.03, 1, -4.0]]), (256, 192), borderMode=cv2.BORDER_REFLECT)

    found = align(one, moved)
    assert (found.inliers, found.correlation > 0.95) == (0, True)
    assert align(one, fog(2)).correlation == 0
    # Nothing to go by at all: two grey walls are compared as they are.
    wall = np.full((192, 256), 130, dtype=np.uint8)
    assert align(wall, wall).correlation == 1

"""Files are decoded no larger than wanted, to the pixels OpenCV would give, and nothing in them is trusted."""

import io

import cv2
import numpy as np
import pytest

from photo_sets import jpeg_of, photo
from tailwise.imaging.headers import is_plain_jpeg, is_plain_png
from tailwise.imaging.pixels import decode_pixels, encode_jpeg


def opencv(data):
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)


@pytest.mark.parametrize(
    ("side", "shape"), [(1000, (300, 401)), (300, (300, 401)), (200, (150, 201)), (160, (113, 151))]
)
def test_a_jpeg_is_decoded_at_the_smallest_fast_eighth_that_will_do(side, shape):
    data = jpeg_of(photo(1, 401, 300))

    assert decode_pixels(data, (401, 300), side).shape[:2] == shape


@pytest.mark.parametrize("quality", [30, 95])
@pytest.mark.parametrize("flags", [(), (cv2.IMWRITE_JPEG_PROGRESSIVE, 1)])
def test_whole_jpegs_have_the_pixels_opencv_finds(quality, flags):
    for picture in (photo(2, 131, 97), photo(2, 131, 97)[..., 1]):
        data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality, *flags])[1].tobytes()
        assert np.array_equal(decode_pixels(data, (131, 97), 1 << 30), opencv(data))


def test_other_colours_damage_and_lying_sizes_are_left_to_opencv():
    image = pytest.importorskip("PIL.Image")
    whole = jpeg_of(photo(3, 200, 120))
    stream = io.BytesIO()
    image.fromarray(photo(3, 200, 120)).convert("CMYK").save(stream, "jpeg")

    assert np.array_equal(decode_pixels(stream.getvalue(), (200, 120), 300), opencv(stream.getvalue()))
    assert decode_pixels(whole[: len(whole) // 2], (200, 120), 300).shape == (120, 200, 3)
    assert decode_pixels(whole, (0, 0), 300).shape == (120, 200, 3)
    assert decode_pixels(whole[:40], (200, 120), 300) is None
    assert decode_pixels(b"", (0, 0), 300) is None


def test_a_jpeg_of_ours_is_plain_and_a_png_of_opencv_too():
    data = encode_jpeg(photo(4, 64, 48))
    png = cv2.imencode(".png", photo(4, 64, 48))[1].tobytes()

    assert is_plain_jpeg(data)
    assert is_plain_png(png)
    for at in range(2, len(data) - 1, 7):
        assert not is_plain_jpeg(data[:at])
    for at in range(0, len(png) - 1, 7):
        assert not is_plain_png(png[:at])
    assert not is_plain_jpeg(png)
    assert not is_plain_png(data)

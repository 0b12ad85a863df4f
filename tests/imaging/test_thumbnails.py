"""Thumbnails stand upright and boxes with them, whatever the EXIF tag says; the cache stays within its limit."""

import struct
import zlib

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imaging_bytes import with_exif
from realdata import REAL, needs_real_data
from tailwise.imaging.thumbnails import (
    Frame,
    ThumbnailCache,
    cached_thumbnail,
    picture,
    read_frame,
    render_thumbnail,
    turn_box,
    turn_upright,
    upright_fractions,
)

ALL = range(1, 9)


def decode(jpeg):
    return cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)


def a_picture(width=64, height=32):
    """White, with one black corner top left, so that every one of the eight positions looks different."""
    pixels = np.full((height, width, 3), 255, np.uint8)
    pixels[:8, :16] = 0
    return pixels


def write_jpeg(path, pixels, orientation=1):
    """Write a JPEG with an EXIF block that holds nothing but the orientation tag."""
    data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes()
    tiff = b"MM\0*\0\0\0\x08" + struct.pack(">HHHIHHI", 1, 0x0112, 3, 1, orientation, 0, 0)
    block = b"Exif\0\0" + tiff
    path.write_bytes(data[:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block + data[2:])


def stored_as(upright, orientation):
    """Return the raster a camera would store so that `orientation` brings `upright` back: turning is of order 1, 2 or 4."""
    turned = upright
    while not np.array_equal(turn_upright(turned, orientation), upright):
        turned = turn_upright(turned, orientation)
    return turned


@pytest.mark.parametrize("orientation", ALL)
def test_every_orientation_comes_out_upright_like_the_decoder_would_turn_it(tmp_path, orientation):
    file = tmp_path / "p.jpg"
    write_jpeg(file, stored_as(a_picture(), orientation), orientation)

    shown = decode(render_thumbnail(str(file), 256))

    oracle = cv2.imread(str(file), cv2.IMREAD_COLOR)  # obeys the tag itself
    assert shown.shape == oracle.shape == (32, 64, 3)
    assert np.abs(shown.astype(int) - oracle.astype(int)).max() < 40
    assert shown[4, 8].max() < 60, "the black corner is top left"
    assert shown[28, 56].min() > 200


@pytest.mark.parametrize("orientation", ALL)
def test_boxes_follow_the_turn_of_their_pixels(orientation):
    stored = stored_as(a_picture(), orientation)
    frame = Frame(stored.shape[1], stored.shape[0], orientation)
    rows, columns = np.nonzero(stored[:, :, 0] == 0)
    box = (columns.min(), rows.min(), np.ptp(columns) + 1, np.ptp(rows) + 1)

    assert turn_box(box, frame) == (0, 0, 16, 8)
    assert frame.upright_size == (64, 32)


def test_boxes_of_a_dataset_that_declares_the_turned_size_stay_where_they_are():
    lying = Frame(64, 32, orientation=6)

    assert upright_fractions([(0, 0, 8, 16)], (32, 64), lying) == ((0, 0, 0.25, 0.25),)
    assert upright_fractions([(0, 24, 16, 8)], (64, 32), lying) == ((0, 0, 0.25, 0.25),)
    assert upright_fractions([(0, 12, 8, 4)], (32, 16), lying) == ((0, 0, 0.25, 0.25),), "a smaller copy, same shape"
    assert upright_fractions([(0, 0, 8, 16)], (0, 0), lying) == ((0, 0, 0.25, 0.25),), "no size declared: upright"
    assert upright_fractions([(0, 0, 8, 16)], (0, 0), None) == (), "no size anywhere: nothing to draw on"
    assert upright_fractions([(10, 10, 10, 10)], (100, 50), None) == ((0.1, 0.2, 0.1, 0.2),)


@given(st.sampled_from(ALL), st.tuples(*[st.integers(0, 30)] * 4))
def test_a_box_keeps_its_area_and_stays_inside(orientation, box):
    frame = Frame(70, 60, orientation)

    x, y, width, height = turn_box(box, frame)

    assert width * height == box[2] * box[3]
    assert x >= 0
    assert y >= 0
    assert x + width <= frame.upright_size[0]
    assert y + height <= frame.upright_size[1]


def test_large_pictures_are_decoded_reduced_and_small_ones_keep_their_size(tmp_path):
    large, small = tmp_path / "large.jpg", tmp_path / "small.png"
    cv2.imwrite(str(large), np.full((1500, 2000, 3), 128, np.uint8))
    cv2.imwrite(str(small), np.full((20, 30, 3), 128, np.uint8))

    assert decode(render_thumbnail(str(large), 200)).shape == (150, 200, 3)
    assert decode(render_thumbnail(str(small), 200)).shape == (20, 30, 3)


def test_a_small_plain_file_is_its_own_thumbnail_and_nothing_private_comes_along(tmp_path):
    plain = cv2.imencode(".jpg", a_picture(200, 100))[1].tobytes()
    comment = plain[:2] + b"\xff\xfe\x00\x07GPS!!" + plain[2:]
    png = cv2.imencode(".png", a_picture(200, 100))[1].tobytes()
    text = b"tEXtplace\0GPS"
    written = struct.pack(">I", len(text) - 4) + text + struct.pack(">I", zlib.crc32(text))
    see_through = cv2.imencode(".png", np.full((20, 20, 4), 90, np.uint8))[1].tobytes()
    others = [
        comment,
        with_exif(plain, 1),
        plain + b"more",
        plain[:-40],
        png[:33] + written + png[33:],
        png + b"GPS",
        see_through,
    ]
    file = tmp_path / "p.jpg"

    for own in (plain, png):
        file.write_bytes(own)
        assert render_thumbnail(str(file), 256) == own
        assert render_thumbnail(str(file), 100) != own
    for data in others:
        file.write_bytes(data)
        made = render_thumbnail(str(file), 256)
        assert made.startswith(b"\xff\xd8\xff\xe0")
        assert made != data
        assert b"GPS" not in made
        assert b"Exif" not in made
    heavy = np.random.default_rng(1).integers(0, 256, (160, 160, 3), dtype=np.uint8)
    file.write_bytes(cv2.imencode(".jpg", heavy, [cv2.IMWRITE_JPEG_QUALITY, 100])[1].tobytes())
    assert len(render_thumbnail(str(file), 256)) < file.stat().st_size


def test_what_is_no_picture_is_none(tmp_path):
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "text.jpg").write_text("not a picture")

    for name in ("empty.jpg", "text.jpg", "gone.jpg"):
        assert render_thumbnail(str(tmp_path / name), 100) is None
        assert read_frame(str(tmp_path / name)) is None


def test_the_cache_keeps_a_thumbnail_until_the_image_changes(tmp_path, monkeypatch):
    image, cache = tmp_path / "p.png", ThumbnailCache(tmp_path / "cache")
    cv2.imwrite(str(image), a_picture())
    first = cache.get(str(image), 32)

    monkeypatch.setattr("tailwise.imaging.thumbnails.render_thumbnail", lambda _path, _side: b"fresh")

    assert cache.get(str(image), 32) == first
    assert cache.get(str(image), 64) == b"fresh"
    cv2.imwrite(str(image), a_picture(100, 100))
    assert cache.get(str(image), 32) == b"fresh"
    assert [f for f in (tmp_path / "cache").rglob("*") if f.is_file() and f.suffix != ".jpg"] == []


def test_the_cache_trims_itself_to_its_limit(tmp_path, monkeypatch):
    monkeypatch.setattr("tailwise.imaging.thumbnails.render_thumbnail", lambda _path, _side: bytes(1000))
    image, cache = tmp_path / "p.png", ThumbnailCache(tmp_path / "cache", limit_bytes=10_000)
    image.touch()

    for side in range(50):
        assert cache.get(str(image), side) is not None

    kept = sum(f.stat().st_size for f in (tmp_path / "cache").rglob("*.jpg"))
    assert 5000 <= kept <= 10_000


def test_a_cache_folder_that_cannot_be_written_only_costs_speed(tmp_path):
    image = tmp_path / "p.png"
    cv2.imwrite(str(image), a_picture())
    (tmp_path / "file").touch()

    assert ThumbnailCache(tmp_path / "file" / "cache").get(str(image), 32) is not None


def test_thumbnails_go_to_the_users_cache_and_never_beside_the_images(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    image = tmp_path / "images" / "p.png"
    image.parent.mkdir()
    cv2.imwrite(str(image), a_picture())

    assert cached_thumbnail(str(image), 32) is not None

    assert [f.name for f in image.parent.iterdir()] == ["p.png"]
    assert len(list((tmp_path / "cache" / "tailwise" / "thumbs").rglob("*.jpg"))) == 1


@needs_real_data
def test_published_pictures_have_thumbnails_and_the_known_broken_one_has_none():
    images = sorted((REAL / "honeybee_conditions").rglob("030_*.png"))
    without = [i.name for i in images if render_thumbnail(str(i), 64) is None]

    assert len(images) > 1
    assert without == ["030_402.png"]


def test_a_picture_comes_with_its_boxes_in_the_order_they_were_given(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    file = tmp_path / "p.jpg"
    write_jpeg(file, stored_as(a_picture(), 6), 6)

    shown = picture(str(file), (64, 32), [None, (0, 0, 16, 8)], 48)
    nameless = picture(str(file), (0, 0), [(0, 0, 64, 32)], 48)

    assert decode(shown.encoded).shape == (24, 48, 3)
    assert shown.boxes == (None, (0, 0, 0.25, 0.25))
    assert nameless.boxes == ((0, 0, 1, 1),)
    assert picture(str(tmp_path / "gone.jpg"), (64, 32), [], 48) is None

"""What the index takes from an image file: hashes, measures, features; and what it says of files that are none."""

import os
import struct
import zlib

import cv2
import numpy as np
import pytest

from imaging_bytes import with_exif
from photo_sets import jpeg_of, photo
from tailwise.domain.index import ImageIssue
from tailwise.imaging import decode
from tailwise.imaging.decode import ImageFile, decode_file, is_truncated
from tailwise.imaging.descriptors import (
    cut_out,
    describe,
    local_binary_patterns,
    oriented_gradients,
    regions_on,
)
from tailwise.imaging.exif import read_exif
from tailwise.imaging.hashes import hashes_of, perceptual_hashes
from tailwise.imaging.headers import read_header
from tailwise.imaging.index_align import NO_ALIGNMENT, align, align_files
from tailwise.imaging.index_picture import describe_boxes, index_and_describe, index_files
from tailwise.imaging.masks import count_mask
from tailwise.imaging.picture_facts import look_at
from tailwise.imaging.statistics import MOST_BLUR, coarse_greys, colour_pyramids
from tailwise.imaging.thumbnails import read_frame, render_thumbnail


def grey(picture):
    return cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)


def index_one(path, declared=(0, 0), boxes=()):
    (indexed,), raw = index_and_describe([ImageFile(str(path), declared, tuple(boxes))])
    return indexed, raw


def apart(a, b):
    return (a ^ b).bit_count()


# Hashes


def test_a_mirrored_picture_has_the_mirrored_hash():
    for seed in range(4):
        picture = grey(photo(seed, 256, 256))
        straight, mirrored = perceptual_hashes(picture)
        back, forth = perceptual_hashes(np.ascontiguousarray(picture[:, ::-1]))

        assert apart(mirrored, back) <= 2
        assert apart(straight, forth) <= 2
        assert apart(straight, mirrored) > 10


def test_the_hash_is_that_of_imagehash_on_pictures_of_32_pixels():
    imagehash = pytest.importorskip("imagehash")
    from PIL import Image

    picture = grey(photo(5, 32, 32))

    assert f"{perceptual_hashes(picture)[0]:016x}" == str(imagehash.phash(Image.fromarray(picture), highfreq_factor=4))


def test_half_the_bits_are_set_and_resaving_changes_few():
    picture = photo(6)
    worse = cv2.imdecode(np.frombuffer(jpeg_of(picture, 30), np.uint8), cv2.IMREAD_COLOR)
    one, two = perceptual_hashes(grey(picture))[0], perceptual_hashes(grey(worse))[0]

    assert one.bit_count() == 32
    assert apart(one, two) <= 4


# Features


def test_a_constant_picture_has_one_binary_pattern():
    patterns = local_binary_patterns(np.full((1, 64, 64), 90, np.uint8)).reshape(9, 59)

    # All neighbours are at least as bright: pattern 255, the last uniform one.
    assert np.array_equal(patterns != 0, np.tile(np.arange(59) == 57, (9, 1)))
    assert np.allclose(patterns.max(axis=1), 1)


def test_a_vertical_edge_is_split_between_the_bins_beside_0_degrees():
    picture = np.zeros((64, 64, 3), np.uint8)
    picture[:, 30:] = 200
    upright = oriented_gradients(picture[None]).reshape(-1, 9).sum(axis=0)
    lying = oriented_gradients(np.ascontiguousarray(picture.transpose(1, 0, 2))[None]).reshape(-1, 9).sum(axis=0)

    # Bins are centred at 10, 30, ... 170 degrees: 0 lies between the first and the last, 90 in the middle one.
    assert upright[0] == pytest.approx(upright[8])
    assert not upright[1:8].any()
    assert np.flatnonzero(lying).tolist() == [4]


def test_the_colour_pyramid_has_five_histograms_of_length_one():
    hsv = cv2.cvtColor(photo(1, 64, 64), cv2.COLOR_BGR2HSV)
    pyramid = colour_pyramids(hsv[None]).reshape(5, 144)
    counted = cv2.calcHist([hsv], [0, 1, 2], None, (12, 4, 3), (0, 180, 0, 256, 0, 256)).ravel()

    assert np.allclose((pyramid**2).sum(axis=1), 1, atol=1e-5)
    assert np.allclose((pyramid[1:] ** 2).mean(axis=0), pyramid[0] ** 2, atol=1e-6)
    assert np.allclose(pyramid[0] ** 2 * 64 * 64, counted, atol=1e-2)  # OpenCV counts the same


def test_measures_of_flat_and_lively_pictures():
    flat = np.full((64, 64, 3), 51, np.uint8)
    look = look_at(flat)
    sharp, soft = look_at(photo(2)), look_at(cv2.GaussianBlur(photo(2), (0, 0), 6))

    assert (look.brightness, look.blur, look.saturation) == (pytest.approx(0.2), MOST_BLUR, 0)
    assert soft.blur > 1.5 * sharp.blur
    assert sharp.saturation > 0.2
    assert coarse_greys(flat[None, :32, :32, 0]).tolist() == [[[128] * 16] * 16]


@pytest.mark.parametrize("sigma", [1.5, 2, 2.5])
def test_the_blur_of_noise_is_the_deviation_of_its_gaussian(sigma):
    noise = np.random.default_rng(4).normal(0, 1, (128, 128)).astype(np.float32)
    soft = cv2.GaussianBlur(noise, (0, 0), sigma)
    soft /= soft.std()

    for contrast in (40, 20):
        picture = np.clip(np.rint(soft * contrast + 128), 0, 255).astype(np.uint8)
        assert look_at(cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR)).blur == pytest.approx(sigma, rel=0.1)


def test_what_is_found_of_a_picture_does_not_depend_on_its_neighbours():
    pictures = [photo(seed, 64, 64) for seed in range(11)]
    hsv = np.array([cv2.cvtColor(picture, cv2.COLOR_BGR2HSV) for picture in pictures])
    greys = np.array([grey(picture)[:32, :32] for picture in pictures])
    together, alone = describe(pictures), [describe([picture]) for picture in pictures]

    for name in ("hog", "colour", "lbp", "patch"):
        joined = np.concatenate([getattr(one, name) for one in alone])
        assert np.array_equal(getattr(together, name), joined), name
    for function, stack in ((colour_pyramids, hsv), (coarse_greys, greys), (hashes_of, greys)):
        assert np.array_equal(function(stack), np.concatenate([function(one[None]) for one in stack]))


def test_a_box_is_cut_out_with_its_surroundings_and_never_empty():
    picture = np.arange(100 * 200 * 3, dtype=np.uint32).reshape(100, 200, 3).astype(np.uint8)

    assert cut_out(picture, (0.25, 0.25, 0.5, 0.5)).shape == (60, 120, 3)
    assert cut_out(picture, (-0.5, 0.9, 2, 0.4)).shape[:2] == (14, 200)
    assert cut_out(picture, (1.5, 1.5, 0.1, 0.1)).shape == (1, 1, 3)
    assert len(describe(regions_on(picture, [(0, 0, 1, 1)]))) == 2
    assert len(describe([])) == 0


# Files


def png(width, height, body):
    head = struct.pack(">II5B", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", body), (b"IEND", b"")]
    parts = [struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in chunks]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


HURTFUL = {
    "empty": (b"", ImageIssue.EMPTY),
    "text": (b"this is no image at all", ImageIssue.NO_IMAGE),
    "svg bomb": (b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><svg>&a;</svg>', ImageIssue.NO_IMAGE),
    "lying header": (png(60_000, 60_000, zlib.compress(b"\0" * 1000)), ImageIssue.TOO_LARGE),
    "bomb": (png(30_000, 30_000, zlib.compress(b"\0" * 3_000_000, 9)), ImageIssue.TOO_LARGE),
    "no pixels": (png(40, 30, b"garbage"), ImageIssue.DAMAGED),
    "jpeg without scan": (b"\xff\xd8\xff\xc0\x00\x11\x08\x00\x10\x00\x10\x03" + b"\1\x11\0" * 3, ImageIssue.DAMAGED),
}


@pytest.mark.parametrize("name", HURTFUL)
def test_a_damaged_or_hostile_file_is_named_and_harms_nothing(tmp_path, name):
    data, issue = HURTFUL[name]
    path = tmp_path / "x.png"
    path.write_bytes(data)

    good = tmp_path / "good.jpg"
    good.write_bytes(jpeg_of(photo(1)))
    for files in ([ImageFile(str(path)), ImageFile(str(good))], [ImageFile(str(good)), ImageFile(str(path))]):
        indexed, raw = index_and_describe(files)
        assert {(one.issue, one.facts is None, one.regions) for one in indexed} == {
            (issue, True, 0),
            (ImageIssue.NONE, False, 1),
        }
        assert len(raw) == 1
    assert describe_boxes(ImageFile(str(path), (10, 10), ((0, 0, 5, 5),))) is None
    assert align_files(str(path), str(path)) == NO_ALIGNMENT


def test_a_file_that_cannot_be_opened_or_is_too_large_is_named(tmp_path, monkeypatch):
    assert decode_file(str(tmp_path / "gone.jpg"), 256).issue is ImageIssue.UNREADABLE
    monkeypatch.setattr(decode, "MAX_FILE_BYTES", 10)
    (tmp_path / "big.jpg").write_bytes(jpeg_of(photo(1)))
    assert decode_file(str(tmp_path / "big.jpg"), 256).issue is ImageIssue.TOO_LARGE


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_pipe_in_place_of_an_image_is_not_waited_for(tmp_path):
    place = tmp_path / "pipe.jpg"
    os.mkfifo(place)
    for found in (read_header(place), read_frame(str(place)), render_thumbnail(str(place), 64), count_mask(place)):
        assert found is None
    assert read_exif(place).facts is None
    assert decode_file(str(place), 64).issue is ImageIssue.UNREADABLE


def test_a_truncated_file_is_used_as_far_as_it_goes(tmp_path):
    whole = jpeg_of(photo(3))
    path = tmp_path / "half.jpg"
    path.write_bytes(whole[: len(whole) // 2])
    (indexed,) = index_files([ImageFile(str(path), (320, 240))])

    assert indexed.issue is ImageIssue.TRUNCATED
    assert indexed.facts is not None
    assert indexed.facts.size == (320, 240)
    assert not is_truncated(whole)
    # A thumbnail in the metadata has an end marker of its own.
    with_thumbnail = whole[:2] + b"\xff\xe1\x00\x0athumb\xff\xd9x" + whole[2:]
    assert not is_truncated(with_thumbnail)
    assert is_truncated(with_thumbnail[:-400])


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_turned_upright_once(tmp_path, orientation):
    from tailwise.imaging.thumbnails import turn_upright

    upright = photo(8, 200, 120)
    # Stored such that turning it upright gives the picture back: the inverse turn of 6 is 8, the others undo themselves.
    stored = np.ascontiguousarray(turn_upright(upright, {6: 8, 8: 6}.get(orientation, orientation)))
    path = tmp_path / "x.jpg"
    path.write_bytes(with_exif(jpeg_of(stored, 98), orientation))
    turned, turned_raw = index_one(path, (200, 120), [(50, 30, 60, 40)])
    straight = tmp_path / "y.jpg"
    straight.write_bytes(jpeg_of(upright, 98))
    plain, plain_raw = index_one(straight, (200, 120), [(50, 30, 60, 40)])

    assert turned.facts.size == (200, 120)
    assert apart(turned.facts.phashes[0], plain.facts.phashes[0]) <= 4
    assert np.abs(turned_raw.patch[1].astype(int) - plain_raw.patch[1].astype(int)).mean() < 12


# Alignment


def test_edits_of_one_photo_align_and_other_photos_do_not():
    picture = grey(photo(10, 400, 300))
    crop = picture[30:270, 40:360]
    turned = cv2.warpAffine(picture, cv2.getRotationMatrix2D((200, 150), 5, 1.1), (400, 300))

    for edited in (crop, turned, cv2.convertScaleAbs(picture, alpha=1.3, beta=-30), cv2.resize(picture, (200, 150))):
        found = align(picture, edited)
        assert found.correlation > 0.9
        assert found.inliers > 30
        assert found.overlap > 0.5
    assert align(picture, grey(photo(11, 400, 300))).correlation < 0.6


def test_other_things_before_one_backdrop_are_not_the_same():
    backdrop = cv2.resize(np.array([[60, 250], [120, 200]], np.uint8), (256, 192), interpolation=cv2.INTER_CUBIC)
    dust = np.random.default_rng(1).integers(0, 190, (40, 2))
    pictures = []
    for seed in (1, 2):
        one = backdrop.copy()
        for x, y in dust:
            cv2.circle(one, (int(x) + 30, int(y)), 2, 40, -1)
        thing = grey(photo(seed, 110, 90))
        one[50:140, 70:180] = thing
        pictures.append(one)

    assert align(*pictures) == NO_ALIGNMENT or align(*pictures).correlation < 0.8


def test_smooth_pictures_are_compared_as_a_whole():
    ramp = np.tile(np.linspace(0, 255, 256).astype(np.uint8), (192, 1))
    found = align(ramp, cv2.resize(ramp, (128, 96)))

    assert found.inliers == 0
    assert found.correlation > 0.98
    assert align(ramp, np.ascontiguousarray(ramp[:, ::-1])) == NO_ALIGNMENT
    assert align(np.full((64, 64), 9, np.uint8), np.full((64, 64), 9, np.uint8)).correlation == 1

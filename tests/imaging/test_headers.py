import struct

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imaging_bytes import jpeg, with_exif
from realdata import REAL, needs_real_data
from tailwise.domain.records import ImageHeader
from tailwise.imaging.headers import read_header


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".bmp", ".webp", ".tiff", ".ppm", ".jp2"])
def test_the_size_of_every_kind_of_image_is_read_from_its_header(tmp_path, suffix):
    path = tmp_path / f"image{suffix}"
    cv2.imwrite(str(path), np.zeros((30, 40, 3), np.uint8))

    assert read_header(path) == ImageHeader(40, 30)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(("orientation", "upright"), [(1, (8, 6)), (3, (8, 6)), (6, (6, 8)), (8, (6, 8)), (9, (8, 6))])
def test_stored_size_and_orientation_are_told_apart(tmp_path, orientation, upright, order):
    path = tmp_path / "a.jpg"
    path.write_bytes(with_exif(jpeg(), orientation, order))

    header = read_header(path)

    assert (header.width, header.height, header.upright) == (8, 6, upright)


def test_a_size_and_a_turn_behind_long_metadata_are_still_found(tmp_path):
    data = with_exif(jpeg(), 6)
    filler = b"".join(b"\xff\xe2" + struct.pack(">H", 65_535) + bytes(65_533) for _ in range(3))
    path = tmp_path / "a.jpg"
    path.write_bytes(data[:2] + filler + data[2:])

    assert read_header(path) == ImageHeader(8, 6, orientation=6)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GIF89a",
        jpeg()[:30],
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", 2**31, 10) + bytes(9),
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", 0, 10) + bytes(9),
        b'<?xml version="1.0"?><svg width="4" height="4"/>',
        b"just text",
    ],
)
def test_empty_truncated_lying_and_foreign_files_are_no_images(tmp_path, content):
    path = tmp_path / "a.jpg"
    path.write_bytes(content)

    assert read_header(path) is None


def test_a_missing_file_and_a_folder_are_no_images(tmp_path):
    assert read_header(tmp_path / "gone.jpg") is None
    assert read_header(tmp_path) is None


@given(
    st.binary(max_size=200),
    st.sampled_from(
        [
            b"",
            b"\xff\xd8",
            b"\xff\xd8\xff\xff\xff\xe0\0\2\xff\xc0\0\x11\x08",
            b"\xff\xd8\xff\xe1\0\x40Exif\0\0MM\0*",
            b"RIFF",
            b"BM",
            b"II*\0",
            b"P6",
        ]
    ),
)
def test_no_bytes_break_the_reader(tmp_path_factory, tail, start):
    path = tmp_path_factory.getbasetemp() / "fuzz.jpg"
    path.write_bytes(start + tail)

    header = read_header(path)

    assert header is None or (header.width > 0 and header.height > 0 and 1 <= header.orientation <= 8)


@needs_real_data
@pytest.mark.realdata
def test_headers_agree_with_decoded_images():
    for path in [*REAL.glob("dawn_fog_yolo/Fog/*.jpg"), *REAL.glob("honeybee_conditions/bee_imgs/bee_imgs/00*.png")]:
        pixels = cv2.imread(str(path), cv2.IMREAD_UNCHANGED | cv2.IMREAD_IGNORE_ORIENTATION)

        assert read_header(path).upright == (pixels.shape[1], pixels.shape[0]), path.name

"""EXIF blocks are read in every container and byte order; a block that lies is missing, never a fault."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exif_bytes import block, entry, jpeg_with, photo, png_with, webp_with
from imaging_bytes import jpeg
from tailwise.domain.capture import ExifFacts
from tailwise.imaging.exif import ExifRead, parse_exif, read_exif

FULL = {
    "offset": "+02:00", "place": (-33.5, 151.25), "gps_utc": "2024:06:01 11:05:09",
    "exposure": "1/125", "f_number": "5.6", "iso": 400, "flash": 9,
}  # fmt: skip


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("container", [jpeg_with, png_with, webp_with])
def test_every_fact_is_read_from_every_container_in_both_byte_orders(tmp_path, container, order):
    (tmp_path / "a").write_bytes(container(photo(order=order, **FULL)))

    read = read_exif(tmp_path / "a")

    assert read == ExifRead(
        ExifFacts(
            camera="Canon EOS R5",
            taken="2024:06:01 13:05:09",
            offset="+02:00",
            gps_utc="2024:06:01 11:05:09",
            flash=True,
            exposure_seconds=1 / 125,
            f_number=5.6,
            iso=400.0,
            latitude=-33.5,
            longitude=151.25,
        )
    )


def test_a_model_that_names_its_maker_is_not_named_twice():
    facts = parse_exif(photo(make="NIKON", model="Nikon D850")).facts

    assert facts.camera == "Nikon D850"


@pytest.mark.parametrize("data", [b"", b"GIF89a", jpeg(), b"\x89PNG\r\n\x1a\n\0\0", b"RIFF\0\0\0\0WEBPEXIF"], ids=len)
def test_files_without_a_block_have_no_facts_and_are_not_broken(tmp_path, data):
    (tmp_path / "a").write_bytes(data)

    assert read_exif(tmp_path / "a") == ExifRead(None)
    assert read_exif(tmp_path / "none") == ExifRead(None)


def test_fractions_over_zero_and_positions_off_the_earth_are_missing():
    tiff = block(
        exif=[entry(33434, 5, [(1, 0)]), entry(33437, 5, [(0, 0)])],
        gps=[entry(1, 2, "N"), entry(2, 5, [91, 0, 0]), entry(3, 2, "E"), entry(4, 5, [(0, 0), (0, 0), (0, 0)])],
    )

    assert parse_exif(tiff) == ExifRead(ExifFacts())


def test_a_block_cut_short_gives_what_it_still_holds_and_says_so():
    whole = photo(**FULL)

    read = parse_exif(whole[:120])

    assert read.is_broken
    assert read.facts.camera == "Canon EOS R5"
    assert parse_exif(b"XX*\0\0\0\0\0") == ExifRead(None, is_broken=True)


@settings(max_examples=150)
@given(st.data())
def test_no_bytes_whatever_do_more_than_be_missing(data):
    whole = bytearray(photo(order=data.draw(st.sampled_from("<>")), **FULL))
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(whole)))

    facts = parse_exif(bytes(whole[:cut])).facts

    if facts is not None:
        assert len(facts.camera) <= 201
        assert facts.latitude is None or -90 <= facts.latitude <= 90
        assert facts.camera.isprintable()

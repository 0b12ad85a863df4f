"""The quick way through a VOC file says what the parser says, or leaves it to the parser."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realdata import REAL, needs_real_data
from tailwise.formats.voc_plain import read_plain_voc
from tailwise.formats.voc_xml import parse_voc
from tailwise.formats.xml_text import XmlRefusedError

FILE = """<?xml version="1.0" encoding="utf-8"?>
<annotation verified="yes">
\t<folder>images</folder><filename>a b.jpg</filename>\r
\t<path>C:\\a b.jpg</path><source><database>Unknown</database></source>
\t<size><width>640</width><height>480</height><depth>3</depth></size>
\t<segmented>0</segmented>
\t<object><name> cat </name><pose>Left</pose><truncated>1</truncated><difficult>0</difficult>
\t\t<bndbox><xmin>1</xmin><ymin>2.5</ymin><xmax>30</xmax><ymax>40</ymax></bndbox></object>
\t<object><name>dog</name><bndbox><xmin>5</xmin><ymin>5</ymin><xmax>5</xmax><ymax>9</ymax></bndbox>
\t\t<difficult>True</difficult></object>
</annotation>
"""
PIECES = [
    "<object>", "</object>", "<name>x</name>", "<bndbox>", "</annotation>", "<truncated>1</truncated>", "&amp;", "]]>", "<!-- a -->",
    "<width>3</width>", "<filename>z.jpg</filename>", "\x01", "é", "nan", "-", " ", "<difficult>1</difficult>", "<part></part>", "<a b='c'/>",
]  # fmt: skip


def same(one, other):
    """Compare what two ways say; scores that are not there are NaN, which is not itself."""
    strip = [[(*found[:5], math.isnan(found.score)) for found in file.objects] for file in (one, other)]
    head = [(f.file_name, f.width, f.height, f.has_path, f.nameless) for f in (one, other)]
    return strip[0] == strip[1] and head[0] == head[1]


def test_a_file_of_labelimg_goes_the_quick_way():
    plain = read_plain_voc(FILE.encode())

    assert plain is not None
    assert same(plain, parse_voc(FILE.encode()))
    assert [(o.name, o.flags, o.box) for o in plain.objects] == [
        ("cat", 4, (1, 2.5, 29, 37.5)),
        ("dog", 2, (5, 5, 0, 4)),
    ]


@given(st.lists(st.tuples(st.integers(0, len(FILE)), st.integers(0, 12), st.sampled_from(["", *PIECES])), max_size=3))
@settings(max_examples=300, deadline=None)
def test_damaged_files_are_read_as_the_parser_reads_them_or_left_to_it(damages):
    text = FILE
    for place, length, piece in damages:
        text = text[:place] + piece + text[place + length :]
    plain = read_plain_voc(text.encode())

    if plain is not None:
        assert same(plain, parse_voc(text.encode()))


@pytest.mark.parametrize("piece", PIECES)
def test_no_piece_put_between_any_two_tags_is_understood_otherwise(piece):
    for place in [at + 1 for at, sign in enumerate(FILE) if sign == ">"]:
        text = FILE[:place] + piece + FILE[place:]
        plain = read_plain_voc(text.encode())
        try:
            parsed = parse_voc(text.encode())
        except XmlRefusedError:
            parsed = None
        assert plain is None or (parsed is not None and same(plain, parsed)), text


@needs_real_data
def test_real_files_go_the_quick_way_and_say_the_same():
    files = sorted((REAL / "bccd_voc").rglob("*.xml"))[:80]
    plain = [read_plain_voc(file.read_bytes()) for file in files]

    assert len(files) == 80
    assert None not in plain
    assert all(same(one, parse_voc(file.read_bytes())) for one, file in zip(plain, files, strict=True))

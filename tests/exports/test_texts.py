"""Texts from strangers survive the way out and back, and never become something else on the way."""

import re

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from exports.export_builders import HOSTILE
from tailwise.exports.texts import (
    EXCEL_CELL_UNITS,
    escape_cell,
    is_anchored,
    natural_key,
    shown,
    slug,
    spreadsheet_text,
    unescape_cell,
    utf16_units,
    writable,
    yaml_quoted,
)

# Texts made of what the rules are about, so that separators and dangerous characters meet often.
nasty = st.text(st.sampled_from("=+-@\t\r\n\0',;\"＝＋ab0 ") | st.characters(), max_size=30)


@given(nasty)
def test_unescaping_an_escaped_cell_gives_the_same_text(text):
    assert unescape_cell(escape_cell(text)) == text


@given(nasty)
def test_no_part_of_an_escaped_cell_begins_a_formula(text):
    """Whatever a program takes for a separator, no cell it makes begins with a dangerous character."""
    for part in re.split(r'[,;\t\r\n"]', escape_cell(text)):
        assert not part.startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))


@pytest.mark.parametrize("text", HOSTILE)
def test_every_hostile_name_survives(text):
    assert unescape_cell(escape_cell(text)) == text


def test_ordinary_names_are_left_alone():
    for text in ("car", "a-b", "1=1", "x@y", "folder/image 1.jpg", ""):
        assert escape_cell(text) == text


@given(nasty)
def test_a_yaml_reader_sees_the_same_class_name(text):
    document = f"names:\n  0: {yaml_quoted(text)}\n"

    found = yaml.load(document, Loader=yaml.BaseLoader)

    assert found == {"names": {"0": writable(text)}}


@pytest.mark.parametrize("text", ["no", "007", "1:30", "~", "a: b", "#x", "\u2028", "\x85", "😀", "\ufeff", "\x7f"])
def test_names_that_yaml_would_reinterpret_stay_texts(text):
    assert yaml.load(yaml_quoted(text), Loader=yaml.SafeLoader) == text


def test_a_text_too_long_for_a_cell_ends_in_a_note():
    text, cut = spreadsheet_text("x" * 40_000)

    assert utf16_units(text) == EXCEL_CELL_UNITS
    assert cut == 40_000 - text.count("x")
    assert text.endswith("… [cut: 40,000 characters, the CSV file has them all]")


def test_a_cell_is_cut_between_characters_and_never_within_one():
    text, cut = spreadsheet_text("😀" * 20_000)

    assert utf16_units(text) <= EXCEL_CELL_UNITS
    assert text.startswith("😀" * 16_000)
    assert cut == 20_000 - text.count("😀")


def test_a_text_that_just_fits_is_not_cut():
    assert spreadsheet_text("x" * EXCEL_CELL_UNITS) == ("x" * EXCEL_CELL_UNITS, 0)


numbered = st.lists(st.text(st.sampled_from("ab01٣ ."), max_size=8), max_size=12)


@given(numbered.flatmap(lambda names: st.tuples(st.just(names), st.permutations(names))))
def test_natural_order_is_a_total_order_that_shuffling_does_not_change(both):
    names, shuffled = both

    assert sorted(names, key=natural_key) == sorted(shuffled, key=natural_key)


def test_numbers_of_any_length_can_be_ordered():
    assert sorted(["a" + "9" * 5000, "a10", "a9"], key=natural_key)[:2] == ["a9", "a10"]


@given(st.lists(nasty))
def test_slugs_are_safe_and_differ_on_every_system(texts):
    taken: set[str] = set()

    slugs = [slug(text, taken) for text in texts]

    assert len({s.casefold() for s in slugs}) == len(texts)
    for name in slugs:
        assert re.fullmatch(r"[A-Za-z0-9_.-]+", name)
        assert name.strip(".") == name
        assert name.casefold() not in {"con", "nul", "aux"}


def test_windows_and_posix_anchors_are_recognised():
    assert all(map(is_anchored, ("/a", "\\a", "C:/a", "c:\\a", "\\\\h\\s", "~/a", "~u/a", "file:///a", "https://x")))
    assert not any(map(is_anchored, ("a/b", "a:b", "~", "..", "C:")))


def test_sentences_show_control_characters_instead_of_obeying_them():
    assert shown("a\u202eb\n\ud800") == "a\\u202eb\\n\\ud800"
    assert len(shown("x" * 1000)) < 130

import time
import unicodedata
from pathlib import Path

import pytest

from tailwise.formats.listing import Entry, Listing
from tailwise.formats.matching import ImageMatcher, Match, stem_of


def matcher(*paths: str) -> ImageMatcher:
    return ImageMatcher(Listing(root=Path("root"), entries=[Entry(p, 1) for p in paths]))


@pytest.mark.parametrize(
    ("name", "folders", "found"),
    [
        ("images/a.jpg", (), Match("images/a.jpg", "exact")),
        ("a.jpg", ("nowhere", "images"), Match("images/a.jpg", "exact")),
        ("./images//a.jpg", (), Match("images/a.jpg", "exact")),
        (r"images\a.jpg", (), Match("images/a.jpg", "exact")),
        ("../images/a.jpg", ("labels",), Match("images/a.jpg", "exact")),
        ("Images/A.JPG", (), Match("images/a.jpg", "case")),
        ("elsewhere/a.jpg", (), Match("images/a.jpg", "basename")),
        ("a.png", (), Match("images/a.jpg", "stem")),
        ("a", (), Match("images/a.jpg", "stem")),
        ("b.jpg", (), Match(None, "missing")),
        ("", (), Match(None, "missing")),
        ("/home/else/a.jpg", (), Match("images/a.jpg", "basename")),
        (r"D:\else\a.jpg", (), Match("images/a.jpg", "basename")),
        ("../../a.jpg", (), Match("images/a.jpg", "basename")),
        ("../../a.png", (), Match(None, "unsafe")),
        ("a.jpg\0", (), Match(None, "unsafe")),
    ],
)
def test_a_name_is_found_by_the_strictest_step_that_fits(name, folders, found):
    assert matcher("images/a.jpg", "images/notes.txt").find(name, folders) == found


def test_decomposed_names_of_macos_match_composed_lists():
    on_disk = unicodedata.normalize("NFD", "images/Prüfstück.jpg")

    assert matcher(on_disk).find("images/Prüfstück.jpg") == Match(on_disk, "nfc")
    assert matcher(on_disk).find("IMAGES/PRÜFSTÜCK.jpg") == Match(on_disk, "case")


def test_equals_are_never_picked_from():
    several = matcher("cam1/1.jpg", "cam2/1.jpg", "x/A.png", "x/a.png", "y/n.jpg", "y/n.png")

    assert several.find("1.jpg") == Match(None, "ambiguous")
    assert several.find("cam3/1.jpg") == Match(None, "ambiguous")
    assert several.find("X/a.PNG") == Match(None, "ambiguous")
    assert several.find("n") == Match(None, "ambiguous")
    assert several.find("x/a.png") == Match("x/a.png", "exact")


def test_trailing_folders_tell_equal_last_parts_apart():
    splits = matcher("set/train/1.jpg", "set/val/1.jpg")

    assert splits.find("/home/me/data/val/1.jpg") == Match("set/val/1.jpg", "basename")
    assert splits.find("train/1") == Match("set/train/1.jpg", "stem")


def test_an_image_is_not_given_twice():
    found = matcher("batch_2/1.jpg", "lone/2.jpg", "lone/3.jpg").find_all(
        ["batch_1/1.jpg", "batch_2/1.jpg", "a/2.jpg", "b/2.jpg", "c/3.jpg", "LONE/3.jpg"]
    )

    assert found == {
        "batch_1/1.jpg": Match(None, "missing"),
        "batch_2/1.jpg": Match("batch_2/1.jpg", "exact"),
        "a/2.jpg": Match(None, "ambiguous"),
        "b/2.jpg": Match(None, "ambiguous"),
        "c/3.jpg": Match(None, "missing"),
        "LONE/3.jpg": Match("lone/3.jpg", "case"),
    }


def test_dots_in_a_stem_are_kept():
    assert [stem_of(n) for n in ("a/b.v2.JPG", "a/b.v2", ".jpg")] == ["b.v2", "b.v2", ".jpg"]


def test_118000_names_are_matched_in_a_moment_even_when_none_is_exact():
    names = [f"train2017/{n:012d}.jpg" for n in range(118_287)]
    fast = matcher(*names)

    started = time.process_time()
    assert fast.find(names[-1].removeprefix("train2017/"), ["train2017"]).level == "exact"
    found = fast.find_all(name.upper() for name in names)

    assert {match.level for match in found.values()} == {"case"}
    assert time.process_time() - started < 15

"""Private things are found in vendor files, and ordinary words are not taken for them."""

import zipfile

import pytest

from exports.export_builders import CLOCK
from tailwise.domain.errors import ExportTargetError
from tailwise.exports.leaks import LeakCheck
from tailwise.exports.tables import table_of
from tailwise.exports.workbook import write_workbook
from tailwise.ops.progress import SILENT

CHECK = LeakCheck.of("/home/zoe.q", [("the user", "zoe.q"), ("the computer", "lab-box-7.example.org")])


def run(check, tmp_path, text):
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    check.run(tmp_path / "a.csv", "vendor/a.csv", SILENT)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('"/home/zoe.q/set/1.jpg"', "an absolute path"),
        ("see /mnt/disk2/set", "an absolute path"),
        ("/Users/anna/x", "an absolute path"),
        ('"C:\\data\\1.jpg"', "a drive letter"),
        ("D:/data/1.jpg", "a drive letter"),
        ("FILE:///x", "a file URL"),
        ("\\\\server\\share\\x", "a network share"),
        ("labelled by Zoe.Q", "the user"),
        ("zoe_1.jpg", "the user"),
        ("from lab-box-7", "the computer"),
        ("lab-box-7.example.org", "the computer"),
    ],
)
def test_private_things_are_found(tmp_path, text, kind):
    with pytest.raises(ExportTargetError) as raised:
        run(CHECK, tmp_path, text)

    assert kind in raised.value.summary
    assert raised.value.summary.startswith("vendor/a.csv would tell")


@pytest.mark.parametrize(
    "text",
    [
        "images/home/1.jpg",
        "batch_1/data/2.jpg",
        "https://cdn.example/home/1.jpg",
        "http://schemas.openxmlformats.org/package/2006",
        "ratio a:b, 16:9/4:3",
        "zoetrope and gazoe",
        "lab-box-71",
        "and/or",
        "./images/mnt/1.jpg",
        "2026-11-23T08:00:00Z",
    ],
)
def test_ordinary_texts_pass(tmp_path, text):
    run(CHECK, tmp_path, text)


def test_a_leak_inside_a_workbook_is_found(tmp_path):
    table = table_of("T", ("a",), [("ok",), ("seen by zoe",)])
    write_workbook(tmp_path / "a.xlsx", [table], CLOCK, tmp_path, SILENT)

    with pytest.raises(ExportTargetError, match="seen by zoe"):
        CHECK.run(tmp_path / "a.xlsx", "vendor/a.xlsx", SILENT)


def test_a_leak_across_two_pieces_of_a_large_file_is_found(tmp_path):
    with pytest.raises(ExportTargetError, match="an absolute path"):
        run(CHECK, tmp_path, " " * ((1 << 20) - 4) + "/home/other/x")


def test_allowed_words_and_names_everybody_has_pass(tmp_path):
    allowing = LeakCheck.of("/root", [("the user", "root"), ("the computer", "Bolt-Cutter")], ["bolt-cutter"])

    run(allowing, tmp_path, "root rot, bolt-cutter, plants/root/1.jpg")


def test_the_home_folder_is_found_wherever_it_lies(tmp_path):
    with pytest.raises(ExportTargetError, match="the home folder"):
        run(LeakCheck.of("/export/people/q", []), tmp_path, '"/export/people/q/set/1.jpg"')


def test_what_a_workbook_is_made_of_is_not_taken_for_a_name(tmp_path):
    """Tags and attributes of a sheet hold words such as row, pane and ref; only its texts are searched for names."""
    table = table_of("T", ("a",), [("car",)] * 20_000)  # large enough to be searched in several pieces
    write_workbook(tmp_path / "a.xlsx", [table], CLOCK, tmp_path, SILENT)
    words = ["row", "pane", "ref", "inlineStr", "sheetData", "Calibri", "worksheet", "spans"]

    LeakCheck.of("/home/x", [("the user", word) for word in words]).run(tmp_path / "a.xlsx", "vendor/a.xlsx", SILENT)


def test_a_file_that_a_workbook_links_to_is_found_in_its_tags(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as archive:
        archive.writestr("xl/externalLinks/_rels/1.rels", '<Relationship Target="file:///C:/prices.xlsx"/>')

    with pytest.raises(ExportTargetError, match="a file URL"):
        CHECK.run(tmp_path / "a.xlsx", "vendor/a.xlsx", SILENT)

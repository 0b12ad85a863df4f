import doctest

from tailwise.formats import image_lists
from tailwise.formats.listing import scan
from tailwise.ops.progress import SILENT


def test_examples_hold():
    assert doctest.testmod(image_lists).failed == 0


def test_only_text_files_that_name_images_are_lists(tmp_path):
    (tmp_path / "train.txt").write_text("a.jpg 1\nb.jpg 2\n")
    (tmp_path / "a.txt").write_text("0 0.5 0.5 0.1 0.1\n")
    (tmp_path / "readme.txt").write_text("photo.jpg is an example\nof our images\nthank you\n")
    (tmp_path / "empty.txt").write_text("")

    assert [e.path for e in image_lists.find_image_lists(scan(tmp_path, SILENT))] == ["train.txt"]
    assert image_lists.names_in("a.jpg 1\n\n# note\nb c.jpg\n") == ["a.jpg", "b c.jpg"]

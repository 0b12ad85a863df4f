from tailwise.formats.identical import identical_files
from tailwise.formats.listing import scan
from tailwise.ops.progress import SILENT


def test_only_whole_equality_makes_a_group(tmp_path):
    body = b"x" * 9000
    (tmp_path / "a.jpg").write_bytes(b"1" + body)
    (tmp_path / "b.jpg").write_bytes(b"1" + body)
    (tmp_path / "same_size_and_tail.jpg").write_bytes(b"2" + body)
    (tmp_path / "same_size.jpg").write_bytes(body + b"1")
    (tmp_path / "empty1.jpg").write_bytes(b"")
    (tmp_path / "empty2.jpg").write_bytes(b"")
    listing = scan(tmp_path, SILENT)

    assert identical_files(listing, [e.path for e in listing.entries], SILENT) == [["a.jpg", "b.jpg"]]


def test_a_file_that_vanished_meanwhile_is_no_fault(tmp_path):
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / name).write_bytes(b"same")
    listing = scan(tmp_path, SILENT)
    (tmp_path / "b.jpg").unlink()

    assert identical_files(listing, ["a.jpg", "b.jpg"], SILENT) == []

import stat
import zipfile

import pytest

from dataset_trees import codes, png, read, write_tree
from tailwise.domain.errors import UnreadableSourceError
from tailwise.domain.findings import FindingLog
from tailwise.domain.records import MediaState
from tailwise.formats import archives, registry
from tailwise.formats.archives import list_archive, settle_in_archive, unpacked
from tailwise.formats.listing import scan
from tailwise.formats.yolo import YoloReader
from tailwise.ops.child import run_here
from tailwise.ops.progress import SILENT
from tailwise.usecases.import_source import ImportRequest, detect_source, import_source
from tailwise.usecases.projects import create_project

YOLO = {
    "set/data.yaml": b"names: [cat]\ntrain: images\n",
    "set/images/a.png": png(),
    "set/labels/a.txt": b"0 .5 .5 .2 .2\n",
}


def packed(path, files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def found(path):
    with unpacked(path, SILENT) as (folder, findings):
        return {f.code: f.count for f in findings}, [entry.path for entry in scan(folder, SILENT).entries], folder


def test_an_archive_is_listed_for_detection_without_being_unpacked(tmp_path, monkeypatch):
    path = packed(tmp_path / "bees.zip", YOLO | {"__MACOSX/set/._a.png": b"x"})
    monkeypatch.setattr(archives.tempfile, "TemporaryDirectory", None)

    listing = list_archive(path)

    assert [entry.path for entry in listing.entries] == ["set/data.yaml", "set/images/a.png", "set/labels/a.txt"]
    assert listing.hidden == ["__MACOSX/set/._a.png"]
    assert {"set", "set/images", "set/labels"} <= set(listing.folders)
    assert registry.choose(listing).key == "yolo"
    assert detect_source(path, SILENT, run_here)[0].format == "yolo"


def test_an_archive_is_imported_in_place_and_leaves_nothing_behind(tmp_path):
    path = packed(tmp_path / "bees.zip", YOLO)
    project = create_project(tmp_path / "p.tailwise")
    try:
        outcome = import_source(project, ImportRequest(path), SILENT, run_here)
        again = import_source(project, ImportRequest(path), SILENT, run_here)
    finally:
        project.close()

    assert (outcome.source, outcome.format, outcome.added, outcome.annotations) == ("bees", "yolo", 1, 1)
    assert (again.added, again.updated) == (0, 1)
    assert "AR-05" in {f.code for f in outcome.findings}
    assert outcome.missing_files == 1
    assert sorted(p.name for p in tmp_path.iterdir() if not p.name.startswith("p.")) == ["bees.zip"]


def link():
    info = zipfile.ZipInfo("link")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["../evil.txt", "/etc/evil.txt", "a/../../evil.txt", "C:\\evil.txt", "\\\\host\\evil.txt"], {"AR-01": 5}),
        ([link()], {"AR-02": 1}),
        (["A.txt", "a.TXT", "a.txt/b"], {"AR-03": 2}),
        (["inner.zip", "inner.tar.gz"], {"AR-04": 2}),
    ],
)
def test_members_that_are_no_plain_files_are_told(tmp_path, names, expected):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("good.txt", b"x")
        for name in names:
            archive.writestr(name, b"y")

    told, files, folder = found(path)

    assert told == expected
    assert "good.txt" in files
    assert not any("evil" in name for name in files)
    assert not folder.exists()
    assert [p.name for p in tmp_path.iterdir()] == ["a.zip"]


def test_traps_and_locked_and_broken_archives_are_refused_in_one_sentence(tmp_path, monkeypatch):
    bomb = packed(tmp_path / "bomb.zip", {"zeros.txt": b"0" * (11 << 20)})
    with pytest.raises(UnreadableSourceError, match=r"looks like a trap: zeros.txt would grow 200-fold"):
        found(bomb)
    locked = packed(tmp_path / "locked.zip", {"a.txt": b"x"})
    content = bytearray(locked.read_bytes())
    place = content.index(b"PK\x01\x02")
    content[place + 8] |= 1
    locked.write_bytes(content)
    with pytest.raises(UnreadableSourceError, match=r"is encrypted \(a.txt\)"):
        found(locked)
    (tmp_path / "no.zip").write_bytes(b"PK nothing")
    with pytest.raises(UnreadableSourceError, match="is no zip archive, or a damaged one"):
        found(tmp_path / "no.zip")
    with pytest.raises(UnreadableSourceError, match="holds no files"):
        found(packed(tmp_path / "empty.zip", {}))
    few = packed(tmp_path / "few.zip", {f"{n}.txt": b"x" for n in range(4)})
    monkeypatch.setattr(archives, "MAX_MEMBERS", 3)
    with pytest.raises(UnreadableSourceError, match="holds 4 files, more than 3"):
        found(few)
    monkeypatch.setattr(archives, "MAX_MEMBERS", 300)
    monkeypatch.setattr(archives, "MAX_TOTAL_BYTES", 3)
    with pytest.raises(UnreadableSourceError, match="would unpack to"):
        found(few)


def test_a_damaged_member_and_a_full_disk_are_sentences(tmp_path, monkeypatch):
    path = packed(tmp_path / "a.zip", {"a.txt": b"some words " * 100})
    content = bytearray(path.read_bytes())
    content[45] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(UnreadableSourceError):
        found(path)
    whole = packed(tmp_path / "b.zip", {"a.txt": b"some words"})
    usage = archives.shutil.disk_usage(tmp_path)
    monkeypatch.setattr(archives.shutil, "disk_usage", lambda _path: usage._replace(free=1))
    with pytest.raises(UnreadableSourceError, match="are free for unpacking"):
        found(whole)


def test_a_folder_is_read_where_it_is(tmp_path):
    with unpacked(tmp_path, SILENT) as (folder, findings):
        assert (folder, findings) == (tmp_path, [])


def test_a_source_of_an_archive_names_the_archive_as_its_root(tmp_path):
    root = write_tree(tmp_path / "x", YOLO)
    data = read(YoloReader(), root / "set")
    log = FindingLog()
    settle_in_archive(data, root, tmp_path / "x.zip", log)

    assert data.root == f"{tmp_path / 'x.zip'}/set"
    assert list(data.items.media) == [MediaState.MISSING]
    assert {f.code: f.count for f in log.findings()} == {"AR-05": 1}
    assert codes(data) == {}

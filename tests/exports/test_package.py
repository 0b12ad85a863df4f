"""What is in an export is read back, summed and described."""

import hashlib
import json
import shutil
import subprocess

import pytest

from exports.export_builders import an_info, snapshot
from tailwise.domain.errors import ExportTargetError
from tailwise.domain.exports import Audience, Dialect
from tailwise.exports.package import Package, dataset_fingerprint, package_files
from tailwise.exports.sums import read_sums
from tailwise.exports.table_files import add_csv
from tailwise.exports.tables import table_of
from tailwise.ops.progress import SILENT


@pytest.fixture
def package(tmp_path):
    return Package(tmp_path, an_info(items=6, targets=(("ultralytics", "8.3"),), redactions=("annotator names",)))


def test_package_json_tells_where_everything_comes_from(package, tmp_path):
    add_csv(table_of("T", ("a",), [("x",)]), "t/t.csv", Audience.TRAINING, package, SILENT)
    package.warn("EX-06", "items nobody has labelled", 3, ["a.jpg"])
    package.check("leaked_groups", 0)

    package.seal(SILENT)

    found = json.loads((tmp_path / "package.json").read_text(encoding="utf-8"))
    content = (tmp_path / "t" / "t.csv").read_bytes()
    assert found["schema"] == "planner.package/1"
    assert found["generator"] == {"name": "Tailwise", "version": "0.1.0"}
    assert found["created_utc"] == "2026-11-23T08:00:00Z"
    assert (found["project"], found["plan_id"], found["plan_revision"], found["seed"]) == ("Streets", "3", 1, 7)
    assert found["counts"] == {"items": 6, "annotations": 0, "classes": 0}
    assert found["files"] == [
        {
            "path": "t/t.csv",
            "role": "table",
            "audience": "training",
            "rows": 1,
            "bytes": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
            "media_type": "text/csv",
            "dialect": Dialect.PLAIN.value,
        }
    ]
    assert found["targets"] == [{"name": "ultralytics", "assumed_version": "8.3"}]
    assert found["redactions"] == ["annotator names"]
    assert found["warnings"] == [
        {"code": "EX-06", "text": "items nobody has labelled", "count": 3, "examples": ["a.jpg"]}
    ]
    assert found["checks"] == {"files": 1, "leaked_groups": 0, "rows_read_back": 1}


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="sha256sum is not installed")
def test_the_sums_are_what_sha256sum_checks(package, tmp_path):
    package.add_text("vendor/README.txt", "hello\n", "readme", Audience.VENDOR)
    package.add_text("odd name äß.txt", "x\n", "note", Audience.INTERNAL)

    package.seal(SILENT)

    for folder in (tmp_path, tmp_path / "vendor"):
        checked = subprocess.run(["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"], cwd=folder)
        assert checked.returncode == 0
    listed = read_sums(tmp_path / "SHA256SUMS").keys()
    assert listed == snapshot(tmp_path).keys() - {"SHA256SUMS"}
    assert read_sums(tmp_path / "vendor" / "SHA256SUMS").keys() == {"README.txt"}


def test_a_file_that_reads_back_differently_stops_the_export(package, tmp_path):
    add_csv(table_of("T", ("a",), [("x",), ("y",)]), "t.csv", Audience.TRAINING, package, SILENT)
    (tmp_path / "t.csv").write_text('"a"\n"x"\n', encoding="utf-8")  # the disk lost a line

    with pytest.raises(ExportTargetError, match=r"t.csv does not read back as it was written \(1 rows instead of 2\)"):
        package.seal(SILENT)


def test_a_json_document_that_lost_a_key_stops_the_export(package, tmp_path):
    package.add_json("a.json", {"x": 1, "y": 2}, 2, "splits", Audience.TRAINING)
    (tmp_path / "a.json").write_text('{"x":1}')

    with pytest.raises(ExportTargetError, match=r"a\.json does not read back"):
        package.seal(SILENT)


@pytest.mark.parametrize("relative", ["../a", "/a", "a/../../b", "a\\b", "a\nb", "", "package.json", "SHA256SUMS"])
def test_no_file_is_placed_outside_or_over_our_own(package, relative):
    with pytest.raises(ValueError, match="no path inside an export"):
        package.place(relative)


def test_the_scratch_folder_is_gone_when_sealed(package, tmp_path):
    (package.scratch / "tmp").write_text("x")
    package.add_text("a.txt", "x\n", "note", Audience.INTERNAL)

    package.seal(SILENT)

    assert sorted(snapshot(tmp_path)) == ["SHA256SUMS", "a.txt", "package.json"]


def test_only_a_folder_of_ours_is_taken_for_an_export(package, tmp_path):
    package.add_text("a.txt", "x\n", "note", Audience.INTERNAL)
    package.seal(SILENT)
    assert set(package_files(tmp_path) or ()) == {"a.txt", "package.json", "SHA256SUMS"}

    for damage in ('{"schema": "other/1"}', "[]", "no json", '{"schema": "planner.package/1", "generator": "x"}'):
        (tmp_path / "package.json").write_text(damage)
        assert package_files(tmp_path) is None


def test_the_fingerprint_depends_on_the_data_and_not_on_its_order():
    rows = [("set/a.jpg", 10, "aa"), ("set/b.jpg", 0, "")]

    expected = hashlib.sha256(b"set/a.jpg\t10\taa\nset/b.jpg\t0\t\n").hexdigest()
    assert dataset_fingerprint(rows) == dataset_fingerprint(rows[::-1]) == expected
    assert dataset_fingerprint([("set/a.jpg", 11, "aa"), rows[1]]) != expected


def test_many_files_are_brought_to_the_disk_at_once(package, tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr("tailwise.exports.package.SYNC_ALL_FROM", 3)
    monkeypatch.setattr("os.sync", lambda: synced.append(True), raising=False)
    monkeypatch.setattr("os.fsync", lambda handle: pytest.fail("one by one"))
    package.add_text("a.txt", "x\n", "note", Audience.INTERNAL)

    package.seal(SILENT)

    assert synced

"""An export folder is there whole or not at all."""

import errno
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from exports.export_builders import a_job, an_info, snapshot
from tailwise.domain.errors import ExportTargetError
from tailwise.domain.exports import Audience
from tailwise.exports.job import run_export
from tailwise.exports.package import Package
from tailwise.exports.transaction import ExportFolder, leftovers
from tailwise.ops.progress import SILENT

needs_posix = pytest.mark.skipif(os.name != "posix", reason="POSIX signals")


def an_export(target: Path, text: str = "one\n", **more) -> Path:
    """Make a small export."""
    with ExportFolder(target, **more) as folder:
        package = Package(folder.staging, an_info())
        package.add_text("a.txt", text, "note", Audience.INTERNAL)
        package.seal(SILENT)
        return folder.publish()


def test_a_published_folder_is_there_and_nothing_else(tmp_path):
    an_export(tmp_path / "out")

    assert sorted(p.name for p in tmp_path.iterdir()) == ["out"]
    assert sorted(snapshot(tmp_path / "out")) == ["SHA256SUMS", "a.txt", "package.json"]


def test_leaving_without_publishing_leaves_nothing_not_even_new_parents(tmp_path):
    with ExportFolder(tmp_path / "new" / "deep" / "out") as folder:
        (folder.staging / "half.txt").write_text("half")

    assert list(tmp_path.iterdir()) == []


def test_missing_parents_are_made(tmp_path):
    assert an_export(tmp_path / "new" / "deep" / "out").is_dir()


def test_an_empty_folder_may_be_the_target(tmp_path):
    (tmp_path / "out").mkdir()

    assert (an_export(tmp_path / "out") / "a.txt").is_file()


def test_a_folder_with_files_of_others_is_never_touched(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.doc").write_text("dear")
    before = snapshot(tmp_path)

    with pytest.raises(ExportTargetError, match=r"thesis\.doc") as raised:
        an_export(tmp_path / "out", replace=True)

    assert snapshot(tmp_path) == before
    assert raised.value.hint == "Choose a new or an empty folder"


def test_a_file_as_target_is_refused(tmp_path):
    (tmp_path / "out").write_text("dear")

    with pytest.raises(ExportTargetError, match="is a file"):
        an_export(tmp_path / "out")
    with pytest.raises(ExportTargetError, match="is a file"):
        an_export(tmp_path / "out" / "below")


def test_an_earlier_export_is_replaced_only_when_asked(tmp_path):
    an_export(tmp_path / "out")
    before = snapshot(tmp_path)

    with pytest.raises(ExportTargetError, match="already holds an export"):
        an_export(tmp_path / "out", "two\n")
    assert snapshot(tmp_path) == before

    an_export(tmp_path / "out", "two\n", replace=True)
    assert (tmp_path / "out" / "a.txt").read_text() == "two\n"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out"]


def test_replacing_never_deletes_what_somebody_added_or_changed(tmp_path):
    an_export(tmp_path / "out")
    (tmp_path / "out" / ".DS_Store").write_text("litter of the system is no reason")
    (tmp_path / "out" / "my notes.txt").write_text("dear")

    with pytest.raises(ExportTargetError, match=r"my notes\.txt"):
        an_export(tmp_path / "out", replace=True)

    (tmp_path / "out" / "my notes.txt").unlink()
    (tmp_path / "out" / "a.txt").write_text("edited\n")
    with pytest.raises(ExportTargetError, match=r"changed since they were exported \(a.txt\)"):
        an_export(tmp_path / "out", replace=True)
    assert (tmp_path / "out" / "a.txt").read_text() == "edited\n"

    (tmp_path / "out" / "a.txt").write_text("one\n")
    an_export(tmp_path / "out", "two\n", replace=True)


def test_nothing_is_written_inside_a_dataset(tmp_path):
    (tmp_path / "set").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "set")

    for target in (tmp_path / "set" / "out", tmp_path / "set", tmp_path / "link" / "a" / "out"):
        with pytest.raises(ExportTargetError, match="dataset set"):
            an_export(target, keep_out=(tmp_path / "set",))
    assert list((tmp_path / "set").iterdir()) == []


def test_a_link_as_target_is_refused(tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "out").symlink_to(tmp_path / "there")

    with pytest.raises(ExportTargetError, match="is a link"):
        an_export(tmp_path / "out")


def test_two_exports_to_one_folder_do_not_meet(tmp_path):
    with ExportFolder(tmp_path / "out") as folder:
        (folder.staging / "a.txt").write_text("in the making")
        with pytest.raises(ExportTargetError, match="Another Tailwise is exporting"), ExportFolder(tmp_path / "out"):
            pytest.fail("both were let in")
        an_export(tmp_path / "other")
        assert (folder.staging / "a.txt").is_file()

    assert sorted(p.name for p in tmp_path.iterdir()) == ["other"]


def test_somebody_who_fills_the_target_meanwhile_keeps_their_files(tmp_path):
    with ExportFolder(tmp_path / "out") as folder:
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "theirs").write_text("dear")
        with pytest.raises(ExportTargetError, match="is not empty"):
            folder.publish()

    assert list(snapshot(tmp_path)) == ["out/theirs"]


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (errno.ENOSPC, "no room left on the disk"),
        (errno.EDQUOT, "no room left on the disk"),
        (errno.EROFS, "cannot be written"),
        (errno.EACCES, "cannot be written"),
        (errno.EIO, "reports an error"),
        (errno.ENAMETOOLONG, "too long"),
    ],
)
def test_faults_of_the_disk_are_told_with_advice(tmp_path, number, sentence):
    with pytest.raises(ExportTargetError, match=sentence) as raised, ExportFolder(tmp_path / "out"):
        raise OSError(number, os.strerror(number))

    assert raised.value.hint
    assert list(tmp_path.iterdir()) == []


def test_a_place_where_no_folder_can_be_made_is_told(tmp_path, monkeypatch):
    def gone(self, *_args, **_options):
        raise FileNotFoundError(errno.ENOENT, "No such file or directory", str(self))

    monkeypatch.setattr(Path, "mkdir", gone)
    with pytest.raises(ExportTargetError, match="No folder can be made in"), ExportFolder(tmp_path / "a" / "out"):
        pass


def test_other_faults_of_the_system_are_not_hidden(tmp_path):
    with pytest.raises(FileNotFoundError), ExportFolder(tmp_path / "out"):
        (tmp_path / "no such file").read_text()


def test_a_swap_that_fails_brings_the_old_export_back(tmp_path, monkeypatch):
    an_export(tmp_path / "out")
    before = snapshot(tmp_path)
    rename = Path.rename

    def refuse_new(self, target):
        if self.suffix == ".new":
            raise OSError(errno.EACCES, "in use")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", refuse_new)
    with pytest.raises(ExportTargetError, match="cannot be written"):
        an_export(tmp_path / "out", "two\n", replace=True)

    assert snapshot(tmp_path) == before


def test_a_name_as_long_as_the_system_allows_can_be_a_target(tmp_path):
    assert an_export(tmp_path / ("x" * 255)).is_dir()


@needs_posix
@pytest.mark.parametrize("moment", ["while writing", "between the two renames"])
def test_the_next_export_puts_right_what_a_killed_one_left(tmp_path, moment):
    an_export(tmp_path / "out")
    before = snapshot(tmp_path)
    script = f"""
        import os, signal
        from pathlib import Path
        from tailwise.exports.transaction import ExportFolder
        rename = Path.rename
        def rename_and_die(self, target):
            rename(self, target)
            os.kill(os.getpid(), signal.SIGKILL)
        with ExportFolder(Path({str(tmp_path / "out")!r}), replace=True) as folder:
            (folder.staging / "half.txt").write_text("half")
            if {moment!r} == "while writing":
                os.kill(os.getpid(), signal.SIGKILL)
            Path.rename = rename_and_die
            folder.publish()
    """
    died = subprocess.run([sys.executable, "-c", textwrap.dedent(script)])
    assert died.returncode == -signal.SIGKILL
    assert leftovers(tmp_path)

    an_export(tmp_path / "another")  # any export beside it puts things right

    assert leftovers(tmp_path) == []
    assert {k: v for k, v in snapshot(tmp_path).items() if k.startswith("out/")} == before


def test_a_whole_job_goes_through_the_transaction(tmp_path):
    outcome = run_export(a_job(tmp_path / "out"), SILENT)

    assert outcome.to == tmp_path / "out"
    assert {f.path for f in outcome.files} <= set(snapshot(outcome.to))


def test_a_folder_without_a_name_is_no_target():
    with pytest.raises(ExportTargetError, match="no folder an export can be put into"):
        an_export(Path("/"))


@needs_posix
def test_an_export_goes_on_where_a_drive_has_no_locks(tmp_path, monkeypatch):
    def no_locks(file):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("tailwise.exports.transaction._lock", no_locks)

    assert an_export(tmp_path / "out").is_dir()


def test_a_lock_file_that_its_last_owner_removed_meanwhile_is_made_anew(tmp_path, monkeypatch):
    """Between opening and locking, another export may end and remove the file we opened."""
    from tailwise.exports import transaction

    real, removed = transaction._lock, []

    def lock_late(file):
        if not removed:
            removed.append(file.name)
            Path(file.name).unlink()
        real(file)

    monkeypatch.setattr(transaction, "_lock", lock_late)

    assert an_export(tmp_path / "out").is_dir()
    assert removed
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out"]

"""Whole exports: cancelled, killed or on a full disk they leave nothing; finished they are the same bytes each time."""

import builtins
import errno
import os
from dataclasses import replace
from pathlib import Path

import pytest

from exports.export_builders import (
    CancelAfter,
    CountingProgress,
    a_coco_file,
    a_count_table,
    a_job,
    a_split,
    an_item,
    an_order,
    boxes_of,
    snapshot,
)
from tailwise.domain.errors import ExportTargetError, RequestError
from tailwise.domain.exports import SplitSource, YoloLabels
from tailwise.exports.job import run_export
from tailwise.ops.child import ChildCrashedError, run_in_child
from tailwise.ops.progress import SILENT, OpCancelledError


@pytest.fixture
def everything(tmp_path):
    """A job with every kind of file in it."""
    (tmp_path / "set").mkdir()
    ref = a_coco_file(tmp_path / "set/a.json", 6)
    items = [an_item(i, s) for i, s in enumerate(("train", "train", "val", "test", "train", "val"), 1)]
    split = a_split(
        items,
        sources=(SplitSource("streets", "coco", tmp_path / "set", (ref,)),),
        boxes=boxes_of(*((i, 0, 40, 30, 20, 20) for i in range(6))),
    )
    (tmp_path / "to").mkdir()
    return a_job(
        tmp_path / "to/out",
        splits=split,
        yolo=YoloLabels.AUTO,
        coco=True,
        work_order=an_order(),
        counts=a_count_table(),
        keep_out=(tmp_path / "set",),
    )


def test_an_export_of_everything_reads_back_whole(everything, tmp_path):
    progress = CountingProgress()

    outcome = run_export(everything, progress)

    on_disk = snapshot(outcome.to)
    listed = {f.path for f in outcome.files if not f.path.endswith("/")}
    assert on_disk.keys() - listed - {"package.json", "SHA256SUMS"} == {
        f"splits/yolo/labels/{i}.txt" for i in range(1, 7)
    }
    labels = next(f for f in outcome.files if f.path == "splits/yolo/labels/")
    assert (labels.files, labels.rows) == (6, 6)
    assert outcome.checks["rows_read_back"] == sum(f.rows for f in outcome.files if f.path != "vendor/SHA256SUMS")
    assert [p.name for p in (tmp_path / "to").iterdir()] == ["out"]


KINDS = {
    "splits": ("splits", "yolo", "coco", "keep_out"),
    "work order": ("work_order",),
    "counts": ("counts",),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_cancelling_at_any_report_leaves_nothing(everything, tmp_path, kind):
    job = a_part(everything, kind)
    counting = CountingProgress()
    run_export(replace(job, target=tmp_path / "once"), counting)
    before = snapshot(tmp_path)

    for n in range(counting.reports):
        with pytest.raises(OpCancelledError):
            run_export(job, CancelAfter(n))
        assert list((tmp_path / "to").iterdir()) == [], f"after report {n}"
    assert snapshot(tmp_path) == before


def test_cancelling_a_replacement_at_any_report_leaves_the_earlier_export(tmp_path):
    run_export(a_job(tmp_path / "out"), SILENT)
    before = snapshot(tmp_path)
    job = a_job(tmp_path / "out", replace=True, splits=a_split(classes=("bus", "person")))
    counting = CountingProgress()
    run_export(a_job(tmp_path / "once", splits=job.splits), counting)
    once = {f"once/{k}": v for k, v in snapshot(tmp_path / "once").items()}

    for n in range(counting.reports):
        with pytest.raises(OpCancelledError):
            run_export(job, CancelAfter(n))
        assert snapshot(tmp_path) == before | once


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize("fault", ["cannot be made", "cannot be filled"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_disk_that_fills_up_at_any_file_leaves_nothing(everything, tmp_path, monkeypatch, kind, fault):
    job = a_part(everything, kind)
    disk = FullDisk(fault)
    monkeypatch.setattr(builtins, "open", disk.guarding(builtins.open))
    monkeypatch.setattr(Path, "open", disk.guarding(Path.open))
    run_export(replace(job, target=tmp_path / "once"), SILENT)
    files = disk.opened
    assert files >= 5

    for number in range(1, files + 1):
        disk.opened, disk.full_at = 0, number
        with pytest.raises(ExportTargetError, match="no room left on the disk"):
            run_export(job, SILENT)
        assert list((tmp_path / "to").iterdir()) == [], f"file {number}"


class FullDisk:
    """Lets every file of an export be written but the one at `full_at`."""

    def __init__(self, fault: str) -> None:
        self.fault = fault
        self.opened = 0
        self.full_at = 0

    def guarding(self, real):
        def open_(file, mode="r", *args, **kwargs):
            name = str(file)
            if ".tailwise-export-" not in name or name.endswith(".lock") or not set(mode) & set("wax"):
                return real(file, mode, *args, **kwargs)
            self.opened += 1
            if self.opened != self.full_at:
                return real(file, mode, *args, **kwargs)
            if self.fault == "cannot be made":
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), name)
            return real(type(file)("/dev/full"), mode.replace("x", "w"), *args, **kwargs)

        return open_


def test_the_same_data_and_clock_give_the_same_bytes(everything, tmp_path):
    run_export(everything, SILENT)
    run_export(a_job(tmp_path / "again", **parts(everything)), SILENT)

    first, second = snapshot(tmp_path / "to/out"), snapshot(tmp_path / "again")

    assert first.keys() == second.keys()
    assert [k for k in first if first[k] != second[k]] == []


def test_the_child_process_writes_the_same_bytes(everything, tmp_path):
    here = run_export(everything, SILENT)
    there = run_export(a_job(tmp_path / "child", **parts(everything)), SILENT, run=run_in_child)

    assert snapshot(here.to) == snapshot(there.to)
    assert (here.files, here.checks, here.warnings) == (there.files, there.checks, there.warnings)


def test_a_child_that_dies_leaves_nothing(everything, tmp_path):
    def run_and_die(function, *args, progress):
        return run_in_child(_write_and_die, *args, progress=progress)

    with pytest.raises(ChildCrashedError):
        run_export(everything, SILENT, run=run_and_die)

    assert list((tmp_path / "to").iterdir()) == []


def _write_and_die(staging, job, progress):
    (staging / "half.txt").write_text("half")
    os._exit(9)


def test_nothing_absolute_is_in_any_file(everything, tmp_path):
    run_export(everything, SILENT)

    for path, content in snapshot(tmp_path / "to/out").items():
        assert str(tmp_path).encode() not in content, path


def test_an_empty_job_is_refused(tmp_path):
    with pytest.raises(RequestError, match="nothing to export"):
        run_export(a_job(tmp_path / "out", splits=None), SILENT)
    assert list(tmp_path.iterdir()) == []


def a_part(job, kind):
    """Return a job of one kind; without internal figures, whose workbook would only double the time."""
    part = a_job(job.target, **{name: getattr(job, name) for name in KINDS[kind]})
    if part.work_order is not None:
        part = replace(part, work_order=an_order(yields=(), costs=()))
    return part


def parts(job):
    """Return the parts of a job without its target."""
    return {
        "splits": job.splits,
        "yolo": job.yolo,
        "coco": job.coco,
        "work_order": job.work_order,
        "counts": job.counts,
    }

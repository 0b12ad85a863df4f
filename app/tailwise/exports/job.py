"""One export from start to end: what a use case calls.

The folder is opened and swapped in here, in the process that knows whether the user cancelled; the writing may run in
a child, whose death then leaves nothing behind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tailwise.domain.errors import RequestError
from tailwise.domain.exports import ExportContents, ExportOutcome, PackageReport, SplitExport
from tailwise.exports.package import Package
from tailwise.exports.transaction import ExportFolder, translated
from tailwise.ops.child import run_here

if TYPE_CHECKING:
    from pathlib import Path

    from tailwise.ops.child import Runner
    from tailwise.ops.progress import Progress


def run_export(job: ExportContents, progress: Progress, run: Runner = run_here) -> ExportOutcome:
    """Write, read back and swap in one export; nothing is left behind when it fails, is cancelled or killed.

    Raises:
        ExportTargetError: the target cannot be used, the disk is full, or a vendor file would tell something private.
        RequestError: the data does not fit the kind of export; the sentence says why.
        UnreadableSourceError: a source file that is filtered changed or is gone.
        OpCancelledError: the user cancelled.
    """
    with ExportFolder(job.target, replace=job.replace, keep_out=job.keep_out) as folder:
        report = run(write_package, folder.staging, job, progress=progress)
        folder.publish()
    return ExportOutcome(folder.target, report.files, report.checks, report.warnings)


def write_package(staging: Path, job: ExportContents, progress: Progress) -> PackageReport:
    """Write all parts of `job` into an empty folder, read them back and describe them; runs in any process."""
    package = Package(staging, job.info)
    with translated(job.target):
        if job.splits is not None:
            _write_splits(job, job.splits, package, progress)
        if job.work_order is not None:
            from tailwise.exports.work_order import write_work_order

            write_work_order(job.work_order, package, progress)
        if job.playbook is not None:
            from tailwise.exports.playbook import write_playbook

            write_playbook(job.playbook, package)
        if job.counts is not None:
            from tailwise.exports.counts import write_counts

            write_counts(job.counts, package, progress)
        if job.resampling is not None:
            from tailwise.exports.resampling import write_resampling

            write_resampling(job.resampling, package, progress)
        if job.weights is not None:
            from tailwise.exports.weights import write_weights

            write_weights(job.weights, package, progress)
        if job.recipes is not None:
            from tailwise.exports.recipe_policy import write_recipes

            write_recipes(job.recipes, package)
        if job.negatives is not None:
            from tailwise.exports.negatives import write_negatives

            write_negatives(job.negatives, package, progress)
        if package.is_empty:
            raise RequestError("There is nothing to export", "Make a split or a plan first")
        return package.seal(progress)


def _write_splits(job: ExportContents, splits: SplitExport, package: Package, progress: Progress) -> None:
    from tailwise.exports.split_manifest import write_split_manifest

    write_split_manifest(splits, package, progress)
    if job.yolo is not None:
        from tailwise.exports.yolo_lists import write_yolo_lists

        write_yolo_lists(splits, package, progress, job.yolo)
    if job.coco:
        from tailwise.exports.coco_splits import write_coco_splits

        write_coco_splits(splits, package, progress)

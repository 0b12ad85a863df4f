"""What the Export page offers: kinds with the reason where one is missing, and which plan, split or table is meant."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tailwise.domain.coverage import Basis, CountRequest
from tailwise.gui.models.count_view import DRAFT_KEY, first_request, read_request
from tailwise.gui.models.export_table import FileRow, TargetRow
from tailwise.gui.texts import ago

if TYPE_CHECKING:
    from tailwise.ops.progress import Progress
    from tailwise.usecases.projects import Project

WORK_ORDER, SPLITS, COUNTS = "work-order", "splits", "counts"
PLAYBOOK = "playbook"
RECIPE = "recipe"
NEGATIVES = "negatives"
RESAMPLING, WEIGHTS = "resampling", "weights"
OF_PLANS: Final = frozenset({WORK_ORDER, PLAYBOOK})
"""Kinds of export that are of one plan."""


@dataclass(frozen=True, slots=True)
class Subject:
    """One plan, split or table that can be exported.

    `is_default` is what the command line takes too; `splits` names the splits, for one file each.
    """

    text: str
    id: int | None = None
    is_default: bool = True
    splits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ExportView:
    """Everything the page shows before an export."""

    targets: tuple[TargetRow, ...]
    plans: tuple[Subject, ...] = ()
    splits: tuple[Subject, ...] = ()
    counts: CountRequest = CountRequest()  # noqa: RUF009  frozen

    def subjects(self, kind: str) -> tuple[Subject, ...]:
        """Return what an export of this kind can be of, the default first."""
        if kind in OF_PLANS:
            return self.plans
        if kind == SPLITS:
            return self.splits
        if kind == RECIPE:
            return (Subject("all recipes of the project"),)
        if kind == NEGATIVES:
            return (Subject("every class with a confirmed hard negative"),)
        if kind == RESAMPLING:
            return (Subject("the resampling kept last, for the present training split"),)
        if kind == WEIGHTS:
            return (Subject("the weights kept last, by the imbalance ratio where none were kept"),)
        by = " × ".join(("class", *self.counts.by))
        where = "".join(f", {axis} {value}" for axis, value in self.counts.where)
        return (Subject(f"{by}{where}, as on the Counts page", is_default=not self.counts.where),)


def load_view(project: Project, _progress: Progress) -> ExportView:
    """Ask what can be exported; runs on a worker thread."""
    from tailwise.usecases.counts import count_axes
    from tailwise.usecases.exports import export_targets
    from tailwise.usecases.plans import list_plans
    from tailwise.usecases.projects import load_draft
    from tailwise.usecases.splits import list_splits

    axes = count_axes(project)
    published_names = tuple(value for axis in axes if axis.name == Basis.SPLIT for value, _items in axis.values)
    stored = sorted(list_splits(project), key=lambda split: not split.is_active)
    splits = [
        Subject(
            f"split {split.id}, "
            + ", ".join(f"{name} {100 * share:g} %" for name, share in split.request.ratios)
            + (", active" if split.is_active else ""),
            split.id,
            split.is_active,
            split.request.names,
        )
        for split in stored
    ]
    published = (
        [] if any(split.is_active for split in stored) else [Subject("the published lists", splits=published_names)]
    )
    return ExportView(
        targets=tuple(
            TargetRow(t.kind, t.target, t.title, t.note, "" if t.available else t.reason)
            for t in export_targets(project)
        ),
        plans=tuple(
            Subject(f"{plan.name}, {plan.status.replace('_', ' ')}, {ago(plan.created_utc)}", plan.id, number == 0)
            for number, plan in enumerate(list_plans(project))
        ),
        splits=(*published, *splits),
        counts=read_request(load_draft(project, DRAFT_KEY), axes) or first_request(axes),
    )


_MANIFEST = ("splits/splits.csv", "splits/splits.json", "splits/splits_classes.csv")
_YOLO = (*_MANIFEST, "splits/yolo/data.yaml", "splits/yolo/{split}.txt")
_PLANNED: Final = {
    (WORK_ORDER, ""): (
        "vendor/work_order.xlsx",
        "vendor/csv/quotas.csv",
        "vendor/csv/batches.csv",
        "vendor/csv/items.csv",
        "vendor/csv/classes.csv",
        "vendor/README.txt",
        "vendor/SHA256SUMS",
        "internal/planning.xlsx",
    ),
    (SPLITS, "manifest"): _MANIFEST,
    (SPLITS, "yolo"): _YOLO,
    (SPLITS, "yolo-labels"): (*_YOLO, "splits/yolo/labels/"),
    (SPLITS, "coco"): (*_MANIFEST, "splits/coco/annotations/instances_{split}.json"),
    (PLAYBOOK, ""): ("playbook/playbook.md", "playbook/playbook.html"),
    (RECIPE, ""): ("recipes/recipes.json",),
    (NEGATIVES, ""): (
        "negatives/negatives.csv",
        "negatives/judged.csv",
        "negatives/verdicts.csv",
        "negatives/negatives.json",
        "negatives/README.txt",
    ),
    (RESAMPLING, ""): (
        "resampling/resampling.csv",
        "resampling/sampler.json",
        "resampling/train_repeated.txt",
        "resampling/README.txt",
    ),
    (WEIGHTS, ""): (
        "resampling/class_weights.csv",
        "resampling/class_weights.json",
        "resampling/README.txt",
    ),
    (COUNTS, ""): ("counts/counts.csv", "counts/counts.xlsx"),
}


def planned_files(row: TargetRow, subject: Subject | None) -> list[FileRow]:
    """Return the files an export will write for sure; further ones depend on what is found while writing."""
    training = dict.fromkeys(("splits", "recipes", "resampling", "negatives"), "training")
    audiences = {"vendor": "vendor", "internal": "internal", **training}
    splits = subject.splits if subject is not None else ()
    paths = [
        path.format(split=split)
        for path in _PLANNED.get((row.kind, row.target), ())
        for split in (splits if "{split}" in path else ("",))
    ]
    return [FileRow(path, -1, -1, audiences.get(path.partition("/")[0], "internal")) for path in paths]


def command_of(project: str, row: TargetRow, to: str, counts: CountRequest, *, replace: bool) -> str:
    """Return the command that does the same without a window."""
    words = ["tailwise", "export", project, row.kind, "--to", to]
    words += ["--target", row.target] if row.target else []
    if row.kind == COUNTS:
        words += [word for axis in counts.by for word in ("--by", axis)]
        words += ["--unit", counts.unit.value] if counts.unit else []
    words += ["--replace"] if replace else []
    return shlex.join(words)

"""Commands that plan and hand out: the group plan, export."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import click

from tailwise.cli import quota
from tailwise.cli.output import print_json, print_table, say
from tailwise.cli.support import PATH, json_option, reading, terminal_progress, writing
from tailwise.domain.errors import ProjectFileError
from tailwise.ops.child import run_here

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from tailwise.usecases.projects import Project


@click.group()
def plan() -> None:
    """Plan what to label next."""


for _command in quota.PLAN_COMMANDS:
    plan.add_command(_command)


@click.command()
@click.argument("project", type=PATH)
@click.argument(
    "kind",
    type=click.Choice(["work-order", "splits", "resampling", "weights", "recipe", "negatives", "counts", "playbook"]),
)
@click.option("--to", required=True, type=PATH, help="Folder to make.")
@click.option("--target", default="", help="For splits: manifest, yolo, yolo-labels or coco.")
@click.option("--split", "split_id", type=int, metavar="ID", help="For splits: another than the active one.")
@click.option("--by", multiple=True, metavar="AXIS", help="For counts: spread over this axis.")
@click.option("--unit", type=click.Choice(["images", "objects", "pixels"]), help="For counts: what to count.")
@quota.plan_option
@click.option("--replace", is_flag=True, help="Replace an earlier export of Tailwise at this place.")
@click.option(
    "--allow", multiple=True, metavar="WORD", help="For work orders: a word vendors may see although it is yours."
)
@json_option
def export(  # noqa: PLR0913, PLR0917  one parameter per option
    project: Path,
    kind: str,
    to: Path,
    target: str,
    by: tuple[str, ...],
    unit: str | None,
    split_id: int | None,
    plan_id: int | None,
    replace: bool,
    allow: tuple[str, ...],
    as_json: bool,
) -> None:
    """Write a work order, playbook, splits, resampling, weights, recipes or counts; read back, then put in place."""
    from tailwise.domain.coverage import CountRequest, Unit
    from tailwise.usecases.exports import ExportRequest
    from tailwise.usecases.exports import export as run_export
    from tailwise.usecases.order_history import WORK_ORDER

    request = ExportRequest(
        kind,
        to,
        target,
        plan_id=plan_id,
        split_id=split_id,
        counts=CountRequest(by, Unit(unit) if unit else None),
        replace=replace,
        allowed_words=allow,
    )
    with _noting(project) if kind == WORK_ORDER else reading(project) as opened, terminal_progress() as progress:
        done = run_export(opened, request, progress, run_here)
    if as_json:
        print_json(
            {
                "to": str(done.to),
                "files": [{"path": f.path, "rows": f.rows, "bytes": f.bytes} for f in done.files],
                "checks": done.checks,
                "warnings": [{"code": w.code, "count": w.count, "text": w.text} for w in done.warnings],
            }
        )
        return
    print_table(("file", "rows", "bytes"), [(f.path, f.rows, f.bytes) for f in done.files])
    for warning in done.warnings:
        say(f"{warning.code}: {warning.text} ({warning.count:,})")
    say(f"Written and read back: {done.to}")


@contextlib.contextmanager
def _noting(path: Path) -> Generator[Project]:
    """Open a project to note a work order in it; where nothing can be written now the order is made all the same."""
    with contextlib.ExitStack() as opened:
        try:
            project = opened.enter_context(writing(path))
        except ProjectFileError:
            project = opened.enter_context(reading(path))
            say("The project cannot be written now: later orders will not know what this one lists")
        yield project


COMMANDS = (plan, export)
"""Every command of this module, in the order of the help."""

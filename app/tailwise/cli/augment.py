"""Commands that make training pictures: augment."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import click

from tailwise.cli.output import print_json, print_table, say
from tailwise.cli.support import PATH, json_option, terminal_progress, writing
from tailwise.ops.child import run_here

if TYPE_CHECKING:
    from pathlib import Path

    from tailwise.usecases.materialise import Materialised


@click.command()
@click.argument("project", type=PATH)
@click.option("--class", "class_name", required=True, metavar="C", help="The class whose training images are used.")
@click.option("--recipe", type=PATH, help="A recipe file; without it mild steps that fit the multiplier.")
@click.option("--use", metavar="NAME", help="A recipe saved with the project, by name.")
@click.option("--out", "to", required=True, type=PATH, help="Folder to make.")
@click.option(
    "--multiplier", type=float, default=2.0, show_default=True, help="How often the class counts afterwards, 1 to 5."
)
@click.option("--target", type=click.Choice(["coco", "yolo", "both"]), default="coco", show_default=True)
@click.option("--seed", type=click.IntRange(min=0), help="In place of the seed of the recipe.")
@click.option("--replace", is_flag=True, help="Replace an earlier export of Tailwise at this place.")
@json_option
def augment(  # noqa: PLR0913, PLR0917  one parameter per option
    project: Path,
    class_name: str,
    recipe: Path | None,
    use: str | None,
    to: Path,
    multiplier: float,
    target: str,
    seed: int | None,
    replace: bool,
    as_json: bool,
) -> None:
    """Write augmented training images of a class with their labels, marked synthetic; never of validation or test."""
    from tailwise.usecases.augmentation import load_recipe, read_recipe
    from tailwise.usecases.materialise import MaterialiseRequest, materialise

    if recipe is not None and use is not None:
        raise click.UsageError("--recipe and --use exclude each other")
    request = MaterialiseRequest(
        class_name, to, read_recipe(recipe) if recipe else None, multiplier, target, seed, replace
    )
    with writing(project) as opened, terminal_progress() as progress:
        if use is not None:
            request = dataclasses.replace(request, recipe=load_recipe(opened, use))
        done = materialise(opened, request, progress, run_here)
    if as_json:
        print_json(_json(done))
        return
    _print(done)


def _json(done: Materialised) -> dict[str, Any]:
    return {
        "to": str(done.to),
        "images": done.items,
        "variants": done.variants,
        "unit": done.unit,
        "classes": [
            {"class": c.class_name, "before": c.before, "added": c.added, "after": c.before + c.added}
            for c in done.classes
        ],
        "flags": done.flags,
        "notes": list(done.notes),
        "files": [{"path": f.path, "rows": f.rows, "bytes": f.bytes} for f in done.files],
        "checks": done.checks,
        "warnings": [{"code": w.code, "count": w.count, "text": w.text} for w in done.warnings],
    }


def _print(done: Materialised) -> None:
    print_table(
        ("class", f"real {done.unit}", "synthetic", "factor"),
        [(c.class_name, c.before, c.added, round(c.factor, 2)) for c in done.classes if c.added],
    )
    for flag, count in done.flags.items():
        click.echo(f"{count:,} pictures: {flag}")
    for note in done.notes:
        say(f"{note}.")
    for warning in done.warnings:
        say(f"{warning.code}: {warning.text} ({warning.count:,})")
    say(f"{done.variants:,} synthetic pictures written and read back, for training only: {done.to}")


COMMANDS = (augment,)
"""Every command of this module, in the order of the help."""

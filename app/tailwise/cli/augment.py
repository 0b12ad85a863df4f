"""Commands that make and choose training pictures: augment, tiles, smote, generated."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import click

from tailwise.cli.output import print_json, print_table, say
from tailwise.cli.support import PATH, json_option, reading, terminal_progress, writing
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


@click.command()
@click.argument("project", type=PATH)
@click.option("--side", type=int, default=512, show_default=True, help="Side of a tile in pixels.")
@click.option("--stride", type=int, help="From one tile to the next, pixels; half a side if left out.")
@click.option("--total", type=int, default=0, help="How many tiles to choose; all with a label if left out.")
@click.option("--background", type=float, default=0.1, show_default=True, help="Share of tiles without an object.")
@click.option("--seed", type=click.IntRange(min=0), default=17, show_default=True)
@click.option("--out", "to", type=PATH, help="CSV file to write; without it only the figures are printed.")
@json_option
def tiles(  # noqa: PLR0913, PLR0917  one parameter per option
    project: Path,
    side: int,
    stride: int | None,
    total: int,
    background: float,
    seed: int,
    to: Path | None,
    as_json: bool,
) -> None:
    """Choose tiles of large training images so that rare classes are seen."""
    from tailwise.domain.tiles import TileRequest
    from tailwise.usecases.tiles import plan_tiles, write_tiles

    request = TileRequest(side, max(1, side // 2) if stride is None else stride, total, background, seed)
    with reading(project) as opened, terminal_progress() as progress:
        plan = plan_tiles(opened, request, progress)
        if to is not None:
            write_tiles(opened, plan, to)
    if as_json:
        print_json(
            {
                "tiles": plan.total,
                "with_label": plan.with_label,
                "chosen": len(plan.tiles),
                "background": plan.background,
                "images": plan.images,
                "classes": [
                    {
                        "class": c.class_name,
                        "tiles": c.tiles,
                        "chosen": c.chosen_tiles,
                        "pixels": c.pixels,
                        "chosen_pixels": c.chosen_pixels,
                    }
                    for c in plan.classes
                ],
                "notes": list(plan.notes),
                "to": str(to) if to is not None else None,
            }
        )
        return
    print_table(
        ("class", "tiles", "chosen", "pixels", "chosen pixels"),
        [(c.class_name, c.tiles, c.chosen_tiles, c.pixels, c.chosen_pixels) for c in plan.classes],
    )
    for note in plan.notes:
        say(f"{note}.")
    say(
        f"{len(plan.tiles):,} of {plan.total:,} tiles chosen from {plan.images:,} images, "
        f"{plan.background:,} without an object"
    )


@click.command()
@click.argument("table", type=PATH)
@click.option("--label", required=True, metavar="COLUMN", help="Column of the class.")
@click.option("--out", "to", required=True, type=PATH, help="CSV file to write.")
@click.option("--class", "classes", multiple=True, metavar="C", help="Class to fill up; all rare ones if left out.")
@click.option("--total", type=click.IntRange(min=0), default=0, help="Rows a class shall have; as the largest if 0.")
@click.option("--group", default="", metavar="COLUMN", help="Column of the scene or cluster.")
@click.option("--split", default="", metavar="COLUMN", help="Column of the split; only train is used.")
@click.option("--ignore", multiple=True, metavar="COLUMN", help="Column that is no feature; may be repeated.")
@click.option("--neighbours", type=click.IntRange(min=1), default=5, show_default=True)
@click.option("--seed", type=click.IntRange(min=0), default=17, show_default=True)
@json_option
def smote(  # noqa: PLR0913, PLR0917  one parameter per option
    table: Path,
    label: str,
    to: Path,
    classes: tuple[str, ...],
    total: int,
    group: str,
    split: str,
    ignore: tuple[str, ...],
    neighbours: int,
    seed: int,
    as_json: bool,
) -> None:
    """Fill up rare classes of a flat feature table TABLE.csv; refused for pixels."""
    from tailwise.domain.feature_table import SmoteRequest
    from tailwise.usecases.feature_tables import fill_up

    request = SmoteRequest(label, classes, total, group, split, ignore, neighbours, seed)
    with terminal_progress() as progress:
        done = fill_up(table, to, request, progress)
    if as_json:
        rows = [{"class": n, "before": before, "added": added} for n, before, added in done.classes]
        print_json({"to": str(to), "rows": done.rows, "features": done.features, "classes": rows})
        return
    print_table(("class", "rows", "synthetic"), done.classes, empty="Every class has that many rows.")
    say(
        "Oversampling helps weak learners, not strong ones once thresholds are tuned: compare with class weights first."
    )
    say(f"{done.added:,} rows added, marked in the column synthetic: {to}")


@click.command()
@click.argument("project", type=PATH)
@click.argument("table", type=PATH)
@click.option("--review", type=float, default=0.1, show_default=True, help="Share that is to be looked at, 0.1 to 1.")
@click.option("--seed", type=click.IntRange(min=0), default=17, show_default=True)
@json_option
def generated(project: Path, table: Path, review: float, seed: int, as_json: bool) -> None:
    """Register generated pictures of PROJECT by TABLE.csv: file, parent, generator, prompt."""
    from tailwise.usecases.generated import register_generated

    with writing(project) as opened, terminal_progress() as progress:
        done = register_generated(opened, table, progress, review, seed)
    if as_json:
        print_json(
            {
                "registered": done.registered,
                "to_review": done.to_review,
                "unknown": {"count": done.unknown_count, "examples": list(done.unknown)},
                "held_out": {"count": done.held_out_count, "examples": list(done.held_out)},
                "twins": {"count": done.twins_count, "examples": list(done.twins)},
                "classes": [{"class": n, "generated": g, "images": t} for n, g, t in done.classes],
            }
        )
        return
    print_table(("class", "generated", "images"), done.classes)
    for count, examples, what in (
        (done.unknown_count, done.unknown, "are not in the project, or their parent is not"),
        (done.held_out_count, done.held_out, "belong to validation or test, or their parent does"),
        (done.twins_count, done.twins, "look like a picture of validation or test"),
    ):
        if count:
            say(f"{count:,} pictures {what} and were left out: {', '.join(examples[:3])}")
    say(f"{done.registered:,} generated pictures registered, {done.to_review:,} of them to be reviewed.")


COMMANDS = (augment, tiles, smote, generated)
"""Every command of this module, in the order of the help."""

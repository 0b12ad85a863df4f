"""Commands that judge synthetic pictures: how many labels may be bad, and whether they are told from real ones."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import click

from tailwise.cli.output import print_json, print_table, say
from tailwise.cli.support import PATH, json_option, reading, terminal_progress, writing
from tailwise.domain.wording import counted
from tailwise.ops.child import run_here

if TYPE_CHECKING:
    from pathlib import Path

    from tailwise.domain.label_audit import LabelAudit
    from tailwise.domain.recipe import Recipe
    from tailwise.usecases.projects import Project


@click.command()
@click.argument("project", type=PATH)
@click.option("--class", "class_name", required=True, metavar="C", help="The class whose recipe is audited.")
@click.option("--recipe", type=PATH, help="A recipe file; without it mild steps that fit the class.")
@click.option("--use", metavar="NAME", help="A recipe saved with the project, by name.")
@click.option("--size", type=int, default=59, show_default=True, help="How many variants are looked at.")
@click.option("--seed", type=click.IntRange(min=0), help="In place of the seed of the recipe.")
@click.option("--to", type=PATH, help="Folder to make for the sheets and the table to fill in.")
@click.option("--replace", is_flag=True, help="Replace an earlier export of Tailwise at this place.")
@click.option("--verdicts", type=PATH, help="The table that was filled in: kept or lost.")
@json_option
def audit(  # noqa: PLR0913, PLR0917  one parameter per option
    project: Path,
    class_name: str,
    recipe: Path | None,
    use: str | None,
    size: int,
    seed: int | None,
    to: Path | None,
    replace: bool,
    verdicts: Path | None,
    as_json: bool,
) -> None:
    """Say how many variants of a recipe may have a bad label: draw sheets with --to, give verdicts, or ask again."""
    from tailwise.usecases.audit_sheets import read_verdicts, write_sheets
    from tailwise.usecases.label_audit import save_audit

    if recipe is not None and use is not None:
        raise click.UsageError("--recipe and --use exclude each other")
    if to is not None and verdicts is not None:
        raise click.UsageError("--to and --verdicts exclude each other: look at the sheets first")
    with (reading if to is None and verdicts is None else writing)(project) as opened:
        asked = _recipe(opened, class_name, recipe, use)
        asked = asked if seed is None else dataclasses.replace(asked, seed=seed)
        if to is not None:
            with terminal_progress() as progress:
                done = write_sheets(opened, asked, size, to, progress, run_here, replace_earlier=replace)
            found = done.audit
        else:
            found = _stored(opened, asked.name)
            if verdicts is not None:
                found = read_verdicts(verdicts, found)
                save_audit(opened, found)
    _tell(found, to, as_json=as_json)


def _recipe(project: Project, class_name: str, file: Path | None, use: str | None) -> Recipe:
    from tailwise.usecases.augmentation import load_recipe, new_recipe, read_recipe

    if file is not None:
        found = read_recipe(file)
    else:
        found = load_recipe(project, use) if use is not None else new_recipe(project, class_name)
    project.cube().class_index(class_name)
    return dataclasses.replace(found, class_name=class_name, name=found.name or class_name)


def _stored(project: Project, name: str) -> LabelAudit:
    from tailwise.domain.errors import RequestError
    from tailwise.usecases.label_audit import load_audit

    found = load_audit(project, name)
    if found is None:
        raise RequestError(f"The recipe {name!r} was never audited", "Draw a sample first: --to FOLDER")
    return found


def _tell(found: LabelAudit, to: Path | None, *, as_json: bool) -> None:
    from tailwise.domain.label_audit import audit_result, percent_up

    result = audit_result(found)
    if as_json:
        steps = [
            {"step": s.kind.value, "judged": s.judged, "lost": s.lost, "at_most": round(s.at_most, 6)}
            for s in result.steps
        ]
        print_json(
            {
                "recipe": found.recipe.name,
                "class": found.recipe.class_name,
                "size": result.size,
                "judged": result.judged,
                "lost": result.lost,
                "at_most": round(result.at_most, 6),
                "passed": result.is_passed,
                "steps": steps,
                "to": str(to) if to is not None else None,
            }
        )
        return
    if to is not None:
        say(f"{counted(result.size, 'sheet')} written: fill in audit.csv and give it back with --verdicts. {to}")
        return
    print_table(
        ("step", "judged", "bad label", "at most"),
        [(s.kind.value, s.judged, s.lost, percent_up(s.at_most) if s.judged else "") for s in result.steps],
    )
    say(f"{result.text}.")


@click.command()
@click.argument("project", type=PATH)
@json_option
def artefacts(project: Path, as_json: bool) -> None:
    """Say whether generated pictures are told from real ones at a glance: a model could learn that instead."""
    from tailwise.usecases.artefacts import check_artefacts

    with reading(project) as opened, terminal_progress() as progress:
        done = check_artefacts(opened, progress, run_here)
    rows = [
        {
            "generator": t.generator or "all",
            "synthetic": t.synthetic,
            "real": t.real,
            "auc": round(t.auc, 6),
            "low": round(t.low, 6),
            "high": round(t.high, 6),
            "shortcut": t.is_shortcut,
        }
        for t in done.tellings
    ]
    if as_json:
        print_json(
            {
                "warning": done.is_warning,
                "embedding": done.embedding,
                "unindexed": done.unindexed,
                "classes": list(done.classes),
                "rows": rows,
            }
        )
        return
    print_table(
        ("generator", "synthetic", "real", "AUC", "from", "to"),
        [(r["generator"], r["synthetic"], r["real"], *(round(float(r[k]), 3) for k in ("auc", "low", "high")))
         for r in rows],
    )  # fmt: skip
    if done.unindexed:
        pictures = counted(done.unindexed, "generated picture is", "generated pictures are")
        say(f"{pictures} not indexed and not compared.")
    say(f"{done.text}.")


COMMANDS = (audit, artefacts)
"""Every command of this module, in the order of the help."""

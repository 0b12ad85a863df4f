"""Commands about conditions, groups, classes and sequences: what the project makes of what its sources state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from tailwise.cli.output import print_json, print_table, say
from tailwise.cli.support import PATH, json_option, pairs_of, reading, terminal_progress, writing
from tailwise.ops.child import run_here

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tailwise.domain.coverage import AxisFacts
    from tailwise.usecases.class_map import ClassMapEdit
    from tailwise.usecases.conditions import ConditionEdit
    from tailwise.usecases.conditions_derived import DerivedOutcome, NamePreview

SHOWN_VALUES = 6


@click.group()
def conditions() -> None:
    """List, make and edit the conditions and groups of a project. The sources stay as they are."""


@conditions.command("list")
@click.argument("project", type=PATH)
@json_option
def list_command(project: Path, as_json: bool) -> None:
    """List conditions and groups with their values."""
    from tailwise.usecases.conditions import list_conditions

    with reading(project) as opened:
        found = list_conditions(opened)
    _print_axes(found, "conditions", as_json=as_json)


@conditions.command("from-exif")
@click.argument("project", type=PATH)
@json_option
def from_exif(project: Path, as_json: bool) -> None:
    """Make camera, time of day, season, month, flash, light and sun from the headers of the images."""
    from tailwise.usecases.conditions_derived import conditions_from_exif

    with writing(project) as opened, terminal_progress() as progress:
        outcome = conditions_from_exif(opened, progress, run_here)
    _print_outcome(outcome, as_json=as_json)


@conditions.command("from-names")
@click.argument("project", type=PATH)
@click.argument("pattern")
@click.option("--group", "groups", multiple=True, metavar="FIELD", help="This field names what no split may cut.")
@click.option("--preview", is_flag=True, help="Say what the pattern captures, and change nothing.")
@json_option
def from_names(project: Path, pattern: str, groups: tuple[str, ...], preview: bool, as_json: bool) -> None:
    """Make a condition or group of every field of PATTERN, such as {site}_{camera}_{number}.

    A pattern with (?P<name>…) is a regular expression.
    """
    from tailwise.usecases.conditions_derived import conditions_from_names, preview_names

    if preview:
        with reading(project) as opened, terminal_progress() as progress:
            seen = preview_names(opened, pattern, groups, progress)
        _print_preview(seen, as_json=as_json)
        return
    with writing(project) as opened, terminal_progress() as progress:
        outcome = conditions_from_names(opened, pattern, groups, progress)
    _print_outcome(outcome, as_json=as_json)


@conditions.command()
@click.argument("project", type=PATH)
@click.argument("number")
@click.option("--ranges", type=click.IntRange(2, 50), default=4, show_default=True, help="So many of equal size.")
@click.option("--edges", metavar="A,B,…", help="Inner edges of the ranges instead.")
@json_option
def bins(project: Path, number: str, ranges: int, edges: str | None, as_json: bool) -> None:
    """Sort NUMBER into ranges: width, height, megapixels, "aspect ratio", "objects per image", an axis of numbers.

    With an image index also brightness, blur and saturation.
    """
    from tailwise.usecases.conditions_derived import conditions_from_numbers

    with writing(project) as opened, terminal_progress() as progress:
        outcome = conditions_from_numbers(opened, number, _edges(edges) if edges else ranges, progress)
    _print_outcome(outcome, as_json=as_json)


@conditions.command()
@click.argument("project", type=PATH)
@click.option("--gap", type=float, default=2.0, show_default=True, metavar="SECONDS", help="Longest pause in a burst.")
@json_option
def bursts(project: Path, gap: float, as_json: bool) -> None:
    """Group images one camera took in quick succession, by the capture time in their headers."""
    from tailwise.usecases.conditions_derived import bursts_from_exif

    with writing(project) as opened, terminal_progress() as progress:
        outcome = bursts_from_exif(opened, gap, progress, run_here)
    _print_outcome(outcome, as_json=as_json)


@conditions.command()
@click.argument("project", type=PATH)
@click.argument("condition")
@click.argument("values", nargs=-1, required=True)
@click.option("--to", required=True, metavar="VALUE", help="What they become.")
@json_option
def merge(project: Path, condition: str, values: tuple[str, ...], to: str, as_json: bool) -> None:
    """Make one value of several spellings; with one value this renames it."""
    from tailwise.usecases.conditions import merge_values

    with writing(project) as opened:
        _print_edit(merge_values(opened, condition, values, to), as_json=as_json)


@conditions.command()
@click.argument("project", type=PATH)
@click.argument("condition")
@click.argument("name")
@json_option
def rename(project: Path, condition: str, name: str, as_json: bool) -> None:
    """Rename CONDITION; with the name of another one the two become one."""
    from tailwise.usecases.conditions import rename_condition

    with writing(project) as opened:
        _print_edit(rename_condition(opened, condition, name), as_json=as_json)


@conditions.command()
@click.argument("project", type=PATH)
@click.argument("condition")
@json_option
def delete(project: Path, condition: str, as_json: bool) -> None:
    """Take CONDITION out of the project; its source keeps it."""
    from tailwise.usecases.conditions import delete_condition

    with writing(project) as opened:
        _print_edit(delete_condition(opened, condition), as_json=as_json)


@conditions.command()
@click.argument("project", type=PATH)
@click.argument("condition")
@click.argument("kind", type=click.Choice(["condition", "group"]))
@json_option
def kind(project: Path, condition: str, kind: str, as_json: bool) -> None:
    """Make CONDITION a group, which no split cuts, or a group a condition."""
    from tailwise.domain.records import AxisKind
    from tailwise.usecases.conditions import set_condition_kind

    with writing(project) as opened:
        _print_edit(set_condition_kind(opened, condition, AxisKind(kind)), as_json=as_json)


@conditions.command("set")
@click.argument("project", type=PATH)
@click.argument("condition")
@click.argument("value", required=False)
@click.option("--item", "items", multiple=True, type=int, metavar="ID", help="This item; may be repeated.")
@click.option("--class", "classes", multiple=True, help="Items with this class; may be repeated.")
@click.option("--where", multiple=True, metavar="AXIS=VALUE", help="Items with this value; may be repeated.")
@json_option
def set_command(  # noqa: PLR0913, PLR0917  one parameter per option
    project: Path,
    condition: str,
    value: str | None,
    items: tuple[int, ...],
    classes: tuple[str, ...],
    where: tuple[str, ...],
    as_json: bool,
) -> None:
    """Give items VALUE on CONDITION by hand; without VALUE take theirs away."""
    from tailwise.domain.coverage import ItemFilter
    from tailwise.usecases.conditions import set_values
    from tailwise.usecases.items import find_items

    if not items and not classes and not where:
        raise click.UsageError("say which items: --item, --class or --where")
    with writing(project) as opened, terminal_progress() as progress:
        which = ItemFilter(pairs_of(where, "--where"), classes)
        chosen = [*items, *(find_items(opened, which, progress) if classes or where else ())]
        _print_edit(set_values(opened, condition, chosen, value), as_json=as_json)


@conditions.command("sequences")
@click.argument("project", type=PATH)
@click.option("--frames", type=click.IntRange(min=0), default=10, show_default=True, help="What counts as close.")
@json_option
def sequences_command(project: Path, frames: int, as_json: bool) -> None:
    """Say how many frames lie between neighbours of numbered sequences in different splits; reads no image."""
    from tailwise.usecases.sequences import audit_sequences

    with reading(project) as opened, terminal_progress() as progress:
        report = audit_sequences(opened, progress, frames)
    if as_json:
        print_json(
            {
                "sequences": report.sequences,
                "items": report.items,
                "step": report.step,
                "close_frames": report.close_frames,
                "close": report.close,
                "gaps": [
                    {
                        "a_split": g.a_split,
                        "b_split": g.b_split,
                        "neighbours": g.neighbours,
                        "close": g.close,
                        "nearest": g.nearest,
                        "median": g.median,
                        "examples": [{"a": e.a_file, "b": e.b_file, "frames": e.distance} for e in g.examples],
                    }
                    for g in report.gaps
                ],
            }
        )
        return
    step = "" if report.step is None else f", usually {report.step:g} frames apart"
    say(f"{report.sequences:,} numbered sequences with {report.items:,} images{step}.")
    print_table(
        ("splits", "neighbours", f"within {frames} frames", "nearest", "median", "for instance"),
        [
            (
                f"{g.a_split} and {g.b_split}",
                g.neighbours,
                g.close,
                g.nearest,
                g.median,
                f"{g.examples[0].a_file} and {g.examples[0].b_file}",
            )
            for g in report.gaps
        ],
        empty="No sequence reaches into two splits.",
    )


@click.command()
@click.argument("project", type=PATH)
@click.option("--map", "maps", multiple=True, metavar="SOURCE_CLASS=CLASS", help="Let a class of the sources stand "
              "for a class of the project; its own name splits it off again.")  # fmt: skip
@click.option("--source", help="Map the classes of this source only.")
@click.option("--rename", "renames", multiple=True, metavar="CLASS=NAME", help="Rename a class; a taken name merges.")
@click.option("--split", "splits", multiple=True, metavar="CLASS", help="Undo all merges into this class.")
@click.option("--no-class", "no_classes", multiple=True, metavar="CLASS", help="Leave out what is no class.")
@click.option("--is-class", "is_classes", multiple=True, metavar="CLASS", help="Count it again.")
@json_option
def classes(  # noqa: PLR0913, PLR0917  one parameter per option
    project: Path,
    maps: tuple[str, ...],
    source: str | None,
    renames: tuple[str, ...],
    splits: tuple[str, ...],
    no_classes: tuple[str, ...],
    is_classes: tuple[str, ...],
    as_json: bool,
) -> None:
    """Show which class of the project each class of each source stands for, and change it."""
    from tailwise.usecases import class_map as cm

    edits: list[ClassMapEdit] = []
    if maps or renames or splits or no_classes or is_classes:
        with writing(project) as opened:
            edits.extend(cm.map_class(opened, a, b, source) for a, b in pairs_of(maps, "--map"))
            edits.extend(cm.rename_class(opened, a, b) for a, b in pairs_of(renames, "--rename"))
            edits.extend(cm.split_class(opened, name) for name in splits)
            edits.extend(cm.set_no_class(opened, name, is_class=False) for name in no_classes)
            edits.extend(cm.set_no_class(opened, name, is_class=True) for name in is_classes)
    with reading(project) as opened, terminal_progress() as progress:
        rows = cm.class_map(opened, progress)
    if as_json:
        fields = ("source", "source_class", "ext_id", "project_class", "annotations", "suggestion", "why")
        print_json({"changed": [e.text for e in edits], "classes": [{f: getattr(r, f) for f in fields} for r in rows]})
        return
    for edit in edits:
        say(f"{edit.text}.")
    print_table(
        ("source", "class there", "class here", "annotations", "suggestion"),
        [
            (r.source, r.source_class, r.project_class or "(no class)", r.annotations,
             f"{r.suggestion} ({r.why})" if r.suggestion else "")
            for r in rows
        ],
        empty="No class has been imported.",
    )  # fmt: skip


def _edges(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise click.UsageError(f"--edges takes numbers like 10,20,50, not {text!r}") from None


def _axis_json(facts: AxisFacts) -> dict[str, Any]:
    return {"name": facts.name, "kind": facts.kind, "origin": facts.origin, "values": dict(facts.values)}


def _print_axes(found: Sequence[AxisFacts], key: str, *, as_json: bool, **more: object) -> None:
    if as_json:
        print_json({key: [_axis_json(facts) for facts in found], **more})
        return
    print_table(
        ("name", "kind", "values", "from", "for instance"),
        [
            (
                facts.name,
                facts.kind,
                len(facts.values),
                facts.origin,
                ", ".join(f"{value} {n:,}" for value, n in facts.values[:SHOWN_VALUES]),
            )
            for facts in found
        ],
        empty="There is no condition. Make some with: tailwise conditions from-exif or from-names",
    )


def _print_outcome(outcome: DerivedOutcome, *, as_json: bool) -> None:
    found = {f.code: f.count for f in outcome.findings}
    if not as_json:
        say(f"{outcome.text}.")
        for finding in outcome.findings:
            example = f", for instance {finding.examples[0]}" if finding.examples else ""
            say(f"{finding.code}: {finding.count:,} {finding.message}{example}; {finding.action}.")
    if as_json or outcome.axes:
        _print_axes(outcome.axes, "conditions", as_json=as_json, changed=outcome.text, findings=found)


def _print_edit(edit: ConditionEdit, *, as_json: bool) -> None:
    if as_json:
        print_json({"changed": edit.text})
    else:
        say(f"{edit.text}.")


def _print_preview(seen: NamePreview, *, as_json: bool) -> None:
    fields = seen.captures.fields
    if as_json:
        print_json(
            {
                "pattern": seen.pattern,
                "looked_at": seen.looked_at,
                "items": seen.items,
                "unfit": seen.captures.unfit,
                "fields": [
                    {"name": f.name, "becomes": f.kind.value if f.kind else None, "values": dict(f.values[:50])}
                    for f in fields
                ],
                "examples": [{"file_name": name, "fields": dict(row) if row else None} for name, row in seen.examples],
            }
        )
        return
    say(f"Looked at {seen.looked_at:,} of {seen.items:,} file names; the pattern does not fit {seen.captures.unfit:,}.")
    print_table(
        ("field", "becomes", "values", "for instance"),
        [
            (
                f.name,
                f.kind.value if f.kind else "nothing: it tells single items",
                len(f.values),
                ", ".join(f"{value} {n:,}" for value, n in f.values[:SHOWN_VALUES]),
            )
            for f in fields
        ],
    )
    print_table(
        ("file name", *(f.name for f in fields)),
        [(name, *((row or {}).get(f.name, "–") for f in fields)) for name, row in seen.examples],
        empty="The project has no items.",
    )


COMMANDS = (conditions, classes)
"""Every command of this module, in the order of the help."""

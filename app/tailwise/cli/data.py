"""Commands about data: detect, import, info, findings, items, counts."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import click

from tailwise.cli.output import print_json, print_table, say
from tailwise.cli.support import (
    PATH,
    json_option,
    pairs_of,
    plain,
    project_for_import,
    reading,
    scratch_project,
    terminal_progress,
)
from tailwise.domain.errors import RequestError
from tailwise.ops.child import run_here

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tailwise.domain.coverage import CountTable
    from tailwise.usecases.import_source import ImportRequest


@click.command()
@click.argument("source", type=PATH)
@json_option
def detect(source: Path, as_json: bool) -> None:
    """Say which formats fit SOURCE, best first, with the evidence found and missing."""
    from tailwise.usecases.import_source import detect_source

    with terminal_progress() as progress:
        candidates = detect_source(source, progress, run_here)
    if as_json:
        fields = ("format", "score", "found", "missing")
        print_json({"candidates": [{f: plain(getattr(c, f)) for f in fields} for c in candidates]})
        return
    print_table(
        ("format", "score", "found", "missing"),
        [(c.format, c.score, "; ".join(c.found), "; ".join(c.missing)) for c in candidates],
        empty="No known dataset format was found.",
    )


@click.command("import")
@click.argument("source", type=PATH)
@click.argument("project", type=PATH)
@click.option(
    "--format", "format_key", help="Reader to use instead of detection: coco, yolo, voc, cvat, label_studio …"
)
@click.option("--answer", "answers", multiple=True, metavar="KEY=VALUE", help="Answer a question of the import.")
@click.option("--conditions", type=PATH, help="CSV with conditions, joined by image name.")
@click.option("--role", type=click.Choice(["labels", "pool", "predictions"]), default="labels", show_default=True)
@click.option("--preview", is_flag=True, help="Say what the import would change, and change nothing.")
@json_option
def import_command(  # noqa: PLR0913, PLR0917  one parameter per option
    source: Path,
    project: Path,
    format_key: str | None,
    answers: tuple[str, ...],
    conditions: Path | None,
    role: str,
    preview: bool,
    as_json: bool,
) -> None:
    """Import SOURCE into PROJECT, which is created if it does not exist. A source imported before is updated."""
    from tailwise.domain.records import Role
    from tailwise.usecases.import_source import ImportRequest, import_source

    request = ImportRequest(source, format_key, dict(pairs_of(answers, "--answer")), conditions, Role(role))
    if preview:
        _preview_import(project, request, as_json=as_json)
        return
    with project_for_import(project) as opened, terminal_progress() as progress:
        outcome = import_source(opened, request, progress, run_here)
    if as_json:
        print_json(
            {
                "source": outcome.source,
                "format": outcome.format,
                "added": outcome.added,
                "updated": outcome.updated,
                "removed": outcome.removed,
                "skipped": outcome.skipped,
                "objects": outcome.annotations,
                "missing_files": outcome.missing_files,
                "findings": {f.code: f.count for f in outcome.findings},
                "changes": outcome.diff.as_json() if outcome.diff is not None else None,
            }
        )
        return
    say(
        f"{outcome.source} ({outcome.format}): {outcome.added:,} items added, {outcome.updated:,} updated, "
        f"{outcome.removed:,} removed; {outcome.annotations:,} objects; {outcome.skipped:,} records skipped."
    )
    if outcome.diff is not None:
        say(f"Compared with its last import: {outcome.diff.sentence()}.")
    if outcome.findings:
        kinds = "1 kind of finding" if len(outcome.findings) == 1 else f"{len(outcome.findings)} kinds of findings"
        say(f"{kinds}; see them with: tailwise findings {project}")


def _preview_import(project: Path, request: ImportRequest, *, as_json: bool) -> None:
    """Read and compare only; a project that does not exist is made for the moment and taken away again."""
    from tailwise.usecases.import_source import discard_import, prepare_import

    with scratch_project(project) as opened, terminal_progress() as progress:
        prepared = prepare_import(opened, request, progress, run_here)
        discard_import(prepared)
    diff = prepared.diff
    if as_json:
        print_json({"format": prepared.format, "skipped": prepared.skipped,
                    "findings": {f.code: f.count for f in prepared.findings}, **diff.as_json()})  # fmt: skip
        return
    say(f"{diff.source} ({prepared.format}), {'an update' if diff.is_update else 'a new source'}: {diff.sentence()}.")
    if diff.removed_in_split:
        say(f"{diff.removed_in_split:,} items that would be removed have a place in the active split.")
    print_table(
        ("class", "before", "after"),
        [(c.name, c.before, c.after) for c in diff.classes],
        empty="No class changes its number of annotations.",
    )
    for title, lines in (
        ("added", diff.added),
        ("removed", diff.removed),
        ("relabelled", [f"{c.file_name}: {c.text}" for c in diff.relabelled]),
    ):
        if lines and diff.is_update:
            print_table((title,), [(line,) for line in lines])
    say("Nothing was changed.")


@click.command()
@click.argument("project", type=PATH)
@json_option
def info(project: Path, as_json: bool) -> None:
    """Say what is in PROJECT."""
    from tailwise.usecases.lead_times import lead_summaries
    from tailwise.usecases.projects import project_facts

    with reading(project) as opened, terminal_progress() as progress:
        facts = project_facts(opened, progress)
        times = lead_summaries(opened)
    conditions = {a.name: [v for v, _ in a.values] for a in facts.axes if a.kind == "condition"}
    groups = [a.name for a in facts.axes if a.kind == "group"]
    if as_json:
        print_json(
            {
                "items": facts.items,
                "images": facts.images,
                "labelled": facts.labelled,
                "empty": facts.empty,
                "unlabelled": facts.unlabelled,
                "missing_files": facts.missing_files,
                "objects": facts.objects,
                "pixels": facts.pixels,
                "classes": len(facts.classes),
                "sources": [
                    {"name": s.name, "format": s.format, "role": s.role, "items": s.items, "objects": s.annotations}
                    for s in facts.sources
                ],
                "conditions": conditions,
                "splits": dict(facts.splits),
                "groups": groups,
                "findings": facts.findings,
                "plans": facts.plans,
                "lead_times": [
                    {
                        "source": t.source,
                        "measured_by": t.origin,
                        "items": t.items,
                        "median_s": t.median_s,
                        "p90_s": t.p90_s,
                    }
                    for t in times
                ],
            }
        )
        return
    print_table(
        ("fact", "number"),
        [
            ("images", facts.images),
            ("  labelled", facts.labelled),
            ("  looked at, empty", facts.empty),
            ("  unlabelled", facts.unlabelled),
            ("  file missing", facts.missing_files),
            ("objects", facts.objects),
            ("classes", len(facts.classes)),
            ("kinds of findings", facts.findings),
            *((f"images in split {name}", n) for name, n in facts.splits),
        ],
    )
    print_table(("source", "format", "role", "images"), [(s.name, s.format, s.role, s.items) for s in facts.sources])
    for name, values in conditions.items():
        click.echo(f"condition {name}: {', '.join(values[:12])}{' …' if len(values) > 12 else ''}")
    if groups:
        click.echo(f"groups: {', '.join(groups)}")
    for time in times:
        click.echo(
            f"labelling time in {time.source}: {time.median_s:,.0f} s an item in the middle, 9 of 10 below "
            f"{time.p90_s:,.0f} s ({time.items:,} items, {time.origin})"
        )


@click.command()
@click.argument("project", type=PATH)
@click.option("--source", help="Only the findings of the imports of this source.")
@click.option("--csv", "csv_file", type=PATH, help="Also write all findings with their examples to this CSV file.")
@json_option
def findings(project: Path, source: str | None, csv_file: Path | None, as_json: bool) -> None:
    """List what is dirty in the data, how often, what was done about it, and what would settle it."""
    from tailwise.usecases.findings import all_findings, write_findings_csv

    with reading(project) as opened, terminal_progress() as progress:
        found = all_findings(opened, progress, source)
    if csv_file is not None:
        write_findings_csv(found, csv_file)
    if as_json:
        print_json(
            {
                "findings": [
                    {
                        "code": f.finding.code,
                        "severity": f.finding.severity.value,
                        "count": f.finding.count,
                        "message": f.finding.message,
                        "action": f.finding.action,
                        "examples": list(f.finding.examples),
                        "source": f.source,
                        "items": list(f.items),
                        "fixes": [fix.title for fix in f.fixes],
                    }
                    for f in found
                ]
            }
        )
        return
    print_table(
        ("code", "severity", "count", "finding", "what was done", "first example"),
        [
            (
                f.finding.code,
                f.finding.severity.value,
                f.finding.count,
                f.finding.message,
                f.finding.action,
                next(iter(f.finding.examples), ""),
            )
            for f in found
        ],
        empty="Nothing was found to be wrong.",
    )
    fixes = [fix.title for f in found for fix in f.fixes]
    if fixes:
        say(f"{len(fixes)} can be settled on the Data page or with `tailwise classes` and `tailwise conditions`:")
        for title in fixes[:10]:
            say(f"  {title}")


@click.command()
@click.argument("project", type=PATH)
@click.option("--class", "classes", multiple=True, help="Items with this class; may be repeated.")
@click.option("--where", multiple=True, metavar="AXIS=VALUE", help="Items with this value; may be repeated.")
@click.option("--limit", type=click.IntRange(min=0), help="At most this many items.")
@json_option
def items(project: Path, classes: tuple[str, ...], where: tuple[str, ...], limit: int | None, as_json: bool) -> None:
    """List the items behind a number."""
    from tailwise.domain.coverage import ItemFilter
    from tailwise.usecases.items import find_items, item_rows

    with reading(project) as opened, terminal_progress() as progress:
        ids = find_items(opened, ItemFilter(pairs_of(where, "--where"), classes), progress)
        shown = ids if limit is None and as_json else ids[: 50 if limit is None else limit]
        rows = item_rows(opened, shown)
    if as_json:
        fields = ("id", "file_name", "source", "split", "state", "width", "height", "classes", "conditions", "text")
        print_json({"total": len(ids), "items": [{f: plain(getattr(r, f)) for f in fields} for r in rows]})
        return
    print_table(
        ("id", "file", "split", "state", "classes"),
        [(r.id, r.file_name, r.split, r.state, ", ".join(f"{c} {n}" for c, n in r.classes.items())) for r in rows],
        empty="No item fulfils this.",
    )
    say(f"{len(rows):,} of {len(ids):,} items shown.")


@click.command()
@click.argument("project", type=PATH)
@click.option("--by", multiple=True, metavar="AXIS", help="Spread the counts over this axis; may be repeated.")
@click.option("--unit", type=click.Choice(["images", "objects", "pixels", "texts"]), help="What to count.")
@click.option("--where", multiple=True, metavar="AXIS=VALUE", help="Count only items with this value.")
@click.option("--unique", is_flag=True, help="Count near-duplicates once: unique scenes instead of images.")
@click.option("--csv", "csv_file", type=PATH, help="Also write the table to this CSV file.")
@json_option
def counts(  # noqa: PLR0913, PLR0917  one parameter per option
    project: Path,
    by: tuple[str, ...],
    unit: str | None,
    where: tuple[str, ...],
    unique: bool,
    csv_file: Path | None,
    as_json: bool,
) -> None:
    """Count classes by condition, with the number to expect if class and condition were independent."""
    from tailwise.domain.coverage import CountRequest, Unit
    from tailwise.usecases.counts import count_table

    request = CountRequest(by, Unit(unit) if unit else None, pairs_of(where, "--where"), unique)
    with reading(project) as opened, terminal_progress() as progress:
        table = count_table(opened, request, progress)
    rows = _count_rows(table)
    if csv_file is not None:
        _write_csv(csv_file, rows)
    if as_json:
        print_json({"unit": table.unit.value, "items": table.items, "rows": rows})
        return
    header = ["class", *table.axes, table.unit.value, *(["expected", ""] if table.expected else [])]
    print_table(
        header,
        [[r["class"], *(r[a] for a in table.axes), r["count"], *([r["expected"], r["flag"]] if table.expected else [])]
         for r in rows],
        empty="No class has been imported.",
    )  # fmt: skip


def _count_rows(table: CountTable) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for i, class_row in enumerate(table.rows):
        for j, values in enumerate(table.columns):
            row: dict[str, Any] = {"class": class_row.name, "count": table.counts[i][j]}
            if table.expected is not None:
                row["expected"] = round(table.expected[i][j], 4)
                row["flag"] = table.flags[i][j].value
            row.update(zip(table.axes, values, strict=True))
            rows.append(row)
    return rows


def _write_csv(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, fieldnames=list(rows[0]) if rows else ["class", "count"], lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    except OSError as error:
        raise RequestError(f"{path} cannot be written ({error.strerror})", "Choose another file") from error


COMMANDS = (detect, import_command, info, findings, items, counts)
"""Every command of this module, in the order of the help."""

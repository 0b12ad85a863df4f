"""Commands about data: detect, import, info, findings, items, counts."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import click

from tailwise.cli.output import print_json, print_table, say
from tailwise.cli.support import PATH, json_option, pairs_of, plain, project_for_import, reading, terminal_progress
from tailwise.domain.errors import RequestError
from tailwise.ops.child import run_here

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tailwise.domain.coverage import CountTable


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
@click.option("--format", "format_key", help="Reader to use instead of detection: coco, yolo, voc, folders, csv.")
@click.option("--answer", "answers", multiple=True, metavar="KEY=VALUE", help="Answer a question of the import.")
@click.option("--conditions", type=PATH, help="CSV with conditions, joined by image name.")
@click.option("--role", type=click.Choice(["labels", "pool", "predictions"]), default="labels", show_default=True)
@json_option
def import_command(  # noqa: PLR0913, PLR0917  one parameter per option
    source: Path,
    project: Path,
    format_key: str | None,
    answers: tuple[str, ...],
    conditions: Path | None,
    role: str,
    as_json: bool,
) -> None:
    """Import SOURCE into PROJECT, which is created if it does not exist."""
    from tailwise.domain.records import Role
    from tailwise.usecases.import_source import ImportRequest, import_source

    request = ImportRequest(source, format_key, dict(pairs_of(answers, "--answer")), conditions, Role(role))
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
            }
        )
        return
    say(
        f"{outcome.source} ({outcome.format}): {outcome.added:,} items added, {outcome.updated:,} updated, "
        f"{outcome.removed:,} removed; {outcome.annotations:,} objects; {outcome.skipped:,} records skipped."
    )
    if outcome.findings:
        say(f"{len(outcome.findings)} kinds of findings; see them with: tailwise findings {project}")


@click.command()
@click.argument("project", type=PATH)
@json_option
def info(project: Path, as_json: bool) -> None:
    """Say what is in PROJECT."""
    from tailwise.usecases.projects import project_facts

    with reading(project) as opened, terminal_progress() as progress:
        facts = project_facts(opened, progress)
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


@click.command()
@click.argument("project", type=PATH)
@click.option("--source", help="Only the findings of this source.")
@json_option
def findings(project: Path, source: str | None, as_json: bool) -> None:
    """List what is dirty in the imported data, how often, and what was done about it."""
    from tailwise.usecases.projects import list_findings

    with reading(project) as opened:
        found = list_findings(opened, source)
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
        fields = ("id", "file_name", "source", "split", "state", "width", "height", "classes", "conditions")
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
@click.option("--unit", type=click.Choice(["images", "objects", "pixels"]), help="What to count.")
@click.option("--where", multiple=True, metavar="AXIS=VALUE", help="Count only items with this value.")
@click.option("--csv", "csv_file", type=PATH, help="Also write the table to this CSV file.")
@json_option
def counts(
    project: Path, by: tuple[str, ...], unit: str | None, where: tuple[str, ...], csv_file: Path | None, as_json: bool
) -> None:
    """Count classes by condition, with the number to expect if class and condition were independent."""
    from tailwise.domain.coverage import CountRequest, Unit
    from tailwise.usecases.counts import count_table

    request = CountRequest(by, Unit(unit) if unit else None, pairs_of(where, "--where"))
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

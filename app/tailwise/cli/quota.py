"""Commands about quota plans: plan draft, preview, quota, versions, show, diff, review."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import click

from tailwise.cli.output import print_changes, print_json, print_table, say
from tailwise.cli.support import PATH, json_option, reading, terminal_progress, writing
from tailwise.domain.errors import ExportTargetError, RequestError

if TYPE_CHECKING:
    from pathlib import Path

    from tailwise.domain.plan_outcome import PlanOutcome

plan_option = click.option(
    "--plan", "plan_id", type=int, metavar="ID", help="Number of the plan; the newest if left out."
)


@click.command()
@click.argument("project", type=PATH)
@click.argument("request", type=PATH)
@click.option(
    "--accept-nearest",
    "nearest_file",
    type=PATH,
    metavar="FILE",
    help="If not every quota can be met, lower them as little as needed, solve that, and write the request to FILE.",
)
@json_option
def quota(project: Path, request: Path, nearest_file: Path | None, as_json: bool) -> None:
    """Solve the quota request in REQUEST.toml, store the plan, and say why what cannot be met."""
    from tailwise.usecases.plans import compute_plan, nearest_request, write_request

    text = _read(request)
    with writing(project) as opened, terminal_progress() as progress:
        nearest = None if nearest_file is None else nearest_request(opened, text, progress, request.name)
        if nearest is not None and nearest_file is not None:
            text = write_request(nearest[0])
            _write_new(nearest_file, text)
        stored = compute_plan(opened, text, progress, request.name)
    if nearest is not None:
        say(f"Not every quota can be met. The nearest request that can be is in {nearest_file}:")
        for change in nearest[1]:
            say(f"  {change.place}: {change.before or 'none'} → {change.after or 'none'}")
    elif nearest_file is not None:
        say(f"Every quota can be met as asked; {nearest_file} was not written.")
    if as_json:
        print_json(stored.outcome.as_json())
        return
    print_plan(stored.outcome)


@click.command()
@click.argument("project", type=PATH)
@click.option(
    "--by",
    "conditions",
    multiple=True,
    metavar="AXIS",
    help="Condition that tells streams apart, may be repeated; the one that says most if left out.",
)
def draft(project: Path, conditions: tuple[str, ...]) -> None:
    """Print a quota request to begin with: the project's classes, and streams from its pool."""
    from tailwise.usecases.plans import draft_request

    with reading(project) as opened, terminal_progress() as progress:
        text = draft_request(opened, progress, conditions or None)
    click.echo(text, nl=False)


@click.command()
@click.argument("project", type=PATH)
@click.argument("request", type=PATH)
@json_option
def preview(project: Path, request: Path, as_json: bool) -> None:
    """Say in a moment what REQUEST.toml would come to: fractions of items, all weeks together, nothing is stored."""
    from tailwise.usecases.plans import preview_plan, read_request

    with reading(project) as opened, terminal_progress() as progress:
        found = preview_plan(opened, read_request(_read(request), request.name), progress)
    if as_json:
        print_json(found.as_json())
        return
    limit = "" if found.label_limit is None else f" of {found.label_limit:,.1f}"
    click.echo(
        f"{found.items:,.0f} items, {found.hours:,.1f}{limit} label hours, {found.review_hours:,.1f} review hours"
    )
    short, per_hour = dict(found.shortfall), dict(found.per_hour)
    print_table(
        ("class", f"expected {found.unit.value}", "short by", "one more hour brings"),
        [(name, amount, short.get(name, 0.0), per_hour.get(name)) for name, amount in found.expected],
    )


@click.command()
@click.argument("project", type=PATH)
@json_option
def versions(project: Path, as_json: bool) -> None:
    """List the plans of PROJECT, newest first; plans of one name are versions of it."""
    from tailwise.usecases.plans import list_plans

    with reading(project) as opened:
        plans = list_plans(opened)
    if as_json:
        keys = ("id", "name", "version", "created_utc", "status", "items", "hours", "shortfall")
        print_json({"plans": [{key: getattr(plan, key) for key in keys} for plan in plans]})
        return
    print_table(
        ("plan", "name", "version", "solved", "status", "items", "label hours", "short by"),
        [
            (p.id, p.name, p.version, p.created_utc, p.status.replace("_", " "), round(p.items), p.hours, p.shortfall)
            for p in plans
        ],
        empty="There is no plan yet.",
    )


@click.command()
@click.argument("project", type=PATH)
@plan_option
@click.option("--request", "as_request", is_flag=True, help="Print the request of the plan as TOML instead.")
@json_option
def show(project: Path, plan_id: int | None, as_request: bool, as_json: bool) -> None:
    """Print a stored plan again."""
    from tailwise.usecases.plans import load_plan

    with reading(project) as opened:
        stored = load_plan(opened, plan_id)
    if as_request:
        click.echo(stored.request_toml, nl=False)
    elif as_json:
        print_json(stored.outcome.as_json())
    else:
        print_plan(stored.outcome)


@click.command()
@click.argument("project", type=PATH)
@click.argument("before", type=int)
@click.argument("after", type=int, required=False)
@json_option
def diff(project: Path, before: int, after: int | None, as_json: bool) -> None:
    """Show what differs from plan BEFORE to plan AFTER (the newest if left out): request, items, what comes of it."""
    from tailwise.usecases.plans import compare_plans

    with reading(project) as opened:
        found = compare_plans(opened, before, after)
    if as_json:
        print_json(found.as_json())
        return
    click.echo(f"{found.before} → {found.after}" + (": no difference" if found.is_same else ""))
    if found.request:
        print_table(
            ("request", "before", "after"), [(c.place, c.before or "none", c.after or "none") for c in found.request]
        )
    for title, changes in (("total", found.totals), ("class", found.classes), ("items of", found.lines)):
        print_changes(title, changes)


@click.command()
@click.argument("project", type=PATH)
@click.argument("table", type=PATH)
@click.option("--hours", type=click.FloatRange(min=0), required=True, help="Hours of review there are.")
@click.option(
    "--floor", type=click.IntRange(min=0), default=30, show_default=True, help="Labels of each class in any case."
)
@json_option
def review(project: Path, table: Path, hours: float, floor: int, as_json: bool) -> None:
    """Share out review hours over the classes of PROJECT so that they remove the most harm.

    TABLE is a CSV file with the columns class, checked, wrong, cost, seconds: how many labels of a class were checked,
    how many were wrong, what a wrong one costs, and how long checking one takes.
    """
    from tailwise.usecases.review_hours import share_review_hours

    with reading(project) as opened:
        shares = share_review_hours(opened, _read(table), hours, floor, table.name)
    if as_json:
        keys = ("name", "items", "hours", "removed", "harm")
        print_json({"rows": [{("class" if k == "name" else k): getattr(s, k) for k in keys} for s in shares]})
        return
    print_table(
        ("class", "check", "hours", "harm removed", "of"),
        [(s.name, round(s.items, 1), s.hours, s.removed, s.harm) for s in shares],
    )


def print_plan(outcome: PlanOutcome) -> None:
    """Print a plan for people: totals, lines, classes, why something falls short, what else there is to know."""
    click.echo(
        f"{outcome.name}: {outcome.status.value.replace('_', ' ')}, {outcome.items:,.0f} items, "
        f"{outcome.hours:,.1f} label hours, {outcome.review_hours:,.1f} review hours"
    )
    print_table(
        ("week", "stream", "items", "hours", f"expected {outcome.unit.value}"),
        [
            (line.week, line.stream, line.items, line.hours, ", ".join(f"{c} {n:,.1f}" for c, n in line.expected))
            for line in outcome.lines
        ],
        empty="There is nothing to label.",
    )
    short, risk = dict(outcome.shortfall), outcome.risk
    sure = {name: min(r.p_met for r in risk if r.class_name == name) for name in {r.class_name for r in risk}}
    print_table(
        ("class", "expected", "short by", "met with"),
        [
            (name, amount, short.get(name, 0.0), f"{sure[name]:.0%}" if name in sure else None)
            for name, amount in outcome.expected
        ],
    )
    for reason in outcome.reasons:
        click.echo(f"{reason.class_name} is short by {reason.short_by:,.1f} ({reason.kind.value}): {reason.advice}")
    for note in outcome.notes:
        click.echo(note)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise RequestError(f"{path} cannot be read ({error.strerror})", "Check the path") from error
    except UnicodeDecodeError as error:
        raise RequestError(f"{path} is not UTF-8 (byte {error.start})", "Save it as UTF-8") from error


def _write_new(path: Path, text: str) -> None:
    """Write a file that must not be there yet, whole or not at all."""
    half = path.with_name(f".{path.name}.part")
    try:
        if path.exists():
            raise ExportTargetError(f"{path} is there already", "Name a new file")
        half.write_text(text, encoding="utf-8")
        half.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            half.unlink(missing_ok=True)
        raise ExportTargetError(f"{path} cannot be written ({error.strerror})", "Choose another place") from error


PLAN_COMMANDS = (draft, preview, quota, versions, show, diff, review)
"""Every command of this module, in the order of the help."""

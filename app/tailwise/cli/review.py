"""Commands that find hard negatives and judge them, and doubt labels: mine, verdict, label-issues."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from tailwise.cli.output import print_json, print_table, say
from tailwise.cli.support import PATH, json_option, reading, terminal_progress, writing
from tailwise.domain.review import DEFAULT_LIMIT, DEFAULT_REVIEWER, MiningRequest, ReasonTag, Verdict
from tailwise.domain.wording import counted, first_names
from tailwise.ops.child import run_in_child

if TYPE_CHECKING:
    from pathlib import Path

    from tailwise.domain.label_doubts import LabelDoubt
    from tailwise.domain.review import Candidate, MiningOutcome
    from tailwise.usecases.candidate_likeness import ListedCandidate

SHOWN = 20
MOST_ALIKE = 3
MOST_NAMED = 10


@click.command()
@click.argument("project", type=PATH)
@click.option("--class", "class_name", required=True, metavar="CLASS", help="Class that the candidates must not be.")
@click.option(
    "--limit",
    type=int,
    metavar="N",
    help=f"Most candidates, and most suspected missing labels; default 3 per example, at most {DEFAULT_LIMIT}.",
)
@click.option(
    "--shares",
    metavar="S,P,B",
    help="Shares of candidates of similar colour and shape, partial matches and background; default 0.4,0.3,0.3.",
)
@click.option("--by", "spread_over", default="", metavar="AXIS", help="Condition to spread the candidates over.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of the random negatives.")
@click.option(
    "--list",
    "listed",
    is_flag=True,
    help="Mine nothing: list what is stored by group of look-alikes, each with the candidates most like it.",
)
@json_option
@click.pass_context
def mine(  # noqa: PLR0913, PLR0917  one parameter per option
    context: click.Context,
    project: Path,
    class_name: str,
    limit: int | None,
    shares: str | None,
    spread_over: str,
    seed: int,
    listed: bool,
    as_json: bool,
) -> None:
    """Find what looks like a class and is not labelled so, and store it as candidates to judge."""
    if listed:
        _refuse_beside_list(context)
        _list_candidates(project, class_name, as_json)
        return
    from tailwise.usecases.mining import mine as find_candidates

    request = MiningRequest(class_name, limit, spread_over=spread_over, seed=seed)
    if shares is not None:
        request = replace(request, shares=_shares(shares))
    with writing(project) as opened, terminal_progress() as progress:
        outcome = find_candidates(opened, request, progress, run_in_child)
    if as_json:
        print_json(outcome.as_json())
        return
    _print_outcome(outcome)


@click.command()
@click.argument("project", type=PATH)
@click.argument("candidate", type=int)
@click.argument("verdict", type=click.Choice([v.value for v in Verdict]))
@click.option("--reviewer", default=DEFAULT_REVIEWER, show_default=True, metavar="NAME", help="Who judges.")
@click.option(
    "--reason", "reasons", multiple=True, type=click.Choice([r.value for r in ReasonTag]), help="Why; may be repeated."
)
@click.option(
    "--alike",
    is_flag=True,
    help="Say the same of those in its queue that look like it and that this reviewer left open.",
)
@json_option
def verdict(  # noqa: PLR0913, PLR0917  one parameter per option
    project: Path, candidate: int, verdict: str, reviewer: str, reasons: tuple[str, ...], alike: bool, as_json: bool
) -> None:
    """Record what a reviewer says about a candidate; take-back withdraws it, and the history keeps both."""
    from tailwise.usecases.candidate_likeness import open_look_alikes
    from tailwise.usecases.verdicts import GivenVerdict, record_verdicts, verdict_history

    said, tags = Verdict(verdict), tuple(ReasonTag(r) for r in reasons)
    if alike and said is Verdict.TAKE_BACK:
        raise click.UsageError("--alike hands a verdict on to open candidates; there is nothing of them to take back")
    with writing(project) as opened, terminal_progress() as progress:
        also = open_look_alikes(opened, candidate, reviewer, progress) if alike else ()
        given = [GivenVerdict(each, said, tags) for each in (candidate, *also)]
        done = record_verdicts(opened, given, reviewer).recorded[0]
        history = verdict_history(opened, candidate)
    if as_json:
        print_json(
            {
                "candidate": done.candidate,
                "class": done.class_name,
                "verdict": done.verdict.value,
                "reviewer": history[-1].reviewer,
                "reasons": [r.value for r in done.reasons],
                "decision": done.decision.value,
                "also": list(also),
                "history": [asdict(entry) for entry in history],
            }
        )
        return
    say(f"Candidate {candidate} of {done.class_name}: {done.verdict.value}; all verdicts come to {done.decision.value}")
    if alike:
        look_alikes = counted(len(also), "open candidate", "open candidates")
        names = first_names([str(each) for each in also], MOST_NAMED)
        say(f"The same was said of {look_alikes} like it: {names}" if also else "No open candidate looks like it")


@click.command("label-issues")
@click.argument("project", type=PATH)
@click.option("--class", "class_name", metavar="CLASS", help="Only what is labelled so, or looks so.")
@click.option("--limit", type=int, default=DEFAULT_LIMIT, show_default=True, metavar="N", help="Most labels.")
@click.option("--csv", "csv_file", type=PATH, metavar="FILE", help="Also write them to this CSV file.")
@json_option
def label_issues(project: Path, class_name: str | None, limit: int, csv_file: Path | None, as_json: bool) -> None:
    """List labels that look wrong, the least believed first, with the class each looks like instead."""
    from tailwise.usecases.doubt_cards import write_doubts_csv
    from tailwise.usecases.label_doubts import doubted_labels

    with reading(project) as opened, terminal_progress() as progress:
        doubts = doubted_labels(opened, progress, class_name, limit, run_in_child)
        if csv_file is not None:
            write_doubts_csv(doubts.doubts, csv_file, progress)
    if as_json:
        print_json(doubts.as_json())
        return
    click.echo(f"Doubted labels: {doubts.doubted:,} of {doubts.labels:,}")
    header = ("item", "file", "box", "class", "confidence", "looks like", "confidence")
    print_table(header, [_doubt_row(each) for each in doubts.doubts[:SHOWN]])
    if len(doubts.doubts) > SHOWN:
        say(f"The first {SHOWN} are shown; --json prints {len(doubts.doubts):,}.")
    if doubts.unlisted:
        say(f"{counted(doubts.unlisted, 'more label is', 'more labels are')} doubted: raise --limit to see all")
    for note in doubts.notes:
        say(note)


def _refuse_beside_list(context: click.Context) -> None:
    for name, option in (("limit", "--limit"), ("shares", "--shares"), ("spread_over", "--by"), ("seed", "--seed")):
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            raise click.UsageError(f"--list shows what is stored; {option} says how to mine: leave one of them out")


def _list_candidates(path: Path, class_name: str, as_json: bool) -> None:
    from tailwise.usecases.candidate_likeness import list_look_alikes

    with reading(path) as opened, terminal_progress() as progress:
        listed = list_look_alikes(opened, class_name, progress)
    if as_json:
        print_json(listed.as_json())
        return
    header = ("group", "id", "item", "score", "kind", "decision", "most alike")
    queues = (
        (f"Hard-negative candidates of {class_name}", listed.candidates),
        ("Suspected missing labels", listed.suspected_missing),
    )
    for title, queue in queues:
        size = Counter(each.group for each in queue)
        click.echo(f"{title}: {len(queue):,} in {counted(len(size), 'group')}")
        together = sorted(queue, key=lambda each: (-size[each.group], each.group))
        print_table(header, [_listed_row(each) for each in together[:SHOWN]])
    if max(len(queue) for _title, queue in queues) > SHOWN:
        say(f"The first {SHOWN} of each are shown, large groups first; --json prints all of them.")
    for note in listed.notes:
        say(note)


def _listed_row(each: ListedCandidate) -> tuple[object, ...]:
    found = each.candidate
    alike = first_names([str(other) for other in each.alike], MOST_ALIKE)
    return each.group, found.id, found.item, found.score, found.kind.text, each.decision.value, alike


def _shares(text: str) -> tuple[float, float, float]:
    try:
        similar, partial, background = (float(part) for part in text.split(","))
    except ValueError:
        raise click.UsageError(f"--shares takes three numbers like 0.4,0.3,0.3, not {text!r}") from None
    return similar, partial, background


def _print_outcome(outcome: MiningOutcome) -> None:
    header = ("id", "item", "score", "kind", "why")
    click.echo(f"Hard-negative candidates of {outcome.class_name}: {len(outcome.candidates):,}")
    print_table(header, [_row(c) for c in outcome.candidates[:SHOWN]])
    click.echo(f"Suspected missing labels: {len(outcome.suspected_missing):,}")
    print_table(header, [_row(c) for c in outcome.suspected_missing[:SHOWN]])
    longest = max(len(outcome.candidates), len(outcome.suspected_missing))
    if longest > SHOWN:
        say(f"The first {SHOWN} of each are shown; --json prints all of them.")
    say(
        f"{outcome.positives:,} examples were compared with {outcome.pool:,} negatives; "
        f"{outcome.random:,} random negatives were drawn beside for the export."
    )
    for note in outcome.notes:
        say(note)


def _doubt_row(doubt: LabelDoubt) -> tuple[object, ...]:
    place = ", ".join(f"{side:g}" for side in doubt.box) if doubt.box else ""
    claimed = doubt.looks_like, doubt.looks_like_confidence
    return doubt.item, doubt.file_name, place, doubt.class_name, doubt.confidence, *claimed


def _row(candidate: Candidate) -> tuple[object, ...]:
    return candidate.id, candidate.item, candidate.score, candidate.kind.text, candidate.why


COMMANDS = (mine, verdict, label_issues)
"""Every command of this module, in the order of the help."""

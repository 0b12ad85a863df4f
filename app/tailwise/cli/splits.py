"""Commands about splits: split, splits, slice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tailwise.cli.output import print_changes, print_json, print_table, say
from tailwise.cli.support import PATH, json_option, pairs_of, reading, terminal_progress, writing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tailwise.domain.split import SplitResult
    from tailwise.domain.split_diff import SplitDiff
    from tailwise.usecases.splits import StoredSplit


@click.command()
@click.argument("project", type=PATH)
@click.option("--ratio", "ratios", multiple=True, metavar="NAME=SHARE", help="Share of a split, 0..1.")
@click.option("--parts", type=int, metavar="K", help="Instead of ratios: K equal parts, each tested in turn.")
@click.option("--group", "groups", multiple=True, metavar="KEY", help="Axis that must not be cut; may be repeated.")
@click.option("--stratify", multiple=True, metavar="AXIS", help="Condition to keep in proportion; may be repeated.")
@click.option("--lock", "locks", multiple=True, metavar="SPLIT", help="Split whose present items stay where they are.")
@click.option("--time", "time_axis", default="", metavar="AXIS", help="Axis of dates: the latest groups are the test.")
@click.option(
    "--floors",
    type=click.Choice(["off", "standard", "spread"]),
    default="standard",
    show_default=True,
    help="How hard to keep every class in every split.",
)
@click.option("--objects", is_flag=True, help="Balance objects per class too, not only items.")
@click.option("--pairs", is_flag=True, help="Balance pairs of classes that occur together.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@json_option
def split(  # noqa: PLR0913, PLR0917  one parameter per option
    project: Path,
    ratios: tuple[str, ...],
    parts: int | None,
    groups: tuple[str, ...],
    stratify: tuple[str, ...],
    locks: tuple[str, ...],
    time_axis: str,
    floors: str,
    objects: bool,
    pairs: bool,
    seed: int,
    as_json: bool,
) -> None:
    """Split the labelled items: stratified over classes and conditions, groups never cut, leaks checked."""
    from tailwise.domain.split import Floors, SplitRequest, equal_parts
    from tailwise.usecases.split_store import result_json
    from tailwise.usecases.splits import compute_split, split_items_by_name

    if bool(ratios) == (parts is not None):
        raise click.UsageError("Ask for --ratio NAME=SHARE, once for every split, or for --parts K")
    shares = tuple((name, _share(name, text)) for name, text in pairs_of(ratios, "--ratio"))
    request = SplitRequest(
        ratios=equal_parts(parts) if parts is not None else shares,
        group_keys=groups,
        stratify=stratify,
        locked=frozenset(locks),
        seed=seed,
        floors=Floors(floors),
        balance_objects=objects,
        balance_pairs=pairs,
        time_axis=time_axis,
        parts=parts or 0,
    )
    with writing(project) as opened, terminal_progress() as progress:
        stored = compute_split(opened, request, progress)
        members = split_items_by_name(opened, stored.id) if as_json else {}
    if as_json:
        print_json({"splits": members, "id": stored.id, **result_json(stored.result)})
        return
    click.echo(f"Split {stored.id}{', active' if stored.is_active else ''}")
    _print_split(stored.result)


@click.command()
@click.argument("project", type=PATH)
@click.option("--activate", type=int, metavar="ID", help="Make this split the one that counts and exports mean.")
@click.option(
    "--compare", type=int, nargs=2, metavar="BEFORE AFTER", help="Show which items changed sides between two splits."
)
@json_option
def splits(project: Path, activate: int | None, compare: tuple[int, int] | None, as_json: bool) -> None:
    """List the stored splits of PROJECT, choose the one that counts, or compare two of them."""
    from tailwise.usecases.split_diff import compare_splits
    from tailwise.usecases.splits import activate_split, list_splits

    if activate is not None and compare is not None:
        raise click.UsageError("Ask for --activate or for --compare, not for both")
    if compare is not None:
        with reading(project) as opened:
            found = compare_splits(opened, *compare)
        if as_json:
            print_json(found.as_json())
        else:
            _print_diff(found)
        return
    if activate is not None:
        with writing(project) as opened:
            activate_split(opened, activate)
            stored = list_splits(opened)
    else:
        with reading(project) as opened:
            stored = list_splits(opened)
    if as_json:
        told = [
            {"id": s.id, "created_utc": s.created_utc, "active": s.is_active, "score": s.result.measures.score,
             "items": s.result.items, "request": s.request.parameters()}
            for s in stored
        ]  # fmt: skip
        print_json({"splits": told})
        return
    _print_stored(stored)


@click.command("slice")
@click.argument("project", type=PATH)
@click.option("--per-cell", type=int, required=True, metavar="K", help="Most items per class and condition.")
@click.option("--by", multiple=True, metavar="AXIS", help="Condition to tell cells apart by; may be repeated.")
@click.option("--split", "split_name", default="", metavar="NAME", help="Split to slice; the test split by default.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--csv", "csv_file", type=PATH, metavar="FILE", help="Write the items with their probabilities there.")
@json_option
def slice_command(  # noqa: PLR0913, PLR0917  one parameter per option
    project: Path, per_cell: int, by: tuple[str, ...], split_name: str, seed: int, csv_file: Path | None, as_json: bool
) -> None:
    """Take a balanced slice of the test split, with the probability each item had of being in it."""
    from tailwise.usecases.split_slice import SliceRequest, balanced_slice, slice_json, write_slice_csv

    request = SliceRequest(per_cell=per_cell, by=by, split=split_name, seed=seed)
    with reading(project) as opened, terminal_progress() as progress:
        found = balanced_slice(opened, request, progress)
        if csv_file is not None:
            write_slice_csv(found, csv_file)
    if as_json:
        print_json(slice_json(found))
        return
    click.echo(
        f"{len(found.rows):,} of {found.whole:,} items of {found.split}, at most {per_cell:,} per cell; "
        f"weights stand for {found.represented:,} items"
    )
    print_table(("class", *by, "in the split", "in the slice"), [(*c.cell, c.whole, c.taken) for c in found.cells])


def _share(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise click.UsageError(f"--ratio {name} takes a number such as 0.7, not {text!r}") from None


def _print_split(result: SplitResult) -> None:
    print_table(
        ("split", "asked", "items", "groups", "locked"),
        [(s.split, s.asked, s.items, s.groups, s.locked_items) for s in result.sizes],
    )
    names = [s.split for s in result.sizes]
    rows: dict[str, dict[str, str]] = {}
    for share in result.classes:
        rows.setdefault(share.category, {})[share.split] = f"{share.achieved:,} of {share.asked:,.1f}"
    print_table(("class", *names), [(name, *(found.get(n, "") for n in names)) for name, found in rows.items()])
    checks = result.checks
    click.echo(
        f"score {result.measures.score:.4f} (0 is perfect, 1 is random, bound {result.measures.lower_bound:.4f}); "
        f"{checks.cut_groups:,} groups cut, {checks.leaked_duplicates:,} sets of twins across splits, "
        f"{checks.empty_cells:,} classes missing from a split ({checks.unavoidable_empty_cells:,} unavoidable)"
    )
    for scarce in result.scarce:
        click.echo(f"{scarce.category} has {scarce.groups:,} groups: none in {', '.join(scarce.empty_splits)}")
    found = result.measures
    at = " in ".join(found.max_deviation_at or ())
    click.echo(
        f"LD {found.label_distribution:.5f}, LPD {found.label_pair_distribution:.5f}, JS {found.js_bits:.5f} bits, "
        f"largest deviation {found.max_deviation:.1%}{f' ({at})' if at else ''}; "
        + ("no split with these floors can be better" if result.is_proven else "not proven to be the best")
    )
    for first, second, clusters in result.leaks:
        if clusters:
            click.echo(f"{first} and {second} share {clusters:,} sets of twins")
    for note in result.notes:
        click.echo(note)
    if result.quarantined:
        click.echo(f"{result.quarantined:,} items link two locked splits and are in none")


def _print_stored(stored: Sequence[StoredSplit]) -> None:
    if not stored:
        say("The project has no split yet; make one with the command split")
        return
    rows: list[tuple[object, ...]] = []
    for found in stored:
        request, result, active = found.request, found.result, "active" if found.is_active else ""
        ratios = ", ".join(f"{name} {100 * share:g} %" for name, share in request.ratios)
        rows.append((found.id, active, ratios, result.items, result.measures.score, request.seed, found.created_utc))
    print_table(("split", "", "ratios", "items", "score", "seed", "made"), rows)


def _print_diff(found: SplitDiff) -> None:
    click.echo(found.sentence())
    if found.request:
        rows = [(c.place, c.before or "none", c.after or "none") for c in found.request]
        print_table(("request", "before", "after"), rows)
    if found.moves:
        moves = [(m.before or "no split", m.after or "no split", len(m.item_ids)) for m in found.moves]
        print_table(("before", "after", "items"), moves)
    for title, changes in (("measure", found.measures), ("split", found.sizes), ("class", found.classes)):
        print_changes(title, changes)


COMMANDS = (split, splits, slice_command)
"""Every command of this module, in the order of the help."""

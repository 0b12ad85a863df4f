"""Commands that balance training: plan resample, plan weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tailwise.cli.output import print_json, print_table
from tailwise.cli.support import PATH, json_option, terminal_progress, writing

if TYPE_CHECKING:
    from pathlib import Path

    from tailwise.domain.class_weights import WeightsOutcome
    from tailwise.domain.resampling import BalanceMeasures, ResamplingOutcome


@click.command()
@click.argument("project", type=PATH)
@click.option("--total", type=int, metavar="N", help="Items per epoch; as many as there are training items by default.")
@click.option("--cap", type=float, default=5.0, show_default=True, metavar="X", help="Most uses of an item per epoch.")
@click.option(
    "--floor",
    type=float,
    metavar="X",
    help="Least uses of an item per epoch; 0, or 1 where items hold several classes.",
)
@click.option(
    "--target",
    type=click.Choice(["uniform", "sqrt", "natural", "tiers"]),
    default="uniform",
    show_default=True,
    help="Class totals aimed at before the cap.",
)
@click.option("--temperature", type=float, metavar="T", help="Instead of a target: 0 is uniform, 1 is natural.")
@click.option("--per-scene", is_flag=True, help="Count near-duplicates once: cap and floor hold for each scene.")
@click.option("--epochs", type=int, default=1, show_default=True, help="Epochs to lay out.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@json_option
def resample(  # noqa: PLR0913, PLR0917  one parameter per option
    project: Path,
    total: int | None,
    cap: float,
    floor: float | None,
    target: str,
    temperature: float | None,
    per_scene: bool,
    epochs: int,
    seed: int,
    as_json: bool,
) -> None:
    """Plan how often each training item is used per epoch, store the plan, and say what it does to every class."""
    from tailwise.domain.resampling import ResamplingRequest, TargetShape
    from tailwise.usecases.resampling import plan_resampling
    from tailwise.usecases.resampling_outcome import outcome_json

    request = ResamplingRequest(
        total=total,
        cap=cap,
        floor=floor,
        target=TargetShape(target),
        temperature=temperature,
        per_scene=per_scene,
        epochs=epochs,
        seed=seed,
    )
    with writing(project) as opened, terminal_progress() as progress:
        _, outcome = plan_resampling(opened, request, progress)
    if as_json:
        print_json(outcome_json(outcome))
        return
    _print_resampling(outcome)


@click.command()
@click.argument("project", type=PATH)
@click.option(
    "--scheme",
    default="auto",
    show_default=True,
    metavar="S",
    help="auto, none, balanced, inverse, sqrt, effective, median or pos-weight.",
)
@click.option("--unit", type=click.Choice(["images", "objects", "pixels"]), help="What to count.")
@click.option("--normalise", type=click.Choice(["none", "sum1", "mean1"]), help="Scale the weights.")
@click.option("--beta", type=float, metavar="B", help="For effective: b of the effective number, 0..1.")
@click.option("--tiers", is_flag=True, help="Must-not-miss classes count twice, experimental ones half.")
@click.option(
    "--pos-weight-cap", type=float, default=100.0, show_default=True, metavar="X", help="Cut positive weights there."
)
@click.option("--weight-cap", type=float, metavar="X", help="Cut weights there.")
@json_option
def weights(  # noqa: PLR0913, PLR0917  one parameter per option
    project: Path,
    scheme: str,
    unit: str | None,
    normalise: str | None,
    beta: float | None,
    tiers: bool,
    pos_weight_cap: float,
    weight_cap: float | None,
    as_json: bool,
) -> None:
    """Work out class weights of the training items, store the choice, and warn of correcting twice."""
    from tailwise.domain.class_weights import Normalise, Scheme, WeightsRequest
    from tailwise.domain.coverage import Unit
    from tailwise.usecases.weights import plan_weights
    from tailwise.usecases.weights_outcome import outcome_json

    request = WeightsRequest(
        scheme=Scheme.of(scheme),
        unit=Unit(unit) if unit else None,
        normalise=Normalise(normalise) if normalise else None,
        beta=beta,
        use_tiers=tiers,
        pos_weight_cap=pos_weight_cap,
        cap=weight_cap,
    )
    with writing(project) as opened, terminal_progress() as progress:
        _, outcome = plan_weights(opened, request, progress)
    if as_json:
        print_json(outcome_json(outcome))
        return
    _print_weights(outcome)


def _print_resampling(outcome: ResamplingOutcome) -> None:
    part = outcome.part
    where = f"the split {part.name}" if part.name else "all labelled items"
    click.echo(
        f"{outcome.total:,} items per epoch from {part.items:,} of {where} ({outcome.method.value}, cap "
        f"{outcome.request.cap:g}, floor {outcome.floor:g}); {part.held_out:,} held out and never repeated"
    )
    print_table(
        ("class", outcome.unit, "target", "effective", "multiplier", "at the cap"),
        [
            (r.name, r.count, round(r.target, 1), round(r.effective, 1), r.multiplier, "yes" if r.is_capped else "")
            for r in outcome.rows
        ],
    )
    rows = [("before", outcome.before), ("after", outcome.after)]
    rows += [(m.method.value, m.measures) for m in outcome.comparison if m.method is not outcome.method]
    print_table(
        ("", "evenness", "max/min", "effective classes", "smallest", "under 50", "tail multiplier"),
        [(name, *_measures(found)) for name, found in rows],
    )
    for note in outcome.notes:
        click.echo(note)


def _measures(found: BalanceMeasures) -> tuple[object, ...]:
    return (
        _short(found.evenness),
        _short(found.imbalance_ratio),
        _short(found.effective_classes),
        _short(found.smallest),
        found.under,
        _short(found.tail_multiplier),
    )


def _print_weights(outcome: WeightsOutcome) -> None:
    click.echo(f"{outcome.rule}.")
    print_table(
        ("class", outcome.unit.value, "weight", "pos_weight", "multiplier", "weight x multiplier"),
        [
            (r.name, r.count, _short(r.weight), _short(r.pos_weight), _short(r.multiplier), _short(r.product))
            for r in outcome.rows
        ],
    )
    click.echo(f"{outcome.focal}.")
    for warning in outcome.warnings:
        click.echo(f"{warning}.")


def _short(value: float | None) -> str:
    return "–" if value is None else f"{value:,.6g}"


PLAN_COMMANDS = (resample, weights)
"""Commands that hang below `plan`."""

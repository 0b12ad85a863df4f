"""Turn a plan into the playbook of its sprint: sourcing, quotas per day, selection, metrics, stop rules."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from tailwise.domain.plan import Route
from tailwise.domain.playbook import Playbook, PlaybookSection, PlaybookTable
from tailwise.domain.wording import counted
from tailwise.planning.batches import BATCH_ITEMS
from tailwise.planning.largest_remainder import largest_remainder
from tailwise.planning.quota_rules import percent
from tailwise.planning.quota_yields import yield_table
from tailwise.planning.sample_size import share_out
from tailwise.planning.stop_rules import plan_rules, sprint_rules

if TYPE_CHECKING:
    from tailwise.domain.plan import PlanRequest
    from tailwise.domain.plan_outcome import PlanLine, PlanOutcome, WeekTotals

WORKDAYS = 5
MOST_YIELDS = 4
SELECTION = {
    Route.TARGETED: "take items of the condition named, in the order of the work order; it is a seeded shuffle.",
    Route.RULE: "take what the rule hits; label 10 % of what it does not hit as well, to learn what it misses.",
    Route.MINORITY: "take the highest predicted probability of a must-not-miss class; at most 25 % for one class.",
    Route.UNCERTAIN: "take the scores nearest to the threshold that separates the class best, not to 0.5.",
    Route.NOVELTY: "take what is least like anything labelled and least surely of any class, farthest first.",
    Route.RANDOM: "draw at random, whatever it looks like: the only honest estimate of how frequent things are.",
    Route.HARD_NEGATIVE: "take look-alikes that hold none of the class; a reviewer judges each one.",
}


def make_playbook(request: PlanRequest, outcome: PlanOutcome) -> Playbook:
    """Return the playbook of a plan.

    Args:
        request: with the streams the plan was solved with.
        outcome: the plan.
    """
    weeks = counted(request.weeks, "week")
    starts = f", from {request.start.isoformat()}" if request.start else ""
    return Playbook(
        title=outcome.name,
        subtitle=f"{weeks}{starts}: {outcome.items:,.0f} items, {outcome.hours:,.1f} hours of labelling, "
        f"{outcome.review_hours:,.1f} of review. Request {outcome.request_hash[:12]}, seed {outcome.seed}.",
        sections=(
            _goals(request, outcome),
            _sourcing(request, outcome),
            *(_days(request, outcome, week) for week in outcome.weeks if week.items > 0),
            _selection(request, outcome),
            _metrics(request),
            *_stopping(request, outcome),
        ),
    )


def _goals(request: PlanRequest, outcome: PlanOutcome) -> PlaybookSection:
    expected, short = dict(outcome.expected), dict(outcome.shortfall)
    rows: list[tuple[str, ...]] = []
    for quota in request.classes:
        sure = [risk.p_met for risk in outcome.risk if risk.class_name == quota.name]
        if quota.need(request.weeks) > 0:
            rows.append(
                (
                    quota.name,
                    quota.tier.value,
                    f"{quota.min_per_week:,.10g}",
                    f"{quota.need(request.weeks):,.10g}",
                    f"{expected.get(quota.name, 0.0):,.1f}",
                    f"{short.get(quota.name, 0.0):,.1f}",
                    percent(round(min(sure), 2)) if sure else "",
                )
            )
    columns = ("class", "tier", "per week", "in all", "expected", "short by", "met with")
    tables = (PlaybookTable(columns, tuple(rows)),) if rows else ()
    text = f"Amounts are {request.unit.value}, wanted anew." if rows else "No class has a minimum or a target."
    return PlaybookSection("Goals", text, tuple(reason.advice for reason in outcome.reasons), tables)


def _sourcing(request: PlanRequest, outcome: PlanOutcome) -> PlaybookSection:
    table = yield_table(request.in_stable_order())
    names = [stream.name for stream in request.in_stable_order().streams]
    rows: list[tuple[str, ...]] = []
    for stream in request.streams:
        planned = sum(line.items for line in outcome.lines if line.stream == stream.name)
        rates = table.mean[names.index(stream.name)].tolist()
        best = sorted(((rate, name) for rate, name in zip(rates, table.classes, strict=True) if rate > 0), reverse=True)
        if planned > 0:
            rows.append(
                (
                    stream.name,
                    stream.route.value,
                    f"{planned:,.0f} of {stream.available:,}",
                    f"{stream.seconds_per_item:,.10g}",
                    ", ".join(f"{name} {rate:.3g}" for rate, name in best[:MOST_YIELDS]),
                )
            )
    columns = ("stream", "route", "items", "seconds each", "expected per item")
    text = "Where the items come from. Near-duplicates are counted once: never label two of one cluster."
    return PlaybookSection("Sourcing", text, (), (PlaybookTable(columns, tuple(rows)),) if rows else ())


def _days(request: PlanRequest, outcome: PlanOutcome, week: WeekTotals) -> PlaybookSection:
    """Share out a week over its working days, each stream on its own so that no day lacks the rare ones."""
    lines = [line for line in outcome.lines if line.week == week.week and line.items >= 1]
    days = _day_names(week.start)
    rows = [(line.stream, *(f"{n:,}" for n in _daily(line))) for line in lines]
    totals = [sum(day) for day in zip(*(_daily(line) for line in lines), strict=True)]
    rows.append(("all", *(f"{n:,}" for n in totals)))
    wanted = ", ".join(
        f"{name} {amount / WORKDAYS:,.1f}"
        for name, amount in week.expected
        if amount > 0 and any(c.name == name and c.need(request.weeks) > 0 for c in request.classes)
    )
    text = f"{week.hours / WORKDAYS:,.1f} hours of labelling and {week.review_hours / WORKDAYS:,.1f} of review a day."
    if wanted:
        text += f" Expected a day: {wanted}."
    return PlaybookSection(f"Week {week.week}: items a day", text, (), (PlaybookTable(("stream", *days), tuple(rows)),))


def _daily(line: PlanLine) -> list[int]:
    return largest_remainder([line.items / WORKDAYS] * WORKDAYS, round(line.items)).tolist()


def _day_names(start: dt.date | None) -> list[str]:
    """Return the working days among the seven days from the start of a week, or their numbers without a start."""
    if start is None:
        return [f"day {day + 1}" for day in range(WORKDAYS)]
    week = (start + dt.timedelta(days=day) for day in range(7))
    return [day.isoformat() for day in week if day.weekday() < WORKDAYS]


def _selection(request: PlanRequest, outcome: PlanOutcome) -> PlaybookSection:
    used = {line.route for line in outcome.lines}
    points = [f"{route.value}: {text}" for route, text in SELECTION.items() if route in used]
    points.append("Every batch of 50 holds the streams in proportion, so that rare objects never come all at once.")
    reserve = request.reserve.discovery
    rows = tuple((route.value, f"{count:,}") for route, count in share_out(BATCH_ITEMS).items())
    points.append("Where a model's scores choose, a batch is shared out over the routes as in the table.")
    tables = (PlaybookTable(("route", f"of {BATCH_ITEMS}"), rows),)
    text = f"{percent(reserve)} of every week is kept for discovery (random and novelty)." if reserve else ""
    return PlaybookSection("Selection rule", text, tuple(points), tables)


def _metrics(request: PlanRequest) -> PlaybookSection:
    return PlaybookSection(
        "Metrics, looked at every week",
        "",
        (
            f"{request.unit.value.capitalize()} found per class and stream, against what was expected.",
            "Seconds per item, median and 90th percentile, per stream.",
            "Disagreement of two annotators per class with its 95 % interval; below 30 double labels it says nothing.",
            "Share of near-duplicates per source.",
            "Classes first seen in the discovery reserve.",
            "Recall per must-not-miss class on the locked evaluation set, with its 95 % interval.",
        ),
    )


def _stopping(request: PlanRequest, outcome: PlanOutcome) -> list[PlaybookSection]:
    sections = [PlaybookSection("Stop and adjust: the sprint", "", sprint_rules(request, outcome))]
    sections += [PlaybookSection(f"Stop and adjust: {name}", "", rules) for name, rules in plan_rules(request, outcome)]
    return sections

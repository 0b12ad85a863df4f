"""The rules of a request as rows: item limit, shares, reserves, and the easy cap behind its gate.

Every rule is named, so that the diagnosis can leave it out and say so. All of them hold when nothing is labelled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tailwise.domain.plan import DISCOVERY_ROUTES, Route, Share, Tier

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    from numpy.typing import NDArray

    from tailwise.domain.plan import ClassQuota, PlanRequest
    from tailwise.planning.quota_model import Columns
    from tailwise.planning.quota_rows import RowBuilder
    from tailwise.planning.quota_yields import YieldTable

GOOD_PART = 0.1
"""A stream with at least this part of the best stream's yield of a class is a good source of it: never an easy stream
when the class must not be missed."""


def add_rules(builder: RowBuilder, request: PlanRequest, yields: YieldTable, columns: Columns) -> bool:
    """Add every rule of the request; return whether the gate columns are used."""
    _add_item_limit(builder, request, columns)
    streams = request.streams
    for j, stream in enumerate(streams):
        if stream.share is not None:
            _add_share(builder, f"stream {stream.name!r}", [j], stream.share, columns)
    for rule in request.sources:
        members = [j for j, s in enumerate(streams) if s.source == rule.name]
        _add_share(builder, f"source {rule.name!r}", members, rule.share, columns)
    for rule in request.routes:
        members = [j for j, s in enumerate(streams) if s.route is rule.route]
        _add_share(builder, f"route {rule.route.value!r}", members, rule.share, columns)
    reserve = request.reserve
    discovery = [j for j, s in enumerate(streams) if s.route in DISCOVERY_ROUTES]
    _add_share(builder, "discovery reserve", discovery, Share(reserve.discovery, 1.0), columns)
    negatives = [j for j, s in enumerate(streams) if s.route is Route.HARD_NEGATIVE]
    _add_share(builder, "hard negatives", negatives, Share(reserve.hard_negatives, 1.0), columns)
    only_tried = experimental_streams(request, yields)
    most = Share(0.0, request.capacity.experimental_share)
    _add_share(builder, "streams only experimental classes need", only_tried, most, columns)
    return _add_easy_caps(builder, request, yields, columns)


def percent(share: float) -> str:
    """Write a share as a percentage without needless decimals."""
    return f"{round(share * 100, 4):g} %"


def _add_item_limit(builder: RowBuilder, request: PlanRequest, columns: Columns) -> None:
    limits = request.capacity.items_per_week
    if limits is None:
        return
    shown = f"{limits[0]:,}" if len(set(limits)) == 1 else ", ".join(f"{n:,}" for n in limits)
    rule = builder.rule(f"items per week: at most {shown}")
    for t, most in enumerate(limits):
        builder.add([(columns.item(t, j), 1.0) for j in range(columns.streams)], high=most, rule=rule)


def _add_share(builder: RowBuilder, what: str, members: Iterable[int], share: Share, columns: Columns) -> None:
    inside = set(members)
    sides = ((share.least, 1.0, "at least"), (share.most, -1.0, "at most"))
    for part, sign, words in sides:
        if (part, sign) in {(0.0, 1.0), (1.0, -1.0)}:
            continue
        rule = builder.rule(f"{what}: {words} {percent(part)} of each week's items")
        for t in range(columns.weeks):
            terms = [
                (columns.item(t, j), sign * ((1.0 if j in inside else 0.0) - part)) for j in range(columns.streams)
            ]
            builder.add(terms, low=0.0, rule=rule)


def easy_streams(easy: ClassQuota, request: PlanRequest, yields: YieldTable) -> list[int]:
    """Return the streams an easy cap counts: those that yield the class and are no source of a must-not-miss class."""
    rates = yields.mean[:, yields.classes.index(easy.name)]
    bearing = _bearing(request, yields, Tier.MUST_NOT_MISS)
    return [j for j in range(len(request.streams)) if rates[j] > 0 and not bearing[j]]


def experimental_streams(request: PlanRequest, yields: YieldTable) -> list[int]:
    """Return the streams that are a good source of an experimental class and of no class of a higher tier."""
    tried = _bearing(request, yields, Tier.EXPERIMENTAL)
    needed = _bearing(request, yields, Tier.MUST_NOT_MISS, Tier.NICE_TO_HAVE)
    return [j for j in range(len(request.streams)) if tried[j] and not needed[j]]


def _bearing(request: PlanRequest, yields: YieldTable, *tiers: Tier) -> NDArray[np.bool_]:
    """Return which streams yield a class of these tiers nearly as well as the best stream does."""
    wanted = [yields.classes.index(c.name) for c in request.classes if c.tier in tiers]
    rates = yields.mean[:, wanted]
    return ((rates > 0) & (rates >= GOOD_PART * rates.max(axis=0, initial=0.0))).any(axis=1)


def _add_easy_caps(builder: RowBuilder, request: PlanRequest, yields: YieldTable, columns: Columns) -> bool:
    rare = [c for c in request.classes if c.tier is Tier.MUST_NOT_MISS and c.min_per_week > 0]
    capped = [c for c in request.classes if c.easy_cap is not None]
    if not rare or not capped:
        return False  # without a minimum to wait for the gate is open from the start
    for t in range(columns.weeks):
        for c in rare:
            rates = yields.mean[:, yields.classes.index(c.name)].tolist()
            terms = [(columns.item(t, j), rate / c.min_per_week) for j, rate in enumerate(rates)]
            builder.add([*terms, (columns.gate + t, -1.0)], low=0.0)
    for easy in capped:
        _add_easy_cap(builder, easy, easy_streams(easy, request, yields), request, columns)
    return True


def _add_easy_cap(
    builder: RowBuilder, easy: ClassQuota, streams: list[int], request: PlanRequest, columns: Columns
) -> None:
    cap = easy.easy_cap or 0
    pool = sum(request.streams[j].available for j in streams)
    if pool <= cap:
        return
    rule = builder.rule(
        f"easy cap of {easy.name!r}: at most {cap:,} items a week until every must-not-miss minimum is met"
    )
    for t in range(columns.weeks):
        terms = [(columns.item(t, j), 1.0) for j in streams]
        # The pool, not the item limit, opens the gate: that limit is a rule of its own, which may be left out.
        builder.add([*terms, (columns.gate + t, -float(pool - cap))], high=cap, rule=rule)

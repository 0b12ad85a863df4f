"""What a quota plan is asked for: the request as plain values, checked when it is built.

Hours are hours of one person, seconds are per item, shares are 0..1 of one week's items. "Objects" in names and texts
below stands for what the request counts: images, objects or texts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from tailwise.domain.errors import RequestError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

MAX_WEEKS = 104
MAX_ITEMS = 1_000_000_000
MAX_AMOUNT = 1e9
MIN_DISCOVERY = 0.10
DEFAULT_SECONDS_PER_ITEM = 60.0
CONFIDENCE_RANGE = (0.5, 0.99)


class QuotaUnit(StrEnum):
    """What targets, minimums and yields count."""

    IMAGES = "images"
    OBJECTS = "objects"
    TEXTS = "texts"


class Objective(StrEnum):
    """What is sought once every quota is met as far as it can be."""

    FEWEST_HOURS = "fewest_hours"
    MOST_RARE = "most_rare"


class Tier(StrEnum):
    """How much a class matters; a higher tier is never traded for a lower one."""

    MUST_NOT_MISS = "must-not-miss"
    NICE_TO_HAVE = "nice-to-have"
    EXPERIMENTAL = "experimental"


class Route(StrEnum):
    """How the items of a stream are chosen."""

    TARGETED = "targeted"
    RULE = "rule"
    MINORITY = "minority"
    UNCERTAIN = "uncertain"
    NOVELTY = "novelty"
    RANDOM = "random"
    HARD_NEGATIVE = "hard-negative"


DISCOVERY_ROUTES = frozenset({Route.RANDOM, Route.NOVELTY})


def _refuse_unless(is_fine: bool, summary: str, hint: str) -> None:
    if not is_fine:
        raise RequestError(summary, hint)


def _check_amount(where: str, key: str, value: float, most: float = MAX_AMOUNT) -> None:
    fine = math.isfinite(value) and 0 <= value <= most
    _refuse_unless(fine, f"{where}: {key} is {value:g}", f"Give a number from 0 to {most:,.0f}")


def _check_name(where: str, name: str) -> None:
    _refuse_unless(bool(name.strip()), f"{where} has an empty name", "Give it a name")
    _refuse_unless(name.isprintable(), f"{where} {name!r} has a control character in its name", "Take it out")


def _check_unique(what: str, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        _refuse_unless(name not in seen, f"{what} {name!r} is there twice", "Keep one of them")
        seen.add(name)


@dataclass(frozen=True, slots=True)
class Share:
    """Least and most of each week's items, 0..1."""

    least: float = 0.0
    most: float = 1.0

    def __post_init__(self) -> None:
        fine = 0.0 <= self.least <= self.most <= 1.0  # also refuses NaN
        shown = f"[{self.least:g}, {self.most:g}]"
        _refuse_unless(fine, f"share {shown} is not a range within 0 and 1", "Give the least, then the most")


@dataclass(frozen=True, slots=True)
class Capacity:
    """What each week offers, one entry per week; None means no limit.

    `experimental_share` is the most of each week's items that may come from streams only an experimental class needs.
    """

    label_hours: tuple[float, ...] | None = None
    review_hours: tuple[float, ...] | None = None
    items_per_week: tuple[int, ...] | None = None
    experimental_share: float = 1.0

    def __post_init__(self) -> None:
        fine = 0.0 <= self.experimental_share <= 1.0
        _refuse_unless(
            fine,
            f"capacity: experimental_share is {self.experimental_share:g}",
            "Give a share from 0 to 1, such as 0.1",
        )
        for key, values in (("label_hours", self.label_hours), ("review_hours", self.review_hours)):
            for value in values or ():
                _check_amount("capacity", key, value)
        for value in self.items_per_week or ():
            _check_amount("capacity", "items_per_week", value, MAX_ITEMS)


@dataclass(frozen=True, slots=True)
class ClassQuota:
    """What is wanted of one class.

    Attributes:
        min_per_week: objects wanted anew every week.
        target: objects wanted by the last week, or None.
        easy_cap: most items per week from the streams of this class until every must-not-miss minimum of that week
            is met, or None.
    """

    name: str
    tier: Tier = Tier.NICE_TO_HAVE
    min_per_week: float = 0.0
    target: float | None = None
    easy_cap: int | None = None

    def __post_init__(self) -> None:
        _check_name("A class", self.name)
        where = f"class {self.name!r}"
        _check_amount(where, "min_per_week", self.min_per_week)
        if self.target is not None:
            _check_amount(where, "target", self.target)
        if self.easy_cap is not None:
            _check_amount(where, "easy_cap", self.easy_cap, MAX_ITEMS)
            _refuse_unless(
                self.tier is not Tier.MUST_NOT_MISS,
                f"{where} is must-not-miss and has an easy_cap",
                "Cap the easy classes only, or lower its tier",
            )

    def need(self, weeks: int) -> float:
        """Return the objects wanted over all weeks: the larger of the weekly minimums together and the target."""
        return max(self.min_per_week * weeks, self.target or 0.0)


@dataclass(frozen=True, slots=True)
class StreamYield:
    """Objects of one class per labelled item of a stream: either a `rate`, or counts it is estimated from.

    Attributes:
        rate: expected objects per item, taken as known; None when it is estimated.
        labelled: items of the stream labelled so far.
        found: objects found in them.
        prior: rate to assume before anything was labelled, worth 10 labelled items; None to take that of the other
            streams of the source.
    """

    class_name: str
    rate: float | None = None
    labelled: int = 0
    found: float = 0.0
    prior: float | None = None

    def __post_init__(self) -> None:
        _check_name("A yield", self.class_name)
        where = f"yield of {self.class_name!r}"
        for key, value in (
            ("rate", self.rate),
            ("labelled", self.labelled),
            ("found", self.found),
            ("prior", self.prior),
        ):
            if value is not None:
                _check_amount(where, key, value)
        _refuse_unless(
            self.found == 0 or self.labelled > 0,
            f"{where}: {self.found:g} found in 0 labelled items",
            "Check the counts",
        )


@dataclass(frozen=True, slots=True)
class Stream:
    """Where items can come from: one source x condition x route.

    `available` counts near-duplicate clusters, not items: identical scenes are labelled once.
    """

    name: str
    available: int
    source: str | None = None
    route: Route = Route.TARGETED
    seconds_per_item: float = DEFAULT_SECONDS_PER_ITEM
    review_seconds_per_item: float = 0.0
    share: Share | None = None
    yields: tuple[StreamYield, ...] = ()

    def __post_init__(self) -> None:
        _check_name("A stream", self.name)
        where = f"stream {self.name!r}"
        _check_amount(where, "available", self.available, MAX_ITEMS)
        _check_amount(where, "seconds_per_item", self.seconds_per_item)
        _check_amount(where, "review_seconds_per_item", self.review_seconds_per_item)
        _check_unique(f"{where}: the yield of", (y.class_name for y in self.yields))


@dataclass(frozen=True, slots=True)
class SourceShare:
    """Least and most of each week's items over all streams of a source."""

    name: str
    share: Share


@dataclass(frozen=True, slots=True)
class RouteShare:
    """Least and most of each week's items over all streams of a route."""

    route: Route
    share: Share


@dataclass(frozen=True, slots=True)
class Reserve:
    """Least shares of each week's items kept free for discovery (random + novelty) and for hard negatives.

    0 means no such rule. A discovery reserve is at least 10 %: a smaller one finds nothing.
    """

    discovery: float = 0.0
    hard_negatives: float = 0.0

    def __post_init__(self) -> None:
        fine = self.discovery == 0.0 or MIN_DISCOVERY <= self.discovery <= 1.0
        _refuse_unless(
            fine,
            f"reserve: discovery is {self.discovery:g}",
            f"Give a share from {MIN_DISCOVERY:g} to 1, or leave it out",
        )
        fine = 0.0 <= self.hard_negatives <= 1.0
        _refuse_unless(fine, f"reserve: hard_negatives is {self.hard_negatives:g}", "Give a share from 0 to 1")


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """Everything a quota plan depends on. Two requests that differ only in the order of rows give the same plan.

    Without `streams` they come from the project (`with_streams`).

    Attributes:
        confidence: probability, 0.5..0.99, with which each quota is to be met where hours, pool and rules allow it;
            None to plan for what is expected, which is met about half of the time.
        conditions: axes the streams of the project are told apart by; None to choose the one that says most.
    """

    weeks: int
    classes: tuple[ClassQuota, ...]
    name: str = "Plan"
    start: dt.date | None = None
    unit: QuotaUnit = QuotaUnit.OBJECTS
    objective: Objective = Objective.FEWEST_HOURS
    seed: int = 0
    confidence: float | None = None
    conditions: tuple[str, ...] | None = None
    capacity: Capacity = field(default_factory=Capacity)
    streams: tuple[Stream, ...] = ()
    sources: tuple[SourceShare, ...] = ()
    routes: tuple[RouteShare, ...] = ()
    reserve: Reserve = field(default_factory=Reserve)

    def __post_init__(self) -> None:
        _check_name("The plan", self.name)
        _refuse_unless(1 <= self.weeks <= MAX_WEEKS, f"plan: weeks is {self.weeks}", f"Give 1 to {MAX_WEEKS} weeks")
        _refuse_unless(0 <= self.seed < 2**63, f"plan: seed is {self.seed}", "Give a whole number from 0")
        if self.confidence is not None:
            low, high = CONFIDENCE_RANGE
            fine = low <= self.confidence <= high
            _refuse_unless(
                fine, f"plan: confidence is {self.confidence:g}", f"Give {low:g} to {high:g}, or leave it out"
            )
        _check_unique("condition", self.conditions or ())
        _refuse_unless(bool(self.classes), "The request names no class", "Add a [[class]] with its tier and quota")
        self._check_weekly_lists()
        _check_unique("class", (c.name for c in self.classes))
        _check_unique("stream", (s.name for s in self.streams))
        _check_unique("source", (s.name for s in self.sources))
        _check_unique("route", (r.route.value for r in self.routes))
        _refuse_unless(
            self.objective is not Objective.MOST_RARE or any(c.tier is Tier.MUST_NOT_MISS for c in self.classes),
            "The objective is most_rare and no class is must-not-miss",
            'Give a class the tier "must-not-miss", or use the objective "fewest_hours"',
        )
        if self.streams:
            self._check_sources()

    def _check_weekly_lists(self) -> None:
        capacity = self.capacity
        for key in ("label_hours", "review_hours", "items_per_week"):
            values: tuple[float, ...] | None = getattr(capacity, key)
            if values is not None:
                _refuse_unless(
                    len(values) == self.weeks,
                    f"capacity: {key} has {len(values)} entries for {self.weeks} weeks",
                    "Give one number for every week, or a single number for all",
                )

    def _check_sources(self) -> None:
        known = {s.source for s in self.streams}
        for rule in self.sources:
            names = ", ".join(sorted(repr(n) for n in known if n is not None)) or "none"
            _refuse_unless(
                rule.name in known, f"source {rule.name!r} has a share and no stream", f"Streams name: {names}"
            )

    def with_streams(self, streams: Iterable[Stream]) -> PlanRequest:
        """Return the request with these streams in place of its own, checked again."""
        return replace(self, streams=tuple(streams))

    def in_stable_order(self) -> PlanRequest:
        """Return the same request with every row in order of its name, so that row order cannot change a result."""
        streams = (
            replace(s, yields=tuple(sorted(s.yields, key=lambda y: y.class_name)))
            for s in sorted(self.streams, key=lambda s: s.name)
        )
        return replace(
            self,
            classes=tuple(sorted(self.classes, key=lambda c: c.name)),
            conditions=None if self.conditions is None else tuple(sorted(self.conditions)),
            streams=tuple(streams),
            sources=tuple(sorted(self.sources, key=lambda s: s.name)),
            routes=tuple(sorted(self.routes, key=lambda r: r.route.value)),
        )

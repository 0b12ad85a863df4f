"""Requests for the tests of the quota plan, most of them from the worked examples of the method."""

from tailwise.domain.plan import (
    Capacity,
    ClassQuota,
    Objective,
    PlanRequest,
    Reserve,
    Route,
    Share,
    SourceShare,
    Stream,
    StreamYield,
    Tier,
)

MUST, NICE, TRY = Tier.MUST_NOT_MISS, Tier.NICE_TO_HAVE, Tier.EXPERIMENTAL


def rates(**by_class):
    return tuple(StreamYield(name, rate=rate) for name, rate in by_class.items())


TICKETS = (("Email", 12_000, 0.01), ("Chat", 6_000, 0.03), ("Social", 2_000, 0.05))


def fraud(least=0.0, most=1.0, *, is_proportional=False):
    """A wave of 1,000 support tickets; only the sources differ in how often they hold fraud."""
    shares = {"Email": (0.6, 0.6), "Chat": (0.3, 0.3), "Social": (0.1, 0.1)} if is_proportional else {}
    return PlanRequest(
        weeks=1,
        objective=Objective.MOST_RARE,
        capacity=Capacity(items_per_week=(1_000,)),
        classes=(ClassQuota("Fraud", MUST),),
        streams=tuple(Stream(s, n, source=s, yields=rates(Fraud=y)) for s, n, y in TICKETS),
        sources=tuple(SourceShare(s, Share(*shares.get(s, (least, most)))) for s, _, _ in TICKETS),
    )


VISION = (
    ("hospital", 0.30, 1_200, 90, Route.TARGETED),
    ("transit", 0.12, 3_000, 75, Route.TARGETED),
    ("night street", 0.02, 8_000, 60, Route.TARGETED),
    ("wheel-like", 0.08, 2_500, 75, Route.UNCERTAIN),
    ("random", 0.0067, 100_000, 45, Route.RANDOM),
    ("look-alikes", 0.01, 1_500, 60, Route.HARD_NEGATIVE),
)


def vision(per_week, *, has_shares=True, hours=(120.0, 120.0)):
    """Two weeks of street images for wheelchairs."""
    free = {Route.RANDOM, Route.HARD_NEGATIVE}
    return PlanRequest(
        weeks=2,
        capacity=Capacity(label_hours=hours),
        classes=(ClassQuota("Wheelchair", MUST, min_per_week=per_week),),
        streams=tuple(
            Stream(
                name,
                available,
                route=route,
                seconds_per_item=seconds,
                share=Share(0.0, 0.4) if has_shares and route not in free else None,
                yields=rates(Wheelchair=rate),
            )
            for name, rate, available, seconds, route in VISION
        ),
        reserve=Reserve(discovery=0.1, hard_negatives=0.1),
    )


def gate(available):
    """One week of 100 items: a rare stream, and an easy one capped at 20 until 10 rare objects are expected."""
    return PlanRequest(
        weeks=1,
        objective=Objective.MOST_RARE,
        capacity=Capacity(items_per_week=(100,)),
        classes=(ClassQuota("Rare", MUST, min_per_week=10), ClassQuota("Easy", NICE, easy_cap=20)),
        streams=(
            Stream("rare", available, yields=rates(Rare=0.25)),
            Stream("easy", 5_000, yields=rates(Easy=1.0)),
        ),
    )


def items_by_stream(outcome):
    """Return items per stream; less than a thousandth of an item is the noise of a plan in fractions."""
    totals = {}
    for line in outcome.lines:
        totals[line.stream] = totals.get(line.stream, 0) + line.items
    return {stream: items for stream, items in totals.items() if items > 1e-3}

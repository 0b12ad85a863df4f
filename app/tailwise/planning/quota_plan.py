"""Compute a quota plan: a request in, lines with totals, risk and reasons out. Reads and writes nothing."""

from __future__ import annotations

import datetime as dt
import difflib
import hashlib
import platform
import time
from importlib import metadata
from typing import TYPE_CHECKING

import numpy as np

import tailwise
from tailwise.domain.errors import RequestError
from tailwise.domain.plan import Objective, Tier
from tailwise.domain.plan_outcome import PlanLine, PlanOutcome, PlanStatus, QuotaKind, WeekTotals
from tailwise.planning.diagnosis import explain, missing
from tailwise.planning.quota_columns import columns_of, shortfalls
from tailwise.planning.quota_margins import sought_margins
from tailwise.planning.quota_model import SECONDS_PER_HOUR, TARGET_WEEK, build_model
from tailwise.planning.quota_risk import quota_risks
from tailwise.planning.quota_rules import easy_streams, percent
from tailwise.planning.quota_search import search
from tailwise.planning.quota_yields import yield_table
from tailwise.planning.request_file import format_request

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from tailwise.domain.plan import PlanRequest
    from tailwise.domain.plan_outcome import Amounts, QuotaRisk, Reason
    from tailwise.ops.progress import Progress
    from tailwise.planning.quota_model import QuotaModel
    from tailwise.planning.quota_search import Found

NOTHING = 1e-6
MOST_TOLD = 5
NEARLY = 0.02
"""Probabilities from 2,000 draws are not known any better."""


def compute_plan(request: PlanRequest, progress: Progress, *, integer: bool = True) -> PlanOutcome:
    """Return the best plan for a request, with reasons where a quota cannot be met.

    The solver cannot be interrupted: run large requests in a child process (`ops.child`). Everything in and out is
    picklable. The order of rows in the request never matters. `integer=False` allows fractions of items, for previews
    and for checking known answers; the outcome has no risk then.

    Raises:
        RequestError: the request has no streams, or a yield cannot be estimated.
        OpCancelledError: cancelled between two stages.
    """
    began = time.monotonic()
    request = request.in_stable_order()
    if not request.streams:
        raise RequestError("The request has no streams", "Add a [[stream]], or take the streams of the project")
    progress.stage("Building the model")
    yields = yield_table(request)
    margins = None if request.confidence is None else sought_margins(request, yields, request.confidence, progress)
    model = build_model(request, yields, margins)
    found = search(model, progress, integer=integer)
    items = _clean(found.items, is_whole=integer)
    columns = columns_of(model, items.ravel())
    reasons = explain(model, columns, progress)
    progress.stage("Estimating the risk")
    risk = quota_risks(model, items) if integer else ()
    hours, review_hours = (items * s / SECONDS_PER_HOUR for s in (model.seconds, model.review_seconds))
    return PlanOutcome(
        name=request.name,
        unit=request.unit,
        status=_status(found, reasons),
        lines=tuple(_lines(model, items)),
        weeks=tuple(_weeks(model, items)),
        items=float(items.sum()),
        hours=float(hours.sum()),
        review_hours=float(review_hours.sum()),
        expected=_amounts(model, model.expected(items).sum(axis=0)),
        shortfall=tuple((c.name, missing(model, columns, c.name)) for c in request.classes),
        risk=risk,
        reasons=reasons,
        notes=(*_notes(model, items), *_uncertain(request, risk, reasons)),
        gap=found.gap,
        stages=found.stages,
        seconds=time.monotonic() - began,
        seed=request.seed,
        versions=versions(),
        request_hash=request_hash(request),
        confidence=request.confidence,
    )


def request_hash(request: PlanRequest) -> str:
    """Return the SHA-256 of a request in stable order, as hexadecimal digits."""
    return hashlib.sha256(format_request(request.in_stable_order()).encode()).hexdigest()


def versions() -> tuple[tuple[str, str], ...]:
    """Return the versions a plan depends on; HiGHS comes with SciPy."""
    return (
        ("tailwise", tailwise.__version__),
        ("python", platform.python_version()),
        ("numpy", metadata.version("numpy")),
        ("scipy", metadata.version("scipy")),
    )


def _clean(items: NDArray[np.float64], *, is_whole: bool) -> NDArray[np.float64]:
    """Remove the solver's rounding noise."""
    return np.rint(items) if is_whole else np.where(items < NOTHING, 0.0, items)


def _status(found: Found, reasons: tuple[Reason, ...]) -> PlanStatus:
    if reasons and found.is_proven_short:
        return PlanStatus.INFEASIBLE
    return PlanStatus.OPTIMAL if found.is_closed and not reasons else PlanStatus.STOPPED_EARLY


def _amounts(model: QuotaModel, expected: NDArray[np.float64]) -> Amounts:
    return tuple(zip(model.yields.classes, expected.tolist(), strict=True))


def _week_start(request: PlanRequest, week: int) -> dt.date | None:
    return None if request.start is None else request.start + dt.timedelta(weeks=week)


def _lines(model: QuotaModel, items: NDArray[np.float64]) -> Iterator[PlanLine]:
    """Yield a line per week and stream that has items, in order of week, then stream name."""
    request = model.request
    for t, j in np.argwhere(items > 0).tolist():
        stream, count = request.streams[j], float(items[t, j])
        rates = model.yields.mean[j]
        yield PlanLine(
            week=t + 1,
            start=_week_start(request, t),
            stream=stream.name,
            source=stream.source,
            route=stream.route,
            items=count,
            hours=count * stream.seconds_per_item / SECONDS_PER_HOUR,
            review_hours=count * stream.review_seconds_per_item / SECONDS_PER_HOUR,
            expected=tuple((n, float(r) * count) for n, r in zip(model.yields.classes, rates, strict=True) if r > 0),
        )


def _weeks(model: QuotaModel, items: NDArray[np.float64]) -> Iterator[WeekTotals]:
    expected = model.expected(items)
    short = shortfalls(model, items)
    for t in range(model.columns.weeks):
        yield WeekTotals(
            week=t + 1,
            start=_week_start(model.request, t),
            items=float(items[t].sum()),
            hours=float(items[t] @ model.seconds) / SECONDS_PER_HOUR,
            review_hours=float(items[t] @ model.review_seconds) / SECONDS_PER_HOUR,
            expected=_amounts(model, expected[t]),
            shortfall=tuple((q.class_name, float(short[i])) for i, q in enumerate(model.quotas) if q.week == t),
        )


def _uncertain(request: PlanRequest, risk: tuple[QuotaRisk, ...], reasons: tuple[Reason, ...]) -> Iterator[str]:
    """Say which quotas are met in expectation but cannot be met as surely as was asked, the least sure first."""
    if request.confidence is None:
        return
    short = {reason.class_name for reason in reasons}
    weak = [r for r in risk if r.p_met < request.confidence - NEARLY and r.class_name not in short]
    weak.sort(key=lambda r: (r.p_met, r.class_name, r.week))
    told = [
        f"{r.class_name}, {f'week {r.week}' if r.quota is QuotaKind.WEEKLY else 'its target'}: "
        f"{percent(round(r.p_met, 2))}"
        for r in weak[:MOST_TOLD]
    ]
    more = f" and {len(weak) - MOST_TOLD} more" if len(weak) > MOST_TOLD else ""
    if told:
        yield (
            f"{percent(request.confidence)} cannot be reached for every quota with these hours, this pool and these "
            f"rules: {'; '.join(told)}{more}."
        )


def _notes(model: QuotaModel, items: NDArray[np.float64]) -> Iterator[str]:
    """Say what a lead would otherwise wonder about: settings without effect, slots that stay empty, likely typos."""
    request = model.request
    if not model.quotas and request.objective is Objective.FEWEST_HOURS:
        yield "No class has a minimum or a target, so the fewest hours are none: nothing is planned."
    has_minimum = any(q.week != TARGET_WEEK and q.tier is Tier.MUST_NOT_MISS for q in model.quotas)
    for c in request.classes:
        if c.easy_cap is not None and not has_minimum:
            yield f"The easy cap of {c.name} changes nothing: no must-not-miss class has a weekly minimum to wait for."
        elif c.easy_cap is not None and not easy_streams(c, request, model.yields):
            yield f"The easy cap of {c.name} changes nothing: every stream of it is one of a must-not-miss class too."
    names = [c.name for c in request.classes]
    for name in model.yields.classes:
        close = difflib.get_close_matches(name, names, n=1, cutoff=0.7) if name not in names else []
        if close:
            yield f"Streams yield {name!r}, which is no class of the request. Is {close[0]!r} meant?"
    if request.objective is Objective.MOST_RARE:
        for t, most in enumerate(request.capacity.items_per_week or ()):
            idle = most - float(items[t].sum())
            if idle >= 1.0:
                yield f"Week {t + 1}: {idle:,.0f} of {most:,} item slots stay idle: no hours, no pool, or a rule."

"""The quota model: a request as a mixed-integer linear programme that always has a solution.

Quotas are elastic: each has a shortfall column, so labelling nothing is always allowed and "infeasible" never comes
from the solver. Hours, pool and rules are hard. Columns, in this order: items per week and stream, shortfall per quota,
worst shortfall ratio, gate per week, extra label and review hours per week (0 unless the diagnosis frees them),
the shortfall of each class that has a quota, and, where a margin is sought, what each quota lacks with its margin.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tailwise.domain.plan import Tier
from tailwise.planning.quota_rows import RowBuilder, Rows
from tailwise.planning.quota_rules import add_rules

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tailwise.domain.plan import PlanRequest
    from tailwise.planning.quota_yields import YieldTable

SECONDS_PER_HOUR = 3600.0
TARGET_WEEK = -1
MET_WITHIN = 1e-4


@dataclass(frozen=True, slots=True)
class Quota:
    """One quota: `amount` objects of a class in one week, or over all weeks when `week` is TARGET_WEEK."""

    class_name: str
    tier: Tier
    week: int
    amount: float

    @property
    def tolerance(self) -> float:
        """Shortfall at which the quota still counts as met: expected counts are not known any better."""
        return MET_WITHIN * self.amount


@dataclass(frozen=True, slots=True)
class Columns:
    """Where each kind of column starts."""

    weeks: int
    streams: int
    quotas: int
    classes: int
    margins: int = 0

    def item(self, week: int, stream: int) -> int:
        """Return the column of the items of a stream in a week (both 0-based)."""
        return week * self.streams + stream

    @property
    def items(self) -> int:
        """Number of item columns, which come first."""
        return self.weeks * self.streams

    @property
    def short(self) -> int:
        """First shortfall column; one per quota."""
        return self.items

    @property
    def worst(self) -> int:
        """Column of the worst shortfall ratio of the must-not-miss quotas."""
        return self.short + self.quotas

    @property
    def gate(self) -> int:
        """First gate column: 1 only in a week that meets every must-not-miss minimum."""
        return self.worst + 1

    @property
    def extra_label(self) -> int:
        """First column of label hours beyond the budget; one per week."""
        return self.gate + self.weeks

    @property
    def extra_review(self) -> int:
        """First column of review hours beyond the budget; one per week."""
        return self.extra_label + self.weeks

    @property
    def class_short(self) -> int:
        """First column of shortfall per class with a quota."""
        return self.extra_review + self.weeks

    @property
    def margin(self) -> int:
        """First column of what a quota lacks with its margin; one per quota, or none at all."""
        return self.class_short + self.classes

    @property
    def count(self) -> int:
        """Number of columns."""
        return self.margin + self.margins


@dataclass(frozen=True, slots=True)
class QuotaModel:
    """Arrays for the solver, and what its columns and rows mean.

    Attributes:
        quotas: one per shortfall column.
        short_classes: classes with a quota, one per class shortfall column.
        whole: columns that take whole numbers only: items and gates.
        rules: texts of the rules a lead may relax, indexed by `rows.rule`.
        seconds, review_seconds: per item and stream.
        margins: objects to aim for above each quota, so that it is met with some certainty; 0 for none.
    """

    request: PlanRequest
    yields: YieldTable
    columns: Columns
    quotas: tuple[Quota, ...]
    short_classes: tuple[str, ...]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    whole: NDArray[np.bool_]
    rows: Rows
    rules: tuple[str, ...]
    seconds: NDArray[np.float64]
    review_seconds: NDArray[np.float64]
    margins: NDArray[np.float64]

    def costs(self, start: int, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return an objective that is 0 but for `values` from column `start` on."""
        costs = np.zeros(self.columns.count)
        costs[start : start + len(values)] = values
        return costs

    def expected(self, items: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return expected objects, shape (weeks, classes), for items of shape (weeks, streams)."""
        return items @ self.yields.mean


def build_model(request: PlanRequest, yields: YieldTable, margins: NDArray[np.float64] | None = None) -> QuotaModel:
    """Build the model of a request that is in stable order and has streams.

    Args:
        request: what is wanted.
        yields: of its streams.
        margins: objects to aim for above each quota once every quota is met in expectation; None for none.
    """
    quotas = _quotas(request)
    short_classes = tuple(dict.fromkeys(q.class_name for q in quotas))
    has_margins = margins is not None and bool(margins.any())
    columns = Columns(
        request.weeks, len(request.streams), len(quotas), len(short_classes), len(quotas) if has_margins else 0
    )
    above = np.zeros(len(quotas)) if margins is None else margins
    seconds = np.array([s.seconds_per_item for s in request.streams])
    review_seconds = np.array([s.review_seconds_per_item for s in request.streams])
    builder = RowBuilder()
    _add_pool(builder, request, columns)
    _add_hours(builder, request.capacity.label_hours, seconds, columns, columns.extra_label)
    _add_hours(builder, request.capacity.review_hours, review_seconds, columns, columns.extra_review)
    _add_quotas(builder, quotas, short_classes, yields, columns)
    if has_margins:
        _add_margins(builder, quotas, above, yields, columns)
    has_gate = add_rules(builder, request, yields, columns)
    low, high, whole = _bounds(request, columns, has_gate=has_gate)
    return QuotaModel(
        request,
        yields,
        columns,
        quotas,
        short_classes,
        low,
        high,
        whole,
        builder.rows(columns.count),
        tuple(builder.rules),
        seconds,
        review_seconds,
        above,
    )


def _quotas(request: PlanRequest) -> tuple[Quota, ...]:
    quotas: list[Quota] = []
    for c in request.classes:
        if c.min_per_week > 0:
            quotas += [Quota(c.name, c.tier, week, c.min_per_week) for week in range(request.weeks)]
        if c.target is not None and c.target > 0:
            quotas.append(Quota(c.name, c.tier, TARGET_WEEK, c.target))
    return tuple(quotas)


def _add_pool(builder: RowBuilder, request: PlanRequest, columns: Columns) -> None:
    for j, stream in enumerate(request.streams):
        builder.add([(columns.item(t, j), 1.0) for t in range(columns.weeks)], high=stream.available)


def _add_hours(
    builder: RowBuilder,
    budget: tuple[float, ...] | None,
    seconds: NDArray[np.float64],
    columns: Columns,
    extra: int,
) -> None:
    if budget is None:
        return
    for t, hours in enumerate(budget):
        terms = [(columns.item(t, j), s / SECONDS_PER_HOUR) for j, s in enumerate(seconds.tolist())]
        builder.add([*terms, (extra + t, -1.0)], high=hours)


def _add_quotas(
    builder: RowBuilder,
    quotas: tuple[Quota, ...],
    short_classes: tuple[str, ...],
    yields: YieldTable,
    columns: Columns,
) -> None:
    for q, quota in enumerate(quotas):
        builder.add([*_brought(quota, yields, columns), (columns.short + q, 1.0)], low=quota.amount)
        if quota.tier is Tier.MUST_NOT_MISS:
            builder.add([(columns.worst, 1.0), (columns.short + q, -1.0 / quota.amount)], low=0.0)
    for k, name in enumerate(short_classes):
        weekly = [(columns.short + q, -1.0) for q, c in enumerate(quotas) if c.class_name == name and c.week >= 0]
        overall = [(columns.short + q, -1.0) for q, c in enumerate(quotas) if c.class_name == name and c.week < 0]
        for terms in (weekly, overall):
            if terms:
                builder.add([(columns.class_short + k, 1.0), *terms], low=0.0)


def _add_margins(
    builder: RowBuilder,
    quotas: tuple[Quota, ...],
    margins: NDArray[np.float64],
    yields: YieldTable,
    columns: Columns,
) -> None:
    for q, quota in enumerate(quotas):
        if margins[q] > 0:
            aim = quota.amount + float(margins[q])
            builder.add([*_brought(quota, yields, columns), (columns.margin + q, 1.0)], low=aim)


def _brought(quota: Quota, yields: YieldTable, columns: Columns) -> list[tuple[int, float]]:
    """Return the terms that add up to the expected objects a quota counts."""
    rates = yields.mean[:, yields.classes.index(quota.class_name)].tolist()
    weeks = range(columns.weeks) if quota.week == TARGET_WEEK else (quota.week,)
    return [(columns.item(t, j), rate) for t in weeks for j, rate in enumerate(rates)]


def _bounds(
    request: PlanRequest, columns: Columns, *, has_gate: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """Limit each item column by what is there. Hours are left to the rows, since the diagnosis frees them."""
    low, high = np.zeros(columns.count), np.full(columns.count, np.inf)
    high[: columns.items] = np.tile([float(s.available) for s in request.streams], columns.weeks)
    high[columns.gate : columns.gate + columns.weeks] = float(has_gate)
    high[columns.extra_label : columns.class_short] = 0.0
    whole = np.zeros(columns.count, dtype=np.bool_)
    whole[: columns.items] = True
    whole[columns.gate : columns.gate + columns.weeks] = has_gate
    return low, high, whole

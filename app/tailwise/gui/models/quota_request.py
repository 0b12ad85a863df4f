"""A quota request between its sheets and the request itself, both ways."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tailwise.domain.errors import RequestError
from tailwise.domain.plan import (
    Capacity,
    ClassQuota,
    Objective,
    PlanRequest,
    QuotaUnit,
    Reserve,
    Route,
    RouteShare,
    Share,
    SourceShare,
    Stream,
    StreamYield,
    Tier,
)
from tailwise.gui.models.quota_tables import (
    YIELD,
    CapacityModel,
    ClassQuotaModel,
    ShareModel,
    StreamModel,
    yield_parts,
    yield_text,
)

if TYPE_CHECKING:
    import datetime as dt

    from PySide6.QtCore import QObject
    from PySide6.QtGui import QUndoStack

    from tailwise.gui.models.sheet import Row, SheetModel
    from tailwise.gui.models.sheet_cells import Value


@dataclass(frozen=True, slots=True)
class PlanHead:
    """What a request says beside its sheets. Shares are 0..1; a reserve of 0 means there is none."""

    name: str = "Plan"
    start: dt.date | None = None
    unit: QuotaUnit = QuotaUnit.OBJECTS
    objective: Objective = Objective.FEWEST_HOURS
    seed: int = 0
    discovery: float = 0.0
    hard_negatives: float = 0.0
    confidence: float | None = None
    experimental_share: float = 1.0
    conditions: tuple[str, ...] | None = None


class RequestSheets:
    """The four sheets of one request. They share an undo stack."""

    def __init__(self, undo_stack: QUndoStack, parent: QObject | None = None) -> None:
        self.classes = ClassQuotaModel(undo_stack, parent)
        self.streams = StreamModel(undo_stack, parent)
        self.capacity = CapacityModel(undo_stack, parent)
        self.shares = ShareModel(undo_stack, parent)

    def all(self) -> tuple[tuple[str, SheetModel], ...]:
        """Return every sheet with its name."""
        return (
            ("classes", self.classes),
            ("streams", self.streams),
            ("capacity", self.capacity),
            ("shares", self.shares),
        )

    def show(self, request: PlanRequest) -> None:
        """Fill the sheets from a request; what was done before can no longer be undone."""
        self.classes.weeks = request.weeks
        self.classes.set_rows(_class_row(quota) for quota in request.classes)
        self.streams.set_rows(stream_row(stream) for stream in request.streams)
        self.streams.set_classes(self.classes.names())
        self.capacity.set_rows(_capacity_rows(request.weeks, request.capacity))
        self.shares.set_rows(_share_rows(request))

    def first_problem(self) -> tuple[str, int, str, str] | None:
        """Return sheet, row, column and reason of the first cell that cannot be used, or None."""
        for name, sheet in self.all():
            for row, key, reason in sheet.problems():
                return name, row, key, reason
        return None

    def build(self, head: PlanHead) -> PlanRequest:
        """Return the request the sheets stand for.

        Raises:
            RequestError: a cell cannot be used, or the request as a whole is impossible.
        """
        problem = self.first_problem()
        if problem is not None:
            sheet, row, _key, reason = problem
            raise RequestError(f"{sheet.capitalize()}, row {row + 1}: {reason}", "Correct the marked cell")
        shares = self.shares.rows()
        return PlanRequest(
            name=head.name,
            start=head.start,
            weeks=len(self.capacity.rows()),
            unit=head.unit,
            objective=head.objective,
            seed=head.seed,
            confidence=head.confidence,
            conditions=head.conditions,
            capacity=_capacity(self.capacity.rows(), head.experimental_share),
            classes=tuple(_class_quota(row) for row in self.classes.rows()),
            streams=tuple(_stream(row) for row in self.streams.rows()),
            sources=tuple(SourceShare(_text(r["name"]), _share(r) or Share()) for r in shares if r["kind"] == "source"),
            routes=tuple(
                RouteShare(Route(_text(r["name"])), _share(r) or Share()) for r in shares if r["kind"] == "route"
            ),
            reserve=Reserve(head.discovery, head.hard_negatives),
        )


def head_of(request: PlanRequest) -> PlanHead:
    """Return what a request says beside its sheets."""
    reserve = request.reserve
    return PlanHead(
        request.name,
        request.start,
        request.unit,
        request.objective,
        request.seed,
        reserve.discovery,
        reserve.hard_negatives,
        request.confidence,
        request.capacity.experimental_share,
        request.conditions,
    )


# Request to sheets


def _class_row(quota: ClassQuota) -> Row:
    return {
        "name": quota.name,
        "tier": quota.tier.value,
        "min_per_week": quota.min_per_week or None,
        "target": quota.target,
        "easy_cap": quota.easy_cap,
    }


def stream_row(stream: Stream) -> Row:
    """Return a stream as a row of its sheet."""
    row: Row = {
        "name": stream.name,
        "source": stream.source,
        "route": stream.route.value,
        "available": stream.available,
        "seconds": stream.seconds_per_item,
        "review": stream.review_seconds_per_item or None,
        "least": stream.share.least if stream.share else None,
        "most": stream.share.most if stream.share else None,
    }
    for found in stream.yields:
        text = yield_text(found.rate, found.labelled, found.found, found.prior)
        row[f"{YIELD}{found.class_name}"] = text
    return row


def _capacity_rows(weeks: int, capacity: Capacity) -> list[Row]:
    return [
        {
            "week": week + 1,
            "label": capacity.label_hours[week] if capacity.label_hours else None,
            "review": capacity.review_hours[week] if capacity.review_hours else None,
            "items": capacity.items_per_week[week] if capacity.items_per_week else None,
        }
        for week in range(weeks)
    ]


def _share_rows(request: PlanRequest) -> list[Row]:
    rows: list[Row] = [
        {"kind": "source", "name": rule.name, "least": rule.share.least, "most": rule.share.most}
        for rule in request.sources
    ]
    rows.extend(
        {"kind": "route", "name": rule.route.value, "least": rule.share.least, "most": rule.share.most}
        for rule in request.routes
    )
    return rows


# Sheets to request: every cell was found usable before


def _class_quota(row: Row) -> ClassQuota:
    cap = row["easy_cap"]
    return ClassQuota(
        name=_text(row["name"]),
        tier=Tier(_text(row["tier"])),
        min_per_week=_number(row["min_per_week"]) or 0.0,
        target=_number(row["target"]),
        easy_cap=None if cap is None else int(_number(cap) or 0),
    )


def _stream(row: Row) -> Stream:
    return Stream(
        name=_text(row["name"]),
        available=int(_number(row["available"]) or 0),
        source=_text(row["source"]) or None,
        route=Route(_text(row["route"])),
        seconds_per_item=_number(row["seconds"]) or 0.0,
        review_seconds_per_item=_number(row["review"]) or 0.0,
        share=_share(row),
        yields=tuple(_yield(key, value) for key, value in row.items() if key.startswith(YIELD) and value is not None),
    )


def _yield(key: str, value: Value) -> StreamYield:
    rate, labelled, found, prior = yield_parts(_text(value))
    return StreamYield(key.removeprefix(YIELD), rate, labelled, found, prior)


def _share(row: Row) -> Share | None:
    least, most = _number(row["least"]), _number(row["most"])
    if least is None and most is None:
        return None
    return Share(least or 0.0, 1.0 if most is None else most)


def _capacity(rows: tuple[Row, ...], experimental_share: float) -> Capacity:
    def limits(key: str) -> tuple[float, ...] | None:
        values = [_number(row[key]) for row in rows]
        found = tuple(value for value in values if value is not None)
        return found if found and len(found) == len(rows) else None

    items = limits("items")
    return Capacity(
        label_hours=limits("label"),
        review_hours=limits("review"),
        items_per_week=None if items is None else tuple(int(value) for value in items),
        experimental_share=experimental_share,
    )


def _text(value: Value) -> str:
    return value if isinstance(value, str) else ""


def _number(value: Value) -> float | None:
    return float(value) if isinstance(value, (int, float)) else None

"""The quota request as TOML: what the Plan page edits and `plan quota` reads (design page, section 5).

Every mistake is named with its place: unknown keys with the nearest known one, values of a wrong type or range.
"""

from __future__ import annotations

import datetime as dt
import difflib
import math
import tomllib
from collections.abc import Mapping, Sequence
from typing import TypeVar, cast

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

Choices = TypeVar("Choices", QuotaUnit, Objective, Tier, Route)

_KEYS: dict[str, tuple[str, ...]] = {
    "": ("plan", "capacity", "class", "stream", "source", "route", "reserve"),
    "plan": ("name", "start", "weeks", "unit", "objective", "seed"),
    "capacity": ("label_hours", "review_hours", "items_per_week"),
    "class": ("name", "tier", "min_per_week", "target", "easy_cap"),
    "stream": (
        "name", "source", "route", "available", "seconds_per_item", "review_seconds_per_item", "share", "yields",
    ),
    "yield": ("labelled", "found", "prior"),
    "source": ("name", "share"),
    "route": ("name", "share"),
    "reserve": ("discovery", "hard_negatives"),
}  # fmt: skip


class _Table:
    """One table of the document with its place, read key by key."""

    def __init__(self, value: object, place: str, kind: str) -> None:
        if not isinstance(value, Mapping):
            raise RequestError(f"{place} is not a table", f"Write [{kind}] or [[{kind}]] above its keys")
        self.values = cast("Mapping[str, object]", value)
        self.place = place
        known = _KEYS[kind]
        for key in self.values:
            if key not in known:
                near = difflib.get_close_matches(key, known, 1, 0.4)
                hint = f"Did you mean {near[0]!r}" if near else f"Its keys are: {', '.join(known)}"
                raise RequestError(f"{place}: the key {key!r} is not known", hint)

    def has(self, key: str) -> bool:
        return key in self.values

    def text(self, key: str, default: str | None = None) -> str:
        value = self.values.get(key, default)
        if value is None:
            raise RequestError(f"{self.place}: {key} is missing", f'Add {key} = "…"')
        if not isinstance(value, str):
            raise RequestError(f"{self.place}: {key} is {_shown(value)}, not a text", f'Write {key} = "{value}"')
        return value

    def number(self, key: str, default: float | None = None) -> float:
        return _number(self.values.get(key, default), f"{self.place}: {key}")

    def whole(self, key: str, default: int | None = None) -> int:
        return _whole(self.values.get(key, default), f"{self.place}: {key}")

    def choice(self, key: str, kinds: type[Choices], default: Choices) -> Choices:
        value = self.text(key, default.value)
        known = [k.value for k in kinds]
        if value not in known:
            near = difflib.get_close_matches(value, known, 1, 0.4)
            hint = f"Did you mean {near[0]!r}? " if near else ""
            raise RequestError(f"{self.place}: {key} is {value!r}", f"{hint}Use one of: {', '.join(known)}")
        return kinds(value)

    def share(self, key: str) -> Share | None:
        if key not in self.values:
            return None
        value = self.values[key]
        pair = cast("Sequence[object]", value) if isinstance(value, list) else ()
        if len(pair) != 2:
            raise RequestError(
                f"{self.place}: {key} is {_shown(value)}", f"Write the least and the most: {key} = [0.0, 0.4]"
            )
        return Share(*(_number(v, f"{self.place}: {key}") for v in pair))


def parse_request(text: str, origin: str = "request") -> PlanRequest:
    """Read a request.

    Args:
        text: TOML 1.0.
        origin: what the text is called in messages, a file name for instance.

    Raises:
        RequestError: the text is no TOML, or says something unknown or impossible; the sentence names the place.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RequestError(f"{origin} is not valid TOML: {error}", "Correct that line") from error
    try:
        return _request(_Table(document, "the request", ""))
    except RequestError as error:
        raise RequestError(f"{origin}: {error.summary}", error.hint) from error


def _request(root: _Table) -> PlanRequest:
    if not root.has("plan"):
        raise RequestError("there is no [plan]", "Add [plan] with name and weeks")
    plan = _Table(root.values["plan"], "plan", "plan")
    weeks = plan.whole("weeks")
    reserve = _Table(root.values.get("reserve", {}), "reserve", "reserve")
    return PlanRequest(
        weeks=weeks,
        classes=tuple(_class(t) for t in _tables(root, "class")),
        name=plan.text("name", "Plan"),
        start=_day(plan),
        unit=plan.choice("unit", QuotaUnit, QuotaUnit.OBJECTS),
        objective=plan.choice("objective", Objective, Objective.FEWEST_HOURS),
        seed=plan.whole("seed", 0),
        capacity=_capacity(_Table(root.values.get("capacity", {}), "capacity", "capacity"), weeks),
        streams=tuple(_stream(t) for t in _tables(root, "stream")),
        sources=tuple(SourceShare(t.text("name"), t.share("share") or Share()) for t in _tables(root, "source")),
        routes=tuple(
            RouteShare(t.choice("name", Route, Route.TARGETED), t.share("share") or Share())
            for t in _tables(root, "route")
        ),
        reserve=Reserve(reserve.number("discovery", 0.0), reserve.number("hard_negatives", 0.0)),
    )


def _tables(root: _Table, kind: str) -> list[_Table]:
    value = root.values.get(kind, [])
    if not isinstance(value, list):
        raise RequestError(f"{kind} is a single table", f"Write [[{kind}]] with double brackets")
    tables: list[_Table] = []
    for number, entry in enumerate(cast("list[object]", value), 1):
        name = cast("Mapping[str, object]", entry).get("name") if isinstance(entry, Mapping) else None
        tables.append(_Table(entry, f"{kind} {name!r}" if isinstance(name, str) else f"{kind} {number}", kind))
    return tables


def _day(plan: _Table) -> dt.date | None:
    value = plan.values.get("start")
    if value is None or (isinstance(value, dt.date) and not isinstance(value, dt.datetime)):
        return value
    raise RequestError(f"plan: start is {_shown(value)}", "Write a date without quotes: start = 2026-11-23")


def _capacity(table: _Table, weeks: int) -> Capacity:
    items = _weekly(table, "items_per_week", weeks)
    return Capacity(
        label_hours=_weekly(table, "label_hours", weeks),
        review_hours=_weekly(table, "review_hours", weeks),
        items_per_week=None if items is None else tuple(_whole(v, "capacity: items_per_week") for v in items),
    )


def _weekly(table: _Table, key: str, weeks: int) -> tuple[float, ...] | None:
    """A number means the same every week; a list has one entry per week."""
    value = table.values.get(key)
    if value is None:
        return None
    place = f"{table.place}: {key}"
    if isinstance(value, list):
        return tuple(_number(v, place) for v in cast("list[object]", value))
    # PlanRequest refuses impossible numbers of weeks; until then no list is made for them.
    return (_number(value, place),) * max(1, min(weeks, 1000))


def _class(table: _Table) -> ClassQuota:
    return ClassQuota(
        name=table.text("name"),
        tier=table.choice("tier", Tier, Tier.NICE_TO_HAVE),
        min_per_week=table.number("min_per_week", 0.0),
        target=table.number("target") if table.has("target") else None,
        easy_cap=table.whole("easy_cap") if table.has("easy_cap") else None,
    )


def _stream(table: _Table) -> Stream:
    yields = table.values.get("yields", {})
    if not isinstance(yields, Mapping):
        raise RequestError(f"{table.place}: yields is {_shown(yields)}", "Write yields = { Wheelchair = 0.3 }")
    return Stream(
        name=table.text("name"),
        available=table.whole("available"),
        source=table.text("source") if table.has("source") else None,
        route=table.choice("route", Route, Route.TARGETED),
        seconds_per_item=table.number("seconds_per_item", Stream("default", 0).seconds_per_item),
        review_seconds_per_item=table.number("review_seconds_per_item", 0.0),
        share=table.share("share"),
        yields=tuple(_yield(table.place, name, value) for name, value in cast("Mapping[str, object]", yields).items()),
    )


def _yield(place: str, name: str, value: object) -> StreamYield:
    where = f"{place}: yield of {name!r}"
    if not isinstance(value, Mapping):
        return StreamYield(name, rate=_number(value, where))
    table = _Table(cast("Mapping[str, object]", value), where, "yield")
    return StreamYield(
        name,
        labelled=table.whole("labelled"),
        found=table.number("found"),
        prior=table.number("prior") if table.has("prior") else None,
    )


def _number(value: object, place: str) -> float:
    if value is None:
        raise RequestError(f"{place} is missing", "Give it a number")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise RequestError(f"{place} is {_shown(value)}, not a number", "Write a number without quotes")
    if isinstance(value, int) and abs(value) > 10**15:
        raise RequestError(f"{place} is {value}", "Give a smaller number")
    if not math.isfinite(value):
        raise RequestError(f"{place} is {value}", "Give a finite number")
    return float(value)


def _whole(value: object, place: str) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    number = _number(value, place)
    if number != int(number):
        raise RequestError(f"{place} is {number:g}, not a whole number", "Round it")
    return int(number)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."


def format_request(request: PlanRequest) -> str:
    """Return a request as TOML that `parse_request` reads back to the same request."""
    lines = ["[plan]", f"name = {_quoted(request.name)}"]
    if request.start is not None:
        lines.append(f"start = {request.start.isoformat()}")
    lines += [
        f"weeks = {request.weeks}",
        f"unit = {_quoted(request.unit.value)}",
        f"objective = {_quoted(request.objective.value)}",
        f"seed = {request.seed}",
    ]
    capacity = request.capacity
    weekly = {
        "label_hours": capacity.label_hours,
        "review_hours": capacity.review_hours,
        "items_per_week": capacity.items_per_week,
    }
    if any(values is not None for values in weekly.values()):
        lines += ["", "[capacity]"]
        lines += [f"{key} = {_list(values)}" for key, values in weekly.items() if values is not None]
    for quota in request.classes:
        lines += ["", "[[class]]", *_class_lines(quota)]
    for stream in request.streams:
        lines += ["", "[[stream]]", *_stream_lines(stream)]
    for source in request.sources:
        lines += ["", "[[source]]", f"name = {_quoted(source.name)}", f"share = {_share_text(source.share)}"]
    for route in request.routes:
        lines += ["", "[[route]]", f"name = {_quoted(route.route.value)}", f"share = {_share_text(route.share)}"]
    if request.reserve != Reserve():
        lines += ["", "[reserve]", f"discovery = {_plain(request.reserve.discovery)}"]
        lines.append(f"hard_negatives = {_plain(request.reserve.hard_negatives)}")
    return "\n".join(lines) + "\n"


def _class_lines(quota: ClassQuota) -> list[str]:
    lines = [f"name = {_quoted(quota.name)}", f"tier = {_quoted(quota.tier.value)}"]
    if quota.min_per_week:
        lines.append(f"min_per_week = {_plain(quota.min_per_week)}")
    if quota.target is not None:
        lines.append(f"target = {_plain(quota.target)}")
    if quota.easy_cap is not None:
        lines.append(f"easy_cap = {quota.easy_cap}")
    return lines


def _stream_lines(stream: Stream) -> list[str]:
    lines = [f"name = {_quoted(stream.name)}"]
    if stream.source is not None:
        lines.append(f"source = {_quoted(stream.source)}")
    lines += [
        f"route = {_quoted(stream.route.value)}",
        f"available = {stream.available}",
        f"seconds_per_item = {_plain(stream.seconds_per_item)}",
    ]
    if stream.review_seconds_per_item:
        lines.append(f"review_seconds_per_item = {_plain(stream.review_seconds_per_item)}")
    if stream.share is not None:
        lines.append(f"share = {_share_text(stream.share)}")
    if stream.yields:
        lines.append(
            "yields = { " + ", ".join(f"{_quoted(y.class_name)} = {_yield_text(y)}" for y in stream.yields) + " }"
        )
    return lines


def _yield_text(found: StreamYield) -> str:
    if found.rate is not None:
        return _plain(found.rate)
    prior = f", prior = {_plain(found.prior)}" if found.prior is not None else ""
    return f"{{ labelled = {found.labelled}, found = {_plain(found.found)}{prior} }}"


def _list(values: Sequence[float]) -> str:
    return "[" + ", ".join(_plain(v) for v in values) + "]"


def _share_text(share: Share) -> str:
    return f"[{_plain(share.least)}, {_plain(share.most)}]"


def _plain(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(float(value))


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else _escape(c) for c in escaped) + '"'


def _escape(char: str) -> str:
    return f"\\u{ord(char):04X}" if ord(char) < 0x10000 else f"\\U{ord(char):08X}"

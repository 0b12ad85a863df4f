"""The quota request as a TOML file: read with a sentence for every fault, written so that it reads back the same."""

from __future__ import annotations

import datetime as dt
import difflib
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar, cast

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

if TYPE_CHECKING:
    from collections.abc import Iterable
    from enum import StrEnum

E = TypeVar("E", bound="StrEnum")

ROOT_KEYS = ("plan", "capacity", "class", "stream", "source", "route", "reserve")
PLAN_KEYS = ("name", "start", "weeks", "unit", "objective", "seed", "confidence", "conditions")
WEEKLY_KEYS = ("label_hours", "review_hours", "items_per_week")
CAPACITY_KEYS = (*WEEKLY_KEYS, "experimental_share")
CLASS_KEYS = ("name", "tier", "min_per_week", "target", "easy_cap")
STREAM_KEYS = (
    "name",
    "source",
    "route",
    "available",
    "seconds_per_item",
    "review_seconds_per_item",
    "share",
    "yields",
)
YIELD_KEYS = ("labelled", "found", "prior")
SHARE_KEYS = ("name", "share")
RESERVE_KEYS = ("discovery", "hard_negatives")


def parse_request(text: str, origin: str = "request") -> PlanRequest:
    """Read a quota request.

    Args:
        text: TOML 1.0.
        origin: what to call the file in messages.

    Raises:
        RequestError: not TOML, an unknown key (with the nearest known one), a wrong type or range; the message names
            the table, the row and the key.
    """
    try:
        return _request(_Table(_load(text), "", ROOT_KEYS))
    except RequestError as error:
        raise RequestError(f"{origin}: {error.summary}", error.hint, error.detail) from error


def _load(text: str) -> dict[str, object]:
    try:
        return tomllib.loads(text.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError as error:
        raise RequestError(f"this is not valid TOML: {error}", "Correct the line named, then try again") from error
    except RecursionError as error:
        raise RequestError("brackets are nested too deep", "A request needs three levels at most") from error


def _request(root: _Table) -> PlanRequest:
    plan = root.table("plan", PLAN_KEYS)
    weeks = plan.integer("weeks", 1)
    capacity = root.table("capacity", CAPACITY_KEYS)
    reserve = root.table("reserve", RESERVE_KEYS)
    items = capacity.per_week("items_per_week", weeks, whole=True)
    return PlanRequest(
        weeks=weeks,
        name=plan.text("name", "Plan"),
        start=plan.date("start"),
        unit=plan.choice("unit", QuotaUnit, QuotaUnit.OBJECTS),
        objective=plan.choice("objective", Objective, Objective.FEWEST_HOURS),
        seed=plan.integer("seed", 0),
        confidence=plan.number("confidence") if plan.has("confidence") else None,
        conditions=plan.texts("conditions"),
        capacity=Capacity(
            label_hours=capacity.per_week("label_hours", weeks),
            review_hours=capacity.per_week("review_hours", weeks),
            items_per_week=None if items is None else tuple(int(n) for n in items),
            experimental_share=capacity.number("experimental_share", 1.0),
        ),
        classes=tuple(_class(row) for row in root.rows("class", CLASS_KEYS)),
        streams=tuple(_stream(row) for row in root.rows("stream", STREAM_KEYS)),
        sources=tuple(SourceShare(row.text("name"), row.share()) for row in root.rows("source", SHARE_KEYS)),
        routes=tuple(RouteShare(row.choice("name", Route), row.share()) for row in root.rows("route", SHARE_KEYS)),
        reserve=Reserve(reserve.number("discovery", 0.0), reserve.number("hard_negatives", 0.0)),
    )


def _class(row: _Table) -> ClassQuota:
    return ClassQuota(
        name=row.text("name"),
        tier=row.choice("tier", Tier, Tier.NICE_TO_HAVE),
        min_per_week=row.number("min_per_week", 0.0),
        target=row.number("target") if row.has("target") else None,
        easy_cap=row.integer("easy_cap") if row.has("easy_cap") else None,
    )


def _stream(row: _Table) -> Stream:
    default = Stream("default", 0)
    return Stream(
        name=row.text("name"),
        available=row.integer("available"),
        source=row.text("source") if row.has("source") else None,
        route=row.choice("route", Route, default.route),
        seconds_per_item=row.number("seconds_per_item", default.seconds_per_item),
        review_seconds_per_item=row.number("review_seconds_per_item", default.review_seconds_per_item),
        share=row.share() if row.has("share") else None,
        yields=tuple(_yields(row)),
    )


def _yields(row: _Table) -> Iterable[StreamYield]:
    names = row.names("yields")
    table = row.table("yields", names)
    for name in names:
        if not table.is_table(name):
            yield StreamYield(name, rate=table.number(name))
            continue
        counts = table.table(name, YIELD_KEYS)
        prior = counts.number("prior") if counts.has("prior") else None
        yield StreamYield(name, labelled=counts.integer("labelled"), found=counts.number("found"), prior=prior)


@dataclass(frozen=True, slots=True)
class _Table:
    """One TOML table with the place it is at, for messages. Unknown keys are refused on construction."""

    values: dict[str, object]
    place: str
    keys: tuple[str, ...]

    def __post_init__(self) -> None:
        for key in self.values:
            if key not in self.keys:
                near = difflib.get_close_matches(key, self.keys, n=1, cutoff=0.0)
                where = f" in {self.place}" if self.place else ""
                hint = f"The nearest known key is {near[0]!r}; known are: {', '.join(self.keys)}"
                raise RequestError(f"unknown key {key!r}{where}", hint)

    def has(self, key: str) -> bool:
        return key in self.values

    def is_table(self, key: str) -> bool:
        return isinstance(self.values.get(key), dict)

    def names(self, key: str) -> tuple[str, ...]:
        """Return the keys of an inner table that has names of the user's as keys."""
        value = self.values.get(key, {})
        if not isinstance(value, dict):
            raise self._wrong(key, value, "a table such as { Wheelchair = 0.3 }")
        return tuple(cast("dict[str, object]", value))

    def table(self, key: str, keys: tuple[str, ...]) -> _Table:
        value = self.values.get(key, {})
        if not isinstance(value, dict):
            raise self._wrong(key, value, f"a table, written [{key}]")
        place = f"{self.place}: {key}" if self.place else f"[{key}]"
        return _Table(cast("dict[str, object]", value), place, keys)

    def rows(self, key: str, keys: tuple[str, ...]) -> list[_Table]:
        value = self.values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(v, dict) for v in cast("list[object]", value)):
            raise self._wrong(key, value, f"rows, each written [[{key}]]")
        tables: list[_Table] = []
        for n, row in enumerate(cast("list[dict[str, object]]", value), start=1):
            name = row.get("name")
            tables.append(
                _Table(row, f"[[{key}]] {name!r}" if isinstance(name, str) else f"[[{key}]] number {n}", keys)
            )
        return tables

    def text(self, key: str, default: str | None = None) -> str:
        value = self._value(key, default)
        if not isinstance(value, str):
            raise self._wrong(key, value, "a text in quotes")
        return value

    def texts(self, key: str) -> tuple[str, ...] | None:
        value = self.values.get(key)
        if value is None:
            return None
        texts = cast("list[object]", value) if isinstance(value, list) else [None]
        if not all(isinstance(text, str) for text in texts):
            raise self._wrong(key, value, 'a list of texts, such as ["lighting"]')
        return tuple(cast("list[str]", texts))

    def integer(self, key: str, default: int | None = None) -> int:
        value = self._value(key, default)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self._wrong(key, value, "a whole number")
        return value

    def number(self, key: str, default: float | None = None) -> float:
        return self._number(key, self._value(key, default))

    def date(self, key: str) -> dt.date | None:
        value = self.values.get(key)
        if value is None or (isinstance(value, dt.date) and not isinstance(value, dt.datetime)):
            return value
        raise self._wrong(key, value, "a date such as 2026-11-23, without quotes")

    def choice(self, key: str, kind: type[E], default: E | None = None) -> E:
        text = self.text(key, default)
        known = [member.value for member in kind]
        if text not in known:
            near = difflib.get_close_matches(text, known, n=1, cutoff=0.6)
            meant = f"Did you mean {near[0]!r}? " if near else ""
            raise RequestError(f"{self._at(key)} is {text!r}", f"{meant}Use one of: {', '.join(known)}")
        return kind(text)

    def share(self) -> Share:
        value = self._value("share", None)
        values = cast("list[object]", value) if isinstance(value, list) else []
        if len(values) != 2:
            raise self._wrong("share", value, "least and most, such as [0.0, 0.4]")
        least, most = (self._number("share", v) for v in values)
        try:
            return Share(least, most)
        except RequestError as error:
            raise RequestError(f"{self.place}: {error.summary}", error.hint) from error

    def per_week(self, key: str, weeks: int, *, whole: bool = False) -> tuple[float, ...] | None:
        """Return one number per week: a single number stands for all of them. The list's length is checked later."""
        value = self.values.get(key)
        if value is None:
            return None
        values = cast("list[object]", value) if isinstance(value, list) else [value] * max(0, min(weeks, 1000))
        numbers = tuple(self._number(key, v) for v in values)
        if whole and any(number != int(number) for number in numbers):
            raise self._wrong(key, value, "a whole number, or one per week")
        return numbers

    def _value(self, key: str, default: object) -> object:
        value = self.values.get(key, default)
        if value is None:
            raise RequestError(f"{self.place} has no {key!r}", f"Add {key} = …")
        return value

    def _number(self, key: str, value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._wrong(key, value, "a number")
        try:
            number = float(value)
        except OverflowError:
            number = float("inf")
        if number != number or number in {float("inf"), float("-inf")}:  # noqa: PLR0124  NaN differs from itself
            raise self._wrong(key, value, "a number that is not infinite")
        return number

    def _at(self, key: str) -> str:
        return f"{self.place}: {key}" if self.place else key

    def _wrong(self, key: str, value: object, wanted: str) -> RequestError:
        shown = repr(value)
        shown = shown if len(shown) <= 60 else f"{shown[:57]}..."
        return RequestError(f"{self._at(key)} is {shown}", f"Give {wanted}")


def format_request(request: PlanRequest) -> str:
    """Write a request as TOML that `parse_request` reads back as an equal request; rows keep their order."""
    plan = [
        ("name", _string(request.name)),
        ("start", request.start.isoformat() if request.start else None),
        ("weeks", str(request.weeks)),
        ("unit", _string(request.unit)),
        ("objective", _string(request.objective)),
        ("seed", str(request.seed)),
        ("confidence", None if request.confidence is None else _decimal(request.confidence)),
        ("conditions", None if request.conditions is None else f"[{', '.join(map(_string, request.conditions))}]"),
    ]
    share = request.capacity.experimental_share
    capacity = [(key, _weekly(getattr(request.capacity, key))) for key in WEEKLY_KEYS]
    capacity.append(("experimental_share", None if share == 1.0 else _decimal(share)))
    shares = [(key, getattr(request.reserve, key)) for key in RESERVE_KEYS]
    reserve = [(key, _decimal(share) if share else None) for key, share in shares]
    parts = [_block("[plan]", plan), _block("[capacity]", capacity)]
    parts += [_block("[[class]]", _class_lines(c)) for c in request.classes]
    parts += [_block("[[stream]]", _stream_lines(s)) for s in request.streams]
    parts += [_block("[[source]]", [("name", _string(s.name)), ("share", _share(s.share))]) for s in request.sources]
    parts += [_block("[[route]]", [("name", _string(r.route)), ("share", _share(r.share))]) for r in request.routes]
    parts.append(_block("[reserve]", reserve))
    return "\n".join(part for part in parts if part)


def _class_lines(c: ClassQuota) -> list[tuple[str, str | None]]:
    return [
        ("name", _string(c.name)),
        ("tier", _string(c.tier)),
        ("min_per_week", _decimal(c.min_per_week) if c.min_per_week else None),
        ("target", None if c.target is None else _decimal(c.target)),
        ("easy_cap", None if c.easy_cap is None else str(c.easy_cap)),
    ]


def _stream_lines(s: Stream) -> list[tuple[str, str | None]]:
    yields = ", ".join(f"{_string(y.class_name)} = {_yield(y)}" for y in s.yields)
    return [
        ("name", _string(s.name)),
        ("source", None if s.source is None else _string(s.source)),
        ("route", _string(s.route)),
        ("available", str(s.available)),
        ("seconds_per_item", _decimal(s.seconds_per_item)),
        ("review_seconds_per_item", _decimal(s.review_seconds_per_item) if s.review_seconds_per_item else None),
        ("share", None if s.share is None else _share(s.share)),
        ("yields", f"{{ {yields} }}" if yields else None),
    ]


def _yield(y: StreamYield) -> str:
    if y.rate is not None:
        return _decimal(y.rate)
    prior = "" if y.prior is None else f", prior = {_decimal(y.prior)}"
    return f"{{ labelled = {y.labelled}, found = {_decimal(y.found)}{prior} }}"


def _block(header: str, lines: Iterable[tuple[str, str | None]]) -> str:
    kept = [f"{key} = {value}" for key, value in lines if value is not None]
    return "\n".join([header, *kept, ""]) if kept else ""


def _weekly(values: tuple[float, ...] | None) -> str | None:
    if values is None:
        return None
    return _decimal(values[0]) if len(set(values)) == 1 else f"[{', '.join(map(_decimal, values))}]"


def _share(share: Share) -> str:
    return f"[{_decimal(share.least)}, {_decimal(share.most)}]"


def _decimal(value: float) -> str:
    """Write the shortest text that reads back as the same number."""
    return str(int(value)) if value == int(value) else repr(float(value))


_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def _string(text: str) -> str:
    return '"' + "".join(_ESCAPES.get(c, c if c.isprintable() else f"\\U{ord(c):08x}") for c in text) + '"'

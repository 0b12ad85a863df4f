"""What differs between two plans: what was asked for, what is to be labelled, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tailwise.domain.plan_outcome import number

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class RequestChange:
    """One value of the request that differs; an empty text stands for a row or key that is not there."""

    place: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class NumberChange:
    """One number that differs. `what` says which one and `unit` what it counts."""

    what: str
    unit: str
    before: float
    after: float

    @property
    def change(self) -> float:
        """How much more there is after than before."""
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class PlanDiff:
    """Two plans side by side; only what differs is listed."""

    before: str
    after: str
    request: tuple[RequestChange, ...]
    totals: tuple[NumberChange, ...]
    classes: tuple[NumberChange, ...]
    lines: tuple[NumberChange, ...]

    @property
    def is_same(self) -> bool:
        """Whether nothing differs."""
        return not (self.request or self.totals or self.classes or self.lines)

    def as_json(self) -> dict[str, object]:
        """Return the answer of `plan diff --json`."""
        return {
            "before": self.before,
            "after": self.after,
            "request": [{"place": c.place, "before": c.before, "after": c.after} for c in self.request],
            "totals": numbers_json(self.totals),
            "classes": numbers_json(self.classes),
            "lines": numbers_json(self.lines),
        }


def numbers_json(changes: Iterable[NumberChange]) -> list[dict[str, object]]:
    """Return changed numbers as plain values."""
    return [
        {
            "what": c.what,
            "unit": c.unit,
            "before": number(c.before),
            "after": number(c.after),
            "change": number(c.change),
        }
        for c in changes
    ]

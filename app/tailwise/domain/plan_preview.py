"""What a request would come to, quickly: the plan in fractions, over all weeks together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tailwise.domain.plan_outcome import number

if TYPE_CHECKING:
    from tailwise.domain.plan import QuotaUnit
    from tailwise.domain.plan_outcome import Amounts


@dataclass(frozen=True, slots=True)
class PlanPreview:
    """Totals of a plan that is not stored.

    Attributes:
        label_limit: hours of labelling there are over all weeks, None for no limit.
        expected: objects per class; `shortfall` what is missing of those wanted.
        per_hour: objects that one more hour of labelling brings, for the classes it helps.
        seconds: it took to work out.
    """

    unit: QuotaUnit
    items: float
    hours: float
    review_hours: float
    label_limit: float | None
    expected: Amounts
    shortfall: Amounts
    per_hour: Amounts
    seconds: float

    @property
    def short(self) -> Amounts:
        """The classes that fall short, worst first."""
        return tuple(sorted((s for s in self.shortfall if s[1] > 0), key=lambda s: (-s[1], s[0])))

    def as_json(self) -> dict[str, object]:
        """Return the answer of `plan preview --json`."""
        return {
            "unit": self.unit.value,
            "items": number(self.items),
            "hours": number(self.hours),
            "review_hours": number(self.review_hours),
            "label_limit": None if self.label_limit is None else number(self.label_limit),
            "expected": {name: number(amount) for name, amount in self.expected},
            "shortfall": {name: number(amount) for name, amount in self.shortfall},
            "per_hour": {name: number(amount) for name, amount in self.per_hour},
        }

"""The audit of a recipe: a reviewer says of a sample of variants whether their labels still fit, and what follows.

With no bad label among 59 variants, at most 5 % of all are bad with 95 % confidence (0.95^59 = 0.0485). The bound for
other counts is that of Clopper and Pearson (1934), one-sided.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from tailwise.domain.changes import Changes
from tailwise.domain.errors import RequestError

if TYPE_CHECKING:
    from tailwise.domain.recipe import Recipe, StepKind

AUDIT_SIZE: Final = 59
"""So many variants without a bad label allow to say "at most 5 % are bad"."""
MOST_AUDITED: Final = 1000
ALLOWED_BAD: Final = 0.05
CONFIDENCE: Final = 0.95
_HALVINGS: Final = 44


class LabelVerdict(StrEnum):
    """What the reviewer says of one variant."""

    KEPT = "kept"  # every label on it still fits
    LOST = "lost"  # a label is wrong: the object is gone, is another one, or its outline is off


@dataclass(frozen=True, slots=True)
class AuditedVariant:
    """One variant of the sample: of which item, which one, and the steps it gets. `verdict` is None while open."""

    item_id: int
    file_name: str
    number: int
    steps: tuple[StepKind, ...]
    verdict: LabelVerdict | None = None


@dataclass(frozen=True, slots=True)
class LabelAudit:
    """A sample of the variants of a recipe with what was said so far; `population` is what it was drawn from."""

    recipe: Recipe
    population: int
    variants: tuple[AuditedVariant, ...]
    changes: Changes = Changes.RECIPES

    def with_verdict(self, position: int, verdict: LabelVerdict | None) -> LabelAudit:
        """Return the audit with one verdict given, changed or (None) taken back."""
        said = replace(self.variants[position], verdict=verdict)
        return replace(self, variants=(*self.variants[:position], said, *self.variants[position + 1 :]))

    def next_open(self, after: int = -1) -> int:
        """Return the first variant behind `after`, then of all, that nobody judged; the size of the sample if none."""
        count = len(self.variants)
        order = [*range(after + 1, count), *range(after + 1)]
        return next((i for i in order if self.variants[i].verdict is None), count)


@dataclass(frozen=True, slots=True)
class StepVerdicts:
    """What was said of the variants that got one step; `at_most` is the bound for its share of bad ones, 0..1."""

    kind: StepKind
    judged: int
    lost: int
    at_most: float


@dataclass(frozen=True, slots=True)
class AuditResult:
    """What an audit says. `at_most` bounds the share of bad variants with 95 % confidence; 1 before any verdict."""

    size: int
    judged: int
    lost: int
    at_most: float
    steps: tuple[StepVerdicts, ...]

    @property
    def is_complete(self) -> bool:
        """Whether every variant of the sample was judged."""
        return self.judged == self.size

    @property
    def is_passed(self) -> bool:
        """Whether the whole sample was judged, and at most 5 % of the variants are bad with 95 % confidence."""
        return self.is_complete and self.at_most <= ALLOWED_BAD

    @property
    def text(self) -> str:
        """Return the result as a sentence without its stop."""
        if not self.judged:
            return f"None of {self.size:,} variants has been judged yet"
        said = f"{self.lost:,} of {self.judged:,} variants with a bad label"
        bound = f"at most {percent_up(self.at_most)} of all variants are bad, with 95 % confidence"
        left = f"; {self.size - self.judged:,} are still to be judged" if not self.is_complete else ""
        return f"{said}: {bound}{left}"


def audit_result(audit: LabelAudit) -> AuditResult:
    """Return what the verdicts of an audit come to, with a line for every step in the order of the recipe."""
    judged = [v for v in audit.variants if v.verdict is not None]
    lost = [v for v in judged if v.verdict is LabelVerdict.LOST]
    kinds = dict.fromkeys(step.kind for step in audit.recipe.active)
    steps: list[StepVerdicts] = []
    for kind in kinds:
        n, bad = (sum(kind in v.steps for v in part) for part in (judged, lost))
        steps.append(StepVerdicts(kind, n, bad, upper_bound(bad, n)))
    bound = upper_bound(len(lost), len(judged))
    return AuditResult(len(audit.variants), len(judged), len(lost), bound, tuple(steps))


def upper_bound(bad: int, judged: int, confidence: float = CONFIDENCE) -> float:
    """Return the largest share of bad ones that still lets `bad` or fewer of `judged` happen by `1 - confidence`.

    >>> [round(upper_bound(bad, 59), 4) for bad in (0, 1, 2)]
    [0.0495, 0.0779, 0.1029]
    >>> upper_bound(0, 0)
    1.0
    """
    if bad >= judged:
        return 1.0
    ways = [math.comb(judged, i) for i in range(bad + 1)]
    low, high = bad / judged, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        chance = sum(n * middle**i * (1 - middle) ** (judged - i) for i, n in enumerate(ways))
        low, high = (middle, high) if chance > 1 - confidence else (low, middle)
    return high


def percent_up(share: float) -> str:
    """Return a bound in percent, rounded up: a bound must never look better than it is.

    >>> percent_up(0.04951), percent_up(0.05), percent_up(1.0)
    ('5.0 %', '5.0 %', '100.0 %')
    """
    return f"{math.ceil(round(share * 1000, 6)) / 10:.1f} %"


def checked_size(size: int) -> int:
    """Return how many variants are looked at.

    Raises:
        RequestError: none, or more than anybody looks at.
    """
    if not 1 <= size <= MOST_AUDITED:
        raise RequestError(f"An audit of {size:,} variants is not possible", f"Use 1 to {MOST_AUDITED:,}; 59 is usual")
    return size

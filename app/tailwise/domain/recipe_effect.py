"""What a recipe would do: counts of every class before and after, and whether variants still look like the class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

DRIFT_SHARE: Final = 0.2
"""From this share of variants outside of the class's own range on, the recipe is said to drift."""

ALIKE_SOME: Final = 0.2
ALIKE_MANY: Final = 0.5
"""From these shares of variants that hardly differ from their original on, training sees the same picture again."""


@dataclass(frozen=True, slots=True)
class ClassEffect:
    """What a recipe does to the count of one class; `unit` says of what. Synthetic never counts as real."""

    class_name: str
    before: int
    added: int

    @property
    def factor(self) -> float:
        """Return after divided by before; 1 for a class without any."""
        return (self.before + self.added) / self.before if self.before else 1.0


@dataclass(frozen=True, slots=True)
class RecipeEffect:
    """What materialising would do: images written, and the training counts of all classes, the recipe's first.

    `advice` says what to do instead where the multiplier is too large; `notes` what the user should know.
    """

    class_name: str
    unit: str
    multiplier: float
    items: int
    variants: int
    classes: tuple[ClassEffect, ...]
    advice: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Drift:
    """How many of the tried variants look unlike any picture of the class, by what they differ in.

    `alike` counts those on the other side: hardly different from their original.
    """

    tried: int
    outside: int
    by_measure: tuple[tuple[str, int], ...]
    from_index: bool
    alike: int = 0

    @property
    def duplicate_risk(self) -> str:
        """Return how far the variants repeat their originals: low, some or high; empty before anything was tried."""
        if not self.tried:
            return ""
        share = self.alike / self.tried
        return "high" if share >= ALIKE_MANY else "some" if share >= ALIKE_SOME else "low"

    @property
    def is_warning(self) -> bool:
        """Whether enough variants are outside to be told."""
        return self.tried > 0 and self.outside >= DRIFT_SHARE * self.tried

    @property
    def text(self) -> str:
        """Return the warning as a sentence, empty when there is none."""
        if not self.is_warning:
            return ""
        worst = ", ".join(f"{name} {count:,}" for name, count in self.by_measure if count)
        return (
            f"{self.outside:,} of {self.tried:,} variants leave the range of the class's own pictures ({worst}): "
            "lower the strength, or collect such pictures"
        )

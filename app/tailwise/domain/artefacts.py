"""Whether synthetic pictures are told from real ones by their looks: a model could learn that instead of the class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

SHORTCUT_FROM: Final = 0.95
"""From this area under the ROC curve on, synthetic pictures carry a mark that a model will learn."""
LEAST_SYNTHETIC: Final = 10
"""Fewer synthetic (or real) pictures cannot be judged."""


@dataclass(frozen=True, slots=True)
class Telling:
    """How well synthetic pictures of one generator (empty for all) are told from real ones.

    `auc` is 0.5 where they cannot be told apart, 1 where every one can; `low` and `high` bound it with 95 % confidence.
    """

    generator: str
    synthetic: int
    real: int
    auc: float
    low: float
    high: float

    @property
    def is_shortcut(self) -> bool:
        """Whether a model could learn the mark of the generator instead of the class."""
        return self.auc > SHORTCUT_FROM


@dataclass(frozen=True, slots=True)
class ArtefactCheck:
    """The result for all synthetic pictures first, then per generator. `embedding` names the vectors that were used.

    `unindexed` counts synthetic pictures without a vector; `classes` are those the pictures were compared within.
    """

    embedding: str
    tellings: tuple[Telling, ...]
    unindexed: int
    classes: tuple[str, ...]

    @property
    def is_warning(self) -> bool:
        """Whether any generator leaves a mark."""
        return any(telling.is_shortcut for telling in self.tellings)

    @property
    def text(self) -> str:
        """Return the result as a sentence without its stop."""
        first = self.tellings[0]
        said = f"AUC {first.auc:.3f} ({first.low:.3f} to {first.high:.3f}) between synthetic and real pictures"
        if not self.is_warning:
            return f"{said}: no mark that a model could learn instead of the class"
        worst = max(self.tellings, key=lambda t: t.auc)
        which = f" of {worst.generator}" if worst.generator else ""
        return (
            f"{said}: the pictures{which} are told from real ones at a glance. A model can learn that mark instead of "
            "the class: use fewer of them, or vary how they are made"
        )

"""Hard negatives as they are handed to training: what was confirmed, what was drawn at random, and how each counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tailwise.domain.review import Box


@dataclass(frozen=True, slots=True)
class NegativeRow:
    """One negative of one class.

    `origin` is `mined` or `random`; `sample_weight` is how many negatives of the pool it stands for. Verdicts, reasons
    and pseudonyms of reviewers are empty for random ones: nobody looked at them.
    """

    class_name: str
    item_id: int
    source: str
    file_name: str
    box: Box | None
    origin: str
    sample_weight: float
    candidate: int | None = None
    kind: str = ""
    score: float | None = None
    why: str = ""
    reasons: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class JudgedRow:
    """A candidate that is no confirmed negative: a missed label to annotate, a duplicate, or one for the lead."""

    class_name: str
    item_id: int
    source: str
    file_name: str
    box: Box | None
    candidate: int
    decision: str
    score: float
    reasons: tuple[str, ...]
    reviewers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class VerdictRow:
    """One line of the history of verdicts; the reviewer by pseudonym."""

    candidate: int
    class_name: str
    reviewer: str
    verdict: str
    reasons: tuple[str, ...]
    utc: str


@dataclass(frozen=True, slots=True)
class ClassNegatives:
    """Figures of one class; `random_weight` is (pool - mined) / random, so that all weights add up to the pool."""

    class_name: str
    pool: int
    mined: int
    random: int
    random_weight: float
    waiting: int


@dataclass(frozen=True, slots=True)
class NegativesExport:
    """Everything the export writes. `held_out` negatives were left out: their items are no longer trained on."""

    rows: tuple[NegativeRow, ...]
    judged: tuple[JudgedRow, ...]
    verdicts: tuple[VerdictRow, ...]
    classes: tuple[ClassNegatives, ...]
    held_out: int = 0

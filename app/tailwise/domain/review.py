"""Hard negatives and their review: what is asked for, what a candidate is, what reviewers say and how far they agree.

A candidate is a place (a whole image or a box) that looks like a class and is not labelled as it. Reviewers judge it by
eye. Verdicts are only ever added: the last one of each reviewer counts, and taking one back adds a line as well.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from math import isclose
from typing import TYPE_CHECKING

from tailwise.domain.changes import Changes
from tailwise.domain.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Box = tuple[float, float, float, float]
"""x, y, width, height in pixels of the image as its dataset declares it; origin top left."""

DEFAULT_LIMIT = 200
NEGATIVES_PER_POSITIVE = 3
"""A class is not served by more hard negatives than this for each of its positives."""
DEFAULT_REVIEWER = "reviewer"
MAX_LIMIT = 10_000
MAX_NAME = 80


class CandidateKind(StrEnum):
    """Why a candidate is mistaken for the class."""

    SIMILAR = "similar"  # similar colour and shape
    PARTIAL = "partial"  # a part of it matches, the whole does not
    BACKGROUND = "background"  # nothing annotated is there
    HIGH_SCORE = "high-score"  # the score is high and none of the three above explains it

    @property
    def text(self) -> str:
        """The words on screen."""
        return _KIND_TEXTS[self]


_KIND_TEXTS = {
    CandidateKind.SIMILAR: "similar colour and shape",
    CandidateKind.PARTIAL: "partial match",
    CandidateKind.BACKGROUND: "confusing background",
    CandidateKind.HIGH_SCORE: "high score",
}


class ReviewQueue(StrEnum):
    """Where a candidate waits: a score as high as that of true positives is looked at for a missing label first."""

    HARD_NEGATIVES = "hard-negatives"
    MISSING_LABELS = "missing-labels"


class Verdict(StrEnum):
    """What a reviewer says about a candidate."""

    HARD_NEGATIVE = "hard-negative"
    MISSED_LABEL = "missed-label"  # it really is one, and nobody annotated it
    DUPLICATE = "duplicate"  # of something annotated, or a loose box around it
    UNSURE = "unsure"  # somebody else has to decide
    TAKE_BACK = "take-back"


class ReasonTag(StrEnum):
    """Why a verdict was given; the number of a tag is its key on the Desk."""

    COLOUR = "colour"
    SHAPE = "shape"
    TEXTURE = "texture"
    PART = "only a part"
    BACKGROUND = "background"
    PICTURE = "picture or reflection"
    SMALL = "small or blurred"
    HIDDEN = "hidden or cut off"
    GUIDELINE = "guideline unclear"


class Decision(StrEnum):
    """What the verdicts on a candidate come to."""

    OPEN = "open"
    HARD_NEGATIVE = "hard-negative"
    MISSED_LABEL = "missed-label"
    DUPLICATE = "duplicate"
    ESCALATED = "escalated"  # everybody is unsure, or reviewers contradict each other


@dataclass(frozen=True, slots=True)
class MiningRequest:
    """What to look for.

    Attributes:
        class_name: the class that the candidates must not be.
        limit: most candidates; None for 3 per positive, at most `DEFAULT_LIMIT`.
        shares: of similar, partial and background candidates; what one cannot fill goes to the others.
        score_weight: 1 takes the highest scores, lower values trade score for variety.
        rounds: the scorer is trained anew on what it found this many times.
        spread_over: a condition axis no value of which may take more than twice its even share.
        seed: of the random negatives.
    """

    class_name: str
    limit: int | None = None
    shares: tuple[float, float, float] = (0.4, 0.3, 0.3)
    score_weight: float = 0.7
    rounds: int = 3
    spread_over: str = ""
    seed: int = 0

    def __post_init__(self) -> None:
        if self.limit is not None and not 1 <= self.limit <= MAX_LIMIT:
            raise RequestError(f"The limit is {self.limit}", f"Give a number from 1 to {MAX_LIMIT:,}")
        if min(self.shares) < 0 or not isclose(sum(self.shares), 1, abs_tol=1e-6):
            raise RequestError("The shares of the kinds do not add up to 1", "Give three shares such as 0.4, 0.3, 0.3")
        if not 0 <= self.score_weight <= 1:
            raise RequestError(f"The weight of the score is {self.score_weight:g}", "Give a number from 0 to 1")
        if not 1 <= self.rounds <= 20:
            raise RequestError(f"{self.rounds} rounds cannot be mined", "Give a number from 1 to 20")

    def limit_for(self, positives: int) -> int:
        """Return how many candidates to pick for a class with so many positives."""
        return min(DEFAULT_LIMIT, NEGATIVES_PER_POSITIVE * positives) if self.limit is None else self.limit

    def parameters(self) -> dict[str, object]:
        """Return the request as the journal stores it."""
        return {
            "class": self.class_name,
            "limit": self.limit,
            "shares": list(self.shares),
            "score_weight": self.score_weight,
            "rounds": self.rounds,
            "spread_over": self.spread_over,
            "seed": self.seed,
        }


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A positive that a candidate resembles: its item, its box where it has one, and the similarity (cosine)."""

    item: int
    box: Box | None
    similarity: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """One place to judge. `id` is 0 until it is stored; `position` is its place in its queue, from 0.

    Attributes:
        score: probability of the class, from a scorer that never saw this item or its group.
        evidence: numbers behind `why`: similarity by part of the descriptor, overlap of a prediction and the like.
        round: in which round of mining it was found, from 1.
    """

    item: int
    box: Box | None
    queue: ReviewQueue
    kind: CandidateKind
    score: float
    why: str
    nearest: tuple[Neighbour, ...] = ()
    evidence: Mapping[str, float] = field(default_factory=dict[str, float])
    round: int = 1
    position: int = 0
    id: int = 0
    class_name: str = ""

    def as_json(self) -> dict[str, object]:
        """Return the candidate with the keys that `mine --json` promises."""
        told: dict[str, object] = {"id": self.id, "item": self.item}
        if self.box is not None:
            told["box"] = list(self.box)
        return told | {
            "score": self.score,
            "kind": self.kind.value,
            "why": self.why,
            "nearest": [n.item for n in self.nearest],
            "round": self.round,
            "evidence": dict(self.evidence),
        }


@dataclass(frozen=True, slots=True)
class MiningOutcome:
    """What mining found. `pool` is how many negatives were looked at, `random` how many were drawn beside.

    `notes` say what was left out and why, one sentence each.
    """

    class_name: str
    candidates: tuple[Candidate, ...]
    suspected_missing: tuple[Candidate, ...]
    positives: int
    pool: int
    random: int
    threshold: float
    notes: tuple[str, ...] = ()
    changes: Changes = Changes.CANDIDATES

    def as_json(self) -> dict[str, object]:
        """Return the outcome with the keys that `mine --json` promises."""
        return {
            "class": self.class_name,
            "candidates": [c.as_json() for c in self.candidates],
            "suspected_missing": [c.as_json() for c in self.suspected_missing],
            "positives": self.positives,
            "pool": self.pool,
            "random_negatives": self.random,
            "threshold": self.threshold,
            "notes": list(self.notes),
        }


@dataclass(frozen=True, slots=True)
class VerdictEntry:
    """One line of the history of a candidate. `pseudonym` is what exports say instead of the reviewer's name."""

    candidate: int
    reviewer: str
    pseudonym: str
    verdict: Verdict
    reasons: tuple[ReasonTag, ...]
    utc: str


@dataclass(frozen=True, slots=True)
class ReviewState:
    """The last verdict of every reviewer on one candidate, taken-back ones left out, and what they come to."""

    verdicts: tuple[VerdictEntry, ...] = ()

    @property
    def decision(self) -> Decision:
        """What the verdicts come to; see `decide`."""
        return decide(v.verdict for v in self.verdicts)

    def by(self, reviewer: str) -> VerdictEntry | None:
        """Return what one reviewer said."""
        return next((v for v in self.verdicts if v.reviewer == reviewer), None)


@dataclass(frozen=True, slots=True)
class Agreement:
    """How two reviewers agree on the candidates both have judged; None where a measure is undefined.

    `positive` is the positive specific agreement on "hard negative": with rare verdicts kappa alone misleads.
    """

    first: str
    second: str
    both: int
    agreed: int
    kappa: float | None
    positive: float | None


def current(history: Iterable[VerdictEntry]) -> dict[int, ReviewState]:
    """Return the state of every candidate that ever had a verdict, from its history, oldest line first."""
    last: dict[int, dict[str, VerdictEntry]] = {}
    for entry in history:
        by_reviewer = last.setdefault(entry.candidate, {})
        by_reviewer.pop(entry.reviewer, None)
        if entry.verdict is not Verdict.TAKE_BACK:
            by_reviewer[entry.reviewer] = entry
    return {candidate: ReviewState(tuple(entries.values())) for candidate, entries in last.items()}


def decide(verdicts: Iterable[Verdict]) -> Decision:
    """Return what verdicts of several reviewers come to.

    Being unsure is overruled by somebody who is not; two different decided verdicts contradict each other.

    >>> decide([Verdict.UNSURE, Verdict.HARD_NEGATIVE])
    <Decision.HARD_NEGATIVE: 'hard-negative'>
    >>> decide([Verdict.MISSED_LABEL, Verdict.HARD_NEGATIVE])
    <Decision.ESCALATED: 'escalated'>
    """
    said = {v for v in verdicts if v is not Verdict.TAKE_BACK}
    decided = said - {Verdict.UNSURE}
    if len(decided) == 1:
        return Decision(decided.pop().value)
    return Decision.ESCALATED if said else Decision.OPEN


def agreement(first: str, second: str, pairs: Sequence[tuple[Verdict, Verdict]]) -> Agreement:
    """Compare what two reviewers said about the same candidates.

    >>> twenty = [(Verdict.HARD_NEGATIVE, Verdict.HARD_NEGATIVE)] * 20
    >>> agreement("A", "B", twenty).kappa is None  # nothing but one verdict: agreement by chance is certain
    True
    """
    agreed = sum(a is b for a, b in pairs)
    return Agreement(
        first, second, len(pairs), agreed, cohen_kappa(pairs), positive_agreement(pairs, Verdict.HARD_NEGATIVE)
    )


def cohen_kappa(pairs: Sequence[tuple[object, object]]) -> float | None:
    """Return agreement beyond chance (Cohen 1960), 1 at best; None without pairs or where chance explains all."""
    if not pairs:
        return None
    n = len(pairs)
    observed = sum(a == b for a, b in pairs) / n
    values = {value for pair in pairs for value in pair}
    chance = sum(sum(a == v for a, _ in pairs) * sum(b == v for _, b in pairs) for v in values) / n**2
    return None if chance >= 1 else (observed - chance) / (1 - chance)


def positive_agreement(pairs: Sequence[tuple[object, object]], value: object) -> float | None:
    """Return `2a / (2a + b + c)`: how often the other says `value` too when one does; None when nobody says it.

    >>> positive_agreement([(1, 1)] * 10 + [(0, 1)] * 10 + [(1, 0)] * 10 + [(0, 0)] * 970, 1)
    0.5
    """
    both = sum(a == value and b == value for a, b in pairs)
    one = sum((a == value) != (b == value) for a, b in pairs)
    return 2 * both / (2 * both + one) if both or one else None


def checked_reviewer(name: str) -> str:
    """Return the name of a reviewer without spaces around it.

    Raises:
        RequestError: it is empty, too long or not printable.
    """
    name = name.strip()
    if not name:
        raise RequestError("The reviewer has no name", "Give one with --reviewer NAME")
    if len(name) > MAX_NAME or not name.isprintable():
        raise RequestError("The name of the reviewer cannot be used", f"Give at most {MAX_NAME} printable characters")
    return name

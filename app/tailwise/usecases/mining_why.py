"""Why a candidate was picked, in one line a reviewer can check with a glance at the pictures."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING

from tailwise.domain.review import CandidateKind

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one candidate.

    Attributes:
        class_name: the class it is mistaken for. label: the class annotated there, empty for none.
        evidence: numbers by name: score, similarity, colour, shape, part, detector, overlap.
        finder: name of the source whose detection it is, empty for none.
        is_image: whether the candidate is a whole image.
    """

    class_name: str
    label: str
    evidence: Mapping[str, float]
    finder: str
    is_image: bool


def evidence_of(**values: float) -> dict[str, float]:
    """Return the numbers that were measured, to four digits.

    >>> evidence_of(score=0.123456, part=float("nan"))
    {'score': 0.1235}
    """
    return {name: round(float(value), 4) for name, value in values.items() if isfinite(value)}


def why(kind: CandidateKind, facts: Facts) -> str:
    """Return why a hard negative was picked.

    >>> told = {"score": 0.81, "colour": 0.93, "shape": 0.9, "similarity": 0.9}
    >>> why(CandidateKind.SIMILAR, Facts("Bus", "Truck", told, "", is_image=False))
    'Truck with the colour and shape of Bus (similarity 0.93 and 0.90); score 0.81'
    """
    told = facts.evidence
    seen = f"{facts.finder} found {facts.class_name} here at {told['detector']:.2f}" if facts.finder else ""
    if kind is CandidateKind.SIMILAR:
        known = "colour" in told and "shape" in told
        likeness = f"{told['colour']:.2f} and {told['shape']:.2f}" if known else f"{told['similarity']:.2f}"
        first = f"{_what(facts)} with the colour and shape of {facts.class_name} (similarity {likeness})"
    elif kind is CandidateKind.PARTIAL and told.get("part", 0) > told.get("similarity", 0):
        first = (
            f"{_what(facts)} of which a part looks like {facts.class_name} "
            f"({told['part']:.2f}), the whole less ({told['similarity']:.2f})"
        )
    elif kind is CandidateKind.PARTIAL:
        first = f"Covers a part of an annotated {facts.class_name} (overlap {told.get('overlap', 0):.2f})"
    elif kind is CandidateKind.BACKGROUND:
        first = f"Nothing is annotated here, and it resembles {facts.class_name} ({told['similarity']:.2f})"
    else:
        first = f"{_what(facts)} that scores like {facts.class_name} as a whole ({told['similarity']:.2f})"
    return "; ".join(filter(None, (first, seen, f"score {told['score']:.2f}")))


def why_missing(facts: Facts, threshold: float) -> str:
    """Return why a label is suspected to be missing.

    >>> why_missing(Facts("Bus", "", {"score": 0.9}, "", is_image=False), 0.8)
    'Scores 0.90; from 0.80 on a place is expected to be Bus: is the label missing?'
    """
    said = f"labelled {facts.label}" if facts.label else ""
    question = f"is {facts.label} the wrong label?" if said else "is the label missing?"
    seen = f"; {facts.finder} found it at {facts.evidence['detector']:.2f}" if facts.finder else ""
    return (
        f"Scores {facts.evidence['score']:.2f}; from {threshold:.2f} on a place is expected to be {facts.class_name}"
        f"{seen}: {question}"
    )


def _what(facts: Facts) -> str:
    return facts.label or ("Image" if facts.is_image else "Place")

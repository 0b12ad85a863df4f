"""What is told about one augmented picture: objects it lost, steps that were left out, and why."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class FlagKind(StrEnum):
    """Why a variant deserves a look."""

    LOST = "object lost"  # less than 30 % of it is visible, or less than 16 square pixels
    SMALL = "object under 8 px"
    FOLDED = "distortion refused: it would overlap itself"
    VETOED = "step left out: a class on the picture forbids it"
    NO_PARTNER = "step left out: no other scene of the training part fits"
    NOT_FOR_OBJECTS = "step left out: only for whole-image classes"

    @property
    def brief(self) -> str:
        """The remark in so few words that they fit on a small picture."""
        return _BRIEF[self]


_BRIEF = {
    FlagKind.LOST: "lost",
    FlagKind.SMALL: "< 8 px",
    FlagKind.FOLDED: "would fold",
    FlagKind.VETOED: "not for a class here",
    FlagKind.NO_PARTNER: "no partner",
    FlagKind.NOT_FOR_OBJECTS: "not with boxes",
}


@dataclass(frozen=True, slots=True)
class VariantFlag:
    """One remark. `subject` is the number of a class for lost and small objects, else the name of a step."""

    kind: FlagKind
    subject: int | str

    @property
    def is_loss(self) -> bool:
        """Whether something is gone that was there before."""
        return self.kind is FlagKind.LOST

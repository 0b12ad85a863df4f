"""What of a queue is shown, and in which order: chosen above the queue of the Desk, forgotten with the class."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tailwise.usecases.verdicts import ReviewCard

DETECTOR: Final = "detector"
"""Evidence that a candidate has when an imported model found it."""
FOUND_BY_MODEL: Final = "\0model"
"""Stands among the names of sources for what any imported model found; no source can be called so."""


class DeskOrder(StrEnum):
    """In which order candidates are judged."""

    FOUND = "found"  # as mining ranked them: score against variety
    SCORE = "score"
    LOOK_ALIKES = "look-alikes"  # those of one group together
    FILE = "file"


ORDER_TEXTS: Final = {
    DeskOrder.FOUND: "As found",
    DeskOrder.SCORE: "Highest score first",
    DeskOrder.LOOK_ALIKES: "Look-alikes together",
    DeskOrder.FILE: "By file name",
}


@dataclass(frozen=True, slots=True)
class DeskFilter:
    """Which candidates are shown.

    Attributes:
        least_score: from 0 to 1. kind: value of a `CandidateKind`, empty for all.
        source: name of a source or `FOUND_BY_MODEL`, empty for all.
        only: candidates to choose from, None for all; `only_text` says what they are.
    """

    least_score: float = 0.0
    kind: str = ""
    source: str = ""
    only: frozenset[int] | None = None
    only_text: str = ""

    @property
    def is_open(self) -> bool:
        """Whether everything is shown."""
        return self == DeskFilter()

    def shows(self, card: ReviewCard) -> bool:
        """Whether a candidate is shown."""
        one = card.candidate
        found_by_model = self.source == FOUND_BY_MODEL and DETECTOR in one.evidence
        return (
            one.score >= self.least_score
            and self.kind in {"", one.kind.value}
            and (found_by_model or self.source in {"", card.picture.source})
            and (self.only is None or one.id in self.only)
        )


def arranged(
    cards: Sequence[ReviewCard], chosen: DeskFilter, order: DeskOrder, group: Mapping[int, int]
) -> list[ReviewCard]:
    """Return the candidates to show, in order; `group` is only asked for `DeskOrder.LOOK_ALIKES`."""
    shown = [card for card in cards if chosen.shows(card)]
    if order is DeskOrder.SCORE:
        shown.sort(key=lambda card: -card.candidate.score)
    elif order is DeskOrder.FILE:
        shown.sort(key=lambda card: (card.picture.source, card.picture.file_name))
    elif order is DeskOrder.LOOK_ALIKES:
        first: dict[int, int] = {}
        for card in shown:
            first.setdefault(group.get(card.candidate.id, -card.candidate.id), len(first))
        shown.sort(key=lambda card: first[group.get(card.candidate.id, -card.candidate.id)])
    return shown

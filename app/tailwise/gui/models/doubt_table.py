"""Doubted labels as the window shows them: loaded on a worker thread, narrowed to a class, as a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tailwise.gui.models.duplicate_view import NO_PICTURES, NO_PICTURES_TITLE, OUTDATED_TITLE, outdated_text
from tailwise.gui.models.plan_table import NumberTable
from tailwise.gui.models.record_table import Column
from tailwise.gui.number_text import percent
from tailwise.gui.texts import counted, number

if TYPE_CHECKING:
    from PySide6.QtCore import QObject

    from tailwise.domain.index import IndexState
    from tailwise.domain.label_doubts import LabelDoubt, LabelDoubts
    from tailwise.ops.progress import Progress
    from tailwise.usecases.doubt_cards import DoubtCard
    from tailwise.usecases.projects import Project

MOST: Final = 1000
"""Labels listed at once; who has more doubted ones corrects these first."""


@dataclass(frozen=True, slots=True)
class Missing:
    """What has to be there before labels can be weighed: a title, a sentence, and a button."""

    title: str
    text: str
    button: str
    is_index: bool  # the button indexes; else it leads to the data


@dataclass(frozen=True, slots=True)
class DoubtsView:
    """What came of weighing all labels, or what is missing for it."""

    missing: Missing | None = None
    found: LabelDoubts | None = None
    cards: tuple[DoubtCard, ...] = ()

    def of_class(self, name: str) -> list[DoubtCard]:
        """Return the cards labelled as a class or looking like it; all of them for an empty name."""
        return [card for card in self.cards if name in {"", card.doubt.class_name, card.doubt.looks_like}]

    def classes(self) -> list[tuple[str, int]]:
        """Return the classes that a listed label has or looks like, by name, with how many labels that are."""
        names = {name for card in self.cards for name in (card.doubt.class_name, card.doubt.looks_like)}
        return [(name, len(self.of_class(name))) for name in sorted(names)]

    def sentences(self) -> str:
        """Return how many labels are doubted, of how many, and what was left out."""
        if self.found is None:
            return ""
        verb = "is" if self.found.doubted == 1 else "are"
        told = [f"{number(self.found.doubted)} of {counted(self.found.labels, 'label', 'labels')} {verb} doubted"]
        if self.found.unlisted:
            told.append(f"The {number(len(self.found.doubts))} least believed are listed")
        return ". ".join((*told, *self.found.notes)) + "."


class DoubtTable(NumberTable["DoubtCard"]):
    """Doubted labels, the least believed first."""

    numbers = frozenset({"Believed", "How sure"})

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(
            (
                Column("Item", _name, lambda card: card.doubt.file_name, _place, width=0),
                Column("Labelled as", lambda card: card.doubt.class_name, tip=_labelled, width=16),
                Column(
                    "Believed", lambda card: percent(card.doubt.confidence, 1), _believed, _about_believed, width=10
                ),
                Column("Looks like", lambda card: card.doubt.looks_like, tip=_claimed, width=16),
                Column(
                    "How sure", lambda card: percent(card.doubt.looks_like_confidence, 1), _sure, _about_sure, width=11
                ),
            ),
            parent,
        )


def load_doubts(project: Project, progress: Progress, look: int = 0) -> DoubtsView:
    """Weigh the labels of the project, or say what is missing.

    Args:
        project: the project.
        progress: one step per class.
        look: how often was looked before; pictures of different looks have different numbers, so that one that is
            still on its way is not taken for another.
    """
    from tailwise.usecases.doubt_cards import PICTURES, doubt_cards
    from tailwise.usecases.image_index import index_state
    from tailwise.usecases.label_doubts import doubted_labels

    missing = _missing(index_state(project))
    if missing is not None:
        return DoubtsView(missing)
    found = doubted_labels(project, progress, limit=MOST)
    progress.stage("Reading the items")
    return DoubtsView(None, found, doubt_cards(project, found.doubts, look * MOST * PICTURES))


def nothing_doubted(found: LabelDoubts) -> str:
    """Return what it means that no label is doubted."""
    labels = counted(found.labels, "label was", "labels were")
    between = counted(len(found.classes), "class", "classes")
    told = [f"{labels} weighed between {between}, and no other class claims one of them"]
    return ". ".join((*told, *found.notes)) + "."


def detail_text(doubt: LabelDoubt) -> str:
    """Return one doubted label as a sentence."""
    given, claimed = percent(doubt.confidence, 1), percent(doubt.looks_like_confidence, 1)
    return f"Labelled {doubt.class_name} ({given}), looks like {doubt.looks_like} ({claimed})"


def neighbour_texts(card: DoubtCard) -> list[str]:
    """Return what stands below the nearest examples: the class and the similarity."""
    nearest = card.doubt.nearest[: len(card.neighbours)]
    return [f"{card.doubt.looks_like}  {near.similarity:.2f}" for near in nearest]


def _missing(state: IndexState) -> Missing | None:
    if not state.has_pictures:
        return Missing(NO_PICTURES_TITLE, NO_PICTURES, "Go to Data", is_index=False)
    if state.indexed and state.dimensions:
        return None
    if state.outdated:
        return Missing(OUTDATED_TITLE, outdated_text(state), "Index again", is_index=True)
    return Missing(
        "The images are not indexed yet",
        "A label is doubted by comparing its picture with those of other classes. The index looks at every image once.",
        "Index images",
        is_index=True,
    )


def _name(card: DoubtCard) -> str:
    """Return the end of the path: what differs would be cut off where the folders are long."""
    return card.doubt.file_name.rpartition("/")[2]


def _place(card: DoubtCard) -> str:
    if card.doubt.box is None:
        return f"{card.doubt.file_name}, the whole image"
    x, y, width, height = (f"{side:g}" for side in card.doubt.box)
    return f"{card.doubt.file_name}, box of {width} × {height} pixels at {x}, {y}"


def _labelled(card: DoubtCard) -> str:
    return card.doubt.class_name


def _claimed(card: DoubtCard) -> str:
    return card.doubt.looks_like


def _believed(card: DoubtCard) -> float:
    return card.doubt.confidence


def _sure(card: DoubtCard) -> float:
    return card.doubt.looks_like_confidence


def _about_believed(card: DoubtCard) -> str:
    return f"Probability of {card.doubt.class_name}, by scorers that never saw this item"


def _about_sure(card: DoubtCard) -> str:
    return f"Probability of {card.doubt.looks_like}, by scorers that never saw this item"

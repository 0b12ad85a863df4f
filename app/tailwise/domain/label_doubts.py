"""Labels that look wrong: what a doubted label is, and what weighing all of them came to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tailwise.domain.review import Box, Neighbour


@dataclass(frozen=True, slots=True)
class LabelDoubt:
    """A label that another class claims, by scorers that never saw the item nor its group.

    Attributes:
        box: None where the label is of the whole image.
        confidence: of the label that was given, 0..1; `looks_like_confidence` of the class that claims the place.
            Over all classes that were weighed they add up to 1.
        nearest: the most similar examples of the class it looks like, nearest first.
    """

    item: int
    file_name: str
    box: Box | None
    class_name: str
    confidence: float
    looks_like: str
    looks_like_confidence: float
    nearest: tuple[Neighbour, ...]

    def as_json(self) -> dict[str, object]:
        """Return the doubt with the keys that `label-issues --json` promises."""
        told: dict[str, object] = {"item": self.item, "file_name": self.file_name}
        if self.box is not None:
            told["box"] = list(self.box)
        return told | {
            "class": self.class_name,
            "confidence": self.confidence,
            "looks_like": self.looks_like,
            "looks_like_confidence": self.looks_like_confidence,
            "nearest": [near.item for near in self.nearest],
        }


@dataclass(frozen=True, slots=True)
class LabelDoubts:
    """Doubted labels, the least believed first.

    Attributes:
        labels: how many labels were weighed. doubted: how many of them are doubted; `doubts` may be the first of these.
        classes: names of the classes they were weighed between.
        notes: what was left out and why, one sentence each.
    """

    labels: int
    doubted: int
    classes: tuple[str, ...]
    doubts: tuple[LabelDoubt, ...]
    notes: tuple[str, ...] = ()

    @property
    def unlisted(self) -> int:
        """How many labels are doubted beyond those in `doubts`."""
        return self.doubted - len(self.doubts)

    def as_json(self) -> dict[str, object]:
        """Return the doubts with the keys that `label-issues --json` promises."""
        return {
            "labels": self.labels,
            "doubted": self.doubted,
            "classes": list(self.classes),
            "issues": [each.as_json() for each in self.doubts],
            "notes": list(self.notes),
        }

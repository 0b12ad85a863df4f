"""Oversampling of feature tables: what is asked, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass

NEIGHBOURS = 5
MOST_DIMENSIONS = 1024
PICTURE_COLUMNS = 16
"""From this many columns of whole numbers 0..255 on, a table is taken for pixels."""
MOST_DUPLICATES = 0.5

WHY_NOT_PIXELS = (
    "Between two pictures lies a blend of both, not a third picture: SMOTE is for measured features, never for pixels"
)


@dataclass(frozen=True, slots=True)
class SmoteRequest:
    """What to do with a table.

    Attributes:
        label: column of the class.
        classes: classes to fill up; empty for all that have fewer rows than the largest.
        total: rows each of them shall have afterwards; 0 for as many as the largest class.
        group: column of the scene or cluster, if any; rows of one group are not independent.
        split: column of the split, if any; only rows of `train` are used and only to them is added.
        ignore: columns that are no features (ids, names); copied empty.
        neighbours: k, how many nearest rows of the class a new row may lie between.
    """

    label: str
    classes: tuple[str, ...] = ()
    total: int = 0
    group: str = ""
    split: str = ""
    ignore: tuple[str, ...] = ()
    neighbours: int = NEIGHBOURS
    seed: int = 17


@dataclass(frozen=True, slots=True)
class SmoteOutcome:
    """Rows per class before and added, in order of name; `features` and `categorical` count columns."""

    classes: tuple[tuple[str, int, int], ...]
    features: int
    categorical: int
    rows: int

    @property
    def added(self) -> int:
        """Return how many rows were made."""
        return sum(count for _name, _before, count in self.classes)

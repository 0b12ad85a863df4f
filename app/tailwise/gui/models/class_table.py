"""Classes with their tier and target as an editable sheet; what is there and what is short beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tailwise.domain.coverage import ClassRow, TailGroup, Unit
from tailwise.domain.plan import Tier
from tailwise.gui.models.sheet import Row, SheetModel
from tailwise.gui.models.sheet_cells import Bad, Kind, SheetColumn, Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from PySide6.QtCore import QObject
    from PySide6.QtGui import QUndoStack

TIERS: Final = (
    (Tier.MUST_NOT_MISS.value, "Must not miss"),
    (Tier.NICE_TO_HAVE.value, "Nice to have"),
    (Tier.EXPERIMENTAL.value, "Experimental"),
)
GROUPS: Final = {
    TailGroup.HEAD: "Head",
    TailGroup.MID: "Mid",
    TailGroup.TAIL: "Tail",
    TailGroup.NONE: "No image",
}
COLUMNS: Final = (
    SheetColumn("name", "Class", Kind.TEXT, width=0, is_editable=False),
    SheetColumn(
        "tier", "Tier", Kind.CHOICE, "What a plan does first: a higher tier is never traded for a lower one.",
        width=16, choices=TIERS,
    ),
    SheetColumn(
        "target", "Target", Kind.WHOLE, "How many are wanted in all, in the unit plans count; empty for none.",
        width=12, is_optional=True, step=50,
    ),
    SheetColumn("images", "Images", Kind.WHOLE, "Labelled images that hold the class.", width=10, is_editable=False),
    SheetColumn("objects", "Objects", Kind.WHOLE, "Labelled objects of the class.", width=10, is_editable=False),
    SheetColumn(
        "short", "Shortfall", Kind.WHOLE, "Target minus what is there, not below zero.", width=10, is_editable=False
    ),
    SheetColumn(
        "group", "Group", Kind.TEXT, "Head: over 100 images. Mid: 11 to 100. Tail: at most 10.", width=10,
        is_editable=False,
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ClassChoice:
    """The tier and target of one class as edited."""

    name: str
    tier: str
    target: int | None


class ClassTableModel(SheetModel):
    """One row per class. Targets count in `unit`: objects where there are boxes, else images."""

    def __init__(self, undo_stack: QUndoStack, parent: QObject | None = None) -> None:
        super().__init__(COLUMNS, undo_stack, parent)
        self.unit = Unit.OBJECTS
        self.classes: dict[str, ClassRow] = {}

    def set_classes(self, classes: Sequence[ClassRow], unit: Unit) -> None:
        """Show classes; the undo history stays while they are the same ones."""
        self.unit = unit
        before = [row["name"] for row in self.rows()]
        self.classes = {row.name: row for row in classes}
        rows: list[Row] = [
            {
                "name": row.name,
                "tier": row.tier,
                "target": row.target,
                "images": row.images,
                "objects": row.objects,
                "group": GROUPS[row.tail],
            }
            for row in classes
        ]
        if before != [row.name for row in classes] or not self.update_rows(rows):
            self.set_rows(rows)

    def computed(self, row: Row, key: str) -> Value:
        """Return the shortfall of a class, and what was counted."""
        if key != "short":
            return row.get(key)
        target, have = row.get("target"), row.get(self.unit.value)
        if not isinstance(target, int) or not isinstance(have, int):
            return None
        return max(0, target - have)

    def choices(self, stored: Iterable[int]) -> tuple[ClassChoice, ...]:
        """Return tier and target of rows; a row with a cell that cannot be used is left out."""
        found: list[ClassChoice] = []
        for k in sorted(stored):
            row = self.row(k)
            name, tier, target = row["name"], row["tier"], row["target"]
            if isinstance(name, str) and isinstance(tier, str) and not isinstance(target, (Bad, str)):
                found.append(ClassChoice(name, tier, None if target is None else int(target)))
        return tuple(found)

    def stored_of(self, class_name: str) -> int:
        """Return where a class is stored, -1 when it is not there."""
        return next((k for k, row in enumerate(self.rows()) if row["name"] == class_name), -1)

    def summary(self) -> tuple[int, int, int]:
        """Return how many classes must not be missed, how many have a target, and the shortfall of all together."""
        rows = self.rows()
        first = sum(1 for row in rows if row["tier"] == Tier.MUST_NOT_MISS.value)
        targets = sum(1 for row in rows if isinstance(row["target"], int))
        short = (self.computed(row, "short") for row in rows)
        return first, targets, sum(amount for amount in short if isinstance(amount, int))

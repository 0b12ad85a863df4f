"""Asked against achieved per class and split, and the list of stored splits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

from tailwise.domain.split import SplitSize
from tailwise.gui.models.record_table import Column, RecordTable
from tailwise.gui.texts import ago, number

if TYPE_CHECKING:
    from PySide6.QtCore import QObject

    from tailwise.domain.split import SplitResult
    from tailwise.usecases.splits import StoredSplit

AnyIndex = QModelIndex | QPersistentModelIndex
_ROOT: Final = QModelIndex()
SHARES_ROLE: Final = int(Qt.ItemDataRole.UserRole)
"""Asked and achieved as shares (0..1) of the class, for the bar in a cell."""
OFF_BY = 0.5
"""A class is marked when a split lacks over half an item, and over a tenth, of what was asked."""


@dataclass(frozen=True, slots=True)
class SplitRecord:
    """A stored split as one line of the history."""

    id: int
    created_utc: str
    ratios: str
    seed: int
    score: float
    is_active: bool


def record_of(stored: StoredSplit) -> SplitRecord:
    """Return the line of a stored split."""
    ratios = ", ".join(f"{name} {100 * share:g} %" for name, share in stored.request.ratios)
    return SplitRecord(
        stored.id, stored.created_utc, ratios, stored.request.seed, stored.result.measures.score, stored.is_active
    )


class SplitHistory(RecordTable[SplitRecord]):
    """Stored splits, newest first; the active one carries a tick."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(
            (
                Column("Active", lambda r: "✓ active" if r.is_active else "", width=9),
                Column("No.", lambda r: r.id, width=5),
                Column("Ratios", lambda r: r.ratios, width=0),
                Column("Score", lambda r: f"{r.score:.4f}", lambda r: r.score, width=8),
                Column("Seed", lambda r: r.seed, width=7),
                Column("Made", lambda r: ago(r.created_utc), lambda r: r.created_utc, lambda r: r.created_utc, 12),
            ),
            parent,
        )


class SplitSizes(RecordTable[SplitSize]):
    """Items and groups of each split, asked and achieved."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(
            (
                Column("Split", lambda s: s.split, width=0),
                Column("Asked", lambda s: round(s.asked), lambda s: s.asked, width=8),
                Column("Images", lambda s: s.items, width=8),
                Column("Groups", lambda s: s.groups, width=8),
                Column("Locked", lambda s: s.locked_items, width=8),
            ),
            parent,
        )


@dataclass(frozen=True, slots=True)
class SplitPair:
    """Two splits: how far apart their class shares are, in bits, and the sets of twins that lie in both."""

    first: str
    second: str
    js_bits: float
    twins: int


class SplitPairs(RecordTable[SplitPair]):
    """Every pair of splits with what it shares; nothing may leak."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(
            (
                Column("Pair of splits", lambda p: f"{p.first} · {p.second}", width=0),
                Column("JS in bits", lambda p: f"{p.js_bits:.5f}", lambda p: p.js_bits, width=11),
                Column(
                    "Twins in both",
                    lambda p: f"{'◆' if p.twins else '✓'} {number(p.twins)}",
                    lambda p: p.twins,
                    width=13,
                ),
            ),
            parent,
        )


def pairs_of(result: SplitResult) -> list[SplitPair]:
    """Return the pairs of splits of a result."""
    twins = {(first, second): count for first, second, count in result.leaks}
    return [SplitPair(a, b, bits, twins.get((a, b), 0)) for a, b, bits in result.measures.js_pairs]


class ClassSplitTable(QAbstractTableModel):
    """Classes × splits: images achieved of images asked. Cells off by much carry a sign and a sentence."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._splits: tuple[str, ...] = ()
        self._classes: tuple[str, ...] = ()
        self._cells: dict[tuple[str, str], tuple[float, int]] = {}

    def set_result(self, result: SplitResult | None) -> None:
        """Show a split, or nothing."""
        self.beginResetModel()
        self._cells = {} if result is None else {(c.category, c.split): (c.asked, c.achieved) for c in result.classes}
        self._splits = () if result is None else result.request.names
        self._classes = tuple(dict.fromkeys(category for category, _ in self._cells))
        self.endResetModel()

    def cell(self, index: AnyIndex) -> tuple[str, str] | None:
        """Return class and split of a cell, None for the class column."""
        if not index.isValid() or index.column() == 0:
            return None
        return self._classes[index.row()], self._splits[index.column() - 1]

    def rowCount(self, parent: AnyIndex = _ROOT) -> int:  # noqa: D102
        return 0 if parent.isValid() else len(self._classes)

    def columnCount(self, parent: AnyIndex = _ROOT) -> int:  # noqa: D102
        return 0 if parent.isValid() else len(self._splits) + 1

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:  # noqa: D102
        if not index.isValid():
            return None
        name, cell = self._classes[index.row()], self.cell(index)
        if cell is None:
            return name if role in {Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole} else None
        asked, achieved = self._cells.get(cell, (0.0, 0))
        if role == Qt.ItemDataRole.DisplayRole:
            return f"{self._sign(asked, achieved)}{number(achieved)} of {number(asked)}"
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role in {Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole}:
            return f"{name}, {cell[1]}: {number(achieved)} images, {number(asked)} asked{self._words(asked, achieved)}"
        if role == SHARES_ROLE:
            total = sum(self._cells.get((name, split), (0.0, 0))[1] for split in self._splits)
            return (asked / total, achieved / total) if total else None
        return None

    def headerData(  # noqa: D102
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if orientation == Qt.Orientation.Vertical or not 0 <= section <= len(self._splits):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return "Class" if section == 0 else self._splits[section - 1]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if section else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        return None

    @staticmethod
    def _sign(asked: float, achieved: int) -> str:
        if achieved == 0 and asked > 0:
            return "◆ "
        return "▲ " if asked - achieved > max(OFF_BY, asked / 10) else ""

    @staticmethod
    def _words(asked: float, achieved: int) -> str:
        if achieved == 0 and asked > 0:
            return "; the class is missing from this split"
        return "; short" if asked - achieved > max(OFF_BY, asked / 10) else ""

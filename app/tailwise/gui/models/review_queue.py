"""The candidates of one queue and what this reviewer said about each; a verdict shows at once, before it is stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QUndoCommand

from tailwise.domain.review import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from PySide6.QtCore import QObject

    from tailwise.domain.review import ReasonTag
    from tailwise.usecases.verdicts import ReviewCard

Index = QModelIndex | QPersistentModelIndex

ID_ROLE: Final = Qt.ItemDataRole.UserRole
SIGNS: Final = {
    Verdict.HARD_NEGATIVE: ("A", "hard negative"),
    Verdict.UNSURE: ("S", "unsure"),
    Verdict.MISSED_LABEL: ("D", "missed label"),
    Verdict.DUPLICATE: ("F", "duplicate or loose box"),
}
"""The key that gives a verdict, which is also its mark, and the words for it."""


@dataclass(frozen=True, slots=True)
class Said:
    """What one reviewer said about one candidate; None where nothing."""

    verdict: Verdict | None = None
    reasons: tuple[ReasonTag, ...] = ()

    @property
    def text(self) -> str:
        """The verdict and its reasons in words."""
        if self.verdict is None:
            return "not judged"
        words = SIGNS[self.verdict][1]
        return f"{words} ({', '.join(r.value for r in self.reasons)})" if self.reasons else words


NOTHING_SAID: Final = Said()


class ReviewQueueModel(QAbstractListModel):
    """One row per candidate, in the order to judge them in. Verdicts are kept by candidate, never by row."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._cards: Sequence[ReviewCard] = ()
        self._row_of: dict[int, int] = {}
        self._said: dict[int, Said] = {}

    def set_cards(self, cards: Sequence[ReviewCard], said: Mapping[int, Said]) -> None:
        """Show these candidates, with what this reviewer said about them before."""
        self.beginResetModel()
        self._cards = cards
        self._row_of = {card.candidate.id: row for row, card in enumerate(cards)}
        self._said = {number: each for number, each in said.items() if number in self._row_of}
        self.endResetModel()

    def mark(self, candidate: int, said: Said) -> None:
        """Show what is said about a candidate from now on; one that is not in this queue is left alone."""
        row = self._row_of.get(candidate)
        if row is None:
            return
        self._said[candidate] = said
        self.dataChanged.emit(self.index(row), self.index(row))

    def said(self, candidate: int) -> Said:
        """Return what is said about a candidate."""
        return self._said.get(candidate, NOTHING_SAID)

    def card(self, row: int) -> ReviewCard | None:
        """Return the candidate of a row."""
        return self._cards[row] if 0 <= row < len(self._cards) else None

    def cards(self, rows: range) -> list[ReviewCard]:
        """Return the candidates of a range of rows, as far as there are any."""
        return list(self._cards[max(0, rows.start) : max(0, rows.stop)])

    def row_of(self, candidate: int) -> int:
        """Return the row of a candidate, -1 where it is not in this queue."""
        return self._row_of.get(candidate, -1)

    @property
    def judged(self) -> int:
        """How many candidates this reviewer has judged."""
        return sum(said.verdict is not None for said in self._said.values())

    def next_open(self, row: int) -> int:
        """Return the next row after `row` without a verdict, going on from the top; -1 when all have one."""
        order = [*range(row + 1, len(self._cards)), *range(min(row + 1, len(self._cards)))]
        return next((r for r in order if self.said(self._cards[r].candidate.id).verdict is None), -1)

    def sentence(self, row: int) -> str:
        """Return what is said aloud about a candidate."""
        card = self._cards[row]
        said = self.said(card.candidate.id).text
        return f"{card.picture.file_name}: {card.candidate.why}, {said}, {row + 1} of {len(self._cards)}"

    # Qt's side

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, D102
        return 0 if parent.isValid() else len(self._cards)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:  # noqa: D102
        if not index.isValid() or index.row() >= len(self._cards):
            return None
        candidate = self._cards[index.row()].candidate
        if role == ID_ROLE:
            return candidate.id
        if role == Qt.ItemDataRole.DisplayRole:
            return f"{candidate.score:.2f}"
        if role in {Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole}:
            return self.sentence(index.row())
        return None


class VerdictCommand(QUndoCommand):
    """A verdict that can be undone: it knows its candidate, its reviewer, and what was said before."""

    def __init__(
        self, say: Callable[[int, str, Said], None], candidate: int, reviewer: str, change: tuple[Said, Said]
    ) -> None:
        super().__init__(f"“{change[1].text}”")
        self._say = say
        self._candidate, self._reviewer = candidate, reviewer
        self._before, self._after = change

    def redo(self) -> None:  # noqa: D102
        self._say(self._candidate, self._reviewer, self._after)

    def undo(self) -> None:  # noqa: D102
        self._say(self._candidate, self._reviewer, self._before)

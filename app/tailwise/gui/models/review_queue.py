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
        self._all: Sequence[ReviewCard] = ()
        self._cards: Sequence[ReviewCard] = ()
        self._group: Mapping[int, int] = {}
        self._names: dict[int, str] = {}
        self._notes: Mapping[int, str] = {}
        self._row_of: dict[int, int] = {}
        self._said: dict[int, Said] = {}

    def set_said(self, said: Mapping[int, Said]) -> None:
        """Take what this reviewer said so far, about candidates of all queues; shown with the next `set_cards`."""
        self._said = dict(said)

    def set_cards(self, cards: Sequence[ReviewCard]) -> None:
        """Show the candidates of a queue, all of them in this order."""
        self._all = cards
        self._names = {card.candidate.id: card.picture.file_name.rpartition("/")[2] for card in cards}
        self.arrange(cards)

    def arrange(self, cards: Sequence[ReviewCard], group: Mapping[int, int] | None = None) -> None:
        """Show some of the candidates, in this order; with `group`, say which belong together."""
        self.beginResetModel()
        self._cards, self._group = cards, group or {}
        self._row_of = {card.candidate.id: row for row, card in enumerate(cards)}
        self.endResetModel()

    def mark(self, candidate: int, said: Said) -> None:
        """Show what is said about a candidate from now on."""
        self._said[candidate] = said
        row = self._row_of.get(candidate)
        if row is not None:
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

    def set_notes(self, notes: Mapping[int, str]) -> None:
        """Say something beside candidates: what others said, where it is something else."""
        self._notes = notes
        if self._cards:
            self.dataChanged.emit(self.index(0), self.index(len(self._cards) - 1))

    def note_of(self, candidate: int) -> str:
        """Return what is said beside a candidate, if anything."""
        return self._notes.get(candidate, "")

    def group_of(self, row: int) -> int | None:
        """Return the group of a row, None where groups are not shown."""
        card = self.card(row)
        return None if card is None else self._group.get(card.candidate.id)

    def name_of(self, candidate: int) -> str:
        """Return the file a candidate of the queue is in, without its folder."""
        return self._names.get(candidate, "")

    def confirmed(self, candidates: Sequence[int]) -> list[int]:
        """Return those of some candidates, of any queue, that this reviewer confirmed as hard negatives."""
        return [each for each in candidates if self.said(each).verdict is Verdict.HARD_NEGATIVE]

    def open_of(self, cards: Sequence[ReviewCard]) -> int:
        """Return how many of some candidates this reviewer has not judged."""
        return sum(self.said(card.candidate.id).verdict is None for card in cards)

    @property
    def all_cards(self) -> Sequence[ReviewCard]:
        """All candidates of the queue, also those that are not shown."""
        return self._all

    @property
    def judged(self) -> int:
        """How many of the candidates shown this reviewer has judged."""
        return len(self._cards) - self.open_of(self._cards)

    def next_open(self, row: int) -> int:
        """Return the next row after `row` without a verdict, going on from the top; -1 when all have one."""
        order = [*range(row + 1, len(self._cards)), *range(min(row + 1, len(self._cards)))]
        return next((r for r in order if self.said(self._cards[r].candidate.id).verdict is None), -1)

    def sentence(self, row: int) -> str:
        """Return what is said aloud about a candidate."""
        card = self._cards[row]
        said = self.said(card.candidate.id).text
        note = self.note_of(card.candidate.id)
        told = f"{said}, {note}" if note else said
        return f"{card.picture.file_name}: {card.candidate.why}, {told}, {row + 1} of {len(self._cards)}"

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


@dataclass(frozen=True, slots=True)
class Change:
    """What is said about a candidate before and after something happened."""

    candidate: int
    before: Said
    after: Said

    @property
    def reverse(self) -> Change:
        """The change that undoes this one."""
        return Change(self.candidate, self.after, self.before)


class VerdictCommand(QUndoCommand):
    """Verdicts given together that are undone together: they know their candidates and their reviewer."""

    def __init__(self, say: Callable[[Sequence[Change], str], None], reviewer: str, changes: Sequence[Change]) -> None:
        many = f" for {len(changes)} candidates" if len(changes) > 1 else ""
        super().__init__(f"“{changes[0].after.text}”{many}")
        self._say, self._reviewer, self._changes = say, reviewer, tuple(changes)

    @property
    def gives(self) -> bool:
        """Whether a verdict was given by it, not taken back."""
        return any(change.after.verdict is not None for change in self._changes)

    def redo(self) -> None:  # noqa: D102
        self._say(self._changes, self._reviewer)

    def undo(self) -> None:  # noqa: D102
        self._say([change.reverse for change in self._changes], self._reviewer)

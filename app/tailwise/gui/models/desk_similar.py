"""Which candidates look like each other, found behind the Desk, and the verdict that is about to be handed on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from tailwise.gui.texts import counted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tailwise.gui.models.review_queue import ReviewQueueModel, Said
    from tailwise.gui.models.review_verdicts import ReviewVerdicts
    from tailwise.gui.session import Session
    from tailwise.ops.progress import Progress
    from tailwise.usecases.candidate_likeness import CandidateLikeness
    from tailwise.usecases.projects import Project
    from tailwise.usecases.verdicts import ReviewCard

PATIENCE_MILLISECONDS: Final = 700
"""The first pictures are decoded before candidates are compared."""


class DeskSimilar(QObject):
    """Compares the candidates of a class once they are shown, and hands a verdict on to those that look alike.

    Handing on takes two steps: the first says for how many and marks them, the second gives the verdict.
    """

    known = Signal()
    proposed = Signal(object)  # candidates (frozenset of int) that a verdict is about to be given to
    explained = Signal(str)  # what the next press does, or why nothing is handed on

    def __init__(
        self, session: Session, queue: ReviewQueueModel, verdicts: ReviewVerdicts, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._queue, self._verdicts = queue, verdicts
        self._proposal: Sequence[tuple[int, Said]] = ()
        self._cards: Sequence[ReviewCard] = ()
        self._likeness: CandidateLikeness | None = None
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(PATIENCE_MILLISECONDS)
        self._patience.timeout.connect(self._compare)

    def set_cards(self, cards: Sequence[ReviewCard]) -> None:
        """Compare these candidates soon, unless they were compared already."""
        same = [card.candidate.id for card in cards] == [card.candidate.id for card in self._cards]
        self._cards = cards
        self.drop()
        if same and self._likeness is not None:
            return
        self._likeness = None
        if cards:
            self._patience.start()
        else:
            self._patience.stop()

    @property
    def group(self) -> Mapping[int, int]:
        """The group of every candidate; empty until it is known."""
        return {} if self._likeness is None else self._likeness.group

    def similar(self, candidate: int) -> tuple[int, ...]:
        """Return the candidates that look like one, closest first."""
        return () if self._likeness is None else self._likeness.similar.get(candidate, ())

    @property
    def is_proposing(self) -> bool:
        """Whether the next press gives a verdict to several."""
        return bool(self._proposal)

    @Slot(int)
    def hand_on(self, candidate: int) -> None:
        """Propose the verdict on a candidate, or the last one given, for all open ones like it; give it when proposed.

        Only candidates that are shown are meant, and nothing that was judged is judged anew.
        """
        if self._proposal:
            given = self._proposal
            self.drop()
            self._verdicts.say_of(given)
            return
        said, last = self._queue.said(candidate), self._verdicts.last
        if said.verdict is None and last is not None:
            candidate, said = last, self._queue.said(last)
        if said.verdict is None:
            self.explained.emit(self.tr("Judge a candidate first; X then gives its verdict to similar ones."))
        elif self._likeness is None:
            self.explained.emit(self.tr("The candidates are still being compared. Press X again in a moment."))
        else:
            self._propose(candidate, said)

    def _propose(self, candidate: int, said: Said) -> None:
        meant = [each for each in self.similar(candidate) if self._queue.row_of(each) >= 0]
        meant = [each for each in meant if self._queue.said(each).verdict is None]
        self._proposal = [(each, said) for each in meant]
        self.proposed.emit(frozenset(meant))
        name = self._queue.name_of(candidate)
        if meant:
            many = counted(len(meant), "open candidate looks", "open candidates look")
            text = self.tr("{} like {}. X gives “{}” to all of them, Esc does not.")
            self.explained.emit(text.format(many, name, said.text))
        else:
            self.explained.emit(self.tr("No open candidate shown here looks like {}.").format(name))

    @Slot()
    def drop(self) -> None:
        """Propose nothing any more."""
        self._proposal = ()
        self.proposed.emit(frozenset())

    @Slot()
    def _compare(self) -> None:
        cards = self._cards
        if self._session.project is None or not cards:
            return

        def work(project: Project, progress: Progress) -> CandidateLikeness:
            from tailwise.usecases.candidate_likeness import candidate_likeness

            return candidate_likeness(project, cards, progress)

        self._session.run(
            self.tr("Compare the candidates"), work, on_done=self._on_compared, slot="desk-likeness", quiet=True
        )

    @Slot(object)
    def _on_compared(self, likeness: CandidateLikeness) -> None:
        if self._session.project is None or set(likeness.group) != {card.candidate.id for card in self._cards}:
            return  # another class is shown meanwhile
        self._likeness = likeness
        self.known.emit()

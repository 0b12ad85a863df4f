"""Verdicts of one reviewer as they are given: shown at once, written behind in order, undone and redone.

What a key means is bound to the candidates and the reviewer of that moment; nothing here asks what is shown later.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QUndoStack

from tailwise.domain.review import Verdict
from tailwise.gui.models.review_queue import NOTHING_SAID, Change, ReviewQueueModel, Said, VerdictCommand

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tailwise.domain.review import ReasonTag
    from tailwise.gui.session import Session
    from tailwise.ops.progress import Progress
    from tailwise.usecases.projects import Project
    from tailwise.usecases.verdicts import VerdictsDone


LONGEST_LOOK = 60.0
"""Seconds between two verdicts that count as looking; whoever takes longer was away."""


class ReviewVerdicts(QObject):
    """Says things about the candidates of a queue and stores them."""

    said = Signal(object)  # candidates (tuple of int) whose verdicts or reasons changed
    judged = Signal(int)  # candidate that just got a verdict, the last of several
    write_failed = Signal()  # what is shown is not what is stored

    def __init__(self, session: Session, queue: ReviewQueueModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._queue = queue
        self._reviewer = ""
        self._pending: dict[int, tuple[ReasonTag, ...]] = {}
        self._judged_at = 0.0
        self._place: Callable[[int], tuple[str, str]] | None = None
        self.last: int | None = None
        self.last_said = NOTHING_SAID
        self.given: dict[int, Said] = {}
        """What was said in this session: newer than what any operation that began before has read."""
        self.in_session = 0
        self.seconds = 0.0
        """How long this session of judging has taken so far, pauses left out."""
        self.undo_stack = QUndoStack(self)

    def remember_with(self, place: Callable[[int], tuple[str, str]]) -> None:
        """Store with every verdict where the reviewer is: key and text of a draft, by candidate."""
        self._place = place

    def begin(self, reviewer: str) -> None:
        """Begin a session: what was said before can no longer be undone, only taken back."""
        self._reviewer = reviewer
        self._pending.clear()
        self.given.clear()
        self.last, self.last_said = None, NOTHING_SAID
        self.in_session, self.seconds = 0, 0.0
        self._judged_at = time.monotonic()
        self.undo_stack.clear()

    def shown(self, candidate: int) -> Said:
        """Return what is said about a candidate, or the reasons set for the verdict to come."""
        said = self._queue.said(candidate)
        return said if said.verdict is not None else Said(None, self._pending.get(candidate, ()))

    @Slot(object, object)
    def judge(self, candidates: Sequence[int], verdict: Verdict) -> None:
        """Give a verdict with the reasons set before, or take the last one back; several are undone as one."""
        if verdict is Verdict.TAKE_BACK:
            self._take_back(candidates)
            return
        set_before = [reason for each in candidates for reason in self._pending.pop(each, ())]
        to_come = tuple(dict.fromkeys(set_before))
        given: list[tuple[int, Said]] = []
        for each in candidates:
            before = self._queue.said(each)
            given.append((each, Said(verdict, before.reasons if before.verdict is not None else to_come)))
        self.say_of(given)

    def _take_back(self, candidates: Sequence[int]) -> None:
        """Take verdicts back; where there is none yet, because the queue went on, the last one that was given."""
        if any(self._queue.said(each).verdict is not None for each in candidates):
            self._push([(each, NOTHING_SAID) for each in candidates])
            return
        last = self.undo_stack.command(self.undo_stack.index() - 1)
        if isinstance(last, VerdictCommand) and last.gives:
            self.undo_stack.undo()

    def say_of(self, given: Sequence[tuple[int, Said]]) -> None:
        """Give verdicts with their reasons, as one step."""
        if not given:
            return
        now = time.monotonic()
        self.seconds += min(now - self._judged_at, LONGEST_LOOK)
        self._judged_at = now
        self.in_session += sum(self._queue.said(each).verdict is None for each, _ in given)
        self.last, self.last_said = given[-1]
        self._push(given)
        self.judged.emit(self.last)

    @Slot(object)
    def repeat(self, candidates: Sequence[int]) -> None:
        """Give the last verdict again, with its reasons."""
        if self.last_said.verdict is not None:
            self.say_of([(each, self.last_said) for each in candidates])

    @Slot(object, object)
    def toggle_reason(self, candidates: Sequence[int], reason: ReasonTag) -> None:
        """Set a reason or take it away, by the first candidate: of the verdict there is, else of the one to come."""
        if not candidates:
            return
        is_set = reason not in self.shown(candidates[0]).reasons
        given: list[tuple[int, Said]] = []
        for each in candidates:
            now = self.shown(each)
            kept = tuple(r for r in now.reasons if r is not reason)
            reasons = (*kept, reason) if is_set else kept
            if now.verdict is None:
                self._pending[each] = reasons
            else:
                given.append((each, Said(now.verdict, reasons)))
        self._push(given)
        self.said.emit(tuple(candidates))

    def _push(self, given: Sequence[tuple[int, Said]]) -> None:
        changes = [Change(each, self._queue.said(each), after) for each, after in given]
        changes = [change for change in changes if change.before != change.after]
        if changes:
            self.undo_stack.push(VerdictCommand(self._say, self._reviewer, changes))

    def _say(self, changes: Sequence[Change], reviewer: str) -> None:
        """Show it and write it behind; undo and redo come here as well."""
        if self._session.project is None:
            return
        for change in changes:
            self.given[change.candidate] = change.after
            self._queue.mark(change.candidate, change.after)
        self.said.emit(tuple(change.candidate for change in changes))
        told = [(each.candidate, each.after.verdict or Verdict.TAKE_BACK, each.after.reasons) for each in changes]
        place = self._place(changes[-1].candidate) if self._place is not None else None

        def work(project: Project, _progress: Progress) -> VerdictsDone:
            from tailwise.usecases.projects import save_draft
            from tailwise.usecases.verdicts import GivenVerdict, record_verdicts

            done = record_verdicts(project, [GivenVerdict(*each) for each in told], reviewer)
            if place is not None:
                save_draft(project, *place)
            return done

        handle = self._session.run(self.tr("Verdict"), work, lane="ordered", quiet=True, can_cancel=False)
        handle.failed.connect(self._on_failed)

    @Slot(object)
    def _on_failed(self, _error: BaseException) -> None:
        self.undo_stack.clear()
        self.given.clear()
        self.write_failed.emit()

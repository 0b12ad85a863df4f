"""Verdicts of one reviewer as they are given: shown at once, written behind in order, undone and redone.

What a key means is bound to the candidate and the reviewer of that moment; nothing here asks what is shown later.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QUndoStack

from tailwise.domain.review import Verdict
from tailwise.gui.models.review_queue import NOTHING_SAID, ReviewQueueModel, Said, VerdictCommand

if TYPE_CHECKING:
    from tailwise.domain.review import ReasonTag
    from tailwise.gui.session import Session
    from tailwise.ops.progress import Progress
    from tailwise.usecases.projects import Project
    from tailwise.usecases.verdicts import VerdictDone


class ReviewVerdicts(QObject):
    """Says things about the candidates of a queue and stores them."""

    said = Signal(int)  # candidate whose verdict or reasons changed
    judged = Signal(int)  # candidate that just got a verdict
    write_failed = Signal()  # what is shown is not what is stored

    def __init__(self, session: Session, queue: ReviewQueueModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._queue = queue
        self._reviewer = ""
        self._last = NOTHING_SAID
        self._pending: dict[int, tuple[ReasonTag, ...]] = {}
        self._began = 0.0
        self.in_session = 0
        self.undo_stack = QUndoStack(self)

    @property
    def seconds(self) -> float:
        """How long this session of judging has taken so far."""
        return time.monotonic() - self._began if self.in_session else 0.0

    def begin(self, reviewer: str) -> None:
        """Begin a session: what was said before can no longer be undone, only taken back."""
        self._reviewer = reviewer
        self._pending.clear()
        self.in_session = 0
        self.undo_stack.clear()

    def shown(self, candidate: int) -> Said:
        """Return what is said about a candidate, or the reasons set for the verdict to come."""
        said = self._queue.said(candidate)
        return said if said.verdict is not None else Said(None, self._pending.get(candidate, ()))

    @Slot(int, object)
    def judge(self, candidate: int, verdict: Verdict) -> None:
        """Give a verdict with the reasons set before, or take the last one back."""
        before = self._queue.said(candidate)
        if verdict is Verdict.TAKE_BACK:
            if before.verdict is not None:
                self._push(candidate, before, NOTHING_SAID)
            return
        reasons = before.reasons if before.verdict is not None else self._pending.pop(candidate, ())
        if not self.in_session:
            self._began = time.monotonic()
        self.in_session += before.verdict is None
        self._last = Said(verdict, reasons)
        self._push(candidate, before, self._last)
        self.judged.emit(candidate)

    @Slot(int)
    def repeat(self, candidate: int) -> None:
        """Give the last verdict again, with its reasons."""
        if self._last.verdict is not None:
            self._pending[candidate] = self._last.reasons
            self.judge(candidate, self._last.verdict)

    @Slot(int, object)
    def toggle_reason(self, candidate: int, reason: ReasonTag) -> None:
        """Set a reason or take it away: of the verdict there is, else of the one to come."""
        now = self.shown(candidate)
        kept = tuple(r for r in now.reasons if r is not reason)
        reasons = kept if len(kept) < len(now.reasons) else (*now.reasons, reason)
        if now.verdict is None:
            self._pending[candidate] = reasons
            self.said.emit(candidate)
        else:
            self._push(candidate, now, Said(now.verdict, reasons))

    def _push(self, candidate: int, before: Said, after: Said) -> None:
        self.undo_stack.push(VerdictCommand(self._say, candidate, self._reviewer, (before, after)))

    def _say(self, candidate: int, reviewer: str, said: Said) -> None:
        """Show it and write it behind; undo and redo come here as well."""
        if self._session.project is None:
            return
        self._queue.mark(candidate, said)
        self.said.emit(candidate)
        verdict = said.verdict or Verdict.TAKE_BACK

        def work(project: Project, _progress: Progress) -> VerdictDone:
            from tailwise.usecases.verdicts import record_verdict

            return record_verdict(project, candidate, verdict, reviewer, said.reasons)

        handle = self._session.run(self.tr("Verdict"), work, lane="ordered", quiet=True, can_cancel=False)
        handle.failed.connect(self._on_failed)

    @Slot(object)
    def _on_failed(self, _error: BaseException) -> None:
        self.undo_stack.clear()
        self.write_failed.emit()

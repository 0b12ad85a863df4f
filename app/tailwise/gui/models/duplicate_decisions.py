"""Decisions about duplicates: stored at once in an operation, then put on an undo stack that can take them back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QUndoCommand, QUndoStack

from tailwise.domain.index import ItemMark, PairVerdict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tailwise.domain.duplicates import DuplicateCluster
    from tailwise.gui.session import Session
    from tailwise.ops.progress import Progress
    from tailwise.usecases.duplicate_review import Decided, Decision, KeepRule
    from tailwise.usecases.projects import Project


class _Command(QUndoCommand):
    """Takes a stored decision back and stores it again; `store` starts the operation that does."""

    def __init__(self, decided: Decided, store: Callable[[Decision], None]) -> None:
        super().__init__(decided.done.text)
        self._decided = decided
        self._store = store
        self._is_new = True

    def redo(self) -> None:
        """Store the decision again; nothing the first time, when it is stored already."""
        if self._is_new:
            self._is_new = False
            return
        self._store(self._decided.done)

    def undo(self) -> None:
        """Store what was there before."""
        self._store(self._decided.undo)


class DuplicateDecisions(QObject):
    """The verbs of the Duplicates page. What they change is announced by the session."""

    failed = Signal(object)  # the exception; nothing was stored

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.undo_stack = QUndoStack(self)

    def mark(self, one: DuplicateCluster, item: int, mark: ItemMark, reason: str = "") -> None:
        """Mark an image of a cluster, with the reason; the same mark again takes it back."""
        new = None if one.marks.get(item) is mark else mark
        self._decide(self.tr("{} an image").format(mark.value), {item: new}, {}, reason)

    def resolve(self, one: DuplicateCluster, reason: str) -> None:
        """Exclude all but what is kept; with nothing kept yet, keep the best image."""
        text = self.tr("resolve cluster {}").format(one.id)
        if ItemMark.KEEP in one.marks.values():
            self._decide(text, {i: ItemMark.EXCLUDE for i in one.items if i not in one.marks}, {}, reason)
        else:
            self.keep_best((one,), text, reason)

    def keep_best(
        self, clusters: tuple[DuplicateCluster, ...], text: str, reason: str, rule: KeepRule | None = None
    ) -> None:
        """In each cluster keep one image by the rule, most objects by default, and exclude the others."""

        def work(project: Project, progress: Progress) -> Decided:
            from tailwise.usecases.duplicate_review import Decision, KeepRule, best_of, decide

            progress.stage("Choosing")
            marks = best_of(project, clusters, rule or KeepRule.MOST_OBJECTS)
            excluded = [item for item, mark in marks.items() if mark is ItemMark.EXCLUDE]
            return decide(project, Decision(text, marks, reasons=dict.fromkeys(excluded, reason)))

        self._store(work, is_new=True)

    def take_apart(self, one: DuplicateCluster) -> None:
        """Say of every pair of a cluster that it is not the same."""
        pairs = [(a, b) for at, a in enumerate(one.items) for b in one.items[at + 1 :]]
        self._decide(self.tr("not duplicates"), {}, dict.fromkeys(pairs, PairVerdict.DIFFERENT))

    def say(self, a: int, b: int, verdict: PairVerdict) -> None:
        """Say of two images that they are the same, or not."""
        text = self.tr("merge clusters") if verdict is PairVerdict.SAME else self.tr("not the same")
        self._decide(text, {}, {(min(a, b), max(a, b)): verdict})

    def _decide(
        self,
        text: str,
        marks: Mapping[int, ItemMark | None],
        verdicts: Mapping[tuple[int, int], PairVerdict],
        reason: str = "",
    ) -> None:
        def work(project: Project, _progress: Progress) -> Decided:
            from tailwise.usecases.duplicate_review import Decision, decide

            reasons = {item: reason for item, mark in marks.items() if reason and mark is ItemMark.EXCLUDE}
            return decide(project, Decision(text, dict(marks), dict(verdicts), reasons))

        self._store(work, is_new=True)

    def _store_again(self, decision: Decision) -> None:
        def work(project: Project, _progress: Progress) -> Decided:
            from tailwise.usecases.duplicate_review import decide

            return decide(project, decision)

        self._store(work, is_new=False)

    def _store(self, work: Callable[[Project, Progress], Decided], *, is_new: bool) -> None:
        self._session.run(
            self.tr("Store the decision"),
            work,
            lane="ordered",
            on_done=self._on_decided if is_new else None,
            on_failed=self._on_not_stored,
            quiet=True,
        )

    @Slot(object)
    def _on_decided(self, decided: Decided) -> None:
        self.undo_stack.push(_Command(decided, self._store_again))

    @Slot(object)
    def _on_not_stored(self, error: BaseException) -> None:
        self.undo_stack.clear()
        self.failed.emit(error)

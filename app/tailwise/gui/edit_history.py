"""Undo for edits that are stored by an operation: of conditions, of the class mapping, of what settles a finding.

An edit is done first and remembered when it has succeeded; undoing and redoing run as operations too. One history
serves all pages, so that an edit is undone in the order it was done, whatever page shows it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, cast

from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QUndoCommand, QUndoStack

if TYPE_CHECKING:
    from collections.abc import Callable

    from tailwise.gui.session import Session
    from tailwise.ops.progress import Progress
    from tailwise.usecases.projects import Project


class StoredEdit(Protocol):
    """What a use case returns for an edit that can be undone: `usecases.findings.take_back` takes it."""

    @property
    def text(self) -> str:
        """What was done, in one sentence without a full stop."""
        ...


class EditHistory(QObject):
    """Does edits and undoes them. Gone with the project."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self.stack = QUndoStack(self)
        session.closed.connect(self.stack.clear)

    def do(
        self,
        title: str,
        function: Callable[[Project, Progress], StoredEdit],
        *,
        on_outcome: Callable[..., object] | None = None,
        on_failed: Callable[..., object] | None = None,
    ) -> None:
        """Run an edit; when it has succeeded it is on top of the history.

        Args:
            title: what the op bar says.
            function: imports the use case, does the edit and returns it.
            on_outcome: bound method of a QObject, called with the edit when it has succeeded.
            on_failed: as for `Session.run`.
        """
        handle = self._session.run(title, function, lane="ordered", on_done=self._on_done, on_failed=on_failed)
        if on_outcome is not None:
            handle.succeeded.connect(on_outcome)

    def take_back(self, edit: StoredEdit, *, redo: bool) -> None:
        """Undo an edit, or do it again; called by the commands of the stack."""
        if self._session.project is None:
            return

        def work(project: Project, _progress: Progress) -> object:
            from tailwise.usecases import findings

            return findings.take_back(project, cast("findings.Edit", edit), redo=redo)

        title = self.tr("Redo: {text}") if redo else self.tr("Undo: {text}")
        self._session.run(title.format(text=edit.text), work, lane="ordered", on_failed=self._on_not_taken_back)

    @Slot(object)
    def _on_done(self, edit: StoredEdit) -> None:
        self.stack.push(_EditCommand(self, edit))

    @Slot(object)
    def _on_not_taken_back(self, error: BaseException) -> None:
        # What is stored is not what the history believes: from here on it would only do harm.
        self.stack.clear()
        self._session.user_error.emit(self.tr("Undo"), error)


class _EditCommand(QUndoCommand):
    def __init__(self, history: EditHistory, edit: StoredEdit) -> None:
        super().__init__(edit.text)
        self._history = history
        self._edit = edit
        self._is_new = True

    def redo(self) -> None:
        if self._is_new:  # pushing calls this; the edit has been done
            self._is_new = False
            return
        self._history.take_back(self._edit, redo=True)

    def undo(self) -> None:
        self._history.take_back(self._edit, redo=False)

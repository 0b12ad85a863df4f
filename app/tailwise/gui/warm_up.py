"""Imports the heavy modules on one worker thread after the first paint.

The GUI thread must never import them itself, not even while a worker does: it would wait for the import lock. Pages
that need them are built once this is done.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Signal, Slot

if TYPE_CHECKING:
    from tailwise.gui.session import Session
    from tailwise.ops.progress import Progress

MODULES: Final = ("numpy", "cv2", "pyqtgraph")
"""In this order; pyqtgraph takes the longest."""


class WarmUp(QObject):
    """Announces `finished` once, when every heavy module is there."""

    finished = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._is_begun = False
        self.is_finished = False

    @Slot()
    def begin(self) -> None:
        """Start importing; a second call does nothing."""
        if not self._is_begun:
            self._is_begun = True
            self._session.run_detached("Load modules", _import_all, on_done=self._on_done, quiet=True)

    @Slot(object)
    def _on_done(self, _result: object) -> None:
        self.is_finished = True
        self.finished.emit()


def _import_all(progress: Progress) -> None:
    for name in MODULES:
        progress.advance()
        importlib.import_module(name)

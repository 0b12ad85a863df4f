"""Imports the heavy modules on one worker thread after the first paint.

The GUI thread must never import them itself, not even while a worker does: it would wait for the import lock. Pages
that need them are built once this is done.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QObject, Qt, Signal, Slot

from tailwise.gui.pages import PAGES, UNLISTED
from tailwise.ops.collector import spare_what_is_loaded

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from tailwise.gui.session import Session
    from tailwise.ops.progress import Progress

MODULES: Final = ("numpy", "cv2", "pyqtgraph", *(page.module for page in (*PAGES, *UNLISTED)))
"""In this order; pyqtgraph takes the longest. Pages are only imported here, never built."""


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
            self._session.run_detached(
                "Load modules", _import_all, on_done=self._on_ended, on_failed=self._on_ended, quiet=True
            )

    @Slot(object)
    def _on_ended(self, _result: object) -> None:
        # Also after a failure: the page that needs the module then says what is wrong when it is built.
        self.is_finished = True
        self.finished.emit()


class FirstPaint(QObject):
    """Announces `happened` once, right after a window was painted for the first time."""

    happened = Signal()
    _seen = Signal()

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        # Queued: the paint event is only on its way to the window when the filter sees it.
        self._seen.connect(self.happened, Qt.ConnectionType.QueuedConnection)
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: D102
        if event.type() == QEvent.Type.Paint and watched is self._window:
            self._window.removeEventFilter(self)
            self._seen.emit()
        return False


def _import_all(progress: Progress) -> None:
    for name in MODULES:
        progress.advance()
        importlib.import_module(name)
    spare_what_is_loaded()

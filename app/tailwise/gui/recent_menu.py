"""File > Open recent."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QMenu

if TYPE_CHECKING:
    from PySide6.QtGui import QAction
    from PySide6.QtWidgets import QWidget

    from tailwise.gui.settings import Settings


class RecentMenu(QMenu):
    """Filled when it is about to be shown, because files come and go meanwhile."""

    project_chosen = Signal(str)

    def __init__(self, settings: Settings, parent: QWidget) -> None:
        super().__init__(parent)
        self._settings = settings
        self.setTitle(self.tr("Open &recent"))
        self.setToolTipsVisible(True)
        self.aboutToShow.connect(self.fill)
        self.triggered.connect(self._on_triggered)
        settings.recent_changed.connect(self.fill)
        self.fill()

    @Slot()
    def fill(self) -> None:
        """List the recent projects; one whose file is not there now is grey."""
        self.clear()
        for recent in self._settings.recent():
            action = self.addAction(Path(recent.path).name.replace("&", "&&"))
            action.setData(recent.path)
            action.setToolTip(recent.path)
            action.setStatusTip(recent.path)
            action.setEnabled(not recent.is_missing)
        self.setEnabled(not self.isEmpty())

    def _on_triggered(self, action: QAction) -> None:
        self.project_chosen.emit(str(action.data()))

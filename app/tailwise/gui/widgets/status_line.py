"""The line at the very bottom: what is selected, and that everything is saved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QTime, Slot
from PySide6.QtWidgets import QLabel, QStatusBar

from tailwise.gui import theme as th

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget


class StatusLine(QStatusBar):
    """Selection on the left, saved on the right; status tips of menus pass over it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._selection = QLabel(self)
        self._selection.setContentsMargins(th.SPACE_S, 0, 0, 0)
        self._selection.setFont(th.tabular(self.font()))
        self._saved = QLabel(self)
        self._saved.setContentsMargins(0, 0, th.SPACE_S, 0)
        self.addWidget(self._selection, 1)
        self.addPermanentWidget(self._saved)
        self.setSizeGripEnabled(False)

    @Slot(str)
    def say_selection(self, text: str) -> None:
        """Say what is selected; empty for nothing."""
        self._selection.setText(text)

    def say_saved(self, text: str) -> None:
        """Say how it stands with the file."""
        self._saved.setText(text)

    @Slot()
    def say_saved_now(self) -> None:
        """Say that something was written just now."""
        self._saved.setText(self.tr("✓ Saved {time}").format(time=QTime.currentTime().toString("HH:mm")))

    def saved_text(self) -> str:
        """Return what is said about the file."""
        return self._saved.text()

    def selection_text(self) -> str:
        """Return what is said about the selection."""
        return self._selection.text()

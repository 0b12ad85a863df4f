"""A button with a menu of axes to tick: groups to keep together, conditions to balance, splits to lock."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QEvent, QObject, Qt, Signal, Slot
from PySide6.QtGui import QAction, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QMenu, QPushButton

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from PySide6.QtWidgets import QWidget


class TickMenu(QPushButton):
    """Shows what is ticked on its face; the menu stays open while ticking."""

    ticked_changed = Signal()

    def __init__(self, label: str, nothing: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._label = label
        self._nothing = nothing
        self._menu = QMenu(self)
        self._menu.installEventFilter(self)
        self.setMenu(self._menu)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._show_face()

    def set_choices(self, choices: Sequence[tuple[str, str]], ticked: Iterable[str] = ()) -> None:
        """Offer (value, description) pairs; values in `ticked` are ticked."""
        wanted = set(ticked)
        self._menu.clear()
        for value, description in choices:
            action = self._menu.addAction(f"{value}\t{description}" if description else value)
            action.setCheckable(True)
            action.setChecked(value in wanted)
            action.setData(value)
            action.toggled.connect(self._on_toggled)
        self.setEnabled(bool(choices))
        self._show_face()

    def ticked(self) -> tuple[str, ...]:
        """Return the ticked values in the order of the menu."""
        return tuple(str(a.data()) for a in self._menu.actions() if a.isChecked())

    def toggle_value(self, value: str) -> bool:
        """Tick a value or take its tick away; return whether it is offered."""
        action = next((a for a in self._menu.actions() if a.data() == value), None)
        if action is not None:
            action.toggle()
        return action is not None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Tick without closing the menu, by mouse and by Space."""
        action = cast("QAction | None", self._menu.activeAction())
        is_click = isinstance(event, QMouseEvent) and event.type() == QEvent.Type.MouseButtonRelease
        is_space = (
            isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() == Qt.Key.Key_Space
        )
        if watched is self._menu and (is_click or is_space) and action is not None and action.isCheckable():
            action.toggle()
            return True
        return super().eventFilter(watched, event)

    @Slot()
    def _on_toggled(self) -> None:
        self._show_face()
        self.ticked_changed.emit()

    def _show_face(self) -> None:
        text = ", ".join(self.ticked()) or self._nothing
        self.setText(f"{self._label}: {text}")
        self.setAccessibleName(self.text())

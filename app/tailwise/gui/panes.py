"""F6: moving the keyboard from one pane of the window to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget

if TYPE_CHECKING:
    from collections.abc import Sequence


def move_pane(panes: Sequence[QWidget], step: int) -> None:
    """Give the focus to the first widget of the next visible pane that can take it; `step` -1 goes backwards."""
    shown = [pane for pane in panes if pane.isVisible()]
    focus = QApplication.focusWidget()
    here = next((i for i, pane in enumerate(shown) if focus is not None and pane.isAncestorOf(focus)), None)
    start = (-1 if step > 0 else 0) if here is None else here
    for distance in range(1, len(shown) + 1):
        pane = shown[(start + step * distance) % len(shown)]
        first = next((widget for widget in pane.findChildren(QWidget) if takes_focus(widget)), None)
        if first is not None:
            first.setFocus(Qt.FocusReason.TabFocusReason)
            return


def takes_focus(widget: QWidget) -> bool:
    """Return whether Tab would stop at this widget."""
    policy = widget.focusPolicy() & Qt.FocusPolicy.TabFocus
    return bool(policy.value) and widget.isVisible() and widget.isEnabled()

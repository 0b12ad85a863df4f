"""Widgets that stay beside each other where a line of controls is broken."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from tailwise.gui import theme as th


def together(*widgets: QWidget, caption: str = "") -> QWidget:
    """Return widgets as one, behind a muted caption if there is one, which names the first of them."""
    group = QWidget()
    row = QHBoxLayout(group)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(th.SPACE_S)
    if caption:
        label = QLabel(caption)
        label.setProperty("role", "muted")
        label.setBuddy(widgets[0])
        row.addWidget(label)
    for widget in widgets:
        row.addWidget(widget)
    return group

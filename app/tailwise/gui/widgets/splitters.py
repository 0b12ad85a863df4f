"""Panes beside or above each other that the user can size; the window remembers the sizes by the name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter

from tailwise.gui import theme as th

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget


def beside(name: str, *panes: tuple[QWidget, int], gap: int = th.SPACE_M) -> QSplitter:
    """Return panes beside each other.

    Args:
        name: under which the sizes are remembered; unique in the program.
        panes: each with its share of the space that a larger window brings.
        gap: width in pixels of the handle between two of them.
    """
    return _split(name, Qt.Orientation.Horizontal, panes, gap)


def above(name: str, *panes: tuple[QWidget, int], gap: int = th.SPACE_M) -> QSplitter:
    """Return panes above each other; see `beside`."""
    return _split(name, Qt.Orientation.Vertical, panes, gap)


def _split(name: str, orientation: Qt.Orientation, panes: tuple[tuple[QWidget, int], ...], gap: int) -> QSplitter:
    splitter = QSplitter(orientation)
    splitter.setObjectName(name)
    splitter.setChildrenCollapsible(False)
    splitter.setHandleWidth(gap)
    for place, (widget, share) in enumerate(panes):
        splitter.addWidget(widget)
        splitter.setStretchFactor(place, share)
    return splitter

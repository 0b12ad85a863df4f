"""Undo and redo beside the sheet they belong to; what they would undo is in the tooltip."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shiboken6
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from tailwise.gui import theme as th

if TYPE_CHECKING:
    from PySide6.QtGui import QUndoStack


class UndoButtons(QWidget):
    """Two tool buttons over one undo stack."""

    def __init__(self, stack: QUndoStack, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._stack = stack
        self._undo = self._button("↶", stack.undo)
        self._redo = self._button("↷", stack.redo)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(th.SPACE_XS)
        layout.addWidget(self._undo)
        layout.addWidget(self._redo)
        stack.indexChanged.connect(self._show)
        stack.cleanChanged.connect(self._show)
        self._show()

    def _button(self, sign: str, slot: object) -> QToolButton:
        button = QToolButton(self)
        button.setText(sign)
        button.setAutoRaise(True)
        button.setFixedSize(th.ROW_HEIGHT, th.ROW_HEIGHT)
        button.clicked.connect(slot)
        return button

    def _show(self) -> None:
        stack = self._stack
        if not shiboken6.isValid(stack):
            return  # it tells of its last step while it is being deleted
        for button, verb, text, usable, keys in (
            (self._undo, self.tr("Undo"), stack.undoText(), stack.canUndo(), QKeySequence.StandardKey.Undo),
            (self._redo, self.tr("Redo"), stack.redoText(), stack.canRedo(), QKeySequence.StandardKey.Redo),
        ):
            button.setEnabled(usable)
            shown = QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)
            name = f"{verb} {text}".strip()
            button.setToolTip(f"{name} ({shown})")
            button.setAccessibleName(name)

"""A variant as large as the window allows: its labels, its remarks, and the original under a wipe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QLabel, QVBoxLayout, QWidget

from tailwise.gui import theme as th
from tailwise.gui.widgets.variant_view import VariantView

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent, QResizeEvent

    from tailwise.gui.widgets.variant_paint import ShownTile

_SHARE = 0.9
_MOVES = {
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
}


class VariantLook(QDialog):
    """Arrows go to the neighbours, B wipes, Shift with left and right moves the wipe, Enter or Esc closes."""

    moved = Signal(int, int)  # by how many rows and columns of the grid
    resized = Signal()  # a sharper picture is wanted
    seed_wanted = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("variant-look")
        self.setWindowTitle(self.tr("Variant"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.view = VariantView(self.tr("Variant with its labels"))
        self.caption = QLabel()
        self.caption.setTextFormat(Qt.TextFormat.PlainText)
        self.caption.setWordWrap(True)
        hint = QLabel(self.tr("Arrows: other variants · B: wipe, Shift+← → moves it · N: new seed · Esc: back"))
        hint.setProperty("role", "muted")
        hint.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(th.SPACE_M, th.SPACE_M, th.SPACE_M, th.SPACE_M)
        layout.setSpacing(th.SPACE_S)
        layout.addWidget(self.caption)
        layout.addWidget(self.view, 1)
        layout.addWidget(hint)
        self.resize(parent.size() * _SHARE)

    def show_tile(self, shown: ShownTile | None, original: ShownTile | None, text: str) -> None:
        """Show a tile, first small as the grid has it and then sharp, with what there is to say about it."""
        self.view.show_tile(shown, original)
        self.caption.setText(text)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: D102
        key, move = Qt.Key(event.key()), _MOVES.get(Qt.Key(event.key()))
        if move is not None and event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.view.move_wipe(move[1])
        elif move is not None:
            self.moved.emit(*move)
        elif key == Qt.Key.Key_B:
            self.view.toggle_wipe()
        elif key == Qt.Key.Key_N:
            self.seed_wanted.emit()
        elif key in {Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space}:
            self.close()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: D102
        super().resizeEvent(event)
        self.resized.emit()

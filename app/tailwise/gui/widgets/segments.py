"""A choice among few words, all of them visible: the unit of a count, what the cells show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QHBoxLayout, QSizePolicy, QWidget

from tailwise.gui import theme as th

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QKeyEvent, QPaintEvent


class Segments(QWidget):
    """Exactly one segment is chosen. Tab reaches it once; left and right change the choice."""

    chosen = Signal(str)  # key

    def __init__(self, name: str, choices: Sequence[tuple[str, str]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        self._buttons: dict[str, _Segment] = {}
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for number, (key, text) in enumerate(choices):
            place = ("first" if number == 0 else "") + ("last" if number == len(choices) - 1 else "")
            button = _Segment(text, place, self)
            button.setObjectName(key)
            button.setAccessibleName(f"{name}: {text}")
            button.clicked.connect(self._on_clicked)
            self._group.addButton(button)
            self._buttons[key] = button
            layout.addWidget(button)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(name)
        next(iter(self._buttons.values())).setChecked(True)

    def current(self) -> str:
        """Return the key of the chosen segment."""
        return next((key for key, button in self._buttons.items() if button.isChecked()), "")

    def choose(self, key: str) -> None:
        """Choose a segment without announcing it."""
        self._buttons[key].setChecked(True)

    def set_text(self, key: str, text: str) -> None:
        """Change what a segment says, for instance a number in it."""
        button = self._buttons[key]
        button.setText(text)
        button.setAccessibleName(f"{self.accessibleName()}: {text}")
        button.updateGeometry()
        button.update()

    def set_usable(self, key: str, why_not: str = "") -> None:
        """Let a segment be chosen, or say in its tooltip why it cannot."""
        button = self._buttons[key]
        button.setEnabled(not why_not)
        button.setToolTip(why_not)

    def step(self, button: _Segment, by: int) -> None:
        """Choose the next usable segment in a direction, as if it were clicked."""
        usable = [each for each in self._buttons.values() if each.isEnabled()]
        position = usable.index(button) + by if button in usable else -1
        if 0 <= position < len(usable):
            usable[position].setFocus(Qt.FocusReason.OtherFocusReason)
            usable[position].click()

    @Slot()
    def _on_clicked(self) -> None:
        self.chosen.emit(self.sender().objectName())


class _Segment(QAbstractButton):
    def __init__(self, text: str, place: str, parent: Segments) -> None:
        super().__init__(parent)
        self._segments = parent
        self._place = place
        self.setText(text)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.toggled.connect(self._on_toggled)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
        else:
            self._segments.step(self, step)

    @Slot(bool)
    def _on_toggled(self, checked: bool) -> None:
        # Tab goes to the chosen segment only, as in a group of radio buttons.
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if checked else Qt.FocusPolicy.ClickFocus)

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        return QSize(metrics.horizontalAdvance(self.text()) + 2 * th.SPACE_M, metrics.height() + 12)

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = th.Theme.of(self.palette())
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setClipRect(self.rect())
        # Only the outer ends are round: the others reach over the edge, where they are cut off.
        rounded = area.adjusted(
            0 if "first" in self._place else -th.RADIUS - 1, 0, 0 if "last" in self._place else th.RADIUS + 1, 0
        )
        hovered = self.underMouse() and self.isEnabled()
        painter.setPen(QPen(QColor(theme.accent if self.isChecked() else theme.strong_line), 1))
        painter.setBrush(QColor(theme.accent if self.isChecked() else theme.hover if hovered else theme.base))
        painter.drawRoundedRect(rounded, th.RADIUS, th.RADIUS)
        if "first" not in self._place and not self.isChecked():
            painter.setPen(QColor(theme.line))
            painter.drawLine(0, 5, 0, self.height() - 6)
        ink = theme.accent_text if self.isChecked() else theme.text if self.isEnabled() else theme.disabled
        painter.setPen(QColor(ink))
        painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignCenter), self.text())
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(theme.accent_text if self.isChecked() else theme.focus), 1.5))
            painter.drawRoundedRect(area.adjusted(2.5, 2.5, -2.5, -2.5), th.RADIUS - 3, th.RADIUS - 3)
        painter.end()

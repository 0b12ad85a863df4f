"""A line across the page that says something once and stays until it is dismissed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton

from tailwise.gui import theme as th
from tailwise.gui.icons import set_icon

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QPaintEvent
    from PySide6.QtWidgets import QWidget

BannerTone = Literal["note", "ok", "warn", "alert"]
_SIGNS = {"note": "ℹ", "ok": "✓", "warn": "▲", "alert": "◆"}


class Banner(QFrame):
    """One sentence, at most two actions, and a cross. Never takes the focus."""

    dismissed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tone: BannerTone = "note"
        self._sign = QLabel(self)
        self._text = QLabel(self)
        self._text.setWordWrap(True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._buttons: list[QPushButton] = []
        self._close = QToolButton(self)
        self._close.setAutoRaise(True)
        set_icon(self._close, "close", th.Theme.of(self.palette()))
        self._close.setAccessibleName(self.tr("Dismiss this message"))
        self._close.setToolTip(self.tr("Dismiss"))
        self._close.clicked.connect(self.dismiss)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(th.SPACE_M, th.SPACE_S, th.SPACE_S, th.SPACE_S)
        self._row.setSpacing(th.SPACE_S)
        self._row.addWidget(self._sign)
        self._row.addWidget(self._text, 1)
        self._row.addWidget(self._close)
        self.hide()

    def show_text(self, text: str, *, tone: BannerTone = "note") -> None:
        """Show a sentence, without the actions of the one before."""
        for button in self._buttons:
            button.hide()
            button.deleteLater()
        self._buttons.clear()
        self._tone = tone
        self._sign.setText(_SIGNS[tone])
        self._text.setText(text)
        self.setAccessibleName(text)
        self.show()
        self.update()

    def add_action(self, text: str, slot: Callable[[], object]) -> QPushButton:
        """Add a button to the sentence shown; `slot` must be a bound method of a QObject."""
        button = QPushButton(text, self)
        button.setProperty("role", "link")
        button.clicked.connect(slot)
        self._buttons.append(button)
        self._row.insertWidget(self._row.count() - 1, button)
        return button

    def text(self) -> str:
        """Return the sentence shown."""
        return self._text.text()

    def dismiss(self) -> None:
        """Hide it."""
        self.hide()
        self.dismissed.emit()

    def sizeHint(self) -> QSize:  # noqa: D102
        hint = super().sizeHint()
        return QSize(hint.width(), max(hint.height(), th.ROW_HEIGHT))

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: D102
        theme = th.Theme.of(self.palette())
        edge = {"note": theme.accent, "ok": theme.ok, "warn": theme.warn, "alert": theme.alert}[self._tone]
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(theme.line))
        painter.setBrush(QColor(theme.base))
        painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), th.RADIUS, th.RADIUS)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(edge))
        painter.drawRoundedRect(0, 0, th.SPACE_XS, self.height(), 2, 2)
        painter.end()

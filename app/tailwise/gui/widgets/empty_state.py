"""What a page shows instead of content: nothing yet, still loading, or failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QColor, QGuiApplication, QPainter
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from tailwise.domain.errors import UserError
from tailwise.gui import theme as th
from tailwise.gui.icons import pixmap

if TYPE_CHECKING:
    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QPaintEvent

TEXT_WIDTH = 440
SKELETON_MILLISECONDS = 200
"""A page that loads faster than this shows no skeleton; a flash would only distract."""


class EmptyState(QWidget):
    """A picture, a sentence, what to do, one button and one quiet link."""

    button_clicked = Signal()
    link_clicked = Signal()

    def __init__(self, icon: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon_name = icon
        self._picture = QLabel(self)
        self._title = QLabel(self)
        self._title.setFont(th.larger(self.font(), 4, bold=True))
        self._text = QLabel(self)
        self._text.setProperty("role", "muted")
        self._button = QPushButton(self)
        self._button.setProperty("role", "primary")
        self._link = QPushButton(self)
        self._link.setProperty("role", "link")
        self._link.setCursor(Qt.CursorShape.PointingHandCursor)
        column = QWidget(self)
        column.setMaximumWidth(TEXT_WIDTH)
        layout = QVBoxLayout(column)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(th.SPACE_M)
        layout.addStretch(2)
        for label in (self._picture, self._title, self._text):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            label.setWordWrap(True)
            layout.addWidget(label)  # without alignment: only so a wrapped text gets the height it needs
        layout.addSpacing(th.SPACE_XS)
        for button in (self._button, self._link):
            layout.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(3)
        centred = QHBoxLayout(self)
        centred.addStretch(1)
        centred.addWidget(column, 100)
        centred.addStretch(1)
        self._button.clicked.connect(self.button_clicked)
        self._link.clicked.connect(self.link_clicked)
        self._draw_picture()

    def set_texts(self, title: str, text: str, button: str = "", link: str = "") -> None:
        """Set what it says; an empty button or link is not shown."""
        self._title.setText(title)
        self._text.setText(text)
        for widget, label in ((self._button, button), (self._link, link)):
            widget.setText(label)
            widget.setVisible(bool(label))

    def changeEvent(self, event: QEvent) -> None:  # noqa: D102
        super().changeEvent(event)
        if event.type() == event.Type.PaletteChange:
            self._draw_picture()

    def _draw_picture(self) -> None:
        ratio = self.devicePixelRatioF()
        drawn = pixmap(self._icon_name, th.Theme.of(self.palette()).strong_line, int(48 * ratio))
        self._picture.setVisible(drawn is not None)
        if drawn is not None:
            drawn.setDevicePixelRatio(ratio)
            self._picture.setPixmap(drawn)


class Skeleton(QWidget):
    """Grey bars where content will be. Does not move: a page that loads is not an event."""

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: D102
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(th.Theme.of(self.palette()).hover))
        top, width = th.SPACE_S, self.width() - 2 * th.SPACE_S
        for share in (1.0, 0.85, 0.92, 0.6, 0.78, 0.7):
            painter.drawRoundedRect(th.SPACE_S, top, int(width * share), th.SPACE_L, 3, 3)
            top += th.ROW_HEIGHT
        painter.end()


class StateStack(QStackedWidget):
    """The four states of a page: full (the content), empty, loading, error. Blank until one of them is asked for."""

    empty_button_clicked = Signal()
    empty_link_clicked = Signal()
    retry_clicked = Signal()

    def __init__(self, content: QWidget, icon: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._content = content
        self._empty = EmptyState(icon, self)
        self._error = EmptyState("warning", self)
        self._skeleton = Skeleton(self)
        self._skeleton.setAccessibleName(self.tr("Loading"))
        self._details = ""
        # In the order that `state` names them.
        for widget in (QWidget(self), content, self._empty, self._error, self._skeleton):
            self.addWidget(widget)
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(SKELETON_MILLISECONDS)
        self._patience.timeout.connect(self._show_skeleton)
        self._empty.button_clicked.connect(self.empty_button_clicked)
        self._empty.link_clicked.connect(self.empty_link_clicked)
        self._error.button_clicked.connect(self.retry_clicked)
        self._error.link_clicked.connect(self._copy_details)

    def show_content(self) -> None:
        """Show the content."""
        self._patience.stop()
        self.setCurrentWidget(self._content)

    def show_loading(self) -> None:
        """Show grey bars if loading takes a while; content that is there already stays."""
        if self.currentWidget() is not self._content:
            self._patience.start()

    def show_empty(self, title: str, text: str, button: str = "", link: str = "") -> None:
        """Say that there is nothing yet and what to do about it."""
        self._patience.stop()
        self._empty.set_texts(title, text, button, link)
        self.setCurrentWidget(self._empty)

    @Slot(object)
    def show_error(self, error: BaseException, still: str = "") -> None:
        """Say what failed and what still works, with Retry and Copy details.

        Args:
            error: what was raised; only a UserError is shown in its own words.
            still: a sentence about what is not affected or can be done; that the project is whole, unless given.
        """
        self._patience.stop()
        known = isinstance(error, UserError)
        title = f"{error.summary}." if known else self.tr("This could not be shown.")
        hint = f"{error.hint}." if known and error.hint else ""
        self._details = "\n".join(filter(None, (title, hint, error.detail if known else repr(error))))
        text = "\n".join(filter(None, (hint, still or self.tr("The project itself is unharmed."))))
        self._error.set_texts(title, text, self.tr("Retry"), self.tr("Copy details"))
        self.setCurrentWidget(self._error)

    @property
    def state(self) -> str:
        """The state shown: blank, content, empty, error or loading."""
        return ("blank", "content", "empty", "error", "loading")[self.currentIndex()]

    def _show_skeleton(self) -> None:
        self.setCurrentWidget(self._skeleton)

    def _copy_details(self) -> None:
        QGuiApplication.clipboard().setText(self._details)

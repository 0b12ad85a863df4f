"""The recent projects on the start page; a dozen at most, so each is a widget of its own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget

from tailwise.gui import theme as th
from tailwise.gui.icons import set_icon
from tailwise.gui.texts import ago, counted

if TYPE_CHECKING:
    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QEnterEvent, QPaintEvent

    from tailwise.gui.settings import RecentProject, Settings

ROW_HEIGHT = 58
DOT = 8


class RecentRow(QAbstractButton):
    """One project: name and size, folder, and when it was open. A missing file can be located or forgotten."""

    open_requested = Signal(str)
    locate_requested = Signal(str)
    forget_requested = Signal(str)

    def __init__(self, entry: RecentProject, parent: QWidget) -> None:
        super().__init__(parent)
        self._entry = entry
        self._is_missing = entry.is_missing
        path = Path(entry.path)
        self._name = path.name
        self._folder = self.tr("file not found") if self._is_missing else str(path.parent)
        images = "" if entry.images is None else counted(entry.images, "image", "images")
        self._facts = images if self._is_missing else "  ·  ".join(filter(None, (images, ago(entry.opened_utc))))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumHeight(ROW_HEIGHT)
        self.setAccessibleName(f"{self._name}, {self._facts}, {self._folder}")
        self.setToolTip(entry.path)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, th.SPACE_S, 0)
        layout.addStretch(1)
        if self._is_missing:
            locate = QPushButton(self.tr("Locate…"), self)
            locate.clicked.connect(self._locate)
            layout.addWidget(locate)
        forget = QToolButton(self)
        set_icon(forget, "close", th.Theme.of(self.palette()))
        forget.setAutoRaise(True)
        forget.setToolTip(self.tr("Take it off this list; the file stays"))
        forget.setAccessibleName(self.tr("Take {name} off the list").format(name=self._name))
        forget.clicked.connect(self._forget)
        layout.addWidget(forget)
        self._buttons_width = layout.sizeHint().width()
        self.clicked.connect(self._open)

    def sizeHint(self) -> QSize:  # noqa: D102
        return QSize(320, ROW_HEIGHT)

    def enterEvent(self, event: QEnterEvent) -> None:  # noqa: D102, N802
        super().enterEvent(event)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:  # noqa: D102
        super().leaveEvent(event)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: D102
        theme = th.Theme.of(self.palette())
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(theme.focus), th.FOCUS_WIDTH) if self.hasFocus() else Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.hover) if self.underMouse() else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(self.rect().adjusted(1, 1, -1, -1), th.RADIUS, th.RADIUS)
        middle = self.height() // 2
        painter.setPen(QPen(QColor(theme.strong_line), 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush if self._is_missing else QColor(theme.accent))
        if not self._is_missing:
            painter.setPen(Qt.PenStyle.NoPen)
        painter.drawEllipse(th.SPACE_S, middle - DOT // 2 - 8, DOT, DOT)
        self._paint_texts(painter, theme)
        painter.end()

    def _paint_texts(self, painter: QPainter, theme: th.Theme) -> None:
        left = th.SPACE_S + DOT + th.SPACE_S
        area = self.rect().adjusted(left, th.SPACE_S, -self._buttons_width - th.SPACE_S, -th.SPACE_S)
        top = Qt.AlignmentFlag.AlignTop
        bottom = Qt.AlignmentFlag.AlignBottom
        painter.setFont(th.tabular(self.font()))
        painter.setPen(QColor(theme.muted))
        facts_width = painter.fontMetrics().horizontalAdvance(self._facts)
        painter.drawText(area, top | Qt.AlignmentFlag.AlignRight, self._facts)
        folder = painter.fontMetrics().elidedText(self._folder, Qt.TextElideMode.ElideMiddle, area.width())
        painter.setPen(QColor(theme.alert if self._is_missing else theme.muted))
        painter.drawText(area, bottom | Qt.AlignmentFlag.AlignLeft, folder)
        painter.setFont(th.larger(self.font(), 1, bold=True))
        painter.setPen(QColor(theme.muted if self._is_missing else theme.text))
        room = area.width() - facts_width - th.SPACE_M
        name = painter.fontMetrics().elidedText(self._name, Qt.TextElideMode.ElideMiddle, room)
        painter.drawText(area, top | Qt.AlignmentFlag.AlignLeft, name)

    @Slot()
    def _open(self) -> None:
        (self.locate_requested if self._is_missing else self.open_requested).emit(self._entry.path)

    @Slot()
    def _locate(self) -> None:
        self.locate_requested.emit(self._entry.path)

    @Slot()
    def _forget(self) -> None:
        self.forget_requested.emit(self._entry.path)


class RecentList(QWidget):
    """The rows, newest first, or a sentence while there are none."""

    open_requested = Signal(str)
    locate_requested = Signal(str)

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._rows: list[QWidget] = []
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(2)
        self._layout.addStretch(1)
        settings.recent_changed.connect(self.refresh)
        self.refresh()

    def rows(self) -> tuple[RecentRow, ...]:
        """Return the rows shown."""
        return tuple(row for row in self._rows if isinstance(row, RecentRow))

    @Slot()
    def refresh(self) -> None:
        """Look again which files are there."""
        for row in self._rows:
            self._layout.removeWidget(row)
            row.hide()
            row.deleteLater()
        self._rows = [self._row(entry) for entry in self._settings.recent()] or [self._nothing()]
        for number, row in enumerate(self._rows):
            self._layout.insertWidget(number, row)

    def _row(self, entry: RecentProject) -> RecentRow:
        row = RecentRow(entry, self)
        row.open_requested.connect(self.open_requested)
        row.locate_requested.connect(self.locate_requested)
        row.forget_requested.connect(self._settings.forget_project)
        return row

    def _nothing(self) -> QLabel:
        label = QLabel(self.tr("Projects you open are listed here."), self)
        label.setProperty("role", "muted")
        return label

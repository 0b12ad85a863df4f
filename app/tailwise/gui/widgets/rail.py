"""The numbered list of pages on the left: where one is and where one can go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QFrame, QSizePolicy, QVBoxLayout, QWidget

from tailwise.gui import theme as th
from tailwise.gui.icons import pixmap
from tailwise.gui.pages import shortcut_of
from tailwise.gui.texts import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QEnterEvent, QFocusEvent, QKeyEvent, QPaintEvent

ROW: Final = 38
ICON_SIDE: Final = 18
EDGE: Final = 3
DOT: Final = 7
MOST_LEFT: Final = 99
KEYBOARD_REASONS: Final = (
    Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.BacktabFocusReason,
    Qt.FocusReason.ShortcutFocusReason,
)


class RailButton(QAbstractButton):
    """One page: its icon, its name, its number; only icon (or number) when the rail is collapsed."""

    def __init__(self, title: str, icon: str, number: int, parent: QWidget) -> None:
        super().__init__(parent)
        self.setText(title)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(title)
        self._icon = icon
        self._number = str(number) if number else ""
        self._left = 0
        self._has_ring = False
        self.setToolTip(f"{title} ({shortcut_of(number)})" if number else title)

    def set_left(self, count: int) -> None:
        """Say how much work is left on the page; 0 says nothing."""
        self._left = count
        self.setAccessibleDescription(
            self.tr("{} left to decide").format(counted(count, "thing", "things")) if count else ""
        )
        self.update()

    def sizeHint(self) -> QSize:  # noqa: D102
        return QSize(th.RAIL_WIDTH - 2 * th.SPACE_S, ROW)

    def minimumSizeHint(self) -> QSize:  # noqa: D102
        return QSize(th.RAIL_COLLAPSED_WIDTH - 2 * th.SPACE_S, ROW)

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: D102
        # The ring is for the keyboard; at start and after a click it would only look like a second mark.
        self._has_ring = event.reason() in KEYBOARD_REASONS
        super().focusInEvent(event)

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
        frame = self.rect().adjusted(1, 1, -1, -1)
        fill = theme.selection if self.isChecked() else theme.hover if self._is_hovered() else theme.window
        painter.setPen(
            QPen(QColor(theme.focus), th.FOCUS_WIDTH) if self.hasFocus() and self._has_ring else Qt.PenStyle.NoPen
        )
        painter.setBrush(QColor(fill))
        painter.drawRoundedRect(frame, th.RADIUS, th.RADIUS)
        if self.isChecked():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.accent))
            painter.drawRoundedRect(1, 8, EDGE, self.height() - 16, 1, 1)
        ink = theme.text if self.isEnabled() else theme.disabled
        is_narrow = self.width() < th.RAIL_WIDTH // 2
        self._paint_icon(painter, ink, is_narrow=is_narrow)
        if self._left:
            self._paint_left(painter, theme, is_narrow=is_narrow)
        if not is_narrow:
            self._paint_text(painter, ink, theme.muted if self.isEnabled() else theme.disabled)
        painter.end()

    def _is_hovered(self) -> bool:
        return self.isEnabled() and self.underMouse()

    def _paint_icon(self, painter: QPainter, ink: str, *, is_narrow: bool) -> None:
        ratio = self.devicePixelRatioF()
        left = (self.width() - ICON_SIDE) // 2 if is_narrow else th.SPACE_M
        place = QRect(left, (self.height() - ICON_SIDE) // 2, ICON_SIDE, ICON_SIDE)
        drawn = pixmap(self._icon, ink, int(ICON_SIDE * ratio))
        if drawn is not None:
            drawn.setDevicePixelRatio(ratio)
            painter.drawPixmap(place.topLeft(), drawn)
        elif is_narrow:
            painter.setPen(QColor(ink))
            painter.drawText(place.adjusted(-8, 0, 8, 0), Qt.AlignmentFlag.AlignCenter, self._number or "⌂")

    def _paint_left(self, painter: QPainter, theme: th.Theme, *, is_narrow: bool) -> None:
        """Draw the count on a plate in the place of the page's number, or a dot beside the icon of a narrow rail."""
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.accent))
        if is_narrow:
            painter.drawEllipse(self.width() - DOT - th.SPACE_S, th.SPACE_S, DOT, DOT)
            return
        text = str(self._left) if self._left <= MOST_LEFT else f"{MOST_LEFT}+"
        width = self.fontMetrics().horizontalAdvance(text) + 2 * th.SPACE_XS + 2
        height = self.fontMetrics().height() + 2
        plate = QRect(self.width() - th.SPACE_M - width, (self.height() - height) // 2, width, height)
        painter.drawRoundedRect(plate, th.RADIUS, th.RADIUS)
        painter.setPen(QColor(theme.accent_text))
        painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_text(self, painter: QPainter, ink: str, number_ink: str) -> None:
        area = self.rect().adjusted(th.SPACE_M + ICON_SIDE + th.SPACE_S, 0, -th.SPACE_M, 0)
        font = self.font()
        if self.isChecked():
            font = th.larger(font, 0, bold=True)
        painter.setFont(font)
        painter.setPen(QColor(ink))
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, self.text())
        painter.setFont(th.tabular(self.font()))
        painter.setPen(QColor(number_ink))
        painter.drawText(
            area, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, "" if self._left else self._number
        )


class Rail(QFrame):
    """The buttons of all pages; arrows move between them, Enter goes there."""

    page_chosen = Signal(str)

    def __init__(self, entries: Sequence[tuple[str, str, str]], parent: QWidget | None = None) -> None:
        """Make one button for each (key, title, icon); the first is Start and has no number."""
        super().__init__(parent)
        self.setObjectName("rail")
        self.setAccessibleName(self.tr("Pages"))
        self._group = QButtonGroup(self)
        self._buttons: dict[str, RailButton] = {}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(th.SPACE_S, th.SPACE_M, th.SPACE_S, th.SPACE_M)
        layout.setSpacing(2)
        for number, (key, title, icon) in enumerate(entries):
            button = RailButton(title, icon, number, self)
            button.setObjectName(f"rail-{key}")
            self._group.addButton(button, number)
            self._buttons[key] = button
            layout.addWidget(button)
        layout.addStretch(1)
        self._group.idClicked.connect(self._on_clicked)
        self.set_collapsed(is_collapsed=False)

    def set_current(self, key: str) -> None:
        """Mark the page shown; one that is not listed leaves the mark on the page it was reached from."""
        if key not in self._buttons:
            return
        self._buttons[key].setChecked(True)
        if any(button.hasFocus() for button in self._buttons.values()):
            self._buttons[key].setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot(str, int)
    def set_left(self, key: str, count: int) -> None:
        """Say beside a page how much work is left on it."""
        if key in self._buttons:
            self._buttons[key].set_left(count)

    def forget_left(self) -> None:
        """Say nothing about work left, for instance because another project was opened."""
        for button in self._buttons.values():
            button.set_left(0)

    def set_enabled(self, keys: Sequence[str], *, is_enabled: bool) -> None:
        """Allow or forbid pages; forbidden ones say why in their tooltip."""
        for key in keys:
            button = self._buttons[key]
            button.setEnabled(is_enabled)
            button.setStatusTip("" if is_enabled else self.tr("Open a project first."))

    def set_collapsed(self, *, is_collapsed: bool) -> None:
        """Show icons only, or icons and names."""
        self.setFixedWidth(th.RAIL_COLLAPSED_WIDTH if is_collapsed else th.RAIL_WIDTH)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: D102
        step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
        usable = [button for button in self._buttons.values() if button.isEnabled()]
        focused = next((i for i, button in enumerate(usable) if button.hasFocus()), None)
        if step is None or focused is None:
            super().keyPressEvent(event)
            return
        usable[(focused + step) % len(usable)].setFocus(Qt.FocusReason.TabFocusReason)

    def _on_clicked(self, number: int) -> None:
        self.page_chosen.emit(list(self._buttons)[number])

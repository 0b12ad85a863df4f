"""A number with its unit that opens what is behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import QAbstractButton, QGridLayout, QLayout, QSizePolicy, QWidget

from tailwise.gui import theme as th
from tailwise.gui.texts import number

if TYPE_CHECKING:
    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QEnterEvent, QFont, QPaintEvent, QResizeEvent

Tone = Literal["plain", "ok", "warn", "alert"]


class KpiTile(QAbstractButton):
    """A large figure over its unit. Clicking asks for the items behind it; the sign before the figure says the tone."""

    SIGNS = {"plain": "", "ok": "✓ ", "warn": "▲ ", "alert": "◆ "}  # noqa: RUF012  never changed

    def __init__(self, unit: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._unit = unit
        self._figure = "–"
        self._note = ""
        self._tone: Tone = "plain"
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._say()

    def set_value(self, value: float | str | None, *, note: str = "", tone: Tone = "plain") -> None:
        """Show a value.

        Args:
            value: a number, a text made elsewhere, or None while it is not known.
            note: a few words under the unit.
            tone: marks the figure with a sign and a colour.
        """
        self._figure = "–" if value is None else value if isinstance(value, str) else number(value)
        self._note = note
        self._tone = tone
        self._say()
        self.updateGeometry()
        self.update()

    def set_unit(self, unit: str) -> None:
        """Change the unit, for instance to the singular."""
        self._unit = unit
        self._say()
        self.update()

    def figure(self) -> str:
        """Return the figure as shown, without its sign."""
        return self._figure

    def sizeHint(self) -> QSize:  # noqa: D102
        big, small = QFontMetrics(self._big_font()), self.fontMetrics()
        width = max(big.horizontalAdvance(self._marked()), small.horizontalAdvance(self._unit))
        width = max(width, small.horizontalAdvance(self._note))
        height = big.height() + small.height() * (2 if self._note else 1)
        return QSize(width + 2 * th.SPACE_L, height + 2 * th.SPACE_M)

    def minimumSizeHint(self) -> QSize:  # noqa: D102
        return self.sizeHint()

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
        has_focus = self.hasFocus()
        pen_width = th.FOCUS_WIDTH if has_focus else 1
        frame = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        painter.setPen(QPen(QColor(theme.focus if has_focus else theme.line), pen_width))
        painter.setBrush(QColor(theme.hover if self.underMouse() and self.isEnabled() else theme.base))
        painter.drawRoundedRect(frame, th.RADIUS, th.RADIUS)
        area = self.rect().adjusted(th.SPACE_L, th.SPACE_M, -th.SPACE_L, -th.SPACE_M)
        left = Qt.AlignmentFlag.AlignLeft
        ink = {"plain": theme.text, "ok": theme.ok, "warn": theme.warn, "alert": theme.alert}[self._tone]
        big, small = self._big_font(), self.font()
        painter.setFont(big)
        painter.setPen(QColor(ink))
        painter.drawText(area, left | Qt.AlignmentFlag.AlignTop, self._marked())
        painter.setFont(small)
        painter.setPen(QColor(theme.muted))
        below = area.adjusted(0, QFontMetrics(big).height(), 0, 0)
        painter.drawText(below, left | Qt.AlignmentFlag.AlignTop, self._unit)
        if self._note:
            painter.drawText(below.adjusted(0, self.fontMetrics().height(), 0, 0), left, self._note)
        painter.end()

    def _marked(self) -> str:
        return self.SIGNS[self._tone] + self._figure

    def _big_font(self) -> QFont:
        return th.larger(self.font(), 8, bold=True)

    def _say(self) -> None:
        self.setAccessibleName(f"{self._figure} {self._unit}")
        self.setAccessibleDescription(self._note)


class KpiRow(QWidget):
    """Tiles of one size side by side; in two rows where they would not fit in one."""

    def __init__(self, tiles: tuple[KpiTile, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tiles = tiles
        self._columns = 0
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(th.SPACE_S)
        self._grid.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)  # the narrow arrangement is narrower
        self._arrange(len(tiles))

    def minimumSizeHint(self) -> QSize:  # noqa: D102
        return QSize(self._width_of(self._narrow), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: D102
        super().resizeEvent(event)
        is_wide = self._width_of(len(self._tiles)) <= self.width()
        self._arrange(len(self._tiles) if is_wide else self._narrow)

    @property
    def _narrow(self) -> int:
        return (len(self._tiles) + 1) // 2

    def _width_of(self, columns: int) -> int:
        widest = max(tile.sizeHint().width() for tile in self._tiles)
        return columns * widest + (columns - 1) * th.SPACE_S

    def _arrange(self, columns: int) -> None:
        if columns == self._columns:
            return
        self._columns = columns
        for place, tile in enumerate(self._tiles):
            self._grid.addWidget(tile, *divmod(place, columns))
        for column in range(len(self._tiles)):
            self._grid.setColumnStretch(column, 1 if column < columns else 0)

"""Bars that compare an amount with what it should not exceed, or should reach."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from tailwise.gui import theme as th
from tailwise.gui.number_text import hours, percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QPaintEvent

BAR_HEIGHT: Final = 14.0
_CENTRE: Final = int(Qt.AlignmentFlag.AlignVCenter)


def paint_level(painter: QPainter, area: QRectF, amount: float, limit: float, theme: th.Theme) -> None:
    """Draw `amount` against `limit` (both above or equal 0, same unit); what is over is hatched in the alert colour.

    With a limit the whole width is the larger of both, and the limit is a line across the bar.
    """
    whole = max(amount, limit, 1e-9)
    painter.fillRect(area, QColor(theme.hover))
    within = QRectF(area.left(), area.top(), area.width() * min(amount, limit) / whole, area.height())
    painter.fillRect(within, QColor(th.Data.BLUE))
    if amount > limit:
        over = QRectF(within.right(), area.top(), area.right() - within.right(), area.height())
        painter.fillRect(over, QColor(th.Data.VERMILLION))
        painter.fillRect(over, QBrush(QColor(theme.base), Qt.BrushStyle.BDiagPattern))
    at = area.left() + area.width() * limit / whole
    painter.setPen(QPen(QColor(theme.text), 2))
    painter.drawLine(int(at), int(area.top()) - 2, int(at), int(area.bottom()) + 2)


def paint_share(painter: QPainter, area: QRectF, asked: float, achieved: float, theme: th.Theme) -> None:
    """Draw what was achieved as a bar and what was asked as a line across it; both 0..1."""
    painter.fillRect(area, QColor(theme.hover))
    filled = QRectF(area.left(), area.top(), area.width() * min(1.0, max(0.0, achieved)), area.height())
    painter.fillRect(filled, QColor(th.Data.BLUE))
    at = area.left() + area.width() * min(1.0, max(0.0, asked))
    painter.setPen(QPen(QColor(theme.text), 2))
    painter.drawLine(int(at), int(area.top()) - 1, int(at), int(area.bottom()) + 1)


@dataclass(frozen=True, slots=True)
class HoursLine:
    """Hours of one week: planned, and what there is; a limit of None is no limit."""

    label: str
    planned: float
    limit: float | None

    @property
    def text(self) -> str:
        """The line in words: `38.0 of 40.0 h, 95 %`."""
        if self.limit is None:
            return f"{hours(self.planned)}, no limit"
        share = f", {percent(self.planned / self.limit)}" if self.limit else ""
        return f"{hours(self.planned)} of {hours(self.limit)}{share}"


class HoursBars(QWidget):
    """One bar per week."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines: tuple[HoursLine, ...] = ()
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_lines(self, lines: Sequence[HoursLine]) -> None:
        """Show these weeks."""
        self._lines = tuple(lines)
        self.setAccessibleDescription("; ".join(f"{line.label}: {line.text}" for line in self._lines))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:  # noqa: D102
        return QSize(360, max(1, len(self._lines)) * self._row())

    def minimumSizeHint(self) -> QSize:  # noqa: D102
        return QSize(240, max(1, len(self._lines)) * self._row())

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: D102
        theme = th.Theme.of(self.palette())
        painter = QPainter(self)
        painter.setFont(th.tabular(self.font()))
        metrics = QFontMetricsF(painter.font())
        labels = max((metrics.horizontalAdvance(line.label) for line in self._lines), default=0.0) + th.SPACE_M
        texts = max((metrics.horizontalAdvance(line.text) for line in self._lines), default=0.0) + th.SPACE_M
        largest = max((max(line.planned, line.limit or 0.0) for line in self._lines), default=1.0) or 1.0
        room = max(40.0, self.width() - labels - texts)
        for k, line in enumerate(self._lines):
            top = k * self._row()
            row = QRectF(0, top, self.width(), self._row())
            painter.setPen(QColor(theme.muted))
            painter.drawText(row, _CENTRE, line.label)
            limit = line.planned if line.limit is None else line.limit
            width = room * max(line.planned, limit) / largest
            bar = QRectF(labels, top + (self._row() - BAR_HEIGHT) / 2, max(2.0, width), BAR_HEIGHT)
            paint_level(painter, bar, line.planned, limit, theme)
            over = line.limit is not None and line.planned > line.limit + 1e-6
            painter.setPen(QColor(theme.alert if over else theme.text))
            painter.drawText(QRectF(labels + room + th.SPACE_M, top, texts, self._row()), _CENTRE, line.text)
        painter.end()

    def _row(self) -> int:
        return max(int(BAR_HEIGHT) + 8, self.fontMetrics().height() + 6)

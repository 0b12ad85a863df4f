"""Bars of every class, most annotated first, on a logarithmic axis with a visible floor for empty classes.

Imports pyqtgraph, which costs most of a second: a worker must have imported it before the window imports this module
(`warm_charts` in the op lane). Takes plain data only.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QMenu, QVBoxLayout, QWidget

from tailwise.domain.coverage import TailGroup
from tailwise.gui.number_text import short, with_unit
from tailwise.gui.texts import number
from tailwise.gui.theme import FOCUS_WIDTH, SPACE_XS, Theme
from tailwise.gui.widgets.heatmap_paint import paint_cursor, tail_colour

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QFocusEvent, QKeyEvent, QPaintEvent

FLOOR: Final = -0.35
"""Where bars begin: log10 of 0.45, below one, so that a class with one object still has a bar."""
STUB: Final = FLOOR + 0.12
LEAST_TICK_PIXELS: Final = 13
_WIDTH: Final = 0.84
_RULES: Final = (
    (TailGroup.HEAD, "head: over 100 images"),
    (TailGroup.MID, "mid: 11 to 100"),
    (TailGroup.TAIL, "tail: at most 10"),
    (TailGroup.NONE, "no image"),
)


@dataclass(frozen=True, slots=True)
class TailBar:
    """One class: its count in the unit shown, its group by images, and what it should have."""

    name: str
    count: int
    group: TailGroup
    target: int | None = None


class LongTailChart(QWidget):
    """Left and right move the cursor, Enter or a click opens the class, the wheel zooms into the tail."""

    class_opened = Signal(str)
    cursor_moved = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bars: tuple[TailBar, ...] = ()
        self._unit = "objects"
        self._cursor = -1
        self._plot: Any = pg.PlotWidget(self, axisItems={"left": _CountAxis("left")}, enableMenu=False)
        self._adopt_menus()
        self._plot.hideButtons()
        self._plot.hideAxis("bottom")
        self._plot.setMouseEnabled(x=True, y=False)
        for widget in (self._plot, self._plot.viewport()):
            widget.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the chart itself is the place for the keyboard
        self._plot.viewport().setMouseTracking(True)
        self._key = _Key(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(FOCUS_WIDTH, FOCUS_WIDTH, FOCUS_WIDTH, FOCUS_WIDTH)
        layout.setSpacing(SPACE_XS)
        layout.addWidget(self._key)
        layout.addWidget(self._plot, 1)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Long tail of the classes"))
        scene: Any = self._plot.scene()  # pyqtgraph's own kind, with signals of its own
        self._hover = pg.SignalProxy(scene.sigMouseMoved, rateLimit=60, slot=self._on_hovered)
        scene.sigMouseClicked.connect(self._on_clicked)
        self._draw()

    def set_bars(self, bars: Sequence[TailBar], unit: str) -> None:
        """Show classes in the given order, counted in `unit`."""
        at = self.current_class()
        self._bars = tuple(bars)
        self._unit = unit
        self._cursor = next((k for k, bar in enumerate(self._bars) if bar.name == at), -1)
        self._draw()

    def set_current_class(self, name: str) -> None:
        """Put the cursor on a class, or nowhere when it is not shown."""
        self._cursor = next((k for k, bar in enumerate(self._bars) if bar.name == name), -1)
        self._draw_cursor()

    def current_class(self) -> str:
        """Return the class under the cursor, or empty."""
        return self._bars[self._cursor].name if 0 <= self._cursor < len(self._bars) else ""

    def sentence(self, position: int) -> str:
        """Return what is said about a bar."""
        bar = self._bars[position]
        target = "" if bar.target is None else self.tr(", target {}").format(number(bar.target))
        return f"{bar.name}: {with_unit(bar.count, self._unit)}{target}"

    def sizeHint(self) -> QSize:  # noqa: D102
        return QSize(480, 170)

    def minimumSizeHint(self) -> QSize:  # noqa: D102
        return QSize(240, 110)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: D102
        steps = {
            Qt.Key.Key_Left: self._cursor - 1,
            Qt.Key.Key_Right: self._cursor + 1,
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: len(self._bars) - 1,
        }
        if event.key() in steps and self._bars:
            self._move_to(min(len(self._bars) - 1, max(0, steps[Qt.Key(event.key())])))
        elif event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and self.current_class():
            self.class_opened.emit(self.current_class())
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Put the cursor somewhere, so that the keyboard has a place to start from."""
        super().focusInEvent(event)
        if self._cursor < 0 and self._bars and event.reason() != Qt.FocusReason.MouseFocusReason:
            self._move_to(0)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802, D102
        super().focusOutEvent(event)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: D102
        if self.hasFocus():
            painter = QPainter(self)
            paint_cursor(painter, QRectF(self.rect()), Theme.of(self.palette()))
            painter.end()

    def changeEvent(self, event: QEvent) -> None:  # noqa: D102
        super().changeEvent(event)
        if event.type() in {QEvent.Type.PaletteChange, QEvent.Type.FontChange}:
            self._draw()

    # Drawing

    def _adopt_menus(self) -> None:
        """Make the menus a plot has even when it shows none die with the chart; they have no parent of their own."""
        menu: QMenu = self._plot.getPlotItem().ctrlMenu
        for each in (menu, *(action.menu() for action in menu.actions())):
            if isinstance(each, QMenu):
                each.setParent(self, each.windowFlags())

    def _draw(self) -> None:
        theme = Theme.of(self.palette())
        self._plot.clear()
        self._plot.setBackground(theme.base)
        axis = self._plot.getAxis("left")
        axis.setPen(theme.line)
        axis.setTextPen(theme.muted)
        axis.setStyle(tickFont=self.font())
        axis.setLabel("")
        largest = max((bar.count for bar in self._bars), default=1)
        largest = max(largest, *(bar.target or 0 for bar in self._bars), 1)
        count = max(1, len(self._bars))
        self._plot.setLimits(xMin=-1, xMax=count, minXRange=min(8, count), yMin=FLOOR, yMax=math.log10(largest) + 0.3)
        self._plot.setYRange(FLOOR, math.log10(largest) + 0.15, padding=0)
        self._plot.setXRange(-0.8, count - 0.2, padding=0)
        for group, _rule in _RULES:
            self._add_group(group, theme)
        self._add_targets(theme)
        counts = {g: sum(1 for bar in self._bars if bar.group is g) for g, _rule in _RULES}
        self._key.set_counts(counts, has_targets=any(bar.target for bar in self._bars))
        self._mark = pg.BarGraphItem(x=[0], width=0.98, y0=FLOOR, y1=FLOOR, brush=None)
        self._plot.addItem(self._mark)
        self._draw_cursor()
        self.setAccessibleDescription(self._key.text())

    def _add_group(self, group: TailGroup, theme: Theme) -> None:
        members = [k for k, bar in enumerate(self._bars) if bar.group is group and bar.count > 0]
        empty = [k for k, bar in enumerate(self._bars) if bar.group is group and bar.count == 0]
        colour = tail_colour(group, theme)
        if members:
            tops = [math.log10(self._bars[k].count) for k in members]
            filled: Any = {"brush": colour, "pen": None}
            self._plot.addItem(pg.BarGraphItem(x=members, width=_WIDTH, y0=FLOOR, y1=tops, **filled))
        if empty:
            outline = QPen(QColor(theme.alert), 1)
            outline.setCosmetic(True)
            hollow: Any = {"brush": None, "pen": outline}
            self._plot.addItem(pg.BarGraphItem(x=empty, width=_WIDTH, y0=FLOOR, y1=STUB, **hollow))

    def _add_targets(self, theme: Theme) -> None:
        wanted = [(k, math.log10(bar.target)) for k, bar in enumerate(self._bars) if bar.target]
        if not wanted:
            return
        x = [edge for k, _y in wanted for edge in (k - 0.5, k + 0.5)]
        y = [level for _k, level in wanted for _edge in (0, 1)]
        pen = pg.mkPen(theme.text, width=2)
        self._plot.plot(x, y, connect="pairs", pen=pen)

    def _draw_cursor(self) -> None:
        theme = Theme.of(self.palette())
        has_cursor = 0 <= self._cursor < len(self._bars)
        top = STUB
        if has_cursor and self._bars[self._cursor].count > 0:
            top = math.log10(self._bars[self._cursor].count)
        self._mark.setOpts(
            x=[max(0, self._cursor)],
            y1=[top + 0.06 if has_cursor else FLOOR],
            pen=pg.mkPen(theme.focus if has_cursor else None, width=2),
        )

    # Input

    def _move_to(self, position: int) -> None:
        self._cursor = position
        low, high = self._plot.viewRange()[0]
        if not low <= position <= high:
            half = (high - low) / 2
            self._plot.setXRange(position - half, position + half, padding=0)
        self._draw_cursor()
        self._key.set_pointed(self.sentence(position))
        self.cursor_moved.emit(self.current_class())

    def _position_at(self, place: QPointF) -> int:
        view = self._plot.getViewBox()
        if not view.sceneBoundingRect().contains(place):
            return -1
        position = round(view.mapSceneToView(place).x())
        return position if 0 <= position < len(self._bars) else -1

    def _on_hovered(self, arguments: tuple[QPointF]) -> None:
        position = self._position_at(arguments[0])
        text = self.sentence(position) if position >= 0 else ""
        self._key.set_pointed(text)

    def _on_clicked(self, event: Any) -> None:  # pyqtgraph's own event type  # noqa: ANN401
        position = self._position_at(event.scenePos())
        if position < 0:
            return
        self.setFocus()
        self._move_to(position)
        if event.double():
            self.class_opened.emit(self.current_class())


class _CountAxis(pg.AxisItem):
    """Writes the counts that log10 positions stand for."""

    def tickValues(self, minVal: float, maxVal: float, size: float) -> list[tuple[float, list[float]]]:  # noqa: N802, N803
        powers = [float(p) for p in range(math.ceil(max(0.0, minVal)), math.floor(maxVal) + 1)]
        zero = (FLOOR + STUB) / 2
        has_room = -zero * size / max(0.1, maxVal - minVal) >= LEAST_TICK_PIXELS
        return [(1.0, [zero, *powers] if has_room else powers)]

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        del scale, spacing
        return [short(round(10**value)) if value >= 0 else "0" for value in values]


class _Key(QWidget):
    """The colours of the groups with their numbers of classes; on the right what is under the pointer."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._counts: dict[TailGroup, int] = {}
        self._pointed = ""
        self._has_targets = False
        self.setFixedHeight(self.fontMetrics().height() + 2 * SPACE_XS)

    def set_counts(self, counts: dict[TailGroup, int], *, has_targets: bool) -> None:
        self._counts, self._has_targets = counts, has_targets
        self.update()

    def set_pointed(self, text: str) -> None:
        self._pointed = text
        self.update()

    def text(self) -> str:
        return ", ".join(self._entry(group, rule) for group, rule in _RULES if self._counts.get(group))

    def _entry(self, group: TailGroup, rule: str) -> str:
        return f"{rule} ({number(self._counts[group])})"

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = Theme.of(self.palette())
        painter = QPainter(self)
        metrics = QFontMetricsF(self.font())
        middle, x = self.height() / 2, float(SPACE_XS)
        painter.setPen(QColor(theme.text))
        for group, rule in _RULES:
            if not self._counts.get(group):
                continue
            painter.fillRect(QRectF(x, middle - 5, 10, 10), tail_colour(group, theme))
            entry = self._entry(group, rule)
            painter.drawText(QPointF(x + 15, middle + metrics.ascent() / 2 - 1), entry)
            x += 15 + metrics.horizontalAdvance(entry) + 16
        if self._has_targets:
            painter.fillRect(QRectF(x, middle - 1, 14, 2), QColor(theme.text))
            entry = self.tr("target")
            painter.drawText(QPointF(x + 19, middle + metrics.ascent() / 2 - 1), entry)
            x += 19 + metrics.horizontalAdvance(entry) + 16
        room = self.width() - x
        said = metrics.elidedText(self._pointed, Qt.TextElideMode.ElideRight, room)
        area = QRectF(x, 0, room - SPACE_XS, self.height())
        painter.drawText(area, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), said)
        painter.end()

"""Draw a class × condition table as a heat map: one painter for the window, PNG and PDF.

Knows plain data only. Every function draws from a given origin with a given layout, so that the view draws what is
visible and an export draws everything, and both look the same (a plot widget rendered to PDF drifts off its labels).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetricsF, QPainter, QPen, QPolygonF

from tailwise.domain.coverage import CellFlag, TailGroup
from tailwise.gui.theme import Data, Rgb, Theme, cividis, tabular, text_on

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtGui import QPaintDevice

PAD: Final = 6.0
STRIP: Final = 4.0
MARK: Final = 7.0
LEAST_CELL: Final = 56.0
MOST_LABEL: Final = 104.0
MOST_ROW_LABEL: Final = 220.0
MOST_UPRIGHT: Final = 130.0
_LOWEST_SHADE: Final = 0.06
_SINGLE_LINE: Final = Qt.TextFlag.TextSingleLine
_WRAPPED: Final = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignBottom | Qt.TextFlag.TextWordWrap


class Scale(Enum):
    """How a level becomes a colour: SEQUENTIAL takes 0..1, DIVERGING -1 (too few) .. 1 (more than expected)."""

    SEQUENTIAL = auto()
    DIVERGING = auto()


HeatCell = tuple[str, float | None, CellFlag]
"""Text, level and flag of a cell. A level of None is drawn without colour: there is nothing to compare."""


@dataclass(frozen=True, slots=True)
class HeatTable:
    """Everything the painter needs; cells are asked for when they come into sight.

    Attributes:
        title: the heading of an export.
        notes: lines below the heading: filters, measures.
        columns: the values of each column, outermost axis first; an empty tuple for the single column without axes.
        unknown: which columns stand for items without a value.
        column_totals: text per column.
        corner: what the rows are, and what their totals are.
        cell: gives the cell of a row and column.
        row_labels, row_totals, row_groups: one entry per row.
        scale: how levels become colours; `low`, `middle`, `high` are the words on its legend.
        widest: texts to measure the width of a cell by.
    """

    title: str
    notes: tuple[str, ...]
    columns: tuple[tuple[str, ...], ...]
    unknown: tuple[bool, ...]
    column_totals: tuple[str, ...]
    corner: tuple[str, str]
    cell: Callable[[int, int], HeatCell]
    row_labels: tuple[str, ...]
    row_totals: tuple[str, ...]
    row_groups: tuple[TailGroup, ...]
    scale: Scale
    low: str
    high: str
    middle: str = ""
    widest: tuple[str, ...] = ()

    @property
    def row_count(self) -> int:
        """Number of rows."""
        return len(self.row_labels)


@dataclass(frozen=True, slots=True)
class HeatLayout:
    """Sizes in logical pixels. Upright column labels are turned by 90°; bands are the outer axes above them."""

    font: QFont
    row_height: float
    cell_width: float
    row_header_width: float
    label_width: float
    band_count: int
    label_height: float
    is_upright: bool

    @property
    def header_height(self) -> float:
        """Bands, labels and totals together."""
        return self.band_count * self.row_height + self.label_height + self.row_height

    @property
    def total_width(self) -> float:
        """Room for the totals at the right of the row header."""
        return self.row_header_width - self.label_width


def tail_colour(group: TailGroup, theme: Theme) -> QColor:
    """Return the colour of head, mid and tail classes, and of classes without any item."""
    colours = {TailGroup.HEAD: Data.BLUE, TailGroup.MID: Data.SKY, TailGroup.TAIL: Data.VERMILLION}
    return QColor(colours.get(group, theme.disabled))


@lru_cache(maxsize=4)
def shades(scale: Scale, is_dark: bool) -> tuple[tuple[QColor, QColor], ...]:
    """Return 256 pairs of fill and the text colour that reads on it."""
    fills = [_fill(scale, k / 255, is_dark=is_dark) for k in range(256)]
    return tuple((QColor(*fill), QColor(text_on(fill))) for fill in fills)


def _fill(scale: Scale, fraction: float, *, is_dark: bool) -> Rgb:
    if scale is Scale.SEQUENTIAL:
        return cividis(_LOWEST_SHADE + (1 - _LOWEST_SHADE) * fraction)
    neutral: Rgb = (62, 69, 78) if is_dark else (233, 236, 240)
    end: Rgb = (213, 94, 0) if fraction < 0.5 else (0, 114, 178)
    weight = abs(fraction - 0.5) * 2
    red, green, blue = (round(a + (b - a) * weight) for a, b in zip(neutral, end, strict=True))
    return red, green, blue


def layout_for(table: HeatTable, font: QFont, device: QPaintDevice | None = None) -> HeatLayout:
    """Measure a table: wide enough for its numbers, and for its column labels if two lines of them fit."""
    figures = tabular(font)
    metrics = QFontMetricsF(figures, device) if device is not None else QFontMetricsF(figures)

    def width(texts: Sequence[str]) -> float:
        longest = sorted(set(texts), key=len, reverse=True)[:40]
        return max((metrics.horizontalAdvance(text) for text in longest), default=0.0)

    numbers = max(LEAST_CELL, width((*table.widest, *table.column_totals)) + MARK + 2 * PAD)
    inner = [column[-1] if column else "" for column in table.columns]
    wanted = max((_wrapped_width(label, metrics) for label in inner), default=0.0) + 2 * PAD
    is_upright = wanted > max(numbers, MOST_LABEL) or (len(inner) > 24 and wanted > numbers)
    if is_upright:
        label_height = min(MOST_UPRIGHT, width(inner) + 2 * PAD)
        cell_width = numbers
    else:
        cell_width = max(numbers, wanted)
        label_height = _lines(inner, cell_width - PAD, metrics) * metrics.lineSpacing() + 2 * PAD
    label_width = STRIP + min(MOST_ROW_LABEL, width((table.corner[0], *table.row_labels))) + 2 * PAD
    total_width = width((table.corner[1], *table.row_totals)) + 2 * PAD
    return HeatLayout(
        font=figures,
        row_height=round(metrics.height() + 2 * PAD - 4),
        cell_width=round(cell_width),
        row_header_width=round(label_width) + round(total_width),
        label_width=round(label_width),
        band_count=max(0, len(table.columns[0]) - 1) if table.columns else 0,
        label_height=round(label_height if any(inner) else 0),
        is_upright=is_upright,
    )


def _wrapped_width(label: str, metrics: QFontMetricsF) -> float:
    """Return the least width at which a label fits on two lines."""
    words = label.split(" ")
    whole = metrics.horizontalAdvance(label)
    halves = [
        max(metrics.horizontalAdvance(" ".join(words[:k])), metrics.horizontalAdvance(" ".join(words[k:])))
        for k in range(1, len(words))
    ]
    return whole if whole <= LEAST_CELL else min((whole, *halves))


def _lines(labels: Sequence[str], width: float, metrics: QFontMetricsF) -> int:
    return 2 if any(metrics.horizontalAdvance(label) > width for label in labels) else 1


def paint_cells(
    painter: QPainter, table: HeatTable, layout: HeatLayout, theme: Theme, rows: range, columns: range
) -> None:
    """Draw a block of cells; the painter's origin is the top left corner of cell (0, 0)."""
    palette = shades(table.scale, theme.is_dark)
    plain, empty = (QColor(theme.base), QColor(theme.muted)), (QColor(theme.base), QColor(theme.alert))
    width, height = layout.cell_width, layout.row_height
    painter.setFont(layout.font)
    metrics = QFontMetricsF(layout.font, painter.device())
    baseline = (height - 1 + metrics.ascent() - metrics.descent()) / 2
    advances: dict[str, float] = {}
    cell, is_normal = table.cell, CellFlag.NORMAL
    for r in rows:
        top = r * height
        for c in columns:
            text, level, flag = cell(r, c)
            if level is not None:
                fill, ink = palette[_index(table.scale, level)]
            else:
                fill, ink = plain if flag is is_normal else empty
            left = c * width
            painter.fillRect(QRectF(left, top, width - 1, height - 1), fill)
            painter.setPen(ink)
            # Placed by hand: drawing into a rectangle lays the text out anew each time and takes twice as long.
            advance = advances.get(text)
            if advance is None:
                advance = advances[text] = metrics.horizontalAdvance(text)
            painter.drawText(QPointF(left + width - 1 - PAD - advance, top + baseline), text)
            if flag is not is_normal:
                paint_mark(painter, QPointF(left + PAD - 2, top + PAD - 2), flag, ink)


_RIGHT: Final = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_LEFT: Final = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_CENTRE: Final = int(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter)


def _index(scale: Scale, level: float) -> int:
    fraction = level if scale is Scale.SEQUENTIAL else (level + 1) / 2
    return round(min(1.0, max(0.0, fraction)) * 255)


def paint_mark(painter: QPainter, corner: QPointF, flag: CellFlag, ink: QColor) -> None:
    """Draw the sign of a flag with its top left at `corner`: ◆ nothing there, ▲ too little. Drawn, not written."""
    x, y, half = corner.x(), corner.y(), MARK / 2
    if flag is CellFlag.EMPTY:
        points = [(x + half, y), (x + MARK, y + half), (x + half, y + MARK), (x, y + half)]
    else:
        points = [(x + half, y), (x + MARK, y + MARK), (x, y + MARK)]
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ink)
    painter.drawPolygon(QPolygonF([QPointF(*point) for point in points]))
    painter.restore()


def paint_row_header(
    painter: QPainter, table: HeatTable, layout: HeatLayout, theme: Theme, rows: range, current: int = -1
) -> None:
    """Draw class names and totals; the painter's origin is the top left corner of row 0."""
    metrics = QFontMetricsF(layout.font, painter.device())
    painter.setFont(layout.font)
    height = layout.row_height
    for r in rows:
        top = r * height
        whole = QRectF(0, top, layout.row_header_width, height - 1)
        if r == current:
            painter.fillRect(whole, QColor(theme.selection))
        name, total = table.row_labels[r], table.row_totals[r]
        painter.fillRect(QRectF(0, top, STRIP, height - 1), tail_colour(table.row_groups[r], theme))
        label = QRectF(STRIP + PAD, top, layout.label_width - STRIP - PAD, height - 1)
        painter.setPen(QColor(theme.text))
        painter.drawText(label, _LEFT, metrics.elidedText(name, Qt.TextElideMode.ElideRight, label.width()))
        painter.setPen(QColor(theme.muted))
        painter.drawText(whole.adjusted(0, 0, -PAD, 0), _RIGHT, total)


def paint_corner(painter: QPainter, table: HeatTable, layout: HeatLayout, theme: Theme) -> None:
    """Draw what rows and totals are, above the row header."""
    bottom = layout.header_height - layout.row_height
    painter.setFont(layout.font)
    painter.setPen(QColor(theme.muted))
    area = QRectF(0, bottom, layout.row_header_width, layout.row_height - 1)
    painter.drawText(area.adjusted(STRIP + PAD, 0, 0, 0), _LEFT, table.corner[0])
    painter.drawText(area.adjusted(0, 0, -PAD, 0), _RIGHT, table.corner[1])
    painter.fillRect(QRectF(0, layout.header_height - 1, layout.row_header_width, 1), QColor(theme.line))


def paint_column_header(
    painter: QPainter, table: HeatTable, layout: HeatLayout, theme: Theme, columns: range, current: int = -1
) -> None:
    """Draw the condition values and the totals of columns; the painter's origin is the top left of column 0."""
    painter.setFont(layout.font)
    metrics = QFontMetricsF(layout.font, painter.device())
    width = layout.cell_width
    for level in range(layout.band_count):
        _paint_band(painter, table, layout, theme, (columns, level))
    label_top = layout.band_count * layout.row_height
    for c in columns:
        area = QRectF(c * width, label_top, width - 1, layout.header_height - label_top - 1)
        if c == current:
            painter.fillRect(area, QColor(theme.selection))
        if table.unknown[c]:
            painter.fillRect(area, QBrush(QColor(theme.line), Qt.BrushStyle.BDiagPattern))
        painter.setPen(QColor(theme.text))
        label = QRectF(area.left(), area.top(), area.width(), layout.label_height)
        _paint_label(painter, table.columns[c][-1] if table.columns[c] else "", label, layout, metrics)
        painter.setPen(QColor(theme.muted))
        total = QRectF(area.left(), area.bottom() - layout.row_height + 1, area.width() - PAD, layout.row_height - 1)
        painter.drawText(total, _RIGHT, table.column_totals[c])
    start, end = columns.start * width, columns.stop * width
    painter.fillRect(QRectF(start, layout.header_height - 1, end - start, 1), QColor(theme.line))


def _paint_label(painter: QPainter, text: str, area: QRectF, layout: HeatLayout, metrics: QFontMetricsF) -> None:
    if not layout.is_upright:
        inner = area.adjusted(PAD / 2, 0, -PAD / 2, -PAD / 2)
        if _lines([text], inner.width(), metrics) == 1 or " " in text:
            painter.drawText(inner, int(_WRAPPED), text)
        else:
            elided = metrics.elidedText(text, Qt.TextElideMode.ElideRight, inner.width())
            painter.drawText(inner, int(_WRAPPED), elided)
        return
    painter.save()
    painter.translate(area.left(), area.bottom() - PAD / 2)
    painter.rotate(-90)
    room = area.height() - PAD
    elided = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)
    painter.drawText(QRectF(0, 0, room, area.width()), _LEFT, elided)
    painter.restore()


def _paint_band(
    painter: QPainter, table: HeatTable, layout: HeatLayout, theme: Theme, which: tuple[range, int]
) -> None:
    """Draw one outer axis: each run of equal values once, its label kept in the part that is visible."""
    columns, level = which
    metrics = QFontMetricsF(layout.font, painter.device())
    top = level * layout.row_height
    for value, run in groupby(columns, key=lambda c: table.columns[c][: level + 1]):
        members = list(run)
        left, right = members[0] * layout.cell_width, (members[-1] + 1) * layout.cell_width - 1
        area = QRectF(left, top, right - left, layout.row_height - 1)
        painter.fillRect(area, QColor(theme.hover))
        painter.setPen(QColor(theme.text))
        elided = metrics.elidedText(value[-1], Qt.TextElideMode.ElideRight, area.width() - PAD)
        painter.drawText(area, _CENTRE, elided)


def paint_cursor(painter: QPainter, area: QRectF, theme: Theme) -> None:
    """Draw a ring around a cell or block that shows on every fill: the focus colour with a light line inside."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(theme.base), 1))
    painter.drawRect(area.adjusted(2.5, 2.5, -3.5, -3.5))
    painter.setPen(QPen(QColor(theme.focus), 2))
    painter.drawRect(area.adjusted(1, 1, -2, -2))

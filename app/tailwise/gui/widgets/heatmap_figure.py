"""The heat map as a whole figure with heading and legend, in a picture file or over the pages of a PDF.

Works on plain data and paints on devices of its own, so it may run on a worker thread.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QMarginsF, QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QImage,
    QImageWriter,
    QLinearGradient,
    QPageLayout,
    QPageSize,
    QPainter,
    QPdfWriter,
)

from tailwise.domain.coverage import CellFlag
from tailwise.domain.errors import ExportTargetError
from tailwise.gui.theme import LIGHT, Theme, larger
from tailwise.gui.widgets.heatmap_paint import (
    MARK,
    HeatLayout,
    HeatTable,
    Scale,
    layout_for,
    paint_cells,
    paint_column_header,
    paint_corner,
    paint_mark,
    paint_row_header,
    shades,
)

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtGui import QPaintDevice

MARGIN: Final = 16.0
RAMP_WIDTH: Final = 140.0
PNG_SCALE: Final = 2
MOST_PNG_PIXELS: Final = 60_000_000
_PAGE_MARGIN_MM: Final = 12.0
_LEAST_SCALE: Final = 0.35


def legend_entries(table: HeatTable) -> tuple[tuple[CellFlag, str], ...]:
    """Return the signs and what they mean, in words; the sign NORMAL is a cell without colour."""
    if not table.columns or table.columns == ((),):
        return ((CellFlag.BELOW_TARGET, "below its target"),)
    entries = (
        (CellFlag.EMPTY, "empty: nothing there, at least 3 expected"),
        (CellFlag.THIN, "thin: less than half of what was expected"),
    )
    if table.scale is Scale.DIVERGING:
        return (*entries, (CellFlag.NORMAL, "no colour: under 3 expected, too few to judge"))
    return entries


def paint_legend(painter: QPainter, area: QRectF, table: HeatTable, theme: Theme, font: QFont) -> float:
    """Draw the colour ramp with its words and the signs, wrapping at the right of `area`; return the height used."""
    metrics = QFontMetricsF(font, painter.device())
    line = metrics.height() + 4
    painter.setFont(font)
    x = _paint_ramp(painter, QRectF(area.left(), area.top(), area.width(), line), table, theme)
    y = area.top()
    for flag, words in legend_entries(table):
        width = metrics.horizontalAdvance(words) + 14
        if x + width > area.right() and x > area.left():
            x, y = area.left(), y + line
        if flag is not CellFlag.NORMAL:
            paint_mark(painter, QPointF(x, y + (line - MARK) / 2), flag, QColor(theme.alert))
        else:
            painter.setPen(QColor(theme.strong_line))
            painter.drawRect(QRectF(x, y + (line - MARK) / 2, MARK, MARK))
        painter.setPen(QColor(theme.text))
        painter.drawText(QRectF(x + 12, y, width, line), int(Qt.AlignmentFlag.AlignVCenter), words)
        x += width + MARGIN
    return y + line - area.top()


def _paint_ramp(painter: QPainter, area: QRectF, table: HeatTable, theme: Theme) -> float:
    metrics = QFontMetricsF(painter.font(), painter.device())
    colours = shades(table.scale, theme.is_dark)
    centre = int(Qt.AlignmentFlag.AlignVCenter)
    painter.setPen(QColor(theme.text))
    x = area.left()
    painter.drawText(QRectF(x, area.top(), 400, area.height()), centre, table.low)
    x += metrics.horizontalAdvance(table.low) + 6
    ramp = QLinearGradient(x, 0, x + RAMP_WIDTH, 0)
    for k in range(0, 256, 15):
        ramp.setColorAt(k / 255, colours[k][0])
    painter.fillRect(QRectF(x, area.top() + 2, RAMP_WIDTH, area.height() - 4), ramp)
    if table.middle:
        painter.setPen(colours[128][1])
        middle = QRectF(x, area.top(), RAMP_WIDTH, area.height())
        painter.drawText(middle, int(Qt.AlignmentFlag.AlignCenter), table.middle)
        painter.setPen(QColor(theme.text))
    x += RAMP_WIDTH + 6
    painter.drawText(QRectF(x, area.top(), 400, area.height()), centre, table.high)
    return x + metrics.horizontalAdvance(table.high) + MARGIN


def figure_size(table: HeatTable, font: QFont, rows: range, device: QPaintDevice | None = None) -> QSizeF:
    """Return the natural size of the figure with these rows, in pixels of the device."""
    layout = layout_for(table, font, device)
    table_width = layout.row_header_width + len(table.columns) * layout.cell_width
    head, foot = _heading_height(table, font, device), _legend_height(font, device)
    height = head + layout.header_height + len(rows) * layout.row_height + foot
    return QSizeF(max(table_width, 640) + 2 * MARGIN, height + 2 * MARGIN)


def _heading_height(table: HeatTable, font: QFont, device: QPaintDevice | None) -> float:
    small = _metrics(font, device).lineSpacing()
    return _metrics(larger(font, 3, bold=True), device).lineSpacing() + small * len(table.notes) + MARGIN


def _legend_height(font: QFont, device: QPaintDevice | None) -> float:
    return MARGIN + 3 * (_metrics(font, device).height() + 4)


def _metrics(font: QFont, device: QPaintDevice | None) -> QFontMetricsF:
    return QFontMetricsF(font, device) if device is not None else QFontMetricsF(font)


def paint_heatmap(painter: QPainter, rect: QRectF, table: HeatTable, theme: Theme, rows: range | None = None) -> None:
    """Draw the whole figure into `rect`, shrunk in proportion when it is larger; the font is the painter's.

    Args:
        painter: on any device.
        rect: where to, in the painter's units.
        table: what to draw.
        theme: colours; exports are always drawn light.
        rows: only these rows, for figures that go over several pages.
    """
    shown = range(table.row_count) if rows is None else rows
    font, device = QFont(painter.font()), painter.device()
    size = figure_size(table, font, shown, device)
    scale = min(1.0, rect.width() / size.width(), rect.height() / size.height())
    painter.save()
    painter.fillRect(rect, QColor(theme.base))
    painter.translate(rect.left(), rect.top())
    painter.scale(scale, scale)
    painter.translate(MARGIN, MARGIN)
    _paint_heading(painter, table, theme, font, size.width() - 2 * MARGIN)
    painter.translate(0, _heading_height(table, font, device))
    painter.setFont(font)
    layout = layout_for(table, font, device)
    _paint_table(painter, table, layout, theme, shown)
    painter.translate(0, layout.header_height + len(shown) * layout.row_height + MARGIN)
    paint_legend(painter, QRectF(0, 0, size.width() - 2 * MARGIN, 100), table, theme, font)
    painter.restore()


def _paint_heading(painter: QPainter, table: HeatTable, theme: Theme, font: QFont, width: float) -> None:
    title = larger(font, 3, bold=True)
    painter.setFont(title)
    painter.setPen(QColor(theme.text))
    line = QFontMetricsF(title, painter.device()).lineSpacing()
    painter.drawText(QRectF(0, 0, width, line), int(Qt.AlignmentFlag.AlignLeft), table.title)
    painter.setFont(font)
    painter.setPen(QColor(theme.muted))
    metrics = QFontMetricsF(font, painter.device())
    for k, note in enumerate(table.notes):
        elided = metrics.elidedText(note, Qt.TextElideMode.ElideRight, width)
        painter.drawText(QPointF(0, line + k * metrics.lineSpacing() + metrics.ascent()), elided)


def _paint_table(painter: QPainter, table: HeatTable, layout: HeatLayout, theme: Theme, rows: range) -> None:
    columns = range(len(table.columns))
    up = -rows.start * layout.row_height
    paint_corner(painter, table, layout, theme)
    painter.translate(0, layout.header_height + up)
    paint_row_header(painter, table, layout, theme, rows)
    painter.translate(layout.row_header_width, 0)
    paint_cells(painter, table, layout, theme, rows, columns)
    painter.translate(0, -layout.header_height - up)
    paint_column_header(painter, table, layout, theme, columns)
    painter.translate(-layout.row_header_width, 0)


def save_png(path: Path, table: HeatTable, font: QFont) -> int:
    """Write the figure as one PNG at twice the screen's density (less when it would be huge); return bytes.

    Raises:
        ExportTargetError: the file cannot be written.
    """
    size = figure_size(table, font, range(table.row_count))
    area = size.width() * size.height()
    scale = min(float(PNG_SCALE), max(_LEAST_SCALE, (MOST_PNG_PIXELS / area) ** 0.5))
    image = QImage(int(size.width() * scale), int(size.height() * scale), QImage.Format.Format_RGB32)
    image.fill(QColor(LIGHT.base))
    painter = QPainter(image)
    painter.scale(scale, scale)
    painter.setFont(font)
    paint_heatmap(painter, QRectF(QPointF(0, 0), size), table, LIGHT)
    painter.end()
    half = _half_of(path)
    is_saved = QImageWriter(str(half), b"png").write(image)
    return _swap_in(half, path, is_written=is_saved)


def save_pdf(path: Path, table: HeatTable, font: QFont) -> int:
    """Write the figure to A4 pages, headers and legend on each; return bytes.

    Raises:
        ExportTargetError: the file cannot be written.
    """
    half = _half_of(path)
    writer = QPdfWriter(str(half))
    writer.setTitle(table.title)
    writer.setResolution(96)  # the painter measures in screen pixels; text and shapes stay vectors
    natural = figure_size(table, font, range(min(1, table.row_count)), writer)
    wide = natural.width() > 700
    margins = QMarginsF(_PAGE_MARGIN_MM, _PAGE_MARGIN_MM, _PAGE_MARGIN_MM, _PAGE_MARGIN_MM)
    orientation = QPageLayout.Orientation.Landscape if wide else QPageLayout.Orientation.Portrait
    writer.setPageLayout(
        QPageLayout(QPageSize(QPageSize.PageSizeId.A4), orientation, margins, QPageLayout.Unit.Millimeter)
    )
    painter = QPainter()
    is_open = painter.begin(writer)
    if is_open:
        painter.setFont(font)
        _paint_pages(painter, writer, table, font)
    is_written = is_open and painter.end()
    del painter, writer  # the writer holds its file until it goes
    return _swap_in(half, path, is_written=is_written)


def _paint_pages(painter: QPainter, writer: QPdfWriter, table: HeatTable, font: QFont) -> None:
    page = QRectF(0, 0, writer.width(), writer.height())
    for number, rows in enumerate(page_rows(table, font, page.size(), writer)):
        if number:
            writer.newPage()
        paint_heatmap(painter, page, table, LIGHT, rows)


def page_rows(table: HeatTable, font: QFont, page: QSizeF, device: QPaintDevice | None = None) -> list[range]:
    """Return which rows go on which page, at the scale that makes the columns fit."""
    empty = figure_size(table, font, range(0), device)
    scale = min(1.0, page.width() / empty.width())
    room = page.height() / scale - empty.height()
    per_page = max(1, int(room // layout_for(table, font, device).row_height))
    return [range(k, min(k + per_page, table.row_count)) for k in range(0, max(1, table.row_count), per_page)]


def _half_of(path: Path) -> Path:
    """Return where a file is written before it takes its place."""
    return path.with_name(f".{path.name}.part")


def _swap_in(half: Path, path: Path, *, is_written: bool) -> int:
    try:
        if is_written:
            half.replace(path)
            return path.stat().st_size
        why = "it cannot be created or the disk is full"
    except OSError as error:
        why = error.strerror
    half.unlink(missing_ok=True)
    raise ExportTargetError(f"{path.name} was not written: {why}", "Choose a folder you may write to", str(path.parent))

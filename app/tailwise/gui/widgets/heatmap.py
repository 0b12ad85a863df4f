"""The heat map on screen: a table view that paints its visible cells in one pass.

Selection, keyboard, scrolling and accessibility are the table view's own; only the painting is ours. A delegate per
cell took 43 ms for 800 cells, one pass takes a third of it, and the same painter draws the exports.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import (
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QKeyCombination,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QGuiApplication, QHelpEvent, QImage, QKeySequence, QPainter, QStatusTipEvent
from PySide6.QtWidgets import QAbstractItemView, QApplication, QHeaderView, QTableView, QToolTip, QWidget

from tailwise.gui.theme import Theme
from tailwise.gui.widgets.heatmap_figure import legend_entries, paint_legend
from tailwise.gui.widgets.heatmap_paint import (
    HeatLayout,
    layout_for,
    paint_cells,
    paint_column_header,
    paint_corner,
    paint_cursor,
    paint_row_header,
)

if TYPE_CHECKING:
    from PySide6.QtGui import QHideEvent, QKeyEvent, QMouseEvent, QPaintEvent, QResizeEvent

    from tailwise.gui.models.count_table import CountTableModel

Index = QModelIndex | QPersistentModelIndex

MOST_STRETCHED: Final = 112.0
SCROLL_BAR: Final = 14
LEAST_SIZE: Final = QSize(360, 200)


class HeatMapView(QTableView):
    """Shows a `CountTableModel`. Arrows move the cursor, Shift selects a block, Enter opens, Ctrl+C copies.

    Signals give rows and columns as shown; a column of -1 means the whole class, a row of -1 the whole condition.
    """

    cell_opened = Signal(int, int)
    cursor_moved = Signal(int, int)
    planned = Signal()

    def __init__(self, model: CountTableModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._counts = model
        self._natural = self._layout = layout_for(model.heat, self.font())
        self._rows = _Header(Qt.Orientation.Vertical, self)
        self._columns = _Header(Qt.Orientation.Horizontal, self)
        self._corner = _Corner(self)
        self.setVerticalHeader(self._rows)
        self.setHorizontalHeader(self._columns)
        self.setCornerButtonEnabled(False)
        self.setShowGrid(False)
        self.setMouseTracking(True)
        self.setTabKeyNavigation(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ContiguousSelection)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setAccessibleName(self.tr("Counts by class and condition"))
        self.setMinimumSize(LEAST_SIZE)
        self._columns.sectionDoubleClicked.connect(self._on_column_opened)
        self._rows.sectionDoubleClicked.connect(self._on_row_opened)
        self.setModel(model)
        model.modelReset.connect(self._on_reset)
        self._on_reset()

    @property
    def sizes(self) -> HeatLayout:
        """The layout cells and headers are drawn with."""
        return self._layout

    @property
    def counts(self) -> CountTableModel:
        """The model shown."""
        return self._counts

    def selected_block(self) -> tuple[range, range]:
        """Return the selected rows and columns; the cursor's cell when nothing is selected."""
        selection = self.selectionModel().selection()
        if selection.isEmpty():
            current = self.currentIndex()
            return range(current.row(), current.row() + 1), range(current.column(), current.column() + 1)
        block = selection.first()
        return range(block.top(), block.bottom() + 1), range(block.left(), block.right() + 1)

    def copy_block(self, *, with_headers: bool = False) -> None:
        """Put the selected block on the clipboard as tab-separated numbers."""
        rows, columns = self.selected_block()
        if rows.start >= 0:
            text = self._counts.block_as_tsv(rows, columns, with_headers=with_headers)
            QGuiApplication.clipboard().setText(text)

    # Qt's side

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the visible cells, then the selection and the cursor over them."""
        theme = Theme.of(self.palette())
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), QColor(theme.base))
        rows, columns = self.visible_rows(), self.visible_columns()
        if rows and columns:
            painter.translate(self.columnViewportPosition(0), self.rowViewportPosition(0))
            paint_cells(painter, self._counts.heat, self._layout, theme, rows, columns)
            painter.resetTransform()
        self._paint_selection(painter, theme)
        painter.end()

    def visible_rows(self) -> range:
        """Return the rows that are at least partly visible."""
        return _visible(self.rowAt(0), self.rowAt(self.viewport().height() - 1), self._counts.rowCount())

    def visible_columns(self) -> range:
        """Return the columns that are at least partly visible."""
        return _visible(self.columnAt(0), self.columnAt(self.viewport().width() - 1), self._counts.columnCount())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter opens the cell, Shift+Enter the class; + plans it; Ctrl+C copies, with Shift also the headers."""
        current = self.currentIndex()
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and current.isValid():
            whole_class = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self.cell_opened.emit(current.row(), -1 if whole_class else current.column())
        elif event.key() == Qt.Key.Key_Plus and current.isValid():
            self.planned.emit()
        elif event.matches(QKeySequence.StandardKey.Copy):
            self.copy_block()
        elif event.keyCombination() == _COPY_WITH_HEADERS:
            self.copy_block(with_headers=True)
        else:
            super().keyPressEvent(event)
            return
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Open the cell."""
        index = self.indexAt(event.position().toPoint())
        if index.isValid():
            self.cell_opened.emit(index.row(), index.column())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Say what is under the pointer in the status bar."""
        super().mouseMoveEvent(event)
        index = self.indexAt(event.position().toPoint())
        text = self._counts.sentence(index.row(), index.column()) if index.isValid() else ""
        QApplication.sendEvent(self, QStatusTipEvent(text))

    def hideEvent(self, event: QHideEvent) -> None:
        """Take the sentence back when another page is shown."""
        super().hideEvent(event)
        QApplication.sendEvent(self, QStatusTipEvent(""))

    def leaveEvent(self, event: QEvent) -> None:
        """Take the sentence back."""
        super().leaveEvent(event)
        QApplication.sendEvent(self, QStatusTipEvent(""))

    def currentChanged(self, current: Index, previous: Index) -> None:
        """Tell where the cursor is; the page says it in words, so that nothing is said by hovering alone."""
        super().currentChanged(current, previous)
        self._rows.viewport().update()
        self._columns.viewport().update()
        self.cursor_moved.emit(current.row(), current.column())

    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:  # noqa: D102, N802
        super().selectionChanged(selected, deselected)
        self.viewport().update()  # outlines reach over the cells that changed

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: D102
        super().resizeEvent(event)
        self._stretch()
        self._place_corner()

    def changeEvent(self, event: QEvent) -> None:
        """Measure anew when the font changes."""
        super().changeEvent(event)
        if event.type() in {QEvent.Type.FontChange, QEvent.Type.StyleChange}:
            self._on_reset()

    # Ours

    def _on_reset(self) -> None:
        self._natural = layout_for(self._counts.heat, self.font())
        self._layout = sizes = self._natural
        self._rows.setDefaultSectionSize(int(sizes.row_height))
        self._rows.setFixedWidth(int(sizes.row_header_width))
        self._columns.setFixedHeight(int(sizes.header_height))
        self._stretch()
        self._place_corner()
        self.updateGeometries()
        self.viewport().update()

    def _stretch(self) -> None:
        """Let few columns fill the width there is, so that their labels have room."""
        columns = max(1, self._counts.columnCount())
        room = self.width() - 2 * self.frameWidth() - self._natural.row_header_width - SCROLL_BAR
        width = max(self._natural.cell_width, min(MOST_STRETCHED, room // columns))
        self._layout = replace(self._natural, cell_width=width)
        self._columns.setDefaultSectionSize(int(width))

    def _place_corner(self) -> None:
        # While the font changes during construction the headers are not there yet.
        if not hasattr(self, "_corner"):
            return
        frame = self.frameWidth()
        size = QSize(int(self._layout.row_header_width), int(self._layout.header_height))
        self._corner.setGeometry(QRect(QPoint(frame, frame), size))

    def _paint_selection(self, painter: QPainter, theme: Theme) -> None:
        selection = self.selectionModel().selection()
        for k in range(selection.count()):
            block = selection.at(k)
            area = self.visualRect(block.topLeft()).united(self.visualRect(block.bottomRight()))
            if block.width() > 1 or block.height() > 1:
                paint_cursor(painter, QRectF(area), theme)
        current = self.currentIndex()
        if current.isValid() and (self.hasFocus() or selection.isEmpty() or selection.contains(current)):
            paint_cursor(painter, QRectF(self.visualRect(current)), theme)

    def _on_row_opened(self, row: int) -> None:
        self.cell_opened.emit(row, -1)

    def _on_column_opened(self, column: int) -> None:
        self.cell_opened.emit(-1, column)


_COPY_WITH_HEADERS: Final = QKeyCombination(
    Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier, Qt.Key.Key_C
)


def _visible(first: int, last: int, count: int) -> range:
    if not count or first < 0:
        return range(0)
    return range(first, (last if last >= 0 else count - 1) + 1)


class _Header(QHeaderView):
    """A header painted in one pass. Qt's own asks for every section whether all its cells are selected."""

    def __init__(self, orientation: Qt.Orientation, view: HeatMapView) -> None:
        super().__init__(orientation, view)
        self._view = view
        self.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.setSectionsClickable(True)
        self.setMinimumSectionSize(1)
        self.setMouseTracking(True)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = Theme.of(self.palette())
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), QColor(theme.base))
        if not self.count():
            return
        heat, sizes, current = self._view.counts.heat, self._view.sizes, self._view.currentIndex()
        if self.orientation() == Qt.Orientation.Vertical:
            painter.translate(0, self.sectionViewportPosition(0))
            paint_row_header(painter, heat, sizes, theme, self._view.visible_rows(), current.row())
        else:
            painter.translate(self.sectionViewportPosition(0), 0)
            paint_column_header(painter, heat, sizes, theme, self._view.visible_columns(), current.column())
        painter.end()

    def viewportEvent(self, event: QEvent) -> bool:
        """Show the full name and its totals as a tooltip; labels may be cut."""
        if isinstance(event, QHelpEvent):
            section = self.logicalIndexAt(event.pos())
            text = self.model().headerData(section, self.orientation(), Qt.ItemDataRole.ToolTipRole)
            QToolTip.showText(event.globalPos(), str(text or ""), self)
            return True
        return super().viewportEvent(event)


class _Corner(QWidget):
    """What the rows and their totals are; selecting it selects everything, like the corner of a spreadsheet."""

    def __init__(self, view: HeatMapView) -> None:
        super().__init__(view)
        self._view = view

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = Theme.of(self.palette())
        painter = QPainter(self)
        painter.fillRect(event.rect(), QColor(theme.base))
        paint_corner(painter, self._view.counts.heat, self._view.sizes, theme)
        painter.end()

    def mousePressEvent(self, _event: QMouseEvent) -> None:
        model = self._view.counts
        if not model.rowCount() or not model.columnCount():
            return
        last = model.index(model.rowCount() - 1, model.columnCount() - 1)
        selection = self._view.selectionModel()
        selection.setCurrentIndex(model.index(0, 0), QItemSelectionModel.SelectionFlag.NoUpdate)
        self._view.setFocus()
        selection.select(QItemSelection(model.index(0, 0), last), QItemSelectionModel.SelectionFlag.ClearAndSelect)


class HeatLegend(QWidget):
    """What the colours and signs of a heat map mean; as many lines as its width needs."""

    def __init__(self, model: CountTableModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._counts = model
        self.setAccessibleName(self.tr("Legend of the heat map"))
        model.modelReset.connect(self._on_reset)
        self._on_reset()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: D102
        painter = QPainter(self)
        self._paint(painter)
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: D102
        super().resizeEvent(event)
        self._fit()

    def _on_reset(self) -> None:
        words = "; ".join(text for _flag, text in legend_entries(self._counts.heat))
        self.setAccessibleDescription(words)
        self._fit()
        self.update()

    def _fit(self) -> None:
        # Drawn once to nowhere: how many lines it takes depends on the width.
        nowhere = QImage(1, 1, QImage.Format.Format_RGB32)
        painter = QPainter(nowhere)
        painter.setFont(self.font())
        self.setFixedHeight(int(self._paint(painter)) + 1)
        painter.end()

    def _paint(self, painter: QPainter) -> float:
        theme = Theme.of(self.palette())
        return paint_legend(painter, QRectF(self.rect()), self._counts.heat, theme, self.font())

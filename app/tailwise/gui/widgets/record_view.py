"""A table view for a `RecordTable`: one row selected at a time, columns of fixed width, rows copied as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QItemSelectionModel, QModelIndex, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from tailwise.gui import theme as th
from tailwise.gui.widgets.cell_delegate import CellDelegate

if TYPE_CHECKING:
    from PySide6.QtCore import QItemSelection
    from PySide6.QtGui import QKeyEvent, QResizeEvent
    from PySide6.QtWidgets import QWidget

    from tailwise.gui.models.record_table import RecordTable

LEAST_STRETCH = 160


class RecordView(QTableView):
    """Arrows move, a click on a heading sorts, Ctrl+C copies the selected row with tabs between its cells."""

    record_selected = Signal(object)  # the record, or None

    def __init__(self, model: RecordTable[Any], name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self.setModel(model)
        self.setAccessibleName(name)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setShowGrid(False)
        self.setAlternatingRowColors(True)
        self.setWordWrap(False)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setTabKeyNavigation(False)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setFont(th.tabular(self.font()))
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(th.ROW_HEIGHT)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setMinimumSectionSize(48)
        for column, spec in enumerate(model.columns):
            self.setColumnWidth(column, spec.width * self.fontMetrics().averageCharWidth() + 2 * th.SPACE_S)
        header.setSortIndicatorClearable(True)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.setSortingEnabled(True)
        self.setItemDelegate(CellDelegate(self))
        model.modelReset.connect(self._on_reset)

    def keep_rows(self, rows: int) -> None:
        """Never be lower than the heading and this many rows."""
        frame = 2 * self.frameWidth()
        self.setMinimumHeight(self.horizontalHeader().sizeHint().height() + rows * th.ROW_HEIGHT + frame)

    def selected_record(self) -> object:
        """Return the record of the selected row, or None."""
        index = self.currentIndex()
        return self._model.record(index) if index.isValid() and self.selectionModel().hasSelection() else None

    def select_row(self, row: int) -> None:
        """Select a row and scroll to it."""
        flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
        self.selectionModel().setCurrentIndex(self._model.index(row, 0), flags)

    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:  # noqa: D102, N802
        super().selectionChanged(selected, deselected)
        self.record_selected.emit(self.selected_record())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: D102
        super().resizeEvent(event)
        # Qt's stretching shrinks a column to nothing in a narrow pane; below LEAST_STRETCH we scroll instead.
        free = self.viewport().width() - sum(
            self.columnWidth(column) for column, spec in enumerate(self._model.columns) if spec.width
        )
        stretching = [column for column, spec in enumerate(self._model.columns) if not spec.width]
        for column in stretching:
            self.setColumnWidth(column, max(LEAST_STRETCH, free // len(stretching)))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: D102
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_row()
            return
        super().keyPressEvent(event)

    def copy_row(self) -> None:
        """Put the selected row on the clipboard."""
        index = self.currentIndex()
        if not index.isValid():
            return
        cells = (self._model.index(index.row(), column) for column in range(self._model.columnCount(QModelIndex())))
        text = "\t".join(str(cell.data(Qt.ItemDataRole.DisplayRole)) for cell in cells)
        QGuiApplication.clipboard().setText(text)

    def _on_reset(self) -> None:
        self.record_selected.emit(None)

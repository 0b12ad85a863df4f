"""The view of an editable sheet: keys of a spreadsheet, typed editors, a red corner where a value cannot be used."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QLocale, QModelIndex, QPersistentModelIndex, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QGuiApplication, QKeySequence, QPainter, QPolygonF, QValidator
from PySide6.QtWidgets import (
    QAbstractItemDelegate,
    QAbstractItemView,
    QComboBox,
    QDoubleSpinBox,
    QHeaderView,
    QLineEdit,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from tailwise.gui import theme as th
from tailwise.gui.models.sheet import COLUMN_ROLE, COMPUTED_ROLE, REASON_ROLE, SheetModel
from tailwise.gui.models.sheet_cells import Kind, SheetColumn

if TYPE_CHECKING:
    from PySide6.QtCore import QAbstractItemModel, QItemSelection, QObject
    from PySide6.QtGui import QKeyEvent

Index = QModelIndex | QPersistentModelIndex

CORNER = 8
LEAST_EDITOR = 88
_MARGIN = "\u2002"  # an item view leaves 3 px beside a text, its header 8


class SheetView(QTableView):
    """Type to edit, Enter goes down, Tab right; Ctrl+C, Ctrl+V, Ctrl+D, Delete, Ctrl+Z and Ctrl+Shift+Z as usual."""

    current_row_changed = Signal(int)  # as stored, -1 for none
    row_opened = Signal(int)  # as stored: Enter on a cell that cannot be edited

    def __init__(self, model: SheetModel, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sheet = model
        self.setModel(model)
        self.setItemDelegate(SheetDelegate(self))
        self.setAccessibleName(name)
        self.setAlternatingRowColors(True)
        self.setWordWrap(False)
        self.setTabKeyNavigation(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ContiguousSelection)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setEditTriggers(
            QAbstractItemView.EditTrigger.AnyKeyPressed
            | QAbstractItemView.EditTrigger.DoubleClicked
            | QAbstractItemView.EditTrigger.EditKeyPressed
        )
        self.setFont(th.tabular(self.font()))
        rows = self.verticalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(th.ROW_HEIGHT)
        columns = self.horizontalHeader()
        columns.setHighlightSections(False)
        columns.setMinimumSectionSize(40)
        for number, spec in enumerate(model.columns):
            if spec.width:
                columns.setSectionResizeMode(number, QHeaderView.ResizeMode.Interactive)
                self.setColumnWidth(number, spec.width * self.fontMetrics().averageCharWidth() + 2 * th.SPACE_M)
            else:
                columns.setSectionResizeMode(number, QHeaderView.ResizeMode.Stretch)

    def allow_sorting(self) -> None:
        """Let a click on a heading sort; at first the rows stay as they are stored."""
        header = self.horizontalHeader()
        header.setSortIndicatorClearable(True)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.setSortingEnabled(True)

    def block(self) -> tuple[range, range]:
        """Return the selected rows and columns as shown; the cursor's cell when nothing is selected."""
        selection = self.selectionModel().selection()
        if selection.isEmpty():
            current = self.currentIndex()
            if not current.isValid():
                return range(0), range(0)
            return range(current.row(), current.row() + 1), range(current.column(), current.column() + 1)
        area = selection.first()
        return range(area.top(), area.bottom() + 1), range(area.left(), area.right() + 1)

    def stored_rows(self) -> list[int]:
        """Return the rows of the selection as stored."""
        return [self._sheet.stored_row(row) for row in self.block()[0]]

    def current_row(self) -> int:
        """Return the row of the cursor as stored, -1 for none."""
        row = self.currentIndex().row()
        return self._sheet.stored_row(row) if 0 <= row < self._sheet.rowCount() else -1

    def go_to(self, stored: int, key: str = "") -> None:
        """Put the cursor on a cell, by row as stored and column key."""
        shown = self._sheet.shown_row(stored)
        keys = [column.key for column in self._sheet.columns]
        if shown >= 0:
            index = self._sheet.index(shown, keys.index(key) if key in keys else 0)
            self.setCurrentIndex(index)
            self.scrollTo(index)

    # Qt's side

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: D102
        verbs = (
            (QKeySequence.StandardKey.Copy, self._copy),
            (QKeySequence.StandardKey.Paste, self._paste),
            (QKeySequence.StandardKey.Cut, self._cut),
            (QKeySequence.StandardKey.Undo, self._sheet.undo_stack.undo),
            (QKeySequence.StandardKey.Redo, self._sheet.undo_stack.redo),
        )
        verb = next((verb for keys, verb in verbs if event.matches(keys)), None)
        control = event.modifiers() == Qt.KeyboardModifier.ControlModifier
        if verb is not None:
            verb()
        elif event.key() == Qt.Key.Key_D and control:
            self._sheet.fill_down(self.block())
        elif event.key() == Qt.Key.Key_Delete and not event.modifiers():
            self._sheet.clear_block(self.block())
        elif event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and not event.modifiers():
            self._on_enter()
        else:
            super().keyPressEvent(event)
            return
        event.accept()

    def closeEditor(self, editor: QWidget, hint: QAbstractItemDelegate.EndEditHint) -> None:  # noqa: N802
        """Go down after Enter, as in every spreadsheet."""
        index = self.currentIndex()
        super().closeEditor(editor, hint)
        if hint == QAbstractItemDelegate.EndEditHint.SubmitModelCache and index.isValid():
            below = index.siblingAtRow(index.row() + 1)
            if below.isValid():
                self.setCurrentIndex(below)

    def currentChanged(self, current: Index, previous: Index) -> None:  # noqa: D102
        super().currentChanged(current, previous)
        if current.row() != previous.row() or not previous.isValid():
            self.current_row_changed.emit(self.current_row())

    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:  # noqa: D102, N802
        super().selectionChanged(selected, deselected)
        self.viewport().update()

    # Ours

    def _on_enter(self) -> None:
        current = self.currentIndex()
        if not current.isValid():
            return
        if self._sheet.flags(current) & Qt.ItemFlag.ItemIsEditable:
            self.edit(current)
        else:
            self.row_opened.emit(self.current_row())

    def _copy(self) -> None:
        rows, columns = self.block()
        if rows and columns:
            QGuiApplication.clipboard().setText(self._sheet.copy_text((rows, columns)))

    def _paste(self) -> None:
        text = QGuiApplication.clipboard().text()
        rows, columns = self.block()
        if text and rows and columns:
            self._sheet.paste(text, (rows, columns))

    def _cut(self) -> None:
        self._copy()
        self._sheet.clear_block(self.block())


class SheetDelegate(QStyledItemDelegate):
    """Typed editors; computed cells are grey, cells that cannot be used have a red corner."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)

    def displayText(self, value: object, locale: QLocale | QLocale.Language) -> str:  # noqa: N802
        """Keep texts in line with their headings."""
        return f"{_MARGIN}{super().displayText(value, locale)}{_MARGIN}" if value else ""

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:  # noqa: N802, D102
        super().initStyleOption(option, index)
        theme = th.Theme.of(option.palette)
        if index.data(REASON_ROLE):
            option.palette.setColor(option.palette.ColorRole.Text, QColor(theme.alert))
        elif index.data(COMPUTED_ROLE):
            option.palette.setColor(option.palette.ColorRole.Text, QColor(theme.muted))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:  # noqa: D102
        super().paint(painter, option, index)
        if not index.data(REASON_ROLE):
            return
        theme = th.Theme.of(option.palette)
        area = QRectF(option.rect)
        corner = [
            QPointF(area.right() - CORNER, area.top()),
            QPointF(area.right(), area.top()),
            QPointF(area.right(), area.top() + CORNER),
        ]
        painter.save()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.alert))
        painter.drawPolygon(QPolygonF(corner))
        painter.restore()

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:  # noqa: D102
        column = cast("SheetColumn", index.data(COLUMN_ROLE))
        if column.kind is Kind.CHOICE:
            editor = QComboBox(parent)
            for value, text in column.choices:
                editor.addItem(text, value)
        elif column.kind is Kind.TEXT:
            editor = QLineEdit(parent)
        else:
            editor = NumberBox(column, parent)
        editor.setAccessibleName(column.title)
        editor.setFont(option.font)
        return editor

    def setEditorData(self, editor: QWidget, index: Index) -> None:  # noqa: D102
        value = index.data(Qt.ItemDataRole.EditRole)
        if isinstance(editor, QComboBox):
            editor.setCurrentIndex(max(0, editor.findData(value)))
        elif isinstance(editor, NumberBox):
            editor.set_amount(value if isinstance(value, (int, float)) else None)
        elif isinstance(editor, QLineEdit):
            editor.setText("" if value is None else str(value))

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: Index) -> None:  # noqa: D102
        if isinstance(editor, QComboBox):
            model.setData(index, editor.currentData())
        elif isinstance(editor, NumberBox):
            model.setData(index, editor.entered())
        elif isinstance(editor, QLineEdit):
            model.setData(index, editor.text())

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, _index: Index) -> None:
        """Let editors be a little larger than their cell, so that nothing of them is cut off."""
        hint = editor.minimumSizeHint()
        area = option.rect
        area.setWidth(max(area.width(), min(hint.width(), LEAST_EDITOR)))
        area.setHeight(max(area.height(), min(hint.height(), area.height() + 8)))
        editor.setGeometry(area)


class NumberBox(QDoubleSpinBox):
    """A spin box that may be empty, and steps with the arrow keys. Shares are edited in percent."""

    def __init__(self, column: SheetColumn, parent: QWidget | None = None) -> None:
        self._is_empty = False  # Qt asks for texts while it builds
        super().__init__(parent)
        self._column = column
        is_share = column.kind is Kind.SHARE
        least, most = (0.0, 100.0) if is_share else (column.least, column.most)
        self.setDecimals(0 if column.kind is Kind.WHOLE else max(column.decimals, 2))
        self.setRange(least, most)
        self.setSingleStep(5.0 if is_share else column.step)
        self.setGroupSeparatorShown(True)
        self.setKeyboardTracking(False)
        self.setSuffix(" %" if is_share else "")
        self.setFrame(False)

    def set_amount(self, amount: float | None) -> None:
        """Show a value of the column, or nothing."""
        self._is_empty = amount is None
        if amount is None:
            self.setValue(self.minimum())
            self.lineEdit().clear()
        else:
            self.setValue(amount * 100 if self._column.kind is Kind.SHARE else amount)
            self.selectAll()

    def entered(self) -> str:
        """Return the text as it stands, for the column to read."""
        return "" if self._is_empty else self.lineEdit().text()

    # Qt writes the value back as text when Enter is pressed; without these an empty box would come back as 0.

    def valueFromText(self, text: str) -> float:  # noqa: N802, D102
        self._is_empty = not text.strip(" %")
        return self.minimum() if self._is_empty else super().valueFromText(text)

    def textFromValue(self, value: float) -> str:  # noqa: N802, D102
        return "" if self._is_empty else super().textFromValue(value)

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        """Accept an empty text; the column says whether it may stay."""
        if not text.strip(" %"):
            return (QValidator.State.Acceptable, text, position)
        return super().validate(text, position)

    def stepBy(self, steps: int) -> None:  # noqa: N802
        """Step from nothing to the least value."""
        self._is_empty = False
        super().stepBy(steps)

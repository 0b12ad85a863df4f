"""An editable table like a spreadsheet: blocks are pasted, filled and cleared, every edit can be undone.

Rows are dictionaries by column key. Values that cannot be used stay in their cell with the reason; whoever reads the
sheet asks for `problems` first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from tailwise.gui.models.sheet_cells import Bad, SheetColumn, Value, check, parse, plain, show

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from PySide6.QtCore import QObject

Index = QModelIndex | QPersistentModelIndex
Row = dict[str, Value]
Change = tuple[int, str, Value]
"""Row (as stored, not as shown), column key, new value."""

REASON_ROLE: Final = int(Qt.ItemDataRole.UserRole) + 10
COMPUTED_ROLE: Final = int(Qt.ItemDataRole.UserRole) + 11
COLUMN_ROLE: Final = int(Qt.ItemDataRole.UserRole) + 12
MOST_ROWS: Final = 5000


class SheetModel(QAbstractTableModel):
    """Rows in the order they were given, or sorted and searched; edits go through `undo_stack`."""

    edited = Signal(object)  # set[int]: rows, as stored, whose values changed; also by undo and redo
    rows_changed = Signal()  # rows were added or removed

    def __init__(self, columns: Sequence[SheetColumn], undo_stack: QUndoStack, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.columns = tuple(columns)
        self.undo_stack = undo_stack
        self._rows: list[Row] = []
        self._shown: list[int] = []
        self._words: tuple[str, ...] = ()
        self._sorted_by: tuple[str, bool] | None = None

    # Content

    def set_rows(self, rows: Iterable[Row]) -> None:
        """Replace everything; what was done before can no longer be undone."""
        self.beginResetModel()
        self._rows = [dict(row) for row in rows]
        self._arrange()
        self.endResetModel()
        self.undo_stack.clear()
        self.rows_changed.emit()

    def update_rows(self, rows: Sequence[Row]) -> bool:
        """Take new values for the same rows and keep the undo history; False when they are other rows."""
        if len(rows) != len(self._rows):
            return False
        self._rows = [dict(row) for row in rows]
        if self._shown:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._shown) - 1, len(self.columns) - 1))
        return True

    def rows(self) -> tuple[Row, ...]:
        """Return copies of all rows in the order they are stored."""
        return tuple(dict(row) for row in self._rows)

    def row(self, stored: int) -> Row:
        """Return a copy of one row."""
        return dict(self._rows[stored])

    def stored_row(self, shown: int) -> int:
        """Return where a row as shown is stored."""
        return self._shown[shown]

    def shown_row(self, stored: int) -> int:
        """Return where a stored row is shown, -1 when the search hides it."""
        return self._shown.index(stored) if stored in self._shown else -1

    def problems(self) -> tuple[tuple[int, str, str], ...]:
        """Return every cell that cannot be used: row as stored, column key, reason."""
        found: list[tuple[int, str, str]] = []
        for stored, row in enumerate(self._rows):
            between = self.check_row(row)  # once per row: it may look at all the others
            for column in self.columns:
                value = row.get(column.key)
                reason = value.reason if isinstance(value, Bad) else between.get(column.key, "")
                if reason:
                    found.append((stored, column.key, reason))
        return tuple(found)

    def reason(self, stored: int, key: str) -> str:
        """Return why a cell cannot be used, empty when it can."""
        value = self._rows[stored].get(key)
        return value.reason if isinstance(value, Bad) else self.check_row(self._rows[stored]).get(key, "")

    # For subclasses

    def check_row(self, row: Row) -> Mapping[str, str]:
        """Return reasons by column key for what is wrong between the cells of a row."""
        del row
        return {}

    def computed(self, row: Row, key: str) -> Value:
        """Return the value of a column that is not editable."""
        return row.get(key)

    def new_row(self) -> Row:
        """Return what an added row begins with."""
        return {column.key: None for column in self.columns if column.is_editable}

    # Editing

    def change(self, changes: Iterable[Change], text: str) -> None:
        """Set cells as one step that can be undone; what is equal already is left out."""
        wanted = [(row, key, value) for row, key, value in changes if self._rows[row].get(key) != value]
        if wanted:
            self.undo_stack.push(_CellCommand(self, wanted, text))

    def paste(self, text: str, block: tuple[range, range]) -> None:
        """Put tab-separated text into the sheet from the top left of a block of rows and columns as shown.

        A single value fills the whole block. Cells beyond the last row or column, and computed ones, are left out.
        """
        lines = [line.split("\t") for line in text.rstrip("\r\n").replace("\r\n", "\n").split("\n")]
        rows, columns = block
        if len(lines) == 1 and len(lines[0]) == 1:
            cells = [(r, c, lines[0][0]) for r in rows for c in columns]
        else:
            cells = [
                (rows.start + r, columns.start + c, cell) for r, line in enumerate(lines) for c, cell in enumerate(line)
            ]
        self.change(self._parsed(cells), self.tr("Paste"))

    def fill_down(self, block: tuple[range, range]) -> None:
        """Copy the top row of a block into the rows below it; from a single row, the one above it."""
        rows, columns = block
        source = rows.start if len(rows) > 1 else rows.start - 1
        if source < 0:
            return
        top = self._rows[self._shown[source]]
        changes = [
            (self._shown[r], self.columns[c].key, top.get(self.columns[c].key))
            for r in rows
            for c in columns
            if self.columns[c].is_editable
        ]
        self.change(changes, self.tr("Fill down"))

    def clear_block(self, block: tuple[range, range]) -> None:
        """Empty the cells of a block that may be empty."""
        cells = [(r, c, "") for r in block[0] for c in block[1] if self.columns[c].is_optional]
        self.change(self._parsed(cells), self.tr("Clear"))

    def copy_text(self, block: tuple[range, range]) -> str:
        """Return a block as tab-separated text."""
        return "\n".join(
            "\t".join(plain(self.columns[c], self._value(self._shown[r], self.columns[c])) for c in block[1])
            for r in block[0]
        )

    def add_row(self, row: Row | None = None) -> int:
        """Add a row at the end and return where it is stored."""
        at = len(self._rows)
        if at < MOST_ROWS:
            added = self.new_row() if row is None else row
            self.undo_stack.push(_RowsCommand(self, at, [added], is_insert=True, text=self.tr("Add row")))
        return at

    def remove_rows_at(self, stored: Iterable[int]) -> None:
        """Remove rows as one step that can be undone."""
        wanted = sorted(set(stored), reverse=True)
        if not wanted:
            return
        self.undo_stack.beginMacro(self.tr("Remove rows"))
        for at in wanted:
            self.undo_stack.push(_RowsCommand(self, at, [self._rows[at]], is_insert=False, text=""))
        self.undo_stack.endMacro()

    def rename_key(self, before: str, after: str) -> None:
        """Move the values of one column to another; not a step of its own, the caller's step brings it about."""
        for row in self._rows:
            if before in row:
                row[after] = row.pop(before)

    # Searching and sorting

    def search(self, words: str) -> None:
        """Show only rows in which every word occurs."""
        self._words = tuple(words.casefold().split())
        self.beginResetModel()
        self._arrange()
        self.endResetModel()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Show the rows in order of a column; -1 as they are stored. Empty cells come last."""
        is_descending = order == Qt.SortOrder.DescendingOrder
        self._sorted_by = None if column < 0 else (self.columns[column].key, is_descending)
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        kept = [(self._shown[index.row()], index.column()) for index in before]
        self._arrange()
        place = {stored: shown for shown, stored in enumerate(self._shown)}
        self.changePersistentIndexList(before, [self.index(place[stored], c) for stored, c in kept])
        self.layoutChanged.emit()

    # Qt's side

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, D102
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, D102
        return 0 if parent.isValid() else len(self.columns)

    def flags(self, index: Index) -> Qt.ItemFlag:  # noqa: D102
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return flags | Qt.ItemFlag.ItemIsEditable if self.columns[index.column()].is_editable else flags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:  # noqa: D102
        if not index.isValid():
            return None
        stored, column = self._shown[index.row()], self.columns[index.column()]
        value = self._value(stored, column)
        if role == Qt.ItemDataRole.DisplayRole:
            return show(column, value)
        if role == Qt.ItemDataRole.EditRole:
            return value.text if isinstance(value, Bad) else value
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if column.is_number else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        if role in {Qt.ItemDataRole.ToolTipRole, REASON_ROLE}:
            return self.reason(stored, column.key) or (column.tip if role == Qt.ItemDataRole.ToolTipRole else "")
        if role == Qt.ItemDataRole.AccessibleTextRole:
            reason = self.reason(stored, column.key)
            return f"{column.title}: {show(column, value) or self.tr('empty')}" + (f", {reason}" if reason else "")
        if role == COMPUTED_ROLE:
            return not column.is_editable and column.is_number
        return column if role == COLUMN_ROLE else None

    def setData(self, index: Index, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:  # noqa: D102
        if role != Qt.ItemDataRole.EditRole or not index.isValid():
            return False
        column = self.columns[index.column()]
        if not column.is_editable:
            return False
        self.change(
            [(self._shown[index.row()], column.key, check(column, value))], self.tr("Edit {}").format(column.title)
        )
        return True

    def headerData(  # noqa: D102
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if orientation == Qt.Orientation.Vertical or not 0 <= section < len(self.columns):
            return None
        column = self.columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.title
        if role == Qt.ItemDataRole.ToolTipRole:
            return column.tip
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if column.is_number else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        return None

    # What commands do

    def apply_changes(self, changes: Sequence[Change]) -> None:
        """Set cells without an undo step; only commands call this."""
        rows: set[int] = set()
        for stored, key, value in changes:
            self._rows[stored][key] = value
            rows.add(stored)
        for stored in rows:
            shown = self.shown_row(stored)
            if shown >= 0:
                self.dataChanged.emit(self.index(shown, 0), self.index(shown, len(self.columns) - 1))
        self.edited.emit(rows)

    def splice(self, at: int, rows: Sequence[Row], *, is_insert: bool) -> None:
        """Insert or remove rows without an undo step; only commands call this."""
        self.beginResetModel()
        if is_insert:
            self._rows[at:at] = [dict(row) for row in rows]
        else:
            del self._rows[at : at + len(rows)]
        self._arrange()
        self.endResetModel()
        self.rows_changed.emit()
        self.edited.emit(set(range(at, at + len(rows))) if is_insert else set[int]())

    def _value(self, stored: int, column: SheetColumn) -> Value:
        row = self._rows[stored]
        return row.get(column.key) if column.is_editable else self.computed(row, column.key)

    def _parsed(self, cells: Iterable[tuple[int, int, str]]) -> list[Change]:
        return [
            (self._shown[r], self.columns[c].key, parse(self.columns[c], text))
            for r, c, text in cells
            if r < len(self._shown) and c < len(self.columns) and self.columns[c].is_editable
        ]

    def _arrange(self) -> None:
        """Work out which rows are shown, and in which order."""
        self._shown = [k for k, row in enumerate(self._rows) if self._matches(row)]
        if self._sorted_by is None:
            return
        key, is_descending = self._sorted_by
        column = next(c for c in self.columns if c.key == key)
        values = {k: self._value(k, column) for k in self._shown}
        filled = [k for k in self._shown if values[k] is not None]
        empty = [k for k in self._shown if values[k] is None]
        by: Callable[[int], tuple[bool, float, str]] = lambda k: _sort_key(values[k])  # noqa: E731
        self._shown = sorted(filled, key=by, reverse=is_descending) + empty

    def _matches(self, row: Row) -> bool:
        if not self._words:
            return True
        texts = (show(column, row.get(column.key)) for column in self.columns)
        text = "\t".join(texts).casefold()
        return all(word in text for word in self._words)


def _sort_key(value: Value) -> tuple[bool, float, str]:
    """Return a key by which numbers come before texts."""
    if isinstance(value, (int, float)):
        return (False, float(value), "")
    text = value.text if isinstance(value, Bad) else str(value)
    return (True, 0.0, text.casefold())


class _CellCommand(QUndoCommand):
    """Some cells get new values."""

    def __init__(self, model: SheetModel, changes: Sequence[Change], text: str) -> None:
        super().__init__(text)
        self._model = model
        self._new = list(changes)
        self._old: list[Change] = [(row, key, model.row(row).get(key)) for row, key, _value in changes]

    def redo(self) -> None:
        self._model.apply_changes(self._new)

    def undo(self) -> None:
        self._model.apply_changes(self._old)


class _RowsCommand(QUndoCommand):
    """Rows come or go."""

    def __init__(self, model: SheetModel, at: int, rows: Sequence[Row], *, is_insert: bool, text: str) -> None:
        super().__init__(text)
        self._model, self._at, self._is_insert = model, at, is_insert
        self._rows = [dict(row) for row in rows]

    def redo(self) -> None:
        self._model.splice(self._at, self._rows, is_insert=self._is_insert)

    def undo(self) -> None:
        self._model.splice(self._at, self._rows, is_insert=not self._is_insert)

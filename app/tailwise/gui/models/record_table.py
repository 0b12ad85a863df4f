"""A read-only table of a few thousand frozen records at most, sorted in memory. Item lists use id vectors instead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

from tailwise.gui.texts import number

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtCore import QObject

T = TypeVar("T")
AnyIndex = QModelIndex | QPersistentModelIndex

SORT_ROLE: Final = int(Qt.ItemDataRole.UserRole)
RECORD_ROLE: Final = int(Qt.ItemDataRole.UserRole) + 1
_ROOT: Final = QModelIndex()


@dataclass(frozen=True, slots=True)
class Column(Generic[T]):
    """One column: its title and what it shows of a record.

    Attributes:
        title: heading, sentence case.
        value: text, or a number that is shown with group separators and aligned right.
        sort_key: what to sort by; the value by default.
        tip: tooltip, for instance the whole of a shortened path.
        width: preferred width in average characters; 0 for the column that takes the rest.
    """

    title: str
    value: Callable[[T], str | int]
    sort_key: Callable[[T], Any] | None = None
    tip: Callable[[T], str] | None = None
    width: int = 12


class RecordTable(QAbstractTableModel, Generic[T]):
    """Records as rows. Sorting keeps the order of equal rows, so sorting by two columns in turn works."""

    def __init__(self, columns: Sequence[Column[T]], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.columns = tuple(columns)
        self._records: list[T] = []

    def set_records(self, records: Sequence[T]) -> None:
        """Show other records."""
        self.beginResetModel()
        self._records = list(records)
        self.endResetModel()

    def records(self) -> tuple[T, ...]:
        """Return the records in the order shown."""
        return tuple(self._records)

    def record(self, index: AnyIndex) -> T:
        """Return the record of a row."""
        return self._records[index.row()]

    def rowCount(self, parent: AnyIndex = _ROOT) -> int:  # noqa: D102
        return 0 if parent.isValid() else len(self._records)

    def columnCount(self, parent: AnyIndex = _ROOT) -> int:  # noqa: D102
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:  # noqa: D102
        if not index.isValid():
            return None
        record, column = self._records[index.row()], self.columns[index.column()]
        value = column.value(record)
        if role == Qt.ItemDataRole.DisplayRole:
            return number(value) if isinstance(value, int) else value
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if isinstance(value, int) else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.ToolTipRole:
            return column.tip(record) if column.tip is not None else None
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{column.title}: {number(value) if isinstance(value, int) else value}"
        if role == RECORD_ROLE:
            return record
        return self._key(column)(record) if role == SORT_ROLE else None

    def headerData(  # noqa: D102
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if orientation == Qt.Orientation.Vertical or not 0 <= section < len(self.columns):
            return None
        column = self.columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.title
        if role == Qt.ItemDataRole.TextAlignmentRole:
            is_number = bool(self._records) and isinstance(column.value(self._records[0]), int)
            side = Qt.AlignmentFlag.AlignRight if is_number else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        return None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:  # noqa: D102
        if not 0 <= column < len(self.columns):
            return
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        kept = [(index, self._records[index.row()]) for index in before]
        self._records.sort(key=self._key(self.columns[column]), reverse=order == Qt.SortOrder.DescendingOrder)
        rows = {id(record): row for row, record in enumerate(self._records)}
        self.changePersistentIndexList(before, [self.index(rows[id(record)], index.column()) for index, record in kept])
        self.layoutChanged.emit()

    @staticmethod
    def _key(column: Column[T]) -> Callable[[T], Any]:
        return column.sort_key if column.sort_key is not None else column.value

"""The class × condition table as a Qt model, and as rows for the heat map painter."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

from tailwise.domain.coverage import UNKNOWN_VALUE, CellFlag, ClassRow, CountTable, TailGroup, Unit
from tailwise.gui.number_text import expected as expected_text
from tailwise.gui.number_text import measure, short, with_unit
from tailwise.gui.texts import number
from tailwise.gui.widgets.heatmap_paint import HeatCell, HeatTable, Scale

if TYPE_CHECKING:
    from PySide6.QtCore import QObject

Index = QModelIndex | QPersistentModelIndex

LEAST_EXPECTED: Final = 3.0
"""Below this many expected a ratio is noise and is not coloured (the rule of thin and empty cells)."""
_STRONGEST_RATIO: Final = 8.0
_FLAG_WORDS: Final = {
    CellFlag.EMPTY: "empty",
    CellFlag.THIN: "thin",
    CellFlag.BELOW_TARGET: "below target",
    CellFlag.NORMAL: "",
}
_GROUP_WORDS: Final = {
    TailGroup.HEAD: "head class: over 100 images",
    TailGroup.MID: "mid class: 11 to 100 images",
    TailGroup.TAIL: "tail class: at most 10 images",
    TailGroup.NONE: "no image",
}


class ValueMode(StrEnum):
    """What the cells show."""

    COUNT = "count"
    EXPECTED = "expected"
    RATIO = "ratio"


class RowOrder(StrEnum):
    """How the classes are ordered."""

    MOST = "most"
    FEWEST = "fewest"
    NAME = "name"
    SHORT = "short"


@dataclass(frozen=True, slots=True)
class CellFacts:
    """One cell in full. `where` pairs the axes with the values of the column."""

    class_name: str
    where: tuple[tuple[str, str], ...]
    count: int
    expected: float | None
    flag: CellFlag


def total_of(row: ClassRow, unit: Unit) -> int:
    """Return the count of a class over all conditions in one unit."""
    return {Unit.OBJECTS: row.objects, Unit.PIXELS: row.pixels}.get(unit, row.images)


class _Cells:
    """Makes the cells of one table in one mode when they are asked for.

    Never changes what it is made from, so that a worker may draw a figure while the window shows another table already.
    """

    def __init__(self, table: CountTable, mode: ValueMode, order: tuple[int, ...]) -> None:
        self._table, self._mode, self._order = table, mode, order
        values = table.expected if mode is ValueMode.EXPECTED and table.expected else table.counts
        self.largest = float(max((max(row, default=0) for row in values), default=0))
        self._width = len(table.columns)
        self._made: dict[int, HeatCell] = {}

    def cell(self, row: int, column: int) -> HeatCell:
        """Return a cell by row and column as shown."""
        key = row * self._width + column
        made = self._made.get(key)
        if made is None:
            made = self._made[key] = self._make(row, column)
        return made

    def _make(self, row: int, column: int) -> HeatCell:
        table, k = self._table, self._order[row]
        count, flag = table.counts[k][column], table.flags[k][column]
        if self._mode is ValueMode.COUNT or table.expected is None:
            return short(count), self._level(count), flag
        expected = table.expected[k][column]
        if self._mode is ValueMode.EXPECTED:
            return expected_text(expected), self._level(expected), flag
        return (*_ratio_cell(count, expected), flag)

    def _level(self, value: float) -> float | None:
        return math.log1p(value) / math.log1p(self.largest) if value > 0 else None


class CountTableModel(QAbstractTableModel):
    """Read-only; a new table, mode or order resets the model."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._table: CountTable | None = None
        self._mode = ValueMode.COUNT
        self._row_order = RowOrder.MOST
        self._order: list[int] = []
        self._heat = _no_table()

    # What is shown

    def set_table(self, table: CountTable | None) -> None:
        """Show a table; a mode that needs expected counts falls back to counts where there are none."""
        self.beginResetModel()
        self._table = table
        if table is None or table.expected is None:
            self._mode = ValueMode.COUNT
        self._rebuild()
        self.endResetModel()

    def set_mode(self, mode: ValueMode) -> None:
        """Show counts, expected counts or their ratio."""
        if mode is self._mode or self._table is None or self._table.expected is None:
            return
        self.beginResetModel()
        self._mode = mode
        self._rebuild()
        self.endResetModel()

    def set_row_order(self, order: RowOrder) -> None:
        """Order the classes."""
        if order is self._row_order:
            return
        self.beginResetModel()
        self._row_order = order
        self._rebuild()
        self.endResetModel()

    @property
    def table(self) -> CountTable | None:
        """The table shown."""
        return self._table

    @property
    def mode(self) -> ValueMode:
        """What the cells show."""
        return self._mode

    @property
    def heat(self) -> HeatTable:
        """The table as the painter takes it."""
        return self._heat

    def row_of(self, class_name: str) -> int:
        """Return the row of a class as shown, -1 when it is not there."""
        rows = self._table.rows if self._table else ()
        return next((shown for shown, k in enumerate(self._order) if rows[k].name == class_name), -1)

    def class_at(self, row: int) -> str:
        """Return the class of a row as shown."""
        return self._shown().rows[self._order[row]].name

    def source_row(self, row: int) -> int:
        """Return the row of the table that a row as shown is."""
        return self._order[row]

    def row_sources(self) -> tuple[int, ...]:
        """Return the rows of the table in the order shown."""
        return tuple(self._order)

    def where_of(self, column: int) -> tuple[tuple[str, str], ...]:
        """Return the axes and values a column stands for."""
        table = self._shown()
        return tuple(zip(table.axes, table.columns[column], strict=True))

    def cell(self, row: int, column: int) -> CellFacts:
        """Return everything about one cell."""
        table, k = self._shown(), self._order[row]
        return CellFacts(
            class_name=table.rows[k].name,
            where=self.where_of(column),
            count=table.counts[k][column],
            expected=table.expected[k][column] if table.expected else None,
            flag=table.flags[k][column],
        )

    def missing_at(self, index: Index) -> tuple[int | None, tuple[str, ...]]:
        """Return how much a cell lacks of what is expected there (None when nothing), and the axes that say where."""
        facts = self.cell(index.row(), index.column()) if index.isValid() else None
        if facts is None or facts.expected is None or facts.count >= facts.expected:
            return None, ()
        return math.ceil(facts.expected - facts.count), tuple(axis for axis, _value in facts.where)

    def sentence(self, row: int, column: int) -> str:
        """Return what is said about a cell: `Cigarette, night: 3 objects, 24.3 expected, thin`."""
        facts = self.cell(row, column)
        parts = [f"{', '.join((facts.class_name, *(v for _a, v in facts.where)))}: {self._amount(facts.count)}"]
        if facts.expected is not None:
            parts.append(f"{expected_text(facts.expected)} expected")
        target = self._shown().rows[self._order[row]].target
        if facts.flag is CellFlag.BELOW_TARGET and target is not None:
            parts.append(f"target {number(target)}")
        if word := _FLAG_WORDS[facts.flag]:
            parts.append(word)
        return ", ".join(parts)

    def row_sentence(self, row: int) -> str:
        """Return what is said about a class."""
        of = self._shown().rows[self._order[row]]
        return (
            f"{of.name}: {with_unit(of.images, 'images')}, {with_unit(of.objects, 'objects')}, {_GROUP_WORDS[of.tail]}"
        )

    def block_as_tsv(self, rows: range, columns: range, *, with_headers: bool = False) -> str:
        """Return a block the way spreadsheets take it: plain numbers, tabs, one line per class."""
        lines = ["\t".join(self._plain(r, c) for c in columns) for r in rows]
        if with_headers:
            heads = [" / ".join(self._heat.columns[c]) or self._shown().unit.value for c in columns]
            lines = [f"{self.class_at(r)}\t{line}" for r, line in zip(rows, lines, strict=True)]
            lines.insert(0, "\t".join(["class", *heads]))
        return "\n".join(lines)

    # Qt's side

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, D102
        return 0 if parent.isValid() or self._table is None else len(self._order)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, D102
        return 0 if parent.isValid() or self._table is None else len(self._table.columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return the number of a cell, and as accessible text, tooltip and status tip the whole sentence."""
        if not index.isValid() or self._table is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._heat.cell(index.row(), index.column())[0]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role in {
            Qt.ItemDataRole.AccessibleTextRole,
            Qt.ItemDataRole.ToolTipRole,
            Qt.ItemDataRole.StatusTipRole,
        }:
            return self.sentence(index.row(), index.column())
        return None

    def headerData(  # noqa: D102
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if self._table is None or section < 0:
            return None
        is_row = orientation == Qt.Orientation.Vertical
        if section >= (len(self._order) if is_row else len(self._table.columns)):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.class_at(section) if is_row else " / ".join(self._heat.columns[section])
        if role in {Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole}:
            return self.row_sentence(section) if is_row else self._column_sentence(section)
        return None

    # Building

    def _shown(self) -> CountTable:
        if self._table is None:
            raise LookupError("no table is shown")
        return self._table

    def _amount(self, count: int) -> str:
        return with_unit(count, self._shown().unit.value)

    def _column_sentence(self, column: int) -> str:
        table = self._shown()
        total = sum(row[column] for row in table.counts)
        name = ", ".join(f"{axis} {value}" for axis, value in self.where_of(column)) or "All"
        return f"{name}: {self._amount(total)} in {with_unit(table.column_items[column], 'items')}"

    def _plain(self, row: int, column: int) -> str:
        facts = self.cell(row, column)
        if self._mode is ValueMode.COUNT or facts.expected is None:
            return str(facts.count)
        if self._mode is ValueMode.EXPECTED:
            return f"{facts.expected:.4g}"
        return f"{facts.count / facts.expected:.4g}" if facts.expected else ""

    def _rebuild(self) -> None:
        table = self._table
        if table is None:
            self._order, self._heat = [], _no_table()
            return
        self._order = _ordered(table, self._row_order)
        cells = _Cells(table, self._mode, tuple(self._order))
        totals = tuple(short(sum(column)) for column in zip(*table.counts, strict=True))
        row_totals = tuple(short(total_of(table.rows[k], table.unit)) for k in self._order)
        self._heat = HeatTable(
            title="",
            notes=(),
            columns=table.columns,
            unknown=tuple(UNKNOWN_VALUE in column for column in table.columns),
            column_totals=totals,
            corner=("Class", table.unit.value.capitalize()),
            cell=cells.cell,
            row_labels=tuple(table.rows[k].name for k in self._order),
            row_totals=row_totals,
            row_groups=tuple(table.rows[k].tail for k in self._order),
            scale=Scale.DIVERGING if self._mode is ValueMode.RATIO else Scale.SEQUENTIAL,
            **self._legend_words(table, cells.largest),
            widest=self._widest(cells.largest),
        )

    def _legend_words(self, table: CountTable, largest: float) -> dict[str, str]:
        if self._mode is ValueMode.RATIO:
            return {"low": "under ⅛ of expected", "middle": "as expected", "high": "over 8 times"}
        what = "expected " if self._mode is ValueMode.EXPECTED else ""
        return {"low": f"1 {what}", "high": f"{short(round(largest))} {what}{table.unit.value} (log scale)"}

    def _widest(self, largest: float) -> tuple[str, ...]:
        if self._mode is ValueMode.RATIO:
            return ("× 0.00", "× 999")
        return (expected_text(largest), "999.9") if self._mode is ValueMode.EXPECTED else (short(round(largest)),)


def _ratio_cell(count: int, expected: float) -> tuple[str, float | None]:
    if expected <= 0:
        return "–", None
    ratio = count / expected
    text = f"× {number(round(ratio))}" if ratio >= 100 else f"× {measure(ratio, 1 if ratio >= 10 else 2)}"
    if expected < LEAST_EXPECTED:
        return text, None
    strongest = math.log(_STRONGEST_RATIO)
    level = -1.0 if not count else math.log(ratio) / strongest
    return text, min(1.0, max(-1.0, level))


def _ordered(table: CountTable, order: RowOrder) -> list[int]:
    rows, keys = table.rows, range(len(table.rows))

    def total(k: int) -> int:
        return total_of(rows[k], table.unit)

    def is_short(k: int) -> int:
        return sum(1 for flag in table.flags[k] if flag is not CellFlag.NORMAL)

    if order is RowOrder.NAME:
        return sorted(keys, key=lambda k: rows[k].name.casefold())
    if order is RowOrder.FEWEST:
        return sorted(keys, key=lambda k: (total(k), rows[k].name))
    if order is RowOrder.SHORT:
        return sorted(keys, key=lambda k: (-is_short(k), -total(k), rows[k].name))
    return sorted(keys, key=lambda k: (-total(k), rows[k].name))


def _no_table() -> HeatTable:
    return HeatTable(
        title="",
        notes=(),
        columns=(),
        unknown=(),
        column_totals=(),
        corner=("Class", ""),
        cell=lambda _row, _column: ("", None, CellFlag.NORMAL),
        row_labels=(),
        row_totals=(),
        row_groups=(),
        scale=Scale.SEQUENTIAL,
        low="",
        high="",
    )

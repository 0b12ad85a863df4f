"""Items as a grid of tiles: an id vector cut into rows, pages of facts fetched when they come into sight."""

from __future__ import annotations

from array import array
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal, Slot

from tailwise.gui.texts import number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtCore import QObject

    from tailwise.domain.coverage import ItemRow
    from tailwise.gui.session import Session
    from tailwise.ops.progress import Progress
    from tailwise.usecases.projects import Project

Index = QModelIndex | QPersistentModelIndex

PAGE: Final = 128
PAGES_KEPT: Final = 64
ID_ROLE: Final = Qt.ItemDataRole.UserRole


class ItemGridModel(QAbstractTableModel):
    """Position `k` is at row `k // columns`. Facts of an item are None until their page has come."""

    page_loaded = Signal(int, int)  # first position, position after the last

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._ids = array("q")
        self._columns = 1
        self._pages: OrderedDict[int, tuple[ItemRow, ...]] = OrderedDict()
        self._asked: set[int] = set()
        self._generation = 0

    def set_ids(self, ids: Sequence[int]) -> None:
        """Show these items, in this order."""
        self.beginResetModel()
        self._ids = ids if isinstance(ids, array) else array("q", ids)
        self.forget()
        self.endResetModel()

    def forget(self) -> None:
        """Drop the facts fetched so far; they come again when they are looked at."""
        self._generation += 1
        self._pages.clear()
        self._asked.clear()

    def set_columns(self, columns: int) -> None:
        """Cut the ids into rows of this many."""
        if columns != self._columns:
            self.beginResetModel()
            self._columns = max(1, columns)
            self.endResetModel()

    @property
    def total(self) -> int:
        """How many items are shown."""
        return len(self._ids)

    def id_at(self, position: int) -> int:
        """Return the id of an item."""
        return self._ids[position]

    def position_of(self, index: Index) -> int:
        """Return which item a cell is, -1 for the empty rest of the last row."""
        position = index.row() * self._columns + index.column() if index.isValid() else -1
        return position if position < len(self._ids) else -1

    def index_of(self, position: int) -> QModelIndex:
        """Return the cell of an item."""
        if not 0 <= position < len(self._ids):
            return QModelIndex()
        return self.index(position // self._columns, position % self._columns)

    def item(self, position: int) -> ItemRow | None:
        """Return the facts of an item, or None and fetch them."""
        page = position // PAGE
        rows = self._pages.get(page)
        if rows is None:
            self._fetch(page)
            return None
        self._pages.move_to_end(page)
        wanted, nth = self._ids[position], position - page * PAGE
        if nth < len(rows) and rows[nth].id == wanted:
            return rows[nth]
        return next((row for row in rows if row.id == wanted), None)  # items before it are gone

    def items(self, positions: range) -> list[ItemRow]:
        """Return the facts of a range that are there already; the others are fetched."""
        found = (self.item(position) for position in positions if position < len(self._ids))
        return [item for item in found if item is not None]

    def sentence(self, position: int) -> str:
        """Return what is said about an item."""
        place = f"{number(position + 1)} of {number(len(self._ids))}"
        item = self.item(position)
        if item is None:
            return place
        held = ", ".join(f"{count} × {name}" for name, count in item.classes.items()) or item.state
        missing = "" if item.path else ", image file missing"
        return f"{item.file_name}: {held}{missing}, {place}"

    # Qt's side

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, D102
        return 0 if parent.isValid() else -(-len(self._ids) // self._columns)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, D102
        return 0 if parent.isValid() else self._columns

    def flags(self, index: Index) -> Qt.ItemFlag:  # noqa: D102
        if self.position_of(index) < 0:
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:  # noqa: D102
        position = self.position_of(index)
        if position < 0:
            return None
        if role == ID_ROLE:
            return self._ids[position]
        if role == Qt.ItemDataRole.DisplayRole:
            item = self.item(position)
            return item.file_name if item else ""
        if role in {Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole}:
            return self.sentence(position)
        return None

    def _fetch(self, page: int) -> None:
        if page in self._asked or self._session.project is None:
            return
        self._asked.add(page)
        ids = self._ids[page * PAGE : (page + 1) * PAGE]
        generation = self._generation

        def work(project: Project, progress: Progress) -> object:
            from tailwise.usecases.items import item_rows

            progress.advance(0)
            return generation, page, item_rows(project, ids)

        # A page that failed stays asked for: the window says why once, and repainting does not say it again.
        self._session.run(self.tr("Items"), work, lane="ordered", on_done=self._on_page, quiet=True)

    @Slot(object)
    def _on_page(self, answer: tuple[int, int, tuple[ItemRow, ...]]) -> None:
        generation, page, rows = answer
        if generation != self._generation:
            return
        self._asked.discard(page)
        self._pages[page] = rows
        if len(self._pages) > PAGES_KEPT:
            self._pages.popitem(last=False)
        first, last = page * PAGE, min(len(self._ids), (page + 1) * PAGE)
        top, bottom = first // self._columns, (last - 1) // self._columns
        self.dataChanged.emit(self.index(top, 0), self.index(bottom, self._columns - 1))
        self.page_loaded.emit(first, last)

"""Which items of a grid the user has chosen, by id: thousands at once, still chosen when the grid is read anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

if TYPE_CHECKING:
    from tailwise.gui.models.item_grid import ItemGridModel


class ItemChoice(QObject):
    """Chosen beside the item under the cursor. Shift extends from the item last chosen or walked to."""

    changed = Signal(int)  # how many are chosen

    def __init__(self, model: ItemGridModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._ids: set[int] = set()
        self._anchor = -1

    def __len__(self) -> int:
        return len(self._ids)

    def ids(self) -> tuple[int, ...]:
        """Return the chosen items in the order of the grid."""
        ordered = (self._model.id_at(position) for position in range(self._model.total))
        return tuple(item for item in ordered if item in self._ids)

    def holds(self, position: int) -> bool:
        """Whether the item at a position is chosen."""
        return bool(self._ids) and self._model.id_at(position) in self._ids

    def toggle(self, position: int) -> None:
        """Choose an item, or no longer."""
        if 0 <= position < self._model.total:
            self._anchor = position
            self._ids ^= {self._model.id_at(position)}
            self.changed.emit(len(self._ids))

    def extend(self, start: int, position: int) -> None:
        """Choose everything from the item last chosen, else from `start`, to a position."""
        if not 0 <= position < self._model.total:
            return
        if self._anchor < 0:
            self._anchor = max(0, start)
        first, last = sorted((self._anchor, position))
        self._ids |= {self._model.id_at(each) for each in range(first, last + 1)}
        self.changed.emit(len(self._ids))

    @Slot()
    def choose_all(self) -> None:
        """Choose every item of the grid."""
        self._ids = {self._model.id_at(position) for position in range(self._model.total)}
        self.changed.emit(len(self._ids))

    @Slot()
    def clear(self) -> None:
        """Choose nothing."""
        self._anchor = -1
        if self._ids:
            self._ids.clear()
            self.changed.emit(0)

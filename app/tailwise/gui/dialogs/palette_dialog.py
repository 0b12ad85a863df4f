"""The command palette: type a few letters of an action, a page or a recent project, press Enter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QAbstractListModel, QEvent, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QDialog, QLineEdit, QListView, QVBoxLayout

from tailwise.gui import theme as th
from tailwise.gui.widgets.palette_delegate import PaletteDelegate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtCore import QObject
    from PySide6.QtWidgets import QWidget

AnyIndex = QModelIndex | QPersistentModelIndex
ENTRY_ROLE = int(Qt.ItemDataRole.UserRole)
MOVES = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)
_ROOT = QModelIndex()


@dataclass(frozen=True, slots=True)
class PaletteEntry:
    """One thing to do. `why_not` says why it cannot be done now, empty if it can."""

    text: str
    group: str
    keys: str
    run: Callable[[], object]
    why_not: str = ""


class PaletteModel(QAbstractListModel):
    """The entries that match, best first."""

    def __init__(self, entries: Sequence[PaletteEntry], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._all = tuple(entries)
        self._shown = self._all

    def set_query(self, query: str) -> None:
        """Show what matches the letters typed, in their order."""
        scored = [(score(query, entry.text), entry) for entry in self._all]
        self.beginResetModel()
        hits = [(value, entry) for value, entry in scored if value is not None]
        self._shown = tuple(entry for _, entry in sorted(hits, key=lambda pair: pair[0]))
        self.endResetModel()

    def entry(self, row: int) -> PaletteEntry:
        """Return the entry of a row."""
        return self._shown[row]

    def rowCount(self, parent: AnyIndex = _ROOT) -> int:  # noqa: D102
        return 0 if parent.isValid() else len(self._shown)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:  # noqa: D102
        entry = self._shown[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return entry.text
        if role == ENTRY_ROLE:
            return entry
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join(filter(None, (entry.text, entry.group, entry.keys, entry.why_not)))
        return None


class PaletteDialog(QDialog):
    """Closes when it is done or loses the focus."""

    def __init__(self, entries: Sequence[PaletteEntry], parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("command-palette")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._model = PaletteModel(entries, self)
        self._line = QLineEdit(self)
        self._line.setPlaceholderText(self.tr("Page, action or recent project"))
        self._line.setAccessibleName(self.tr("Find"))
        self._line.installEventFilter(self)
        self._view = QListView(self)
        self._view.setModel(self._model)
        self._view.setItemDelegate(PaletteDelegate(ENTRY_ROLE, self._view))
        self._view.setUniformItemSizes(True)
        self._view.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self._view.setAccessibleName(self.tr("Matches"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(th.SPACE_S, th.SPACE_S, th.SPACE_S, th.SPACE_S)
        layout.setSpacing(th.SPACE_S)
        layout.addWidget(self._line)
        layout.addWidget(self._view, 1)
        self.resize(520, 380)
        self._line.textChanged.connect(self._on_typed)
        self._line.returnPressed.connect(self._run_current)
        self._view.clicked.connect(self._run_current)
        self._on_typed("")

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: D102
        # The line keeps the focus, so that typing goes on; moves belong to the list.
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() in MOVES:
            self._view.keyPressEvent(event)
            return True
        return False

    def _on_typed(self, text: str) -> None:
        self._model.set_query(text)
        if self._model.rowCount():
            self._view.setCurrentIndex(self._model.index(0))

    def _run_current(self) -> None:
        index = self._view.currentIndex()
        if not index.isValid():
            return
        entry = self._model.entry(index.row())
        if not entry.why_not:
            self.close()
            entry.run()


def score(query: str, text: str) -> tuple[int, int] | None:
    """Return how well `query` fits, smaller is better; None when its letters are not all there in order.

    >>> score("op", "Open project") < score("op", "Import dataset to plan")
    True
    >>> score("xyz", "Open project") is None
    True
    """
    wanted, there = query.casefold().replace(" ", ""), text.casefold()
    position, gaps, first = -1, 0, 0
    for number, letter in enumerate(wanted):
        found = there.find(letter, position + 1)
        if found < 0:
            return None
        if number == 0:
            first = found
        elif found > position + 1:
            gaps += 0 if there[found - 1] == " " else found - position - 1
        position = found
    return (gaps, first) if wanted else (0, 0)

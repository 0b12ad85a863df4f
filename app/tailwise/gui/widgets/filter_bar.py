"""Filter chips: each is one value of one axis or one class; several of one axis are alternatives.

Adding one is a search over every value there is, so that an axis with a hundred thousand groups is no problem.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QPoint, QSize, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QListView,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from tailwise.domain.coverage import ItemFilter
from tailwise.gui import theme as th
from tailwise.gui.texts import number
from tailwise.gui.widgets.flow_layout import FlowLayout

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtCore import QObject
    from PySide6.QtGui import QKeyEvent

    from tailwise.domain.coverage import AxisFacts

Index = QModelIndex | QPersistentModelIndex

CLASS: Final = "class"
MOST_SHOWN: Final = 500
POPUP_SIZE: Final = QSize(320, 320)


@dataclass(frozen=True, slots=True)
class FilterChoice:
    """One value that can be filtered by; `axis` is `CLASS` for classes. `items` is how many there are, -1 unknown."""

    axis: str
    value: str
    items: int = -1

    @property
    def text(self) -> str:
        """What the chip says."""
        return f"{self.axis}: {self.value}"


class ChoiceList(QAbstractListModel):
    """The choices that hold every word of a search, at most `MOST_SHOWN`."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._choices: tuple[FilterChoice, ...] = ()
        self._texts: tuple[str, ...] = ()
        self._shown: list[int] = []
        self._words = ""

    def set_choices(self, choices: Sequence[FilterChoice]) -> None:
        """Offer these."""
        self._choices = tuple(choices)
        self._texts = tuple(choice.text.casefold() for choice in choices)
        self.search(self._words)

    def search(self, words: str) -> None:
        """Show only what holds every one of these words."""
        self._words = words
        parts = words.casefold().split()
        self.beginResetModel()
        self._shown = []
        for k, text in enumerate(self._texts):
            if all(part in text for part in parts):
                self._shown.append(k)
                if len(self._shown) == MOST_SHOWN:
                    break
        self.endResetModel()

    def choice(self, row: int) -> FilterChoice:
        """Return the choice of a row as shown."""
        return self._choices[self._shown[row]]

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, D102
        return 0 if parent.isValid() else len(self._shown)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:  # noqa: D102
        if not index.isValid():
            return None
        choice = self.choice(index.row())
        if role in {Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole}:
            return choice.text if choice.items < 0 else f"{choice.text}  ({number(choice.items)})"
        if role == Qt.ItemDataRole.ToolTipRole:
            return choice.text
        return None


class FilterBar(QWidget):
    """Chips that wrap over as many lines as they need, and a button that opens the search."""

    changed = Signal(object)  # ItemFilter

    def __init__(self, parent: QWidget | None = None, *, with_classes: bool = True) -> None:
        super().__init__(parent)
        self._with_classes = with_classes
        self._filter = ItemFilter()
        self._chips: list[QWidget] = []
        self._choices = ChoiceList(self)
        self._popup = _SearchPopup(self._choices, self)
        self._popup.chosen.connect(self._add)
        self._add_button = QPushButton(self.tr("+ Filter"), self)
        self._add_button.setProperty("role", "link")
        self._add_button.setToolTip(self.tr("Show only items with a value (Ctrl+F)"))
        self._add_button.clicked.connect(self.open_search)
        self._clear = QPushButton(self.tr("Clear"), self)
        self._clear.setProperty("role", "link")
        self._clear.setAccessibleName(self.tr("Clear all filters"))
        self._clear.clicked.connect(self.clear)
        self._layout = FlowLayout(self)
        self._rebuild()

    @property
    def filter(self) -> ItemFilter:
        """What is filtered by."""
        return self._filter

    def set_filter(self, which: ItemFilter) -> None:
        """Show a filter without announcing it."""
        if which != self._filter:
            self._filter = which
            self._rebuild()

    def set_axes(self, axes: Sequence[AxisFacts], classes: Sequence[tuple[str, int]] = ()) -> None:
        """Offer the values of these axes, and the classes with their numbers of images."""
        choices = [FilterChoice(axis.name, value, items) for axis in axes for value, items in axis.values]
        if self._with_classes:
            choices = [*(FilterChoice(CLASS, name, images) for name, images in classes), *choices]
        self._choices.set_choices(choices)
        self._add_button.setEnabled(bool(choices))

    def open_search(self) -> None:
        """Open the search under its button, ready to type."""
        place = self._add_button.mapToGlobal(QPoint(0, self._add_button.height() + 2))
        self._popup.open_at(place)

    def clear(self) -> None:
        """Take every chip away."""
        self._change(ItemFilter())

    def remove(self, choice: FilterChoice) -> None:
        """Take one chip away."""
        where = tuple(pair for pair in self._filter.where if pair != (choice.axis, choice.value))
        classes = self._filter.classes
        if choice.axis == CLASS:
            classes = tuple(name for name in classes if name != choice.value)
        self._change(ItemFilter(where, classes))

    def chips(self) -> tuple[FilterChoice, ...]:
        """Return the chips as shown, classes first."""
        classes = tuple(FilterChoice(CLASS, name) for name in self._filter.classes)
        return (*classes, *(FilterChoice(axis, value) for axis, value in self._filter.where))

    def _add(self, choice: FilterChoice) -> None:
        if choice in [FilterChoice(c.axis, c.value, choice.items) for c in self.chips()]:
            return
        where, classes = self._filter.where, self._filter.classes
        if choice.axis == CLASS and self._with_classes:
            classes = (*classes, choice.value)
        else:
            where = (*where, (choice.axis, choice.value))
        self._change(ItemFilter(where, classes))

    def _change(self, which: ItemFilter) -> None:
        if which != self._filter:
            self._filter = which
            self._rebuild()
            self.changed.emit(which)

    def _rebuild(self) -> None:
        for chip in self._chips:
            self._layout.removeWidget(chip)
            chip.hide()
            chip.deleteLater()
        for button in (self._add_button, self._clear):
            self._layout.removeWidget(button)
        self._chips = [_Chip(choice, self) for choice in self.chips()]
        for chip in self._chips:
            self._layout.addWidget(chip)
            chip.show()
        self._layout.addWidget(self._add_button)
        self._layout.addWidget(self._clear)
        self._clear.setVisible(bool(self._chips))
        self.setAccessibleName(self.tr("Filter"))
        said = "; ".join(choice.text for choice in self.chips())
        self.setAccessibleDescription(said or self.tr("nothing is filtered"))
        self.updateGeometry()


class _Chip(QFrame):
    """One filter with a cross; Delete or a click on the cross takes it away."""

    def __init__(self, choice: FilterChoice, bar: FilterBar) -> None:
        super().__init__(bar)
        self._choice = choice
        self._bar = bar
        self.setProperty("role", "card")
        text = QPushButton(self._elided(choice.text), self)
        text.setProperty("role", "link")
        text.setToolTip(choice.text)
        text.setAccessibleName(self.tr("Filter {}").format(choice.text))
        text.clicked.connect(bar.open_search)
        cross = QToolButton(self)
        cross.setText("✕")
        cross.setAutoRaise(True)
        cross.setToolTip(self.tr("Remove this filter"))
        cross.setAccessibleName(self.tr("Remove filter {}").format(choice.text))
        cross.clicked.connect(self._remove)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(th.SPACE_XS, 0, 2, 0)
        layout.setSpacing(0)
        layout.addWidget(text)
        layout.addWidget(cross)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in {Qt.Key.Key_Delete, Qt.Key.Key_Backspace}:
            self._remove()
            return
        super().keyPressEvent(event)

    def _remove(self) -> None:
        self._bar.remove(self._choice)

    def _elided(self, text: str) -> str:
        return self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, 240)


class _SearchPopup(QFrame):
    """A search field over a list; Enter takes the current line, Escape closes."""

    chosen = Signal(object)  # FilterChoice

    def __init__(self, choices: ChoiceList, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self._choices = choices
        self.setProperty("role", "card")
        self.resize(POPUP_SIZE)
        self._search = QLineEdit(self)
        self._search.setPlaceholderText(self.tr("Search values"))
        self._search.setAccessibleName(self.tr("Search values to filter by"))
        self._search.setClearButtonEnabled(True)
        self._list = QListView(self)
        self._list.setModel(choices)
        self._list.setUniformItemSizes(True)
        self._list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._list.setAccessibleName(self.tr("Values"))
        self._list.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(th.SPACE_S, th.SPACE_S, th.SPACE_S, th.SPACE_S)
        layout.addWidget(self._search)
        layout.addWidget(self._list, 1)
        self._search.textChanged.connect(self._on_searched)
        self._search.returnPressed.connect(self._on_entered)
        self._list.clicked.connect(self._take)
        self.setFocusProxy(self._search)

    def open_at(self, place: QPoint) -> None:
        screen = self.screen().availableGeometry()
        x = min(place.x(), screen.right() + 1 - self.width())
        y = min(place.y(), screen.bottom() + 1 - self.height())
        self.move(max(screen.left(), x), max(screen.top(), y))
        self._search.clear()
        self._on_searched("")
        self.show()
        self._search.setFocus(Qt.FocusReason.PopupFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
            return
        row = min(self._choices.rowCount() - 1, max(0, self._list.currentIndex().row() + step))
        self._list.setCurrentIndex(self._choices.index(row, 0))

    def _on_searched(self, words: str) -> None:
        self._choices.search(words)
        if self._choices.rowCount():
            self._list.setCurrentIndex(self._choices.index(0, 0))

    def _on_entered(self) -> None:
        self._take(self._list.currentIndex())

    def _take(self, index: Index) -> None:
        if index.isValid():
            choice = self._choices.choice(index.row())
            self.hide()
            self.chosen.emit(choice)

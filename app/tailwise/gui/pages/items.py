"""The items behind a number: a grid of pictures, the current one large, and the filter that found them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import Qt, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from tailwise.domain.changes import Changes
from tailwise.domain.coverage import AxisFacts, ItemFilter, ItemRow
from tailwise.gui import theme as th
from tailwise.gui.actions import KeyHint
from tailwise.gui.models.item_grid import ItemGridModel
from tailwise.gui.navigation import ShowItems
from tailwise.gui.pages import PAGES
from tailwise.gui.texts import counted, number
from tailwise.gui.widgets.condition_bar import ConditionBar
from tailwise.gui.widgets.empty_state import StateStack
from tailwise.gui.widgets.filter_bar import FilterBar
from tailwise.gui.widgets.inspector import Inspector
from tailwise.gui.widgets.item_grid import ItemGridView
from tailwise.gui.widgets.item_tile import classes_text
from tailwise.gui.widgets.item_view import ItemView
from tailwise.gui.widgets.splitters import above, beside
from tailwise.gui.widgets.thumb_loader import ThumbLoader
from tailwise.gui.widgets.undo_buttons import UndoButtons

if TYPE_CHECKING:
    from array import array
    from collections.abc import Sequence

    from tailwise.gui.session import Session
    from tailwise.ops.progress import Progress
    from tailwise.usecases.projects import Project

_TITLES = {entry.key: entry.title for entry in PAGES}


@dataclass(frozen=True, slots=True)
class Found:
    """What the page shows, loaded in one operation."""

    which: ItemFilter
    ids: array[int]
    axes: tuple[AxisFacts, ...]
    classes: tuple[tuple[str, int], ...]


def find(project: Project, which: ItemFilter, progress: Progress) -> Found:
    """Find the items and what they can be filtered by; runs on a worker thread."""
    from tailwise.usecases.classes import list_classes
    from tailwise.usecases.counts import count_axes
    from tailwise.usecases.items import find_items

    ids = find_items(project, which, progress)
    classes = tuple((row.name, row.images) for row in list_classes(project, progress))
    return Found(which, ids, count_axes(project), classes)


class ItemsPage(QWidget):
    """Opened with a filter or a fixed set of items; alone it shows every item of the project."""

    key: ClassVar[str] = "items"
    title: ClassVar[str] = "Items"
    icon: ClassVar[str] = "images"
    help_topic: ClassVar[str] = "items"
    interest: ClassVar[Changes] = Changes.data()
    keys: ClassVar[tuple[KeyHint, ...]] = (
        KeyHint("Left,Right,Up,Down", "Walk through the items"),
        KeyHint("Home,End", "First and last item"),
        KeyHint("Return", "Go to the large picture"),
        KeyHint("Space", "Choose the item, to set a condition of all that are chosen"),
        KeyHint("Shift+Left,Shift+Right,Ctrl+A,Escape", "Choose a range, all, none"),
        KeyHint("+,-", "Larger and smaller tiles; in the picture zoom"),
        KeyHint("Left,Right", "In the picture: the item before and after; when zoomed pan"),
        KeyHint("Z", "In the picture: from box to box"),
        KeyHint("0", "In the picture: show all of it"),
        KeyHint("B", "In the picture: boxes on and off"),
        KeyHint("Ctrl+C", "Copy the path of the item"),
    )

    page_requested = Signal(str, object)
    selection_described = Signal(str)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._fixed: ShowItems | None = None
        self._current: ItemRow | None = None
        self._came_from = ""
        self.model = ItemGridModel(session, self)
        self.loader = ThumbLoader(session, self)
        self.back = QPushButton()
        self.heading = QLabel()
        self.filter_bar = FilterBar()
        self.boxes = QCheckBox(self.tr("Boxes"))
        self.grid = ItemGridView(self.model, self.loader)
        self.condition_bar = ConditionBar(session, self.grid.choice)
        self.view = ItemView(session)
        self.inspector = Inspector(self.tr("Select an item to see what is on it."))
        self.states = StateStack(self._build(), "images", self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(th.SPACE_L, th.SPACE_M, th.SPACE_L, th.SPACE_L)
        layout.addWidget(self.states)
        self._connect()

    # What the window calls

    def refresh(self) -> None:
        """Find the items anew."""
        self.loader.clear()
        self.model.forget()
        self._find(self.filter_bar.filter)

    def open_payload(self, payload: object) -> None:
        """Show the items of a `ShowItems` or an `ItemFilter`."""
        if isinstance(payload, ItemFilter):
            payload = ShowItems(payload)
        if not isinstance(payload, ShowItems):
            return
        self._fixed = payload if payload.ids is not None else None
        self._came_from = payload.came_from
        self.back.setText(f"‹ {_TITLES.get(payload.came_from, '')}")
        self.back.setVisible(payload.came_from in _TITLES)
        self.filter_bar.set_filter(payload.which)
        self.grid.choice.clear()
        self._find(payload.which)
        self.grid.setFocus(Qt.FocusReason.OtherFocusReason)

    def focus_filter(self) -> None:
        """Open the search of the filter."""
        self.filter_bar.open_search()

    # Building

    def _build(self) -> QWidget:
        content = QWidget()
        self.heading.setFont(th.larger(self.font(), 2, bold=True))
        self.heading.setBuddy(self.grid)
        self.boxes.setChecked(True)
        self.boxes.setToolTip(self.tr("Draw the boxes of the annotations (B)"))
        self.back.setProperty("role", "link")
        self.back.setToolTip(self.tr("Back to where the number is (Alt+Left)"))
        self.back.hide()
        top = QHBoxLayout()
        top.addWidget(self.back)
        top.addWidget(self.heading, 1)
        top.addWidget(UndoButtons(self._session.history.stack))
        top.addWidget(self.boxes)
        detail = above("items-detail", (self.view, 3), (self.inspector, 2), gap=th.SPACE_S)
        detail.setSizes([330, 300])
        panes = beside("items-panes", (self.grid, 3), (detail, 2))
        panes.setSizes([620, 380])
        layout = QVBoxLayout(content)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(th.SPACE_S)
        layout.addLayout(top)
        layout.addWidget(self.filter_bar)
        layout.addWidget(self.condition_bar)
        layout.addWidget(panes, 1)
        return content

    def _connect(self) -> None:
        self.back.clicked.connect(self._go_back)
        self.filter_bar.changed.connect(self._on_filter_changed)
        self.states.retry_clicked.connect(self.refresh)
        self.states.empty_button_clicked.connect(self._on_empty_button)
        self.boxes.toggled.connect(self.grid.set_boxes_shown)
        self.boxes.toggled.connect(self.view.set_boxes_shown)
        self.view.boxes_toggled.connect(self.boxes.setChecked)
        self.view.step_requested.connect(self._step)
        self.grid.current_changed.connect(self._on_current)
        self.grid.item_opened.connect(self._on_opened)
        self.model.page_loaded.connect(self._on_page_loaded)
        self.loader.loaded.connect(self._on_thumb)
        self._session.closed.connect(self._on_closed)

    # Finding

    def _find(self, which: ItemFilter) -> None:
        self.states.show_loading()
        fixed = self._fixed

        def work(project: Project, progress: Progress) -> Found:
            found = find(project, which, progress)
            if fixed is None or fixed.ids is None:
                return found
            kept = set(fixed.ids)
            ids = [item_id for item_id in found.ids if item_id in kept]
            return Found(which, type(found.ids)("q", ids), found.axes, found.classes)

        self._session.run(
            self.tr("Find items"), work, on_done=self._on_found, on_failed=self.states.show_error, slot="items-page"
        )

    @Slot(object)
    def _on_found(self, found: Found) -> None:
        if self._session.project is None:
            return  # it was closed meanwhile
        self.filter_bar.set_axes(found.axes, found.classes)
        self.condition_bar.set_axes(found.axes)
        self.heading.setText(self._heading(found))
        self.model.set_ids(found.ids)
        if not found.ids:
            self._show_nothing(found.which)
            return
        self.states.show_content()
        self.grid.go_to(0)

    def _show_nothing(self, which: ItemFilter) -> None:
        self._show_item(None)
        is_filtered = bool(which.where or which.classes or self._fixed)
        if is_filtered:
            self.states.show_empty(
                self.tr("No such item"),
                self.tr("No image of the project has all of: {}.").format(self._words(which) or self._fixed_title()),
                self.tr("Clear the filter"),
            )
        else:
            self.states.show_empty(
                self.tr("No items yet"), self.tr("Import a dataset on the Data page."), self.tr("Go to Data")
            )

    @Slot()
    def _on_empty_button(self) -> None:
        if self._fixed is None and self.filter_bar.filter == ItemFilter():
            self.page_requested.emit("data", None)
            return
        self._fixed = None
        self.filter_bar.set_filter(ItemFilter())
        self._find(ItemFilter())

    @Slot(object)
    def _on_filter_changed(self, which: ItemFilter) -> None:
        self.grid.choice.clear()  # nobody should change items that are no longer in sight
        if not which.where and not which.classes:
            self._fixed = None
        self._find(which)

    @Slot()
    def _go_back(self) -> None:
        self.page_requested.emit(self._came_from, None)

    @Slot()
    def _on_closed(self) -> None:
        self.loader.clear()
        self._fixed, self._came_from = None, ""
        self.grid.choice.clear()
        self.back.hide()
        self.filter_bar.set_axes(())
        self.filter_bar.set_filter(ItemFilter())
        self.model.set_ids(())

    def _heading(self, found: Found) -> str:
        amount = counted(len(found.ids), "image", "images")
        words = self._words(found.which)
        parts = [amount]
        if self._fixed is not None:
            parts.append(self._fixed_title())
        if words:
            parts.append(words)
        return " ".join(parts)

    def _fixed_title(self) -> str:
        return self._fixed.title if self._fixed is not None else ""

    def _words(self, which: ItemFilter) -> str:
        """Return a filter in words: `with Cigarette, lighting night or dusk`."""
        parts: list[str] = []
        if which.classes:
            parts.append(self.tr("with {}").format(_alternatives(which.classes)))
        axes = dict.fromkeys(axis for axis, _value in which.where)
        for axis in axes:
            values = [value for name, value in which.where if name == axis]
            parts.append(f"{axis} {_alternatives(values)}")
        return ", ".join(parts)

    # The current item

    @Slot(int)
    def _on_current(self, position: int) -> None:
        item = self.model.item(position) if position >= 0 else None
        self._show_item(item)
        if position >= 0:
            self.selection_described.emit(self.model.sentence(position))

    @Slot(int, int)
    def _on_page_loaded(self, first: int, last: int) -> None:
        position = self.grid.current_position()
        if first <= position < last and self._current is None:
            self._on_current(position)

    @Slot(int)
    def _on_thumb(self, item_id: int) -> None:
        if self._current is not None and self._current.id == item_id:
            self.view.show_item(self._current, self.loader.thumb(item_id))

    @Slot(int)
    def _step(self, by: int) -> None:
        self.grid.go_to(self.grid.current_position() + by)

    @Slot(int)
    def _on_opened(self, _position: int) -> None:
        self.view.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_item(self, item: ItemRow | None) -> None:
        self._current = item
        if item is None:
            self.inspector.clear()
            return
        self.view.show_item(item, self.loader.thumb(item.id))
        size = f"{number(item.width)} × {number(item.height)} px" if item.width else self.tr("unknown")
        facts = [
            (self.tr("Source"), item.source),
            (self.tr("Split"), item.split or self.tr("none")),
            (self.tr("State"), item.state),
            (self.tr("Size"), size),
            *item.conditions.items(),
        ]
        actions = [(self.tr("Copy path"), self._copy_path)]
        if item.path:
            actions.append((self.tr("Open folder"), self._open_folder))
        self.inspector.show_thing(
            item.file_name.rpartition("/")[2],
            subtitle=classes_text(item),
            facts=facts,
            text=""
            if item.path or item.text
            else self.tr("The image file is not on this computer. Counts and plans use its labels."),
            lines=(item.path or item.file_name,),
            actions=actions,
        )

    @Slot()
    def _copy_path(self) -> None:
        if self._current is not None:
            QGuiApplication.clipboard().setText(self._current.path or self._current.file_name)

    @Slot()
    def _open_folder(self) -> None:
        if self._current is not None:
            folder = self._current.path.rpartition("/")[0] or self._current.path
            QDesktopServices.openUrl(QUrl.fromLocalFile(folder))


def _alternatives(names: Sequence[str]) -> str:
    shown = list(names[:3])
    if len(names) > 3:
        shown.append(f"{len(names) - 3} more")
    return " or ".join(shown)

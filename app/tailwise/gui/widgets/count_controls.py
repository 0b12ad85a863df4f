"""What to count, by which axes, and how to show it: the controls over the heat map."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QCheckBox, QComboBox, QWidget

from tailwise.domain.coverage import CountRequest, ItemFilter, Unit
from tailwise.domain.records import SCENE_AXES
from tailwise.gui import theme as th
from tailwise.gui.models.count_table import RowOrder, ValueMode
from tailwise.gui.texts import number
from tailwise.gui.widgets.filter_bar import FilterBar
from tailwise.gui.widgets.flow_layout import FlowLayout
from tailwise.gui.widgets.segments import Segments
from tailwise.gui.widgets.together import together

if TYPE_CHECKING:
    from tailwise.gui.models.count_view import CountView

NO_AXIS = ""


class CountControls(QWidget):
    """Announces a new request when something must be counted, and mode and order when it need only be shown anew."""

    requested = Signal(object)  # CountRequest
    mode_chosen = Signal(object)  # ValueMode
    order_chosen = Signal(object)  # RowOrder

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._is_showing = False
        self.first = self._combo(self.tr("Columns"))
        self.second = self._combo(self.tr("Columns within"))
        self.unit = Segments(
            self.tr("Count"), [(unit.value, unit.value.capitalize()) for unit in Unit if unit is not Unit.TEXTS]
        )
        self._of_items = Unit.IMAGES
        self.mode = Segments(
            self.tr("Show"),
            [
                (ValueMode.COUNT.value, self.tr("Count")),
                (ValueMode.EXPECTED.value, self.tr("Expected")),
                (ValueMode.RATIO.value, self.tr("Ratio")),
            ],
        )
        self.order = self._combo(self.tr("Order of the classes"))
        for order, text in (
            (RowOrder.MOST, self.tr("Most first")),
            (RowOrder.FEWEST, self.tr("Fewest first")),
            (RowOrder.SHORT, self.tr("Shortest first")),
            (RowOrder.NAME, self.tr("By name")),
        ):
            self.order.addItem(text, order)
        self.unique = QCheckBox(self.tr("Near-duplicates once"))
        self.unique.setToolTip(self.tr("Unique scenes: of pictures that show the same, the one with most objects"))
        self.unique.hide()
        self.filter_bar = FilterBar(with_classes=False)
        self._lay_out()
        for combo in (self.first, self.second):
            combo.activated.connect(self._ask)
        self.order.activated.connect(self._on_order)
        self.unit.chosen.connect(self._ask)
        self.unique.clicked.connect(self._ask)
        self.mode.chosen.connect(self._on_mode)
        self.filter_bar.changed.connect(self._ask)

    def show_view(self, view: CountView) -> None:
        """Show the choices a view was made with, and what else there is to choose."""
        by = view.request.by
        for position, combo in enumerate((self.first, self.second)):
            combo.clear()
            combo.addItem(self.tr("nothing") if position else self.tr("no condition"), NO_AXIS)
            for axis in view.axes:
                combo.addItem(f"{axis.name} ({number(len(axis.values))})", axis.name)
                tip = self.tr("{} values").format(number(len(axis.values)))
                combo.setItemData(combo.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
            chosen = by[position] if position < len(by) else NO_AXIS
            combo.setCurrentIndex(max(0, combo.findData(chosen)))
        self.second.setEnabled(bool(by))
        if view.table.unit is Unit.TEXTS and self._of_items is Unit.IMAGES:  # the items of the project are texts
            self._of_items = Unit.TEXTS
            self.unit.set_text(Unit.IMAGES.value, self.tr("Texts"))
        self.unit.choose(Unit.IMAGES.value if view.table.unit is self._of_items else view.table.unit.value)
        needs_axis = "" if view.table.expected is not None else self.tr("Choose columns first")
        for mode in (ValueMode.EXPECTED, ValueMode.RATIO):
            self.mode.set_usable(mode.value, needs_axis)
        if needs_axis:
            self.mode.choose(ValueMode.COUNT.value)
        self.unique.setVisible(view.request.unique or any(axis.name in SCENE_AXES for axis in view.axes))
        self.unique.setChecked(view.request.unique)
        self.filter_bar.set_axes(view.axes)
        self.filter_bar.set_filter(ItemFilter(view.request.where))

    def request(self) -> CountRequest:
        """Return what is asked for."""
        by = [combo.currentData() for combo in (self.first, self.second) if combo.currentData()]
        unit = Unit(self.unit.current())
        unit = self._of_items if unit is Unit.IMAGES else unit
        return CountRequest(tuple(dict.fromkeys(by)), unit, self.filter_bar.filter.where, self.unique.isChecked())

    def _combo(self, name: str) -> QComboBox:
        combo = QComboBox(self)
        combo.setAccessibleName(name)
        combo.setToolTip(name)
        combo.setMinimumContentsLength(14)
        combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        return combo

    def _lay_out(self) -> None:
        layout = FlowLayout(self)
        layout.setSpacing(th.SPACE_M)
        for text, widgets in (
            (self.tr("Columns"), (self.first, self.second)),
            ("", (self.unit,)),
            ("", (self.mode,)),
            ("", (self.order,)),
            ("", (self.unique,)),
        ):
            layout.addWidget(together(*widgets, caption=text))

    @Slot()
    def _ask(self) -> None:
        self.requested.emit(self.request())

    @Slot(str)
    def _on_mode(self, key: str) -> None:
        self.mode_chosen.emit(ValueMode(key))

    @Slot()
    def _on_order(self) -> None:
        self.order_chosen.emit(RowOrder(self.order.currentData()))

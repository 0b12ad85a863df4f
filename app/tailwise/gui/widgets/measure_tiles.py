"""The long-tail measures as tiles; each leads to what it was measured on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from tailwise.gui.number_text import NOTHING, measure, percent, short, trimmed
from tailwise.gui.texts import number
from tailwise.gui.widgets.kpi import KpiRow, KpiTile

if TYPE_CHECKING:
    from tailwise.gui.models.count_view import CountView


class MeasureTiles(QWidget):
    """Images, classes, imbalance ratio, effective classes, evenness and Gini coefficient."""

    items_clicked = Signal()
    classes_clicked = Signal()
    imbalance_clicked = Signal()
    tail_clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.items = KpiTile(self.tr("labelled images"))
        self.classes = KpiTile(self.tr("classes"))
        self.imbalance = KpiTile(self.tr("imbalance ratio"))
        self.effective = KpiTile(self.tr("effective classes"))
        self.evenness = KpiTile(self.tr("evenness"))
        self.gini = KpiTile(self.tr("Gini"))
        tips = (
            (self.items, self.tr("Show these images")),
            (self.classes, self.tr("Go to the classes")),
            (self.imbalance, self.tr("The largest class over the smallest that is not empty; go to the smallest")),
            (self.effective, self.tr("As many equally large classes would be as hard to tell; go to the long tail")),
            (self.evenness, self.tr("Entropy of the classes over its maximum, 0 to 1; go to the long tail")),
            (self.gini, self.tr("Gini coefficient of the classes, 0 to 1; go to the long tail")),
        )
        for tile, tip in tips:
            tile.setToolTip(tip)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(KpiRow(tuple(tile for tile, _tip in tips)))
        self.items.clicked.connect(self.items_clicked)
        self.classes.clicked.connect(self.classes_clicked)
        self.imbalance.clicked.connect(self.imbalance_clicked)
        for tile in (self.effective, self.evenness, self.gini):
            tile.clicked.connect(self.tail_clicked)

    def show_view(self, view: CountView) -> None:
        """Show the measures of a view."""
        measures, table = view.measures, view.table
        share = percent(table.items / view.items) if view.items else NOTHING
        self.items.set_value(table.items, note=self.tr("{} of all").format(share))
        empty = len(measures.empty_classes)
        self.classes.set_value(
            measures.classes,
            note=self.tr("{} without images").format(number(empty)) if empty else self.tr("all have images"),
            tone="warn" if empty else "plain",
        )
        ratio = measures.imbalance_ratio
        self.imbalance.set_value(
            NOTHING if ratio is None else f"{short(round(ratio)) if ratio >= 100 else trimmed(ratio)} : 1",
            note=self.tr("largest to smallest"),
        )
        filled = measures.classes - empty
        self.effective.set_value(
            measure(measures.effective_classes, 1), note=self.tr("of {} in use").format(number(filled))
        )
        self.evenness.set_value(measure(measures.evenness), note=self.tr("1 is even"))
        v = table.cramers_v
        note = self.tr("0 is even") if v is None else self.tr("Cramér's V {}").format(measure(v))
        self.gini.set_value(measure(measures.gini), note=note)

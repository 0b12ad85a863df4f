"""A few questions before a tool of the page Augment begins: tiles, generated pictures, filling up a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFormLayout,
    QLabel,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from tailwise.domain.feature_table import NEIGHBOURS, SmoteRequest
from tailwise.domain.generated import LEAST_REVIEW
from tailwise.domain.tiles import MOST_SIDE, TileRequest
from tailwise.gui import theme as th

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_TILES = 10_000_000
TEXT_WIDTH = 420


class ToolDialog(QDialog):
    """A sentence, fields under each other, and two buttons. Deleted when it is closed."""

    def __init__(self, title: str, text: str, verb: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        said = QLabel(text)
        said.setWordWrap(True)
        said.setProperty("role", "muted")
        said.setMinimumWidth(TEXT_WIDTH)
        self.form = QFormLayout()
        self.form.setHorizontalSpacing(th.SPACE_M)
        self.form.setVerticalSpacing(th.SPACE_S)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.start = self.buttons.addButton(verb, QDialogButtonBox.ButtonRole.AcceptRole)
        self.start.setProperty("role", "primary")
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(th.SPACE_L, th.SPACE_L, th.SPACE_L, th.SPACE_L)
        layout.setSpacing(th.SPACE_M)
        layout.addWidget(said)
        layout.addLayout(self.form)
        layout.addWidget(self.buttons)


class TilesDialog(ToolDialog):
    """How large the tiles are, how many, and how many without an object."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            "Tiles",
            "Windows of the training pictures, chosen so that rare classes are seen. The result is a CSV file.",
            "Choose tiles…",
            parent,
        )
        default = TileRequest()
        self.side, self.stride, self.total = QSpinBox(), QSpinBox(), QSpinBox()
        self.background = QDoubleSpinBox()
        for field, low, high, value, suffix in (
            (self.side, 1, MOST_SIDE, default.side, " px"),
            (self.stride, 1, MOST_SIDE, default.stride, " px"),
            (self.total, 0, MOST_TILES, default.total, ""),
        ):
            field.setRange(low, high)
            field.setValue(value)
            field.setSuffix(suffix)
            field.setGroupSeparatorShown(True)
        self.total.setSpecialValueText(self.tr("all with a label"))
        self.background.setRange(0, 90)
        self.background.setSuffix(" %")
        self.background.setDecimals(0)
        self.background.setValue(100 * default.background)
        self.form.addRow(self.tr("Side of a tile"), self.side)
        self.form.addRow(self.tr("From one to the next"), self.stride)
        self.form.addRow(self.tr("How many"), self.total)
        self.form.addRow(self.tr("Without an object"), self.background)
        self.side.valueChanged.connect(self.stride.setMaximum)
        self.stride.setMaximum(self.side.value())

    def request(self) -> TileRequest:
        """Return what is asked for."""
        return TileRequest(self.side.value(), self.stride.value(), self.total.value(), self.background.value() / 100)


class GeneratedDialog(ToolDialog):
    """Which share of the pictures that a generative model made is to be looked at."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            "Generated pictures",
            "Import them on the Data page first. Then choose a CSV table with the columns file, parent and generator "
            "(prompt if you have it): each picture stays with its parent, for training only, and never counts as real.",
            "Choose the table…",
            parent,
        )
        self.share = QSpinBox()
        self.share.setRange(round(100 * LEAST_REVIEW), 100)
        self.share.setValue(round(100 * LEAST_REVIEW))
        self.share.setSuffix(" %")
        self.form.addRow(self.tr("To be reviewed, at least"), self.share)

    def review(self) -> float:
        """Return the share that is to be looked at."""
        return self.share.value() / 100


class SmoteDialog(ToolDialog):
    """Which column of a table is the class, and which are no features."""

    def __init__(self, columns: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(
            "Fill up a table",
            "New rows between rows of one class, for measured features only. Oversampling helps weak learners, not "
            "strong ones once thresholds are tuned: compare with class weights first.",
            "Fill up…",
            parent,
        )
        self.label, self.group, self.split, self.ignore = QComboBox(), QComboBox(), QComboBox(), QComboBox()
        self.label.addItems(list(columns))
        self.label.setCurrentIndex(max(0, len(columns) - 1))
        for field in (self.group, self.split, self.ignore):
            field.addItem(self.tr("none"), "")
            for name in columns:
                field.addItem(name, name)
        self.neighbours = QSpinBox()
        self.neighbours.setRange(1, 50)
        self.neighbours.setValue(NEIGHBOURS)
        self.form.addRow(self.tr("Class"), self.label)
        self.form.addRow(self.tr("Name of the row, no feature"), self.ignore)
        self.form.addRow(self.tr("Scene or cluster"), self.group)
        self.form.addRow(self.tr("Split (only train is used)"), self.split)
        self.form.addRow(self.tr("Neighbours"), self.neighbours)

    def request(self) -> SmoteRequest:
        """Return what is asked for."""
        ignore, label = str(self.ignore.currentData()), self.label.currentText()
        return SmoteRequest(
            label,
            group=str(self.group.currentData()),
            split=str(self.split.currentData()),
            ignore=(ignore,) if ignore and ignore != label else (),
            neighbours=self.neighbours.value(),
        )

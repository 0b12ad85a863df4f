"""Class weights: the scheme, why, every class, and a warning where resampling corrects already."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QCheckBox, QComboBox, QDoubleSpinBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from tailwise.domain.class_weights import POS_WEIGHT_CAP, Normalise, Scheme, WeightsRequest
from tailwise.domain.coverage import Unit
from tailwise.gui import theme as th
from tailwise.gui.models.balance_tables import WeightTable
from tailwise.gui.widgets.record_view import RecordView

if TYPE_CHECKING:
    from tailwise.domain.class_weights import WeightsOutcome

SCHEMES: Final = (
    (Scheme.AUTO, "by the imbalance ratio"),
    (Scheme.NONE, "none"),
    (Scheme.BALANCED, "balanced"),
    (Scheme.INVERSE, "inverse"),
    (Scheme.SQRT, "square root of inverse"),
    (Scheme.EFFECTIVE, "effective number"),
    (Scheme.MEDIAN, "median frequency"),
    (Scheme.POS_WEIGHT, "positive weight"),
)
AUTOMATIC_BETA: Final = -0.0001


class WeightsPanel(QWidget):
    """Emits `request_changed` with every choice; shows outcomes."""

    request_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.scheme = QComboBox()
        self.unit = QComboBox()
        self.normalise = QComboBox()
        self.beta = QDoubleSpinBox()
        self.tiers = QCheckBox(self.tr("Tiers count"))
        self.cap = QDoubleSpinBox()
        self.rule = QLabel()
        self.warnings = QLabel()
        self.weights = WeightTable(self)
        self.view = RecordView(self.weights, self.tr("Class weights"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(th.SPACE_M)
        layout.addLayout(self._controls())
        for label in (self.rule, self.warnings):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        layout.addWidget(self.rule)
        layout.addWidget(self.view, 1)
        layout.addWidget(self.warnings)
        for box in (self.scheme, self.unit, self.normalise):
            box.currentIndexChanged.connect(self._on_changed)
        self.beta.valueChanged.connect(self._on_changed)
        self.cap.valueChanged.connect(self._on_changed)
        self.tiers.toggled.connect(self._on_changed)

    def request(self) -> WeightsRequest:
        """Return the request as entered."""
        unit, normalise = self.unit.currentData(), self.normalise.currentData()
        return WeightsRequest(
            scheme=Scheme(self.scheme.currentData()),
            unit=Unit(unit) if unit else None,
            normalise=Normalise(normalise) if normalise else None,
            beta=self.beta.value() if self.beta.value() >= 0 else None,
            use_tiers=self.tiers.isChecked(),
            pos_weight_cap=self.cap.value(),
        )

    def show_request(self, request: WeightsRequest) -> None:
        """Enter a request."""
        self.scheme.setCurrentIndex(self.scheme.findData(request.scheme.value))
        self.unit.setCurrentIndex(self.unit.findData(request.unit.value if request.unit else ""))
        self.normalise.setCurrentIndex(self.normalise.findData(request.normalise.value if request.normalise else ""))
        self.beta.setValue(AUTOMATIC_BETA if request.beta is None else request.beta)
        self.tiers.setChecked(request.use_tiers)
        self.cap.setValue(request.pos_weight_cap)

    def show_outcome(self, outcome: WeightsOutcome) -> None:
        """Show what a request comes to."""
        self.beta.setEnabled(outcome.scheme is Scheme.EFFECTIVE)
        beta = self.tr(", beta {}").format(f"{outcome.beta:g}") if outcome.beta is not None else ""
        self.rule.setText(f"{outcome.rule}{beta}.\n{outcome.focal}.")
        warnings = [f"{'▲' if text.startswith('Corrected twice') else 'ℹ'} {text}." for text in outcome.warnings]
        self.warnings.setText("\n".join(warnings))
        self.warnings.setVisible(bool(warnings))
        self.weights.set_records(outcome.rows)

    def _controls(self) -> QHBoxLayout:
        for scheme, text in SCHEMES:
            self.scheme.addItem(text, scheme.value)
        self.unit.addItem(self.tr("what fits"), "")
        for unit in Unit:
            self.unit.addItem(unit.value, unit.value)
        for key, text in (("", "as published"), ("none", "not scaled"), ("sum1", "sum 1"), ("mean1", "mean 1")):
            self.normalise.addItem(text, key)
        self.beta.setRange(AUTOMATIC_BETA, 1.0)
        self.beta.setDecimals(4)
        self.beta.setSingleStep(0.001)
        self.beta.setSpecialValueText(self.tr("by itself"))
        self.beta.setValue(AUTOMATIC_BETA)
        self.cap.setRange(0.1, 1e6)
        self.cap.setDecimals(1)
        self.cap.setValue(POS_WEIGHT_CAP)
        row = QHBoxLayout()
        row.setSpacing(th.SPACE_S)
        for text, box in (
            (self.tr("Scheme"), self.scheme),
            (self.tr("Count"), self.unit),
            (self.tr("Scale"), self.normalise),
            (self.tr("Beta"), self.beta),
            (self.tr("Cut positive weights at"), self.cap),
        ):
            label = QLabel(text)
            label.setBuddy(box)
            box.setAccessibleName(text)
            row.addWidget(label)
            row.addWidget(box)
        row.addWidget(self.tiers)
        row.addStretch(1)
        return row

    @Slot()
    def _on_changed(self) -> None:
        self.request_changed.emit()

"""The head of a quota request: name, weeks, what is counted, what is sought, and the reserves."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QDate, QSignalBlocker, Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDateEdit,
    QDoubleSpinBox,
    QHBoxLayout,
    QLineEdit,
    QSpinBox,
    QWidget,
)

from tailwise.domain.plan import CONFIDENCE_RANGE, MAX_WEEKS, MIN_DISCOVERY, Objective, QuotaUnit
from tailwise.gui import theme as th
from tailwise.gui.models.quota_request import PlanHead
from tailwise.gui.widgets.axis_menu import TickMenu
from tailwise.gui.widgets.flow_layout import FlowLayout
from tailwise.gui.widgets.together import together

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

OBJECTIVES = (
    (Objective.FEWEST_HOURS, "Fewest hours"),
    (Objective.MOST_RARE, "Most must-not-miss"),
)
MOST_SEED = 2_147_483_647


class PlanHeadForm(QWidget):
    """Small fields that wrap over as many lines as they need."""

    changed = Signal()
    weeks_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name = QLineEdit()
        self.name.setMinimumWidth(160)
        self.has_start = QCheckBox(self.tr("Starts"))
        self.start = QDateEdit(QDate.currentDate())
        self.start.setCalendarPopup(True)
        self.start.setDisplayFormat("yyyy-MM-dd")
        self.weeks = QSpinBox()
        self.weeks.setRange(1, MAX_WEEKS)
        self.unit = QComboBox()
        for unit in QuotaUnit:
            self.unit.addItem(unit.value.capitalize(), unit.value)
        self.objective = QComboBox()
        for objective, text in OBJECTIVES:
            self.objective.addItem(text, objective.value)
        self.seed = QSpinBox()
        self.seed.setRange(0, MOST_SEED)
        self.discovery = self._share(self.tr("Least share of random and novelty streams; 0, or at least 10 %"))
        self.hard_negatives = self._share(self.tr("Least share of hard negatives"))
        self.confidence = self._share(
            self.tr(
                "Probability with which each quota is to be met; 0 plans for what is expected, met half of the time"
            )
        )
        self.confidence.setRange(0, CONFIDENCE_RANGE[1] * 100)
        self.confidence.setSpecialValueText(self.tr("as expected"))
        self.experimental = self._share(self.tr("Most of each week from streams only experimental classes need"))
        self.streams_by = TickMenu(self.tr("Streams by"), self.tr("what says most"))
        self.streams_by.setToolTip(self.tr("Conditions that tell the streams of the project apart"))
        self._axes: tuple[str, ...] = ()
        self._conditions: tuple[str, ...] | None = None
        self._lay_out()
        self._connect()

    def show_head(self, head: PlanHead, weeks: int) -> None:
        """Show a request's head without announcing it."""
        blockers = [QSignalBlocker(widget) for widget in self.findChildren(QWidget)]
        self.name.setText(head.name)
        self.has_start.setChecked(head.start is not None)
        self.start.setEnabled(head.start is not None)
        if head.start is not None:
            self.start.setDate(QDate(head.start.year, head.start.month, head.start.day))
        self.weeks.setValue(weeks)
        self.unit.setCurrentIndex(self.unit.findData(head.unit.value))
        self.objective.setCurrentIndex(self.objective.findData(head.objective.value))
        self.seed.setMaximum(max(MOST_SEED, self.seed.maximum()))
        self.seed.setValue(min(head.seed, MOST_SEED))
        self.discovery.setValue(head.discovery * 100)
        self.hard_negatives.setValue(head.hard_negatives * 100)
        self.confidence.setValue((head.confidence or 0.0) * 100)
        self.experimental.setValue(head.experimental_share * 100)
        self._conditions = head.conditions
        self._show_axes()
        del blockers

    def show_axes(self, axes: Sequence[str]) -> None:
        """Offer these conditions to tell streams apart by."""
        self._axes = tuple(axes)
        self._show_axes()

    def show_weeks(self, weeks: int) -> None:
        """Follow the number of weeks without announcing it."""
        blocker = QSignalBlocker(self.weeks)
        self.weeks.setValue(weeks)
        del blocker

    def head(self) -> PlanHead:
        """Return what the fields say. A share or probability below the least one there is counts as that."""
        discovery = self.discovery.value() / 100
        confidence = round(self.confidence.value() / 100, 6)
        return PlanHead(
            name=self.name.text().strip(),
            start=cast("dt.date", self.start.date().toPython()) if self.has_start.isChecked() else None,
            unit=QuotaUnit(self.unit.currentData()),
            objective=Objective(self.objective.currentData()),
            seed=self.seed.value(),
            discovery=max(MIN_DISCOVERY, discovery) if discovery else 0.0,
            hard_negatives=self.hard_negatives.value() / 100,
            confidence=max(CONFIDENCE_RANGE[0], confidence) if confidence else None,
            experimental_share=round(self.experimental.value() / 100, 6),
            conditions=self.streams_by.ticked() or (() if self._conditions == () else None),
        )

    def _show_axes(self) -> None:
        known = (*self._axes, *(name for name in self._conditions or () if name not in self._axes))
        self.streams_by.set_choices([(name, "") for name in known], self._conditions or ())

    def _share(self, tip: str) -> QDoubleSpinBox:
        box = QDoubleSpinBox()
        box.setRange(0, 100)
        box.setDecimals(1)
        box.setSingleStep(5)
        box.setSuffix(" %")
        box.setToolTip(tip)
        return box

    def _lay_out(self) -> None:
        layout = FlowLayout(self)
        layout.setSpacing(th.SPACE_M)
        starts = QWidget()
        row = QHBoxLayout(starts)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(th.SPACE_S)
        row.addWidget(self.has_start)
        row.addWidget(self.start)
        self.start.setAccessibleName(self.tr("First day"))
        for text, widget in (
            (self.tr("Name"), self.name),
            (self.tr("Weeks"), self.weeks),
            ("", starts),
            (self.tr("Counts"), self.unit),
            (self.tr("Seeks"), self.objective),
            (self.tr("Discovery"), self.discovery),
            (self.tr("Hard negatives"), self.hard_negatives),
            (self.tr("Experimental"), self.experimental),
            (self.tr("Sure to"), self.confidence),
            ("", self.streams_by),
            (self.tr("Seed"), self.seed),
        ):
            if text:
                widget.setAccessibleName(text)
            layout.addWidget(together(widget, caption=text))

    def _connect(self) -> None:
        self.name.textChanged.connect(self.changed)
        self.has_start.toggled.connect(self._on_start_toggled)
        self.start.dateChanged.connect(self.changed)
        self.weeks.valueChanged.connect(self.weeks_chosen)
        self.streams_by.ticked_changed.connect(self.changed)
        for combo in (self.unit, self.objective):
            combo.currentIndexChanged.connect(self.changed)
        for box in (self.seed, self.discovery, self.hard_negatives, self.confidence, self.experimental):
            box.valueChanged.connect(self.changed)

    @Slot(bool)
    def _on_start_toggled(self, has_start: bool) -> None:
        self.start.setEnabled(has_start)
        self.changed.emit()

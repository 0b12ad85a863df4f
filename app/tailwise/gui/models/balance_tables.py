"""Classes before and after a resampling, methods beside each other, and class weights, as tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from PySide6.QtCore import Qt

from tailwise.domain.class_weights import ClassWeight
from tailwise.domain.resampling import ClassEffect
from tailwise.gui.models.record_table import Column, RecordTable
from tailwise.gui.number_text import NOTHING, measure, trimmed

if TYPE_CHECKING:
    from PySide6.QtCore import QObject

    from tailwise.domain.resampling import BalanceMeasures, ResamplingOutcome
    from tailwise.gui.models.record_table import AnyIndex

BARS_ROLE: Final = int(Qt.ItemDataRole.UserRole) + 2
"""Samples before, after and aimed at as shares of the largest of all, for the bars of a class."""
T = TypeVar("T")
METHOD_NAMES: Final = {
    "water-filling": "Water-filling",
    "target-lp": "Target program",
    "rfs": "RFS",
    "irfs": "IRFS",
}


@dataclass(frozen=True, slots=True)
class MethodLine:
    """One method, or the items as they are, with its measures."""

    name: str
    measures: BalanceMeasures
    mean_change: float
    max_repeat: float


class _RightAligned(RecordTable[T]):
    """Numbers with decimals are texts; all columns but the first stand on the right."""

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if role == Qt.ItemDataRole.TextAlignmentRole and index.isValid() and index.column():
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return super().data(index, role)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if role == Qt.ItemDataRole.TextAlignmentRole and orientation == Qt.Orientation.Horizontal and section:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return super().headerData(section, orientation, role)


class ClassEffects(_RightAligned[ClassEffect]):
    """Every class: samples now, aimed at and per epoch, with bars, multiplier and surplus."""

    BARS: Final = 1

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(
            (
                Column("Class", lambda r: r.name, width=0),
                Column("Before and after", _change, lambda r: r.effective - r.count, _told, 16),
                Column("Now", lambda r: r.count, width=8),
                Column("Aimed at", lambda r: trimmed(r.target), lambda r: r.target, width=10),
                Column("Per epoch", lambda r: trimmed(r.effective), lambda r: r.effective, width=10),
                Column(
                    "Times",
                    lambda r: (
                        NOTHING if r.multiplier is None else f"{measure(r.multiplier)}{' ▲' if r.is_capped else ''}"
                    ),
                    lambda r: r.multiplier or 0.0,
                    lambda r: "as often as the cap allows" if r.is_capped else "",
                    9,
                ),
                Column(
                    "Surplus",
                    lambda r: trimmed(r.surplus) if r.surplus >= 0.05 else "",
                    lambda r: r.surplus,
                    lambda r: "above the target: these items hold rarer classes too" if r.surplus >= 0.05 else "",
                    9,
                ),
            ),
            parent,
        )

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:  # noqa: D102
        if role == BARS_ROLE and index.isValid() and index.column() == self.BARS:
            record = self.record(index)
            most = max((max(r.count, r.effective) for r in self.records()), default=1.0) or 1.0
            return record.count / most, record.effective / most, record.target / most
        return super().data(index, role)


def _change(row: ClassEffect) -> str:
    return f"{row.count:,} → {trimmed(row.effective)}"


def _told(row: ClassEffect) -> str:
    return f"{row.name}: {row.count:,} samples now, {trimmed(row.effective)} per epoch, {trimmed(row.target)} aimed at"


class MethodTable(_RightAligned[MethodLine]):
    """The items as they are, this plan, and published methods at the same total and cap."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(
            (
                Column("Method", lambda r: r.name, width=0),
                _measure_column("Evenness", "evenness", 3),
                _measure_column("Max/min", "imbalance_ratio", 1),
                _measure_column("Tail ×", "tail_multiplier", 2),
                Column("Under 50", lambda r: r.measures.under, width=9),
                Column("Change", lambda r: measure(r.mean_change), lambda r: r.mean_change, width=8),
            ),
            parent,
        )

    def show_outcome(self, outcome: ResamplingOutcome) -> None:
        """Show the lines of an outcome."""
        lines = [MethodLine("As it is", outcome.before, 0.0, 1.0)]
        if outcome.comparison:
            lines += [
                MethodLine(METHOD_NAMES[m.method.value], m.measures, m.mean_change, m.max_repeat)
                for m in outcome.comparison
            ]
        else:
            lines.append(MethodLine(METHOD_NAMES[outcome.method.value], outcome.after, outcome.mean_change, 0.0))
        self.set_records(lines)


def _measure_column(title: str, name: str, decimals: int) -> Column[MethodLine]:
    def value(line: MethodLine) -> float | None:
        return getattr(line.measures, name)

    return Column(title, lambda r: measure(value(r), decimals), lambda r: value(r) or 0.0, width=10)


class WeightTable(_RightAligned[ClassWeight]):
    """Every class with its weight, positive weight, and what resampling makes of it."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(
            (
                Column("Class", lambda r: r.name, width=0),
                Column("Tier", lambda r: r.tier, width=14),
                Column("Samples", lambda r: r.count, width=10),
                Column("Weight", lambda r: _figures(r.weight), lambda r: r.weight or 0.0, width=12),
                Column(
                    "Positive weight",
                    lambda r: _figures(r.pos_weight) + (" ▲" if _is_cut(r) else ""),
                    lambda r: r.pos_weight_exact or 0.0,
                    lambda r: f"cut, {_figures(r.pos_weight_exact)} before" if _is_cut(r) else "",
                    15,
                ),
                Column("Times", lambda r: measure(r.multiplier), lambda r: r.multiplier or 0.0, width=8),
                Column(
                    "Weight × times",
                    lambda r: _figures(r.product),
                    lambda r: r.product or 0.0,
                    lambda _r: "with weights scaled so that the mean sample weighs 1",
                    17,
                ),
            ),
            parent,
        )


def _is_cut(row: ClassWeight) -> bool:
    return (row.pos_weight_exact or 0.0) > (row.pos_weight or 0.0)


def _figures(value: float | None) -> str:
    return NOTHING if value is None else f"{value:,.6g}"

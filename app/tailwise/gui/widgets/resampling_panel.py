"""What an epoch should look like, and what it does to every class while the numbers are turned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QSignalBlocker, Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QDoubleSpinBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QSlider,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from tailwise.domain.resampling import MAX_EPOCHS, ResamplingRequest, TargetShape
from tailwise.gui import theme as th
from tailwise.gui.models.balance_tables import ClassEffects, MethodTable
from tailwise.gui.number_text import measure, trimmed
from tailwise.gui.texts import counted, number
from tailwise.gui.widgets.balance_bars import BalanceBarDelegate
from tailwise.gui.widgets.kpi import KpiRow, KpiTile
from tailwise.gui.widgets.record_view import RecordView
from tailwise.gui.widgets.segments import Segments
from tailwise.gui.widgets.splitters import beside

if TYPE_CHECKING:
    from tailwise.domain.errors import RequestError
    from tailwise.domain.resampling import ResamplingOutcome

SETTLE_MILLISECONDS: Final = 60
AUTOMATIC: Final = -0.05
"""Place of the floor spin box that stands for "by itself"."""
ROOM_FOR_REPEATS: Final = 1.5
_TENTHS: Final = 10


class ResamplingPanel(QWidget):
    """Emits `request_changed` shortly after the last turn of a number; shows outcomes."""

    request_changed = Signal()
    class_opened = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._items = 0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SETTLE_MILLISECONDS)
        self._timer.timeout.connect(self.request_changed)
        self.total = QSpinBox()
        self.total_slider = QSlider(Qt.Orientation.Horizontal)
        self.cap = QDoubleSpinBox()
        self.cap_slider = QSlider(Qt.Orientation.Horizontal)
        self.floor = QDoubleSpinBox()
        self.epochs = QSpinBox()
        self.seed = QSpinBox()
        self.per_scene = QCheckBox(self.tr("Near-duplicates count once"))
        self.target = Segments(
            self.tr("Class totals aimed at"),
            (
                (TargetShape.UNIFORM.value, self.tr("Uniform")),
                (TargetShape.SQRT.value, self.tr("Square root")),
                (TargetShape.NATURAL.value, self.tr("Natural")),
                (TargetShape.TIERS.value, self.tr("Tiers")),
            ),
        )
        self.evenness = KpiTile(self.tr("evenness"))
        self.ratio = KpiTile(self.tr("largest to smallest"))
        self.under = KpiTile(self.tr("classes under 50"))
        self.uses = KpiTile(self.tr("most uses of an item"))
        self.seen = KpiTile(self.tr("epochs until all are seen"))
        self.notes = QLabel()
        self.classes = ClassEffects(self)
        self.methods = MethodTable(self)
        self.classes_view = RecordView(self.classes, self.tr("Classes before and after"))
        self.methods_view = RecordView(self.methods, self.tr("Methods at the same total and cap"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(th.SPACE_M)
        layout.addLayout(self._controls())
        layout.addWidget(KpiRow((self.evenness, self.ratio, self.under, self.uses, self.seen)))
        layout.addWidget(self._answer(), 1)
        self._connect()

    def request(self) -> ResamplingRequest:
        """Return the request as entered.

        Raises:
            RequestError: it is impossible; the sentence says why.
        """
        return ResamplingRequest(
            total=self.total.value(),
            cap=self.cap.value(),
            floor=self.floor.value() if self.floor.value() >= 0 else None,
            target=TargetShape(self.target.current()),
            per_scene=self.per_scene.isChecked(),
            epochs=self.epochs.value(),
            seed=self.seed.value(),
        )

    def begin(self, items: int, stored: ResamplingRequest | None, *, is_single: bool) -> None:
        """Show a project with so many training items, and its stored request if there is one.

        Where items hold several classes none is left out by itself, so that the first proposal has room for repeats.
        """
        is_other = items != self._items
        self._items = items
        with QSignalBlocker(self.total), QSignalBlocker(self.cap), QSignalBlocker(self.floor):
            self.total_slider.setRange(max(1, items // 4), 4 * items)
            self.total_slider.setPageStep(max(1, items // 10))
            if stored is not None:
                self.total.setValue(stored.total or items)
                self.cap.setValue(stored.cap)
                self.floor.setValue(AUTOMATIC if stored.floor is None else stored.floor)
                self.target.choose(stored.target.value)
                self.per_scene.setChecked(stored.per_scene)
                self.epochs.setValue(stored.epochs)
                self.seed.setValue(min(stored.seed, self.seed.maximum()))
            elif is_other:
                self.total.setValue(items if is_single else round(ROOM_FOR_REPEATS * items))
        self._follow()

    def show_outcome(self, outcome: ResamplingOutcome) -> None:
        """Show what a request comes to."""
        before, after = outcome.before, outcome.after
        was = self.tr("before {}")
        self.evenness.set_value(measure(after.evenness, 3), note=was.format(measure(before.evenness, 3)))
        self.ratio.set_value(measure(after.imbalance_ratio, 1), note=was.format(measure(before.imbalance_ratio, 1)))
        self.under.set_value(after.under, note=was.format(number(before.under)))
        emission = outcome.emission
        scene = self.tr("{} of one scene").format(number(emission.max_scene_repeats))
        self.uses.set_value(emission.max_repeats, note=scene)
        seen = emission.epochs_to_see_all
        used = counted(emission.items, "item in the first", "items in the first")
        self.seen.set_value(
            self.tr("never") if seen is None else seen, note=used, tone="warn" if seen is None else "ok"
        )
        signs = ("◆ " if not outcome.is_feasible else "", "ℹ ")
        notes = [f"{signs[0] if 'items per epoch are' in note else signs[1]}{note}." for note in outcome.notes]
        self.notes.setText("\n".join(notes))
        self.notes.setVisible(bool(notes))
        at = self.classes_view.currentIndex().row()
        self.classes.set_records(outcome.rows)
        if 0 <= at < len(outcome.rows):
            self.classes_view.select_row(at)
        self.methods.show_outcome(outcome)

    def show_problem(self, error: RequestError) -> None:
        """Say why there is no answer."""
        self.notes.setText(f"◆ {error.sentence}")
        self.notes.show()

    def summary(self, outcome: ResamplingOutcome) -> str:
        """Return the outcome in a sentence for the foot of the window."""
        return self.tr("{} per epoch from {} training items, evenness {}").format(
            counted(outcome.total, "item", "items"), number(outcome.part.items), trimmed(outcome.after.evenness or 0, 3)
        )

    def _controls(self) -> QGridLayout:
        self.total.setRange(1, 1_000_000_000)
        self.total.setGroupSeparatorShown(True)
        self.cap.setRange(0.1, 1000)
        self.cap.setDecimals(2)
        self.cap.setSingleStep(0.5)
        self.cap.setValue(5)
        self.cap.setSuffix(" ×")
        self.cap_slider.setRange(1, 20 * _TENTHS)
        self.floor.setRange(AUTOMATIC, 1000)
        self.floor.setDecimals(2)
        self.floor.setSingleStep(0.05)
        self.floor.setValue(AUTOMATIC)
        self.floor.setSpecialValueText(self.tr("by itself"))
        self.epochs.setRange(1, MAX_EPOCHS)
        self.seed.setRange(0, 2**31 - 1)
        grid = QGridLayout()
        grid.setHorizontalSpacing(th.SPACE_S)
        grid.setVerticalSpacing(th.SPACE_S)
        rows = (
            (self.tr("Items per epoch"), self.total, self.total_slider),
            (self.tr("Cap"), self.cap, self.cap_slider),
        )
        for row, (text, box, slider) in enumerate(rows):
            label = QLabel(text)
            label.setBuddy(box)
            box.setAccessibleName(text)
            slider.setAccessibleName(self.tr("{}, slider").format(text))
            grid.addWidget(label, row, 0)
            grid.addWidget(box, row, 1)
            grid.addWidget(slider, row, 2)
        grid.setColumnStretch(2, 1)
        aims = QHBoxLayout()
        aims.setSpacing(th.SPACE_S)
        aim = QLabel(self.tr("Aim at"))
        aims.addWidget(aim)
        aims.addWidget(self.target)
        aims.addStretch(1)
        aims.addWidget(self.per_scene)
        grid.addLayout(aims, 0, 3)
        grid.addLayout(self._small_numbers(), 1, 3)
        return grid

    def _small_numbers(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(th.SPACE_S)
        for text, box in (
            (self.tr("Floor"), self.floor),
            (self.tr("Epochs"), self.epochs),
            (self.tr("Seed"), self.seed),
        ):
            label = QLabel(text)
            label.setBuddy(box)
            box.setAccessibleName(text)
            row.addWidget(label)
            row.addWidget(box)
        row.addStretch(1)
        return row

    def _answer(self) -> QWidget:
        self.classes_view.setItemDelegateForColumn(ClassEffects.BARS, BalanceBarDelegate(self.classes_view))
        self.notes.setWordWrap(True)
        self.notes.setTextFormat(Qt.TextFormat.PlainText)
        self.notes.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        side = QWidget()
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(th.SPACE_S)
        heading = QLabel(self.tr("Beside other methods, same total and cap"))
        heading.setFont(th.larger(self.font(), 1, bold=True))
        column.addWidget(heading)
        column.addWidget(self.methods_view, 1)
        column.addWidget(self.notes)
        return beside("balance-panes", (self.classes_view, 3), (side, 2))

    def _connect(self) -> None:
        for box in (self.total, self.cap, self.floor, self.epochs, self.seed):
            box.valueChanged.connect(self._on_turned)
        self.total_slider.valueChanged.connect(self.total.setValue)
        self.cap_slider.valueChanged.connect(self._on_cap_slid)
        self.target.chosen.connect(self._on_turned)
        self.per_scene.toggled.connect(self._on_turned)
        self.classes_view.activated.connect(self._on_activated)

    @Slot()
    def _on_turned(self) -> None:
        self._follow()
        self._timer.start()

    def _follow(self) -> None:
        """Put the sliders where the numbers are."""
        with QSignalBlocker(self.total_slider), QSignalBlocker(self.cap_slider):
            self.total_slider.setValue(self.total.value())
            self.cap_slider.setValue(round(self.cap.value() * _TENTHS))

    @Slot(int)
    def _on_cap_slid(self, tenths: int) -> None:
        self.cap.setValue(tenths / _TENTHS)

    @Slot(object)
    def _on_activated(self, index: object) -> None:
        self.class_opened.emit(self.classes.record(index).name)  # pyright: ignore[reportArgumentType]

"""What a split is asked for: ratios, what stays together, what is balanced, what is locked, the seed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from tailwise.domain.errors import RequestError
from tailwise.domain.split import MAX_SPLITS, Floors, SplitRequest, equal_parts
from tailwise.gui import theme as th
from tailwise.gui.icons import set_icon
from tailwise.gui.texts import counted
from tailwise.gui.widgets.axis_menu import TickMenu

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tailwise.domain.coverage import AxisFacts

DEFAULTS = (("train", 70.0), ("val", 15.0), ("test", 15.0))
MAX_SEED = 2**31 - 1
FLOORS = (
    (Floors.STANDARD, "classes with enough groups"),
    (Floors.SPREAD, "every class as far as it goes"),
    (Floors.OFF, "no class"),
)


class SplitControls(QWidget):
    """Emits `proposed` with a valid request; says what is wrong beside the button otherwise."""

    proposed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.names: list[QLineEdit] = []
        self.shares: list[QDoubleSpinBox] = []
        self.groups = TickMenu(self.tr("Keep together"), self.tr("twins only"))
        self.strata = TickMenu(self.tr("Balance also"), self.tr("classes only"))
        self.locks = TickMenu(self.tr("Lock"), self.tr("nothing"))
        self.time = QComboBox()
        self.floors = QComboBox()
        self.parts = QSpinBox()
        self.seed = QSpinBox()
        self.seed.setRange(0, MAX_SEED)
        self.seed.setAccessibleName(self.tr("Seed"))
        self.seed.setMaximumWidth(84)
        self.propose = QPushButton(self.tr("Propose split"))
        self.propose.setProperty("role", "primary")
        self.propose.setToolTip(self.tr("Split the labelled images (Ctrl+Return)"))
        self.propose.setShortcut("Ctrl+Return")
        set_icon(self.propose, "play", th.Theme.of(self.palette()))
        self.problem = QLabel()
        self.problem.setProperty("role", "alert")
        self.problem.setTextFormat(Qt.TextFormat.PlainText)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(th.SPACE_S)
        layout.addLayout(self._ratio_row())
        layout.addLayout(self._choice_row())
        layout.addLayout(self._way_row())
        self.propose.clicked.connect(self._propose)
        self._check()

    def set_axes(self, axes: Sequence[AxisFacts], splits: Sequence[str]) -> None:
        """Offer the axes of the project; what is ticked stays ticked."""
        described = [(a.name, counted(len(a.values), "value", "values")) for a in axes]
        groups = self.groups.ticked() or tuple(a.name for a in axes if a.kind == "group")[:1]
        self.groups.set_choices(described, groups)
        conditions = [(a.name, counted(len(a.values), "value", "values")) for a in axes if a.kind == "condition"]
        self.strata.set_choices(conditions, self.strata.ticked())
        self.locks.set_choices([(name, "") for name in splits], self.locks.ticked())
        chosen = self.time.currentData()
        with QSignalBlocker(self.time):
            self.time.clear()
            self.time.addItem(self.tr("at random"), "")
            for axis in axes:
                self.time.addItem(self.tr("latest {}").format(axis.name), axis.name)
            self.time.setCurrentIndex(max(0, self.time.findData(chosen)))

    def request(self) -> SplitRequest:
        """Return the request as entered.

        Raises:
            RequestError: it is impossible; the sentence says why.
        """
        ratios = [(n.text().strip(), s.value() / 100) for n, s in zip(self.names, self.shares, strict=True)]
        parts = self.parts.value()
        return SplitRequest(
            ratios=equal_parts(parts) if parts else tuple((name, share) for name, share in ratios if share > 0),
            group_keys=self.groups.ticked(),
            stratify=self.strata.ticked(),
            locked=frozenset(self.locks.ticked()),
            seed=self.seed.value(),
            floors=Floors(self.floors.currentData()),
            time_axis=self.time.currentData() or "",
            parts=parts,
        )

    def toggle_lock(self, split: str) -> bool:
        """Lock a split, or unlock it; return whether it can be locked at all."""
        return self.locks.toggle_value(split)

    def show_request(self, request: SplitRequest) -> None:
        """Enter a request, for instance that of a stored split."""
        ratios = [*request.ratios, *[("", 0.0)] * len(self.names)]
        for name, share, (wanted, part) in zip(self.names, self.shares, ratios, strict=False):
            name.setText(wanted)
            share.setValue(100 * part)
        self.seed.setValue(min(request.seed, MAX_SEED))
        self.parts.setValue(request.parts)
        self.floors.setCurrentIndex(self.floors.findData(request.floors.value))
        self.time.setCurrentIndex(max(0, self.time.findData(request.time_axis)))

    def _ratio_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(th.SPACE_S)
        for name, share in DEFAULTS:
            edit = QLineEdit(name)
            edit.setFixedWidth(84)
            edit.setAccessibleName(self.tr("Name of a split"))
            box = QDoubleSpinBox()
            box.setRange(0, 100)
            box.setDecimals(1)
            box.setSuffix(" %")
            box.setValue(share)
            box.setAccessibleName(self.tr("Share of {}").format(name))
            edit.textChanged.connect(self._check)
            box.valueChanged.connect(self._check)
            self.names.append(edit)
            self.shares.append(box)
            row.addWidget(edit)
            row.addWidget(box)
            row.addSpacing(th.SPACE_M)
        seed = QLabel(self.tr("Seed"))
        seed.setBuddy(self.seed)
        row.addWidget(seed)
        row.addWidget(self.seed)
        row.addStretch(1)
        row.addWidget(self.problem)
        row.addWidget(self.propose)
        return row

    def _choice_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(th.SPACE_S)
        for menu in (self.groups, self.strata, self.locks):
            menu.ticked_changed.connect(self._check)
            row.addWidget(menu)
        row.addStretch(1)
        return row

    def _way_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(th.SPACE_S)
        self.time.addItem(self.tr("at random"), "")
        for floors, text in FLOORS:
            self.floors.addItem(text, floors.value)
        self.parts.setRange(0, MAX_SPLITS)
        self.parts.setSpecialValueText(self.tr("none"))
        self.parts.setToolTip(self.tr("Equal parts that are tested in turn, instead of the ratios above"))
        for text, box in (
            (self.tr("Test"), self.time),
            (self.tr("Nowhere missing"), self.floors),
            (self.tr("Parts in turn"), self.parts),
        ):
            label = QLabel(text)
            label.setBuddy(box)
            box.setAccessibleName(text)
            row.addWidget(label)
            row.addWidget(box)
        self.time.currentIndexChanged.connect(self._check)
        self.floors.currentIndexChanged.connect(self._check)
        self.parts.valueChanged.connect(self._check)
        row.addStretch(1)
        return row

    @Slot()
    def _check(self) -> None:
        for widget in (*self.names, *self.shares):
            widget.setEnabled(not self.parts.value())
        try:
            self.request()
        except RequestError as error:
            self.problem.setText(error.summary)
            self.problem.setToolTip(error.hint)
            self.propose.setEnabled(False)
        else:
            self.problem.clear()
            self.problem.setToolTip("")
            self.propose.setEnabled(True)

    @Slot()
    def _propose(self) -> None:
        self.proposed.emit(self.request())

"""The steps of a recipe: switch, strength and probability of each, their order, and a menu to add more."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QScrollArea,
    QSlider,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from tailwise.domain.recipe import MAX_STEPS, RecipeStep, StepKind
from tailwise.domain.recipe_steps import STEPS, StepGroup
from tailwise.gui import theme as th

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QFocusEvent

SCALE: Final = 100
PROBABILITY_WIDTH: Final = 78
_GROUPS: Final = {
    StepGroup.PLACE: "Place",
    StepGroup.LOOK: "Look",
    StepGroup.WEATHER: "Weather",
    StepGroup.COVER: "Cover",
    StepGroup.MIX: "Mix",
}


class _Slider(QSlider):
    """A slider that tells when it gets the focus."""

    focused = Signal()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.focused.emit()


class StepRow(QFrame):
    """One step. Emits the step as it would be; shows what it is given."""

    edited = Signal(int, object, bool)  # position, RecipeStep, whether the slider is still being dragged
    moved = Signal(int, int)  # position, by how many places
    removed = Signal(int)
    focused = Signal(int)

    def __init__(self, position: int, step: RecipeStep, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._position = position
        self._step = step
        self._is_showing = False
        facts = STEPS[step.kind]
        self.setProperty("role", "card")
        self.setToolTip(facts.note)
        number = f"{position + 1}  " if position < 9 else ""
        self.switch = QCheckBox(f"{number}{facts.title}")
        self.strength = _Slider(Qt.Orientation.Horizontal)
        self.strength.setRange(0, SCALE)
        self.strength.setPageStep(10)
        self.strength.setAccessibleName(self.tr("Strength of {}").format(facts.title))
        self.strength.setVisible(bool(facts.shown))
        self.amount = QLabel()
        self.amount.setProperty("role", "muted")
        self.amount.setVisible(bool(facts.shown))
        self.probability = QSpinBox()
        self.probability.setRange(0, 100)
        self.probability.setSuffix(" %")
        self.probability.setFixedWidth(PROBABILITY_WIDTH)
        self.probability.setAccessibleName(self.tr("Probability of {}").format(facts.title))
        self.probability.setToolTip(self.tr("Share of the variants that get this step"))
        self._build()
        self.show_step(step)
        self.switch.toggled.connect(self._on_switched)
        self.strength.valueChanged.connect(self._on_strength)
        self.strength.sliderReleased.connect(self._on_released)
        self.strength.focused.connect(self._on_focused)
        self.probability.valueChanged.connect(self._on_probability)

    def show_step(self, step: RecipeStep) -> None:
        """Show other numbers for the same kind of step."""
        self._step = step
        self._is_showing = True
        self.switch.setChecked(step.is_on)
        if not self.strength.isSliderDown():
            self.strength.setValue(round(step.strength * SCALE))
        self.probability.setValue(round(step.probability * 100))
        self._is_showing = False
        self.amount.setText(STEPS[step.kind].text(step.strength))
        for widget in (self.strength, self.probability, self.amount):
            widget.setEnabled(step.is_on)

    def _build(self) -> None:
        buttons = QHBoxLayout()
        buttons.setSpacing(0)
        for sign, tip, slot in (
            ("↑", self.tr("Move up"), self._up),
            ("↓", self.tr("Move down"), self._down),
            ("×", self.tr("Remove"), self._remove),
        ):
            button = QToolButton()
            button.setText(sign)
            button.setAutoRaise(True)
            button.setToolTip(tip)
            button.setAccessibleName(f"{tip}: {STEPS[self._step.kind].title}")
            button.clicked.connect(slot)
            buttons.addWidget(button)
        grid = QGridLayout(self)
        grid.setContentsMargins(th.SPACE_S, th.SPACE_XS, th.SPACE_XS, th.SPACE_XS)
        grid.setHorizontalSpacing(th.SPACE_S)
        grid.setVerticalSpacing(2)
        grid.addWidget(self.switch, 0, 0)
        grid.addWidget(self.probability, 0, 1)
        grid.addLayout(buttons, 0, 2)
        grid.addWidget(self.strength, 1, 0)
        grid.addWidget(self.amount, 1, 1, 1, 2)
        grid.setColumnStretch(0, 1)

    @Slot(bool)
    def _on_switched(self, on: bool) -> None:
        self._emit(replace(self._step, is_on=on))

    @Slot(int)
    def _on_strength(self, value: int) -> None:
        self._emit(replace(self._step, strength=value / SCALE), dragging=self.strength.isSliderDown())

    @Slot()
    def _on_released(self) -> None:
        self._emit(replace(self._step, strength=self.strength.value() / SCALE))

    @Slot(int)
    def _on_probability(self, value: int) -> None:
        self._emit(replace(self._step, probability=value / 100))

    @Slot()
    def _on_focused(self) -> None:
        self.focused.emit(self._position)

    def _emit(self, step: RecipeStep, *, dragging: bool = False) -> None:
        if not self._is_showing:
            self.edited.emit(self._position, step, dragging)

    @Slot()
    def _up(self) -> None:
        self.moved.emit(self._position, -1)

    @Slot()
    def _down(self) -> None:
        self.moved.emit(self._position, 1)

    @Slot()
    def _remove(self) -> None:
        self.removed.emit(self._position)


class StepList(QWidget):
    """All steps in their order. Emits the new list; the page decides and shows it back."""

    edited = Signal(object, str, bool)  # tuple of RecipeStep, what was done, whether it is still being dragged

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._steps: tuple[RecipeStep, ...] = ()
        self.rows: list[StepRow] = []
        self.current = 0
        self._column = QVBoxLayout()
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(th.SPACE_XS)
        self._column.addStretch(1)
        inside = QWidget()
        inside.setLayout(self._column)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(inside)
        self.add = QPushButton(self.tr("Add step"))
        self.add.setMenu(self._menu())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(th.SPACE_S)
        layout.addWidget(area, 1)
        layout.addWidget(self.add)

    def show_steps(self, steps: Sequence[RecipeStep]) -> None:
        """Show these steps; rows are made anew only when their kinds or order changed."""
        kinds = [s.kind for s in steps]
        rebuild = kinds != [s.kind for s in self._steps] or len(self.rows) != len(steps)
        self._steps = tuple(steps)
        if rebuild:
            for row in self.rows:
                row.hide()
                row.deleteLater()
            self.rows = [self._row(i, step) for i, step in enumerate(steps)]
            for i, row in enumerate(self.rows):
                self._column.insertWidget(i, row)
            self.current = min(self.current, max(0, len(self.rows) - 1))
        else:
            for row, step in zip(self.rows, steps, strict=True):
                row.show_step(step)
        self.add.setEnabled(len(steps) < MAX_STEPS)

    def toggle(self, position: int) -> None:
        """Switch a step on or off."""
        if position < len(self.rows):
            self.current = position
            self.rows[position].switch.toggle()

    def change_strength(self, by: float) -> None:
        """Change the strength of the step that was used last."""
        if self.current < len(self._steps):
            step = self._steps[self.current]
            strength = round(min(1.0, max(0.0, step.strength + by)), 2)
            self._on_edited(self.current, replace(step, strength=strength), False)

    def _row(self, position: int, step: RecipeStep) -> StepRow:
        row = StepRow(position, step)
        row.edited.connect(self._on_edited)
        row.moved.connect(self._on_moved)
        row.removed.connect(self._on_removed)
        row.focused.connect(self._on_focused)
        return row

    def _menu(self) -> QMenu:
        menu = QMenu(self)
        for group in StepGroup:
            part = menu.addMenu(_GROUPS[group])
            for kind in (k for k in StepKind if STEPS[k].group is group):
                action = part.addAction(STEPS[kind].title)
                action.setToolTip(STEPS[kind].note)
                action.setData(kind.value)
        menu.triggered.connect(self._on_added)
        return menu

    @Slot(int, object, bool)
    def _on_edited(self, position: int, step: RecipeStep, dragging: bool) -> None:
        self.current = position
        steps = (*self._steps[:position], step, *self._steps[position + 1 :])
        self.edited.emit(steps, STEPS[step.kind].title, dragging)

    @Slot(int, int)
    def _on_moved(self, position: int, by: int) -> None:
        target = position + by
        if 0 <= target < len(self._steps):
            steps = list(self._steps)
            steps.insert(target, steps.pop(position))
            self.current = target
            self.edited.emit(tuple(steps), self.tr("order of steps"), False)

    @Slot(int)
    def _on_removed(self, position: int) -> None:
        steps = self._steps[:position] + self._steps[position + 1 :]
        self.edited.emit(steps, self.tr("removal of {}").format(STEPS[self._steps[position].kind].title), False)

    @Slot(int)
    def _on_focused(self, position: int) -> None:
        self.current = position

    @Slot(object)
    def _on_added(self, action: object) -> None:
        kind = StepKind(action.data())  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownArgumentType]
        self.current = len(self._steps)
        self.edited.emit((*self._steps, RecipeStep(kind)), STEPS[kind].title, False)

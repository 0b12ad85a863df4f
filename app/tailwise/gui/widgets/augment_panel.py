"""The controls around the grid of variants: class and recipe on top, budget and effect beside, the folder below."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from tailwise.domain.recipe import COLLECT_ABOVE
from tailwise.gui import theme as th
from tailwise.gui.models.augment_view import EffectTable
from tailwise.gui.texts import counted, number
from tailwise.gui.widgets.record_view import RecordView

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tailwise.gui.models.augment_view import AugmentView, ShownEffect

MAX_SEED = 2**31 - 1
SEED_WIDTH = 96
MOST_MULTIPLIER = 10.0


class AugmentHead(QWidget):
    """Which class, which recipe, which seed."""

    class_chosen = Signal(str)
    recipe_chosen = Signal(str)
    seed_changed = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.classes = QComboBox()
        self.classes.setMinimumContentsLength(16)
        self.classes.setAccessibleName(self.tr("Class to augment"))
        self.recipes = QComboBox()
        self.recipes.setEditable(True)
        self.recipes.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.recipes.setMinimumContentsLength(16)
        self.recipes.setAccessibleName(self.tr("Recipe"))
        self.save = QPushButton(self.tr("Save"))
        self.save.setToolTip(self.tr("Keep the recipe in the project under this name (Ctrl+S)"))
        self.save.setShortcut("Ctrl+S")
        self.reset = QPushButton(self.tr("Reset"))
        self.reset.setToolTip(self.tr("Begin again with the steps that fit the class"))
        self.seed = QSpinBox()
        self.seed.setRange(0, MAX_SEED)
        self.seed.setAccessibleName(self.tr("Seed"))
        self.seed.setMaximumWidth(SEED_WIDTH)
        seed = QLabel(self.tr("Seed"))
        seed.setBuddy(self.seed)
        self.new_seed = QPushButton(self.tr("New seed"))
        self.new_seed.setToolTip(self.tr("Other variants of the same steps (N)"))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(th.SPACE_S)
        for text, field in ((self.tr("Augment"), self.classes), (self.tr("Recipe"), self.recipes)):
            label = QLabel(text)
            label.setBuddy(field)
            layout.addWidget(label)
            layout.addWidget(field, 1)
        for widget in (self.save, self.reset, seed, self.seed, self.new_seed):
            layout.addWidget(widget)
        self._layout = layout
        self._is_read_only = False
        self.classes.activated.connect(self._on_class)
        self.recipes.activated.connect(self._on_recipe)
        self.seed.valueChanged.connect(self.seed_changed)

    def add_widget(self, widget: QWidget) -> None:
        """Put something at the end of the row."""
        self._layout.addWidget(widget)

    def show_view(self, view: AugmentView, class_name: str) -> None:
        """Offer classes and recipes; nothing is announced."""
        self.classes.clear()
        for choice in view.classes:
            images = counted(choice.images, "image", "images")
            self.classes.addItem(f"{choice.name}  ({images})", choice.name)
        self.classes.setCurrentIndex(max(0, self.classes.findData(class_name)))
        self.offer_recipes([r.name for r in view.recipes])
        self._is_read_only = view.read_only
        self.allow_editing(self.reset.isEnabled())

    def allow_editing(self, allowed: bool) -> None:
        """Let the recipe be changed, or only another class be chosen where this one has no picture to show."""
        for widget in (self.recipes, self.reset, self.seed, self.new_seed):
            widget.setEnabled(allowed)
        self.save.setEnabled(allowed and not self._is_read_only)

    def offer_recipes(self, names: Sequence[str]) -> None:
        """Offer other recipes; the name that is entered stays."""
        text = self.recipes.currentText()
        self.recipes.clear()
        self.recipes.addItems(list(names))
        self.recipes.setEditText(text)

    def show_recipe(self, name: str, seed: int) -> None:
        """Show name and seed of the recipe; nothing is announced."""
        self.recipes.setEditText(name)
        blocked = self.seed.blockSignals(True)
        self.seed.setValue(min(seed, MAX_SEED))
        self.seed.blockSignals(blocked)

    @Slot(int)
    def _on_class(self, index: int) -> None:
        self.class_chosen.emit(str(self.classes.itemData(index)))

    @Slot(int)
    def _on_recipe(self, index: int) -> None:
        self.recipe_chosen.emit(self.recipes.itemText(index))


class EffectPanel(QWidget):
    """How often the class shall count, and what that does to all classes."""

    multiplier_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.multiplier = QDoubleSpinBox()
        self.multiplier.setRange(1.0, MOST_MULTIPLIER)
        self.multiplier.setSingleStep(0.5)
        self.multiplier.setDecimals(1)
        self.multiplier.setPrefix("× ")
        self.multiplier.setValue(2.0)
        self.multiplier.setAccessibleName(self.tr("How often the class counts afterwards"))
        self.budget = QLabel()
        self.budget.setFont(th.tabular(self.font()))
        self.note = QLabel()
        self.note.setWordWrap(True)
        self.note.setTextFormat(Qt.TextFormat.PlainText)
        self.table = EffectTable(self)
        self.view = RecordView(self.table, self.tr("Effect on every class"))
        label = QLabel(self.tr("Budget"))
        label.setBuddy(self.multiplier)
        row = QHBoxLayout()
        row.addWidget(label)
        row.addWidget(self.multiplier)
        row.addWidget(self.budget, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(th.SPACE_S)
        layout.addLayout(row)
        layout.addWidget(self.view, 1)
        layout.addWidget(self.note)
        self.multiplier.valueChanged.connect(self._on_multiplier)

    def show_effect(self, shown: ShownEffect) -> None:
        """Show counts, and the warnings that go with them."""
        effect = shown.effect
        added = number(effect.variants)
        total = number(effect.items + effect.variants)
        self.budget.setText(self.tr("{} + {} → {} pictures").format(number(effect.items), added, total))
        self.budget.setToolTip(self.tr("Pictures of the training part, synthetic pictures, together"))
        self.table.set_records([c for c in effect.classes if c.added])
        nothing = self.tr("A budget of × 1 adds nothing: raise it") if self.multiplier.value() <= 1 else ""
        notes = [effect.advice, nothing, shown.drift.text if shown.drift is not None else "", *effect.notes]
        text = "\n".join(f"⚠ {note.rstrip('.')}." for note in notes if note)
        self.note.setText(text)
        self.note.setVisible(bool(text))
        th.set_role(self.note, "alert" if effect.advice else "muted")

    def clear(self) -> None:
        """Show nothing."""
        self.table.set_records(())
        self.budget.clear()
        self.note.hide()

    @property
    def is_allowed(self) -> bool:
        """Whether the multiplier is one that is written."""
        return 1.0 < self.multiplier.value() <= COLLECT_ABOVE

    @Slot()
    def _on_multiplier(self) -> None:
        self.multiplier_changed.emit()

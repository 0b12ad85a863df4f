"""The augment page: what a recipe really does to the pictures of a class, before a single one is written."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Final

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QKeySequence, QUndoStack
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QComboBox, QLineEdit, QVBoxLayout, QWidget

from tailwise.domain.changes import Changes
from tailwise.domain.errors import RequestError
from tailwise.gui import theme as th
from tailwise.gui.actions import KeyHint
from tailwise.gui.models.augment_view import load_view, open_class, weigh
from tailwise.gui.navigation import EXPORT, ExportThis
from tailwise.gui.session import ResultLine
from tailwise.gui.widgets.augment_panel import AugmentHead, EffectPanel
from tailwise.gui.widgets.augment_tools import AugmentTools
from tailwise.gui.widgets.empty_state import StateStack
from tailwise.gui.widgets.recipe_undo import EditRecipe, SaveRecipe
from tailwise.gui.widgets.splitters import above, beside
from tailwise.gui.widgets.step_list import StepList
from tailwise.gui.widgets.undo_buttons import UndoButtons
from tailwise.gui.widgets.variant_pane import VariantPane

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent

    from tailwise.domain.recipe import Recipe, RecipeStep
    from tailwise.gui.models.augment_view import AugmentView, OpenedClass, ShownEffect
    from tailwise.gui.session import Session
    from tailwise.ops.progress import Progress
    from tailwise.usecases.projects import Project

SETTLE_MILLISECONDS: Final = 400
"""Counts and drift are asked for when the recipe has been left alone this long."""
STRENGTH_STEP: Final = 0.1
STEPS_WIDTH: Final = 370


class AugmentPage(QWidget):
    """Steps beside a grid of originals and variants; nothing is written before the button is pressed."""

    key: ClassVar[str] = "augment"
    title: ClassVar[str] = "Augment"
    icon: ClassVar[str] = "augment"
    help_topic: ClassVar[str] = "augment"
    interest: ClassVar[Changes] = Changes.data()

    keys: ClassVar[tuple[KeyHint, ...]] = (
        KeyHint("N", "New seed: other variants of the same steps"),
        KeyHint("Return,Space", "Show the variant large"),
        KeyHint("B", "Wipe between original and variant"),
        KeyHint("A", "Audit: judge the labels of 59 variants"),
        KeyHint("1,9", "Switch a step on or off"),
        KeyHint("[,]", "Strength of the current step"),
        KeyHint("Ctrl+S", "Save the recipe in the project"),
        KeyHint("Ctrl+Z,Ctrl+Shift+Z", "Undo and redo"),
        KeyHint("Ctrl+Return", "Write the pictures"),
    )

    page_requested = Signal(str, object)
    selection_described = Signal(str)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._view: AugmentView | None = None
        self._opened: OpenedClass | None = None
        self.recipe: Recipe | None = None
        self._before_drag: Recipe | None = None
        self._class = ""
        self._stored_text = ""
        self.undo_stack = QUndoStack(self)
        self.head = AugmentHead()
        self.tools = AugmentTools(session)
        self.steps = StepList()
        self.effect = EffectPanel()
        self.pane = VariantPane(session)
        self.grid, self.bar = self.pane.grid, self.pane.bar
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(SETTLE_MILLISECONDS)
        self._settle.timeout.connect(self._weigh)
        self.states = StateStack(self._build(), "augment", self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(th.SPACE_L, th.SPACE_M, th.SPACE_L, th.SPACE_L)
        layout.setSpacing(th.SPACE_M)
        layout.addWidget(self.head)
        layout.addWidget(self.states, 1)
        self.head.hide()
        self._connect()

    # What the window calls

    def refresh(self) -> None:
        """Read classes and recipes anew."""
        self.states.show_loading()
        self._session.run(
            self.tr("Read classes and recipes"),
            load_view,
            on_done=self._on_loaded,
            on_failed=self.states.show_error,
            slot="augment-page",
        )

    def open_payload(self, payload: object) -> None:
        """Augment a class given by name."""
        if isinstance(payload, str) and payload:
            self._class = payload
            if self._view is not None:
                self._choose_class(payload)

    # Building

    def _build(self) -> QWidget:
        self.head.add_widget(UndoButtons(self.undo_stack))
        self.head.add_widget(self.tools)
        left = above("augment-left", (self.steps, 0), (self.effect, 0))
        left.setSizes([440, 300])
        left.setMinimumWidth(STEPS_WIDTH)
        return beside("augment-panes", (left, 0), (self.pane, 1))

    def _connect(self) -> None:
        self.head.class_chosen.connect(self._choose_class)
        self.head.recipe_chosen.connect(self._choose_recipe)
        self.head.seed_changed.connect(self._set_seed)
        self.head.new_seed.clicked.connect(self._next_seed)
        self.head.save.clicked.connect(self._save)
        self.head.reset.clicked.connect(self._reset)
        self.steps.edited.connect(self._on_steps)
        self.effect.multiplier_changed.connect(self._settle.start)
        self.grid.current_described.connect(self.selection_described)
        self.pane.seed_wanted.connect(self._next_seed)
        self.pane.failed.connect(self.states.show_error)
        self.bar.asked.connect(self._materialise)
        self.tools.export_wanted.connect(self._export)
        self.states.empty_button_clicked.connect(self._leave_empty)
        self.states.retry_clicked.connect(self.refresh)
        self._session.closed.connect(self._on_closed)

    # Loading

    @Slot(object)
    def _on_loaded(self, view: AugmentView) -> None:
        if self._session.project is None:
            return
        self._view = view
        self.head.setVisible(bool(view.classes))
        if not view.classes:
            self.states.show_empty(
                self.tr("Nothing to augment yet"),
                self.tr("Import a dataset with labels and images first."),
                self.tr("Go to Data"),
            )
            return
        names = [c.name for c in view.classes]
        self._class = self._class if self._class in names else names[0]
        self.head.show_view(view, self._class)
        self._choose_class(self._class)

    @Slot(object)
    def _on_class_failed(self, error: BaseException) -> None:
        if isinstance(error, RequestError) and self._view is not None:
            self._refuse(self.tr("{} cannot be augmented").format(self._class), error.sentence)
        else:
            self.states.show_error(error)

    def _refuse(self, title: str, text: str) -> None:
        """Say why a class has no variants, and lead to one that has; another class and the tools stay at hand."""
        self.head.allow_editing(False)
        self.undo_stack.clear()  # undoing would show steps of a class that is no longer chosen
        self.head.classes.setCurrentIndex(max(0, self.head.classes.findData(self._class)))
        other = self._other_class()
        self.states.show_empty(title, text, self.tr("Augment {}").format(other) if other else self.tr("Go to Data"))

    @Slot(str)
    def _choose_class(self, name: str) -> None:
        self._class = name
        kept = self.recipe if self.recipe is not None and self.recipe.class_name == name else None
        saved = next((r for r in self._recipes() if r.class_name == name), None)
        begin = kept or saved

        def work(project: Project, progress: Progress) -> OpenedClass:
            return open_class(project, name, begin, progress)

        self._session.run(
            self.tr("Read the images of {}").format(name), work, on_done=self._on_opened,
            on_failed=self._on_class_failed, slot="augment-class", quiet=True,
        )  # fmt: skip

    @Slot(object)
    def _on_opened(self, opened: OpenedClass) -> None:
        if self._session.project is None:
            return
        self._opened = opened
        self.bar.set_class(self._class)
        if not opened.rows:
            self._refuse(
                self.tr("No image of {} is on this computer").format(self._class),
                self.tr("Bring the images to where they were imported from; recipes need to see them."),
            )
            return
        self.states.show_content()
        self.head.allow_editing(True)
        self.pane.open(opened)
        self.head.classes.setCurrentIndex(max(0, self.head.classes.findData(self._class)))
        self._show(opened.recipe)

    @Slot()
    def _on_closed(self) -> None:
        self._view = self._opened = self.recipe = self._before_drag = None
        self._settle.stop()
        self.head.hide()
        self.undo_stack.clear()
        self.pane.clear()
        self.effect.clear()

    def _recipes(self) -> tuple[Recipe, ...]:
        return self._view.recipes if self._view is not None else ()

    # Editing

    def _show(self, recipe: Recipe, *, dragging: bool = False) -> None:
        """Show a recipe and ask for its pictures."""
        self.recipe = recipe
        self.head.show_recipe(recipe.name, recipe.seed)
        self.steps.show_steps(recipe.steps)
        self.pane.show_recipe(recipe, dragging=dragging)
        if not dragging:
            self._settle.start()

    def apply(self, recipe: Recipe) -> None:
        """Show a recipe as undo and redo ask for it."""
        self._show(recipe)

    def _edit(self, after: Recipe, text: str) -> None:
        before = self._before_drag or self.recipe
        self._before_drag = None
        if before is not None and after != before:
            self.undo_stack.push(EditRecipe(self, before, after, text))
        else:
            self._show(after)

    @Slot(object, str, bool)
    def _on_steps(self, steps: tuple[RecipeStep, ...], text: str, dragging: bool) -> None:
        if self.recipe is None:
            return
        after = replace(self.recipe, steps=steps)
        if dragging:
            self._before_drag = self._before_drag or self.recipe
            self._show(after, dragging=True)
        else:
            self._edit(after, text)

    @Slot(int)
    def _set_seed(self, seed: int) -> None:
        if self.recipe is not None:
            self._edit(replace(self.recipe, seed=seed), self.tr("seed"))

    @Slot()
    def _next_seed(self) -> None:
        if self.recipe is not None:
            self._set_seed(self.recipe.seed + 1)

    @Slot(str)
    def _choose_recipe(self, name: str) -> None:
        found = next((r for r in self._recipes() if r.name == name), None)
        if found is not None and self.recipe is not None:
            self._edit(replace(found, class_name=self._class), self.tr("recipe {}").format(name))

    @Slot()
    def _reset(self) -> None:
        name, multiplier = self._class, min(5.0, self.effect.multiplier.value())

        def work(project: Project, _progress: Progress) -> Recipe:
            from tailwise.usecases.augmentation import new_recipe

            return new_recipe(project, name, multiplier)

        self._session.run(self.tr("Begin a recipe"), work, on_done=self._on_reset, slot="augment-reset", quiet=True)

    @Slot(object)
    def _on_reset(self, recipe: Recipe) -> None:
        self._edit(recipe, self.tr("reset"))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take single keys, but never while something is typed."""
        if isinstance(QApplication.focusWidget(), (QLineEdit, QAbstractSpinBox, QComboBox)):
            super().keyPressEvent(event)
            return
        text = event.text()
        if event.key() == Qt.Key.Key_N and not event.modifiers():
            self._next_seed()
        elif event.key() == Qt.Key.Key_B and not event.modifiers():
            self.grid.toggle_wipe()
        elif event.key() == Qt.Key.Key_A and not event.modifiers():
            self.pane.open_audit()
        elif text in {"[", "]"}:
            self.steps.change_strength(STRENGTH_STEP if text == "]" else -STRENGTH_STEP)
        elif text.isdigit() and text != "0" and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.steps.toggle(int(text) - 1)
        elif event.matches(QKeySequence.StandardKey.Undo):
            self.undo_stack.undo()
        elif event.matches(QKeySequence.StandardKey.Redo):
            self.undo_stack.redo()
        else:
            super().keyPressEvent(event)

    @Slot()
    def _weigh(self) -> None:
        opened, recipe, multiplier = self._opened, self.recipe, self.effect.multiplier.value()
        self.bar.allow(self.effect.is_allowed)
        if opened is None or recipe is None or self._session.project is None:
            return

        def work(project: Project, progress: Progress) -> ShownEffect:
            return weigh(project, opened, recipe, multiplier, progress)

        self._session.run(
            self.tr("Weigh the recipe"), work, on_done=self._on_weighed, slot="augment-effect", quiet=True
        )

    @Slot(object)
    def _on_weighed(self, shown: ShownEffect) -> None:
        self.effect.show_effect(shown)
        drift = shown.drift
        self.bar.show_risk(*((drift.duplicate_risk, drift.alike, drift.tried) if drift is not None else ("", 0, 0)))

    # Saving

    @Slot()
    def _save(self) -> None:
        name = self.head.recipes.currentText().strip()
        if self.recipe is None or not name or self._session.project is None or self._session.project.read_only:
            return
        before = next((r for r in self._recipes() if r.name == name), None)
        self.recipe = replace(self.recipe, name=name)
        self.undo_stack.push(SaveRecipe(self, name, before, self.recipe))

    def store(self, name: str, recipe: Recipe | None) -> None:
        """Keep a recipe in the project under a name; None takes it away."""
        if self._view is not None:
            kept = [r for r in self._view.recipes if r.name != name]
            kept += [recipe] if recipe is not None else []
            kept.sort(key=lambda r: r.name)
            self._view = replace(self._view, recipes=tuple(kept))
            self.head.offer_recipes([r.name for r in kept])

        def work(project: Project, _progress: Progress) -> Changes:
            from tailwise.usecases.augmentation import delete_recipe, save_recipe

            return save_recipe(project, recipe) if recipe is not None else delete_recipe(project, name)

        self._stored_text = (
            self.tr("Recipe {} saved.") if recipe is not None else self.tr("Recipe {} taken away again.")
        )
        self._stored_text = self._stored_text.format(name)
        self._session.run(self.tr("Store the recipe"), work, lane="ordered", on_done=self._on_stored)

    @Slot(object)
    def _on_stored(self, _changes: Changes) -> None:
        self._session.announce(ResultLine(self._stored_text))

    @Slot()
    def _materialise(self) -> None:
        if self.recipe is not None:
            self.bar.write(self.recipe, self.effect.multiplier.value())

    @Slot()
    def _export(self) -> None:
        self.page_requested.emit(EXPORT, ExportThis("recipe"))

    def _other_class(self) -> str:
        """Return the rarest other class of which a picture is here, empty if there is none."""
        choices = self._view.classes if self._view is not None else ()
        return next((c.name for c in choices if c.is_here and c.name != self._class), "")

    @Slot()
    def _leave_empty(self) -> None:
        if other := self._other_class():
            self._choose_class(other)
        else:
            self.page_requested.emit("data", None)

"""Undo of what is done to a recipe: edits, and keeping it in the project."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from PySide6.QtGui import QUndoCommand

if TYPE_CHECKING:
    from tailwise.domain.recipe import Recipe


class RecipeDesk(Protocol):
    """Who shows recipes and keeps them."""

    def apply(self, recipe: Recipe) -> None:
        """Show a recipe."""
        ...

    def store(self, name: str, recipe: Recipe | None) -> None:
        """Keep a recipe under a name; None takes it away."""
        ...


class EditRecipe(QUndoCommand):
    """One change of the recipe."""

    def __init__(self, page: RecipeDesk, before: Recipe, after: Recipe, text: str) -> None:
        super().__init__(text)
        self._page, self._before, self._after = page, before, after

    def undo(self) -> None:  # noqa: D102
        self._page.apply(self._before)

    def redo(self) -> None:  # noqa: D102
        self._page.apply(self._after)


class SaveRecipe(QUndoCommand):
    """A recipe kept in the project, in place of an earlier one of its name."""

    def __init__(self, page: RecipeDesk, name: str, before: Recipe | None, after: Recipe) -> None:
        super().__init__(f"saving {name}")
        self._page, self._name, self._before, self._after = page, name, before, after

    def undo(self) -> None:  # noqa: D102
        self._page.store(self._name, self._before)

    def redo(self) -> None:  # noqa: D102
        self._page.store(self._name, self._after)

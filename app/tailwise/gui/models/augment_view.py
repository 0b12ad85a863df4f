"""What the page Augment shows of a project, and the work it starts; everything here runs on worker threads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tailwise.domain.recipe_effect import ClassEffect, Drift, RecipeEffect
from tailwise.gui.models.record_table import Column, RecordTable
from tailwise.gui.texts import number
from tailwise.gui.widgets.variant_grid import ORIGINALS, VARIANTS
from tailwise.gui.widgets.variant_paint import ShownTile, drawn_tile, shown_tile

if TYPE_CHECKING:
    from PySide6.QtCore import QObject

    from tailwise.domain.recipe import Recipe
    from tailwise.ops.progress import Progress
    from tailwise.usecases.augmentation import Studio
    from tailwise.usecases.projects import Project

DRAG_SIDE: Final = 112
"""Longer side of the pictures while a slider is dragged: 24 of them take well under a tenth of a second."""


@dataclass(frozen=True, slots=True)
class ClassChoice:
    """A class that can be chosen: rare ones first, with its number of images, and whether one is on this computer."""

    name: str
    images: int
    is_here: bool = True


@dataclass(frozen=True, slots=True)
class AugmentView:
    """What there is to choose from."""

    classes: tuple[ClassChoice, ...]
    recipes: tuple[Recipe, ...]
    read_only: bool


@dataclass(frozen=True, slots=True)
class OpenedClass:
    """A class with its recipe to begin with; the studio makes its variants."""

    studio: Studio
    rows: tuple[int, ...]
    recipe: Recipe


@dataclass(frozen=True, slots=True)
class ShownEffect:
    """What the recipe would do, and whether its variants still look like the class."""

    effect: RecipeEffect
    drift: Drift | None


def load_view(project: Project, progress: Progress) -> AugmentView:
    """Read classes and recipes."""
    from tailwise.usecases.augment_scenes import classes_here
    from tailwise.usecases.augmentation import list_recipes
    from tailwise.usecases.classes import list_classes

    rows = [r for r in list_classes(project, progress) if r.images]
    here = classes_here(project)
    rows.sort(key=lambda r: (r.name not in here, r.images, r.name))
    return AugmentView(
        tuple(ClassChoice(r.name, r.images, r.name in here) for r in rows),
        tuple(stored.recipe for stored in list_recipes(project)),
        project.read_only,
    )


def open_class(project: Project, class_name: str, recipe: Recipe | None, progress: Progress) -> OpenedClass:
    """Read the originals of a class, and the recipe it begins with."""
    from tailwise.usecases.augment_preview import open_studio
    from tailwise.usecases.augmentation import new_recipe

    studio, rows = open_studio(project, class_name, progress, ORIGINALS)
    return OpenedClass(studio, rows, recipe or new_recipe(project, class_name))


def render(
    opened: OpenedClass, recipe: Recipe, side: int, screen: tuple[int, float], progress: Progress
) -> tuple[ShownTile, ...]:
    """Return the originals and variants of a recipe, at most `side` pixels long, with their shapes.

    `screen` is the longer side of a tile in pixels of the screen, and how many of them a logical pixel has.
    """
    from tailwise.usecases.augment_preview import ORIGINAL, preview_tiles

    wanted = [(row, number) for row in opened.rows for number in (ORIGINAL, *range(VARIANTS))]
    return tuple(drawn_tile(t, *screen) for t in preview_tiles(opened.studio, recipe, wanted, side, progress))


def render_large(
    opened: OpenedClass, recipe: Recipe, key: tuple[int, int], side: int, progress: Progress
) -> tuple[ShownTile, ShownTile]:
    """Return the original and one tile (item, number; -1 is the original), without their shapes drawn."""
    from tailwise.usecases.augment_preview import ORIGINAL, preview_tiles

    one, other = preview_tiles(opened.studio, recipe, [(key[0], ORIGINAL), key], side, progress)
    return shown_tile(one), shown_tile(other)


def weigh(project: Project, opened: OpenedClass, recipe: Recipe, multiplier: float, progress: Progress) -> ShownEffect:
    """Count what the recipe would do to every class, and try whether its variants leave the class's own range."""
    from tailwise.usecases.augmentation import measure_drift, recipe_effect

    effect = recipe_effect(project, recipe, multiplier)
    return ShownEffect(effect, measure_drift(opened.studio, recipe, progress) if recipe.active else None)


class EffectTable(RecordTable[ClassEffect]):
    """Real and synthetic counts of every class that grows; synthetic never counts as real."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(
            (
                Column("Class", lambda e: e.class_name, width=0),
                Column("Real", lambda e: e.before, width=7),
                Column("Added", lambda e: f"+{number(e.added)}", lambda e: e.added, width=8),
                Column("Factor", lambda e: f"{e.factor:.2f}", lambda e: e.factor, width=6),
            ),
            parent,
        )

"""Recipes of a project, what they do to pictures, and what they would do to every class."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tailwise.domain.changes import Changes
from tailwise.domain.coverage import Unit
from tailwise.domain.errors import RequestError
from tailwise.domain.plan import Tier
from tailwise.domain.recipe import (
    COLLECT_ABOVE,
    Recipe,
    checked,
    default_steps,
    strength_for,
    suggested_rules,
    variants_per_item,
)
from tailwise.domain.recipe_effect import ClassEffect, Drift, RecipeEffect
from tailwise.domain.recipe_json import recipe_from_text, recipe_text
from tailwise.imaging.augment_files import is_alike
from tailwise.imaging.augment_run import StepPlan, make_variant, variant_seed
from tailwise.imaging.picture_facts import look_at
from tailwise.storage import plan_tables, recipe_tables
from tailwise.usecases.augment_scenes import ClassItems, SceneReader, TrainPartners, class_items, partner_axes
from tailwise.usecases.generated import real_rows
from tailwise.usecases.image_index import load_index
from tailwise.usecases.projects import versions
from tailwise.usecases.training_part import training_rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from tailwise.imaging.augment_scene import Scene
    from tailwise.imaging.statistics import Look
    from tailwise.ops.progress import Progress
    from tailwise.usecases.projects import Project

_LOOKS: Final = 64
"""Pictures of the class whose look is measured where there is no image index."""
_DRIFT_SIDE: Final = 256
_RANGE: Final = (1, 99)
_LOOK_NAMES: Final = ("brightness", "sharpness", "saturation")


@dataclass(frozen=True, slots=True)
class StoredRecipe:
    """A recipe of the project."""

    recipe: Recipe
    saved_utc: str
    changes: Changes = Changes.RECIPES


def new_recipe(project: Project, class_name: str, multiplier: float = 2.0) -> Recipe:
    """Return the recipe a class begins with: mild steps of a strength that fits the multiplier, vetoes by name.

    Raises:
        RequestError: there is no such class, or the multiplier asks for collecting instead.
    """
    project.cube().class_index(class_name)
    names = [c.name for c in project.columns.categories]
    return Recipe(class_name, class_name, default_steps(strength_for(multiplier)), suggested_rules(names))


def read_recipe(path: Path) -> Recipe:
    """Read a recipe from a file.

    Raises:
        RequestError: the file cannot be read, or says something a recipe cannot mean.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise RequestError(f"{path} cannot be read ({error.strerror})", "Check the path of the recipe") from error
    except UnicodeDecodeError as error:
        raise RequestError(f"{path} is not UTF-8 (byte {error.start})", "Save it as UTF-8") from error
    return recipe_from_text(text, path.name)


def list_recipes(project: Project) -> tuple[StoredRecipe, ...]:
    """Return the recipes of the project by name."""
    with project.file.reading() as db:
        rows = recipe_tables.list_recipes(db)
    return tuple(StoredRecipe(recipe_from_text(r.document, f"the recipe {r.name!r}"), r.saved_utc) for r in rows)


def load_recipe(project: Project, name: str) -> Recipe:
    """Return a recipe of the project by name."""
    found = {stored.recipe.name: stored.recipe for stored in list_recipes(project)}
    if name not in found:
        known = ", ".join(found) or "none yet"
        raise RequestError(f"There is no recipe {name!r}", f"The recipes of this project are: {known}")
    return found[name]


def save_recipe(project: Project, recipe: Recipe) -> Changes:
    """Store a recipe under its name, in place of an earlier one.

    Raises:
        RequestError: it has no name, or numbers out of range.
    """
    if not recipe.name.strip():
        raise RequestError("The recipe has no name", "Give it one")
    checked(recipe)
    project.cube().class_index(recipe.class_name)
    began = time.monotonic()
    with project.file.writing() as db:
        recipe_tables.save_recipe(db, recipe.name, recipe.class_name, recipe_text(recipe))
        plan_tables.log_entry(
            db, "recipe", {"name": recipe.name, "class": recipe.class_name}, versions().as_json(),
            time.monotonic() - began, f"{len(recipe.active)} steps",
        )  # fmt: skip
    return Changes.RECIPES


def delete_recipe(project: Project, name: str) -> Changes:
    """Remove a recipe; one that is not there is no error, so that undo can be repeated."""
    with project.file.writing() as db:
        recipe_tables.delete_recipe(db, name)
    return Changes.RECIPES


def step_plan(project: Project, recipe: Recipe) -> StepPlan:
    """Return the recipe with classes as numbers; rules of classes the project does not have say nothing."""
    number = {c.name: i for i, c in enumerate(project.columns.categories)}
    never = {number[r.class_name]: r.never for r in recipe.rules if r.class_name in number and r.never}
    mirror = {number[a]: number[b] for a, b in recipe.mirror_map().items() if a in number and b in number}
    return StepPlan(recipe.steps, never, mirror)


def recipe_effect(project: Project, recipe: Recipe, multiplier: float) -> RecipeEffect:
    """Return what writing the recipe's variants would do to the training counts of all classes.

    Every variant carries everything on its picture, so classes that stand beside the recipe's grow too.
    """
    items = class_items(project, recipe.class_name)
    sliced = project.cube()
    advice, wanted = "", multiplier
    try:
        strength_for(multiplier)
    except RequestError as error:
        advice, wanted = error.sentence, min(max(multiplier, 1.0), COLLECT_ABOVE)
    per_item = variant_counts(project, items, recipe, wanted)
    copies = np.zeros(sliced.cube.n_items, np.int64)
    copies[items.rows] = per_item
    unit = sliced.default_unit
    rows, _part = training_rows(sliced)
    in_train = np.zeros(sliced.cube.n_items, np.bool_)
    in_train[rows] = True
    before = sliced.cube.totals(unit, in_train & real_rows(sliced))
    added = _added(project, copies, unit)
    effects = [
        ClassEffect(c.name, int(before[i]), int(added[i]))
        for i, c in enumerate(sliced.columns.categories)
        if before[i] or i == items.category
    ]
    effects.sort(key=lambda e: (e.class_name != recipe.class_name, -e.added, e.class_name))
    notes = [items.warning] if items.warning else []
    if items.missing:
        notes.append(f"{items.missing:,} images of the class have no file on this computer and get no variants")
    if items.leaky:
        notes.append(f"{items.leaky:,} images have a twin in validation or test and get no variants")
    if items.generated:
        notes.append(f"{items.generated:,} images of the class are generated: they count as synthetic, not as real")
    return RecipeEffect(
        recipe.class_name,
        unit.value,
        wanted,
        len(items.rows),
        int(per_item.sum()),
        tuple(effects),
        advice,
        tuple(notes),
    )


def variant_counts(project: Project, items: ClassItems, recipe: Recipe, multiplier: float) -> NDArray[np.int64]:
    """Return how many variants each item of a class gets, in the order of `items.rows`.

    Which items get one more follows from seed and file name, so that the order of the source's records does not matter.
    """
    ids = project.columns.item_ids[items.rows].tolist()
    with project.file.reading() as db:
        names = plan_tables.item_names(db, ids)
    keys = [(variant_seed(recipe.seed, names[i][0], 0), names[i][0]) for i in ids]
    order = sorted(range(len(ids)), key=keys.__getitem__)
    counts = np.zeros(len(ids), np.int64)
    counts[order] = variants_per_item(len(ids), multiplier)
    return counts


def _added(project: Project, copies: NDArray[np.int64], unit: Unit) -> NDArray[np.int64]:
    """Return how many objects (or images) of each class the copies carry."""
    cube = project.cube().cube
    added = np.zeros(cube.n_classes, np.int64)
    if unit is Unit.OBJECTS:
        return np.bincount(cube.category, weights=copies[cube.item], minlength=cube.n_classes).astype(np.int64)
    pairs = np.unique(np.stack([cube.item, cube.category]), axis=1)
    np.add.at(added, pairs[1], copies[pairs[0]])
    return added


class Studio:
    """Makes variants of the training items of one class; keeps what it read. Safe to use from several threads."""

    def __init__(self, project: Project, class_name: str) -> None:
        self.project = project
        self.items: ClassItems = class_items(project, class_name)
        self.reader = SceneReader(project)
        rows, _part = training_rows(project.cube())
        with project.file.reading() as db:
            names = plan_tables.all_item_names(db)
        # By name, not by row: the order of the source's records must not decide which picture is a partner.
        self._everyone = np.array(sorted(rows.tolist(), key=names.__getitem__), np.int64)
        self._names = names
        self.rare = _rare_classes(project, self.items.category)
        self._own = self._everyone[np.isin(self._everyone, self.items.rows)]
        self._axes = partner_axes(project.cube())

    @property
    def own_rows(self) -> list[int]:
        """The items of the class by file name."""
        return self._own.tolist()

    def name(self, row: int) -> str:
        """Return the file name of an item, relative to its source, without reading anything."""
        return self._names[row]

    def prepare(self, rows: Sequence[int]) -> None:
        """Read the shapes of these rows in one go."""
        self.reader.prepare(list(rows))

    def original(self, row: int, side: int = 0) -> Scene | None:
        """Return an item as it is."""
        return self.reader.scene(row, side)

    def variant(self, row: int, number: int, recipe: Recipe, side: int = 0) -> Scene | None:
        """Return variant `number` of an item; the same recipe and number give the same picture."""
        scene = self.reader.scene(row, side)
        if scene is None:
            return None
        partners = TrainPartners(self.reader, row, self.items.category, self._own, self._everyone, self._axes, side)
        seed = variant_seed(recipe.seed, self.reader.name(row), number)
        return make_variant(scene, step_plan(self.project, recipe), seed, partners)

    def spread(self, count: int) -> list[int]:
        """Return up to `count` rows spread over the items of the class."""
        rows = self.items.rows
        return [int(rows[i * len(rows) // count]) for i in range(count)] if len(rows) > count else rows.tolist()


def _rare_classes(project: Project, category: int) -> frozenset[int]:
    """Return the class, those that must not be missed, and those with no more labelled images than it."""
    sliced = project.cube()
    images = sliced.cube.totals(Unit.IMAGES, sliced.labelled & real_rows(sliced))
    codes = enumerate(sliced.columns.categories)
    return frozenset(i for i, c in codes if c.tier == Tier.MUST_NOT_MISS or images[i] <= images[category])


def measure_drift(studio: Studio, recipe: Recipe, progress: Progress, tries: int = 24) -> Drift:
    """Say how many variants look unlike every picture of the class: too dark or light, blurred, or grey.

    Those that hardly differ from their original are counted too. The class's own range is that of the middle 98 % of
    its pictures in the image index, or of up to 64 pictures that are measured now where there is no index.
    """
    rows = studio.spread(tries)
    studio.prepare(rows)  # in one pass: a source is not read once per picture
    low, high, from_index = _own_range(studio, progress)
    progress.stage("Trying variants", len(rows))
    outside = np.zeros(len(_LOOK_NAMES), np.int64)
    tried = any_outside = alike = 0
    for row in rows:
        scene = studio.variant(row, 0, recipe, _DRIFT_SIDE)
        progress.advance()
        if scene is None:
            continue
        values = _measures(look_at(scene.pixels))
        is_outside = (values < low) | (values > high)
        original = studio.original(row, _DRIFT_SIDE)
        alike += original is not None and is_alike(original.pixels, scene.pixels)
        tried += 1
        any_outside += bool(is_outside.any())
        outside += is_outside
    return Drift(tried, any_outside, tuple(zip(_LOOK_NAMES, outside.tolist(), strict=True)), from_index, alike)


def _own_range(studio: Studio, progress: Progress) -> tuple[NDArray[np.float64], NDArray[np.float64], bool]:
    """Return least and largest usual value of every measure, widened by a tenth of the range."""
    index = load_index(studio.project)
    ids = studio.project.columns.item_ids[studio.items.rows]
    found = np.isin(index.item_ids, ids)
    from_index = int(found.sum()) >= min(len(ids), 8) > 0
    if from_index:
        values = np.stack([index.brightness[found], np.log(index.blur[found]), index.saturation[found]], axis=1)
    else:
        rows = studio.spread(_LOOKS)
        studio.prepare(rows)
        progress.stage("Measuring the class's own pictures", len(rows))
        measured: list[NDArray[np.float64]] = []
        for row in rows:
            scene = studio.original(row, _DRIFT_SIDE)
            progress.advance()
            if scene is not None:
                measured.append(_measures(look_at(scene.pixels)))
        values = np.array(measured).reshape(-1, len(_LOOK_NAMES))
    if not len(values):
        return np.full(3, -np.inf), np.full(3, np.inf), False
    low, high = np.percentile(values.astype(np.float64), _RANGE, axis=0)
    # Few pictures show little of the range of their class.
    margin = (0.1 + 2 / len(values)) * (high - low) + 1e-3
    return low - margin, high + margin, from_index


def _measures(seen: Look) -> NDArray[np.float64]:
    # Twice as blurred is a step of the same size wherever it starts.
    return np.array([seen.brightness, np.log(seen.blur), seen.saturation])

"""Recipes of augmentation: ordered steps with a strength the lead can drag, and what must never happen to a class.

A recipe is plain data. What a strength means in degrees, pixels or grey levels is said by `domain.recipe_steps`, so
that the picture on screen, the files written and the policy handed to training code all mean the same.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from tailwise.domain.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

COLLECT_ABOVE = 5.0
"""A multiplier above this repeats the same few pictures too often: real ones have to be collected instead."""
LIGHT_UP_TO = 2.0
LIGHT, MEDIUM = 0.3, 0.6
MAX_STEPS = 40


class StepKind(StrEnum):
    """What a step does; the value is its name in files."""

    FLIP = "flip-horizontal"
    FLIP_VERTICAL = "flip-vertical"
    QUARTER = "rotate-quarter"
    ROTATE = "rotate"
    CROP = "crop"
    RESIZE = "resize"
    AFFINE = "affine"
    GRID = "grid-distortion"
    ELASTIC = "elastic"
    BRIGHTNESS = "brightness"
    CONTRAST = "contrast"
    SATURATION = "saturation"
    HUE = "hue"
    BLUR = "blur"
    MOTION_BLUR = "motion-blur"
    NOISE = "noise"
    JPEG = "jpeg"
    FOG = "fog"
    RAIN = "rain"
    LOW_LIGHT = "low-light"
    CUTOUT = "cutout"
    COPY_PASTE = "copy-paste"
    MIXUP = "mixup"
    CUTMIX = "cutmix"


@dataclass(frozen=True, slots=True)
class RecipeStep:
    """One step.

    Attributes:
        strength: 0 does nothing, 1 is the most that still makes sense.
        probability: share of the variants that get it, 0..1.
        is_on: steps that are off stay in the recipe, in their place.
    """

    kind: StepKind
    strength: float = 0.5
    probability: float = 1.0
    is_on: bool = True


@dataclass(frozen=True, slots=True)
class ClassRule:
    """What may not happen to images that show a class, and what the class becomes in a mirror.

    Attributes:
        never: steps that are left out wherever the class is on the image.
        mirrored_as: the class its objects belong to after mirroring (left glove, right glove); empty for itself.
    """

    class_name: str
    never: frozenset[StepKind] = frozenset()
    mirrored_as: str = ""


@dataclass(frozen=True, slots=True)
class Recipe:
    """A named, seeded list of steps for one class."""

    name: str
    class_name: str
    steps: tuple[RecipeStep, ...] = ()
    rules: tuple[ClassRule, ...] = ()
    seed: int = 17

    @property
    def active(self) -> tuple[RecipeStep, ...]:
        """The steps that are on and do something."""
        return tuple(s for s in self.steps if s.is_on and s.probability > 0)

    def with_step(self, position: int, step: RecipeStep) -> Recipe:
        """Return the recipe with one step replaced."""
        return replace(self, steps=(*self.steps[:position], step, *self.steps[position + 1 :]))

    def forbidden(self, classes: Iterable[str]) -> frozenset[StepKind]:
        """Return the steps that the classes on an image forbid."""
        shown = set(classes)
        return frozenset(kind for rule in self.rules if rule.class_name in shown for kind in rule.never)

    def mirror_map(self) -> dict[str, str]:
        """Return which class becomes which in a mirror; every pair is there in both directions.

        >>> Recipe("r", "c", rules=(ClassRule("left shoe", mirrored_as="right shoe"),)).mirror_map()
        {'left shoe': 'right shoe', 'right shoe': 'left shoe'}
        """
        pairs: dict[str, str] = {}
        for rule in self.rules:
            if rule.mirrored_as:
                pairs[rule.class_name] = rule.mirrored_as
                pairs.setdefault(rule.mirrored_as, rule.class_name)
        return pairs


def checked(recipe: Recipe) -> Recipe:
    """Return the recipe if it can be used.

    Raises:
        RequestError: a number is out of its range, there are too many steps, or the mirror pairs contradict.
    """
    if len(recipe.steps) > MAX_STEPS:
        raise RequestError(f"The recipe has {len(recipe.steps)} steps", f"Use at most {MAX_STEPS}")
    for number, step in enumerate(recipe.steps, start=1):
        for name, value in (("strength", step.strength), ("probability", step.probability)):
            if not 0 <= value <= 1:  # also refuses NaN
                raise RequestError(
                    f"Step {number} ({step.kind.value}): {name} is {value:g}", "Use a number from 0 to 1"
                )
    pairs = recipe.mirror_map()
    for one, other in pairs.items():
        if pairs[other] != one:
            raise RequestError(
                f"{one!r} becomes {other!r} in a mirror, but {other!r} becomes {pairs[other]!r}",
                "Name every pair once, or both ways alike",
            )
    return recipe


def copies_for(multiplier: float) -> int:
    """Return how many variants an image needs at most so that its class counts `multiplier` times.

    >>> [copies_for(m) for m in (1.0, 1.2, 2.0, 3.5)]
    [0, 1, 1, 3]
    """
    return max(0, math.ceil(multiplier) - 1)


def strength_for(multiplier: float) -> float:
    """Return the strength that a multiplier calls for: light up to 2, medium up to 5.

    Raises:
        RequestError: the multiplier is below 1, or so large that pictures have to be collected instead.
    """
    if not multiplier >= 1 or math.isinf(multiplier):
        raise RequestError(f"A multiplier of {multiplier:g} is not possible", "Use a number from 1 to 5")
    if multiplier > COLLECT_ABOVE:
        raise RequestError(
            f"A multiplier of {multiplier:g} would show the same few pictures too often",
            f"Collect more instead: plan a quota for the class, or use at most {COLLECT_ABOVE:g}",
        )
    return LIGHT if multiplier <= LIGHT_UP_TO else MEDIUM


def variants_per_item(items: int, multiplier: float) -> list[int]:
    """Return how many variants each of `items` images gets so that together they count `multiplier` times.

    None gets more than `copies_for(multiplier)`, and the counts of two images differ by at most one; the first ones get
    the larger count.

    >>> variants_per_item(4, 2.5)
    [2, 2, 1, 1]
    """
    if not items:
        return []
    wanted = round((multiplier - 1) * items)
    base, rest = divmod(wanted, items)
    return [base + (i < rest) for i in range(items)]


def default_steps(strength: float = LIGHT) -> tuple[RecipeStep, ...]:
    """Return the steps a new recipe begins with: mild, and safe for boxes, polygons and masks."""
    return (
        RecipeStep(StepKind.FLIP, strength, 0.5),
        RecipeStep(StepKind.AFFINE, strength, 0.8),
        RecipeStep(StepKind.BRIGHTNESS, strength, 0.8),
        RecipeStep(StepKind.CONTRAST, strength, 0.5),
        RecipeStep(StepKind.HUE, strength, 0.3),
        RecipeStep(StepKind.BLUR, strength, 0.2),
        RecipeStep(StepKind.NOISE, strength, 0.2),
    )


_NEVER_FLIPPED = ("text", "letter", "digit", "number", "plate", "sign", "logo", "word", "label")
_COLOURS = ("red", "green", "blue", "yellow", "orange", "white", "black", "brown", "purple", "pink", "amber")


def suggested_rules(classes: Sequence[str]) -> tuple[ClassRule, ...]:
    """Return rules that the names of the classes call for; the lead may change every one.

    What is read is not mirrored, what is named by a colour keeps its hue, left and right change places.

    >>> [(r.class_name, sorted(k.value for k in r.never)) for r in suggested_rules(["stop sign", "red light", "car"])]
    [('stop sign', ['flip-horizontal', 'flip-vertical']), ('red light', ['hue'])]
    """
    rules: list[ClassRule] = []
    known = set(classes)
    for name in classes:
        words = name.lower().replace("_", " ").replace("-", " ").split()
        never: set[StepKind] = set()
        if any(word.rstrip("s") in _NEVER_FLIPPED for word in words):
            never |= {StepKind.FLIP, StepKind.FLIP_VERTICAL}
        if any(word in _COLOURS for word in words):
            never.add(StepKind.HUE)
        other = name.replace("left", "right").replace("Left", "Right")
        mirrored = other if other != name and other in known else ""
        if never or mirrored:
            rules.append(ClassRule(name, frozenset(never), mirrored))
    return tuple(rules)

"""One augmented picture from a scene, a list of steps and a seed.

The same three give the same bytes on every computer with the same OpenCV. A step's random numbers depend on nothing but
the seed and the kind of step, so that dragging one strength or switching one step off leaves the others as they were.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from tailwise.domain.recipe import RecipeStep, StepKind
from tailwise.domain.recipe_steps import ELASTIC_STEPS, GRID_STEPS, SOFT_LABELS, STEPS
from tailwise.domain.variants import FlagKind, VariantFlag
from tailwise.imaging import augment_maps as maps
from tailwise.imaging.augment_pixels import CHANGES
from tailwise.imaging.augment_scene import NoPartners, Partners, Scene, cut_holes, cutmix, mixup, paste
from tailwise.imaging.augment_shapes import is_kept, moved

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping

    from tailwise.imaging.augment_maps import Floats, PointMap, Size

SMALL_SIDE_PX: Final = 8.0
_DRAWS: Final = 8
_KINDS: Final = tuple(StepKind)


@dataclass(frozen=True, slots=True)
class StepPlan:
    """The steps with what the classes say about them, classes as numbers.

    Attributes:
        never: steps forbidden on pictures that show a class.
        mirror: which class a class becomes in a mirror; classes that stay are not in it.
    """

    steps: tuple[RecipeStep, ...]
    never: Mapping[int, frozenset[StepKind]] = field(default_factory=dict[int, frozenset[StepKind]])
    mirror: Mapping[int, int] = field(default_factory=dict[int, int])


def variant_seed(seed: int, item: str, number: int) -> int:
    """Return the seed of one variant of one item (its name in the source); equal on every computer."""
    told = f"{seed}\0{item}\0{number}".encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(told, digest_size=8).digest())


def make_variant(scene: Scene, plan: StepPlan, seed: int, partners: Partners | None = None) -> Scene:
    """Return the scene after all steps; objects that are lost are gone, and flagged."""
    partners = partners or NoPartners()
    for step, draw, rng in _drawn(plan.steps, seed):
        if any(step.kind in plan.never.get(s.category, ()) for s in scene.shapes):
            scene = _flagged(scene, FlagKind.VETOED, step.kind.value)
            continue
        scene = _applied(scene, step, plan, draw, rng, partners)
    return _settled(scene)


def steps_of(plan: StepPlan, seed: int, categories: Iterable[int]) -> tuple[StepKind, ...]:
    """Return the steps a variant of a picture that shows these classes gets, without making it; each kind once."""
    forbidden = {kind for category in categories for kind in plan.never.get(category, ())}
    kinds = (step.kind for step, _draw, _rng in _drawn(plan.steps, seed))
    return tuple(dict.fromkeys(kind for kind in kinds if kind not in forbidden))


def _drawn(
    steps: Iterable[RecipeStep], seed: int
) -> Generator[tuple[RecipeStep, Floats, np.random.Generator], None, None]:
    """Yield the steps that a variant gets, each with its random numbers and a source of more."""
    seen: dict[StepKind, int] = {}
    for step in steps:
        nth = seen[step.kind] = seen.get(step.kind, -1) + 1
        rng = np.random.default_rng([seed, _KINDS.index(step.kind), nth])
        draw = rng.random(_DRAWS)
        if step.is_on and draw[0] < step.probability:
            yield step, draw[1:], rng


def _applied(
    scene: Scene, step: RecipeStep, plan: StepPlan, draw: Floats, rng: np.random.Generator, partners: Partners
) -> Scene:
    kind, amount = step.kind, STEPS[step.kind].amount(step.strength)
    if kind in CHANGES:
        return replace(scene, pixels=CHANGES[kind](scene.pixels, amount, draw, rng))
    if kind is StepKind.CUTOUT:
        return cut_holes(scene, amount * (0.3 + 0.7 * float(draw[0])), draw, rng) if amount > 0 else scene
    if kind is StepKind.COPY_PASTE:
        return _pasted(scene, 1 + int(draw[0] * amount), rng, partners)
    if kind in SOFT_LABELS:
        return _joined(scene, kind, amount, draw, rng, partners)
    try:
        point_map = _map(kind, amount, scene.size, draw, rng)
    except maps.FoldedGridError:
        return _flagged(scene, FlagKind.FOLDED, kind.value)
    return _through(scene, point_map, plan.mirror)


def _through(scene: Scene, point_map: PointMap, mirror: Mapping[int, int]) -> Scene:
    shapes = tuple(moved(s, point_map) for s in scene.shapes)
    weights = scene.weights
    if point_map.is_mirror and mirror:
        shapes = tuple(replace(s, category=mirror.get(s.category, s.category)) for s in shapes)
        weights = {mirror.get(c, c): w for c, w in weights.items()}
    return replace(scene, pixels=point_map.image(scene.pixels), shapes=shapes, weights=weights)


def _map(kind: StepKind, amount: float, size: Size, draw: Floats, rng: np.random.Generator) -> PointMap:
    """Return the map of a step that moves points. `draw` 0.5 is the middle of every range."""
    signed = 2 * draw - 1
    if kind in {StepKind.FLIP, StepKind.FLIP_VERTICAL}:
        return maps.flip(size, vertical=kind is StepKind.FLIP_VERTICAL)
    if kind is StepKind.QUARTER:
        return maps.quarter_turns(size, 1 + int(draw[0] * 3))
    if kind is StepKind.ROTATE:
        return maps.rotation(size, amount * float(signed[0]))
    if kind is StepKind.CROP:
        return _crop(amount, size, draw)
    if kind is StepKind.RESIZE:
        factor = 1 + amount * float(signed[0])
        return maps.resized(size, (max(1, round(size[0] * factor)), max(1, round(size[1] * factor))))
    if kind is StepKind.AFFINE:
        scale, shear = 1 + amount * signed[2], np.tan(np.deg2rad(50 * amount * signed[3]))
        linear = np.array([[scale, scale * shear], [0, scale]])
        return maps.about_centre(
            size, linear, (amount * float(signed[0]) * size[0], amount * float(signed[1]) * size[1])
        )
    if kind is StepKind.GRID:
        return maps.bent_grid(size, amount * (2 * rng.random((GRID_STEPS + 1, GRID_STEPS + 1, 2)) - 1))
    return _elastic(amount, size, rng)


def _crop(amount: float, size: Size, draw: Floats) -> PointMap:
    cut = [round(side * amount * float(d)) for side, d in zip(size, draw[:2], strict=True)]
    kept = (max(1, size[0] - cut[0]), max(1, size[1] - cut[1]))
    left, top = (int(float(d) * (side - k) + 0.5) for d, side, k in zip(draw[2:4], size, kept, strict=True))
    return maps.crop(left, top, kept)


def _elastic(amount: float, size: Size, rng: np.random.Generator) -> PointMap:
    """Return a smooth bend: random shifts of a grid, averaged with their neighbours, at most `amount` of the side."""
    shifts = 2 * rng.random((ELASTIC_STEPS + 1, ELASTIC_STEPS + 1, 2)) - 1
    padded = np.pad(shifts, ((1, 1), (1, 1), (0, 0)), mode="edge")
    smooth = np.zeros_like(shifts)
    for x in range(3):
        for y in range(3):
            smooth += padded[y : y + ELASTIC_STEPS + 1, x : x + ELASTIC_STEPS + 1] / 9
    most = float(np.abs(smooth).max())
    return maps.bent_grid(size, smooth / most * amount * ELASTIC_STEPS if most else smooth)


def _pasted(scene: Scene, count: int, rng: np.random.Generator, partners: Partners) -> Scene:
    for _ in range(count):
        draw = rng.random(4)
        donor = partners.donor(float(draw[0]))
        if donor is None:
            return _flagged(scene, FlagKind.NO_PARTNER, StepKind.COPY_PASTE.value)
        scene = paste(scene, donor, draw[1:])
    return scene


def _joined(
    scene: Scene, kind: StepKind, alpha: float, draw: Floats, rng: np.random.Generator, partners: Partners
) -> Scene:
    if scene.has_objects or not scene.shapes:
        return _flagged(scene, FlagKind.NOT_FOR_OBJECTS, kind.value)
    if alpha <= 0:
        return scene
    other = partners.scene(float(draw[0]))
    if other is None or other.has_objects:
        return _flagged(scene, FlagKind.NO_PARTNER, kind.value)
    share = float(rng.beta(alpha, alpha))
    if kind is StepKind.MIXUP:
        return mixup(scene, other, share)
    return cutmix(scene, other, share, (float(draw[1]) * scene.size[0], float(draw[2]) * scene.size[1]))


def _settled(scene: Scene) -> Scene:
    """Take away what is hardly visible any more, and say so."""
    kept = tuple(s for s in scene.shapes if is_kept(s, scene.scale))
    flags = [VariantFlag(FlagKind.LOST, s.category) for s in scene.shapes if not is_kept(s, scene.scale)]
    for shape in kept:
        box = shape.box()
        if box is not None and min(box[2:]) < SMALL_SIDE_PX * scene.scale:
            flags.append(VariantFlag(FlagKind.SMALL, shape.category))
    return replace(scene, shapes=kept, flags=(*scene.flags, *flags))


def _flagged(scene: Scene, kind: FlagKind, subject: str) -> Scene:
    return replace(scene, flags=(*scene.flags, VariantFlag(kind, subject)))

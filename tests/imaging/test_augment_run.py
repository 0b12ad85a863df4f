"""Variants: the same seed gives the same bytes, every step does what it says, and nothing is lost without a flag."""

import numpy as np
import pytest

from tailwise.domain.recipe import RecipeStep, StepKind
from tailwise.domain.recipe_steps import STEPS
from tailwise.domain.variants import FlagKind
from tailwise.imaging.augment_files import (
    encode_picture,
    map_from_source,
    mask_runs,
    read_picture,
    suffix_for,
    upright_shape,
)
from tailwise.imaging.augment_pixels import CHANGES
from tailwise.imaging.augment_run import StepPlan, make_variant, variant_seed
from tailwise.imaging.augment_scene import Scene, cut_out, cutmix, mixup, reduced
from tailwise.imaging.augment_shapes import LabelShape, ShapeKind, box_shape
from tailwise.imaging.picture_facts import look_at
from tailwise.imaging.thumbnails import Frame


def a_picture(width=96, height=64, seed=0):
    rng = np.random.default_rng(seed)
    smooth = np.linspace(40, 200, width)[None, :, None] + np.linspace(-30, 30, height)[:, None, None]
    return np.clip(smooth + rng.normal(0, 6, (height, width, 3)) + [0, 20, -20], 0, 255).astype(np.uint8)


def a_scene(**shapes):
    mask = np.zeros((64, 96), np.uint8)
    mask[10:30, 50:80] = 1
    ring = np.array([[12, 8], [30, 10], [20, 26]], np.float64)
    all_shapes = {
        "box": box_shape(0, (40, 35, 30, 20), 0),
        "polygon": LabelShape(1, ShapeKind.POLYGON, (ring,), source=1),
        "mask": LabelShape(2, ShapeKind.MASK, mask=mask, source=2),
    }
    return Scene(a_picture(), tuple({**all_shapes, **shapes}.values()))


def a_label_scene(category, seed=0):
    return Scene(a_picture(seed=seed), (LabelShape(category, ShapeKind.LABEL, source=0),))


class Shelf:
    """Partners that always give the same."""

    def __init__(self, scene=None, donor=None):
        self._scene, self._donor = scene, donor

    def scene(self, draw):
        assert 0 <= draw < 1
        return self._scene

    def donor(self, draw):
        assert 0 <= draw < 1
        return self._donor


def only(kind, strength=0.8):
    return StepPlan((RecipeStep(kind, strength),))


def flags_of(scene):
    return {flag.kind for flag in scene.flags}


@pytest.mark.parametrize("kind", list(StepKind))
def test_every_step_is_repeatable_changes_the_picture_and_keeps_labels_inside(kind):
    partners = Shelf(donor=cut_out(a_scene(), a_scene().shapes[2]))
    tried = (make_variant(a_scene(), only(kind), s, partners) for s in range(20))
    is_mix = kind in {StepKind.MIXUP, StepKind.CUTMIX}
    seed = next(n for n, v in enumerate(tried) if is_mix or not np.array_equal(v.pixels, a_picture()))

    one, two = (make_variant(a_scene(), only(kind), seed, partners) for _ in range(2))

    assert np.array_equal(one.pixels, two.pixels)
    if is_mix:
        assert flags_of(one) == {FlagKind.NOT_FOR_OBJECTS}
        return
    width, height = one.size
    for shape in one.shapes:
        x, y, w, h = shape.box()
        assert -1e-6 <= x <= x + w <= width + 1e-6
        assert -1e-6 <= y <= y + h <= height + 1e-6


@pytest.mark.parametrize("kind", list(CHANGES))
def test_strength_0_of_a_change_of_look_leaves_the_picture_nearly_as_it_was(kind):
    before = a_picture()
    after = make_variant(Scene(before), only(kind, 0.0), 3).pixels

    assert np.abs(after.astype(int) - before).mean() < (5 if kind is StepKind.JPEG else 1.5)


def test_more_strength_is_more_of_the_same_change_and_other_steps_stay_as_they_were():
    steps = (RecipeStep(StepKind.BRIGHTNESS, 0.2), RecipeStep(StepKind.ROTATE, 0.5))
    stronger = (RecipeStep(StepKind.BRIGHTNESS, 0.9), RecipeStep(StepKind.ROTATE, 0.5))
    off = (RecipeStep(StepKind.BRIGHTNESS, 0.2, is_on=False), RecipeStep(StepKind.ROTATE, 0.5))
    results = [make_variant(a_scene(), StepPlan(s), 8) for s in (steps, stronger, off)]

    boxes = [[s.box() for s in r.shapes] for r in results]
    assert boxes[0] == boxes[1] == boxes[2]
    change = [abs(float(r.pixels.mean()) - float(results[2].pixels.mean())) for r in results[:2]]
    assert change[1] > 2 * change[0] > 0


def test_a_class_forbids_a_step_on_its_pictures_only_and_mirrors_become_their_pair():
    plan = StepPlan((RecipeStep(StepKind.FLIP),), never={0: frozenset({StepKind.FLIP})}, mirror={1: 5, 5: 1})

    vetoed = make_variant(a_scene(), plan, 1)
    free = make_variant(Scene(a_picture(), a_scene().shapes[1:]), plan, 1)

    assert flags_of(vetoed) == {FlagKind.VETOED}
    assert np.array_equal(vetoed.pixels, a_picture())
    assert [s.category for s in free.shapes] == [5, 2]
    turned = make_variant(
        Scene(a_picture(), a_scene().shapes[1:]), StepPlan((RecipeStep(StepKind.QUARTER),), {}, {1: 5}), 1
    )
    assert [s.category for s in turned.shapes] == [1, 2]


def test_lost_and_small_objects_are_flagged():
    tiny = box_shape(7, (1, 1, 3, 3), 9)
    narrow = box_shape(8, (10, 40, 5, 20), 10)

    told = make_variant(a_scene(tiny=tiny, narrow=narrow), StepPlan(()), 0)

    assert {(f.kind, f.subject) for f in told.flags} == {(FlagKind.LOST, 7), (FlagKind.SMALL, 8)}
    assert [f.is_loss for f in told.flags] == [True, False]
    assert all(s.category != 7 for s in told.shapes)


def test_a_distortion_that_would_fold_is_refused_and_leaves_the_picture():
    seeds = [s for s in range(60) if FlagKind.FOLDED in flags_of(make_variant(a_scene(), only(StepKind.GRID, 1.0), s))]

    assert seeds
    assert np.array_equal(make_variant(a_scene(), only(StepKind.GRID, 1.0), seeds[0]).pixels, a_picture())


def test_mixup_and_cutmix_give_soft_labels_that_sum_to_one():
    for kind in (StepKind.MIXUP, StepKind.CUTMIX):
        mixed = make_variant(a_label_scene(0), only(kind), 4, Shelf(a_label_scene(3, seed=9)))
        assert set(mixed.weights) == {0, 3}
        assert sum(mixed.weights.values()) == pytest.approx(1)
        assert {s.category for s in mixed.shapes} == {0, 3}
    assert mixup(a_label_scene(0), a_label_scene(0), 0.3).weights == {0: pytest.approx(1)}
    square = Scene(np.zeros((100, 100, 3), np.uint8), a_label_scene(0).shapes)
    other = Scene(np.full((50, 50, 3), 255, np.uint8), a_label_scene(1).shapes)
    patched = cutmix(square, other, 0.75, (0, 0))
    assert patched.weights == {0: 0.9375, 1: 0.0625}
    assert int((patched.pixels[..., 0] == 255).sum()) == 625
    assert flags_of(make_variant(a_label_scene(0), only(StepKind.MIXUP), 4)) == {FlagKind.NO_PARTNER}
    assert not make_variant(a_label_scene(0), only(StepKind.MIXUP, 0.0), 4, Shelf(a_label_scene(3))).weights


def test_a_pasted_object_brings_its_shape_and_hides_what_lies_below():
    donor_scene = a_scene()
    victim = box_shape(4, (0, 0, 96, 64), 3)
    for shape in donor_scene.shapes:
        pasted = make_variant(
            a_scene(victim=victim), only(StepKind.COPY_PASTE, 0.0), 6, Shelf(donor=cut_out(donor_scene, shape))
        )
        new = [s for s in pasted.shapes if s.source == -1]
        assert [(s.category, s.kind) for s in new] == [(shape.category, shape.kind)]
        assert next(s for s in pasted.shapes if s.category == 4).visible < 1
        x, y, w, h = (int(v) for v in new[0].box())
        assert not np.array_equal(pasted.pixels[y : y + h, x : x + w], a_picture()[y : y + h, x : x + w])
    assert flags_of(make_variant(a_scene(), only(StepKind.COPY_PASTE), 6)) == {FlagKind.NO_PARTNER}
    assert cut_out(donor_scene, LabelShape(0, ShapeKind.LABEL)) is None
    assert cut_out(donor_scene, LabelShape(0, ShapeKind.MASK, mask=np.zeros((64, 96), np.uint8))) is None


def test_an_object_hidden_by_holes_loses_its_label():
    lost = [make_variant(a_scene(), only(StepKind.CUTOUT, 1.0), s) for s in range(12)]

    assert any(FlagKind.LOST in flags_of(v) for v in lost)
    for variant in lost:
        assert all(s.visible >= 0.3 for s in variant.shapes)


def test_a_small_preview_shows_the_same_objects_as_the_full_picture():
    plan = StepPlan((RecipeStep(StepKind.AFFINE, 0.7), RecipeStep(StepKind.ROTATE, 0.4), RecipeStep(StepKind.FLIP)))
    scene = a_scene()
    full, small = make_variant(scene, plan, 12), make_variant(reduced(scene, 48), plan, 12)

    assert small.scale == 0.5
    for big, little in zip(full.shapes, small.shapes, strict=True):
        assert np.allclose(np.array(big.box()) / 2, little.box(), atol=1.6)
    assert reduced(scene, 500) is scene


def test_seeds_differ_by_item_and_number_and_never_by_computer():
    assert variant_seed(17, "a.jpg", 0) == 298306781058680056
    assert len({variant_seed(s, i, n) for s in (1, 2) for i in ("a", "b") for n in (0, 1)}) == 8


def test_pictures_are_read_upright_with_their_shapes(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(encode_picture(a_picture(), ".png"))
    pixels, _frame = read_picture(str(path))
    small, _ = read_picture(str(path), 48)

    assert np.array_equal(pixels, a_picture())
    assert small.shape == (32, 48, 3)
    assert read_picture(str(tmp_path / "none.png")) is None
    turned = map_from_source((96, 64), Frame(96, 64, orientation=6), (64, 96))
    assert upright_shape(box_shape(0, (10, 20, 30, 4)), turned).box() == (40, 10, 4, 30)
    mask = upright_shape(a_scene().shapes[2], turned)
    assert mask.mask.shape == (96, 64)
    assert mask.box() == (34, 50, 20, 30)
    label = LabelShape(0, ShapeKind.LABEL)
    assert upright_shape(label, turned) is label
    assert map_from_source((0, 0), Frame(0, 0), (4, 4)) is None
    assert look_at(pixels).brightness == pytest.approx(0.47, abs=0.05)
    assert [suffix_for(path), suffix_for(tmp_path / "b.JPEG")] == [".png", ".jpg"]
    assert mask_runs(np.ones((2, 2), np.uint8)) == [0, 4]


def test_every_kind_of_step_is_described():
    assert list(STEPS) == list(StepKind)
    for facts in STEPS.values():
        assert facts.title
        assert facts.note.endswith(".")
        assert facts.amount(1) != facts.amount(0) or not facts.shown

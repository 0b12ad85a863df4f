"""Recipes as files: what Albumentations loads does what the recipe says."""

import json

import numpy as np
import pytest

from tailwise.domain.recipe import ClassRule, Recipe, RecipeStep, StepKind
from tailwise.domain.recipe_steps import PARTNERED
from tailwise.exports.recipe_policy import albumentations_policy

EVERYTHING = Recipe("all", "cat", tuple(RecipeStep(kind, 0.5, 1.0) for kind in StepKind))


def test_every_step_is_translated_or_listed_with_the_reason():
    policy, left_out = albumentations_policy(EVERYTHING)

    assert {line.partition(":")[0] for line in left_out} == {k.value for k in PARTNERED}
    assert len(policy["transform"]["transforms"]) == len(StepKind) - len(PARTNERED)
    forbidden = Recipe("r", "sign", (RecipeStep(StepKind.FLIP), RecipeStep(StepKind.BLUR, is_on=False)),
                       (ClassRule("sign", frozenset({StepKind.FLIP})),))  # fmt: skip
    policy, left_out = albumentations_policy(forbidden)
    assert left_out == ["flip-horizontal: a class of the recipe forbids it"]
    assert policy["transform"]["transforms"] == []


@pytest.mark.filterwarnings("ignore")
def test_albumentations_loads_the_file_and_flips_boxes_as_we_do(tmp_path):
    albumentations = pytest.importorskip("albumentations")
    path = tmp_path / "all.json"
    path.write_text(json.dumps(albumentations_policy(EVERYTHING)[0]), encoding="utf-8")
    image = np.random.default_rng(0).integers(0, 255, (120, 160, 3), dtype=np.uint8)

    loaded = albumentations.load(path)
    result = loaded(image=image, bboxes=[[20, 30, 60, 50]], category_ids=[1])
    flip = albumentations.from_dict(albumentations_policy(Recipe("r", "c", (RecipeStep(StepKind.FLIP),)))[0])
    flipped = flip(image=image, bboxes=[[20, 30, 60, 50]], category_ids=[1])

    assert result["image"].ndim == 3
    names = [t.__class__.__name__ for t in loaded.transforms]
    assert names[0] == "HorizontalFlip"
    assert np.allclose(flipped["bboxes"][0], [80, 30, 60, 50], atol=1e-3)
    for strength in (0.0, 1.0):
        ends = Recipe("r", "c", tuple(RecipeStep(kind, strength) for kind in StepKind))
        albumentations.from_dict(albumentations_policy(ends)[0])

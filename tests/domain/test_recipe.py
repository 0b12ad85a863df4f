"""Recipes: multipliers and strengths, vetoes by name, and the JSON form with its refusals."""

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tailwise.domain.errors import RequestError
from tailwise.domain.recipe import (
    ClassRule,
    Recipe,
    RecipeStep,
    StepKind,
    checked,
    copies_for,
    default_steps,
    strength_for,
    suggested_rules,
    variants_per_item,
)
from tailwise.domain.recipe_effect import Drift
from tailwise.domain.recipe_json import recipe_from_json, recipe_from_text, recipe_json, recipe_text

steps = st.builds(RecipeStep, st.sampled_from(StepKind), st.floats(0, 1), st.floats(0, 1), st.booleans())
recipes = st.builds(
    Recipe,
    st.text(max_size=8),
    st.text(max_size=8),
    st.lists(steps, max_size=5).map(tuple),
    st.lists(st.builds(ClassRule, st.text(max_size=4), st.frozensets(st.sampled_from(StepKind), max_size=3)),
             max_size=3, unique_by=lambda r: r.class_name).map(tuple),
    st.integers(0, 2**62),
)  # fmt: skip


@given(recipes)
@settings(max_examples=40)
def test_what_is_written_reads_back_as_it_was(recipe):
    assert recipe_from_text(recipe_text(recipe)) == recipe


@given(st.integers(0, 60), st.floats(1, 5))
@settings(max_examples=60)
def test_variants_make_the_class_count_as_asked_and_spread_evenly(items, multiplier):
    counts = variants_per_item(items, multiplier)

    assert sum(counts) == round((multiplier - 1) * items)
    assert not counts or (max(counts) - min(counts) <= 1 and max(counts) <= copies_for(multiplier))


def test_strength_follows_the_multiplier_and_above_five_real_pictures_are_asked_for():
    assert [strength_for(m) for m in (1, 2, 2.1, 5)] == [0.3, 0.3, 0.6, 0.6]
    with pytest.raises(RequestError, match="Collect more instead"):
        strength_for(5.1)
    for bad in (0.5, math.nan, math.inf):
        with pytest.raises(RequestError, match="not possible"):
            strength_for(bad)


def test_rules_are_suggested_by_name():
    rules = {
        r.class_name: r for r in suggested_rules(["License plates", "left shoe", "right shoe", "green_light", "cat"])
    }

    assert rules["License plates"].never == {StepKind.FLIP, StepKind.FLIP_VERTICAL}
    assert rules["left shoe"].mirrored_as == "right shoe"
    assert rules["green_light"].never == {StepKind.HUE}
    assert set(rules) == {"License plates", "left shoe", "green_light"}
    recipe = Recipe("r", "cat", default_steps(), tuple(rules.values()))
    assert recipe.forbidden(["cat", "green_light"]) == {StepKind.HUE}
    assert recipe.mirror_map() == {"left shoe": "right shoe", "right shoe": "left shoe"}
    assert recipe.with_step(0, RecipeStep(StepKind.BLUR)).steps[0].kind is StepKind.BLUR
    assert len(Recipe("r", "c", (RecipeStep(StepKind.BLUR, is_on=False), RecipeStep(StepKind.FLIP))).active) == 1


GOOD = recipe_json(Recipe("r", "cat", default_steps(), (ClassRule("sign", frozenset({StepKind.FLIP})),)))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"stepz": []}, "Did you mean 'steps'"),
        ({"format": "tailwise.recipe/9"}, "reads tailwise.recipe/1"),
        ({"steps": {}}, "“steps” is no list"),
        ({"steps": [{"step": "flip"}]}, "there is no step 'flip'. Did you mean 'flip-"),
        ({"steps": [{"step": "blur", "strength": 2}]}, r"Step 1 \(blur\): strength is 2"),
        ({"steps": [{"step": "blur", "strength": "1"}]}, "step 1: “strength” is '1'"),
        ({"steps": [{"step": "blur", "on": 1}]}, "“on” is 1"),
        ({"steps": [[]]}, "no JSON object"),
        ({"steps": [{"step": "blur"}] * 41}, "41 steps"),
        ({"seed": -1}, "“seed” is -1"),
        ({"name": 3}, "“name” is no text"),
        ({"classes": []}, "“classes” is no object"),
        ({"classes": {"a": {"never": ["zap"]}}}, "class 'a': there is no step 'zap'. Known are"),
        ({"classes": {"a": {"mirrored_as": "b"}, "c": {"mirrored_as": "b"}}}, "'c' becomes 'b' in a mirror"),
    ],
)
def test_a_bad_recipe_is_refused_with_the_place_and_what_to_do(change, told):
    with pytest.raises(RequestError, match=told):
        recipe_from_json({**GOOD, **change}, "winter.json")


def test_text_that_is_no_json_is_refused_with_line_and_column():
    with pytest.raises(RequestError, match=r"winter.json is no JSON \(line 2, column 1\)"):
        recipe_from_text("{\n", "winter.json")
    with pytest.raises(RequestError, match="strength is nan"):
        recipe_from_text(json.dumps({"steps": [{"step": "blur", "strength": math.nan}]}))
    assert checked(recipe_from_json(GOOD)).class_name == "cat"


@pytest.mark.parametrize(
    ("tried", "alike", "risk"), [(0, 0, ""), (10, 1, "low"), (10, 2, "some"), (10, 5, "high"), (10, 10, "high")]
)
def test_the_duplicate_risk_follows_the_share_of_variants_like_their_original(tried, alike, risk):
    assert Drift(tried, 0, (), from_index=False, alike=alike).duplicate_risk == risk

"""Recipes as files for training code: our own JSON, and the serialised form that `albumentations.load` reads.

The second is written as data: Albumentations is neither needed nor imported. Names and parameters are of version 2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tailwise.domain.exports import Audience
from tailwise.domain.recipe import StepKind
from tailwise.domain.recipe_json import recipe_json
from tailwise.domain.recipe_steps import MIN_AREA_PX, MIN_VISIBLE, STEPS
from tailwise.exports.texts import slug

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tailwise.domain.recipe import Recipe, RecipeStep
    from tailwise.exports.package import Package

FOLDER: Final = "recipes"
ALBUMENTATIONS: Final = "2.0.8"
_GREY: Final = 114.0
_SIDE: Final = 512
"""Side in pixels that lengths given as shares of the picture are turned into, where the other side wants pixels."""

Parameters = dict[str, Any]


def _around(value: float) -> list[float]:
    return [round(-value, 4), round(value, 4)]


def _affine(amount: float) -> Parameters:
    shift = {"x": _around(amount), "y": _around(amount)}
    scale = [round(1 - amount, 4), round(1 + amount, 4)]
    shear = {"x": _around(50 * amount), "y": [0.0, 0.0]}
    return {
        "scale": {"x": scale, "y": scale}, "keep_ratio": True, "translate_percent": shift, "shear": shear,
        "rotate": [0.0, 0.0], "fill": _GREY,
    }  # fmt: skip


def _motion(amount: float) -> Parameters:
    return {"blur_limit": [3, max(3, int(amount * _SIDE) | 1)]}


def _holes(amount: float) -> Parameters:
    side = round(max(0.01, (amount / 4) ** 0.5), 4)
    return {
        "num_holes_range": [1, 4],
        "hole_height_range": [0.01, side],
        "hole_width_range": [0.01, side],
        "fill": _GREY,
    }


_TRANSLATIONS: Final[dict[StepKind, tuple[str, Callable[[float], Parameters]]]] = {
    StepKind.FLIP: ("HorizontalFlip", lambda _a: {}),
    StepKind.FLIP_VERTICAL: ("VerticalFlip", lambda _a: {}),
    StepKind.QUARTER: ("RandomRotate90", lambda _a: {}),
    StepKind.ROTATE: ("Rotate", lambda a: {"limit": _around(a), "border_mode": 0, "fill": _GREY}),
    StepKind.CROP: (
        "RandomCropFromBorders",
        lambda a: {f"crop_{side}": round(a / 2, 4) for side in ("left", "right", "top", "bottom")},
    ),
    StepKind.RESIZE: ("RandomScale", lambda a: {"scale_limit": _around(a)}),
    StepKind.AFFINE: ("Affine", _affine),
    StepKind.GRID: ("GridDistortion", lambda a: {"num_steps": 5, "distort_limit": _around(a)}),
    StepKind.ELASTIC: ("ElasticTransform", lambda a: {"alpha": round(a * _SIDE, 2), "sigma": _SIDE / 9}),
    StepKind.BRIGHTNESS: (
        "RandomBrightnessContrast", lambda a: {"brightness_limit": _around(a), "contrast_limit": [0.0, 0.0]}
    ),
    StepKind.CONTRAST: (
        "RandomBrightnessContrast", lambda a: {"brightness_limit": [0.0, 0.0], "contrast_limit": _around(a)}
    ),
    StepKind.SATURATION: (
        "ColorJitter",
        lambda a: {
            "brightness": [1.0, 1.0], "contrast": [1.0, 1.0], "saturation": [round(1 - a, 4), round(1 + a, 4)],
            "hue": [0.0, 0.0],
        },
    ),
    StepKind.HUE: (
        # Eight-bit hue there counts half degrees.
        "HueSaturationValue",
        lambda a: {"hue_shift_limit": _around(a / 2), "sat_shift_limit": [0, 0], "val_shift_limit": [0, 0]},
    ),
    StepKind.BLUR: ("GaussianBlur", lambda a: {"blur_limit": 0, "sigma_limit": [0.1, max(0.1, round(a * _SIDE, 3))]}),
    StepKind.MOTION_BLUR: ("MotionBlur", _motion),
    StepKind.NOISE: ("GaussNoise", lambda a: {"std_range": [round(0.3 * a / 255, 4), round(a / 255, 4)]}),
    StepKind.JPEG: ("ImageCompression", lambda a: {"quality_range": [round(a), 95]}),
    StepKind.FOG: ("RandomFog", lambda a: {"fog_coef_range": [round(0.4 * a, 4), round(a, 4)]}),
    StepKind.RAIN: ("RandomRain", lambda a: {"brightness_coefficient": round(1 - 0.25 * a, 4)}),
    StepKind.LOW_LIGHT: ("RandomGamma", lambda a: {"gamma_limit": [100, round(100 * a)]}),
    StepKind.CUTOUT: ("CoarseDropout", _holes),
}  # fmt: skip


def write_recipes(recipes: Sequence[Recipe], package: Package) -> None:
    """Write `recipes/<name>.json` and `recipes/<name>.albumentations.json` of every recipe, and a list of them."""
    taken: set[str] = set()
    listed: list[dict[str, Any]] = []
    for recipe in recipes:
        stem = f"{FOLDER}/{slug(recipe.name, taken)}"
        policy, left_out = albumentations_policy(recipe)
        steps = len(policy["transform"]["transforms"])
        package.add_json(f"{stem}.json", recipe_json(recipe), len(recipe.steps), "recipe", Audience.TRAINING)
        package.add_json(f"{stem}.albumentations.json", policy, steps, "policy", Audience.TRAINING)
        listed.append(
            {
                "name": recipe.name,
                "class": recipe.class_name,
                "recipe": f"{stem}.json",
                "albumentations": f"{stem}.albumentations.json",
                "not_translated": left_out,
            }
        )
        package.warn(
            "AU-03",
            f"steps of the recipe {recipe.name} that its Albumentations file cannot say",
            len(left_out),
            left_out,
        )
    package.add_json(f"{FOLDER}/recipes.json", {"recipes": listed}, len(listed), "recipe-list", Audience.TRAINING)
    package.check("recipes", len(recipes))


def albumentations_policy(recipe: Recipe) -> tuple[dict[str, Any], list[str]]:
    """Return the serialised form of a recipe, and the steps that are not in it, each with the reason.

    Lengths that are shares of the picture become pixels of a picture of 512. Steps that a class forbids are left out,
    for a policy knows no classes.
    """
    forbidden = frozenset(kind for rule in recipe.rules for kind in rule.never)
    transforms: list[dict[str, Any]] = []
    left_out: list[str] = []
    for step in recipe.active:
        if step.kind in forbidden:
            left_out.append(f"{step.kind.value}: a class of the recipe forbids it")
        elif step.kind not in _TRANSLATIONS:
            left_out.append(f"{step.kind.value}: has no counterpart there")
        else:
            transforms.append(_translated(step))
    boxes = {
        "format": "coco", "label_fields": ["category_ids"], "min_visibility": MIN_VISIBLE, "min_area": MIN_AREA_PX,
        "clip": True,
    }  # fmt: skip
    transform = {
        "__class_fullname__": "Compose",
        "p": 1.0,
        "transforms": transforms,
        "bbox_params": boxes,
        "keypoint_params": None,
        "additional_targets": {},
        "is_check_shapes": True,
    }
    return {"__version__": ALBUMENTATIONS, "transform": transform}, left_out


def _translated(step: RecipeStep) -> dict[str, Any]:
    name, parameters = _TRANSLATIONS[step.kind]
    told = parameters(STEPS[step.kind].amount(step.strength))
    return {"__class_fullname__": name, "p": step.probability, **told}

"""The JSON form of a recipe: stable, documented in the help, and refused with the place and the nearest known name."""

from __future__ import annotations

import difflib
import json
from typing import TYPE_CHECKING, Any, Final, NoReturn, cast

from tailwise.domain.errors import RequestError
from tailwise.domain.recipe import ClassRule, Recipe, RecipeStep, StepKind, checked

if TYPE_CHECKING:
    from collections.abc import Iterable

FORMAT: Final = "tailwise.recipe/1"
_RECIPE_KEYS = ("format", "name", "class", "seed", "steps", "classes")
_STEP_KEYS = ("step", "strength", "probability", "on")
_RULE_KEYS = ("never", "mirrored_as")
_KINDS = tuple(k.value for k in StepKind)


def recipe_json(recipe: Recipe) -> dict[str, Any]:
    """Return the recipe as a JSON document."""
    return {
        "format": FORMAT,
        "name": recipe.name,
        "class": recipe.class_name,
        "seed": recipe.seed,
        "steps": [
            {"step": s.kind.value, "strength": s.strength, "probability": s.probability, "on": s.is_on}
            for s in recipe.steps
        ],
        "classes": {
            r.class_name: {"never": sorted(k.value for k in r.never), "mirrored_as": r.mirrored_as}
            for r in recipe.rules
        },
    }


def recipe_text(recipe: Recipe) -> str:
    """Return the recipe as the text of a file."""
    return json.dumps(recipe_json(recipe), ensure_ascii=False, indent=2) + "\n"


def recipe_from_text(text: str, name: str = "the recipe") -> Recipe:
    """Read a recipe from the text of a file; `name` is what messages call it.

    Raises:
        RequestError: the text is no JSON, or says something a recipe cannot mean.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        where = f" (line {error.lineno}, column {error.colno})" if isinstance(error, json.JSONDecodeError) else ""
        raise RequestError(f"{name} is no JSON{where}", "Save it again from the page Augment, or repair it") from error
    return recipe_from_json(document, name)


def recipe_from_json(document: object, name: str = "the recipe") -> Recipe:
    """Rebuild a recipe; see `recipe_from_text`."""
    members = _members(document, _RECIPE_KEYS, name)
    if members.get("format", FORMAT) != FORMAT:
        _refuse(name, f"“format” is {members['format']!r}", f"This Tailwise reads {FORMAT}")
    steps = tuple(_step(s, f"{name}, step {n}") for n, s in enumerate(_list(members, "steps", name), start=1))
    classes = members.get("classes", {})
    if not isinstance(classes, dict):
        _refuse(name, "“classes” is no object", "Write class names with their rules")
    rules = tuple(_rule(str(c), r, name) for c, r in cast("dict[object, object]", classes).items())
    seed = members.get("seed", 17)
    if not isinstance(seed, int) or isinstance(seed, bool) or not 0 <= seed < 2**63:
        _refuse(name, f"“seed” is {seed!r}", "Use a whole number from 0")
    return checked(
        Recipe(_text(members, "name", name), _text(members, "class", name), steps, rules, seed),
    )


def _step(value: object, place: str) -> RecipeStep:
    members = _members(value, _STEP_KEYS, place)
    kind = _kind(members.get("step"), place)
    is_on = members.get("on", True)
    if not isinstance(is_on, bool):
        _refuse(place, f"“on” is {is_on!r}", "Use true or false")
    return RecipeStep(
        kind, _number(members, "strength", 0.5, place), _number(members, "probability", 1.0, place), is_on
    )


def _rule(class_name: str, value: object, name: str) -> ClassRule:
    place = f"{name}, class {class_name!r}"
    members = _members(value, _RULE_KEYS, place)
    never = frozenset(_kind(k, place) for k in _list(members, "never", place))
    return ClassRule(class_name, never, _text(members, "mirrored_as", place))


def _kind(value: object, place: str) -> StepKind:
    if value not in _KINDS:
        _refuse(place, f"there is no step {value!r}", _nearest(str(value), _KINDS))
    return StepKind(cast("str", value))


def _members(value: object, known: tuple[str, ...], place: str) -> dict[str, object]:
    if not isinstance(value, dict):
        _refuse(place, "this is no JSON object", "Write members in braces")
    members = cast("dict[str, object]", value)
    for key in members:
        if key not in known:
            _refuse(place, f"the key {key!r} is not known", _nearest(key, known))
    return members


def _list(members: dict[str, object], key: str, place: str) -> list[object]:
    value = members.get(key, [])
    if not isinstance(value, list):
        _refuse(place, f"“{key}” is no list", "Write its values in square brackets")
    return cast("list[object]", value)


def _text(members: dict[str, object], key: str, place: str) -> str:
    value = members.get(key, "")
    if not isinstance(value, str):
        _refuse(place, f"“{key}” is no text", "Write it in quotes")
    return value


def _number(members: dict[str, object], key: str, default: float, place: str) -> float:
    value = members.get(key, default)
    if not isinstance(value, int | float) or isinstance(value, bool):
        _refuse(place, f"“{key}” is {value!r}", "Use a number from 0 to 1")
    return float(value)


def _nearest(word: str, known: Iterable[str]) -> str:
    names = list(known)
    close = [n for n in names if word and n.startswith(word)] or difflib.get_close_matches(word, names, 1)
    return f"Did you mean {close[0]!r}" if close else f"Known are: {', '.join(names)}"


def _refuse(place: str, what: str, hint: str) -> NoReturn:
    raise RequestError(f"T{place[1:]}: {what}" if place.startswith("the ") else f"{place}: {what}", hint)

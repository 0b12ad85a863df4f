"""Edit conditions and groups: rename, merge, delete, turn one into the other, set by hand. Sources stay as they are.

Every edit returns what undoes it; nothing that a source stated is lost, so an edit can also be taken back later.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tailwise.domain.changes import Changes
from tailwise.domain.coverage import Basis
from tailwise.domain.errors import RequestError
from tailwise.domain.records import SCENE_AXES, AxisKind
from tailwise.storage import derived_axes, plan_tables
from tailwise.storage.derived_axes import AxisRule, AxisSnapshot
from tailwise.usecases.projects import versions
from tailwise.usecases.slices import PUBLISHED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from tailwise.domain.coverage import AxisFacts
    from tailwise.storage.connection import Db
    from tailwise.usecases.projects import Project

BUILT_IN = frozenset({Basis.SPLIT.value, Basis.SOURCE.value, Basis.STATE.value, PUBLISHED})
COMPUTED_GROUPS = frozenset(SCENE_AXES)
"""Groups that splits and quotas count on; they are computed anew and never edited."""
MAX_TEXT = 200


@dataclass(frozen=True, slots=True)
class ConditionEdit:
    """What an edit did in one sentence, and the state of the axes it touched before and after it."""

    text: str
    before: AxisSnapshot
    after: AxisSnapshot
    changes: Changes = Changes.CONDITIONS


def list_conditions(project: Project) -> tuple[AxisFacts, ...]:
    """Return the project's conditions and groups with the items of each value."""
    return project.cube().axis_facts()


def rename_condition(project: Project, name: str, to: str) -> ConditionEdit:
    """Show a condition under another name; under a name that is taken the two become one condition."""
    to = _text(to, "a condition")
    _require_editable(project, name)
    if to in BUILT_IN or to in COMPUTED_GROUPS:
        raise RequestError(f"{to!r} is the name of something built in", "Choose another name")
    is_merge = to in project.cube().cube.axes

    def edit(db: Db) -> None:
        _each_rule(db, name, lambda rule: replace(rule, shown_as=to))
        derived_axes.change_by_hand(db, name, to, {})

    text = f"{name} merged into {to}" if is_merge else f"{name} renamed to {to}"
    return _edited(project, (name, to), {"condition": name, "to": to}, text, edit)


def merge_values(project: Project, name: str, values: Sequence[str], to: str) -> ConditionEdit:
    """Show several values of a condition as one; with a single value this renames it."""
    to = _text(to, "a value")
    _require_editable(project, name)
    known = project.cube().cube.axis(name).values
    for value in values:
        _require_known(value, known, f"{name} has no value {value!r}")
    renamed = {value: to for value in values if value != to}

    def edit(db: Db) -> None:
        _each_rule(db, name, lambda rule: replace(rule, renamed=_renamed_further(rule.renamed or {}, renamed)))
        derived_axes.change_by_hand(db, name, name, renamed)

    text = f"{name}: {' and '.join(renamed) or to} now {to}"
    return _edited(project, (name,), {"condition": name, "values": list(values), "to": to}, text, edit)


def delete_condition(project: Project, name: str) -> ConditionEdit:
    """Take a condition out of the project; the source keeps it, and undoing brings it back."""
    _require_editable(project, name)

    def edit(db: Db) -> None:
        _each_rule(db, name, lambda rule: replace(rule, is_hidden=True))
        derived_axes.clear_by_hand(db, name)

    return _edited(project, (name,), {"condition": name, "deleted": True}, f"{name} deleted", edit)


def set_condition_kind(project: Project, name: str, kind: AxisKind) -> ConditionEdit:
    """Make a condition a group, which no split cuts, or a group a condition."""
    _require_editable(project, name)

    def edit(db: Db) -> None:
        _each_rule(db, name, lambda rule: replace(rule, kind=kind.value))

    return _edited(project, (name,), {"condition": name, "kind": kind.value}, f"{name} is now a {kind.value}", edit)


def set_values(project: Project, name: str, item_ids: Sequence[int], value: str | None) -> ConditionEdit:
    """Give items a value by hand, or take theirs away with None; a new name makes a new condition."""
    name = _text(name, "a condition")
    if name in BUILT_IN or name in COMPUTED_GROUPS:
        raise RequestError(f"{name!r} cannot be set by hand", "Choose a condition, or a new name for one")
    if value is not None:
        value = _text(value, "a value")
    known = project.cube().row_of
    chosen = [item_id for item_id in dict.fromkeys(item_ids) if item_id in known]
    if not chosen:
        raise RequestError("No item is selected", "Select items first")

    def edit(db: Db) -> None:
        derived_axes.set_by_hand(db, name, chosen, value)

    items = f"{len(chosen):,} item" + "s" * (len(chosen) != 1)
    text = f"{items}: {name} {value}" if value is not None else f"{items}: {name} taken away"
    return _edited(project, (name,), {"condition": name, "value": value, "items": len(chosen)}, text, edit)


def restore_conditions(project: Project, state: AxisSnapshot, text: str) -> Changes:
    """Put the touched conditions back to an earlier state, or to a later one again."""
    began = time.monotonic()
    with project.file.writing() as db:
        derived_axes.restore(db, state)
        plan_tables.log_entry(
            db, "conditions", {"restored": list(state.names)}, versions().as_json(), time.monotonic() - began, text
        )
    return Changes.CONDITIONS


def _edited(
    project: Project, names: Iterable[str], parameters: Mapping[str, object], text: str, edit: Callable[[Db], None]
) -> ConditionEdit:
    began = time.monotonic()
    with project.file.writing() as db:
        touched = [*names, *(stored for name in names for stored in derived_axes.stored_names(db, name))]
        before = derived_axes.snapshot(db, touched)
        edit(db)
        after = derived_axes.snapshot(db, touched)
        plan_tables.log_entry(db, "conditions", parameters, versions().as_json(), time.monotonic() - began, text)
    return ConditionEdit(text, before, after)


def _each_rule(db: Db, shown_as: str, change: Callable[[AxisRule], AxisRule]) -> None:
    rules = derived_axes.axis_rules(db)
    for stored in derived_axes.stored_names(db, shown_as):
        derived_axes.write_rule(db, change(rules.get(stored, AxisRule(stored, stored))))


def _renamed_further(before: Mapping[str, str], renamed: Mapping[str, str]) -> dict[str, str]:
    """Return the map from stored to shown texts after one more renaming of shown texts."""
    further = {stored: renamed.get(shown, shown) for stored, shown in before.items()}
    return {**{shown: to for shown, to in renamed.items() if shown not in before}, **further}


def _require_editable(project: Project, name: str) -> None:
    if name in BUILT_IN or name in COMPUTED_GROUPS:
        raise RequestError(f"{name!r} is built in and cannot be edited", "Edit a condition or group of the data")
    _require_known(name, [facts.name for facts in list_conditions(project)], f"There is no condition {name!r}")


def _require_known(name: str, known: Sequence[str], problem: str) -> None:
    if name not in known:
        some = ", ".join(known[:20]) or "none"
        raise RequestError(problem, f"There are: {some}{' and more' if len(known) > 20 else ''}")


def _text(text: str, what: str) -> str:
    tidy = " ".join(text.split())
    if not tidy or len(tidy) > MAX_TEXT or not tidy.isprintable():
        raise RequestError(f"{text[:40]!r} cannot be the name of {what}", f"Use 1 to {MAX_TEXT} readable characters")
    return tidy

"""Map the classes of the sources to the classes of the project: merge, rename, split back, or call one no class.

The sources stay as they are, and their next import keeps the mapping. Every edit returns what undoes it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tailwise.domain.changes import Changes
from tailwise.domain.errors import RequestError
from tailwise.formats.similar_names import alike
from tailwise.storage import class_tables, plan_tables, source_tables
from tailwise.usecases.projects import versions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tailwise.ops.progress import Progress
    from tailwise.storage.class_tables import AliasRow, ClassState
    from tailwise.storage.connection import Db
    from tailwise.usecases.projects import Project

MAX_NAME = 200
NO_CLASS_WORDS = frozenset({
    "background", "__background__", "void", "ignore", "ignored", "unlabeled", "unlabelled", "bg", "none", "no class",
})  # fmt: skip
"""Names that may mean "no class" (formats reference, section 1.6)."""
_CHANGES = Changes.CATEGORIES | Changes.ANNOTATIONS | Changes.FINDINGS


@dataclass(frozen=True, slots=True)
class MappedClass:
    """One class as one source names it.

    Attributes:
        source_class: its name in the source; `ext_id`: its number there.
        project_class: what it stands for in the project, empty where it is no class.
        annotations: how many the source has of it.
        suggestion: a project class it probably means, empty for none; `why` says why.
    """

    source: str
    source_class: str
    ext_id: str
    project_class: str
    annotations: int
    suggestion: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class ClassMapEdit:
    """What an edit did in one sentence, and the classes before and after it."""

    text: str
    before: ClassState
    after: ClassState
    changes: Changes = _CHANGES


def class_map(project: Project, progress: Progress) -> tuple[MappedClass, ...]:
    """Return every class of every source with the project class it stands for, and suggested merges."""
    progress.stage("Comparing class names")
    with project.file.reading() as db:
        aliases = class_tables.list_aliases(db)
        left_out = class_tables.no_classes(db)
        counted = {s.id: source_tables.annotations_per_class(db, s.id) for s in source_tables.list_sources(db)}
    suggestions = _suggestions(project, aliases, left_out)
    return tuple(
        MappedClass(
            alias.source,
            alias.ext_name,
            alias.ext_id,
            "" if alias.category in left_out else alias.category,
            int(counted[alias.source_id].get(alias.position, 0)),
            *suggestions.get((alias.source, alias.ext_name), ("", "")),
        )
        for alias in aliases
    )


def map_class(project: Project, source_class: str, to: str, source: str | None = None) -> ClassMapEdit:
    """Let a class of one source, or of all sources that name it so, stand for a class of the project.

    Mapping a class to its own name splits it off again. An empty `to` calls it no class: its annotations are left out
    of every count and export.

    Raises:
        RequestError: no source has the class, or the name cannot be one.
    """
    with project.file.reading() as db:
        aliases = class_tables.list_aliases(db)
    chosen = [a for a in aliases if a.ext_name == source_class and source in {None, a.source}]
    if not chosen:
        known = ", ".join(dict.fromkeys(a.ext_name for a in aliases if source in {None, a.source})) or "none"
        where = f"The source {source!r} has" if source else "The sources have"
        raise RequestError(f"{where} no class {source_class!r}", f"Their classes are: {known[:400]}")
    if not to:
        return set_no_class(project, chosen[0].category, is_class=False)
    to = _name(to)

    def edit(db: Db) -> None:
        for alias in chosen:
            class_tables.map_alias(db, alias.source_id, alias.ext_name, to)
            _forget_if_unused(db, alias.category, to)
        class_tables.mark_no_class(db, to, is_class=True)

    return _edited(project, f"{source_class} is now {to}", edit)


def merge_classes(project: Project, names: Sequence[str], to: str) -> ClassMapEdit:
    """Make one class of several; tier and target are those of `to` where it is one of the project's classes."""
    to = _name(to)
    _require_classes(project, names)

    def edit(db: Db) -> None:
        for alias in class_tables.list_aliases(db):
            if alias.category in names and alias.category != to:
                class_tables.map_alias(db, alias.source_id, alias.ext_name, to)
        for name in names:
            _forget_if_unused(db, name, to)

    merged = " and ".join(name for name in names if name != to)
    return _edited(project, f"{merged} merged into {to}", edit)


def rename_class(project: Project, name: str, to: str) -> ClassMapEdit:
    """Give a class another name; with the name of another class the two are merged."""
    to = _name(to)
    _require_classes(project, (name,))
    if to != name and to in {c.name for c in project.columns.categories}:
        return merge_classes(project, (name,), to)
    return _edited(project, f"{name} renamed to {to}", lambda db: class_tables.rename_category(db, name, to))


def split_class(project: Project, name: str) -> ClassMapEdit:
    """Give every source class that was merged into `name` its own name back."""
    _require_classes(project, (name,))

    def edit(db: Db) -> None:
        for alias in class_tables.list_aliases(db):
            if alias.category == name and alias.ext_name != name:
                class_tables.map_alias(db, alias.source_id, alias.ext_name, alias.ext_name)
        _forget_if_unused(db, name, "")

    return _edited(project, f"{name} split into the classes of its sources", edit)


def set_no_class(project: Project, name: str, *, is_class: bool) -> ClassMapEdit:
    """Leave a class out of every count and export because it is none, or count it again."""
    with project.file.reading() as db:
        known = [row[1] for row in class_tables.class_state(db).categories]
    if name not in known:
        raise RequestError(f"There is no class {name!r}", f"The classes of this project are: {', '.join(known[:20])}")
    text = f"{name} counts as a class again" if is_class else f"{name} is no class: its annotations are left out"
    return _edited(project, text, lambda db: class_tables.mark_no_class(db, name, is_class=is_class))


def restore_class_map(project: Project, state: ClassState, text: str) -> Changes:
    """Put names, mapping and what is no class back to an earlier state, or to a later one again."""
    began = time.monotonic()
    with project.file.writing() as db:
        class_tables.restore_classes(db, state)
        plan_tables.log_entry(db, "classes", {"restored": True}, versions().as_json(), time.monotonic() - began, text)
    return _CHANGES


def _edited(project: Project, text: str, edit: Callable[[Db], object]) -> ClassMapEdit:
    began = time.monotonic()
    with project.file.writing() as db:
        before = class_tables.class_state(db)
        edit(db)
        after = class_tables.class_state(db)
        plan_tables.log_entry(db, "classes", {"edit": text}, versions().as_json(), time.monotonic() - began, text)
    return ClassMapEdit(text, before, after)


def _forget_if_unused(db: Db, name: str, kept: str) -> None:
    if name != kept:
        class_tables.drop_unused_category(db, name)


def _require_classes(project: Project, names: Sequence[str]) -> None:
    sliced = project.cube()
    for name in names:
        sliced.class_index(name)


def _name(text: str) -> str:
    tidy = " ".join(text.split())
    if not tidy or len(tidy) > MAX_NAME or not tidy.isprintable():
        raise RequestError(f"{text[:40]!r} cannot be the name of a class", f"Use 1 to {MAX_NAME} readable characters")
    return tidy


def _suggestions(
    project: Project, aliases: Sequence[AliasRow], left_out: frozenset[str]
) -> dict[tuple[str, str], tuple[str, str]]:
    """Suggest what the user did for the same word elsewhere, then names that are nearly equal. Never merged unasked."""
    found: dict[tuple[str, str], tuple[str, str]] = {}
    sliced = project.cube()
    size = dict(
        zip(
            (c.name for c in sliced.columns.categories),
            np.bincount(sliced.cube.category, minlength=sliced.cube.n_classes).tolist(),
            strict=True,
        )
    )
    mapped_to = {a.ext_name: (a.category, a.source) for a in aliases if a.category != a.ext_name}
    partners: dict[str, str] = {}
    for one, other in alike(list(size)):
        small, large = sorted((one, other), key=lambda name: (size[name], name))
        partners.setdefault(small, large)
    for alias in aliases:
        key, elsewhere = (alias.source, alias.ext_name), mapped_to.get(alias.ext_name)
        if alias.category in left_out:
            continue
        if elsewhere is not None and alias.category == alias.ext_name and elsewhere[0] not in left_out:
            found[key] = (elsewhere[0], f"as in {elsewhere[1]}")
        elif alias.category in partners:
            found[key] = (partners[alias.category], "nearly the same name")
    return found

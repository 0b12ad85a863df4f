"""All findings together: what the readers saw and what the project's own checks see now; fixes, and a CSV of them."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, TypeAlias

from tailwise.domain.checks import Fix, FixKind, ProjectFinding
from tailwise.domain.errors import RequestError
from tailwise.domain.findings import Severity
from tailwise.storage import plan_tables, source_tables
from tailwise.usecases.class_map import ClassMapEdit, merge_classes, restore_class_map, set_no_class
from tailwise.usecases.conditions import (
    ConditionEdit,
    delete_condition,
    merge_values,
    restore_conditions,
)
from tailwise.usecases.conditions_derived import DerivedOutcome
from tailwise.usecases.project_checks import check_project

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tailwise.domain.changes import Changes
    from tailwise.ops.progress import Progress
    from tailwise.usecases.projects import Project

CHECKED_ANEW = frozenset({"CL-01", "CL-04", "AX-07"})
"""Codes of import findings that the project's checks find again, over all sources and after every edit."""
_RANKS = {severity: rank for rank, severity in enumerate(Severity)}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def all_findings(project: Project, progress: Progress, source: str | None = None) -> tuple[ProjectFinding, ...]:
    """Return the findings of the imports and of the checks over the whole project, worst and most frequent first.

    With `source` only those of the imports of that source are returned, and nothing is checked.
    """
    if source is None:
        return _ranked([*stored_findings(project), *check_project(project, progress)])
    with project.file.reading() as db:
        return _ranked([ProjectFinding(f.source, f.finding) for f in source_tables.list_findings(db, source)])


def stored_findings(project: Project) -> tuple[ProjectFinding, ...]:
    """Return what the imports found, without what the project's checks find anew."""
    with project.file.reading() as db:
        stored = source_tables.list_findings(db)
    return _ranked([ProjectFinding(f.source, f.finding) for f in stored if f.finding.code not in CHECKED_ANEW])


def _ranked(found: list[ProjectFinding]) -> tuple[ProjectFinding, ...]:
    return tuple(sorted(found, key=lambda f: (_RANKS[f.finding.severity], -f.finding.count, f.finding.code, f.source)))


def items_behind(project: Project, found: ProjectFinding) -> tuple[int, ...]:
    """Return the ids of the items a finding is about, as far as they are known.

    The project's checks know theirs; of a stored finding the items are those whose file name an example holds.
    """
    if found.items or not found.finding.examples:
        return found.items
    sliced = project.cube()
    columns = sliced.columns
    if found.source not in columns.source_names:
        return ()
    wanted = columns.source_names.index(found.source)
    with project.file.reading() as db:
        names = plan_tables.all_item_names(db)
    by_name: dict[str, int] = {}
    for row, name in enumerate(names):
        if columns.source[row] == wanted:
            for known in (name, name.rpartition("/")[2], name.rpartition(".")[0]):
                by_name.setdefault(known, int(columns.item_ids[row]))
    ids = (by_name.get(part) for example in found.finding.examples for part in _parts(example))
    return tuple(dict.fromkeys(item for item in ids if item is not None))


def _parts(example: str) -> list[str]:
    """Return what of an example may be a file name: `a.jpg = b.jpg`, `a.txt:3`, `a.jpg: class 7`."""
    parts = [example, *example.split(" = ")]
    parts += [part.split(": ", maxsplit=1)[0] for part in parts]
    parts += [part.rpartition(":")[0] for part in parts if part.rpartition(":")[2].isdecimal()]
    stems = [part.rpartition(".")[0] for part in parts]
    return [part for part in dict.fromkeys((*parts, *stems, *(s.rpartition("/")[2] for s in stems))) if part]


def apply_fix(project: Project, fix: Fix) -> ClassMapEdit | ConditionEdit:
    """Do what a fix says. What it returns undoes it.

    Raises:
        RequestError: what it is about is gone by now.
    """
    if fix.kind is FixKind.MERGE_CLASSES:
        return merge_classes(project, fix.names, fix.to)
    if fix.kind is FixKind.NO_CLASS:
        return set_no_class(project, fix.names[0], is_class=False)
    if fix.kind is FixKind.MERGE_VALUES:
        return merge_values(project, fix.axis, fix.names, fix.to)
    return delete_condition(project, fix.names[0])


Edit: TypeAlias = ClassMapEdit | ConditionEdit | DerivedOutcome
"""What can be taken back: it holds the state before and after it."""


def take_back(project: Project, edit: Edit, *, redo: bool = False) -> Changes:
    """Undo an edit, or do it again."""
    text = f"{'again' if redo else 'undone'}: {edit.text}"
    if isinstance(edit, ClassMapEdit):
        return restore_class_map(project, edit.after if redo else edit.before, text)
    return restore_conditions(project, edit.after if redo else edit.before, text)


def findings_csv(found: Sequence[ProjectFinding]) -> str:
    """Return the findings as CSV text, a line per finding; texts that a spreadsheet would run are defused."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("code", "severity", "source", "places", "finding", "what was done", "examples", "fixes"))
    for one in found:
        finding = one.finding
        writer.writerow(
            _defused(str(cell))
            for cell in (
                finding.code,
                finding.severity.value,
                one.source,
                finding.count,
                finding.message,
                finding.action,
                " | ".join(finding.examples),
                " | ".join(fix.title for fix in one.fixes),
            )
        )
    return out.getvalue()


def write_findings_csv(found: Sequence[ProjectFinding], to: Path) -> None:
    """Write `findings_csv` to a file.

    Raises:
        RequestError: the file cannot be written.
    """
    try:
        to.write_text(findings_csv(found), encoding="utf-8", newline="")
    except OSError as error:
        raise RequestError(f"{to} cannot be written ({error.strerror})", "Choose another file") from error


def _defused(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text

"""Tiers and targets of classes."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tailwise.domain.changes import Changes
from tailwise.domain.errors import RequestError
from tailwise.domain.plan import Tier
from tailwise.storage import plan_tables, source_tables
from tailwise.usecases.projects import versions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tailwise.domain.coverage import ClassRow
    from tailwise.ops.progress import Progress
    from tailwise.usecases.projects import Project

MAX_TARGET = 1_000_000_000


@dataclass(frozen=True, slots=True)
class ClassEdit:
    """The new tier and target of one class; a target of None means that no number is wanted."""

    name: str
    tier: str
    target: int | None


def list_classes(project: Project, progress: Progress) -> tuple[ClassRow, ...]:
    """Return every class with its totals over the labelled items."""
    progress.stage("Counting")
    sliced = project.cube()
    return sliced.labelled_rows


def set_classes(project: Project, edits: Sequence[ClassEdit], progress: Progress) -> Changes:
    """Change tiers and targets in one transaction; one bad edit changes nothing."""
    progress.stage("Saving classes")
    began = time.monotonic()
    tiers = [t.value for t in Tier]
    with project.file.writing() as db:
        for edit in edits:
            if edit.tier not in tiers:
                raise RequestError(f"{edit.name}: there is no tier {edit.tier!r}", f"Use one of: {', '.join(tiers)}")
            if edit.target is not None and not 0 <= edit.target <= MAX_TARGET:
                raise RequestError(f"{edit.name}: a target is between 0 and {MAX_TARGET:,}", "Enter a smaller number")
            if not plan_tables.set_class(db, edit.name, edit.tier, edit.target):
                raise RequestError(f"There is no class {edit.name!r}", "Refresh the list of classes")
        source_tables.bump_data_version(db)
        plan_tables.log_entry(
            db,
            "classes",
            {"edits": [[e.name, e.tier, e.target] for e in edits]},
            versions().as_json(),
            time.monotonic() - began,
            f"{len(edits):,} classes changed",
        )
    return Changes.CATEGORIES

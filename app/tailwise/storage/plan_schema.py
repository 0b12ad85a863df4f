"""Versions of a plan: plans of one name are numbered, and keep the streams they were solved with.

The streams of a request without any come from the project, which may change; a work order of an old plan needs those
it was solved with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils import Database

_STATEMENTS = (
    "ALTER TABLE plan ADD COLUMN version INTEGER NOT NULL DEFAULT 1",
    "ALTER TABLE plan ADD COLUMN solved_request TEXT NOT NULL DEFAULT ''",
    "UPDATE plan SET version = (SELECT count(*) FROM plan AS o WHERE o.name = plan.name AND o.id <= plan.id)",
)


def m006_plan_versions(db: Database) -> None:
    """Number the plans of one name in the order they were solved, and keep the request each was solved with."""
    for statement in _STATEMENTS:
        db.execute(statement)

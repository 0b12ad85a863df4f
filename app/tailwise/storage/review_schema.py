"""The tables of mining and review: candidates, who judged them, and every verdict ever given.

A candidate is known by class, item and box, so that mining again keeps its number and its verdicts. It carries the name
of its file: an item id that means another file after an import does not inherit verdicts. Verdicts are only added.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils import Database

REVIEW_TABLES = """
CREATE TABLE mining_run (
    id INTEGER PRIMARY KEY, created_utc TEXT NOT NULL, class_name TEXT NOT NULL, request TEXT NOT NULL,
    outcome TEXT NOT NULL, random_items BLOB NOT NULL, random_boxes BLOB NOT NULL, data_version INTEGER NOT NULL
) STRICT;

CREATE TABLE candidate (
    id INTEGER PRIMARY KEY, class_name TEXT NOT NULL, item_id INTEGER NOT NULL, file_name TEXT NOT NULL,
    box TEXT NOT NULL, run_id INTEGER NOT NULL REFERENCES mining_run(id), queue TEXT NOT NULL,
    position INTEGER NOT NULL, kind TEXT NOT NULL, score REAL NOT NULL, why TEXT NOT NULL,
    nearest TEXT NOT NULL, evidence TEXT NOT NULL, round INTEGER NOT NULL, UNIQUE (class_name, item_id, file_name, box)
) STRICT;

CREATE TABLE reviewer (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, pseudonym TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE verdict (
    id INTEGER PRIMARY KEY, candidate_id INTEGER NOT NULL REFERENCES candidate(id),
    reviewer_id INTEGER NOT NULL REFERENCES reviewer(id), verdict TEXT NOT NULL, reasons TEXT NOT NULL,
    utc TEXT NOT NULL
) STRICT;
CREATE INDEX verdict_by_candidate ON verdict (candidate_id);
"""


def m004_candidates_and_verdicts(db: Database) -> None:
    """Candidates for hard negatives, reviewers, and the history of their verdicts."""
    for statement in REVIEW_TABLES.split(";\n"):
        if statement.strip():
            db.execute(statement)

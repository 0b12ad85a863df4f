"""Resampling and class weights as they were planned: small rows with JSON inside, one table for both."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils import Database

    from tailwise.storage.connection import Db

BALANCE_TABLES = """
CREATE TABLE balance_plan (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, created_utc TEXT NOT NULL, request TEXT NOT NULL,
    summary TEXT NOT NULL, data_version INTEGER NOT NULL
) STRICT;
"""

RESAMPLING, WEIGHTS = "resampling", "weights"


@dataclass(frozen=True, slots=True)
class BalanceRow:
    """A stored request; `request` and `summary` are JSON. `data_version` is that of the data it was planned on."""

    id: int
    kind: str
    created_utc: str
    request: str
    summary: str
    data_version: int


def m005_balance_plans(db: Database) -> None:
    """Resampling plans and class weights."""
    db.execute(BALANCE_TABLES.strip().rstrip(";"))


def add_balance_plan(db: Db, kind: str, request: str, summary: str, version: int) -> BalanceRow:
    """Store a request and what came of it; the newest of its kind is the one that exports mean."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    cursor = db.conn.execute(
        "INSERT INTO balance_plan (kind, created_utc, request, summary, data_version) VALUES (?, ?, ?, ?, ?)",
        (kind, now, request, summary, version),
    )
    return BalanceRow(int(cursor.lastrowid or 0), kind, now, request, summary, version)


def newest_balance_plan(db: Db, kind: str) -> BalanceRow | None:
    """Return the newest stored request of a kind, or None."""
    row = db.conn.execute(
        "SELECT id, kind, created_utc, request, summary, data_version FROM balance_plan WHERE kind = ? "
        "ORDER BY id DESC LIMIT 1",
        (kind,),
    ).fetchone()
    return BalanceRow(*row) if row else None

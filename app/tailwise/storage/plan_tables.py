"""Plans, splits, exports, class settings, drafts and the journal: small rows with JSON inside."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from tailwise.storage.connection import Db


@dataclass(frozen=True, slots=True)
class PlanRow:
    """A stored plan; `request` is TOML text, `outcome` the JSON of the answer.

    Plans of one name are numbered by `version`. `solved_request` is the request with the streams it was solved with,
    empty for plans of older programs.
    """

    id: int
    name: str
    created_utc: str
    status: str
    request: str
    outcome: str
    version: int = 1
    solved_request: str = ""


@dataclass(frozen=True, slots=True)
class SplitRow:
    """A stored split. `item_ids` and `codes` are aligned; a code indexes `names`."""

    id: int
    created_utc: str
    request: str
    result: str
    names: tuple[str, ...]
    item_ids: NDArray[np.int64]
    codes: NDArray[np.int8]
    is_active: bool


@dataclass(frozen=True, slots=True)
class ExportRow:
    """A noted export; `outcome` is JSON."""

    id: int
    created_utc: str
    outcome: str


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """What was done, when, and with what result."""

    utc: str
    verb: str
    parameters: str
    summary: str
    seconds: float


def utc_now() -> str:
    """Return the present time as it is stored."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def add_plan(  # noqa: PLR0913, PLR0917  one argument per column
    db: Db, name: str, status: str, request: str, outcome: str, data_version: int, solved_request: str = ""
) -> int:
    """Store a plan as the next version of its name and return its id."""
    cursor = db.conn.execute(
        "INSERT INTO plan (name, created_utc, status, request, outcome, data_version, solved_request, version) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, (SELECT 1 + coalesce(max(version), 0) FROM plan WHERE name = ?))",
        (name, utc_now(), status, request, outcome, data_version, solved_request, name),
    )
    return int(cursor.lastrowid or 0)


def list_plans(db: Db) -> list[PlanRow]:
    """Return all plans, newest first."""
    rows = db.conn.execute(
        "SELECT id, name, created_utc, status, request, outcome, version, solved_request FROM plan ORDER BY id DESC"
    )
    return [PlanRow(*row) for row in rows]


def add_split(  # noqa: PLR0913, PLR0917  one argument per column
    db: Db,
    request: str,
    result: str,
    names: Sequence[str],
    item_ids: NDArray[np.int64],
    codes: NDArray[np.int8],
    version: int,
) -> int:
    """Store a split as the active one and return its id."""
    db.execute("UPDATE split SET is_active = 0")
    cursor = db.conn.execute(
        "INSERT INTO split (created_utc, request, result, names, item_ids, codes, is_active, data_version) "
        "VALUES (?, ?, ?, ?, ?, ?, 1, ?)",
        (
            utc_now(),
            request,
            result,
            json.dumps(list(names)),
            item_ids.astype("<i8").tobytes(),
            codes.astype("i1").tobytes(),
            version,
        ),
    )
    return int(cursor.lastrowid or 0)


def list_splits(db: Db) -> list[SplitRow]:
    """Return all splits, newest first."""
    rows = db.conn.execute(
        "SELECT id, created_utc, request, result, names, item_ids, codes, is_active FROM split ORDER BY id DESC"
    )
    return [
        SplitRow(
            split_id,
            utc,
            request,
            result,
            tuple(json.loads(names)),
            np.frombuffer(ids, dtype="<i8"),
            np.frombuffer(codes, dtype="i1"),
            bool(active),
        )
        for split_id, utc, request, result, names, ids, codes, active in rows
    ]


def activate_split(db: Db, split_id: int) -> bool:
    """Make one split the project's split; return whether it exists."""
    db.execute("UPDATE split SET is_active = (id = ?)", (split_id,))
    return db.conn.execute("SELECT 1 FROM split WHERE id = ?", (split_id,)).fetchone() is not None


def set_class(db: Db, name: str, tier: str, target: int | None) -> bool:
    """Change tier and target of a class; return whether the class exists."""
    cursor = db.conn.execute("UPDATE category SET tier = ?, target = ? WHERE name = ?", (tier, target, name))
    return cursor.rowcount == 1


def add_export(db: Db, kind: str, target: str, outcome: str) -> int:
    """Record an export and return its revision: how many of this kind there have been."""
    revision = 1 + int(db.conn.execute("SELECT count(*) FROM export WHERE kind = ?", (kind,)).fetchone()[0])
    db.execute(
        "INSERT INTO export (created_utc, kind, target, revision, outcome) VALUES (?, ?, ?, ?, ?)",
        (utc_now(), kind, target, revision, outcome),
    )
    return revision


def list_exports(db: Db, kind: str) -> list[ExportRow]:
    """Return the exports of a kind, oldest first."""
    rows = db.conn.execute("SELECT id, created_utc, outcome FROM export WHERE kind = ? ORDER BY id", (kind,))
    return [ExportRow(*row) for row in rows]


def load_fact(db: Db, key: str) -> str:
    """Return a stored text (a draft, a remembered view), empty if there is none."""
    row = db.conn.execute("SELECT value FROM fact WHERE key = ?", (key,)).fetchone()
    return str(row[0]) if row else ""


def save_fact(db: Db, key: str, value: str) -> None:
    """Store a text under a key."""
    db.execute("INSERT INTO fact VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", (key, value))


def log_entry(
    db: Db, verb: str, parameters: Mapping[str, Any], versions: Mapping[str, str], seconds: float, summary: str
) -> None:
    """Add a line to the journal; call inside the transaction it describes."""
    db.execute(
        "INSERT INTO journal (utc, verb, parameters, versions, seconds, summary) VALUES (?, ?, ?, ?, ?, ?)",
        (
            utc_now(),
            verb,
            json.dumps(parameters, sort_keys=True, default=str),
            json.dumps(versions, sort_keys=True),
            seconds,
            summary,
        ),
    )


def list_journal(db: Db) -> list[JournalEntry]:
    """Return the journal, newest first."""
    rows = db.conn.execute("SELECT utc, verb, parameters, summary, seconds FROM journal ORDER BY id DESC")
    return [JournalEntry(*row) for row in rows]


def item_names(db: Db, item_ids: Iterable[int]) -> dict[int, tuple[str, str]]:
    """Return file name and source id text of each item id."""
    ids = list(item_ids)
    found: dict[int, tuple[str, str]] = {}
    for start in range(0, len(ids), 500):
        chunk = ids[start : start + 500]
        marks = ",".join("?" * len(chunk))
        for item_id, name, ext_id in db.conn.execute(
            f"SELECT id, file_name, ext_id FROM item WHERE id IN ({marks})", chunk
        ):
            found[item_id] = (name, ext_id)
    return found


def all_item_names(db: Db) -> list[str]:
    """Return the file names of all items in row order (source by source, position by position)."""
    return [row[0] for row in db.conn.execute("SELECT file_name FROM item ORDER BY source_id, position")]


def all_item_ext_ids(db: Db) -> list[str]:
    """Return the sources' own item ids in row order."""
    return [row[0] for row in db.conn.execute("SELECT ext_id FROM item ORDER BY source_id, position")]

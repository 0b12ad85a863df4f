"""Store and load candidates, reviewers and verdicts; see `review_schema` for what identifies a candidate."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tailwise.domain.review import (
    Candidate,
    CandidateKind,
    Neighbour,
    ReasonTag,
    ReviewQueue,
    Verdict,
    VerdictEntry,
)
from tailwise.storage.plan_tables import utc_now

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from tailwise.domain.review import Box
    from tailwise.storage.connection import Db

_COLUMNS = (
    "c.id, c.class_name, c.item_id, c.box, c.queue, c.position, c.kind, c.score, c.why, c.nearest, c.evidence, c.round"
)


@dataclass(frozen=True, slots=True)
class RandomNegatives:
    """Negatives drawn at random beside the mined ones: (n,) item ids, (n, 4) boxes, NaN for a whole image."""

    item_ids: NDArray[np.int64]
    boxes: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class MiningRun:
    """One mining of one class; `request` and `outcome` are what JSON holds."""

    id: int
    created_utc: str
    class_name: str
    request: Mapping[str, Any]
    outcome: Mapping[str, Any]
    random: RandomNegatives


def add_run(
    db: Db,
    class_name: str,
    *,
    request: Mapping[str, object],
    outcome: Mapping[str, object],
    random: RandomNegatives,
    version: int,
) -> int:
    """Store what a mining was asked and found, and return its number."""
    cursor = db.conn.execute(
        "INSERT INTO mining_run (created_utc, class_name, request, outcome, random_items, random_boxes, data_version) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            utc_now(),
            class_name,
            json.dumps(request, sort_keys=True),
            json.dumps(outcome, sort_keys=True),
            random.item_ids.astype("<i8").tobytes(),
            random.boxes.astype("<f4").tobytes(),
            version,
        ),
    )
    return int(cursor.lastrowid or 0)


def latest_runs(db: Db) -> list[MiningRun]:
    """Return the newest mining of every class, in order of class name."""
    rows = db.conn.execute(
        "SELECT id, created_utc, class_name, request, outcome, random_items, random_boxes FROM mining_run "
        "WHERE id IN (SELECT max(id) FROM mining_run GROUP BY class_name) ORDER BY class_name"
    )
    return [
        MiningRun(
            number,
            utc,
            name,
            json.loads(request),
            json.loads(outcome),
            RandomNegatives(np.frombuffer(items, dtype="<i8"), np.frombuffer(boxes, dtype="<f4").reshape(-1, 4)),
        )
        for number, utc, name, request, outcome, items, boxes in rows
    ]


def put_candidates(db: Db, run_id: int, found: Iterable[Candidate], names: Mapping[int, str]) -> list[Candidate]:
    """Store candidates of a run and return them with their numbers; a place that was a candidate before keeps its own.

    `names` are the file names of their items. Candidates of earlier runs that nobody judged leave the queue.
    """
    stored: list[Candidate] = []
    for each in found:
        row = db.conn.execute(
            "INSERT INTO candidate (class_name, item_id, file_name, box, run_id, queue, position, kind, score, why, "
            "nearest, evidence, round) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
            "ON CONFLICT (class_name, item_id, file_name, box) DO UPDATE SET run_id = excluded.run_id, "
            "queue = excluded.queue, position = excluded.position, kind = excluded.kind, score = excluded.score, "
            "why = excluded.why, nearest = excluded.nearest, evidence = excluded.evidence, round = excluded.round "
            "RETURNING id",
            (
                each.class_name,
                each.item,
                names[each.item],
                box_text(each.box),
                run_id,
                each.queue.value,
                each.position,
                each.kind.value,
                each.score,
                each.why,
                json.dumps([[n.item, n.box, n.similarity] for n in each.nearest]),
                json.dumps(dict(each.evidence), sort_keys=True),
                each.round,
            ),
        ).fetchone()
        stored.append(replace(each, id=int(row[0])))
    db.execute(
        "DELETE FROM candidate WHERE run_id <> ? AND class_name = (SELECT class_name FROM mining_run WHERE id = ?) "
        "AND id NOT IN (SELECT candidate_id FROM verdict)",
        (run_id, run_id),
    )
    return stored


def list_candidates(db: Db, class_name: str | None = None) -> list[Candidate]:
    """Return the candidates of one class or of all, by class, queue and place, without those whose file is gone."""
    rows = db.conn.execute(
        f"SELECT {_COLUMNS} FROM candidate c JOIN item i ON i.id = c.item_id AND i.file_name = c.file_name "
        "WHERE ? IS NULL OR c.class_name = ? ORDER BY c.class_name, c.queue, c.run_id DESC, c.position, c.id",
        (class_name, class_name),
    )
    return [_candidate(row) for row in rows]


def candidate_exists(db: Db, candidate_id: int) -> bool:
    """Return whether there is a candidate of this number."""
    return db.conn.execute("SELECT 1 FROM candidate WHERE id = ?", (candidate_id,)).fetchone() is not None


def class_of(db: Db, candidate_id: int) -> str:
    """Return the class a candidate is mistaken for, empty where there is no such candidate."""
    row = db.conn.execute("SELECT class_name FROM candidate WHERE id = ?", (candidate_id,)).fetchone()
    return str(row[0]) if row else ""


def add_verdict(db: Db, candidate_id: int, reviewer: str, verdict: Verdict, reasons: Sequence[ReasonTag]) -> None:
    """Add a line to the history of a candidate; a reviewer seen for the first time gets the next pseudonym."""
    db.execute(
        "INSERT INTO verdict (candidate_id, reviewer_id, verdict, reasons, utc) VALUES (?, ?, ?, ?, ?)",
        (candidate_id, _reviewer_id(db, reviewer), verdict.value, json.dumps([r.value for r in reasons]), utc_now()),
    )


def list_verdicts(db: Db, class_name: str | None = None, candidate_id: int | None = None) -> list[VerdictEntry]:
    """Return the history of all candidates, of a class or of one candidate, oldest line first."""
    rows = db.conn.execute(
        "SELECT v.candidate_id, r.name, r.pseudonym, v.verdict, v.reasons, v.utc FROM verdict v "
        "JOIN reviewer r ON r.id = v.reviewer_id JOIN candidate c ON c.id = v.candidate_id "
        "WHERE (? IS NULL OR c.class_name = ?) AND (? IS NULL OR c.id = ?) ORDER BY v.id",
        (class_name, class_name, candidate_id, candidate_id),
    )
    return [
        VerdictEntry(
            candidate, name, pseudonym, Verdict(verdict), tuple(ReasonTag(r) for r in json.loads(reasons)), utc
        )
        for candidate, name, pseudonym, verdict, reasons, utc in rows
    ]


def list_reviewers(db: Db) -> list[str]:
    """Return the names of all reviewers, in order of their first verdict."""
    return [row[0] for row in db.conn.execute("SELECT name FROM reviewer ORDER BY id")]


def box_text(box: Box | None) -> str:
    """Return a box as it is compared: tenths of pixels, empty for the whole image.

    >>> box_text((1.0, 2.04, 30, 40)), box_text(None)
    ('1.0,2.0,30.0,40.0', '')
    """
    return "" if box is None else ",".join(f"{value:.1f}" for value in box)


def _box(text: str) -> Box | None:
    if not text:
        return None
    x, y, width, height = (float(part) for part in text.split(","))
    return x, y, width, height


def _reviewer_id(db: Db, name: str) -> int:
    row = db.conn.execute("SELECT id FROM reviewer WHERE name = ?", (name,)).fetchone()
    if row is not None:
        return int(row[0])
    number = 1 + int(db.conn.execute("SELECT coalesce(max(id), 0) FROM reviewer").fetchone()[0])
    db.execute("INSERT INTO reviewer (id, name, pseudonym) VALUES (?, ?, ?)", (number, name, f"R{number:02d}"))
    return number


def _candidate(row: Sequence[Any]) -> Candidate:
    number, class_name, item, box, queue, position, kind, score, why, nearest, evidence, found_in = row
    return Candidate(
        item=item,
        box=_box(box),
        queue=ReviewQueue(queue),
        kind=CandidateKind(kind),
        score=score,
        why=why,
        nearest=tuple(Neighbour(i, tuple(b) if b else None, s) for i, b, s in json.loads(nearest)),
        evidence=json.loads(evidence),
        round=found_in,
        position=position,
        id=number,
        class_name=class_name,
    )

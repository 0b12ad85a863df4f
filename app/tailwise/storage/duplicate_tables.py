"""Pairs of images that were compared, what people said about pairs, and marks on single images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tailwise.domain.index import EdgeKind, ItemMark, PairVerdict
from tailwise.storage.plan_tables import utc_now

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tailwise.storage.connection import Db

NOTHING = ""
"""Kind of a pair that was compared and is no duplicate; kept so that it is not compared again."""


@dataclass(frozen=True, slots=True)
class PairRow:
    """A compared pair, `a` < `b`; `distance` counts differing bits of the hashes, of the mirrored one if `mirrored`.

    Of a pair without a kind, `mirrored` says that the mirror image was tried too.
    """

    a: int
    b: int
    kind: EdgeKind | None
    distance: int = 0
    inliers: int = 0
    overlap: float = 0.0
    correlation: float = 0.0
    mirrored: bool = False


def put_pairs(db: Db, rows: Iterable[PairRow]) -> None:
    """Store compared pairs."""
    db.conn.executemany(
        "INSERT OR REPLACE INTO duplicate_pair VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        ((r.a, r.b, r.kind or NOTHING, r.distance, r.inliers, r.overlap, r.correlation, int(r.mirrored)) for r in rows),
    )


def list_pairs(db: Db) -> list[PairRow]:
    """Return the pairs that may be duplicates, ordered."""
    rows = db.conn.execute(
        "SELECT a, b, kind, distance, inliers, overlap, correlation, mirrored FROM duplicate_pair "
        "WHERE kind <> ? ORDER BY a, b",
        (NOTHING,),
    )
    return [PairRow(r[0], r[1], EdgeKind(r[2]), r[3], r[4], r[5], r[6], bool(r[7])) for r in rows]


def compared_pairs(db: Db) -> list[tuple[int, int, int]]:
    """Return all pairs that were compared, whatever came of it; the third is 1 where nothing is left to try."""
    return db.conn.execute("SELECT a, b, mirrored OR kind <> ? FROM duplicate_pair", (NOTHING,)).fetchall()


def count_compared(db: Db) -> int:
    """Return how many pairs were compared."""
    return int(db.conn.execute("SELECT count(*) FROM duplicate_pair").fetchone()[0])


def list_verdicts(db: Db) -> dict[tuple[int, int], PairVerdict]:
    """Return what people said about pairs."""
    rows = db.conn.execute("SELECT a, b, verdict FROM pair_verdict ORDER BY a, b")
    return {(a, b): PairVerdict(verdict) for a, b, verdict in rows}


def set_verdicts(db: Db, verdicts: Mapping[tuple[int, int], PairVerdict | None]) -> None:
    """Store what a person said about pairs, or take it back with None."""
    for (a, b), verdict in verdicts.items():
        if verdict is None:
            db.execute("DELETE FROM pair_verdict WHERE a = ? AND b = ?", (a, b))
        else:
            db.execute("INSERT OR REPLACE INTO pair_verdict VALUES (?, ?, ?, ?)", (a, b, verdict.value, utc_now()))


def list_marks(db: Db) -> dict[int, ItemMark]:
    """Return the marks on images."""
    return {item: ItemMark(mark) for item, mark in db.conn.execute("SELECT item_id, mark FROM item_mark")}


def list_reasons(db: Db) -> dict[int, str]:
    """Return why images were marked, by item id."""
    return dict(db.conn.execute("SELECT item_id, reason FROM item_mark"))


def set_marks(db: Db, marks: Mapping[int, ItemMark | None], reasons: Mapping[int, str]) -> None:
    """Mark images, or take marks back with None; `reasons` say why in a few words, by item id."""
    for item, mark in marks.items():
        if mark is None:
            db.execute("DELETE FROM item_mark WHERE item_id = ?", (item,))
        else:
            row = (item, mark.value, reasons.get(item, ""), utc_now())
            db.execute("INSERT OR REPLACE INTO item_mark VALUES (?, ?, ?, ?)", row)

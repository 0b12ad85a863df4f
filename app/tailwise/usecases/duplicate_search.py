"""Find images that show the same: candidates in one child process, comparisons in a pool, both kept in the project."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tailwise.analysis.clusters import NEAR_CORRELATION
from tailwise.analysis.near_duplicates import Looks, find_candidates, identical_sets
from tailwise.domain.changes import Changes
from tailwise.domain.duplicates import DEFAULT_THRESHOLD, LOWEST_THRESHOLD
from tailwise.domain.index import EdgeKind
from tailwise.imaging.index_align import NO_ALIGNMENT, Alignment, align_files
from tailwise.ops.executors import Pieces
from tailwise.ops.progress import OpCancelledError
from tailwise.storage import capture_tables, duplicate_tables, index_tables, plan_tables, source_tables
from tailwise.storage.duplicate_tables import PairRow
from tailwise.usecases.capture_times import neighbours, read_captures
from tailwise.usecases.index_columns import not_indexed
from tailwise.usecases.projects import open_project

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from tailwise.ops.child import Runner
    from tailwise.ops.executors import OpenPool
    from tailwise.ops.progress import Progress
    from tailwise.storage.capture_tables import CaptureRow
    from tailwise.usecases.projects import Project

PIECE = 64
STORE_PAIRS = 2000


@dataclass(frozen=True, slots=True)
class PairWork:
    """Two images to compare; `first` and `second` are their paths in an order that depends on their bytes only."""

    a: int
    b: int
    first: str
    second: str
    try_straight: bool
    try_mirrored: bool
    distances: tuple[int, int]


@dataclass(frozen=True, slots=True)
class FoundPairs:
    """Pairs of item ids to compare, one row each: a, b, straight, mirrored, two hash distances, turned.

    `turned` says that the comparison begins with `b`. `captures` are times of capture that were not known yet.
    """

    table: NDArray[np.int64]
    captures: tuple[CaptureRow, ...]


def search(project: Project, progress: Progress, run: Runner, open_pool: OpenPool, *, turned: bool = False) -> int:
    """Compare all new candidates and store what came of it; return how many pairs were compared now.

    With `turned` also pictures that were turned or upside down are candidates.

    Raises:
        RequestError: nothing was indexed yet.
        OpCancelledError: cancelled; what was compared so far is kept.
    """
    found = run(new_candidates, project.path, turned, progress=progress)
    if found.captures:
        with project.file.writing() as db:
            capture_tables.put_captures(db, found.captures)
    work = _work(project, found)
    progress.stage("Comparing pictures", len(work))
    pieces = Pieces[PairWork, PairRow](open_pool, compare_pairs, _lost).run(
        (work[at : at + PIECE] for at in range(0, len(work), PIECE)), progress
    )
    rows: list[PairRow] = []
    done = 0
    try:
        with contextlib.closing(pieces):  # pyright: ignore[reportArgumentType]  a generator
            for _pair, row in pieces:
                rows.append(row)
                done += 1
                progress.advance()
                if len(rows) >= STORE_PAIRS:
                    _store(project, rows)
    except OpCancelledError:
        told = f"{done:,} of {len(work):,} pairs are compared and stay so; the next search goes on from there."
        raise OpCancelledError(told, Changes.INDEX) from None
    finally:
        _store(project, rows)  # also what had not been stored when it was cancelled or failed
    return len(work)


def new_candidates(path: Path, turned: bool, progress: Progress) -> FoundPairs:
    """Return the candidates that were not compared yet; runs in a child, which opens the project for reading."""
    with contextlib.closing(open_project(path, read_only=True)) as project, project.file.reading() as db:
        rows = index_tables.load_rows(db)
        names = dict(zip(project.columns.item_ids.tolist(), full_names(project), strict=True))
        known = np.array(duplicate_tables.compared_pairs(db), dtype=np.int64).reshape(-1, 3)
        captures = capture_tables.list_captures(db)
        unasked = capture_tables.items_without_capture(db)
        if not len(rows["item_ids"]):
            raise not_indexed(db, path.name)
        read = read_captures(_paths(project, unasked), progress)
    chosen = np.unique(identical_sets(rows["sha256"]))
    ids = rows["item_ids"][chosen]
    names_of = [names[item] for item in ids.tolist()]
    looks = Looks(rows["phash"][chosen], rows["phash_mirror"][chosen], rows["appearance"][chosen])
    near = np.array(list(neighbours(ids.tolist(), names_of, [*captures, *read])), dtype=np.int64).reshape(-1, 2)
    candidates = find_candidates(looks, np.searchsorted(ids, near), progress, turned=turned)
    n = len(ids)
    key = candidates.a * n + candidates.b
    pairs = np.unique(key)
    a, b = pairs // n, pairs % n
    sha = rows["sha256"][chosen]
    rank = np.empty(n, dtype=np.int64)
    rank[np.lexsort(sha.T[::-1])] = np.arange(n)
    table = np.stack(
        [
            ids[a],
            ids[b],
            np.isin(pairs, key[~candidates.mirrored]),
            np.isin(pairs, key[candidates.mirrored]),
            np.bitwise_count(looks.phash[a] ^ looks.phash[b]),
            np.bitwise_count(looks.phash_mirror[a] ^ looks.phash[b]),
            rank[a] > rank[b],
        ],
        axis=1,
    ).astype(np.int64)
    return FoundPairs(table[~_known(table, known)], tuple(read))


def compare_pairs(piece: Sequence[PairWork]) -> list[PairRow]:
    """Compare pairs of pictures; runs in a worker process."""
    return [_compare(work) for work in piece]


def _compare(work: PairWork) -> PairRow:
    straight = align_files(work.first, work.second) if work.try_straight else NO_ALIGNMENT
    turned = NO_ALIGNMENT
    if work.try_mirrored and straight.correlation < DEFAULT_THRESHOLD:
        turned = align_files(work.first, work.second, mirrored=True)
    is_turned = turned.correlation > straight.correlation
    best = turned if is_turned else straight
    kind = _kind(best)
    return PairRow(
        work.a,
        work.b,
        kind,
        work.distances[int(is_turned)],
        best.inliers,
        round(best.overlap, 6),
        round(best.correlation, 6),
        is_turned if kind else work.try_mirrored,
    )


def _kind(found: Alignment) -> EdgeKind | None:
    if found.correlation >= NEAR_CORRELATION:
        return EdgeKind.NEAR
    return EdgeKind.SCENE if found.correlation >= LOWEST_THRESHOLD else None


def _lost(work: PairWork) -> PairRow:
    return PairRow(work.a, work.b, None)


def _known(table: NDArray[np.int64], known: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which pairs were compared before, in every way that is now asked for."""
    width = 1 + max(int(table[:, :2].max(initial=0)), int(known[:, :2].max(initial=0)))
    asked, compared = table[:, 0] * width + table[:, 1], known[:, 0] * width + known[:, 1]
    is_mirror_asked = table[:, 3] > 0
    return np.isin(asked, compared) & (~is_mirror_asked | np.isin(asked, compared[known[:, 2] > 0]))


def full_names(project: Project) -> list[str]:
    """Return the file name of each row behind the name of its source."""
    columns = project.columns
    with project.file.reading() as db:
        names = plan_tables.all_item_names(db)
    return [f"{columns.source_names[s]}/{name}" for s, name in zip(columns.source.tolist(), names, strict=True)]


def _work(project: Project, found: FoundPairs) -> list[PairWork]:
    paths = _paths(project, found.table[:, :2].ravel().tolist())
    work: list[PairWork] = []
    for a, b, straight, mirrored, distance, mirror_distance, turned in found.table.tolist():
        first, second = (paths[b], paths[a]) if turned else (paths[a], paths[b])
        work.append(PairWork(a, b, first, second, bool(straight), bool(mirrored), (distance, mirror_distance)))
    return work


def _paths(project: Project, item_ids: Iterable[int]) -> dict[int, str]:
    wanted = set(item_ids)
    columns = project.columns
    with project.file.reading() as db:
        names = plan_tables.item_names(db, wanted)
        roots = {s.name: s.root for s in source_tables.list_sources(db)}
    row_of = project.cube().row_of
    return {
        item: str(Path(roots[columns.source_names[columns.source[row_of[item]]]], *names[item][0].split("/")))
        for item in wanted
    }


def _store(project: Project, rows: list[PairRow]) -> None:
    if rows:
        with project.file.writing() as db:
            duplicate_tables.put_pairs(db, rows)
    rows.clear()

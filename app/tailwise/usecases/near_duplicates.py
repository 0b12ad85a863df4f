"""Near-duplicates: search, clusters at a threshold, leaks between splits, and what people say about them."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from tailwise.analysis.capture_order import SCENE_SECONDS
from tailwise.analysis.clusters import NEAR_CORRELATION, Link, cluster, members_of, weakest
from tailwise.analysis.near_duplicates import HASH_RADIUS, identical_sets
from tailwise.domain.duplicates import (
    LOWEST_THRESHOLD,
    DuplicateCluster,
    DuplicateEdge,
    DuplicateReport,
    DuplicateRequest,
    SplitLeak,
)
from tailwise.domain.errors import RequestError
from tailwise.domain.index import EdgeKind, ItemMark, PairVerdict
from tailwise.domain.records import NEAR_DUPLICATE_AXIS, AxisKind, LabelState
from tailwise.ops.child import Runner, run_in_child
from tailwise.ops.executors import local_pool
from tailwise.storage import capture_tables, derived_axes, duplicate_tables, index_tables, plan_tables
from tailwise.storage.derived_axes import DerivedAxis
from tailwise.usecases.capture_times import IN_SERIES, neighbours
from tailwise.usecases.duplicate_search import full_names, search
from tailwise.usecases.projects import versions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from tailwise.ops.executors import OpenPool
    from tailwise.ops.progress import Progress
    from tailwise.storage.connection import Db
    from tailwise.storage.duplicate_tables import PairRow
    from tailwise.usecases.projects import Project
    from tailwise.usecases.slices import ProjectCube

BINS = 20
HASH_BITS = 64
THRESHOLD_KEY = "duplicate threshold"


def find_duplicates(
    project: Project,
    request: DuplicateRequest,
    progress: Progress,
    run: Runner = run_in_child,
    open_pool: OpenPool | None = None,
) -> DuplicateReport:
    """Compare what was not compared yet and write the clusters as the axis `NEAR_DUPLICATE_AXIS`.

    Raises:
        RequestError: nothing is indexed, or the threshold is out of range.
        OpCancelledError: cancelled; pairs compared so far are kept, the axis is as it was.
    """
    _check(request)
    began = time.monotonic()
    pool = open_pool or partial(local_pool, request.workers)
    compared = search(project, progress, run, pool, turned=request.turned)
    progress.stage("Forming clusters")
    report = apply_clusters(project, request)
    with project.file.writing() as db:
        plan_tables.log_entry(
            db,
            "near-duplicates",
            {"threshold": request.threshold, "bursts": request.bursts, "turned": request.turned},
            versions().as_json(),
            time.monotonic() - began,
            f"{compared:,} pairs compared, {len(report.clusters):,} clusters of {report.in_clusters:,} images",
        )
    return report


def duplicate_report(project: Project, request: DuplicateRequest) -> DuplicateReport:
    """Return the clusters at a threshold from stored pairs; nothing is compared and nothing is changed."""
    _check(request)
    sliced = project.cube()
    with project.file.reading() as db:
        if not index_tables.has_tables(db):
            return DuplicateReport(request.threshold, (), (), 0, 0, (0,) * BINS)
        item_ids, first_of = _identical(db)
        pairs = duplicate_tables.list_pairs(db)
        verdicts = duplicate_tables.list_verdicts(db)
        marks = _Marks(duplicate_tables.list_marks(db), duplicate_tables.list_reasons(db))
        compared = duplicate_tables.count_compared(db)
        follows = _neighbours(project, db, np.unique(first_of)) if request.bursts else {}
    present = set(item_ids.tolist())
    pairs = [pair for pair in pairs if pair.a in present and pair.b in present]
    links, reasons = _links(item_ids, first_of, _Pairs(pairs, follows), request.threshold)
    said = {pair: verdict for pair, verdict in verdicts.items() if present.issuperset(pair)}
    apart = [pair for pair, verdict in said.items() if verdict is PairVerdict.DIFFERENT]
    links = [link for link in links if (link.a, link.b) not in said]
    for pair in (pair for pair, verdict in said.items() if verdict is PairVerdict.SAME):
        links.append(Link(*pair, EdgeKind.NEAR, 1.0, by_hand=True))
        reasons[pair] = "said to be the same by hand"
    splits = _split_names(sliced)
    clusters = [_cluster(sliced, found, reasons, splits, marks) for found in cluster(links, apart)]
    clusters.sort(key=lambda c: (not c.is_leak, not c.labels_disagree, -len(c.items), c.id))
    correlations = np.array([p.correlation for p in pairs], dtype=np.float64)
    histogram, _edges = np.histogram(correlations, bins=BINS, range=(LOWEST_THRESHOLD, 1.0))
    return DuplicateReport(
        request.threshold,
        tuple(clusters),
        _leaks(clusters, splits),
        len(item_ids),
        compared,
        tuple(histogram.tolist()),
    )


def apply_clusters(project: Project, request: DuplicateRequest) -> DuplicateReport:
    """Write the clusters at a threshold as the project's group axis, which counts, splits and plans then use."""
    report = duplicate_report(project, request)
    names = tuple(f"cluster {one.id}" for one in report.clusters)
    sizes = [len(one.items) for one in report.clusters]
    ids = np.array([item for one in report.clusters for item in one.items], dtype=np.int64)
    with project.file.writing() as db:
        plan_tables.save_fact(db, THRESHOLD_KEY, str(request.threshold))
        if names:
            codes = np.repeat(np.arange(len(names), dtype=np.int32), sizes)
            axis = DerivedAxis(NEAR_DUPLICATE_AXIS, AxisKind.GROUP, "images that show the same", names, ids, codes)
            derived_axes.write_axis(db, axis)
        else:
            derived_axes.delete_axis(db, NEAR_DUPLICATE_AXIS)
    return report


def applied_threshold(project: Project) -> float | None:
    """Return the threshold the stored axis was made with, None if there was none yet."""
    with project.file.reading() as db:
        text = plan_tables.load_fact(db, THRESHOLD_KEY)
    return float(text) if text else None


def _check(request: DuplicateRequest) -> None:
    if not LOWEST_THRESHOLD <= request.threshold <= 1:
        raise RequestError(
            f"A threshold of {request.threshold} makes no sense", f"Choose a correlation from {LOWEST_THRESHOLD} to 1"
        )


def _identical(db: Db) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    rows = index_tables.load_rows(db)
    ids = rows["item_ids"]
    return ids, ids[identical_sets(rows["sha256"])] if len(ids) else ids


@dataclass(frozen=True, slots=True)
class _Marks:
    """What was decided for images, and why, by item id."""

    marks: Mapping[int, ItemMark]
    reasons: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Compared pairs, and the seconds between those that follow each other."""

    rows: Sequence[PairRow]
    follows: Mapping[tuple[int, int], float]


def _neighbours(project: Project, db: Db, item_ids: NDArray[np.int64]) -> dict[tuple[int, int], float]:
    names = dict(zip(project.columns.item_ids.tolist(), full_names(project), strict=True))
    ids = item_ids.tolist()
    return neighbours(ids, [names[item] for item in ids], capture_tables.list_captures(db))


def _links(
    item_ids: NDArray[np.int64], first_of: NDArray[np.int64], pairs: _Pairs, threshold: float
) -> tuple[list[Link], dict[tuple[int, int], str]]:
    """Return what holds images together, with the reason for each.

    Neighbours in time need no more than that the frames lie on each other; neighbours in number need close hashes too.
    """
    links: list[Link] = []
    reasons: dict[tuple[int, int], str] = {}
    twins = item_ids != first_of
    for a, b in zip(first_of[twins].tolist(), item_ids[twins].tolist(), strict=True):
        links.append(Link(a, b, EdgeKind.EXACT, 1.0))
        reasons[a, b] = "the same file, byte for byte"
    for pair in pairs.rows:
        seconds = pairs.follows.get((pair.a, pair.b))
        is_alike = pair.correlation >= threshold
        is_burst = seconds is not None and (seconds != IN_SERIES or pair.distance <= HASH_RADIUS)
        if is_alike or is_burst:
            kind = EdgeKind.NEAR if pair.correlation >= NEAR_CORRELATION else EdgeKind.SCENE
            in_burst = seconds is not None and 0 <= seconds <= SCENE_SECONDS
            links.append(
                Link(
                    pair.a,
                    pair.b,
                    kind if is_alike else EdgeKind.BURST,
                    pair.correlation,
                    points=pair.inliers,
                    in_burst=in_burst,
                )
            )
            reasons[pair.a, pair.b] = _reason(pair, seconds if is_burst else None)
    return links, reasons


def _reason(pair: PairRow, seconds: float | None) -> str:
    turned = "mirrored, " if pair.mirrored else ""
    bits = f"{pair.distance} of {HASH_BITS} bits differ, "
    if not pair.inliers:
        return f"{_when(seconds)}{turned}{bits}smooth pictures, correlation {pair.correlation:.2f}"
    return (
        f"{_when(seconds)}{turned}{bits}{pair.inliers} points agree, overlap {pair.overlap:.0%}, "
        f"correlation {pair.correlation:.2f}"
    )


def _when(seconds: float | None) -> str:
    if seconds is None:
        return ""
    return "next in a numbered series, " if seconds == IN_SERIES else f"taken {seconds:g} s apart by one camera, "


def _split_names(sliced: ProjectCube) -> dict[int, str]:
    """Return the narrowest split of each item that is in one."""
    axis = sliced.split_axis
    best: dict[int, str] = {}
    size = sliced.size_of_split
    for row, code in zip(axis.rows.tolist(), axis.codes.tolist(), strict=True):
        item, name = int(sliced.columns.item_ids[row]), axis.values[code]
        if item not in best or (size[name], name) < (size[best[item]], best[item]):
            best[item] = name
    return best


def _cluster(
    sliced: ProjectCube,
    links: Sequence[Link],
    reasons: Mapping[tuple[int, int], str],
    splits: Mapping[int, str],
    marks: _Marks,
) -> DuplicateCluster:
    items = members_of(links)
    labels = _label_sets(sliced, items)
    return DuplicateCluster(
        id=items[0],
        kind=weakest(links).kind,
        items=tuple(items),
        edges=tuple(
            DuplicateEdge(x.a, x.b, x.kind, x.correlation, reasons[x.a, x.b], by_hand=x.by_hand) for x in links
        ),
        splits=tuple(sorted({splits[item] for item in items if item in splits})),
        marks={item: marks.marks[item] for item in items if item in marks.marks},
        reasons={item: marks.reasons[item] for item in items if marks.reasons.get(item)},
        labels=labels if len(labels) > 1 else (),
    )


def _label_sets(sliced: ProjectCube, items: Sequence[int]) -> tuple[tuple[str, int], ...]:
    """Return the different sets of classes of the labelled images, the most frequent first, with their numbers."""
    found: Counter[str] = Counter()
    for item in items:
        row = sliced.row_of.get(item)
        if row is not None and sliced.columns.state[row] in {LabelState.LABELLED, LabelState.EMPTY}:
            codes = sorted(set(sliced.cube.category[sliced.cube.annotations_of(row)].tolist()))
            found[", ".join(sliced.columns.categories[code].name for code in codes) or "nothing"] += 1
    return tuple(sorted(found.items(), key=lambda told: (-told[1], told[0])))


def _leaks(clusters: Sequence[DuplicateCluster], splits: Mapping[int, str]) -> tuple[SplitLeak, ...]:
    counts: dict[tuple[str, str], int] = {}
    for one in clusters:
        if not one.is_leak:
            continue
        sizes: dict[str, int] = {}
        for item in one.items:
            if item in splits:
                sizes[splits[item]] = sizes.get(splits[item], 0) + 1
        for a, b in combinations(sorted(sizes), 2):
            counts[a, b] = counts.get((a, b), 0) + sizes[a] * sizes[b]
    return tuple(SplitLeak(a, b, n) for (a, b), n in sorted(counts.items()))

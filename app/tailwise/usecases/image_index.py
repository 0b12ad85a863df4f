"""Build the image index: hashes, statistics and vectors of images and objects, made once and kept in the project.

Images are read by worker processes and stored every few seconds: what is done stays done when a run is cancelled or
the computer goes down, and the next run goes on from there. Files that did not change since (name, size, time, boxes)
are not read again.
"""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from tailwise.analysis.embedding import RawBlocks, model_from_bytes
from tailwise.domain.changes import Changes
from tailwise.domain.errors import RequestError
from tailwise.domain.findings import MAX_EXAMPLES, Finding, Severity
from tailwise.domain.index import (
    CLASSICAL_EMBEDDING,
    THUMBNAIL_SIDE,
    ImageIssue,
    IndexOutcome,
    IndexRequest,
    IndexState,
)
from tailwise.imaging.decode import ImageFile
from tailwise.imaging.thumbnails import user_cache
from tailwise.ops.executors import Pieces, cluster_pool, local_pool
from tailwise.ops.progress import OpCancelledError
from tailwise.storage import index_tables, plan_tables
from tailwise.storage.index_tables import EmbeddingRow, IndexRow, VectorRow
from tailwise.usecases import index_plan
from tailwise.usecases.index_columns import load_index
from tailwise.usecases.index_work import (
    ImageResult,
    ImageWork,
    RawResult,
    in_pieces,
    index_images,
    learn_model,
    lost_image,
    raw_images,
)
from tailwise.usecases.projects import versions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tailwise.ops.executors import OpenPool
    from tailwise.ops.progress import Progress
    from tailwise.usecases.index_plan import IndexedItem, ObjectBoxes
    from tailwise.usecases.projects import Project

LEARNING_SEED = 7
STORE_SECONDS = 2.0
STORE_IMAGES = 512
FINDING_PREFIX = "IX-"

_FINDINGS = {
    ImageIssue.MISSING: ("IX-01", Severity.ERROR, "image files that have gone since the import", "not indexed"),
    ImageIssue.UNREADABLE: ("IX-02", Severity.ERROR, "image files that may not be read", "not indexed"),
    ImageIssue.EMPTY: ("IX-03", Severity.ERROR, "image files without a single byte", "not indexed"),
    ImageIssue.NO_IMAGE: ("IX-04", Severity.ERROR, "files that are no known kind of image", "not indexed"),
    ImageIssue.TOO_LARGE: ("IX-05", Severity.ERROR, "images of more than 200 megapixels or 2 GB", "not decoded"),
    ImageIssue.DAMAGED: ("IX-06", Severity.ERROR, "images whose pixels cannot be decoded", "not indexed"),
    ImageIssue.HOSTILE: ("IX-07", Severity.ERROR, "images that end the program that decodes them", "not indexed"),
    ImageIssue.TRUNCATED: ("IX-08", Severity.WARNING, "images that end too early", "indexed as far as they go"),
}

__all__ = ["build_index", "index_state", "load_index", "pool_of"]


@dataclass(slots=True)
class _Tally:
    indexed: int = 0
    failed: int = 0
    objects: int = 0
    rows: list[IndexRow] = field(default_factory=list[IndexRow])
    vectors: list[VectorRow] = field(default_factory=list[VectorRow])
    stored: float = field(default_factory=time.monotonic)

    @property
    def is_due(self) -> bool:
        """Whether it is time to store what has come."""
        return len(self.rows) >= STORE_IMAGES or time.monotonic() - self.stored > STORE_SECONDS


def pool_of(request: IndexRequest) -> OpenPool:
    """Return how to open the pool a request asks for."""
    return partial(cluster_pool, request.scheduler) if request.scheduler else partial(local_pool, request.workers)


def build_index(
    project: Project, request: IndexRequest, progress: Progress, run: OpenPool | None = None
) -> IndexOutcome:
    """Index all images that are new or changed, and store what is wrong with those that cannot be read.

    Args:
        project: an open project.
        request: what to do and with how many processes.
        progress: told stage by stage, image by image.
        run: opens the pool to work in; None as the request says.

    Raises:
        RequestError: the cluster cannot be used.
        OpCancelledError: cancelled; what was indexed so far stays and is not made again.
    """
    began = time.monotonic()
    run = run or pool_of(request)
    items = index_plan.present_items(project, progress)
    boxes = index_plan.object_boxes(project)
    # What is learned from is here already: a cluster would only get it sent.
    learn = partial(local_pool, 1) if request.scheduler else run
    embedding = _embedding(project, items, boxes, (run, learn), progress) if request.descriptors else None
    due = _due(project, items, boxes, embedding, rebuild=request.rebuild)
    tally = _Tally()
    work = [
        ImageWork(
            item.item_id,
            ImageFile(item.path, item.declared, boxes.of(item.item_id).as_pixels if embedding else ()),
            (embedding.fingerprint, embedding.model) if embedding else None,
            item.size_bytes,
        )
        for item in due
        if item.is_there
    ]
    tally.rows += [_row(item, ImageResult(ImageIssue.MISSING)) for item in due if not item.is_there]
    item_of = {item.item_id: item for item in due}
    done = Pieces[ImageWork, ImageResult](run, index_images, lost_image).run(in_pieces(work), progress)
    try:
        progress.stage("Indexing images", len(work))
        with contextlib.closing(done):  # pyright: ignore[reportArgumentType]  a generator
            for one, result in done:
                _check_visible(result, item_of[one.item_id], request)
                _gather(tally, item_of[one.item_id], result, boxes if embedding else None)
                progress.advance()
                if tally.is_due:
                    _store(project, tally, embedding)
    except OpCancelledError:
        raise _stopped(len(items) - len(due) + tally.indexed, len(items)) from None
    finally:
        _store(project, tally, embedding)  # also what had not been stored when it was cancelled or failed
    return _finish(project, items, due, tally, began)


def _stopped(indexed: int, images: int) -> OpCancelledError:
    """Return what to say of a run that was cancelled while it indexed."""
    told = f"{indexed:,} of {images:,} images are indexed and stay so; the next run goes on from there."
    return OpCancelledError(told, Changes.INDEX)


def index_state(project: Project) -> IndexState:
    """Say how much of the project is indexed."""
    sliced = project.cube()
    counted = set(sliced.columns.item_ids[sliced.counted].tolist())
    with project.file.reading() as db:
        if not index_tables.has_tables(db):
            return IndexState(len(counted), 0, 0, 0, 0, "", 0)
        stored = index_tables.stored_files(db)
        outdated = counted.intersection(index_tables.outdated_items(db))
        active = index_tables.active_embedding(db)
        objects = index_tables.count_objects(db, active.id) if active else 0
    issues = [ImageIssue(s.issue) for item_id, s in stored.items() if item_id in counted]
    readable = sum(issue in {ImageIssue.NONE, ImageIssue.TRUNCATED} for issue in issues)
    missing = issues.count(ImageIssue.MISSING) + int((sliced.columns.media[sliced.counted] != 1).sum())
    return IndexState(
        images=len(counted),
        indexed=readable,
        failed=len(issues) - readable - issues.count(ImageIssue.MISSING),
        missing=missing,
        objects=objects,
        embedding=active.name if active else "",
        dimensions=active.dimensions if active else 0,
        outdated=len(outdated),
    )


def _embedding(
    project: Project,
    items: Sequence[IndexedItem],
    boxes: ObjectBoxes,
    pools: tuple[OpenPool, OpenPool],
    progress: Progress,
) -> EmbeddingRow | None:
    """Return the classical embedding, learned now if there is none that fits; None without a readable image.

    `pools` are the one to read images in and the one to learn in.
    """
    run, learn = pools
    stored = index_plan.stored_classical(project, CLASSICAL_EMBEDDING)
    present = sum(item.is_there for item in items)
    if not index_plan.needs_learning(stored, present):
        return stored
    sample = index_plan.learning_sample(items, boxes)
    found: dict[int, RawResult] = {}
    try:
        _read_sample(run, sample, found, progress)
        if not found:
            return stored
        progress.stage("Learning the embedding")
        model = _learned(learn, [found[work.item_id] for work in sample if work.item_id in found], progress)
    except OpCancelledError:
        raise _stopped_learning(project, items, found) from None
    dimensions = model_from_bytes(model).dimensions
    made = index_plan.classical_fingerprint(model)
    with project.file.writing() as db:
        chosen = next((e.name for e in index_tables.list_embeddings(db) if e.is_active), CLASSICAL_EMBEDDING)
        learned = index_tables.put_embedding(db, CLASSICAL_EMBEDDING, str(len(sample)), made, dimensions, model)
        index_tables.activate_embedding(db, chosen)  # learning anew is no reason to leave the user's own vectors
    return learned


def _read_sample(run: OpenPool, sample: Sequence[ImageWork], found: dict[int, RawResult], progress: Progress) -> None:
    """Read the images to learn from into `found`, by item id; what came before it was cancelled is there too."""
    progress.stage("Reading images to learn from", len(sample))
    pieces = Pieces(run, raw_images, _nothing_learned)
    with contextlib.closing(pieces.run(in_pieces(sample), progress)) as done:  # pyright: ignore[reportArgumentType]
        for work, result in done:
            if result is not None:
                found[work.item_id] = result
            progress.advance()


def _stopped_learning(
    project: Project, items: Sequence[IndexedItem], found: Mapping[int, RawResult]
) -> OpCancelledError:
    """Store what was read to learn from and is not indexed yet; return what to say of the run that was cancelled.

    These rows have no vectors, so the next run makes them anew: from one that is not cancelled they need not be kept.
    """
    with project.file.reading() as db:
        stored = index_tables.stored_files(db)
    tally = _Tally()
    for item in items:
        if item.item_id in found and not index_plan.is_current(item, stored.get(item.item_id)):
            _gather(tally, item, found[item.item_id].image, None)
    _store(project, tally, None)
    if not tally.indexed:
        return OpCancelledError()
    images = "1 image" if tally.indexed == 1 else f"{tally.indexed:,} images"
    told = f"Hashes and measures of {images} are stored and stay so; their vectors come with the next run."
    return OpCancelledError(told, Changes.INDEX)


def _learned(run: OpenPool, results: Sequence[RawResult], progress: Progress) -> bytes:
    raw = RawBlocks.joined(result.raw for result in results)
    looks = (result.image.facts.look for result in results if result.image.facts is not None)
    saturation = np.array([look.saturation for look in looks], dtype=np.float32)
    with run() as pool:
        future = pool.executor.submit(learn_model, raw, saturation, LEARNING_SEED)
        while not future.done():
            progress.advance(0)
            time.sleep(0.05)
        return future.result()


def _nothing_learned(_work: ImageWork) -> None:
    return None


def _due(
    project: Project,
    items: Sequence[IndexedItem],
    boxes: ObjectBoxes,
    embedding: EmbeddingRow | None,
    *,
    rebuild: bool,
) -> list[IndexedItem]:
    with project.file.reading() as db:
        stored = index_tables.stored_files(db)
        vectors = index_tables.items_with_vectors(db, embedding.id) if embedding else {}
    due: list[IndexedItem] = []
    for item in items:
        row = stored.get(item.item_id)
        is_done = row is not None and index_plan.is_current(item, row) and not rebuild
        if is_done and row is not None and embedding is not None:
            is_done = index_plan.is_described(boxes.of(item.item_id), vectors.get(item.item_id), row.issue)
        if not is_done:
            due.append(item)
    return due


def _gather(tally: _Tally, item: IndexedItem, result: ImageResult, boxes: ObjectBoxes | None) -> None:
    tally.rows.append(_row(item, result))
    if result.facts is None:
        tally.failed += 1
        return
    tally.indexed += 1
    user_cache().put(item.path, THUMBNAIL_SIDE, (item.size_bytes, item.mtime_ns), result.facts.thumbnail)
    if result.vectors is None or boxes is None:
        return
    of_item = boxes.of(item.item_id)
    tally.objects += len(of_item.as_pixels)
    tally.vectors.append(
        VectorRow(
            item.item_id,
            result.vectors[0],
            np.frombuffer(of_item.categories, dtype="<i8"),
            np.frombuffer(of_item.boxes, dtype="<f4").reshape(-1, 4),
            result.vectors[1:],
        )
    )


def _row(item: IndexedItem, result: ImageResult) -> IndexRow:
    facts = result.facts
    plain = IndexRow(item.item_id, item.file_name, item.size_bytes, item.mtime_ns, result.issue, result.sha256)
    if facts is None:
        return plain
    return IndexRow(
        item.item_id,
        item.file_name,
        item.size_bytes,
        item.mtime_ns,
        result.issue,
        result.sha256,
        phash=facts.phashes[0],
        phash_mirror=facts.phashes[1],
        brightness=facts.look.brightness,
        blur=facts.look.blur,
        saturation=facts.look.saturation,
        width=facts.size[0],
        height=facts.size[1],
        appearance=facts.appearance,
    )


def _store(project: Project, tally: _Tally, embedding: EmbeddingRow | None) -> None:
    if tally.rows:
        with project.file.writing() as db:
            index_tables.put_rows(db, tally.rows)
            if embedding is not None:
                index_tables.put_vectors(db, embedding.id, tally.vectors)
    tally.rows.clear()
    tally.vectors.clear()
    tally.stored = time.monotonic()


def _finish(
    project: Project, items: Sequence[IndexedItem], due: Sequence[IndexedItem], tally: _Tally, began: float
) -> IndexOutcome:
    """Turn what is wrong into findings of the sources, forget rows of items that are gone, and tell the journal."""
    missing = sum(not item.is_there for item in items)
    kept = len(items) - len(due)
    with project.file.writing() as db:
        index_tables.drop_rows(db, index_tables.orphans(db))
        issues = index_tables.issues_by_source(db)
        findings = [(source, f) for source, found in issues.items() for f in _findings(found)]
        index_tables.replace_findings(db, FINDING_PREFIX, findings)
        plan_tables.log_entry(
            db,
            "index",
            {"images": len(due)},
            versions().as_json(),
            time.monotonic() - began,
            f"{tally.indexed:,} images indexed, {kept:,} up to date, {tally.failed + missing:,} without a picture",
        )
    counts: dict[str, int] = {}
    for _source, finding in findings:
        counts[finding.code] = counts.get(finding.code, 0) + finding.count
    return IndexOutcome(tally.indexed, kept, tally.failed, missing, tally.objects, tuple(sorted(counts.items())))


def _findings(issues: Sequence[tuple[str, str]]) -> list[Finding]:
    by_issue: dict[str, list[str]] = {}
    for issue, file_name in issues:
        by_issue.setdefault(issue, []).append(file_name)
    found: list[Finding] = []
    for issue, names in by_issue.items():
        code, severity, message, action = _FINDINGS[ImageIssue(issue)]
        found.append(Finding(code, severity, message, len(names), action, tuple(names[:MAX_EXAMPLES])))
    return found


def _check_visible(result: ImageResult, item: IndexedItem, request: IndexRequest) -> None:
    """Refuse a cluster whose workers do not see the files that are here.

    Raises:
        RequestError: the worker could not open a file that is there.
    """
    if request.scheduler and result.issue is ImageIssue.UNREADABLE and item.is_there:
        raise RequestError(
            f"The workers of the cluster cannot open {item.path}",
            "The images must have the same path there; mount the folder, or use --workers",
        )

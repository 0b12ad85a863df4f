"""Which vectors stand for images: the classical embedding, vectors made elsewhere, or the user's own ONNX model."""

from __future__ import annotations

import contextlib
import hashlib
import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from tailwise.analysis.embedding import Whitening, fingerprint, model_bytes_of, whitened_rows
from tailwise.analysis.embedding_files import NamedVectors, read_vectors
from tailwise.analysis.embedding_learning import whiten
from tailwise.domain.changes import Changes
from tailwise.domain.errors import RequestError
from tailwise.domain.index import CLASSICAL_EMBEDDING
from tailwise.imaging.decode import ImageFile
from tailwise.imaging.onnx_vectors import OnnxModel, PixelScale, model_vectors
from tailwise.ops.executors import Pieces, local_pool
from tailwise.storage import index_tables, plan_tables
from tailwise.storage.index_tables import VectorRow
from tailwise.usecases import index_plan
from tailwise.usecases.index_work import ImageWork
from tailwise.usecases.projects import versions

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from tailwise.ops.executors import OpenPool
    from tailwise.ops.progress import Progress
    from tailwise.storage.index_tables import EmbeddingRow
    from tailwise.usecases.index_plan import ObjectBoxes
    from tailwise.usecases.projects import Project

MAX_PARTS = 512
STORE_IMAGES = 512
PIECE = 4


@dataclass(frozen=True, slots=True)
class EmbeddingFacts:
    """An embedding of the project: where it comes from, how long its vectors are, how many images have one."""

    name: str
    origin: str
    dimensions: int
    images: int
    is_active: bool


@dataclass(frozen=True, slots=True)
class EmbeddingOutcome:
    """What making or importing an embedding did; `unknown` names belong to no image of the project."""

    name: str
    images: int
    objects: int
    dimensions: int
    unknown: int = 0
    changes: Changes = Changes.INDEX


@dataclass(frozen=True, slots=True)
class OnnxRequest:
    """A model to embed with: `path` of the file, a `name` for the embedding, what range of pixel values it takes."""

    path: Path
    name: str = ""
    scale: PixelScale = PixelScale.IMAGENET
    workers: int = 0


@dataclass(frozen=True, slots=True)
class OnnxWork:
    """One image to embed with a model."""

    image: ImageWork
    model: str
    scale: PixelScale


def list_embeddings(project: Project) -> tuple[EmbeddingFacts, ...]:
    """Return the embeddings of the project, oldest first."""
    with project.file.reading() as db:
        if not index_tables.has_tables(db):
            return ()
        return tuple(
            EmbeddingFacts(e.name, _origin_text(e), e.dimensions, index_tables.count_vectors(db, e.id), e.is_active)
            for e in index_tables.list_embeddings(db)
        )


def use_embedding(project: Project, name: str) -> Changes:
    """Let all look-alikes and candidates use one of the embeddings.

    Raises:
        RequestError: there is none of that name.
    """
    with project.file.writing() as db:
        if not index_tables.activate_embedding(db, name):
            known = ", ".join(e.name for e in index_tables.list_embeddings(db)) or "none yet"
            raise RequestError(f"There is no embedding {name!r}", f"The embeddings of this project are: {known}")
    return Changes.INDEX


def import_vectors(project: Project, path: Path, names: Path | None, name: str, progress: Progress) -> EmbeddingOutcome:
    """Take vectors made elsewhere as an embedding of images, whitened to at most 512 parts, and use it.

    Raises:
        RequestError: the file cannot be used, or none of its names is an image of the project.
    """
    began = time.monotonic()
    progress.stage("Reading vectors")
    read = read_vectors(path, names)
    item_ids, rows = _matched(project, read)
    if not len(item_ids):
        raise RequestError(
            f"None of the {len(read.names):,} names in {path.name} is an image of this project "
            f"(the first is {read.names[0]!r})",
            "Names are file names as in: tailwise items PROJECT, or item ids",
        )
    progress.stage("Learning what varies")
    whitening = whiten(read.vectors[rows], MAX_PARTS)
    vectors = whitening.apply(read.vectors[rows]).astype(np.float16)
    model = model_bytes_of(whitening)
    no_boxes = (np.zeros(0, np.int64), np.zeros((0, 4), np.float32), np.zeros((0, vectors.shape[1]), np.float16))
    with project.file.writing() as db:
        embedding = index_tables.put_embedding(
            db, _own_name(name or path.stem), path.name, fingerprint(model), vectors.shape[1], model
        )
        index_tables.put_vectors(
            db,
            embedding.id,
            (VectorRow(item, vectors[at], *no_boxes) for at, item in enumerate(item_ids.tolist())),
        )
        outcome = EmbeddingOutcome(embedding.name, len(item_ids), 0, vectors.shape[1], len(read.names) - len(item_ids))
        _log(project, outcome, path, began)
    return outcome


def embed_with_model(
    project: Project, request: OnnxRequest, progress: Progress, open_pool: OpenPool | None = None
) -> EmbeddingOutcome:
    """Embed all images and objects with the user's own ONNX model, whitened to at most 512 parts, and use that.

    Raises:
        RequestError: onnxruntime is missing, the model cannot be used, or no image can be read.
        OpCancelledError: cancelled; the embedding used before is still in use.
    """
    began = time.monotonic()
    progress.stage("Loading the model")
    OnnxModel(str(request.path), request.scale)  # a model that cannot be used is said before anything is read
    boxes = index_plan.object_boxes(project)
    items = [item for item in index_plan.present_items(project, progress) if item.is_there]
    run = open_pool or partial(local_pool, request.workers)
    sample = index_plan.learning_sample(items, boxes)
    found = dict(_vectors(sample, request, run, progress, "Reading images to learn from"))
    ordered = [found[work.item_id] for work in sample if work.item_id in found]
    if not ordered:
        raise RequestError("No image of this project can be read", "See the findings on the Data page")
    whitening = whiten(np.concatenate(ordered), MAX_PARTS)
    model = model_bytes_of(whitening)
    work = [ImageWork(i.item_id, ImageFile(i.path, i.declared, boxes.of(i.item_id).as_pixels)) for i in items]
    rows: list[VectorRow] = []
    for item_id, raw in _vectors(work, request, run, progress, "Embedding images"):
        rows.append(_vector_row(item_id, whitening, raw, boxes))
    digest = hashlib.sha256(request.path.read_bytes()).hexdigest()[:12]
    with project.file.writing() as db:
        embedding = index_tables.put_embedding(
            db,
            _own_name(request.name or request.path.stem),
            f"{request.path.name} ({digest}, {request.scale.value})",
            fingerprint(model),
            whitening.basis.shape[1],
            model,
        )
        index_tables.put_vectors(db, embedding.id, sorted(rows, key=lambda row: row.item_id))
        outcome = EmbeddingOutcome(embedding.name, len(rows), sum(len(row.boxes) for row in rows), embedding.dimensions)
        _log(project, outcome, request.path, began)
    return outcome


def onnx_images(piece: Sequence[OnnxWork]) -> list[NDArray[np.float32] | None]:
    """Return the raw vectors of some images and their boxes; runs in a worker process."""
    found: list[NDArray[np.float32] | None] = []
    for work in piece:
        key = (work.model, work.scale)
        if key not in _MODELS:
            _MODELS.clear()
            _MODELS[key] = OnnxModel(work.model, work.scale)
        found.append(model_vectors(_MODELS[key], work.image.file))
    return found


_MODELS: dict[tuple[str, PixelScale], OnnxModel] = {}
"""The model this process used last: loading takes longer than running it."""


def _vectors(
    images: Sequence[ImageWork], request: OnnxRequest, run: OpenPool, progress: Progress, label: str
) -> list[tuple[int, NDArray[np.float32]]]:
    work = [OnnxWork(image, str(request.path), request.scale) for image in images]
    progress.stage(label, len(work))
    pieces = Pieces[OnnxWork, "NDArray[np.float32] | None"](run, onnx_images, _lost).run(
        (work[at : at + PIECE] for at in range(0, len(work), PIECE)), progress
    )
    found: list[tuple[int, NDArray[np.float32]]] = []
    with contextlib.closing(pieces):  # pyright: ignore[reportArgumentType]  a generator
        for one, raw in pieces:
            progress.advance()
            if raw is not None:
                found.append((one.image.item_id, raw))
    return found


def _lost(_work: OnnxWork) -> None:
    return None


def _vector_row(item_id: int, whitening: Whitening, raw: NDArray[np.float32], boxes: ObjectBoxes) -> VectorRow:
    of_item = boxes.of(item_id)
    vectors = np.zeros((1 + len(of_item.as_pixels), whitening.basis.shape[1]), dtype=np.float16)
    vectors[: len(raw)] = whitened_rows(whitening, raw)  # boxes cannot be placed where no size is known
    return VectorRow(
        item_id,
        vectors[0],
        np.frombuffer(of_item.categories, dtype="<i8"),
        np.frombuffer(of_item.boxes, dtype="<f4").reshape(-1, 4),
        vectors[1:],
    )


def _matched(project: Project, read: NamedVectors) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the item id of each known name and its row, in ascending order of item; the first of twice the same."""
    columns = project.columns
    with project.file.reading() as db:
        names = plan_tables.all_item_names(db)
    ids = columns.item_ids.tolist()
    by_name: dict[str, int] = {}
    for item, name in zip(ids, names, strict=True):
        by_name.setdefault(name, item)
        by_name.setdefault(name.rpartition("/")[2], item)
    known = {str(item) for item in ids}
    found: dict[int, int] = {}
    for row, name in enumerate(read.names):
        plain = name.replace("\\", "/")
        item = by_name.get(plain) or by_name.get(plain.rpartition("/")[2]) or (int(name) if name in known else None)
        if item is not None:
            found.setdefault(item, row)
    ordered = sorted(found)
    return np.array(ordered, dtype=np.int64), np.array([found[i] for i in ordered], dtype=np.int64)


def _own_name(name: str) -> str:
    if name == CLASSICAL_EMBEDDING:
        raise RequestError(f"{name!r} is the name of the built-in embedding", "Choose another --name")
    return name


def _origin_text(embedding: EmbeddingRow) -> str:
    if embedding.name == CLASSICAL_EMBEDDING:
        return f"learned from {embedding.origin} images"
    return embedding.origin


def _log(project: Project, outcome: EmbeddingOutcome, path: Path, began: float) -> None:
    with project.file.writing() as db:
        plan_tables.log_entry(
            db,
            "embed",
            {"file": path.name, "name": outcome.name},
            versions().as_json(),
            time.monotonic() - began,
            f"{outcome.images:,} images and {outcome.objects:,} objects, {outcome.dimensions} dimensions",
        )

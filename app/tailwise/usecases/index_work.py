"""What the worker processes of the image index do: plain work in, small results out; no project file, no window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tailwise.analysis import embedding
from tailwise.analysis.embedding import ClassicalModel, RawBlocks
from tailwise.analysis.embedding_learning import learn
from tailwise.domain.index import ImageIssue
from tailwise.imaging.index_picture import describe_boxes, index_and_describe, index_files
from tailwise.ops.progress import SILENT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from tailwise.imaging.decode import ImageFile
    from tailwise.imaging.descriptors import RawFeatures
    from tailwise.imaging.picture_facts import PictureFacts

PIECE_IMAGES = 64
LEAST_IMAGES = 8
PIECE_BOXES = 512
PIECE_BYTES = 32_000_000


@dataclass(frozen=True, slots=True)
class ImageWork:
    """One image to index.

    Attributes:
        item_id: of the item.
        file: where it is, and its boxes.
        model: the embedding to describe it with (fingerprint and bytes); None leaves descriptors out.
        size_bytes: of the file.
    """

    item_id: int
    file: ImageFile
    model: tuple[str, bytes] | None = None
    size_bytes: int = 0


@dataclass(frozen=True, slots=True)
class ImageResult:
    """What came of one image; `vectors` are float16, (1 + boxes, d): the whole picture first."""

    issue: ImageIssue
    sha256: bytes = b""
    facts: PictureFacts | None = None
    vectors: NDArray[np.float16] | None = None


@dataclass(frozen=True, slots=True)
class RawResult:
    """What is learned from: raw features of a picture and of some of its boxes; and what else was seen on the way."""

    raw: RawBlocks
    image: ImageResult


def in_pieces(work: Sequence[ImageWork]) -> Iterator[Sequence[ImageWork]]:
    """Yield images in pieces of up to a second: many small ones, or few with many objects or bytes.

    A few images come in small pieces, so that every process has some and progress is seen.
    """
    start, load = 0, 0.0
    most = min(PIECE_IMAGES, max(LEAST_IMAGES, len(work) // 8))
    for at, one in enumerate(work):
        load += max(1 / most, one.size_bytes / PIECE_BYTES, len(one.file.boxes) / PIECE_BOXES)
        if load >= 1 or at + 1 == len(work):
            yield work[start : at + 1]
            start, load = at + 1, 0.0


def lost_image(work: ImageWork) -> ImageResult:
    """Return the result of an image that ended the process it was decoded in."""
    del work
    return ImageResult(ImageIssue.HOSTILE)


def index_images(piece: Sequence[ImageWork]) -> list[ImageResult]:
    """Index some images; what comes of one does not depend on which share a piece."""
    model = piece[0].model if piece else None
    files = [work.file for work in piece]
    if model is None:
        return [ImageResult(one.issue, one.sha256, one.facts) for one in index_files(files)]
    indexed, raw = index_and_describe(files)
    found = embedding.embed(_model(*model), blocks_of(raw))
    results: list[ImageResult] = []
    start = 0
    for file, one in zip(files, indexed, strict=True):
        vectors = None
        if one.facts is not None:
            vectors = np.zeros((1 + len(file.boxes), found.shape[1]), dtype=np.float16)
            vectors[: one.regions] = found[start : start + one.regions]  # boxes cannot be placed where no size is known
        start += one.regions
        results.append(ImageResult(one.issue, one.sha256, one.facts, vectors))
    return results


def raw_images(piece: Sequence[ImageWork]) -> list[RawResult | None]:
    """Return what the embedding can learn from some images; None where there is no picture."""
    indexed, raw = index_and_describe([work.file for work in piece])
    blocks = blocks_of(raw)
    found: list[RawResult | None] = []
    start = 0
    for one in indexed:
        end = start + one.regions
        image = ImageResult(one.issue, one.sha256, one.facts)
        found.append(RawResult(blocks.part(start, end), image) if one.facts else None)
        start = end
    return found


def learn_model(raw: RawBlocks, saturation: NDArray[np.float32], seed: int) -> bytes:
    """Learn the classical embedding and return it as it is stored."""
    return embedding.model_bytes(learn(raw, saturation, seed, SILENT))


def box_vectors(file: ImageFile, model: tuple[str, bytes]) -> NDArray[np.float32]:
    """Return one vector per box of an image by a stored model, zeros where there is no picture."""
    learned = _model(*model)
    raw = describe_boxes(file)
    if raw is None or len(raw) != len(file.boxes):
        return np.zeros((len(file.boxes), learned.dimensions), dtype=np.float32)
    return embedding.embed(learned, blocks_of(raw))


def blocks_of(raw: RawFeatures) -> RawBlocks:
    """Hand features of pictures to the embedding."""
    return RawBlocks(raw.hog, raw.colour, raw.lbp, raw.patch)


def _model(name: str, data: bytes) -> ClassicalModel:
    kept = _LOADED.get(name)
    if kept is None:
        _LOADED.clear()
        kept = _LOADED[name] = embedding.model_from_bytes(data)
    return kept


_LOADED: dict[str, ClassicalModel] = {}
"""The model this process used last, by fingerprint: reading it takes longer than describing an image with it."""

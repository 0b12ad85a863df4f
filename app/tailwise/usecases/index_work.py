"""What the worker processes of the image index do: plain work in, small results out; no project file, no window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tailwise.analysis import embedding
from tailwise.analysis.embedding import ClassicalModel, RawBlocks
from tailwise.analysis.embedding_learning import learn
from tailwise.domain.index import ImageIssue
from tailwise.imaging.index_picture import PictureFacts, describe_boxes, index_file
from tailwise.ops.progress import SILENT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tailwise.imaging.descriptors import RawFeatures
    from tailwise.imaging.thumbnails import Box


@dataclass(frozen=True, slots=True)
class ImageWork:
    """One image to index: absolute path, size in pixels the dataset states, boxes as annotated.

    `model` names the learned embedding to describe it with (fingerprint and bytes); None leaves descriptors out.
    """

    item_id: int
    path: str
    declared: tuple[int, int]
    boxes: tuple[Box, ...] = ()
    model: tuple[str, bytes] | None = None


@dataclass(frozen=True, slots=True)
class ImageResult:
    """What came of one image; `vectors` are float16, (1 + boxes, d): the whole picture first."""

    issue: ImageIssue
    sha256: bytes = b""
    facts: PictureFacts | None = None
    vectors: NDArray[np.float16] | None = None


@dataclass(frozen=True, slots=True)
class RawResult:
    """What is learned from: raw features of a picture and of some of its boxes, and its mean saturation."""

    raw: RawBlocks
    saturation: float


def lost_image(work: ImageWork) -> ImageResult:
    """Return the result of an image that ended the process it was decoded in."""
    del work
    return ImageResult(ImageIssue.HOSTILE)


def index_images(piece: Sequence[ImageWork]) -> list[ImageResult]:
    """Index some images; every image on its own, so that it does not matter which share a piece."""
    return [_index_image(work) for work in piece]


def raw_images(piece: Sequence[ImageWork]) -> list[RawResult | None]:
    """Return what the embedding can learn from some images; None where there is no picture."""
    found: list[RawResult | None] = []
    for work in piece:
        indexed = index_file(work.path, work.declared, work.boxes, describe=True)
        if indexed.raw is None or indexed.facts is None:
            found.append(None)
        else:
            found.append(RawResult(blocks_of(indexed.raw), indexed.facts.look.saturation))
    return found


def learn_model(raw: RawBlocks, saturation: NDArray[np.float32], seed: int) -> bytes:
    """Learn the classical embedding and return it as it is stored."""
    return embedding.model_bytes(learn(raw, saturation, seed, SILENT))


def box_vectors(work: ImageWork) -> NDArray[np.float32]:
    """Return one vector per box of an image, zeros where there is no picture."""
    assert work.model is not None  # noqa: S101  asked for by the callers
    model = _model(*work.model)
    raw = describe_boxes(work.path, work.declared, work.boxes)
    if raw is None or len(raw) != len(work.boxes):
        return np.zeros((len(work.boxes), model.dimensions), dtype=np.float32)
    return embedding.embed(model, blocks_of(raw))


def vectors_of_boxes(piece: Sequence[ImageWork]) -> list[NDArray[np.float32]]:
    """Return the vectors of the boxes of some images."""
    return [box_vectors(work) for work in piece]


def blocks_of(raw: RawFeatures) -> RawBlocks:
    """Hand features of pictures to the embedding."""
    return RawBlocks(raw.hog, raw.colour, raw.lbp, raw.patch)


def _index_image(work: ImageWork) -> ImageResult:
    indexed = index_file(work.path, work.declared, work.boxes, describe=work.model is not None)
    vectors = None
    if indexed.raw is not None and work.model is not None:
        found = embedding.embed(_model(*work.model), blocks_of(indexed.raw))
        vectors = np.zeros((1 + len(work.boxes), found.shape[1]), dtype=np.float16)
        vectors[: len(found)] = found  # boxes cannot be placed where no size is known
    return ImageResult(indexed.issue, indexed.sha256, indexed.facts, vectors)


def _model(name: str, data: bytes) -> ClassicalModel:
    kept = _LOADED.get(name)
    if kept is None:
        _LOADED.clear()
        kept = _LOADED[name] = embedding.model_from_bytes(data)
    return kept


_LOADED: dict[str, ClassicalModel] = {}
"""The model this process used last, by fingerprint: reading it takes longer than describing an image with it."""

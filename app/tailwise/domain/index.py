"""The image index in plain values: what to index, what came of it, and how images are said to be duplicates."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tailwise.domain.changes import Changes

INDEX_METHOD = 3
"""Number of the way hashes, statistics and vectors are computed; a row made in another way is made anew."""

THUMBNAIL_SIDE = 256
"""Longer side in pixels of the thumbnails the index makes: what the grid shows and what duplicates are verified on."""

CLASSICAL_EMBEDDING = "classical"
"""Name of the embedding learned from the project's own images."""


class ImageIssue(StrEnum):
    """Why an image file has no picture, or only a part of one."""

    NONE = ""
    MISSING = "missing"  # no such file on this computer
    UNREADABLE = "unreadable"  # the system does not let us read it
    EMPTY = "empty"  # no bytes
    NO_IMAGE = "no image"  # no known kind of image
    TOO_LARGE = "too large"  # more bytes or pixels than are safe to decode
    DAMAGED = "damaged"  # the header is fine, the pixels are not
    HOSTILE = "crashed the decoder"
    TRUNCATED = "truncated"  # ends too early; what is there was used


class EdgeKind(StrEnum):
    """Why two images are said to show the same, strongest first."""

    EXACT = "exact"  # byte for byte
    NEAR = "near"  # the same frame, edited: verified by aligning the two
    SCENE = "same scene"  # the same place seen again: aligned, less alike
    BURST = "burst"  # neighbours in time from one camera


class PairVerdict(StrEnum):
    """What a person said about two images; it wins over what was computed."""

    SAME = "same"
    DIFFERENT = "different"


class ItemMark(StrEnum):
    """What a person decided for one image of a cluster. Nothing is ever deleted."""

    KEEP = "keep"
    EXCLUDE = "exclude"


@dataclass(frozen=True, slots=True)
class IndexRequest:
    """How to build the index.

    Attributes:
        workers: processes on this computer; 0 means one per core.
        scheduler: address of a Dask scheduler to use instead, for example `tcp://10.0.0.5:8786`.
        rebuild: make every row anew, also of files that did not change.
        descriptors: also compute the classical embedding of images and objects; hashes and statistics alone are
            several times faster.
    """

    workers: int = 0
    scheduler: str = ""
    rebuild: bool = False
    descriptors: bool = True


@dataclass(frozen=True, slots=True)
class IndexOutcome:
    """What an index run did. `indexed` were made now, `kept` were up to date, `failed` hold no readable image."""

    indexed: int
    kept: int
    failed: int
    missing: int
    objects: int
    findings: tuple[tuple[str, int], ...] = ()
    changes: Changes = Changes.INDEX | Changes.FINDINGS


@dataclass(frozen=True, slots=True)
class IndexState:
    """How much of the project is indexed, in images; `failed` have a finding, `missing` have no file here.

    `outdated` were indexed by an earlier version and count as not indexed: nothing can be compared with them.
    """

    images: int
    indexed: int
    failed: int
    missing: int
    objects: int
    embedding: str
    dimensions: int
    outdated: int = 0

    @property
    def has_pictures(self) -> bool:
        """Whether at least one image has a file on this computer; without one there is nothing to index."""
        return self.missing < self.images

    @property
    def is_whole(self) -> bool:
        """Whether every image that has a file was looked at."""
        return self.images > 0 and self.indexed + self.failed + self.missing >= self.images

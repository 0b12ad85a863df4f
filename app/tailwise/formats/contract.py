"""What every dataset reader offers, and what it is given.

Readers are pure: they read files below one root and return `SourceData`. They write nothing, open no database, decode
no image (header sizes come from a function they are given) and never follow a name out of the root.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from tailwise.domain.errors import UnreadableSourceError
from tailwise.domain.records import ImageHeader, MaskCount, Role

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tailwise.domain.records import SourceData
    from tailwise.formats.listing import Listing
    from tailwise.ops.progress import Progress


HeaderReader = Callable[["Path"], ImageHeader | None]  # `imaging.headers.read_header` in the product
"""Returns None for a file that is no readable image; never raises for bad content."""


MaskCounter = Callable[["Path"], MaskCount | None]  # `imaging.masks.count_mask` in the product
"""Returns None for a file that is no readable image; never raises for bad content."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """How well a reader fits what was dropped: score 0..100 and the facts found and missing, in the user's words."""

    score: int
    found: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KnownSource:
    """What another source of the project calls its images and classes: what a list of results refers to by number.

    `images` are id, name, width and height in pixels (0 unknown); `classes` are id and name.
    """

    name: str
    images: tuple[tuple[str, str, int, int], ...]
    classes: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """One import as the user asked for it.

    `path` is what was dropped (a folder or one annotation file); `listing.root` is the folder that file names in the
    result are relative to. `answers` are the user's answers by key (see `resources/help/import-answers.md`). `known`
    are the project's other COCO sources, given with predictions. `remembered` are the stored answers of the tables that
    were imported before, the last one first.
    """

    path: Path
    listing: Listing
    answers: Mapping[str, str] = field(default_factory=dict[str, str])
    role: Role = Role.LABELS
    known: tuple[KnownSource, ...] = ()
    remembered: tuple[Mapping[str, str], ...] = ()
    read_header: HeaderReader = lambda _path: None
    count_mask: MaskCounter = lambda _path: None


class Reader(Protocol):
    """A dataset format. `key` is what `--format` takes, `title` what the user sees."""

    key: str
    title: str

    def probe(self, listing: Listing) -> Evidence:
        """Judge a listing; reads at most 64 KB of at most 40 files."""
        ...

    def read(self, request: ReadRequest, progress: Progress) -> SourceData:
        """Read the whole source.

        Raises:
            UnreadableSourceError: nothing of the source can be read; the sentence says why and what to do.
            QuestionError: the source fits two readings; carries the questions with their default.
        """
        ...


def read_source(reader: Reader, request: ReadRequest, progress: Progress) -> SourceData:
    """Read a source; a file that goes away or changes hands meanwhile is a sentence like any other fault.

    Raises:
        UnreadableSourceError, QuestionError, RequestError: as `Reader.read` does.
    """
    try:
        return reader.read(request, progress)
    except OSError as error:
        name = error.filename or request.path
        raise UnreadableSourceError(
            f"{name} could be read no more: {error.strerror or error}",
            "Wait until nothing writes there, then import again",
        ) from error

"""Lists of results of a model: what they are for, and where the names of their images and classes come from."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tailwise.domain.errors import Choice, Question, QuestionError, RequestError, UnreadableSourceError
from tailwise.domain.records import Role
from tailwise.formats.coco_layout import CocoFile, Kind, coco_file

if TYPE_CHECKING:
    from tailwise.formats.coco_parts import FileParts, FileReader
    from tailwise.formats.contract import ReadRequest
    from tailwise.formats.listing import Listing

NAMING = frozenset({Kind.INSTANCES, Kind.KEYPOINTS, Kind.IMAGES})
"""Files that can say which images and classes a list of results means."""

REFERENCE_KEY, PREDICTIONS_KEY = "reference", "predictions"


def with_role(request: ReadRequest, results: CocoFile) -> ReadRequest:
    """Return the request with the role that a list of results has.

    Raises:
        QuestionError: it was to be labels, and nobody said what it is; key `predictions`.
    """
    answer = request.answers.get(PREDICTIONS_KEY)
    if request.role is Role.PREDICTIONS or answer == "no":
        return request
    if answer == "yes":
        return replace(request, role=Role.PREDICTIONS)
    choices = (
        Choice("yes", "predictions of a model: kept beside the labels and never counted"),
        Choice("no", "labels: counted like any others"),
    )
    text = f"{results.path} is a list of results, as models write them: are these predictions?"
    raise QuestionError([Question(PREDICTIONS_KEY, text, choices, default="yes")])


def names_for(request: ReadRequest, results: CocoFile, reader: FileReader) -> FileParts:
    """Return the images and classes that a list of results refers to by their numbers.

    They are those of the file beside it, else those of a COCO source that the project has already.

    Raises:
        QuestionError: several files or sources could be meant; key `reference`.
        UnreadableSourceError: there is none.
        RequestError: the answer names none.
    """
    known = {source.name: source for source in request.known}
    wanted = request.answers.get(REFERENCE_KEY)
    if wanted in known:
        return reader.names_of(known[wanted])
    if wanted is not None:
        return reader.read_names(file_at(request.listing, wanted, REFERENCE_KEY))
    files = _files_beside(request.listing, results)
    if len(files) == 1:
        return reader.read_names(files[0])
    if not files and len(known) == 1:
        return reader.names_of(request.known[0])
    if not files and not known:
        raise UnreadableSourceError(
            f"{results.path} names images and classes by numbers only, and no file beside it says which they are",
            "Import the COCO labels it was made for first, or put the file with the images and categories beside it",
        )
    choices = tuple(Choice(file.path, file.kind.value) for file in files) or tuple(
        Choice(source.name, f"{len(source.images):,} images, {len(source.classes):,} classes")
        for source in request.known
    )
    text = f"Which {'file' if files else 'source'} names the images and classes of {results.path}?"
    raise QuestionError([Question(REFERENCE_KEY, text, choices)])


def file_at(listing: Listing, path: str, key: str) -> CocoFile:
    """Return the file that the answer `key` names, whatever it holds.

    Raises:
        RequestError: there is no such file.
    """
    entry = next((entry for entry in listing.entries if entry.path == path), None)
    if entry is None:
        raise RequestError(f"{key}={path} is not in the dataset", "Answer with a path relative to the dataset folder")
    return coco_file(entry, listing.peek(path)) or CocoFile(path, entry.size, Kind.INSTANCES)


def _files_beside(listing: Listing, results: CocoFile) -> list[CocoFile]:
    """Return the files that name images and classes; where some are of the same split, only those."""
    files = [
        file
        for entry in listing.entries
        if entry.suffix == ".json" and (file := coco_file(entry, listing.peek(entry.path))) is not None
    ]
    candidates = [file for file in files if file.kind in NAMING]
    return [file for file in candidates if file.split == results.split] or candidates

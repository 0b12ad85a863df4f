"""Which formats there are, which of them fits what was dropped, and what to ask when that is not clear.

A format is chosen by itself only when it fits well and far better than the next; anything else is a question.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tailwise.domain.errors import Choice, Question, QuestionError, RequestError, UnreadableSourceError
from tailwise.domain.wording import first_names
from tailwise.formats.class_folders import STRUCTURE
from tailwise.formats.coco import CocoReader
from tailwise.formats.contract import Evidence
from tailwise.formats.csv_reader import CsvReader
from tailwise.formats.cvat import CvatReader
from tailwise.formats.datumaro import DatumaroReader
from tailwise.formats.dota import DotaReader
from tailwise.formats.hf_folder import HuggingFaceReader
from tailwise.formats.image_folder import FolderReader
from tailwise.formats.image_lists import folder_split
from tailwise.formats.label_studio import LabelStudioReader
from tailwise.formats.labelbox import LabelboxReader
from tailwise.formats.labelme import LabelMeReader
from tailwise.formats.listing import Entry, Listing
from tailwise.formats.mask_folders import MaskReader
from tailwise.formats.openimages import OpenImagesReader
from tailwise.formats.plain_images import PlainImagesReader
from tailwise.formats.sagemaker import SageMakerReader
from tailwise.formats.scalabel import ScalabelReader
from tailwise.formats.supervisely import SuperviselyReader
from tailwise.formats.unsupported import recognise
from tailwise.formats.voc import VocReader
from tailwise.formats.yolo import YoloReader

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tailwise.formats.contract import Reader

READERS: tuple[Reader, ...] = (
    CocoReader(),
    YoloReader(),
    VocReader(),
    DotaReader(),
    CvatReader(),
    LabelMeReader(),
    ScalabelReader(),
    OpenImagesReader(),
    HuggingFaceReader(),
    MaskReader(),
    LabelStudioReader(),
    SageMakerReader(),
    DatumaroReader(),
    SuperviselyReader(),
    LabelboxReader(),
    FolderReader(),
    CsvReader(),
    PlainImagesReader(),
)
"""In order of preference where two fit equally."""

FORMAT_KEY, DATASET_KEY = "format", "dataset"
SURE_SCORE = 70
SURE_LEAD = 25

_WORTH_ASKING = 20
_WORTH_OFFERING = 40
_MAX_FOLDERS = 60
_MOST_NAMED = 20
_UNANCHORED = frozenset({"folders", "images"})


@dataclass(frozen=True, slots=True)
class Candidate:
    """A format that may fit, 0..100, with the facts for and against it in the user's words."""

    format: str
    title: str
    score: int
    found: tuple[str, ...]
    missing: tuple[str, ...]


def reader_for(key: str) -> Reader:
    """Return the reader called `key`.

    Raises:
        RequestError: there is none; the sentence names all.
    """
    for reader in READERS:
        if reader.key == key:
            return reader
    raise RequestError(f"The format {key!r} is not known", f"Choose one of {', '.join(r.key for r in READERS)}")


def detect(listing: Listing) -> list[Candidate]:
    """Return the formats that fit at all, best first."""
    found: list[Candidate] = []
    for reader in READERS:
        try:
            evidence = reader.probe(listing)
        except OSError as error:
            evidence = Evidence(0, (), (f"a readable file: {error}",))
        if evidence.score > 0:
            score = min(100, evidence.score)
            found.append(Candidate(reader.key, reader.title, score, evidence.found, evidence.missing))
    return sorted(found, key=lambda candidate: -candidate.score)


def narrowed(listing: Listing, answers: Mapping[str, str]) -> Listing:
    """Return the part of a listing below the folder that the answer `dataset` names; all of it without an answer."""
    wanted = answers.get(DATASET_KEY)
    if wanted is None:
        return listing
    if wanted not in listing.folders:
        tops = [folder for folder in listing.folders if "/" not in folder]
        raise RequestError(
            f"dataset={wanted} is not a folder of {listing.root.name}",
            f"Choose one of {first_names(tops, _MOST_NAMED)}",
        )
    return _below(listing, wanted)


def choose(listing: Listing, format_key: str | None = None, answers: Mapping[str, str] | None = None) -> Reader:
    """Return the reader for a listing, which `narrowed` has been applied to.

    Raises:
        RequestError: the format asked for does not exist.
        QuestionError: two formats fit (key `format`), or several datasets lie one level down (key `dataset`).
        UnreadableSourceError: no format fits; the sentence says what was found and what to do.
    """
    wanted = format_key or (answers or {}).get(FORMAT_KEY)
    if wanted:
        return reader_for(wanted)
    if not listing.entries:
        raise UnreadableSourceError(
            f"{listing.root} holds no files" + (" but hidden ones" if listing.hidden else ""),
            "Choose the folder that holds the images and their labels",
        )
    candidates = [candidate for candidate in detect(listing) if candidate.score >= _WORTH_ASKING]
    _ask_for_dataset(listing)
    if not candidates:
        raise _nothing_fits(listing)
    best = candidates[0]
    lead = best.score - (candidates[1].score if len(candidates) > 1 else 0)
    if best.score >= SURE_SCORE and lead >= SURE_LEAD:
        return reader_for(best.format)
    raise QuestionError([_format_question(candidates)])


def _format_question(candidates: list[Candidate]) -> Question:
    choices = tuple(Choice(c.format, f"{c.title}: {'; '.join(c.found) or 'little was found'}") for c in candidates)
    text = "More than one format fits: which is it?" if len(choices) > 1 else "No format fits well: is it this one?"
    return Question(FORMAT_KEY, text, choices, default=candidates[0].format)


def _nothing_fits(listing: Listing) -> UnreadableSourceError:
    known = recognise(listing)
    titles = ", ".join(reader.title for reader in READERS)
    if known:
        first = known[0]
        advice = f"{first.advice[0].upper()}{first.advice[1:]}"
        detail = "\n".join(f"{one.title}: {one.path}" for one in known)
        return UnreadableSourceError(f"{first.path} looks like {first.title}, which is not read", advice, detail)
    return UnreadableSourceError(
        f"No dataset was recognised in {listing.root.name} ({len(listing.entries):,} files)",
        f"Choose a folder with one of: {titles}; or name the format",
    )


def _ask_for_dataset(listing: Listing) -> None:
    """Ask which dataset is meant where several lie side by side; label folders that share images are one dataset."""
    tops = [folder for folder in listing.folders if "/" not in folder and not _is_part(folder)]
    if listing.dropped is not None or not 2 <= len(tops) <= _MAX_FOLDERS:
        return
    if any(c.score >= _WORTH_OFFERING and c.format not in _UNANCHORED for c in detect(_own_files(listing))):
        return
    found: dict[str, Candidate] = {}
    for top in tops:
        best = next(iter(detect(_below(listing, top))), None)
        if best is not None and best.score >= _WORTH_OFFERING and best.format != PlainImagesReader.key:
            found[top] = best
    sure = [top for top, best in found.items() if best.score >= SURE_SCORE]
    anchored = {top for top in sure if found[top].format not in _UNANCHORED}
    with_images = {entry.path.partition("/")[0] for entry in listing.entries if entry.is_image}
    if len(sure) < 2 or not anchored:
        return
    if with_images - anchored and 2 * len(with_images & anchored) < len(anchored):
        return  # labels in several formats for images that lie outside of all of them
    choices = tuple(Choice(top, f"{top}: {best.title}") for top, best in found.items())
    text = f"{len(found)} datasets lie side by side in {listing.root.name}: which one should be imported?"
    raise QuestionError([Question(DATASET_KEY, text, choices)])


def _is_part(folder: str) -> bool:
    """Tell whether a folder is by its name a part of a dataset: a split, or a folder for images or labels."""
    return folder.lower() in STRUCTURE or folder_split(folder) is not None


def _own_files(listing: Listing) -> Listing:
    return _part(listing, "", lambda path: "/" not in path)


def _below(listing: Listing, folder: str) -> Listing:
    prefix = f"{folder}/"
    return _part(listing, prefix, lambda path: path.startswith(prefix))


def _part(listing: Listing, prefix: str, belongs: Callable[[str], bool]) -> Listing:
    cut = len(prefix)
    root = listing.root.joinpath(*prefix.rstrip("/").split("/")) if prefix else listing.root
    return Listing(
        root=root,
        entries=[Entry(entry.path[cut:], entry.size) for entry in listing.entries if belongs(entry.path)],
        hidden=[path[cut:] for path in listing.hidden if belongs(path)],
        outside=[path[cut:] for path in listing.outside if belongs(path)],
        folders=[path[cut:] for path in listing.folders if belongs(path)],
    )

"""COCO files per split by filtering the source: every object that stays is copied byte for byte.

So keypoints, attributes, LVIS lists and keys nobody knows survive. Lists whose objects carry an `image_id` are
filtered by it, whatever they are called; all other members are kept whole. `filter_coco` and its arguments travel to
a child process; it needs the source file mapped into memory and some 70 bytes per object beside that.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any

from tailwise.domain.errors import UnreadableSourceError
from tailwise.exports.coco_document import id_text, open_document, reference

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from tailwise.exports.coco_document import CocoDocument
    from tailwise.ops.progress import Progress

_REPORT_EVERY = 512


@dataclass(frozen=True, slots=True)
class CocoInput:
    """A source file, its size when it was imported (-1: not known), and the output of each image id (as text)."""

    path: Path
    size_bytes: int
    output_of: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class CocoFilterJob:
    """What to filter and where to write. `notes` are put behind `info.description`, one per output."""

    inputs: tuple[CocoInput, ...]
    outputs: tuple[Path, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CocoPart:
    """What one output holds."""

    images: int
    annotations: int


@dataclass(frozen=True, slots=True)
class CocoFilterReport:
    """What was written and left out.

    Attributes:
        left_out_images: images of the source that go to no output; `left_out_annotations`: annotations on them.
        orphans: annotations whose image is nowhere in the source.
        zero_category: whether a category has the id 0 (EX-04).
    """

    parts: tuple[CocoPart, ...]
    left_out_images: int
    left_out_annotations: int
    orphans: int
    zero_category: bool


def filter_coco(job: CocoFilterJob, progress: Progress) -> CocoFilterReport:
    """Write one COCO file per output; inputs are joined in order, so their ids must not clash (`clashes`).

    Raises:
        UnreadableSourceError: a source file changed since it was imported, or cannot be read.
    """
    with contextlib.ExitStack() as stack:
        documents = [_open_unchanged(stack, source, progress) for source in job.inputs]
        run = _Run(job, documents)
        run.look_at_images()
        run.outs = [_Out(stack.enter_context(path.open("xb"))) for path in job.outputs]
        keys = tuple(dict.fromkeys(key for document in documents for key in document.keys))
        progress.stage("Filtering annotations", sum(d.size(k) for d in documents for k in d.keys))
        for key in keys:
            run.write_member(key, progress)
        for out in run.outs:
            out.close()
    return run.report()


def clashes(inputs: Sequence[CocoInput], progress: Progress) -> str:
    """Return why several files cannot be joined without changing ids, or an empty text when they can."""
    images: set[str] = set()
    annotations: set[str] = set()
    categories: dict[str, str] = {}
    for source in inputs:
        with contextlib.ExitStack() as stack:
            document = _open_unchanged(stack, source, progress)
            progress.stage("Comparing ids", sum(document.size(k) for k in document.keys))
            ids = {id_text(reference(e).id) for e in elements_of(document, "images", progress)} & set(source.output_of)
            if ids & images:
                return "images share ids"
            images |= ids
            refs = map(reference, elements_of(document, "annotations", progress))
            own = {id_text(r.id) for r in refs if id_text(r.image_id) in ids} - {""}
            if own & annotations:
                return "annotations share ids"
            annotations |= own
            for element in elements_of(document, "categories", progress):
                known = categories.setdefault(id_text(reference(element).id), _name(element))
                if known != _name(element):
                    return "one category id stands for different classes"
    return ""


class _Out:
    """One output file, written member by member."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._members = 0
        self._elements = 0
        self.images = 0
        self.annotations = 0

    def begin(self, key: str) -> None:
        self._file.write(b",\n" if self._members else b"{")
        self._file.write(json.dumps(key).encode() + b": ")
        self._members += 1

    def value(self, key: str, value: bytes) -> None:
        self.begin(key)
        self._file.write(value)

    def begin_list(self, key: str) -> None:
        self.begin(key)
        self._file.write(b"[")
        self._elements = 0

    def element(self, element: bytes) -> None:
        self._file.write(b",\n" if self._elements else b"\n")
        self._file.write(element)
        self._elements += 1

    def end_list(self) -> None:
        self._file.write(b"\n]" if self._elements else b"]")

    def close(self) -> None:
        self._file.write(b"}\n" if self._members else b"{}\n")
        self._file.flush()


@dataclass(slots=True)
class _Run:
    job: CocoFilterJob
    documents: Sequence[CocoDocument]
    outs: list[_Out] = field(default_factory=list[_Out])
    ids: list[set[str]] = field(default_factory=list[set[str]])
    left_out_images: int = 0
    left_out_annotations: int = 0
    orphans: int = 0
    zero_category: bool = False

    def look_at_images(self) -> None:
        """Note all image ids first: a file may list annotations before its images."""
        for source, document in zip(self.job.inputs, self.documents, strict=True):
            found = {id_text(reference(e).id) for e in elements_of(document, "images")}
            gone = len(source.output_of.keys() - found)
            if gone:
                raise UnreadableSourceError(
                    f"{source.path.name} no longer lists {gone:,} image(s) of the split", "Import it again, then split"
                )
            self.ids.append(found)

    def write_member(self, key: str, progress: Progress) -> None:
        """Write one top-level member to every output."""
        holders = [i for i, d in enumerate(self.documents) if key in d.keys]
        lists = [i for i in holders if self.documents[i].is_list(key)]
        if lists != holders or not lists:
            first = self.documents[holders[0]].value(key)
            for out, note in zip(self.outs, self.job.notes, strict=True):
                out.value(key, _with_note(first, note) if key == "info" else first)
            progress.advance(sum(self.documents[i].size(key) for i in holders))
            return
        for out in self.outs:
            out.begin_list(key)
        if key == "images" or self._is_by_image(key, lists):
            for i in lists:
                self._filter(key, i, progress)
        else:
            self._join(key, lists, progress)
        for out in self.outs:
            out.end_list()

    def report(self) -> CocoFilterReport:
        """Return the counts of everything written and left out."""
        parts = tuple(CocoPart(out.images, out.annotations) for out in self.outs)
        return CocoFilterReport(
            parts, self.left_out_images, self.left_out_annotations, self.orphans, self.zero_category
        )

    def _is_by_image(self, key: str, lists: Sequence[int]) -> bool:
        if key == "annotations":
            return True
        firsts = (next(self.documents[i].elements(key) or iter(()), None) for i in lists)
        first = next((f for f in firsts if f is not None), None)
        return first is not None and reference(first).image_id is not None

    def _filter(self, key: str, number: int, progress: Progress) -> None:
        output_of = self.job.inputs[number].output_of
        for element in elements_of(self.documents[number], key, progress):
            ids = reference(element)
            image = id_text(ids.id if key == "images" else ids.image_id)
            output = output_of.get(image)
            if output is None:
                self._count_left_out(key, image in self.ids[number])
                continue
            out = self.outs[output]
            out.element(element)
            out.images += key == "images"
            out.annotations += key == "annotations"

    def _count_left_out(self, key: str, known: bool) -> None:
        if key == "images":
            self.left_out_images += 1
        elif key == "annotations" and known:
            self.left_out_annotations += 1
        elif key == "annotations":
            self.orphans += 1

    def _join(self, key: str, lists: Sequence[int], progress: Progress) -> None:
        """Write each element of lists that do not belong to images once; all splits get them all."""
        seen: set[str] = set()
        for i in lists:
            for element in elements_of(self.documents[i], key, progress):
                known = id_text(reference(element).id) or element.decode("utf-8", "replace")
                # Within one file everything is kept, twice if it is there twice.
                if i != lists[0] and known in seen:
                    continue
                seen.add(known)
                self.zero_category |= key == "categories" and known == "0"
                for out in self.outs:
                    out.element(element)


def _open_unchanged(stack: contextlib.ExitStack, source: CocoInput, progress: Progress) -> CocoDocument:
    document = stack.enter_context(open_document(source.path, progress))
    size = source.path.stat().st_size
    if source.size_bytes not in {-1, size}:
        raise UnreadableSourceError(
            f"{source.path.name} changed since it was imported ({size:,} bytes instead of {source.size_bytes:,})",
            "Import it again, then split",
        )
    if "images" not in document.keys:
        raise UnreadableSourceError(f"{source.path.name} lists no images", "Import it again, then split")
    return document


def elements_of(document: CocoDocument, key: str, progress: Progress | None = None) -> Iterator[bytes]:
    """Iterate over a list, reporting its bytes; a member that is missing or no list has no elements."""
    pending = 0
    found = document.elements(key) if key in document.keys else None
    for count, element in enumerate(found or (), 1):
        yield element
        pending += len(element)
        if progress is not None and count % _REPORT_EVERY == 0:
            progress.advance(pending)
            pending = 0
    if progress is not None:
        progress.advance(pending)


def _name(element: bytes) -> str:
    try:
        found: Any = json.loads(element)
    except ValueError:
        return ""
    return str(found.get("name", "")) if isinstance(found, dict) else ""


def _with_note(info: bytes, note: str) -> bytes:
    found: Any = json.loads(info)
    if not isinstance(found, dict) or not note:
        return info
    described = found.get("description")
    found["description"] = f"{described} ({note})" if described else note
    return json.dumps(found, ensure_ascii=False).encode("utf-8", "replace")

"""A COCO file as the bytes of its parts: every object can be written elsewhere exactly as it stands.

The file is mapped into memory, not read, and cut into `msgspec.Raw` slices of it; nothing is decoded but what is
asked for. What strict JSON refuses (NaN, a byte order mark, UTF-16) goes through the tolerant standard parser, which
only tells where each object ends; its text is copied all the same.
"""

from __future__ import annotations

import contextlib
import json
import mmap
from array import array
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from tailwise.domain.errors import UnreadableSourceError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from tailwise.ops.progress import Progress

Id = int | str | float | None
_BOM = b"\xef\xbb\xbf"
_SPACE = " \t\r\n"
_DECODER = json.JSONDecoder()


class Reference(msgspec.Struct):
    """The two ids by which objects are filtered; everything else is skipped without being decoded."""

    id: Id = None
    image_id: Id = None


class CocoDocument(Protocol):
    """Top-level members of a COCO file in file order."""

    keys: tuple[str, ...]

    def value(self, key: str) -> bytes:
        """Return the bytes of a member."""
        ...

    def size(self, key: str) -> int:
        """Return about how many bytes a member has."""
        ...

    def is_list(self, key: str) -> bool:
        """Tell whether a member is a list."""
        ...

    def elements(self, key: str) -> Iterator[bytes] | None:
        """Iterate over the bytes of the elements of a list, or return None for a member that is none."""
        ...


@contextlib.contextmanager
def open_document(path: Path, progress: Progress) -> Generator[CocoDocument]:
    """Open a COCO file.

    Raises:
        UnreadableSourceError: the file is not there, or is no JSON object.
    """
    progress.stage(f"Reading {path.name}")
    try:
        file = path.open("rb")
    except OSError as error:
        raise UnreadableSourceError(
            f"{path.name} cannot be opened ({error.strerror})", "Put the annotation file back, or import it again"
        ) from error
    with file:
        if file.seek(0, 2) == 0:
            raise UnreadableSourceError(f"{path.name} is empty", "Put the annotation file back, or import it again")
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        document = _strict(mapped)
        try:
            yield document or _tolerant(mapped, path.name, progress)
        finally:
            if document is not None:
                document.release()
            # Slices that a traceback still holds refer to the mapping; it then goes with the last of them.
            with contextlib.suppress(BufferError):
                mapped.close()


def reference(element: bytes) -> Reference:
    """Return the ids of an object; of anything else, none."""
    try:
        return _REFERENCES.decode(element)
    except msgspec.MsgspecError:
        return _tolerant_reference(element)


def id_text(value: Id) -> str:
    """Return an id as the reader stores it: the same text for `7`, `7.0` and `"7"`.

    >>> id_text(7), id_text(7.0), id_text(" 7"), id_text(None)
    ('7', '7', '7', '')
    """
    if value is None:
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()


_REFERENCES = msgspec.json.Decoder(Reference)


class _StrictDocument:
    def __init__(self, members: dict[str, msgspec.Raw]) -> None:
        self._members = members
        self.keys = tuple(members)

    def value(self, key: str) -> bytes:
        return bytes(self._members[key])

    def size(self, key: str) -> int:
        with memoryview(self._members[key]) as view:
            return view.nbytes

    def is_list(self, key: str) -> bool:
        with memoryview(self._members[key]) as view:
            return bytes(view[:1]) == b"["

    def elements(self, key: str) -> Iterator[bytes] | None:
        if not self.is_list(key):
            return None
        return map(bytes, msgspec.json.decode(self._members[key], type=list[msgspec.Raw]))

    def release(self) -> None:
        self._members.clear()


class _TolerantDocument:
    def __init__(self, text: str, name: str, progress: Progress) -> None:
        self._text = text
        self._spans: dict[str, tuple[int, int]] = {}
        self._elements: dict[str, array[int]] = {}
        try:
            self._index(progress)
        except (ValueError, IndexError) as error:
            raise UnreadableSourceError(
                f"{name} is no complete JSON file ({error})", "Put the annotation file back, or import it again"
            ) from error
        except RecursionError as error:
            raise UnreadableSourceError(f"{name} is nested too deep", "Export it again from its program") from error
        self.keys = tuple(self._spans)

    def value(self, key: str) -> bytes:
        start, end = self._spans[key]
        return self._text[start:end].encode()

    def size(self, key: str) -> int:
        start, end = self._spans[key]
        return end - start

    def is_list(self, key: str) -> bool:
        return key in self._elements

    def elements(self, key: str) -> Iterator[bytes] | None:
        spans = self._elements.get(key)
        if spans is None:
            return None
        return (self._text[spans[i] : spans[i + 1]].encode() for i in range(0, len(spans), 2))

    def _index(self, progress: Progress) -> None:
        at = self._expect(0, "{")
        while self._text[at] != "}":
            key, at = _DECODER.raw_decode(self._text, at)
            start = self._expect(at, ":")
            if self._text[start] == "[":
                spans, at = self._list(start, progress)
                self._elements[str(key)] = spans
            else:
                _, at = _DECODER.raw_decode(self._text, start)
            self._spans[str(key)] = (start, at)
            at = self._after_comma(at, "}")

    def _list(self, start: int, progress: Progress) -> tuple[array[int], int]:
        spans = array("q")
        at = self._skip(start + 1)
        while self._text[at] != "]":
            _, end = _DECODER.raw_decode(self._text, at)
            spans.extend((at, end))
            at = self._after_comma(end, "]")
            progress.advance()
        return spans, at + 1

    def _after_comma(self, at: int, closing: str) -> int:
        at = self._skip(at)
        if self._text[at] == closing:
            return at
        return self._expect(at, ",")

    def _expect(self, at: int, character: str) -> int:
        at = self._skip(at)
        if self._text[at] != character:
            raise ValueError(f"a {character!r} is missing at character {at:,}")
        return self._skip(at + 1)

    def _skip(self, at: int) -> int:
        while self._text[at] in _SPACE:
            at += 1
        return at


def _strict(whole: mmap.mmap) -> _StrictDocument | None:
    if whole[:3] == _BOM:
        return None
    try:
        return _StrictDocument(msgspec.json.decode(whole, type=dict[str, msgspec.Raw]))
    except msgspec.MsgspecError:
        return None


def _tolerant(whole: mmap.mmap, name: str, progress: Progress) -> _TolerantDocument:
    encoding = json.detect_encoding(whole[:4])
    try:
        text = str(whole, encoding)
    except UnicodeDecodeError as error:
        raise UnreadableSourceError(
            f"{name} is no valid {encoding} text at byte {error.start:,}", "Save it as UTF-8 and import it again"
        ) from error
    return _TolerantDocument(text, name, progress)


def _tolerant_reference(element: bytes) -> Reference:
    try:
        found: Any = json.loads(element)
    except (ValueError, RecursionError):
        return Reference()
    if not isinstance(found, dict):
        return Reference()
    ids = [found.get(key) for key in ("id", "image_id")]
    return Reference(*(i if isinstance(i, int | str | float) and not isinstance(i, bool) else None for i in ids))

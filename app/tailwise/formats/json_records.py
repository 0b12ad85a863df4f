"""Read the records of a JSON document of any size through a window, without trusting it.

The document is an object whose interesting members are arrays of records, or one such array. Windows of a few
megabytes are cut where a record seems to end and decoded by msgspec as a typed list; a wrong cut cannot go unnoticed,
because the piece is then no complete list. What msgspec refuses is read again value by value with the tolerant parser
of the standard library, so that a bad record costs little more than itself. Memory does not grow with the file,
progress moves by bytes, and every window is a point where the user may cancel.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NoReturn, cast

import msgspec

from tailwise.domain.errors import Choice, Question, QuestionError, UnreadableSourceError
from tailwise.formats.json_cuts import last_separator
from tailwise.formats.json_sections import WHOLE_DOCUMENT, Batch, Outline, Section
from tailwise.formats.json_text import (
    ENDS_EARLY,
    TextStream,
    end_of_value,
    is_cut,
    length_of_list,
    line_and_column,
    open_as_utf8,
    parse_loosely,
    printable,
    reason,
    skip_space,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tailwise.ops.progress import Progress


def read_records(
    path: Path,
    name: str,
    sections: Mapping[str, Section[Any]],
    progress: Progress,
    encoding: str = "",
    keep: frozenset[str] = frozenset(),
) -> Outline:
    """Read the document at `path` (called `name` in messages), giving records to their sections.

    `encoding` overrides what the file says about itself. Members called as in `keep` that are no arrays are decoded
    into the outline; other values outside of the sections are skipped.

    Raises:
        UnreadableSourceError: the file cannot be read or is no JSON; the sentence has line and column.
        QuestionError: the text is not UTF-8 and does not say what it is.
    """
    outline = Outline()
    for member in keep:
        outline.kept[member] = None
    try:
        progress.stage(f"Reading {name}", path.stat().st_size)
        with path.open("rb") as file:
            text = open_as_utf8(file, name, encoding)
            outline.encoding = text.encoding
            _Reader(text, name, sections, outline, progress).document()
    except OSError as error:
        why = error.strerror or "the system refused"
        raise UnreadableSourceError(f"{name} cannot be read: {why}", "Check the file and its permissions") from error
    return outline


WINDOW_BYTES = 4 << 20
_SMALL_BYTES = 4 << 10
_LOOSE_BYTES = 256 << 10
_RAWS = msgspec.json.Decoder(list[msgspec.Raw])
_PLACE = re.compile(r"\(byte (\d+)\)")
_SPACE = re.compile(rb"[ \t\n\r]*")
_FIRST_NAME = re.compile(rb'\{[ \t\n\r]*("(?:[^"\\]|\\.){1,200}")[ \t\n\r]*:')
_BETWEEN = re.compile(rb"\}[ \t\n\r]*(,)[ \t\n\r]*\{[ \t\n\r]*\Z")
_BETWEEN_BYTES = 256
_MAX_TRIES = 6
_NUMBER_TAIL = 2  # `1.5e+` cut before its exponent reads as 1.5 and two characters
_KINDS = {ord("["): "array", ord("{"): "object", ord('"'): "text", **dict.fromkeys(b"tfnNI", "word")}
_OPEN, _CLOSE, _COMMA, _END = ord("["), ord("]"), ord(","), ord("}")


class _Reader:
    """One pass over one document. `_base` is the offset in the text of the first byte of `_buffer`."""

    def __init__(
        self, text: TextStream, name: str, sections: Mapping[str, Section[Any]], outline: Outline, progress: Progress
    ) -> None:
        self._text = text
        self._name = name
        self._sections = sections
        self._outline = outline
        self._progress = progress
        self._buffer = b""
        self._base = self._place = 0
        self._at_end = self._is_nested = False
        text.stream.seek(text.origin)

    def document(self) -> None:
        first = self._peek()
        if first == _OPEN:
            self._member(WHOLE_DOCUMENT)
        elif first == ord("{"):
            self._object()
        elif first < 0:
            raise UnreadableSourceError(f"{self._name} is empty", "Export or copy the file again")
        else:
            self._fail(self._place, "this is not the beginning of a JSON object or list")
        follows = self._peek()
        if follows >= 0:
            per_line = "a second value follows the first; one JSON value per line (JSONL) is another format"
            self._fail(self._place, per_line if follows == ord("{") else "there is more after the end")

    # The window

    def _fill(self, wanted: int) -> None:
        """Have at least `wanted` bytes after the present place, or all there are."""
        missing = wanted - (len(self._buffer) - self._place)
        if missing <= 0 or self._at_end:
            return
        more = self._text.stream.read(missing)
        self._at_end = len(more) < missing
        self._buffer = self._buffer[self._place :] + more
        self._base += self._place
        self._place = 0

    def _move(self, place: int) -> None:
        self._progress.advance(place - self._place)
        self._place = place

    def _peek(self) -> int:
        """Return the next byte that is no white space, or -1 at the end."""
        while True:
            found = _SPACE.match(self._buffer, self._place)
            self._place = found.end() if found else self._place
            if self._place < len(self._buffer):
                return self._buffer[self._place]
            if self._at_end:
                return -1
            self._fill(_LOOSE_BYTES)

    # The document

    def _object(self) -> None:
        self._move(self._place + 1)
        if self._peek() == _END:
            self._move(self._place + 1)
            return
        while True:
            if self._peek() != ord('"'):
                self._fail(self._place, "a name in double quotes was expected")
            name = printable(cast("str", self._decoded(self._value(), self._place)))
            if self._peek() != ord(":"):
                self._fail(self._place, "a colon is missing")
            self._move(self._place + 1)
            self._member(name)
            follows = self._peek()
            if follows not in {_COMMA, _END}:
                self._fail(self._place, ENDS_EARLY if follows < 0 else "a comma or the closing brace is missing")
            self._move(self._place + 1)
            if follows == _END:
                return

    def _member(self, name: str) -> None:
        first = self._peek()
        self._outline.kinds[name] = _KINDS.get(first, "number")
        if first == _OPEN:
            self._array(self._sections.get(name))
        elif name in self._outline.kept:
            self._outline.kept[name] = self._decoded(self._value(), self._place)
        else:
            self._value()

    def _value(self) -> bytes:
        """Return the bytes of the value at the present place and step over it."""
        wanted = _SMALL_BYTES
        while True:
            self._fill(wanted)
            # Latin-1 keeps bytes and characters at the same positions, and decides nothing about what they mean.
            text = self._buffer[self._place : self._place + wanted].decode("latin-1")
            is_all = self._at_end and self._place + len(text) == len(self._buffer)
            end = self._end_of(text, 0, self._place, is_all=is_all)
            if end >= 0 and (is_all or end + _NUMBER_TAIL < len(text)):
                data = self._buffer[self._place : self._place + end]
                self._move(self._place + end)
                return data
            wanted *= 2

    def _end_of(self, text: str, start: int, place: int, *, is_all: bool) -> int:
        """Return where the value at `start` of `text` ends, or -1 when `text`, which is at `place`, is too short."""
        try:
            return end_of_value(text, start)
        except RecursionError:
            self._fail(place + start, "the value is nested too deep")
        except json.JSONDecodeError as error:
            if is_cut(error, len(text)) and not is_all:
                return -1
            self._fail(place + error.pos, reason(error, len(text)))

    # Arrays of records

    def _array(self, section: Section[Any] | None) -> None:
        if section is not None:
            section.restart()
        self._is_nested = False
        self._move(self._place + 1)
        if self._peek() == _CLOSE:
            self._move(self._place + 1)
            return
        self._fill(_SMALL_BYTES)
        found = _FIRST_NAME.match(self._buffer, self._place)
        # Programs write the members of all records in one order: the first name marks where a record begins.
        marker = found[1] if found else None
        wanted, is_closed = WINDOW_BYTES, False
        while not is_closed:
            self._fill(wanted)
            before = self._base + self._place
            is_closed = self._typed_step(section, marker)
            if not is_closed and self._base + self._place == before:
                is_closed = self._loose_step(section, wanted)
            wanted = WINDOW_BYTES if self._base + self._place > before else wanted * 2

    def _typed_step(self, section: Section[Any] | None, marker: bytes | None) -> bool:
        """Decode as many records of this window as possible at once; tell whether the array ended."""
        end = len(self._buffer)
        window = memoryview(self._buffer)  # slices of it are no copies
        by_depth = self._is_nested
        for _ in range(_MAX_TRIES):
            cut = self._depth_cut() if by_depth else self._last_cut(marker, end) if marker else -1
            if cut < 0 and end < len(self._buffer):
                return False
            text = b"".join((b"[", window[self._place :] if cut < 0 else window[self._place : cut], b"]" * (cut >= 0)))
            try:
                used = self._decode(section, text)
            except msgspec.DecodeError as error:
                if cut < 0 or by_depth:
                    return False
                if not self._is_nested and 0 <= self._depth_cut() != cut:
                    by_depth = True  # the records may hold others that begin like them
                    continue
                # Before the bad byte, or halfway when the cut was inside of a record.
                found = _PLACE.search(str(error))
                end = self._place + (int(found[1]) - 1 if found else (cut - self._place) // 2)
                continue
            except (UnicodeDecodeError, RecursionError):
                return False
            self._is_nested = by_depth
            self._move(cut + 1 if used is None and cut >= 0 else self._place + (used or len(text)) - 1)
            return used is not None or cut < 0
        return False

    def _decode(self, section: Section[Any] | None, text: bytes) -> int | None:
        """Hand over the records in `text`; return the length of the list when it ends before the text does."""
        used: int | None = None
        for _ in range(2):
            try:
                if section is None:
                    _RAWS.decode(text)
                else:
                    section.take(section.many.decode(text))
            except msgspec.ValidationError:
                return self._decode_singly(cast("Section[Any]", section), text) or used
            except msgspec.DecodeError as error:
                used = length_of_list(text, str(error))
                if used is None:
                    raise
                text = text[:used]
            else:
                break
        return used

    def _decode_singly(self, section: Section[Any], text: bytes) -> int | None:
        """Hand over the records in `text` where at least one does not fit the type."""
        used: int | None = None
        try:
            raws = _RAWS.decode(text)
        except msgspec.DecodeError as error:
            used = length_of_list(text, str(error))
            if used is None:
                raise
            raws = _RAWS.decode(text[:used])
        batch = Batch(section, self._not_a_number)
        for raw in raws:
            batch.add(bytes(raw))
        batch.flush()
        return used

    def _last_cut(self, marker: bytes, end: int) -> int:
        """Return where the comma before the last record that begins before `end` is, or -1."""
        if self._at_end and end == len(self._buffer) and end - self._place <= _LOOSE_BYTES:
            return -1
        for _ in range(_MAX_TRIES):
            end = self._buffer.rfind(marker, self._place, end)
            if end < 0:
                break
            start = max(self._place, end - _BETWEEN_BYTES)
            between = _BETWEEN.search(self._buffer[start:end])
            if between:
                return start + between.start(1)
        return -1

    def _depth_cut(self) -> int:
        """Return where the comma before the last record of the window is by the depth of brackets, or -1."""
        if self._at_end and len(self._buffer) - self._place <= _LOOSE_BYTES:
            return -1
        return last_separator(self._buffer, self._place)

    def _loose_step(self, section: Section[Any] | None, wanted: int) -> bool:
        """Read the values at the beginning of this window one by one; tell whether the array ended."""
        self._outline.loose_steps += 1
        start = self._place
        size = _LOOSE_BYTES if wanted == WINDOW_BYTES else wanted
        text = self._buffer[start : start + size].decode("latin-1")
        is_all = self._at_end and start + len(text) == len(self._buffer)
        batch = Batch(section, self._not_a_number)
        here, is_closed = 0, False
        while not is_closed and (here := skip_space(text, here)) < len(text):
            end = self._end_of(text, here, start, is_all=is_all)
            after = skip_space(text, end) if end >= 0 else len(text)
            if not is_all and after + _NUMBER_TAIL >= len(text):
                break
            follows = text[after : after + 1]
            if follows not in {",", "]"}:
                self._fail(start + after, "a comma or the closing bracket is missing" if follows else ENDS_EARLY)
            try:
                batch.add(self._buffer[start + here : start + end])
            except UnicodeDecodeError as error:
                self._ask_encoding(start + here + error.start)
            here, is_closed = after + 1, follows == "]"
        if is_all and not is_closed:
            self._fail(start + here, ENDS_EARLY)
        batch.flush()
        self._move(start + here)
        return is_closed

    def _decoded(self, data: bytes, place: int) -> object:
        try:
            return parse_loosely(data)
        except UnicodeDecodeError as error:
            self._ask_encoding(place - len(data) + error.start)

    def _not_a_number(self) -> None:
        self._outline.not_numbers += 1

    # Failures

    def _fail(self, place: int, what: str) -> NoReturn:
        where = line_and_column(self._text, self._base + place)
        raise UnreadableSourceError(f"{self._name}, {where}: {what}", "Correct the file there, or export it again")

    def _ask_encoding(self, place: int) -> NoReturn:
        offset = self._text.origin + self._base + place
        where = line_and_column(self._text, self._base + place)
        choices = (
            Choice("cp1252", "Western European"),
            Choice("gbk", "Chinese"),
            Choice("shift_jis", "Japanese"),
        )
        text = f"{self._name}, {where}: byte {offset} is not UTF-8, so the file has another text encoding"
        raise QuestionError([Question("encoding", text, choices)])

"""JSON as text that nobody vouches for: its encoding, its single values, and where in the file something is wrong."""

from __future__ import annotations

import codecs
import io
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from tailwise.domain.errors import UnreadableSourceError

if TYPE_CHECKING:
    from collections.abc import Callable

BLOCK_BYTES = 4 << 20
ENDS_EARLY = "the file ends in the middle of a value; it was cut off"


class TextStream(NamedTuple):
    """A seekable stream of UTF-8 that begins at `origin`, and the encoding where the file has another than UTF-8."""

    stream: BinaryIO
    origin: int
    encoding: str


def parse_loosely(data: bytes, on_not_number: Callable[[], None] | None = None) -> object:
    """Return what the standard library makes of one JSON value.

    NaN and infinities become None and are told to `on_not_number`; line breaks inside of texts are let through.

    Raises:
        ValueError: the bytes are not UTF-8 (then a UnicodeDecodeError) or no JSON value.
        RecursionError: the value is nested too deep.
    """

    def missing(_word: str) -> None:
        if on_not_number is not None:
            on_not_number()

    text = data.decode("utf-8", "surrogatepass")
    return json.loads(text, parse_constant=missing, parse_int=_integer, strict=False)


def end_of_value(text: str, start: int) -> int:
    """Return where the JSON value at `start` ends, judging its form only.

    Raises:
        json.JSONDecodeError: there is no complete value; the error has the position.
        RecursionError: the value is nested too deep.
    """
    return _FORM.raw_decode(text, start)[1]


def is_cut(error: json.JSONDecodeError, length: int) -> bool:
    """Tell whether an error may be due to the text ending after `length` characters in the middle of a value."""
    longest_word = 16
    return error.pos >= length - longest_word or error.msg.startswith("Unterminated")


def reason(error: json.JSONDecodeError, length: int) -> str:
    """Say in the user's words why a text of `length` characters is no JSON."""
    if error.pos >= length or error.msg.startswith("Unterminated"):
        return ENDS_EARLY
    return _REASONS.get(error.msg, f"this is no JSON ({error.msg})")


def printable(text: str) -> str:
    r"""Return `text` with NUL and lone surrogates replaced by U+FFFD: neither can be stored or be part of a name.

    >>> printable("a\0b"), printable("Mañana")
    ('a\ufffdb', 'Mañana')
    """
    return text if text.isascii() and "\0" not in text else _REPLACEABLE.sub("\ufffd", text)


def open_as_utf8(file: BinaryIO, name: str, encoding: str = "") -> TextStream:
    """Return a UTF-8 stream over `file`, which is read into memory only when it has to be transcoded.

    `encoding` overrides what the first bytes say. `name` is what messages call the file.

    Raises:
        UnreadableSourceError: the encoding is unknown or does not fit.
    """
    head = file.read(4)
    file.seek(0)
    if not encoding:
        encoding = next((e for mark, e in _MARKS if head.startswith(mark)), "")
    if not encoding and b"\0" in head:
        encoding = json.detect_encoding(head)
    if not encoding or encoding == _UTF8_MARKED:
        return TextStream(file, len(codecs.BOM_UTF8) if encoding else 0, encoding)
    try:
        errors = "surrogatepass" if encoding.startswith("utf") else "strict"
        text = file.read().decode(encoding, errors)
    except LookupError:
        hint = "Answer encoding with cp1252, gbk, shift_jis or utf-8"
        raise UnreadableSourceError(f"{encoding!r} is no text encoding", hint) from None
    except UnicodeDecodeError as error:
        hint = "Answer encoding with the right one, or save the file as UTF-8"
        raise UnreadableSourceError(f"{name} is not {encoding}: byte {error.start} fits no character", hint) from None
    return TextStream(io.BytesIO(text.encode("utf-8", "surrogatepass")), 0, encoding)


def line_and_column(text: TextStream, offset: int) -> str:
    """Return where the byte `offset` after the origin lies, counted in lines and characters from 1."""
    text.stream.seek(text.origin)
    line, column, left = 1, 1, offset
    while left > 0 and (block := text.stream.read(min(BLOCK_BYTES, left))):
        left -= len(block)
        breaks = block.count(b"\n")
        if breaks:
            line += breaks
            column = 1
            block = block[block.rfind(b"\n") + 1 :]
        column += len(block.translate(None, _INSIDE_CHARACTER))
    return f"line {line}, column {column}"


@dataclass(frozen=True, slots=True)
class Sniffed:
    """What the beginning of a JSON document shows: its outer members, each with the names in its first record.

    The name is empty for a document that is itself an array. Members that are no list of objects have no names.
    """

    is_array: bool
    members: dict[str, tuple[str, ...]]


def sniff(head: bytes) -> Sniffed:
    """Look at the first bytes of a document, which may end anywhere and hold anything.

    >>> sniff(b'{"info": {}, "images": [{"id": 1, "size": {"w": 2}}, {"x"').members
    {'info': (), 'images': ('id', 'size')}
    """
    encoding = next((e for mark, e in _MARKS if head.startswith(mark)), "utf-8")
    members: dict[str, list[str]] = {}
    opened: list[str] = []
    section, text, is_array = "", "", False
    for mark in _MARK_OR_TEXT.findall(head.decode(encoding, "replace")):
        if mark in "{[":
            is_array = is_array or (not opened and mark == "[")
            opened.append(mark)
        elif mark in "}]":
            if not opened:
                break
            opened.pop()
        elif mark != ":":
            text = mark[1:-1]
        elif opened == ["{"]:
            section = text
            members.setdefault(section, [])
        elif opened in (["{", "[", "{"], ["[", "{"]) and text not in (names := members.setdefault(section, [])):
            names.append(text)
    return Sniffed(is_array, {name: tuple(names) for name, names in members.items()})


def length_of_list(text: bytes, message: str) -> int | None:
    """Return how long the list at the beginning of `text` is, from msgspec's complaint about what follows it."""
    found = _TRAILING.search(message)
    if not found:
        return None
    used = len(text[: int(found[1]) - 1].rstrip(b" \t\n\r"))
    return used if text[used - 1 : used] == b"]" else None


def skip_space(text: str, start: int) -> int:
    """Return the position of the first character from `start` that is no white space."""
    found = _SPACE.match(text, start)
    return found.end() if found else start


def _integer(digits: str) -> int | float:
    # int() refuses more than 4,300 digits, and nothing here counts that far.
    return int(digits) if len(digits) < 1000 else float("inf")


_FORM = json.JSONDecoder(strict=False, parse_int=_integer, parse_float=len)
_TRAILING = re.compile(r"trailing characters \(byte (\d+)\)")
_MARK_OR_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:]', re.DOTALL)
_SPACE = re.compile(r"[ \t\n\r]*")
_REPLACEABLE = re.compile("[\0\ud800-\udfff]")
_INSIDE_CHARACTER = bytes(range(0x80, 0xC0))  # the bytes of a UTF-8 character after its first
_UTF8_MARKED = "utf-8-sig"
_MARKS = (
    (codecs.BOM_UTF8, _UTF8_MARKED),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_TOO_MUCH = "a comma too many, a comment or single quotes cannot be read"
_REASONS = {
    "Expecting property name enclosed in double quotes": f"a name in double quotes was expected; {_TOO_MUCH}",
    "Expecting value": f"a value was expected; {_TOO_MUCH}",
    "Expecting ',' delimiter": "a comma or a closing bracket is missing",
    "Expecting ':' delimiter": "a colon is missing",
}

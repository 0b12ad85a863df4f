"""Bytes of a text file found in a dataset to text: Unicode by its marks, anything else by asking.

A wrong guess would silently rename classes, so other encodings are never guessed; the question shows how the first
doubtful line would read in each.
"""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

from tailwise.domain.errors import Choice, Question, QuestionError, RequestError, UnreadableSourceError

if TYPE_CHECKING:
    from collections.abc import Mapping

ENCODING_KEY = "encoding"

# UTF-32 first: its mark begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_OFFERED = (
    ("cp1252", "Western European"),
    ("cp1250", "Central European"),
    ("cp1251", "Cyrillic"),
    ("gb18030", "Chinese"),
    ("cp932", "Japanese"),
)
_PREVIEW = 40


def decode(data: bytes, name: str, answers: Mapping[str, str]) -> tuple[str, str]:
    """Return the text of a file without its byte-order mark, and the encoding it was read with.

    NUL, which no name may hold and no database keeps, becomes U+FFFD.

    Raises:
        QuestionError: the bytes are not UTF-8 and carry no mark; key `encoding`.
        UnreadableSourceError: the bytes do not fit the mark or the answer.
    """
    wanted = answers.get(ENCODING_KEY)
    encoding = _marked(data) or wanted or _unmarked_utf16(data) or "utf-8"
    try:
        return data.decode(encoding).removeprefix("\ufeff").replace("\0", "\ufffd"), encoding
    except UnicodeDecodeError as error:
        if encoding == "utf-8" and wanted is None and (choices := _choices(data, error.start)):
            raise QuestionError([Question(ENCODING_KEY, _doubt(data, name, error.start), choices)]) from error
        raise UnreadableSourceError(
            f"{name} is not {encoding.upper()} text: byte {error.start:,} does not fit",
            "Save the file as UTF-8, or answer with another encoding",
        ) from error
    except (LookupError, ValueError) as error:
        raise RequestError(f"{encoding!r} is not a known encoding", "Answer for instance encoding=cp1252") from error


def _marked(data: bytes) -> str | None:
    return next((encoding for mark, encoding in _MARKS if data.startswith(mark)), None)


def _unmarked_utf16(data: bytes) -> str | None:
    """Recognise mostly Latin text of two bytes per character by its zeros, of which other text has none."""
    sample = data[:4096]
    half = len(sample) // 2
    if half < 4:
        return None
    if sample[1::2].count(0) > 0.6 * half and sample[0::2].count(0) < 0.1 * half:
        return "utf-16-le"
    if sample[0::2].count(0) > 0.6 * half and sample[1::2].count(0) < 0.1 * half:
        return "utf-16-be"
    return None


def _doubt(data: bytes, name: str, position: int) -> str:
    line = data.count(b"\n", 0, position) + 1
    return f"{name} line {line:,} is not UTF-8 (byte {position:,}): in which encoding was it saved?"


def _choices(data: bytes, position: int) -> tuple[Choice, ...]:
    start = max(data.rfind(b"\n", 0, position) + 1, position - _PREVIEW)
    ends = [end for end in (data.find(b"\n", position), data.find(b"\r", position)) if end >= 0]
    excerpt = data[start : min([*ends, position + _PREVIEW])]
    found: list[Choice] = []
    for encoding, title in _OFFERED:
        try:
            data.decode(encoding)
        except UnicodeDecodeError:
            continue
        found.append(Choice(encoding, f"{title}: “{excerpt.decode(encoding, 'replace').strip()}”"))
    return tuple(found)

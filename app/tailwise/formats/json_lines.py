"""One JSON object per line, in files of any size: lines are read one by one, and a bad one costs only itself."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from tailwise.domain.errors import UnreadableSourceError
from tailwise.formats.json_text import open_as_utf8, parse_loosely, reason
from tailwise.formats.json_values import Record, as_record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tailwise.ops.progress import Progress

MAX_LINE_BYTES = 64 << 20
_REPORT_BYTES = 1 << 20
_LINE = msgspec.json.Decoder(Record)
_SPACE = b" \t\r\n"


@dataclass(slots=True)
class Line:
    """One line: its number from 1, and its object; `fault` says why there is none."""

    number: int
    record: Record
    fault: str = ""


@dataclass(slots=True)
class Repairs:
    """What was put up with while lines were read: a byte-order mark or another encoding, and empty lines inside."""

    encoding: str = ""
    blank: int = 0


def read_lines(path: Path, name: str, progress: Progress, repairs: Repairs, encoding: str = "") -> Iterator[Line]:
    """Return the lines of a file (called `name` in messages) that are not empty; `repairs` is filled on the way.

    Raises:
        UnreadableSourceError: the file cannot be read.
    """
    try:
        progress.stage(f"Reading {name}", path.stat().st_size)
        with path.open("rb") as file:
            text = open_as_utf8(file, name, encoding)
            repairs.encoding = text.encoding
            text.stream.seek(text.origin)
            number = blank = moved = 0
            while data := text.stream.readline(MAX_LINE_BYTES):
                number += 1
                moved += len(data)
                if moved >= _REPORT_BYTES:
                    progress.advance(moved)
                    moved = 0
                data = data.strip(_SPACE)
                if not data:
                    blank += 1
                    continue
                repairs.blank, blank = repairs.blank + blank, 0
                yield _line(number, data)
    except OSError as error:
        why = error.strerror or "the system refused"
        raise UnreadableSourceError(f"{name} cannot be read: {why}", "Check the file and its permissions") from error


def first_record(head: bytes) -> Record:
    """Return the object on the first line of the first bytes of a file; empty where there is none."""
    for data in head.removeprefix(b"\xef\xbb\xbf").splitlines():
        if data.strip(_SPACE):
            return _line(1, data.strip(_SPACE)).record
    return {}


def _line(number: int, data: bytes) -> Line:
    try:
        return Line(number, _LINE.decode(data))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:
        record = as_record(parse_loosely(data))
    except json.JSONDecodeError as error:
        return Line(number, {}, f"column {error.colno}: {reason(error, len(data))}")
    except UnicodeDecodeError as error:
        return Line(number, {}, f"byte {error.start} is not UTF-8")
    except RecursionError:
        return Line(number, {}, "it is nested too deep")
    return Line(number, record, "" if record else "it is no object with members")

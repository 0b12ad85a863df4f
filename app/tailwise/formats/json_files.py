"""Small JSON files, one per image: typed where they fit, tolerant where they do not, refused with a place otherwise."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypeVar

import msgspec

from tailwise.formats.json_text import parse_loosely, reason
from tailwise.formats.text_encoding import decode

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

MAX_BYTES = 200 << 20
T = TypeVar("T")


class JsonRefusedError(Exception):
    """A file was not read; the text says why and where, in the user's words."""


def read_json_file(path: Path, name: str, decoder: msgspec.json.Decoder[T], answers: Mapping[str, str]) -> T | None:
    """Return what a file holds; None when it is JSON of another kind.

    Args:
        path: where it is.
        name: what messages call it.
        decoder: of a struct; members it does not name are skipped without being decoded.
        answers: may tell the encoding.

    Raises:
        JsonRefusedError: too large, not readable, or no JSON.
        QuestionError: the text is not UTF-8 and does not say what it is; key `encoding`.
    """
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise JsonRefusedError(f"it has {size >> 20:,} MB, far more than the annotations of one image")
        data = path.read_bytes()
    except OSError as error:
        raise JsonRefusedError(error.strerror or "the system refused") from error
    try:
        return decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _read_loosely(data, name, decoder, answers)


def _read_loosely(data: bytes, name: str, decoder: msgspec.json.Decoder[T], answers: Mapping[str, str]) -> T | None:
    text, _ = decode(data, name, answers)
    try:
        value = parse_loosely(text.encode("utf-8", "surrogatepass"))
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise JsonRefusedError(f"{where}: {reason(error, len(text))}") from error
    except RecursionError as error:
        raise JsonRefusedError("it is nested too deep") from error
    tidy = json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")  # halves of characters become a ?
    try:
        return decoder.decode(tidy)
    except msgspec.DecodeError:
        return None

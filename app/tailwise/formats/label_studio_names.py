"""What a task of Label Studio is about: the name of an image out of the addresses the tool uses, or a text."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qs, unquote

from tailwise.formats.addresses import is_address, path_in
from tailwise.formats.json_text import printable
from tailwise.formats.listing import IMAGE_SUFFIXES
from tailwise.formats.paths import last_part

if TYPE_CHECKING:
    from tailwise.formats.json_values import Record

_LIKELY = ("image", "img", "image_url", "photo", "picture", "ocr")
_TEXTS = ("text", "document", "sentence", "content", "body", "question")
_LOCAL, _UPLOAD = "/data/local-files/", re.compile(r"/?data/upload/(?:[^/]+/)?([0-9a-f]{8})-([^/]+)")
_ASKED = re.compile(r"[?&]d=([^&]+)")
_PASTED = "data:"
_SIGNED = "presign"


class TaskName(NamedTuple):
    """The name of an image (`plain` without the prefix that uploads get), or the text of a task without an image."""

    name: str
    plain: str = ""
    text: str = ""


def name_of(data: Record, ext_id: str) -> TaskName:
    """Return what a task is about; a task without an image is called by its number."""
    texts = {key: value for key, value in data.items() if isinstance(value, str) and value}
    order = [key for key in _LIKELY if key in texts] + [key for key in texts if key not in _LIKELY]
    for key in order:
        if _is_image(texts[key], is_likely=key in _LIKELY):
            return _image_name(texts[key], ext_id)
    named = [texts[key] for key in _TEXTS if key in texts] or sorted(texts.values(), key=len, reverse=True)
    return TaskName(f"task {ext_id}".strip(), text=named[0] if named else "")


def _is_image(value: str, *, is_likely: bool) -> bool:
    if value.startswith((_PASTED, _LOCAL)):
        return value.startswith((_LOCAL, f"{_PASTED}image"))
    path = path_in(value).partition("?")[0]
    dot = path.rfind(".")
    has_suffix = dot > 0 and path[dot:].lower() in IMAGE_SUFFIXES and "\n" not in path
    return has_suffix or (is_likely and ("/" in value or "." in value) and " " not in value)


def _image_name(value: str, ext_id: str) -> TaskName:
    """Return the path in an address: nothing is fetched, and host, signature and pasted pixels are left out."""
    value = printable(value)
    if value.startswith(_PASTED):
        return TaskName(f"task {ext_id}".strip())
    if value.startswith(_LOCAL):
        asked = _ASKED.search(value)
        return TaskName(unquote(asked[1]) if asked else f"task {ext_id}".strip())
    if _SIGNED in value and (inner := _signed(value)):
        value = inner
    if is_address(value):
        return TaskName(path_in(value))
    if upload := _UPLOAD.fullmatch(value):
        return TaskName(f"{upload[1]}-{upload[2]}", upload[2])
    return TaskName(last_part(value) if value.startswith("/data/") else value)


def _signed(value: str) -> str:
    """Return the address inside of one that the server would sign."""
    inner = parse_qs(value.partition("?")[2]).get("fileuri", [""])[0]
    try:
        return base64.b64decode(inner, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        return ""

"""The quick way through a VOC annotation file as the usual tools write it: regular expressions, no XML parser.

It answers only for plain ASCII documents of elements without attributes, entities or comments, with every element known
to be closed and at most once where it counts; it then says exactly what `voc_xml.read_voc` says, five times as fast.
Anything else is left to the parser.
"""

from __future__ import annotations

import math
import re

from tailwise.domain.records import AnnotationFlag
from tailwise.formats.geometry import MAX_COORDINATE_PX
from tailwise.formats.json_text import printable
from tailwise.formats.voc_file import TRUE_WORDS, VocFile, VocObject, side

_TEXT = r"[^<&\]\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*"
_SPACE = r"[ \t\r\n]*"
_LEAF = rf"<([A-Za-z_]\w*)>{_TEXT}</\N>"


def _leaf(number: int) -> str:
    """Return the pattern of an element of any name with text alone; its group has this number."""
    return _LEAF.replace(r"\N", rf"\{number}")


_HEAD = re.compile(
    rf"{_SPACE}(?:<\?xml version=[\"']1\.0[\"'](?: encoding=[\"'](?:utf-8|UTF-8|us-ascii|ascii)[\"'])?{_SPACE}\?>)?"
    rf"{_SPACE}"
    rf"<annotation(?: verified=\"(?:yes|no)\")?>{_SPACE}"
    rf"(?:(?:<filename>(?P<filename>{_TEXT})</filename>|<path>(?P<path>{_TEXT})</path>"
    rf"|<size>{_SPACE}<width>(?P<width>{_TEXT})</width>{_SPACE}<height>(?P<height>{_TEXT})</height>{_SPACE}"
    rf"(?:<depth>{_TEXT}</depth>{_SPACE})?</size>"
    rf"|<source>{_SPACE}(?:{_leaf(5)}{_SPACE})*</source>|<folder>{_TEXT}</folder>|<segmented>{_TEXT}</segmented>){_SPACE})*"
)
_OBJECT = re.compile(
    rf"{_SPACE}(?:(?:<name>({_TEXT})</name>|<truncated>({_TEXT})</truncated>|<difficult>({_TEXT})</difficult>"
    rf"|<occluded>({_TEXT})</occluded>|<pose>({_TEXT})</pose>|<bndbox>{_SPACE}<xmin>({_TEXT})</xmin>{_SPACE}"
    rf"<ymin>({_TEXT})</ymin>{_SPACE}<xmax>({_TEXT})</xmax>{_SPACE}<ymax>({_TEXT})</ymax>{_SPACE}</bndbox>){_SPACE})*"
    rf"</object>{_SPACE}"
)
_END = re.compile(rf"</annotation>{_SPACE}").fullmatch
_LEFT = 5  # place of the first corner among the groups of an object
_ONCE_IN_HEAD = ("<filename>", "<path>", "<size>", "<folder>", "<segmented>")
_LONGEST = 1 << 20


def read_plain_voc(data: bytes) -> VocFile | None:
    """Return what a plain annotation file says, or None for one that needs a parser."""
    if len(data) > _LONGEST or not data.isascii():
        return None
    head, *objects = data.decode("ascii").split("<object>")
    if not objects:
        return None
    found = _HEAD.fullmatch(head)
    if found is None or any(head.count(tag) > 1 for tag in _ONCE_IN_HEAD):
        return None
    file = VocFile(printable((found["filename"] or "").strip()), has_path=bool((found["path"] or "").strip()))
    file.width, file.height = side((found["width"] or "").strip()), side((found["height"] or "").strip())
    last = len(objects) - 1
    for number, text in enumerate(objects):
        match = _OBJECT.match(text)
        if match is None or (match.end() != len(text) if number != last else not _END(text, match.end())):
            return None
        cells = match.groups()
        # An element that is there twice leaves more tags than those of the elements found.
        elements = len(cells) - cells.count(None) + (cells[_LEFT] is not None)
        if text.count("<", 0, match.end()) != 2 * elements + 1:
            return None
        one = _object(*cells)
        if one is None:
            return None
        file.objects.append(one)
    return file


def _object(  # noqa: PLR0913, PLR0917  one argument per element
    name: str | None,
    truncated: str | None,
    difficult: str | None,
    occluded: str | None,
    _pose: str | None,
    left: str | None,
    top: str | None,
    right: str | None,
    bottom: str | None,
) -> VocObject | None:
    if name is None or left is None or top is None or right is None or bottom is None:
        return None
    name = name.strip()
    if not name or not name.isprintable():
        return None
    try:
        x, y, x2, y2 = float(left), float(top), float(right), float(bottom)
    except ValueError:
        return None
    width, height = x2 - x, y2 - y
    # Not "any is too far": numbers that are none compare false, and those that are turned round are the parser's.
    if not (width >= 0 and height >= 0 and min(x, y) >= -MAX_COORDINATE_PX and max(x2, y2) <= MAX_COORDINATE_PX):
        return None
    flags = 0
    for word, flag in ((difficult, _DIFFICULT), (truncated, _TRUNCATED), (occluded, _OCCLUDED)):
        if word and word != "0" and word.strip().lower() in TRUE_WORDS:
            flags |= flag
    return VocObject(name, flags, (x, y, width, height), "box", width * height, math.nan)


_DIFFICULT, _TRUNCATED, _OCCLUDED = (
    int(flag) for flag in (AnnotationFlag.DIFFICULT, AnnotationFlag.TRUNCATED, AnnotationFlag.OCCLUDED)
)

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
from tailwise.formats.voc_file import TRUE_WORDS, VocFile, VocObject, side

_TEXT = "[^<]*"
_SPACE = r"[ \t\r\n]*"
_PLAIN = bytes({9, 10, 13, *range(32, 127)} - {ord("&")})
_LEAF = rf"<([A-Za-z_]\w*)>{_TEXT}</\5>"  # an element of any name with text alone
_HEAD = re.compile(
    rf"{_SPACE}(?:<\?xml version=[\"']1\.0[\"'](?: encoding=[\"'](?:utf-8|UTF-8|us-ascii|ascii)[\"'])?{_SPACE}\?>)?"
    rf"{_SPACE}"
    rf"<annotation(?: verified=\"(?:yes|no)\")?>{_SPACE}"
    rf"(?:(?:<filename>(?P<filename>{_TEXT})</filename>|<path>(?P<path>{_TEXT})</path>"
    rf"|<size>{_SPACE}<width>(?P<width>{_TEXT})</width>{_SPACE}<height>(?P<height>{_TEXT})</height>{_SPACE}"
    rf"(?:<depth>{_TEXT}</depth>{_SPACE})?</size>"
    rf"|<source>{_SPACE}(?:{_LEAF}{_SPACE})*</source>|<folder>{_TEXT}</folder>|<segmented>{_TEXT}</segmented>){_SPACE})*"
)
_OBJECTS = re.compile(
    rf"<object>{_SPACE}(?:(?:<name>({_TEXT})</name>|<truncated>({_TEXT})</truncated>|<difficult>({_TEXT})</difficult>"
    rf"|<occluded>({_TEXT})</occluded>|<pose>({_TEXT})</pose>|<bndbox>{_SPACE}<xmin>({_TEXT})</xmin>{_SPACE}"
    rf"<ymin>({_TEXT})</ymin>{_SPACE}<xmax>({_TEXT})</xmax>{_SPACE}<ymax>({_TEXT})</ymax>{_SPACE}</bndbox>){_SPACE})*"
    r"</object>"
)
_ONCE_IN_HEAD = ("<filename>", "<path>", "<size>", "<folder>", "<segmented>")
_END = "</annotation>"
_LONGEST = 1 << 20
_FAR = MAX_COORDINATE_PX
_DIFFICULT, _TRUNCATED, _OCCLUDED = (
    int(flag) for flag in (AnnotationFlag.DIFFICULT, AnnotationFlag.TRUNCATED, AnnotationFlag.OCCLUDED)
)


def read_plain_voc(data: bytes) -> VocFile | None:
    """Return what a plain annotation file says, or None for one that needs a parser."""
    if len(data) > _LONGEST or data.translate(None, _PLAIN) or b"]]>" in data:
        return None
    text = data.decode("ascii")
    first, end = text.find("<object>"), text.rfind(_END)
    if first < 0 or end < first or text[end + len(_END) :].strip(" \t\r\n"):
        return None
    head = text[:first]
    found = _HEAD.fullmatch(head)
    if found is None or any(head.count(tag) > 1 for tag in _ONCE_IN_HEAD):
        return None
    objects = _objects(text[first:end])
    if objects is None:
        return None
    file_name, path, width, height = found.group("filename", "path", "width", "height")
    return VocFile(
        (file_name or "").strip(),
        width=side((width or "").strip()),
        height=side((height or "").strip()),
        has_path=bool((path or "").strip()),
        objects=objects,
    )


def _objects(body: str) -> list[VocObject] | None:
    """Return the objects; None unless every tag of the text belongs to one of them, once."""
    objects: list[VocObject] = []
    tags = 0
    try:
        for cells in _OBJECTS.findall(body):
            name, truncated, difficult, occluded, _, left, top, right, bottom = cells
            # Elements that are there twice, or empty, make more tags than are counted here: eight of the corners
            # are among the nine cells, their box and the object make four more.
            tags += 2 * (len(cells) - cells.count("")) + 4
            name = name.strip()
            x, y, x2, y2 = float(left), float(top), float(right), float(bottom)
            width, height = x2 - x, y2 - y
            # Numbers that are none compare false; corners that are turned round are the parser's.
            if not (name and width >= 0 and height >= 0 and min(x, y) >= -_FAR and max(x2, y2) <= _FAR):
                return None
            flags = _flags(difficult, truncated, occluded)
            objects.append(VocObject(name, flags, (x, y, width, height), "box", width * height, math.nan))
    except ValueError:
        return None
    return objects if body.count("<") == tags else None


def _flags(difficult: str, truncated: str, occluded: str) -> int:
    flags = 0
    for word, flag in ((difficult, _DIFFICULT), (truncated, _TRUNCATED), (occluded, _OCCLUDED)):
        if word not in {"0", ""} and word.strip().lower() in TRUE_WORDS:
            flags |= flag
    return flags

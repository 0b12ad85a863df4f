"""Formats that are recognised but not read: they are called by their name, with the export to make instead."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tailwise.formats.listing import Listing

_MAX_PEEKED = 30
_PEEK = 65_536
_COCO = "COCO or YOLO"


@dataclass(frozen=True, slots=True)
class Recognised:
    """A format by its usual name, the file that gave it away, and the export that can be read instead."""

    title: str
    path: str
    advice: str


@dataclass(frozen=True, slots=True)
class _Sign:
    title: str
    advice: str
    name: str  # pattern for the whole path, lower case
    content: str = ""  # pattern somewhere in the first bytes; empty if the name says it all


_SIGNS = (
    _Sign("VGG Image Annotator (VIA)", f"export {_COCO} from VIA", r".*\.json", r'"_via_|"regions"\s*:.*"filename"'),
    _Sign("CreateML", f"export {_COCO}", r".*\.json", r'"coordinates"\s*:\s*\{[^}]*"(?:width|height)"'),
    _Sign(
        "a CVAT task backup",
        "export CVAT for images 1.1 or COCO 1.0 from CVAT",
        r"(?:.*/)?task\.json",
        r'"jobs"|"segment',
    ),
    _Sign("V7 Darwin", f"export {_COCO} from V7", r".*\.json", r'"dataset"\s*:.*"bounding_box"|darwin'),
    _Sign("Cityscapes polygons", f"convert it to {_COCO}", r".*_gtfine_polygons\.json"),
    _Sign("WIDER Face", f"convert it to {_COCO}", r"(?:.*/)?wider_face_.*_gt\.txt"),
    _Sign("MOT tracks", f"convert it to {_COCO}", r"(?:.*/)?gt/gt\.txt", r"^\d+,\d+,"),
    _Sign("KITTI", f"convert it to {_COCO}", r".*/label_2/[^/]+\.txt"),
    _Sign("TFRecord", f"export {_COCO}, or the CSV the records were made from", r".*\.tfrecords?(?:-\d+-of-\d+)?"),
    _Sign("Datumaro binary", "export as JSON or COCO", r".*\.datum"),
    _Sign("a workbook", "save the sheet as CSV", r".*\.xlsx?"),
    _Sign("a zip archive", "open the archive by itself, or unpack it", r".*\.zip"),
    _Sign("an archive", "unpack it and open the folder", r".*\.(?:tar|tgz|tar\.gz|7z|rar)"),
)


def recognise(listing: Listing) -> list[Recognised]:
    """Return the unreadable formats found, each once with the first file that shows it."""
    found: dict[str, Recognised] = {}
    heads: dict[str, str] = {}
    for entry in listing.entries:
        if listing.dropped not in {None, entry.path} or entry.is_image or not entry.size:
            continue
        low = entry.path.lower()
        for sign in _SIGNS:
            if sign.title in found or re.fullmatch(sign.name, low, re.DOTALL) is None:
                continue
            if sign.content and entry.path not in heads:
                if len(heads) >= _MAX_PEEKED:
                    continue
                heads[entry.path] = listing.peek(entry.path, _PEEK).decode("utf-8", "replace")
            if not sign.content or re.search(sign.content, heads[entry.path], re.DOTALL) is not None:
                found[sign.title] = Recognised(sign.title, entry.path, sign.advice)
    return list(found.values())

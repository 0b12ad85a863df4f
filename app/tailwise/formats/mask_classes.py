"""Which class a value or a colour of a mask stands for: lists of names and colours as they are published."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tailwise.domain.errors import RequestError
from tailwise.formats.json_text import printable
from tailwise.formats.text_encoding import decode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tailwise.formats.listing import Entry, Listing

NAMES_KEY = "names"
NO_CLASS = frozenset("background __background__ bg void ignore ignored unlabeled unlabelled border".split())  # noqa: SIM905
_FILES = frozenset(
    "labelmap.txt label_map.txt labelmap.csv class_dict.csv label_colors.txt classes.txt labels.txt names.txt".split()  # noqa: SIM905
)
_MAX_BYTES = 1_000_000
_COLOUR_LAST = re.compile(r"(.+?)\s*[:,;\t]\s*(\d{1,3})\s*[,; \t]\s*(\d{1,3})\s*[,; \t]\s*(\d{1,3})(?:\s*:.*)?")
_COLOUR_FIRST = re.compile(r"(\d{1,3})[,; \t]+(\d{1,3})[,; \t]+(\d{1,3})[,; \t]+(.+)")
_INDEXED = re.compile(r"(\d{1,5})\s*[:,;\t ]\s*([^:,;\t]+)")


@dataclass(slots=True)
class MaskClasses:
    """Names by index (the place in the list) and by colour 0xRRGGBB; both empty where there is no list."""

    path: str = ""
    by_index: dict[int, str] = field(default_factory=dict[int, str])
    by_colour: dict[int, str] = field(default_factory=dict[int, str])


def find_class_list(listing: Listing, answers: Mapping[str, str]) -> MaskClasses:
    """Return the class list of a folder of masks: the answered one, else the one of a usual name.

    Raises:
        RequestError: the answered file is not there.
        QuestionError: its encoding has to be asked for; key `encoding`.
    """
    wanted = answers.get(NAMES_KEY)
    found = [e for e in listing.entries if e.name.lower() in _FILES and e.size < _MAX_BYTES]
    if wanted is not None:
        found = [entry for entry in listing.entries if wanted in {entry.path, entry.name}]
        if not found:
            raise RequestError(f"names={wanted} is no file of the dataset", "Name a file with one class per line")
    for entry in found:
        classes = _read(listing, entry, answers)
        if classes.by_index:
            return classes
    return MaskClasses()


def _read(listing: Listing, entry: Entry, answers: Mapping[str, str]) -> MaskClasses:
    text, _ = decode(listing.peek(entry.path, _MAX_BYTES), entry.path, answers)
    classes = MaskClasses(entry.path)
    place = 0
    for written in text.splitlines():
        line = printable(written.strip().strip('"'))
        if not line or line.startswith("#") or line.lower().replace(" ", "") in {"name,r,g,b", "name,red,green,blue"}:
            continue
        index, name, colour = place, line, None
        if match := _COLOUR_LAST.fullmatch(line):
            name, colour = match[1], _packed(match[2], match[3], match[4])
        elif match := _COLOUR_FIRST.fullmatch(line):
            name, colour = match[4], _packed(match[1], match[2], match[3])
        elif match := _INDEXED.fullmatch(line):
            index, name = int(match[1]), match[2]
        classes.by_index[index] = name.strip()
        if colour is not None:
            classes.by_colour[colour] = name.strip()
        place += 1
    return classes


def _packed(red: str, green: str, blue: str) -> int:
    return min(int(red), 255) << 16 | min(int(green), 255) << 8 | min(int(blue), 255)

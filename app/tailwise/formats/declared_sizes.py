"""Image sizes that annotation files declare, compared with the headers of the images. Nothing is turned or scaled."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from tailwise.domain.records import MediaState

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tailwise.domain.records import ImageHeader, ItemColumns


@dataclass(slots=True)
class SizeReport:
    """Positions of items by what their sizes were like; `differing` come with a sentence.

    `undeclared` had no size (those whose header could be read have one now), `turned` are stored turned by a quarter
    turn (EXIF 5 to 8), `unreadable` are files that are no image, `missing` are not there.
    """

    undeclared: list[int] = field(default_factory=list[int])
    differing: dict[int, str] = field(default_factory=dict[int, str])
    turned: list[int] = field(default_factory=list[int])
    unreadable: list[int] = field(default_factory=list[int])
    missing: list[int] = field(default_factory=list[int])


def settle_sizes(items: ItemColumns, headers: Mapping[str, ImageHeader | None], declared: Iterable[int]) -> SizeReport:
    """Fill sizes that are 0 from the headers, and mark unreadable images in `items`.

    `declared` are the items whose size an annotation file should have told. A declared size stays as it is: the
    annotations were made for it. It may be that of the image as stored or as seen upright.
    """
    report = SizeReport()
    width, height = np.array(items.width, np.int32), np.array(items.height, np.int32)
    is_unknown = (width <= 0) | (height <= 0)
    should_have = np.zeros(len(items), np.bool_)
    should_have[list(declared)] = True
    media = np.array(items.media, np.int8)
    report.undeclared = np.flatnonzero(is_unknown & should_have & (media != MediaState.NONE)).tolist()
    report.missing = np.flatnonzero(media == MediaState.MISSING).tolist()
    for item in np.flatnonzero((media != MediaState.MISSING) & (media != MediaState.NONE)).tolist():
        name, size = items.file_name[item], (items.width[item], items.height[item])
        header = headers.get(name)
        if header is None:
            items.media[item] = MediaState.UNREADABLE
            report.unreadable.append(item)
        elif is_unknown[item]:
            items.width[item], items.height[item] = header.upright
        elif size not in {(header.width, header.height), header.upright}:
            turned = " (width and height exchanged)" if size == (header.height, header.width) else ""
            there = f"{header.width} × {header.height}"
            report.differing[item] = f"{name}: declared {size[0]} × {size[1]}, the image has {there}{turned}"
        elif header.orientation >= 5:
            report.turned.append(item)
    return report

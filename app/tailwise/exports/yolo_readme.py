"""The README beside YOLO lists: where the pictures go and how to start."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_WRITTEN = """\
Label files are written here; pictures are not. Every line of a list is the place of a picture, relative to
this folder, for instance

    {example}

Put the pictures at these places (copy the dataset, or link its folder), or copy everything in this folder
into a folder that holds them so.
"""

_SOURCE = """\
The label files of the dataset are used as they are. Copy the lists and data.yaml into the root folder of the
dataset: every line is the place of a picture relative to that folder, for instance

    {example}
"""

_COMMON = """\
Ultralytics YOLO lists

Items: {counts}.

{placing}
Then train with

    yolo detect train data=data.yaml

Good to know
- The order of lines carries no meaning: Ultralytics sorts them. Never join them with weights by position.
- No line is there twice, and val and test are never repeated, augmented or oversampled. To favour rare classes
  use cls_pw (0 off, 0.5 square root, 1 inverse frequency) where your version has it.
- Pictures without a label line are background that somebody has looked at. Items nobody has labelled are in
  no list.
- data.yaml names no path, so the folder can be moved; nothing is downloaded.
"""


def yolo_readme(counts: Mapping[str, int], example: str, *, written: bool) -> str:
    """Return the text; `counts` are items per list and `example` is one line of a list."""
    placing = (_WRITTEN if written else _SOURCE).format(example=example)
    told = ", ".join(f"{name} {count:,}" for name, count in counts.items() if count)
    return _COMMON.format(counts=told, placing=placing)

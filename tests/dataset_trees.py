"""Tiny datasets written to disk by tests, and what a reader made of them in words."""

import struct
import zlib
from collections import Counter
from pathlib import Path

from tailwise.domain.records import LabelState, MediaState, Role
from tailwise.formats.contract import ReadRequest
from tailwise.formats.listing import scan
from tailwise.imaging.headers import read_header
from tailwise.imaging.masks import count_mask
from tailwise.ops.progress import SILENT, OpCancelledError


def png(width=64, height=48, seed=0) -> bytes:
    """Return a readable grey PNG; another seed gives other bytes."""

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = b"".join(b"\0" + bytes([(seed + y) % 256]) * width for y in range(height))
    comment = b"seed\0" + str(seed).encode()
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"tEXt", comment)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def write_tree(root: Path, files: dict) -> Path:
    """Write files by relative path: text, bytes, a size for an image of its own, or None for an empty folder."""
    for name, content in files.items():
        path = root / name
        if content is None:
            path.mkdir(parents=True, exist_ok=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, tuple):
            path.write_bytes(png(*content, seed=zlib.crc32(name.encode())))
        else:
            path.write_bytes(content.encode() if isinstance(content, str) else content)
    return root


def a_request(path: Path, *, role=Role.LABELS, **answers) -> ReadRequest:
    """Return the request an import of `path` makes; dots in answer keys are written as double underscores."""
    answers = {key.replace("__", "."): value for key, value in answers.items()}
    return ReadRequest(path, scan(path, SILENT), answers, role, read_header=read_header, count_mask=count_mask)


def read(reader, path: Path, **kwargs):
    """Read a dataset, without what is added to every source."""
    return reader.read(a_request(path, **kwargs), SILENT)


def objects(data) -> dict:
    """Count annotations by class name, classes without any included."""
    counts = Counter(data.annotations.category)
    return {category.name: counts[index] for index, category in enumerate(data.categories)}


def images_and_objects(data) -> dict:
    """Count images and instances by class name, as COUNTS.json does; classes without any left out."""
    images = {}
    for item, category in set(zip(data.annotations.item, data.annotations.category, strict=True)):
        images.setdefault(category, set()).add(item)
    return {
        data.categories[category].name: {"images": len(images[category]), "instances": n}
        for category, n in Counter(data.annotations.category).items()
    }


def codes(data) -> dict:
    """Return counts of findings by code."""
    return {finding.code: finding.count for finding in data.findings}


def finding(data, code):
    """Return the finding of one code."""
    return next(f for f in data.findings if f.code == code)


def states(data) -> dict:
    """Return the label state of every item as a word by name."""
    return {name: LabelState(s).text for name, s in zip(data.items.file_name, data.items.state, strict=True)}


def media(data) -> dict:
    """Return the media state of every item by name."""
    return {name: MediaState(m).name.lower() for name, m in zip(data.items.file_name, data.items.media, strict=True)}


def splits(data) -> dict:
    """Return the names of the items of every split."""
    return {split: [data.items.file_name[i] for i in items] for split, items in data.splits.items()}


def axis(data, name) -> dict:
    """Return the value of every item on an axis."""
    found = next(a for a in data.axes if a.name == name)
    return {data.items.file_name[i]: found.values[v] for i, v in zip(found.item, found.value, strict=True)}


class CancelAfter:
    """A progress that cancels at its n-th report."""

    def __init__(self, reports: int) -> None:
        self.left = reports

    def stage(self, label, total=0):
        self.advance()

    def advance(self, steps=1):
        self.left -= 1
        if self.left < 0:
            raise OpCancelledError

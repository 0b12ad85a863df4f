"""Find byte-identical files without reading every byte of a dataset.

Files of different size differ. Files of one size are told apart by their last block, and only those that agree there
are read whole. Identical pictures under two names leak between splits and are labelled twice.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

from tailwise.domain.records import IDENTICAL_AXIS, AxisColumns, AxisKind
from tailwise.ops.progress import track

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence
    from pathlib import Path

    from tailwise.domain.records import SourceData
    from tailwise.formats.listing import Listing
    from tailwise.ops.progress import Progress

TAIL_BYTES = 4096
_CHUNK_BYTES = 1 << 20


def identical_files(listing: Listing, paths: Sequence[str], progress: Progress) -> list[list[str]]:
    """Return groups of two or more paths whose files hold the same bytes; empty files are no group.

    Args:
        listing: knows root and sizes.
        paths: POSIX paths in the listing, each once.
        progress: told about every file that has to be opened.
    """
    size_of = {entry.path: entry.size for entry in listing.entries}
    same_size = _groups((p for p in paths if size_of.get(p, 0) > 0), size_of.__getitem__)
    candidates = [p for group in same_size for p in group]
    progress.stage("Looking for identical files", len(candidates))
    tails = {p: (size_of[p], _tail(listing.absolute(p), size_of[p])) for p in track(candidates, progress, 16)}
    same_tail = _groups(candidates, tails.__getitem__)
    whole = {p: (size_of[p], _digest(listing.absolute(p))) for group in same_tail for p in group}
    return _groups(whole, whole.__getitem__)


def identical_axis(data: SourceData, groups: Sequence[Sequence[int]]) -> AxisColumns:
    """Return the group axis of byte-identical files, named by the first file of each group.

    Args:
        data: whose items the groups hold.
        groups: positions of items, as `identical_files` found their names together.
    """
    axis = AxisColumns(IDENTICAL_AXIS, AxisKind.GROUP, "file contents", [data.items.file_name[g[0]] for g in groups])
    for code, group in enumerate(groups):
        for item in group:
            axis.append(item, code)
    return axis


def _groups(paths: Iterable[str], key: Callable[[str], Hashable]) -> list[list[str]]:
    found: dict[Hashable, list[str]] = {}
    for path in paths:
        found.setdefault(key(path), []).append(path)
    return [group for group in found.values() if len(group) > 1]


def _tail(path: Path, size: int) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(max(0, size - TAIL_BYTES))
            return file.read(TAIL_BYTES)
    except OSError:
        # A file that cannot be read equals nothing but itself; the reader has reported it.
        return path.as_posix().encode("utf-8", "surrogateescape")


def _digest(path: Path) -> bytes:
    digest = blake2b(digest_size=16)
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                digest.update(chunk)
    except OSError:
        digest.update(path.as_posix().encode("utf-8", "surrogateescape"))
    return digest.digest()

"""A bounded, sorted view of the files below a dataset root; the only way readers see the disk.

Hidden files, macOS and Windows litter and editor checkpoints are left out and counted. Links are followed only to
places inside the root, and no folder is entered twice.
"""

from __future__ import annotations

import itertools
import operator
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tailwise.domain.errors import UnreadableSourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tailwise.ops.progress import Progress

IMAGE_SUFFIXES = frozenset(
    ".jpg .jpeg .jpe .jfif .png .bmp .dib .webp .tif .tiff .gif .ppm .pgm .pbm .jp2 .heic .heif .dng .mpo".split()  # noqa: SIM905
)
_IMAGE_ENDINGS = tuple(IMAGE_SUFFIXES)
_LONGEST_SUFFIX = max(map(len, IMAGE_SUFFIXES))
LITTER = frozenset({"__macosx", "thumbs.db", "desktop.ini", "@eadir", "$recycle.bin"})
PEEK_BYTES = 65_536
_REPORT_EVERY = 1000
_CHUNK = 1 << 16
_READ_BYTES = os.O_RDONLY | getattr(os, "O_BINARY", 0)  # Windows would change line ends
_DIGITS = re.compile(r"([0-9]+)")
_ANY_DIGIT = str.maketrans("123456789", "000000000")
_path = operator.attrgetter("path")


@dataclass(frozen=True, slots=True)
class Entry:
    """One file: POSIX path relative to the root, and its size in bytes."""

    path: str
    size: int

    @property
    def name(self) -> str:
        """Last part of the path."""
        return self.path.rpartition("/")[2]

    @property
    def folder(self) -> str:
        """Path of the folder, empty for the root."""
        return self.path.rpartition("/")[0]

    @property
    def suffix(self) -> str:
        """Lower-case suffix with its dot."""
        path = self.path
        dot = path.rfind(".")
        return path[dot:].lower() if path.rfind("/") + 1 < dot < len(path) - 1 else ""

    @property
    def stem(self) -> str:
        """Name without its last suffix."""
        name = self.name
        dot = name.rfind(".")
        return name[:dot] if 0 < dot < len(name) - 1 else name

    @property
    def is_image(self) -> bool:
        """Whether the suffix is that of an image."""
        return self.path[-_LONGEST_SUFFIX:].lower().endswith(_IMAGE_ENDINGS)


@dataclass(slots=True)
class Listing:
    """Every file below `root` in natural path order. `dropped` is the one file the user pointed at, if it was a file.

    Attributes:
        hidden: hidden files and litter left out.
        outside: links that lead out of the root, and broken ones; left out.
        folders: every folder (relative path), also those without files.
        garbled: files and folders whose names are no text in any encoding, with their bytes escaped; left out.
    """

    root: Path
    entries: list[Entry] = field(default_factory=list[Entry])
    dropped: str | None = None
    hidden: list[str] = field(default_factory=list[str])
    outside: list[str] = field(default_factory=list[str])
    folders: list[str] = field(default_factory=list[str])
    garbled: list[str] = field(default_factory=list[str])

    def absolute(self, relative: str) -> Path:
        """Return the path on disk of an entry of this listing."""
        return self.root / relative

    def content(self, relative: str) -> bytes:
        """Return the bytes of an entry, without the file objects that cost more than a small file itself."""
        file = os.open(f"{self.root}/{relative}", _READ_BYTES)
        try:
            found = [chunk := os.read(file, _CHUNK)]
            while chunk:
                found.append(chunk := os.read(file, _CHUNK))
        finally:
            os.close(file)
        return b"".join(found)

    def images(self) -> list[Entry]:
        """Return the entries that look like images by their suffix."""
        return [e for e in self.entries if e.is_image]

    def with_suffix(self, *suffixes: str) -> list[Entry]:
        """Return the entries with one of the lower-case suffixes; only the dropped file if there is one."""
        found = [e for e in self.entries if e.path.lower().endswith(suffixes) and e.suffix in suffixes]
        return found if self.dropped is None else [e for e in found if e.path == self.dropped]

    def peek(self, relative: str, limit: int = PEEK_BYTES) -> bytes:
        """Return at most the first `limit` bytes of an entry."""
        with self.absolute(relative).open("rb") as file:
            return file.read(limit)


def scan(path: Path, progress: Progress, root: Path | None = None) -> Listing:
    """List what lies below `path` (a folder) or beside it (a file).

    For a file the root is its folder, or the parent of a folder called `annotations`, so that images beside it are
    seen. `root` overrides that.

    Raises:
        UnreadableSourceError: the path does not exist or cannot be read.
    """
    path = Path(os.path.abspath(path))  # noqa: PTH100  resolve() would follow a link the user chose
    if not path.exists():
        raise UnreadableSourceError(f"{path} does not exist", "Check the path, or drop the folder again")
    if root is None:
        root = path if path.is_dir() else path.parent
        if path.is_file() and root.name.lower() in {"annotations", "ann"}:
            root = root.parent
    listing = Listing(root=root)
    if path.is_file():
        listing.dropped = path.relative_to(root).as_posix()
    progress.stage("Looking at the files")
    try:
        for _ in _walk(listing, root, root.resolve()):
            progress.advance()
    except PermissionError as error:
        raise UnreadableSourceError(f"{error.filename} cannot be read", "Ask for permission to read it") from error
    except OSError as error:
        raise UnreadableSourceError(
            f"{error.filename} cannot be read any more: {error.strerror}",
            "Wait until nothing writes there, then try again",
        ) from error
    listing.entries = _naturally_sorted(listing.entries)
    listing.folders.sort(key=natural_key)
    return listing


def natural_key(text: str) -> list[str | int]:
    """Order `img2` before `img10`: runs of digits compare as numbers.

    Text and numbers alternate in every key, so any two keys can be compared.

    >>> sorted(["img10", "img2", "Img1"], key=natural_key)
    ['Img1', 'img2', 'img10']
    """
    parts: list[str | int] = list(_DIGITS.split(text))
    parts[1::2] = [int(number) for number in parts[1::2]]
    return parts


def _naturally_sorted(entries: list[Entry]) -> list[Entry]:
    """Sort by `natural_key` of the path; quick where long runs of names differ in digits alone.

    Of names that are alike but for digits in the same places, the natural order is that of their texts. Runs that do
    not reach into one another are put behind one another; only else is the key made for every entry.
    """
    alike: dict[str, list[Entry]] = {}
    for entry in entries:
        alike.setdefault(entry.path.translate(_ANY_DIGIT), []).append(entry)
    if len(alike) < len(entries) // 4:
        runs = [sorted(run, key=_path) for run in alike.values()]
        runs.sort(key=lambda run: natural_key(run[0].path))
        if all(natural_key(a[-1].path) < natural_key(b[0].path) for a, b in itertools.pairwise(runs)):
            return [entry for run in runs for entry in run]
    return sorted(entries, key=lambda entry: natural_key(entry.path))


def _walk(listing: Listing, root: Path, real_root: Path) -> Iterator[None]:
    pending = [(root, "")]
    seen: set[tuple[int, int]] = set()
    while pending:
        folder, prefix = pending.pop()
        status = folder.stat()
        if (status.st_dev, status.st_ino) in seen:
            continue
        seen.add((status.st_dev, status.st_ino))
        with os.scandir(folder) as found:
            for number, entry in enumerate(found, 1):
                relative = prefix + entry.name
                if not _is_text(entry.name):
                    listing.garbled.append(os.fsencode(relative).decode("utf-8", "backslashreplace"))
                elif entry.name.startswith(".") or entry.name.lower() in LITTER:
                    listing.hidden.append(relative)
                elif entry.is_symlink() and not _stays_inside(Path(entry.path), real_root):
                    listing.outside.append(relative)
                elif entry.is_dir():
                    listing.folders.append(relative)
                    pending.append((Path(entry.path), f"{relative}/"))
                elif entry.is_file():
                    listing.entries.append(Entry(relative, entry.stat().st_size))
                if number % _REPORT_EVERY == 0:
                    yield
        yield


def _is_text(name: str) -> bool:
    """Tell whether a name can be stored: on Linux any bytes are a name, and what is not UTF-8 comes as surrogates."""
    return name.isascii() or not any("\ud800" <= character <= "\udfff" for character in name)


def _stays_inside(link: Path, real_root: Path) -> bool:
    try:
        return link.resolve(strict=True).is_relative_to(real_root)
    except (OSError, RuntimeError):
        return False

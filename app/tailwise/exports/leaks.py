"""The last look at vendor files before they are shown as done: nothing private may be in them.

Looked for are absolute paths, the home folder, and the names of the user and the computer. The bytes of the finished
files are searched, inside workbooks too, whoever wrote them.
"""

from __future__ import annotations

import getpass
import os
import platform
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from tailwise.domain.errors import ExportTargetError
from tailwise.exports.texts import from_excel, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tailwise.ops.progress import Progress

_CHUNK = 1 << 20
_OVERLAP = 1024
_SHORTEST_WORD = 3
# Names that half the computers of the world share give nobody away, and some are ordinary words in class names.
_COMMON_TEXT = """
root user users admin administrator ubuntu debian fedora centos guest test default runner build ci docker vagrant owner
student lab office home work desktop laptop computer localhost local server host node machine pi mac pc data label
labels labeller annotation annotator training train microsoft excel worksheets named ranges
"""
_COMMON = frozenset(_COMMON_TEXT.split())
# Patterns are for text in lower case, and each begins with its rarest literal and looks back from there: a search that
# begins by looking back has to stop at every byte of a sheet.
_IN_A_PATH = rb"a-z0-9_.\-/\\~%"
_FOLDERS = rb"(?:home|users|volumes|mnt|media|tmp|var|private|srv|opt|usr|etc|root|data|workspace|scratch|net)"
_PATTERNS: tuple[tuple[str, bytes], ...] = (
    ("a file URL", rb"://(?<=file://)"),
    ("a path with a drive letter", rb":(?<=[a-z]:)(?<![a-z0-9][a-z]:)[\\/](?![\\/])"),
    ("the path of a network share", rb"\\\\(?<!\\\\\\)[a-z0-9._-]+\\"),
    ("an absolute path", rb"/(?<![" + _IN_A_PATH + rb"]/)" + _FOLDERS + rb"/[^/\s\"'<>|]"),
)


_TAG = re.compile(rb"<[^>]*(?:>|\Z)")


@dataclass(frozen=True, slots=True)
class LeakCheck:
    """What to look for, each with how it is called in a sentence: paths anywhere, words in texts only."""

    paths: tuple[tuple[str, re.Pattern[bytes]], ...]
    words: tuple[tuple[str, re.Pattern[bytes]], ...]

    @classmethod
    def of_this_computer(cls, allowed: Iterable[str] = ()) -> LeakCheck:
        """Look for the home folder and the names of this user and this computer, except for `allowed` words."""
        words = (("the name of the user of this computer", _user()), ("the name of this computer", platform.node()))
        return cls.of(str(Path.home()), words, allowed)

    @classmethod
    def of(cls, home: str, words: Iterable[tuple[str, str]], allowed: Iterable[str] = ()) -> LeakCheck:
        """Look for a home folder and for words, each given as what it is and how it reads."""
        paths = list(_PATTERNS)
        if len(home) > 1:
            path = re.escape(home.encode().lower())
            begins = rb"(?<![" + _IN_A_PATH + rb"]" + path + rb")"
            paths.append(("the home folder of this computer", path + begins + rb"(?=[/\\])"))
        passed = {word.casefold() for word in allowed} | _COMMON
        known: list[tuple[str, bytes]] = []
        for kind, word in words:
            for form in dict.fromkeys((word, word.partition(".")[0])):
                if len(form) >= _SHORTEST_WORD and form.casefold() not in passed:
                    escaped = re.escape(form.encode().lower())
                    known.append((kind, escaped + rb"(?<![a-z0-9]" + escaped + rb")(?![a-z0-9])"))
        return cls(_compiled(paths), _compiled(known))

    def run(self, path: Path, name: str, progress: Progress) -> None:
        """Search one file, inside workbooks part by part.

        Raises:
            ExportTargetError: the sentence says in which file what was found.
        """
        for chunk, text in _readings(path):
            for patterns, where in ((self.paths, chunk), (self.words, text)):
                lower = where.lower()
                for kind, pattern in patterns:
                    found = pattern.search(lower)
                    if found is not None:
                        raise ExportTargetError(
                            f"{name} would tell {kind}: “{_around(where, found)}”",
                            "Nothing was exported; correct the name where it comes from, or allow the word",
                        )
            progress.advance(0)
        progress.advance()


def _compiled(patterns: Iterable[tuple[str, bytes]]) -> tuple[tuple[str, re.Pattern[bytes]], ...]:
    return tuple((kind, re.compile(pattern)) for kind, pattern in patterns)


def _readings(path: Path) -> Iterator[tuple[bytes, bytes]]:
    """Yield the content of a file in overlapping pieces, each as it is and without the tags of XML."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for info in archive.infolist():
                with archive.open(info) as member:
                    for piece in _pieces(member):
                        yield piece, _without_tags(piece)
    else:
        with path.open("rb") as file:
            for piece in _pieces(file):
                yield piece, piece


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    tail = b""
    while chunk := file.read(_CHUNK):
        yield tail + chunk
        tail = chunk[-_OVERLAP:]


def _without_tags(piece: bytes) -> bytes:
    """Return the texts of a piece of XML; it may begin and end within a tag."""
    closing, opening = piece.find(b">"), piece.find(b"<")
    if 0 <= closing < opening:
        piece = piece[closing + 1 :]
    return _TAG.sub(b" ", piece)


def _around(chunk: bytes, found: re.Match[bytes]) -> str:
    text = chunk[max(0, found.start() - 12) : found.end() + 24].decode("utf-8", errors="ignore")
    return shown(from_excel(text), 80)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return os.environ.get("USER", "")

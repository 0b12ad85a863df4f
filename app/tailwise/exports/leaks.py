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
labels labeller annotation annotator training train
"""
_COMMON = frozenset(_COMMON_TEXT.split())
_NOT_IN_A_PATH = rb"(?<![A-Za-z0-9_.\-/\\~%])"
_FOLDERS = rb"(?:home|Users|Volumes|mnt|media|tmp|var|private|srv|opt|usr|etc|root|data|workspace|scratch|net)"
_PATTERNS: tuple[tuple[str, bytes], ...] = (
    ("a file URL", rb"(?i)file://"),
    ("a path with a drive letter", rb"(?<![A-Za-z0-9])[A-Za-z]:[\\/](?![\\/])"),
    ("the path of a network share", rb"(?<![\\])\\\\[A-Za-z0-9._-]+\\"),
    ("an absolute path", _NOT_IN_A_PATH + rb"/" + _FOLDERS + rb"/[^/\s\"'<>|]"),
)


@dataclass(frozen=True, slots=True)
class LeakCheck:
    """Patterns to look for, each with what it stands for in a sentence."""

    patterns: tuple[tuple[str, re.Pattern[bytes]], ...]

    @classmethod
    def of_this_computer(cls, allowed: Iterable[str] = ()) -> LeakCheck:
        """Look for the home folder and the names of this user and this computer, except for `allowed` words."""
        words = (("the name of the user of this computer", _user()), ("the name of this computer", platform.node()))
        return cls.of(str(Path.home()), words, allowed)

    @classmethod
    def of(cls, home: str, words: Iterable[tuple[str, str]], allowed: Iterable[str] = ()) -> LeakCheck:
        """Look for a home folder and for words, each given as what it is and how it reads."""
        known = list(_PATTERNS)
        if len(home) > 1:
            known.append(
                ("the home folder of this computer", _NOT_IN_A_PATH + re.escape(home.encode()) + rb"(?=[/\\])")
            )
        passed = {word.casefold() for word in allowed} | _COMMON
        for kind, word in words:
            for form in dict.fromkeys((word, word.partition(".")[0])):
                if len(form) >= _SHORTEST_WORD and form.casefold() not in passed:
                    escaped = re.escape(form).encode()
                    known.append((kind, rb"(?i)(?<![A-Za-z0-9])" + escaped + rb"(?![A-Za-z0-9])"))
        return cls(tuple((kind, re.compile(pattern)) for kind, pattern in known))

    def run(self, path: Path, name: str, progress: Progress) -> None:
        """Search one file, inside workbooks member by member.

        Raises:
            ExportTargetError: the sentence says in which file what was found.
        """
        for chunk in _readings(path):
            for kind, pattern in self.patterns:
                found = pattern.search(chunk)
                if found is not None:
                    raise ExportTargetError(
                        f"{name} would tell {kind}: “{_around(chunk, found)}”",
                        "Nothing was exported; correct the name in the source, or allow the word for this order",
                    )
            progress.advance(0)
        progress.advance()


def _readings(path: Path) -> Iterator[bytes]:
    """Yield the content of a file in overlapping pieces; of a workbook, those of each of its parts."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for info in archive.infolist():
                with archive.open(info) as member:
                    yield from _pieces(member)
    else:
        with path.open("rb") as file:
            yield from _pieces(file)


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    tail = b""
    while chunk := file.read(_CHUNK):
        yield tail + chunk
        tail = chunk[-_OVERLAP:]


def _around(chunk: bytes, found: re.Match[bytes]) -> str:
    text = chunk[max(0, found.start() - 12) : found.end() + 24].decode("utf-8", errors="ignore")
    return shown(from_excel(text), 80)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return os.environ.get("USER", "")

"""SHA-256 sums of an export in the form that `sha256sum --check` reads."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from tailwise.exports.texts import natural_key

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tailwise.ops.progress import Progress

SUMS_FILE = "SHA256SUMS"
_CHUNK = 1 << 20
_HEX = 64


def sha256(data: bytes) -> str:
    """Return the SHA-256 of bytes in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def hash_file(path: Path, progress: Progress) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            progress.advance(0)
    progress.advance()
    return digest.hexdigest()


def sum_line(digest: str, path: str) -> str:
    """Return one line. The program has another form for names with backslashes or line ends; exports have none."""
    return f"{digest}  {path}\n"


def write_sums(path: Path, sums: Mapping[str, str]) -> None:
    """Write the sums by path, in natural order."""
    lines = (sum_line(sums[p], p) for p in sorted(sums, key=natural_key))
    path.write_text("".join(lines), encoding="utf-8", newline="\n")


def read_sums(path: Path) -> dict[str, str]:
    """Return sums by path; lines that are none are passed over."""
    lines = path.read_text(encoding="utf-8").split("\n")
    return {line[_HEX + 2 :]: line[:_HEX] for line in lines if len(line) > _HEX + 2}

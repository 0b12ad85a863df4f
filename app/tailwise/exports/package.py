"""The content of one export: files are written below a staging folder, registered, read back, summed and described.

`package.json` and `SHA256SUMS` are written last. Everything is deterministic: two exports of the same data differ in
nothing but `created_utc`.
"""

from __future__ import annotations

import contextlib
import csv
import os
import shutil
import zipfile
import zlib
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, TextIO

import msgspec

from tailwise.domain.errors import ExportTargetError, UnreadableSourceError
from tailwise.domain.exports import (
    Audience,
    Dialect,
    ExportFile,
    ExportWarning,
    PackageInfo,
    PackageReport,
)
from tailwise.exports.leaks import LeakCheck
from tailwise.exports.sums import SUMS_FILE, hash_file, read_sums, sha256, sum_line, write_sums
from tailwise.exports.texts import natural_key, writable

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Mapping

    from tailwise.ops.progress import Progress

SCHEMA = "planner.package/1"
GENERATOR = "Tailwise"
PACKAGE_FILE = "package.json"
VENDOR = "vendor"
MAX_EXAMPLES = 20
SYNC_ALL_FROM = 500
"""From this many files on, one flush of the whole system is faster than one of each file."""

_SCRATCH = ".scratch"
# What readers raise at a file that is not what was written: texts, numbers, JSON, CSV, XML, zip and its compression.
_UNREADABLE = (
    ValueError,
    LookupError,
    EOFError,
    SyntaxError,
    msgspec.MsgspecError,
    csv.Error,
    zipfile.BadZipFile,
    zlib.error,
    UnreadableSourceError,
)
_MEDIA_TYPES = {
    ".csv": "text/csv",
    ".json": "application/json",
    ".txt": "text/plain",
    ".yaml": "application/yaml",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@dataclass(slots=True)
class _Entry:
    path: str
    rows: int
    role: str
    audience: Audience
    dialect: str
    verify: Callable[[Path, Progress], int]
    children: list[str] = field(default_factory=list[str])  # of a folder, relative to the export


class Package:
    """Collects the files of one export below `root`, a staging folder that nobody else writes to."""

    def __init__(self, root: Path, info: PackageInfo) -> None:
        self.info = info
        self._root = root
        self._entries: dict[str, _Entry] = {}
        self._checks: dict[str, int | str] = {}
        self._warnings: dict[str, ExportWarning] = {}
        self._allowed_words: tuple[str, ...] = ()

    @property
    def scratch(self) -> Path:
        """A folder for temporary files; it is gone when the package is sealed."""
        folder = self._root / _SCRATCH
        folder.mkdir(exist_ok=True)
        return folder

    @property
    def is_empty(self) -> bool:
        """Whether nothing was registered yet."""
        return not self._entries

    def place(self, relative: str) -> Path:
        """Return where to write the file `relative` (POSIX), making its folders.

        Raises:
            ValueError: the path leads out of the package; writers build paths from checked names only.
        """
        path = PurePosixPath(relative)
        is_inside = not path.is_absolute() and ".." not in path.parts and relative not in {"", PACKAGE_FILE, SUMS_FILE}
        if not is_inside or not set(relative).isdisjoint("\\\n\r"):
            raise ValueError(f"{relative!r} is no path inside an export")
        full = self._root.joinpath(*path.parts)
        full.parent.mkdir(parents=True, exist_ok=True)
        return full

    @contextlib.contextmanager
    def text_file(self, relative: str) -> Generator[TextIO]:
        """Open a new UTF-8 file with LF line ends for writing."""
        with self.place(relative).open("x", encoding="utf-8", newline="\n") as file:
            yield file

    def read_text(self, relative: str) -> str:
        """Return the content of a file that was written."""
        return (self._root / relative).read_text(encoding="utf-8")

    def add(
        self,
        relative: str,
        rows: int,
        role: str,
        audience: Audience,
        verify: Callable[[Path, Progress], int],
        dialect: Dialect | None = None,
    ) -> None:
        """Register a written file; `verify` reads it back and returns the rows it found."""
        self._entries[relative] = _Entry(relative, rows, role, audience, dialect or "", verify)

    def add_folder(
        self,
        relative: str,
        children: Iterable[str],
        rows: int,
        role: str,
        verify: Callable[[Path, Progress], int],
    ) -> None:
        """Register many small training files as one entry. `children` are paths relative to the export."""
        entry = _Entry(relative.rstrip("/") + "/", rows, role, Audience.TRAINING, "", verify)
        entry.children = sorted(children, key=natural_key)
        self._entries[entry.path] = entry

    def add_text(self, relative: str, text: str, role: str, audience: Audience) -> None:
        """Write and register a small text file; its rows are its lines."""
        with self.text_file(relative) as file:
            file.write(writable(text))
        self.add(relative, text.count("\n"), role, audience, _count_lines)

    def add_json(self, relative: str, content: Mapping[str, Any], rows: int, role: str, audience: Audience) -> None:
        """Write and register a JSON document; reading it back must give an equal document."""
        encoded = _json_bytes(content)
        self.place(relative).write_bytes(encoded)

        def verify(path: Path, progress: Progress) -> int:
            progress.advance()
            return rows if msgspec.json.decode(path.read_bytes()) == msgspec.json.decode(encoded) else -1

        self.add(relative, rows, role, audience, verify)

    def warn(self, code: str, text: str, count: int, examples: Iterable[str] = ()) -> None:
        """Tell what was left out or is doubtful; nothing is told for a count of 0."""
        if count > 0:
            key = f"{code} {text}"
            self._warnings[key] = ExportWarning(code, text, count, tuple(examples)[:MAX_EXAMPLES])

    def check(self, name: str, value: int | str) -> None:
        """Record the result of a check."""
        self._checks[name] = value

    def add_to_check(self, name: str, value: int) -> None:
        """Add to the result of a check that several parts contribute to."""
        self._checks[name] = int(self._checks.get(name, 0)) + value

    def allow_words(self, words: Iterable[str]) -> None:
        """Let the leak check pass these words although they name the user or the computer."""
        self._allowed_words += tuple(words)

    def seal(self, progress: Progress) -> PackageReport:
        """Read everything back, check vendor files for leaks, write sums and `package.json`, flush to disk.

        Raises:
            ExportTargetError: a file does not read back as it was written, or a vendor file holds something private.
        """
        if (self._root / _SCRATCH).exists():
            shutil.rmtree(self._root / _SCRATCH)
        self._read_back(progress)
        self._check_leaks(progress)
        sums = self._sums(progress)
        self._add_vendor_sums(sums)
        files = self._described(sums)
        warnings = tuple(self._warnings[k] for k in sorted(self._warnings))
        package = self._root / PACKAGE_FILE
        package.write_bytes(_json_bytes(_package_content(self.info, files, warnings, self._checks)))
        sums[PACKAGE_FILE] = sha256(package.read_bytes())
        write_sums(self._root / SUMS_FILE, sums)
        _flush(self._root, [*sums, SUMS_FILE], progress)
        return PackageReport(files, dict(self._checks), warnings)

    def _read_back(self, progress: Progress) -> None:
        progress.stage("Reading back what was written", sum(max(1, e.rows) for e in self._entries.values()))
        total = 0
        for entry in self._entries.values():
            try:
                found = entry.verify(self._root / entry.path, progress)
            except _UNREADABLE:
                found = -1
            if found != entry.rows:
                raise ExportTargetError(
                    f"{entry.path} does not read back as it was written"
                    + (f" ({found:,} rows instead of {entry.rows:,})" if found >= 0 else ""),
                    "Nothing was exported; check the disk, or export to another one",
                )
            total += found
        self._checks["rows_read_back"] = total
        self._checks["files"] = sum(len(e.children) if e.path.endswith("/") else 1 for e in self._entries.values())

    def _check_leaks(self, progress: Progress) -> None:
        vendor = [e.path for e in self._entries.values() if e.audience is Audience.VENDOR]
        if not vendor:
            return
        progress.stage("Checking vendor files for private things", len(vendor))
        check = LeakCheck.of_this_computer(self._allowed_words)
        for relative in vendor:
            check.run(self._root / relative, relative, progress)
        self._checks["leaks"] = 0

    def _sums(self, progress: Progress) -> dict[str, str]:
        paths = [p for e in self._entries.values() for p in (e.children if e.path.endswith("/") else [e.path])]
        progress.stage("Summing up", len(paths))
        return {path: hash_file(self._root / path, progress) for path in sorted(paths, key=natural_key)}

    def _add_vendor_sums(self, sums: dict[str, str]) -> None:
        """Write sums of their own into the vendor folder: that folder is all a vendor gets."""
        inside = {p.removeprefix(f"{VENDOR}/"): s for p, s in sums.items() if p.startswith(f"{VENDOR}/")}
        if inside:
            path = self._root / VENDOR / SUMS_FILE
            write_sums(path, inside)
            relative = f"{VENDOR}/{SUMS_FILE}"
            sums[relative] = sha256(path.read_bytes())
            self._entries[relative] = _Entry(relative, len(inside), "sums", Audience.VENDOR, "", _count_lines)

    def _described(self, sums: Mapping[str, str]) -> tuple[ExportFile, ...]:
        files: list[ExportFile] = []
        for entry in sorted(self._entries.values(), key=lambda e: natural_key(e.path)):
            file = ExportFile(entry.path, entry.rows, 0, entry.role, entry.audience, dialect=entry.dialect)
            if entry.path.endswith("/"):
                text = "".join(sum_line(sums[c], c) for c in entry.children)
                size = sum((self._root / c).stat().st_size for c in entry.children)
                file = replace(file, bytes=size, sha256=sha256(text.encode()), files=len(entry.children))
            else:
                path = self._root / entry.path
                kind = _MEDIA_TYPES.get(path.suffix, "text/plain")
                file = replace(file, bytes=path.stat().st_size, sha256=sums[entry.path], media_type=kind)
            files.append(file)
        return tuple(files)


def dataset_fingerprint(rows: Iterable[tuple[str, int, str]]) -> str:
    """Return SHA-256 over the sorted lines `key TAB size TAB content hash` of all items, in hexadecimal.

    The key is `source/file_name`; size is bytes, or 0, and the hash empty, where the file was not read.
    """
    lines = sorted(f"{writable(key)}\t{size}\t{content}\n" for key, size, content in rows)
    return sha256("".join(lines).encode())


def package_files(root: Path) -> dict[str, str] | None:
    """Return path and SHA-256 of every file of an earlier export, or None when the folder is none of ours."""
    try:
        content = msgspec.json.decode((root / PACKAGE_FILE).read_bytes(), type=dict[str, Any])
        files = read_sums(root / SUMS_FILE)
    except (OSError, ValueError, msgspec.MsgspecError):
        return None
    generator = content.get("generator")
    if content.get("schema") != SCHEMA or not isinstance(generator, dict) or generator.get("name") != GENERATOR:
        return None
    files[SUMS_FILE] = sha256((root / SUMS_FILE).read_bytes())
    return files


def _package_content(
    info: PackageInfo,
    files: tuple[ExportFile, ...],
    warnings: tuple[ExportWarning, ...],
    checks: Mapping[str, int | str],
) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "generator": {"name": GENERATOR, "version": info.version},
        "created_utc": info.created_utc,
        "project": info.project,
        "plan_id": info.plan_id,
        "plan_revision": info.plan_revision,
        "dataset_fingerprint": info.dataset_fingerprint,
        "seed": info.seed,
        "counts": {"items": info.items, "annotations": info.annotations, "classes": info.classes},
        "files": [_file_content(file) for file in files],
        "targets": [{"name": name, "assumed_version": version} for name, version in info.targets],
        "redactions": list(info.redactions),
        "warnings": [
            {"code": w.code, "text": w.text, "count": w.count, "examples": list(w.examples)} for w in warnings
        ],
        "checks": dict(sorted(checks.items())),
    }


def _file_content(file: ExportFile) -> dict[str, Any]:
    content: dict[str, Any] = {
        "path": file.path,
        "role": file.role,
        "audience": file.audience.value,
        "rows": file.rows,
        "bytes": file.bytes,
        "sha256": file.sha256,
        "media_type": file.media_type,
    }
    if file.dialect:
        content["dialect"] = file.dialect
    if file.path.endswith("/"):
        content["files"] = file.files
    return content


def _json_bytes(content: Mapping[str, Any]) -> bytes:
    cleaned = _writable_tree(content)
    return msgspec.json.format(msgspec.json.encode(cleaned), indent=1) + b"\n"


def _writable_tree(value: object) -> object:
    if isinstance(value, str):
        return writable(value)
    if isinstance(value, dict):
        return {writable(str(k)): _writable_tree(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_writable_tree(v) for v in value]
    return value


def _count_lines(path: Path, progress: Progress) -> int:
    progress.advance()
    return path.read_text(encoding="utf-8").count("\n")


def _flush(root: Path, files: list[str], progress: Progress) -> None:
    """Bring files and folders to the disk, so that the rename that follows never shows empty files after a crash."""
    progress.stage("Flushing to disk", len(files))
    if len(files) >= SYNC_ALL_FROM and hasattr(os, "sync"):
        os.sync()
        progress.advance(len(files))
        return
    for relative in files:
        with (root / relative).open("r+b") as file:
            os.fsync(file.fileno())
        progress.advance()
    for folder in {root, *(root / Path(f).parent for f in files)}:
        flush_folder(folder)


def flush_folder(folder: Path) -> None:
    """Bring the entries of a folder to the disk, on systems where a folder can be opened."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

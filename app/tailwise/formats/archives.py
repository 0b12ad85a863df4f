"""Zip archives as datasets: listed without unpacking, and read from a private temporary folder that goes away again.

Members are written one by one under names that were checked, and their bytes are counted: what an archive says about
itself is not believed.
"""

from __future__ import annotations

import contextlib
import shutil
import stat
import tempfile
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tailwise.domain.errors import UnreadableSourceError
from tailwise.domain.findings import FindingLog, Severity
from tailwise.domain.records import MediaState
from tailwise.formats.finding_rules import Rule, RuleBook
from tailwise.formats.listing import LITTER, PEEK_BYTES, Entry, Listing, natural_key
from tailwise.formats.paths import clean, is_anchored

if TYPE_CHECKING:
    from collections.abc import Generator

    from tailwise.domain.findings import Finding
    from tailwise.domain.records import SourceData
    from tailwise.ops.progress import Progress

MAX_MEMBERS = 200_000
MAX_RATIO = 200
MAX_TOTAL_BYTES = 200 << 30
_SMALL_BYTES = 10 << 20
_FREE_SHARE = 0.9
_BLOCK = 1 << 20
_NESTED = (".zip", ".tar", ".gz", ".tgz", ".7z", ".rar", ".bz2", ".xz")

_BOOK = RuleBook(
    {
        "AR-01": Rule(
            Severity.SKIPPED, "a member of the archive has a name that leads out of it", "left out; nothing was written"
        ),
        "AR-02": Rule(Severity.SKIPPED, "a member of the archive is a link or a device, not a file", "left out"),
        "AR-03": Rule(
            Severity.SKIPPED,
            "a member of the archive has the name of another, or differs from it by letter case only",
            "the first was read, the others left out",
        ),
        "AR-04": Rule(
            Severity.WARNING,
            "an archive lies inside of the archive",
            "not opened; unpack it and import what it holds by itself",
        ),
        "AR-05": Rule(
            Severity.NOTE,
            "images are inside of the archive",
            "their sizes were read; to see the pictures, unpack the archive and import the folder",
        ),
    }
)


def is_archive(path: Path) -> bool:
    """Tell whether a path is a zip file, by its name and first bytes."""
    return path.suffix.lower() == ".zip" and path.is_file()


def list_archive(path: Path) -> Listing:
    """Return the files of an archive as a listing that can be looked into but not unpacked.

    Raises:
        UnreadableSourceError: it is no archive, is encrypted, or would fill the disk.
    """
    with _opened(path) as archive:
        members = _checked(archive, path, FindingLog())
    listing = ZipListing(root=path, archive=path)
    for name, info in members.items():
        hidden = any(part.startswith(".") or part.lower() in LITTER for part in name.split("/"))
        if hidden:
            listing.hidden.append(name)
        else:
            listing.entries.append(Entry(name, info.file_size))
            listing.members[name] = info.filename
    folders = {"/".join(parts[:n]) for name in members for parts in [name.split("/")] for n in range(1, len(parts))}
    listing.folders = sorted(folders, key=natural_key)
    listing.entries.sort(key=lambda entry: natural_key(entry.path))
    return listing


@dataclass(slots=True)
class ZipListing(Listing):
    """A listing whose files are members of an archive."""

    archive: Path = field(default_factory=Path)
    members: dict[str, str] = field(default_factory=dict[str, str])

    def peek(self, relative: str, limit: int = PEEK_BYTES) -> bytes:
        """Return at most the first `limit` bytes of a member; nothing of one that is damaged."""
        try:
            with zipfile.ZipFile(self.archive) as archive, archive.open(self.members[relative]) as member:
                return member.read(limit)
        except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError) as error:
            raise OSError(f"{relative} is damaged inside of the archive") from error


@contextlib.contextmanager
def unpacked(path: Path, progress: Progress) -> Generator[tuple[Path, list[Finding]]]:
    """Give the folder to read a source from, with findings: for an archive a temporary one that is removed again.

    Raises:
        UnreadableSourceError: the archive cannot be read, is encrypted, or would fill the disk.
    """
    if not is_archive(path):
        yield path, []
        return
    log = FindingLog()
    with tempfile.TemporaryDirectory(prefix="tailwise-") as place:
        folder = Path(place) / path.stem
        folder.mkdir()
        with _opened(path) as archive:
            members = _checked(archive, path, log)
            free = shutil.disk_usage(place).free * _FREE_SHARE
            total = sum(info.file_size for info in members.values())
            if total > free:
                raise UnreadableSourceError(
                    f"{path.name} holds {total >> 20:,} MB, but only {int(free) >> 20:,} MB are free for unpacking",
                    "Make room, or unpack it where there is room and import the folder",
                )
            progress.stage(f"Unpacking {path.name}", total)
            for name, info in members.items():
                try:
                    _write(archive, info, folder.joinpath(*name.split("/")), progress)
                except OSError as error:
                    raise UnreadableSourceError(
                        f"{name[:100]} of {path.name} cannot be unpacked: {error.strerror}",
                        "Unpack it yourself and import the folder",
                    ) from error
        yield folder, log.findings()


def settle_in_archive(data: SourceData, folder: Path, path: Path, log: FindingLog) -> None:
    """Let a source that was read from `folder` be that of the archive at `path`, whose images are not at hand."""
    inner = Path(data.root).relative_to(folder).as_posix()
    data.root = str(path) if inner == "." else f"{path}/{inner}"
    present = [item for item, media in enumerate(data.items.media) if media == MediaState.PRESENT]
    for item in present:
        data.items.media[item] = MediaState.MISSING
    _BOOK.report_all(log, "AR-05", len(present), (data.items.file_name[item] for item in present))


@contextlib.contextmanager
def _opened(path: Path) -> Generator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise UnreadableSourceError(
            f"{path.name} is no zip archive, or a damaged one: {str(error)[:100]}", "Download or copy it again"
        ) from error
    except NotImplementedError as error:
        raise UnreadableSourceError(
            f"{path.name} is packed in a way that is not known here", "Unpack it and import the folder"
        ) from error


def _checked(archive: zipfile.ZipFile, path: Path, log: FindingLog) -> dict[str, zipfile.ZipInfo]:
    """Return the members that can be written, by their checked names."""
    infos = archive.infolist()
    if len(infos) > MAX_MEMBERS:
        raise UnreadableSourceError(
            f"{path.name} holds {len(infos):,} files, more than {MAX_MEMBERS:,}", "Unpack it and import the folder"
        )
    members: dict[str, zipfile.ZipInfo] = {}
    taken: set[str] = set()
    folders: set[str] = set()
    for info in infos:
        name = _safe_name(info, log)
        if name is None or info.is_dir():
            continue
        _refuse(info, path)
        parts = name.casefold().split("/")
        above = {"/".join(parts[:n]) for n in range(1, len(parts))}
        if name.casefold() in taken or name.casefold() in folders or above & taken:
            _BOOK.report(log, "AR-03", name)
            continue
        if name.lower().endswith(_NESTED):
            _BOOK.report(log, "AR-04", name)
        taken.add(name.casefold())
        folders |= above
        members[name] = info
    total = sum(info.file_size for info in members.values())
    if total > MAX_TOTAL_BYTES:
        raise UnreadableSourceError(
            f"{path.name} would unpack to {total >> 30:,} GB", "Unpack it where there is room and import the folder"
        )
    if not members:
        raise UnreadableSourceError(f"{path.name} holds no files that can be read", "Check how it was packed")
    return members


def _safe_name(info: zipfile.ZipInfo, log: FindingLog) -> str | None:
    written = info.filename.replace("\\", "/")
    name = None if is_anchored(written) or ".." in written.split("/") else clean(written)
    if not name:
        _BOOK.report(log, "AR-01", ascii(info.filename)[:200])
        return None
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
        _BOOK.report(log, "AR-02", name)
        return None
    return name


def _refuse(info: zipfile.ZipInfo, path: Path) -> None:
    """Refuse the whole archive for a member that is encrypted or grows beyond all measure."""
    if info.flag_bits & 0x1:
        raise UnreadableSourceError(
            f"{path.name} is encrypted ({info.filename[:100]})", "Unpack it with its password and import the folder"
        )
    if info.file_size > _SMALL_BYTES and info.file_size > MAX_RATIO * max(1, info.compress_size):
        raise UnreadableSourceError(
            f"{path.name} looks like a trap: {info.filename[:100]} would grow {MAX_RATIO}-fold and more, to "
            f"{info.file_size >> 20:,} MB",
            "If you trust it, unpack it yourself and import the folder",
        )


def _write(archive: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path, progress: Progress) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    left = info.file_size
    with archive.open(info) as member, target.open("xb") as file:
        while block := member.read(_BLOCK):
            left -= len(block)
            if left < 0:
                raise UnreadableSourceError(
                    f"{info.filename[:100]} is larger than the archive says", "Unpack it yourself and import the folder"
                )
            file.write(block)
            progress.advance(len(block))

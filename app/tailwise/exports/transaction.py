"""An export folder is there whole or not at all: written beside its place under another name, then swapped in.

Beside the target `T` lie, only while an export runs, `.tailwise-export-<key>.new`, `.old` and `.lock`, where the key
comes from the name of `T`. The lock is freed by the system when the process dies, so what a killed export left behind
is recognised and put right by the next one.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING, Self

from tailwise.domain.errors import ExportTargetError
from tailwise.domain.wording import first_names
from tailwise.exports.package import flush_folder, package_files
from tailwise.exports.sums import hash_file
from tailwise.exports.texts import shown
from tailwise.ops.progress import SILENT

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from types import TracebackType

PREFIX = ".tailwise-export-"
LITTER = frozenset({".DS_Store", "Thumbs.db", "desktop.ini", ".directory"})
_LONGEST_NAME = 4096
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)
_NO_LOCKS = (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL)


class ExportFolder:
    """The transaction around one export: write into `staging`, then `publish`.

    Leaving the context without `publish`, by whatever way, leaves the target as it was.

    Args:
        target: the folder to make; its parents are made when missing.
        replace: allow an earlier export of ours there, if nobody changed it since.
        keep_out: dataset folders, inside which nothing may be written.
    """

    def __init__(self, target: Path, *, replace: bool = False, keep_out: Sequence[Path] = ()) -> None:
        self.target = Path(os.path.abspath(target))  # noqa: PTH100  resolve() would follow a link the user chose
        self._replace = replace
        self._keep_out = tuple(keep_out)
        self._lock = _Lock(_beside(self.target, "lock"))
        self._made: list[Path] = []
        self._is_staged = False
        self.staging = _beside(self.target, "new")

    def __enter__(self) -> Self:
        """Check the target, clear what a killed export left, and make the staging folder.

        Raises:
            ExportTargetError: the target cannot be used; nothing was written.
        """
        self._check_place()
        with translated(self.target):
            try:
                self._make_parents()
                self._lock.acquire(self.target)
                _sweep(self.target)
                self._check_target()
                self.staging.mkdir()
                self._is_staged = True
            except BaseException:
                self._clear()
                raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove what was not published."""
        self._clear()
        if isinstance(error, OSError):
            known = known_fault(error, self.target)
            if known is not None:
                raise known from error

    def publish(self) -> Path:
        """Swap the staging folder in and return the target. No cancellation point lies in here.

        Raises:
            ExportTargetError: somebody else put something there meanwhile, or the system refuses the swap.
        """
        self._check_target()
        old = _beside(self.target, "old")
        with translated(self.target):
            if self.target.is_dir():
                self.target.rename(old)
            try:
                self.staging.rename(self.target)
            except OSError:
                if old.is_dir():
                    old.rename(self.target)
                raise
            self._made.clear()
            flush_folder(self.target.parent)
        # A leftover `.old` (a file in it is open elsewhere, on Windows) is removed by the next export.
        shutil.rmtree(old, ignore_errors=True)
        return self.target

    def _check_place(self) -> None:
        if not self.target.name:
            raise ExportTargetError(f"{self.target} is no folder an export can be put into", "Choose a new folder")
        real = self.target.resolve()
        for root in self._keep_out:
            if real.is_relative_to(root.resolve()):
                raise ExportTargetError(
                    f"{self.target} lies in the dataset {root.name}, and datasets are never written to",
                    "Choose a folder outside of it",
                )

    def _make_parents(self) -> None:
        missing: list[Path] = []
        parent = self.target.parent
        while not parent.exists():
            missing.append(parent)
            parent = parent.parent
        if not parent.is_dir():
            raise ExportTargetError(f"{parent} is a file, not a folder", "Choose another folder")
        for folder in reversed(missing):
            try:
                folder.mkdir()
            except FileNotFoundError as error:  # the parent is there, but is no place for folders: /proc, a gone drive
                raise ExportTargetError(f"No folder can be made in {folder.parent}", "Choose another folder") from error
            self._made.append(folder)

    def _check_target(self) -> None:
        if not self.target.exists() and not self.target.is_symlink():
            return
        if not self.target.is_dir():
            raise ExportTargetError(f"{self.target} is a file, not a folder", "Choose a new folder")
        if self.target.is_symlink():
            raise ExportTargetError(f"{self.target} is a link", "Choose the folder it leads to, or a new one")
        present = sorted(p.name for p in self.target.iterdir() if p.name not in LITTER)
        if not present:
            return
        if package_files(self.target) is None:
            raise ExportTargetError(
                f"{self.target} is not empty (it holds {_some(present)}) and is no earlier export",
                "Choose a new or an empty folder",
            )
        if not self._replace:
            raise ExportTargetError(
                f"{self.target} already holds an export", "Choose a new folder, or ask for it to be replaced"
            )
        self._check_unchanged(package_files(self.target) or {})

    def _check_unchanged(self, known: dict[str, str]) -> None:
        """Replacing deletes: never something that we did not write."""
        found = {p.relative_to(self.target).as_posix() for p in self.target.rglob("*") if not p.is_dir()}
        foreign = sorted(f for f in found - known.keys() if f.rpartition("/")[2] not in LITTER)
        if foreign:
            raise ExportTargetError(
                f"{self.target} holds {len(foreign)} file(s) that no export wrote ({_some(foreign)})",
                "Move them away, or choose a new folder",
            )
        changed = sorted(f for f in found & known.keys() if hash_file(self.target / f, SILENT) != known[f])
        if changed:
            raise ExportTargetError(
                f"{len(changed)} file(s) in {self.target} were changed since they were exported ({_some(changed)})",
                "Move them away, or choose a new folder",
            )

    def _clear(self) -> None:
        if self._is_staged:  # else the folder is that of another export, which holds the lock
            # On Windows a virus scanner may hold a file for a moment; the next export removes what stays.
            shutil.rmtree(self.staging, ignore_errors=True)
            self._is_staged = False
        self._lock.release()
        for folder in reversed(self._made):
            with contextlib.suppress(OSError):
                folder.rmdir()
        self._made.clear()


def leftovers(folder: Path) -> list[Path]:
    """Return what killed exports left in `folder`; each is put right by the next export to the same target."""
    return sorted(p for p in folder.iterdir() if p.name.startswith(PREFIX))


@contextlib.contextmanager
def translated(target: Path) -> Generator[None]:
    """Raise ExportTargetError with advice for every known fault of the disk; let bugs through as they are."""
    try:
        yield
    except OSError as error:
        known = known_fault(error, target)
        if known is None:
            raise
        raise known from error


def known_fault(error: OSError, target: Path) -> ExportTargetError | None:
    """Return the sentence for a fault of the disk or of permissions, None for anything else."""
    detail = str(error)
    if error.errno in _FULL:
        return ExportTargetError(
            f"There is no room left on the disk of {target}",
            "Nothing was exported; free some space and try again",
            detail,
        )
    if error.errno in _FORBIDDEN:
        return ExportTargetError(
            f"{target} cannot be written ({error.strerror})",
            "Choose a folder you can write to, and close files of an earlier export that are open elsewhere",
            detail,
        )
    if error.errno == errno.ENAMETOOLONG:
        return ExportTargetError(f"The path of {target} is too long for this disk", "Choose a shorter one", detail)
    if error.errno == errno.EIO:
        return ExportTargetError(
            f"The disk of {target} reports an error", "Check the disk or the network drive", detail
        )
    return None


def _beside(target: Path, kind: str) -> Path:
    # A hash, because the name with a suffix could be longer than the file system allows.
    key = hashlib.sha256(target.name.casefold().encode("utf-8", "surrogateescape")).hexdigest()[:12]
    return target.parent / f"{PREFIX}{key}.{kind}"


def _sweep(target: Path) -> None:
    """Put right what killed exports left beside `target`, whose lock is held."""
    _recover(target)
    for path in leftovers(target.parent):
        if path.suffix != ".lock" or path == _beside(target, "lock"):
            continue
        lock = _Lock(path)
        if lock.take():
            other = target.with_name(lock.owner_target() or target.name)
            if _beside(other, "lock") == path:
                _recover(other)
            lock.release()


def _recover(target: Path) -> None:
    """Put right what a killed export to `target` left; its lock is held, so nobody is working there."""
    old = _beside(target, "old")
    if old.is_dir():
        if target.exists():
            shutil.rmtree(old)
        else:
            old.rename(target)
    staging = _beside(target, "new")
    if staging.is_dir():
        shutil.rmtree(staging)


def _some(names: Sequence[str]) -> str:
    return first_names([shown(n, 60) for n in names])


class _Lock:
    """An advisory lock on a file beside the target; freed by the system however the process ends.

    The file holds the name of the target, so that another export can put right what its owner left.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[bytes] | None = None

    def acquire(self, target: Path) -> None:
        """Take the lock for an export to `target`."""
        if not self.take():
            raise ExportTargetError(
                f"Another Tailwise is exporting to {target}", "Wait for it to end, or choose another folder"
            )
        if self._file is not None:
            self._file.truncate(0)
            self._file.write(os.fsencode(target.name))
            self._file.flush()

    def take(self) -> bool:
        """Take the lock and return True, or return False when somebody holds it."""
        while self._file is None:
            file = self._path.open("a+b")
            try:
                _lock(file)
            except OSError as error:
                file.close()
                return error.errno in _NO_LOCKS  # a network drive without locks: go on without
            # The file may have been removed by its last owner between our opening and our locking it.
            if self._is_current(file):
                self._file = file
            else:
                file.close()
        return True

    def owner_target(self) -> str:
        """Return the name of the folder that the last owner of a taken lock exported to; empty if unknown."""
        if self._file is None:
            return ""
        self._file.seek(0)
        return os.fsdecode(self._file.read(_LONGEST_NAME))

    def release(self) -> None:
        """Give the lock back and remove its file; a lock that was never taken is no error."""
        if self._file is None:
            return
        if sys.platform == "win32":  # an open file cannot be removed there
            self._file.close()
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)
        self._file.close()
        self._file = None

    def _is_current(self, file: IO[bytes]) -> bool:
        try:
            there = self._path.stat()
        except FileNotFoundError:
            return False
        ours = os.fstat(file.fileno())
        return (there.st_dev, there.st_ino) == (ours.st_dev, ours.st_ino)


if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[bytes]) -> None:
        # Behind the name of the target, which others may read while the byte is locked.
        file.seek(_LONGEST_NAME)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(file: IO[bytes]) -> None:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)


__all__ = ["PREFIX", "ExportFolder", "known_fault", "leftovers", "translated"]

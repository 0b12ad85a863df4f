"""One process writes a project at a time: a lock file beside it that the operating system frees when we die."""

from __future__ import annotations

import contextlib
import getpass
import json
import os
import platform
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING

from tailwise.domain.errors import ProjectFileError, ProjectLockedError

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class LockOwner:
    """Who holds the lock, for the sentence the second opener reads."""

    user: str
    machine: str
    pid: int
    since_utc: str


class ProcessLock:
    """An advisory lock on `<project>.lock`; freed by the system when the process ends, however it ends."""

    def __init__(self, project: Path) -> None:
        self._project = project
        self._path = project.with_name(project.name + ".lock")
        self._file: IO[str] | None = None

    def acquire(self) -> None:
        """Take the lock.

        Raises:
            ProjectLockedError: another process holds it; the sentence names user, machine and time.
            ProjectFileError: the folder does not let us make the lock file.
        """
        try:
            file = self._path.open("a+", encoding="utf-8")
        except OSError as error:
            raise ProjectFileError(
                f"The folder of {self._project.name} is read-only ({error.strerror})",
                "Copy the project to a folder you can write to, or open it read-only",
            ) from error
        try:
            _lock(file)
        except OSError as error:
            owner = self._read_owner(file)
            file.close()
            who = f" by {owner.user} on {owner.machine} since {owner.since_utc} UTC" if owner else ""
            raise ProjectLockedError(
                f"{self._project.name} is open in another Tailwise{who}", "Close it there, or open it read-only here"
            ) from error
        file.seek(0)
        file.truncate()
        json.dump(
            {
                "user": _user_name(),
                "machine": platform.node(),
                "pid": os.getpid(),
                "since": datetime.now(UTC).strftime("%Y-%m-%d %H:%M"),
            },
            file,
        )
        file.flush()
        self._file = file

    def release(self) -> None:
        """Give the lock back and remove its file; a lock that was never taken is no error."""
        if self._file is None:
            return
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)
        self._file.close()
        self._file = None

    @staticmethod
    def _read_owner(file: IO[str]) -> LockOwner | None:
        try:
            file.seek(0)
            told = json.load(file)
            return LockOwner(str(told["user"]), str(told["machine"]), int(told["pid"]), str(told["since"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None


def _user_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return "somebody"


if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[str]) -> None:
        # Far behind the text, so that the owner's name stays readable for others while the byte is locked.
        file.seek(4096)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(file: IO[str]) -> None:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)

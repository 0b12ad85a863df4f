"""Turn what SQLite and the operating system report into sentences a user can act on."""

from __future__ import annotations

import contextlib
import errno
import sqlite3
from typing import TYPE_CHECKING

from tailwise.domain.errors import ProjectFileError

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

_KNOWN = {
    sqlite3.SQLITE_FULL: ("There is no room left on the disk of {name}", "Free some space and try again"),
    sqlite3.SQLITE_READONLY: ("{name} is read-only", "Save a copy in a folder you can write to"),
    sqlite3.SQLITE_CORRUPT: ("{name} is damaged", "Open a backup, or copy it again from where it came"),
    sqlite3.SQLITE_NOTADB: ("{name} is not a Tailwise project", "Choose a .tailwise file"),
    sqlite3.SQLITE_BUSY: ("{name} is in use by another program", "Close it there and try again"),
    sqlite3.SQLITE_LOCKED: ("{name} is in use by another program", "Close it there and try again"),
    sqlite3.SQLITE_CANTOPEN: ("{name} cannot be opened", "Check that its folder exists and can be written"),
    sqlite3.SQLITE_IOERR: ("The disk of {name} reports an error", "Check the disk or the network drive"),
}


@contextlib.contextmanager
def translated(path: Path) -> Generator[None]:
    """Raise ProjectFileError with advice for every known fault of the file; let bugs through as they are."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        known = _KNOWN.get(code)
        if known is None:
            raise
        raise ProjectFileError(known[0].format(name=path.name), known[1], str(error)) from error
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        summary, hint = _KNOWN[sqlite3.SQLITE_FULL]
        raise ProjectFileError(summary.format(name=path.name), hint, str(error)) from error

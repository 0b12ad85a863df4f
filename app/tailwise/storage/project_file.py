"""The project file: create, open, check, lock, connect, copy and close. Knows no table but its own facts.

One SQLite file is the document. It is in WAL mode while open, so that readers never wait for the writer, and one plain
file again after close. Everybody may read; writing happens only inside `with file.writing():`.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import sqlite3
import threading
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from tailwise.domain.errors import ProjectFileError, ProjectTooNewError
from tailwise.storage.connection import Db
from tailwise.storage.faults import translated
from tailwise.storage.process_lock import ProcessLock
from tailwise.storage.schema import (
    APPLICATION_ID,
    allowed_tables,
    applied_migrations,
    apply_migrations,
    known_migrations,
)

if TYPE_CHECKING:
    from collections.abc import Generator

SUFFIX = ".tailwise"
_HEADER = b"SQLite format 3\x00"
_BUSY_MS = 5000


class ProjectFile:
    """An open project. Safe to use from any thread: every thread gets a connection of its own.

    Use `ProjectFile.create` or `ProjectFile.open`; the constructor only holds what they prepared.
    """

    def __init__(self, path: Path, *, read_only: bool, lock: ProcessLock | None) -> None:
        self.path = path
        self.read_only = read_only
        self._lock = lock
        self._write_lock = threading.RLock()
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._connections_lock = threading.Lock()
        self._is_closed = False

    @classmethod
    def create(cls, path: Path) -> ProjectFile:
        """Make an empty project at `path`; never overwrites.

        Raises:
            ProjectFileError: something is there already, or the folder cannot be written.
        """
        path = Path(os.path.abspath(path))  # noqa: PTH100  a link in the path is the user's choice
        if path.exists():
            raise ProjectFileError(f"{path} exists already", "Open it, or choose another name")
        if not path.parent.is_dir():
            raise ProjectFileError(f"The folder {path.parent} does not exist", "Create it first")
        lock = ProcessLock(path)
        lock.acquire()
        # Built under another name and renamed when whole, so that a crash leaves no half project behind.
        fresh = path.with_name(f"{path.name}.new-{os.getpid()}")
        try:
            with translated(path):
                _build_empty(fresh)
                fresh.rename(path)
        except BaseException:
            fresh.unlink(missing_ok=True)
            lock.release()
            raise
        file = cls(path, read_only=False, lock=lock)
        file._start_writing()
        return file

    @classmethod
    def open(cls, path: Path, *, read_only: bool = False) -> ProjectFile:
        """Open an existing project after checking that it is one, whole, and not newer than this program.

        Raises:
            ProjectFileError, ProjectTooNewError, ProjectLockedError: each with its own sentence.
        """
        path = Path(os.path.abspath(path))  # noqa: PTH100
        _check_bytes(path)
        if not read_only and not os.access(path, os.W_OK):
            raise ProjectFileError(f"{path.name} is read-only", "Open it read-only, or save a copy and open that")
        lock = None
        if not read_only:
            lock = ProcessLock(path)
            lock.acquire()
        file = cls(path, read_only=read_only, lock=lock)
        try:
            with translated(path):
                _check_schema(file.connect(), path)
                if not read_only:
                    file._migrate()
                    file._start_writing()
                    remove_leftovers(path)
        except BaseException:
            file.close()
            raise
        return file

    def connect(self) -> Db:
        """Return this thread's connection, made on first use."""
        if self._is_closed:
            raise ProjectFileError(f"{self.path.name} is closed", "Open it again")
        db: Db | None = getattr(self._local, "db", None)
        if db is None:
            db = Db(_connection(self.path, read_only=self.read_only))
            self._local.db = db
            with self._connections_lock:
                self._connections.append(db.conn)
        return db

    @contextlib.contextmanager
    def writing(self) -> Generator[Db]:
        """One transaction: committed when the block ends, rolled back when it raises. One writer at a time.

        Raises:
            ProjectFileError: read-only project, full disk, or a damaged file.
        """
        if self.read_only:
            raise ProjectFileError(f"{self.path.name} is open read-only", "Save a copy and change that")
        db = self.connect()
        with self._write_lock, translated(self.path), db.atomic():
            yield db

    @contextlib.contextmanager
    def reading(self) -> Generator[Db]:
        """Read with storage faults translated into sentences."""
        with translated(self.path):
            yield self.connect()

    def copy_to(self, target: Path) -> None:
        """Write a consistent copy of the project, even while somebody writes; whole or not at all."""
        if target.exists():
            raise ProjectFileError(f"{target} exists already", "Choose another name")
        part = target.with_name(f"{target.name}.new-{os.getpid()}")
        try:
            with translated(target):
                destination = sqlite3.connect(part)
                try:
                    self.connect().conn.backup(destination)
                    destination.execute("PRAGMA journal_mode=DELETE")
                finally:
                    destination.close()
                part.rename(target)
        except OSError as error:
            raise ProjectFileError(f"{target} cannot be written ({error.strerror})", "Choose another folder") from error
        finally:
            part.unlink(missing_ok=True)

    def interrupt(self) -> None:
        """Stop the queries that run in any thread right now."""
        with self._connections_lock:
            for connection in self._connections:
                connection.interrupt()

    def close(self) -> None:
        """Fold the write-ahead log into the file, so that it is one file again, and free the lock. Idempotent."""
        if self._is_closed:
            return
        self._is_closed = True
        with self._connections_lock:
            for connection in self._connections:
                connection.close()
            self._connections.clear()
        if self._lock is not None:
            # A reader in another process keeps the log alive; it will be folded by whoever closes last.
            with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(self.path)) as last:
                last.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                last.execute("PRAGMA journal_mode=DELETE")
            self._lock.release()

    def _start_writing(self) -> None:
        db = self.connect()
        db.conn.execute("PRAGMA journal_mode=WAL")
        db.conn.execute("PRAGMA synchronous=NORMAL")

    def _migrate(self) -> None:
        conn = self.connect().conn
        applied = applied_migrations(conn)
        if applied == known_migrations():
            return
        self.copy_to(_free_name(self.path, f"before-{len(applied) + 1:03d}"))
        conn.execute("PRAGMA foreign_keys=OFF")
        apply_migrations(conn)
        if conn.execute("PRAGMA foreign_key_check").fetchone() is not None:
            raise ProjectFileError(
                f"{self.path.name} does not fit together after its update", "Use the backup beside it"
            )
        conn.execute("PRAGMA foreign_keys=ON")


def _free_name(project: Path, word: str) -> Path:
    """Return where a backup may lie beside the project: a backup of another time is never written over."""
    place = project.with_name(f"{project.stem}.{word}{SUFFIX}")
    numbers = itertools.count(2)
    while place.exists():
        place = project.with_name(f"{project.stem}.{word}-{next(numbers)}{SUFFIX}")
    return place


def staging_path(project: Path, number: int) -> Path:
    """Return where an import may build its staging file: beside the project, on the same disk."""
    return project.with_name(f"{project.name}.staging-{os.getpid()}-{number}")


def remove_leftovers(project: Path) -> None:
    """Delete staging files and half-made copies that a killed process left beside the project."""
    for pattern in (".staging-*", ".new-*"):
        for leftover in project.parent.glob(f"{_escaped(project.name)}{pattern}"):
            leftover.unlink(missing_ok=True)


def _escaped(name: str) -> str:
    return "".join(f"[{c}]" if c in "*?[" else c for c in name)


def _connection(path: Path, *, read_only: bool) -> sqlite3.Connection:
    mode = "ro" if read_only else "rw"
    connection = sqlite3.connect(
        f"file:{quote(path.as_posix())}?mode={mode}", uri=True, timeout=_BUSY_MS / 1000, check_same_thread=False
    )
    connection.execute("PRAGMA trusted_schema=OFF")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA temp_store=MEMORY")
    if read_only:
        connection.execute("PRAGMA query_only=ON")
    return connection


def _build_empty(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as conn:
        conn.execute(f"PRAGMA application_id={APPLICATION_ID}")
        apply_migrations(conn)


def _check_bytes(path: Path) -> None:
    """Tell apart what SQLite would call "malformed": not there, not ours, cut short."""
    if not path.exists():
        raise ProjectFileError(f"{path} does not exist", f"Create it with: tailwise import SOURCE {path.name}")
    if path.is_dir():
        raise ProjectFileError(f"{path} is a folder, not a project", "To open a dataset, import it into a project")
    try:
        with path.open("rb") as file:
            head = file.read(100)
    except OSError as error:
        raise ProjectFileError(f"{path} cannot be read ({error.strerror})", "Check its permissions") from error
    if len(head) < 100 or not head.startswith(_HEADER):
        raise ProjectFileError(
            f"{path.name} is not a Tailwise project", "To open a dataset, import it: tailwise import SOURCE PROJECT"
        )
    if int.from_bytes(head[68:72], "big") != APPLICATION_ID:
        raise ProjectFileError(
            f"{path.name} is a database of another program, not a Tailwise project", "Choose a .tailwise file"
        )
    page_size = int.from_bytes(head[16:18], "big")
    page_size = 65_536 if page_size == 1 else page_size
    pages = int.from_bytes(head[28:32], "big")
    has_log = path.with_name(path.name + "-wal").exists()
    if not has_log and path.stat().st_size < page_size * pages:
        raise ProjectFileError(
            f"{path.name} is cut short: {path.stat().st_size:,} of {page_size * pages:,} bytes are there",
            "Copy it again from where it came, or open a backup",
        )


def _check_schema(db: Db, path: Path) -> None:
    applied = applied_migrations(db.conn)
    unknown = set(applied) - set(known_migrations())
    if unknown:
        raise ProjectTooNewError(
            f"{path.name} was written by a newer Tailwise (it has {', '.join(sorted(unknown))})",
            "Update Tailwise on this computer, or ask for a copy from the older one",
        )
    if not applied:
        raise ProjectFileError(f"{path.name} holds no project", "Open a backup of it")
    allowed = allowed_tables()
    objects = db.conn.execute("SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_master")
    for kind, name, table, sql in objects:
        is_ours = table in allowed and kind in {"table", "index"} and "VIRTUAL" not in sql[:20].upper()
        if not (is_ours or name.startswith("sqlite_")):
            raise ProjectFileError(
                f"{path.name} holds the {kind} {name!r}, which Tailwise never makes", "Do not use this file"
            )

"""A thin connection: transactions on top of `sqlite3`.

`sqlite_utils` makes the tables and runs the migrations, and is imported only then: it brings in pandas wherever that
is installed, which would cost every command and every child process about a second.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Generator, Sequence


class Db:
    """One thread's connection to a project file."""

    def __init__(self, conn: sqlite3.Connection) -> None:
        self.conn = conn

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> sqlite3.Cursor:
        """Run one statement."""
        return self.conn.execute(sql, parameters)

    @contextlib.contextmanager
    def atomic(self) -> Generator[Db]:
        """Commit when the block ends, roll back when it raises; an inner block belongs to the outer one."""
        if self.conn.in_transaction:
            yield self
            return
        self.conn.execute("BEGIN IMMEDIATE")
        try:
            yield self
        except BaseException:
            self.conn.rollback()
            raise
        # A failing commit (full disk) must leave no open transaction either.
        try:
            self.conn.commit()
        except BaseException:
            self.conn.rollback()
            raise

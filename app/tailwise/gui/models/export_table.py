"""What can be exported, and what an export wrote."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tailwise.gui.models.record_table import Column, RecordTable
from tailwise.gui.texts import size

if TYPE_CHECKING:
    from PySide6.QtCore import QObject


@dataclass(frozen=True, slots=True)
class TargetRow:
    """One thing that can be exported; `reason` says why it cannot be yet, empty when it can."""

    kind: str
    target: str
    title: str
    note: str
    reason: str


@dataclass(frozen=True, slots=True)
class FileRow:
    """One file: path relative to the export, records, bytes; -1 while it is not written yet."""

    path: str
    rows: int
    bytes: int
    audience: str


class ExportTargets(RecordTable[TargetRow]):
    """The kinds of export with a tick or the reason why not."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(
            (
                Column("Export", lambda r: r.title, width=26),
                Column("What it holds", lambda r: r.note, width=0),
                Column("Ready", lambda r: f"– {r.reason}" if r.reason else "✓ ready", lambda r: r.reason, width=24),
            ),
            parent,
        )


class WrittenFiles(RecordTable[FileRow]):
    """The files of the last export, or those of the next one."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(
            (
                Column("File", lambda r: r.path, width=0),
                Column("For", lambda r: r.audience, width=10),
                Column("Rows", lambda r: r.rows if r.rows >= 0 else "–", lambda r: r.rows, width=10),
                Column("Size", lambda r: size(r.bytes) if r.bytes >= 0 else "–", lambda r: r.bytes, width=10),
            ),
            parent,
        )

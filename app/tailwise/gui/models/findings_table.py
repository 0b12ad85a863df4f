"""What is dirty in the data, as a table: one row per kind of finding and source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor

from tailwise.domain.findings import Finding, Severity
from tailwise.gui.models.record_table import AnyIndex, Column, RecordTable

if TYPE_CHECKING:
    from PySide6.QtCore import QObject

    from tailwise.domain.checks import Fix
    from tailwise.gui.theme import Theme


@dataclass(frozen=True, slots=True)
class FindingRow:
    """A finding with the name of the source it is about, the items behind it if known, and what would settle it."""

    source: str
    finding: Finding
    items: tuple[int, ...] = ()
    fixes: tuple[Fix, ...] = ()


SIGNS: Final = {
    Severity.ERROR: "✗",
    Severity.SKIPPED: "◆",
    Severity.WARNING: "▲",
    Severity.REPAIRED: "✓",
    Severity.QUESTION: "?",
    Severity.NOTE: "ℹ",
}
_RANKS: Final = {severity: rank for rank, severity in enumerate(Severity)}


class FindingsTable(RecordTable[FindingRow]):
    """Worst first. The severity has a sign, a word and a colour."""

    SEVERITY: Final = 0

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(
            (
                Column(
                    "Severity",
                    lambda r: f"{SIGNS[r.finding.severity]} {r.finding.severity}",
                    lambda r: _RANKS[r.finding.severity],
                    width=12,
                ),
                Column("Code", lambda r: r.finding.code, width=10),
                Column("What was found", lambda r: r.finding.message, tip=lambda r: r.finding.message, width=0),
                Column("Places", lambda r: r.finding.count, width=10),
                Column("What was done", lambda r: r.finding.action, tip=lambda r: r.finding.action, width=24),
                Column("Source", lambda r: r.source, lambda r: r.source.casefold(), lambda r: r.source, 16),
            ),
            parent,
        )
        self._theme = theme

    def set_findings(self, rows: list[FindingRow]) -> None:
        """Show findings, worst and most frequent first."""
        self.set_records(sorted(rows, key=lambda r: (_RANKS[r.finding.severity], -r.finding.count, r.finding.code)))

    def set_theme(self, theme: Theme) -> None:
        """Use the colours of another theme."""
        self._theme = theme
        if self.rowCount():
            last = self.index(self.rowCount() - 1, self.SEVERITY)
            self.dataChanged.emit(self.index(0, self.SEVERITY), last, [Qt.ItemDataRole.ForegroundRole])

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:  # noqa: D102
        if role == Qt.ItemDataRole.ForegroundRole and index.isValid() and index.column() == self.SEVERITY:
            return QColor(self._ink(self.record(index).finding.severity))
        return super().data(index, role)

    def _ink(self, severity: Severity) -> str:
        theme = self._theme
        return {
            Severity.ERROR: theme.alert,
            Severity.SKIPPED: theme.alert,
            Severity.WARNING: theme.warn,
            Severity.QUESTION: theme.warn,
            Severity.REPAIRED: theme.ok,
            Severity.NOTE: theme.muted,
        }[severity]

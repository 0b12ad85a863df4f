"""Clusters of near-duplicates, and the edges that hold one together, as tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tailwise.domain.duplicates import DuplicateCluster, DuplicateEdge, SplitLeak
from tailwise.gui.models.record_table import Column, RecordTable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from PySide6.QtCore import QObject


@dataclass(frozen=True, slots=True)
class EdgeRow:
    """An edge with the file names of its two images."""

    edge: DuplicateEdge
    first: str
    second: str


def notes_of(one: DuplicateCluster) -> str:
    """Return what is remarkable about a cluster."""
    notes = [
        "✓ decided" if one.is_resolved else "",
        f"⚠ leak: {' / '.join(one.splits)}" if one.is_leak else "",
        "⚠ labels disagree" if one.labels_disagree else "",
    ]
    return ", ".join(filter(None, notes)) or (one.splits[0] if one.splits else "")


class ClustersTable(RecordTable[DuplicateCluster]):
    """One row per cluster, leaks first as the report gives them."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(
            (
                Column("Cluster", lambda c: c.id, width=8),
                Column("Kind", lambda c: c.kind.value, width=13),
                Column("Images", lambda c: len(c.items), width=9),
                Column("Splits and labels", notes_of, tip=notes_of, width=0),
            ),
            parent,
        )

    def row_of(self, cluster_id: int) -> int:
        """Return the row of a cluster, -1 if it is not there (any more)."""
        records = self.records()
        return next((row for row, one in enumerate(records) if one.id == cluster_id), -1)


def _about_leak(_leak: SplitLeak) -> str:
    return "Return lists only the clusters that lie in both splits"


class LeaksTable(RecordTable[SplitLeak]):
    """One row per pair of splits that share a cluster."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(
            (
                Column("Between", lambda leak: leak.a_split, tip=_about_leak, width=12),
                Column("and", lambda leak: leak.b_split, tip=_about_leak, width=12),
                Column("Leaking pairs of images", lambda leak: leak.pairs, tip=_about_leak, width=0),
            ),
            parent,
        )


class EdgesTable(RecordTable[EdgeRow]):
    """One row per edge of a cluster, with the reason."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(
            (
                Column("Image", lambda e: e.first.rpartition("/")[2], tip=lambda e: e.first, width=20),
                Column("and image", lambda e: e.second.rpartition("/")[2], tip=lambda e: e.second, width=20),
                Column("Kind", lambda e: "by hand" if e.edge.by_hand else e.edge.kind.value, width=13),
                Column("Because", lambda e: e.edge.reason, tip=lambda e: e.edge.reason, width=0),
            ),
            parent,
        )

    def set_edges(self, edges: Sequence[DuplicateEdge], names: Mapping[int, str]) -> None:
        """Show the edges of a cluster."""
        self.set_records([EdgeRow(e, names.get(e.a, str(e.a)), names.get(e.b, str(e.b))) for e in edges])

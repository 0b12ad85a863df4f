"""Conditions and their values, what a pattern captures, classes of sources and gaps in sequences, as tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tailwise.domain.coverage import AxisFacts
from tailwise.gui.models.record_table import Column, RecordTable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from PySide6.QtCore import QObject

    from tailwise.usecases.class_map import MappedClass
    from tailwise.usecases.conditions_derived import NamePreview
    from tailwise.usecases.sequences import SequenceGap

NOTHING = "–"
SHOWN_VALUES = 5


class ConditionsTable(RecordTable[AxisFacts]):
    """One row per condition or group."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(
            (
                Column("Name", lambda a: a.name, lambda a: a.name.casefold(), width=0),
                Column("Kind", lambda a: a.kind, width=10),
                Column("Values", lambda a: len(a.values), width=8),
                Column("From", lambda a: a.origin, tip=lambda a: a.origin, width=22),
            ),
            parent,
        )


@dataclass(frozen=True, slots=True)
class ValueRow:
    """One value of a condition with the images that have it."""

    value: str
    images: int


class ValuesTable(RecordTable[ValueRow]):
    """The values of one condition, most frequent first."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(
            (
                Column("Value", lambda v: v.value, lambda v: v.value.casefold(), lambda v: v.value, 0),
                Column("Images", lambda v: v.images, width=10),
            ),
            parent,
        )

    def set_values(self, values: Sequence[tuple[str, int]]) -> None:
        """Show the values of a condition."""
        self.set_records([ValueRow(value, n) for value, n in sorted(values, key=lambda pair: -pair[1])])


@dataclass(frozen=True, slots=True)
class FieldRow:
    """What one field of a pattern captures and becomes."""

    name: str
    becomes: str
    values: int
    examples: str


class FieldsTable(RecordTable[FieldRow]):
    """One row per field of the pattern being typed."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(
            (
                Column("Field", lambda f: f.name, width=14),
                Column("Becomes", lambda f: f.becomes, width=22),
                Column("Values", lambda f: f.values, width=8),
                Column("For instance", lambda f: f.examples, tip=lambda f: f.examples, width=0),
            ),
            parent,
        )

    def set_preview(self, preview: NamePreview) -> None:
        """Show what a pattern captures."""
        self.set_records(
            [
                FieldRow(
                    field.name,
                    f"a {field.kind}" if field.kind else "nothing: tells single items",
                    len(field.values),
                    ", ".join(f"{value} ({n:,})" for value, n in field.values[:SHOWN_VALUES]),
                )
                for field in preview.captures.fields
            ]
        )


@dataclass(frozen=True, slots=True)
class NameRow:
    """A file name and what the pattern takes out of it."""

    file_name: str
    captured: str


class NamesTable(RecordTable[NameRow]):
    """A few file names with what was captured; the last ones are some the pattern does not fit."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(
            (
                Column("File name", lambda n: n.file_name, tip=lambda n: n.file_name, width=0),
                Column("Captured", lambda n: n.captured, tip=lambda n: n.captured, width=0),
            ),
            parent,
        )

    def set_preview(self, examples: Sequence[tuple[str, Mapping[str, str] | None]]) -> None:
        """Show examples."""
        self.set_records(
            [
                NameRow(name, ", ".join(f"{k} {v}" for k, v in row.items()) if row else "does not fit")
                for name, row in examples
            ]
        )


class MappingTable(RecordTable["MappedClass"]):
    """One row per class of each source: what it stands for in the project."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(
            (
                Column("Source", lambda m: m.source, lambda m: m.source.casefold(), width=16),
                Column("Class there", lambda m: m.source_class, lambda m: m.source_class.casefold(), width=0),
                Column("Class here", lambda m: m.project_class or "no class", width=22),
                Column("Annotations", lambda m: m.annotations, width=12),
                Column("Suggestion", _suggestion, lambda m: (not m.suggestion, m.suggestion), _suggestion, 26),
            ),
            parent,
        )


def _suggestion(row: MappedClass) -> str:
    return f"{row.suggestion} ({row.why})" if row.suggestion else ""


class SequenceTable(RecordTable["SequenceGap"]):
    """One row per pair of splits: how near they come to each other within numbered sequences."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(
            (
                Column("Splits", lambda g: f"{g.a_split} and {g.b_split}", width=18),
                Column("Neighbours", lambda g: g.neighbours, width=12),
                Column("Close", lambda g: g.close, width=8),
                Column("Nearest", lambda g: f"{g.nearest:,} frames", lambda g: g.nearest, width=14),
                Column("For instance", _gap_example, tip=_gap_example, width=0),
            ),
            parent,
        )


def _gap_example(gap: SequenceGap) -> str:
    return f"{gap.examples[0].a_file} and {gap.examples[0].b_file}" if gap.examples else NOTHING

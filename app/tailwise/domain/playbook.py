"""The playbook of a sprint: one page a team works from, as sections of sentences and tables."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PlaybookTable:
    """A table of texts; every row is as long as `columns`."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class PlaybookSection:
    """A heading, a paragraph, a list and tables, in this order; what is empty is left out."""

    title: str
    text: str = ""
    points: tuple[str, ...] = ()
    tables: tuple[PlaybookTable, ...] = ()


@dataclass(frozen=True, slots=True)
class Playbook:
    """Everything a team needs to work through a plan: where items come from, how many a day, when to stop."""

    title: str
    subtitle: str
    sections: tuple[PlaybookSection, ...]

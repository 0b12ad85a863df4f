"""A finding of the whole project, computed from what is stored now: what is behind it, and what would settle it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tailwise.domain.findings import Finding

PROJECT = "project"
"""Named as the source of findings that are about all sources together."""


class FixKind(StrEnum):
    """What a fix does. Every one can be undone and leaves the sources as they are."""

    MERGE_CLASSES = "merge classes"
    NO_CLASS = "no class"
    MERGE_VALUES = "merge values"
    DELETE_CONDITION = "delete condition"


@dataclass(frozen=True, slots=True)
class Fix:
    """One safe way out of a finding.

    Attributes:
        axis: the condition it is about, empty for classes.
        names: the classes or values it joins, or the class or condition it takes out.
        to: what they become.
        title: what the button says.
    """

    kind: FixKind
    names: tuple[str, ...]
    title: str
    to: str = ""
    axis: str = ""


@dataclass(frozen=True, slots=True)
class ProjectFinding:
    """A finding, whose it is, the items behind it as far as they are known, and the fixes there are.

    `items` are ids in the order of the examples; a stored finding has none, its examples are looked up by name.
    """

    source: str
    finding: Finding
    items: tuple[int, ...] = ()
    fixes: tuple[Fix, ...] = ()

"""Counts by class and condition, and the items behind them: what the Counts page shows and `--json` prints."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

UNKNOWN_VALUE = "(none)"
"""How an item without a value on an axis is shown; the value is counted, never hidden."""


class Unit(StrEnum):
    """What a count counts. Pixels are annotated area."""

    IMAGES = "images"
    OBJECTS = "objects"
    PIXELS = "pixels"
    TEXTS = "texts"  # images by another name, where the items are texts


class Basis(StrEnum):
    """Built-in axes beside the project's conditions; usable wherever an axis name is."""

    SPLIT = "split"
    SOURCE = "source"
    STATE = "state"


class CellFlag(StrEnum):
    """What is remarkable about a cell, by rule (algorithms reference, section 1)."""

    NORMAL = ""
    EMPTY = "empty"  # nothing there although at least 3 were expected
    THIN = "thin"  # less than half of what was expected, and at least 3 were expected
    BELOW_TARGET = "below target"


class TailGroup(StrEnum):
    """LVIS frequency rule on images per class: at most 10, at most 100, more (Gupta et al. 2019)."""

    HEAD = "head"
    MID = "mid"
    TAIL = "tail"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class ItemFilter:
    """Which items are meant: every part must hold.

    `where` pairs an axis (a condition, a group or a `Basis`) with a value; several values of one axis are alternatives.
    `classes` keeps items that hold at least one annotation of any of these classes. `role` of the source: labels or
    pool; empty means every item that is not a prediction.
    """

    where: tuple[tuple[str, str], ...] = ()
    classes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CountRequest:
    """A class × condition table: the axes of its columns, the unit, and which items count."""

    by: tuple[str, ...] = ()
    unit: Unit | None = None  # None: objects where boxes exist, else images, or texts
    where: tuple[tuple[str, str], ...] = ()
    unique: bool = False  # near-duplicates count once


@dataclass(frozen=True, slots=True)
class ClassRow:
    """One class of the project with its totals over all labelled items that the request keeps."""

    name: str
    images: int
    objects: int
    pixels: int
    tier: str
    target: int | None
    tail: TailGroup


@dataclass(frozen=True, slots=True)
class CountTable:
    """Counts of every class (rows) at every combination of the requested axes (columns).

    Attributes:
        unit: what `counts` count.
        axes: the requested axes, outermost first.
        columns: one tuple of values per column, aligned with `axes`; a single empty tuple without axes.
        column_items: labelled items per column.
        rows: the classes, most annotated first.
        counts: `counts[row][column]`.
        expected: what independence of class and condition would give, `row total x column total / total`; None
            without axes.
        flags: `flags[row][column]`.
        items: labelled items counted.
        cramers_v: strength of association between class and columns, 0..1, bias-corrected; None when undefined.
    """

    unit: Unit
    axes: tuple[str, ...]
    columns: tuple[tuple[str, ...], ...]
    column_items: tuple[int, ...]
    rows: tuple[ClassRow, ...]
    counts: tuple[tuple[int, ...], ...]
    expected: tuple[tuple[float, ...], ...] | None
    flags: tuple[tuple[CellFlag, ...], ...]
    items: int
    cramers_v: float | None = None


@dataclass(frozen=True, slots=True)
class TailMeasures:
    """Long-tail measures over the counts of one unit; None where a measure is undefined."""

    unit: Unit
    classes: int
    empty_classes: tuple[str, ...]
    total: int
    imbalance_ratio: float | None
    evenness: float | None
    effective_classes: float | None
    gini: float | None
    head: int
    mid: int
    tail: int


@dataclass(frozen=True, slots=True)
class AnnotationView:
    """An annotation as it is drawn on a picture; `box` is x, y, width, height in pixels or None for a whole item."""

    class_name: str
    box: tuple[float, float, float, float] | None
    flags: int = 0


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One item as lists and grids show it. `path` is absolute, or empty where the file is missing.

    `text` is the item itself where it is a text.
    """

    id: int
    file_name: str
    source: str
    split: str
    state: str
    width: int
    height: int
    path: str
    classes: Mapping[str, int] = field(default_factory=dict[str, int])
    conditions: Mapping[str, str] = field(default_factory=dict[str, str])
    annotations: tuple[AnnotationView, ...] = ()
    text: str = ""


@dataclass(frozen=True, slots=True)
class LeadSummary:
    """Measured seconds per item of one source: what measured them, how many items, the median, and 9 of 10 below."""

    source: str
    origin: str
    items: int
    median_s: float
    p90_s: float


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """One imported source; `lead` where the time of labelling was measured."""

    name: str
    format: str
    role: str
    root: str
    imported_utc: str
    items: int
    annotations: int
    missing_files: int
    lead: LeadSummary | None = None


@dataclass(frozen=True, slots=True)
class AxisFacts:
    """One condition or group axis: its values in order with the number of items of each."""

    name: str
    kind: str
    origin: str
    values: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class ProjectFacts:
    """What is in a project, in numbers with units."""

    path: str
    items: int
    images: int
    labelled: int
    empty: int
    unlabelled: int
    missing_files: int
    objects: int
    pixels: int
    classes: tuple[ClassRow, ...]
    sources: tuple[SourceFacts, ...]
    axes: tuple[AxisFacts, ...]
    splits: tuple[tuple[str, int], ...]
    findings: int
    plans: int
    has_boxes: bool

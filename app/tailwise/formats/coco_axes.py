"""Conditions and groups from what COCO images say of themselves: attributes, further members, licences, scenes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from tailwise.domain.records import AxisColumns, AxisKind
from tailwise.formats.json_text import printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tailwise.formats.geometry import Ints

MAX_VALUES = 50
"""A condition with more values describes single images, not scenes."""

_GROUPS = frozenset(
    (  # noqa: SIM905
        "video video_id video_name vid_id clip clip_id clip_name sequence sequence_id sequence_name seq seq_id "
        "scene_id scene_token session session_id trip_id flight_id patient patient_id subject subject_id group group_id"
    ).split()
)
_MAX_TEXT = 200


class Fact(NamedTuple):
    """Values of one member of the images: rows, and their texts. `is_full` when there are too many different ones."""

    rows: list[int]
    texts: list[str]
    distinct: set[str]


class Facts:
    """What the images of one file say, by member; only single values, no lists and objects."""

    def __init__(self) -> None:
        self.by_name: dict[str, Fact] = {}
        self.crowded: dict[str, int] = {}

    def add(self, row: int, members: Mapping[str, object]) -> None:
        """Add the members of one image, in any order."""
        for name, value in members.items():
            text = fact_text(value)
            if text is None:
                continue
            if name in self.crowded:
                self.crowded[name] += 1
                continue
            fact = self.by_name.setdefault(name, Fact([], [], set()))
            fact.rows.append(row)
            fact.texts.append(text)
            fact.distinct.add(text)
            if len(fact.distinct) > MAX_VALUES and not is_group(name):
                self.crowded[name] = len(self.by_name.pop(name).rows)


def is_group(name: str) -> bool:
    """Tell whether a member of an image names what a split must not cut, going by its name."""
    return name.lower() in _GROUPS


def fact_text(value: object) -> str | None:
    """Return a single JSON value as the text of a condition, None for nothing, lists and objects.

    >>> [fact_text(v) for v in ("night ", True, 2.0, None, "", [1])]
    ['night', 'true', '2', None, None, None]
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, int):
        return str(value) if abs(value) < 10**30 else None
    return (printable(value.strip()[:_MAX_TEXT]) or None) if isinstance(value, str) else None


class AxisBuilder:
    """Collects the values of one axis over all files of a source."""

    def __init__(self, name: str, kind: AxisKind, origin: str) -> None:
        self.name = name
        self.kind = kind
        self._origin = origin
        self._values: dict[str, int] = {}
        self._items: list[Ints] = [np.zeros(0, np.int64)]
        self._codes: list[Ints] = [np.zeros(0, np.int64)]

    def add(self, items: Ints, texts: Sequence[str]) -> None:
        """State values of items, one record per pair; negative items are unknown and passed over."""
        values = self._values
        codes = np.array([values.setdefault(text, len(values)) for text in texts], np.int64)
        self._items.append(items[items >= 0])
        self._codes.append(codes[items >= 0])

    @property
    def values(self) -> int:
        """How many different values there are."""
        return len(self._values)

    @property
    def items(self) -> int:
        """How many items have a value."""
        return len(np.unique(np.concatenate(self._items)))

    def is_telling(self) -> bool:
        """Whether the values divide the items into kinds: at least two values, and not one for nearly every item."""
        if not 2 <= self.values < self.items:
            return False
        return self.kind is AxisKind.GROUP or self.values <= 10 or 2 * self.values <= self.items

    def columns(self) -> AxisColumns:
        """Return the axis with its values in alphabetical order, pairs by item."""
        texts = sorted(self._values)
        place = np.zeros(len(texts), np.int64)
        place[[self._values[text] for text in texts]] = np.arange(len(texts))
        keys = np.concatenate(self._items) * max(len(texts), 1) + place[np.concatenate(self._codes)]
        pairs, records = np.unique(keys, return_counts=True)
        axis = AxisColumns(self.name, self.kind, self._origin, texts)
        item, value = np.divmod(pairs, max(len(texts), 1))
        for column, numbers in ((axis.item, item), (axis.value, value), (axis.records, records)):
            column.frombytes(numbers.astype(np.int32).tobytes())
        return axis

"""Compare two states of one source: which items came and went, and which were labelled anew."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Protocol

import numpy as np

from tailwise.domain.import_diff import MAX_DIFF_EXAMPLES, ClassChange, ImportDiff, ItemChange
from tailwise.domain.records import LabelState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_TENTHS = 10.0  # boxes are compared to a tenth of a pixel: text files round them


class Labelled(Protocol):
    """One state of a source (`storage.labelled_state.LabelledState`)."""

    @property
    def file_names(self) -> tuple[str, ...]:
        """File name per item."""
        ...

    @property
    def state(self) -> NDArray[np.int8]:
        """Label state per item."""
        ...

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names."""
        ...

    @property
    def item(self) -> NDArray[np.int64]:
        """Item of each annotation."""
        ...

    @property
    def category(self) -> NDArray[np.int64]:
        """Class of each annotation."""
        ...

    @property
    def box(self) -> NDArray[np.float64]:
        """Box of each annotation."""
        ...


def compare(source: str, before: Labelled | None, after: Labelled) -> ImportDiff:
    """Return what turns `before` (None for a source that is new) into `after`."""
    counts_after = _per_class(after)
    if before is None:
        return ImportDiff(
            source, is_update=False, items_added=len(after.file_names), items_removed=0, items_kept=0,
            items_relabelled=0, annotations_added=len(after.item), annotations_removed=0, classes_changed=0,
            new_classes=tuple(dict.fromkeys(after.classes)), gone_classes=(),
            classes=tuple(ClassChange(name, 0, n) for name, n in counts_after.items()),
            added=after.file_names[:MAX_DIFF_EXAMPLES],
        )  # fmt: skip
    was, now = set(before.file_names), set(after.file_names)
    added = [name for name in after.file_names if name not in was]
    removed = [name for name in before.file_names if name not in now]
    kept = {name: number for number, name in enumerate(n for n in before.file_names if n in now)}
    classes = tuple(dict.fromkeys((*before.classes, *after.classes)))
    gone, new = _leftovers(before, after, kept, classes)
    swapped = _swapped(gone, new)
    changed_state = _changed_states(before, after, kept)
    touched = np.union1d(np.concatenate([gone[:, 0], new[:, 0]]), changed_state)
    names = list(kept)
    counts_before = _per_class(before)
    return ImportDiff(
        source,
        is_update=True,
        items_added=len(added),
        items_removed=len(removed),
        items_kept=len(kept),
        items_relabelled=len(touched),
        annotations_added=len(new) - swapped,
        annotations_removed=len(gone) - swapped,
        classes_changed=swapped,
        new_classes=tuple(c for c in dict.fromkeys(after.classes) if c not in before.classes),
        gone_classes=tuple(c for c in dict.fromkeys(before.classes) if c not in after.classes),
        classes=tuple(
            ClassChange(c, counts_before.get(c, 0), counts_after.get(c, 0))
            for c in classes
            if counts_before.get(c, 0) != counts_after.get(c, 0)
        ),
        added=tuple(added[:MAX_DIFF_EXAMPLES]),
        removed=tuple(removed[:MAX_DIFF_EXAMPLES]),
        relabelled=tuple(
            ItemChange(names[item], _change_of(item, gone, new, classes))
            for item in touched[:MAX_DIFF_EXAMPLES].tolist()
        ),
    )


def _per_class(state: Labelled) -> dict[str, int]:
    counts = np.bincount(state.category, minlength=len(state.classes)).tolist()
    found: dict[str, int] = {}
    for name, count in zip(state.classes, counts, strict=False):
        found[name] = found.get(name, 0) + count
    return found


def _rows(state: Labelled, kept: dict[str, int], classes: Sequence[str]) -> NDArray[np.int64]:
    """Return kept item, class and box in tenths of a pixel of every annotation on a kept item."""
    number = np.array([kept.get(name, -1) for name in state.file_names], dtype=np.int64)
    code_of = {name: code for code, name in enumerate(classes)}
    code = np.array([code_of[name] for name in state.classes], dtype=np.int64)
    here = number[state.item] >= 0 if len(state.item) else np.zeros(0, dtype=np.bool_)
    box = np.nan_to_num(np.rint(state.box[here] * _TENTHS), nan=-1, posinf=2**40, neginf=-(2**40)).astype(np.int64)
    item, category = number[state.item[here]], state.category[here]
    return np.column_stack([item, code[category] if len(code) else category, box])


def _leftovers(
    before: Labelled, after: Labelled, kept: dict[str, int], classes: Sequence[str]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the rows only one side has; equal annotations on one item are matched one to one."""
    was, now = _rows(before, kept, classes), _rows(after, kept, classes)
    # The n-th of equal rows on one side answers the n-th on the other, so keys are unique within a side and one sort
    # over both puts each pair side by side (seven times as fast as asking for membership).
    key = np.concatenate([_numbered(_mixed(was)), _numbered(_mixed(now))])
    order = np.argsort(key)
    ordered = key[order]
    is_pair = ordered[1:] == ordered[:-1]
    alone = np.ones(len(key), dtype=np.bool_)
    alone[order[1:][is_pair]] = alone[order[:-1][is_pair]] = False
    return was[alone[: len(was)]], now[alone[len(was) :]]


def _mixed(rows: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Return one number per row; different rows differ but for a chance of about one in 10**7 over a million rows."""
    mixed = np.zeros(len(rows), dtype=np.uint64)
    for column in rows.T.astype(np.uint64):
        mixed ^= column + np.uint64(0x9E3779B97F4A7C15) + (mixed << np.uint64(6)) + (mixed >> np.uint64(2))
        mixed *= np.uint64(0xBF58476D1CE4E5B9)
        mixed ^= mixed >> np.uint64(29)
    return mixed


def _numbered(key: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return keys in which equal ones are told apart by a running number."""
    order = np.argsort(key)
    ordered = key[order]
    is_new = np.concatenate([[True], ordered[1:] != ordered[:-1]]) if len(key) else np.zeros(0, dtype=np.bool_)
    starts = np.flatnonzero(is_new)
    nth = np.arange(len(key)) - np.repeat(starts, np.diff(np.concatenate([starts, [len(key)]])))
    numbered = np.empty_like(key)
    numbered[order] = ordered + nth.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    return numbered


def _swapped(gone: NDArray[np.int64], new: NDArray[np.int64]) -> int:
    """Return how many annotations kept their box and changed their class."""
    places = np.array([0, 2, 3, 4, 5])
    was = Counter(map(tuple, gone[:, places].tolist()))
    now = Counter(map(tuple, new[:, places].tolist()))
    return sum((was & now).values())


def _changed_states(before: Labelled, after: Labelled, kept: dict[str, int]) -> NDArray[np.int64]:
    now = dict(zip(after.file_names, after.state.tolist(), strict=True))
    return np.array(
        [
            kept[name]
            for name, state in zip(before.file_names, before.state.tolist(), strict=True)
            if name in kept and now[name] != state and LabelState.LABELLED not in {now[name], state}
        ],
        dtype=np.int64,
    )


def _change_of(item: int, gone: NDArray[np.int64], new: NDArray[np.int64], classes: Sequence[str]) -> str:
    parts: list[str] = []
    for sign, rows in (("-", gone), ("+", new)):
        counts = Counter(rows[rows[:, 0] == item][:, 1].tolist())
        parts.extend(f"{sign}{count} {classes[code]}" for code, count in sorted(counts.items()))
    return ", ".join(parts) or "state changed"

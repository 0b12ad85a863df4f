"""Lay computed values, the user's rules and what was set by hand over the axes that sources stated."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tailwise.domain.records import AxisKind
from tailwise.storage import derived_axes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from tailwise.storage.connection import Db
    from tailwise.storage.derived_axes import AxisRule

    RowsOf = Callable[[NDArray[np.int64]], NDArray[np.int64]]

BY_HAND = "set by hand"
"""Origin of an axis that exists only because somebody set its values."""


@dataclass(frozen=True, slots=True)
class StoredAxis:
    """One axis: its value texts, and the pairs (row, value code) that items have."""

    name: str
    kind: str
    origin: str
    values: tuple[str, ...]
    rows: NDArray[np.int32]
    codes: NDArray[np.int32]
    records: NDArray[np.int32]


def layered(db: Db, stated: Sequence[StoredAxis], item_ids: NDArray[np.int64]) -> tuple[StoredAxis, ...]:
    """Return the axes of the project as they are shown: stated ones first, then computed ones, then those by hand."""
    if not derived_axes.has_tables(db):
        return tuple(stated)
    computed, rules, by_hand = derived_axes.list_axes(db), derived_axes.axis_rules(db), derived_axes.values_by_hand(db)
    if not computed and not rules and not by_hand:
        return tuple(stated)
    rows_of = _row_finder(item_ids)
    axes = {axis.name: axis for axis in stated}
    for axis in computed:
        over = _from_items(axis.name, axis.kind.value, axis.origin, axis.values, rows_of(axis.item_ids), axis.codes)
        under = axes.get(axis.name)
        axes[axis.name] = over if under is None else _laid_over(under, over, over.rows)
    shown = _ruled(axes.values(), rules)
    for name, (values, ids, codes) in by_hand.items():
        rows = rows_of(ids)
        over = _from_items(name, AxisKind.CONDITION.value, BY_HAND, values, rows, codes)
        under = shown.get(name)
        shown[name] = over if under is None else replace(_laid_over(under, over, rows), kind=under.kind)
    return tuple(shown.values())


def _row_finder(item_ids: NDArray[np.int64]) -> RowsOf:
    """Return what turns item ids into rows, -1 for items that are gone."""
    order = np.argsort(item_ids, kind="stable")
    ordered = item_ids[order]

    def rows_of(ids: NDArray[np.int64]) -> NDArray[np.int64]:
        if not len(ordered):
            return np.full(len(ids), -1, dtype=np.int64)
        position = np.minimum(np.searchsorted(ordered, ids), len(ordered) - 1)
        return np.where(ordered[position] == ids, order[position], -1)

    return rows_of


def _from_items(
    name: str, kind: str, origin: str, values: tuple[str, ...], rows: NDArray[np.int64], codes: NDArray[np.int32]
) -> StoredAxis:
    here = (rows >= 0) & (codes >= 0)
    ones = np.ones(int(here.sum()), dtype=np.int32)
    return _tidy(StoredAxis(name, kind, origin, values, rows[here].astype(np.int32), codes[here], ones), {})


def _laid_over(under: StoredAxis, over: StoredAxis, spoken_of: NDArray[np.integer]) -> StoredAxis:
    """Return both axes as one; rows in `spoken_of` take their values from `over` alone."""
    keep = ~np.isin(under.rows, spoken_of)
    origins = tuple(dict.fromkeys((*under.origin.split("; "), *over.origin.split("; "))))
    return _joined(
        [replace(under, rows=under.rows[keep], codes=under.codes[keep], records=under.records[keep]), over],
        replace(over, origin="; ".join(origins)),
    )


def _ruled(axes: Iterable[StoredAxis], rules: Mapping[str, AxisRule]) -> dict[str, StoredAxis]:
    shown: dict[str, StoredAxis] = {}
    for axis in axes:
        rule = rules.get(axis.name)
        if rule is not None:
            if rule.is_hidden:
                continue
            axis = replace(  # noqa: PLW2901  the same axis as it is shown
                _tidy(axis, rule.renamed or {}), name=rule.shown_as, kind=rule.kind or axis.kind
            )
        other = shown.get(axis.name)
        shown[axis.name] = axis if other is None else _joined([other, axis], other)
    return shown


def _joined(parts: Sequence[StoredAxis], like: StoredAxis) -> StoredAxis:
    values = tuple(dict.fromkeys(value for part in parts for value in part.values))
    code_of = {value: code for code, value in enumerate(values)}
    lookups = [np.array([code_of[value] for value in part.values], dtype=np.int32) for part in parts]
    return _tidy(
        replace(
            like,
            values=values,
            rows=np.concatenate([part.rows for part in parts]),
            codes=np.concatenate([lookup[part.codes] for lookup, part in zip(lookups, parts, strict=True)]),
            records=np.concatenate([part.records for part in parts]),
        ),
        {},
    )


def _tidy(axis: StoredAxis, renamed: Mapping[str, str]) -> StoredAxis:
    """Rename values, join pairs that became equal, and leave out values that no item has."""
    texts = [renamed.get(value, value) for value in axis.values]
    merged = tuple(dict.fromkeys(texts))
    code_of = {value: code for code, value in enumerate(merged)}
    lookup = np.array([code_of[text] for text in texts], dtype=np.int64)
    codes = lookup[axis.codes] if len(axis.codes) else axis.codes.astype(np.int64)
    pairs, back = np.unique(axis.rows.astype(np.int64) * max(1, len(merged)) + codes, return_inverse=True)
    rows, codes = np.divmod(pairs, max(1, len(merged)))
    used = np.unique(codes)
    return replace(
        axis,
        values=tuple(merged[code] for code in used.tolist()),
        rows=rows.astype(np.int32),
        codes=np.searchsorted(used, codes).astype(np.int32),
        records=np.bincount(back, weights=axis.records, minlength=len(pairs)).astype(np.int32),
    )

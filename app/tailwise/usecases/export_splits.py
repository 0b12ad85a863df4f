"""A split as it is handed out: every item with its place, reason, classes and boxes."""

from __future__ import annotations

import json
from array import array
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tailwise.domain.errors import RequestError
from tailwise.domain.exports import (
    SourceFileRef,
    SplitBoxes,
    SplitExport,
    SplitItem,
    SplitSource,
    SplitTarget,
)
from tailwise.domain.records import AnnotationKind, LabelState
from tailwise.planning.split_groups import connected_groups
from tailwise.storage import class_tables, plan_tables, source_tables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from tailwise.storage.plan_tables import SplitRow
    from tailwise.usecases.projects import Project
    from tailwise.usecases.slices import ProjectCube

NO_SPLIT = "pool"
LOCKED_APART = "groups that locked splits of an earlier release already held apart; see quarantined items"
PUBLISHED_ORDER = ("train", "val", "test")


def split_export(project: Project, split_id: int | None) -> SplitExport:
    """Describe a stored split (default: the active one), or the published lists where there is no other.

    Raises:
        RequestError: the project has neither.
    """
    sliced = project.cube()
    with project.file.reading() as db:
        splits = plan_tables.list_splits(db)
        names = plan_tables.all_item_names(db)
        ext_ids = plan_tables.all_item_ext_ids(db)
        sources = [_source(db, row) for row in source_tables.list_sources(db)]
    chosen = next((s for s in splits if (s.is_active if split_id is None else s.id == split_id)), None)
    if split_id is not None and chosen is None:
        raise RequestError(f"There is no split number {split_id}", "List the splits on the Splits page")
    split_names, split_of = _published(sliced) if chosen is None else _stored(sliced, chosen)
    request: dict[str, Any] = json.loads(chosen.request) if chosen else {}
    result: dict[str, Any] = json.loads(chosen.result) if chosen else {}
    groups = _group_texts(sliced, request.get("group_by", []))
    rows = np.flatnonzero(sliced.counted)
    counts = _class_counts(sliced)
    locked = set(request.get("locked", []))
    reason = "published" if chosen is None else "group" if request.get("group_by") else "stratified"
    columns = sliced.columns
    is_in_turn = bool(request.get("parts"))
    items = tuple(
        SplitItem(
            item_id=int(columns.item_ids[row]),
            file_name=names[row],
            split=split_names[split_of[row]] if split_of[row] >= 0 else NO_SPLIT,
            source=columns.source_names[columns.source[row]],
            state=LabelState(int(columns.state[row])),
            width=int(columns.width[row]),
            height=int(columns.height[row]),
            counts=counts.get(row, ()),
            group=groups.get(row, ""),
            locked=split_of[row] >= 0 and split_names[split_of[row]] in locked,
            fold=int(split_of[row]) if is_in_turn and split_of[row] >= 0 else None,
            reason=reason if split_of[row] >= 0 else "",
            ext_id=ext_ids[row],
            file=int(columns.file[row]),
        )
        for row in rows.tolist()
    )
    return SplitExport(
        items=items,
        classes=tuple(c.name for c in columns.categories),
        split_names=split_names,
        sources=tuple(sources),
        boxes=_boxes(sliced, rows),
        algorithm="published lists" if chosen is None else "chi-square balance",
        params=request,
        seed=request.get("seed"),
        group_by=tuple(request.get("group_by", ())),
        stratify_by=tuple(request.get("stratify_by", ())),
        targets=tuple(
            SplitTarget(c["split"], c["class"], c["asked"], c["achieved"]) for c in result.get("classes", ())
        ),
        leaked_duplicates=int(result.get("checks", {}).get("leaked_duplicates", 0)),
        leak_reason=LOCKED_APART if result.get("conflicts") else "",
    )


def _stored(sliced: ProjectCube, split: SplitRow) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    split_of = np.full(sliced.cube.n_items, -1, dtype=np.int64)
    for item_id, code in zip(split.item_ids.tolist(), split.codes.tolist(), strict=True):
        row = sliced.row_of.get(item_id)
        if row is not None:
            split_of[row] = code
    return split.names, split_of


def _published(sliced: ProjectCube) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """Take the published lists, narrowest last, so that `train` wins over `trainval`."""
    axis = sliced.split_axis
    if not axis.values:
        raise RequestError("The project has no split", "Make one on the Splits page, or with: tailwise split PROJECT")
    sizes = np.bincount(axis.codes, minlength=len(axis.values))
    split_of = np.full(sliced.cube.n_items, -1, dtype=np.int64)
    for code in np.argsort(-sizes, kind="stable").tolist():
        split_of[axis.rows[axis.codes == code]] = code
    used = [code for code in range(len(axis.values)) if (split_of == code).any()]
    rank = {name: i for i, name in enumerate(PUBLISHED_ORDER)}
    used.sort(key=lambda code: (rank.get(axis.values[code], len(rank)), axis.values[code]))
    renumber = np.full(len(axis.values) + 1, -1, dtype=np.int64)
    renumber[used] = np.arange(len(used))
    return tuple(axis.values[code] for code in used), renumber[split_of]


def _group_texts(sliced: ProjectCube, keys: list[str]) -> Mapping[int, str]:
    """Return what was kept whole, by row: the value of a single key, a running number where several keys join items."""
    known = [key for key in keys if key in sliced.cube.axes]
    columns = sliced.group_columns(known)
    if len(columns) == 1:
        axis = sliced.cube.axes[known[0]]
        return {row: axis.values[code] for row, code in enumerate(columns[0].tolist()) if code >= 0}
    if not columns:
        return {}
    component = connected_groups(sliced.cube.n_items, *columns)
    has_group = np.any(np.stack(columns) >= 0, axis=0)
    return {row: f"group {component[row]}" for row in np.flatnonzero(has_group).tolist()}


def _class_counts(sliced: ProjectCube) -> dict[int, tuple[tuple[int, int], ...]]:
    """Return (class, annotations) pairs by row."""
    width = max(1, sliced.cube.n_classes)
    keys, number = np.unique(sliced.cube.item.astype(np.int64) * width + sliced.cube.category, return_counts=True)
    found: dict[int, list[tuple[int, int]]] = {}
    for key, count in zip(keys.tolist(), number.tolist(), strict=True):
        found.setdefault(key // width, []).append((key % width, count))
    return {row: tuple(pairs) for row, pairs in found.items()}


def _boxes(sliced: ProjectCube, rows: NDArray[np.int64]) -> SplitBoxes | None:
    """Return the boxes with `item` renumbered to positions among `rows`; None where nothing has a place."""
    stored = sliced.columns.annotations
    entries = sliced.entries
    entries = entries[stored["kind"][entries] != AnnotationKind.LABEL]
    if not len(entries):
        return None
    position = np.full(sliced.cube.n_items, -1, dtype=np.int32)
    position[rows] = np.arange(len(rows), dtype=np.int32)
    return SplitBoxes(
        item=_packed("i", position[stored["item"][entries]].astype("<i4")),
        category=_packed("i", stored["category"][entries].astype("<i4")),
        **{n: _packed("d", stored[n][entries].astype("<f8")) for n in ("x", "y", "width", "height", "area")},
        flags=_packed("H", stored["flags"][entries].astype("<u2")),
    )


def _packed(code: str, values: NDArray[Any]) -> array[Any]:
    packed: array[Any] = array(code)
    packed.frombytes(values.tobytes())
    return packed


def _source(db: Any, row: source_tables.SourceRow) -> SplitSource:  # noqa: ANN401  the type lives in storage
    root = Path(row.root) if row.root else None
    files = tuple(
        SourceFileRef(root / path, size) for path, size, _ in source_tables.source_files(db, row.id) if root is not None
    )
    numbers = {int(ext_id): name for ext_id, name in source_tables.class_numbers(db, row.id) if ext_id.isdecimal()}
    left_out = class_tables.no_classes(db)
    is_mapped = any(
        alias.ext_name != alias.category or alias.category in left_out
        for alias in class_tables.list_aliases(db)
        if alias.source_id == row.id
    )
    return SplitSource(
        row.name,
        row.format,
        root,
        files,
        numbers if row.format == "yolo" else {},
        names_classes_as_project=not is_mapped,
    )

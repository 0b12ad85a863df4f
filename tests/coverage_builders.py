"""Count tables and items for tests of the window; no project file needed."""

from __future__ import annotations

from tailwise.domain.coverage import AnnotationView, CellFlag, ClassRow, CountTable, ItemRow, TailGroup, Unit

KNOWN = {
    "Car": (5700, 300),
    "Pedestrian": (2000, 500),
    "Bicycle": (1190, 10),
    "Wheelchair": (300, 0),
}
"""The hidden-imbalance table of the algorithms reference, section 1: Wheelchair at night has 0 of 24.3 expected."""


def a_class_row(name: str, objects: int, *, tier: str = "nice-to-have", target: int | None = None) -> ClassRow:
    """Return a class with as many images as objects."""
    if objects == 0:
        tail = TailGroup.NONE
    else:
        tail = TailGroup.TAIL if objects <= 10 else TailGroup.MID if objects <= 100 else TailGroup.HEAD
    return ClassRow(name, objects, objects, objects * 200, tier, target, tail)


def a_count_table(
    counts: dict[str, tuple[int, ...]] | None = None,
    columns: tuple[tuple[str, ...], ...] = (("day",), ("night",)),
    axes: tuple[str, ...] = ("lighting",),
    *,
    unit: Unit = Unit.OBJECTS,
) -> CountTable:
    """Return a table with its expected counts and flags; by default the known one."""
    counts = KNOWN if counts is None else counts
    column_totals = [sum(row[c] for row in counts.values()) for c in range(len(columns))]
    total = sum(column_totals)
    expected = tuple(tuple(sum(row) * n / total if total else 0.0 for n in column_totals) for row in counts.values())
    flags = tuple(
        tuple(_flag(n, e) for n, e in zip(row, row_expected, strict=True))
        for row, row_expected in zip(counts.values(), expected, strict=True)
    )
    return CountTable(
        unit=unit,
        axes=axes,
        columns=columns,
        column_items=tuple(column_totals),
        rows=tuple(a_class_row(name, sum(row)) for name, row in counts.items()),
        counts=tuple(counts.values()),
        expected=expected if axes else None,
        flags=flags if axes else tuple(tuple(CellFlag.NORMAL for _ in row) for row in flags),
        items=total,
        cramers_v=0.257232 if axes else None,
    )


def _flag(count: int, expected: float) -> CellFlag:
    if expected < 3 or count >= expected / 2:
        return CellFlag.NORMAL
    return CellFlag.THIN if count else CellFlag.EMPTY


def a_wide_table(classes: int, columns: int) -> CountTable:
    """Return a table of any size with a long tail."""
    return a_count_table(
        {f"class {k:04d}": tuple((9973 * (c + 1)) // (k + 1) % 400 for c in range(columns)) for k in range(classes)},
        tuple((f"camera {c // 4}", f"value {c}") for c in range(columns)),
        ("camera", "lighting"),
    )


def an_item(item_id: int, *, path: str = "", size: tuple[int, int] = (100, 80)) -> ItemRow:
    """Return an item with one box of the class Car."""
    return ItemRow(
        id=item_id,
        file_name=f"images/{item_id:06d}.jpg",
        source="set",
        split="train",
        state="labelled",
        width=size[0],
        height=size[1],
        path=path,
        classes={"Car": 1},
        conditions={"lighting": "night"},
        annotations=(AnnotationView("Car", (10.0, 20.0, 30.0, 40.0)),),
    )

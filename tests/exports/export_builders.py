"""Small exports for tests; everything they do not say is a sensible default."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from tailwise.domain.coverage import CellFlag, ClassRow, CountTable, TailGroup, Unit
from tailwise.domain.exports import (
    ExportContents,
    PackageInfo,
    SourceFileRef,
    SplitBoxes,
    SplitExport,
    SplitItem,
    SplitSource,
    SplitTarget,
)
from tailwise.domain.orders import (
    AcceptanceTerm,
    CostLine,
    OrderChange,
    QuotaLine,
    WorkBatch,
    WorkClass,
    WorkItem,
    WorkOrder,
    YieldLine,
)
from tailwise.domain.records import LabelState
from tailwise.ops.progress import OpCancelledError

CLOCK = "2026-11-23T08:00:00Z"
HOSTILE = (
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "a;=b",
    'a",=b',
    "'quoted",
    "a,b;c\td",
    "line\nend",
    'say "no"',
    "\u202egpj.exe",
    "＝1",
    "a_x0041_b",
    "-5",
    " lead and trail ",
    "Köln/日本 😀",
)


def an_info(**changes) -> PackageInfo:
    """Return where an export comes from, with a fixed clock."""
    values = {"created_utc": CLOCK, "project": "Streets", "version": "0.1.0", "plan_id": "3", "seed": 7} | changes
    return PackageInfo(**values)


def an_item(item_id: int, split: str = "train", **changes) -> SplitItem:
    """Return a labelled 100 x 80 item with one object of class 0."""
    values = {
        "file_name": f"images/{item_id}.jpg",
        "source": "streets",
        "state": LabelState.LABELLED,
        "width": 100,
        "height": 80,
        "counts": ((0, 1),),
        "reason": "stratified",
        "ext_id": str(item_id),
        "file": 0,
    } | changes
    return SplitItem(item_id=item_id, split=split, **values)


def boxes_of(*rows: tuple) -> SplitBoxes:
    """Return boxes from `(item position, class position, x, y, width, height[, flags])`."""
    boxes = SplitBoxes()
    for item, category, x, y, width, height, *flags in rows:
        boxes.item.append(item)
        boxes.category.append(category)
        for column, value in zip((boxes.x, boxes.y, boxes.width, boxes.height), (x, y, width, height), strict=True):
            column.append(value)
        boxes.area.append(width * height)
        boxes.flags.append(flags[0] if flags else 0)
    return boxes


def a_split(items=None, **changes) -> SplitExport:
    """Return six labelled items: four in train, one in val, one in test; one box each, in the middle."""
    if items is None:
        items = [*(an_item(i) for i in range(1, 5)), an_item(5, "val"), an_item(6, "test")]
    values = {
        "classes": ("car", "person"),
        "split_names": ("train", "val", "test"),
        "sources": (SplitSource("streets", "voc"),),
        "boxes": boxes_of(*((i, 0, 40, 30, 20, 20) for i in range(len(items)))),
        "algorithm": "greedy + local search",
        "params": {"ratios": {"train": 0.7, "val": 0.15, "test": 0.15}},
        "seed": 7,
        "targets": (SplitTarget("train", "car", 4.2, 4.0),),
    } | changes
    return SplitExport(items=tuple(items), **values)


def an_order(**changes) -> WorkOrder:
    """Return an order of two batches with internal figures."""
    values = {
        "order_id": "WO-12",
        "project": "Streets",
        "plan": "Sprint 12",
        "revision": 1,
        "day": date(2026, 11, 23),
        "quotas": (
            QuotaLine("Q1", "Wheelchair", (("lighting", "night"),), have=85, target=120, to_label=200, priority=1),
            QuotaLine("Q2", "Person", have=900, maximum=40, notes="easy"),
        ),
        "batches": (
            WorkBatch("B1", 2, start=date(2026, 11, 23), due=date(2026, 11, 29), pool="hospital"),
            WorkBatch("B2", 1, "pilot", 2, "streets", due=date(2026, 12, 6)),
        ),
        "items": (
            WorkItem("B1", "i10", "cam/10.jpg", 640, 480),
            WorkItem("B1", "i2", "cam/2.jpg", 640, 480),
            WorkItem("B2", "i7", "cam/7.jpg"),
        ),
        "classes": (WorkClass("Wheelchair", "must-not-miss", 85, 120, "A chair with wheels", min_size_px=8),),
        "acceptance": (AcceptanceTerm("class right", "wrong class", "object", 100_000, 50, 1, "rework", 5),),
        "changes": (OrderChange(1, date(2026, 11, 23), "first issue"),),
        "contact": "lead@example.org",
        "yields": (YieldLine("Q1", "Wheelchair", 0.3, 0.9, "200 labelled", 0.24, 0.37),),
        "costs": (CostLine("B1", 2, 90.0, 140.0, 0.05, rate=30.0, cost=1.5),),
    } | changes
    return WorkOrder(**values)


def a_count_table(names: tuple[str, ...] = ("car", "person")) -> CountTable:
    """Return a table of classes by lighting: 3 and 4 per class, 2 expected where nothing is."""
    return CountTable(
        unit=Unit.OBJECTS,
        axes=("lighting",),
        columns=(("day",), ("night",)),
        column_items=(5, 6),
        rows=tuple(ClassRow(n, 3, 7, 700, "must-not-miss", 10, TailGroup.TAIL) for n in names),
        counts=tuple((3, 4) for _ in names),
        expected=tuple((3.5, 3.5) for _ in names),
        flags=tuple((CellFlag.NORMAL, CellFlag.THIN) for _ in names),
        items=11,
        cramers_v=0.1,
    )


def a_job(target: Path, **changes) -> ExportContents:
    """Return a job; without changes it holds a split manifest only."""
    values = {"info": an_info()} | changes
    if not changes.keys() & {"splits", "work_order", "counts"}:
        values["splits"] = a_split()
    return ExportContents(target, **values)


def a_coco_file(path: Path, images: int = 4, *, first: int = 1, ann: int = 1, text: str = "", **more) -> SourceFileRef:
    """Write a COCO file whose annotations carry keys nobody knows; two annotations per image."""
    content = {
        "info": {"description": "small"},
        "images": [
            {"id": first + i, "file_name": f"{first + i}.jpg", "width": 100, "height": 80} for i in range(images)
        ],
        "annotations": [
            {
                "id": ann + n,
                "image_id": first + n // 2,
                "category_id": 1 + n % 2,
                "bbox": [1.10, 2.5, 10, 20],
                "area": 200.00,
                "iscrowd": 0,
                "segmentation": [[1.0, 2.0, 11.0, 2.0, 11.0, 22.0]],
                "attributes": {"ocluded": n % 2 == 0, "note": "µ"},
            }
            for n in range(2 * images)
        ],
        "categories": [{"id": 1, "name": "car", "synset": "car.n.01"}, {"id": 2, "name": "person"}],
        **more,
    }
    path.write_text(text or json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return SourceFileRef(path, path.stat().st_size)


def snapshot(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder, hidden ones too, with its bytes."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


class CancelAfter:
    """A Progress that cancels at its n-th report."""

    def __init__(self, reports: int) -> None:
        self.left = reports

    def stage(self, label: str, total: int = 0) -> None:
        self.advance()

    def advance(self, steps: int = 1) -> None:
        self.left -= 1
        if self.left < 0:
            raise OpCancelledError


class CountingProgress:
    """A Progress that counts its reports and checks that stages are named."""

    def __init__(self) -> None:
        self.reports = 0
        self.labels: list[str] = []

    def stage(self, label: str, total: int = 0) -> None:
        assert label
        assert total >= 0
        self.labels.append(label)
        self.advance()

    def advance(self, steps: int = 1) -> None:
        assert steps >= 0
        self.reports += 1

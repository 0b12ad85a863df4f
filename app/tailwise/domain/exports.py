"""What goes into an export and what comes out of it, as plain values.

A use case fills these from the project file; the writers see nothing else. Every text in them may come from strangers.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from pathlib import Path

    from tailwise.domain.coverage import CountTable
    from tailwise.domain.records import LabelState

POOL_SPLIT = "pool"
"""Name of the part that is in no split: items still to be labelled."""


class Audience(StrEnum):
    """Who a file of an export is for; only vendor files leave the building."""

    VENDOR = "vendor"
    INTERNAL = "internal"
    TRAINING = "training"


class Dialect(StrEnum):
    """How text cells of a CSV file are written.

    Machines get texts as they are. People open CSV files in spreadsheets, where a text beginning with `=` runs, so
    their texts are escaped by an apostrophe (formats reference, section 5.1).
    """

    PLAIN = "plain"
    ESCAPED = "escaped"


@dataclass(frozen=True, slots=True)
class ExportFile:
    """One written file, or one folder of many small ones (`path` ends in `/`, `files` > 1).

    `path` is relative to the export and POSIX; `rows` counts records: data rows of a table, annotations of a COCO
    file, lines of a list, boxes of a label folder. `sha256` of a folder is that of its lines in SHA256SUMS.
    """

    path: str
    rows: int
    bytes: int
    role: str = ""
    audience: Audience = Audience.INTERNAL
    media_type: str = ""
    sha256: str = ""
    dialect: str = ""
    files: int = 1


@dataclass(frozen=True, slots=True)
class ExportWarning:
    """Something the export left out or doubts: code of the formats reference, how often, the first examples."""

    code: str
    text: str
    count: int
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PackageReport:
    """What was written into the staging folder, read back and found equal."""

    files: tuple[ExportFile, ...]
    checks: Mapping[str, int | str]
    warnings: tuple[ExportWarning, ...] = ()


@dataclass(frozen=True, slots=True)
class ExportOutcome:
    """A finished export. `to` is the folder, absolute."""

    to: Path
    files: tuple[ExportFile, ...]
    checks: Mapping[str, int | str]
    warnings: tuple[ExportWarning, ...] = ()


@dataclass(frozen=True, slots=True)
class PackageInfo:
    """What `package.json` says about where an export comes from.

    Attributes:
        created_utc: ISO 8601 with a Z, to the second; the only thing that differs between two equal exports.
        dataset_fingerprint: see `tailwise.exports.package.dataset_fingerprint`.
        targets: programs the export is meant for, each with the version its rules were taken from.
        redactions: what was left out on purpose, in words.
    """

    created_utc: str
    project: str
    version: str
    plan_id: str = ""
    plan_revision: int = 1
    dataset_fingerprint: str = ""
    seed: int | None = None
    items: int = 0
    annotations: int = 0
    classes: int = 0
    targets: tuple[tuple[str, str], ...] = ()
    redactions: tuple[str, ...] = ()


# --- splits -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SplitItem:
    """One item and where it went.

    Attributes:
        source: name of a `SplitSource`.
        counts: pairs of a position in `SplitExport.classes` and the number of annotations of that class.
        group: what must not be cut; the joined component where several keys were used; empty for none.
        reason: why it is there: stratified, group, locked by user, previous release.
        ext_id: the source's own id as text, and `file` the position of the annotation file that listed it (-1: none).
    """

    item_id: int
    file_name: str
    split: str
    source: str
    state: LabelState
    width: int = 0
    height: int = 0
    counts: tuple[tuple[int, int], ...] = ()
    group: str = ""
    stratum: str = ""
    fold: int | None = None
    sha256: str = ""
    locked: bool = False
    reason: str = ""
    ext_id: str = ""
    file: int = -1

    @property
    def n_annotations(self) -> int:
        """Annotations of all classes on the item."""
        return sum(n for _, n in self.counts)


@dataclass(frozen=True, slots=True)
class SplitBoxes:
    """Boxes of the items as columns, any order: pixels, origin top left, continuous; NaN where there is no box.

    `item` and `category` are positions in `SplitExport.items` and `SplitExport.classes`; `flags` are
    `records.AnnotationFlag`.
    """

    item: array[int] = field(default_factory=lambda: array("i"))
    category: array[int] = field(default_factory=lambda: array("i"))
    x: array[float] = field(default_factory=lambda: array("d"))
    y: array[float] = field(default_factory=lambda: array("d"))
    width: array[float] = field(default_factory=lambda: array("d"))
    height: array[float] = field(default_factory=lambda: array("d"))
    area: array[float] = field(default_factory=lambda: array("d"))
    flags: array[int] = field(default_factory=lambda: array("H"))

    def __len__(self) -> int:
        return len(self.item)


@dataclass(frozen=True, slots=True)
class SourceFileRef:
    """An annotation file on disk. `size_bytes` is its size when it was imported; -1 when that is not known."""

    path: Path
    size_bytes: int = -1


@dataclass(frozen=True, slots=True)
class SplitSource:
    """Where items come from.

    Attributes:
        format: key of the reader: `coco`, `yolo`, …
        root: folder that `SplitItem.file_name` is relative to; None when it is not on this computer.
        files: the annotation files, in the order `SplitItem.file` counts them.
        class_numbers: for a YOLO source, the class name behind each number in its label files.
    """

    name: str
    format: str
    root: Path | None = None
    files: tuple[SourceFileRef, ...] = ()
    class_numbers: Mapping[int, str] = field(default_factory=dict[int, str])


@dataclass(frozen=True, slots=True)
class SplitTarget:
    """What was asked for a class in a split and what came out, in the unit the split was made in."""

    split: str
    class_name: str
    asked: float
    achieved: float


@dataclass(frozen=True, slots=True)
class SplitExport:
    """A split as it is handed out.

    Attributes:
        split_names: the splits in order; a part that is in no list (`pool`) is written after them.
        leaked_duplicates: verified near-duplicate pairs across splits.
        moved: ids of items whose split differs from `parent_release`.
        leak_reason: why groups in two splits are accepted; without it they stop the export (EX-02).
    """

    items: tuple[SplitItem, ...]
    classes: tuple[str, ...]
    split_names: tuple[str, ...]
    sources: tuple[SplitSource, ...] = ()
    boxes: SplitBoxes | None = None
    algorithm: str = ""
    params: Mapping[str, object] = field(default_factory=dict[str, object])
    seed: int | None = None
    group_by: tuple[str, ...] = ()
    stratify_by: tuple[str, ...] = ()
    targets: tuple[SplitTarget, ...] = ()
    leaked_duplicates: int = 0
    parent_release: str = ""
    moved: tuple[int, ...] = ()
    leak_reason: str = ""


class YoloLabels(StrEnum):
    """Where a trainer finds the labels of the YOLO lists."""

    AUTO = "auto"  # the source's own where it is one YOLO dataset with label files, else written
    SOURCE = "source"  # the lists go into the root of the source dataset
    WRITTEN = "written"  # label files are written; pictures are put beside them


# --- work order -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class QuotaLine:
    """How much of what is wanted. `to_label` counts items to send; `target` and `have` count in `unit`.

    `conditions` pair an axis with a value. `priority` runs from 1 (first) to 5.
    """

    line_id: str
    class_name: str
    conditions: tuple[tuple[str, str], ...] = ()
    unit: str = "objects"
    have: int | None = None
    target: int | None = None
    to_label: int | None = None
    minimum: int | None = None
    maximum: int | None = None
    priority: int = 3
    pool: str = ""
    notes: str = ""


@dataclass(frozen=True, slots=True)
class WorkBatch:
    """One delivery unit: items of one stream in one week. `n_items` is what is ordered, listed or not."""

    batch_id: str
    n_items: int
    phase: str = "production"
    week: int = 1
    pool: str = ""
    priority: int = 3
    start: date | None = None
    due: date | None = None
    overlap: int = 1
    sample_plan: str = ""
    guideline_version: str = ""


@dataclass(frozen=True, slots=True)
class WorkItem:
    """One item to label. `item_ref` is our key and comes back with the delivery; sizes are pixels, 0 for unknown."""

    batch_id: str
    item_ref: str
    file_name: str
    width: int = 0
    height: int = 0
    sha256: str = ""
    media_url: str = ""
    focus: str = ""


@dataclass(frozen=True, slots=True)
class WorkClass:
    """A class as the labelling team sees it. Lists are told as text, one entry per line."""

    name: str
    tier: str = ""
    have: int | None = None
    target: int | None = None
    definition: str = ""
    include: str = ""
    exclude: str = ""
    attributes: str = ""
    min_size_px: int | None = None
    colour: str = ""
    parent: str = ""
    examples: str = ""


@dataclass(frozen=True, slots=True)
class AcceptanceTerm:
    """A sampling plan for one criterion: of a lot, `n` units are drawn; it is taken with at most `c` defects.

    The rates that `n` and `c` stand for are computed when the sheet is written (`tailwise.exports.acceptance`).
    """

    criterion: str
    defect: str
    unit: str
    lot: int
    n: int
    c: int
    on_reject: str = ""
    rework_days: int | None = None


@dataclass(frozen=True, slots=True)
class OrderChange:
    """What changed from one revision to the next."""

    revision: int
    day: date
    what: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class YieldLine:
    """Internal: annotations expected per labelled item, how sure that is, and where it comes from."""

    line_id: str
    class_name: str
    per_item: float
    probability: float | None = None
    basis: str = ""
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class CostLine:
    """Internal: time and money of a batch. Rates and costs are in the currency the user thinks in."""

    batch_id: str
    items: int
    seconds_p50: float
    seconds_p90: float | None = None
    hours: float | None = None
    overlap_factor: float = 1.0
    review_factor: float | None = None
    rate: float | None = None
    cost: float | None = None
    uncertainty: str = ""


@dataclass(frozen=True, slots=True)
class WorkOrder:
    """An order to a vendor or a labelling team, with the internal figures behind it.

    Attributes:
        day: date of this revision.
        terms: further terms of acceptance, free text.
        include_focus: write `WorkItem.focus`. Off by default: telling annotators what to expect anchors them.
        allowed_words: words the leak check lets pass although they are the name of the user or the computer.
    """

    order_id: str
    project: str
    plan: str
    revision: int
    day: date
    quotas: tuple[QuotaLine, ...] = ()
    batches: tuple[WorkBatch, ...] = ()
    items: tuple[WorkItem, ...] = ()
    classes: tuple[WorkClass, ...] = ()
    acceptance: tuple[AcceptanceTerm, ...] = ()
    changes: tuple[OrderChange, ...] = ()
    contact: str = ""
    task_type: str = ""
    delivery_format: str = ""
    guideline_version: str = ""
    terms: str = ""
    yields: tuple[YieldLine, ...] = ()
    costs: tuple[CostLine, ...] = ()
    include_focus: bool = False
    allowed_words: tuple[str, ...] = ()


# --- the whole job ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ExportJob:
    """One export, ready to be written: every part that is not None goes into the folder.

    Attributes:
        target: the folder to make.
        replace: put an earlier export of ours aside for the new one, if nobody changed it.
        keep_out: dataset folders; nothing is ever written inside one.
        yolo: also write Ultralytics lists of `splits`; `coco`: also write one COCO file per split.
    """

    target: Path
    info: PackageInfo
    replace: bool = False
    keep_out: tuple[Path, ...] = ()
    splits: SplitExport | None = None
    yolo: YoloLabels | None = None
    coco: bool = False
    work_order: WorkOrder | None = None
    counts: CountTable | None = None

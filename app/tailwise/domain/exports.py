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
    from pathlib import Path

    from tailwise.domain.class_weights import WeightsOutcome
    from tailwise.domain.coverage import CountTable
    from tailwise.domain.negatives_export import NegativesExport
    from tailwise.domain.orders import WorkOrder
    from tailwise.domain.playbook import Playbook
    from tailwise.domain.recipe import Recipe
    from tailwise.domain.records import LabelState
    from tailwise.domain.resampling import ResamplingExport

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
        names_classes_as_project: whether its own files say what the project says. Where classes were mapped or left
            out they do not, and labels are written anew.
    """

    name: str
    format: str
    root: Path | None = None
    files: tuple[SourceFileRef, ...] = ()
    class_numbers: Mapping[int, str] = field(default_factory=dict[int, str])
    names_classes_as_project: bool = True


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


# --- the whole job ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ExportContents:
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
    playbook: Playbook | None = None
    resampling: ResamplingExport | None = None
    weights: WeightsOutcome | None = None
    recipes: tuple[Recipe, ...] | None = None
    negatives: NegativesExport | None = None

"""What a reader hands over: one imported source as columns.

Columns are standard-library arrays, so that readers, storage and analysis share them through the buffer protocol
(`numpy.frombuffer`) without a copy and without any of them depending on another.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from enum import IntEnum, IntFlag, StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tailwise.domain.findings import Finding


class LabelState(IntEnum):
    """Why an item has no annotations, or that it has some. "No annotations" has three meanings."""

    UNLABELLED = 0  # never looked at: part of the pool
    LABELLED = 1
    EMPTY = 2  # looked at, nothing there: background
    SKIPPED = 3  # an annotator gave up on it

    @property
    def text(self) -> str:
        """The word on screen and in JSON."""
        return self.name.lower()


class MediaState(IntEnum):
    """Whether the image file behind an item is there. Planning works without it."""

    MISSING = 0
    PRESENT = 1
    UNREADABLE = 2
    NONE = 3  # the item is a text: there is no image to look for


class AnnotationKind(IntEnum):
    """Geometry of an annotation. Only box and area are kept; the shape itself stays in the source file."""

    BOX = 0
    POLYGON = 1
    MASK = 2
    LABEL = 3  # a class given to the whole item
    SPAN = 4
    POINT = 5


class AnnotationFlag(IntFlag):
    """Properties of one annotation that counts may filter by."""

    CROWD = 1
    DIFFICULT = 2
    TRUNCATED = 4
    OCCLUDED = 8
    GROUP_OF = 16
    DEGENERATE = 32  # width or height is not positive
    OUTSIDE = 64  # reaches out of the image by more than rounding
    BAD_GEOMETRY = 128  # the mask or polygon cannot be used; the box is
    AUTOMATIC = 256  # drawn by a model inside of the labelling tool, not by a person


class Role(StrEnum):
    """What a source is for."""

    LABELS = "labels"
    POOL = "pool"
    PREDICTIONS = "predictions"


class AxisKind(StrEnum):
    """A condition describes the scene with few values; a group names what a split must not cut."""

    CONDITION = "condition"
    GROUP = "group"


@dataclass(frozen=True, slots=True)
class ImageHeader:
    """Size from the header of an image file: stored raster in pixels, and the EXIF orientation tag (1..8)."""

    width: int
    height: int
    orientation: int = 1

    @property
    def upright(self) -> tuple[int, int]:
        """Width and height as viewers, labelling tools and trainers show the image.

        >>> ImageHeader(640, 480, orientation=6).upright
        (480, 640)
        """
        return (self.height, self.width) if self.orientation in {5, 6, 7, 8} else (self.width, self.height)


@dataclass(frozen=True, slots=True)
class MaskCount:
    """Pixels per value of a segmentation mask.

    `kind` is `palette` or `grey` (values are indices) or `colour` (values are 0xRRGGBB). `values` pairs each value with
    its pixels, most frequent first. `is_lossy`: compressed as a photo, so that values are smeared.
    """

    kind: str
    width: int
    height: int
    values: tuple[tuple[int, int], ...]
    is_lossy: bool = False
    has_alpha: bool = False


IDENTICAL_AXIS = "identical file"
"""Group axis of byte-identical files; only items with a twin have a value. No split ever cuts it."""

NEAR_DUPLICATE_AXIS = "near-duplicate cluster"
"""Group axis of images that show the same; only items with a twin have a value. Treated like `IDENTICAL_AXIS`."""

SCENE_AXES = (IDENTICAL_AXIS, NEAR_DUPLICATE_AXIS)
"""Group axes of images that show the same scene: what counts, caps and plans take for one, and splits never cut."""


@dataclass(frozen=True, slots=True)
class CategoryRecord:
    """A category as one source names it. `ext_id` is the source's own id as text."""

    name: str
    ext_id: str = ""
    supercategory: str = ""


@dataclass(slots=True)
class ItemColumns:
    """One entry per item in a stable order. Width and height are pixels; 0 means unknown.

    `file_name` is POSIX, relative to the source root, exactly as it is on disk where the file exists; `ext_id` is the
    source's own id as text; `file` indexes `SourceData.files` (which annotation file listed the item), -1 if none.
    `text` holds the texts themselves where the items are texts, and stays empty for images.
    """

    file_name: list[str] = field(default_factory=list[str])
    ext_id: list[str] = field(default_factory=list[str])
    width: array[int] = field(default_factory=lambda: array("i"))
    height: array[int] = field(default_factory=lambda: array("i"))
    state: array[int] = field(default_factory=lambda: array("b"))  # LabelState
    media: array[int] = field(default_factory=lambda: array("b"))  # MediaState
    file: array[int] = field(default_factory=lambda: array("h"))
    text: list[str] = field(default_factory=list[str])

    def __len__(self) -> int:
        return len(self.file_name)

    def append(
        self,
        file_name: str,
        *,
        ext_id: str = "",
        size: tuple[int, int] = (0, 0),
        state: LabelState = LabelState.UNLABELLED,
        media: MediaState = MediaState.MISSING,
        file: int = -1,
    ) -> int:
        """Add an item and return its position."""
        self.file_name.append(file_name)
        self.ext_id.append(ext_id)
        self.width.append(size[0])
        self.height.append(size[1])
        self.state.append(state)
        self.media.append(media)
        self.file.append(file)
        return len(self.file_name) - 1


@dataclass(slots=True)
class AnnotationColumns:
    """One entry per annotation, any order. Boxes are pixels, origin top left, continuous; NaN where there is none.

    `item` and `category` are positions within the same source; `area` is pixels (declared, else computed from the
    mask, else the polygon, else the box); `score` is 0..1 for predictions and stays empty for ground truth;
    `ext_id` is the source's integer id or -1.
    """

    item: array[int] = field(default_factory=lambda: array("i"))
    category: array[int] = field(default_factory=lambda: array("i"))
    kind: array[int] = field(default_factory=lambda: array("b"))  # AnnotationKind
    flags: array[int] = field(default_factory=lambda: array("H"))  # AnnotationFlag
    x: array[float] = field(default_factory=lambda: array("d"))
    y: array[float] = field(default_factory=lambda: array("d"))
    width: array[float] = field(default_factory=lambda: array("d"))
    height: array[float] = field(default_factory=lambda: array("d"))
    area: array[float] = field(default_factory=lambda: array("d"))
    ext_id: array[int] = field(default_factory=lambda: array("q"))
    score: array[float] = field(default_factory=lambda: array("f"))

    def __len__(self) -> int:
        return len(self.item)

    def append(  # noqa: PLR0913  one argument per column
        self,
        item: int,
        category: int,
        *,
        kind: AnnotationKind,
        box: tuple[float, float, float, float] | None = None,
        area: float = float("nan"),
        flags: int = 0,
        ext_id: int = -1,
        score: float | None = None,
    ) -> None:
        """Add an annotation; `box` is `x, y, width, height` in pixels."""
        x, y, w, h = box if box is not None else (float("nan"),) * 4
        self.item.append(item)
        self.category.append(category)
        self.kind.append(kind)
        self.flags.append(flags)
        self.x.append(x)
        self.y.append(y)
        self.width.append(w)
        self.height.append(h)
        self.area.append(area)
        self.ext_id.append(ext_id)
        if score is not None:
            self.score.append(score)


@dataclass(slots=True)
class AxisColumns:
    """Values of one axis: a pair (item, value) per entry; an item may have several values or none.

    `records` says how many records of the source stated the pair. `values` hold the texts the pairs index.
    """

    name: str
    kind: AxisKind
    origin: str
    values: list[str] = field(default_factory=list[str])
    item: array[int] = field(default_factory=lambda: array("i"))
    value: array[int] = field(default_factory=lambda: array("i"))
    records: array[int] = field(default_factory=lambda: array("i"))

    def append(self, item: int, value: int, records: int = 1) -> None:
        """State that `item` has the value at position `value`."""
        self.item.append(item)
        self.value.append(value)
        self.records.append(records)


@dataclass(slots=True)
class LeadColumns:
    """Measured seconds of labelling: a pair (item, seconds) per item whose time is known; no item twice.

    Seconds are those of one person who labels the item once; where several did, the mean of theirs. `origin` says in
    the user's words what measured them, and is empty where nothing did.
    """

    origin: str = ""
    item: array[int] = field(default_factory=lambda: array("i"))
    seconds: array[float] = field(default_factory=lambda: array("f"))

    def append(self, item: int, seconds: float) -> None:
        """State how long labelling an item took."""
        self.item.append(item)
        self.seconds.append(seconds)


@dataclass(frozen=True, slots=True)
class SourceFile:
    """An annotation file that was read: path relative to the source root, size in bytes, split it stands for."""

    path: str
    size_bytes: int
    split: str = ""


@dataclass(slots=True)
class SourceData:
    """Everything one source holds, ready to be stored. Nothing in it refers to another source.

    `root` is the absolute folder that `items.file_name` and `files[].path` are relative to. `splits` maps each
    published list (train, val, trainval, …) to the positions of its items; lists may overlap.
    """

    format: str
    name: str
    root: str
    role: Role = Role.LABELS
    items: ItemColumns = field(default_factory=ItemColumns)
    categories: list[CategoryRecord] = field(default_factory=list[CategoryRecord])
    annotations: AnnotationColumns = field(default_factory=AnnotationColumns)
    axes: list[AxisColumns] = field(default_factory=list[AxisColumns])
    lead: LeadColumns = field(default_factory=LeadColumns)
    splits: dict[str, array[int]] = field(default_factory=dict[str, "array[int]"])
    files: list[SourceFile] = field(default_factory=list[SourceFile])
    findings: list[Finding] = field(default_factory=list["Finding"])
    answers: dict[str, str] = field(default_factory=dict[str, str])

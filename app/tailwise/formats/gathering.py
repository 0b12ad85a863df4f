"""A source while it is read record by record: items by name, classes, axes and annotations, and the checks at the end.

Names are only looked up on disk when all of them are known: a forgiving step must be unique on both sides.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from tailwise.domain.errors import RequestError
from tailwise.domain.findings import FindingLog, Severity
from tailwise.domain.records import (
    AnnotationFlag,
    AnnotationKind,
    AxisColumns,
    AxisKind,
    CategoryRecord,
    LabelState,
    MediaState,
    Role,
    SourceData,
    SourceFile,
)
from tailwise.formats.declared_sizes import settle_sizes
from tailwise.formats.finding_rules import SHARED_RULES, Rule, RuleBook
from tailwise.formats.geometry import Boxes, degenerate, outside
from tailwise.formats.matching import ImageMatcher
from tailwise.formats.paths import clean, last_part
from tailwise.formats.sizes import read_headers
from tailwise.formats.table_axes import MAX_CONDITION_VALUES, unique_axis_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from tailwise.formats.contract import ReadRequest
    from tailwise.formats.geometry import Box
    from tailwise.formats.listing import Entry
    from tailwise.formats.matching import Level, Match
    from tailwise.ops.progress import Progress

EXTRA_KEY = "extra_images"
SKIPPED_SHARE = 0.2

GATHERED_RULES = SHARED_RULES | {
    "IMG-02": Rule(
        Severity.WARNING,
        "the size of an image differs from the one its annotations were made for",
        "the declared size is used; check whether the image was scaled, rotated or exchanged",
    ),
    "IMG-09": Rule(
        Severity.REPAIRED,
        "the size of an image is not declared",
        "read from the image where it is there, else unknown",
    ),
    "IMG-10": Rule(
        Severity.QUESTION,
        "an image is on disk but nothing names it",
        "added as unlabelled; answer extra_images=ignore to leave such images out",
    ),
    "NAME-01": Rule(
        Severity.REPAIRED,
        "an image is not where its name says, but was found in a less exact way",
        "the image that was found is used",
    ),
    "NAME-02": Rule(
        Severity.WARNING,
        "a name leads out of the dataset folder or fits several images alike",
        "the image counts as missing; correct the name, or open the folder that holds images and annotations",
    ),
    "AXIS-01": Rule(
        Severity.NOTE,
        f"an attribute has more than {MAX_CONDITION_VALUES} values, too many for a condition",
        "left out; join it as a column of a conditions CSV, grouped into fewer values",
    ),
}
"""Codes that every gathered source may report."""

_STEPS = {"nfc": "but for its accents", "case": "but for letter case", "basename": "by its last part"}


class Shape(NamedTuple):
    """What is drawn: box as x, y, width, height in pixels (None without one), area in pixels, `AnnotationFlag`s."""

    kind: AnnotationKind
    box: Box | None = None
    area: float = float("nan")
    flags: int = 0
    score: float | None = None
    ext_id: int = -1


WHOLE_ITEM = Shape(AnnotationKind.LABEL)
"""A class given to an item as a whole."""


@dataclass(slots=True)
class AxisGatherer:
    """Values of one axis while they come in, each pair of item and value with the number of records that told it."""

    name: str
    kind: AxisKind
    origin: str
    pairs: dict[tuple[int, int], int] = field(default_factory=dict[tuple[int, int], int])
    values: dict[str, int] = field(default_factory=dict[str, int])

    def put(self, item: int, value: str) -> None:
        """State that an item has a value; white space is tidied, an empty value is none."""
        value = " ".join(value.split())
        if value:
            pair = item, self.values.setdefault(value, len(self.values))
            self.pairs[pair] = self.pairs.get(pair, 0) + 1

    def columns(self, name: str) -> AxisColumns:
        """Return the axis as it is stored, under a name that may differ."""
        axis = AxisColumns(name, self.kind, self.origin, list(self.values))
        for (item, value), records in self.pairs.items():
            axis.append(item, value, records)
        return axis


@dataclass(frozen=True, slots=True)
class Codes:
    """Codes a reader has of its own for what every reader may meet; by default the shared ones."""

    steps: Mapping[Level, str] = field(default_factory=dict["Level", str])
    undeclared: str = "IMG-09"
    differing: str = "IMG-02"
    extra: str = "IMG-10"


class Gathering:
    """Collects one source. `records` counts what was looked at and `skipped` what of that was left out."""

    def __init__(self, request: ReadRequest, key: str, rules: Mapping[str, Rule], codes: Codes | None = None) -> None:
        listing = request.listing
        name = request.path.stem if listing.dropped is not None else request.path.name
        self.request = request
        self.data = SourceData(key, name, str(listing.root), request.role, answers=dict(request.answers))
        self.log = FindingLog()
        self.records = self.skipped = 0
        self._book = RuleBook({**GATHERED_RULES, **rules})
        self._codes = codes or Codes()
        self._categories: dict[str, int] = {}
        self._items: dict[str, int] = {}
        self._axes: dict[str, AxisGatherer] = {}
        self._own_size: set[int] = set()
        self._texts: dict[int, str] = {}

    def report(self, code: str, example: str = "", count: int = 1) -> None:
        """Add to the findings of a code."""
        self._book.report(self.log, code, example, count)

    def report_all(self, code: str, count: int, examples: Iterable[str]) -> None:
        """Add many occurrences of a code at once; nothing when there is none."""
        self._book.report_all(self.log, code, count, examples)

    def skip(self, code: str, example: str = "", count: int = 1) -> None:
        """Report records that were left out."""
        self.skipped += count
        self.report(code, example, count)

    def file(self, entry: Entry, split: str = "") -> int:
        """Add an annotation file and return its position."""
        self.data.files.append(SourceFile(entry.path, entry.size, split))
        return len(self.data.files) - 1

    def category(self, name: str, *, ext_id: str = "", supercategory: str = "") -> int:
        """Return the position of a class, added at its first mention."""
        place = self._categories.setdefault(name, len(self._categories))
        if place == len(self.data.categories):
            self.data.categories.append(CategoryRecord(name, ext_id, supercategory))
        return place

    def has_item(self, name: str) -> bool:
        """Tell whether an item of that name was added."""
        return _key(name) in self._items

    def item(
        self,
        name: str,
        *,
        size: tuple[int, int] = (0, 0),
        state: LabelState = LabelState.UNLABELLED,
        ext_id: str = "",
        file: int = -1,
        text: str = "",
    ) -> int:
        """Return the item of that name, added at its first mention; a later mention may tell size and state.

        An item with a `text` is that text: no image is looked for.
        """
        items = self.data.items
        place = self._items.setdefault(_key(name), len(items))
        if place == len(items):
            media = MediaState.NONE if text else MediaState.MISSING
            if text:
                self._texts[place] = text
            return items.append(name, ext_id=ext_id, size=size, state=state, media=media, file=file)
        if 0 in {items.width[place], items.height[place]}:
            items.width[place], items.height[place] = size
        self.raise_state(place, state)
        return place

    def raise_state(self, item: int, state: LabelState) -> None:
        """Give an item a state that says more than the one it has: labelled, empty, skipped, unlabelled."""
        if _RANK[state] > _RANK[LabelState(self.data.items.state[item])]:
            self.data.items.state[item] = state

    def annotate(self, item: int, category: int, shape: Shape = WHOLE_ITEM) -> None:
        """Add an annotation; its item is labelled from now on."""
        self.raise_state(item, LabelState.LABELLED)
        score = shape.score
        if self.data.role is Role.PREDICTIONS and score is None:
            score = float("nan")
        self.data.annotations.append(
            item,
            category,
            kind=shape.kind,
            box=shape.box,
            area=shape.area,
            flags=shape.flags,
            ext_id=shape.ext_id,
            score=score if self.data.role is Role.PREDICTIONS else None,
        )

    def axis(self, name: str, kind: AxisKind, origin: str) -> AxisGatherer:
        """Return the axis of that name whatever the case of its letters, made at its first mention."""
        name = " ".join(name.split())
        return self._axes.setdefault(f"{kind} {name.casefold()}", AxisGatherer(name, kind, origin))

    def split(self, name: str, item: int) -> None:
        """Put an item on a published list."""
        self.data.splits.setdefault(name, array("i")).append(item)

    def finish(self, progress: Progress, folders: Sequence[str] = (), *, is_own: Callable[[str], bool] = bool) -> None:
        """Find the images, check sizes and boxes, and complete `data`.

        Args:
            progress: told about stages.
            folders: where images are looked for first, relative to the root.
            is_own: tells which images on disk could be items: masks, for instance, are none.
        """
        self._find_images(folders)
        self._add_extra_images(is_own)
        self._check_sizes(progress)
        self._check_boxes()
        self._add_axes()
        if self._texts:
            self.data.items.text = [self._texts.get(item, "") for item in range(len(self.data.items))]
        if self.skipped > SKIPPED_SHARE * max(1, self.records):
            self.report("IMP-20", f"{self.skipped:,} of {self.records:,} records", self.skipped)
        for name, items in self.data.splits.items():
            self.data.splits[name] = array("i", dict.fromkeys(items))
        self.data.findings = self.log.findings()

    def _find_images(self, folders: Sequence[str]) -> None:
        items = self.data.items
        is_text = [media == MediaState.NONE for media in items.media]
        names = [name for name, is_no_image in zip(items.file_name, is_text, strict=True) if not is_no_image]
        matches = ImageMatcher(self.request.listing).find_all(names, folders)
        taken = {name for name, is_no_image in zip(items.file_name, is_text, strict=True) if is_no_image}
        for item, name in enumerate(items.file_name):
            if is_text[item]:
                continue
            match = matches[name]
            self._report_match(name, match)
            path = match.path if match.path not in taken else None
            shown = path or clean(name.replace("\\", "/")) or last_part(name) or "unnamed"
            if shown in taken:
                shown = f"{shown} ({item})"
            taken.add(shown)
            # A name that leads out may be private to another computer; only its last part is kept.
            items.ext_id[item] = items.ext_id[item] or (name if clean(name) is not None else shown)
            items.file_name[item] = shown
            items.media[item] = MediaState.MISSING if path is None else MediaState.PRESENT

    def _report_match(self, name: str, match: Match) -> None:
        if match.path is not None and match.level != "exact":
            how = _STEPS.get(match.level, "without or with another suffix")
            self.report(self._codes.steps.get(match.level, "NAME-01"), f"{last_part(name)} → {match.path} ({how})")
        elif match.level in {"ambiguous", "unsafe"}:
            why = "fits several images" if match.level == "ambiguous" else "leads out"
            self.report(self._codes.steps.get(match.level, "NAME-02"), f"{last_part(name)}: {why}")

    def _add_extra_images(self, is_own: Callable[[str], bool]) -> None:
        listing = self.request.listing
        default = "pool" if listing.dropped is None else "ignore"
        answer = self.request.answers.get(EXTRA_KEY, default)
        if answer not in {"pool", "ignore"}:
            raise RequestError(f"extra_images={answer} is not known", "Answer pool or ignore")
        if answer == "ignore":
            return
        known = set(self.data.items.file_name)
        extra = [e.path for e in listing.images() if e.path not in known and is_own(e.path)]
        for path in extra:
            self.data.items.append(path, ext_id=path, media=MediaState.PRESENT)
        self.report_all(self._codes.extra, len(extra), extra)

    def _check_sizes(self, progress: Progress) -> None:
        items = self.data.items
        names = items.file_name
        present = [name for name, media in zip(names, items.media, strict=True) if media == MediaState.PRESENT]
        headers = read_headers(self.request.listing, present, self.request.read_header, progress)
        found = settle_sizes(items, headers, sorted(self._items.values()))
        for code, positions in (
            (self._codes.undeclared, found.undeclared),
            ("IMG-01", found.missing),
            ("IMG-03", found.turned),
            ("IMG-04", found.unreadable),
        ):
            self.report_all(code, len(positions), (names[item] for item in positions))
        self.report_all(self._codes.differing, len(found.differing), found.differing.values())

    def _check_boxes(self) -> None:
        columns, items = self.data.annotations, self.data.items
        owner = np.array(columns.item, np.int64)
        flags = np.array(columns.flags, np.uint16)
        sides = (np.array(side, np.float64)[owner] for side in (items.width, items.height))
        places = (np.array(column, np.float64) for column in (columns.x, columns.y, columns.width, columns.height))
        boxes = Boxes(*places, *sides)
        for code, flag, rows in (
            ("BOX-01", AnnotationFlag.DEGENERATE, degenerate(boxes)),
            ("BOX-02", AnnotationFlag.OUTSIDE, outside(boxes)),
        ):
            flags[rows] |= np.uint16(flag)
            found = np.flatnonzero(rows).tolist()
            self.report_all(code, len(found), (self._place(row) for row in found))
        columns.flags = array("H", flags.tobytes())

    def _place(self, row: int) -> str:
        columns, items = self.data.annotations, self.data.items
        box = (column[row] for column in (columns.x, columns.y, columns.width, columns.height))
        name = self.data.categories[columns.category[row]].name
        return f"{items.file_name[columns.item[row]]}: {name} box {', '.join(f'{number:g}' for number in box)}"

    def _add_axes(self) -> None:
        for axis in self._axes.values():
            if axis.kind is AxisKind.CONDITION and len(axis.values) > MAX_CONDITION_VALUES:
                self.report("AXIS-01", f"{axis.name}: {len(axis.values):,} values")
            elif axis.pairs:
                self.data.axes.append(axis.columns(unique_axis_name(self.data, axis.name)))


_RANK = {LabelState.UNLABELLED: 0, LabelState.SKIPPED: 1, LabelState.EMPTY: 2, LabelState.LABELLED: 3}


def _key(name: str) -> str:
    """Return what two spellings of one path have in common."""
    return clean(name.replace("\\", "/")) or name

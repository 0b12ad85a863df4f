"""The annotations of one COCO file as columns, made chunk by chunk while the file is read."""

from __future__ import annotations

import math
from itertools import chain
from typing import TYPE_CHECKING, Any, Literal, cast

import msgspec
import numpy as np

from tailwise.domain.records import AnnotationFlag, AnnotationKind
from tailwise.formats.coco_codes import Tally
from tailwise.formats.coco_rows import UNUSABLE_BOX, AnnotationRow, flags_of, loosened, segments_of
from tailwise.formats.coco_shapes import Shape, Shapes, read_shapes
from tailwise.formats.geometry import MASK_SLACK_PX, MAX_COORDINATE_PX, ends_in_box
from tailwise.formats.json_sections import Section

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tailwise.domain.findings import FindingLog
    from tailwise.formats.coco_ids import IdCodes
    from tailwise.formats.geometry import Bools, Box

BoxReading = Literal["xywh", "xyxy", "normalised", "percent"]
"""What the four numbers of a box mean; the last two are x, y, width, height as shares of the image side."""

MAX_AREA_SHARE = 1.5
"""An area larger than this many times the box cannot be that of the object."""

_MANY = msgspec.json.Decoder(list[AnnotationRow])
_ONE = msgspec.json.Decoder(AnnotationRow)
_KIND_OF_SHAPE = np.array(
    [AnnotationKind.BOX, AnnotationKind.BOX, AnnotationKind.POLYGON, AnnotationKind.MASK, AnnotationKind.BOX], np.int8
)


class FileColumns:
    """Annotations of one file: ids as codes; boxes as x, y, width, height, in pixels unless read as shares.

    `by_box` marks areas that were computed from the box, `mask_size` is the height and width of a mask's image or 0.
    """

    def __init__(self) -> None:
        self.id = np.zeros(0, np.int64)
        self.image = np.zeros(0, np.int64)
        self.category = np.zeros(0, np.int64)
        self.kind = np.zeros(0, np.int8)
        self.flags = np.zeros(0, np.uint16)
        self.box = np.zeros((0, 4))
        self.area = np.zeros(0)
        self.score = np.zeros(0, np.float32)
        self.by_box = np.zeros(0, np.bool_)
        self.mask_size = np.zeros((0, 2), np.int32)

    def keep(self, rows: Bools) -> None:
        """Leave out the rows that are not marked."""
        if not rows.all():
            for column in vars(self):
                setattr(self, column, getattr(self, column)[rows])

    @classmethod
    def joined(cls, chunks: list[FileColumns]) -> FileColumns:
        """Return `chunks` one after the other; they are emptied on the way, so that memory does not double."""
        whole = cls()
        for column in vars(whole) if chunks else ():
            setattr(whole, column, np.concatenate([getattr(chunk, column) for chunk in chunks]))
            for chunk in chunks:
                delattr(chunk, column)
        return whole


class AnnotationReader:
    """Takes the records of the section `annotations`, or of a list of results, of the file called `name`.

    Counters tell what the records had; what was found in them is told at the end, when the role is known.
    """

    def __init__(self, name: str, ids: IdCodes, reading: BoxReading = "xywh") -> None:
        self._name = name
        self._ids = ids
        self._reading = reading
        self._in_pixels = reading in {"xywh", "xyxy"}
        self.restart()

    def restart(self) -> None:
        """Forget what was taken."""
        self._chunks: list[FileColumns] = []
        self._tally = Tally()
        self.count = 0
        self.unreadable = 0
        self.captions = 0
        self._blank = 0
        self._shaped = 0
        self._scored = 0
        self._score_range = (math.inf, -math.inf)

    def section(self) -> Section[AnnotationRow]:
        """Return how the records are to be decoded."""
        return Section(_MANY, _ONE, self.restart, self.take, self.take_loose)

    @property
    def is_scored(self) -> bool:
        """Whether all annotations have a score, and not all the same one."""
        return 0 < self.count == self._scored and self._score_range[0] < self._score_range[1]

    def tell(self, log: FindingLog, without: Iterable[str]) -> None:
        """Add what was found in the records to `log`, except the codes in `without`."""
        # Tools that only know boxes write an empty list everywhere; among polygons it is a polygon that got lost.
        if self._shaped and self._blank:
            self._tally.add("CO-09", self._blank, [f"{self._name}: {self._blank:,} empty lists"])
        self._tally.tell(log, without)

    def columns(self) -> FileColumns:
        """Return all chunks as one, in the order of the file. Call once, at the end."""
        chunks, self._chunks = self._chunks, []
        return FileColumns.joined(chunks)

    def take_loose(self, records: list[object]) -> None:
        """Take records that do not fit `AnnotationRow`, field by field."""
        rows: list[AnnotationRow] = []
        for record in records:
            if isinstance(record, dict):
                rows.append(loosened(cast("dict[str, Any]", record)))
            else:
                self.unreadable += 1
                number = self.count + len(rows) + self.unreadable
                self._tally.add("CO-19", 1, [f"{self._name}: annotation number {number:,}"])
        if rows:
            self.take(rows)

    def take(self, rows: list[AnnotationRow]) -> None:
        """Take typed records."""
        is_panoptic = [row.segments_info for row in rows].count(None) < len(rows)
        if is_panoptic:
            rows = [part for row in rows for part in segments_of(row)]
        chunk = FileColumns()
        chunk.id = self._ids.column([row.id for row in rows])
        chunk.image = self._ids.column([row.image_id for row in rows])
        chunk.category = self._ids.column([row.category_id for row in rows])
        self._add_boxes(chunk, [row.bbox for row in rows])
        chunk.area = np.array([row.area for row in rows], np.float64)  # None becomes NaN
        chunk.flags = flags_of(rows)
        self._add_scores(chunk, rows)
        self._add_shapes(chunk, read_shapes([row.segmentation for row in rows]))
        crowds = [row.iscrowd for row in rows]
        if None in crowds and not is_panoptic:
            self._note("CO-07", chunk, [place for place, crowd in enumerate(crowds) if crowd is None])
        self.captions += len(rows) - [row.caption for row in rows].count(None)
        self.count += len(rows)
        self._chunks.append(chunk)

    def places(self, columns: FileColumns, rows: Iterable[int]) -> list[str]:
        """Name annotations so that a user finds them in the file."""
        return [f"{self._name}: annotation {self._ids.text(int(columns.id[row])) or 'without id'}" for row in rows]

    def _add_boxes(self, chunk: FileColumns, boxes: list[tuple[float, float, float, float] | None]) -> None:
        # One flat run of numbers: numpy takes twice as long over a list of tuples.
        given = [box or UNUSABLE_BOX for box in boxes] if None in boxes else boxes
        numbers = chain.from_iterable(cast("list[tuple[float, float, float, float]]", given))
        chunk.box = np.fromiter(numbers, np.float64, 4 * len(boxes)).reshape(-1, 4)
        unusable = ~(np.abs(chunk.box) <= MAX_COORDINATE_PX).all(axis=1)
        if unusable.any():
            chunk.box[unusable] = math.nan
            self._note("BOX-03", chunk, [row for row in np.flatnonzero(unusable).tolist() if boxes[row] is not None])
        if self._reading == "xyxy":
            chunk.box[:, 2:] -= chunk.box[:, :2]

    def _add_scores(self, chunk: FileColumns, rows: list[AnnotationRow]) -> None:
        written = [row.score for row in rows]
        if written.count(None) == len(rows):
            chunk.score = np.full(len(rows), math.nan, np.float32)
            self._note("CO-22", chunk, range(len(rows)))
            return
        scores = np.array(written, np.float64)
        given = scores[np.isfinite(scores)]
        if len(given):
            self._scored += len(given)
            low, high = self._score_range
            self._score_range = min(low, float(given.min())), max(high, float(given.max()))
        wrong = ~((scores >= 0) & (scores <= 1))
        self._note("CO-22", chunk, np.flatnonzero(wrong).tolist())
        chunk.score = np.where(wrong, math.nan, scores).astype(np.float32)

    def _add_shapes(self, chunk: FileColumns, shapes: Shapes) -> None:
        kind = np.frombuffer(shapes.kind, np.uint8)
        self._blank += int((kind == Shape.BLANK).sum())
        self._shaped += int((kind >= Shape.POLYGON).sum())
        chunk.kind = _KIND_OF_SHAPE[kind]
        bad = self._judge_masks(chunk, shapes) | (kind == Shape.BAD)
        for row in np.flatnonzero(np.isnan(chunk.box[:, 0])).tolist():
            chunk.box[row] = shapes.box(row) or UNUSABLE_BOX
        self._complete_areas(chunk, shapes, bad)
        chunk.flags[bad] |= np.uint16(AnnotationFlag.BAD_GEOMETRY)
        chunk.kind[bad] = AnnotationKind.BOX
        chunk.kind[(chunk.kind == AnnotationKind.BOX) & np.isnan(chunk.box[:, 0])] = AnnotationKind.LABEL
        self._note("CO-09", chunk, sorted([*shapes.repaired, *shapes.bad_polygons]))
        self._note("CO-10", chunk, np.flatnonzero(bad & (kind == Shape.MASK)).tolist())

    def _judge_masks(self, chunk: FileColumns, shapes: Shapes) -> Bools:
        """Mark masks that cannot be used; measure those that are needed for an area or box, or are in doubt."""
        bad = np.frombuffer(shapes.kind, np.uint8) == Shape.MASK
        chunk.mask_size = np.zeros((len(bad), 2), np.int32)
        if not shapes.masks:
            return bad
        plausible = self._has_plausible_area(chunk)
        measured = {
            row
            for row, mask in shapes.masks.items()
            if not (plausible[row] and ends_in_box(mask, chunk.box[row].tolist()))
        }
        shapes.measure(sorted(measured))
        for row, mask in shapes.masks.items():
            measure = shapes.measures.get(row)
            if row not in measured:
                bad[row] = False
            elif measure is not None:
                bad[row] = self._in_pixels and _lie_apart(chunk.box[row].tolist(), measure.box)
            if not bad[row]:
                chunk.mask_size[row] = mask.height, mask.width
        return bad

    def _has_plausible_area(self, chunk: FileColumns) -> Bools:
        of_box = np.maximum(chunk.box[:, 2], 0) * np.maximum(chunk.box[:, 3], 0)
        known = (chunk.area > 0) & (chunk.area <= MAX_COORDINATE_PX**2)
        if self._in_pixels:
            # A box without extent has no area; that is said of the box.
            return known & ~(chunk.area > MAX_AREA_SHARE * of_box) | (chunk.area == 0) & (of_box == 0)
        return known & (chunk.area > MAX_AREA_SHARE * of_box)  # else it is a share of the image itself

    def _complete_areas(self, chunk: FileColumns, shapes: Shapes, bad: Bools) -> None:
        of_box = np.maximum(chunk.box[:, 2], 0) * np.maximum(chunk.box[:, 3], 0)
        missing = np.flatnonzero(~self._has_plausible_area(chunk) & np.isfinite(of_box)).tolist()
        chunk.by_box = np.zeros(len(of_box), np.bool_)
        for row in missing:
            area = None if bad[row] else shapes.area(row)
            chunk.area[row] = of_box[row] if area is None else area
            chunk.by_box[row] = area is None
        self._note("CO-08", chunk, missing)

    def _note(self, code: str, chunk: FileColumns, rows: Sequence[int]) -> None:
        if rows:
            self._tally.add(code, len(rows), self.places(chunk, rows[:20]))


def _lie_apart(declared: list[float], measured: Box) -> bool:
    """Tell whether a mask is clearly not in its box: less than half in common, and more than rounding away."""
    x, y, width, height = declared
    if math.isnan(x):
        return False
    left, top, mask_width, mask_height = measured
    across = min(x + width, left + mask_width) - max(x, left)
    down = min(y + height, top + mask_height) - max(y, top)
    shared = max(across, 0.0) * max(down, 0.0)
    united = max(width, 0) * max(height, 0) + mask_width * mask_height - shared
    farthest = max(
        abs(x - left),
        abs(y - top),
        abs(x + width - left - mask_width),
        abs(y + height - top - mask_height),
    )
    return farthest > MASK_SLACK_PX and shared < 0.5 * united

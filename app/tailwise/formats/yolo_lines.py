"""The lines of YOLO label files as arrays.

Files are parsed some hundred at a time: one conversion of text to numbers, then array arithmetic; only a batch with
something strange in it is gone through line by line.
"""

from __future__ import annotations

import re
import warnings
from collections import Counter
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from tailwise.domain.findings import Severity
from tailwise.formats.yolo_config import MAX_CLASSES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from tailwise.domain.findings import FindingLog

_CLEAN = b"0123456789.+-eE \t\n"
_SEPARATORS = re.compile(rb"[,;|]")
_NUMBER = re.compile(rb"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_MIN_NUMBERS = 5
_MAX_VALUE = 1e6


class Columns(StrEnum):
    """What the numbers behind the class index are. Lines of odd length from seven on are polygons in any of them."""

    BOX = "box"
    BOX_SCORE = "box+score"
    BOX_TRACK = "box+track"
    SCORE_BOX = "score+box"
    BOX_SCORE_TRACK = "box+score+track"
    POLYGON = "polygon"
    POLYGON_SCORE = "polygon+score"
    POSE = "pose"

    @property
    def has_score(self) -> bool:
        """Whether every line carries the score of a prediction."""
        return "score" in self.value


@dataclass(slots=True)
class Labels:
    """Every object of the label files, one entry each; coordinates are shares of the image side.

    `file` is the position of the label file in the order parsed; `line` counts from 1. `polygon_area` is a share of
    the image area, NaN for plain boxes. `score` is NaN where there is none.
    """

    file: NDArray[np.int32]
    line: NDArray[np.int32]
    category: NDArray[np.int32]
    centre_x: NDArray[np.float64]
    centre_y: NDArray[np.float64]
    width: NDArray[np.float64]
    height: NDArray[np.float64]
    polygon_area: NDArray[np.float64]
    score: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.file)

    @classmethod
    def joined(cls, parts: Sequence[Labels]) -> Labels:
        """Put the objects of several batches behind one another."""
        return cls(*(np.concatenate([getattr(part, f.name) for part in parts] or [[]]) for f in fields(cls)))


@dataclass(slots=True)
class Numbers:
    """Clean lines of one batch: all numbers in a row; per line its start, count of numbers, file and line number."""

    flat: NDArray[np.float64]
    start: NDArray[np.int64]
    count: NDArray[np.int64]
    file: NDArray[np.int64]
    line: NDArray[np.int64]


@dataclass(slots=True)
class LabelParser:
    """Parses batches of label files; keep one per dataset, for the findings name files of all batches."""

    names: Sequence[str]
    log: FindingLog
    broken: Counter[int] = field(default_factory=Counter[int])

    def numbers(self, batch: Sequence[bytes], first: int) -> Numbers:
        """Return the lines of a batch whose first file is at position `first`; broken ones become findings."""
        texts = [data.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in data else data for data in batch]
        lines_per_file = np.array([text.count(b"\n") + 1 for text in texts], np.int64)
        joined = b"\n".join(texts)
        values = None if joined.translate(None, _CLEAN) else _floats_or_none(joined)
        if values is None:
            joined = self._repaired(texts, first)
            values = _floats(joined)
        count = _tokens_per_line(joined)
        starts = np.concatenate(([0], np.cumsum(count)[:-1]))
        ends_of_files = np.cumsum(lines_per_file)
        used = np.flatnonzero(count)
        file = np.searchsorted(ends_of_files, used, side="right")
        line = used - (ends_of_files - lines_per_file)[file] + 1
        found = Numbers(values, starts[used], count[used], file + first, line)
        return self._without_broken(found)

    def labels(self, batch: Sequence[bytes], first: int, columns: Columns) -> Labels:
        """Return the objects of a batch under the meaning `columns`."""
        found = self.numbers(batch, first)
        if columns is Columns.SCORE_BOX:
            found = self._without(found, found.count <= _MIN_NUMBERS)  # the score makes one more
        is_polygon = self._polygons(found, columns)
        boxes, polygons = np.flatnonzero(~is_polygon), np.flatnonzero(is_polygon)
        total = len(found.count)
        geometry = np.full((5, total), np.nan)
        offset = 2 if columns is Columns.SCORE_BOX else 1
        for row in range(4):
            geometry[row, boxes] = found.flat[found.start[boxes] + offset + row]
        if len(polygons):
            geometry[:, polygons] = _hulls(found, polygons)
        return Labels(
            file=found.file.astype(np.int32),
            line=found.line.astype(np.int32),
            category=found.flat[found.start].astype(np.int32),
            centre_x=geometry[0],
            centre_y=geometry[1],
            width=geometry[2],
            height=geometry[3],
            polygon_area=geometry[4],
            score=_scores(found, columns),
        )

    def _polygons(self, found: Numbers, columns: Columns) -> NDArray[np.bool_]:
        """Tell which lines are polygons, and report lines that do not fit what the dataset was found to be."""
        count = found.count
        if columns is Columns.POSE:
            return np.zeros(len(count), bool)
        expected = {Columns.BOX: 5, Columns.BOX_SCORE_TRACK: 7, Columns.POLYGON: 5}.get(columns, 6)
        is_polygon = (count >= 7) & (count != expected)
        if columns is Columns.POLYGON_SCORE:
            is_polygon = count >= 8
        mixed = is_polygon if columns is Columns.BOX else ~is_polygon if columns is Columns.POLYGON else None
        if mixed is not None and mixed.any() and not mixed.all():
            self._report(
                found,
                mixed,
                "YO-07",
                Severity.WARNING,
                "boxes and polygons are mixed",
                "polygons were counted by the box around them; trainers read such a file in one way only",
            )
        if columns in {Columns.BOX, Columns.POLYGON}:
            odd_one_out = (count % 2 == 0) & (count >= 6)
        else:
            odd_one_out = (count != expected) & ~is_polygon
        if odd_one_out.any():
            self._report(
                found,
                odd_one_out,
                "YO-07",
                Severity.WARNING,
                f"a line has another number of values than the rest of the dataset ({columns.value})",
                "its first values were read and the rest left out",
            )
        return is_polygon

    def _report(
        self, found: Numbers, mask: NDArray[np.bool_], code: str, severity: Severity, message: str, action: str
    ) -> None:
        where = np.flatnonzero(mask)
        self.log.add(code, severity, message, action, count=0)
        for index in where[:20]:
            self.log.add(code, severity, message, action, self.place(int(found.file[index]), int(found.line[index])))
        if len(where) > 20:
            self.log.add(code, severity, message, action, count=len(where) - 20)

    def place(self, file: int, line: int) -> str:
        """Return a locator of a line."""
        return f"{self.names[file]}:{line}"

    def _without_broken(self, found: Numbers) -> Numbers:
        """Leave out lines that are too short, not finite, or have no class index."""
        first = found.flat[found.start]
        good = found.count >= _MIN_NUMBERS
        if len(first):  # also refuses what is not finite
            good &= np.logical_and.reduceat(np.abs(found.flat) <= _MAX_VALUE, found.start)
        good &= (first >= 0) & (first < MAX_CLASSES) & (first == np.floor(first))
        return self._without(found, ~good)

    def _without(self, found: Numbers, broken: NDArray[np.bool_]) -> Numbers:
        if not broken.any():
            return found
        for index in np.flatnonzero(broken):
            self._skip(int(found.file[index]), int(found.line[index]))
        good = ~broken
        return Numbers(found.flat, found.start[good], found.count[good], found.file[good], found.line[good])

    def _repaired(self, texts: Iterable[bytes], first: int) -> bytes:
        """Clean a batch line by line; a line that cannot be read is emptied, so that line numbers stay."""
        lines: list[bytes] = []
        for file, text in enumerate(texts, first):
            for number, line in enumerate(text.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
                tokens = line.split()
                if all(_NUMBER.fullmatch(token) for token in tokens):
                    lines.append(b" ".join(tokens))
                    continue
                tokens = _SEPARATORS.sub(b" ", line).split()
                if tokens and all(_NUMBER.fullmatch(token) for token in tokens):
                    self.log.add(
                        "YO-12",
                        Severity.REPAIRED,
                        "numbers are separated by other characters than spaces",
                        "read as if there were spaces",
                        self.place(file, number),
                    )
                    lines.append(b" ".join(tokens))
                else:
                    self._skip(file, number)
                    lines.append(b"")
        return b"\n".join(lines)

    def _skip(self, file: int, line: int) -> None:
        self.broken[file] += 1
        self.log.add(
            "YO-15",
            Severity.SKIPPED,
            "a line is no label: fewer than five numbers, nan, or no class index",
            "left out",
            self.place(file, line),
        )


def _floats(text: bytes) -> NDArray[np.float64]:
    return np.array(list(map(float, text.split())), np.float64)


def _floats_or_none(text: bytes) -> NDArray[np.float64] | None:
    """Return the numbers of a text of digits, signs and white space; None where a word of it is no number."""
    if text.isspace():
        return np.zeros(0)
    with warnings.catch_warnings():
        warnings.simplefilter("error", DeprecationWarning)  # how NumPy tells that it stopped at such a word
        try:
            return np.fromstring(text.decode("ascii"), np.float64, sep=" ")
        except (DeprecationWarning, ValueError):
            return None


def _tokens_per_line(text: bytes) -> NDArray[np.int64]:
    data = np.frombuffer(text, np.uint8)
    newline = data == 10
    inside = (data != 32) & (data != 9) & ~newline
    begins = inside.copy()
    begins[1:] &= ~inside[:-1]
    line = np.cumsum(newline)
    return np.bincount(line[begins], minlength=int(line[-1]) + 1 if len(line) else 1)


def _hulls(found: Numbers, lines: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return centre, size and shoelace area of polygons as five rows."""
    corners = (found.count[lines] - 1) // 2
    first = np.concatenate(([0], np.cumsum(corners)[:-1]))
    within = np.arange(corners.sum()) - np.repeat(first, corners)
    at = np.repeat(found.start[lines] + 1, corners) + 2 * within
    x, y = found.flat[at], found.flat[at + 1]
    following = np.arange(len(x)) + 1
    following[first + corners - 1] = first
    area = np.abs(np.add.reduceat(x * y[following] - x[following] * y, first)) / 2
    left, right = np.minimum.reduceat(x, first), np.maximum.reduceat(x, first)
    top, bottom = np.minimum.reduceat(y, first), np.maximum.reduceat(y, first)
    return np.stack([(left + right) / 2, (top + bottom) / 2, right - left, bottom - top, area])


def _scores(found: Numbers, columns: Columns) -> NDArray[np.float64]:
    scores = np.full(len(found.count), np.nan)
    if not columns.has_score:
        return scores
    if columns is Columns.SCORE_BOX:
        return found.flat[found.start + 1]
    if columns is Columns.BOX_SCORE_TRACK:
        has = found.count >= 7
        scores[has] = found.flat[found.start[has] + 5]
        return scores
    has = found.count % 2 == 0
    scores[has] = found.flat[found.start[has] + found.count[has] - 1]
    return scores
